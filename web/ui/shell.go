package ui

import (
	"time"

	"comptoir.example/comptoir/base/i18n"
	"comptoir.example/comptoir/base/money"
	"comptoir.example/comptoir/erp"
)

// Shell is everything around a page's sheet. The three shells (Shop, Desk,
// Cover) show of it what they need.
type Shell struct {
	Merchant string                   // on the sign
	Title    string                   // of the page, before the merchant's name
	Path     string                   // of this page with its query: language and theme come back to it
	CSRF     string                   // hidden in every form
	Theme    string                   // "light", "dark"; "" follows the system
	Version  string                   // of the program, in the foot
	Asset    func(name string) string // address of a built asset, "" when there is none (web.Asset)
	Person   *Person                  // nil when nobody is signed in
	Company  string                   // the customer who buys; drives prices, so it is never hidden
	ShipTo   string                   // name of the delivery address in use, "" for none
	Cart     *Cart                    // nil for people without one
	Tabs     []Tab                    // index tabs of the shop, rail of the desk
	Query    string                   // what is in the search field
	Banners  []Banner                 // top to bottom: sandbox, ERP stale, maintenance
	ERP      Health                   // in the desk's top bar
	Help     Help
}

// Person is who is signed in.
type Person struct {
	Name  string
	Email string
	Links []Tab // in the menu of the account
}

// Cart is the cart in the top bar.
type Cart struct {
	Lines int
	Sum   money.Amount // before taxes
}

// Tab is one entry of the navigation.
type Tab struct {
	Label   string // key of its words
	Href    string
	Icon    string // in the rail of the desk
	Count   int    // to be treated; 0 shows nothing
	Current bool
}

// Banner is a state of the whole shop, above everything.
type Banner struct {
	Tone   string // "warn", "info"
	Key    string // its sentence
	Params []any
}

// Health is how the ERP does, in the top bar of the desk.
type Health struct {
	State string // "fresh", "late", "down"; "" shows nothing
	At    time.Time
	Flows int // late flows
}

// Help is the same on every page (WCAG 3.2.6).
type Help struct {
	Phone string
	Hours erp.Text
}

// ShopTabs are the index tabs of the shop and the portal; current is the last
// part of a label's key: "catalogue", "orders", "invoices". The caller leaves out
// what a person may not open.
func ShopTabs(current string) []Tab {
	return mark(current, []Tab{
		{Label: "ui.tab.catalogue", Href: "/catalogue"},
		{Label: "ui.tab.orders", Href: "/orders"},
		{Label: "ui.tab.invoices", Href: "/invoices"},
	})
}

// Attention is how much of each somebody has to treat.
type Attention struct {
	Messages, Tasks, Differences int
	Finance                      bool // the person may see what money waits for
	Refunds                      bool // the person may give refunds
}

// DeskTabs are the rail of the desk: "home", "orders", "finance", "tasks", "parity",
// "exchange", "showroom".
func DeskTabs(current string, a Attention) []Tab {
	tabs := []Tab{
		{Label: "ui.tab.home", Href: "/desk", Icon: "home"},
		{Label: "ui.tab.orders", Href: "/desk/orders", Icon: "list"},
	}
	if a.Finance {
		tabs = append(tabs, Tab{Label: "ui.tab.finance", Href: "/desk/finance", Icon: "bank"},
			Tab{Label: "ui.tab.tasks", Href: "/desk/tasks", Icon: "flag", Count: a.Tasks},
			Tab{Label: "ui.tab.parity", Href: "/desk/parity", Icon: "check", Count: a.Differences})
	}
	if a.Refunds {
		tabs = append(tabs, Tab{Label: "ui.tab.refunds", Href: "/desk/refunds", Icon: "swap"})
	}
	return mark(current, append(tabs, Tab{Label: "ui.tab.exchange", Href: "/desk/exchange", Icon: "sync", Count: a.Messages},
		Tab{Label: "ui.tab.showroom", Href: "/desk/ui", Icon: "eye"}))
}

func mark(current string, tabs []Tab) []Tab {
	for i := range tabs {
		tabs[i].Current = tabs[i].Label == "ui.tab."+current
	}
	return tabs
}

func (s Shell) asset(name string) string {
	if s.Asset == nil {
		return ""
	}
	return s.Asset(name)
}

func (s Shell) title() string {
	if s.Title == "" {
		return s.Merchant
	}
	return s.Title + " · " + s.Merchant
}

// htmxConfig keeps htmx within the page's content policy: no style of its own,
// nothing evaluated, this site only. 304 and 204 leave a part as it is; an error
// leaves it too, and the next question may fare better.
const htmxConfig = `{"includeIndicatorStyles":false,"allowEval":false,"allowScriptTags":false,"selfRequestsOnly":true,"historyEnabled":false,"responseHandling":[{"code":"204","swap":false},{"code":"304","swap":false},{"code":"2..","swap":true},{"code":"...","swap":false}]}`

var themes = []string{"", "light", "dark"}

// themeKey is the key of a theme's name; "" is the system's.
func themeKey(theme string) string {
	if theme == "" {
		theme = "system"
	}
	return "ui.theme." + theme
}

func hours(p *i18n.Printer, h Help) string {
	if words := p.Of(h.Hours); words != "" {
		return ", " + words
	}
	return ""
}

func otherKey(p *i18n.Printer) string { return "ui.language." + string(p.Other) }
