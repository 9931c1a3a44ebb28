package ledger_test

import (
	"path/filepath"
	"testing"
	"time"

	"comptoir.example/comptoir/app"
	"comptoir.example/comptoir/app/migrations"
	"comptoir.example/comptoir/base/db"
	"comptoir.example/comptoir/base/db/dbtest"
	"comptoir.example/comptoir/finance/ledger"
)

// The guards let a backup in again: mirrors before what they mirror, entries of
// periods that are closed, holds of every kind; to the same engine and to the other.
func TestARestoredLedgerIsTheLedger(t *testing.T) {
	say := func(string, ...any) {}
	for _, from := range dbtest.Engines {
		for _, to := range dbtest.Engines {
			t.Run(from+"_to_"+to, func(t *testing.T) {
				url, back := dbtest.URL(t, from), dbtest.URL(t, to)
				d := opened(t, url)
				if err := d.Migrate(ctx, migrations.Files); err != nil {
					t.Fatal(err)
				}
				const n = 700 // more lines than one statement of a restore takes
				if err := d.Write(ctx, func(tx *db.Tx) error {
					for i := range n {
						e := move("m"+string(rune('a'+i%26))+time.Duration(i).String(), ledger.AR("c1"), ledger.RevenueControl(), cad(int64(i+1)))
						e.Day = "2026-10-15"
						if _, err := ledger.Post(ctx, tx, us, e); err != nil {
							return err
						}
						if i%10 == 0 {
							if _, err := ledger.Reverse(ctx, tx, us, e.Key, today, e.Key+":r", "test"); err != nil {
								return err
							}
						}
					}
					return nil
				}); err != nil {
					t.Fatal(err)
				}
				for _, key := range []string{"open", "settled", "voided"} {
					if _, err := hold(d, authorised(key, d.Now().Add(time.Hour))); err != nil {
						t.Fatal(err)
					}
				}
				if err := first(second(settle(d, "settled", 60, "cap")), second(void(d, "voided")), ledger.Count(ctx, d),
					second(do(d, func(tx *db.Tx) (bool, error) { return ledger.Close(ctx, tx, us, "2026-10-31") }))); err != nil {
					t.Fatal(err)
				}
				mustPost(t, d, move("uncounted", ledger.Bank(), ledger.Suspense(), cad(9)))
				owed := balance(t, d, ledger.AR("c1"), "CAD")
				file := filepath.Join(t.TempDir(), "backup")
				if err := app.Backup(ctx, url, file, say); err != nil {
					t.Fatal(err)
				}
				if err := app.Restore(ctx, back, file, say); err != nil {
					t.Fatal(err)
				}
				r := opened(t, back)
				mustBeSound(t, r, n+n/10+2)
				if got := balance(t, r, ledger.AR("c1"), "CAD"); got != owed || owed == 0 {
					t.Errorf("ar is %d, and was %d", got, owed)
				}
				if pending(t, r, ledger.Unapplied("c1")) != -100 || held(t, r, "settled").Entry != find(t, r, "cap").ID || balance(t, r, ledger.Bank(), "CAD") != 9 {
					t.Error("holds or what was not counted are not as they were")
				}
				if posted, err := post(r, move("after", ledger.Bank(), ledger.Suspense(), cad(1))); !posted || err != nil {
					t.Errorf("it does not go on: %v, %v", posted, err)
				}
			})
		}
	}
}

func opened(t *testing.T, url string) *db.DB {
	t.Helper()
	d, err := db.Open(ctx, db.Options{URL: url})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(d.Close)
	return d
}
