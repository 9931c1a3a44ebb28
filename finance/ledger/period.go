package ledger

import (
	"context"
	"time"

	"comptoir.example/comptoir/base/db"
	"comptoir.example/comptoir/base/money"
)

// Opening is the kind of an entry with which the ledger began: what a document, or
// money that paid nothing yet, still had open then. Its day is the document's, but
// nothing is known of the days between, so it counts as older than any day.
const Opening = "opening"

// Periods are read from lines, not from kept balances: those know no days.
var (
	selectSince = db.SQL("ledger.select_since", `SELECT posted FROM ledger_entry WHERE kind = 'opening' ORDER BY posted LIMIT 1`)
	sumBefore   = db.SQL("ledger.sum_before", `
SELECT l.currency, CAST(SUM(l.minor) AS BIGINT) FROM ledger_line l JOIN ledger_entry e ON e.id = l.entry
WHERE l.account IN ($1, $2, $3) AND (e.day < $4 OR e.kind = 'opening')
GROUP BY l.currency HAVING SUM(l.minor) <> 0`)
	selectBetween = db.SQL("ledger.select_between", `
SELECT `+entryColumns+`, `+lineColumns+` FROM ledger_line l JOIN ledger_entry e ON e.id = l.entry
WHERE l.account IN ($1, $2, $3) AND e.day >= $4 AND e.day <= $5 AND e.kind <> 'opening'
ORDER BY e.day, e.place, l.no`)
	selectOpenOn = db.SQL("ledger.select_open_on", `
SELECT l.account, l.document, l.currency, CAST(SUM(l.minor) AS BIGINT) FROM ledger_line l JOIN ledger_entry e ON e.id = l.entry
WHERE l.account IN ($1, $2, $3) AND (e.day <= $4 OR e.kind = 'opening')
GROUP BY l.account, l.document, l.currency HAVING SUM(l.minor) <> 0`)
)

// Since is when the ledger began; false when nothing was open then, so that it knows
// everything.
func Since(ctx context.Context, tx *db.Tx) (time.Time, bool, error) {
	return db.One(ctx, tx, selectSince, db.Value[time.Time])
}

// Before is what stood on some accounts together when a day began, debit positive,
// by currency; currencies in which nothing stood are left out.
func Before(ctx context.Context, tx *db.Tx, accounts Few, day string) (map[string]money.Amount, error) {
	sums := map[string]money.Amount{}
	_, err := db.All(ctx, tx, sumBefore, func(r db.Row) (a money.Amount, err error) {
		err = r.Scan(&a.Currency, &a.Minor)
		sums[a.Currency] = a
		return a, err
	}, accounts.args(day)...)
	return sums, err
}

// Between are the entries of some days, first and last included, each with its lines
// on some accounts only, in the order of their days.
func Between(ctx context.Context, tx *db.Tx, accounts Few, from, to string) ([]Entry, error) {
	lines, err := db.All(ctx, tx, selectBetween, scanEntry, accounts.args(from, to)...)
	return gathered(lines), err
}

// OpenOn is what stood on some accounts at the end of a day, document by document.
func OpenOn(ctx context.Context, tx *db.Tx, accounts Few, day string) ([]OpenDocument, error) {
	return db.All(ctx, tx, selectOpenOn, func(r db.Row) (d OpenDocument, err error) {
		err = r.Scan((*string)(&d.Account), &d.Document, &d.Amount.Currency, &d.Amount.Minor)
		return d, err
	}, accounts.args(day)...)
}

// Few are up to three accounts that are read together: a customer's. They are named
// one by one in a statement, so that each is found by its index.
type Few [3]Account

func (f Few) args(more ...any) []any {
	return append([]any{string(f[0]), string(f[1]), string(f[2])}, more...)
}
