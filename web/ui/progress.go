package ui

import (
	"comptoir.example/comptoir/base/i18n"
	"comptoir.example/comptoir/base/money"
)

// Line is how far one line of an order is, in its sale unit.
type Line struct {
	Ordered   money.Decimal
	Shipped   money.Decimal
	Preparing money.Decimal
	Cancelled bool
}

// Open is what waits: ordered, neither shipped nor being prepared; nothing of a
// cancelled line.
func (l Line) Open() money.Decimal {
	rest, err := l.Ordered.Sub(l.Shipped)
	if err != nil || l.Cancelled {
		return money.Decimal{}
	}
	if rest, err = rest.Sub(l.Preparing); err != nil || rest.IsNeg() {
		return money.Decimal{}
	}
	return rest
}

// share is a part of the ordered quantity in whole percent, for drawing only.
func (l Line) share(part money.Decimal) int {
	if !l.Ordered.IsPos() {
		return 0
	}
	q, err := part.Quo(l.Ordered)
	if err != nil {
		return 0
	}
	hundredths, _, ok := q.Round(2).Int64(2)
	if !ok {
		return 0
	}
	_, cents, _ := q.Round(2).Int64(2)
	return int(hundredths*100 + cents)
}

// sentence says in words where the line stands; the bar only shows it.
func (l Line) sentence(p *i18n.Printer) (tone, icon, words string) {
	open := l.Open()
	switch {
	case l.Cancelled:
		return "", "x", p.T("ui.line.cancelled")
	case open.IsZero() && l.Preparing.IsZero() && l.Ordered.IsPos():
		return "ok", "truck", p.T("ui.line.shipped")
	case l.Preparing.IsPos() && open.IsZero():
		return "info", "box", p.T("ui.line.preparing", "n", l.Preparing)
	case l.Preparing.IsPos():
		return "info", "box", p.T("ui.line.both", "preparing", l.Preparing, "open", open)
	case l.Shipped.IsZero():
		return "", "clock", p.T("ui.line.none")
	}
	return "warn", "clock", p.T("ui.line.open", "n", open)
}
