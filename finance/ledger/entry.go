// Package ledger keeps the sub-ledger of what is owed and paid: double entry,
// append-only, in minor units, written in the unit of work that it is about. The
// ERP stays the book of record.
//
// An entry is booked once by its key and never changed; a mistake is mended by its
// mirror. The database refuses what is not balanced, what is late for a closed
// period and every change, also to those who write past this package. An entry is
// named by its hash, and a fact with that hash stands in the outbox's chain.
//
// No unit of work writes a row that others write too: balances are added up
// afterwards by a follower (Count).
//
// Tables: ledger_entry, ledger_line, ledger_balance, ledger_hold, ledger_period.
// Facts: ledger.posted, ledger.closed.
package ledger

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"math"
	"slices"
	"time"

	"comptoir.example/comptoir/base/fault"
	"comptoir.example/comptoir/base/money"
)

// Entry is something that was booked.
type Entry struct {
	Key    string // "<kind>:<connector>:<movement id>" or "<kind>:<business id>:<version>"
	Kind   string // what happened: captured, payout, apply
	Day    string // YYYY-MM-DD, the merchant's
	Source string // id of what caused it
	Lines  []Line

	// These are filled in when it is booked.
	ID, Hash string
	Reverses string // id of the entry that it takes back
	Posted   time.Time
}

// Line is one side of an entry.
type Line struct {
	Account  Account
	Amount   money.Amount // debit positive, credit negative
	Document string       // id of the invoice or credit note it is about; "" for none
}

// Debit is a line on the left.
func Debit(a Account, amount money.Amount) Line { return Line{Account: a, Amount: amount} }

// Credit is a line on the right.
func Credit(a Account, amount money.Amount) Line { return Line{Account: a, Amount: amount.Neg()} }

// About is the same line about a document.
func (l Line) About(document string) Line {
	l.Document = document
	return l
}

// check refuses what can never be booked. Invalid.
func (e Entry) check() error {
	if e.Key == "" || e.Kind == "" {
		return unsound(e.Key, "no key or no kind")
	}
	if _, err := time.Parse(time.DateOnly, e.Day); err != nil {
		return unsound(e.Key, "day "+e.Day)
	}
	return checkLines(e.Key, e.Lines)
}

// checkLines refuses lines that are no entry. Invalid.
func checkLines(key string, lines []Line) error {
	if len(lines) < 2 {
		return unsound(key, "fewer than two lines")
	}
	sums := map[string]money.Amount{}
	for _, l := range lines {
		if _, known := l.Account.Kind(); !known {
			return unsound(key, "account "+string(l.Account))
		}
		// The least integer has no mirror.
		if l.Amount.IsZero() || l.Amount.Currency == "" || l.Amount.Minor == math.MinInt64 {
			return unsound(key, "amount")
		}
		sum, err := l.Amount.Add(money.Amount{Minor: sums[l.Amount.Currency].Minor, Currency: l.Amount.Currency})
		if err != nil {
			return err
		}
		sums[l.Amount.Currency] = sum
	}
	for currency, sum := range sums {
		if !sum.IsZero() {
			return unsound(key, "not balanced in "+currency)
		}
	}
	return nil
}

func unsound(key, why string) error {
	return fault.New(fault.Invalid, "ledger.unsound", "key", key, "why", why)
}

// idLength is how much of its hash names an entry: 128 bits.
const idLength = 32

// sealed is the entry with its lines in their order, its hash and its id. Whoever
// makes the same entry again, its lines in whichever order, makes the same id.
func (e Entry) sealed() Entry {
	e.Lines = slices.Clone(e.Lines)
	slices.SortFunc(e.Lines, func(a, b Line) int {
		return cmp.Or(cmp.Compare(a.Amount.Currency, b.Amount.Currency), cmp.Compare(b.Amount.Minor, a.Amount.Minor),
			cmp.Compare(a.Account, b.Account), cmp.Compare(a.Document, b.Document))
	})
	e.Hash = e.hash()
	e.ID = e.Hash[:idLength]
	return e
}

// hash covers everything an entry says. When it was posted says its fact.
func (e Entry) hash() string {
	text, err := json.Marshal(struct {
		Key, Kind, Day, Source, Reverses string
		Lines                            []Line
	}{e.Key, e.Kind, e.Day, e.Source, e.Reverses, e.Lines})
	if err != nil { // only for what has no JSON; texts and numbers do
		panic("ledger: " + err.Error())
	}
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:])
}
