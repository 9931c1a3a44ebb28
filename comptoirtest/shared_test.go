package comptoirtest_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"comptoir.example/comptoir/app"
	"comptoir.example/comptoir/base/db"
	"comptoir.example/comptoir/base/db/dbtest"
	"comptoir.example/comptoir/comptoirtest"
	"comptoir.example/comptoir/trade/access"
	"comptoir.example/comptoir/web"
)

// Every route of the faces passes the same exercises: nobody signed in, a role
// without the right, another company's object, an id that never was, and both
// languages. What is expected is derived from what each route declares.

// people who hold every permission between them, and what they are.
var exercised = []struct {
	email string
	role  access.Role
	staff bool
}{
	{"buyer@rivard.example", access.Buyer, false}, {"approver@rivard.example", access.Approver, false}, {"payer@rivard.example", access.Payer, false},
	{"admin@rivard.example", access.CompanyAdmin, false}, {"buyer@greatlakes.example", access.Buyer, false}, {"admin@greatlakes.example", access.CompanyAdmin, false},
	{"finance@boreale.example", access.Finance, true}, {"marketing@boreale.example", access.Marketing, true}, {"auditor@boreale.example", access.Auditor, true},
}

func TestEveryRouteAsksForItsPermission(t *testing.T) {
	connector, _ := startBooks(t)
	_, shop := open(t, "sqlite", connector)
	order, invoice := rivards(t, shop)
	nobody := comptoirtest.Visit(t, shop)
	nobody.Client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	for _, route := range app.Routes() {
		path := address(route, order, invoice)
		if route.May != access.Anyone {
			if route.Method == "GET" {
				nobody.Try(path)
				if nobody.Status != http.StatusSeeOther || !strings.HasPrefix(nobody.Header.Get("Location"), "/signin?return=") {
					t.Errorf("GET %s without signing in: %d to %q", path, nobody.Status, nobody.Header.Get("Location"))
				}
			} else if status := post(nobody, path, ""); status != http.StatusUnauthorized {
				t.Errorf("POST %s without signing in: %d, want 401 and the form kept", path, status)
			}
		}
	}
	for _, person := range exercised {
		v := comptoirtest.Visit(t, shop).SignIn(person.email, app.DemoPassword)
		csrf := token(v)
		v.Client.CheckRedirect = nobody.Client.CheckRedirect
		for _, route := range app.Routes() {
			if route.Path == "/signout" || route.Path == "/signin" || route.Path == "/preferences" {
				continue
			}
			path := address(route, order, invoice)
			allowed := access.Actor{Person: "x", Roles: []access.Role{person.role}}.Can(route.May)
			var status int
			if route.Method == "GET" {
				v.Try(path)
				status = v.Status
			} else {
				status = post(v, path, csrf)
			}
			switch {
			case status >= 500:
				t.Errorf("%s %s for %s: %d\n%s", route.Method, path, person.email, status, v.Text())
			case !allowed && status != http.StatusForbidden:
				t.Errorf("%s %s for %s (%s): %d, want 403", route.Method, path, person.email, route.May, status)
			case allowed && status == http.StatusForbidden:
				t.Errorf("%s %s is refused to %s, who holds %s", route.Method, path, person.email, route.May)
			case !allowed && !v.Sees("403") && !v.Sees("permission") && !v.Sees("droit"):
				t.Errorf("%s %s for %s does not say which right is missing:\n%s", route.Method, path, person.email, v.Text())
			}
		}
	}
}

// Another company's object answers exactly as one that never was: status, body
// and headers.
func TestAnotherCompanysObjectIsLikeAMissingOne(t *testing.T) {
	for _, engine := range dbtest.Engines {
		t.Run(engine, func(t *testing.T) {
			connector, _ := startBooks(t)
			_, shop := open(t, engine, connector)
			order, invoice := rivards(t, shop)
			v := comptoirtest.Visit(t, shop).SignIn("admin@greatlakes.example", app.DemoPassword)
			never := "01a20ab3-18bc-77a3-9580-5c33df9799b6"
			for _, pair := range [][2]string{{"/orders/" + order, "/orders/" + never}, {"/invoices/" + invoice, "/invoices/" + never},
				{"/orders/" + order + "?part=status", "/orders/" + never + "?part=status"}, {"/invoices/" + invoice, "/invoices/%20"},
				{"/invoices/" + invoice + "/pdf", "/invoices/" + never + "/pdf"}} {
				var seen [2]string
				for i, path := range pair {
					v.Try(path)
					body := strings.ReplaceAll(strings.ReplaceAll(v.Body, strings.TrimPrefix(path, "/"), "PATH"), v.Header.Get("X-Request-Id"), "ID")
					for _, id := range []string{order, invoice, never, "%20"} {
						body = strings.ReplaceAll(body, id, "ID")
					}
					h := v.Header.Clone()
					h.Del("X-Request-Id")
					h.Del("Date")
					h.Del("Content-Length")
					seen[i] = fmt.Sprint(v.Status, h, body)
				}
				if !strings.HasPrefix(seen[0], "404") || seen[0] != seen[1] {
					t.Errorf("%s differs from %s:\n%s\n\n%s", pair[0], pair[1], seen[0], seen[1])
				}
			}
		})
	}
}

// A session that ended while somebody filled a form: the form is not lost.
func TestAFormWhoseSessionEndedIsKept(t *testing.T) {
	connector, _ := startBooks(t)
	a, shop := open(t, "sqlite", connector)
	s := &comptoirtest.Story{T: t, Shop: shop, ERP: connector, PO: "BC-1", Waits: 5 * time.Second}
	s.Enter()
	s.Fill()
	f := s.Buyer.Get("/checkout").Form("/orders").Set("po_number", "BC-7791").Set("comment", "Quai no 2").Set("act", "place")
	if err := a.DB.Write(t.Context(), func(tx *db.Tx) error { _, err := tx.Exec(t.Context(), endSessions); return err }); err != nil {
		t.Fatal(err)
	}
	v := f.Send()
	if v.Status != http.StatusUnauthorized {
		t.Fatalf("an ended session answers %d", v.Status)
	}
	v.Form("/signin").Set("email", "buyer@rivard.example").Set("password", app.DemoPassword).Send()
	v.Form("/orders").Send()
	if v.Status != http.StatusOK || !strings.HasPrefix(v.URL.Path, "/orders/") {
		t.Fatalf("the form did not go on: %d %s\n%s", v.Status, v.URL, v.Text())
	}
	v.MustSee("BC-7791", "Quai no 2")
}

var endSessions = db.SQL("shared_test.end_sessions", `DELETE FROM session`)

// rivards makes Rivard an order and finds one of its invoices.
func rivards(t *testing.T, shop string) (order, invoice string) {
	t.Helper()
	v := comptoirtest.Visit(t, shop).SignIn("admin@rivard.example", app.DemoPassword)
	for _, href := range v.Get("/orders").Links() {
		if id, is := strings.CutPrefix(href, "/orders/"); is && order == "" {
			order = id
		}
	}
	for _, href := range v.Get("/invoices").Links() {
		if id, is := strings.CutPrefix(href, "/invoices/"); is && invoice == "" {
			invoice = id
		}
	}
	if order == "" || invoice == "" {
		t.Fatalf("Rivard has order %q, invoice %q", order, invoice)
	}
	return order, invoice
}

// address fills a route's path with objects of Rivard's.
func address(r web.Route, order, invoice string) string {
	id := order
	if strings.HasPrefix(r.Path, "/invoices") {
		id = invoice
	}
	if strings.HasPrefix(r.Path, "/cart") {
		id = "01a20ab3-18bc-77a3-9580-5c33df9799b6"
	}
	return strings.NewReplacer("{id}", id, "{sku}", "PRD-012", "{seq}", "999999", "{gateway}", "simulator", "{link}", "01a20ab3-18bc-77a3-9580-5c33df9799b6", "{token}", strings.Repeat("x", 43), "{$}", "").Replace(r.Path)
}

func post(v *comptoirtest.Visitor, path, csrf string) int {
	f := v.Blank(path).Set("csrf", csrf)
	if err := f.TrySend(); err != nil {
		v.T.Fatal(err)
	}
	return v.Status
}

func token(v *comptoirtest.Visitor) string {
	return v.Form("/preferences").Values.Get("csrf")
}
