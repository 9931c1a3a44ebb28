package parity

import (
	"context"
	"sort"
	"strings"
	"time"

	"comptoir.example/comptoir/base/db"
	"comptoir.example/comptoir/base/money"
	"comptoir.example/comptoir/erp"
	"comptoir.example/comptoir/finance/invoice"
	"comptoir.example/comptoir/finance/ledger"
	"comptoir.example/comptoir/finance/payment"
	"comptoir.example/comptoir/trade/customer"
)

// item is what is open of one thing, on both sides.
type item struct {
	customer              string
	currency              string
	theirs, ours, transit int64
	here, there           bool
}

// Items compares what the ERP has open, as it was read at an instant, with what our
// ledger has open, document by document; money that is applied to nothing is
// compared customer by customer. (a): theirs = ours + what was taken here and is
// not shown there yet.
func Items(ctx context.Context, tx *db.Tx, conn string, open []erp.OpenItem, at time.Time) error {
	all := map[string]*item{} // by subject
	get := func(subject, currency string) *item {
		key := subject + " " + currency
		if all[key] == nil {
			all[key] = &item{currency: currency}
		}
		return all[key]
	}
	customers, err := customer.IDs(ctx, tx, conn)
	if err != nil {
		return err
	}
	var documents []string
	for _, o := range open {
		if o.Document != "" {
			documents = append(documents, o.Document)
		}
	}
	known, err := invoice.OurIDs(ctx, tx, conn, documents)
	if err != nil {
		return err
	}
	counted := map[string]bool{} // our receipts that the ERP shows
	for _, o := range open {
		subject := customers[o.Customer]
		if o.Document != "" {
			subject = known[o.Document]
		}
		if subject == "" {
			subject = "erp:" + o.Customer + "/" + o.Document
		}
		i := get(subject, o.Open.Currency)
		i.theirs, i.there, i.customer = i.theirs+o.Open.Minor, true, customers[o.Customer]
		for _, key := range o.Keys {
			counted[key+" "+subject] = true
		}
	}
	ours, err := ledger.OpenDocuments(ctx, tx)
	if err != nil {
		return err
	}
	for _, d := range ours {
		subject := d.Document
		if subject == "" {
			subject = d.Account.Of()
		}
		i := get(subject, d.Amount.Currency)
		i.ours, i.here, i.customer = i.ours+d.Amount.Minor, true, d.Account.Of()
	}
	way, err := payment.OnTheWay(ctx, tx)
	if err != nil {
		return err
	}
	for _, w := range way {
		i := get(w.Subject, w.Amount.Currency)
		seen := counted[w.Key+" "+w.Subject]
		// A document that is not open there any more was settled by what is booked.
		if w.Undone && w.Booked && !seen || !w.Undone && (seen || w.Booked && !i.there) {
			continue
		}
		i.transit += w.Amount.Minor
		i.here = true
	}
	return keepItems(ctx, tx, all, at)
}

func keepItems(ctx context.Context, tx *db.Tx, all map[string]*item, at time.Time) error {
	sums := map[string]*Equation{}
	checks, err := Checks(ctx, tx)
	if err != nil {
		return err
	}
	for _, c := range checks {
		if c.Kind == OpenItems { // where nothing is open any more ties, too
			zero := money.Zero(c.Theirs.Currency)
			sums[zero.Currency] = &Equation{Kind: OpenItems, At: at, Theirs: zero, Ours: zero, Transit: zero}
		}
	}
	var found []Difference
	var subjects []string
	for key, i := range all {
		e := sums[i.currency]
		if e == nil {
			zero := money.Zero(i.currency)
			e = &Equation{Kind: OpenItems, At: at, Theirs: zero, Ours: zero, Transit: zero}
			sums[i.currency] = e
		}
		e.Theirs.Minor += i.theirs
		e.Ours.Minor += i.ours
		e.Transit.Minor += i.transit
		if class := classOf(i.theirs, i.ours+i.transit, i.here, i.there); class != "" {
			subject, _, _ := strings.Cut(key, " ")
			subjects = append(subjects, subject)
			found = append(found, Difference{Kind: OpenItems, Subject: subject, Customer: i.customer, Class: class,
				Theirs: money.Amount{Minor: i.theirs, Currency: i.currency}, Ours: money.Amount{Minor: i.ours + i.transit, Currency: i.currency}})
		}
	}
	numbers, err := invoice.Numbers(ctx, tx, subjects)
	if err != nil {
		return err
	}
	for n := range found {
		found[n].Label = numbers[found[n].Subject]
	}
	sort.Slice(found, func(a, b int) bool { return found[a].Subject < found[b].Subject })
	var equations []Equation
	for _, e := range sums {
		equations = append(equations, *e)
	}
	return keep(ctx, tx, OpenItems, equations, found)
}

// Balances compares the processor's balance with our account of it. (b).
func Balances(ctx context.Context, tx *db.Tx, gateway string, balance []money.Amount, at time.Time) error {
	var equations []Equation
	var found []Difference
	for _, theirs := range balance {
		ours, err := ledger.Balance(ctx, tx, ledger.Processor(gateway), theirs.Currency)
		if err != nil {
			return err
		}
		equations = append(equations, Equation{Kind: Processor, At: at, Theirs: theirs, Ours: ours, Transit: money.Zero(theirs.Currency)})
		if class := classOf(theirs.Minor, ours.Minor, true, true); class != "" {
			found = append(found, Difference{Kind: Processor, Subject: gateway, Class: class, Theirs: theirs, Ours: ours})
		}
	}
	return keep(ctx, tx, Processor, equations, found)
}

// Clear compares the ERP's clearing account with what should stand there: what the
// processor owes, what it has paid out or kept and the ERP does not know yet, less
// the receipts that are not booked there yet, and what disputes have taken of those
// that are. (c).
func Clear(ctx context.Context, tx *db.Tx, gateway string, clearing []money.Amount, at time.Time) error {
	var equations []Equation
	var found []Difference
	way, err := payment.Unbooked(ctx, tx)
	if err != nil {
		return err
	}
	disputed, err := ledger.Sums(ctx, tx, "disputed")
	if err != nil {
		return err
	}
	for _, theirs := range clearing {
		ours := money.Zero(theirs.Currency)
		for _, account := range []ledger.Account{ledger.Processor(gateway), ledger.PayoutTransit(), ledger.Fees(), ledger.DisputeFees()} {
			part, err := ledger.Balance(ctx, tx, account, theirs.Currency)
			if err != nil {
				return err
			}
			ours.Minor += part.Minor
		}
		transit := money.Amount{Minor: disputed[theirs.Currency].Minor - way[theirs.Currency], Currency: theirs.Currency}
		equations = append(equations, Equation{Kind: Clearing, At: at, Theirs: theirs, Ours: ours, Transit: transit})
		if class := classOf(theirs.Minor, ours.Minor+transit.Minor, true, true); class != "" {
			found = append(found, Difference{Kind: Clearing, Subject: "clearing", Class: class, Theirs: theirs,
				Ours: money.Amount{Minor: ours.Minor + transit.Minor, Currency: theirs.Currency}})
		}
	}
	return keep(ctx, tx, Clearing, equations, found)
}
