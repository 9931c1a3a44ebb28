package ledger_test

import (
	"strings"
	"testing"
	"time"

	"comptoir.example/comptoir/base/db"
	"comptoir.example/comptoir/finance/ledger"
)

// What the database refuses, whoever writes. Nothing here goes through the package.
var (
	rawLine = db.SQL("ledger_test.line", `
INSERT INTO ledger_line (entry, no, account, currency, minor, document, counted) VALUES ($1, $2, $3, $4, $5, '', FALSE)`)
	rawEntry = db.SQL("ledger_test.entry", `
INSERT INTO ledger_entry (id, key, kind, day, posted, place, source, reverses, lines, hash, counted) VALUES ($1, $2, 'raw', $3, 1, '', '', $4, $5, '', FALSE)`)

	changeLine    = db.SQL("ledger_test.change_line", `UPDATE ledger_line SET minor = minor + 1 WHERE entry = $1 AND no = 1`)
	changeAccount = db.SQL("ledger_test.change_account", `UPDATE ledger_line SET account = 'fees' WHERE entry = $1`)
	changeBoth    = db.SQL("ledger_test.change_both", `UPDATE ledger_line SET counted = TRUE, document = 'i1' WHERE entry = $1`)
	moveLine      = db.SQL("ledger_test.move_line", `UPDATE ledger_line SET entry = 'elsewhere' WHERE entry = $1`)
	changeDay     = db.SQL("ledger_test.change_day", `UPDATE ledger_entry SET day = '2026-01-01' WHERE id = $1`)
	changeKey     = db.SQL("ledger_test.change_key", `UPDATE ledger_entry SET key = 'another' WHERE id = $1`)
	changeHash    = db.SQL("ledger_test.change_hash", `UPDATE ledger_entry SET counted = TRUE, hash = 'other' WHERE id = $1`)
	countLines    = db.SQL("ledger_test.count_lines", `UPDATE ledger_line SET counted = TRUE WHERE entry = $1`)
	countEntry    = db.SQL("ledger_test.count_entry", `UPDATE ledger_entry SET counted = TRUE WHERE id = $1`)
	forgetLines   = db.SQL("ledger_test.forget_lines", `UPDATE ledger_line SET counted = FALSE WHERE entry = $1`)
	forgetEntry   = db.SQL("ledger_test.forget_entry", `UPDATE ledger_entry SET counted = FALSE WHERE id = $1`)
	dropLines     = db.SQL("ledger_test.drop_lines", `DELETE FROM ledger_line WHERE entry = $1`)
	dropEntry     = db.SQL("ledger_test.drop_entry", `DELETE FROM ledger_entry WHERE id = $1`)
	allLines      = db.SQL("ledger_test.all_lines", `SELECT COUNT(*) FROM ledger_line`)

	changeHold  = db.SQL("ledger_test.change_hold", `UPDATE ledger_hold SET amount = 1 WHERE key = $1`)
	resolveRaw  = db.SQL("ledger_test.resolve", `UPDATE ledger_hold SET resolution = $2, done = 1, entry = $3 WHERE key = $1`)
	reopenHold  = db.SQL("ledger_test.reopen", `UPDATE ledger_hold SET resolution = NULL, done = NULL, entry = NULL WHERE key = $1`)
	halfResolve = db.SQL("ledger_test.half_resolve", `UPDATE ledger_hold SET resolution = 'voided' WHERE key = $1`)
	dropHold    = db.SQL("ledger_test.drop_hold", `DELETE FROM ledger_hold WHERE key = $1`)

	movePeriod = db.SQL("ledger_test.move_period", `UPDATE ledger_period SET day = '2026-01-01'`)
	dropPeriod = db.SQL("ledger_test.drop_period", `DELETE FROM ledger_period`)
)

// raw is a unit of work of raw statements.
type raw struct{ tx *db.Tx }

func (r raw) exec(s *db.Stmt, args ...any) error {
	_, err := r.tx.Exec(ctx, s, args...)
	return err
}

// lines writes lines of 1, 2, 3 …: amounts of CAD on the bank.
func (r raw) lines(entry string, minor ...int64) error {
	for i, m := range minor {
		if err := r.exec(rawLine, entry, i+1, "bank", "CAD", m); err != nil {
			return err
		}
	}
	return nil
}

func first(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

func TestTheDatabaseRefusesWhatALedgerMustNotHold(t *testing.T) {
	type try = func(r raw, posted, reversed string) error
	on := func(s *db.Stmt) try { return func(r raw, posted, _ string) error { return r.exec(s, posted) } }
	onHold := func(s *db.Stmt, key string, args ...any) try {
		return func(r raw, _, _ string) error { return r.exec(s, append([]any{key}, args...)...) }
	}
	tries := []struct {
		name, says string // says is part of the message
		try        try
	}{
		{"not balanced", "not balanced", func(r raw, _, _ string) error {
			return first(r.lines("x", 100, -99), r.exec(rawEntry, "x", "x", today, nil, 2))
		}},
		{"balanced across currencies", "not balanced", func(r raw, _, _ string) error {
			return first(r.exec(rawLine, "x", 1, "bank", "CAD", 100), r.exec(rawLine, "x", 2, "bank", "USD", -100), r.exec(rawEntry, "x", "x", today, nil, 2))
		}},
		{"no lines", "lines are missing", func(r raw, _, _ string) error { return r.exec(rawEntry, "x", "x", today, nil, 2) }},
		{"one line of two", "lines are missing", func(r raw, _, _ string) error {
			return first(r.lines("x", 100), r.exec(rawEntry, "x", "x", today, nil, 2))
		}},
		{"one line alone", "check", func(r raw, _, _ string) error {
			return first(r.lines("x", 100), r.exec(rawEntry, "x", "x", today, nil, 1))
		}},
		{"more lines than it says", "ledger", func(r raw, _, _ string) error {
			return first(r.lines("x", 1, -1, 1, -1), r.exec(rawEntry, "x", "x", today, nil, 2))
		}},
		{"a gap in its lines", "ledger", func(r raw, _, _ string) error {
			return first(r.exec(rawLine, "x", 1, "bank", "CAD", 5), r.exec(rawLine, "x", 3, "bank", "CAD", -5), r.exec(rawEntry, "x", "x", today, nil, 2))
		}},
		{"a line of zero", "check", func(r raw, _, _ string) error { return r.lines("x", 0) }},
		{"a closed day", "the period is closed", func(r raw, _, _ string) error {
			return first(r.lines("x", 1, -1), r.exec(rawEntry, "x", "x", "2026-10-31", nil, 2))
		}},
		{"lines without an entry", "foreign key", func(r raw, _, _ string) error { return r.lines("x", 1, -1) }},
		{"lines after their entry", "the entry is posted", func(r raw, posted, _ string) error {
			return first(r.exec(rawLine, posted, 3, "bank", "CAD", 5), r.exec(rawLine, posted, 4, "bank", "CAD", -5))
		}},
		{"a key twice", "unique", func(r raw, _, _ string) error {
			return first(r.lines("x", 1, -1), r.exec(rawEntry, "x", "posted", today, nil, 2))
		}},
		{"a second mirror", "unique", func(r raw, _, reversed string) error {
			return first(r.lines("x", 1, -1), r.exec(rawEntry, "x", "x", today, reversed, 2))
		}},
		{"a mirror of nothing", "foreign key", func(r raw, _, _ string) error {
			return first(r.lines("x", 1, -1), r.exec(rawEntry, "x", "x", today, "none", 2))
		}},
		{"another amount", "never changed", on(changeLine)},
		{"another account", "never changed", on(changeAccount)},
		{"counted, and more", "never changed", on(changeBoth)},
		{"a line of another entry", "never changed", on(moveLine)},
		{"another day", "never changed", on(changeDay)},
		{"another key", "never changed", on(changeKey)},
		{"another hash", "never changed", on(changeHash)},
		{"lines deleted", "never", on(dropLines)},
		{"an entry deleted", "never", on(dropEntry)},
		{"lines counted twice", "ledger", func(r raw, posted, _ string) error {
			return first(r.exec(countLines, posted), r.exec(countLines, posted))
		}},
		{"an entry counted twice", "ledger", func(r raw, posted, _ string) error {
			return first(r.exec(countEntry, posted), r.exec(countEntry, posted))
		}},
		{"lines not counted any more", "ledger", func(r raw, posted, _ string) error {
			return first(r.exec(countLines, posted), r.exec(forgetLines, posted))
		}},
		{"an entry not counted any more", "ledger", func(r raw, posted, _ string) error {
			return first(r.exec(countEntry, posted), r.exec(forgetEntry, posted))
		}},
		{"a hold of another amount", "ledger", onHold(changeHold, "open")},
		{"a hold half resolved", "check", onHold(halfResolve, "open")},
		{"a hold settled by nothing", "check", onHold(resolveRaw, "open", "settled", nil)},
		{"a hold settled by no entry", "foreign key", onHold(resolveRaw, "open", "settled", "none")},
		{"a hold that ended somehow", "check", onHold(resolveRaw, "open", "lost", nil)},
		{"a hold let go after it was settled", "once", onHold(resolveRaw, "settled", "voided", nil)},
		{"a hold settled after it was let go", "once", func(r raw, posted, _ string) error { return r.exec(resolveRaw, "voided", "settled", posted) }},
		{"a hold opened again", "once", onHold(reopenHold, "voided")},
		{"an entry for two holds", "unique", func(r raw, _, _ string) error {
			h, err := ledger.FindHeld(ctx, r.tx, "settled")
			return first(err, r.exec(resolveRaw, "open", "settled", h.Entry))
		}},
		{"a hold deleted", "never", onHold(dropHold, "open")},
		{"a period moved", "ledger", func(r raw, _, _ string) error { return r.exec(movePeriod) }},
		{"a period opened", "ledger", func(r raw, _, _ string) error { return r.exec(dropPeriod) }},
	}
	each(t, func(t *testing.T, d *db.DB) {
		mustPost(t, d, move("posted", ledger.Bank(), ledger.Suspense(), cad(100)))
		mustPost(t, d, move("wrong", ledger.Bank(), ledger.Suspense(), cad(100)))
		for _, key := range []string{"open", "settled", "voided"} {
			if _, err := hold(d, authorised(key, d.Now().Add(time.Hour))); err != nil {
				t.Fatal(err)
			}
		}
		if err := first(second(reverse(d, "wrong", today, "right")), second(settle(d, "settled", 100, "cap")), second(void(d, "voided")),
			second(do(d, func(tx *db.Tx) (bool, error) { return ledger.Close(ctx, tx, us, "2026-10-31") }))); err != nil {
			t.Fatal(err)
		}
		posted, reversed := find(t, d, "posted").ID, find(t, d, "wrong").ID
		for _, c := range tries {
			err := d.Write(ctx, func(tx *db.Tx) error { return c.try(raw{tx}, posted, reversed) })
			if err == nil || !strings.Contains(strings.ToLower(err.Error()), c.says) {
				t.Errorf("%s: it says %v, not %q", c.name, err, c.says)
			}
		}
		mustBeSound(t, d, 4)
	})
}

// What the program itself needs is not refused.
func TestTheDatabaseTakesWhatALedgerHolds(t *testing.T) {
	each(t, func(t *testing.T, d *db.DB) {
		mustPost(t, d, move("posted", ledger.Bank(), ledger.Suspense(), cad(100)))
		posted := find(t, d, "posted").ID
		for name, try := range map[string]func(r raw) error{
			"counted once":           func(r raw) error { return first(r.exec(countLines, posted), r.exec(countEntry, posted)) },
			"lines of a refused one": func(r raw) error { return first(r.lines("x", 1, -1), r.exec(dropLines, "x")) },
			"two currencies": func(r raw) error {
				return first(r.lines("y", 5, -5), r.exec(rawLine, "y", 3, "fees", "USD", 7), r.exec(rawLine, "y", 4, "bank", "USD", -7), r.exec(rawEntry, "y", "y", today, nil, 4))
			},
		} {
			if err := d.Write(ctx, func(tx *db.Tx) error { return try(raw{tx}) }); err != nil {
				t.Errorf("%s: %v", name, err)
			}
		}
		if n := look(t, d, func(tx *db.Tx) (int, error) { n, _, err := db.One(ctx, tx, allLines, db.Value[int]); return n, err }); n != 6 {
			t.Errorf("%d lines are there", n)
		}
	})
}
