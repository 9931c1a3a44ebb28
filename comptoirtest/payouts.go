package comptoirtest

import (
	"fmt"
	"maps"
	"slices"

	"comptoir.example/comptoir/base/db"
	"comptoir.example/comptoir/finance/payment"
	"comptoir.example/comptoir/gateway/simulator"
)

var selectPaid = db.SQL("comptoirtest.select_paid", `SELECT movement FROM payout_line WHERE gateway = $1 AND payout = $2 ORDER BY movement`)

// Payouts is what our payouts say otherwise than the processor's own books: what each
// pays, and what that adds up to by type. A payout that pays that another came back
// pays what that one paid.
func (t *Till) Payouts() (wrong []string) {
	t.T.Helper()
	moved, _ := t.Processor.Books(0)
	books, own := map[string]simulator.Movement{}, map[string]string{}
	for _, m := range moved {
		if books[m.ID] = m; m.Type == "payout" {
			own[m.Payout] = m.ID
		}
	}
	pays := map[string]map[string]bool{}
	for _, there := range t.Processor.PaidOut() {
		paid := map[string]bool{}
		for _, id := range there.Movements {
			paid[id] = true
			if m := books[id]; m.Type == "payout_failure" {
				maps.Copy(paid, pays[m.Payout])
				paid[own[m.Payout]] = true
			}
		}
		pays[there.ID] = paid
		sums, net := map[string]int64{}, int64(0)
		for id := range paid {
			sums[books[id].Type] += books[id].Adds
			net += books[id].Adds
		}
		want := fmt.Sprintf("%d = %d gross - %d refunded - %d fees - %d disputed + %d other, foots, failed %v, %v", there.Amount.Minor, sums["charge"],
			-sums["refund"]-sums["refund_failure"], -sums["fee"]-sums["fee_refund"], -sums["dispute"]-sums["dispute_reversal"],
			sums["adjustment"]+sums["payout"]+sums["payout_failure"], there.Failed, slices.Sorted(maps.Keys(paid)))
		if net != there.Amount.Minor {
			t.T.Fatalf("the processor's own payout %s of %d pays %d", there.ID, there.Amount.Minor, net)
		}
		t.Read(func(tx *db.Tx) error {
			p, found, err := payment.PayoutOf(t.Ctx, tx, t.Site.Gateway.Name(), there.ID)
			if err != nil {
				return err
			}
			lines, err := db.All(t.Ctx, tx, selectPaid, db.Value[string], p.Gateway, p.ID)
			is := fmt.Sprintf("%d = %d gross - %d refunded - %d fees - %d disputed + %d other, %s, failed %v, %v", p.Amount.Minor, p.Gross.Minor,
				p.Refunded.Minor, p.Fees.Minor, p.Disputed.Minor, p.Other.Minor, p.State, !p.Failed.IsZero(), lines)
			if !found || is != want || p.Amount.Currency != there.Amount.Currency {
				wrong = append(wrong, fmt.Sprintf("payout %s is\n%s here, and\n%s there", there.ID, is, want))
			}
			return err
		})
	}
	return wrong
}
