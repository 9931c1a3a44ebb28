package tryton

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"comptoir.example/comptoir/base/money"
	"comptoir.example/comptoir/erp"
)

// posted are the invoices that customers may see. A draft is none yet, and one
// cancelled as a draft never was: it has no number.
var posted = []any{is{"type", "=", "out"}, is{"state", "in", []string{"posted", "paid", "cancelled"}}, is{"number", "!=", nil}}

func (c *Connector) invoiceIDs(ctx context.Context) ([]string, error) {
	ids, err := c.rpc.find(ctx, "account.invoice", domain(posted...))
	return texts(ids), err
}

// invoiceWatches: what is open on an invoice changes without its stamp, when a
// payment is made or fails, and when entries are reconciled. A sweep sees what
// none of these tell.
func (c *Connector) invoiceWatches() []watch {
	return []watch{
		{model: "account.invoice", where: domain(posted...)},
		{model: "account.payment", where: domain(is{"kind", "in", []string{"receivable", "payable"}}, is{"line", "!=", nil}),
			to: c.invoicesOf("account.payment", "line.move.origin", "line")},
		{model: "account.move.line", where: domain(is{"account.type.receivable", "=", true}, is{"party", "!=", nil}),
			to: c.invoicesOf("account.move.line", "move.origin", "")},
	}
}

// invoicesOf resolves rows to the invoices whose entries they concern. A line
// of the receivable account belongs to the invoice its move was made for, or
// to those it pays.
func (c *Connector) invoicesOf(model, field, through string) func(context.Context, []int64) ([]string, error) {
	fields := []string{field}
	if through == "" {
		fields = append(fields, "invoice_payments")
	}
	return func(ctx context.Context, rows []int64) ([]string, error) {
		found, err := c.rpc.all(ctx, model, domain(is{"id", "in", rows}), fields...)
		if err != nil {
			return nil, err
		}
		var ids []string
		for _, r := range found {
			line := r
			if through != "" {
				line = r.sub(through)
			}
			ids = append(ids, line.ids("invoice_payments")...)
			if model, id := line.sub("move").reference("origin"); model == "account.invoice" {
				ids = append(ids, id)
			}
		}
		if len(ids) == 0 {
			return nil, nil
		}
		visible, err := c.rpc.find(ctx, "account.invoice", domain(append(slices.Clone(posted), is{"id", "in", numbers(unique(ids))})...))
		return texts(visible), err
	}
}

var invoiceFields = slices.Concat(documented, claimFields, []string{"number", "party.lang.code", "reference", "invoice_date",
	"untaxed_amount", "tax_amount", "sales"})

func (c *Connector) readInvoices(ctx context.Context, ids []string) ([]erp.Record, error) {
	rows, err := c.rpc.allIn(ctx, "account.invoice", beforePayments,
		domain(append(slices.Clone(posted), is{"id", "in", numbers(ids)})...), invoiceFields...)
	if err != nil || len(rows) == 0 {
		return nil, err
	}
	lines, err := c.rpc.all(ctx, "account.invoice.line", domain(is{"invoice", "in", numbers(ids)}), "invoice", "type", "product",
		"description", "quantity", "unit", "unit_price", "amount", "origin")
	if err != nil {
		return nil, err
	}
	taxes, err := c.rpc.all(ctx, "account.invoice.tax", domain(is{"invoice", "in", numbers(ids)}), "invoice", "tax", "description", "base", "amount")
	if err != nil {
		return nil, err
	}
	sold, err := c.soldOn(ctx, lines)
	if err != nil {
		return nil, err
	}
	orders, err := c.rpc.all(ctx, "sale.sale", domain(is{"id", "in", numbers(salesOf(rows, lines, sold))}), "reference")
	if err != nil {
		return nil, err
	}
	var taxIDs, products []string
	for _, t := range taxes {
		taxIDs = append(taxIDs, t.id("tax"))
	}
	for _, l := range lines {
		products = append(products, l.id("product"))
	}
	words := wording{orders: byID(orders), sold: sold}
	if words.taxes, err = c.rpc.names(ctx, "account.tax", "description", unique(taxIDs)); err != nil {
		return nil, err
	}
	if words.products, err = c.rpc.names(ctx, "product.product", "name", unique(products)); err != nil {
		return nil, err
	}
	under := func(parts []*row, invoice string) (own []*row) {
		for _, p := range parts {
			if p.id("invoice") == invoice {
				own = append(own, p)
			}
		}
		return own
	}
	var out []erp.Record
	for _, r := range rows {
		own := under(lines, r.id("id"))
		i := invoice(r, own, under(taxes, r.id("id")), words)
		out = append(out, record(r, i.Number, i))
	}
	return out, nil
}

// soldOn gives the sale line behind each line of an invoice. The lines of a
// credit note come from those of the invoice it credits.
func (c *Connector) soldOn(ctx context.Context, lines []*row) (map[string]*row, error) {
	credited := map[string]string{}
	var originals []string
	for _, l := range lines {
		if model, id := l.reference("origin"); model == "account.invoice.line" {
			credited[l.id("id")] = id
			originals = append(originals, id)
		}
	}
	all := slices.Clone(lines)
	if len(originals) > 0 {
		more, err := c.rpc.all(ctx, "account.invoice.line", domain(is{"id", "in", numbers(unique(originals))}), "origin")
		if err != nil {
			return nil, err
		}
		all = append(all, more...)
	}
	sold, err := c.soldBy(ctx, all)
	for line, original := range credited {
		if sold[original] != nil {
			sold[line] = sold[original]
		}
	}
	return sold, err
}

// salesOf are the sales behind invoices. The credit note of an invoice is in no
// sale's list of invoices.
func salesOf(invoices, lines []*row, sold map[string]*row) []string {
	var ids []string
	for _, r := range invoices {
		ids = append(ids, r.ids("sales")...)
	}
	for _, l := range lines {
		if line := sold[l.id("id")]; line != nil {
			ids = append(ids, line.id("sale"))
		}
	}
	return unique(ids)
}

// wording is what invoices speak of: names, and the sales behind them.
type wording struct {
	taxes, products map[string]erp.Text
	orders          map[string]*row // sales
	sold            map[string]*row // sale lines, by invoice line
}

func invoice(r *row, lines, taxes []*row, words wording) erp.Invoice {
	currency := r.sub("currency").text("code")
	i := erp.Invoice{Number: r.text("number"), Customer: r.id("party"), Date: r.date("invoice_date"),
		Orders: salesOf([]*row{r}, lines, words.sold), Open: money.Amount{Minor: claimOf(r, nil).open, Currency: currency}, Keys: keysOn(r),
		State: cmp.Or(map[string]string{"posted": "open", "paid": "paid", "cancelled": "cancelled"}[r.text("state")], "unknown"),
		Totals: erp.Totals{Net: amount(r, "untaxed_amount", currency), Total: amount(r, "total_amount", currency),
			Taxes: []erp.TaxLine{}}}
	// The invoice does not inherit the PO number of the sale.
	var numbers []string
	for _, id := range i.Orders {
		if order := words.orders[id]; order != nil && order.text("reference") != "" && !slices.Contains(numbers, order.text("reference")) {
			numbers = append(numbers, order.text("reference"))
		}
	}
	i.PONumber = cmp.Or(strings.Join(numbers, ", "), r.text("reference"))
	freight := money.Zero(currency)
	for _, l := range lines {
		if l.text("type") != "line" {
			continue
		}
		line := erp.InvoiceLine{Item: l.id("product"), Quantity: l.quantity("quantity"), Unit: l.id("unit"),
			UnitPrice: price(l.decimal("unit_price")), Amount: amount(l, "amount", currency)}
		line.Text = cmp.Or(l.text("description"), words.products[line.Item].In(r.sub("party").sub("lang").text("code")))
		if sold := words.sold[l.id("id")]; sold != nil && sold.has("shipment_cost") {
			freight.Minor += line.Amount.Minor
			line.Item = "" // the carrier's product is none of ours
		}
		i.Lines = append(i.Lines, line)
		r.check(l)
	}
	i.Totals.Freight = &freight
	for _, t := range taxes {
		name := words.taxes[t.id("tax")]
		if t.id("tax") == "" {
			name = erp.Text{FR: t.text("description"), EN: t.text("description")}
		}
		i.Totals.Taxes = append(i.Totals.Taxes, erp.TaxLine{Tax: t.id("tax"), Name: name,
			Base: amount(t, "base", currency), Amount: amount(t, "amount", currency)})
		r.check(t)
	}
	slices.SortStableFunc(i.Totals.Taxes, func(a, b erp.TaxLine) int { return compareIDs(a.Tax, b.Tax) })
	i.Due = instalments(r, currency, i)
	return i
}

// keysOn are the keys of our receipts for an invoice, reversed ones too: none of
// them is to be taken off what is open once more.
func keysOn(r *row) (keys []string) {
	for _, l := range r.subs("lines_to_pay") {
		for _, p := range l.subs("payments") {
			if key, _, _ := keyOf(p.text("description")); erp.ValidKey(key) && !slices.Contains(keys, key) {
				keys = append(keys, key)
			}
		}
	}
	slices.Sort(keys)
	return keys
}

// instalments are what was to be paid when, open or not. An invoice of nothing
// has none in Tryton, and is due on its day.
func instalments(r *row, currency string, i erp.Invoice) []erp.Instalment {
	var due []erp.Instalment
	for _, l := range r.subs("lines_to_pay") {
		sum := amount(l, "debit", currency)
		sum.Minor -= amount(l, "credit", currency).Minor
		if l.sub("second_currency").text("code") == currency {
			sum = amount(l, "amount_second_currency", currency)
		}
		due = append(due, erp.Instalment{Date: cmp.Or(l.date("maturity_date"), i.Date), Amount: sum})
		r.check(l)
	}
	if len(due) == 0 {
		return []erp.Instalment{{Date: i.Date, Amount: i.Totals.Total}}
	}
	slices.SortStableFunc(due, func(a, b erp.Instalment) int { return cmp.Compare(a.Date, b.Date) })
	return due
}
