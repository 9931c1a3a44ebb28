package comptoirtest_test

import (
	"bytes"
	"fmt"
	"log/slog"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"comptoir.example/comptoir/app"
	"comptoir.example/comptoir/base/db"
	"comptoir.example/comptoir/base/pan"
	"comptoir.example/comptoir/comptoirtest"
	"comptoir.example/comptoir/finance/payment"
	"comptoir.example/comptoir/gateway/gatewaytest"
	"comptoir.example/comptoir/gateway/simulator"
)

// typed is a card number as people type it; no page keeps it.
const typed = "4242 4242 4242 4242"

// Money was taken in every way, kept, given back and disputed, and a card number was
// typed into every field of every page on the way: it is in no table, no letter, no
// line of the log and no document of the ERP. One that is planted is found.
func TestNoCardNumberIsKeptAnywhere(t *testing.T) {
	eachTill(t, 4, func(t *testing.T, till *comptoirtest.Till) {
		var log bytes.Buffer
		till.Site.Log = slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))
		b := openBack(t, till, 10000)
		credit, _ := b.credit(3000)
		if err := app.SeedPeople(till.Ctx, till.DB); err != nil {
			t.Fatal(err)
		}
		shop := httptest.NewServer(till.Mux)
		t.Cleanup(shop.Close)

		// A saved card, a letter, a refund, a dispute.
		for _, i := range []string{till.ERP.Invoice("c1", 5000, "2026-12-01"), till.ERP.Invoice("c1", 6000, "2026-12-01")} {
			till.Pull()
			for _, owed := range b.Owes(b.who) {
				if owed.ERP == i {
					p, err := b.Pays(b.who, payment.Wish{Save: true, Lines: []payment.WishLine{comptoirtest.Part(owed, 2000)}})
					if err != nil {
						t.Fatal(err)
					}
					till.Settle()
					if _, err := till.Clerk.Pay(till.Ctx, till.Stands(p.ID).Attempts[0].URL, simulator.Approved); err != nil {
						t.Fatal(err)
					}
					till.Settle()
					if _, err := sends(till, b.who, owed.ID, "ap@rivard.example"); err != nil {
						t.Fatal(err)
					}
				}
			}
		}
		if _, err := b.gives(payment.RefundWish{Credit: credit, Attempt: b.paid.Attempts[0].ID, Amount: cad(1000)}); err != nil {
			t.Fatal(err)
		}
		till.Settle()
		b.act("disputes", url.Values{"name": {b.paid.Attempts[0].ID}, "amount": {"20.00"}})
		till.Settle()
		till.Pull()

		fields := 0
		for who, pages := range map[string][]string{
			"payer@rivard.example":    {"/invoices", "/statement", "/payment-methods"},
			"buyer@rivard.example":    {"/catalogue", "/cart", "/orders"},
			"finance@boreale.example": {"/desk/orders", "/desk/refunds/new?credit=" + credit, "/desk/tasks", "/desk/parity", "/desk/exchange"},
		} {
			v := comptoirtest.Visit(t, shop.URL).SignIn(who, app.DemoPassword)
			if who == "payer@rivard.example" {
				for _, i := range b.Owes(b.who) {
					pages = append(pages, "/invoices/"+i.ID, "/payments/new?invoice="+i.ID)
				}
			}
			if who == "finance@boreale.example" {
				for _, href := range v.Get("/desk/tasks").Links() {
					if strings.HasPrefix(href, "/desk/tasks/") {
						pages = append(pages, href)
					}
				}
			}
			for _, page := range pages {
				for _, f := range v.Get(page).Forms() {
					for name := range f.Values {
						again := *f
						again.Values = url.Values{}
						for k, values := range f.Values {
							again.Values[k] = values
						}
						if err := again.Set(name, typed).TrySend(); err != nil {
							t.Fatal(err)
						}
						fields++
						if v.Status != 422 && v.Status != 400 || strings.Contains(v.Body, typed) {
							t.Errorf("%s, %s of %s: %d", page, name, f.Action, v.Status)
						}
					}
				}
			}
		}
		if fields < 40 {
			t.Errorf("only %d fields were tried", fields)
		}
		till.Settle()

		where := func() (found []string) {
			look := func(place, text string) {
				for range gatewaytest.CardNumbers(text) {
					found = append(found, place)
				}
			}
			till.Read(func(tx *db.Tx) error {
				columns, err := db.Columns(till.Ctx, tx)
				for _, c := range columns {
					every := db.SQL(fmt.Sprintf("scan_test.%s.%s.%s", till.DB.Engine(), c.Table, c.Name), fmt.Sprintf(`SELECT CAST("%s" AS TEXT) FROM "%s" WHERE "%s" IS NOT NULL`, c.Name, c.Table, c.Name))
					values, err := db.All(till.Ctx, tx, every, db.Value[string])
					if err != nil {
						return err
					}
					for _, value := range values {
						if number := strings.Trim(value, "0123456789") == ""; !number || pan.In(value) { // a moment in microseconds may end with a check digit
							look(c.Table+"."+c.Name, value)
						}
					}
				}
				return err
			})
			for _, l := range till.Post.Letters() {
				look("letter", fmt.Sprintf("%+v", l))
			}
			look("log", log.String())
			look("ERP", fmt.Sprintf("%+v", till.ERP.Receipts()))
			return found
		}
		if found := where(); len(found) > 0 {
			t.Errorf("card numbers in %v", found)
		}
		if len(till.Post.Letters()) < 2 || !strings.Contains(log.String(), "card number refused") {
			t.Error("nothing to look through")
		}
		till.Write(func(tx *db.Tx) error {
			return payment.Raise(till.Ctx, tx, "unapplied", "", typed, cad(1))
		})
		till.Site.Log.Info("planted", "number", strings.ReplaceAll(typed, " ", ""))
		if found := where(); len(found) != 2 {
			t.Errorf("two were planted, found %v", found)
		}
	})
}
