package api

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"

	"comptoir.example/comptoir/base/db"
	"comptoir.example/comptoir/base/money"
	"comptoir.example/comptoir/erp"
	"comptoir.example/comptoir/trade/access"
	"comptoir.example/comptoir/trade/customer"
)

// lines are lines of an order: sku, quantity, sku, quantity …
func lines(pairs ...string) (list []NewLine) {
	for i := 0; i < len(pairs); i += 2 {
		list = append(list, NewLine{SKU: pairs[i], Quantity: pairs[i+1]})
	}
	return list
}

func wish(l []NewLine) NewOrder {
	return NewOrder{ShipTo: "a1", DeliveryMethod: "truck", PONumber: "BC-1", Lines: l}
}

func TestATokenOpensTheAPIAndACookieDoesNot(t *testing.T) {
	onBoth(t, func(w *world) {
		token := w.token("rivard")
		w.call("rivard", "GET", "/v1/products", nil).want(200)
		unknown := w.call("", "POST", "/v1/tokens", `{"email":"nobody@example.ca","password":"x"}`).want(401)
		wrong := w.call("", "POST", "/v1/tokens", `{"email":"rivard@example.ca","password":"x"}`).want(401)
		unknown.has("code", "access.wrong_password", "detail", wrong.at("detail"), "title", wrong.at("title"))
		w.call("", "GET", "/v1/products", nil).want(401).has("code", "api.no_token")
		w.call("", "GET", "/v1/products", nil, "Authorization: Bearer nothing").want(401).has("code", "api.bad_token")
		w.call("", "GET", "/v1/products", nil, "Authorization: Basic "+token).want(401).has("code", "api.no_token")
		w.call("", "GET", "/v1/products", nil, "Cookie: session="+token).want(401).has("code", "api.no_token")

		cookie, err := access.SignIn(context.Background(), w.db, "rivard@example.ca", password, "test", false)
		if err != nil {
			w.Fatal(err)
		}
		w.call("", "GET", "/v1/products", nil, "Cookie: session="+cookie).want(401)
		w.call("", "GET", "/v1/products", nil, "Authorization: Bearer "+cookie).want(401).has("code", "api.bad_token")
		for _, h := range []string{"Cookie: session=" + token, "Authorization: Bearer " + token} {
			if got := w.call("", "GET", "/page", nil, h).Status; got != 303 {
				w.Errorf("a page opens to a token: %d", got)
			}
		}

		w.call("rivard", "DELETE", "/v1/tokens", nil).want(204)
		w.call("rivard", "GET", "/v1/products", nil).want(401).has("code", "api.bad_token")
	})
}

func TestTenWrongPasswordsLockAnAddressAndSayForHowLong(t *testing.T) {
	onBoth(t, func(w *world) {
		for range 10 {
			w.call("", "POST", "/v1/tokens", `{"email":"nobody@example.ca","password":"x"}`).want(401)
		}
		a := w.call("", "POST", "/v1/tokens", `{"email":"nobody@example.ca","password":"x"}`).want(429).has("code", "access.locked")
		var seconds int
		if _, err := fmt.Sscan(a.Header.Get("Retry-After"), &seconds); err != nil || seconds < 1700 || seconds > 1800 {
			w.Errorf("Retry-After is %q", a.Header.Get("Retry-After"))
		}
	})
}

func TestEveryOperationRefusesWhoMayNot(t *testing.T) {
	onBoth(t, func(w *world) {
		for _, route := range Operations() {
			if route.May == access.Anyone {
				continue
			}
			path := strings.NewReplacer("{id}", "x", "{sku}", "PRD-A").Replace(route.Path)
			w.call("", route.Method, path, nil).want(401)
			if !access.Grants[access.Approver][route.May] && route.May != access.Member {
				a := w.call("approver", route.Method, path, nil).want(403).has("code", "access.denied")
				if !strings.Contains(a.at("detail"), words.Printer("fr-CA", nil).T("permission."+string(route.May))) {
					w.Errorf("the permission is not named: %s", a.Text)
				}
			}
		}
	})
}

func TestProductsAreListedAtTheCompanysPrices(t *testing.T) {
	onBoth(t, func(w *world) {
		a := w.call("rivard", "GET", "/v1/products?q=produit+a", nil).want(200).has("has_more", "false", "data.1", "")
		a.has("data.0.sku", "PRD-A", "data.0.name.fr", "Produit A", "data.0.name.en", "Produit A (en)",
			"data.0.prices.currency", "CAD", "data.0.prices.ladder.0.from", "0", "data.0.prices.ladder.0.unit_price", "10.00",
			"data.0.prices.ladder.1.from", "5", "data.0.prices.ladder.1.unit_price", "9.50",
			"data.0.prices.as_of.source", "erp", "data.0.prices.as_of.stale", "false",
			"data.0.stock.places.0.on_hand", "12", "data.0.stock.places.0.available", "7", "data.0.unit.digits", "0")
		if at := a.at("data.0.stock.as_of.at"); !strings.HasSuffix(at, "Z") {
			w.Errorf("an instant is %q", at)
		}
		w.call("rivard", "GET", "/v1/products/PRD-B", nil).want(200).has("prices.ladder.0.unit_price", "2.125", "unit.symbol", "kg", "stock.places.0", "")
		w.call("rivard", "GET", "/v1/products/PRD-Z", nil).want(404).has("code", "item.not_found")
		w.call("rivard", "GET", "/v1/products?family=fkg", nil).want(200).has("data.0.sku", "PRD-B", "data.1.sku", "")
		w.call("rivard", "GET", "/v1/addresses", nil).want(200).has("data.0.id", "a1", "data.1.id", "")
		w.call("rivard", "GET", "/v1/delivery_methods", nil).want(200).has("data.0.id", "pickup", "data.0.freight", "",
			"data.1.id", "truck", "data.1.freight.minor", "1500", "data.1.freight.currency", "CAD")
	})
}

func TestAListGoesOnWhereItStopped(t *testing.T) {
	onBoth(t, func(w *world) {
		for i := range 5 {
			w.call("rivard", "POST", "/v1/orders", wish(lines("PRD-A", "1")), fmt.Sprintf("Idempotency-Key: k%d", i)).want(201)
		}
		for list, key := range map[string]string{"/v1/products": "sku", "/v1/orders": "id"} {
			seen := map[string]bool{}
			next, parts := list+"?limit=2", 0
			for next != "" {
				a := w.call("rivard", "GET", next, nil).want(200)
				for i := range 2 {
					if id := a.at(fmt.Sprintf("data.%d.%s", i, key)); id != "" {
						seen[id] = true
					}
				}
				link, _, more := strings.Cut(strings.TrimPrefix(a.Header.Get("Link"), "<"), `>; rel="next"`)
				if more != (a.at("has_more") == "true") || more != (a.at("next_cursor") != "") {
					w.Fatalf("has_more, next_cursor and Link disagree: %s", a.Text)
				}
				next, parts = link, parts+1
			}
			if len(seen) != 5 || parts != 3 {
				w.Errorf("%s: %d things in %d parts", list, len(seen), parts)
			}
			w.call("rivard", "GET", list+"?limit=101", nil).want(422).has("errors.0.parameter", "limit", "errors.0.code", "api.too_large")
			w.call("rivard", "GET", list+"?limit=many", nil).want(422).has("errors.0.code", "api.not_whole")
			w.call("rivard", "GET", list+"?starting_after=nonsense", nil).want(422).has("errors.0.parameter", "starting_after", "errors.0.code", "api.bad_cursor")
			w.call("rivard", "GET", list+"?limt=2", nil).want(422).has("errors.0.code", "api.unexpected")
		}
	})
}

// A catalogue changes while somebody walks through it: nothing that stays is left
// out or given twice, also where two items have the same code.
func TestAListOfProductsGoesOnWhereItStoppedWhenItemsGo(t *testing.T) {
	onBoth(t, func(w *world) {
		item := func(id, sku, status string) {
			w.says(erp.Record{ID: id, Body: erp.Item{SKU: sku, Name: both("Produit " + id), Category: "fu", Unit: "u", ItemTax: "std", Type: "goods", Status: status}})
		}
		item("A2", "PRD-A", "active")
		next, seen := "/v1/products?limit=1&q=produit", []string{}
		for next != "" {
			a := w.call("rivard", "GET", next, nil).want(200)
			seen = append(seen, a.at("data.0.name.fr"))
			next, _, _ = strings.Cut(strings.TrimPrefix(a.Header.Get("Link"), "<"), `>; rel="next"`)
			if len(seen) == 3 { // behind us, and where we stand
				item("A", "PRD-A", "blocked")
				item("B", "PRD-B", "blocked")
			}
		}
		if want := "Produit A, Produit A2, Produit B, Produit C, Produit D, Produit E"; strings.Join(seen, ", ") != want {
			w.Errorf("seen: %s", strings.Join(seen, ", "))
		}
		for _, cursor := range []string{encodeCursor("20"), encodeCursor("PRD-A", "A", "x")} { // the first is one of before
			w.call("rivard", "GET", "/v1/products?starting_after="+cursor, nil).want(422).has("errors.0.code", "api.bad_cursor")
		}
		long := strings.Repeat("É", 60) // as long as a code and an id of an ERP can be
		w.call("rivard", "GET", "/v1/products?starting_after="+encodeCursor(long, long), nil).want(200)
	})
}

func TestAnOrderIsPlacedOnceForEachKey(t *testing.T) {
	onBoth(t, func(w *world) {
		body := wish(lines("PRD-A", "5", "PRD-B", "1.5"))
		first := w.call("rivard", "POST", "/v1/orders", body, "Idempotency-Key: one").want(201)
		// 5 × 9.50 + 1.5 × 2.125 = 47.50 + 3.19, freight 15.00: 65.69; 5 % is 3.28, 9.975 % is 6.55.
		first.has("state", "submitted", "po_number", "BC-1", "erp_number", "", "totals.net.minor", "6569", "totals.freight.minor", "1500",
			"totals.taxes.0.amount.minor", "328", "totals.taxes.1.amount.minor", "655", "totals.total.minor", "7552", "totals.estimate", "true",
			"lines.0.sku", "PRD-A", "lines.0.quantity", "5", "lines.0.unit_price", "9.50", "lines.0.amount.minor", "4750",
			"lines.1.quantity", "1.5", "lines.1.amount.minor", "319", "as_of.source", "shop")
		if first.Header.Get("Idempotency-Replayed") != "" || first.Header.Get("Location") != "/v1/orders/"+first.at("id") {
			w.Errorf("headers of the first: %v", first.Header)
		}
		again := w.call("rivard", "POST", "/v1/orders", body, "Idempotency-Key: one").want(201).has("id", first.at("id"))
		if again.Header.Get("Idempotency-Replayed") != "true" || again.Text != first.Text {
			w.Errorf("the repeated answer differs:\n%s\n%s", first.Text, again.Text)
		}
		w.call("rivard", "POST", "/v1/orders", wish(lines("PRD-A", "6")), "Idempotency-Key: one").want(422).has("code", "api.key_reused", "errors.0.parameter", "Idempotency-Key")
		w.call("rivard", "POST", "/v1/orders", body).want(422).has("errors.0.parameter", "Idempotency-Key", "errors.0.code", "api.required")
		w.call("rivard", "POST", "/v1/orders", body, "Idempotency-Key: "+strings.Repeat("x", 256)).want(422).has("errors.0.code", "api.too_long")

		// The key of one person is not another's.
		other := wish(lines("PRD-A", "5"))
		other.ShipTo = "a2"
		if w.call("autre", "POST", "/v1/orders", other, "Idempotency-Key: one").want(201).at("id") == first.at("id") {
			w.Error("two companies share an order")
		}

		var mu sync.Mutex
		ids := map[string]int{}
		replayed := 0
		var all sync.WaitGroup
		for range 8 {
			all.Go(func() {
				a := w.call("rivard", "POST", "/v1/orders", body, "Idempotency-Key: eight")
				mu.Lock()
				defer mu.Unlock()
				if a.Status != 201 {
					w.Errorf("%d %s", a.Status, a.Text)
					return
				}
				ids[a.at("id")]++
				if a.Header.Get("Idempotency-Replayed") == "true" {
					replayed++
				}
			})
		}
		all.Wait()
		if len(ids) != 1 || replayed != 7 {
			w.Errorf("eight calls with one key made %d orders, %d replayed", len(ids), replayed)
		}
		w.call("rivard", "GET", "/v1/orders", nil).want(200).has("data.1.id", first.at("id"), "data.2", "")
	})
}

func TestWhatIsWrongWithAnOrderIsSaidWhereItIs(t *testing.T) {
	onBoth(t, func(w *world) {
		key := 0
		refused := func(o any, status int, pairs ...string) {
			w.Helper()
			key++
			w.call("rivard", "POST", "/v1/orders", o, fmt.Sprintf("Idempotency-Key: k%d", key)).want(status).has(pairs...)
		}
		for quantity, code := range map[string]string{"0": "quantity.not_positive", "-1": "quantity.not_positive", "1.5": "quantity.whole",
			"1000001": "quantity.too_large", strings.Repeat("9", 30): "quantity.too_large", "beaucoup": "quantity.not_a_number", "1e3x": "quantity.not_a_number", "NaN": "quantity.not_a_number"} {
			refused(wish(lines("PRD-B", "1", "PRD-A", quantity)), 422, "code", "order.bad_lines", "errors.0.pointer", "/lines/1/quantity", "errors.0.code", code, "errors.1", "")
		}
		refused(wish(lines("PRD-Z", "1", "PRD-A", "0")), 422, "errors.0.pointer", "/lines/0/sku", "errors.0.code", "item.not_found", "errors.1.pointer", "/lines/1/quantity")
		refused(wish(lines("PRD-C", "1")), 422, "errors.0.pointer", "/lines/0", "errors.0.code", "order.no_price")
		refused(wish(nil), 422, "code", "api.invalid")
		refused(wish([]NewLine{}), 422, "code", "order.lines", "errors.0.pointer", "/lines")
		refused(wish([]NewLine{{"PRD-A", "5", "10.00"}}), 409, "errors.0.pointer", "/lines/0/unit_price", "errors.0.code", "order.price_is")
		refused(wish([]NewLine{{"PRD-A", "5", "ten"}}), 422, "errors.0.pointer", "/lines/0/unit_price", "errors.0.code", "money.not_a_number")
		refused(NewOrder{ShipTo: "a2", DeliveryMethod: "drone", PONumber: strings.Repeat("x", 36), Lines: lines("PRD-A", "1")}, 422, "code", "order.incomplete",
			"errors.0.pointer", "/ship_to", "errors.1.pointer", "/delivery_method", "errors.2.pointer", "/po_number", "errors.2.code", "order.po_too_long")
		w.write(func(ctx context.Context, tx *db.Tx) error { return customer.RequirePO(ctx, tx, "books", "C1", true) })
		refused(NewOrder{ShipTo: "a1", DeliveryMethod: "truck", Lines: lines("PRD-A", "1")}, 422, "errors.0.pointer", "/po_number", "errors.0.code", "order.po_required")
		refused(`{"ship_to":"a1","delivery_method":"truck","lines":[{"sku":"PRD-A","quantity":2,"colour":"red"}]}`, 422,
			"code", "api.invalid", "errors.0.pointer", "/lines/0/quantity", "errors.0.code", "api.not_text", "errors.1.pointer", "/lines/0/colour", "errors.1.code", "api.unexpected")
		refused(`{"ship_to":"a1"}`, 422, "errors.0.code", "api.required", "errors.0.pointer", "/delivery_method", "errors.1.pointer", "/lines")
		refused(`{"ship_to":`, 400, "code", "api.bad_json", "errors", "")
		refused(nil, 400, "code", "api.bad_json")
		refused(`null`, 422, "errors.0.code", "api.not_object")
		refused(strings.Repeat(" ", 1<<20), 413, "code", "api.body_too_large")
		w.call("rivard", "POST", "/v1/orders", `<order/>`, "Idempotency-Key: x", "Content-Type: application/xml").want(415)
		w.call("rivard", "GET", "/v1/orders", nil).want(200).has("data.0", "")

		// A price the caller saw and that holds, and a key whose first try failed.
		ok := wish([]NewLine{{"PRD-A", "5", "9.5"}})
		ok.PONumber = ""
		w.call("rivard", "POST", "/v1/orders", ok, "Idempotency-Key: again").want(422)
		w.write(func(ctx context.Context, tx *db.Tx) error { return customer.RequirePO(ctx, tx, "books", "C1", false) })
		w.call("rivard", "POST", "/v1/orders", ok, "Idempotency-Key: again").want(201)
	})
}

func TestAnOrderIsFollowedUntilItIsInvoiced(t *testing.T) {
	onBoth(t, func(w *world) {
		placed := w.call("rivard", "POST", "/v1/orders", wish(lines("PRD-A", "5")), "Idempotency-Key: one").want(201)
		id := placed.at("id")
		w.write(func(ctx context.Context, tx *db.Tx) error {
			_, err := tx.Exec(ctx, takenByERP, "9", "SO-9")
			return err
		})
		cad := func(minor int64) money.Amount { return money.Amount{Minor: minor, Currency: "CAD"} }
		sums := erp.Totals{Net: cad(4750), Taxes: []erp.TaxLine{{Tax: "tps", Name: both("TPS 5 %"), Base: cad(4750), Amount: cad(238)}, {Tax: "tvq", Name: both("TVQ"), Base: cad(4750), Amount: cad(474)}}, Total: cad(5462)}
		w.says(
			erp.Record{ID: "9", Body: erp.Order{ID: "9", Number: "SO-9", Customer: "1", ShipTo: "a1", State: erp.OrderPartlyShipped, Totals: sums,
				Lines: []erp.OrderLine{{Item: "A", Quantity: money.Int(5), Shipped: money.Int(3), Invoiced: money.Int(3), UnitPrice: money.Must("9.50"), Amount: cad(4750)}}}},
			erp.Record{ID: "s9", Body: erp.Shipment{Number: "BL-9", Orders: []string{"9"}, Date: "2026-11-23", State: "done", Lines: []erp.ShipmentLine{{Item: "A", Quantity: money.Int(3)}}}},
			erp.Record{ID: "i9", Body: erp.Invoice{Number: "F-9", Customer: "1", Orders: []string{"9"}, PONumber: "BC-1", Date: "2026-11-23", Totals: sums, Open: cad(5462), State: "open",
				Due:   []erp.Instalment{{Date: "2999-01-01", Amount: cad(2731)}, {Date: "2999-02-01", Amount: cad(2731)}},
				Lines: []erp.InvoiceLine{{Item: "A", Text: "Produit A", Unit: "u", Quantity: money.Int(5), UnitPrice: money.Must("9.50"), Amount: cad(4750)}, {Text: "Merci"}}}})
		o := w.call("rivard", "GET", "/v1/orders/"+id, nil).want(200)
		o.has("erp_number", "SO-9", "state", "partly_shipped", "totals.estimate", "false", "as_of.source", "erp",
			"lines.0.quantity", "5", "lines.0.shipped", "3", "lines.0.backordered", "2", "lines.0.invoiced", "3",
			"shipments.0.number", "BL-9", "shipments.0.date", "2026-11-23", "shipments.0.lines.0.sku", "PRD-A", "shipments.0.lines.0.quantity", "3",
			"invoices.0.number", "F-9", "invoices.0.open_balance.minor", "5462", "invoices.0.due", "2999-01-01")
		for _, number := range []string{"SO-9", "BC-1", placed.at("reference")} {
			w.call("rivard", "GET", "/v1/orders?number="+number, nil).want(200).has("data.0.id", id)
		}
		w.call("rivard", "GET", "/v1/orders?number=other", nil).want(200).has("data.0", "")

		invoice := o.at("invoices.0.id")
		w.call("rivard", "GET", "/v1/invoices", nil).want(200).has("data.0.id", invoice, "data.0.state", "not_due", "data.0.open_balance.minor", "5462", "data.0.as_of.source", "erp")
		w.call("rivard", "GET", "/v1/invoices/"+invoice, nil).want(200).has("number", "F-9", "po_number", "BC-1", "orders.0.id", id, "orders.0.number", "SO-9",
			"totals.taxes.0.name.fr", "TPS 5 %", "totals.taxes.0.base.minor", "4750", "totals.taxes.1.amount.minor", "474", "total.minor", "5462",
			"due.0.date", "2999-01-01", "due.1.amount.minor", "2731", "lines.0.sku", "PRD-A", "lines.0.unit_name.en", "Unité (en)", "lines.0.unit_price", "9.50", "lines.1.sku", "", "lines.1.text", "Merci")

		// Another company's, one that never was, and what is no id at all: the same.
		for list, mine := range map[string]string{"/v1/orders/": id, "/v1/invoices/": invoice} {
			never := mine[:len(mine)-1] + map[bool]string{true: "0", false: "1"}[!strings.HasSuffix(mine, "0")]
			var shape string
			for _, ask := range []string{mine, never, strings.ToUpper(mine[:4]) + mine[4:], mine[4:], mine + "0", "x", "ord_", mine[:10] + "-" + mine[10:]} {
				a := w.call("autre", "GET", list+ask, nil).want(404)
				same := strings.NewReplacer(a.at("request_id"), "", a.at("instance"), "").Replace(a.Text)
				for name := range a.Header {
					if name != "Date" && name != "X-Request-Id" && name != "Content-Length" {
						same += name + a.Header.Get(name)
					}
				}
				if shape == "" {
					shape = same
				}
				if sorted(same) != sorted(shape) {
					w.Errorf("%s tells more:\n%s\n%s", ask, same, shape)
				}
			}
			w.call("autre", "GET", strings.TrimSuffix(list, "/"), nil).want(200).has("data.0", "")
		}
	})
}

var takenByERP = db.SQL("api.test_taken", `UPDATE sales_order SET erp_id = $1, erp_number = $2, state = 'accepted'`)

// sorted is a text without the order of its letters: headers come in any order.
func sorted(s string) (counts [256]int) {
	for i := range len(s) {
		counts[s[i]]++
	}
	return counts
}

func TestProblemsSpeakTheCallersLanguage(t *testing.T) {
	onBoth(t, func(w *world) {
		ask := func(language string) answer {
			return w.call("rivard", "POST", "/v1/orders", wish(lines("PRD-A", "1.5")), "Idempotency-Key: x", "Accept-Language: "+language).want(422)
		}
		french, english := "Cet article se vend à l’unité entière\u00a0: 1 ou 2.", "This item is sold in whole units: 1 or 2."
		for language, detail := range map[string]string{"": french, "fr": french, "fr-CA": french, "de": french, "en": english, "en-US,fr;q=0.5": english, "fr;q=0.2, en;q=0.9": english} {
			a := ask(language).has("errors.0.detail", detail, "type", "/v1/problems/order.bad_lines", "status", "422", "instance", "/v1/orders")
			if want := map[bool]string{true: "fr-CA", false: "en-CA"}[detail == french]; a.Header.Get("Content-Language") != want {
				w.Errorf("Content-Language is %q", a.Header.Get("Content-Language"))
			}
			if a.at("request_id") == "" || a.at("request_id") != a.Header.Get("X-Request-Id") {
				w.Errorf("request_id is %q, the header %q", a.at("request_id"), a.Header.Get("X-Request-Id"))
			}
		}
		w.call("", "GET", "/v1/problems/quantity.whole", nil, "Accept-Language: en").want(200).has("detail", "This item is sold in whole units: {below} or {above}.")
		w.call("", "GET", "/v1/problems/none", nil).want(404).has("code", "api.no_route")
		for _, path := range []string{"/v1/", "/v1/nothing", "/v1/orders/a/b"} {
			w.call("rivard", "GET", path, nil).want(404).has("code", "api.no_route", "detail", "Il n’y a rien à cette adresse.")
		}
		a := w.call("rivard", "PATCH", "/v1/orders", nil).want(405).has("code", "api.no_method")
		if !strings.Contains(a.Header.Get("Allow"), "POST") {
			w.Errorf("Allow is %q", a.Header.Get("Allow"))
		}
	})
}

func TestWhatIsNoTextIsRefusedAtTheDoor(t *testing.T) {
	onBoth(t, func(w *world) {
		for _, path := range []string{"/v1/products?q=%00", "/v1/products?q=%ff", "/v1/products?q=%zz", "/v1/products/%00", "/v1/orders/ord_%ff"} {
			w.call("rivard", "GET", path, nil).want(400).has("code", "api.bad_text")
		}
		w.call("rivard", "POST", "/v1/orders", wish(lines("PRD-A", "1")), "Idempotency-Key: \xff").want(400).has("code", "api.bad_text")
		for _, body := range []string{`{"email":"a\u0000","password":"x"}`, "{\"email\":\"a\x00\",\"password\":\"x\"}"} {
			w.call("", "POST", "/v1/tokens", body).want(400).has("code", "api.bad_json")
		}
		w.call("", "POST", "/v1/tokens", "{\"email\":\"a\xff\",\"password\":\"x\"}").want(401)
		w.call("rivard", "GET", "/v1/orders?starting_after="+encodeCursor("1", "\x00"), nil).want(422).has("errors.0.code", "api.bad_cursor")
	})
}

func TestKeysAreForgottenAfterSevenDaysAndNotBefore(t *testing.T) {
	onBoth(t, func(w *world) {
		w.call("rivard", "POST", "/v1/orders", wish(lines("PRD-A", "1")), "Idempotency-Key: one").want(201)
		sweep := func(age int64) {
			w.write(func(ctx context.Context, tx *db.Tx) error {
				if _, err := tx.Exec(ctx, ageKeys, tx.Now.Add(-KeepKeys).UnixMicro()-age); err != nil {
					return err
				}
				return Sweep(ctx, tx)
			})
		}
		sweep(0)
		w.call("rivard", "POST", "/v1/orders", wish(lines("PRD-A", "2")), "Idempotency-Key: one").want(422)
		sweep(1)
		w.call("rivard", "POST", "/v1/orders", wish(lines("PRD-A", "2")), "Idempotency-Key: one").want(201)
	})
}

var ageKeys = db.SQL("api.test_age", `UPDATE idempotency SET created = $1`)
