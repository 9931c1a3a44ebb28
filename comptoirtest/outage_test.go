package comptoirtest_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"comptoir.example/comptoir/base/db"
	"comptoir.example/comptoir/base/db/dbtest"
	"comptoir.example/comptoir/base/outbox"
	"comptoir.example/comptoir/comptoirtest"
	"comptoir.example/comptoir/comptoirtest/instant"
	"comptoir.example/comptoir/trade/access"
	"comptoir.example/comptoir/trade/order"
)

// Step 5 of the story: the ERP is down for two hours while 50 customers place
// 500 orders. When it is back the first delivery comes within two seconds, each
// customer's orders arrive in the order in which they were placed, once, and the
// one customer whose orders are refused delays nobody.
func TestAfterTwoHoursOfOutageEverythingDrainsOnceAndInOrder(t *testing.T) {
	for _, engine := range dbtest.Engines {
		t.Run(engine, func(t *testing.T) {
			clock := comptoirtest.NewClock()
			h := comptoirtest.Open(t, engine, instant.New(50, 3), clock)
			h.ERP.SetDown(true)
			h.ERP.Refuse["c7"] = "customer_blocked"
			placed := map[string][]string{} // customer to keys, as placed
			var buyers []access.Actor
			for i := range 50 {
				buyers = append(buyers, h.Buyer(fmt.Sprintf("C%04d", 1001+i)))
			}
			for n := range 500 {
				who := buyers[(n*7)%50]
				o, err := h.Order(who, fmt.Sprintf("PRD-%03d", n%3+1), fmt.Sprint(n%20+1))
				if err != nil {
					t.Fatal(err)
				}
				placed[who.Customer] = append(placed[who.Customer], o.Key)
				clock.Move(7200 * time.Second / 500)
				if n%25 == 0 {
					h.Steps() // it tries, and finds the ERP down
				}
			}
			h.Read(func(tx *db.Tx) error {
				q, err := outbox.QueueOf(h.Ctx, tx, h.Engine.Merchant().Conn)
				if q.Waiting != 500 || q.Down.IsZero() {
					t.Errorf("%d wait, down since %v; want 500, and since when", q.Waiting, q.Down)
				}
				return err
			})

			h.ERP.SetDown(false)
			back := clock.Now()
			for len(h.ERP.Seen) == 0 {
				if h.Steps() == 0 {
					clock.Move(100 * time.Millisecond)
				}
			}
			if waited := clock.Now().Sub(back); waited > 2*time.Second {
				t.Errorf("the first delivery came %v after the ERP, want 2 s at most", waited)
			}
			h.Steps()
			if late := clock.Now().Sub(back); late > 2*time.Second {
				t.Errorf("draining waited until %v after the ERP came back", late)
			}

			at := map[string]int{}
			for i, key := range h.ERP.Seen {
				at[key] = i
			}
			refused := h.Buyer("C1007").Customer
			for c, keys := range placed {
				for i, key := range keys {
					switch n := h.ERP.Creates[key]; {
					case c == refused && n != 0:
						t.Errorf("a refused order was created %d times", n)
					case c != refused && n != 1:
						t.Errorf("order %s was created %d times", key, n)
					}
					if c != refused && i > 0 && at[key] < at[keys[i-1]] {
						t.Errorf("customer %s: order %d arrived before order %d", c, i, i-1)
					}
				}
			}
			h.Read(func(tx *db.Tx) error {
				counts, err := order.CountSince(h.Ctx, tx, time.UnixMicro(0))
				want := []order.Counted{{State: order.Accepted, N: 490}, {State: order.Refused, N: 10}}
				slices.SortFunc(counts, func(a, b order.Counted) int { return b.N - a.N })
				if !slices.Equal(counts, want) {
					t.Errorf("orders stand %v, want %v", counts, want)
				}
				q, err2 := outbox.QueueOf(h.Ctx, tx, h.Engine.Merchant().Conn)
				if q.Waiting != 0 || q.Stopped != 10 || !q.Down.IsZero() {
					t.Errorf("queue %+v, want 10 stopped and nothing else", q)
				}
				if err == nil {
					err = err2
				}
				return err
			})
		})
	}
}

// The ERP is back as soon as it answers, also when its first answer is a no.
func TestAnERPThatRefusesIsNotAway(t *testing.T) {
	for _, engine := range dbtest.Engines {
		t.Run(engine, func(t *testing.T) {
			clock := comptoirtest.NewClock()
			h := comptoirtest.Open(t, engine, instant.New(2, 3), clock)
			h.ERP.SetDown(true)
			h.ERP.Refuse["c0"], h.ERP.Refuse["c1"] = "customer_blocked", "customer_blocked"
			if _, err := h.Order(h.Buyer("C1001"), "PRD-001", "1"); err != nil {
				t.Fatal(err)
			}
			h.Steps()
			queue := func() (q outbox.Queue) {
				h.Read(func(tx *db.Tx) (err error) {
					q, err = outbox.QueueOf(h.Ctx, tx, h.Engine.Merchant().Conn)
					return err
				})
				return q
			}
			if q := queue(); q.Down.IsZero() || q.Waiting != 1 {
				t.Fatalf("%d wait, down since %v; want 1, and since when", q.Waiting, q.Down)
			}
			h.ERP.SetDown(false)
			clock.Move(2 * time.Second)
			h.Steps()
			if q := queue(); !q.Down.IsZero() || q.Waiting != 0 {
				t.Errorf("the ERP has answered, and %d wait, away since %v", q.Waiting, q.Down)
			}
		})
	}
}
