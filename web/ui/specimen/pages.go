package main

import (
	"embed"
	"io/fs"
	"maps"
	"net/http"
	"slices"
	"time"

	"comptoir.example/comptoir/base/asof"
	"comptoir.example/comptoir/base/fault"
	"comptoir.example/comptoir/base/i18n"
	"comptoir.example/comptoir/base/money"
	"comptoir.example/comptoir/erp"
	"comptoir.example/comptoir/web"
	"comptoir.example/comptoir/web/desk"
	"comptoir.example/comptoir/web/portal"
	"comptoir.example/comptoir/web/shop"
	"comptoir.example/comptoir/web/ui"
	"github.com/a-h/templ"
)

//go:embed text/*.json
var inventedFiles embed.FS

// invented holds the sentences that other packages bring in the product: what an
// ERP refuses, what is wrong with a form.
var invented, _ = fs.Sub(inventedFiles, "text")

// now is the moment every page is seen at: Monday 23 November 2026, 14 h 02.
var now = time.Date(2026, 11, 23, 19, 2, 0, 0, time.UTC)

type draw func(p *i18n.Printer, s ui.Shell) templ.Component

// pages are the pages by name; what a page needs of the shell it sets itself.
var pages = map[string]draw{
	"signin": func(p *i18n.Printer, s ui.Shell) templ.Component {
		return shop.SignIn(p, cover(p, s), shop.SignInPage{})
	},
	"signin-bad": signinBad,
	"list": func(p *i18n.Printer, s ui.Shell) templ.Component {
		return shop.List(p, tab(p, s, "catalogue", "Visserie"), list())
	},
	"list-none": listNone,
	"list-bad":  listBad,
	"product": func(p *i18n.Printer, s ui.Shell) templ.Component {
		return shop.ProductShow(p, tab(p, s, "catalogue", "PRD-012"), product())
	},
	"product-old":  productOld,
	"product-gone": productGone,
	"cart": func(p *i18n.Printer, s ui.Shell) templ.Component {
		return shop.Cart(p, tab(p, s, "", "Panier"), cart(true))
	},
	"cart-empty": cartEmpty,
	"checkout": func(p *i18n.Printer, s ui.Shell) templ.Component {
		return shop.Checkout(p, tab(p, s, "", "Commande"), checkout())
	},
	"checkout-bad": checkoutBad,
	"orders": func(p *i18n.Printer, s ui.Shell) templ.Component {
		return portal.Orders(p, tab(p, s, "orders", "Commandes"), orders())
	},
	"orders-none": func(p *i18n.Printer, s ui.Shell) templ.Component {
		return portal.Orders(p, tab(p, s, "orders", "Commandes"), portal.OrdersPage{AsOf: fresh()})
	},
	"order": func(p *i18n.Printer, s ui.Shell) templ.Component {
		return portal.Order(p, tab(p, s, "orders", "W-20418"), order())
	},
	"order-waiting": orderWaiting,
	"order-down":    orderDown,
	"order-refused": orderRefused,
	"invoices": func(p *i18n.Printer, s ui.Shell) templ.Component {
		return portal.Invoices(p, tab(p, s, "invoices", "Factures"), invoices())
	},
	"invoices-none": func(p *i18n.Printer, s ui.Shell) templ.Component {
		return portal.Invoices(p, tab(p, s, "invoices", "Factures"), portal.InvoicesPage{Open: money.Zero("CAD"), AsOf: fresh()})
	},
	"statement":        func(p *i18n.Printer, s ui.Shell) templ.Component { return statementOf(p, s, false) },
	"statement-bad":    func(p *i18n.Printer, s ui.Shell) templ.Component { return statementOf(p, s, true) },
	"pay":              payPage(false),
	"pay-bad":          payPage(true),
	"payment-starting": paymentPage("starting", "initiated", "", ""),
	"payment-charging": paymentPage("charging", "initiated", "", ""),
	"guest":            guestPage("", ""),
	"guest-waiting":    guestPage("waiting", "insufficient_funds"),
	"guest-nothing":    guestPage("nothing", "do_not_honor"),
	"guest-paid":       guestPage("paid", ""),
	"guest-end":        guestEnd,
	"methods":          methodsPage(2),
	"methods-removed":  methodsPage(1),
	"methods-none":     methodsPage(0),
	"method-removal":   removalPage,
	"payment-waiting":  paymentPage("waiting", "initiated", "insufficient_funds", ""),
	"payment-checking": paymentPage("checking", "unknown", "", ""),
	"payment-paid":     paymentPage("paid", "settled", "", "posted"),
	"payment-held":     paymentPage("paid", "settled", "", "held"),
	"payment-nothing":  paymentPage("nothing", "failed", "do_not_honor", ""),
	"invoice": func(p *i18n.Printer, s ui.Shell) templ.Component {
		return portal.Invoice(p, tab(p, s, "invoices", "FAC-2026-0418"), invoice())
	},
	"home": func(p *i18n.Printer, s ui.Shell) templ.Component {
		return desk.Home(p, back(p, s, "home"), home(p, true))
	},
	"home-none": func(p *i18n.Printer, s ui.Shell) templ.Component {
		return desk.Home(p, back(p, s, "home"), home(p, false))
	},
	"desk-orders": func(p *i18n.Printer, s ui.Shell) templ.Component {
		return desk.Orders(p, back(p, s, "orders"), deskOrders())
	},
	"desk-order": func(p *i18n.Printer, s ui.Shell) templ.Component {
		return desk.Order(p, back(p, s, "orders"), deskOrder())
	},
	"finance":      financePage(true),
	"finance-none": financePage(false),
	"tasks":        tasksPage(true),
	"tasks-none":   tasksPage(false),
	"task":         taskPage(""),
	"task-held":    taskPage("held"),
	"task-done":    taskPage("done"),
	"difference":   differencePage,
	"parity":       parityPage(false),
	"parity-gaps":  parityPage(true),
	"parity-none": func(p *i18n.Printer, s ui.Shell) templ.Component {
		return desk.Parity(p, back(p, s, "parity"), desk.ParityPage{Now: now})
	},
	"exchange": func(p *i18n.Printer, s ui.Shell) templ.Component {
		return desk.Exchange(p, back(p, s, "exchange"), exchange())
	},
	"exchange-down": exchangeDown,
	"showroom": func(p *i18n.Printer, s ui.Shell) templ.Component {
		s = back(p, s, "showroom")
		return wrap(ui.Desk(p, s), ui.Showroom(p, s))
	},
	"error-404": func(p *i18n.Printer, s ui.Shell) templ.Component {
		return wrap(ui.Shop(p, tab(p, s, "", "404")), ui.Error(p, ui.Failure{Status: 404, Home: "/", Reference: "7F3A-22", Phone: "514 555-0123"}))
	},
	"error-500": func(p *i18n.Printer, s ui.Shell) templ.Component {
		return wrap(ui.Shop(p, tab(p, s, "", "500")), ui.Error(p, ui.Failure{Status: 500, Home: "/", Reference: "7F3A-22", Phone: "514 555-0123"}))
	},
	"unbuilt": func(p *i18n.Printer, s ui.Shell) templ.Component {
		s.Asset = nil
		return shop.List(p, tab(p, s, "catalogue", "Visserie"), list())
	},
}

func names() []string { return slices.Sorted(maps.Keys(pages)) }

func wrap(shell, content templ.Component) templ.Component {
	return templ.ComponentFunc(func(ctx ctx, w writer) error {
		return shell.Render(templ.WithChildren(ctx, content), w)
	})
}

func shell(p *i18n.Printer, r *http.Request) ui.Shell {
	return ui.Shell{
		Merchant: "Quincaillerie Boréale", Path: r.URL.RequestURI(), CSRF: "specimen", Theme: r.URL.Query().Get("theme"), Version: "0.1", Asset: web.Asset,
		Help: ui.Help{Phone: "514 555-0123", Hours: both("lundi au vendredi, 7\u00a0h à 17\u00a0h", "Monday to Friday, 7\u00a0a.m. to 5\u00a0p.m.")},
	}
}

func cover(p *i18n.Printer, s ui.Shell) ui.Shell {
	s.Title = p.T("shop.signin.page")
	return s
}

func tab(p *i18n.Printer, s ui.Shell, current, title string) ui.Shell {
	s.Title, s.Tabs = title, ui.ShopTabs(current)
	s.Person = &ui.Person{Name: "Marc-André Pelletier", Email: "buyer@rivard.example"}
	s.Company, s.ShipTo = "Construction Rivard", "Chantier Laval"
	s.Cart = &ui.Cart{Lines: 5, Sum: cad(524202)}
	return s
}

func back(p *i18n.Printer, s ui.Shell, current string) ui.Shell {
	s.Title, s.Tabs = p.T("ui.tab."+current), ui.DeskTabs(current, ui.Attention{Messages: 3, Tasks: 4, Differences: 2, Finance: true})
	s.Person = &ui.Person{Name: "Hélène Gagné", Email: "helene@boreale.example"}
	s.ERP = ui.Health{State: "fresh", At: now}
	return s
}

func both(fr, en string) erp.Text { return erp.Text{FR: fr, EN: en} }

func cad(minor int64) money.Amount { return money.Amount{Minor: minor, Currency: "CAD"} }

func at(ago time.Duration) time.Time { return now.Add(-ago) }

func fresh() ui.AsOf { return stamp(2*time.Minute, "ui.asof.price_stock") }

func stamp(age time.Duration, what string) ui.AsOf {
	return ui.AsOf{Stamp: asof.Stamp{Source: "erp", At: at(age), Limit: 15 * time.Minute}, Now: now, What: what}
}

func signinBad(p *i18n.Printer, s ui.Shell) templ.Component {
	return shop.SignIn(p, cover(p, s), shop.SignInPage{Email: "payer@rivard.example",
		Fault: fault.New(fault.Denied, "specimen.signin").With("password", "specimen.password")})
}
