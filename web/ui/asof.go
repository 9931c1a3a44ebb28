package ui

import (
	"strings"
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

// sentence is what is said of the age, cut around the time, which must not be
// broken over two lines.
func (a AsOf) sentence(p *i18n.Printer) (before, when, after string) {
	when = a.when(p)
	key, params := "ui.asof", []any{"what", a.what(p), "time", when}
	switch {
	case a.Pending:
		key = "ui.asof.pending"
	case a.old():
		key, params = "ui.asof.old", append(params, "limit", a.Limit)
	}
	before, after, _ = strings.Cut(p.T(key, params...), when)
	return before, when, after
}

// icon is a clock, and a triangle once the figure is too old.
func (a AsOf) icon() string {
	switch {
	case a.Pending:
		return "sync"
	case a.old():
		return "tri"
	}
	return "clock"
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
