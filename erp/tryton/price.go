package tryton

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"comptoir.example/comptoir/base/money"
	"comptoir.example/comptoir/erp"
)

// The id of a price record is "list/item"; list 0 is the list price. Formulas
// are the server's: what is read here of a price list is only at which
// quantities its lines begin to match.

func (c *Connector) priceIDs(ctx context.Context) ([]string, error) {
	return c.ladders(ctx, nil, nil)
}

// ladders are the pairs of price lists and items, all of them or those with
// some lists or items.
func (c *Connector) ladders(ctx context.Context, lists, items []string) ([]string, error) {
	if lists == nil {
		found, err := c.rpc.find(ctx, "product.price_list", domain())
		if err != nil {
			return nil, err
		}
		lists = append([]string{"0"}, texts(found)...)
	}
	if items == nil {
		where, err := c.sold(ctx, is{"salable", "=", true})
		if err != nil {
			return nil, err
		}
		found, err := c.rpc.find(ctx, "product.product", where)
		if err != nil {
			return nil, err
		}
		items = texts(found)
	}
	ids := make([]string, 0, len(lists)*len(items))
	for _, list := range lists {
		for _, item := range items {
			ids = append(ids, list+"/"+item)
		}
	}
	return unique(ids), nil
}

// priceWatches: a line of a list concerns the whole list, since the first line
// that matches wins; a product, its template or its category concerns the
// product in every list. Cost prices, which formulas can use, are stamped on
// the product.
func (c *Connector) priceWatches() []watch {
	wholeLists := func(ctx context.Context, lists []string) ([]string, error) {
		if len(lists) == 0 {
			return nil, nil
		}
		return c.ladders(ctx, lists, nil)
	}
	ofItems := func(resolve func(context.Context, []int64) ([]string, error)) func(context.Context, []int64) ([]string, error) {
		return func(ctx context.Context, rows []int64) ([]string, error) {
			items, err := resolve(ctx, rows)
			if err != nil || len(items) == 0 {
				return nil, err
			}
			return c.ladders(ctx, nil, items)
		}
	}
	lines := c.owners("product.price_list.line", "price_list")
	return []watch{
		{model: "product.price_list.line", parent: "price_list", gone: wholeLists,
			to: func(ctx context.Context, rows []int64) ([]string, error) {
				lists, err := lines(ctx, rows)
				if err != nil {
					return nil, err
				}
				return wholeLists(ctx, lists)
			}},
		{model: "product.price_list", to: func(ctx context.Context, rows []int64) ([]string, error) { return wholeLists(ctx, texts(rows)) }},
		{model: "product.template", to: ofItems(c.linked("product.product", "template"))},
		{model: "product.product", to: ofItems(func(_ context.Context, rows []int64) ([]string, error) { return texts(rows), nil })},
		{model: "product.category", where: domain(is{"accounting", "=", false}), to: ofItems(func(ctx context.Context, rows []int64) ([]string, error) {
			found, err := c.rpc.all(ctx, "product.product", domain([]any{"categories", "child_of", rows, "parent"}), "id")
			if err != nil {
				return nil, err
			}
			var ids []string
			for _, r := range found {
				ids = append(ids, r.id("id"))
			}
			return ids, nil
		})},
	}
}

func (c *Connector) readPrices(ctx context.Context, ids []string) ([]erp.Record, error) {
	h, err := c.home(ctx)
	if err != nil {
		return nil, err
	}
	perList := map[string][]string{}
	var items, lists []string
	for _, id := range ids {
		list, item, _ := strings.Cut(id, "/")
		perList[list] = append(perList[list], item)
		items, lists = append(items, item), append(lists, list)
	}
	where, err := c.sold(ctx, is{"id", "in", numbers(unique(items))}, is{"salable", "=", true})
	if err != nil {
		return nil, err
	}
	rows, err := c.rpc.all(ctx, "product.product", where, with("default_uom.factor", "sale_uom.factor", "sale_uom.digits")...)
	if err != nil {
		return nil, err
	}
	products := byID(living(rows))
	found, err := c.rpc.all(ctx, "product.price_list", domain(is{"id", "in", numbers(unique(lists))}, is{"active", "=", true}),
		"unit", "tax_included", "lines.quantity", "lines.product")
	if err != nil {
		return nil, err
	}
	offers := byID(found)
	offers["0"] = &row{}
	var out []erp.Record
	for _, list := range unique(lists) {
		offer := offers[list]
		if offer == nil {
			continue
		}
		var sold []*row
		for _, item := range perList[list] {
			if products[item] != nil {
				sold = append(sold, products[item])
			}
		}
		records, err := c.ladder(ctx, h, list, offer, sold)
		if err != nil {
			return nil, err
		}
		out = append(out, records...)
	}
	return out, nil
}

// ladder computes the prices of some products under one list: every quantity
// at which a line can begin to match is a band, each band is one question for
// all products that have it, and neighbours with one price become one break.
func (c *Connector) ladder(ctx context.Context, h *house, list string, offer *row, products []*row) ([]erp.Record, error) {
	bands := map[string][]int64{} // quantity in sale units → products
	steps := map[string][]money.Decimal{}
	broken := map[string]error{}
	for _, product := range products {
		item := product.id("id")
		steps[item] = breaks(offer, product)
		if product.err != nil {
			broken[item] = product.err
			continue
		}
		for _, q := range steps[item] {
			bands[q.String()] = append(bands[q.String()], product.number())
		}
	}
	if offer.yes("tax_included") {
		for _, product := range products {
			broken[product.id("id")] = errTaxIncluded
		}
		bands = nil
	}
	prices := map[string]map[string]money.Decimal{}
	for band, items := range bands {
		answers, err := c.unitPrices(ctx, h, list, money.Must(band), items, broken)
		if err != nil {
			return nil, err
		}
		prices[band] = answers
	}
	var out []erp.Record
	for _, product := range products {
		item := product.id("id")
		rec := erp.Record{ID: list + "/" + item, ChangedAt: product.stamp()}
		body := erp.Price{PriceList: strings.TrimPrefix(list, "0"), Item: item, Currency: h.currency}
		for _, q := range steps[item] {
			p, ok := prices[q.String()][item]
			if n := len(body.Breaks); ok && (n == 0 || body.Breaks[n-1].Price.Cmp(p) != 0) {
				body.Breaks = append(body.Breaks, erp.Break{From: q, Price: p})
			}
		}
		switch err := broken[item]; {
		case err != nil:
			rec.Malformed = err.Error()
		case len(body.Breaks) == 0:
			rec.Malformed = "no price"
		default:
			rec.Body = body
		}
		out = append(out, rec)
	}
	return out, nil
}

// breaks are the quantities, in sale units and rising from 0, at which the
// price of a product can change. Lines count in the default unit unless the
// list says otherwise; a quantity between two sale units begins at the next.
func breaks(offer, product *row) []money.Decimal {
	steps := []money.Decimal{money.Int(0)}
	for _, line := range offer.subs("lines") {
		if other := line.id("product"); other != "" && other != product.id("id") {
			continue
		}
		q := line.quantity("quantity")
		if !q.IsPos() {
			continue
		}
		if offer.text("unit") == "product_sale" {
			q = q.Ceil(product.sub("sale_uom").count("digits")).Trim(0)
		} else {
			q = inSaleUnit(product, q, money.Decimal.Ceil)
		}
		steps = append(steps, q)
	}
	slices.SortFunc(steps, money.Decimal.Cmp)
	return slices.CompactFunc(steps, func(a, b money.Decimal) bool { return a.Cmp(b) == 0 })
}

// unitPrices asks for the prices of products at one quantity, in their sale
// units. A formula that fails for one product fails the question for all, so
// the question is halved until the culprit stands alone.
func (c *Connector) unitPrices(ctx context.Context, h *house, list string, quantity money.Decimal, items []int64, culprits map[string]error) (map[string]money.Decimal, error) {
	out := make(map[string]money.Decimal, len(items))
	under := map[string]any{"quantity": sendQuantity(quantity), "currency": number(h.currencyID)}
	if list != "" && list != "0" {
		under["price_list"] = number(list)
	}
	rows, err := c.rpc.read(ctx, "product.product", under, items, "sale_price_uom")
	if e := erp.ErrorOf(err); err != nil {
		if e.Class != erp.Refused && e.Class != erp.Broken {
			return nil, err
		}
		if len(items) == 1 {
			culprits[texts(items)[0]] = err
			return out, nil
		}
		for _, half := range [][]int64{items[:len(items)/2], items[len(items)/2:]} {
			part, err := c.unitPrices(ctx, h, list, quantity, half, culprits)
			if err != nil {
				return nil, err
			}
			for item, p := range part {
				out[item] = p
			}
		}
		return out, nil
	}
	for _, r := range rows {
		if r.has("sale_price_uom") {
			out[r.id("id")] = price(r.decimal("sale_price_uom"))
		}
		if r.err != nil {
			culprits[r.id("id")] = r.err
		}
	}
	return out, nil
}

// errTaxIncluded marks the prices of a list with taxes in them: what a customer
// pays then depends on the customer's taxes, and no ladder can say it.
var errTaxIncluded = broken("tax_included", "the price list includes taxes")

// Prices asks for unit prices now: one question to Tryton for each price list
// and quantity.
func (c *Connector) Prices(ctx context.Context, questions []erp.PriceQuestion) ([]erp.PriceAnswer, error) {
	h, err := c.home(ctx)
	if err != nil {
		return nil, err
	}
	var customers, items []string
	for _, q := range questions {
		customers, items = append(customers, q.Customer), append(items, q.Item)
	}
	parties, err := c.rpc.all(ctx, "party.party", domain(is{"id", "in", numbers(unique(customers))}, is{"active", "=", true}), "sale_price_list")
	if err != nil {
		return nil, err
	}
	party := byID(parties)
	where, err := c.sold(ctx, is{"id", "in", numbers(unique(items))}, is{"salable", "=", true})
	if err != nil {
		return nil, err
	}
	sellable, err := c.rpc.find(ctx, "product.product", where)
	if err != nil {
		return nil, err
	}
	type ask struct{ list, quantity string }
	asks := map[ask][]int64{}
	of := make([]ask, len(questions))
	for i, q := range questions {
		r := party[q.Customer]
		if r == nil || !slices.Contains(sellable, number(q.Item)) {
			continue
		}
		of[i] = ask{cmp.Or(r.id("sale_price_list"), h.priceList, "0"), q.Quantity.Trim(0).String()}
		asks[of[i]] = append(asks[of[i]], number(q.Item))
	}
	prices := map[ask]map[string]money.Decimal{}
	for a, items := range asks {
		slices.Sort(items)
		prices[a], err = c.unitPrices(ctx, h, a.list, money.Must(a.quantity), slices.Compact(items), map[string]error{})
		if err != nil {
			return nil, err
		}
	}
	out := make([]erp.PriceAnswer, len(questions))
	for i, q := range questions {
		out[i].Price, out[i].Known = prices[of[i]][q.Item]
	}
	return out, nil
}
