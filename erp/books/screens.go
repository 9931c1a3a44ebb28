package books

import (
	"bytes"
	"html/template"
	"net/http"
	"net/url"
	"strings"

	"comptoir.example/comptoir/base/fault"
	"comptoir.example/comptoir/base/i18n"
	"comptoir.example/comptoir/base/money"
	"comptoir.example/comptoir/erp"
)

// The clerk's screens: pages and forms, no script. Nobody signs in, since the
// program listens to its own machine; forms of other sites are turned away.

var pages = template.Must(template.ParseFS(files, "pages/*.html"))

// screen is what every page gets.
type screen struct {
	*i18n.Printer
	Tab, Path string
	Line      State // of the three switches
	Data      any
}

// Sum and Unit write sums and unit prices.
func (s screen) Sum(d money.Decimal) string  { return s.Money(cents(d)) }
func (s screen) Unit(d money.Decimal) string { return s.Price(d, currency) }

// Plain is a number in a field, and Paid a sum or a price in one.
func (s screen) Plain(d money.Decimal) string { return s.point(d.Trim(0).String()) }
func (s screen) Paid(d money.Decimal) string  { return s.point(d.Trim(2).Pad(2).String()) }

func (s screen) point(text string) string {
	if s.Lang == i18n.FR {
		return strings.ReplaceAll(text, ".", ",")
	}
	return text
}

// Sums are the last rows of a table whose other columns are so many.
func (s screen) Sums(t Totals, span int) any {
	return struct {
		S    screen
		Of   Totals
		Span int
	}{s, t, span}
}

func (p *program) screens(mux *http.ServeMux) {
	look := func(path string, show func(*unit, *http.Request) (string, any, error)) {
		mux.HandleFunc("GET "+path, func(w http.ResponseWriter, r *http.Request) {
			var name string
			var data any
			err := p.read(r.Context(), func(u *unit) (err error) {
				name, data, err = show(u, r)
				return err
			})
			if err != nil {
				p.refused(w, r, err)
				return
			}
			p.render(w, r, http.StatusOK, name, data)
		})
	}
	// A form does one thing and goes back to the page it stands on.
	protect := http.NewCrossOriginProtection()
	do := func(path string, act func(*unit, *http.Request) (back string, err error)) {
		mux.Handle("POST "+path, protect.Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			var back string
			err := p.write(r.Context(), func(u *unit) (err error) {
				back, err = act(u, r)
				return err
			})
			if err != nil {
				p.refused(w, r, err)
				return
			}
			http.Redirect(w, r, back, http.StatusSeeOther)
		})))
	}
	mux.Handle("GET /{$}", http.RedirectHandler("/orders", http.StatusSeeOther))
	mux.HandleFunc("GET /books.css", func(w http.ResponseWriter, r *http.Request) {
		http.ServeFileFS(w, r, files, "pages/books.css")
	})
	look("/orders", ordersPage)
	look("/orders/{id}", orderPage)
	do("/orders/{id}/confirmation", confirmOrder)
	do("/orders/{id}/shipments", shipOrder)
	do("/orders/{id}/lines/{line}", changeOrder)
	do("/orders/{id}/cancellation", cancelOrder)
	do("/invoices/{id}/posting", postInvoice)
	do("/invoices/{id}/receipts", receiveMoney)
	do("/invoices/{id}/credit", creditInvoice)
	look("/products", productsPage)
	look("/products/{code}", productPage)
	do("/products/{code}", changeProduct)
	do("/products/{code}/rules", changeRules)
	look("/customers", customersPage)
	look("/customers/{code}", customerPage)
	do("/customers/{code}", changeCustomer)
}

// lang is the language of the screens: the one asked for, or asked for before.
func (p *program) lang(w http.ResponseWriter, r *http.Request) i18n.Lang {
	if asked := r.URL.Query().Get("lang"); asked != "" {
		http.SetCookie(w, &http.Cookie{Name: "books_lang", Value: string(i18n.Parse(asked)), Path: "/", HttpOnly: true, SameSite: http.SameSiteLaxMode})
		return i18n.Parse(asked)
	}
	if kept, err := r.Cookie("books_lang"); err == nil {
		return i18n.Parse(kept.Value)
	}
	return p.Lang
}

func (p *program) render(w http.ResponseWriter, r *http.Request, status int, name string, data any) {
	tab, _, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, "/"), "/")
	s := screen{p.words.Printer(p.lang(w, r), p.zone), tab, r.URL.Path, p.switches.state(), data}
	var page bytes.Buffer
	if err := pages.ExecuteTemplate(&page, name, s); err != nil {
		p.Log.Error("page failed", "page", name, "error", err)
		http.Error(w, http.StatusText(http.StatusInternalServerError), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Content-Security-Policy", "default-src 'none'; style-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'")
	w.WriteHeader(status)
	w.Write(page.Bytes())
}

// refused says in words why something was not done, and leads back.
func (p *program) refused(w http.ResponseWriter, r *http.Request, err error) {
	what := fault.Of(err)
	status := http.StatusUnprocessableEntity
	switch what.Kind {
	case fault.NotFound:
		status = http.StatusNotFound
	case fault.Internal:
		status = http.StatusInternalServerError
		p.Log.Error("screen failed", "path", r.URL.Path, "error", err)
	}
	back := "/"
	if from, err := url.Parse(r.Referer()); err == nil && from.Path != "" {
		back = from.Path
	}
	p.render(w, r, status, "refused", struct{ Text, Back string }{p.refusal(p.lang(w, r), what), back})
}

// field reads a number of a form, written with a point or a comma.
func field(r *http.Request, name string) (money.Decimal, error) {
	text := strings.NewReplacer(",", ".", " ", "", "\u00a0", "").Replace(r.FormValue(name))
	d, err := money.Parse(text)
	if err != nil {
		return d, refuse("not_a_number", "text", r.FormValue(name))
	}
	return d, nil
}

// orderRow is an order in the list.
type orderRow struct {
	*Order
	Buyer string
}

func ordersPage(u *unit, r *http.Request) (string, any, error) {
	found, err := list[Order](u, newest, orders, 200)
	if err != nil {
		return "", nil, err
	}
	names, err := u.names()
	if err != nil {
		return "", nil, err
	}
	q := strings.ToLower(strings.TrimSpace(r.URL.Query().Get("q")))
	var rows []orderRow
	for _, o := range found {
		row := orderRow{o, names[o.Customer]}
		if q == "" || strings.Contains(strings.ToLower(o.Number+" "+o.PONumber+" "+o.Key+" "+row.Buyer), q) {
			rows = append(rows, row)
		}
	}
	return "orders", struct {
		Query string
		Rows  []orderRow
	}{q, rows}, nil
}

// names of the customers by id.
func (u *unit) names() (map[string]string, error) {
	all, err := list[Customer](u, ofKind, customers)
	names := map[string]string{}
	for _, c := range all {
		names[c.ID] = c.Name
	}
	return names, err
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

func orderPage(u *unit, r *http.Request) (string, any, error) {
	o, err := get[Order](u, orders, r.PathValue("id"))
	if err != nil {
		return "", nil, err
	}
	v := orderView{Order: o, Waiting: map[string]money.Decimal{}}
	if v.Buyer, err = get[Customer](u, customers, o.Customer); err != nil {
		return "", nil, err
	}
	if v.To, err = get[Address](u, addresses, o.ShipTo); err != nil {
		return "", nil, err
	}
	if v.Shipments, err = list[Shipment](u, byParent, shipments, o.ID); err != nil {
		return "", nil, err
	}
	if v.Invoices, err = list[Invoice](u, byParent, invoices, o.ID); err != nil {
		return "", nil, err
	}
	if v.Methods, err = list[Method](u, ofKind, methods); err != nil {
		return "", nil, err
	}
	for _, s := range v.Shipments {
		for _, m := range s.Lines {
			if s.State == "waiting" {
				v.CanShip, v.Waiting[m.Line] = true, m.Quantity
			}
		}
	}
	v.Span = 5
	if v.CanShip {
		v.Span = 6
	}
	v.CanConfirm = o.State == draft || o.State == quoted
	v.CanCancel = v.CanConfirm || o.State == confirmed
	v.CanChange = v.CanCancel || o.State == partShipped
	return "order", v, nil
}

// onOrder is a form of an order's page.
func onOrder(u *unit, r *http.Request, act func(*Order) error) (string, error) {
	o, err := get[Order](u, orders, r.PathValue("id"))
	if err != nil {
		return "", err
	}
	return "/orders/" + o.ID, act(o)
}

// A clerk who confirms has looked at the credit limit.
func confirmOrder(u *unit, r *http.Request) (string, error) {
	return onOrder(u, r, func(o *Order) error {
		if err := u.quote(o); err != nil {
			return err
		}
		return u.confirm(o, true)
	})
}

func shipOrder(u *unit, r *http.Request) (string, error) {
	return onOrder(u, r, func(o *Order) error {
		if r.FormValue("all") != "" {
			return u.ship(o, nil, u.today)
		}
		quantities := map[string]money.Decimal{}
		for _, l := range o.Lines {
			if strings.TrimSpace(r.FormValue("q"+l.ID)) == "" {
				continue
			}
			q, err := field(r, "q"+l.ID)
			if err != nil {
				return err
			}
			quantities[l.ID] = q
		}
		return u.ship(o, quantities, u.today)
	})
}

func changeOrder(u *unit, r *http.Request) (string, error) {
	return onOrder(u, r, func(o *Order) error {
		q, err := field(r, "quantity")
		if err != nil {
			return err
		}
		return u.changeLine(o, r.PathValue("line"), q)
	})
}

func cancelOrder(u *unit, r *http.Request) (string, error) {
	return onOrder(u, r, func(o *Order) error { return u.cancel(o, true) })
}

// onInvoice is a form about an invoice; it stands on its order's page.
func onInvoice(u *unit, r *http.Request, act func(*Invoice) error) (string, error) {
	i, err := get[Invoice](u, invoices, r.PathValue("id"))
	if err != nil {
		return "", err
	}
	return "/orders/" + i.Order, act(i)
}

func postInvoice(u *unit, r *http.Request) (string, error) {
	return onInvoice(u, r, func(i *Invoice) error { return u.post(i, u.today) })
}

func receiveMoney(u *unit, r *http.Request) (string, error) {
	return onInvoice(u, r, func(i *Invoice) error {
		sum, err := field(r, "amount")
		if err != nil {
			return err
		}
		return u.receive(i, sum, r.FormValue("method"), u.today)
	})
}

func creditInvoice(u *unit, r *http.Request) (string, error) {
	return onInvoice(u, r, func(i *Invoice) error { return u.credit(i, u.today) })
}

// productRow is a product with what stands on its shelf.
type productRow struct {
	*Item
	Unit  *Unit
	Stock *Stock // nil for a service
}

func (u *unit) productRow(it *Item) (row productRow, err error) {
	row.Item = it
	if row.Unit, err = get[Unit](u, units, it.Unit); err != nil {
		return row, err
	}
	row.Stock, err = find[Stock](u, stocks, it.ID)
	return row, nothing(err)
}

func productsPage(u *unit, _ *http.Request) (string, any, error) {
	all, err := list[Item](u, ofKind, items)
	if err != nil {
		return "", nil, err
	}
	var rows []productRow
	for _, it := range all {
		row, err := u.productRow(it)
		if err != nil {
			return "", nil, err
		}
		rows = append(rows, row)
	}
	return "products", rows, nil
}

// listView is a price list as far as it is about one product.
type listView struct {
	*PriceList
	Own    []PriceLine // of this product alone, editable
	Wider  []PriceLine // of its family or of everything
	Breaks []erp.Break
}

func productPage(u *unit, r *http.Request) (string, any, error) {
	it, err := find[Item](u, items, r.PathValue("code"))
	if err != nil {
		return "", nil, err
	}
	v := struct {
		productRow
		Lists []listView
		Bases []string
	}{Bases: []string{"unit", "list", "cost", "fixed"}}
	if v.productRow, err = u.productRow(it); err != nil {
		return "", nil, err
	}
	all, err := list[PriceList](u, ofKind, priceLists)
	for _, l := range all {
		one := listView{PriceList: l, Breaks: ladder(l, it, v.productRow.Unit.Digits)}
		for _, line := range l.Lines {
			if line.Item == it.Code {
				one.Own = append(one.Own, line)
			} else if line.covers(it) {
				one.Wider = append(one.Wider, line)
			}
		}
		// The last row is empty, for one more.
		one.Own = append(one.Own, PriceLine{Base: "unit"})
		v.Lists = append(v.Lists, one)
	}
	return "product", v, err
}

func customersPage(u *unit, _ *http.Request) (string, any, error) {
	all, err := list[Customer](u, ofKind, customers)
	return "customers", all, err
}

func customerPage(u *unit, r *http.Request) (string, any, error) {
	c, err := find[Customer](u, customers, r.PathValue("code"))
	return "customer", c, err
}

func changeCustomer(u *unit, r *http.Request) (string, error) {
	c, err := find[Customer](u, customers, r.PathValue("code"))
	if err != nil {
		return "", err
	}
	if r.FormValue("blocked") != "" {
		c.Blocked = r.FormValue("blocked") == "yes"
	}
	if _, given := r.Form["limit"]; given {
		c.Limit = nil
		if strings.TrimSpace(r.FormValue("limit")) != "" {
			limit, err := amountField(r, "limit")
			if err != nil {
				return "", err
			}
			c.Limit = &limit
		}
	}
	return "/customers/" + c.Code, u.put(c)
}
