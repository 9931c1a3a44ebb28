// Package parity proves that the shop, the processor and the ERP have the same
// money: the equations (a), (b) and (c), each per currency, at one stated time, with
// its list of differences. Our side is our ledger, never the replica of what it is
// compared with.
//
// Tables: parity_check, parity_difference, parity_note.
package parity

import (
	"cmp"
	"context"
	"slices"
	"time"

	"comptoir.example/comptoir/base/db"
	"comptoir.example/comptoir/base/money"
)

// Kind is an equation.
type Kind string

// The equations.
const (
	OpenItems Kind = "open_items" // (a) what customers owe, in the ERP and here
	Processor Kind = "processor"  // (b) what the processor owes
	Clearing  Kind = "clearing"   // (c) the ERP's clearing account
)

// Equation is one comparison in one currency: Theirs = Ours + Transit + Gap.
type Equation struct {
	Kind                  Kind
	At                    time.Time
	Theirs, Ours, Transit money.Amount
}

// Gap is what nobody can explain; zero when it ties.
func (e Equation) Gap() money.Amount {
	return money.Amount{Minor: e.Theirs.Minor - e.Ours.Minor - e.Transit.Minor, Currency: e.Theirs.Currency}
}

// Class says what a difference is.
type Class string

// The classes of a difference.
const (
	Missing Class = "missing" // there, and not here
	Extra   Class = "extra"   // here, and not there
	Amount  Class = "amount"  // on both sides, with other amounts
)

// Difference is one thing that does not tie. Ours holds what is in transit.
type Difference struct {
	Kind           Kind
	Subject, Label string
	Customer       string // id, "" for none
	Class          Class
	Theirs, Ours   money.Amount
	Since          time.Time // when it first did not tie
	Changed        time.Time // when its amounts last changed
	Owner          string    // person.id of who takes care of it, "" for nobody yet
	Note           *Note     // why it is left as it is; nil as long as nobody said so of this gap
}

// Gap is by how much the other side has more.
func (d Difference) Gap() money.Amount {
	return money.Amount{Minor: d.Theirs.Minor - d.Ours.Minor, Currency: d.Theirs.Currency}
}

// settles is how long a difference may be two sides read at different times.
const settles = time.Minute

// Fresh says that a difference is so new that the two sides may only have been read
// at different times.
func (d Difference) Fresh(now time.Time) bool { return now.Sub(d.Changed) < settles }

var (
	upsertCheck = db.SQL("parity.upsert_check", `
INSERT INTO parity_check (kind, currency, at, theirs, ours, transit) VALUES ($1, $2, $3, $4, $5, $6)
ON CONFLICT (kind, currency) DO UPDATE SET at = excluded.at, theirs = excluded.theirs, ours = excluded.ours, transit = excluded.transit`)
	selectChecks      = db.SQL("parity.select_checks", `SELECT kind, currency, at, theirs, ours, transit FROM parity_check`)
	selectDifferences = db.SQL("parity.select_differences", `
SELECT `+columns+` FROM parity_difference ORDER BY since, kind, subject LIMIT $1`)
	selectKnown      = db.SQL("parity.select_known", `SELECT `+columns+` FROM parity_difference WHERE kind = $1`)
	upsertDifference = db.SQL("parity.upsert_difference", `
INSERT INTO parity_difference (kind, currency, subject, label, customer, class, theirs, ours, since, changed) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $9)
ON CONFLICT (kind, currency, subject) DO UPDATE SET label = excluded.label, customer = excluded.customer, class = excluded.class,
    theirs = excluded.theirs, ours = excluded.ours, changed = excluded.changed`)
	dropDifference = db.SQL("parity.drop_difference", `DELETE FROM parity_difference WHERE kind = $1 AND currency = $2 AND subject = $3`)
)

const columns = `kind, currency, subject, label, customer, class, theirs, ours, since, changed, owner`

// Checks are the last comparisons, (a) to (c) for each currency.
func Checks(ctx context.Context, tx *db.Tx) ([]Equation, error) {
	all, err := db.All(ctx, tx, selectChecks, func(r db.Row) (e Equation, err error) {
		err = r.Scan((*string)(&e.Kind), &e.Theirs.Currency, &e.At, &e.Theirs.Minor, &e.Ours.Minor, &e.Transit.Minor)
		e.Ours.Currency, e.Transit.Currency = e.Theirs.Currency, e.Theirs.Currency
		return e, err
	})
	order := []Kind{OpenItems, Processor, Clearing}
	slices.SortStableFunc(all, func(a, b Equation) int {
		return cmp.Or(cmp.Compare(a.Theirs.Currency, b.Theirs.Currency), slices.Index(order, a.Kind)-slices.Index(order, b.Kind))
	})
	return all, err
}

// Differences are what does not tie, the oldest first.
func Differences(ctx context.Context, tx *db.Tx, most int) ([]Difference, error) {
	all, err := db.All(ctx, tx, selectDifferences, scan, most)
	if err != nil {
		return nil, err
	}
	return all, withNotes(ctx, tx, all)
}

func scan(r db.Row) (d Difference, err error) {
	err = r.Scan((*string)(&d.Kind), &d.Theirs.Currency, &d.Subject, &d.Label, &d.Customer, (*string)(&d.Class), &d.Theirs.Minor, &d.Ours.Minor,
		&d.Since, &d.Changed, &d.Owner)
	d.Ours.Currency = d.Theirs.Currency
	return d, err
}

// keep writes a comparison down. A difference that was there before keeps its age
// and its owner, whatever its amounts are now.
func keep(ctx context.Context, tx *db.Tx, kind Kind, equations []Equation, found []Difference) error {
	for _, e := range equations {
		if _, err := tx.Exec(ctx, upsertCheck, string(kind), e.Theirs.Currency, e.At, e.Theirs.Minor, e.Ours.Minor, e.Transit.Minor); err != nil {
			return err
		}
	}
	all, err := db.All(ctx, tx, selectKnown, scan, string(kind))
	if err != nil {
		return err
	}
	gone := make(map[Ref]Difference, len(all))
	for _, k := range all {
		gone[k.Ref()] = k
	}
	for _, d := range found {
		k, there := gone[d.Ref()]
		delete(gone, d.Ref())
		if there && k.Theirs == d.Theirs && k.Ours == d.Ours && k.Class == d.Class && k.Label == d.Label {
			continue
		}
		if err := tx.Later(ctx, upsertDifference, string(kind), d.Theirs.Currency, d.Subject, d.Label, d.Customer, string(d.Class), d.Theirs.Minor,
			d.Ours.Minor, tx.Now); err != nil {
			return err
		}
	}
	for _, k := range all {
		if _, is := gone[k.Ref()]; is {
			if err := tx.Later(ctx, dropDifference, string(kind), k.Theirs.Currency, k.Subject); err != nil {
				return err
			}
		}
	}
	return nil
}

// classOf says what a difference is; "" when there is none.
func classOf(theirs, ours int64, here, there bool) Class {
	switch {
	case theirs == ours:
		return ""
	case !here:
		return Missing
	case !there:
		return Extra
	}
	return Amount
}
