package books

import (
	"net/http"
	"strings"

	"comptoir.example/comptoir/base/money"
)

func ordersPage(u *unit, r *http.Request) any {
	page := struct {
		Query  string
		Rows   []*Order
		Buyers map[string]string // names by id
	}{Query: strings.TrimSpace(r.URL.Query().Get("q")), Buyers: u.buyers()}
	for _, o := range list[Order](u, newest, orders, 200) {
		all := strings.ToLower(o.Number + " " + o.PONumber + " " + o.Key + " " + page.Buyers[o.Customer])
		if strings.Contains(all, strings.ToLower(page.Query)) {
			page.Rows = append(page.Rows, o)
		}
	}
	return page
}

// buyers are the names of customers by id.
func (u *unit) buyers() map[string]string {
	names := map[string]string{}
	for _, c := range list[Customer](u, ofKind, customers) {
		names[c.ID] = c.Name
	}
	return names
}

// orderView is an order with what came of it.
type orderView struct {
	*Order
	Buyer     *Customer
	To        *Address
	Waiting   map[string]money.Decimal // by line
	Shipments []*Shipment
	Invoices  []*Invoice
	Methods   []*Method
	Span      int // columns before the amount
	// What the clerk may do now.
	CanConfirm, CanShip, CanCancel, CanChange bool
}

func orderPage(u *unit, r *http.Request) any {
	o := get[Order](u, orders, r.PathValue("id"))
	v := orderView{Order: o, Waiting: map[string]money.Decimal{}, Span: 5,
		Buyer:     get[Customer](u, customers, o.Customer),
		To:        get[Address](u, addresses, o.ShipTo),
		Shipments: list[Shipment](u, byParent, shipments, o.ID),
		Invoices:  list[Invoice](u, byParent, invoices, o.ID),
		Methods:   list[Method](u, ofKind, methods),
	}
	if s := u.waiting(o); s != nil {
		v.CanShip, v.Span = true, 6
		for _, m := range s.Lines {
			v.Waiting[m.OrderLine] = m.Quantity
		}
	}
	v.CanConfirm = o.State == draft || o.State == quoted
	v.CanCancel = v.CanConfirm || o.State == confirmed
	v.CanChange = v.CanCancel || o.State == partShipped
	return v
}

// onOrder is a form of an order's page, and onInvoice one about an invoice there.
func onOrder(act func(*unit, *Order, *http.Request)) func(*unit, *http.Request) string {
	return func(u *unit, r *http.Request) string {
		o := get[Order](u, orders, r.PathValue("id"))
		act(u, o, r)
		return "/orders/" + o.ID
	}
}

func onInvoice(act func(*unit, *Invoice, *http.Request)) func(*unit, *http.Request) string {
	return func(u *unit, r *http.Request) string {
		i := get[Invoice](u, invoices, r.PathValue("id"))
		act(u, i, r)
		return "/orders/" + i.Order
	}
}

// confirmOrder skips the credit limit: a clerk has looked at it.
func confirmOrder(u *unit, o *Order, _ *http.Request) {
	u.quote(o)
	u.confirm(o, true)
}

// copyOrder takes everything over but what happened to the order: as in most
// ERPs, what another program called it too.
func copyOrder(u *unit, r *http.Request) string {
	old := get[Order](u, orders, r.PathValue("id"))
	o := &Order{Header: old.Header, State: draft, Totals: old.Totals}
	for _, l := range old.Lines {
		l.Shipped, l.Invoiced = money.Decimal{}, money.Decimal{}
		o.Lines = append(o.Lines, l)
	}
	u.put(o)
	return "/orders/" + o.ID
}

func shipOrder(u *unit, o *Order, r *http.Request) {
	if r.FormValue("all") != "" {
		u.ship(o, nil, u.today)
		return
	}
	u.ship(o, u.quantities(r, o.Lines), u.today)
}

// quantities are the fields of a form that say how much of which line.
func (u *unit) quantities(r *http.Request, lines []Line) map[string]money.Decimal {
	asked := map[string]money.Decimal{}
	for _, l := range lines {
		if filled(r, "q"+l.ID) {
			asked[l.ID] = u.field(r, "q"+l.ID)
		}
	}
	return asked
}
