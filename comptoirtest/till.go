package comptoirtest

import (
	"context"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"comptoir.example/comptoir/base/db"
	"comptoir.example/comptoir/base/money"
	"comptoir.example/comptoir/comptoirtest/instant"
	"comptoir.example/comptoir/finance/invoice"
	"comptoir.example/comptoir/finance/payment"
	"comptoir.example/comptoir/gateway/simulator"
	"comptoir.example/comptoir/trade/access"
)

// Till is a shop that takes money: its processor runs in the same process, on the
// same clock, and its webhooks come when the test steps.
type Till struct {
	*House
	Processor *simulator.Processor
	Clerk     *simulator.Clerk
	Post      *Post
}

const (
	webhookSecret = "whsec-of-a-test"
	pages         = "http://pay.test"
)

// OpenTill makes a shop with a processor. Its accounts are those of Open.
func OpenTill(t testing.TB, engine string, e *instant.ERP, seed uint64) *Till {
	t.Helper()
	clock := NewClock()
	till := &Till{House: Open(t, engine, e, clock), Post: &Post{}}
	p, err := simulator.Open(simulator.Options{Now: clock.Now, Seed: seed, Secret: "sk-of-a-test", Merchant: "Boréale", URL: pages,
		Webhooks: "http://shop.test/hooks/simulator", Signing: []string{webhookSecret}, Transport: into{till.Mux}})
	if err != nil {
		t.Fatal(err)
	}
	till.Processor, till.Clerk = p, simulator.NewClerk(pages).Through(p)
	till.Take(simulator.New(pages, "sk-of-a-test", webhookSecret).Through(p), "http://shop.test")
	till.Mail(till.Post, LinkKey, "http://shop.test")
	return till
}

// into carries requests to a handler without a network.
type into struct{ http.Handler }

func (i into) RoundTrip(r *http.Request) (*http.Response, error) {
	w := httptest.NewRecorder()
	i.ServeHTTP(w, r)
	return w.Result(), nil
}

// Payer is somebody who may pay for a customer, by its code.
func (t *Till) Payer(code string) access.Actor {
	who := t.Buyer(code)
	who.Roles = []access.Role{access.Payer}
	return who
}

// Pull reads the ERP's invoices and receipts.
func (t *Till) Pull() {
	t.T.Helper()
	if err := t.Engine.Round(t.Ctx, true); err != nil {
		t.T.Fatal(err)
	}
}

// Owes lists what a payer can pay.
func (t *Till) Owes(who access.Actor) (all []invoice.Invoice) {
	t.T.Helper()
	t.Read(func(tx *db.Tx) (err error) {
		all, err = invoice.List(t.Ctx, tx, who, invoice.Filter{Today: "2026-11-23"}, invoice.After{}, 1000)
		return err
	})
	return all
}

// Pays begins a payment of parts of invoices, by minor units.
func (t *Till) Pays(who access.Actor, w payment.Wish) (p payment.Payment, err error) {
	w.Gateway = t.Site.Gateway.Name()
	err = t.DB.WriteAlone(t.Ctx, payment.Key(who.Customer), func(tx *db.Tx) (err error) {
		p, err = payment.Start(t.Ctx, tx, who, t.Engine.Merchant(), w)
		return err
	})
	return p, err
}

// Whole is a line that pays an invoice whole.
func Whole(i invoice.Invoice) payment.WishLine {
	amount := i.Open
	if amount.Minor < 0 {
		amount = amount.Neg()
	}
	return payment.WishLine{Invoice: i.ID, Amount: amount}
}

// Part is a line that pays a part of one.
func Part(i invoice.Invoice, minor int64) payment.WishLine {
	return payment.WishLine{Invoice: i.ID, Amount: money.Amount{Minor: minor, Currency: i.Open.Currency}, Reason: "instalment"}
}

// Stands is a payment as it stands.
func (t *Till) Stands(id string) (p payment.Payment) {
	t.T.Helper()
	t.Read(func(tx *db.Tx) (err error) {
		p, _, err = payment.Load(t.Ctx, tx, id)
		return err
	})
	return p
}

// Settle lets everything that is due happen: deliveries, webhooks, sweeps.
func (t *Till) Settle() {
	t.T.Helper()
	for range 50 {
		n := t.Steps() + t.Processor.Step(t.Ctx)
		heard, err := t.Site.Gateway.Hear(t.Ctx)
		if err != nil {
			t.T.Fatal(err)
		}
		if n+heard == 0 {
			return
		}
	}
	t.T.Fatal("it never comes to rest")
}

// Calm lifts every fault and lets time pass until all that can be known is known.
func (t *Till) Calm() {
	t.T.Helper()
	t.calm(func() bool { return true })
}

// calm goes on while goesOn says so, asked after each round.
func (t *Till) calm(goesOn func() bool) {
	t.T.Helper()
	t.Processor.Calm()
	t.ERP.SetDown(false)
	t.ERP.LoseNext(0)
	for range 16 {
		t.Clock.Move(5 * time.Minute)
		t.Settle()
		for _, sweep := range []func(context.Context) error{t.Site.Gateway.Pull, t.Site.Gateway.Look} {
			if err := sweep(t.Ctx); err != nil {
				t.T.Fatal(err)
			}
		}
		t.Settle()
		if !goesOn() {
			return
		}
	}
	t.Pull()
	goesOn()
}

var countTasks = db.SQL("comptoirtest.count_tasks", `SELECT COUNT(*) FROM task WHERE kind = $1 AND done IS NULL`)

// Tasks counts what finance has to look at, of a kind.
func (t *Till) Tasks(kind string) (n int) {
	t.T.Helper()
	t.Read(func(tx *db.Tx) (err error) {
		n, _, err = db.One(t.Ctx, tx, countTasks, db.Value[int], kind)
		return err
	})
	return n
}
