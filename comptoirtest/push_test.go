package comptoirtest_test

import (
	"fmt"
	"sync"
	"testing"
	"time"

	"comptoir.example/comptoir/base/db"
	"comptoir.example/comptoir/base/db/dbtest"
	"comptoir.example/comptoir/base/outbox"
	"comptoir.example/comptoir/comptoirtest"
	"comptoir.example/comptoir/comptoirtest/instant"
	"comptoir.example/comptoir/erpsync"
	"comptoir.example/comptoir/trade/access"
	"comptoir.example/comptoir/trade/order"
)

func each(t *testing.T, customers, items int, test func(t *testing.T, h *comptoirtest.House)) {
	for _, engine := range dbtest.Engines {
		t.Run(engine, func(t *testing.T) {
			test(t, comptoirtest.Open(t, engine, instant.New(customers, items), comptoirtest.NewClock()))
		})
	}
}

func (f found) of(t *testing.T, h *comptoirtest.House, id string) found {
	t.Helper()
	h.Read(func(tx *db.Tx) (err error) {
		if f.Order, _, err = order.Load(h.Ctx, tx, id); err == nil {
			f.deliveries, err = outbox.DeliveriesAbout(h.Ctx, tx, id)
		}
		return err
	})
	return f
}

type found struct {
	order.Order
	deliveries []outbox.Delivery
}

func TestAnAnswerLostAfterCommitMakesOneOrder(t *testing.T) {
	each(t, 1, 1, func(t *testing.T, h *comptoirtest.House) {
		h.ERP.Lose = 1
		o, err := h.Order(h.Buyer("C1001"), "PRD-001", "5")
		if err != nil {
			t.Fatal(err)
		}
		h.Steps()
		if got := (found{}).of(t, h, o.ID); got.deliveries[0].State != outbox.Unknown || got.State != order.Submitted {
			t.Errorf("after silence: delivery %s, order %s; want unknown, submitted", got.deliveries[0].State, got.State)
		}
		h.Clock.Move(2 * time.Second)
		h.Steps()
		if got := (found{}).of(t, h, o.ID); got.State != order.Accepted || got.ERPNumber == "" || h.ERP.Creates[o.Key] != 1 {
			t.Errorf("order %s, number %q, created %d times; want accepted, numbered, once", got.State, got.ERPNumber, h.ERP.Creates[o.Key])
		}
	})
}

// What was sent and is nowhere may still be on its way: it is not sent again
// before the ERP can no longer be at it.
func TestWhatWasSentAndNotFoundIsNotSentAgainTooSoon(t *testing.T) {
	each(t, 1, 1, func(t *testing.T, h *comptoirtest.House) {
		o, err := h.Order(h.Buyer("C1001"), "PRD-001", "5")
		if err != nil {
			t.Fatal(err)
		}
		// The process dies while it carries the order: the lease stays behind.
		func() {
			defer func() { recover() }()
			h.Box.Crash = func(point string) {
				if point == "push.looked_up" {
					panic("killed")
				}
			}
			h.Box.Step(h.Ctx)
		}()
		h.Box.Crash = func(string) {}
		if h.DB.Engine() == "sqlite" {
			if err := h.Box.Recover(h.Ctx); err != nil {
				t.Fatal(err)
			}
		} else {
			h.Clock.Move(h.Box.Lease + time.Second)
		}
		sent := h.Clock.Now()
		for h.ERP.Creates[o.Key] == 0 {
			if h.Steps() == 0 {
				h.Clock.Move(500 * time.Millisecond)
			}
			if h.Clock.Now().Sub(sent) > time.Minute {
				t.Fatal("it is never sent again")
			}
		}
		h.Steps()
		if waited := h.Clock.Now().Sub(o.Placed); waited < h.Engine.Capabilities().Operation {
			t.Errorf("sent again after %v, while the first may still be under way (%v)", waited, h.Engine.Capabilities().Operation)
		}
		if got := (found{}).of(t, h, o.ID); got.State != order.Accepted || h.ERP.Creates[o.Key] != 1 {
			t.Errorf("order %s, created %d times; want accepted, once", got.State, h.ERP.Creates[o.Key])
		}
	})
}

func TestAQuestionOfTheERPIsAnsweredByThePolicyOrByAPerson(t *testing.T) {
	each(t, 2, 1, func(t *testing.T, h *comptoirtest.House) {
		h.ERP.Question["c1"] = "credit_limit"
		o, err := h.Order(h.Buyer("C1001"), "PRD-001", "5")
		if err != nil {
			t.Fatal(err)
		}
		h.Steps()
		got := (found{}).of(t, h, o.ID)
		if got.State != order.OnHold || got.deliveries[0].State != outbox.NeedsDecision {
			t.Fatalf("order %s, delivery %s; want on hold for a decision", got.State, got.deliveries[0].State)
		}
		for id, there := range h.ERP.Orders() {
			if there.State != "received" {
				t.Errorf("order %s is %s in the ERP though nobody decided", id, there.State)
			}
		}
		h.Write(func(tx *db.Tx) error {
			return erpsync.Retry(h.Ctx, tx, comptoirtest.Staff(access.Finance), got.deliveries[0].Seq, true)
		})
		h.Steps()
		if got := (found{}).of(t, h, o.ID); got.State != order.Accepted || h.ERP.Creates[o.Key] != 1 {
			t.Errorf("after yes: %s, created %d times", got.State, h.ERP.Creates[o.Key])
		}

		h.Engine.Policy.Accept = []string{"credit_limit"}
		h.ERP.Question["c2"] = "credit_limit"
		o, err = h.Order(h.Buyer("C1002"), "PRD-001", "5")
		if err != nil {
			t.Fatal(err)
		}
		h.Steps()
		if got := (found{}).of(t, h, o.ID); got.State != order.Accepted {
			t.Errorf("the policy says yes, and the order is %s", got.State)
		}
	})
}

func TestOnlyThoseAllowedDecideAboutAMessage(t *testing.T) {
	each(t, 1, 1, func(t *testing.T, h *comptoirtest.House) {
		h.ERP.Refuse["c1"] = "customer_blocked"
		o, err := h.Order(h.Buyer("C1001"), "PRD-001", "5")
		if err != nil {
			t.Fatal(err)
		}
		h.Steps()
		seq := (found{}).of(t, h, o.ID).deliveries[0].Seq
		for _, who := range []access.Actor{h.Buyer("C1001"), comptoirtest.Staff(access.Auditor), {}} {
			err := h.DB.Write(h.Ctx, func(tx *db.Tx) error { return erpsync.Retry(h.Ctx, tx, who, seq, false) })
			if err == nil {
				t.Errorf("%v may retry", who.Roles)
			}
		}
		delete(h.ERP.Refuse, "c1")
		h.Write(func(tx *db.Tx) error { return erpsync.Retry(h.Ctx, tx, comptoirtest.Staff(access.Sales), seq, false) })
		h.Steps()
		if got := (found{}).of(t, h, o.ID); got.State != order.Accepted {
			t.Errorf("after the retry the order is %s", got.State)
		}
	})
}

// On an empty database, where the planner knows nothing, 8 clients place 500
// orders; none fails.
func TestFiveHundredOrdersByEightClientsOnAnEmptyDatabase(t *testing.T) {
	for _, engine := range dbtest.Engines {
		t.Run(engine, func(t *testing.T) {
			h := comptoirtest.Open(t, engine, instant.New(20, 5), nil)
			var clients sync.WaitGroup
			for c := range 8 {
				var buyers []access.Actor
				for i := range 20 {
					buyers = append(buyers, h.Buyer(fmt.Sprintf("C%04d", 1001+i)))
				}
				clients.Go(func() {
					for n := c; n < 500; n += 8 {
						if _, err := h.Order(buyers[n%20], fmt.Sprintf("PRD-%03d", n%5+1), "3"); err != nil {
							t.Errorf("order %d: %v", n, err)
						}
					}
				})
			}
			clients.Wait()
			if h.Steps() != 500 || len(h.ERP.Seen) != 500 {
				t.Errorf("%d of 500 arrived", len(h.ERP.Seen))
			}
			t.Logf("%d commits, %d retries, %d given up", h.DB.Commits.Load(), h.DB.Retries.Load(), h.DB.Conflicts.Load())
		})
	}
}
