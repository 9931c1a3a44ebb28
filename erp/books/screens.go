package books

import (
	"bytes"
	"html/template"
	"net/http"
	"strings"

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
	Line      line // to the API
	Data      any
}

// Unit writes a unit price.
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
func (s screen) Sums(t erp.Totals, span int) any {
	return struct {
		S    screen
		Of   erp.Totals
		Span int
	}{s, t, span}
}

func (p *program) screens(mux *http.ServeMux) {
	look := func(path, name string, show func(*unit, *http.Request) any) {
		mux.HandleFunc("GET "+path, func(w http.ResponseWriter, r *http.Request) {
			var data any
			if err := p.read(r.Context(), func(u *unit) { data = show(u, r) }); err != nil {
				p.refused(w, r, err)
				return
			}
			p.render(w, r, http.StatusOK, name, data)
		})
	}
	// A form does one thing and goes back to the page it stands on.
	protect := http.NewCrossOriginProtection()
	do := func(path string, act func(*unit, *http.Request) (back string)) {
		mux.Handle("POST "+path, protect.Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			var back string
			if err := p.write(r.Context(), func(u *unit) { back = act(u, r) }); err != nil {
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
	look("/orders", "orders", ordersPage)
	look("/orders/{id}", "order", orderPage)
	do("/orders/{id}/confirmation", onOrder(confirmOrder))
	do("/orders/{id}/shipments", onOrder(shipOrder))
	do("/orders/{id}/lines/{line}", onOrder(func(u *unit, o *Order, r *http.Request) {
		u.changeLine(o, r.PathValue("line"), u.field(r, "quantity"))
	}))
	do("/orders/{id}/cancellation", onOrder(func(u *unit, o *Order, _ *http.Request) { u.cancel(o, true) }))
	do("/orders/{id}/copies", copyOrder)
	do("/invoices/{id}/posting", onInvoice(func(u *unit, i *Invoice, _ *http.Request) { u.post(i, u.today) }))
	do("/invoices/{id}/receipts", onInvoice(func(u *unit, i *Invoice, r *http.Request) {
		u.receive(i, u.field(r, "amount"), r.FormValue("method"), u.today)
	}))
	do("/invoices/{id}/credit", onInvoice(func(u *unit, i *Invoice, _ *http.Request) { u.credit(i, u.today) }))
	do("/invoices/{id}/credit-notes", onInvoice(func(u *unit, i *Invoice, r *http.Request) { u.creditPart(i, u.quantities(r, i.Lines), u.today) }))
	look("/receipts", "receipts", receiptsPage)
	look("/receipts/{id}", "receipt", receiptPage)
	do("/receipts/{id}/reversal", reverseReceipt)
	do("/payouts", bookPayout)
	look("/products", "products", productsPage)
	look("/products/{code}", "product", productPage)
	do("/products/{code}", changeProduct)
	do("/products/{code}/rules", changeRules)
	look("/customers", "customers", func(u *unit, _ *http.Request) any { return list[Customer](u, ofKind, customers) })
	look("/customers/{code}", "customer", func(u *unit, r *http.Request) any {
		return find[Customer](u, customers, r.PathValue("code"))
	})
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
	what, status := p.explain(r, err)
	p.render(w, r, status, "refused", struct{ Text, Back string }{p.refusal(p.lang(w, r), what), back(r)})
}

// field reads a number of a form, written with a point or a comma.
func (u *unit) field(r *http.Request, name string) money.Decimal {
	text := strings.NewReplacer(",", ".", " ", "", "\u00a0", "").Replace(r.FormValue(name))
	d, err := money.Parse(text)
	if err != nil {
		u.refuse("not_a_number", "text", r.FormValue(name))
	}
	return d
}

// priceField is a number of a form that is a price, a limit or a factor.
func (u *unit) priceField(r *http.Request, name string) money.Decimal {
	d := u.field(r, name)
	if d.IsNeg() || d.Cmp(most) > 0 || d.Trim(0).Scale() > 4 {
		u.refuse("bad_price", "item", "", "price", d)
	}
	return d
}

// filled says whether a field of a form was sent with something in it.
func filled(r *http.Request, name string) bool { return strings.TrimSpace(r.FormValue(name)) != "" }
