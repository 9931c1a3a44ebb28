package comptoirtest_test

import (
	"strings"
	"testing"

	"comptoir.example/comptoir/app"
	"github.com/chromedp/chromedp/kb"
)

// An order from the door to the ERP without a mouse: Tab, Enter, the arrows of a
// choice, and the keys the page lists. Wherever the focus stops it is seen.
func TestAnOrderByKeyboardAlone(t *testing.T) {
	needBrowser(t)
	connector, _ := startBooks(t)
	_, shop := open(t, "sqlite", connector)
	for _, look := range []Look{wide, {Width: 360, Dark: true}, {Width: 1280, HighLight: true, Still: true}} {
		t.Run(look.String(), func(t *testing.T) {
			b := openTab(t, shop, look)
			k := &keyboard{Tab: b}
			b.Go("/signin")
			k.to("#email")
			b.Keys(buyer)
			k.to("#password")
			b.Keys(app.DemoPassword).Enter()

			b.Keys("/")
			k.isOn("#q")
			b.Keys("perceuse").Enter().Shows("PRD-012")
			k.to("#q-PRD-012")
			b.Keys("5").Enter()
			if !strings.HasPrefix(b.Path(), "/cart?") {
				t.Fatalf("adding led to %s", b.Path())
			}
			k.to(".counter .brass")
			b.Enter().Shows("Passer la commande")
			k.to("#po_number")
			b.Keys("BC-" + look.String())
			b.leads(func() { b.Keys(kb.Enter, 2) }) // Ctrl+Enter presses the key of the counter
			b.Shows("BC-"+look.String(), "ERP CMD-")
			if !strings.HasPrefix(b.Path(), "/orders/") {
				t.Errorf("no order: %s", b.Path())
			}

			// The list of keys opens, closes with Esc, and gives the focus back.
			k.to(".site-foot [data-open]")
			b.Keys(kb.Enter)
			b.Await(patience, "the list of keys opens", func() bool { return eval[bool](b, "document.querySelector('#help').open") })
			b.Keys(kb.Escape)
			b.Await(patience, "Esc closes it", func() bool { return !eval[bool](b, "document.querySelector('#help').open") })
			k.isOn(".site-foot [data-open]")

			for _, path := range []string{"/catalogue", "/products/PRD-012", "/orders", "/cart"} {
				b.Go(path)
				k.walk()
			}
		})
	}
}

// keyboard goes over a page with Tab.
type keyboard struct{ *Tab }

// focused is where the focus is, and how it shows. A part that has it and lies
// behind the counter, or outside the window, is not seen; neither is one without
// a ring.
type focused struct {
	What           string
	Seen, Ring, In bool
}

const whereFocus = `(() => {
	const e = document.activeElement, r = e.getBoundingClientRect(), s = getComputedStyle(e);
	if (e === document.body) return {What: "", Seen: true, Ring: true, In: true};
	const counter = document.querySelector(".counter"), c = counter?.getBoundingClientRect();
	const inCounter = counter?.contains(e) ?? false;
	const hidden = c && !inCounter && r.top >= c.top && r.bottom <= c.bottom;
	return {What: e.outerHTML.slice(0, 110), Seen: !hidden, In: r.bottom > 0 && r.top < innerHeight && r.width > 0,
		Ring: s.outlineStyle !== "none" && parseFloat(s.outlineWidth) >= 2};
})()`

// stop judges where the focus is.
func (k *keyboard) stop() focused {
	k.T.Helper()
	f := eval[focused](k.Tab, whereFocus)
	if !f.Seen || !f.In {
		k.T.Errorf("%s: the focus is not in sight: %s", k.Path(), f.What)
	}
	if !f.Ring {
		k.T.Errorf("%s: no ring around %s", k.Path(), f.What)
	}
	return f
}

// to presses Tab until something has the focus.
func (k *keyboard) to(selector string) {
	k.T.Helper()
	for range 150 {
		if eval[bool](k.Tab, "document.activeElement.matches(`"+selector+"`)") {
			return
		}
		k.Keys(kb.Tab)
		k.stop()
	}
	k.T.Fatalf("%s: Tab never comes to %s", k.Path(), selector)
}

func (k *keyboard) isOn(selector string) {
	k.T.Helper()
	k.Await(patience, "the focus is on "+selector, func() bool { return eval[bool](k.Tab, "document.activeElement.matches(`"+selector+"`)") })
}

// walk goes once around the page: every stop is in sight, in the order of the
// page, and nothing holds the focus.
func (k *keyboard) walk() {
	k.T.Helper()
	eval[bool](k.Tab, "document.activeElement.blur(), true")
	last, stops := "", 0
	for ; stops < 200; stops++ {
		k.Keys(kb.Tab)
		f := k.stop()
		if f.What == "" {
			break
		}
		if f.What == last && !strings.Contains(f.What, "radio") {
			k.T.Fatalf("%s: the focus is held by %s", k.Path(), f.What)
		}
		last = f.What
	}
	reachable := eval[int](k.Tab, `[...document.querySelectorAll("a[href], button, input:not([type=hidden]), select, textarea, summary, [tabindex='0']")]
		.filter((e) => e.checkVisibility({visibilityProperty: true}) && !e.closest("dialog:not([open])") && !e.closest("details:not([open]) > :not(summary)")).length`)
	if stops < reachable {
		k.T.Errorf("%s: Tab stops at %d of %d places", k.Path(), stops, reachable)
	}
}

// Without script everything is as possible; it is only less lively.
func TestAnOrderWithoutScriptInTheBrowser(t *testing.T) {
	needBrowser(t)
	connector, _ := startBooks(t)
	_, shop := open(t, "sqlite", connector)
	b := openTab(t, shop, Look{Width: 360})
	b.NoScript()
	b.SignIn(buyer)
	b.Type("#q", "prd-012").Enter().Shows("PRD-012")
	b.Type("#q-PRD-012", "5").Enter()
	b.Go("/products/PRD-001").Type("#quantity", "2").Enter()
	b.Go("/cart").Press(".counter .brass")
	b.Shows("1 023,39 $")
	// The second click of a double click sends the form again: there is no script
	// to hold it back, and one order all the same.
	b.Type("#po_number", "BC-7790").DoublePress(".counter .brass")
	path, _, _ := strings.Cut(b.Path(), "?")
	if !strings.HasPrefix(path, "/orders/") {
		t.Fatalf("no order: %s\n%s", b.Path(), b.Text())
	}
	b.Await(patience, "the page, opened again, shows the ERP's number", func() bool { return b.Go(path).Sees("ERP CMD-", "1 023,39 $") })
	if n := eval[int](b.Go("/orders?q=BC-7790"), "document.querySelectorAll('table.ledger tbody tr').length"); n != 1 {
		t.Errorf("%d orders with the purchase order's number, want 1", n)
	}
	// On a phone the language stands in the account's menu, which opens by itself.
	b.Go("/orders").Click("details.menu > summary").Press("details.menu button[name=language]").Shows("Orders")
}
