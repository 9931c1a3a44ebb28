package ledger_test

import (
	"context"
	"testing"

	"comptoir.example/comptoir/app/migrations"
	"comptoir.example/comptoir/base/db"
	"comptoir.example/comptoir/base/db/dbtest"
	"comptoir.example/comptoir/base/money"
	"comptoir.example/comptoir/base/outbox"
	"comptoir.example/comptoir/finance/ledger"
)

var (
	ctx = context.Background()
	us  = outbox.By{Actor: "test"}
)

const today = "2026-11-27"

func cad(minor int64) money.Amount { return money.Amount{Minor: minor, Currency: "CAD"} }
func usd(minor int64) money.Amount { return money.Amount{Minor: minor, Currency: "USD"} }

func each(t *testing.T, test func(t *testing.T, d *db.DB)) { dbtest.Each(t, migrations.Files, test) }

// move is an entry of two lines.
func move(key string, debit, credit ledger.Account, amount money.Amount) ledger.Entry {
	return ledger.Entry{Key: key, Kind: "test", Day: today, Source: "source", Lines: []ledger.Line{ledger.Debit(debit, amount), ledger.Credit(credit, amount)}}
}

// do runs a verb in a unit of work of its own.
func do(d *db.DB, verb func(tx *db.Tx) (bool, error)) (did bool, err error) {
	err = d.Write(ctx, func(tx *db.Tx) error {
		did, err = verb(tx)
		return err
	})
	return did, err
}

func post(d *db.DB, e ledger.Entry) (bool, error) {
	return do(d, func(tx *db.Tx) (bool, error) { return ledger.Post(ctx, tx, us, e) })
}

func mustPost(t *testing.T, d *db.DB, e ledger.Entry) {
	t.Helper()
	if posted, err := post(d, e); err != nil || !posted {
		t.Fatalf("%s: %v, %v", e.Key, posted, err)
	}
}

func reverse(d *db.DB, key, day, newKey string) (bool, error) {
	return do(d, func(tx *db.Tx) (bool, error) { return ledger.Reverse(ctx, tx, us, key, day, newKey, "test") })
}

func count(t *testing.T, d *db.DB) {
	t.Helper()
	if err := ledger.Count(ctx, d); err != nil {
		t.Fatal(err)
	}
}

// look reads in a state of its own.
func look[T any](t *testing.T, d *db.DB, read func(tx *db.Tx) (T, error)) (v T) {
	t.Helper()
	if err := d.Read(ctx, func(tx *db.Tx) (err error) {
		v, err = read(tx)
		return err
	}); err != nil {
		t.Fatal(err)
	}
	return v
}

func balance(t *testing.T, d *db.DB, a ledger.Account, currency string) int64 {
	t.Helper()
	return look(t, d, func(tx *db.Tx) (money.Amount, error) { return ledger.Balance(ctx, tx, a, currency) }).Minor
}

func find(t *testing.T, d *db.DB, key string) (e ledger.Entry) {
	t.Helper()
	return look(t, d, func(tx *db.Tx) (e ledger.Entry, err error) {
		e, _, err = ledger.Find(ctx, tx, key)
		return e, err
	})
}

// mustBeSound verifies everything.
func mustBeSound(t *testing.T, d *db.DB, entries int) {
	t.Helper()
	r, err := ledger.Verify(ctx, d)
	if err != nil || !r.Sound() || r.Entries != entries {
		t.Fatalf("%+v of %d entries, %v", r, entries, err)
	}
}
