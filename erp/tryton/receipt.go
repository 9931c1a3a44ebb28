package tryton

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"comptoir.example/comptoir/base/money"
	"comptoir.example/comptoir/erp"
)

// Receipts are of two sorts in Tryton. Payments (account.payment) are how ours are
// made, and direct debits of others: a receipt is named by the id of its first
// payment. Cheques, cash and lines of bank statements are entries right away
// (account.move): such a receipt is named by the ids of the entry and the customer.

// received are the payments that concern what customers owe.
var received = []any{"OR", is{"kind", "=", "receivable"}, is{"line.account.type.receivable", "=", true},
	is{"account.type.receivable", "=", true}, is{"description", "like", "CM%/%"}}

// counter are the entries of money that came by other ways.
var counter = []any{is{"journal.type", "in", []string{"cash", "statement"}},
	[]any{"OR", is{"origin", "=", nil}, []any{is{"origin", "not like", "account.payment,%"}, is{"origin", "not like", "account.move,%"}}}}

// owed are the lines of entries on the customers' accounts.
var owed = []any{is{"account.type.receivable", "=", true}, is{"party", "!=", nil}}

// under puts a domain on what a link leads to.
func under(link string, where []any) []any {
	out := make([]any, 0, len(where))
	for _, clause := range where {
		switch clause := clause.(type) {
		case is:
			out = append(out, append(is{link + "." + clause[0].(string)}, clause[1:]...))
		case []any:
			out = append(out, under(link, clause))
		default:
			out = append(out, clause)
		}
	}
	return out
}

func (c *Connector) receiptIDs(ctx context.Context) ([]string, error) {
	rows, err := c.rpc.all(ctx, "account.payment", domain(received), "description")
	if err != nil {
		return nil, err
	}
	lines, err := c.rpc.all(ctx, "account.move.line", append(domain(owed...), under("move", counter)...), "move", "party")
	if err != nil {
		return nil, err
	}
	ids := counterIDs(lines)
	for _, b := range grouped(rows, erp.ValidKey) {
		ids = append(ids, b.ids()...)
	}
	return unique(ids), nil
}

func counterIDs(lines []*row) (ids []string) {
	for _, l := range lines {
		ids = append(ids, l.id("move")+"/"+l.id("party"))
	}
	return ids
}

// receiptWatches: a payment is not stamped when its entry is posted or when money
// on account is reconciled with an invoice.
func (c *Connector) receiptWatches() []watch {
	return []watch{
		{model: "account.payment", where: domain(received), to: c.receiptsOf},
		{model: "account.move", where: domain([]any{"OR", is{"origin", "like", "account.payment,%"}, is{"origin", "like", "account.move,%"}, counter}),
			to: c.receiptsByEntry},
		{model: "account.move.line", where: domain(append(slices.Clone(owed),
			[]any{"OR", is{"move.origin", "like", "account.payment,%"}, under("move", counter)})...),
			to: func(ctx context.Context, rows []int64) ([]string, error) {
				lines, err := c.rpc.all(ctx, "account.move.line", domain(is{"id", "in", rows}), "move")
				if err != nil {
					return nil, err
				}
				var moves []string
				for _, l := range lines {
					moves = append(moves, l.id("move"))
				}
				return c.receiptsByEntry(ctx, numbers(unique(moves)))
			}},
	}
}

// receiptsOf resolves payments to the receipts they are part of.
func (c *Connector) receiptsOf(ctx context.Context, payments []int64) ([]string, error) {
	all, err := c.bundlesWith(ctx, payments)
	var ids []string
	for _, b := range all {
		ids = append(ids, b.ids()...)
	}
	return ids, err
}

// receiptsByEntry resolves entries to receipts: those of payments, those against
// other entries, and those that are receipts.
func (c *Connector) receiptsByEntry(ctx context.Context, moves []int64) ([]string, error) {
	found, err := c.rpc.all(ctx, "account.move", domain(is{"id", "in", moves}), "origin")
	if err != nil {
		return nil, err
	}
	var payments, undone, own []string
	for _, r := range found {
		switch model, id := r.reference("origin"); model {
		case "account.payment":
			payments = append(payments, id)
		case "account.move":
			undone = append(undone, id)
		default:
			own = append(own, r.id("id"))
		}
	}
	var ids []string
	if len(undone) > 0 {
		if ids, err = c.receiptsByEntry(ctx, numbers(unique(undone))); err != nil {
			return nil, err
		}
	}
	if len(payments) > 0 {
		more, err := c.receiptsOf(ctx, numbers(unique(payments)))
		if err != nil {
			return nil, err
		}
		ids = append(ids, more...)
	}
	lines, err := c.counterLines(ctx, own, "move", "party")
	return append(ids, counterIDs(lines)...), err
}

func (c *Connector) counterLines(ctx context.Context, moves []string, fields ...string) ([]*row, error) {
	if len(moves) == 0 {
		return nil, nil
	}
	where := append(domain(is{"move", "in", numbers(unique(moves))}), owed...)
	return c.rpc.all(ctx, "account.move.line", append(where, under("move", counter)...), fields...)
}

// bundlesWith reads whole receipts by some of their payments.
func (c *Connector) bundlesWith(ctx context.Context, payments []int64) ([]*bundle, error) {
	if len(payments) == 0 {
		return nil, nil
	}
	rows, err := c.rpc.all(ctx, "account.payment", domain(is{"id", "in", payments}, received), document(paymentFields...)...)
	if err != nil {
		return nil, err
	}
	var own []any
	asked, there := map[string]bool{}, byID(rows)
	for _, r := range rows {
		if key, _, _ := keyOf(r.text("description")); erp.ValidKey(key) && !asked[key] {
			own, asked[key] = append(own, is{"description", "like", key + "/%"}), true
		}
	}
	for some := range slices.Chunk(own, 100) {
		more, err := c.rpc.all(ctx, "account.payment", domain(append([]any{"OR"}, some...)), document(paymentFields...)...)
		if err != nil {
			return nil, err
		}
		for _, r := range more {
			if there[r.id("id")] == nil {
				rows = append(rows, r)
			}
		}
	}
	return c.bundles(ctx, rows, erp.ValidKey)
}

func (c *Connector) readReceipts(ctx context.Context, ids []string) ([]erp.Record, error) {
	var payments, moves []string
	wanted := map[string]bool{}
	for _, id := range ids {
		wanted[id] = true
		if move, _, other := strings.Cut(id, "/"); other {
			moves = append(moves, move)
		} else {
			payments = append(payments, id)
		}
	}
	all, err := c.bundlesWith(ctx, numbers(payments))
	if err != nil {
		return nil, err
	}
	lines, err := c.counterLines(ctx, moves, document("party", "debit", "credit", "second_currency.code", "amount_second_currency",
		"currency.code", "description", "reconciliation", "invoice_payments", "move.number", "move.date", "move.state", "move.description")...)
	if err != nil {
		return nil, err
	}
	undone, err := c.undone(ctx, moves)
	if err != nil {
		return nil, err
	}
	var loose []string
	for _, l := range lines {
		if l.has("reconciliation") && len(l.ids("invoice_payments")) == 0 {
			loose = append(loose, l.id("reconciliation"))
		}
	}
	used, err := c.usedFor(ctx, loose)
	if err != nil {
		return nil, err
	}
	var out []erp.Record
	for _, b := range all {
		r := b.receipt()
		first := b.rows[0]
		for _, p := range b.rows {
			if p.stamp().After(first.stamp()) {
				first.fields["write_date"] = p.fields["write_date"]
			}
		}
		out = append(out, record(first, r.Number, r))
		for _, p := range b.copies { // others' receipts, whatever they say
			one := &bundle{rows: []*row{p}, currency: b.currency}
			out = append(out, record(p, "", one.receipt()))
		}
	}
	out = append(out, counterReceipts(lines, undone, used)...)
	return slices.DeleteFunc(out, func(r erp.Record) bool { return !wanted[r.ID] }), nil
}

// undone are the entries of some that others reverse.
func (c *Connector) undone(ctx context.Context, moves []string) (map[string]bool, error) {
	gone := map[string]bool{}
	if len(moves) == 0 {
		return gone, nil
	}
	against, err := c.rpc.all(ctx, "account.move", domain(is{"origin", "in", references("account.move", unique(slices.Clone(moves)))}), "origin")
	for _, r := range against {
		_, id := r.reference("origin")
		gone[id] = true
	}
	return gone, err
}

// counterReceipts reads the lines of entries of money that came by other ways. One
// line of a statement can be about several invoices of several customers.
func counterReceipts(lines []*row, undone map[string]bool, used map[string]string) (out []erp.Record) {
	made := map[string]*erp.Receipt{}
	heads := map[string]*row{}
	for _, l := range lines {
		move := l.sub("move")
		id := move.id("id") + "/" + l.id("party")
		currency := currencyOf(l)
		r := made[id]
		if r == nil {
			r = &erp.Receipt{ID: id, Number: move.text("number"), Customer: l.id("party"), Date: move.date("date"), Amount: money.Zero(currency),
				Unapplied: money.Zero(currency), Reference: cmp.Or(move.text("description"), l.text("description")), Lines: []erp.ReceiptLine{},
				State: cmp.Or(map[string]erp.ReceiptState{"draft": erp.ReceiptReceived, "posted": erp.ReceiptPosted}[move.text("state")], erp.ReceiptUnknown)}
			if undone[move.id("id")] {
				r.State = erp.ReceiptReversed
			}
			made[id], heads[id] = r, l
		}
		sum := lineAmount(l, currency).Neg()
		r.Amount.Minor += sum.Minor
		if document := slices.Concat(l.ids("invoice_payments"), []string{used[l.id("reconciliation")]})[0]; document != "" {
			r.Lines = settled(r.Lines, document, sum)
		} else {
			r.Unapplied.Minor += sum.Minor
		}
		heads[id].check(l, move)
	}
	for id, r := range made {
		rec := record(heads[id], r.Number, *r)
		rec.ID = id
		out = append(out, rec)
	}
	return out
}
