package comptoirtest_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"comptoir.example/comptoir/app/migrations"
	"comptoir.example/comptoir/base/db"
	"comptoir.example/comptoir/base/db/dbtest"
	"comptoir.example/comptoir/base/outbox"
)

// promise is a fact whose delivery goes to a lane.
type promise struct {
	Name string `json:"name"`
	Lane string `json:"lane"`
}

func (promise) Kind() string      { return "promise.made" }
func (p promise) Subject() string { return p.Name }

// far is a far side that keeps what it hears, in order, and how it answers next.
type far struct {
	mu     sync.Mutex
	random *rand.Rand
	heard  map[string][]string       // by lane, each time
	tries  map[string]int            // of a delivery
	ended  map[string]bool           // answered for good
	wrong  []string                  // what should not have happened
	wrote  map[string][]outbox.State // what Apply wrote
}

// carry answers at random: done, no, not yet, down, silence, nonsense.
func (f *far) carry(_ context.Context, d outbox.Delivery) outbox.Outcome {
	f.mu.Lock()
	defer f.mu.Unlock()
	lane := f.heard[d.Lane]
	if len(lane) > 0 {
		if last := lane[len(lane)-1]; last != d.Subject && !f.ended[last] {
			f.wrong = append(f.wrong, fmt.Sprintf("%s was carried while %s, before it, was open", d.Subject, last))
		}
	}
	if f.ended[d.Subject] {
		f.wrong = append(f.wrong, d.Subject+" was carried after its answer")
	}
	f.heard[d.Lane] = append(lane, d.Subject)
	f.tries[d.Subject]++
	out := outbox.Outcome{State: outbox.Done}
	if f.tries[d.Subject] < 4 {
		switch f.random.IntN(16) {
		case 0, 6:
			out = outbox.Outcome{State: outbox.Rejected, Class: "refused", Code: "no"}
		case 1, 4:
			return outbox.Outcome{State: outbox.Queued}
		case 2, 5:
			return outbox.Outcome{State: outbox.Unknown, Sent: true, Fault: true}
		case 3:
			return outbox.Outcome{State: outbox.Queued, Down: true, Detail: "down"}
		}
	}
	f.ended[d.Subject] = true
	state := out.State
	out.Apply = func(context.Context, *db.Tx) error {
		f.mu.Lock()
		defer f.mu.Unlock()
		f.wrote[d.Subject] = append(f.wrote[d.Subject], state)
		return nil
	}
	return out
}

// Lanes that are carried several deliveries at a time, by a far side that answers
// in every way: each delivery ends once, in the order of its lane, whatever
// became of those before it, and nothing else was written than what was answered.
func TestALaneKeepsItsOrderHoweverManyAreTakenAtOnce(t *testing.T) {
	for _, engine := range dbtest.Engines {
		for seed := range uint64(2) {
			t.Run(fmt.Sprintf("%s/%d", engine, seed), func(t *testing.T) {
				ctx, stop := context.WithTimeout(context.Background(), time.Minute)
				defer stop()
				d := dbtest.Open(t, engine, migrations.Files, db.Options{})
				f := &far{random: rand.New(rand.NewPCG(seed, 1)), heard: map[string][]string{}, tries: map[string]int{}, ended: map[string]bool{},
					wrote: map[string][]outbox.State{}}
				box := outbox.New(d, "test")
				box.On(outbox.Route{Fact: "promise.made", Consumer: "test.keep", Together: 8, Carry: f.carry,
					Where: func(f outbox.Fact) (string, string) { return "far", f.(promise).Lane }})
				box.Connection("far", 3)
				made := map[string][]string{}
				for n := range 60 {
					lane := fmt.Sprint("lane-", n*n%5)
					name := fmt.Sprintf("%s/%02d", lane, n)
					made[lane] = append(made[lane], name)
					if err := d.Write(ctx, func(tx *db.Tx) error {
						return outbox.Emit(ctx, tx, outbox.By{Actor: "test"}, promise{name, lane})
					}); err != nil {
						t.Fatal(err)
					}
				}
				running, done := context.WithCancel(ctx)
				var all sync.WaitGroup
				all.Go(func() { box.Run(running) })
				left := 60
				for left > 0 && ctx.Err() == nil {
					time.Sleep(20 * time.Millisecond)
					if err := d.Read(ctx, func(tx *db.Tx) error {
						q, err := outbox.QueueOf(ctx, tx, "far")
						left = q.Waiting
						return err
					}); err != nil {
						t.Fatal(err)
					}
				}
				done()
				all.Wait()
				if left > 0 {
					t.Fatalf("%d deliveries never ended", left)
				}
				for _, wrong := range f.wrong {
					t.Error(wrong)
				}
				for lane, names := range made {
					var first []string
					for _, name := range f.heard[lane] {
						if len(first) == 0 || first[len(first)-1] != name {
							first = append(first, name)
						}
					}
					if fmt.Sprint(first) != fmt.Sprint(names) {
						t.Errorf("%s was carried as\n%v, made as\n%v", lane, first, names)
					}
					for _, name := range names {
						var stands outbox.State
						if err := d.Read(ctx, func(tx *db.Tx) error {
							all, err := outbox.DeliveriesAbout(ctx, tx, name)
							if err == nil {
								stands = all[0].State
							}
							return err
						}); err != nil {
							t.Fatal(err)
						}
						if w := f.wrote[name]; len(w) != 1 || w[0] != stands {
							t.Errorf("%s stands at %s, and %v was written", name, stands, w)
						}
					}
				}
			})
		}
	}
}
