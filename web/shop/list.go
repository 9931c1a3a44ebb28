package shop

import (
	"net/url"

	"comptoir.example/comptoir/base/fault"
	"comptoir.example/comptoir/base/i18n"
	"comptoir.example/comptoir/base/money"
	"comptoir.example/comptoir/erp"
	"comptoir.example/comptoir/web/ui"
)

// ListPage is the catalogue: a family, or what a search found.
type ListPage struct {
	Query    string
	Family   *Family // nil: all of them
	Families []Family
	Products []Product
	Pages    ui.Pages
	AsOf     ui.AsOf // of the oldest price and stock on the page
	Company  string
}

// Family is a family of products, a facet of the list.
type Family struct {
	ID    string
	Name  erp.Text
	Count int
}

// Product is one row of the list.
type Product struct {
	SKU       string
	Name      erp.Text
	Family    erp.Text
	Ladder    ui.Ladder     // no breaks: no price, ask for one
	Stock     string        // in, low, none, unknown
	Available money.Decimal // in sale units, over all places
	Place     erp.Text      // where most of it is
	InCart    money.Decimal // what the cart has already
	Typed     string        // what was typed, kept after an error
	Bad       *fault.Field
}

func (l ListPage) title(p *i18n.Printer) string {
	switch {
	case l.Query != "":
		return p.T("shop.list.found", "query", l.Query)
	case l.Family != nil:
		return p.Of(l.Family.Name)
	}
	return p.T("shop.list.all")
}

// familyHref keeps the search when a family is chosen.
func (l ListPage) familyHref(id string) string {
	query := url.Values{}
	if l.Query != "" {
		query.Set("q", l.Query)
	}
	if id != "" {
		query.Set("family", id)
	}
	if len(query) == 0 {
		return "/catalogue"
	}
	return "/catalogue?" + query.Encode()
}

func (p Product) href() string { return "/products/" + url.PathEscape(p.SKU) }

func (p Product) drawing() string { return ui.Drawing(p.Name.FR, p.Family.FR) }

// unitWords are "la boîte de 100", as a price's unit is said.
func unitWords(p *i18n.Printer, unit erp.Unit) string {
	if name := p.Of(unit.Name); name != "" {
		return p.T("shop.per", "unit", ui.InSentence(name))
	}
	return ""
}

// stockWords say what can be promised: "500 en stock".
func stockWords(p *i18n.Printer, state string, available money.Decimal) string {
	return p.T("shop.stock."+state, "n", available)
}

func badField(f *fault.Fault, name string) *fault.Field {
	if f == nil {
		return nil
	}
	return ui.BadField(f.Fields, name)
}
