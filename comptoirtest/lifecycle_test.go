package comptoirtest_test

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"comptoir.example/comptoir/base/db"
	"comptoir.example/comptoir/base/db/dbtest"
	"comptoir.example/comptoir/base/money"
	"comptoir.example/comptoir/comptoirtest"
	"comptoir.example/comptoir/comptoirtest/instant"
	"comptoir.example/comptoir/finance/payment"
	"comptoir.example/comptoir/gateway"
	"comptoir.example/comptoir/gateway/simulator"
	"comptoir.example/comptoir/trade/access"
)

// lifecycles are what happens to a payment at the processor, six events each.
var lifecycles = []struct {
	name string
	live func(l *lifecycle)
	paid bool // the payment is in the books when it begins
}{
	// A card is declined, another stays processing and is paid; it is paid out. Two
	// standings are older than the third.
	{"paid out", func(l *lifecycle) {
		l.card(simulator.InsufficientFunds)
		l.card(simulator.Later)
		l.act("outcomes", "name", l.reference, "outcome", "paid")
		l.act("payouts", "currency", "USD")
	}, false},
	// The page was closed, and the bank says yes after all.
	{"late", func(l *lifecycle) {
		op := gateway.Operation{Key: l.reference + "-end", Reference: l.reference, Amount: l.p.Amount}
		if _, err := l.Site.Gateway.Gateway.Expire(l.Ctx, op, l.reference); err != nil {
			l.T.Fatal(err)
		}
		l.act("late-payments", "name", l.reference)
		l.act("payouts", "currency", "USD")
		l.act("notices")
	}, false},
	// The payer's bank takes it back, and keeps it.
	{"charged back", func(l *lifecycle) {
		l.card(simulator.Approved)
		l.act("disputes", "name", l.reference)
		l.act("dispute-outcomes", "name", l.reference, "outcome", "lost")
	}, false},
	// It takes it back in two parts, and keeps them; the rest still pays.
	{"charged back twice", func(l *lifecycle) {
		l.card(simulator.Approved)
		for _, part := range []string{"40.00", "30.09"} {
			l.act("disputes", "name", l.reference, "amount", part)
			l.act("dispute-outcomes", "name", l.reference, "outcome", "lost")
		}
	}, false},
	// Finance gives a credit note back, which takes its time, and comes back.
	{"given back", func(l *lifecycle) {
		l.giveBack()
		l.act("outcomes", "name", l.refund, "outcome", "paid")
		l.act("refund-failures", "name", l.refund)
		l.act("notices")
	}, true},
	// The merchant's people give a part back at the processor, which takes its time.
	{"given back by hand", func(l *lifecycle) {
		l.card(simulator.Approved)
		l.act("refunds", "name", l.reference, "amount", "20.09")
		refund := l.told()[3].Record.ID
		l.act("outcomes", "name", refund, "outcome", "paid")
	}, false},
}

// lifecycle is one payment of a till and its events.
type lifecycle struct {
	*comptoirtest.Till
	p         payment.Payment
	reference string
	credit    string // invoice.id of a credit note of its own
	refund    string
	before    int // events of the others
	events    []simulator.Event
}

// giveBack asks for what the credit note is worth, and the processor begins.
func (l *lifecycle) giveBack() {
	l.T.Helper()
	err := l.DB.WriteAlone(l.Ctx, payment.Key(l.p.Customer), func(tx *db.Tx) (err error) {
		l.refund = payment.NewRefundID(tx)
		_, err = payment.GiveBack(l.Ctx, tx, comptoirtest.Staff(access.Finance), l.Engine.Merchant(), payment.RefundWish{ID: l.refund, Credit: l.credit,
			Attempt: l.reference, Amount: money.Amount{Minor: 4009, Currency: "USD"}, Reason: "damaged"})
		return err
	})
	if err != nil {
		l.T.Fatal(err)
	}
	l.Steps()
}

func (l *lifecycle) card(card string) {
	l.T.Helper()
	if _, err := l.Clerk.Pay(l.Ctx, l.p.Attempts[0].URL, card); err != nil {
		l.T.Fatal(err)
	}
}

func (l *lifecycle) act(name string, fields ...string) {
	l.T.Helper()
	form := url.Values{}
	for i := 0; i+1 < len(fields); i += 2 {
		form.Set(fields[i], fields[i+1])
	}
	if err := l.Processor.Act(name, form); err != nil {
		l.T.Fatal(name, err)
	}
}

// told are its events so far, as the processor lists them.
func (l *lifecycle) told() (all []simulator.Event) {
	l.T.Helper()
	for {
		r := httptest.NewRequest(http.MethodGet, fmt.Sprintf("/v1/events?after=%d", l.before+len(all)), nil)
		r.Header.Set("Authorization", "Bearer sk-of-a-test")
		w := httptest.NewRecorder()
		l.Processor.ServeHTTP(w, r)
		var page struct{ Events []simulator.Event }
		if err := json.Unmarshal(w.Body.Bytes(), &page); err != nil {
			l.T.Fatal(err)
		}
		if all = append(all, page.Events...); len(page.Events) == 0 {
			return all
		}
	}
}

// deliver brings an event's webhook; again is the same delivery, tried once more.
func (l *lifecycle) deliver(e simulator.Event, delivery string) {
	l.T.Helper()
	l.Clock.Move(time.Millisecond) // they are heard in the order in which they came
	body, err := json.Marshal(simulator.Message{Delivery: delivery, Event: e})
	if err != nil {
		l.T.Fatal(err)
	}
	r := httptest.NewRequest(http.MethodPost, "/hooks/simulator", strings.NewReader(string(body)))
	r.Header = simulator.Sign(body, l.Clock.Now(), "whsec-of-a-test")
	w := httptest.NewRecorder()
	if l.Mux.ServeHTTP(w, r); w.Code/100 != 2 {
		l.T.Fatalf("a webhook is answered %d %s", w.Code, w.Body)
	}
}

func (l *lifecycle) hear() {
	l.T.Helper()
	if _, err := l.Site.Gateway.Hear(l.Ctx); err != nil {
		l.T.Fatal(err)
	}
}

// permuted is the n-th of all orders of so many things.
func permuted(n, of int) (order []int) {
	left := make([]int, of)
	for i := range left {
		left[i] = i
	}
	for ; of > 0; of-- {
		at := n % of
		n /= of
		order = append(order, left[at])
		left = slices.Delete(left, at, at+1)
	}
	return order
}

// every is which of the 720 orders are tried: each of them, or one in so many.
func every(engine string, first bool) int {
	switch {
	case os.Getenv("COMPTOIR_PROVE") == "1", first && engine == "sqlite" && !testing.Short():
		return 1
	case engine == "sqlite":
		return 7
	}
	return 31
}

// In whichever order the six events of a payment's life are told, each one to three
// times, the books are those of the order in which they happened.
func TestInAnyOrderALifeEndsInTheSameBooks(t *testing.T) {
	if _, err := os.Stat("/dev/shm"); err == nil {
		t.Setenv("TMPDIR", "/dev/shm")
	}
	for _, engine := range dbtest.Engines {
		for n, life := range lifecycles {
			t.Run(engine+"/"+strings.ReplaceAll(life.name, " ", "_"), func(t *testing.T) {
				step := every(engine, n == 0)
				var orders []int
				for at := 0; at < 720; at += step {
					orders = append(orders, at)
				}
				all := begin(t, engine, len(orders), life.paid)
				before := len(all[0].told())
				dice := rand.New(rand.NewPCG(uint64(n), 720))
				for i, at := range orders {
					l := all[i]
					l.before = before
					life.live(l)
					l.events = l.told()
					before += len(l.events)
					if len(l.events) > 6 { // fees come first
						fee := func(e simulator.Event) bool { return e.Movement != nil && e.Movement.Type == "fee" }
						for n, e := range l.events {
							if fee(e) {
								l.deliver(e, fmt.Sprintf("dlv-%d-fee-%d", at, n))
							}
						}
						l.events = slices.DeleteFunc(l.events, fee)
					}
					if len(l.events) != 6 {
						t.Fatalf("a life of %d events", len(l.events))
					}
					taken := life.paid
					for place, e := range permuted(at, 6) {
						m := l.events[e].Movement
						taken = taken || m != nil && m.Type == "charge"
						for again := range 1 + dice.IntN(3)*min(at, 1) {
							name := fmt.Sprintf("dlv-%d-%d", at, place)
							if dice.IntN(2) == 0 {
								name += fmt.Sprintf("-%d", again)
							}
							l.deliver(l.events[e], name)
							if dice.IntN(2) == 0 {
								l.hear()
							}
						}
						if p := l.Stands(l.p.ID); !taken && p.State != payment.Open {
							t.Fatalf("order %v: the payment is %s, and nothing was taken", permuted(at, 6), p.State)
						}
					}
					l.hear()
				}
				all[0].Steps()
				all[0].Pull()
				books := booksOf(t, all)
				if first := strings.Join(books[0], "\n"); !strings.Contains(first, "payment paid") || !strings.Contains(first, "receipt posted") && !strings.Contains(first, "receipt reversed") {
					t.Errorf("in the order in which it happened:\n%s", first)
				}
				wrong := 0
				for i, b := range books {
					if wrong < 1 && !slices.Equal(b, books[0]) {
						wrong++
						t.Errorf("order %v:\n%s\nand not\n%s", permuted(orders[i], 6), strings.Join(b, "\n"), strings.Join(books[0], "\n"))
					}
				}
			})
		}
	}
}

// begin opens a till with so many payments, each of an invoice of its own, whose
// pages are open, or which are paid and have a credit note each.
func begin(t *testing.T, engine string, n int, paid bool) (all []*lifecycle) {
	t.Helper()
	till := comptoirtest.OpenTill(t, engine, instant.New(1, 1), 720)
	for range n {
		till.ERP.Bill("c1", money.Amount{Minor: 12345, Currency: "USD"}, "2026-12-01")
		if paid {
			till.ERP.Bill("c1", money.Amount{Minor: -4009, Currency: "USD"}, "2026-12-01")
		}
	}
	till.Pull()
	var credits []string
	who := till.Payer("C1001")
	for _, i := range till.Owes(who) {
		if i.Open.Minor < 0 {
			credits = append(credits, i.ID)
			continue
		}
		p, err := till.Pays(who, payment.Wish{Lines: []payment.WishLine{comptoirtest.Whole(i)}, Save: true})
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, &lifecycle{Till: till, p: p, reference: p.Attempts[0].ID})
	}
	till.Steps()
	for _, l := range all {
		l.p = till.Stands(l.p.ID)
	}
	if !paid {
		return all
	}
	for n, l := range all {
		l.credit = credits[n]
		l.card(simulator.Approved)
	}
	if err := till.Site.Gateway.Pull(t.Context()); err != nil {
		t.Fatal(err)
	}
	till.Steps()
	till.Pull()
	return all
}

var (
	lifePayments = db.SQL("lifecycle_test.payments", `
SELECT p.id, p.state, a.state, a.live, COALESCE(a.decline, ''), a.remote IS NOT NULL, COALESCE(a.last4, ''),
    (SELECT COUNT(*) FROM payment_hold h WHERE h.payment = p.id) FROM payment p JOIN attempt a ON a.payment = p.id`)
	lifeMovements = db.SQL("lifecycle_test.movements", `SELECT id, kind, payment IS NOT NULL, currency, minor FROM movement`)
	lifeReceipts  = db.SQL("lifecycle_test.receipts", `SELECT payment, key, state, currency, minor, unapplied FROM receipt`)
	lifeTasks     = db.SQL("lifecycle_test.tasks", `SELECT subject, kind, currency, minor FROM task`)
	lifeLines     = db.SQL("lifecycle_test.lines", `
SELECT e.source, e.kind, l.account, l.document <> '', l.currency, l.minor FROM ledger_entry e JOIN ledger_line l ON l.entry = e.id`)
)

// booksOf is everything that the books say of each life, without names.
func booksOf(t *testing.T, all []*lifecycle) [][]string {
	t.Helper()
	of := map[string]int{} // whose something is
	for n, l := range all {
		of[l.p.ID], of[l.reference], of[l.p.Lines[0].Invoice], of[l.refund], of[l.credit] = n, n, n, n, n
		for _, e := range l.events {
			if e.Movement != nil {
				of[e.Movement.ID] = n
			}
		}
	}
	moved, _ := all[0].Processor.Books(0)
	for _, m := range moved { // before its life began, and its fees
		if n, known := of[m.Reference]; known && m.Reference != "" {
			of[m.ID] = n
		}
	}
	books := make([][]string, len(all))
	say := func(subject, format string, args ...any) {
		n, known := of[subject]
		if !known {
			t.Errorf("%s is nobody's: "+format, append([]any{subject}, args...)...)
			return
		}
		books[n] = append(books[n], fmt.Sprintf(format, args...))
	}
	read := func(s *db.Stmt, one func(db.Row) error) {
		t.Helper()
		all[0].Read(func(tx *db.Tx) error {
			_, err := db.All(t.Context(), tx, s, func(r db.Row) (struct{}, error) { return struct{}{}, one(r) })
			return err
		})
	}
	var id, key, kind, state, currency, account, decline, card string
	var minor, unapplied, holds int64
	var known, alive bool
	read(lifePayments, func(r db.Row) error {
		err := r.Scan(&id, &state, &kind, &alive, &decline, &known, &card, &holds)
		say(id, "payment %s, attempt %s %v %s %v %s, %d held", state, kind, alive, decline, known, card, holds)
		return err
	})
	read(lifeReceipts, func(r db.Row) error {
		err := r.Scan(&id, &key, &state, &currency, &minor, &unapplied)
		of[key] = of[id]
		if state == "reversed" && minor < 0 {
			return err // a refund that came back before it was booked has none
		}
		say(id, "receipt %s %d %s, %d unapplied", state, minor, currency, unapplied)
		return err
	})
	read(lifeMovements, func(r db.Row) error {
		err := r.Scan(&id, &kind, &known, &currency, &minor)
		say(id, "movement %s %d %s, known %v", kind, minor, currency, known)
		return err
	})
	read(lifeTasks, func(r db.Row) error {
		err := r.Scan(&id, &kind, &currency, &minor)
		say(id, "task %s %d %s", kind, minor, currency)
		return err
	})
	read(lifeLines, func(r db.Row) error {
		err := r.Scan(&id, &kind, &account, &known, &currency, &minor)
		say(id, "%s: %s %d %s, of a document %v", kind, account, minor, currency, known)
		return err
	})
	for _, b := range books {
		slices.Sort(b)
	}
	return books
}
