package comptoirtest_test

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"testing"
	"time"

	"comptoir.example/comptoir/app"
	"comptoir.example/comptoir/base/db"
	"comptoir.example/comptoir/base/fault"
	"comptoir.example/comptoir/base/money"
	"comptoir.example/comptoir/comptoirtest"
	"comptoir.example/comptoir/erp"
	"comptoir.example/comptoir/finance/ledger"
	"comptoir.example/comptoir/finance/parity"
	"comptoir.example/comptoir/finance/payment"
	"comptoir.example/comptoir/gateway/simulator"
	"comptoir.example/comptoir/trade/access"
)

// back is a shop whose customer C1001 has paid an invoice by card, all of it.
type back struct {
	*comptoirtest.Till
	t       *testing.T
	who     access.Actor
	finance access.Actor
	invoice string // the ERP's id
	paid    payment.Payment
}

func openBack(t *testing.T, till *comptoirtest.Till, total int64) *back {
	b := &back{Till: till, t: t, who: till.Payer("C1001"), finance: access.Actor{Person: "finance", Staff: true, Roles: []access.Role{access.Finance}}}
	b.invoice = till.ERP.Invoice("c1", total, "2026-12-01")
	till.Pull()
	b.paid = b.pay(b.invoice)
	return b
}

// pay pays an invoice of the ERP's whole.
func (b *back) pay(id string) payment.Payment {
	b.t.Helper()
	for _, i := range b.Owes(b.who) {
		if i.ERP == id {
			p, err := b.Pays(b.who, payment.Wish{Lines: []payment.WishLine{comptoirtest.Whole(i)}})
			if err != nil {
				b.t.Fatal(err)
			}
			b.Settle()
			if _, err := b.Clerk.Pay(b.t.Context(), b.Stands(p.ID).Attempts[0].URL, simulator.Approved); err != nil {
				b.t.Fatal(err)
			}
			b.Settle()
			b.Pull()
			return b.Stands(p.ID)
		}
	}
	b.t.Fatalf("no invoice %s", id)
	return payment.Payment{}
}

// credit makes a credit note in the ERP, and gives our id.
func (b *back) credit(minor int64) (ours, theirs string) {
	b.t.Helper()
	theirs = b.ERP.Invoice("c1", -minor, "2026-11-01")
	b.Pull()
	for _, i := range b.Owes(b.who) {
		if i.ERP == theirs {
			return i.ID, theirs
		}
	}
	b.t.Fatal("no credit note")
	return "", ""
}

// gives asks for a refund as finance does.
func (b *back) gives(w payment.RefundWish) (r payment.Refund, err error) {
	if w.Reason == "" {
		w.Reason = "damaged"
	}
	err = b.DB.WriteAlone(b.Ctx, payment.Key(b.who.Customer), func(tx *db.Tx) (err error) {
		if w.ID == "" {
			w.ID = payment.NewRefundID(tx)
		}
		r, err = payment.GiveBack(b.Ctx, tx, b.finance, b.Engine.Merchant(), w)
		return err
	})
	return r, err
}

// ties fails unless the three equations hold to the cent, now.
func (b *back) ties(when string) {
	b.t.Helper()
	if err := b.Compare(b.Ctx); err != nil {
		b.t.Fatal(err)
	}
	b.Read(func(tx *db.Tx) error {
		found, err := parity.Differences(b.Ctx, tx, 10)
		for _, d := range found {
			b.t.Errorf("%s: %s %s: %d there, %d here", when, d.Kind, d.Class, d.Theirs.Minor, d.Ours.Minor)
		}
		checks, err2 := parity.Checks(b.Ctx, tx)
		for _, e := range checks {
			if !e.Gap().IsZero() {
				b.t.Errorf("%s: %s has a gap of %d", when, e.Kind, e.Gap().Minor)
			}
		}
		if len(checks) < 3 || err2 != nil {
			b.t.Errorf("%s: %d equations, %v", when, len(checks), err2)
		}
		return err
	})
}

// stand fails unless accounts stand as told, debit positive.
func (b *back) stand(when string, want map[ledger.Account]int64) {
	b.t.Helper()
	b.Read(func(tx *db.Tx) error {
		for account, minor := range want {
			got, err := ledger.Balance(b.Ctx, tx, account, "CAD")
			if err != nil || got.Minor != minor {
				b.t.Errorf("%s: %s stands at %d (%v), want %d", when, account, got.Minor, err, minor)
			}
		}
		return nil
	})
}

// act does something at the processor, as its control screen does.
func (b *back) act(name string, form url.Values) {
	b.t.Helper()
	if err := b.Processor.Act(name, form); err != nil {
		b.t.Fatalf("%s: %v", name, err)
	}
}

func (b *back) open(id string) int64 { return b.ERP.InvoiceNow(id).Open.Minor }

func (b *back) refund(id string) (r payment.Refund) {
	b.t.Helper()
	b.Read(func(tx *db.Tx) (err error) {
		r, _, err = payment.RefundOf(b.Ctx, tx, id)
		return err
	})
	return r
}

// The ERP's credit note goes back to the card; the ERP books that it was paid out.
// At every moment the books tie.
func TestACreditNoteGoesBackToTheCard(t *testing.T) {
	eachTill(t, 1, func(t *testing.T, till *comptoirtest.Till) {
		b := openBack(t, till, 10000)
		ours, theirs := b.credit(3000)
		unapplied, payable := ledger.Unapplied(b.who.Customer), ledger.RefundsPayable()
		b.ties("with a credit note")
		r, err := b.gives(payment.RefundWish{Credit: ours, Attempt: b.paid.Attempts[0].ID, Amount: cad(2500)})
		if err != nil {
			t.Fatal(err)
		}
		b.stand("asked", map[ledger.Account]int64{unapplied: -500, payable: -2500})
		b.ties("asked")
		if _, err := b.Pays(b.who, payment.Wish{Lines: []payment.WishLine{{Invoice: ours, Amount: cad(501)}}}); !fault.Is(err, fault.Conflict) {
			t.Errorf("the credit is used a second time: %v", err)
		}
		b.ERP.SetDown(true)
		b.Settle()
		if r = b.refund(r.ID); r.State != "given" {
			t.Fatalf("the refund is %s", r.State)
		}
		b.ERP.SetDown(false)
		b.stand("given", map[ledger.Account]int64{unapplied: -500, payable: 0})
		b.ties("given, the ERP was down")
		b.Clock.Move(time.Minute)
		b.Settle()
		b.ties("booked, not read again")
		b.Pull()
		b.ties("read again")
		if x := b.ERP.Receipts()[r.ID]; x.Amount.Minor != -2500 || x.State != erp.ReceiptPosted || b.open(theirs) != -500 || b.open(b.invoice) != 0 {
			t.Errorf("the ERP has %+v, %d open of the credit note", x, b.open(theirs))
		}
		if r, err = b.gives(payment.RefundWish{Credit: ours, Attempt: b.paid.Attempts[0].ID, Amount: cad(500)}); err != nil {
			t.Fatal(err)
		}
		b.Settle()
		b.Pull()
		b.ties("the rest")
		b.stand("the rest", map[ledger.Account]int64{unapplied: 0, payable: 0})
	})
}

// A refund that the processor refuses, or that comes back, gives the credit note
// back to the customer on both sides, and finance is told.
func TestARefundThatFailsIsTheCustomersAgain(t *testing.T) {
	eachTill(t, 1, func(t *testing.T, till *comptoirtest.Till) {
		b := openBack(t, till, 10009)
		attempt := b.paid.Attempts[0].ID
		unapplied, payable := ledger.Unapplied(b.who.Customer), ledger.RefundsPayable()
		ours, theirs := b.credit(4009)

		// It is begun, and fails later.
		r, err := b.gives(payment.RefundWish{Credit: ours, Attempt: attempt, Amount: cad(4009)})
		if err != nil {
			t.Fatal(err)
		}
		b.Settle()
		if b.refund(r.ID).State != "asked" {
			t.Fatalf("a refund that is under way is %s", b.refund(r.ID).State)
		}
		b.act("outcomes", url.Values{"name": {r.ID}, "outcome": {"failed"}})
		b.Settle()
		if b.refund(r.ID).State != "failed" || b.Tasks("refund_failed") != 1 {
			t.Errorf("a refund that failed is %s, %d tasks", b.refund(r.ID).State, b.Tasks("refund_failed"))
		}
		b.stand("failed", map[ledger.Account]int64{unapplied: -4009, payable: 0})
		b.ties("failed")

		// It is given, booked, and comes back.
		if r, err = b.gives(payment.RefundWish{Credit: ours, Attempt: attempt, Amount: cad(4000)}); err != nil {
			t.Fatal(err)
		}
		b.Settle()
		b.Pull()
		if b.open(theirs) != -9 {
			t.Fatalf("%d open of the credit note", b.open(theirs))
		}
		b.ERP.SetDown(true)
		b.act("refund-failures", url.Values{"name": {r.ID}})
		b.Settle()
		b.ERP.SetDown(false)
		b.ties("came back, the ERP was down")
		b.Clock.Move(time.Minute)
		b.Settle()
		b.Pull()
		if b.refund(r.ID).State != "failed" || b.open(theirs) != -4009 || b.ERP.Receipts()[r.ID].State != erp.ReceiptReversed {
			t.Errorf("after it came back: %s, %d open, receipt %s", b.refund(r.ID).State, b.open(theirs), b.ERP.Receipts()[r.ID].State)
		}
		b.stand("came back", map[ledger.Account]int64{unapplied: -4009, payable: 0})
		b.ties("came back")

		// The processor has nothing left to give, since somebody gave it back by hand.
		b.act("refunds", url.Values{"name": {attempt}, "amount": {"100.00"}})
		r, err = b.gives(payment.RefundWish{Credit: ours, Attempt: attempt, Amount: cad(100)})
		if err != nil {
			t.Fatal(err)
		}
		b.Settle()
		if b.refund(r.ID).State != "failed" || b.Tasks("refund_failed") != 3 || b.Tasks("unknown_refund") != 1 {
			t.Errorf("a refund of nothing is %s", b.refund(r.ID).State)
		}
		b.stand("refused", map[ledger.Account]int64{unapplied: -4009, payable: 0})
	})
}

// A lost dispute opens the invoice on both sides; what it left of the payment still
// pays. A won one changes nothing in the end.
func TestALostDisputeOpensTheInvoiceOnBothSides(t *testing.T) {
	for _, part := range []string{"", "40.00"} {
		eachTill(t, 1, func(t *testing.T, till *comptoirtest.Till) {
			b := openBack(t, till, 10000)
			attempt := b.paid.Attempts[0].ID
			disputed, ar := ledger.Disputed(b.who.Customer), ledger.AR(b.who.Customer)
			b.act("disputes", url.Values{"name": {attempt}, "amount": {part}})
			b.Settle()
			lost := int64(10000)
			if part != "" {
				lost = 4000
			}
			b.stand("disputed", map[ledger.Account]int64{disputed: lost, ar: 0})
			b.ties("disputed")
			if b.Tasks("dispute") != 1 {
				t.Errorf("%d tasks of the dispute", b.Tasks("dispute"))
			}
			b.act("dispute-outcomes", url.Values{"name": {attempt}, "outcome": {"won"}})
			b.Settle()
			b.stand("won", map[ledger.Account]int64{disputed: 0, ar: 0})
			b.ties("won")

			b.act("disputes", url.Values{"name": {attempt}, "amount": {part}})
			b.ERP.SetDown(true)
			b.act("dispute-outcomes", url.Values{"name": {attempt}, "outcome": {"lost"}})
			b.Settle()
			b.ERP.SetDown(false)
			b.ties("lost, the ERP was down")
			b.ERP.LoseNext(1)
			b.Clock.Move(time.Minute)
			b.Settle()
			b.Clock.Move(time.Minute)
			b.Settle()
			b.ties("lost")
			b.Pull()
			b.ties("read again")
			b.stand("lost", map[ledger.Account]int64{disputed: 0, ar: lost, ledger.Unapplied(b.who.Customer): 0})
			if b.open(b.invoice) != lost {
				t.Errorf("the ERP has %d open, want %d", b.open(b.invoice), lost)
			}
			again := b.pay(b.invoice)
			if again.State != payment.Paid || again.Amount.Minor != lost || b.open(b.invoice) != 0 {
				t.Errorf("paid again: %s, %d; %d open", again.State, again.Amount.Minor, b.open(b.invoice))
			}
			b.ties("paid again")
		})
	}
}

// What was paid twice goes back whole, and the ERP undoes its receipt; if that comes
// back, it is the customer's once more.
func TestMoneyPaidTwiceGoesBack(t *testing.T) {
	eachTill(t, 1, func(t *testing.T, till *comptoirtest.Till) {
		b := openBack(t, till, 10000)
		unapplied := ledger.Unapplied(b.who.Customer)
		second := b.ERP.Invoice("c1", 7000, "2026-12-01")
		b.Pull()
		for _, i := range b.Owes(b.who) {
			if i.ERP == second {
				p, err := b.Pays(b.who, payment.Wish{Lines: []payment.WishLine{comptoirtest.Whole(i)}})
				if err != nil {
					t.Fatal(err)
				}
				b.Settle()
				b.ERP.PayThere(second, 7000) // a cheque, at the same moment
				if _, err := b.Clerk.Pay(t.Context(), b.Stands(p.ID).Attempts[0].URL, simulator.Approved); err != nil {
					t.Fatal(err)
				}
				b.Settle()
				b.Pull()
				b.paid = b.Stands(p.ID)
			}
		}
		b.stand("paid twice", map[ledger.Account]int64{unapplied: -7000})
		b.ties("paid twice")
		x := b.paid.Receipts[0]
		if _, err := b.gives(payment.RefundWish{Receipt: x.Key, Attempt: b.paid.Attempts[0].ID, Amount: cad(6999)}); fault.Of(err).Code != "refund.not_that_much" {
			t.Errorf("a part of it: %v", err)
		}
		r, err := b.gives(payment.RefundWish{Receipt: x.Key, Attempt: b.paid.Attempts[0].ID, Amount: cad(7000)})
		if err != nil {
			t.Fatal(err)
		}
		b.ties("asked")
		b.ERP.SetDown(true)
		b.Settle()
		b.ERP.SetDown(false)
		b.ties("given, the ERP was down")
		b.Clock.Move(time.Minute)
		b.Settle()
		b.ties("undone")
		b.stand("undone", map[ledger.Account]int64{unapplied: 0, ledger.RefundsPayable(): 0})
		if b.refund(r.ID).State != "given" || b.ERP.Receipts()[x.Key].State != erp.ReceiptReversed {
			t.Errorf("%s, receipt %s", b.refund(r.ID).State, b.ERP.Receipts()[x.Key].State)
		}
		b.act("refund-failures", url.Values{"name": {r.ID}})
		b.Settle()
		b.Pull()
		b.stand("came back", map[ledger.Account]int64{unapplied: -7000, ledger.RefundsPayable(): 0})
		b.ties("came back")
	})
}

// What a refund may not be, each said in words, and nothing of it stays.
func TestARefundIsNeverMoreThanThereIs(t *testing.T) {
	eachTill(t, 2, func(t *testing.T, till *comptoirtest.Till) {
		b := openBack(t, till, 10000)
		attempt := b.paid.Attempts[0].ID
		ours, _ := b.credit(12000)
		for _, c := range []struct {
			name, code string
			w          payment.RefundWish
		}{
			{"nothing", "refund.bad_amount", payment.RefundWish{Credit: ours, Attempt: attempt, Amount: cad(0)}},
			{"less than nothing", "refund.bad_amount", payment.RefundWish{Credit: ours, Attempt: attempt, Amount: cad(-1)}},
			{"another currency", "refund.wrong_currency", payment.RefundWish{Credit: ours, Attempt: attempt, Amount: money.Amount{Minor: 100, Currency: "USD"}}},
			{"more than the card paid", "refund.not_that_much", payment.RefundWish{Credit: ours, Attempt: attempt, Amount: cad(10001)}},
			{"more than the credit note", "refund.not_that_much", payment.RefundWish{Credit: ours, Attempt: attempt, Amount: cad(12001)}},
			{"no reason", "refund.say_why", payment.RefundWish{Credit: ours, Attempt: attempt, Amount: cad(100), Reason: " "}},
			{"an invoice", "refund.not_that_much", payment.RefundWish{Credit: b.paid.Lines[0].Invoice, Attempt: attempt, Amount: cad(100)}},
			{"no such credit", "refund.not_found", payment.RefundWish{Credit: "none", Attempt: attempt, Amount: cad(100)}},
			{"a key that no form gave", "refund.not_found", payment.RefundWish{ID: "x", Credit: ours, Attempt: attempt, Amount: cad(100)}},
			{"no such payment", "refund.not_found", payment.RefundWish{Credit: ours, Attempt: "none", Amount: cad(100)}},
			{"a receipt that paid an invoice", "refund.not_that_much", payment.RefundWish{Receipt: b.paid.Receipts[0].Key, Attempt: attempt, Amount: cad(10000)}},
		} {
			if _, err := b.gives(c.w); fault.Of(err).Code != c.code {
				t.Errorf("%s: %v, want %s", c.name, err, c.code)
			}
		}
		other := b.ERP.Invoice("c2", -500, "2026-11-01")
		b.Pull()
		for _, i := range b.Owes(b.Payer("C1002")) {
			if i.ERP == other {
				if _, err := b.gives(payment.RefundWish{Credit: i.ID, Attempt: attempt, Amount: cad(100)}); fault.Of(err).Code != "refund.not_found" {
					t.Errorf("another company's credit: %v", err)
				}
			}
		}
		if _, err := payment.GiveBack(b.Ctx, nil, b.who, b.Engine.Merchant(), payment.RefundWish{}); !fault.Is(err, fault.Denied) {
			t.Errorf("a payer gives refunds: %v", err)
		}
		b.stand("after all that", map[ledger.Account]int64{ledger.RefundsPayable(): 0})

		w := payment.RefundWish{Credit: ours, Attempt: attempt, Amount: cad(6000)}
		r, err := b.gives(w)
		if err != nil {
			t.Fatal(err)
		}
		w.ID = r.ID
		if again, err := b.gives(w); err != nil || again.ID != r.ID {
			t.Errorf("pressed twice: %v", err)
		}
		w.ID = ""
		if _, err := b.gives(w); fault.Of(err).Code != "refund.not_that_much" {
			t.Errorf("a second one: %v", err)
		}
		b.Settle()
		if _, err := b.gives(payment.RefundWish{Credit: ours, Attempt: attempt, Amount: cad(4001)}); fault.Of(err).Code != "refund.not_that_much" {
			t.Errorf("more than the card has left: %v", err)
		}
		if _, err := b.gives(payment.RefundWish{Credit: ours, Attempt: attempt, Amount: cad(3000)}); err != nil {
			t.Errorf("what the card has left: %v", err)
		}
		b.Settle()
		b.act("disputes", url.Values{"name": {attempt}, "amount": {"10.00"}})
		b.Settle()
		if _, err := b.gives(payment.RefundWish{Credit: ours, Attempt: attempt, Amount: cad(100)}); fault.Of(err).Code != "refund.disputed" {
			t.Errorf("while disputed: %v", err)
		}
		b.Pull()
		b.ties("at the end")
	})
}

// Finance gives a credit note back from the desk; who pays sees it on the payment's
// page; nobody else may.
func TestFinanceGivesACreditBackFromTheDesk(t *testing.T) {
	eachTill(t, 4, func(t *testing.T, till *comptoirtest.Till) {
		b := openBack(t, till, 10000)
		ours, _ := b.credit(3000)
		if err := app.SeedPeople(t.Context(), till.DB); err != nil {
			t.Fatal(err)
		}
		shop := httptest.NewServer(till.Mux)
		t.Cleanup(shop.Close)
		v := comptoirtest.Visit(t, shop.URL).SignIn("finance@boreale.example", app.DemoPassword)
		v.Get("/desk/refunds").MustSee("30,00 $", "Rembourser…")
		f := v.Get("/desk/refunds/new?credit="+ours).MustSee("100,00 $", "Au plus 30,00 $").Form("/desk/refunds")
		v = f.Set("amount", "12,3x").Set("reason", "Bris au transport").Send().MustSee("Écrivez un montant", "Bris au transport", "Rien n’a été rendu")
		v = v.Form("/desk/refunds").Set("amount", "30,01").Send().MustSee("Il reste 30,00 $ à rendre")
		v = v.Form("/desk/refunds").Set("amount", "10,00").Set("reason", "").Send().MustSee("Dites pourquoi")
		f = v.Form("/desk/refunds").Set("reason", "Bris au transport")
		if v = f.Send(); v.URL.Path != "/desk/refunds" {
			t.Fatalf("after the refund: %d %s", v.Status, v.URL)
		}
		v.MustSee("10,00 $", "20,00 $", "Bris au transport", "Hélène Gagné")
		f.Send() // pressed twice
		b.Settle()
		v.Get("/desk/refunds").MustSee("Remboursé")
		if got := b.ERP.Receipts(); len(got) != 2 {
			t.Errorf("%d receipts in the ERP", len(got))
		}
		payer := comptoirtest.Visit(t, shop.URL).SignIn("payer@rivard.example", app.DemoPassword)
		payer.Get("/payments/"+b.paid.ID).MustSee("10,00 $ remboursé", "noté à l’ERP")
		for _, path := range []string{"/desk/refunds", "/desk/refunds/new?credit=" + ours} {
			if err := payer.Try(path); err != nil || payer.Status != http.StatusForbidden {
				t.Errorf("a payer gets %d from %s, %v", payer.Status, path, err)
			}
		}
		b.act("disputes", url.Values{"name": {b.paid.Attempts[0].ID}, "amount": {"50.00"}})
		b.Settle()
		payer.Get("/payments/" + b.paid.ID).MustSee("50,00 $ est contesté")
		v.Get("/desk/refunds/new?credit=" + ours).MustSee("Contesté")
		v.Form("/desk/refunds").Set("reason", "encore").Send().MustSee("La banque du payeur conteste")
		b.act("dispute-outcomes", url.Values{"name": {b.paid.Attempts[0].ID}, "outcome": {"lost"}})
		b.Settle()
		b.Pull()
		payer.Get("/payments/"+b.paid.ID).MustSee("La banque du payeur a repris 50,00 $", "annulé à l’ERP")
		payer.Get("/invoices").MustSee("50,00 $")
		b.ties("at the end")
	})
}
