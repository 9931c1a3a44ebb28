package shop

import (
	"comptoir.example/comptoir/base/fault"
	"comptoir.example/comptoir/base/i18n"
	"comptoir.example/comptoir/base/money"
	"comptoir.example/comptoir/erp"
	"comptoir.example/comptoir/web/ui"
)

// ProductPage is one product at the buyer's prices.
type ProductPage struct {
	SKU         string
	Name        erp.Text
	Description erp.Text
	Family      Family
	Status      string // active, blocked, discontinued
	Ladder      ui.Ladder
	ListPrice   money.Decimal
	Company     string
	Amount      *money.Amount // of Ladder.Quantity at its price; nil when there is none
	Stock       []Place
	Bought      []Purchase
	PriceAsOf   ui.AsOf
	StockAsOf   ui.AsOf
	PriceETag   string // marks of the two live parts
	StockETag   string
	Typed       string
	Bad         *fault.Field
}

// Place is the stock of one warehouse.
type Place struct {
	Name      erp.Text
	State     string // in, low, none, unknown
	Available money.Decimal
}

// Purchase is an earlier order of the same product by the same company.
type Purchase struct {
	Order    string // id
	Number   string
	Date     string
	Quantity money.Decimal
	Price    money.Decimal
}

// partHref is where a live part asks for itself: the page's own address with
// part=price or part=stock.
func (page ProductPage) partHref(part string) string {
	return Product{SKU: page.SKU}.href() + "?part=" + part
}

func (page ProductPage) active() bool { return page.Status == "" || page.Status == "active" }

func (page ProductPage) priced() bool { return len(page.Ladder.Breaks) > 0 }

// why is the price as a sum: list price, what the company's prices take off,
// what is left.
func (page ProductPage) why(p *i18n.Printer) []ui.Sum {
	price := page.Ladder.Price()
	off, err := price.Sub(page.ListPrice)
	rows := []ui.Sum{{Label: p.T("shop.why.list"), Value: p.Price(page.ListPrice, page.Ladder.Currency)}}
	if err == nil && !off.IsZero() {
		rows = append(rows, ui.Sum{Label: p.T("shop.why.company", "company", page.Company), Value: p.Price(off, page.Ladder.Currency)})
	}
	return append(rows, ui.Sum{Label: p.T("shop.why.yours"), Value: p.Price(price, page.Ladder.Currency), Total: true})
}

func (page ProductPage) drawing() string { return ui.Drawing(page.Name.FR, page.Family.Name.FR) }
