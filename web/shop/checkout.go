package shop

import (
	"time"

	"comptoir.example/comptoir/base/fault"
	"comptoir.example/comptoir/base/i18n"
	"comptoir.example/comptoir/base/money"
	"comptoir.example/comptoir/erp"
	"comptoir.example/comptoir/web/ui"
)

// CheckoutPage is everything the buyer agrees to before the order is placed.
type CheckoutPage struct {
	Key        string // the cart's id: two presses, two tabs, one order
	Prices     string // stands for the prices shown; comes back with the order
	Lines      []Line
	Addresses  []Address
	ShipTo     string // chosen id
	Methods    []Method
	Method     string // chosen id
	PONumber   string
	PORequired bool
	Comment    string
	Term       erp.Text // payment terms of the company
	Totals     erp.Totals
	Estimate   bool     // ours, until the ERP has spoken
	Changes    []Change // prices that moved since they were put into the cart
	Accepted   bool
	Fault      *fault.Fault // why the last try did not place an order
	DownSince  time.Time    // since when the ERP is away; zero when it answers
	AsOf       ui.AsOf
}

// Address is where the goods may go.
type Address struct {
	ID   string
	Name string
	erp.Address
}

// Method is a way to deliver; a nil Freight is confirmed later.
type Method struct {
	ID      string
	Name    erp.Text
	Freight *money.Amount
}

// Change is a price that moved.
type Change struct {
	SKU  string
	Name erp.Text
	Was  money.Decimal
	Now  money.Decimal
}

func (c CheckoutPage) bad(name string) *fault.Field { return badField(c.Fault, name) }

func (c CheckoutPage) addressOptions(p *i18n.Printer) (options []ui.Option) {
	for _, a := range c.Addresses {
		title := a.Name
		if title == "" {
			title = a.Street
		}
		options = append(options, ui.Option{Value: a.ID, Title: title, Detail: AddressLine(p, a.Address), Checked: a.ID == c.ShipTo})
	}
	return options
}

func (c CheckoutPage) methodOptions(p *i18n.Printer) (options []ui.Option) {
	for _, m := range c.Methods {
		side := p.T("ui.freight.unknown")
		if m.Freight != nil {
			side = p.Money(*m.Freight)
		}
		options = append(options, ui.Option{Value: m.ID, Title: p.Of(m.Name), Side: side, Checked: m.ID == c.Method})
	}
	return options
}

// totalLabel is what the sum on the counter is called; the same as on the slip.
func (c CheckoutPage) totalLabel(p *i18n.Printer) string {
	if c.Estimate {
		return p.T("shop.checkout.total.estimate")
	}
	return p.T("shop.checkout.total")
}

// AddressLine is an address on one line.
func AddressLine(p *i18n.Printer, a erp.Address) string {
	return p.T("shop.address", "street", a.Street, "city", a.City, "postal", a.Postal)
}

func poHint(p *i18n.Printer, required bool) string {
	if required {
		return p.T("shop.checkout.po.required")
	}
	return p.T("shop.checkout.po.hint")
}
