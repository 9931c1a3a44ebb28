package erpsync

import (
	"context"

	"comptoir.example/comptoir/base/db"
	"comptoir.example/comptoir/base/fault"
	"comptoir.example/comptoir/base/outbox"
	"comptoir.example/comptoir/trade/access"
	"comptoir.example/comptoir/trade/order"
)

// Handled is emitted when a person decides about a message that had stopped.
type Handled struct {
	About    string `json:"about"` // an order, a receipt key, an attempt, a card
	Delivery int64  `json:"delivery"`
	What     string `json:"what"` // retry, accept, park
}

// Kind and Subject name the fact.
func (Handled) Kind() string      { return "message.handled" }
func (f Handled) Subject() string { return f.About }

// Retry sends a message again that had stopped. With yes, what stopped it is
// accepted: the ERP's question, or its total. Conflict when it is under way
// again already.
func Retry(ctx context.Context, tx *db.Tx, who access.Actor, seq int64, yes bool) error {
	d, err := stoppedOne(ctx, tx, who, seq)
	if err != nil {
		return err
	}
	what, accept := "retry", d.Accept
	if yes {
		what = "accept"
		switch d.State {
		case outbox.NeedsDecision:
			accept += " " + d.Code[len("erp."):]
		case outbox.Differs:
			accept += " totals"
		}
	}
	moved, err := outbox.Retry(ctx, tx, seq, accept)
	if err != nil {
		return err
	}
	if !moved {
		return fault.New(fault.Conflict, "message.under_way")
	}
	if d.State != outbox.Unknown {
		if err := order.Resubmit(ctx, tx, d.Subject); err != nil {
			return err
		}
	}
	return outbox.Emit(ctx, tx, who.By(), Handled{d.Subject, seq, what})
}

// RetryAll sends every message again that failed or was refused, and says how
// many.
func RetryAll(ctx context.Context, tx *db.Tx, who access.Actor) (n int, err error) {
	stopped, err := outbox.Stopped(ctx, tx, 1000)
	if err != nil {
		return 0, err
	}
	for _, d := range stopped {
		if d.State == outbox.Rejected || d.State == outbox.Failed {
			if err := Retry(ctx, tx, who, d.Seq, false); err != nil {
				return n, err
			}
			n++
		}
	}
	return n, nil
}

// Park puts a message aside: a person takes care of it in the ERP by hand.
func Park(ctx context.Context, tx *db.Tx, who access.Actor, seq int64) error {
	d, err := stoppedOne(ctx, tx, who, seq)
	if err != nil {
		return err
	}
	moved, err := outbox.Park(ctx, tx, seq)
	if err != nil {
		return err
	}
	if !moved {
		return fault.New(fault.Conflict, "message.under_way")
	}
	return outbox.Emit(ctx, tx, who.By(), Handled{d.Subject, seq, "park"})
}

func stoppedOne(ctx context.Context, tx *db.Tx, who access.Actor, seq int64) (outbox.Delivery, error) {
	if err := who.Must(access.ManageQueue); err != nil {
		return outbox.Delivery{}, err
	}
	d, found, err := outbox.Find(ctx, tx, seq)
	if err == nil && !found {
		err = fault.New(fault.NotFound, "message.not_found")
	}
	return d, err
}
