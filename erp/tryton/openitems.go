package tryton

import (
	"cmp"
	"context"
	"slices"

	"comptoir.example/comptoir/base/money"
	"comptoir.example/comptoir/erp"
)

// OpenItems reads the entries on customers' accounts that are not reconciled, with
// the payments of their documents, in one answer. A payment that is not booked yet
// counts for its document, as in Invoice.Open. All else adds up to what Tryton's
// own aged balance says.
func (c *Connector) OpenItems(ctx context.Context) ([]erp.OpenItem, error) {
	lines, err := c.rpc.all(ctx, "account.move.line", domain(append(slices.Clone(owed), is{"reconciliation", "=", nil})...),
		"party", "debit", "credit", "second_currency.code", "amount_second_currency", "currency.code", "maturity_date", "invoice_payments",
		"move.origin", "move.lines.reconciliation", "move.lines.payments.description", "move.lines.payments.state",
		"move.lines.payments.kind", "move.lines.payments.amount")
	if err != nil {
		return nil, err
	}
	documents := documentsOf(lines)
	var loose []string // payments that are on account
	for _, l := range lines {
		if model, id := l.sub("move").reference("origin"); model == "account.payment" && documents.of(l) == "" {
			loose = append(loose, id)
		}
	}
	keys := map[string]string{}
	if len(loose) > 0 {
		rows, err := c.rpc.all(ctx, "account.payment", domain(is{"id", "in", numbers(loose)}), "description")
		if err != nil {
			return nil, err
		}
		for _, r := range rows {
			keys["account.payment,"+r.id("id")], _, _ = keyOf(r.text("description"))
		}
	}
	return openItems(lines, documents, keys)
}

// origins say which document lines are about: by payment, and by line.
type origins struct {
	byPayment map[string]string
	keys      map[string][]string // by document
	pending   map[string]int64    // what payments that are not booked take off, by document
}

// documentsOf finds the documents among open lines and the payments for them.
func documentsOf(lines []*row) origins {
	o := origins{map[string]string{}, map[string][]string{}, map[string]int64{}}
	for _, l := range lines {
		model, id := l.sub("move").reference("origin")
		if model != "account.invoice" || !l.has("maturity_date") || o.keys[id] != nil {
			continue
		}
		o.keys[id] = []string{}
		for _, entry := range l.sub("move").subs("lines") {
			for _, p := range entry.subs("payments") {
				o.byPayment[p.id("id")] = id
				if key, _, _ := keyOf(p.text("description")); erp.ValidKey(key) && !slices.Contains(o.keys[id], key) {
					o.keys[id] = append(o.keys[id], key)
				}
				if state := p.text("state"); state != "succeeded" && state != "failed" && !entry.has("reconciliation") {
					o.pending[id] += signed(p, currencyOf(l))
				}
				l.check(p)
			}
		}
	}
	return o
}

func currencyOf(line *row) string {
	return cmp.Or(line.sub("second_currency").text("code"), line.sub("currency").text("code"))
}

// of gives the document that a line is of, or that it pays; "" for money on
// account.
func (o origins) of(line *row) string {
	if paid := line.ids("invoice_payments"); len(paid) > 0 {
		return paid[0]
	}
	switch model, id := line.sub("move").reference("origin"); {
	case model == "account.invoice" && line.has("maturity_date"):
		return id
	case model == "account.payment":
		return o.byPayment[id]
	}
	return ""
}

// openItems adds the lines of each document up. Money on account stands line by
// line. What adds up to nothing and is not reconciled yet is not open.
func openItems(lines []*row, documents origins, keys map[string]string) ([]erp.OpenItem, error) {
	type about struct{ customer, document, currency string }
	at := map[about]int{}
	items := []erp.OpenItem{}
	for _, l := range lines {
		currency := currencyOf(l)
		sum := lineAmount(l, currency)
		document := documents.of(l)
		if l.err != nil {
			return nil, broken("open_items", "line %s: %v", l.id("id"), l.err)
		}
		which := about{l.id("party"), document, currency}
		n, known := at[which]
		if document == "" || !known {
			n = len(items)
			items = append(items, erp.OpenItem{Customer: which.customer, Document: document, Keys: documents.keys[document],
				Open: money.Amount{Minor: -documents.pending[document], Currency: currency}})
			at[which] = n
		}
		if key := keys[l.sub("move").text("origin")]; document == "" && erp.ValidKey(key) {
			items[n].Keys = []string{key}
		}
		items[n].Open.Minor += sum.Minor
		if due := l.date("maturity_date"); due != "" && (items[n].Due == "" || due < items[n].Due) {
			items[n].Due = due
		}
	}
	return slices.DeleteFunc(items, func(i erp.OpenItem) bool { return i.Open.IsZero() }), nil
}
