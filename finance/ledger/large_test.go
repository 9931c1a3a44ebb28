package ledger_test

import (
	"fmt"
	"os"
	"testing"
	"time"

	"comptoir.example/comptoir/base/db"
	"comptoir.example/comptoir/finance/ledger"
)

// Sums and balances do not grow slow with the ledger. 100 000 entries take a
// minute to make: COMPTOIR_PROVE.
func TestALargeLedgerAnswersAtOnce(t *testing.T) {
	n := 4000
	if os.Getenv("COMPTOIR_PROVE") != "" {
		n = 100_000
	}
	each(t, func(t *testing.T, d *db.DB) {
		measure := func(what string, most time.Duration, f func() error) {
			t.Helper()
			began := time.Now()
			if err := f(); err != nil {
				t.Fatal(err)
			}
			if took := time.Since(began); took > most {
				t.Errorf("%s took %v", what, took)
			} else {
				t.Logf("%s: %v", what, took)
			}
		}
		measure("posted", time.Hour, func() error { return fill(d, n) })
		sums := func() error {
			for _, k := range ledger.AccountKinds {
				look(t, d, func(tx *db.Tx) (any, error) { return ledger.Sums(ctx, tx, k.Name) })
			}
			return nil
		}
		measure("sums of all kinds, nothing counted", time.Minute, sums)
		measure("counted", time.Hour, func() error { return ledger.Count(ctx, d) })
		measure("sums of all kinds, all counted", 5*time.Second, sums)
		measure("100 balances of a long account", 2*time.Second, func() error {
			for range 100 {
				if got := balance(t, d, ledger.Processor("sim"), "CAD"); got != int64(n) {
					t.Errorf("it has %d", got)
				}
			}
			return nil
		})
		t.Log("eight who each look at an account of their own before")
		crowd(t, d, 50, func(tx *db.Tx, who, i int) (bool, error) {
			mine := ledger.Unapplied(fmt.Sprint("c", 100*who))
			if _, err := ledger.Balance(ctx, tx, mine, "CAD"); err != nil {
				return false, err
			}
			return ledger.Post(ctx, tx, us, move(fmt.Sprint("own:", who, ":", i), ledger.Processor("sim"), mine, cad(1)))
		})
		measure("verified", time.Hour, func() error { mustBeSound(t, d, n+400); return nil })
	})
}

// fill posts n captures of 1000 customers, a thousand in a unit of work.
func fill(d *db.DB, n int) error {
	for from := 0; from < n; from += 1000 {
		if err := d.Write(ctx, func(tx *db.Tx) error {
			for i := from; i < from+1000; i++ {
				if _, err := ledger.Post(ctx, tx, us, move(fmt.Sprint("captured:sim:", i), ledger.Processor("sim"), ledger.Unapplied(fmt.Sprint("c", i%1000)), cad(1))); err != nil {
					return err
				}
			}
			return nil
		}); err != nil {
			return err
		}
	}
	return nil
}
