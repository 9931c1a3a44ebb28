package ledger

import (
	"context"
	"strings"
	"time"

	"comptoir.example/comptoir/base/db"
	"comptoir.example/comptoir/base/outbox"
)

// Report is what Verify found.
type Report struct {
	Entries   int // all of them were read
	Uncounted int // of these, what the follower has not reached
	Checks    []Check
}

// Check is one thing that must hold, with what breaks it.
type Check struct {
	Name    string
	N       int    // 0 is sound
	Example string // key of an entry or a hold, or an account
}

// Sound says that nothing is broken.
func (r Report) Sound() bool {
	for _, c := range r.Checks {
		if c.N > 0 {
			return false
		}
	}
	return true
}

// The names of the checks.
const (
	Unbalanced = "unbalanced" // an entry whose lines do not make zero in each currency, or are not all there; lines of none
	Uneven     = "uneven"     // a currency in which all lines together do not make zero
	Drift      = "drift"      // an account whose kept balance is not what its lines add up to
	WrongHold  = "wrong_hold" // a hold whose entry is not what it promised, or a part of it
	LateHold   = "late_hold"  // an open hold whose time is over
	Altered    = "altered"    // an entry that is not what was hashed
	Untold     = "untold"     // an entry that is not what its fact says, or has none
	Missing    = "missing"    // a fact whose entry is gone
)

// sums are the checks that the database adds up.
var sums = []struct {
	name  string
	stmt  *db.Stmt
	timed bool // takes the time
}{
	{Unbalanced, db.SQL("ledger.count_unbalanced", `
SELECT COUNT(*), MIN(key) FROM (
    SELECT e.key FROM ledger_entry e WHERE e.lines <> (SELECT COUNT(*) FROM ledger_line l WHERE l.entry = e.id)
        OR EXISTS (SELECT 1 FROM ledger_line l WHERE l.entry = e.id GROUP BY l.currency HAVING SUM(l.minor) <> 0)
    UNION ALL SELECT l.entry FROM ledger_line l WHERE NOT EXISTS (SELECT 1 FROM ledger_entry e WHERE e.id = l.entry)
) unbalanced`), false},
	{Uneven, db.SQL("ledger.count_uneven", `
SELECT COUNT(*), MIN(currency) FROM (SELECT currency FROM ledger_line GROUP BY currency HAVING SUM(minor) <> 0) uneven`), false},
	{Drift, db.SQL("ledger.count_drift", `
SELECT COUNT(*), MIN(account) FROM (
    SELECT account, currency FROM (
        SELECT l.account, l.currency, l.minor FROM ledger_line l JOIN ledger_entry e ON e.id = l.entry WHERE e.counted
        UNION ALL SELECT account, currency, -minor FROM ledger_balance
    ) both_sides GROUP BY account, currency HAVING SUM(minor) <> 0
    UNION ALL SELECT l.account, l.currency FROM ledger_line l JOIN ledger_entry e ON e.id = l.entry WHERE e.counted <> l.counted
) drifted`), false},
	{WrongHold, db.SQL("ledger.count_wrong_holds", `
SELECT COUNT(*), MIN(h.key) FROM ledger_hold h WHERE h.resolution = 'settled'
    AND NOT EXISTS (SELECT 1 FROM ledger_line d JOIN ledger_line c ON c.entry = d.entry JOIN ledger_entry e ON e.id = d.entry
        WHERE d.entry = h.entry AND e.lines = 2 AND d.account = h.debit AND c.account = h.credit
            AND d.currency = h.currency AND d.minor > 0 AND d.minor <= h.amount AND c.minor = -d.minor)`), false},
	{LateHold, db.SQL("ledger.count_late_holds", `
SELECT COUNT(*), MIN(key) FROM ledger_hold WHERE resolution IS NULL AND due <= $1`), true},
	{Missing, db.SQL("ledger.count_missing", `
SELECT COUNT(*), MIN(f.subject) FROM fact f WHERE f.kind = 'ledger.posted' AND NOT EXISTS (SELECT 1 FROM ledger_entry e WHERE e.id = f.subject)`), false},
}

var (
	countUncounted = db.SQL("ledger.count_uncounted", `SELECT COUNT(*) FROM ledger_entry WHERE NOT counted`)
	selectPage     = db.SQL("ledger.select_page", `
SELECT `+entryColumns+`, l.account, l.currency, COALESCE(l.minor, 0), l.document FROM (SELECT * FROM ledger_entry WHERE id > $1 ORDER BY id LIMIT $2) e
LEFT JOIN ledger_line l ON l.entry = e.id ORDER BY e.id, l.no`)
	selectFacts = db.SQL("ledger.select_facts", `
SELECT id, kind, subject, actor, request, at, body, hash FROM fact
WHERE kind = 'ledger.posted' AND subject IN (SELECT value FROM json_each(CAST($1 AS TEXT))) ORDER BY id DESC`)
)

// Verify reads the whole ledger and adds it up again, in one state. Together with
// outbox.Verify, which reads the chain of the facts, it shows every change made
// past this package.
func Verify(ctx context.Context, d *db.DB) (r Report, err error) {
	err = d.Read(ctx, func(tx *db.Tx) error {
		r = Report{}
		for _, s := range sums {
			var args []any
			if s.timed {
				args = []any{tx.Now}
			}
			c, _, err := db.One(ctx, tx, s.stmt, func(r db.Row) (c Check, err error) {
				err = r.Scan(&c.N, &c.Example)
				return c, err
			}, args...)
			if err != nil {
				return err
			}
			c.Name = s.name
			r.Checks = append(r.Checks, c)
		}
		if r.Uncounted, _, err = db.One(ctx, tx, countUncounted, db.Value[int]); err != nil {
			return err
		}
		return r.read(ctx, tx)
	})
	return r, err
}

// page is how many entries are read at once.
const page = 1000

// read compares each entry with its hash and with its fact.
func (r *Report) read(ctx context.Context, tx *db.Tx) error {
	altered, untold := Check{Name: Altered}, Check{Name: Untold}
	last := ""
	for n := page; n == page; {
		lines, err := db.All(ctx, tx, selectPage, scanEntry, last, page)
		if err != nil {
			return err
		}
		entries := gathered(lines)
		if n = len(entries); n == 0 {
			break
		}
		last = entries[n-1].ID
		facts, err := factsOf(ctx, tx, entries)
		if err != nil {
			return err
		}
		for _, e := range entries {
			if e.hash() != e.Hash || !strings.HasPrefix(e.Hash, e.ID) {
				altered = Check{Altered, altered.N + 1, e.Key}
			}
			if !facts[e.ID].tells(e) {
				untold = Check{Untold, untold.N + 1, e.Key}
			}
		}
		r.Entries += n
	}
	r.Checks = append(r.Checks, altered, untold)
	return nil
}

// told is what a fact says of an entry.
type told struct {
	Posted
	at    time.Time
	sound bool
}

func (t told) tells(e Entry) bool {
	return t.sound && t.Posted == Posted{e.ID, e.Key, e.Hash} && t.at.Equal(e.Posted)
}

// factsOf are the facts of some entries, by entry: the first of each.
func factsOf(ctx context.Context, tx *db.Tx, entries []Entry) (map[string]told, error) {
	ids := make([]string, len(entries))
	for i, e := range entries {
		ids[i] = e.ID
	}
	all := map[string]told{}
	_, err := db.All(ctx, tx, selectFacts, func(row db.Row) (_ struct{}, err error) {
		var f outbox.Record
		var t told
		if err = row.Scan(&f.ID, &f.Kind, &f.Subject, &f.Actor, &f.Request, &f.At, &f.Body, &f.Hash); err == nil {
			t.at, t.sound = f.At, f.Sound() && f.Read(&t.Posted) == nil
			all[f.Subject] = t
		}
		return struct{}{}, err
	}, ids)
	return all, err
}
