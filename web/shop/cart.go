package shop

import (
	"comptoir.example/comptoir/base/fault"
	"comptoir.example/comptoir/base/i18n"
	"comptoir.example/comptoir/base/money"
	"comptoir.example/comptoir/erp"
	"comptoir.example/comptoir/web/ui"
)

// CartPage is the cart.
type CartPage struct {
	Lines    []Line
	Subtotal money.Amount // before freight and taxes
	AsOf     ui.AsOf      // of the oldest price in it
	Added    string       // name of what was just added, "" for nothing
}

// Line is a line of the cart and of the checkout.
type Line struct {
	ID       string
	SKU      string
	Name     erp.Text
	Unit     erp.Unit
	Quantity money.Decimal
	Price    money.Decimal  // today's
	Was      *money.Decimal // the price when it was added, when that differs
	Amount   money.Amount
	Gone     bool   // not sold any more; must be taken out
	Typed    string // what was typed, kept after an error
	Bad      *fault.Field
}

func (l Line) href() string { return Product{SKU: l.SKU}.href() }

func (l Line) typed(p *i18n.Printer) string {
	if l.Typed != "" {
		return l.Typed
	}
	return p.Number(l.Quantity)
}

func (c CartPage) gone() bool {
	for _, l := range c.Lines {
		if l.Gone {
			return true
		}
	}
	return false
}
