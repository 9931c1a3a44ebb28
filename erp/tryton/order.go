package tryton

import (
	"cmp"
	"context"
	"slices"

	"comptoir.example/comptoir/base/money"
	"comptoir.example/comptoir/erp"
)

// noReturns leaves out the sales that complaints make to take goods back.
var noReturns = []any{"OR", is{"origin", "=", nil}, is{"origin", "not like", "sale.complaint,%"}}

func (c *Connector) orderIDs(ctx context.Context) ([]string, error) {
	ids, err := c.rpc.find(ctx, "sale.sale", domain(noReturns))
	return texts(ids), err
}

// orderWatches: a sale is not stamped when its goods move or its invoice is
// posted, nor when a line is written on its own.
func (c *Connector) orderWatches() []watch {
	return []watch{
		{model: "sale.sale", where: domain(noReturns)},
		{model: "sale.line", to: c.owners("sale.line", "sale")},
		{model: "stock.move", where: domain(is{"origin", "like", "sale.line,%"}), to: func(ctx context.Context, rows []int64) ([]string, error) {
			moves, err := c.rpc.all(ctx, "stock.move", domain(is{"id", "in", rows}), "origin")
			if err != nil {
				return nil, err
			}
			lines, err := c.soldBy(ctx, moves)
			if err != nil {
				return nil, err
			}
			var ids []string
			for _, line := range lines {
				ids = append(ids, line.id("sale"))
			}
			return ids, nil
		}},
		{model: "account.invoice", where: domain(is{"type", "=", "out"}), to: func(ctx context.Context, rows []int64) ([]string, error) {
			invoices, err := c.rpc.all(ctx, "account.invoice", domain(is{"id", "in", rows}), "sales")
			if err != nil {
				return nil, err
			}
			var ids []string
			for _, r := range invoices {
				ids = append(ids, r.ids("sales")...)
			}
			return ids, nil
		}},
	}
}

// soldBy gives the sale lines that rows came from, by the ids of the rows.
func (c *Connector) soldBy(ctx context.Context, rows []*row) (map[string]*row, error) {
	from := map[string]string{}
	var ids []string
	for _, r := range rows {
		if model, id := r.reference("origin"); model == "sale.line" {
			from[r.id("id")] = id
			ids = append(ids, id)
		}
	}
	if len(ids) == 0 {
		return nil, nil
	}
	found, err := c.rpc.all(ctx, "sale.line", domain(is{"id", "in", numbers(unique(ids))}), "sale", "shipment_cost")
	if err != nil {
		return nil, err
	}
	lines := byID(found)
	out := map[string]*row{}
	for id, line := range from {
		if lines[line] != nil {
			out[id] = lines[line]
		}
	}
	return out, nil
}

var saleFields = []string{"number", "reference", "description", "party", "party.lang.code", "shipment_address", "sale_date",
	"state", "currency.code", "untaxed_amount", "tax_amount", "total_amount", "lines", "carrier", "shipment_cost_method"}

var saleLineFields = []string{"type", "sale", "product", "product.type", "description", "quantity", "unit.factor", "unit_price", "amount",
	"shipment_cost", "taxes",
	"moves.quantity", "moves.state", "moves.uom.factor", "moves.from_location.type", "moves.to_location.type",
	"invoice_lines.quantity", "invoice_lines.unit.factor", "invoice_lines.invoice.state"}

func (c *Connector) readOrders(ctx context.Context, ids []string) ([]erp.Record, error) {
	h, err := c.home(ctx)
	if err != nil {
		return nil, err
	}
	sales, err := c.rpc.all(ctx, "sale.sale", domain(is{"id", "in", numbers(ids)}, noReturns), document(saleFields...)...)
	if err != nil || len(sales) == 0 {
		return nil, err
	}
	lines, err := c.rpc.all(ctx, "sale.line", domain(is{"sale", "in", numbers(ids)}), saleLineFields...)
	if err != nil {
		return nil, err
	}
	line := byID(lines)
	var taxes, freight []string
	for _, r := range lines {
		taxes = append(taxes, r.ids("taxes")...)
		if r.has("shipment_cost") {
			freight = append(freight, r.id("product"))
		}
	}
	book, err := c.taxBook(ctx, taxes)
	if err != nil {
		return nil, err
	}
	freightNames, err := c.rpc.names(ctx, "product.product", "name", unique(freight))
	if err != nil {
		return nil, err
	}
	keys, err := c.keys(ctx, sales)
	if err != nil {
		return nil, err
	}
	var out []erp.Record
	for _, r := range sales {
		var own []*row
		for _, id := range r.ids("lines") {
			if line[id] != nil {
				own = append(own, line[id])
			}
		}
		o := erp.Order{ID: r.id("id"), Key: keys[r.id("id")], Number: r.text("number"), PONumber: r.text("reference"),
			Customer: r.id("party"), ShipTo: r.id("shipment_address"),
			Date: cmp.Or(r.date("sale_date"), h.day(r.fields["create_date"]))} // a draft may have no date yet
		currency := r.sub("currency").text("code")
		for _, l := range own {
			if l.text("type") == "line" {
				o.Lines = append(o.Lines, orderLine(l, currency, freightNames, r.sub("party").sub("lang").text("code")))
			} else if text := l.text("description"); text != "" {
				o.Lines = append(o.Lines, erp.OrderLine{ID: l.id("id"), Text: text, Amount: money.Zero(currency)})
			}
			r.check(l)
		}
		o.State = orderState(r.text("state"), h.confirmsLater, own, o.Lines)
		o.Totals = saleTotals(r, own, book, h.taxPerLine, currency)
		out = append(out, record(r, o.Number, o))
	}
	return out, nil
}

// keys says which of some sales are ours. Duplicates made in Tryton's client
// inherit the description, so a key belongs to the oldest sale that has it.
func (c *Connector) keys(ctx context.Context, sales []*row) (map[string]string, error) {
	var keys []string
	for _, r := range sales {
		if key := r.text("description"); erp.ValidKey(key) {
			keys = append(keys, key)
		}
	}
	own := map[string]string{}
	if len(keys) == 0 {
		return own, nil
	}
	rows, err := c.rpc.all(ctx, "sale.sale", domain(is{"description", "in", keys}, noReturns), "description")
	if err != nil {
		return nil, err
	}
	taken := map[string]bool{}
	for _, r := range rows { // rising ids
		if key := r.text("description"); !taken[key] {
			taken[key], own[r.id("id")] = true, key
		}
	}
	return own, nil
}

// orderLine reads one line with what left and what was invoiced of it. A draft
// invoice is none yet, and a cancelled one no more.
func orderLine(l *row, currency string, freight map[string]erp.Text, language string) erp.OrderLine {
	line := erp.OrderLine{ID: l.id("id"), Item: l.id("product"), Text: l.text("description"), Quantity: l.quantity("quantity"),
		UnitPrice: price(l.decimal("unit_price")), Amount: amount(l, "amount", currency)}
	if l.has("shipment_cost") {
		line.Freight, line.Text, line.Item = true, freight[line.Item].In(language), ""
	}
	for _, m := range l.subs("moves") {
		if m.text("state") != "done" {
			continue
		}
		q := converted(l, m.quantity("quantity"), m.sub("uom"))
		if m.sub("from_location").text("type") == "customer" {
			q = q.Neg()
		}
		line.Shipped = plus(line.Shipped, q)
		l.check(m)
	}
	for _, i := range l.subs("invoice_lines") {
		if state := i.sub("invoice").text("state"); state == "posted" || state == "paid" {
			line.Invoiced = plus(line.Invoiced, converted(l, i.quantity("quantity"), i.sub("unit")))
		}
		l.check(i)
	}
	return line
}

// converted turns a quantity of another unit into the line's.
func converted(line *row, q money.Decimal, unit *row) money.Decimal {
	own := line.sub("unit")
	if unit.id("id") == own.id("id") || len(own.fields) == 0 || len(unit.fields) == 0 {
		return q
	}
	out, err := q.Mul(unit.factor("factor"))
	if err == nil {
		out, err = out.Quo(own.factor("factor"))
	}
	if err != nil {
		line.fail("unit", q)
	}
	return out.Round(6).Trim(0)
}

// plus adds quantities; what does not fit a decimal is no quantity.
func plus(a, b money.Decimal) money.Decimal {
	if sum, err := a.Add(b); err == nil {
		return sum.Trim(0)
	}
	return a
}

func amount(r *row, name, currency string) money.Amount {
	a, err := money.HalfEven.Of(r.decimal(name), currency)
	if err != nil {
		r.fail(name, r.fields[name])
	}
	return a
}

// orderState is where a sale stands. Tryton's own states of shipping and
// invoicing cover a whole sale and jump back to waiting for what is left, so
// the quantities of the lines decide.
//
// Confirmed is not in effect: Tryton processes the sale in a second transaction,
// whose failure it tells nobody. Only where the merchant has it process sales
// later is the promise made with the confirmation.
func orderState(state string, later bool, rows []*row, lines []erp.OrderLine) erp.OrderState {
	switch state {
	case "draft", "quotation":
		return erp.OrderReceived
	case "confirmed":
		if later {
			return erp.OrderReleased
		}
		return erp.OrderReceived
	case "cancelled":
		return erp.OrderCancelled
	case "done":
		return erp.OrderClosed
	case "processing":
	default:
		return erp.OrderUnknown
	}
	goods := map[string]bool{}
	for _, r := range rows {
		goods[r.id("id")] = r.sub("product").text("type") == "goods"
	}
	shipped, any, invoiced, counted := true, false, true, false
	for _, l := range lines {
		if l.Quantity.IsZero() {
			continue
		}
		counted = true
		invoiced = invoiced && l.Invoiced.Abs().Cmp(l.Quantity.Abs()) >= 0
		if goods[l.ID] {
			any = any || !l.Shipped.IsZero()
			shipped = shipped && l.Shipped.Abs().Cmp(l.Quantity.Abs()) >= 0
		}
	}
	switch {
	case counted && invoiced && shipped:
		return erp.OrderInvoiced
	case any && shipped:
		return erp.OrderShipped
	case any:
		return erp.OrderPartlyShipped
	}
	return erp.OrderReleased
}

// saleTotals are a sale's own sums. Before the quote the freight line is not
// there yet: its price is in no sum, and not known here.
func saleTotals(sale *row, lines []*row, book taxBook, perLine bool, currency string) erp.Totals {
	t := erp.Totals{Net: amount(sale, "untaxed_amount", currency), Total: amount(sale, "total_amount", currency)}
	freight := money.Zero(currency)
	priced := !sale.has("carrier") || sale.text("shipment_cost_method") != "order" || sale.text("state") != "draft"
	var parts []taxed
	for _, l := range lines {
		if l.text("type") != "line" {
			continue
		}
		if l.has("shipment_cost") {
			freight.Minor += amount(l, "amount", currency).Minor
			priced = true
		}
		parts = append(parts, taxed{l.ids("taxes"), l.decimal("unit_price"), l.quantity("quantity")})
	}
	if priced {
		t.Freight = &freight
	}
	t.Taxes = book.split(parts, perLine, amount(sale, "tax_amount", currency))
	slices.SortStableFunc(t.Taxes, func(a, b erp.TaxLine) int { return compareIDs(a.Tax, b.Tax) })
	return t
}
