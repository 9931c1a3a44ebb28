package main

import (
	"comptoir.example/comptoir/base/i18n"
	"comptoir.example/comptoir/web/desk"
	"comptoir.example/comptoir/web/ui"
	"github.com/a-h/templ"
)

func parityPage(gaps bool) draw {
	return func(p *i18n.Printer, s ui.Shell) templ.Component {
		page := desk.ParityPage{Now: now, Equations: equationsOf(gaps), MaySet: true}
		if gaps {
			page.Differences, page.Transit = differencesOf(), transitOf()
		}
		return desk.Parity(p, back(p, s, "parity"), page)
	}
}
