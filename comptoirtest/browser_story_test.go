package comptoirtest_test

import (
	"context"
	"os"
	"strings"
	"testing"
	"time"

	"comptoir.example/comptoir/app"
	"comptoir.example/comptoir/base/db/dbtest"
	"comptoir.example/comptoir/base/i18n"
	"comptoir.example/comptoir/base/money"
	"comptoir.example/comptoir/comptoirtest"
	"comptoir.example/comptoir/erp"
	"comptoir.example/comptoir/erp/books"
	"comptoir.example/comptoir/erp/erptest"
)

// The story of the shop in a browser with script on: nobody reloads a page to
// see what the ERP did.
func TestTheStoryInTheBrowserWithBooks(t *testing.T) {
	needBrowser(t)
	onEngines(t, "sqlite", func(t *testing.T, engine string) {
		connector, clerk := startBooks(t)
		_, shop := open(t, engine, connector)
		told, story := tellInBrowser(t, shop, connector, clerk, 10*time.Second)
		payInBrowser(t, story)
		changesAreSeen(t, told, clerk, 2*time.Second)
		outageIsSeen(t, told, clerk)
	})
}

func TestTheStoryInTheBrowserWithTryton(t *testing.T) {
	needBrowser(t)
	onEngines(t, "postgres", func(t *testing.T, engine string) {
		connector, clerk := startTryton(t)
		_, shop := open(t, engine, connector)
		told, story := tellInBrowser(t, shop, connector, clerk, 60*time.Second)
		payInBrowser(t, story)
		changesAreSeen(t, told, clerk, 5*time.Second)
	})
}

// onEngines runs a test on the engine that make test takes, and in make prove on
// the other one too.
func onEngines(t *testing.T, first string, test func(t *testing.T, engine string)) {
	for _, engine := range dbtest.Engines {
		if engine == first || os.Getenv("COMPTOIR_PROVE") != "" {
			t.Run(engine, func(t *testing.T) { test(t, engine) })
		}
	}
}

// wide is the window most people at a desk have.
var wide = Look{Width: 1280}

// mark is left in a page and gone after a reload.
const mark = "document.documentElement.dataset.same = 'page'"

func notReloaded(t *testing.T, b *Tab) {
	t.Helper()
	if eval[string](b, "document.documentElement.dataset.same ?? ''") != "page" {
		t.Error("the page was reloaded: what it shows did not come by itself")
	}
}

func tellInBrowser(t *testing.T, shop string, connector erp.Connector, clerk erptest.Clerk, waits time.Duration) (*Tab, *comptoirtest.Story) {
	t.Helper()
	ctx := context.Background()
	b := openTab(t, shop, wide)
	b.SignIn("buyer@rivard.example").Shows("Construction Rivard")
	if lang := eval[string](b, "document.documentElement.lang"); lang != string(i18n.FR) {
		t.Errorf("the first page speaks %s", lang)
	}

	// Step 1: found by part of its code or name, at the customer's own prices.
	b.Type("#q", "perceuse").Enter().Shows("PRD-012", "Perceuse sans fil 18 V", "179,55 $")
	b.Type("#q", "prd-01").Enter().Shows("PRD-012")
	b.Press(`a.pname[href="/products/PRD-012"]`)
	b.Shows("179,55 $", "170,10 $", "160,65 $", "80 en stock", "Selon l’ERP")
	b.Type("form[action='/cart/lines'] [name=quantity]", "5").Enter()
	b.Go("/products/PRD-001").Type("form[action='/cart/lines'] [name=quantity]", "2").Enter()
	b.Go("/cart").Shows("PRD-012", "PRD-001", "872,10 $").Press(".counter .brass")
	b.Shows("Chantier Laval", "Transport Boréal", "872,10 $", "18,00 $", "TPS 5 %", "44,50 $", "TVQ 9,975 %", "88,79 $", "1 023,39 $")

	// A second tab has the same cart open; then a double click, a reload of what
	// followed, and the key of the second tab: one order.
	second := b.Another(wide).Go("/checkout")
	second.Type("#po_number", "BC-7790")
	b.Type("#po_number", "BC-7790").DoublePress(".counter .brass")
	path, _, _ := strings.Cut(b.Path(), "?")
	if !strings.HasPrefix(path, "/orders/") {
		t.Fatalf("no order: %s\n%s", b.Path(), b.Text())
	}
	placed := time.Now()
	b.Reload()
	second.Press(".counter .brass")
	if at, _, _ := strings.Cut(second.Path(), "?"); at != path {
		t.Errorf("the second tab led to %s, not to %s", second.Path(), path)
	}

	// Step 2: its number comes by itself.
	eval[string](b, mark)
	s := &comptoirtest.Story{T: t, Shop: shop, ERP: connector, Clerk: clerk, PO: "BC-7790", Waits: waits, Path: path}
	s.Buyer = comptoirtest.Visit(t, shop).SignIn("buyer@rivard.example", app.DemoPassword)
	s.Arrive()
	b.Within(waits, s.There.Number, "Totaux de l’ERP")
	t.Logf("placed to number on the page: %v", time.Since(placed).Round(10*time.Millisecond))

	// Step 3: so does what the clerk does.
	act := func(what string, f func() error, words ...string) {
		t.Helper()
		if err := f(); err != nil {
			t.Fatal(err)
		}
		took := b.Within(waits, words...)
		t.Logf("%s, seen after %v", what, took.Round(10*time.Millisecond))
	}
	part := map[string]money.Decimal{s.Line("170.1"): money.Int(3), s.Line("10.8"): money.Int(2)}
	act("part shipped", func() error { return clerk.ShipPart(ctx, s.There.ID, part) }, "Expédiée partiellement", "2 en attente")
	b.Await(waits, "one line is back-ordered, one has left", func() bool { return b.Sees("Tout est expédié", "2 en attente") })
	if err := clerk.ShipRest(ctx, s.There.ID); err != nil {
		t.Fatal(err)
	}
	took := b.Await(waits, "nothing is back-ordered", func() bool { return !b.Sees("2 en attente") })
	t.Logf("the rest shipped, seen after %v", took.Round(10*time.Millisecond))
	act("invoices posted", func() error { return clerk.PostInvoice(ctx, s.There.ID) }, "Facturée", "632,25 $", "391,14 $")
	notReloaded(t, b)

	// Who may see invoices sees them as the ERP wrote them.
	admin := openTab(t, shop, wide).SignIn("admin@rivard.example")
	admin.Go(path)
	for _, figures := range [][]string{
		{"632,25 $", "549,90 $", "TPS 5 %", "27,50 $", "TVQ 9,975 %", "54,85 $"},
		{"391,14 $", "340,20 $", "TPS 5 %", "17,01 $", "TVQ 9,975 %", "33,93 $"},
	} {
		admin.Go(path)
		at := eval[string](admin, `[...document.querySelectorAll("table.inv tbody tr")].find((r) => r.innerText.replaceAll("\u00a0", " ").includes("`+figures[0]+`"))?.querySelector("a").getAttribute("href") ?? ""`)
		if !strings.HasPrefix(at, "/invoices/") {
			t.Fatalf("no invoice of %s on the order's page: %s", figures[0], admin.Text())
		}
		admin.Go(at).Shows(append(figures, "F2026-", "BC-7790", "Échéance", "Solde")...)
	}
	return b, s
}

// changesAreSeen is step 4: a price and a stock level, changed in the ERP, on a
// page that stays open.
func changesAreSeen(t *testing.T, b *Tab, clerk erptest.Clerk, limit time.Duration) {
	t.Helper()
	ctx := context.Background()
	b.Go("/products/PRD-014")
	eval[string](b, mark)
	// Rivard pays what its list makes of the price, so any other figure will do.
	ladder := `document.querySelector("#prix").innerText`
	stock := `document.querySelector("#stock tbody").innerText`
	for _, change := range []struct {
		what, part string
		do         func() error
	}{
		{"a price", ladder, func() error { return clerk.ChangePrice(ctx, "PRD-014", money.Must("333.33")) }},
		{"a stock level", stock, func() error { return clerk.SetStock(ctx, "PRD-014", money.Int(4321)) }},
	} {
		before := eval[string](b, change.part)
		if err := change.do(); err != nil {
			t.Fatal(err)
		}
		took := b.Await(patience, change.what+" of the ERP on the page", func() bool {
			now, err := tryEval[string](b, change.part)
			return err == nil && now != before
		})
		t.Logf("%s, seen after %v", change.what, took.Round(10*time.Millisecond))
		if took > limit {
			t.Errorf("%s was seen after %v, want %v", change.what, took, limit)
		}
	}
	b.Shows("4 321")
	notReloaded(t, b)
}

// outageIsSeen is step 5: the ERP stops, selling goes on and every page says how
// old its figures are, and on its return all is well without anybody's help.
func outageIsSeen(t *testing.T, b *Tab, clerk *books.Clerk) {
	t.Helper()
	ctx := context.Background()
	if err := clerk.Stop(ctx); err != nil {
		t.Fatal(err)
	}
	stopped := time.Now()
	b.Go("/products/PRD-012").Shows("179,55 $", "Selon l’ERP")
	b.Type("form[action='/cart/lines'] [name=quantity]", "1").Enter()
	b.Go("/checkout").Shows("179,55 $", "estim")
	b.Type("#po_number", "BC-7791").Press(".counter .brass")
	b.Shows("L’ERP ne répond pas; la commande attend depuis", "Totaux estimés")
	eval[string](b, mark)

	desk := openTab(t, b.Base, wide).SignIn("finance@boreale.example").Go("/desk/exchange")
	eval[string](desk, mark)
	number := strings.Fields(strings.TrimPrefix(eval[string](b, "document.querySelector('h1').innerText"), "Commande"))[0]
	desk.Shows(number, "En attente depuis", "1 message attend", "ne répond pas depuis")
	t.Logf("the desk shows what waits %v after the ERP stopped", time.Since(stopped).Round(10*time.Millisecond))

	if err := clerk.Start(ctx); err != nil {
		t.Fatal(err)
	}
	took := b.Within(patience, "Acceptée", "ERP CMD-")
	t.Logf("the ERP is back, the order is there after %v", took.Round(10*time.Millisecond))
	desk.Await(patience, "nothing waits at the desk", func() bool { return !desk.Sees(number) && desk.Sees("Aucun message à traiter") })
	notReloaded(t, b)
	notReloaded(t, desk)
}
