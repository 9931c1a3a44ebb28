package comptoirtest_test

import (
	"slices"
	"testing"
	"time"

	"comptoir.example/comptoir/base/db"
	"comptoir.example/comptoir/base/money"
	"comptoir.example/comptoir/comptoirtest"
	"comptoir.example/comptoir/erp"
	"comptoir.example/comptoir/finance/invoice"
	"comptoir.example/comptoir/finance/parity"
	"comptoir.example/comptoir/finance/payment"
	"comptoir.example/comptoir/gateway/simulator"
)

// A difference that somebody makes in the ERP by hand shows, with its class and its
// age, and is gone once it is mended; what is only on its way is none.
func TestADifferencePlantedInTheERPShows(t *testing.T) {
	eachTill(t, 1, func(t *testing.T, till *comptoirtest.Till) {
		a, b := till.ERP.Invoice("c1", 10000, "2026-12-01"), till.ERP.Invoice("c1", 20000, "2026-12-01")
		till.Pull()
		compare := func() ([]parity.Equation, []parity.Difference) {
			t.Helper()
			if err := till.Compare(till.Ctx); err != nil {
				t.Fatal(err)
			}
			var equations []parity.Equation
			var found []parity.Difference
			till.Read(func(tx *db.Tx) (err error) {
				if equations, err = parity.Checks(till.Ctx, tx); err == nil {
					found, err = parity.Differences(till.Ctx, tx, 10)
				}
				return err
			})
			return equations, found
		}
		ties := func(when string) {
			t.Helper()
			equations, found := compare()
			for _, e := range equations {
				if !e.Gap().IsZero() {
					t.Errorf("%s: %s has a gap of %d", when, e.Kind, e.Gap().Minor)
				}
			}
			if len(equations) < 3 || len(found) > 0 {
				t.Errorf("%s: %d equations, differences %+v", when, len(equations), found)
			}
		}
		ties("at the beginning")

		// Paid here, and not in the ERP yet: in transit.
		who := till.Payer("C1001")
		p, err := till.Pays(who, payment.Wish{Lines: []payment.WishLine{comptoirtest.Whole(till.Owes(who)[0])}})
		if err != nil {
			t.Fatal(err)
		}
		till.Settle()
		till.ERP.SetDown(true)
		if _, err := till.Clerk.Pay(t.Context(), till.Stands(p.ID).Attempts[0].URL, simulator.Approved); err != nil {
			t.Fatal(err)
		}
		till.Settle()

		// The ERP does not answer, and the processor's side is compared all the same.
		if till.Compare(till.Ctx) == nil {
			t.Error("a side that does not answer goes unsaid")
		}
		till.Read(func(tx *db.Tx) error {
			all, err := parity.Checks(till.Ctx, tx)
			if !slices.ContainsFunc(all, func(e parity.Equation) bool { return e.Kind == parity.Processor && !e.Theirs.IsZero() }) {
				t.Error("the processor's side was not compared while the ERP was away", all)
			}
			return err
		})
		till.ERP.SetDown(false)
		equations, found := compare()
		if len(found) > 0 || equations[0].Transit.IsZero() && equations[1].Transit.IsZero() && equations[2].Transit.IsZero() {
			t.Errorf("paid here only: %+v, %+v", equations, found)
		}
		till.Clock.Move(2 * time.Second)
		till.Settle()
		ties("once the receipt is there")

		// By hand: one invoice's balance changes, a document appears, one vanishes.
		kept := till.ERP.InvoiceNow(a)
		other := till.ERP.InvoiceNow(b)
		open := a
		if kept.Open.IsZero() {
			open, kept = b, other
		}
		changed := kept
		changed.Open.Minor -= 1
		till.ERP.Set(erp.KindInvoice, open, changed)
		if _, found := compare(); len(found) != 1 || found[0].Class != parity.Amount || found[0].Theirs.Minor != kept.Open.Minor-1 {
			t.Errorf("a cent taken by hand: %+v", found)
		}
		till.Clock.Move(2 * time.Minute)
		if _, found := compare(); len(found) != 1 || found[0].Fresh(till.Clock.Now()) {
			t.Errorf("it does not age: %+v", found)
		}
		till.ERP.Set(erp.KindInvoice, open, kept)
		fresh := till.ERP.Invoice("c1", 500, "2026-12-01")
		if _, found := compare(); len(found) != 1 || found[0].Class != parity.Missing {
			t.Errorf("a document that we do not have: %+v", found)
		}
		till.ERP.Delete(erp.KindInvoice, fresh)
		till.ERP.Delete(erp.KindInvoice, open)
		if _, found := compare(); len(found) != 1 || found[0].Class != parity.Extra {
			t.Errorf("a document that the ERP lost: %+v", found)
		}
		till.ERP.Set(erp.KindInvoice, open, kept)
		ties("once it is mended")
	})
}

// One customer, two currencies: what is open, on its way or wrong in one says nothing
// of the other.
func TestParityKeepsCurrenciesApart(t *testing.T) {
	eachTill(t, 1, func(t *testing.T, till *comptoirtest.Till) {
		who := till.Payer("C1001")
		pay := func(currency string, minor int64, meanwhile func(id string)) {
			t.Helper()
			id := till.ERP.Bill("c1", money.Amount{Minor: minor, Currency: currency}, "2026-12-01")
			till.Pull()
			owed := till.Owes(who)
			i := owed[slices.IndexFunc(owed, func(v invoice.Invoice) bool { return v.ERP == id })]
			p, err := till.Pays(who, payment.Wish{Lines: []payment.WishLine{comptoirtest.Whole(i)}})
			if err != nil {
				t.Fatal(err)
			}
			till.Settle()
			meanwhile(id)
			if _, err := till.Clerk.Pay(t.Context(), till.Stands(p.ID).Attempts[0].URL, simulator.Approved); err != nil {
				t.Fatal(err)
			}
			till.Settle()
		}
		say := func(when string, want map[string]int64, differences int) {
			t.Helper()
			_ = till.Compare(till.Ctx) // a side that is away keeps its figures
			till.Read(func(tx *db.Tx) error {
				all, err := parity.Checks(till.Ctx, tx)
				for _, e := range all {
					name := string(e.Kind) + " " + e.Theirs.Currency
					if got := [2]int64{e.Theirs.Minor, e.Transit.Minor}; got != [2]int64{want[name], want[name+" transit"]} {
						t.Errorf("%s: %s has %d there, %d on its way; want %d and %d", when, name, got[0], got[1], want[name], want[name+" transit"])
					}
					if e.Gap().Minor != want[name+" gap"] {
						t.Errorf("%s: %s has a gap of %d, want %d", when, name, e.Gap().Minor, want[name+" gap"])
					}
				}
				if err != nil {
					return err
				}
				if len(all) != 6 {
					t.Errorf("%s: %d equations, want three in each currency", when, len(all))
				}
				found, err := parity.Differences(till.Ctx, tx, 10)
				if len(found) != differences {
					t.Errorf("%s: differences %+v, want %d", when, found, differences)
				}
				return err
			})
		}
		// Both are paid by cheque meanwhile, so both are the customer's again.
		pay("CAD", 10000, func(id string) { till.ERP.PayThere(id, 10000) })
		pay("USD", 25000, func(id string) { till.ERP.PayThere(id, 25000) })
		till.Pull()
		want := map[string]int64{"open_items CAD": -10000, "open_items USD": -25000, "clearing CAD": 10000, "clearing USD": 25000,
			"processor CAD": 10000 - 320, "processor USD": 25000 - 755}
		say("applied to nothing", want, 0)

		// One more is taken, in one of them, and is not in the ERP yet.
		pay("USD", 5000, func(string) { till.ERP.SetDown(true) })
		till.ERP.SetDown(false)
		want["open_items USD"], want["open_items USD transit"] = -20000, 5000
		want["clearing USD transit"], want["processor USD"] = -5000, 25000-755+5000-175
		say("one on its way", want, 0)
		till.Clock.Move(time.Minute)
		till.Settle()
		till.Pull()

		// A dollar too much in one and a dollar too little in the other is two mistakes.
		a, b := till.ERP.Bill("c1", money.Amount{Minor: 7000, Currency: "CAD"}, "2026-12-01"), till.ERP.Bill("c1", money.Amount{Minor: 7000, Currency: "USD"}, "2026-12-01")
		till.Pull()
		for id, minor := range map[string]int64{a: 100, b: -100} {
			i := till.ERP.InvoiceNow(id)
			i.Open.Minor += minor
			till.ERP.Set(erp.KindInvoice, id, i)
		}
		for name, minor := range map[string]int64{"open_items CAD": -2900, "open_items CAD gap": 100, "open_items USD": -18100, "open_items USD gap": -100,
			"open_items USD transit": 0, "clearing USD transit": 0, "clearing USD": 30000} {
			want[name] = minor
		}
		say("one wrong in each", want, 2)
	})
}
