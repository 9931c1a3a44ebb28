package comptoirtest

import (
	"context"
	"slices"
	"strings"

	"comptoir.example/comptoir/app"
	"comptoir.example/comptoir/base/money"
	"comptoir.example/comptoir/erp"
	"comptoir.example/comptoir/erp/erptest"
)

// Money that goes back: a credit note of the ERP's to the card, by finance; then all
// the rest, by the payer's bank.

// Refund has the clerk write another credit note over a drill, and finance give it
// back from the desk: the ERP has paid it out.
func (s *Story) Refund() (given money.Amount) {
	s.T.Helper()
	before := s.documents()
	if err := s.Clerk.(erptest.Cashbox).MakeCreditNote(context.Background(), s.There.ID, map[string]money.Decimal{s.Line("170.1"): money.Int(1)}); err != nil {
		s.T.Fatal(err)
	}
	credit := ""
	for id, i := range s.documents() {
		if _, there := before[id]; !there && i.Open.Minor < 0 {
			credit, given = id, i.Open.Neg()
		}
	}
	if credit == "" {
		s.T.Fatal("the ERP has no new credit note")
	}
	number := s.documents()[credit].Number
	s.Finance = Visit(s.T, s.Shop).SignIn("finance@boreale.example", app.DemoPassword)
	form := ""
	Eventually(s.T, s.Waits, "the credit note can be given back", func() bool {
		s.Finance.Get("/desk/refunds")
		for _, href := range s.Finance.Links() {
			if strings.HasPrefix(href, "/desk/refunds/new?credit=") && s.Finance.Sees(number) {
				form = href
			}
		}
		return form != ""
	})
	s.Finance.Get(form).MustSee("A payé la même commande").Form("/desk/refunds").Set("reason", "Perceuse abîmée").Send()
	Eventually(s.T, s.Waits, "the refund was given", func() bool { return s.Finance.Get("/desk/refunds").Sees("Remboursé") })
	Eventually(s.T, s.Waits, "the ERP has paid the credit note out", func() bool { return s.documents()[credit].Open.IsZero() })
	s.Payer.Get(s.Paying.Path).MustSee("remboursé")
	return given
}

// Chargeback is the payer's bank that takes back what is left of the payment, for
// good: on both sides the customer owes what they owed before, less what was kept.
func (s *Story) Chargeback(kept money.Amount) {
	s.T.Helper()
	ctx := context.Background()
	owed := int64(0)
	for _, i := range s.Paying.Before {
		owed += i.Open.Minor
	}
	key := ""
	for _, r := range s.changed(erp.KindReceipt) {
		if b, is := r.Body.(erp.Receipt); is && b.Key != "" && b.Amount == s.Paying.Total {
			key = b.Key
		}
	}
	for _, act := range [][]string{{"disputes", "name", key}, {"dispute-outcomes", "name", key, "outcome", "lost"}} {
		if err := s.Card.Act(ctx, act[0], act[1:]...); err != nil {
			s.T.Fatal(err)
		}
	}
	Eventually(s.T, s.Waits, "the payer reads that the bank took it back", func() bool {
		return s.Payer.Get(s.Paying.Path).Sees("La banque du payeur a repris") && s.Payer.Sees("annulé à l’ERP")
	})
	Eventually(s.T, s.Waits, "the ERP has the invoices open again", func() bool { return s.owed() == owed-kept.Minor })
	for _, r := range s.changed(erp.KindReceipt) {
		if b, is := r.Body.(erp.Receipt); is && b.Key == key && b.State != erp.ReceiptReversed {
			s.T.Errorf("the receipt of the payment is %s", b.State)
		}
	}
	Eventually(s.T, s.Waits, "every cent ties", func() bool {
		s.Finance.Get("/desk/parity").Form("/desk/parity/comparison").Send()
		return s.Finance.Get("/desk/parity").Sees("Chaque cent concorde")
	})
}

// owed is what the ERP has open at the customer, in cents.
func (s *Story) owed() (cents int64) {
	s.T.Helper()
	items, err := s.ERP.(erp.Cashier).OpenItems(context.Background())
	if err != nil {
		s.T.Fatal(err)
	}
	for _, one := range slices.DeleteFunc(items, func(i erp.OpenItem) bool { return i.Customer != s.There.Customer }) {
		cents += one.Open.Minor
	}
	return cents
}
