package tryton

import (
	"context"
	"fmt"
	"slices"

	"comptoir.example/comptoir/erp"
)

// ReverseReceipt has the payments fail. Tryton makes an entry against each one that
// is posted, reconciles the two, and opens the documents again; the day and the
// reason are written on these entries before they are posted.
func (c *Connector) ReverseReceipt(ctx context.Context, id, date, reason string) (erp.Receipt, error) {
	b, err := c.receipt(ctx, id)
	if err != nil {
		return erp.Receipt{}, err
	}
	if len(b.pending()) > 0 {
		return erp.Receipt{}, refused("not_posted", id)
	}
	if len(b.in("succeeded"))+len(b.undoing) == 0 {
		return b.read() // it is reversed, or nothing was ever booked
	}
	period, err := c.openPeriod(ctx, date)
	if err != nil {
		return erp.Receipt{}, err
	}
	// Tryton asks whether it may reverse an entry of a closed period, today instead.
	// The day is given below.
	always := func(string) bool { return true }
	if err := c.inTurns(ctx, "account.payment", "fail", nil, b.in("succeeded"), always); err != nil {
		return erp.Receipt{}, err
	}
	if b, err = c.receipt(ctx, id); err != nil {
		return erp.Receipt{}, err
	}
	if len(b.undoing) > 0 {
		done, err := c.alone(ctx)
		if err != nil {
			return erp.Receipt{}, err
		}
		_, err = c.rpc.call(ctx, "model.account.move.write", nil, numbersOf(b.undoing),
			map[string]any{"date": sendDate(date), "period": period.number(), "description": reason})
		done()
		if err != nil {
			return erp.Receipt{}, err
		}
	}
	if err := c.postEntries(ctx, b.undoing, always); err != nil {
		return erp.Receipt{}, err
	}
	if b, err = c.receipt(ctx, id); err != nil {
		return erp.Receipt{}, err
	}
	if b.state() != erp.ReceiptReversed {
		return erp.Receipt{}, broken("button_skipped", "receipt %s is not reversed: %s", id, b.states())
	}
	return b.read()
}

// findUndoing finds the entries of ours against those of failed payments that are
// still to be posted. A failed payment does not know its entry any more; the entry
// knows its payment.
func (c *Connector) findUndoing(ctx context.Context, all []*bundle) error {
	s, err := c.rpc.signedIn(ctx, nil)
	if err != nil {
		return err
	}
	owner := map[string]*bundle{}
	var failed []string
	for _, b := range all {
		for _, r := range b.in("failed") {
			owner["account.payment,"+r.id("id")] = b
			failed = append(failed, r.id("id"))
		}
	}
	for some := range slices.Chunk(failed, 500) {
		booked, err := c.rpc.all(ctx, "account.move", domain(is{"origin", "in", references("account.payment", some)}), "origin")
		if err != nil {
			return err
		}
		for _, r := range booked {
			owner["account.move,"+r.id("id")] = owner[r.text("origin")]
		}
		against, err := c.rpc.all(ctx, "account.move", domain(is{"origin", "in", references("account.move", texts(numbersOf(booked)))},
			is{"state", "=", "draft"}, is{"create_uid", "=", s.user}), "origin")
		if err != nil {
			return err
		}
		for _, r := range against {
			if b := owner[r.text("origin")]; b != nil {
				b.undoing = append(b.undoing, r)
			}
		}
	}
	return nil
}

// references name records as a field does that can point to several models.
func references(model string, ids []string) []string {
	out := make([]string, 0, len(ids))
	for _, id := range ids {
		out = append(out, fmt.Sprintf("%s,%s", model, id))
	}
	return out
}
