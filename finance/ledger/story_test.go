package ledger_test

import (
	"fmt"
	"testing"
	"time"

	"comptoir.example/comptoir/base/db"
	"comptoir.example/comptoir/base/money"
	"comptoir.example/comptoir/finance/ledger"
)

// event is a row of the table of entries: what happened, and from which account
// (debit) to which (credit).
type event struct {
	id            string
	debit, credit ledger.Account
	minor         int64
	document      string // that the line on the customer's AR is about
}

// The accounts of the stories: one customer, one processor.
var (
	ar, unapplied, disputed = ledger.AR("c1"), ledger.Unapplied("c1"), ledger.Disputed("c1")
	psp, transit, bank      = ledger.Processor("sim"), ledger.PayoutTransit(), ledger.Bank()
	revenue, tax            = ledger.RevenueControl(), ledger.TaxControl()
	fees, disputeFees       = ledger.Fees(), ledger.DisputeFees()
	returnFees, feeIncome   = ledger.ReturnFees(), ledger.FeeIncome()
	refunds, suspense       = ledger.RefundsPayable(), ledger.Suspense()
	disputeLoss             = ledger.DisputeLoss()
)

// stories are played one after the other. A hold (E1, E4) is let go by E6, settled
// by the next E5 or E17, and let go with the invoice by E2.
var stories = map[string][]event{
	"an order on account, paid by card": {
		{"E1", ar, revenue, 115, "i1"}, {"E2", ar, revenue, 100, "i1"}, {"E2", ar, tax, 15, "i1"},
		{"E4", psp, unapplied, 115, ""}, {"E5", psp, unapplied, 115, ""}, {"E7", unapplied, ar, 115, "i1"},
		{"E9", fees, psp, 3, ""}, {"E10", transit, psp, 112, ""}, {"E11", bank, transit, 112, ""},
	},
	"captured in part, then let go": {
		{"E2", ar, revenue, 60, "i1"}, {"E4", psp, unapplied, 100, ""}, {"E5", psp, unapplied, 60, ""}, {"E7", unapplied, ar, 60, "i1"},
		{"E4", psp, unapplied, 40, ""}, {"E6", psp, unapplied, 40, ""}, {"E10", transit, psp, 60, ""}, {"E11", bank, transit, 60, ""},
	},
	"applied to the wrong invoice": {
		{"E2", ar, revenue, 50, "i1"}, {"E2", ar, revenue, 50, "i2"}, {"E5", psp, unapplied, 50, ""}, {"E7", unapplied, ar, 50, "i1"},
		{"E8", ar, unapplied, 50, "i1"}, {"E7", unapplied, ar, 50, "i2"}, {"E3", revenue, ar, 50, "i1"},
		{"E10", transit, psp, 50, ""}, {"E11", bank, transit, 50, ""},
	},
	"a refund that fails once": {
		{"E2", ar, revenue, 80, "i1"}, {"E5", psp, unapplied, 80, ""}, {"E7", unapplied, ar, 80, "i1"}, {"E3", revenue, unapplied, 80, ""},
		{"E13", unapplied, refunds, 80, ""}, {"E14", refunds, psp, 80, ""}, {"E15", psp, refunds, 80, ""}, {"E14", refunds, psp, 80, ""},
	},
	"a dispute that is won": {
		{"E2", ar, revenue, 70, "i1"}, {"E5", psp, unapplied, 70, ""}, {"E7", unapplied, ar, 70, "i1"}, {"E16", disputed, psp, 70, ""},
		{"E16f", disputeFees, psp, 15, ""}, {"E16w", psp, disputed, 70, ""}, {"E10", transit, psp, 55, ""}, {"E11", bank, transit, 55, ""},
	},
	"a dispute that is lost, and the invoice is owed again": {
		{"E2", ar, revenue, 70, "i1"}, {"E5", psp, unapplied, 70, ""}, {"E7", unapplied, ar, 70, "i1"}, {"E16", disputed, psp, 70, ""},
		{"E16l", ar, disputed, 70, "i1"}, {"E5", psp, unapplied, 70, ""}, {"E7", unapplied, ar, 70, "i1"},
		{"E10", transit, psp, 70, ""}, {"E11", bank, transit, 70, ""},
	},
	"a dispute that is lost for good": {
		{"E5", psp, unapplied, 70, ""}, {"E2", ar, revenue, 70, "i1"}, {"E7", unapplied, ar, 70, "i1"}, {"E16", disputed, psp, 70, ""},
		{"E16l", disputeLoss, disputed, 70, ""},
	},
	"a debit that comes back after it was applied": {
		{"E2", ar, revenue, 90, "i1"}, {"E4", psp, unapplied, 90, ""}, {"E17", psp, unapplied, 90, ""}, {"E7", unapplied, ar, 90, "i1"},
		{"E8", ar, unapplied, 90, "i1"}, {"E18", unapplied, psp, 90, ""}, {"E18", returnFees, psp, 5, ""}, {"E18", ar, feeIncome, 7, "i1"},
		{"E19", bank, suspense, 97, ""}, {"E20", suspense, unapplied, 97, ""}, {"E7", unapplied, ar, 97, "i1"},
		{"E10", psp, transit, 5, ""}, {"E11", transit, bank, 5, ""}, // a payout can be negative
	},
	"a payout that fails": {
		{"E2", ar, revenue, 30, "i1"}, {"E5", psp, unapplied, 30, ""}, {"E7", unapplied, ar, 30, "i1"}, {"E10", transit, psp, 30, ""},
		{"E12", psp, transit, 30, ""}, {"E10", transit, psp, 30, ""}, {"E11", bank, transit, 30, ""},
	},
}

// play books one event of a story.
func play(t *testing.T, tx *db.Tx, story string, no int, e event, open *string) {
	t.Helper()
	key := fmt.Sprintf("%s:%s:%d", e.id, story, no)
	line := func(l ledger.Line) ledger.Line {
		if l.Account == ar {
			l.Document = story + e.document
		}
		return l
	}
	entry := ledger.Entry{Key: key, Kind: e.id, Day: today, Source: story, Lines: []ledger.Line{line(ledger.Debit(e.debit, cad(e.minor))), line(ledger.Credit(e.credit, cad(e.minor)))}}
	var did bool
	var err error
	switch {
	case e.id == "E1" || e.id == "E4":
		*open = key
		did, err = ledger.Hold(ctx, tx, ledger.Held{Key: key, Debit: e.debit, Credit: e.credit, Amount: cad(e.minor), Source: story, Due: tx.Now.Add(time.Hour)})
	case e.id == "E6":
		did, err = ledger.Void(ctx, tx, *open)
		*open = ""
	case *open != "" && (e.id == "E5" || e.id == "E17"):
		did, err = ledger.Settle(ctx, tx, us, *open, cad(e.minor), ledger.Entry{Key: key, Kind: e.id, Day: today})
		*open = ""
	default:
		did, err = ledger.Post(ctx, tx, us, entry)
		if *open != "" && e.id == "E2" && err == nil {
			_, err = ledger.Void(ctx, tx, *open)
			*open = ""
		}
	}
	if !did || err != nil {
		t.Fatalf("%s: %v, %v", key, did, err)
	}
}

func TestAfterEachStoryTheClearingAccountsAreLevel(t *testing.T) {
	each(t, func(t *testing.T, d *db.DB) {
		seen := map[string]bool{}
		for story, events := range stories {
			open := ""
			for no, e := range events {
				seen[e.id] = true
				if err := d.Write(ctx, func(tx *db.Tx) error { play(t, tx, story, no, e, &open); return nil }); err != nil {
					t.Fatalf("%s, %s: %v", story, e.id, err)
				}
				if no%3 == 0 {
					count(t, d)
				}
			}
			for _, a := range []ledger.Account{psp, transit, refunds, suspense, disputed, unapplied, ar} {
				if n := balance(t, d, a, "CAD"); n != 0 {
					t.Errorf("after %s: %s is %d", story, a, n)
				}
			}
			for _, document := range []string{"i1", "i2"} {
				open := look(t, d, func(tx *db.Tx) (money.Amount, error) { return ledger.OfDocument(ctx, tx, ar, story+document, "CAD") })
				if !open.IsZero() {
					t.Errorf("after %s: %d is open of %s", story, open.Minor, document)
				}
			}
			if n := pending(t, d, psp); n != 0 {
				t.Errorf("after %s: %d are pending", story, n)
			}
		}
		for no := 1; no <= 20; no++ {
			if id := fmt.Sprint("E", no); !seen[id] && !seen[id+"w"] {
				t.Errorf("%s is not played", id)
			}
		}
	})
}

func TestEveryAccountHasItsUsualSide(t *testing.T) {
	for a, side := range map[ledger.Account]ledger.Side{ar: ledger.DebitSide, unapplied: ledger.CreditSide, disputed: ledger.DebitSide, psp: ledger.DebitSide,
		transit: ledger.DebitSide, bank: ledger.DebitSide, revenue: ledger.CreditSide, tax: ledger.CreditSide, fees: ledger.DebitSide,
		disputeFees: ledger.DebitSide, returnFees: ledger.DebitSide, feeIncome: ledger.CreditSide, refunds: ledger.CreditSide,
		suspense: ledger.CreditSide, disputeLoss: ledger.DebitSide, ledger.ERPReceipts(): ledger.DebitSide, ledger.SmallDiff(): ledger.DebitSide} {
		if k, known := a.Kind(); !known || k.Side != side {
			t.Errorf("%s is %+v, %v", a, k, known)
		}
	}
	if n := len(ledger.AccountKinds); n != 17 {
		t.Errorf("%d kinds of account: this test knows 17", n)
	}
	if ar.Of() != "c1" || bank.Of() != "" {
		t.Error("an account does not know whose it is")
	}
}
