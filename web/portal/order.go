package portal

import (
	"time"

	"comptoir.example/comptoir/base/i18n"
	"comptoir.example/comptoir/base/money"
	"comptoir.example/comptoir/erp"
	"comptoir.example/comptoir/web/ui"
)

// OrderPage is one order: what was asked for, how far it is, what it costs.
type OrderPage struct {
	ID        string
	Number    string // ours
	ERPNumber string // "" until the ERP has it
	PONumber  string
	State     string // ui vocabulary of orders
	PlacedAt  time.Time
	JustNow   bool // the page after placing it: says thank you
	Waiting   *Waiting
	Refused   *Refusal
	Held      *Refusal // the ERP asks something first
	Lines     []OrderLine
	Shipments []Shipment
	Invoices  []OrderInvoice
	Journal   []ui.Entry
	Totals    erp.Totals
	FromERP   bool          // the totals are the ERP's; ours otherwise, an estimate
	Accepted  *money.Amount // total the buyer accepted, when the ERP's differs
	ShipTo    Address
	Delivery  erp.Text
	Comment   string
	AsOf      ui.AsOf
	ETag      string // mark of the live part
	Final     bool   // nothing moves any more: the page stops asking
	Phone     string
}

// Waiting is an order the ERP has not confirmed yet.
type Waiting struct {
	Since time.Time
	Now   time.Time
	Down  bool // the ERP is away
}

// Refusal is why the ERP refused an order, and what can be done.
type Refusal struct {
	Cause  string // key: erp.<code>
	Params []any
	Text   string // what the ERP said, in its words; "" for nothing
	Todo   string // key of what to do
}

// Address is where the goods go.
type Address struct {
	Name string
	erp.Address
}

// OrderLine is one line with its progress.
type OrderLine struct {
	SKU    string
	Name   erp.Text
	Price  money.Decimal
	Amount money.Amount
	ui.Line
}

// Shipment is goods that left or are being prepared.
type Shipment struct {
	Number   string
	Date     string // "" while it has not left
	Carrier  string
	Tracking string
	State    string // preparing, done, cancelled, unknown
}

// OrderInvoice is an invoice of the order. Its taxes are told here too: who
// ordered may not be allowed to open the invoice itself; then ID is "".
type OrderInvoice struct {
	ID     string
	Number string
	Due    string
	State  string // ui vocabulary of invoices
	Total  money.Amount
	Open   money.Amount
	Taxes  []erp.TaxLine
}

// partHref is where the live part asks for itself.
func (o OrderPage) partHref() string {
	if o.JustNow {
		return "/orders/" + o.ID + "?part=status&placed=1"
	}
	return "/orders/" + o.ID + "?part=status"
}

func (o OrderPage) totalsTitle(p *i18n.Printer) string {
	if o.FromERP {
		return p.T("portal.totals.erp")
	}
	return p.T("portal.totals.estimate")
}

func dash(text string) string {
	if text == "" {
		return "—"
	}
	return text
}
