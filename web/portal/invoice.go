package portal

import (
	"comptoir.example/comptoir/base/money"
	"comptoir.example/comptoir/erp"
	"comptoir.example/comptoir/web/ui"
)

// InvoicePage is one invoice as the ERP posted it.
type InvoicePage struct {
	ID       string
	ERP      string // the ERP's id
	Number   string
	Credit   bool // a credit note
	State    string
	Date     string
	Due      []erp.Instalment
	DaysLate int
	PONumber string
	Orders   []OrderRef
	Lines    []InvoiceLine
	Totals   erp.Totals
	Open     money.Amount // less what was paid here already
	Taken    money.Amount // paid here, and the ERP's balance does not count it yet
	Payment  string       // id of the payment that is under way for it
	Payable  bool         // by who looks at it
	AsOf     ui.AsOf
	Link     LinkForm
	Links    []LinkRow
}

// OrderRef points at an order of the invoice; the ID is "" when it is not ours.
type OrderRef struct {
	ID     string
	Number string
}

// InvoiceLine is one line, as the document has it.
type InvoiceLine struct {
	SKU      string
	Text     string
	Unit     erp.Text
	Quantity money.Decimal
	Price    money.Decimal
	Amount   money.Amount
}

func (v InvoicePage) titleKey() string {
	if v.Credit {
		return "portal.credit.title"
	}
	return "portal.invoice.title"
}
