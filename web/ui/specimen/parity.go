package main

import (
	"time"

	"comptoir.example/comptoir/base/i18n"
	"comptoir.example/comptoir/finance/parity"
	"comptoir.example/comptoir/web/desk"
	"comptoir.example/comptoir/web/ui"
	"github.com/a-h/templ"
)

func parityPage(gaps bool) draw {
	return func(p *i18n.Printer, s ui.Shell) templ.Component {
		equation := func(kind parity.Kind, theirs, ours, transit int64) parity.Equation {
			return parity.Equation{Kind: kind, At: now.Add(-time.Minute), Theirs: cad(theirs), Ours: cad(ours), Transit: cad(transit)}
		}
		page := desk.ParityPage{Now: now, Equations: []parity.Equation{equation(parity.OpenItems, 48216044, 47098013, 1118031),
			equation(parity.Processor, 1124990, 1124990, 0), equation(parity.Clearing, 37240000, 38358031, -1118031)}}
		if gaps {
			page.Equations[0].Theirs = cad(48216043)
			difference := func(label, who string, class parity.Class, theirs, ours int64, age time.Duration) desk.ParityDifference {
				return desk.ParityDifference{Difference: parity.Difference{Kind: parity.OpenItems, Subject: label, Label: label, Class: class, Theirs: cad(theirs), Ours: cad(ours),
					Since: now.Add(-age)}, Customer: who}
			}
			page.Differences = []desk.ParityDifference{difference("FAC-2026-0388", "Construction Rivard ltée", parity.Amount, 118419, 118420, 26*time.Hour),
				difference("", long.FR, parity.Extra, 0, 4500, 3*time.Hour), difference("FAC-2026-0421", "Great Lakes Supply", parity.Missing, 88000, 0, 20*time.Second)}
		}
		return desk.Parity(p, back(p, s, "parity"), page)
	}
}
