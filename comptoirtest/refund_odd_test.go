package comptoirtest_test

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"comptoir.example/comptoir/base/fault"
	"comptoir.example/comptoir/comptoirtest"
	"comptoir.example/comptoir/erp"
	"comptoir.example/comptoir/finance/ledger"
	"comptoir.example/comptoir/finance/payment"
	"comptoir.example/comptoir/gateway/simulator"
)

// loose pays an invoice of the ERP's that a cheque pays at the same moment, so that
// the money is applied to nothing.
func (b *back) loose(total int64) payment.Payment {
	b.t.Helper()
	id := b.ERP.Invoice("c1", total, "2026-12-01")
	b.Pull()
	for _, i := range b.Owes(b.who) {
		if i.ERP == id {
			p, err := b.Pays(b.who, payment.Wish{Lines: []payment.WishLine{comptoirtest.Whole(i)}})
			if err != nil {
				b.t.Fatal(err)
			}
			b.Settle()
			b.ERP.PayThere(id, total)
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

// soon lets time pass and everything happen.
func (b *back) soon() {
	b.t.Helper()
	for range 3 {
		b.Clock.Move(6 * time.Minute)
		b.Settle()
		b.Pull()
	}
}

func (b *back) whole(p payment.Payment) payment.RefundWish {
	return payment.RefundWish{Receipt: p.Receipts[0].Key, Attempt: p.Attempts[0].ID, Amount: p.Receipts[0].Amount}
}

// Money that paid nothing goes back to the method it came by, and no other: there it
// could be asked for a second time, or be lost to a dispute of the first.
func TestMoneyPaidTwiceGoesBackToNoOtherMethod(t *testing.T) {
	eachTill(t, 1, func(t *testing.T, till *comptoirtest.Till) {
		b := openBack(t, till, 10000)
		p := b.loose(7000)
		w := b.whole(p)
		w.Attempt = b.paid.Attempts[0].ID
		if _, err := b.gives(w); fault.Of(err).Code != "refund.not_found" {
			t.Errorf("to another card: %v", err)
		}
		if _, err := b.gives(b.whole(p)); err != nil {
			t.Fatal(err)
		}
		if _, err := b.gives(b.whole(p)); fault.Of(err).Code != "refund.not_that_much" {
			t.Errorf("a second time: %v", err)
		}
		b.stand("asked once", map[ledger.Account]int64{ledger.RefundsPayable(): -7000, ledger.Unapplied(b.who.Customer): 0})
	})
}

// Money paid twice whose first refund did not work is one refund on its way when the
// second is given.
func TestARefundAskedAgainIsOnItsWayOnce(t *testing.T) {
	eachTill(t, 1, func(t *testing.T, till *comptoirtest.Till) {
		b := openBack(t, till, 10000)
		p := b.loose(7009)
		for n, outcome := range []string{"failed", "paid"} {
			b.ERP.SetDown(n == 1)
			r, err := b.gives(b.whole(p))
			if err != nil {
				t.Fatal(err)
			}
			b.Settle()
			b.act("outcomes", url.Values{"name": {r.ID}, "outcome": {outcome}})
			b.Settle()
			b.ERP.SetDown(false)
			b.ties(outcome)
		}
		b.soon()
		b.ties("undone")
	})
}

// A dispute that is lost after a refund came back takes the money that came back,
// in whichever order the two are told.
func TestWhatCameBackCanBeLost(t *testing.T) {
	for name, late := range map[string]int{"in order": 0, "the loss first": 2} {
		t.Run(name, func(t *testing.T) {
			eachTill(t, 1, func(t *testing.T, till *comptoirtest.Till) {
				b := openBack(t, till, 10000)
				p := b.loose(7000)
				r, err := b.gives(b.whole(p))
				if err != nil {
					t.Fatal(err)
				}
				b.ERP.SetDown(true) // the reversal waits
				b.Settle()
				if late > 0 {
					b.Processor.Plan(simulator.Fault{Kind: simulator.Delay, Times: late, Delay: 4 * time.Minute})
				}
				b.act("refund-failures", url.Values{"name": {r.ID}})
				b.Settle()
				b.act("disputes", url.Values{"name": {p.Attempts[0].ID}, "amount": {"30.00"}})
				b.act("dispute-outcomes", url.Values{"name": {p.Attempts[0].ID}, "outcome": {"lost"}})
				b.Settle()
				b.ERP.SetDown(false)
				b.soon()
				b.ties("at the end")
				b.stand("at the end", map[ledger.Account]int64{ledger.Disputed(b.who.Customer): 0, ledger.Unapplied(b.who.Customer): -4000, ledger.RefundsPayable(): 0})
				if b.Tasks("integrity") != 0 {
					t.Errorf("%d tasks that nobody understands", b.Tasks("integrity"))
				}
			})
		})
	}
}

// Money paid twice that a dispute takes while its refund waits for the processor is not
// given back, and the books tie all the while.
func TestARefundThatADisputeOvertakes(t *testing.T) {
	for _, part := range []string{"", "30.00"} {
		eachTill(t, 1, func(t *testing.T, till *comptoirtest.Till) {
			b := openBack(t, till, 10000)
			p := b.loose(7000)
			b.Processor.Plan(simulator.Fault{Kind: simulator.Throttle, On: "refunds", Times: 1, Delay: 3 * time.Minute})
			r, err := b.gives(b.whole(p))
			if err != nil {
				t.Fatal(err)
			}
			b.act("disputes", url.Values{"name": {p.Attempts[0].ID}, "amount": {part}})
			b.act("dispute-outcomes", url.Values{"name": {p.Attempts[0].ID}, "outcome": {"lost"}})
			b.Settle()
			if b.refund(r.ID).State != "asked" || b.ERP.Receipts()[p.Receipts[0].Key].State != erp.ReceiptReversed {
				t.Fatalf("the refund is %s, the receipt %s", b.refund(r.ID).State, b.ERP.Receipts()[p.Receipts[0].Key].State)
			}
			b.ties("lost, and still to be given back")
			b.soon()
			if b.refund(r.ID).State != "failed" {
				t.Errorf("the refund is %s", b.refund(r.ID).State)
			}
			b.ties("at the end")
			left := map[string]int64{"": 0, "30.00": -4000}[part]
			b.stand("at the end", map[ledger.Account]int64{ledger.Disputed(b.who.Customer): 0, ledger.Unapplied(b.who.Customer): left, ledger.RefundsPayable(): 0})
		})
	}
}

// Two parts of a payment are lost, the second before or after the ERP has undone the
// receipt for the first; or both before the ERP has booked it at all.
func TestTwoPartsOfAPaymentAreLost(t *testing.T) {
	for name, down := range map[string][2]bool{"one after the other": {false, false}, "together": {true, false}, "before it is booked": {true, true}} {
		t.Run(name, func(t *testing.T) {
			eachTill(t, 1, func(t *testing.T, till *comptoirtest.Till) {
				till.ERP.SetDown(false)
				b := openBack(t, till, 10000)
				second := b.ERP.Invoice("c1", 8000, "2026-12-01")
				b.Pull()
				if down[1] {
					b.Calm()
				}
				attempt := ""
				for _, i := range b.Owes(b.who) {
					if i.ERP == second {
						p, err := b.Pays(b.who, payment.Wish{Lines: []payment.WishLine{comptoirtest.Whole(i)}})
						if err != nil {
							t.Fatal(err)
						}
						b.Settle()
						b.ERP.SetDown(down[1])
						attempt = p.Attempts[0].ID
						if _, err := b.Clerk.Pay(t.Context(), b.Stands(p.ID).Attempts[0].URL, simulator.Approved); err != nil {
							t.Fatal(err)
						}
						b.Settle()
					}
				}
				b.ERP.SetDown(down[0])
				for _, part := range []string{"30.00", "15.00"} {
					b.act("disputes", url.Values{"name": {attempt}, "amount": {part}})
					b.act("dispute-outcomes", url.Values{"name": {attempt}, "outcome": {"lost"}})
					b.Settle()
				}
				b.stand("lost", map[ledger.Account]int64{ledger.Disputed(b.who.Customer): map[bool]int64{true: 4500}[down[0]]})
				b.ERP.SetDown(false)
				b.soon()
				b.ties("at the end")
				b.stand("at the end", map[ledger.Account]int64{ledger.Disputed(b.who.Customer): 0, ledger.AR(b.who.Customer): 4500, ledger.Unapplied(b.who.Customer): 0})
				if b.open(second) != 4500 {
					t.Errorf("the ERP has %d open", b.open(second))
				}
			})
		})
	}
}

// A credit note that is used in the ERP by hand, while its refund waits for the ERP,
// has gone twice: the customer owes what the ERP could not pay out, on both sides,
// and finance is told.
func TestACreditUsedThereMeanwhileIsOwed(t *testing.T) {
	eachTill(t, 1, func(t *testing.T, till *comptoirtest.Till) {
		b := openBack(t, till, 10000)
		ours, theirs := b.credit(3000)
		b.ERP.SetDown(true)
		if _, err := b.gives(payment.RefundWish{Credit: ours, Attempt: b.paid.Attempts[0].ID, Amount: cad(2500)}); err != nil {
			t.Fatal(err)
		}
		b.Settle()
		b.ERP.PayThere(theirs, -1000)
		b.ERP.SetDown(false)
		b.soon()
		b.ties("at the end")
		b.stand("at the end", map[ledger.Account]int64{ledger.Unapplied(b.who.Customer): 500, ledger.RefundsPayable(): 0})
		if b.open(theirs) != 0 || b.Tasks("unapplied") != 1 {
			t.Errorf("%d open of the credit note, %d tasks", b.open(theirs), b.Tasks("unapplied"))
		}
	})
}

// That a refund came back may be told before that it was given: it ends as one that
// was not given, and the ERP never hears of it.
func TestARefundThatFailsBeforeItIsTold(t *testing.T) {
	eachTill(t, 1, func(t *testing.T, till *comptoirtest.Till) {
		b := openBack(t, till, 10009)
		ours, theirs := b.credit(4009)
		r, err := b.gives(payment.RefundWish{Credit: ours, Attempt: b.paid.Attempts[0].ID, Amount: cad(4009)})
		if err != nil {
			t.Fatal(err)
		}
		b.Settle()
		b.Processor.Plan(simulator.Fault{Kind: simulator.Delay, Times: 2, Delay: 4 * time.Minute})
		b.act("outcomes", url.Values{"name": {r.ID}, "outcome": {"paid"}})
		b.Settle()
		b.act("refund-failures", url.Values{"name": {r.ID}})
		b.Settle()
		if b.refund(r.ID).State != "failed" {
			t.Errorf("the refund is %s", b.refund(r.ID).State)
		}
		b.soon()
		b.ties("at the end")
		b.stand("at the end", map[ledger.Account]int64{ledger.Unapplied(b.who.Customer): -4009, ledger.RefundsPayable(): 0})
		if b.open(theirs) != -4009 || b.Tasks("refund_failed") != 1 || b.ERP.Receipts()[r.ID].State != "" {
			t.Errorf("%d open, %d tasks, receipt %q", b.open(theirs), b.Tasks("refund_failed"), b.ERP.Receipts()[r.ID].State)
		}
	})
}

// A refund whose answer was lost is looked up before it is asked for again: two days
// soon the processor has forgotten the key, and would give it twice.
func TestARefundIsLookedUpBeforeItIsAskedAgain(t *testing.T) {
	eachTill(t, 1, func(t *testing.T, till *comptoirtest.Till) {
		b := openBack(t, till, 10000)
		ours, _ := b.credit(3000)
		b.Processor.Plan(simulator.Fault{Kind: simulator.LoseAfter, On: "refunds", Times: 1}, simulator.Fault{Kind: simulator.Drop, Times: 10})
		r, err := b.gives(payment.RefundWish{Credit: ours, Attempt: b.paid.Attempts[0].ID, Amount: cad(3000)})
		if err != nil {
			t.Fatal(err)
		}
		b.Settle()
		if b.refund(r.ID).State != "asked" {
			t.Fatalf("a refund of which nothing was told is %s", b.refund(r.ID).State)
		}
		b.Clock.Move(48 * time.Hour)
		b.Settle()
		if all := b.Processor.Refunds(); len(all) != 1 || b.refund(r.ID).State != "given" {
			t.Errorf("it was given %d times and is %s", len(all), b.refund(r.ID).State)
		}
		b.soon()
		b.ties("at the end")
		if x := b.ERP.Receipts()[r.ID]; x.State != erp.ReceiptPosted {
			t.Errorf("the ERP has %+v", x)
		}
	})
}

// However often a refund is sent, it has one key: two calls that are both under way
// give it once.
func TestARefundKeepsItsKey(t *testing.T) {
	eachTill(t, 1, func(t *testing.T, till *comptoirtest.Till) {
		b := openBack(t, till, 10000)
		ours, _ := b.credit(3000)
		var keys []string
		b.Site.Gateway.Gateway = simulator.New("http://pay.test", "sk-of-a-test", "whsec-of-a-test").Through(
			http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if r.Method == http.MethodPost && strings.HasSuffix(r.URL.Path, "/refunds") {
					keys = append(keys, r.Header.Get("Idempotency-Key"))
				}
				b.Processor.ServeHTTP(w, r)
			}))
		b.Processor.Plan(simulator.Fault{Kind: simulator.ErrorBefore, On: "refunds", Times: 2})
		r, err := b.gives(payment.RefundWish{Credit: ours, Attempt: b.paid.Attempts[0].ID, Amount: cad(3000)})
		if err != nil {
			t.Fatal(err)
		}
		b.Settle()
		b.soon()
		if b.refund(r.ID).State != "given" || len(keys) != 3 || keys[0] == "" || len(slices.Compact(keys)) != 1 {
			t.Errorf("the refund is %s, and was sent as %v", b.refund(r.ID).State, keys)
		}
	})
}
