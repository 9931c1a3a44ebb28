package ledger

import (
	"cmp"
	"context"
	"time"

	"comptoir.example/comptoir/base/db"
	"comptoir.example/comptoir/base/fault"
	"comptoir.example/comptoir/base/money"
	"comptoir.example/comptoir/base/outbox"
)

// Held is money that is promised and not booked yet: an authorisation, a debit
// under way, an order on account. It counts for what is still available, never for
// what is owed or paid.
type Held struct {
	Key           string // "<kind>:<connector>:<id>"
	Debit, Credit Account
	Amount        money.Amount // positive
	Document      string       // id of the invoice it is about; "" for none
	Source        string       // id of what caused it
	Due           time.Time    // until when it is to be settled or voided

	// These are filled in.
	Created    time.Time
	Resolution Resolution
	Done       time.Time // zero while it is open
	Entry      string    // id of the entry that settled it
}

// Resolution is how a hold ended; it ends once.
type Resolution string

// The resolutions.
const (
	Open    Resolution = ""
	Settled Resolution = "settled"
	Voided  Resolution = "voided"
)

const heldColumns = `key, debit, credit, currency, amount, document, source, created, due, resolution, done, entry`

func scanHeld(r db.Row) (h Held, err error) {
	err = r.Scan(&h.Key, (*string)(&h.Debit), (*string)(&h.Credit), &h.Amount.Currency, &h.Amount.Minor, &h.Document, &h.Source,
		&h.Created, &h.Due, (*string)(&h.Resolution), &h.Done, &h.Entry)
	return h, err
}

var (
	insertHold = db.SQL("ledger.insert_hold", `
INSERT INTO ledger_hold (key, debit, credit, currency, amount, document, source, created, due)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) ON CONFLICT DO NOTHING`)
	selectHold  = db.SQL("ledger.select_hold", `SELECT `+heldColumns+` FROM ledger_hold WHERE key = $1`)
	resolveHold = db.SQL("ledger.resolve_hold", `
UPDATE ledger_hold SET resolution = $2, done = $3, entry = $4 WHERE key = $1 AND resolution IS NULL`)
	selectOverdue = db.SQL("ledger.select_overdue", `
SELECT `+heldColumns+` FROM ledger_hold WHERE resolution IS NULL AND due <= $1 ORDER BY due, key LIMIT $2`)
	sumHeld = db.SQL("ledger.sum_held", `
SELECT CAST(COALESCE((SELECT SUM(amount) FROM ledger_hold WHERE debit = $1 AND currency = $2 AND resolution IS NULL), 0)
    - COALESCE((SELECT SUM(amount) FROM ledger_hold WHERE credit = $1 AND currency = $2 AND resolution IS NULL), 0) AS BIGINT)`)
)

// Hold promises money. False when it is promised already, or was: the same key
// with the same content. Invalid when it makes no sense, Conflict when the key is
// taken by another content.
func Hold(ctx context.Context, tx *db.Tx, h Held) (held bool, err error) {
	if h.Key == "" || h.Amount.Minor < 0 || h.Due.IsZero() {
		return false, unsound(h.Key, "key, amount or due")
	}
	if err := checkLines(h.Key, h.lines(h.Amount)); err != nil {
		return false, err
	}
	h.Due = h.Due.Truncate(time.Microsecond)
	n, err := tx.Exec(ctx, insertHold, h.Key, string(h.Debit), string(h.Credit), h.Amount.Currency, h.Amount.Minor, h.Document, h.Source, tx.Now, h.Due)
	if err != nil || n > 0 {
		return n > 0, err
	}
	there, err := FindHeld(ctx, tx, h.Key)
	if err != nil {
		return false, err
	}
	same := h.Due.Equal(there.Due)
	h.Created, h.Due, h.Resolution, h.Done, h.Entry = there.Created, there.Due, there.Resolution, there.Done, there.Entry
	if !same || h != there {
		return false, fault.New(fault.Conflict, "ledger.key_taken", "key", h.Key)
	}
	return false, nil
}

// lines are what an amount of the hold is booked as.
func (h Held) lines(amount money.Amount) []Line {
	return []Line{Debit(h.Debit, amount).About(h.Document), Credit(h.Credit, amount).About(h.Document)}
}

// Settle books a hold, in full or in part; the rest is let go. The entry's key, kind
// and day are given, and its source when that is not the hold's; its lines are the
// hold's. False when this very entry has settled it already. NotFound, Invalid when
// the amount is neither the hold's nor a part of it, Conflict when it ended
// otherwise, and everything Post refuses; then the hold stays as it was.
func Settle(ctx context.Context, tx *db.Tx, by outbox.By, key string, amount money.Amount, e Entry) (posted bool, err error) {
	h, err := FindHeld(ctx, tx, key)
	if err != nil {
		return false, err
	}
	if amount.Currency != h.Amount.Currency || amount.Minor <= 0 || amount.Minor > h.Amount.Minor {
		return false, fault.New(fault.Invalid, "ledger.above_hold", "key", key)
	}
	e.Lines, e.Source, e.Reverses = h.lines(amount), cmp.Or(e.Source, h.Source), ""
	id := e.sealed().ID
	if h.Resolution != Open {
		if h.Resolution == Settled && h.Entry == id {
			return false, nil
		}
		return false, fault.New(fault.Conflict, "ledger.hold_ended", "key", key)
	}
	if posted, err = e.post(ctx, tx, by); err != nil {
		return false, err
	}
	return posted, h.resolve(ctx, tx, Settled, id)
}

// Void lets a hold go. False when it was let go already. NotFound, or Conflict
// when it is settled.
func Void(ctx context.Context, tx *db.Tx, key string) (voided bool, err error) {
	h, err := FindHeld(ctx, tx, key)
	if err != nil || h.Resolution == Voided {
		return false, err
	}
	if h.Resolution != Open {
		return false, fault.New(fault.Conflict, "ledger.hold_ended", "key", key)
	}
	return true, h.resolve(ctx, tx, Voided, nil)
}

func (h Held) resolve(ctx context.Context, tx *db.Tx, how Resolution, entry any) error {
	n, err := tx.Exec(ctx, resolveHold, h.Key, string(how), tx.Now, entry)
	if err == nil && n == 0 {
		err = fault.New(fault.Conflict, "ledger.hold_ended", "key", h.Key)
	}
	return err
}

// FindHeld is a hold, open or not. NotFound.
func FindHeld(ctx context.Context, tx *db.Tx, key string) (Held, error) {
	h, found, err := db.One(ctx, tx, selectHold, scanHeld, key)
	if err == nil && !found {
		err = fault.New(fault.NotFound, "ledger.hold_not_found", "key", key)
	}
	return h, err
}

// Overdue lists open holds whose time is over, the oldest first: somebody looks
// what became of them, then settles or voids each.
func Overdue(ctx context.Context, tx *db.Tx, most int) ([]Held, error) {
	return db.All(ctx, tx, selectOverdue, scanHeld, tx.Now, most)
}

// Pending is what the open holds would add to an account, debit positive.
func Pending(ctx context.Context, tx *db.Tx, account Account, currency string) (money.Amount, error) {
	minor, _, err := db.One(ctx, tx, sumHeld, db.Value[int64], string(account), currency)
	return money.Amount{Minor: minor, Currency: currency}, err
}
