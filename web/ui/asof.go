package ui

import (
	"time"

	"comptoir.example/comptoir/base/asof"
	"comptoir.example/comptoir/base/i18n"
)

// AsOf is the age of a figure, seen from a page.
type AsOf struct {
	asof.Stamp
	Now     time.Time // of the page
	What    string    // key of what it is about; "" names its source
	Pending bool      // a newer figure was asked for
}

func (a AsOf) old() bool { return a.Stale(a.Now) }

func (a AsOf) what(p *i18n.Printer) string {
	if a.What != "" {
		return p.T(a.What)
	}
	return p.T("ui.asof." + or(a.Source, "erp"))
}

// when is the hour today, and the date with it on any other day.
func (a AsOf) when(p *i18n.Printer) string {
	if !a.Now.IsZero() && p.Day(a.At) != p.Day(a.Now) {
		return p.DateTime(a.At)
	}
	return p.Time(a.At)
}

func toneClass(tone string) string {
	if tone == "" {
		return "soft"
	}
	return "c-" + tone
}
