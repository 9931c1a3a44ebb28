package collect

import (
	"context"
	"time"

	"comptoir.example/comptoir/base/db"
	"comptoir.example/comptoir/base/outbox"
	"comptoir.example/comptoir/finance/payment"
	"comptoir.example/comptoir/gateway"
)

// ListsPayouts says whether the processor tells what its payouts are made of.
func (e *Engine) ListsPayouts() bool {
	_, does := e.Gateway.(gateway.Settler)
	return does
}

// LaneOfPayout lets each payout wait by itself for what it pays.
func (e *Engine) LaneOfPayout(f outbox.Fact) (conn, lane string) {
	return e.Conn(), "payout/" + f.Subject()
}

// ListPayout asks what a payout is made of, and again while some of it has not been told
// yet: it only looks, so that it may be asked as often as one likes.
func (e *Engine) ListPayout(ctx context.Context, d outbox.Delivery) outbox.Outcome {
	told, err := e.Gateway.(gateway.Settler).Payout(ctx, d.Subject)
	if err != nil {
		return e.unanswered(d, err)
	}
	var waits bool
	if err := e.DB.WriteAlone(ctx, payment.PayoutKey(e.Name()), func(tx *db.Tx) (err error) {
		waits, err = payment.Listed(ctx, tx, e.Name(), told)
		return err
	}); err != nil {
		return outbox.Broken(d, err)
	}
	if waits { // a sweep brings what the webhooks did not
		return outbox.Outcome{State: outbox.Queued, After: min(max(d.Now.Sub(d.Created)/4, 5*time.Second), 10*time.Minute)}
	}
	return outbox.Outcome{State: outbox.Done}
}
