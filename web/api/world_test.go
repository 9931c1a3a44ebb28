package api

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"comptoir.example/comptoir/app/migrations"
	"comptoir.example/comptoir/base/asof"
	"comptoir.example/comptoir/base/db"
	"comptoir.example/comptoir/base/db/dbtest"
	"comptoir.example/comptoir/base/i18n"
	"comptoir.example/comptoir/base/money"
	"comptoir.example/comptoir/base/outbox"
	"comptoir.example/comptoir/erp"
	"comptoir.example/comptoir/erpsync"
	"comptoir.example/comptoir/finance/invoice"
	"comptoir.example/comptoir/trade/access"
	"comptoir.example/comptoir/trade/catalog"
	"comptoir.example/comptoir/trade/customer"
	"comptoir.example/comptoir/trade/order"
	"comptoir.example/comptoir/trade/price"
	"comptoir.example/comptoir/web"
	"comptoir.example/comptoir/web/ui"
)

// world is a small shop with two companies, spoken to over HTTP.
type world struct {
	*testing.T
	db     *db.DB
	site   *web.Site
	url    string
	tokens map[string]string
}

const password = "correct-cheval-pile-agrafe"

var hash = sync.OnceValues(func() (string, error) { return access.HashPassword(password) })

var words = i18n.MustLoad(ui.Text, web.Text, Text)

// onBoth runs a story on both engines, in a shop that is open.
func onBoth(t *testing.T, story func(w *world)) {
	dbtest.Each(t, migrations.Files, func(t *testing.T, d *db.DB) {
		merchant := customer.Merchant{Conn: "books", Name: "Fixtures", Currency: "CAD", Rounding: money.Rounding{Mode: money.HalfUp, Level: money.PerDocument, PriceDigits: 4}, Zone: time.UTC}
		box := outbox.New(d, "test")
		box.On(outbox.Route{Fact: "order.placed", Consumer: "erp.push-order", Where: func(f outbox.Fact) (string, string) {
			return f.(order.Placed).Conn, f.(order.Placed).Customer
		}})
		engine := erpsync.New(box, nil, merchant, erpsync.Policy{})
		site := &web.Site{DB: d, Engine: engine, Words: words, Log: slog.New(slog.NewTextHandler(t.Output(), nil))}
		mux := http.NewServeMux()
		Mount(mux, site)
		site.Mount(mux, web.Get("/page", access.Member, web.None, func(w http.ResponseWriter, r *web.Request) error {
			return fmt.Errorf("a page for %s", r.Actor.Name)
		}))
		site.SignInPage = func(w http.ResponseWriter, _ *web.Request, _ *web.Resumed) error { w.WriteHeader(401); return nil }
		server := httptest.NewServer(mux)
		t.Cleanup(server.Close)
		w := &world{t, d, site, server.URL, map[string]string{}}
		w.fill(merchant)
		story(w)
	})
}

func (w *world) write(f func(ctx context.Context, tx *db.Tx) error) {
	w.Helper()
	if err := w.db.Write(context.Background(), func(tx *db.Tx) error { return f(context.Background(), tx) }); err != nil {
		w.Fatal(err)
	}
}

// says is the ERP telling something.
func (w *world) says(records ...erp.Record) {
	w.Helper()
	w.write(func(ctx context.Context, tx *db.Tx) (err error) {
		for _, rec := range records {
			rec.Kind = rec.Body.Kind()
			switch rec.Body.(type) {
			case erp.Customer, erp.Address, erp.DeliveryMethod:
				err = customer.Replicate(ctx, tx, "books", rec)
			case erp.Item, erp.Unit, erp.Stock:
				err = catalog.Replicate(ctx, tx, "books", rec)
			case erp.Price, erp.Tax, erp.TaxCase:
				err = price.Replicate(ctx, tx, "books", rec)
			case erp.Order, erp.Shipment:
				err = order.Replicate(ctx, tx, w.site.Engine.Merchant(), rec)
			case erp.Invoice:
				err = invoice.Replicate(ctx, tx, "books", rec)
			}
			if err == nil {
				err = asof.Confirm(ctx, tx, "books", string(rec.Kind), tx.Now)
			}
			if err != nil {
				return err
			}
		}
		return nil
	})
}

func both(s string) erp.Text { return erp.Text{FR: s, EN: s + " (en)"} }

func ladder(item string, breaks ...erp.Break) erp.Record {
	return erp.Record{ID: "P" + item, Body: erp.Price{PriceList: "L", Item: item, Currency: "CAD", Breaks: breaks}}
}

func (w *world) fill(m customer.Merchant) {
	freight := money.Must("15")
	w.says(
		erp.Record{ID: "pickup", Body: erp.DeliveryMethod{Name: both("Cueillette")}},
		erp.Record{ID: "truck", Body: erp.DeliveryMethod{Name: both("Camion"), Freight: &freight, ItemTax: "std"}},
		erp.Record{ID: "u", Body: erp.Unit{Name: both("Unité"), Symbol: "u"}},
		erp.Record{ID: "kg", Body: erp.Unit{Name: both("Kilogramme"), Symbol: "kg", Digits: 2}},
		erp.Record{ID: "tps", Body: erp.Tax{Name: both("TPS 5 %"), Rate: money.Must("0.05")}},
		erp.Record{ID: "tvq", Body: erp.Tax{Name: both("TVQ 9,975 %"), Rate: money.Must("0.09975")}},
		erp.Record{ID: "c", Body: erp.TaxCase{ItemTax: "std", Taxes: []string{"tps", "tvq"}}},
		erp.Record{ID: "1", No: "C1", Body: erp.Customer{Name: "Rivard", Currency: "CAD", PriceList: "L", Status: "active"}},
		erp.Record{ID: "2", No: "C2", Body: erp.Customer{Name: "Autre", Currency: "CAD", PriceList: "L", Status: "active"}},
		erp.Record{ID: "a1", Body: erp.Address{Customer: "1", Name: "Chantier", Street: "1, rue A", City: "Laval", Postal: "H7N 1A1", Country: "CA", ShipTo: true}},
		erp.Record{ID: "a2", Body: erp.Address{Customer: "2", Street: "2, rue B", City: "Laval", ShipTo: true}},
		ladder("A", erp.Break{From: money.Int(0), Price: money.Must("10.00")}, erp.Break{From: money.Int(5), Price: money.Must("9.50")}),
		ladder("B", erp.Break{From: money.Int(0), Price: money.Must("2.125")}),
		erp.Record{ID: "s1", Body: erp.Stock{Item: "A", Place: both("Laval"), OnHand: money.Must("12.0"), Available: money.Must("7")}})
	for i, unit := range []string{"u", "kg", "u", "u", "u"} {
		id := string(rune('A' + i))
		w.says(erp.Record{ID: id, Body: erp.Item{SKU: "PRD-" + id, Name: both("Produit " + id), Category: "f" + unit, Unit: unit, ItemTax: "std", Type: "goods", Status: "active"}})
	}
	for who, person := range map[string]struct {
		code string
		role access.Role
	}{"rivard": {"C1", access.CompanyAdmin}, "autre": {"C2", access.CompanyAdmin}, "approver": {"C1", access.Approver}} {
		w.write(func(ctx context.Context, tx *db.Tx) error {
			c, err := customer.ByCode(ctx, tx, m.Conn, person.code)
			if err != nil {
				return err
			}
			secret, err := hash()
			if err != nil {
				return err
			}
			_, err = access.Invite(ctx, tx, outbox.By{Actor: "test"}, access.NewPerson{Email: who + "@example.ca", Name: who, Customer: c.ID, Lang: i18n.FR, Roles: []access.Role{person.role}}, secret)
			return err
		})
	}
}

// answer is what the API said.
type answer struct {
	t      *testing.T
	Status int
	Header http.Header
	Text   string
}

// call makes a call as somebody ("" is nobody). More headers are "Name: value".
func (w *world) call(who, method, path string, body any, headers ...string) answer {
	w.Helper()
	var content io.Reader
	switch body := body.(type) {
	case nil:
	case string:
		content = strings.NewReader(body)
	default:
		text, err := json.Marshal(body)
		if err != nil {
			w.Fatal(err)
		}
		content = bytes.NewReader(text)
	}
	r, err := http.NewRequest(method, w.url+path, content)
	if err != nil {
		w.Fatal(err)
	}
	if content != nil {
		r.Header.Set("Content-Type", "application/json")
	}
	if who != "" {
		r.Header.Set("Authorization", "Bearer "+w.token(who))
	}
	for _, h := range headers {
		name, value, _ := strings.Cut(h, ": ")
		r.Header.Set(name, value)
	}
	res, err := http.DefaultTransport.RoundTrip(r)
	if err != nil {
		w.Error(err)
		return answer{t: w.T}
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	if err != nil {
		w.Error(err)
	}
	return answer{w.T, res.StatusCode, res.Header, string(text)}
}

func (w *world) token(who string) string {
	w.Helper()
	if w.tokens[who] == "" {
		a := w.call("", "POST", "/v1/tokens", map[string]string{"email": who + "@example.ca", "password": password}).want(201)
		w.tokens[who] = a.at("token")
	}
	return w.tokens[who]
}

func (a answer) want(status int) answer {
	a.t.Helper()
	if a.Status != status {
		a.t.Fatalf("got %d, want %d: %s", a.Status, status, a.Text)
	}
	if status >= 400 && a.Header.Get("Content-Type") != "application/problem+json" {
		a.t.Fatalf("a %d is no problem but %s: %s", status, a.Header.Get("Content-Type"), a.Text)
	}
	if a.Header.Get("Content-Security-Policy") == "" || a.Header.Get("Cache-Control") != "private, no-store" {
		a.t.Fatalf("headers of every answer are missing: %v", a.Header)
	}
	return a
}

// at is the value at a path of names and places, "" when there is none.
func (a answer) at(path string) string {
	a.t.Helper()
	var v any
	d := json.NewDecoder(strings.NewReader(a.Text))
	d.UseNumber()
	if err := d.Decode(&v); err != nil {
		a.t.Fatalf("%v: %s", err, a.Text)
	}
	for name := range strings.SplitSeq(path, ".") {
		switch at := v.(type) {
		case map[string]any:
			v = at[name]
		case []any:
			var i int
			if _, err := fmt.Sscan(name, &i); err != nil || i >= len(at) {
				return ""
			}
			v = at[i]
		}
	}
	if v == nil {
		return ""
	}
	return fmt.Sprint(v)
}

// has checks values by path: path, value, path, value …
func (a answer) has(pairs ...string) answer {
	a.t.Helper()
	for i := 0; i < len(pairs); i += 2 {
		if got := a.at(pairs[i]); got != pairs[i+1] {
			a.t.Errorf("%s is %q, want %q in %s", pairs[i], got, pairs[i+1], a.Text)
		}
	}
	return a
}
