package tryton

import (
	"context"
	"slices"
	"strings"

	"comptoir.example/comptoir/erp"
)

// stamped and documented are the fields every record and every document is
// read with: documents are never archived.
var (
	stamped    = []string{"write_date", "create_date", "active"}
	documented = stamped[:2]
)

// living leaves archived rows out: they come back as Deleted.
func living(rows []*row) []*row {
	return slices.DeleteFunc(rows, func(r *row) bool { return r.has("active") && !r.yes("active") })
}

func with(fields ...string) []string { return append(slices.Clone(stamped), fields...) }

func document(fields ...string) []string { return append(slices.Clone(documented), fields...) }

// everything lists the active rows of a model.
func (c *Connector) everything(model string, where ...any) func(context.Context) ([]string, error) {
	return func(ctx context.Context) ([]string, error) {
		ids, err := c.rpc.find(ctx, model, domain(where...))
		return texts(ids), err
	}
}

// plans is the table of kinds: where each is read, and what makes it change.
func (c *Connector) plans() map[erp.Kind]plan {
	return map[erp.Kind]plan{
		erp.KindTerm: {c.everything("account.invoice.payment_term"), c.readTerms,
			[]watch{{model: "account.invoice.payment_term"}}},
		erp.KindPaymentMethod: {c.everything("account.invoice.payment.method"), c.readPaymentMethods,
			[]watch{{model: "account.invoice.payment.method"}}},
		erp.KindDeliveryMethod: {c.everything("carrier"), c.readDeliveryMethods, []watch{{model: "carrier"},
			{model: "product.template", to: c.linked("carrier", "carrier_product.template")}}},
		erp.KindUnit: {c.everything("product.uom"), c.readUnits, []watch{{model: "product.uom"}}},
		erp.KindTax: {c.everything("account.tax", is{"type", "!=", "none"}), c.readTaxes,
			[]watch{{model: "account.tax", where: domain(is{"type", "!=", "none"})}}},
		erp.KindTaxCase:  {c.taxCaseIDs, c.readTaxCases, c.taxCaseWatches()},
		erp.KindCustomer: {c.customerIDs, c.readCustomers, c.customerWatches()},
		erp.KindAddress: {c.addressIDs, c.readAddresses, []watch{{model: "party.address"},
			{model: "party.party", to: c.linked("party.address", "party")}}},
		erp.KindItem:     {c.itemIDs, c.readItems, c.itemWatches()},
		erp.KindPrice:    {c.priceIDs, c.readPrices, c.priceWatches()},
		erp.KindStock:    {c.stockIDs, c.readStock, c.stockWatches()},
		erp.KindOrder:    {c.orderIDs, c.readOrders, c.orderWatches()},
		erp.KindShipment: {c.everything("stock.shipment.out"), c.readShipments, c.shipmentWatches()},
		erp.KindInvoice:  {c.invoiceIDs, c.readInvoices, c.invoiceWatches()},
		erp.KindReceipt:  {c.receiptIDs, c.readReceipts, c.receiptWatches()},
	}
}

// linked resolves rows to the rows of a model that point at them.
func (c *Connector) linked(model, field string, where ...any) func(context.Context, []int64) ([]string, error) {
	return func(ctx context.Context, rows []int64) ([]string, error) {
		found, err := c.rpc.all(ctx, model, domain(append(where, is{field, "in", rows})...), "id")
		if err != nil {
			return nil, err
		}
		ids := make([]string, 0, len(found))
		for _, r := range found {
			ids = append(ids, r.id("id"))
		}
		return ids, nil
	}
}

// owners resolves rows to what one of their fields points at.
func (c *Connector) owners(model, field string) func(context.Context, []int64) ([]string, error) {
	return func(ctx context.Context, rows []int64) ([]string, error) {
		found, err := c.rpc.all(ctx, model, domain(is{"id", "in", rows}), field)
		if err != nil {
			return nil, err
		}
		var ids []string
		for _, r := range found {
			if id := r.id(field); id != "" {
				ids = append(ids, id)
			}
		}
		return unique(ids), nil
	}
}

func (c *Connector) readTerms(ctx context.Context, ids []string) ([]erp.Record, error) {
	rows, err := c.rpc.all(ctx, "account.invoice.payment_term", domain(is{"id", "in", numbers(ids)}), with(
		"lines.type", "lines.relativedeltas.days", "lines.relativedeltas.weeks", "lines.relativedeltas.months",
		"lines.relativedeltas.day", "lines.relativedeltas.month", "lines.relativedeltas.weekday")...)
	if err != nil {
		return nil, err
	}
	names, err := c.rpc.names(ctx, "account.invoice.payment_term", "name", ids)
	if err != nil {
		return nil, err
	}
	var out []erp.Record
	for _, r := range living(rows) {
		out = append(out, record(r, "", erp.Term{Name: names[r.id("id")], Days: netDays(r)}))
	}
	return out, nil
}

// netDays is the largest number of days of a term's instalments, nil when one
// of them is not counted in days.
func netDays(term *row) *int {
	most := 0
	for _, line := range term.subs("lines") {
		days := 0
		for _, delta := range line.subs("relativedeltas") {
			if delta.has("day") || delta.has("month") || delta.has("weekday") || delta.count("months") != 0 {
				return nil
			}
			days += delta.count("days") + 7*delta.count("weeks")
			term.check(delta)
		}
		most = max(most, days)
	}
	return &most
}

func (c *Connector) readPaymentMethods(ctx context.Context, ids []string) ([]erp.Record, error) {
	rows, err := c.rpc.all(ctx, "account.invoice.payment.method", domain(is{"id", "in", numbers(ids)}), stamped...)
	if err != nil {
		return nil, err
	}
	names, err := c.rpc.names(ctx, "account.invoice.payment.method", "name", ids)
	if err != nil {
		return nil, err
	}
	var out []erp.Record
	for _, r := range living(rows) {
		name := names[r.id("id")]
		out = append(out, record(r, "", erp.PaymentMethod{Name: name, Class: methodClass(name)}))
	}
	return out, nil
}

// methodWords say which class a payment method is of. Tryton has no such field:
// the name is all there is.
var methodWords = []struct{ class, words string }{
	{"card", "card carte visa mastercard amex"}, {"cheque", "cheque chèque check"},
	{"bank_debit", "eft tef débit debit pad dpa prélèvement"}, {"transfer", "transfer virement wire"},
	{"cash", "cash comptant espèces"}, {"account", "account compte"},
}

func methodClass(name erp.Text) string {
	words := strings.FieldsFunc(strings.ToLower(name.FR+" "+name.EN), func(r rune) bool { return strings.ContainsRune(" ()/-,.", r) })
	for _, m := range methodWords {
		for _, word := range strings.Fields(m.words) {
			if slices.Contains(words, word) {
				return m.class
			}
		}
	}
	return "other"
}

// readDeliveryMethods reads carriers. Where the carrier's cost is a product, the
// freight line's price is that product's list price, whatever the customer's
// price list says; other methods are known after the quote only.
func (c *Connector) readDeliveryMethods(ctx context.Context, ids []string) ([]erp.Record, error) {
	rows, err := c.rpc.all(ctx, "carrier", domain(is{"id", "in", numbers(ids)}), with("party.name", "carrier_cost_method",
		"carrier_product.list_price", "carrier_product.account_category")...)
	if err != nil {
		return nil, err
	}
	var out []erp.Record
	for _, r := range living(rows) {
		product := r.sub("carrier_product")
		name := r.sub("party").text("name")
		m := erp.DeliveryMethod{Name: erp.Text{FR: name, EN: name}, ItemTax: product.id("account_category")}
		if r.text("carrier_cost_method") == "product" && product.has("list_price") {
			freight := price(product.decimal("list_price"))
			m.Freight = &freight
		}
		r.check(product)
		out = append(out, record(r, "", m))
	}
	return out, nil
}

func (c *Connector) readUnits(ctx context.Context, ids []string) ([]erp.Record, error) {
	rows, err := c.rpc.all(ctx, "product.uom", domain(is{"id", "in", numbers(ids)}), with("digits", "symbol")...)
	if err != nil {
		return nil, err
	}
	names, err := c.rpc.names(ctx, "product.uom", "name", ids)
	if err != nil {
		return nil, err
	}
	var out []erp.Record
	for _, r := range living(rows) {
		out = append(out, record(r, r.text("symbol"),
			erp.Unit{Name: names[r.id("id")], Symbol: r.text("symbol"), Digits: r.count("digits")}))
	}
	return out, nil
}

func (c *Connector) readTaxes(ctx context.Context, ids []string) ([]erp.Record, error) {
	rows, err := c.rpc.all(ctx, "account.tax", domain(is{"id", "in", numbers(ids)}), with("name", "type", "rate")...)
	if err != nil {
		return nil, err
	}
	names, err := c.rpc.names(ctx, "account.tax", "description", ids)
	if err != nil {
		return nil, err
	}
	var out []erp.Record
	for _, r := range living(rows) {
		if kind := r.text("type"); kind != "percentage" {
			r.fail("type", kind)
		}
		out = append(out, record(r, r.text("name"), erp.Tax{Name: names[r.id("id")], Rate: r.decimal("rate").Trim(0)}))
	}
	return out, nil
}

// customers of the company: every party but the company itself and carriers.
// Tryton has no mark for those who buy.
func (c *Connector) customerIDs(ctx context.Context) ([]string, error) {
	h, err := c.home(ctx)
	if err != nil {
		return nil, err
	}
	return c.everything("party.party", is{"id", "not in", numbers(h.noCustomers)})(ctx)
}

func (c *Connector) customerWatches() []watch {
	return []watch{{model: "party.party"}, {model: "party.contact_mechanism", to: c.owners("party.contact_mechanism", "party")}}
}

func (c *Connector) readCustomers(ctx context.Context, ids []string) ([]erp.Record, error) {
	h, err := c.home(ctx)
	if err != nil {
		return nil, err
	}
	rows, err := c.rpc.all(ctx, "party.party", domain(is{"id", "in", numbers(ids)}, is{"id", "not in", numbers(h.noCustomers)}),
		with("code", "name", "lang.code", "email", "phone", "customer_payment_term", "sale_price_list",
			"customer_tax_rule", "credit_limit_amount")...)
	if err != nil {
		return nil, err
	}
	var out []erp.Record
	for _, r := range living(rows) {
		body := erp.Customer{Name: r.text("name"), Language: "en-CA", Currency: h.currency,
			PriceList: r.id("sale_price_list"), CustomerTax: r.id("customer_tax_rule"),
			Term: r.id("customer_payment_term"), Email: r.text("email"), Phone: r.text("phone"), Status: "active"}
		if strings.HasPrefix(r.sub("lang").text("code"), "fr") {
			body.Language = "fr-CA"
		}
		if body.PriceList == "" {
			body.PriceList = h.priceList
		}
		if r.has("credit_limit_amount") {
			limit := r.decimal("credit_limit_amount")
			body.CreditLimit = &limit
		}
		out = append(out, record(r, r.text("code"), body))
	}
	return out, nil
}

func (c *Connector) addressIDs(ctx context.Context) ([]string, error) {
	h, err := c.home(ctx)
	if err != nil {
		return nil, err
	}
	return c.everything("party.address", is{"party", "not in", numbers(h.noCustomers)}, is{"party.active", "=", true})(ctx)
}

// readAddresses reads addresses of customers. The two flags are preferences in
// Tryton, and an address with neither can be used for both.
func (c *Connector) readAddresses(ctx context.Context, ids []string) ([]erp.Record, error) {
	h, err := c.home(ctx)
	if err != nil {
		return nil, err
	}
	rows, err := c.rpc.all(ctx, "party.address", domain(is{"id", "in", numbers(ids)},
		is{"party", "not in", numbers(h.noCustomers)}, is{"party.active", "=", true}),
		with("party", "party_name", "street", "postal_code", "city", "country.code", "subdivision.code", "invoice", "delivery")...)
	if err != nil {
		return nil, err
	}
	var out []erp.Record
	for _, r := range living(rows) {
		body := erp.Address{Customer: r.id("party"), Name: r.text("party_name"), Street: r.text("street"),
			City: r.text("city"), Region: r.sub("subdivision").text("code"), Postal: r.text("postal_code"),
			Country: r.sub("country").text("code"), ShipTo: r.yes("delivery"), BillTo: r.yes("invoice")}
		if !body.ShipTo && !body.BillTo {
			body.ShipTo, body.BillTo = true, true
		}
		out = append(out, record(r, "", body))
	}
	return out, nil
}

// sold are the products a customer can see or could see: all but the carriers'.
func (c *Connector) sold(ctx context.Context, more ...any) ([]any, error) {
	h, err := c.home(ctx)
	if err != nil {
		return nil, err
	}
	return domain(append(more, is{"id", "not in", numbers(h.carrierProducts)}, is{"template.active", "=", true})...), nil
}

func (c *Connector) itemIDs(ctx context.Context) ([]string, error) {
	where, err := c.sold(ctx)
	if err != nil {
		return nil, err
	}
	ids, err := c.rpc.find(ctx, "product.product", where)
	return texts(ids), err
}

func (c *Connector) itemWatches() []watch {
	return []watch{{model: "product.product"},
		{model: "product.template", to: c.linked("product.product", "template")},
		{model: "product.category", to: c.linked("product.product", "categories")}}
}

func (c *Connector) readItems(ctx context.Context, ids []string) ([]erp.Record, error) {
	where, err := c.sold(ctx, is{"id", "in", numbers(ids)})
	if err != nil {
		return nil, err
	}
	// Without a price list in the context the sale price is the list price, in
	// the unit of sale.
	rows, err := c.rpc.all(ctx, "product.product", where, with("code", "salable", "type", "sale_uom", "sale_price_uom",
		"account_category", "categories.accounting")...)
	if err != nil {
		return nil, err
	}
	names, err := c.rpc.names(ctx, "product.product", "name", ids)
	if err != nil {
		return nil, err
	}
	descriptions, err := c.rpc.names(ctx, "product.product", "description", ids)
	if err != nil {
		return nil, err
	}
	var categories []string
	for _, r := range rows {
		categories = append(categories, family(r))
	}
	families, err := c.rpc.names(ctx, "product.category", "name", unique(categories))
	if err != nil {
		return nil, err
	}
	var out []erp.Record
	for _, r := range living(rows) {
		id := r.id("id")
		body := erp.Item{SKU: r.text("code"), Name: names[id], Description: descriptions[id],
			Category: family(r), Family: families[family(r)], Unit: r.id("sale_uom"), ItemTax: r.id("account_category"),
			Type: "goods", Status: "active", ListPrice: price(r.decimal("sale_price_uom"))}
		if r.text("type") == "service" {
			body.Type = "service"
		}
		if !r.yes("salable") {
			body.Status = "blocked"
		}
		out = append(out, record(r, r.text("code"), body))
	}
	return out, nil
}

// family is the first category of a product that is not there for the accounts.
func family(product *row) string {
	for _, category := range product.subs("categories") {
		if !category.yes("accounting") {
			return category.id("id")
		}
	}
	return ""
}
