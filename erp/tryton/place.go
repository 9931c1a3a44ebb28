package tryton

import (
	"cmp"
	"context"
	"slices"
	"time"

	"comptoir.example/comptoir/base/money"
	"comptoir.example/comptoir/erp"
)

// stuck is how long a sale may stay confirmed before somebody has to look:
// Tryton processes it right after, in a second transaction whose failure it
// tells nobody.
const stuck = 2 * time.Minute

// sale is a new order in Tryton's words.
type sale struct {
	house   *house
	coin    string // ISO code of its currency
	head    map[string]any
	lines   []map[string]any
	rule    string // the customer's tax rule
	carrier *row   // nil when the customer fetches the goods
}

// compose turns an order into a sale: the form's logic fills the head, ours
// gives the address, the carrier and the accepted prices.
func (c *Connector) compose(ctx context.Context, o erp.NewOrder) (*sale, error) {
	h, err := c.home(ctx)
	if err != nil {
		return nil, err
	}
	if len(o.Lines) == 0 {
		return nil, refused("no_lines", o.Key)
	}
	party, err := c.rpc.first(ctx, "party.party", domain(is{"id", "=", number(o.Customer)}, is{"active", "=", true}), "customer_tax_rule")
	if err != nil {
		return nil, err
	}
	if party == nil {
		return nil, refused("unknown_customer", o.Customer)
	}
	s := &sale{house: h, coin: cmp.Or(o.Currency, h.currency), rule: party.id("customer_tax_rule"), head: map[string]any{
		"party": party.number(), "company": number(h.company), "currency": number(h.currencyID)}}
	if s.coin != h.currency {
		currency, err := c.rpc.first(ctx, "currency.currency", domain(is{"code", "=", s.coin}, is{"active", "=", true}), "code")
		if err != nil {
			return nil, err
		}
		if currency == nil {
			return nil, refused("unknown_currency", s.coin)
		}
		s.head["currency"] = currency.number()
	}
	form, err := c.rpc.formed(ctx, "sale.sale", nil, s.head, "party")
	if err != nil {
		return nil, err
	}
	for name, value := range form.fields {
		if name[len(name)-1] != '.' { // names to show, not values
			s.head[name] = value
		}
	}
	s.head["carrier"] = nil
	if o.DeliveryMethod != "" {
		if s.carrier, err = c.rpc.first(ctx, "carrier", domain(is{"id", "=", number(o.DeliveryMethod)}, is{"active", "=", true}),
			"carrier_cost_method", "carrier_product.list_price", "carrier_product.account_category", "carrier_product.sale_uom"); err != nil {
			return nil, err
		}
		if s.carrier == nil {
			return nil, refused("unknown_delivery_method", o.DeliveryMethod)
		}
		s.head["carrier"] = s.carrier.number()
	}
	if o.ShipTo != "" {
		address, err := c.rpc.first(ctx, "party.address", domain(is{"id", "=", number(o.ShipTo)}, is{"active", "=", true},
			is{"party", "=", party.number()}), "party")
		if err != nil {
			return nil, err
		}
		if address == nil {
			return nil, refused("unknown_address", o.ShipTo)
		}
		s.head["shipment_address"] = address.number()
	}
	return s, c.composeLines(ctx, s, o)
}

// composeLines asks once about all items, and once for each tax case.
func (c *Connector) composeLines(ctx context.Context, s *sale, o erp.NewOrder) error {
	var items []string
	for _, l := range o.Lines {
		items = append(items, l.Item)
	}
	where, err := c.sold(ctx, is{"id", "in", numbers(unique(items))}, is{"salable", "=", true}, is{"active", "=", true})
	if err != nil {
		return err
	}
	rows, err := c.rpc.all(ctx, "product.product", where, "sale_uom", "account_category")
	if err != nil {
		return err
	}
	products := byID(rows)
	for _, l := range o.Lines {
		product := products[l.Item]
		if product == nil {
			return refused("unknown_item", l.Item)
		}
		taxes, err := c.taxesFor(ctx, taxCase{s.rule, product.id("account_category")}, o.Customer, l.Item)
		if err != nil {
			return err
		}
		s.lines = append(s.lines, map[string]any{"type": "line", "product": product.number(), "quantity": sendQuantity(l.Quantity),
			"unit": number(product.id("sale_uom")), "unit_price": sendDecimal(money.HalfEven.Round(l.UnitPrice, 4)),
			"taxes": numbers(taxes)})
	}
	return nil
}

// Quote has Tryton compute the totals of an order that is not kept. The freight
// line, which Tryton adds when it quotes a sale, is added here at the carrier's
// price and with its taxes; where that price is not known the totals are
// without freight, and say so.
func (c *Connector) Quote(ctx context.Context, o erp.NewOrder) (erp.Totals, error) {
	s, err := c.compose(ctx, o)
	if err != nil {
		return erp.Totals{}, err
	}
	var parts []taxed
	for i, l := range o.Lines {
		line, err := money.HalfEven.Extend(money.HalfEven.Round(l.UnitPrice, 4), l.Quantity, s.coin)
		if err != nil {
			return erp.Totals{}, refused("too_large", l.Item)
		}
		s.lines[i]["amount"] = sendDecimal(line.Decimal())
		parts = append(parts, taxed{texts(s.lines[i]["taxes"].([]int64)), money.HalfEven.Round(l.UnitPrice, 4), l.Quantity})
	}
	t := erp.Totals{}
	none := money.Zero(s.coin)
	if s.carrier == nil {
		t.Freight = &none
	} else if t.Freight, err = c.quoteFreight(ctx, s, o, &parts); err != nil {
		return erp.Totals{}, err
	}
	s.head["lines"] = s.lines
	answer, err := c.rpc.formed(ctx, "sale.sale", nil, s.head, "lines")
	if err != nil {
		return erp.Totals{}, err
	}
	t.Net, t.Total = amount(answer, "untaxed_amount", s.coin), amount(answer, "total_amount", s.coin)
	var ids []string
	for _, p := range parts {
		ids = append(ids, p.taxes...)
	}
	book, err := c.taxBook(ctx, ids)
	if err != nil {
		return erp.Totals{}, err
	}
	t.Taxes = book.split(parts, s.house.taxPerLine, amount(answer, "tax_amount", s.coin))
	slices.SortStableFunc(t.Taxes, func(a, b erp.TaxLine) int { return compareIDs(a.Tax, b.Tax) })
	if answer.err != nil {
		return erp.Totals{}, broken("answer", "quote: %v", answer.err)
	}
	return t, nil
}

// quoteFreight adds the freight line to a sale. Tryton asks for freight only
// where goods are shipped. Nil without error: the price is not known.
func (c *Connector) quoteFreight(ctx context.Context, s *sale, o erp.NewOrder, parts *[]taxed) (*money.Amount, error) {
	product := s.carrier.sub("carrier_product")
	var items []int64
	for _, l := range o.Lines {
		items = append(items, number(l.Item))
	}
	goods, err := c.rpc.find(ctx, "product.product", domain(is{"id", "in", items}, is{"type", "in", []string{"goods", "assets"}}))
	if err != nil {
		return nil, err
	}
	freight := money.Zero(s.coin)
	if len(goods) == 0 {
		return &freight, nil
	}
	if s.carrier.text("carrier_cost_method") != "product" || !product.has("list_price") {
		return nil, nil
	}
	cost := money.HalfEven.Round(product.decimal("list_price"), 4)
	if freight, err = money.HalfEven.Of(cost, s.coin); err != nil {
		return nil, broken("freight", "%v", err)
	}
	taxes, err := c.taxesFor(ctx, taxCase{s.rule, product.id("account_category")}, o.Customer, product.id("id"))
	if err != nil {
		return nil, err
	}
	s.lines = append(s.lines, map[string]any{"type": "line", "product": product.number(), "quantity": 1, "unit": number(product.id("sale_uom")),
		"unit_price": sendDecimal(cost), "amount": sendDecimal(freight.Decimal()), "taxes": numbers(taxes)})
	*parts = append(*parts, taxed{taxes, cost, money.Int(1)})
	return &freight, nil
}

// FindOrder looks for the sale with our key, whatever became of it. Copies and
// returns have the key too: the oldest that is no return is the order.
func (c *Connector) FindOrder(ctx context.Context, key string) (*erp.Order, error) {
	if key == "" {
		return nil, nil
	}
	ids, err := c.rpc.find(ctx, "sale.sale", domain(is{"description", "=", key}, noReturns))
	if err != nil || len(ids) == 0 {
		return nil, err
	}
	o, err := c.order(ctx, texts(ids)[0])
	if err != nil {
		return nil, err
	}
	return &o, nil
}

// order reads one sale that should exist.
func (c *Connector) order(ctx context.Context, id string) (erp.Order, error) {
	records, err := c.readOrders(ctx, []string{id})
	if err != nil {
		return erp.Order{}, err
	}
	if len(records) == 0 {
		return erp.Order{}, refused("unknown_order", id)
	}
	o, ok := records[0].Body.(erp.Order)
	if !ok {
		return erp.Order{}, broken("order", "%s: %s", id, records[0].Malformed)
	}
	return o, nil
}

// CreateOrder writes a draft sale with all its lines in one call. It has no
// number and no freight yet: the quote gives both.
func (c *Connector) CreateOrder(ctx context.Context, o erp.NewOrder) (string, error) {
	s, err := c.compose(ctx, o)
	if err != nil {
		return "", err
	}
	for _, l := range s.lines {
		l["taxes"] = []any{[]any{"add", l["taxes"]}}
	}
	s.head["reference"], s.head["description"], s.head["comment"] = o.PONumber, o.Key, o.Comment
	s.head["sale_date"] = sendDate(o.Date)
	s.head["lines"] = []any{[]any{"create", s.lines}}
	done, err := c.alone(ctx)
	if err != nil {
		return "", err
	}
	defer done()
	answer, err := c.rpc.call(ctx, "model.sale.sale.create", nil, []any{s.head})
	if err != nil {
		return "", err
	}
	list, _ := answer.([]any)
	made := &row{fields: map[string]any{"id": slices.Concat(list, []any{nil})[0]}}
	if made.number() == 0 {
		return "", &erp.Error{Class: erp.Ambiguous, Code: "answer", Text: "create gave no id"}
	}
	return c.onlyOne(ctx, made.id("id"), o.Key), nil
}

// onlyOne gives the oldest order with our key, and takes back the drafts of ours
// beside it: a network that delivers a call twice makes two, and Tryton has no
// unique key that would refuse the second.
func (c *Connector) onlyOne(ctx context.Context, made, key string) string {
	s, err := c.rpc.signedIn(ctx, nil)
	if err != nil || key == "" {
		return made
	}
	ids, err := c.rpc.find(ctx, "sale.sale", domain(is{"description", "=", key}, noReturns))
	if err != nil || len(ids) < 2 {
		return made
	}
	drafts, err := c.rpc.find(ctx, "sale.sale", domain(is{"id", "in", ids[1:]}, is{"state", "=", "draft"}, is{"create_uid", "=", s.user}))
	if err == nil && len(drafts) > 0 {
		// One that cannot be deleted stays a draft that people see in Tryton.
		_, _ = c.rpc.call(ctx, "model.sale.sale.delete", nil, drafts)
	}
	return texts(ids)[0]
}

// ReleaseOrder presses one button: quote on a draft, confirm on a quotation.
// Tryton skips a button that does not apply without a word, so the state is
// read again; an order that did not move is reported and not taken for done.
//
// A sale that is confirmed and not yet processed (see orderState) is Throttled,
// to be asked about again; one that stays so for two minutes is Refused as
// processing_stuck, since only a person can find out why, in Tryton.
func (c *Connector) ReleaseOrder(ctx context.Context, id string, accept []string) (erp.Order, error) {
	r, err := c.step(ctx, id, accept)
	if err != nil {
		return erp.Order{}, err
	}
	if r.text("state") == "confirmed" {
		h, err := c.home(ctx)
		if err != nil {
			return erp.Order{}, err
		}
		switch {
		case h.confirmsLater:
		case time.Since(r.stamp()) > stuck:
			return erp.Order{}, refused("processing_stuck", r.text("number"))
		default:
			return erp.Order{}, &erp.Error{Class: erp.Throttled, Code: "processing", Text: r.text("number"), After: 5 * time.Second}
		}
	}
	return c.order(ctx, id)
}

// step presses the button that comes next, if any, and gives the sale's state.
func (c *Connector) step(ctx context.Context, id string, accept []string) (*row, error) {
	done, err := c.alone(ctx)
	if err != nil {
		return nil, err
	}
	defer done()
	before, err := c.saleState(ctx, id)
	if err != nil {
		return nil, err
	}
	button := map[string]string{"draft": "quote", "quotation": "confirm"}[before.text("state")]
	if button == "" {
		return before, nil
	}
	yes := func(code string) bool { return slices.Contains(accept, code) }
	if err := c.rpc.insist(ctx, "sale.sale", button, number(id), yes); err != nil {
		return nil, err
	}
	after, err := c.saleState(ctx, id)
	if err == nil && after.text("state") == before.text("state") {
		err = broken("button_skipped", "%s left sale %s in state %s", button, id, before.text("state"))
	}
	return after, err
}

func (c *Connector) saleState(ctx context.Context, id string) (*row, error) {
	r, err := c.rpc.first(ctx, "sale.sale", domain(is{"id", "=", number(id)}), "state", "number", "write_date", "create_date")
	if err != nil {
		return nil, err
	}
	if r == nil {
		return nil, refused("unknown_order", id)
	}
	return r, nil
}

// CancelOrder withdraws a draft or a quotation.
func (c *Connector) CancelOrder(ctx context.Context, id string) error {
	done, err := c.alone(ctx)
	if err != nil {
		return err
	}
	defer done()
	r, err := c.saleState(ctx, id)
	if err != nil {
		return err
	}
	if state := r.text("state"); state == "draft" || state == "quotation" {
		if err := c.rpc.press(ctx, "sale.sale", "cancel", r.number()); err != nil {
			return err
		}
		if r, err = c.saleState(ctx, id); err != nil {
			return err
		}
	}
	if state := r.text("state"); state != "cancelled" {
		return refused("too_late", cmp.Or(r.text("number"), id))
	}
	return nil
}

// refused is a no of ours: what Tryton would have accepted without a word, or
// refused in words that name no field.
func refused(code, text string) error { return &erp.Error{Class: erp.Refused, Code: code, Text: text} }
