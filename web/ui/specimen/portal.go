package main

import (
	"time"

	"comptoir.example/comptoir/base/fault"
	"comptoir.example/comptoir/base/i18n"
	"comptoir.example/comptoir/base/money"
	"comptoir.example/comptoir/erp"
	bill "comptoir.example/comptoir/finance/invoice"
	"comptoir.example/comptoir/finance/statement"
	"comptoir.example/comptoir/web/portal"
	"comptoir.example/comptoir/web/ui"
	"github.com/a-h/templ"
)

func orders() portal.OrdersPage {
	row := func(n int, state string, open int, total int64) portal.OrderRow {
		number := "W-204" + string(rune('0'+n)) + "8"
		return portal.OrderRow{ID: number, Number: number, ERPNumber: "CMD-10" + string(rune('0'+n)) + "6", PONumber: "BC-776" + string(rune('0'+n)), PlacedAt: at(time.Duration(n) * 26 * time.Hour), ShipTo: "Chantier Laval", State: state, OpenLines: open, Total: cad(total)}
	}
	waiting := row(1, "submitted", 5, 607875)
	waiting.ERPNumber, waiting.Estimate = "", true
	return portal.OrdersPage{AsOf: stamp(2*time.Minute, ""), Pages: ui.Pages{Total: 63, From: 1, To: 7, Next: "/orders?page=2"}, Orders: []portal.OrderRow{
		waiting, row(2, "partly_shipped", 3, 583496), row(3, "picking", 2, 41210), row(4, "rejected", 0, 218460), row(5, "shipped", 0, 96630), row(6, "invoiced", 0, 1240015), row(7, "cancelled", 0, 4180)}}
}

func order() portal.OrderPage {
	n := money.Int
	line := func(sku, fr, en string, ordered, shipped, preparing int64, price string, amount int64) portal.OrderLine {
		return portal.OrderLine{SKU: sku, Name: both(fr, en), Price: money.Must(price), Amount: cad(amount), Line: ui.Line{Ordered: n(ordered), Shipped: n(shipped), Preparing: n(preparing)}}
	}
	erpTotals := erp.Totals{Net: cad(507498), Total: cad(583496), Taxes: []erp.TaxLine{{Name: both("TPS 5\u00a0%", "GST 5%"), Amount: cad(25375)}, {Name: both("TVQ 9,975\u00a0%", "QST 9.975%"), Amount: cad(50623)}}}
	zero := money.Zero("CAD")
	erpTotals.Freight = &zero
	return portal.OrderPage{ID: "W-20418", Number: "W-20418", ERPNumber: "CMD-1046", PONumber: "BC-7762", State: "partly_shipped", PlacedAt: at(7 * 24 * time.Hour), FromERP: true, Totals: erpTotals,
		ShipTo: portal.Address{Name: "Chantier Laval", Address: laval}, Delivery: both("Camion de Boréale", "Boréale’s truck"), Comment: "Quai no 2, demander Luc Dubé", AsOf: stamp(2*time.Minute, ""), Final: true, Phone: "514 555-0123",
		Lines: []portal.OrderLine{
			line("PRD-012", "Perceuse sans fil 18 V", "Cordless drill 18 V", 10, 10, 0, "160.65", 160650), line("PRD-028", "Harnais antichute", "Fall harness", 16, 12, 0, "141.55", 226480),
			line("PRD-023", "Casque de chantier blanc", "Hard hat, white", 40, 24, 16, "20.90", 83600), line("PRD-020", "Lampe de travail DEL 20 W", "Work light LED 20 W", 6, 0, 0, "61.28", 36768)},
		Shipments: []portal.Shipment{{"EXP-3391", "2026-11-18", "Nationex", "NX 4420 118 907", "done"}, {"EXP-3407", "", "Camion de Boréale", "", "preparing"}},
		Invoices:  []portal.OrderInvoice{{"1", "FAC-2026-0418", "2026-12-18", "not_due", cad(183705), cad(183705), nil}},
		Journal: []ui.Entry{{Kind: "shipped", Params: []any{"number", "EXP-3407"}, Day: "2026-11-20", Source: "ui.source.erp"}, {Kind: "invoiced", Params: []any{"number", "FAC-2026-0418", "total", cad(183705)}, At: at(5 * 24 * time.Hour), Source: "ui.source.erp"},
			{Kind: "numbered", Params: []any{"number", "CMD-1046"}, At: at(7*24*time.Hour - 41*time.Second), Source: "ui.source.erp"}, {Kind: "placed", Params: []any{"who", "Marc-André Pelletier"}, At: at(7 * 24 * time.Hour), Source: "ui.source.shop"}}}
}

func unsent() portal.OrderPage {
	page := order()
	page.ERPNumber, page.State, page.FromERP, page.Shipments, page.Invoices, page.Totals = "", "submitted", false, nil, nil, totals(true)
	page.Journal = []ui.Entry{{Kind: "queued", At: at(2 * time.Minute), Source: "ui.source.shop"}, {Kind: "placed", Params: []any{"who", "Marc-André Pelletier"}, At: at(2 * time.Minute), Source: "ui.source.shop"}}
	for i := range page.Lines {
		page.Lines[i].Shipped, page.Lines[i].Preparing = money.Int(0), money.Int(0)
	}
	return page
}

func orderWaiting(p *i18n.Printer, s ui.Shell) templ.Component {
	page := unsent()
	page.JustNow, page.Waiting = true, &portal.Waiting{Since: at(12 * time.Second), Now: now}
	return portal.Order(p, tab(p, s, "orders", "W-20418"), page)
}

func orderDown(p *i18n.Printer, s ui.Shell) templ.Component {
	page := unsent()
	page.Waiting = &portal.Waiting{Since: at(22 * time.Minute), Now: now, Down: true}
	return portal.Order(p, tab(p, s, "orders", "W-20418"), page)
}

func orderRefused(p *i18n.Printer, s ui.Shell) templ.Component {
	page := unsent()
	page.State = "rejected"
	page.Journal = append([]ui.Entry{{Kind: "refused", At: at(time.Minute), Source: "ui.source.erp", Text: "The delivery address is not valid for this party."}}, page.Journal...)
	page.Refused = &portal.Refusal{Cause: "specimen.cause", Text: "The delivery address is not valid for this party.", Todo: "specimen.todo"}
	page.Lines[0].Name = long
	return portal.Order(p, tab(p, s, "orders", "W-20418"), page)
}

func invoices() portal.InvoicesPage {
	row := func(number, po, date, due string, late int, state string, total, open int64) portal.InvoiceRow {
		return portal.InvoiceRow{ID: number, Number: number, PONumber: po, Date: date, Due: due, DaysLate: late, State: state, Total: cad(total), Open: cad(open),
			Payable: state == "overdue" || state == "part_paid" || state == "not_due"}
	}
	return portal.InvoicesPage{Open: cad(816595), Overdue: cad(355513), Credits: cad(68640), AsOf: stamp(2*time.Minute, ""), Pages: ui.Pages{Total: 8, From: 1, To: 8},
		Aging:  []portal.Age{{"not_due", cad(461082)}, {"1_30", cad(313713)}, {"31_60", cad(0)}, {"61_90", cad(41800)}, {"over_90", cad(0)}},
		CanPay: true, Payable: true, Invoices: []portal.InvoiceRow{row("FAC-2026-0369", "BC-7698", "2026-08-24", "2026-09-23", 0, "disputed", 41800, 41800), row("FAC-2026-0388", "BC-7731", "2026-09-28", "2026-10-28", 26, "overdue", 118420, 118420),
			row("FAC-2026-0397", "BC-7738", "2026-10-05", "2026-11-04", 19, "part_paid", 231075, 131075), row("FAC-2026-0415", "", "2026-11-02", "2026-12-02", 0, "payment_pending", 124990, 0),
			row("FAC-2026-0418", "BC-7762", "2026-11-18", "2026-12-18", 0, "not_due", 183705, 183705), row("FAC-2026-0402", "BC-7741", "2026-10-08", "2026-11-07", 0, "paid", 64218, 0),
			row("NC-2026-0031", "", "2026-11-10", "2026-11-10", 0, "credited", -18640, -18640)}}
}

func invoice() portal.InvoicePage {
	t := totals(true)
	sent := func(email, state string) portal.LinkRow {
		return portal.LinkRow{ID: email, Email: email, By: "Luc Gagnon", At: now, Expires: now.AddDate(0, 0, 14), State: state}
	}
	return portal.InvoicePage{Link: portal.LinkForm{Offered: true, Days: 14},
		Links: []portal.LinkRow{sent("comptes-fournisseurs@constructionrivard.example", "sent"), sent("a@b.example", "returned"), sent("ap@rivard.example", "revoked")},
		ID:    "1", Number: "FAC-2026-0388", State: "overdue", Date: "2026-09-28", DaysLate: 26, PONumber: "BC-7731", Due: []erp.Instalment{{Date: "2026-10-28", Amount: t.Total}}, Orders: []portal.OrderRef{{"1", "CMD-1021"}},
		Totals: t, Open: t.Total, AsOf: stamp(2*time.Minute, ""), Lines: []portal.InvoiceLine{
			{"PRD-012", "Perceuse sans fil 18 V", both("unité", "unit"), money.Int(10), money.Must("160.65"), cad(160650)}, {"PRD-001", "Vis à bois no 8 × 1-1/2 po", both("boîte de 100", "box of 100"), money.Int(12), money.Must("9.60"), cad(11520)},
			{"", "Transport", both("", ""), money.Int(1), money.Must("45.00"), cad(4500)}}}
}

func statementOf(p *i18n.Printer, s ui.Shell, bad bool) templ.Component {
	var page portal.StatementPage
	page.AsOf, page.Customer.Name = stamp(2*time.Minute, ""), "Construction Rivard"
	page.From, page.To, page.Since = "2026-08-23", "2026-11-23", "2026-08-23"
	page.Typed.From, page.Typed.To = page.From, page.To
	if bad {
		f := fault.New(fault.Invalid, "statement.bad_period").With("to", "specimen.cause")
		page.Fault, page.Typed.To = f, "2027-01-01"
		return portal.Statement(p, tab(p, s, "invoices", "Factures"), page)
	}
	document := func(number string) statement.Document { return statement.Document{ID: number, Number: number} }
	page.Accounts = []statement.Account{{Opening: cad(41800), Closing: cad(816595 - 68640), Movements: []statement.Movement{
		{Day: "2026-09-28", Kind: "invoice", Amount: cad(118420), Balance: cad(160220), Documents: []statement.Document{document("FAC-2026-0388")}},
		{Day: "2026-10-05", Kind: "invoice", Amount: cad(231075), Balance: cad(391295), Documents: []statement.Document{document("FAC-2026-0397")}},
		{Day: "2026-11-02", Kind: "receipt", Amount: cad(-100000), Balance: cad(291295), Documents: []statement.Document{document("FAC-2026-0397")}},
		{Day: "2026-11-10", Kind: "credit_note", Amount: cad(-18640), Balance: cad(272655), Documents: []statement.Document{document("NC-2026-0031")}},
		{Day: "2026-11-12", Kind: "payment", Payment: "1", Receipt: "ENC-2026-0112", Amount: cad(-124990), Balance: cad(147665), Documents: []statement.Document{document("FAC-2026-0415"), document("FAC-2026-0416")}},
		{Day: "2026-11-13", Kind: "unapplied", Payment: "1", Amount: cad(0), Balance: cad(147665), Documents: []statement.Document{document("FAC-2026-0416")}},
		{Day: "2026-11-18", Kind: "invoice", Amount: cad(600290), Balance: cad(747955), Documents: []statement.Document{document("FAC-2026-0418")}},
	}}}
	page.Accounts[0].Open.Items = []statement.Item{
		{Document: document("FAC-2026-0388"), PONumber: "BC-7731", Day: "2026-09-28", Due: "2026-10-28", Total: cad(118420), Open: cad(118420)},
		{Document: document("FAC-2026-0397"), PONumber: "BC-7738", Day: "2026-10-05", Due: "2026-11-04", Total: cad(231075), Open: cad(131075)},
		{Open: cad(-50000)}}
	page.Accounts[0].Open.Aged, _ = bill.Age("CAD", page.To, []bill.OpenItem{{Due: "2026-12-18", Open: cad(567100)}, {Due: "2026-10-28", Open: cad(249495)}, {Open: cad(-68640)}})
	return portal.Statement(p, tab(p, s, "invoices", "Factures"), page)
}
