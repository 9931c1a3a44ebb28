package books

import (
	"cmp"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"comptoir.example/comptoir/base/money"
	"comptoir.example/comptoir/erp"
)

// productRow is a product with what stands on its shelf.
type productRow struct {
	*Item
	Sold  *Unit
	Stock []*Stock // none for a service
}

func (u *unit) productRow(it *Item) productRow {
	return productRow{it, get[Unit](u, units, it.Unit), list[Stock](u, byRef, stocks, it.ID)}
}

func productsPage(u *unit, _ *http.Request) any {
	var rows []productRow
	for _, it := range list[Item](u, ofKind, items) {
		rows = append(rows, u.productRow(it))
	}
	return rows
}

// What a formula can start from, and what a product can be.
var (
	bases    = []string{"unit", "list", "cost", "fixed"}
	statuses = []string{"active", "blocked", "archived"}
)

// productView is a product and how each price list makes its price.
type productView struct {
	productRow
	Bases, Statuses []string
	Lists           []listView
}

// listView is a price list as far as it is about one product.
type listView struct {
	*PriceList
	Own    []PriceLine // of this product alone, to change; the last is empty
	Wider  []PriceLine // of its family or of everything
	Breaks []erp.Break
}

func productPage(u *unit, r *http.Request) any {
	it := find[Item](u, items, r.PathValue("code"))
	v := productView{productRow: u.productRow(it), Bases: bases, Statuses: statuses}
	for _, l := range list[PriceList](u, ofKind, priceLists) {
		one := listView{PriceList: l, Breaks: ladder(l, it, v.Sold.Digits)}
		for _, line := range l.Lines {
			if line.Item == it.Code {
				one.Own = append(one.Own, line)
			} else if line.covers(it) {
				one.Wider = append(one.Wider, line)
			}
		}
		one.Own = append(one.Own, PriceLine{Base: "unit"})
		v.Lists = append(v.Lists, one)
	}
	return v
}

// changeProduct takes the fields of the product's page that were sent.
func changeProduct(u *unit, r *http.Request) string {
	it := find[Item](u, items, r.PathValue("code"))
	it.Name.FR = cmp.Or(strings.TrimSpace(r.FormValue("name_fr")), it.Name.FR)
	it.Name.EN = cmp.Or(strings.TrimSpace(r.FormValue("name_en")), it.Name.EN)
	if status := r.FormValue("status"); slices.Contains(statuses, status) {
		it.Status = status
	}
	if filled(r, "list") {
		it.List = u.priceField(r, "list")
	}
	u.put(it)
	u.reprice()
	for _, s := range list[Stock](u, byRef, stocks, it.ID) {
		if filled(r, "on_hand") {
			s.OnHand = u.field(r, "on_hand")
		}
		s.Status = it.Status
		u.put(s)
	}
	return "/products/" + it.Code
}

// changeRules replaces the lines of one list that are about one product. They
// stand before wider ones, the highest quantity first, as the first match wins.
func changeRules(u *unit, r *http.Request) string {
	it := find[Item](u, items, r.PathValue("code"))
	l := get[PriceList](u, priceLists, r.FormValue("list"))
	var own []PriceLine
	for i := range 20 {
		from, base, factor := fmt.Sprint("from", i), fmt.Sprint("base", i), fmt.Sprint("factor", i)
		if !filled(r, factor) {
			continue
		}
		line := PriceLine{Item: it.Code, Base: r.FormValue(base), From: money.Int(0), Factor: u.priceField(r, factor)}
		if !slices.Contains(bases, line.Base) {
			u.refuse("bad_request")
		}
		if filled(r, from) {
			line.From = u.priceField(r, from)
		}
		own = append(own, line)
	}
	slices.SortStableFunc(own, func(a, b PriceLine) int { return b.From.Cmp(a.From) })
	l.Lines = append(own, slices.DeleteFunc(l.Lines, func(line PriceLine) bool { return line.Item == it.Code })...)
	u.put(l)
	u.reprice()
	return "/products/" + it.Code
}

// changeCustomer takes the fields of the customer's page that were sent. A limit
// sent empty is none.
func changeCustomer(u *unit, r *http.Request) string {
	c := find[Customer](u, customers, r.PathValue("code"))
	if filled(r, "blocked") {
		c.Blocked = r.FormValue("blocked") == "yes"
	}
	if _, sent := r.PostForm["limit"]; sent {
		c.Limit = nil
		if filled(r, "limit") {
			limit := u.priceField(r, "limit")
			c.Limit = &limit
		}
	}
	u.put(c)
	return "/customers/" + c.Code
}
