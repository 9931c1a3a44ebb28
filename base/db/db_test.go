package db_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"testing/fstest"
	"time"

	"comptoir.example/comptoir/base/db"
	"comptoir.example/comptoir/base/db/dbtest"
	"comptoir.example/comptoir/base/fault"
)

var schema = fstest.MapFS{"0001_bolts.sql": {Data: []byte(`-- +goose Up
CREATE TABLE bolt (id TEXT PRIMARY KEY, n {{bigint}} NOT NULL, at {{bigint}}, good {{bool}} NOT NULL) {{strict}};
CREATE TABLE taker (id TEXT PRIMARY KEY) {{strict}};
-- +goose Down
DROP TABLE taker;
DROP TABLE bolt;
`)}}

var (
	insertBolt = db.SQL("db_test.insert_bolt", `INSERT INTO bolt (id, n, at, good) VALUES ($1, $2, $3, $4)`)
	selectBolt = db.SQL("db_test.select_bolt", `SELECT n, at, good FROM bolt WHERE id = $1`)
	setBolt    = db.SQL("db_test.set_bolt", `UPDATE bolt SET n = $2 WHERE id = $1`)
	countBolt  = db.SQL("db_test.count_bolt", `SELECT COUNT(*) FROM bolt`)
	takers     = db.SQL("db_test.takers", `SELECT COUNT(*) FROM taker`)
	take       = db.SQL("db_test.take", `INSERT INTO taker (id) VALUES ($1)`)
)

type bolt struct {
	n    int
	at   time.Time
	good bool
}

func scanBolt(r db.Row) (b bolt, err error) {
	err = r.Scan(&b.n, &b.at, &b.good)
	return b, err
}

func TestAUnitOfWorkIsAllOrNothing(t *testing.T) {
	dbtest.Each(t, schema, func(t *testing.T, d *db.DB) {
		ctx := context.Background()
		broke := errors.New("changed my mind")
		err := d.Write(ctx, func(tx *db.Tx) error {
			if _, err := tx.Exec(ctx, insertBolt, "a", 5, tx.Now, true); err != nil {
				return err
			}
			return broke
		})
		if !errors.Is(err, broke) {
			t.Errorf("got %v", err)
		}
		d.Read(ctx, func(tx *db.Tx) error {
			if n, _, _ := db.One(ctx, tx, countBolt, db.Value[int]); n != 0 {
				t.Errorf("%d rows of a unit that failed", n)
			}
			return nil
		})
	})
}

func TestInstantsAndTruthsComeBackAsTheyWent(t *testing.T) {
	dbtest.Each(t, schema, func(t *testing.T, d *db.DB) {
		ctx := context.Background()
		at := time.Date(2026, 11, 23, 14, 5, 6, 123456000, time.UTC)
		err := d.Write(ctx, func(tx *db.Tx) error {
			if _, err := tx.Exec(ctx, insertBolt, "a", 1<<62, at, true); err != nil {
				return err
			}
			_, err := tx.Exec(ctx, insertBolt, "b", 0, time.Time{}, false)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		d.Read(ctx, func(tx *db.Tx) error {
			a, _, err := db.One(ctx, tx, selectBolt, scanBolt, "a")
			if err != nil || a.n != 1<<62 || !a.at.Equal(at) || !a.good {
				t.Errorf("a: %+v, %v", a, err)
			}
			b, found, err := db.One(ctx, tx, selectBolt, scanBolt, "b")
			if err != nil || !found || !b.at.IsZero() || b.good {
				t.Errorf("b: %+v, %v", b, err)
			}
			if _, found, err := db.One(ctx, tx, selectBolt, scanBolt, "c"); found || err != nil {
				t.Errorf("c: %t, %v", found, err)
			}
			return nil
		})
	})
}

// Eight clicks race for the same five bolts, and read before they write. Exactly
// five get one: each unit of work behaves as if it were alone.
func TestEightClicksRaceForFiveBolts(t *testing.T) {
	dbtest.Each(t, schema, func(t *testing.T, d *db.DB) {
		ctx := context.Background()
		for round := range 5 {
			id := string(rune('a' + round))
			if err := d.Write(ctx, func(tx *db.Tx) error { _, err := tx.Exec(ctx, insertBolt, id, 5, tx.Now, true); return err }); err != nil {
				t.Fatal(err)
			}
			var got atomic.Int64
			var all sync.WaitGroup
			for range 8 {
				all.Go(func() {
					err := d.Write(ctx, func(tx *db.Tx) error {
						b, _, err := db.One(ctx, tx, selectBolt, scanBolt, id)
						if err != nil {
							return err
						}
						if b.n == 0 {
							return fault.New(fault.Conflict, "none_left")
						}
						_, err = tx.Exec(ctx, setBolt, id, b.n-1)
						return err
					})
					if err == nil {
						got.Add(1)
					} else if fault.Of(err).Code != "none_left" {
						t.Error(err)
					}
				})
			}
			all.Wait()
			if got.Load() != 5 {
				t.Errorf("round %d: %d of eight got one of five", round, got.Load())
			}
		}
	})
}

// With a key, units that would always collide wait for each other instead, and
// none is done twice.
func TestUnitsOfOneKeyWaitForEachOther(t *testing.T) {
	dbtest.Each(t, schema, func(t *testing.T, d *db.DB) {
		ctx := context.Background()
		before := d.Retries.Load()
		var all sync.WaitGroup
		for range 8 {
			all.Go(func() {
				for range 20 {
					if err := d.WriteAs(ctx, "company", func(tx *db.Tx) error {
						n, _, err := db.One(ctx, tx, takers, db.Value[int])
						if err != nil || n >= 100 {
							return err
						}
						_, err = tx.Exec(ctx, take, tx.ID())
						return err
					}); err != nil {
						t.Error(err)
					}
				}
			})
		}
		all.Wait()
		d.Read(ctx, func(tx *db.Tx) error {
			if n, _, _ := db.One(ctx, tx, takers, db.Value[int]); n != 100 {
				t.Errorf("%d passed under a limit of 100", n)
			}
			return nil
		})
		if again := d.Retries.Load() - before; again > 0 {
			t.Errorf("%d units were done again though their key kept them apart", again)
		}
	})
}

func TestIdsRiseEvenWhenTheClockStandsStill(t *testing.T) {
	now := time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
	d := dbtest.Open(t, "sqlite", schema, db.Options{Clock: func() time.Time { return now }})
	var ids []string
	for range 3 {
		if err := d.Write(context.Background(), func(tx *db.Tx) error {
			for range 1000 {
				ids = append(ids, tx.ID())
			}
			return nil
		}); err != nil {
			t.Fatal(err)
		}
		now = now.Add(-time.Second) // and when it goes back
	}
	if !slices.IsSorted(ids) || len(slices.Compact(slices.Clone(ids))) != len(ids) {
		t.Error("ids do not rise")
	}
	if ids[0][14] != '7' || !slices.Contains([]byte("89ab"), ids[0][19]) {
		t.Errorf("%s is no UUIDv7", ids[0])
	}
}

func TestASecondProcessIsKeptOutOfTheSQLiteFile(t *testing.T) {
	url := dbtest.URL(t, "sqlite")
	first, err := db.Open(context.Background(), db.Options{URL: url})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := db.Open(context.Background(), db.Options{URL: url}); fault.Of(err).Code != "db.in_use" {
		t.Errorf("the second got in: %v", err)
	}
	first.Close()
	again, err := db.Open(context.Background(), db.Options{URL: url})
	if err != nil {
		t.Fatal(err)
	}
	again.Close()
}

func TestASignalWakesListenersAlsoInOtherProcesses(t *testing.T) {
	for _, engine := range dbtest.Engines {
		t.Run(engine, func(t *testing.T) {
			url := dbtest.URL(t, engine)
			here, err := db.Open(context.Background(), db.Options{URL: url})
			if err != nil {
				t.Fatal(err)
			}
			defer here.Close()
			there := here
			if engine == "postgres" {
				if there, err = db.Open(context.Background(), db.Options{URL: url}); err != nil {
					t.Fatal(err)
				}
				defer there.Close()
			}
			woken := there.Listen("news")
			here.Listen("news")
			for deadline := time.After(10 * time.Second); ; {
				if err := here.Write(context.Background(), func(tx *db.Tx) error { tx.Signal("news"); return nil }); err != nil {
					t.Fatal(err)
				}
				select {
				case <-woken:
					return
				case <-deadline:
					t.Fatal("nobody was woken")
				case <-time.After(50 * time.Millisecond): // LISTEN may not be there yet
				}
			}
		})
	}
}

// A folder may have any name.
func TestSQLiteOpensTheFileThatIsNamed(t *testing.T) {
	for _, name := range []string{"a#b", "a?b", "a%41b", "é è"} {
		dir := filepath.Join(t.TempDir(), name)
		if err := os.Mkdir(dir, 0o700); err != nil {
			t.Fatal(err)
		}
		d, err := db.Open(t.Context(), db.Options{URL: "sqlite:" + filepath.Join(dir, "x.db")})
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if err := d.Write(t.Context(), func(tx *db.Tx) error { return nil }); err != nil {
			t.Error(err)
		}
		d.Close()
		if info, err := os.Stat(filepath.Join(dir, "x.db")); err != nil || info.Size() == 0 {
			t.Errorf("%s: nothing was written there: %v", name, err)
		}
	}
}
