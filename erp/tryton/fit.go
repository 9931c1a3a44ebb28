package tryton

import (
	"context"
	"slices"
	"time"

	"comptoir.example/comptoir/base/money"
	"comptoir.example/comptoir/erp"
)

// fit reads the payments of a receipt, approves its drafts, and makes those that are
// not booked fit what is open of their documents by now. (A draft on an entry that
// was reconciled meanwhile cannot be written.) What a document takes no more goes on
// account, in one call that changes all payments or none; their sum stays as it is.
func (c *Connector) fit(ctx context.Context, key string) (*bundle, error) {
	for range 6 {
		b, err := c.bundleOf(ctx, key)
		if err != nil {
			return nil, err
		}
		if b == nil {
			return nil, refused("unknown_receipt", key)
		}
		if err := c.dropCopies(ctx, b); err != nil {
			return nil, err
		}
		if drafts := b.in("draft"); len(drafts) > 0 {
			if err := c.rpc.pressAll(ctx, "account.payment", "approve", nil, numbersOf(drafts)); err != nil {
				return nil, err
			}
			continue
		}
		changes, lacking, err := c.changes(ctx, b)
		switch {
		case err != nil:
			return nil, err
		case len(lacking) > 0:
			_, err = c.rpc.call(ctx, "model.account.payment.create", nil, lacking)
		case len(changes) > 0:
			_, err = c.rpc.call(ctx, "model.account.payment.write", nil, changes...)
		default:
			return b, nil
		}
		if err != nil {
			return nil, err
		}
	}
	return nil, &erp.Error{Class: erp.Throttled, Code: "changed_meanwhile", Text: key, After: time.Second}
}

// changes says which payments must be written how (ids, values, ids, values and so
// on), and which are lacking: those come as payments of nothing first.
func (c *Connector) changes(ctx context.Context, b *bundle) (writes, lacking []any, err error) {
	pending := b.pending()
	except := map[string]bool{}
	var ids []string
	for _, r := range pending {
		except[r.id("id")] = true
	}
	lines := meant(b, pending)
	for _, l := range lines {
		ids = append(ids, l.Invoice)
	}
	claims, err := c.claims(ctx, ids, except)
	if err != nil || len(pending) == 0 {
		return nil, nil, err
	}
	first := b.rows[0]
	account, err := c.receivable(ctx, first.id("party"))
	if err != nil {
		return nil, nil, err
	}
	_, _, reference := keyOf(first.text("description"))
	common := draft{key: b.key, reference: reference, day: first.date("date"), currency: b.currency,
		journal: number(first.id("journal")), party: number(first.id("party")), account: number(account)}
	free, next := slices.Clone(pending), b.next()
	change := func(r *row, p part) {
		values := map[string]any{"amount": sendDecimal(money.Amount{Minor: p.minor, Currency: b.currency}.Decimal())}
		if r.id("line") == "" {
			values["account"] = nil
			if p.minor != 0 {
				values["account"] = common.account
			}
		}
		writes = append(writes, []int64{r.number()}, values)
	}
	for _, p := range settle(b.sum(pending), lines, claims) {
		at := slices.IndexFunc(free, func(r *row) bool { return r.text("kind") == p.kind && r.id("line") == p.line })
		switch {
		case at < 0 && p.minor == 0: // the payment of a document that takes nothing is among those left
		case at < 0:
			p.minor = 0
			lacking = append(lacking, common.payment(next, p))
			next++
		default:
			if amount(free[at], "amount", b.currency).Minor != p.minor {
				change(free[at], p)
			}
			free = slices.Delete(free, at, at+1)
		}
	}
	for _, r := range free {
		if b.matters(r) {
			change(r, part{})
		}
	}
	return writes, lacking, nil
}

// next is the number for another payment of a receipt.
func (b *bundle) next() int {
	last := 0
	for _, r := range b.rows {
		_, n, _ := keyOf(r.text("description"))
		last = max(last, int(number(n)))
	}
	return last + 1
}

// meant is what payments were made for, document by document.
func meant(b *bundle, rows []*row) (lines []erp.ReceiptLine) {
	for _, r := range rows {
		if document := settles(r); document != "" {
			lines = settled(lines, document, money.Amount{Minor: signed(r, b.currency), Currency: b.currency})
		}
	}
	return lines
}
