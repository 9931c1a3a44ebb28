package ledger

import (
	"context"

	"comptoir.example/comptoir/base/db"
)

const entryColumns = `e.id, e.key, e.kind, e.day, e.posted, e.source, e.reverses, e.hash`
const lineColumns = `l.account, l.currency, l.minor, l.document`

var (
	selectEntry = db.SQL("ledger.select_entry", `
SELECT `+entryColumns+`, `+lineColumns+` FROM ledger_entry e JOIN ledger_line l ON l.entry = e.id WHERE e.key = $1 ORDER BY l.no`)
	selectOfSource = db.SQL("ledger.select_of_source", `
SELECT `+entryColumns+`, `+lineColumns+` FROM ledger_entry e JOIN ledger_line l ON l.entry = e.id
WHERE e.source = $1 ORDER BY e.place, l.no`)
	selectAbout = db.SQL("ledger.select_about", `
SELECT `+entryColumns+`, `+lineColumns+` FROM ledger_line l JOIN ledger_entry e ON e.id = l.entry
WHERE l.document = $1 AND l.document <> '' ORDER BY e.place, l.no`)
)

// scanEntry reads a line with its entry.
func scanEntry(r db.Row) (e Entry, err error) {
	var l Line
	err = r.Scan(&e.ID, &e.Key, &e.Kind, &e.Day, &e.Posted, &e.Source, &e.Reverses, &e.Hash,
		(*string)(&l.Account), &l.Amount.Currency, &l.Amount.Minor, &l.Document)
	e.Lines = []Line{l}
	return e, err
}

// gathered puts the lines of an entry together again.
func gathered(lines []Entry) (all []Entry) {
	for _, e := range lines {
		if n := len(all); n > 0 && all[n-1].ID == e.ID {
			all[n-1].Lines = append(all[n-1].Lines, e.Lines...)
		} else {
			all = append(all, e)
		}
	}
	return all
}

// Find is the entry of a key.
func Find(ctx context.Context, tx *db.Tx, key string) (e Entry, found bool, err error) {
	lines, err := db.All(ctx, tx, selectEntry, scanEntry, key)
	if err != nil || len(lines) == 0 {
		return e, false, err
	}
	return gathered(lines)[0], true, nil
}

// Entries are those that one thing has caused, in the order in which they were
// booked.
func Entries(ctx context.Context, tx *db.Tx, source string) ([]Entry, error) {
	lines, err := db.All(ctx, tx, selectOfSource, scanEntry, source)
	return gathered(lines), err
}

// Lines are the entries that touch a document, each with its lines about the
// document only, in the order in which they were booked.
func Lines(ctx context.Context, tx *db.Tx, document string) ([]Entry, error) {
	lines, err := db.All(ctx, tx, selectAbout, scanEntry, document)
	return gathered(lines), err
}

var selectSources = db.SQL("ledger.select_sources", `
SELECT DISTINCT e.source FROM ledger_line l JOIN ledger_entry e ON e.id = l.entry WHERE l.account = $1 AND e.kind = $2 ORDER BY e.source`)

// Sources are what has caused the entries of a kind that touch an account.
func Sources(ctx context.Context, tx *db.Tx, account Account, kind string) ([]string, error) {
	return db.All(ctx, tx, selectSources, db.Value[string], string(account), kind)
}
