package comptoirtest_test

import (
	"testing"

	"comptoir.example/comptoir/base/db"
	"comptoir.example/comptoir/base/db/dbtest"
	"comptoir.example/comptoir/comptoirtest"
	"comptoir.example/comptoir/comptoirtest/instant"
	"comptoir.example/comptoir/finance/invoice"
	"comptoir.example/comptoir/finance/ledger"
	"comptoir.example/comptoir/finance/payment"
	"comptoir.example/comptoir/gateway/simulator"
)

func eachTill(t *testing.T, customers int, test func(t *testing.T, till *comptoirtest.Till)) {
	for _, engine := range dbtest.Engines {
		t.Run(engine, func(t *testing.T) {
			t.Parallel() // beside the other engine
			test(t, comptoirtest.OpenTill(t, engine, instant.New(customers, 1), 1))
		})
	}
}

// Three invoices, one of them in part, and a credit note, by card: declined first,
// then approved. The ERP holds one receipt with the applications.
func TestACardPaysThreeInvoicesAndUsesACredit(t *testing.T) {
	eachTill(t, 1, func(t *testing.T, till *comptoirtest.Till) {
		a, b := till.ERP.Invoice("c1", 10000, "2026-10-01"), till.ERP.Invoice("c1", 20000, "2026-11-01")
		c, n := till.ERP.Invoice("c1", 30000, "2026-12-01"), till.ERP.Invoice("c1", -5000, "2026-11-01")
		till.Pull()
		who := till.Payer("C1001")
		by := map[string]invoice.Invoice{}
		for _, i := range till.Owes(who) {
			by[i.ERP] = i
		}
		p, err := till.Pays(who, payment.Wish{Lines: []payment.WishLine{comptoirtest.Whole(by[a]), comptoirtest.Whole(by[b]), comptoirtest.Part(by[c], 12345),
			comptoirtest.Whole(by[n])}})
		if err != nil {
			t.Fatal(err)
		}
		if p.Amount.Minor != 10000+20000+12345-5000 {
			t.Fatalf("the payment is of %d", p.Amount.Minor)
		}
		till.Settle()
		p = till.Stands(p.ID)
		if p.Attempts[0].Step != payment.Waiting || p.Attempts[0].URL == "" {
			t.Fatalf("the attempt stands at %s, page %q", p.Attempts[0].Step, p.Attempts[0].URL)
		}
		if _, err := till.Clerk.Pay(t.Context(), p.Attempts[0].URL, simulator.InsufficientFunds); err != nil {
			t.Fatal(err)
		}
		till.Settle()
		if p = till.Stands(p.ID); p.State != payment.Open || p.Attempts[0].Decline == "" {
			t.Errorf("after a decline: %s, %q", p.State, p.Attempts[0].Decline)
		}
		if _, err := till.Clerk.Pay(t.Context(), p.Attempts[0].URL, simulator.Approved); err != nil {
			t.Fatal(err)
		}
		till.Settle()
		if p = till.Stands(p.ID); p.State != payment.Paid || len(p.Receipts) != 1 || p.Receipts[0].State != "posted" {
			t.Fatalf("after approval: %s, receipts %+v", p.State, p.Receipts)
		}
		till.Pull()
		for id, want := range map[string]int64{a: 0, b: 0, c: 30000 - 12345, n: 0} {
			if got := till.ERP.InvoiceNow(id).Open.Minor; got != want {
				t.Errorf("the ERP has %d open of %s, want %d", got, id, want)
			}
		}
		till.Read(func(tx *db.Tx) error {
			for id, want := range map[string]int64{a: 0, b: 0, c: 30000 - 12345} {
				got, err := ledger.OfDocument(till.Ctx, tx, ledger.AR(who.Customer), by[id].ID, "CAD")
				if err != nil || got.Minor != want {
					t.Errorf("our ledger has %d open of %s (%v), want %d", got.Minor, id, err, want)
				}
			}
			free, err := ledger.Balance(till.Ctx, tx, ledger.Unapplied(who.Customer), "CAD")
			if err != nil || !free.IsZero() {
				t.Errorf("%d is not applied (%v)", free.Minor, err)
			}
			return nil
		})
	})
}
