package invoice

import (
	"time"

	"comptoir.example/comptoir/base/money"
)

// Ages are the classes of an aging, by days late.
var Ages = []string{"not_due", "1_30", "31_60", "61_90", "over_90"}

// upTo is the last day late of each class but the last.
var upTo = []int{0, 30, 60, 90}

// Aged is what a company owes in one currency on a day, by age.
type Aged struct {
	Open    money.Amount // invoices less credits
	Overdue money.Amount
	Credits money.Amount // not yet applied, positive
	By      []money.Amount
	NextDue string // "" when nothing is to come
}

// OpenItem is something that is open: an invoice, or negative a credit, also money
// that is applied to nothing.
type OpenItem struct {
	Due  string // YYYY-MM-DD; "" when it has none
	Open money.Amount
}

// Age adds open items up by age on a day of the merchant. Amounts of other
// currencies are left out.
func Age(currency, today string, items []OpenItem) (a Aged, err error) {
	a = Aged{Open: money.Zero(currency), Overdue: money.Zero(currency), Credits: money.Zero(currency)}
	for range Ages {
		a.By = append(a.By, money.Zero(currency))
	}
	for _, i := range items {
		if err == nil && i.Open.Currency == currency {
			err = a.add(i, today)
		}
	}
	return a, err
}

func (a *Aged) add(i OpenItem, today string) (err error) {
	if a.Open, err = a.Open.Add(i.Open); err != nil {
		return err
	}
	if i.Open.Minor <= 0 {
		a.Credits, err = a.Credits.Sub(i.Open)
		return err
	}
	late := daysBetween(i.Due, today)
	if late > 0 {
		if a.Overdue, err = a.Overdue.Add(i.Open); err != nil {
			return err
		}
	} else if a.NextDue == "" || i.Due < a.NextDue {
		a.NextDue = i.Due
	}
	class := 0
	for class < len(upTo) && late > upTo[class] {
		class++
	}
	a.By[class], err = a.By[class].Add(i.Open)
	return err
}

// DaysLate is how many days an open invoice is past its due date; 0 when it is
// not.
func (i Invoice) DaysLate(today string) int {
	if i.Open.Minor <= 0 {
		return 0
	}
	return max(daysBetween(i.Due, today), 0)
}

// dueBetween is after which and up to which due date an age lies; both "" for
// every age.
func dueBetween(age, today string) (from, to string) {
	day, err := time.Parse(time.DateOnly, today)
	if err != nil {
		return "", ""
	}
	before := func(days int) string { return day.AddDate(0, 0, -days).Format(time.DateOnly) }
	switch age {
	case "not_due":
		return before(1), "9999-12-31"
	case "1_30":
		return before(31), before(1)
	case "31_60":
		return before(61), before(31)
	case "61_90":
		return before(91), before(61)
	case "over_90":
		return "0000-01-01", before(91)
	}
	return "", ""
}

// daysBetween is from one business day to another; 0 for what is no day.
func daysBetween(from, to string) int {
	a, err := time.Parse(time.DateOnly, from)
	if err != nil {
		return 0
	}
	b, err := time.Parse(time.DateOnly, to)
	if err != nil {
		return 0
	}
	return int(b.Sub(a) / (24 * time.Hour))
}
