package main

import (
	"time"

	"comptoir.example/comptoir/base/i18n"
	"comptoir.example/comptoir/base/money"
	"comptoir.example/comptoir/base/outbox"
	"comptoir.example/comptoir/finance/cash"
	"comptoir.example/comptoir/finance/parity"
	"comptoir.example/comptoir/finance/payment"
	"comptoir.example/comptoir/trade/access"
	"comptoir.example/comptoir/web/desk"
	"comptoir.example/comptoir/web/ui"
	"github.com/a-h/templ"
)

const day = 24 * time.Hour

func financePage(busy bool) draw {
	return func(p *i18n.Printer, s ui.Shell) templ.Component {
		page := desk.FinancePage{Now: now, Counted: at(2 * time.Minute), Stages: []cash.Figure{{Stage: cash.InERP}, {Stage: cash.Shipped}, {Stage: cash.Invoiced}, {Stage: cash.Paid},
			{Stage: cash.Reconciled}, {Stage: cash.Whole}}}
		if busy {
			page = desk.FinancePage{Now: now, Counted: at(2 * time.Minute), Equations: equationsOf(true), Payments: 31,
				Keepers: []desk.Keeper{{Name: p.T("desk.task.nobody_yet"), Tasks: 3, Differences: 2, Oldest: 26 * time.Hour}, {ID: "1", Name: "Hélène Gagné", Tasks: 1, Oldest: 9 * day}},
				Taken:   []money.Amount{cad(1840025), {Minor: 231000, Currency: "USD"}}, Waiting: []payment.Sum{{N: 2, Amount: cad(1118031), Oldest: at(7 * time.Minute)}},
				Asked: outbox.Queue{Waiting: 3, Oldest: at(4 * time.Minute), Down: at(4 * time.Minute)}, Transit: []money.Amount{cad(1124990)}, Payouts: somePayouts(),
				Stages: []cash.Figure{{Stage: cash.InERP, N: 1480, Median: 2 * time.Second, P90: 41 * time.Second}, {Stage: cash.Shipped, N: 1312, Median: 2 * day, P90: 9 * day},
					{Stage: cash.Invoiced, N: 1290, P90: day}, {Stage: cash.Paid, N: 644, Median: 24 * day, P90: 47 * day}, {Stage: cash.Reconciled, N: 651, Median: 3 * time.Second, P90: 8 * time.Second},
					{Stage: cash.Whole, N: 640, Median: 28 * day, P90: 55 * day}}}
		}
		return desk.Finance(p, back(p, s, "finance"), page)
	}
}

// somePayouts has one in each state.
func somePayouts() []payment.Payout {
	return []payment.Payout{
		{Gateway: "simulator", ID: "po_tnt6e4rv5jzq7w2k", Amount: cad(1124990), At: at(time.Hour), State: payment.PayoutTold},
		{Gateway: "simulator", ID: "po_5jzq7w2ktnt6e4rv", Amount: cad(958170), At: at(day), State: payment.PayoutFoots, Listed: at(day),
			Gross: cad(1231000), Refunded: cad(200000), Fees: cad(37330), Disputed: cad(35000), Other: cad(-500)},
		{Gateway: "simulator", ID: "po_7w2ktnt6e4rv5jzq", Amount: cad(1840025), At: at(2 * day), Failed: at(day), State: payment.PayoutFoots, Listed: at(day), Gross: cad(1895000), Refunded: cad(0),
			Fees: cad(54975), Disputed: cad(0), Other: cad(0)},
		{Gateway: "simulator", ID: "po_e4rv5jzq7w2ktnt6", Amount: money.Amount{Minor: 231000, Currency: "USD"}, At: at(3 * day), State: payment.PayoutDiffers, Listed: at(day),
			Gross: money.Amount{Minor: 240000, Currency: "USD"}, Refunded: money.Zero("USD"), Fees: money.Amount{Minor: 6990, Currency: "USD"}, Disputed: money.Zero("USD"), Other: money.Zero("USD")},
	}
}

func taskRow(kind, company string, minor int64, age time.Duration, keeper string) desk.TaskRow {
	t := desk.TaskRow{Task: payment.Task{ID: "1", Kind: kind, Subject: "dp_1Nv0FGQ9RKHgCVdK", Amount: cad(minor), Created: at(age)}, Company: company, Keeper: keeper, Age: age}
	if keeper != "" {
		t.Owner = "1"
	}
	return t
}

func tasksPage(some bool) draw {
	return func(p *i18n.Printer, s ui.Shell) templ.Component {
		page := desk.TasksPage{Me: "1"}
		if some {
			page = desk.TasksPage{Me: "1", Open: 4, Oldest: 9 * day, Kinds: []desk.TaskKind{{Kind: "dispute", N: 2}, {Kind: "integrity", N: 1}, {Kind: "unknown_capture", N: 1}},
				Tasks: []desk.TaskRow{taskRow("dispute", "Construction Rivard ltée", 41800, 9*day, "Hélène Gagné"), taskRow("integrity", "Ville de Saint-Élie", 218460, 26*time.Hour, ""),
					taskRow("unknown_capture", "", 5000, 3*time.Hour, ""), taskRow("unapplied", long.FR, 12345678, time.Minute, "")}}
		}
		return desk.Tasks(p, back(p, s, "tasks"), page)
	}
}

func taskPage(state string) draw {
	return func(p *i18n.Printer, s ui.Shell) templ.Component {
		page := desk.TaskPage{TaskRow: taskRow("dispute", "Construction Rivard ltée", 41800, 9*day, ""), MaySet: true, Me: "1", Staff: []access.Named{{ID: "1", Name: "Hélène Gagné"}, {ID: "2", Name: "Luc Tremblay"}},
			Payment: &payment.Payment{Amount: cad(41800), State: payment.Paid, Lines: []payment.Line{{Number: "FAC-2026-0388", Amount: cad(41800)}},
				Attempts: []payment.Attempt{{ID: "CT-7F3A-22C1-9B04", Remote: "py_22"}}, Receipts: []payment.Receipt{{Key: "CT-7F3A-22C1-9B04", Number: "REC-2026-0119", State: "posted", Amount: cad(41800)}}},
			Journal: []ui.Entry{{Kind: "pay_dispute", Params: []any{"amount", cad(41800)}, At: at(9 * day), Source: "ui.source.processor"}, {Kind: "pay_capture", Params: []any{"amount", cad(41800)}, At: at(20 * day), Source: "ui.source.processor"}}}
		switch state {
		case "held":
			page.TaskRow, page.Held = taskRow("integrity", "Ville de Saint-Élie", 218460, 26*time.Hour, "Luc Tremblay"), true
			page.Payment.State, page.Payment.Receipts, page.Journal = payment.Open, nil, nil
		case "done":
			page.TaskRow.Done, page.TaskRow.Person, page.TaskRow.Note, page.TaskRow.Keeper = at(time.Hour), "2", "Preuve de livraison envoyée; gagnée.", "Luc Tremblay"
		}
		return desk.Task(p, back(p, s, "tasks"), page)
	}
}

func differencePage(p *i18n.Printer, s ui.Shell) templ.Component {
	return desk.Difference(p, back(p, s, "parity"), desk.DifferencePage{ParityDifference: differencesOf()[0], Now: now, MaySet: true, Me: "1",
		Staff: []access.Named{{ID: "1", Name: "Hélène Gagné"}, {ID: "2", Name: "Luc Tremblay"}}})
}

func equationsOf(gap bool) []parity.Equation {
	equation := func(kind parity.Kind, theirs, ours, transit int64) parity.Equation {
		return parity.Equation{Kind: kind, At: at(time.Minute), Theirs: cad(theirs), Ours: cad(ours), Transit: cad(transit)}
	}
	all := []parity.Equation{equation(parity.OpenItems, 48216044, 47098013, 1118031), equation(parity.Processor, 1124990, 1124990, 0), equation(parity.Clearing, 37240000, 38358031, -1118031)}
	if gap {
		all[0].Theirs = cad(48216043)
	}
	return all
}

func differencesOf() []desk.ParityDifference {
	difference := func(kind parity.Kind, label, who string, class parity.Class, theirs, ours int64, age time.Duration) desk.ParityDifference {
		return desk.ParityDifference{Difference: parity.Difference{Kind: kind, Subject: label, Label: label, Class: class, Theirs: cad(theirs), Ours: cad(ours),
			Since: at(age), Changed: at(age)}, Customer: who}
	}
	all := []desk.ParityDifference{difference(parity.OpenItems, "FAC-2026-0388", "Construction Rivard ltée", parity.Amount, 118419, 118420, 26*time.Hour),
		difference(parity.OpenItems, "", long.FR, parity.Extra, 0, 4500, 3*time.Hour), difference(parity.OpenItems, "FAC-2026-0421", "Great Lakes Supply", parity.Missing, 88000, 0, 20*time.Second),
		difference(parity.Clearing, "", "", parity.Amount, 37240000, 37245000, 5*day)}
	all[0].Keeper = "Hélène Gagné"
	all[3].Noted, all[3].Note = "Hélène Gagné", &parity.Note{Person: "1", Reason: "Versement de janvier, fermé à la banque", At: at(2 * day)}
	return all
}

func transitOf() []desk.TransitRow {
	row := func(key, who, state, cause string, minor int64, age time.Duration) desk.TransitRow {
		return desk.TransitRow{Receipt: payment.Receipt{Key: key, Amount: cad(minor)}, Company: who, State: state, Cause: cause, Age: age}
	}
	return []desk.TransitRow{row("CT-7F3A-22C1-9B04", "Construction Rivard ltée", "failed", "specimen.cause", 118031, 7*time.Minute), row("CT-11C0-98AA-10F2", "Great Lakes Supply", "sent", "", 1000000, 2*time.Second)}
}
