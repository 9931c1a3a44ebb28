package collect

import (
	"context"

	"comptoir.example/comptoir/base/db"
	"comptoir.example/comptoir/base/fault"
	"comptoir.example/comptoir/finance/payment"
	"comptoir.example/comptoir/gateway"
	"comptoir.example/comptoir/trade/access"
)

// Decide lets a person end an attempt of which the processor told something else
// than was asked (payment.Decide). The processor is asked first, and what it says is
// written down. Unavailable when it does not answer: then nothing is decided.
func (e *Engine) Decide(ctx context.Context, who access.Actor, task, way, note string) error {
	if err := who.Must(access.SettleFinance); err != nil {
		return err
	}
	var a payment.Attempt
	var customer string
	var held bool
	if err := e.DB.Read(ctx, func(tx *db.Tx) (err error) {
		a, customer, held, err = payment.ToDecide(ctx, tx, who, task)
		return err
	}); err != nil {
		return err
	}
	var told *gateway.Snapshot
	if held {
		var err error
		if told, err = e.Gateway.Find(ctx, a.ID); err != nil {
			return fault.New(fault.Unavailable, "task.processor_silent").Because(err)
		}
		if told == nil && e.DB.Now().Sub(a.Created) < e.Gateway.Describe().Settles {
			return fault.New(fault.Conflict, "task.not_over")
		}
	}
	if told != nil {
		if err := e.tell(ctx, facts(*told)); err != nil {
			return err
		}
	}
	return e.DB.WriteAlone(ctx, payment.Key(customer), func(tx *db.Tx) error {
		return payment.Decide(ctx, tx, who, task, way, note, told)
	})
}
