package comptoirtest_test

import (
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"comptoir.example/comptoir/app"
	"comptoir.example/comptoir/base/db"
	"comptoir.example/comptoir/base/fault"
	"comptoir.example/comptoir/comptoirtest"
	"comptoir.example/comptoir/finance/invoice"
	"comptoir.example/comptoir/finance/payment"
	"comptoir.example/comptoir/gateway/simulator"
	"comptoir.example/comptoir/mail"
	"comptoir.example/comptoir/trade/access"
)

// owing makes a till where C1001 owes an invoice, with a shop in front of it.
func owing(t *testing.T, till *comptoirtest.Till, minor int64) (access.Actor, invoice.Invoice, string) {
	t.Helper()
	if err := app.SeedPeople(till.Ctx, till.DB); err != nil {
		t.Fatal(err)
	}
	till.ERP.Invoice("c1", minor, "2026-10-01")
	till.Pull()
	who := till.Payer("C1001")
	shop := httptest.NewServer(till.Mux)
	t.Cleanup(shop.Close)
	return who, till.Owes(who)[0], shop.URL
}

func sends(till *comptoirtest.Till, who access.Actor, invoice, email string) (l payment.Link, err error) {
	err = till.DB.WriteAlone(till.Ctx, payment.Key(who.Customer), func(tx *db.Tx) (err error) {
		l, err = payment.SendLink(till.Ctx, tx, who, comptoirtest.LinkKey, invoice, email)
		return err
	})
	return l, err
}

// A payer sends a link; a guest sees that one invoice and nothing else, is declined,
// then pays, and is told so when the processor says so; the ERP has the receipt.
func TestAGuestPaysTheOneInvoiceOfALink(t *testing.T) {
	eachTill(t, 5, func(t *testing.T, till *comptoirtest.Till) {
		who, owed, shop := owing(t, till, 43210)
		till.ERP.Invoice("c1", 99900, "2026-10-02")
		till.Pull()
		savesCard(t, till, who)
		payer := comptoirtest.Visit(t, shop).SignIn("payer@rivard.example", app.DemoPassword)
		payer.Get("/invoices/"+owed.ID).Form("/invoices/"+owed.ID+"/links").Set("email", "ap@rivard.example").Send()
		payer.MustSee("Le lien part par courriel", "Courriel en route", "ap@rivard.example")
		till.Settle()
		payer.Get("/invoices/" + owed.ID).MustSee("Courriel remis au serveur")

		l := till.Post.Letters()[0]
		if l.To != "ap@rivard.example" || !strings.Contains(l.Subject, owed.Number) || !strings.Contains(l.HTML, till.Post.Link(t)) || l.Language != "fr-CA" {
			t.Errorf("the letter: %+v", l)
		}
		guest := comptoirtest.Visit(t, shop)
		for range 3 { // a mail scanner looks, and looks again
			guest.Get(till.Post.Link(t)).MustSee(owed.Number, owed.Day, owed.Due, "432,10", "Quincaillerie Boréale")
		}
		if n := len(till.Owes(who)); n == 0 || payments(till, who) != 1 {
			t.Errorf("looking began a payment: %d payments", payments(till, who))
		}
		for _, name := range []string{"Referrer-Policy: no-referrer", "X-Robots-Tag: noindex, nofollow", "Cache-Control: private, no-store"} {
			key, value, _ := strings.Cut(name, ": ")
			if guest.Header.Get(key) != value {
				t.Errorf("%s is %q", key, guest.Header.Get(key))
			}
		}
		for _, href := range guest.Links() {
			if href != "#contenu" && href != "#help" && !strings.HasPrefix(href, "tel:") {
				t.Errorf("the page leads to %s", href)
			}
		}
		for _, other := range []string{"4242", "999,00", "Luc Dubé", "/invoices"} {
			if strings.Contains(guest.Body, other) {
				t.Errorf("the page shows %s", other)
			}
		}
		guest.Form(till.Post.Link(t)).Send()
		guest.MustSee("Nous demandons la page de paiement")
		till.Settle()
		pay := func(card string) {
			t.Helper()
			page := newestPayment(till, who)
			back, err := till.Clerk.Pay(t.Context(), page.Attempts[0].URL, card)
			if err != nil {
				t.Fatal(err)
			}
			if card == simulator.Approved && back != "http://shop.test"+till.Post.Link(t) {
				t.Errorf("the guest comes back to %q", back)
			}
			till.Settle()
		}
		pay(simulator.InsufficientFunds)
		guest.Get(till.Post.Link(t)).MustSee("Fonds insuffisants", "rien n’a été débité")
		if guest.Sees("Merci") {
			t.Error("a guest is thanked before the processor said so")
		}
		pay(simulator.Approved)
		guest.Get(till.Post.Link(t)).MustSee("Payé : 432,10", "Le processeur confirme")
		if guest.Sees("4242") {
			t.Error("whose card it was is shown to whoever has the link")
		}
		p := newestPayment(till, who)
		if link, is := p.Guest(); !is || p.State != payment.Paid || p.Amount.Minor != 43210 || p.Receipts[0].State != "posted" || len(link) != 36 {
			t.Errorf("paid: %+v", p)
		}
		till.Pull()
		payer.Get("/invoices/" + owed.ID).MustSee("Payé avec ce lien")

		// Used again, in both languages.
		guest.Form("/preferences").Set("language", "en-CA").Send()
		guest.Get(till.Post.Link(t)).MustSee("Paid: ", "The processor confirms")
		till.Clock.Move(25 * time.Hour)
		guest.Get(till.Post.Link(t)).MustSee("Paid: ")
	})
}

func payments(till *comptoirtest.Till, who access.Actor) (n int) {
	till.T.Helper()
	till.Read(func(tx *db.Tx) error {
		all, err := payment.List(till.Ctx, tx, who, time.Time{}, "", 100)
		n = len(all)
		return err
	})
	return n
}

// newestPayment is the company's newest payment.
func newestPayment(till *comptoirtest.Till, who access.Actor) (p payment.Payment) {
	till.T.Helper()
	till.Read(func(tx *db.Tx) error {
		all, err := payment.List(till.Ctx, tx, who, time.Time{}, "", 1)
		if err == nil {
			p, _, err = payment.Load(till.Ctx, tx, all[0].ID)
		}
		return err
	})
	return p
}

// Pressed twice, in two mails' links or again after a decline, one invoice is paid
// once and whole.
func TestALinkPaysOnceHoweverOftenItIsPressed(t *testing.T) {
	eachTill(t, 5, func(t *testing.T, till *comptoirtest.Till) {
		who, owed, shop := owing(t, till, 43210)
		var paths []string
		for range 2 {
			if _, err := sends(till, who, owed.ID, "ap@rivard.example"); err != nil {
				t.Fatal(err)
			}
			till.Settle()
			paths = append(paths, till.Post.Link(t))
		}
		if paths[0] == paths[1] {
			t.Fatal("two links have one token")
		}
		for _, path := range append(paths, paths...) {
			comptoirtest.Visit(t, shop).Blank(path).Send()
		}
		till.Settle()
		if n := payments(till, who); n != 1 || len(newestPayment(till, who).Attempts) != 1 {
			t.Fatalf("%d payments, %d attempts", n, len(newestPayment(till, who).Attempts))
		}
		// The page at the processor runs out; the guest presses again.
		till.Clock.Move(time.Hour)
		till.Settle()
		for _, sweep := range []func() error{func() error { return till.Site.Gateway.Pull(till.Ctx) }, func() error { return till.Site.Gateway.Look(till.Ctx) }} {
			if err := sweep(); err != nil {
				t.Fatal(err)
			}
		}
		v := comptoirtest.Visit(t, shop).Get(paths[0]).MustSee("Rien n’a été débité")
		v.Form(paths[0]).Send()
		till.Settle()
		p := newestPayment(till, who)
		if len(p.Attempts) != 2 || payments(till, who) != 1 {
			t.Fatalf("after the page ran out: %d attempts in %d payments", len(p.Attempts), payments(till, who))
		}

		// Revoked while its page is open: the page is closed at the processor.
		var l payment.Link
		till.Read(func(tx *db.Tx) error {
			all, err := payment.Links(till.Ctx, tx, who, owed.ID)
			l = all[slices.IndexFunc(all, func(l payment.Link) bool { return l.Payment != "" })]
			return err
		})
		if err := till.DB.WriteAlone(till.Ctx, payment.Key(who.Customer), func(tx *db.Tx) error {
			_, err := payment.RevokeLink(till.Ctx, tx, who, l.ID)
			return err
		}); err != nil {
			t.Fatal(err)
		}
		till.Settle()
		if p := newestPayment(till, who); p.Attempts[0].Step != payment.Expired {
			t.Errorf("after it was revoked the page stands at %s", p.Attempts[0].Step)
		}
		if v := comptoirtest.Visit(t, shop); v.Try(paths[0]) != nil || v.Status != http.StatusGone {
			t.Errorf("the revoked link: %d", v.Status)
		}
	})
}

// No row, fact or log holds what opens a link; another secret ends them all.
func TestTheTokenOfALinkIsKeptNowhere(t *testing.T) {
	eachTill(t, 5, func(t *testing.T, till *comptoirtest.Till) {
		who, owed, shop := owing(t, till, 43210)
		if _, err := sends(till, who, owed.ID, "ap@rivard.example"); err != nil {
			t.Fatal(err)
		}
		till.Settle()
		path := till.Post.Link(t)
		comptoirtest.Visit(t, shop).Get(path)
		comptoirtest.Visit(t, shop).Blank(path).Send()
		till.Settle()
		till.Read(func(tx *db.Tx) error {
			facts, err := db.All(till.Ctx, tx, selectBodies, db.Value[string])
			for _, f := range facts {
				if strings.Contains(f, strings.TrimPrefix(path, "/pay/")) || strings.Contains(f, "ap@rivard") {
					t.Errorf("a fact holds it: %s", f)
				}
			}
			if len(facts) < 3 {
				t.Errorf("%d facts", len(facts))
			}
			links, err2 := db.All(till.Ctx, tx, selectLinkRows, db.Value[string])
			if len(links) != 1 || strings.Contains(links[0], strings.TrimPrefix(path, "/pay/")) {
				t.Errorf("rows: %v, %v", links, err2)
			}
			return err
		})
		till.Site.Links = payment.LinkKey("another secret, long enough for a shop")
		v := comptoirtest.Visit(t, shop)
		if v.Try(path); v.Status != 404 {
			t.Errorf("under another secret: %d", v.Status)
		}
	})
}

var (
	selectBodies   = db.SQL("link_test.facts", `SELECT body FROM fact`)
	selectLinkRows = db.SQL("link_test.rows", `SELECT id || hash || invoice || customer || person || email FROM pay_link`)
)

// A letter that may have gone goes again and is the same letter; one that the server
// refuses is told to who sent it; one whose link is over does not go.
func TestALetterGoesUntilItIsKnownToHaveGone(t *testing.T) {
	eachTill(t, 5, func(t *testing.T, till *comptoirtest.Till) {
		who, owed, shop := owing(t, till, 43210)
		send := func() payment.Link {
			t.Helper()
			l, err := sends(till, who, owed.ID, "ap@rivard.example")
			if err != nil {
				t.Fatal(err)
			}
			return l
		}
		l := send()
		till.Post.Fail(&mail.Error{Class: mail.Ambiguous, Cause: fault.New(fault.Unavailable, "test.silent")})
		till.Settle()
		till.Post.Fail(nil)
		till.Clock.Move(time.Minute)
		till.Settle()
		all := till.Post.Letters()
		if len(all) != 2 || all[0].Key != all[1].Key || all[0].Text != all[1].Text || all[0].Key != l.ID {
			t.Errorf("sent again: %+v", all)
		}

		send()
		till.Post.Fail(&mail.Error{Class: mail.Down, Cause: fault.New(fault.Unavailable, "test.down")})
		till.Settle()
		if n := len(till.Post.Letters()); n != 2 {
			t.Errorf("%d letters while the server is down", n)
		}
		v := comptoirtest.Visit(t, shop).SignIn("payer@rivard.example", app.DemoPassword)
		v.Get("/invoices/" + owed.ID).MustSee("Courriel en route")
		till.Post.Fail(nil)
		till.Clock.Move(time.Minute)
		till.Settle()
		if n := len(till.Post.Letters()); n != 3 {
			t.Errorf("%d letters once it is back", n)
		}

		send()
		till.Post.Fail(&mail.Error{Class: mail.Refused, Cause: fault.New(fault.Unavailable, "test.nobody")})
		till.Settle()
		v.Get("/invoices/" + owed.ID).MustSee("Courriel non remis")
		desk := comptoirtest.Visit(t, shop).SignIn("finance@boreale.example", app.DemoPassword)
		desk.Get("/desk/exchange").MustSee("Courriel d’un lien de paiement", "Le serveur de courriel refuse")
		till.Post.Fail(nil)

		l = send()
		if err := till.DB.Write(till.Ctx, func(tx *db.Tx) error {
			_, err := payment.RevokeLink(till.Ctx, tx, who, l.ID)
			return err
		}); err != nil {
			t.Fatal(err)
		}
		before := len(till.Post.Letters())
		till.Settle()
		if n := len(till.Post.Letters()); n != before {
			t.Errorf("a link that was revoked before its letter went is sent")
		}
	})
}

// Where a link was sent is forgotten ninety days after its end, and not before.
func TestTheAddressOfAnOldLinkIsForgotten(t *testing.T) {
	eachTill(t, 5, func(t *testing.T, till *comptoirtest.Till) {
		who, owed, _ := owing(t, till, 43210)
		if _, err := sends(till, who, owed.ID, "ap@rivard.example"); err != nil {
			t.Fatal(err)
		}
		after := func(d time.Duration) (l payment.Link) {
			t.Helper()
			till.Clock.Move(d)
			till.Write(func(tx *db.Tx) error { return payment.SweepLinks(till.Ctx, tx) })
			till.Read(func(tx *db.Tx) error {
				all, err := payment.Links(till.Ctx, tx, who, owed.ID)
				l = all[0]
				return err
			})
			return l
		}
		if l := after(payment.LinkLife + 90*24*time.Hour); l.Email == "" {
			t.Error("it is forgotten too early")
		}
		if l := after(time.Second); l.Email != "" || l.Person != who.Person {
			t.Errorf("afterwards: %+v", l)
		}
	})
}
