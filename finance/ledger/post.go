package ledger

import (
	"context"
	"encoding/json"
	"fmt"

	"comptoir.example/comptoir/base/db"
	"comptoir.example/comptoir/base/fault"
	"comptoir.example/comptoir/base/outbox"
)

// Posted is emitted when an entry is booked: the chain of facts covers its hash.
type Posted struct {
	Entry string `json:"entry"`
	Key   string `json:"key"`
	Hash  string `json:"hash"`
}

// Kind and Subject name the fact.
func (Posted) Kind() string      { return "ledger.posted" }
func (f Posted) Subject() string { return f.Entry }

var (
	insertLines = db.SQL("ledger.insert_lines", `
INSERT INTO ledger_line (entry, no, account, currency, minor, document, counted)
SELECT value->>'entry', CAST(value->>'no' AS BIGINT), value->>'account', value->>'currency', CAST(value->>'minor' AS BIGINT), value->>'document', FALSE
FROM json_rows(CAST($1 AS TEXT)) WHERE TRUE ON CONFLICT DO NOTHING`)
	insertEntry = db.SQL("ledger.insert_entry", `
INSERT INTO ledger_entry (id, key, kind, day, posted, place, source, reverses, lines, hash, counted)
SELECT CAST($1 AS TEXT), CAST($2 AS TEXT), CAST($3 AS TEXT), CAST($4 AS TEXT), CAST($5 AS BIGINT), CAST($6 AS TEXT), CAST($7 AS TEXT),
    CAST($8 AS TEXT), CAST($9 AS BIGINT), CAST($10 AS TEXT), FALSE
WHERE NOT EXISTS (SELECT 1 FROM ledger_period WHERE day >= CAST($4 AS TEXT)) ON CONFLICT DO NOTHING`)
	deleteLines = db.SQL("ledger.delete_lines", `
DELETE FROM ledger_line WHERE entry = $1 AND NOT EXISTS (SELECT 1 FROM ledger_entry WHERE id = $1)`)
	selectID       = db.SQL("ledger.select_id", `SELECT id FROM ledger_entry WHERE key = $1`)
	selectReversal = db.SQL("ledger.select_reversal", `SELECT key FROM ledger_entry WHERE reverses = $1`)
)

// row is a line on its way into the database.
type row struct {
	Entry    string  `json:"entry"`
	No       int     `json:"no"`
	Account  Account `json:"account"`
	Currency string  `json:"currency"`
	Minor    int64   `json:"minor"`
	Document string  `json:"document"`
}

// Post books an entry. False when it is booked already: the same key with the same
// content. Invalid when it is not sound or its day is closed, Conflict when its key
// is taken by another content; then nothing of it stays.
func Post(ctx context.Context, tx *db.Tx, by outbox.By, e Entry) (posted bool, err error) {
	e.Reverses = ""
	return e.post(ctx, tx, by)
}

// Reverse books the mirror of an entry, under a key of its own. False when that
// key has reversed it already, on whichever day. NotFound when nothing was booked
// under the key, Conflict when another has reversed it, Invalid as for Post.
func Reverse(ctx context.Context, tx *db.Tx, by outbox.By, key, day, newKey, kind string) (posted bool, err error) {
	e, found, err := Find(ctx, tx, key)
	if err != nil {
		return false, err
	}
	if !found {
		return false, fault.New(fault.NotFound, "ledger.not_found", "key", key)
	}
	other, reversed, err := db.One(ctx, tx, selectReversal, db.Value[string], e.ID)
	if err != nil {
		return false, err
	}
	if reversed && other != newKey {
		return false, fault.New(fault.Conflict, "ledger.reversed", "key", key, "by", other)
	}
	if reversed {
		return false, nil
	}
	mirror := Entry{Key: newKey, Kind: kind, Day: day, Source: e.Source, Reverses: e.ID}
	for _, l := range e.Lines {
		mirror.Lines = append(mirror.Lines, Line{l.Account, l.Amount.Neg(), l.Document})
	}
	return mirror.post(ctx, tx, by)
}

// post writes the lines first and the entry last: whoever sees an entry sees it
// whole. It asks nothing beforehand, since what a serializable unit of work has
// read others must not write; the entry alone is waited for, to see whether it
// found its place.
func (e Entry) post(ctx context.Context, tx *db.Tx, by outbox.By) (posted bool, err error) {
	if err := e.check(); err != nil {
		return false, err
	}
	e = e.sealed()
	rows := make([]row, len(e.Lines))
	for i, l := range e.Lines {
		rows[i] = row{e.ID, i + 1, l.Account, l.Amount.Currency, l.Amount.Minor, l.Document}
	}
	text, err := json.Marshal(rows)
	if err != nil {
		return false, err
	}
	if err := tx.Later(ctx, insertLines, string(text)); err != nil {
		return false, err
	}
	var reverses any // NULL for none
	if e.Reverses != "" {
		reverses = e.Reverses
	}
	n, err := tx.Exec(ctx, insertEntry, e.ID, e.Key, e.Kind, e.Day, tx.Now, tx.ID(), e.Source, reverses, len(e.Lines), e.Hash)
	if err != nil {
		return false, err
	}
	if n == 0 {
		return false, e.refused(ctx, tx)
	}
	return true, outbox.Emit(ctx, tx, by, Posted{e.ID, e.Key, e.Hash})
}

// refused says why an entry found no place, and takes its lines away: they must
// not stand in the way of a caller who goes on. No error when it is there already.
func (e Entry) refused(ctx context.Context, tx *db.Tx) error {
	id, taken, err := db.One(ctx, tx, selectID, db.Value[string], e.Key)
	if err != nil || id == e.ID {
		return err
	}
	if _, err := tx.Exec(ctx, deleteLines, e.ID); err != nil {
		return err
	}
	if taken {
		return fault.New(fault.Conflict, "ledger.key_taken", "key", e.Key)
	}
	day, _, err := Closed(ctx, tx)
	if err != nil {
		return err
	}
	if e.Day <= day {
		return fault.New(fault.Invalid, "ledger.period_closed", "day", day)
	}
	return fmt.Errorf("ledger: entry %s found no place", e.Key) // Reverse has looked for another mirror
}
