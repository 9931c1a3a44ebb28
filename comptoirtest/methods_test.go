package comptoirtest_test

import (
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"comptoir.example/comptoir/app"
	"comptoir.example/comptoir/base/db"
	"comptoir.example/comptoir/comptoirtest"
	"comptoir.example/comptoir/finance/payment"
	"comptoir.example/comptoir/gateway"
	"comptoir.example/comptoir/gateway/simulator"
	"comptoir.example/comptoir/trade/access"
)

// savesCard pays an invoice of C1001 on the processor's page and lets it keep the
// card.
func savesCard(t *testing.T, till *comptoirtest.Till, who access.Actor) payment.Method {
	t.Helper()
	till.ERP.Invoice("c1", 10000, "2026-10-01")
	till.Pull()
	p, err := till.Pays(who, payment.Wish{Save: true, Lines: []payment.WishLine{comptoirtest.Whole(till.Owes(who)[0])}})
	if err != nil {
		t.Fatal(err)
	}
	till.Settle()
	if _, err := till.Clerk.Pay(t.Context(), till.Stands(p.ID).Attempts[0].URL, simulator.Approved); err != nil {
		t.Fatal(err)
	}
	till.Settle()
	till.Pull()
	saved := cards(till, who)
	if len(saved) == 0 {
		t.Fatal("no card was kept")
	}
	return saved[0]
}

func cards(till *comptoirtest.Till, who access.Actor) (saved []payment.Method) {
	till.T.Helper()
	till.Read(func(tx *db.Tx) (err error) {
		saved, err = payment.Methods(till.Ctx, tx, who)
		return err
	})
	return saved
}

// charges pays a new invoice of an amount with a saved card.
func charges(t *testing.T, till *comptoirtest.Till, who access.Actor, m payment.Method, minor int64) payment.Payment {
	t.Helper()
	id := till.ERP.Invoice("c1", minor, "2026-12-01")
	till.Pull()
	for _, i := range till.Owes(who) {
		if i.ERP == id {
			p, err := till.Pays(who, payment.Wish{Method: m.ID, Lines: []payment.WishLine{comptoirtest.Whole(i)}})
			if err != nil {
				t.Fatal(err)
			}
			return p
		}
	}
	t.Fatal("the invoice is not there")
	return payment.Payment{}
}

func TestASavedCardPaysWithoutAPage(t *testing.T) {
	eachTill(t, 5, func(t *testing.T, till *comptoirtest.Till) {
		who := till.Payer("C1001")
		m := savesCard(t, till, who)
		if m.Brand != "visa" || m.Last4 != "4242" || m.Expires == "" || m.Person != who.Person || m.Created.IsZero() {
			t.Errorf("kept: %+v", m)
		}
		p := charges(t, till, who, m, 20000)
		till.Settle()
		if p = till.Stands(p.ID); p.State != payment.Paid || p.Attempts[0].URL != "" || len(p.Receipts) != 1 || p.Receipts[0].State != "posted" {
			t.Errorf("with the saved card: %s, page %q, receipts %+v", p.State, p.Attempts[0].URL, p.Receipts)
		}
		if n := len(cards(till, who)); n != 1 {
			t.Errorf("%d cards are kept after it was used", n)
		}
	})
}

func TestADeclinedSavedCardGivesWayToAnother(t *testing.T) {
	eachTill(t, 5, func(t *testing.T, till *comptoirtest.Till) {
		who := till.Payer("C1001")
		m := savesCard(t, till, who)
		p := charges(t, till, who, m, 20005) // the simulator declines what ends in 05
		till.Settle()
		if p = till.Stands(p.ID); p.State != payment.Open || p.Attempts[0].Step != payment.Declined || p.Attempts[0].Decline != gateway.InsufficientFunds {
			t.Fatalf("declined: %s, %+v", p.State, p.Attempts[0])
		}
		if len(cards(till, who)) != 1 {
			t.Error("a card that lacks money was forgotten")
		}
		if err := till.DB.WriteAlone(till.Ctx, payment.Key(who.Customer), func(tx *db.Tx) error {
			_, err := payment.Retry(till.Ctx, tx, who, p.ID, payment.Wish{})
			return err
		}); err != nil {
			t.Fatal(err)
		}
		till.Settle()
		if _, err := till.Clerk.Pay(t.Context(), till.Stands(p.ID).Attempts[0].URL, simulator.ApprovedToo); err != nil {
			t.Fatal(err)
		}
		till.Settle()
		if p = till.Stands(p.ID); p.State != payment.Paid || len(p.Attempts) != 2 {
			t.Errorf("with another card: %s after %d attempts", p.State, len(p.Attempts))
		}
	})
}

func TestACardThatTheProcessorForgotIsRemoved(t *testing.T) {
	eachTill(t, 5, func(t *testing.T, till *comptoirtest.Till) {
		who := till.Payer("C1001")
		m := savesCard(t, till, who)
		if err := till.Site.Gateway.Gateway.Forget(till.Ctx, m.Token); err != nil {
			t.Fatal(err)
		}
		p := charges(t, till, who, m, 20000)
		till.Settle()
		if p = till.Stands(p.ID); p.State != payment.Open || p.Attempts[0].Decline != gateway.MethodGone {
			t.Errorf("%s, %+v", p.State, p.Attempts[0])
		}
		if n := len(cards(till, who)); n != 0 {
			t.Errorf("%d cards are still offered", n)
		}
	})
}

// Removal is immediate: what was not asked yet is not asked, and the processor
// forgets the card.
func TestARemovedCardChargesNothingMore(t *testing.T) {
	eachTill(t, 5, func(t *testing.T, till *comptoirtest.Till) {
		who := till.Payer("C1001")
		m := savesCard(t, till, who)
		p := charges(t, till, who, m, 20000)
		remove := func(who access.Actor) error {
			return till.DB.Write(till.Ctx, func(tx *db.Tx) error { return payment.Remove(till.Ctx, tx, who, m.ID) })
		}
		buyer, other := who, till.Payer("C1002")
		buyer.Roles = []access.Role{access.Buyer}
		if got := code(remove(buyer)); got != "access.denied" {
			t.Errorf("a buyer removes: %s", got)
		}
		if got := code(remove(other)); got != "payment.method_not_found" {
			t.Errorf("another company removes: %s", got)
		}
		if err := remove(who); err != nil {
			t.Fatal(err)
		}
		if got := code(remove(who)); got != "payment.method_not_found" {
			t.Errorf("removed twice: %s", got)
		}
		till.Settle()
		if p = till.Stands(p.ID); p.State != payment.Open || p.Attempts[0].Decline != gateway.MethodGone {
			t.Errorf("a charge that was not asked yet: %s, %+v", p.State, p.Attempts[0])
		}
		s, err := till.Site.Gateway.Gateway.Find(till.Ctx, p.Attempts[0].ID)
		if err != nil || s != nil {
			t.Errorf("the processor was asked after all: %+v, %v", s, err)
		}
		s2, err := till.Site.Gateway.Gateway.Charge(till.Ctx, gateway.Operation{Key: "k", Reference: "r", Amount: p.Amount}, m.Token)
		if err != nil || s2.Decline != gateway.MethodGone {
			t.Errorf("the processor still takes it: %+v, %v", s2, err)
		}
		_, err = till.Pays(who, payment.Wish{Method: m.ID, Lines: []payment.WishLine{comptoirtest.Whole(till.Owes(who)[0])}})
		if got := code(err); got != "payment.method_not_found" {
			t.Errorf("it is chosen again: %s", got)
		}
	})
}

// Another company's card is like one that never was, also to pay with.
func TestNobodyPaysWithAnotherCompanysCard(t *testing.T) {
	eachTill(t, 5, func(t *testing.T, till *comptoirtest.Till) {
		m := savesCard(t, till, till.Payer("C1001"))
		other := till.Payer("C1002")
		till.ERP.Invoice("c2", 5000, "2026-12-01")
		till.Pull()
		for _, id := range []string{m.ID, "never"} {
			_, err := till.Pays(other, payment.Wish{Method: id, Lines: []payment.WishLine{comptoirtest.Whole(till.Owes(other)[0])}})
			if got := code(err); got != "payment.method_not_found" {
				t.Errorf("with %s: %s", id, got)
			}
		}
		p, err := till.Pays(other, payment.Wish{Lines: []payment.WishLine{comptoirtest.Whole(till.Owes(other)[0])}})
		if err != nil {
			t.Fatal(err)
		}
		till.Settle()
		if _, err := till.Clerk.Pay(t.Context(), till.Stands(p.ID).Attempts[0].URL, simulator.InsufficientFunds); err != nil {
			t.Fatal(err)
		}
		if err := till.DB.WriteAlone(till.Ctx, payment.Key(other.Customer), func(tx *db.Tx) error {
			if err := payment.End(till.Ctx, tx, other, mustLoad(t, till, tx, p.ID)); err != nil {
				return err
			}
			return nil
		}); err != nil {
			t.Fatal(err)
		}
		till.Settle()
		err = till.DB.WriteAlone(till.Ctx, payment.Key(other.Customer), func(tx *db.Tx) error {
			_, err := payment.Retry(till.Ctx, tx, other, p.ID, payment.Wish{Method: m.ID})
			return err
		})
		if got := code(err); got != "payment.method_not_found" {
			t.Errorf("on another try: %s", got)
		}
	})
}

func mustLoad(t *testing.T, till *comptoirtest.Till, tx *db.Tx, id string) payment.Payment {
	t.Helper()
	p, found, err := payment.Load(till.Ctx, tx, id)
	if err != nil || !found {
		t.Fatal(found, err)
	}
	return p
}

// The pages: a payer ticks, pays and confirms with the saved card; sees the cards
// with who saved them; removes one after being told what that means.
func TestCardsAreListedUsedAndRemovedOnPages(t *testing.T) {
	eachTill(t, 5, func(t *testing.T, till *comptoirtest.Till) {
		if err := app.SeedPeople(till.Ctx, till.DB); err != nil {
			t.Fatal(err)
		}
		shop := httptest.NewServer(till.Mux)
		t.Cleanup(shop.Close)
		v := comptoirtest.Visit(t, shop.URL).SignIn("payer@rivard.example", app.DemoPassword)
		v.Get("/payment-methods").MustSee("Aucune carte gardée")
		who := till.Payer("C1001")
		till.ERP.Invoice("c1", 10000, "2026-10-01")
		till.Pull()
		pay := v.Get("/payments/new?invoice=" + till.Owes(who)[0].ID).Form("/payments")
		if pay.Values.Get("method") != "" || pay.Values.Has("save") {
			t.Errorf("before any card is kept: %v", pay.Values)
		}
		v.MustSee("Garder cette carte", "Toute personne de")
		pay.Set("save", "yes").Set("act", "pay").Send()
		till.Settle()
		id := strings.TrimPrefix(v.URL.Path, "/payments/")
		if _, err := till.Clerk.Pay(t.Context(), till.Stands(id).Attempts[0].URL, simulator.Approved); err != nil {
			t.Fatal(err)
		}
		till.Settle()

		// Tick, pay, confirm.
		till.ERP.Invoice("c1", 20000, "2026-11-01")
		till.Pull()
		owed := ""
		for _, i := range till.Owes(who) {
			if i.Open.Minor == 20000 {
				owed = i.ID
			}
		}
		v.Get("/payments/new?invoice=" + owed).MustSee("Visa •••• 4242")
		v.Form("/payments").Set("act", "pay").Send()
		v.MustSee("débiter la carte Visa •••• 4242")
		second := strings.TrimPrefix(v.URL.Path, "/payments/")
		till.Settle()
		if p := till.Stands(second); p.State != payment.Paid {
			t.Errorf("in two clicks: %s", p.State)
		}
		v.Get("/payments/"+second).MustSee("Payé", "Visa •••• 4242")

		m := cards(till, who)[0]
		v.Get("/payment-methods").MustSee("Visa •••• 4242", "Luc Dubé", m.Expires, "2026-11-23")
		if v.Sees("Expirée") {
			t.Error("a good card is called expired")
		}
		for _, mail := range []string{"buyer@rivard.example", "payer@greatlakes.example"} {
			other := comptoirtest.Visit(t, shop.URL).SignIn(mail, app.DemoPassword)
			if other.Try("/payment-methods"); other.Sees("4242") {
				t.Errorf("%s sees the card", mail)
			}
			other.Try("/payment-methods/" + m.ID + "/removal")
			if want := map[string]int{"buyer@rivard.example": 403, "payer@greatlakes.example": 404}[mail]; other.Status != want {
				t.Errorf("%s asks for its removal: %d, want %d", mail, other.Status, want)
			}
		}

		// A card that is past its month is told, and not offered.
		till.Clock.Move(10 * 365 * 24 * time.Hour)
		v = comptoirtest.Visit(t, shop.URL).SignIn("payer@rivard.example", app.DemoPassword)
		v.Get("/payment-methods").MustSee("Expirée")
		till.ERP.Invoice("c1", 30000, "2036-12-01")
		till.Pull()
		for _, i := range till.Owes(who) {
			if i.Open.Minor == 30000 {
				owed = i.ID
			}
		}
		form := v.Get("/payments/new?invoice=" + owed).Form("/payments")
		if v.Sees("4242") {
			t.Error("an expired card is offered")
		}

		v.Get("/payment-methods/"+m.ID+"/removal").MustSee("Retirer la carte Visa •••• 4242?", "On ne peut pas revenir en arrière")
		if len(cards(till, who)) != 1 {
			t.Error("looking at the question removed the card")
		}
		v.Form("/payment-methods/").Send()
		v.MustSee("La carte est retirée", "Aucune carte gardée")

		// It was chosen in another tab before: nothing is lost, another way is offered.
		form.Set("method", m.ID).Set("act", "pay").Send()
		if v.Status != 409 {
			t.Errorf("a removed card is chosen: %d", v.Status)
		}
		v.MustSee("a été retiré", "Rien n’a été débité", "Carte, sur la page")
	})
}
