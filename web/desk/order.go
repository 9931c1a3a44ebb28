package desk

import (
	"time"

	"comptoir.example/comptoir/base/money"
	"comptoir.example/comptoir/erp"
	"comptoir.example/comptoir/web/ui"
)

// OrderPage is an order with all that became of it on its way to the ERP.
type OrderPage struct {
	ID        string
	Number    string
	ERPNumber string
	PONumber  string
	Company   string
	Person    string // who placed it
	PlacedAt  time.Time
	State     string // ui vocabulary of orders
	Lines     []OrderLine
	Totals    erp.Totals
	FromERP   bool
	ShipTo    erp.Address
	Message   Message // its delivery
	Key       string  // the business key the ERP knows it by
	Payload   string  // what is sent, without secrets; JSON
	Journal   []ui.Entry
	AsOf      ui.AsOf
	ETag      string
	Final     bool
}

// OrderLine is one line with its progress.
type OrderLine struct {
	SKU    string
	Name   erp.Text
	Price  money.Decimal
	Amount money.Amount
	ui.Line
}

func (o OrderPage) partHref() string { return "/desk/orders/" + o.ID + "?part=status" }

func (o OrderPage) totalsKey() string {
	if o.FromERP {
		return "desk.totals.erp"
	}
	return "desk.totals.estimate"
}

func dash(text string) string {
	if text == "" {
		return "—"
	}
	return text
}
