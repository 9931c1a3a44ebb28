package ledger_test

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"comptoir.example/comptoir/base/db"
	"comptoir.example/comptoir/base/fault"
	"comptoir.example/comptoir/finance/ledger"
)

// crowd lets eight post n entries each while the follower counts. It says how often
// the database did a unit of work again, and how often it gave up and the caller
// had to come again.
func crowd(t *testing.T, d *db.DB, n int, unit func(tx *db.Tx, who, i int) (bool, error)) (again, busy int64) {
	t.Helper()
	counting, stop := context.WithCancel(ctx)
	var follower, all sync.WaitGroup
	follower.Go(func() {
		for counting.Err() == nil {
			if err := ledger.Count(ctx, d); err != nil {
				t.Error(err)
			}
			time.Sleep(20 * time.Millisecond)
		}
	})
	again, busy = d.Retries.Load(), d.Conflicts.Load()
	began := time.Now()
	for who := range 8 {
		all.Go(func() {
			for i := range n {
				posted, err := do(d, func(tx *db.Tx) (bool, error) { return unit(tx, who, i) })
				for fault.Of(err).Code == "db.busy" {
					posted, err = do(d, func(tx *db.Tx) (bool, error) { return unit(tx, who, i) })
				}
				if err != nil || !posted {
					t.Errorf("%d of %d: %v, %v", i, who, posted, err)
				}
			}
		})
	}
	all.Wait()
	took := time.Since(began)
	stop()
	follower.Wait()
	again, busy = d.Retries.Load()-again, d.Conflicts.Load()-busy
	t.Logf("%d entries in %v, %d done again, %d given up", 8*n, took.Round(time.Millisecond), again, busy)
	return again, busy
}

func TestEightPostAtOnceAndNothingIsLost(t *testing.T) {
	const n = 50
	each(t, func(t *testing.T, d *db.DB) {
		t.Log("each on accounts of its own")
		_, spread := crowd(t, d, n, func(tx *db.Tx, who, i int) (bool, error) {
			return ledger.Post(ctx, tx, us, move(fmt.Sprint("spread:", who, ":", i), ledger.AR(fmt.Sprint("c", who)), ledger.Unapplied(fmt.Sprint("c", who)), cad(1)))
		})
		t.Log("all on the same two accounts")
		_, hot := crowd(t, d, n, func(tx *db.Tx, who, i int) (bool, error) {
			return ledger.Post(ctx, tx, us, move(fmt.Sprint("hot:", who, ":", i), ledger.Processor("sim"), ledger.Fees(), cad(1)))
		})
		if spread+hot > 0 {
			t.Errorf("%d were given up: who only posts gets in nobody's way", spread+hot)
		}
		// On a small ledger all accounts stand on one page of an index, and who has
		// read it is done again when another writes there.
		t.Log("each on an account of its own that it looks at before")
		crowd(t, d, n, func(tx *db.Tx, who, i int) (bool, error) {
			mine := ledger.Disputed(fmt.Sprint("c", who))
			has, err := ledger.Balance(ctx, tx, mine, "CAD")
			if err != nil {
				return false, err
			}
			if has.Minor != int64(i) {
				return false, fmt.Errorf("%s has %d after %d", mine, has.Minor, i)
			}
			return ledger.Post(ctx, tx, us, move(fmt.Sprint("own:", who, ":", i), mine, ledger.Bank(), cad(1)))
		})
		for a, want := range map[ledger.Account]int64{ledger.AR("c3"): n, ledger.Unapplied("c7"): -n, ledger.Processor("sim"): 8 * n, ledger.Fees(): -8 * n, ledger.Bank(): -8 * n} {
			if got := balance(t, d, a, "CAD"); got != want {
				t.Errorf("%s has %d, not %d", a, got, want)
			}
		}
		count(t, d)
		mustBeSound(t, d, 3*8*n)
	})
}

// Eight tell the same movement, mirror the same entry, settle and void the same
// hold: each happens once.
func TestWhatEightDoAtOnceHappensOnce(t *testing.T) {
	each(t, func(t *testing.T, d *db.DB) {
		for round := range 5 {
			id := fmt.Sprint(round)
			mustPost(t, d, move("wrong"+id, ledger.Bank(), ledger.Suspense(), cad(1)))
			if _, err := hold(d, authorised("hold"+id, d.Now().Add(time.Hour))); err != nil {
				t.Fatal(err)
			}
			var mu sync.Mutex
			did := map[string]int{}
			var all sync.WaitGroup
			for who := range 8 {
				all.Go(func() {
					for what, once := range map[string]func() (bool, error){
						"posted":   func() (bool, error) { return post(d, move("same"+id, ledger.Bank(), ledger.Fees(), cad(1))) },
						"mirrored": func() (bool, error) { return reverse(d, "wrong"+id, today, fmt.Sprint("right", id, who)) },
						"ended": func() (bool, error) {
							if who%2 == 0 {
								return void(d, "hold"+id)
							}
							return settle(d, "hold"+id, 100, fmt.Sprint("cap", id, who))
						},
					} {
						done, err := once()
						if err != nil && !fault.Is(err, fault.Conflict) {
							t.Errorf("%s: %v", what, err)
						}
						if done {
							mu.Lock()
							did[what]++
							mu.Unlock()
						}
					}
				})
			}
			all.Wait()
			if did["posted"] != 1 || did["mirrored"] != 1 || did["ended"] != 1 {
				t.Errorf("round %d: %v", round, did)
			}
		}
		r, err := ledger.Verify(ctx, d)
		if err != nil || !r.Sound() {
			t.Errorf("%+v, %v", r, err)
		}
		t.Logf("%d done again", d.Retries.Load())
	})
}
