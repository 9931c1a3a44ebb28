package tryton

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"time"

	"comptoir.example/comptoir/base/money"
	"comptoir.example/comptoir/erp"
)

// taxCase is what decides the taxes of a line: the customer's tax rule and the
// item's account category. Either can be "".
type taxCase struct{ rule, category string }

// knownTaxes are the taxes of a case, in the order of documents.
type knownTaxes struct {
	taxes []string
	at    time.Time
}

// taxesLive is how long taxes of a case are taken as known when orders are made.
const taxesLive = time.Minute

// The id of a tax case is "rule/category", with 0 for the ordinary customer and
// for an item without category.
func (t taxCase) id() string { return cmp.Or(t.rule, "0") + "/" + cmp.Or(t.category, "0") }

func taxCaseOf(id string) taxCase {
	rule, category, _ := strings.Cut(id, "/")
	empty := func(s string) string {
		if s == "0" {
			return ""
		}
		return s
	}
	return taxCase{empty(rule), empty(category)}
}

func (c *Connector) taxCaseWatches() []watch {
	ofRules := func(ctx context.Context, rules []string) ([]string, error) {
		return c.casesThat(ctx, func(t taxCase) bool { return slices.Contains(rules, t.rule) })
	}
	every := func(ctx context.Context, _ []int64) ([]string, error) { return c.taxCaseIDs(ctx) }
	return []watch{
		{model: "account.tax.rule", to: func(ctx context.Context, rows []int64) ([]string, error) { return ofRules(ctx, texts(rows)) }},
		{model: "account.tax.rule.line", parent: "rule", gone: ofRules,
			to: func(ctx context.Context, rows []int64) ([]string, error) {
				rules, err := c.owners("account.tax.rule.line", "rule")(ctx, rows)
				if err != nil {
					return nil, err
				}
				return ofRules(ctx, rules)
			}},
		{model: "account.tax", to: every},
		{model: "product.category", where: domain(is{"accounting", "=", true}),
			to: func(ctx context.Context, rows []int64) ([]string, error) {
				return c.casesThat(ctx, func(t taxCase) bool { return slices.Contains(texts(rows), t.category) })
			}},
		// A customer or an item can be the first with its rule or category.
		{model: "party.party", to: func(ctx context.Context, rows []int64) ([]string, error) {
			parties, err := c.rpc.all(ctx, "party.party", domain(is{"id", "in", rows}), "customer_tax_rule")
			if err != nil {
				return nil, err
			}
			var rules []string
			for _, r := range parties {
				rules = append(rules, r.id("customer_tax_rule"))
			}
			return c.casesThat(ctx, func(t taxCase) bool { return slices.Contains(rules, t.rule) && !c.fresh(t) })
		}},
		{model: "product.template", to: func(ctx context.Context, rows []int64) ([]string, error) {
			categories, err := c.owners("product.template", "account_category")(ctx, rows)
			if err != nil {
				return nil, err
			}
			return c.casesThat(ctx, func(t taxCase) bool { return slices.Contains(categories, t.category) && !c.fresh(t) })
		}},
	}
}

// fresh says whether a case was read a short while ago: a customer renamed is
// no reason to ask for its taxes again.
func (c *Connector) fresh(t taxCase) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	k, ok := c.taxes[t]
	return ok && time.Since(k.at) < taxesLive
}

func (c *Connector) casesThat(ctx context.Context, hold func(taxCase) bool) ([]string, error) {
	ids, err := c.taxCaseIDs(ctx)
	if err != nil {
		return nil, err
	}
	return slices.DeleteFunc(ids, func(id string) bool { return !hold(taxCaseOf(id)) }), nil
}

// examples are a customer for each tax rule in use and a product for each
// account category in use: Tryton answers about records, not about rules.
func (c *Connector) examples(ctx context.Context) (customers, products map[string]string, err error) {
	h, err := c.home(ctx)
	if err != nil {
		return nil, nil, err
	}
	parties, err := c.rpc.all(ctx, "party.party", domain(is{"active", "=", true}, is{"id", "not in", numbers(h.noCustomers)}), "customer_tax_rule")
	if err != nil {
		return nil, nil, err
	}
	customers = map[string]string{}
	for _, r := range parties {
		if rule := r.id("customer_tax_rule"); customers[rule] == "" {
			customers[rule] = r.id("id")
		}
	}
	sellable, err := c.rpc.all(ctx, "product.product", domain(is{"active", "=", true}, is{"template.active", "=", true},
		[]any{"OR", is{"salable", "=", true}, is{"id", "in", numbers(h.carrierProducts)}}), "account_category")
	if err != nil {
		return nil, nil, err
	}
	products = map[string]string{}
	for _, r := range sellable {
		if category := r.id("account_category"); products[category] == "" {
			products[category] = r.id("id")
		}
	}
	return customers, products, nil
}

func (c *Connector) taxCaseIDs(ctx context.Context) ([]string, error) {
	customers, products, err := c.examples(ctx)
	if err != nil {
		return nil, err
	}
	var ids []string
	for rule := range customers {
		for category := range products {
			ids = append(ids, taxCase{rule, category}.id())
		}
	}
	return unique(ids), nil
}

func (c *Connector) readTaxCases(ctx context.Context, ids []string) ([]erp.Record, error) {
	customers, products, err := c.examples(ctx)
	if err != nil {
		return nil, err
	}
	var out []erp.Record
	for _, id := range ids {
		t := taxCaseOf(id)
		customer, product := customers[t.rule], products[t.category]
		if customer == "" || product == "" {
			continue
		}
		rec := erp.Record{ID: id}
		taxes, err := c.askTaxes(ctx, t, customer, product)
		switch e := erp.ErrorOf(err); {
		case err == nil:
			rec.Body = erp.TaxCase{CustomerTax: t.rule, ItemTax: t.category, Taxes: taxes}
		case e.Class == erp.Refused: // an item without account category has no taxes at all
			rec.Malformed = e.Text
		default:
			return nil, err
		}
		out = append(out, rec)
	}
	return out, nil
}

// taxesFor gives the taxes of one customer's line with one item, asked at most
// once a minute for each case.
func (c *Connector) taxesFor(ctx context.Context, t taxCase, customer, item string) ([]string, error) {
	c.mu.Lock()
	k, ok := c.taxes[t]
	c.mu.Unlock()
	if ok && time.Since(k.at) < taxesLive {
		return k.taxes, nil
	}
	return c.askTaxes(ctx, t, customer, item)
}

// askTaxes runs the logic of the order line's form for one item.
func (c *Connector) askTaxes(ctx context.Context, t taxCase, customer, item string) ([]string, error) {
	h, err := c.home(ctx)
	if err != nil {
		return nil, err
	}
	line, err := c.rpc.formed(ctx, "sale.line", nil, map[string]any{
		"type": "line", "product": number(item), "quantity": 1, "company": number(h.company),
		"sale": map[string]any{"party": number(customer), "company": number(h.company), "currency": number(h.currencyID)},
	}, "product")
	if err != nil {
		return nil, err
	}
	ids, err := c.inOrder(ctx, added(line.fields["taxes"]))
	if err != nil {
		return nil, err
	}
	c.mu.Lock()
	c.taxes[t] = knownTaxes{ids, time.Now()}
	c.mu.Unlock()
	return ids, nil
}

// added reads the ids out of a form's answer: {"add": [[0, {"id": 1}], …]}.
func added(v any) []string {
	change, _ := v.(map[string]any)
	list, _ := change["add"].([]any)
	var ids []string
	for _, entry := range list {
		pair, _ := entry.([]any)
		if len(pair) == 2 {
			values, _ := pair[1].(map[string]any)
			ids = append(ids, (&row{fields: values}).id("id"))
		}
	}
	return ids
}

// inOrder sorts taxes as documents list them: by their sequence, then by id.
func (c *Connector) inOrder(ctx context.Context, ids []string) ([]string, error) {
	if len(ids) < 2 {
		return append([]string{}, ids...), nil
	}
	rows, err := c.rpc.all(ctx, "account.tax", domain(is{"id", "in", numbers(ids)}), "sequence")
	if err != nil {
		return nil, err
	}
	slices.SortStableFunc(rows, func(a, b *row) int {
		before := func(r *row) int {
			if r.has("sequence") {
				return 1
			}
			return 0
		}
		return cmp.Or(cmp.Compare(before(a), before(b)), cmp.Compare(a.count("sequence"), b.count("sequence")), cmp.Compare(a.number(), b.number()))
	})
	out := make([]string, 0, len(rows))
	for _, r := range rows {
		out = append(out, r.id("id"))
	}
	return out, nil
}

// taxed is a line as far as taxes are concerned.
type taxed struct {
	taxes    []string
	price    money.Decimal
	quantity money.Decimal
}

// taxBook is what is known of some taxes.
type taxBook map[string]struct {
	name erp.Text
	rate money.Decimal
	flat bool // not a percentage, or one that changes the base of others
}

func (c *Connector) taxBook(ctx context.Context, ids []string) (taxBook, error) {
	ids = unique(slices.Clone(ids))
	book := taxBook{}
	if len(ids) == 0 {
		return book, nil
	}
	rows, err := c.rpc.all(ctx, "account.tax", domain(is{"id", "in", numbers(ids)}), "type", "rate", "update_unit_price", "childs")
	if err != nil {
		return nil, err
	}
	names, err := c.rpc.names(ctx, "account.tax", "description", ids)
	if err != nil {
		return nil, err
	}
	for _, r := range rows {
		entry := book[r.id("id")]
		entry.name, entry.rate = names[r.id("id")], r.decimal("rate")
		entry.flat = r.text("type") != "percentage" || r.yes("update_unit_price") || len(r.ids("childs")) > 0
		book[r.id("id")] = entry
	}
	return book, nil
}

// split shares out the tax of a sale, which Tryton gives as one sum, over its
// taxes, by Tryton's own rule (account/tax.py): each tax takes its rate of
// price times quantity, unrounded, and rounds the sum of the document (or, as
// configured, the sum so far after each line) half to even, credited lines apart
// from the others; the base is rounded line by line. The shares must give Tryton's sum. Where they
// do not, because a tax is no plain percentage, there is one line without name.
func (b taxBook) split(lines []taxed, perLine bool, sum money.Amount) []erp.TaxLine {
	type side struct {
		tax    string
		credit bool
	}
	amounts, bases := map[side]money.Decimal{}, map[side]money.Amount{}
	var order []side
	whole := []erp.TaxLine{{Base: money.Zero(sum.Currency), Amount: sum}}
	for _, line := range lines {
		product, err := line.price.Mul(line.quantity)
		if err != nil {
			return whole
		}
		base, err := money.HalfEven.Of(product, sum.Currency)
		if err != nil {
			return whole
		}
		whole[0].Base.Minor += base.Minor
		for _, id := range line.taxes {
			tax, ok := b[id]
			if !ok || tax.flat {
				return whole
			}
			amount, err := product.Mul(tax.rate)
			if err != nil {
				return whole
			}
			key := side{id, product.IsNeg()}
			if _, ok := amounts[key]; !ok {
				order = append(order, key)
				bases[key] = money.Zero(sum.Currency)
			}
			if amounts[key], err = amounts[key].Add(amount); err != nil {
				return whole
			}
			if perLine {
				amounts[key] = money.HalfEven.Round(amounts[key], money.Digits(sum.Currency))
			}
			bases[key] = money.Amount{Minor: bases[key].Minor + base.Minor, Currency: sum.Currency}
		}
	}
	out := []erp.TaxLine{}
	left := sum.Minor
	for _, key := range order {
		amount, err := money.HalfEven.Of(amounts[key], sum.Currency)
		if err != nil {
			return whole
		}
		left -= amount.Minor
		at := slices.IndexFunc(out, func(t erp.TaxLine) bool { return t.Tax == key.tax })
		if at < 0 {
			out = append(out, erp.TaxLine{Tax: key.tax, Name: b[key.tax].name, Base: bases[key], Amount: amount})
			continue
		}
		out[at].Base.Minor += bases[key].Minor
		out[at].Amount.Minor += amount.Minor
	}
	if left != 0 {
		return whole
	}
	return out
}
