package main

import (
	"comptoir.example/comptoir/base/fault"
	"comptoir.example/comptoir/base/i18n"
	"comptoir.example/comptoir/finance/payment"
	"comptoir.example/comptoir/web/portal"
	"comptoir.example/comptoir/web/ui"
	"github.com/a-h/templ"
)

var savedCards = []payment.Method{{ID: "m1", Brand: "visa", Last4: "4242", Expires: "2029-04"}, {ID: "m2", Brand: "mastercard", Last4: "4444", Expires: "2027-11"}}

func methodsPage(n int) draw {
	return func(p *i18n.Printer, s ui.Shell) templ.Component {
		all := []portal.MethodRow{{ID: "m1", Brand: "visa", Last4: "4242", Expires: "2029-04", By: "Luc Gagnon", Since: now},
			{ID: "m2", Brand: "mastercard", Last4: "4444", Expires: "2026-10", Expired: true, By: "Marie-Hélène Bélanger-Desrosiers", Since: now}}
		return portal.Methods(p, tab(p, s, "", p.T("portal.methods")), portal.MethodsPage{Methods: all[:n], MayRemove: true, Removed: n == 1})
	}
}

func guestPage(step, decline string) draw {
	return func(p *i18n.Printer, s ui.Shell) templ.Component {
		page := portal.GuestPage{Token: "x", Merchant: s.Merchant, Company: "Construction Rivard inc.", Number: "FAC-2026-0388", Day: "2026-09-28", Due: "2026-10-28",
			DaysLate: 26, Total: cad(231075), Open: cad(118420)}
		page.Payment = portal.PaymentPage{Step: step, Decline: decline, Amount: page.Open, Go: "/specimen"}
		if step == "paid" {
			page.Open, page.DaysLate = cad(0), 0
		}
		return portal.Guest(p, cover(p, s), page)
	}
}

func guestEnd(p *i18n.Printer, s ui.Shell) templ.Component {
	return portal.LinkEnd(p, cover(p, s), portal.EndPage{Code: "specimen.link"})
}

func removalPage(p *i18n.Printer, s ui.Shell) templ.Component {
	return portal.Removal(p, tab(p, s, "", p.T("portal.methods")),
		portal.RemovalPage{Card: portal.MethodRow{ID: "m1", Brand: "visa", Last4: "4242"}, Company: "Construction Rivard inc."})
}

func payPage(bad bool) draw {
	return func(p *i18n.Printer, s ui.Shell) templ.Component {
		line := func(number, po, due string, late int, free, amount int64, reason string) portal.PayLine {
			return portal.PayLine{ID: number, Number: number, PONumber: po, Due: due, DaysLate: late, Free: cad(free), Amount: cad(amount),
				Typed: p.Plain(cad(amount)), Reason: reason}
		}
		page := portal.PayPage{ID: "1", AsOf: fresh(), Open: cad(515448), Applied: cad(497793), Used: cad(68640), Total: cad(429153),
			Lines: []portal.PayLine{line("FAC-2026-0388", "BC-7731", "2026-10-28", 26, 118420, 118420, ""), line("FAC-2026-0397", "BC-7738", "2026-11-04", 19, 131075, 131075, ""),
				line("FAC-2026-0405", "BC-7744", "2026-11-11", 12, 64218, 64218, ""), line("FAC-2026-0412", "BC-7751", "2026-11-25", 0, 201735, 184080, "damaged")},
			Credits: []portal.PayCredit{{ID: "n1", Number: "NC-2026-0031", Day: "2026-11-10", Free: cad(18640), Used: cad(18640), Chosen: true},
				{ID: "n2", Number: "NC-2026-0007", Day: "2026-10-30", Free: cad(50000), Used: cad(50000), Chosen: true}},
			Methods: savedCards, Method: "m1", Company: "Construction Rivard inc."}
		if bad {
			page.Lines[3].Reason, page.Lines[0].Busy = "", true
			page.Fault = fault.New(fault.Invalid, "specimen.form").With("amount-FAC-2026-0412", "specimen.field")
		}
		return portal.Pay(p, tab(p, s, "invoices", p.T("portal.pay")), page)
	}
}

func paymentPage(step, state, decline, receipt string) draw {
	return func(p *i18n.Printer, s ui.Shell) templ.Component {
		page := portal.PaymentPage{ID: "1", Step: step, State: state, Decline: decline, Amount: cad(429153), Card: "Visa •••• 4242",
			Lines: []payment.Line{{Number: "FAC-2026-0388", Amount: cad(118420)}, {Number: "FAC-2026-0397", Amount: cad(329373)}, {Number: "NC-2026-0031", Amount: cad(-18640)}}}
		switch step {
		case "charging":
			page.Step, page.Charge = "starting", true
		case "nothing":
			page.Methods, page.Company = savedCards, "Construction Rivard inc."
		case "waiting":
			page.Go = "/specimen"
		}
		page.Journal = []ui.Entry{{Kind: "pay_asked", Params: []any{"amount", page.Amount}, At: now, Source: "ui.source.shop"}}
		if receipt != "" {
			page.Receipts = []portal.PaymentReceipt{{Key: "CM6ZJYD3P4ZTEHEHSFKQ", Number: "REC2026-00042", State: receipt, Amount: page.Amount, Unapplied: cad(1200)}}
			page.Journal = append([]ui.Entry{{Kind: "pay_booked", Params: []any{"number", "REC2026-00042"}, At: now, Source: "ui.source.erp"},
				{Kind: "pay_capture", Params: []any{"amount", page.Amount}, At: now, Source: "ui.source.processor"}}, page.Journal...)
		}
		return portal.Payment(p, tab(p, s, "invoices", p.T("portal.payment")), page)
	}
}
