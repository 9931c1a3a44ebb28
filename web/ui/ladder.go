package ui

import (
	"comptoir.example/comptoir/base/i18n"
	"comptoir.example/comptoir/base/money"
	"comptoir.example/comptoir/erp"
)

// Ladder is the unit prices of one product by quantity, and where the buyer
// stands on it.
type Ladder struct {
	Breaks   []erp.Break // rising From; the first From is 0
	Currency string
	Unit     erp.Unit
	Quantity money.Decimal // what the buyer asks for or has; zero stands nowhere
	Next     *NextStep     // what the next step costs, when the caller computed it
}

// NextStep is the cost of going one step further.
type NextStep struct {
	Total money.Amount // of the next step's quantity
	More  money.Amount // than what the quantity asked for costs
}

// Rung is one step of a ladder.
type Rung struct {
	Words string
	Price string
	Here  bool
}

// here is the step the quantity stands on, -1 for none.
func (l Ladder) here() int {
	at := -1
	for i, b := range l.Breaks {
		if l.Quantity.IsPos() && l.Quantity.Cmp(b.From) >= 0 {
			at = i
		}
	}
	return at
}

// Rungs writes the steps for a page: "1 à 4", "5 à 9", "10 et plus" in whole
// units; "moins de 5", "de 5 à 10" in a unit that can be cut.
func (l Ladder) Rungs(p *i18n.Printer) []Rung {
	one, here := money.Int(1), l.here()
	rungs := make([]Rung, 0, len(l.Breaks))
	for i, b := range l.Breaks {
		key, from, to := "ui.ladder.more", b.From, b.From
		if from.IsZero() && l.Unit.Digits == 0 {
			from = one
		}
		if i+1 < len(l.Breaks) {
			to = l.Breaks[i+1].From
			key = "ui.ladder.range"
			switch {
			case l.Unit.Digits > 0 && from.IsZero():
				key = "ui.ladder.below"
			case l.Unit.Digits > 0:
			default:
				if last, err := to.Sub(one); err == nil {
					to = last
				}
				if from.Equal(to) {
					key = "ui.ladder.single"
				}
			}
		} else if i == 0 {
			key = "ui.ladder.any"
		}
		rungs = append(rungs, Rung{p.T(key, "from", from, "to", to), p.Price(b.Price, l.Currency), i == here})
	}
	return rungs
}

// Hint is the sentence under a ladder in a list: how much is missing for the
// next step, or that the last is reached. Empty when the buyer stands nowhere.
func (l Ladder) Hint(p *i18n.Printer) string {
	here := l.here()
	if here < 0 || len(l.Breaks) < 2 {
		return ""
	}
	if here == len(l.Breaks)-1 {
		return p.T("ui.ladder.reached")
	}
	next := l.Breaks[here+1]
	missing, err := next.From.Sub(l.Quantity)
	if err != nil {
		return ""
	}
	return p.T("ui.ladder.missing", "n", missing, "price", p.Price(next.Price, l.Currency))
}

// Price is the unit price for the quantity, or the first one.
func (l Ladder) Price() money.Decimal {
	if len(l.Breaks) == 0 {
		return money.Decimal{}
	}
	return l.Breaks[max(l.here(), 0)].Price
}
