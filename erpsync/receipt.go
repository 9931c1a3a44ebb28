package erpsync

import (
	"context"
	"slices"
	"strings"
	"time"

	"comptoir.example/comptoir/base/db"
	"comptoir.example/comptoir/base/money"
	"comptoir.example/comptoir/base/outbox"
	"comptoir.example/comptoir/erp"
	"comptoir.example/comptoir/finance/invoice"
	"comptoir.example/comptoir/finance/payment"
	"comptoir.example/comptoir/trade/customer"
)

// PushReceipt carries money that was taken into the ERP's books, once. As with an
// order, it is looked up by its key before it is created. Money is never refused
// here: what the ERP does not take stays promised to it, and a person is told.
func (e *Engine) PushReceipt(ctx context.Context, d outbox.Delivery) outbox.Outcome {
	cashier, can := e.ERP.(erp.Cashier)
	if !can {
		return outbox.Outcome{State: outbox.Failed, Class: "broken", Code: "erp.no_receipts"}
	}
	var n erp.NewReceipt
	var taken time.Time
	var undone bool
	err := e.DB.Read(ctx, func(tx *db.Tx) error {
		x, _, err := payment.ReceiptOf(ctx, tx, d.Subject)
		if err == nil {
			taken, undone = x.Created, x.State == "reversed"
			n, err = e.newReceipt(ctx, tx, x)
		}
		return err
	})
	if err != nil {
		return outbox.Broken(d, err)
	}
	if undone { // before it came there
		return outbox.Outcome{State: outbox.Done}
	}
	there, err := cashier.FindReceipt(ctx, n.Key)
	if err != nil {
		return e.receiptUnanswered(d, err, false)
	}
	e.Box.Crash("receipt.looked_up")
	id := ""
	switch {
	case there != nil && ((there.Customer != "" && there.Customer != n.Customer) || (there.Amount != n.Amount && there.State != erp.ReceiptReceived)):
		return stopped(outbox.Conflict, "conflict", "receipt.conflicts", there.Number, func(ctx context.Context, tx *db.Tx) error {
			return payment.Hold(ctx, tx, n.Key)
		})
	case there != nil && there.Amount == n.Amount:
		id = there.ID
	default: // it is nowhere, or a group of which a part is there
		if wait := d.Sent.Add(e.quiet()).Sub(d.Now); there == nil && !d.Sent.IsZero() && wait > 0 {
			return outbox.Outcome{State: outbox.Unknown, Class: "ambiguous", Code: "erp.checking", After: min(wait, 10*time.Second)}
		}
		if id, err = cashier.CreateReceipt(ctx, n); err != nil {
			return e.receiptUnanswered(d, err, true)
		}
		e.Box.Crash("receipt.created")
		if e.DB.Now().Sub(d.Now) > slow {
			return outbox.Outcome{State: outbox.Queued, Sent: true}
		}
	}
	return e.postReceipt(ctx, cashier, d, id, n, taken)
}

func (e *Engine) postReceipt(ctx context.Context, cashier erp.Cashier, d outbox.Delivery, id string, n erp.NewReceipt, taken time.Time) outbox.Outcome {
	accept := append(strings.Fields(d.Accept), e.Policy.Accept...)
	for range maxSteps {
		there, err := cashier.PostReceipt(ctx, id, accept)
		if err != nil {
			return e.receiptUnanswered(d, err, true)
		}
		e.Box.Crash("receipt.stepped")
		switch there.State {
		case erp.ReceiptPosted:
			return outbox.Outcome{State: outbox.Done, Apply: func(ctx context.Context, tx *db.Tx) error {
				if err := noteLag(ctx, tx, e.conn(), "receipt", tx.Now.Sub(taken), taken); err != nil {
					return err
				}
				return payment.Accept(ctx, tx, byUs, n.Key, there)
			}}
		case erp.ReceiptReversed:
			return stopped(outbox.Conflict, "conflict", "receipt.reversed_there", there.Number, func(ctx context.Context, tx *db.Tx) error {
				return payment.Hold(ctx, tx, n.Key)
			})
		}
		if e.DB.Now().Sub(d.Now) > slow {
			return outbox.Outcome{State: outbox.Queued, Sent: true}
		}
	}
	return outbox.Outcome{State: outbox.Queued, Class: "slow", Code: "erp.not_in_effect", Sent: true, After: 5 * time.Second}
}

// ReverseReceipt has the ERP undo a receipt: the money went back, and what it paid
// is owed again there and, once it says so, here.
func (e *Engine) ReverseReceipt(ctx context.Context, d outbox.Delivery) outbox.Outcome {
	cashier, can := e.ERP.(erp.Cashier)
	if !can {
		return outbox.Outcome{State: outbox.Failed, Class: "broken", Code: "erp.no_receipts"}
	}
	var x payment.Receipt
	if err := e.DB.Read(ctx, func(tx *db.Tx) (err error) {
		x, _, err = payment.ReceiptOf(ctx, tx, d.Subject)
		return err
	}); err != nil {
		return outbox.Broken(d, err)
	}
	there, err := cashier.FindReceipt(ctx, x.Key)
	if err == nil && there != nil && there.State != erp.ReceiptReversed {
		_, err = cashier.ReverseReceipt(ctx, there.ID, e.Merchant().Day(d.Now), string(x.Reversal))
	}
	if err != nil {
		out := e.failedCall(d, err, true)
		if slices.Contains([]outbox.State{outbox.Rejected, outbox.NeedsDecision}, out.State) {
			out.Apply = func(ctx context.Context, tx *db.Tx) error { return payment.ReversalHeld(ctx, tx, d.Subject) }
		}
		return out
	}
	e.Box.Crash("receipt.reversed")
	// The lane came here after the receipt's own delivery: what is nowhere was never booked.
	return outbox.Outcome{State: outbox.Done, Apply: func(ctx context.Context, tx *db.Tx) error {
		return payment.Reversed(ctx, tx, byUs, x.Key, e.Merchant().Day(tx.Now))
	}}
}

// newReceipt is a receipt of ours in the ERP's ids.
func (e *Engine) newReceipt(ctx context.Context, tx *db.Tx, x payment.Receipt) (n erp.NewReceipt, err error) {
	c, err := customer.Find(ctx, tx, x.Customer)
	if err != nil {
		return n, err
	}
	ids := make([]string, len(x.Lines))
	for i, l := range x.Lines {
		ids[i] = l.Invoice
	}
	known, err := invoice.ERPIDs(ctx, tx, ids)
	n = erp.NewReceipt{Key: x.Key, Customer: c.ERP, Date: x.Day, Amount: x.Amount, Reference: x.Reference}
	for _, l := range x.Lines {
		n.Lines = append(n.Lines, erp.ReceiptLine{Invoice: known[l.Invoice], Amount: money.Amount{Minor: l.Minor, Currency: x.Amount.Currency}})
	}
	return n, err
}

// receiptUnanswered makes an outcome of a failed call about a receipt.
func (e *Engine) receiptUnanswered(d outbox.Delivery, err error, writing bool) outbox.Outcome {
	out := e.failedCall(d, err, writing)
	if slices.Contains([]outbox.State{outbox.Rejected, outbox.NeedsDecision}, out.State) {
		out.Apply = func(ctx context.Context, tx *db.Tx) error { return payment.Hold(ctx, tx, d.Subject) }
	}
	return out
}
