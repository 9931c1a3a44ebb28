package ui

import (
	"time"

	"comptoir.example/comptoir/base/i18n"
)

// AsOf is the age of a figure.
type AsOf struct {
	What    string        // key of what it is about; "" is the ERP
	At      time.Time     // zero: never received
	Now     time.Time     // of the page
	Limit   time.Duration // 0: none
	Pending bool          // a newer figure was asked for
}

// Old says whether the figure is older than its limit.
func (a AsOf) Old() bool { return a.Limit > 0 && a.Now.Sub(a.At) > a.Limit }

func (a AsOf) what(p *i18n.Printer) string { return p.T(or(a.What, "ui.asof.erp")) }

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
