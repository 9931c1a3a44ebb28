package main

import (
	"comptoir.example/comptoir/base/fault"
	"comptoir.example/comptoir/base/i18n"
	"comptoir.example/comptoir/base/money"
	"comptoir.example/comptoir/erp"
	"comptoir.example/comptoir/web/shop"
	"comptoir.example/comptoir/web/ui"
	"github.com/a-h/templ"
	"time"
)

var (
	unit  = erp.Unit{Name: both("unité", "unit"), Symbol: "u"}
	boxed = erp.Unit{Name: both("boîte de 100", "box of 100"), Symbol: "bte"}
	metre = erp.Unit{Name: both("mètre", "metre"), Symbol: "m", Digits: 2}

	fasteners = both("Visserie", "Fasteners")
	tools     = both("Outillage", "Tools")
	families  = []shop.Family{{ID: "1", Name: fasteners, Count: 10}, {ID: "2", Name: tools, Count: 10}, {ID: "3", Name: both("Sécurité", "Safety"), Count: 10}}
	long      = both("Ancrage à expansion en acier inoxydable pour béton fissuré, homologué pour les zones sismiques, 3/8 po × 5 po, boîte de 50",
		"Stainless steel expansion anchor for cracked concrete, approved for seismic areas, 3/8 in × 5 in, box of 50")
)

// ladder reads "0:10.80 10:9.60" as breaks.
func ladder(u erp.Unit, quantity int64, steps ...any) ui.Ladder {
	l := ui.Ladder{Currency: "CAD", Unit: u, Quantity: money.Int(quantity)}
	for i := 0; i+1 < len(steps); i += 2 {
		l.Breaks = append(l.Breaks, erp.Break{From: money.Int(int64(steps[i].(int))), Price: money.Must(steps[i+1].(string))})
	}
	return l
}

func list() shop.ListPage {
	montreal := both("Montréal", "Montréal")
	row := func(sku, fr, en, stock string, available int64, inCart int64, l ui.Ladder) shop.Product {
		return shop.Product{SKU: sku, Name: both(fr, en), Family: fasteners, Ladder: l, Stock: stock, Available: money.Int(available), Place: montreal, InCart: money.Int(inCart)}
	}
	return shop.ListPage{Family: &families[0], Families: families, Company: "Construction Rivard", AsOf: fresh(), Pages: ui.Pages{Total: 38, From: 1, To: 8, Next: "/catalogue?page=2"}, Products: []shop.Product{
		row("PRD-001", "Vis à bois no 8 × 1-1/2 po", "Wood screw #8 × 1-1/2 in", "in", 500, 4, ladder(boxed, 4, 0, "10.80", 10, "9.60")),
		row("PRD-002", "Vis à terrasse no 10 × 3 po", "Deck screw #10 × 3 in", "in", 400, 12, ladder(boxed, 12, 0, "18.90", 10, "16.80")),
		row("PRD-003", "Boulon hexagonal M8 × 40", "Hex bolt M8 × 40", "in", 12000, 800, ladder(unit, 800, 0, "0.405", 1000, "0.36")),
		row("PRD-004", "Écrou hexagonal M8", "Hex nut M8", "in", 20000, 0, ladder(unit, 0, 0, "0.09", 1000, "0.08")),
		row("PRD-005", "Rondelle plate M8", "Flat washer M8", "low", 12, 0, ladder(unit, 0, 0, "0.054", 1000, "0.048")),
		row("PRD-007", "Ancrage à béton 3/8 po", "Concrete anchor 3/8 in", "in", 5000, 0, ladder(unit, 0, 0, "1.665", 1000, "1.48")),
		row("PRD-009", "Fil d’acier 2 mm", "Steel wire 2 mm", "none", 0, 0, ladder(metre, 0, 0, "1.035", 1000, "0.92")),
		row("PRD-010", "Équerre 50 mm", "Corner bracket 50 mm", "in", 3000, 0, ladder(unit, 0, 0, "2.16")),
	}}
}

func listNone(p *i18n.Printer, s ui.Shell) templ.Component {
	page := list()
	page.Query, page.Family, page.Products, page.Pages = "perceuze", nil, nil, ui.Pages{}
	s = tab(p, s, "catalogue", "perceuze")
	s.Query, s.Cart.Lines = "perceuze", 0
	return shop.List(p, s, page)
}

// listBad holds what breaks a row: a refused quantity, a very long name, no
// price, prices too old, the ERP away.
func listBad(p *i18n.Printer, s ui.Shell) templ.Component {
	page := list()
	page.AsOf = stamp(142*time.Minute, "ui.asof.price_stock")
	page.Products[0].Typed, page.Products[0].Bad = "4,5", &fault.Field{Name: "quantity", Code: "specimen.quantity"}
	page.Products[1].Name = long
	page.Products[2].Ladder.Breaks, page.Products[2].Stock = nil, "unknown"
	s = tab(p, s, "catalogue", "Visserie")
	s.Company = "Les Entreprises de construction et de rénovation Rivard, Beaulieu et Associés inc."
	s.Banners = []ui.Banner{{Tone: "info", Key: "specimen.down"}, {Tone: "warn", Key: "specimen.sandbox"}}
	return shop.List(p, s, page)
}

func product() shop.ProductPage {
	amount := cad(102060)
	l := ladder(unit, 6, 0, "179.55", 5, "170.10", 10, "160.65")
	l.Next = &ui.NextStep{Total: cad(160650), More: cad(58590)}
	return shop.ProductPage{SKU: "PRD-012", Name: both("Perceuse sans fil 18 V", "Cordless drill 18 V"), Family: families[1], Ladder: l, ListPrice: money.Must("189.00"),
		Description: both("Mandrin de 13 mm sans clé, 65 N·m, deux batteries de 4,0 Ah.", "13 mm keyless chuck, 65 N·m, two 4.0 Ah batteries."),
		Company:     "Construction Rivard", Amount: &amount, Typed: "6", PriceAsOf: stamp(2*time.Minute, "ui.asof.price"), StockAsOf: stamp(40*time.Second, "ui.asof.stock"),
		Stock: []shop.Place{{both("Montréal", "Montréal"), "in", money.Int(52)}, {both("Laval", "Laval"), "low", money.Int(4)}, {both("Québec", "Québec"), "none", money.Int(0)}},
		Bought: []shop.Purchase{{"a", "W-19920", "2026-09-14", money.Int(2), money.Must("179.55")}, {"b", "W-18804", "2026-05-06", money.Int(10), money.Must("160.65")},
			{"c", "W-17231", "2026-01-28", money.Int(5), money.Must("166.50")}}}
}

func productOld(p *i18n.Printer, s ui.Shell) templ.Component {
	page := product()
	page.PriceAsOf, page.StockAsOf = stamp(3*time.Hour, "ui.asof.price"), stamp(30*time.Hour, "ui.asof.stock")
	page.Bad, page.Typed = &fault.Field{Name: "quantity", Code: "specimen.quantity"}, "0"
	page.Ladder.Quantity, page.Amount, page.Ladder.Next, page.Name = money.Int(0), nil, nil, long
	return shop.ProductShow(p, tab(p, s, "catalogue", "PRD-012"), page)
}

func productGone(p *i18n.Printer, s ui.Shell) templ.Component {
	page := product()
	page.Status, page.Ladder.Breaks, page.Bought, page.Stock = "discontinued", nil, nil, nil
	return shop.ProductShow(p, tab(p, s, "catalogue", "PRD-012"), page)
}

func lines(repriced bool) []shop.Line {
	line := func(id, sku, fr, en string, n int64, price string, u erp.Unit, amount int64) shop.Line {
		return shop.Line{ID: id, SKU: sku, Name: both(fr, en), Unit: u, Quantity: money.Int(n), Price: money.Must(price), Amount: cad(amount)}
	}
	list := []shop.Line{
		line("1", "PRD-001", "Vis à bois no 8 × 1-1/2 po", "Wood screw #8 × 1-1/2 in", 12, "9.60", boxed, 11520),
		line("2", "PRD-012", "Perceuse sans fil 18 V", "Cordless drill 18 V", 10, "160.65", unit, 160650),
		line("3", "PRD-028", "Harnais antichute", "Fall harness", 16, "141.55", unit, 226480),
		line("4", "PRD-023", "Casque de chantier blanc", "Hard hat, white", 40, "20.90", unit, 83600),
		line("5", "PRD-022", "Gants de nitrile, boîte de 100", "Nitrile gloves, box of 100", 24, "17.48", unit, 41952),
	}
	if repriced {
		was := money.Must("139.00")
		list[2].Was = &was
	}
	return list
}

func cart(repriced bool) shop.CartPage {
	return shop.CartPage{Lines: lines(repriced), Subtotal: cad(524202), AsOf: stamp(2*time.Minute, "ui.asof.price"), Added: "Harnais antichute"}
}

func cartEmpty(p *i18n.Printer, s ui.Shell) templ.Component {
	s = tab(p, s, "", "Panier")
	s.Cart.Lines = 0
	return shop.Cart(p, s, shop.CartPage{})
}

func totals(freight bool) erp.Totals {
	t := erp.Totals{Net: cad(528702), Total: cad(607875), Taxes: []erp.TaxLine{
		{Name: both("TPS 5\u00a0%", "GST 5%"), Base: cad(528702), Amount: cad(26435)}, {Name: both("TVQ 9,975\u00a0%", "QST 9.975%"), Base: cad(528702), Amount: cad(52738)}}}
	if freight {
		f := cad(4500)
		t.Freight = &f
	}
	return t
}

var laval = erp.Address{Name: "Chantier Laval", Street: "455, boul. Chomedey", City: "Laval", Region: "CA-QC", Postal: "H7V 2X4", Country: "CA"}

func checkout() shop.CheckoutPage {
	freight := cad(4500)
	return shop.CheckoutPage{Key: "specimen", Lines: lines(true), ShipTo: "1", Method: "1", PONumber: "BC-7790", PORequired: true, Term: both("net 30 jours", "net 30 days"),
		Addresses: []shop.Address{{"1", "Chantier Laval", laval}, {"2", "Siège social", erp.Address{Street: "1200, rue Notre-Dame Ouest", City: "Montréal", Postal: "H3C 1K3"}}},
		Methods:   []shop.Method{{"1", both("Camion de Boréale", "Boréale’s truck"), &freight}, {"2", both("Transporteur", "Carrier"), nil}, {"3", both("Cueillette au comptoir", "Pick-up at the counter"), new(money.Amount{Currency: "CAD"})}},
		Totals:    totals(true), Estimate: true, AsOf: stamp(2*time.Minute, "ui.asof.price_stock"),
		Changes: []shop.Change{{"PRD-028", both("Harnais antichute", "Fall harness"), money.Must("139.00"), money.Must("141.55")}}}
}

func checkoutBad(p *i18n.Printer, s ui.Shell) templ.Component {
	page := checkout()
	page.Totals, page.Changes, page.PONumber, page.DownSince, page.Method = totals(false), nil, "", at(22*time.Minute), "2"
	page.Fault = fault.New(fault.Invalid, "specimen.checkout").With("po_number", "specimen.po")
	page.Lines[1].Name = long
	return shop.Checkout(p, tab(p, s, "", "Commande"), page)
}
