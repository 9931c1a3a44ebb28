package comptoirtest_test

import (
	"encoding/json"
	"os"
	"regexp"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"comptoir.example/comptoir/app"
	"comptoir.example/comptoir/base/db"
	"comptoir.example/comptoir/base/i18n"
	"comptoir.example/comptoir/base/money"
	"comptoir.example/comptoir/comptoirtest"
	"comptoir.example/comptoir/erp/books"
	"comptoir.example/comptoir/finance/payment"
)

// sight is one page in one state, for somebody.
type sight struct {
	name   string
	who    string // e-mail, "" for nobody
	path   string
	status int64 // of the document, when it is not 200
	act    func(*Tab)
	shared bool // another state of a page whose title it has
}

const (
	buyer    = "buyer@rivard.example"
	approver = "approver@rivard.example"
	rivard   = "admin@rivard.example"
	lakes    = "buyer@greatlakes.example"
	finance  = "finance@boreale.example"
	auditor  = "auditor@boreale.example"
	seller   = "marketing@boreale.example"
)

// looks are how every page is looked at. A page takes all of them: in make prove
// in both languages, in make test half of them in each.
var looks = []Look{{Width: 1280}, {Width: 1280, Dark: true}, {Width: 360, Still: true}, {Width: 320, Dark: true}}

// Every page of the three faces, in the states a shop gets into.
func TestEveryPageInTheBrowser(t *testing.T) {
	t.Parallel() // beside what waits for killed processes; no other test with a browser does
	needBrowser(t)
	h := newStates(t)
	h.tour(t, h.whileItAnswers(t))
	h.tour(t, h.whileItIsDown(t))
}

// walk is what a tour needs: the words of both languages, the checks, and a
// browser for each person.
type walk struct {
	shop   string
	words  *i18n.Catalogue
	axe    string
	tabs   map[string]*Tab
	titles map[string]string
}

func newWalk(t *testing.T, shop string) *walk {
	t.Helper()
	words, err := app.Words()
	if err != nil {
		t.Fatal(err)
	}
	axe, err := os.ReadFile("../node_modules/axe-core/axe.min.js")
	if err != nil {
		t.Fatal(err)
	}
	return &walk{shop: shop, words: words, axe: string(axe), tabs: map[string]*Tab{}, titles: map[string]string{}}
}

func (w *walk) tab(t *testing.T, who string) *Tab {
	if w.tabs[who] == nil {
		w.tabs[who] = openTab(t, w.shop, wide)
		if who != "" {
			w.tabs[who].SignIn(who)
		}
	}
	return w.tabs[who]
}

func (w *walk) tour(t *testing.T, sights []sight) {
	outer := t
	for l, lang := range i18n.Langs {
		spoken := map[string]bool{}
		for n, s := range sights {
			b := w.tab(t, s.who)
			if !spoken[s.who] {
				b.Look(wide)
				b.Go(map[bool]string{true: "/signin", false: "/"}[s.who == ""]).Speak(lang)
				spoken[s.who] = true
			}
			t.Run(string(lang)+"/"+s.name, func(t *testing.T) {
				b.T = t
				defer func() { b.T = outer }()
				b.Look(wide)
				b.Expect(s.status)
				b.Go(s.path)
				if s.act != nil {
					s.act(b)
				}
				b.Expect()
				w.check(t, b, s, lang)
				for i, look := range looks {
					if os.Getenv("COMPTOIR_PROVE") != "" || (n+l+i)%2 == 0 {
						w.see(t, b, s.name+"-"+string(lang), look)
					}
				}
				b.Healthy(s.name)
			})
		}
	}
}

// check is what does not depend on the window.
func (w *walk) check(t *testing.T, b *Tab, s sight, lang i18n.Lang) {
	t.Helper()
	var page struct{ Lang, Title, HTML, Words string }
	said := eval[string](b, `(() => {
		const foreign = document.body.cloneNode(true);
		for (const e of foreign.querySelectorAll("[lang], script, style")) e.remove();
		const attributes = [...foreign.querySelectorAll("*")].flatMap((e) => ["aria-label", "placeholder", "title", "alt", "data-l"].map((a) => e.getAttribute(a)).filter(Boolean));
		return JSON.stringify({lang: document.documentElement.lang, title: document.title, html: document.documentElement.outerHTML,
			words: [foreign.textContent, ...attributes].join(" \n ")});
	})()`)
	if err := json.Unmarshal([]byte(said), &page); err != nil {
		t.Fatal(err)
	}
	if page.Lang != string(lang) {
		t.Errorf("the page says it is in %q", page.Lang)
	}
	if i := strings.Index(page.HTML, "⟦"); i >= 0 {
		t.Errorf("a text has no words: %.60s", page.HTML[i:])
	}
	if left := leftOver.FindString(page.Words); left != "" {
		t.Errorf("a parameter was not filled: %s", left)
	}
	// An object's page has its number in the title, so every title is unique.
	face, _, _ := strings.Cut(strings.TrimPrefix(s.path, "/"), "/")
	key := string(lang) + " " + map[bool]string{true: "desk"}[face == "desk"] + page.Title
	if other, taken := w.titles[key]; taken && other != s.path && !s.shared {
		t.Errorf("%s has the title of %s: %q", s.path, other, page.Title)
	}
	w.titles[key] = s.path
	if foreign := w.foreign(page.Words, lang); len(foreign) > 0 {
		t.Errorf("in the other language: %q", foreign)
	}
}

// leftOver is a parameter of a sentence that nobody gave.
var leftOver = regexp.MustCompile(`\{[a-z_]+\}`)

// foreign finds sentences of the other language's catalogue.
func (w *walk) foreign(words string, lang i18n.Lang) (found []string) {
	words = plainText(words)
	own, other := w.words.Printer(lang, time.UTC), w.words.Printer(lang.Other(), time.UTC)
	for _, key := range w.words.Keys(lang) {
		theirs := plainText(other.T(key))
		if len(theirs) < 12 || strings.Contains(theirs, "{") || theirs == plainText(own.T(key)) {
			continue
		}
		if strings.Contains(words, theirs) {
			found = append(found, theirs)
		}
	}
	return found
}

func plainText(s string) string {
	return strings.Join(strings.Fields(strings.NewReplacer("\u00a0", " ", "\u202f", " ").Replace(s)), " ")
}

// see looks at the page in a window: nothing hangs over its side, and axe has
// nothing to say.
func (w *walk) see(t *testing.T, b *Tab, name string, look Look) {
	t.Helper()
	b.Look(look)
	// Colours come slowly to who did not ask for stillness.
	eval[bool](b, "document.getAnimations().forEach((a) => { try { a.finish() } catch { a.cancel() } }), true") // one without an end has no end to show
	// As tall as the page: the counter then covers nothing, as it does after
	// scrolling, and a picture shows all.
	height := eval[float64](b, "document.documentElement.scrollHeight")
	b.resize(look, max(int64(height)+1, 640))
	if over := eval[string](b, `[...document.querySelectorAll(".sheet")].flatMap((s) => [...s.querySelectorAll("*")].filter((e) =>
			!e.closest(".scroll, .vh, .only-s") && e.getBoundingClientRect().width > 0 && e.getBoundingClientRect().right > s.getBoundingClientRect().right + 1))
		.slice(0, 2).map((e) => e.outerHTML.slice(0, 120)).join(" | ")`); over != "" {
		t.Errorf("%v: beside its sheet: %s", look, over)
	}
	if wide := eval[string](b, `(() => {
		const over = document.documentElement.scrollWidth - innerWidth;
		if (over <= 0) return "";
		const who = [...document.querySelectorAll("body *")].filter((e) => e.getBoundingClientRect().right > innerWidth + 1 && !e.closest(".scroll")).slice(-3);
		return over + " px: " + who.map((e) => e.outerHTML.slice(0, 120)).join(" | ");
	})()`); wide != "" {
		t.Errorf("%v scrolls sideways by %s", look, wide)
	}
	var violations []struct {
		ID, Impact, Help string
		Nodes            []struct{ HTML, Summary string }
	}
	eval[bool](b, w.axe+";true")
	said := eval[string](b, `axe.run(document, {preload: false, resultTypes: ["violations"],
		runOnly: {type: "tag", values: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]},
		rules: {"target-size": {enabled: true}}})
		.then((r) => JSON.stringify(r.violations.map((v) => ({id: v.id, impact: v.impact, help: v.help,
			nodes: v.nodes.slice(0, 3).map((n) => ({html: n.html.slice(0, 200), summary: n.failureSummary}))}))))`)
	if err := json.Unmarshal([]byte(said), &violations); err != nil {
		t.Fatal(err)
	}
	for _, v := range violations {
		t.Errorf("%v: axe %s (%s): %s: %+v", look, v.ID, v.Impact, v.Help, v.Nodes)
	}
	b.Shoot(name + "-" + look.String())
}

// states is a shop in which most things that can happen have happened.
type states struct {
	*walk
	clerk *books.Clerk
	ahead *atomic.Int64 // by how much the shop's clock is ahead of the real one

	invoiced, partly, refused, held string // pages of Rivard's orders
	invoice, family, task           string
}

const longName = "Ancrage chimique à base de résine vinylester sans styrène pour béton fissuré, cartouche coaxiale, avec deux buses mélangeuses et rallonge"

func newStates(t *testing.T) *states {
	t.Helper()
	ctx := t.Context()
	connector, clerk := startBooks(t)
	h := &states{clerk: clerk, ahead: &atomic.Int64{}}
	a, shop := openAt(t, "sqlite", connector, func() time.Time { return time.Now().Add(time.Duration(h.ahead.Load())) })
	h.walk = newWalk(t, shop)
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}

	whole := &comptoirtest.Story{T: t, Shop: shop, ERP: connector, Clerk: clerk, PO: "BC-7790", Waits: patience}
	whole.Tell()
	part := &comptoirtest.Story{T: t, Shop: shop, ERP: connector, Clerk: clerk, PO: "BC-7791", Waits: patience}
	part.Enter()
	part.Fill()
	part.Place()
	part.Arrive()
	must(clerk.ShipPart(ctx, part.There.ID, map[string]money.Decimal{part.Line("170.1"): money.Int(3), part.Line("10.8"): money.Int(2)}))
	h.invoiced, h.partly = whole.Path, part.Path

	// An order of something that went off sale while the ERP was away.
	v := part.Buyer
	must(clerk.Stop(ctx))
	h.refused = place(v, "BC-7792", "PRD-019", "3")
	must(clerk.BlockItem(ctx, "PRD-019", true))
	must(clerk.Start(ctx))
	seen := func(path, words string) {
		t.Helper()
		comptoirtest.Eventually(t, patience, path+" shows "+words, func() bool { return v.Get(path).Sees(words) })
	}
	seen(h.refused, "a refusé")
	h.held = place(v, "BC-7793", "PRD-012", "90") // more than Rivard may owe
	seen(h.held, "en retenue")
	if v.Get("/catalogue").Sees("ne répond pas") {
		t.Error("the ERP has refused one order and asked about another, and is said to be away")
	}

	// Something about money that a person must look at.
	must(a.DB.Write(ctx, func(tx *db.Tx) error {
		return payment.Raise(ctx, tx, "unknown_capture", "", "py_17", money.Amount{Minor: 41800, Currency: "CAD"})
	}))
	for _, href := range comptoirtest.Visit(t, shop).SignIn(finance, app.DemoPassword).Get("/desk/tasks").Links() {
		if strings.HasPrefix(href, "/desk/tasks/") {
			h.task = href
		}
	}

	// Carts: one with a long name and a price that has changed since, one with
	// something that is gone.
	fill(v, "PRD-003", "200")
	fill(v, "PRD-014", "2")
	other := comptoirtest.Visit(t, shop).SignIn(rivard, app.DemoPassword)
	fill(other, "PRD-012", "1")
	fill(other, "PRD-018", "1")
	must(clerk.RenameItem(ctx, "PRD-003", longName))
	must(clerk.ChangePrice(ctx, "PRD-014", money.Must("199.99")))
	must(clerk.BlockItem(ctx, "PRD-018", true))
	seen("/cart", longName)
	seen("/checkout", "a changé depuis")
	comptoirtest.Eventually(t, patience, "a line is gone", func() bool { return other.Get("/cart").Sees("n’est plus") })
	for _, href := range append(other.Get("/invoices").Links(), other.Get("/catalogue").Links()...) {
		switch {
		case strings.HasPrefix(href, "/invoices/") && !strings.HasSuffix(href, "/pdf"):
			h.invoice = href
		case strings.HasPrefix(href, "/catalogue?family="):
			h.family = href
		}
	}
	return h
}

// fill puts something in the cart, place orders it alone.
func fill(v *comptoirtest.Visitor, sku, quantity string) {
	v.T.Helper()
	v.Get("/products/"+sku).Form("/cart/lines").Set("quantity", quantity).Send()
}

func place(v *comptoirtest.Visitor, po, sku, quantity string) string {
	v.T.Helper()
	fill(v, sku, quantity)
	v.Get("/checkout").Form("/orders").Set("po_number", po).Set("act", "place").Send()
	if !strings.HasPrefix(v.URL.Path, "/orders/") {
		v.T.Fatalf("no order %s: %s", po, v.Text())
	}
	return v.URL.Path
}

func (h *states) whileItAnswers(*testing.T) []sight {
	desk := func(path string) string { return "/desk" + path }
	return []sight{
		{name: "signin", path: "/signin"},
		{name: "signin-again", path: "/signin?return=%2Forders", shared: true},
		{name: "signin-wrong", path: "/signin", status: 403, shared: true, act: func(b *Tab) { b.Type("#email", buyer).Type("#password", "wrong").Enter() }},
		{name: "stranger-404", path: "/orders-of-nobody", status: 404},

		{name: "list", who: buyer, path: "/catalogue"},
		{name: "list-family", who: buyer, path: h.family},
		{name: "list-found", who: buyer, path: "/catalogue?q=perceuse"},
		{name: "list-none", who: buyer, path: "/catalogue?q=zzzz"},
		{name: "list-second", who: buyer, path: "/catalogue?page=2", shared: true},
		{name: "list-bad", who: buyer, path: "/catalogue", status: 422, shared: true, act: func(b *Tab) { b.Type("#q-PRD-002", "-1").Enter() }},
		{name: "product", who: buyer, path: "/products/PRD-012"},
		{name: "product-here", who: buyer, path: "/products/PRD-012?quantity=7", shared: true},
		{name: "product-long", who: buyer, path: "/products/PRD-003"},
		{name: "product-gone", who: buyer, path: "/products/PRD-019", status: 404, shared: true},
		{name: "product-bad", who: buyer, path: "/products/PRD-001", status: 422, act: func(b *Tab) { b.Type("#quantity", "1,5").Enter() }},
		{name: "cart", who: buyer, path: "/cart"},
		{name: "cart-gone", who: rivard, path: "/cart"},
		{name: "cart-empty", who: lakes, path: "/cart"},
		{name: "checkout-changed", who: buyer, path: "/checkout"},
		{name: "checkout-not-accepted", who: buyer, path: "/checkout", status: 409, shared: true, act: func(b *Tab) { b.Press(".counter .brass") }},
		{name: "checkout-bad", who: buyer, path: "/checkout", status: 422, shared: true, act: func(b *Tab) {
			b.Click("#accept").Press(".counter .brass")
		}},

		{name: "orders", who: buyer, path: "/orders"},
		{name: "orders-found", who: buyer, path: "/orders?q=BC-7791", shared: true},
		{name: "orders-none", who: lakes, path: "/orders?q=zzzz", shared: true},
		{name: "order-invoiced", who: buyer, path: h.invoiced},
		{name: "order-placed", who: buyer, path: h.partly + "?placed=1"},
		{name: "order-refused", who: buyer, path: h.refused},
		{name: "order-held", who: rivard, path: h.held},
		{name: "invoices", who: rivard, path: "/invoices"},
		{name: "invoices-none", who: rivard, path: "/invoices?q=zzzz", shared: true},
		{name: "invoice", who: rivard, path: h.invoice},
		{name: "statement", who: rivard, path: "/statement"},
		{name: "statement-bad", who: rivard, path: "/statement?from=hier", status: 422, shared: true},
		{name: "pay", who: rivard, path: strings.Replace(h.invoice, "/invoices/", "/payments/new?invoice=", 1)},
		{name: "not-found", who: buyer, path: "/orders/01a20ab3-18bc-77a3-9580-5c33df9799b6", status: 404, shared: true},
		{name: "nowhere", who: buyer, path: "/nowhere", status: 404, shared: true},
		{name: "denied", who: buyer, path: "/invoices", status: 403},

		{name: "desk-home", who: finance, path: desk("")},
		{name: "desk-orders", who: finance, path: desk("/orders")},
		{name: "desk-orders-held", who: finance, path: desk("/orders?state=on_hold"), shared: true},
		{name: "desk-orders-none", who: finance, path: desk("/orders?q=zzzz"), shared: true},
		{name: "desk-order", who: finance, path: desk(h.partly)},
		{name: "desk-order-refused", who: finance, path: desk(h.refused)},
		{name: "desk-order-held", who: finance, path: desk(h.held)},
		{name: "desk-exchange", who: finance, path: desk("/exchange")},
		{name: "desk-exchange-auditor", who: auditor, path: desk("/exchange"), shared: true},
		{name: "desk-parity", who: finance, path: desk("/parity")},
		{name: "desk-finance", who: finance, path: desk("/finance")},
		{name: "desk-tasks", who: finance, path: desk("/tasks")},
		{name: "desk-tasks-none", who: finance, path: desk("/tasks?owner=zzzz"), shared: true},
		{name: "desk-task", who: finance, path: h.task},
		{name: "desk-task-bad", who: finance, path: h.task, status: 422, shared: true, act: func(b *Tab) { b.Press("form[action$='/settlement'] button") }},
		{name: "desk-denied", who: seller, path: desk("/exchange"), status: 403, shared: true},
		{name: "desk-404", who: finance, path: desk("/orders/01a20ab3-18bc-77a3-9580-5c33df9799b6"), status: 404, shared: true},
		{name: "showroom", who: finance, path: desk("/ui")},
	}
}

// whileItIsDown stops the ERP, orders something, and lets the figures grow old.
func (h *states) whileItIsDown(t *testing.T) []sight {
	t.Helper()
	if err := h.clerk.Stop(t.Context()); err != nil {
		t.Fatal(err)
	}
	v := comptoirtest.Visit(t, h.shop).SignIn(rivard, app.DemoPassword)
	for v.Get("/cart").Sees("PRD-018") {
		form := v.Form("/cart/lines/")
		form.Action = strings.TrimSuffix(form.Action, "/removal") + "/removal"
		form.Send()
	}
	waiting := place(v, "BC-7794", "PRD-012", "1")
	h.ahead.Store(int64(20 * time.Minute))
	return []sight{
		{name: "down-list", who: buyer, path: "/catalogue", shared: true},
		{name: "down-product", who: buyer, path: "/products/PRD-012", shared: true},
		{name: "down-cart", who: buyer, path: "/cart", shared: true},
		{name: "down-checkout", who: buyer, path: "/checkout", shared: true},
		{name: "down-order", who: rivard, path: waiting},
		{name: "down-order-old", who: rivard, path: h.partly, shared: true},
		{name: "down-orders", who: rivard, path: "/orders", shared: true},
		{name: "down-invoices", who: rivard, path: "/invoices", shared: true},
		{name: "down-desk-home", who: finance, path: "/desk", shared: true},
		{name: "down-desk-orders", who: finance, path: "/desk/orders", shared: true},
		{name: "down-desk-order", who: finance, path: "/desk" + waiting},
		{name: "down-exchange", who: finance, path: "/desk/exchange", shared: true},
	}
}
