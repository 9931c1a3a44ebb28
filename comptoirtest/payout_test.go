package comptoirtest_test

import (
	"context"
	"encoding/csv"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"comptoir.example/comptoir/app"
	"comptoir.example/comptoir/base/db"
	"comptoir.example/comptoir/comptoirtest"
	"comptoir.example/comptoir/finance/payment"
	"comptoir.example/comptoir/gateway"
	"comptoir.example/comptoir/gateway/simulator"
)

// charge pays a new invoice whole.
func (b *back) charge(minor int64) payment.Payment {
	b.t.Helper()
	id := b.ERP.Invoice("c1", minor, "2026-12-01")
	b.Pull()
	return b.pay(id)
}

// payOut lets the processor pay out what it owes, and gives the payout.
func (b *back) payOut() simulator.Payout {
	b.t.Helper()
	b.act("payouts", url.Values{"currency": {"CAD"}})
	all := b.Processor.PaidOut()
	return all[len(all)-1]
}

// later lets time pass for what waits, and sweeps.
func (b *back) later(sweeps bool) {
	b.t.Helper()
	if sweeps {
		if err := b.Site.Gateway.Pull(b.Ctx); err != nil {
			b.t.Fatal(err)
		}
	}
	b.Clock.Move(15 * time.Minute)
	b.Settle()
}

func (b *back) payout(id string) (p payment.Payout) {
	b.t.Helper()
	b.Read(func(tx *db.Tx) (err error) {
		p, _, err = payment.PayoutOf(b.Ctx, tx, "simulator", id)
		return err
	})
	return p
}

// paidOut is when the capture of a payment went to the merchant's bank.
func (b *back) paidOut(id string) (at time.Time) {
	b.t.Helper()
	b.Read(func(tx *db.Tx) error {
		moved, err := payment.Movements(b.Ctx, tx, id)
		for _, m := range moved {
			if m.Kind == "capture" {
				at = m.PaidOut
			}
		}
		return err
	})
	return at
}

// task is the first open one of a kind.
func (b *back) task(kind string) (id string) {
	b.t.Helper()
	b.Read(func(tx *db.Tx) error {
		all, err := payment.Tasks(b.Ctx, tx, b.finance, payment.TaskFilter{Kind: kind}, 1)
		if err != nil || len(all) == 0 {
			b.t.Fatalf("no task %s: %v", kind, err)
		}
		id = all[0].ID
		return nil
	})
	return id
}

// foot fails unless all payouts are what the processor's books say.
func (b *back) foot(when string) {
	b.t.Helper()
	for _, wrong := range b.Payouts() {
		b.t.Errorf("%s: %s", when, wrong)
	}
	if n := b.Tasks("payout_differs"); n != 0 {
		b.t.Errorf("%s: %d payouts differ", when, n)
	}
}

// Charges, refunds, fees, disputes and what nobody knows are what a payout is made
// of, to the cent; the next one is made of what came after.
func TestEachPayoutIsTheSumOfWhatItPays(t *testing.T) {
	eachTill(t, 1, func(t *testing.T, till *comptoirtest.Till) {
		b := openBack(t, till, 123456)
		b.act("refunds", url.Values{"name": {b.paid.Attempts[0].ID}, "amount": {"100.01"}})
		b.act("disputes", url.Values{"name": {b.paid.Attempts[0].ID}, "amount": {"50.00"}})
		b.act("adjustments", url.Values{"amount": {"-1.23"}, "currency": {"CAD"}})
		first := b.payOut()
		b.Settle()
		b.foot("the first")
		second := b.charge(5000)
		if at := b.paidOut(b.paid.ID); !at.Equal(b.payout(first.ID).At) || at.IsZero() || !b.paidOut(second.ID).IsZero() {
			t.Errorf("paid out at %v and %v", at, b.paidOut(second.ID))
		}
		b.act("dispute-outcomes", url.Values{"name": {b.paid.Attempts[0].ID}, "outcome": {"won"}})
		b.payOut()
		b.Settle()
		b.foot("the second")
		if p := b.payout(first.ID); p.Gross.Minor != 123456 || p.Refunded.Minor != 10001 || p.Disputed.Minor != 5000 || p.Other.Minor != -123 ||
			p.Amount.Minor != 123456-10001-5000-123-p.Fees.Minor || p.Fees.Minor <= 1500 {
			t.Errorf("the first is %+v", p)
		}
	})
}

// A payout is told before anything that it pays: what it pays is awaited, and told
// by the sweep. Webhooks that come twice, and a payout of which none came, change
// nothing.
func TestAPayoutWaitsForWhatItPays(t *testing.T) {
	eachTill(t, 1, func(t *testing.T, till *comptoirtest.Till) {
		b := openBack(t, till, 10000)
		b.payOut()
		b.Settle()

		b.Processor.Plan(simulator.Fault{Kind: simulator.Drop})
		second := b.charge(20000)
		b.Processor.Calm()
		b.Processor.Plan(simulator.Fault{Kind: simulator.Duplicate, Times: 3})
		out := b.payOut()
		b.Settle()
		for range 3 {
			if p := b.payout(out.ID); p.State != payment.PayoutTold || p.Listed.IsZero() || !p.Gross.IsZero() {
				t.Fatalf("nothing of it is known, and it is %+v", p)
			}
			b.later(false)
		}
		if len(b.Payouts()) != 1 {
			t.Error("nothing is missing")
		}
		b.later(true)
		b.foot("swept")
		if b.paidOut(second.ID).IsZero() {
			t.Error("the charge that came late is not paid out")
		}

		b.charge(30000)
		b.Processor.Plan(simulator.Fault{Kind: simulator.Drop})
		out = b.payOut()
		b.Settle()
		if p := b.payout(out.ID); p.ID != "" {
			t.Fatalf("nobody told of %+v", p)
		}
		b.later(true)
		b.foot("without a webhook")
	})
}

// The bank sends a payout back: what it paid is owed again, until the next one pays
// it. Its failure may be told before itself.
func TestAPayoutThatCameBackIsPaidByTheNext(t *testing.T) {
	eachTill(t, 1, func(t *testing.T, till *comptoirtest.Till) {
		b := openBack(t, till, 10000)
		first := b.payOut()
		b.Settle()
		b.foot("paid out")
		b.act("payout-failures", url.Values{"name": {first.ID}})
		b.Settle()
		b.foot("came back")
		if !b.paidOut(b.paid.ID).IsZero() || b.Tasks("payout_failed") != 1 {
			t.Errorf("paid out at %v, %d tasks", b.paidOut(b.paid.ID), b.Tasks("payout_failed"))
		}
		b.charge(5000)
		second := b.payOut()
		b.Settle()
		b.foot("paid out again")
		if at := b.paidOut(b.paid.ID); !at.Equal(b.payout(second.ID).At) || b.payout(second.ID).Gross.Minor != 15000 {
			t.Errorf("paid out at %v by %+v", at, b.payout(second.ID))
		}

		third := b.charge(7000)
		b.Processor.Plan(simulator.Fault{Kind: simulator.Drop, Times: 1})
		lost := b.payOut()
		b.Settle()
		b.act("payout-failures", url.Values{"name": {lost.ID}})
		fourth := b.payOut()
		b.Settle()
		if p := b.payout(lost.ID); p.Movement != "" || p.Back == "" {
			t.Fatalf("only that it came back is known, and it is %+v", p)
		}
		if p := b.payout(fourth.ID); p.State != payment.PayoutTold {
			t.Errorf("it pays what nobody knows yet, and it is %+v", p)
		}
		b.later(true)
		b.foot("all told")
		if at := b.paidOut(third.ID); !at.Equal(b.payout(fourth.ID).At) || b.Tasks("payout_failed") != 2 {
			t.Errorf("paid out at %v, %d tasks", at, b.Tasks("payout_failed"))
		}
		b.ties("after all")
	})
}

// lister is a processor that lists what a test wants.
type lister struct {
	gateway.Connector
	list func(gateway.PaidOut) gateway.PaidOut
}

func (l *lister) Payout(ctx context.Context, id string) (gateway.PaidOut, error) {
	told, err := l.Connector.(gateway.Settler).Payout(ctx, id)
	return l.list(told), err
}

// A payout that lacks something, that pays what another has paid, that is of another
// amount than was told, or of which something never comes, is a task for finance,
// once.
func TestAPayoutThatDoesNotFootIsATask(t *testing.T) {
	for _, c := range []struct {
		name string
		list func(before, told gateway.PaidOut) gateway.PaidOut
		late bool
	}{
		{"lacks", func(_, told gateway.PaidOut) gateway.PaidOut { told.Movements = told.Movements[1:]; return told }, false},
		{"empty", func(_, told gateway.PaidOut) gateway.PaidOut { told.Movements = nil; return told }, false},
		{"twice", func(before, told gateway.PaidOut) gateway.PaidOut {
			told.Movements = before.Movements
			return told
		}, true},
		{"amount", func(_, told gateway.PaidOut) gateway.PaidOut { told.Amount.Minor--; return told }, false},
		{"never", func(_, told gateway.PaidOut) gateway.PaidOut {
			told.Movements = append(told.Movements[:len(told.Movements):len(told.Movements)], "mov_never")
			return told
		}, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			eachTill(t, 1, func(t *testing.T, till *comptoirtest.Till) {
				var before gateway.PaidOut
				l := &lister{till.Site.Gateway.Gateway, func(told gateway.PaidOut) gateway.PaidOut { before = told; return told }}
				till.Site.Gateway.Gateway = l
				b := openBack(t, till, 10000)
				b.payOut()
				b.Settle()
				b.foot("a sound one")
				l.list = func(told gateway.PaidOut) gateway.PaidOut { return c.list(before, told) }
				b.charge(10000)
				out := b.payOut()
				b.Settle()
				if c.late && (b.payout(out.ID).State != payment.PayoutTold || b.Tasks("payout_differs") != 0) {
					t.Errorf("it is %+v at once", b.payout(out.ID))
				}
				for range 3 {
					b.Clock.Move(13 * time.Hour)
					b.later(true)
				}
				if p := b.payout(out.ID); p.State != payment.PayoutDiffers || b.Tasks("payout_differs") != 1 {
					t.Errorf("it is %+v, %d tasks", p, b.Tasks("payout_differs"))
				}
			})
		})
	}
}

// Finance sees the last payouts and takes the journal of one; the payer sees that
// the money went to the merchant. In both languages.
func TestPayoutsAreSeenInBothLanguages(t *testing.T) {
	eachTill(t, 5, func(t *testing.T, till *comptoirtest.Till) {
		if err := app.SeedPeople(till.Ctx, till.DB); err != nil {
			t.Fatal(err)
		}
		shop := httptest.NewServer(till.Mux)
		t.Cleanup(shop.Close)
		desk := comptoirtest.Visit(t, shop.URL).SignIn(finance, app.DemoPassword)
		desk.Get("/desk/finance").MustSee("Derniers versements", "Le processeur n’a encore rien versé.")
		b := openBack(t, till, 123456)
		me := comptoirtest.Visit(t, shop.URL).SignIn(payer, app.DemoPassword)
		if me.Get("/payments/" + b.paid.ID).Sees("Versé au marchand") {
			t.Error("paid out before it was")
		}
		b.act("refunds", url.Values{"name": {b.paid.Attempts[0].ID}, "amount": {"100.01"}})
		sound := b.payOut()
		b.Settle()
		failed := b.charge(20000)
		gone := b.payOut()
		b.act("payout-failures", url.Values{"name": {gone.ID}})
		b.Settle()
		till.Site.Gateway.Gateway = &lister{till.Site.Gateway.Gateway, func(told gateway.PaidOut) gateway.PaidOut { told.Movements = told.Movements[1:]; return told }}
		b.charge(30000)
		b.payOut()
		b.Settle()

		for _, lang := range []struct {
			name, foots, differs, back, paid, task, todo string
			figures                                      []string
		}{
			{"fr-CA", "Au cent près", "Somme différente", "Revenu", "Versé au marchand", "Versement dont la somme ne concorde pas", "Prenez le journal de ce versement",
				[]string{"1 234,56", "−100,01", "Derniers versements"}},
			{"en-CA", "Foots to the cent", "Does not foot", "Came back", "Paid out to the merchant", "Payout that does not foot", "Take the journal of this payout",
				[]string{"1,234.56", "−$100.01", "Last payouts"}},
		} {
			desk.Get("/desk/finance").Form("/preferences").Set("language", lang.name).Send()
			desk.Get("/desk/finance").MustSee(append(lang.figures, lang.foots, lang.differs, lang.back, sound.ID+" · CSV")...)
			desk.Get("/desk/tasks?kind=payout_differs").MustSee(lang.task)
			for _, href := range desk.Links() {
				if strings.HasPrefix(href, "/desk/tasks/") {
					desk.Get(href).MustSee(lang.task, lang.todo)
				}
			}
			me.Get("/payments/"+b.paid.ID).Form("/preferences").Set("language", lang.name).Send()
			me.Get("/payments/" + b.paid.ID).MustSee(lang.paid)
			if me.Get("/payments/" + failed.ID).Sees(lang.paid) {
				t.Error("what came back is said to be paid out")
			}
		}
		if err := me.Try("/desk/payouts/simulator/" + sound.ID + "/csv"); err != nil || me.Status < 400 {
			t.Errorf("a payer who asks for the journal of a payout gets %d (%v)", me.Status, err)
		}
		journal(t, desk, b, sound)
	})
}

// journal takes the file of a payout: what it pays, each entry balanced, and the
// processor's account moved by what was paid out.
func journal(t *testing.T, desk *comptoirtest.Visitor, b *back, out simulator.Payout) {
	t.Helper()
	desk.Get("/desk/payouts/simulator/" + out.ID + "/csv")
	rows, err := csv.NewReader(strings.NewReader(desk.Body)).ReadAll()
	if err != nil || len(rows) < 2 || strings.Join(rows[0], " ") != "date movement kind payment receipt entry account currency debit credit" {
		t.Fatalf("the journal is %v (%v)", rows, err)
	}
	seen, entries, owed := map[string]bool{}, map[string]int64{}, int64(0)
	for _, row := range rows[1:] {
		seen[row[1]] = true
		minor := side(t, row[8]) - side(t, row[9])
		entries[row[5]] += minor
		if row[6] == "psp:simulator" {
			owed += minor
		}
		if row[2] == "capture" && (row[3] != b.paid.ID || row[4] != b.paid.Receipts[0].Number || row[4] == "") {
			t.Errorf("the charge is %v, of payment %s with receipt %s", row, b.paid.ID, b.paid.Receipts[0].Number)
		}
	}
	for _, id := range out.Movements {
		if !seen[id] {
			t.Errorf("%s is not in the journal", id)
		}
	}
	for key, minor := range entries {
		if minor != 0 {
			t.Errorf("%s is out of balance by %d", key, minor)
		}
	}
	if owed != out.Amount.Minor || len(seen) != len(out.Movements) {
		t.Errorf("the processor's account moves by %d in %d movements, want %d in %d", owed, len(seen), out.Amount.Minor, len(out.Movements))
	}
}

// side is an amount of a journal, on a side that may be empty.
func side(t *testing.T, text string) int64 {
	t.Helper()
	if text == "" {
		return 0
	}
	return dots(t, text)
}
