package comptoirtest

import (
	"context"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"comptoir.example/comptoir/app"
	"comptoir.example/comptoir/base/money"
	"comptoir.example/comptoir/erp"
	"comptoir.example/comptoir/erp/erptest"
	"comptoir.example/comptoir/gateway/simulator"
)

// The second half of the main job: what the order's customer owes is paid by card,
// in part and with a credit note, and booked in the ERP with nobody typing.

// Paying is a payment of the story: what it settles, by id of the ERP's document,
// and what the payer sees of it.
type Paying struct {
	Before  map[string]erp.Invoice // of the customer, as they were in the ERP
	Settles map[string]int64       // in cents, negative of a credit note
	Total   money.Amount           // taken from the card
	Path    string                 // of the payment's page
}

// Credit has the clerk write a credit note over one of the drills, and waits for
// the payer to see it beside the three invoices that are owed.
func (s *Story) Credit() {
	s.T.Helper()
	if err := s.Clerk.(erptest.Cashbox).MakeCreditNote(context.Background(), s.There.ID, map[string]money.Decimal{s.Line("170.1"): money.Int(1)}); err != nil {
		s.T.Fatal(err)
	}
	s.Payer = Visit(s.T, s.Shop).SignIn("payer@rivard.example", app.DemoPassword)
	Eventually(s.T, s.Waits, "three invoices are owed, and a credit note can be used", func() bool {
		s.Payer.Get("/invoices")
		return len(s.Payer.Values("invoice")) == 3 && s.Payer.Sees("195,57 $")
	})
}

// Bill is what the payer agrees to: two invoices whole, a hundred dollars of the
// third, and the credit note.
func (s *Story) Bill() *Form {
	s.T.Helper()
	s.Paying = Paying{Before: s.documents(), Settles: map[string]int64{}}
	numbers := map[string]string{}
	for id, i := range s.Paying.Before {
		numbers[i.Number] = id
	}
	page := s.Payer.Get("/payments/new?" + url.Values{"invoice": s.Payer.Get("/invoices").Values("invoice")}.Encode())
	credits := page.Values("credit")
	if len(credits) != 1 {
		s.T.Fatalf("credit notes to use: %v\n%s", credits, page.Text())
	}
	f := page.Form("/payments").Set("act", "pay").Set("credit", credits[0])
	for href, number := range page.LinkTexts() {
		if id, is := strings.CutPrefix(href, "/invoices/"); is && number != "" {
			document := numbers[number]
			open := s.Paying.Before[document].Open
			s.Paying.Settles[document] = open.Minor
			if open.Minor == 63225 { // of the first parcel, with a drill to be taken back
				s.Paying.Settles[document] = 10000
				f.Set("amount-"+id, "100,00").Set("reason-"+id, "damaged")
			}
		}
	}
	for id, i := range s.Paying.Before {
		if i.Open.Minor < 0 {
			s.Paying.Settles[id] = i.Open.Minor
		}
	}
	s.Paying.Total = money.Zero("CAD")
	for _, cents := range s.Paying.Settles {
		s.Paying.Total.Minor += cents
	}
	return f
}

// Pay presses the key twice, is declined on the processor's page, then approved.
func (s *Story) Pay() {
	s.T.Helper()
	f := s.Bill()
	f.Send()
	s.Paying.Path = s.Payer.URL.Path
	if !strings.HasPrefix(s.Paying.Path, "/payments/") || s.Payer.Status != http.StatusOK {
		s.T.Fatalf("no payment: %d %s\n%s", s.Payer.Status, s.Payer.URL, s.Payer.Text())
	}
	if f.Send(); s.Payer.URL.Path != s.Paying.Path {
		s.T.Errorf("the second press led to %s, not to %s", s.Payer.URL.Path, s.Paying.Path)
	}
	session := ""
	Eventually(s.T, s.Waits, "the processor's page is known", func() bool {
		for _, href := range s.Payer.Get(s.Paying.Path).Links() {
			if u, err := url.Parse(href); err == nil && u.Host != "" && !strings.HasPrefix(href, s.Shop) {
				session = href
			}
		}
		return session != ""
	})
	u, _ := url.Parse(session)
	s.Card = simulator.NewClerk(u.Scheme + "://" + u.Host)
	for _, try := range []struct{ card, seen string }{{simulator.InsufficientFunds, "rien n’a été débité"}, {simulator.Approved, "Merci"}} {
		if s.Payer.Get(s.Paying.Path).Sees("Merci") {
			s.T.Error("paid, and the processor has not said so")
		}
		if _, err := s.Card.Pay(context.Background(), session, try.card); err != nil {
			s.T.Fatal(err)
		}
		Eventually(s.T, s.Waits, "the page says "+try.seen, func() bool { return s.Payer.Get(s.Paying.Path).Sees(try.seen) })
	}
}

// Booked waits for the receipt and looks at both sides: in the ERP it is there
// once, posted, with its applications; what is paid in full is reconciled, the part
// is booked, the credit note is netted; the payment's page tells the whole way.
func (s *Story) Booked() {
	s.T.Helper()
	ctx := context.Background()
	Eventually(s.T, s.Waits, "the receipt is in the ERP", func() bool { return s.Payer.Get(s.Paying.Path).Sees("dans l’ERP") })
	var ours []erp.Receipt
	for _, r := range s.changed(erp.KindReceipt) {
		if b, is := r.Body.(erp.Receipt); is && b.Key != "" && s.Payer.Sees(b.Key) {
			ours = append(ours, b)
		}
	}
	if len(ours) != 1 {
		s.T.Fatalf("the ERP has %d receipts of the payment: %+v", len(ours), ours)
	}
	r, settled := ours[0], map[string]int64{}
	for _, l := range r.Lines {
		settled[l.Invoice] += l.Amount.Minor
	}
	if r.State != erp.ReceiptPosted || r.Amount != s.Paying.Total || !r.Unapplied.IsZero() || !maps.Equal(settled, s.Paying.Settles) {
		s.T.Errorf("the receipt is %+v, want %v posted for %v", r, s.Paying.Total, s.Paying.Settles)
	}
	for id, now := range s.documents() {
		cents, meant := s.Paying.Settles[id]
		if !meant {
			continue
		}
		state := "open"
		if cents == s.Paying.Before[id].Open.Minor {
			state = "paid" // which Tryton calls what it has reconciled
		}
		if now.Open.Minor != s.Paying.Before[id].Open.Minor-cents || now.State != state || !slices.Contains(now.Keys, r.Key) {
			s.T.Errorf("of %v open %v were paid, and %s is %s with %v open, counting %v", s.Paying.Before[id].Open, cents, now.Number, now.State, now.Open, now.Keys)
		}
	}
	items, err := s.ERP.(erp.Cashier).OpenItems(ctx)
	if err != nil {
		s.T.Fatal(err)
	}
	for _, one := range items {
		if one.Document == "" && slices.Contains(one.Keys, r.Key) {
			s.T.Errorf("%v of the receipt settles nothing", one.Open.Neg())
		}
	}
	s.Payer.Get(s.Paying.Path).MustSee("demandé", "Refusé; rien n’a été débité", "débité", "Reçu "+r.Number+" inscrit à l’ERP", "Reçu "+r.Number+" dans l’ERP")
	Eventually(s.T, s.Waits, "the part is all that is owed", func() bool {
		s.Payer.Get("/invoices")
		return len(s.Payer.Values("invoice")) == 1 && s.Payer.Sees("532,25 $")
	})
}

// TellOfMoney goes on from the invoices to money in the ERP's books, and back.
func (s *Story) TellOfMoney() {
	s.T.Helper()
	s.Credit()
	s.Pay()
	s.Booked()
	s.Chargeback(s.Refund())
}

// documents are the customer's invoices and credit notes in the ERP, by id.
func (s *Story) documents() map[string]erp.Invoice {
	s.T.Helper()
	found := map[string]erp.Invoice{}
	for _, r := range s.changed(erp.KindInvoice) {
		if i, is := r.Body.(erp.Invoice); is && i.Customer == s.There.Customer {
			found[r.ID] = i
		}
	}
	return found
}

// changed is every record of a kind in the ERP.
func (s *Story) changed(kind erp.Kind) (all []erp.Record) {
	s.T.Helper()
	for cursor, more := "", true; more; {
		page, err := s.ERP.Changed(context.Background(), kind, cursor, 500)
		if err != nil {
			s.T.Fatal(err)
		}
		all, cursor, more = append(all, page.Records...), page.Cursor, page.More
	}
	return all
}
