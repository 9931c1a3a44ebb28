// Package tryton connects Comptoir to Tryton 6.0 over its JSON-RPC.
//
// Tryton computes prices, taxes and totals itself; nothing here evaluates its
// formulas. What this package adds is the order in which things must be asked:
// the form's logic before a document is created, states read again after each
// button (a button that does not apply is skipped in silence), and the records
// whose change Tryton does not stamp on the record we show.
//
// The customer's PO number is in the sale's reference, our key in its
// description. Copies and returns inherit both, so the key belongs to the
// oldest sale that has it and is no return.
//
// Our receipts are payments (account.payment) with the key in their descriptions,
// through a payment journal with a clearing account: one payment for each entry that
// is paid and each credit note that is used up, and one on account for what settles
// nothing. Money that came otherwise is read from its entries.
package tryton

import (
	"context"
	"slices"
	"sync"
	"time"

	"comptoir.example/comptoir/base/money"
	"comptoir.example/comptoir/erp"
)

// Config is where one company's Tryton is and how to sign in to it.
type Config struct {
	URL      string // http://host:8000
	Database string
	User     string // a machine user with one company
	Password string

	Timeout time.Duration // the longest wait for an answer; 0 is 90 s
}

// operation is the longest a call can take and still succeed: confirming an
// order of 500 lines takes 10 to 15 s, and other writers may stand before it.
const operation = 90 * time.Second

// overlap is how late a change can show: a row carries the time at which it was
// written, and appears when its transaction ends.
const overlap = 60 * time.Second

// Connector is one company's books in Tryton.
type Connector struct {
	rpc  *client
	plan map[erp.Kind]plan

	writing chan struct{} // one place: documents are written one at a time

	mu    sync.Mutex
	house *house
	taxes map[taxCase]knownTaxes
}

var _ erp.Connector = (*Connector)(nil)

// New makes a connector. Nothing is asked of the server yet.
func New(cfg Config) *Connector {
	rpc := newClient(cfg)
	turn, _ := turns.LoadOrStore(rpc.base+"/"+rpc.database, make(chan struct{}, 1))
	c := &Connector{rpc: rpc, writing: turn.(chan struct{}), taxes: map[taxCase]knownTaxes{}}
	c.plan = c.plans()
	return c
}

// turns has the place of the one who writes, for each database. All connectors
// of the process share it: on SQLite, Tryton reads a sale's state before it
// begins to write, so that two confirmations at once ship everything twice. (On
// PostgreSQL the second fails and is repeated by the server.)
var turns sync.Map

// house is what seldom changes about the company and its settings.
type house struct {
	company, party  string
	name, zone      string
	currency        string // ISO code
	currencyID      string
	priceList       string // the list of customers without one
	taxPerLine      bool
	confirmsLater   bool // the ERP is told to wait before it processes a sale
	carrierProducts []string
	noCustomers     []string // parties that are the company itself and its carriers
	at              time.Time
}

// day is the company's day of an instant that Tryton gave.
func (h *house) day(instant any) string {
	at, ok := instant.(time.Time)
	if !ok {
		return ""
	}
	if zone, err := time.LoadLocation(h.zone); err == nil {
		at = at.In(zone)
	}
	return at.Format(time.DateOnly)
}

// houseLives is how long the settings are taken as read.
const houseLives = time.Minute

// home reads the settings, or gives those read less than a minute ago.
func (c *Connector) home(ctx context.Context) (*house, error) {
	c.mu.Lock()
	h := c.house
	c.mu.Unlock()
	if h != nil && time.Since(h.at) < houseLives {
		return h, nil
	}
	h, err := c.readHouse(ctx)
	if err != nil {
		return nil, err
	}
	c.mu.Lock()
	c.house = h
	c.mu.Unlock()
	return h, nil
}

func (c *Connector) readHouse(ctx context.Context) (*house, error) {
	s, err := c.rpc.signedIn(ctx, nil)
	if err != nil {
		return nil, err
	}
	own, ok := whole(s.context["company"])
	if !ok {
		return nil, &erp.Error{Class: erp.Unauthorized, Code: "no_company"}
	}
	company, err := c.rpc.first(ctx, "company.company", domain(is{"id", "=", own}),
		"party.name", "currency.code", "timezone")
	if err != nil {
		return nil, err
	}
	if company == nil {
		return nil, &erp.Error{Class: erp.Unauthorized, Code: "no_company"}
	}
	h := &house{at: time.Now(), company: company.id("id"), zone: company.text("timezone"),
		party: company.sub("party").id("id"), name: company.sub("party").text("name"),
		currency: company.sub("currency").text("code"), currencyID: company.sub("currency").id("id")}
	sales, err := c.rpc.first(ctx, "sale.configuration", domain(), "sale_price_list", "sale_process_after")
	if err != nil {
		return nil, err
	}
	if sales != nil {
		h.priceList, h.confirmsLater = sales.id("sale_price_list"), sales.has("sale_process_after")
	}
	accounts, err := c.rpc.first(ctx, "account.configuration", domain(), "tax_rounding")
	if err != nil {
		return nil, err
	}
	h.taxPerLine = accounts != nil && accounts.text("tax_rounding") == "line"
	carriers, err := c.rpc.all(ctx, "carrier", domain(), "party", "carrier_product")
	if err != nil {
		return nil, err
	}
	h.noCustomers = []string{h.party}
	for _, r := range carriers {
		h.carrierProducts = append(h.carrierProducts, r.id("carrier_product"))
		h.noCustomers = append(h.noCustomers, r.id("party"))
	}
	return h, nil
}

// needs are the models the connector cannot do without, and the code of the
// right that lacks. The last letter says what is done with them.
var needs = []struct{ model, right, code string }{
	{"party.party", "read", "customers_read"},
	{"product.product", "read", "items_read"},
	{"product.price_list", "read", "price_lists_read"},
	{"account.tax", "read", "taxes_read"},
	{"sale.sale", "read", "orders_read"},
	{"sale.sale", "create", "orders_create"},
	{"sale.sale", "write", "orders_write"},
	{"stock.move", "read", "stock_read"},
	{"stock.shipment.out", "read", "shipments_read"},
	{"account.invoice", "read", "invoices_read"},
	{"account.move.line", "read", "balances_read"},
	{"account.payment", "read", "payments_read"},
	{"account.payment", "create", "receipts_create"},
	{"account.payment", "write", "receipts_write"},
	{"account.move", "write", "receipts_post"},
	{"carrier", "read", "carriers_read"},
}

// modules are what must be activated in Tryton, and the code when one is not.
var modules = map[string]string{
	"sale_price_list":          "module_sale_price_list",
	"sale_shipment_cost":       "module_sale_shipment_cost",
	"account_payment":          "module_account_payment",
	"account_payment_clearing": "module_account_payment_clearing",
	"stock":                    "module_stock",
}

// Probe signs in and says what this Tryton can do here. Missing names rights
// ("orders_create"), modules ("module_…") and settings ("french", "time_zone").
func (c *Connector) Probe(ctx context.Context) (erp.Capabilities, error) {
	version, err := c.rpc.post(ctx, c.rpc.base+"/", "", "common.server.version", []any{})
	if err != nil {
		return erp.Capabilities{}, err
	}
	missing, err := c.missing(ctx)
	if err != nil {
		return erp.Capabilities{}, err
	}
	product, _ := version.(string)
	caps := erp.Capabilities{
		System: "tryton", Product: "Tryton " + product, Rounding: rounding(false), Lanes: 1,
		Overlap: overlap, Operation: operation, PollEvery: 1500 * time.Millisecond,
		PriceLive: true, QuoteLive: true, Kinds: slices.Clone(erp.Kinds), Missing: missing,
	}
	h, err := c.readHouse(ctx)
	if err != nil {
		// Rights that lack are the answer to a probe, not its failure.
		if e := erp.ErrorOf(err); len(missing) > 0 && (e.Class == erp.Refused || e.Class == erp.Broken) {
			return caps, nil
		}
		return caps, err
	}
	caps.Company, caps.Currency, caps.TimeZone = h.name, h.currency, h.zone
	caps.Rounding = rounding(h.taxPerLine)
	if h.zone == "" {
		caps.Missing = append(caps.Missing, "time_zone")
	}
	return caps, nil
}

func rounding(perLine bool) money.Rounding {
	r := money.Rounding{Mode: money.HalfEven, Level: money.PerDocument, PriceDigits: 4}
	if perLine {
		r.Level = money.PerLine
	}
	return r
}

func (c *Connector) missing(ctx context.Context) ([]string, error) {
	models := make([]string, 0, len(needs))
	for _, need := range needs {
		models = append(models, need.model)
	}
	var missing []string
	activated, err := c.rpc.all(ctx, "ir.module", domain(is{"state", "=", "activated"}), "name")
	if err != nil {
		return nil, err
	}
	here := map[string]bool{}
	for _, r := range activated {
		here[r.text("name")] = true
	}
	for module, code := range modules {
		if !here[module] {
			missing = append(missing, code)
		}
	}
	slices.Sort(missing)
	if len(missing) > 0 {
		// Without its module a model does not exist, and asking about it fails.
		return missing, nil
	}
	answer, err := c.rpc.call(ctx, "model.ir.model.access.get_access", nil, models)
	if err != nil {
		return nil, err
	}
	access, _ := answer.(map[string]any)
	for _, need := range needs {
		rights, _ := access[need.model].(map[string]any)
		if r := (&row{fields: rights}); !r.yes(need.right) {
			missing = append(missing, need.code)
		}
	}
	lacking, err := c.missingForReceipts(ctx)
	if err != nil {
		return nil, err
	}
	missing = append(missing, lacking...)
	french, err := c.rpc.find(ctx, "ir.lang", domain(is{"code", "=", "fr"}, is{"translatable", "=", true}))
	if err != nil {
		return nil, err
	}
	if len(french) == 0 {
		missing = append(missing, "french")
	}
	return missing, nil
}

// alone waits for its turn to write a document. Tryton locks whole tables when
// it checks a credit limit, and refuses whoever comes second.
func (c *Connector) alone(ctx context.Context) (done func(), err error) {
	select {
	case c.writing <- struct{}{}:
		return func() { <-c.writing }, nil
	case <-ctx.Done():
		return nil, &erp.Error{Class: erp.Down, Code: "gave_up", Cause: ctx.Err()}
	}
}
