package db_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"comptoir.example/comptoir/base/db"
	"comptoir.example/comptoir/base/db/dbtest"
	"comptoir.example/comptoir/base/fault"
	"testing/fstest"
)

var marked = fstest.MapFS{"0001_bolts.sql": {Data: []byte(`-- +goose Up
CREATE TABLE bolt (id TEXT PRIMARY KEY, n {{bigint}} NOT NULL, at {{bigint}}, good {{bool}} NOT NULL) {{strict}};
CREATE TABLE mark (shelf TEXT PRIMARY KEY, mark TEXT NOT NULL) {{rewritten}};
-- +goose Down
DROP TABLE mark;
DROP TABLE bolt;
`)}}

// What is kept in memory is what the database says, in every unit of work,
// whoever else changes it, undoes the change or looks at an older state.
func TestWhatIsKeptIsNeverOtherThanWhatIsThere(t *testing.T) {
	changedMind := errors.New("changed my mind")
	dbtest.Each(t, marked, func(t *testing.T, d *db.DB) {
		ctx := context.Background()
		ids := []string{"a", "b", "c"}
		if err := d.Write(ctx, func(tx *db.Tx) error {
			for _, id := range ids {
				if err := tx.Later(ctx, insertBolt, id, 0, tx.Now, true); err != nil {
					return err
				}
			}
			return tx.Changed(ctx, "bolts")
		}); err != nil {
			t.Fatal(err)
		}
		there := func(tx *db.Tx, id string) (int, error) {
			b, _, err := db.One(ctx, tx, selectBolt, scanBolt, id)
			return b.n, err
		}
		check := func(tx *db.Tx) error {
			for _, id := range ids {
				kept, err := db.Keep(ctx, tx, "bolts", id, func() (int, error) { return there(tx, id) })
				if err != nil {
					return err
				}
				if n, err := there(tx, id); err != nil || n != kept {
					return fmt.Errorf("%s is %d, kept is %d, %w", id, n, kept, err)
				}
			}
			each, err := db.KeepEach(ctx, tx, "bolts", "each/", ids, func(missing []string) (map[string]int, error) {
				all := map[string]int{}
				for _, id := range missing {
					n, err := there(tx, id)
					if err != nil {
						return nil, err
					}
					all[id] = n
				}
				return all, nil
			})
			for _, id := range ids {
				if n, e := there(tx, id); err == nil && (e != nil || n != each[id]) {
					err = fmt.Errorf("%s is %d, kept together is %d, %w", id, n, each[id], e)
				}
			}
			return err
		}
		var all sync.WaitGroup
		for i := range 6 {
			all.Go(func() {
				random := rand.New(rand.NewPCG(1, uint64(i)))
				for range 40 {
					open := d.Read
					if i%2 == 0 {
						open = func(ctx context.Context, f func(*db.Tx) error) error { return d.WriteAs(ctx, "bolts", f) }
					}
					err := open(ctx, func(tx *db.Tx) error {
						if err := check(tx); err != nil || i%2 == 1 {
							return err
						}
						if err := tx.Changed(ctx, "bolts"); err != nil {
							return err
						}
						if _, err := tx.Exec(ctx, setBolt, ids[random.IntN(3)], random.IntN(1000)); err != nil {
							return err
						}
						if random.IntN(3) == 0 {
							return changedMind
						}
						return check(tx)
					})
					if err != nil && !errors.Is(err, changedMind) {
						t.Error(err)
						return
					}
				}
			})
		}
		all.Wait()
	})
}

// A statement that nobody waits for fails the unit of work all the same, by its name.
func TestWhatIsDoneLaterFailsTheWholeUnit(t *testing.T) {
	dbtest.Each(t, schema, func(t *testing.T, d *db.DB) {
		ctx := context.Background()
		err := d.Write(ctx, func(tx *db.Tx) error {
			for range 2 {
				if err := tx.Later(ctx, insertBolt, "a", 5, tx.Now, true); err != nil {
					return err
				}
			}
			return nil
		})
		if !d.IsUnique(err) {
			t.Errorf("got %v", err)
		}
		if err := d.Write(ctx, func(tx *db.Tx) error {
			n, _, err := db.One(ctx, tx, countBolt, db.Value[int])
			if n != 0 {
				t.Errorf("%d bolts of a unit that failed", n)
			}
			return err
		}); err != nil {
			t.Error(err)
		}
	})
}

// Units of work that share a commit do not share their fate.
func TestInAGroupEachUnitOfWorkIsAllOrNothing(t *testing.T) {
	dbtest.Each(t, schema, func(t *testing.T, d *db.DB) {
		ctx := context.Background()
		broke := errors.New("changed my mind")
		var all sync.WaitGroup
		for i := range 64 {
			all.Go(func() {
				defer func() {
					if p := recover(); (p != nil) != (i%8 == 5) {
						t.Errorf("unit %d panicked: %v", i, p)
					}
				}()
				err := d.Write(ctx, func(tx *db.Tx) error {
					if _, err := tx.Exec(ctx, insertBolt, fmt.Sprint("bolt", i), i, tx.Now, true); err != nil {
						return err
					}
					switch i % 8 {
					case 3:
						return broke
					case 5:
						panic("a bolt too tight")
					}
					return nil
				})
				if (err != nil) != (i%8 == 3) {
					t.Errorf("unit %d: %v", i, err)
				}
			})
		}
		all.Wait()
		if err := d.Read(ctx, func(tx *db.Tx) error {
			n, _, err := db.One(ctx, tx, countBolt, db.Value[int])
			if n != 48 {
				t.Errorf("%d bolts are there, want 48", n)
			}
			return err
		}); err != nil {
			t.Error(err)
		}
	})
}

// Work on one row, and work under different keys, never loses another's change.
func TestNobodyOverwritesWhatAnotherHasJustChanged(t *testing.T) {
	dbtest.Each(t, schema, func(t *testing.T, d *db.DB) {
		ctx := context.Background()
		if err := d.Write(ctx, func(tx *db.Tx) error { return tx.Later(ctx, insertBolt, "a", 0, tx.Now, true) }); err != nil {
			t.Fatal(err)
		}
		var all sync.WaitGroup
		for i := range 6 {
			all.Go(func() {
				for range 10 {
					open := d.WriteRow
					if i%2 == 0 {
						open = func(ctx context.Context, f func(*db.Tx) error) error {
							return d.WriteHeld(ctx, fmt.Sprint("key", i), f)
						}
					}
					for try := 0; ; try++ {
						err := open(ctx, func(tx *db.Tx) error {
							b, _, err := db.One(ctx, tx, selectBolt, scanBolt, "a")
							if err != nil {
								return err
							}
							return tx.Later(ctx, setBolt, "a", b.n+1)
						})
						if err == nil {
							break
						} else if try == 20 || !fault.Is(err, fault.Conflict) {
							t.Error(err)
							return
						}
					}
				}
			})
		}
		all.Wait()
		if err := d.Read(ctx, func(tx *db.Tx) error {
			b, _, err := db.One(ctx, tx, selectBolt, scanBolt, "a")
			if b.n != 60 {
				t.Errorf("60 turns came to %d", b.n)
			}
			return err
		}); err != nil {
			t.Error(err)
		}
	})
}

// A group that fails as a whole tells all whom it had begun, and those who still
// wait have their turn after it.
func TestAGroupThatFailsLeavesNobodyWaiting(t *testing.T) {
	d := dbtest.Open(t, "sqlite", schema, db.Options{})
	ctx := context.Background()
	endTransaction := db.SQL("db_test.end", `ROLLBACK`) // what SQLite does by itself on a full disk
	started, release, results := make(chan struct{}), make(chan struct{}), make(chan error, 16)
	go func() {
		results <- d.Write(ctx, func(tx *db.Tx) error {
			close(started)
			<-release
			return nil
		})
	}()
	<-started
	for i := range 12 {
		go func() {
			results <- d.Write(ctx, func(tx *db.Tx) error {
				if i%4 == 1 {
					_, err := tx.Exec(ctx, endTransaction)
					return errors.Join(err, errors.New("the disk is full"))
				}
				return tx.Later(ctx, insertBolt, fmt.Sprint("bolt", i), i, tx.Now, true)
			})
		}()
	}
	time.Sleep(50 * time.Millisecond) // until they wait; sooner only makes the groups smaller
	close(release)
	good := 0
	for range 13 {
		select {
		case err := <-results:
			if err == nil {
				good++
			}
		case <-time.After(10 * time.Second):
			t.Fatal("somebody waits for ever")
		}
	}
	if err := d.Read(ctx, func(tx *db.Tx) error {
		n, _, err := db.One(ctx, tx, countBolt, db.Value[int])
		if n != good-1 { // the first one wrote no bolt
			t.Errorf("%d were told that it worked, %d bolts are there", good-1, n)
		}
		return err
	}); err != nil {
		t.Error(err)
	}
}
