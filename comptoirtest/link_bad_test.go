package comptoirtest_test

import (
	"net/http"
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
	"comptoir.example/comptoir/trade/access"
)

// Links that show nothing have one page each, which says why and nothing else. An
// altered token is answered as one that never was.
func TestALinkThatIsOverShowsNothing(t *testing.T) {
	eachTill(t, 5, func(t *testing.T, till *comptoirtest.Till) {
		who, owed, shop := owing(t, till, 43210)
		link := func() (string, payment.Link) {
			t.Helper()
			l, err := sends(till, who, owed.ID, "ap@rivard.example")
			if err != nil {
				t.Fatal(err)
			}
			till.Settle()
			return till.Post.Link(t), l
		}
		says := func(path string, status int, fr, en string) string {
			t.Helper()
			var last string
			for lang, want := range map[string]string{"fr-CA": fr, "en-CA": en} {
				v := comptoirtest.Visit(t, shop)
				v.Get("/signin").Form("/preferences").Set("language", lang).Send()
				if v.Try(path); v.Status != status {
					t.Errorf("%s: %d, want %d\n%s", path, v.Status, status, v.Text())
				}
				v.MustSee(want)
				for _, secret := range []string{owed.Number, owed.Due, "432", "Construction", till.Owes(who)[0].ID} {
					if strings.Contains(v.Body, secret) {
						t.Errorf("%s (%s) tells %s", path, lang, secret)
					}
				}
				if v.Header.Get("Referrer-Policy") != "no-referrer" || v.Header.Get("X-Robots-Tag") == "" {
					t.Errorf("%s: headers %v", path, v.Header)
				}
				f := v.Blank(path).Send() // and nothing can be begun
				if f.Status < 400 && status != http.StatusOK || payments(till, who) > 0 && status != http.StatusOK {
					t.Errorf("%s can be paid: %d", path, f.Status)
				}
				if lang == "fr-CA" {
					last = strings.ReplaceAll(strings.ReplaceAll(v.Text(), path, "PATH"), v.Header.Get("X-Request-Id"), "ID")
				}
			}
			return last
		}
		good, l := link()
		altered := good[:len(good)-1] + map[bool]string{true: "B", false: "A"}[good[len(good)-1] == 'A']
		never := "/pay/" + strings.Repeat("x", 43)
		if a, b := says(altered, 404, "ne mène à rien", "leads nowhere"), says(never, 404, "ne mène à rien", "leads nowhere"); a != b {
			t.Errorf("an altered token is told from one that never was:\n%s\n%s", a, b)
		}
		says("/pay/"+l.ID, 404, "ne mène à rien", "leads nowhere")

		// Revoked by somebody of the company, and by nobody else.
		for _, c := range []struct {
			who  access.Actor
			code string
		}{{till.Payer("C1002"), "payment.link_not_found"}, {access.Guest(l.ID, ""), "access.denied"}, {comptoirtest.Staff(access.Finance), "access.denied"}} {
			err := till.DB.Write(till.Ctx, func(tx *db.Tx) error {
				_, err := payment.RevokeLink(till.Ctx, tx, c.who, l.ID)
				return err
			})
			if got := code(err); got != c.code {
				t.Errorf("%v revokes: %s, want %s", c.who.Roles, got, c.code)
			}
		}
		payer := comptoirtest.Visit(t, shop).SignIn("payer@rivard.example", app.DemoPassword)
		payer.Get("/invoices/" + owed.ID).Form("/invoices/" + owed.ID + "/links/" + l.ID).Send()
		payer.MustSee("Annulé")
		says(good, 410, "a été annulé", "was cancelled")

		expired, _ := link()
		comptoirtest.Visit(t, shop).Get(expired).MustSee(owed.Number)
		till.Clock.Move(payment.LinkLife - time.Second)
		comptoirtest.Visit(t, shop).Get(expired).MustSee(owed.Number)
		till.Clock.Move(time.Second)
		says(expired, 410, "a expiré", "has expired")

		// Paid by another way meanwhile.
		late, _ := link()
		part, err := till.Pays(who, payment.Wish{Lines: []payment.WishLine{comptoirtest.Part(owed, 10000)}})
		if err != nil {
			t.Fatal(err)
		}
		till.Settle()
		v := comptoirtest.Visit(t, shop).Get(late).MustSee("Quelqu’un d’autre paie cette facture")
		if _, err := v.FindForm(late); err == nil {
			t.Error("it can be paid while a part is being paid")
		}
		v.Blank(late).Send().MustSee("Quelqu’un d’autre paie cette facture")
		if n := payments(till, who); n != 1 {
			t.Errorf("%d payments of one invoice", n)
		}
		if err := till.DB.WriteAlone(till.Ctx, payment.Key(who.Customer), func(tx *db.Tx) error {
			return payment.End(till.Ctx, tx, who, mustLoad(t, till, tx, part.ID))
		}); err != nil {
			t.Fatal(err)
		}
		till.Settle()
		p, err := till.Pays(who, payment.Wish{Lines: []payment.WishLine{comptoirtest.Whole(owed)}})
		if err != nil {
			t.Fatal(err)
		}
		till.Settle()
		if _, err := till.Clerk.Pay(t.Context(), till.Stands(p.ID).Attempts[0].URL, simulator.Approved); err != nil {
			t.Fatal(err)
		}
		till.Settle()
		says(late, 200, "n’a plus rien à payer", "Nothing is left to pay")
		if _, err := sends(till, who, owed.ID, "ap@rivard.example"); code(err) != "payment.nothing_open" {
			t.Errorf("a link for a paid invoice: %v", err)
		}
	})
}

func TestALinkIsNotSentForWhatItMust(t *testing.T) {
	eachTill(t, 5, func(t *testing.T, till *comptoirtest.Till) {
		who, owed, shop := owing(t, till, 43210)
		credit := till.ERP.Invoice("c1", -5000, "2026-11-01")
		till.ERP.Invoice("c2", 7000, "2026-11-01")
		till.Pull()
		others := till.Owes(till.Payer("C1002"))[0].ID
		refused := func(what string, who access.Actor, invoice, email, want string) {
			t.Helper()
			_, err := sends(till, who, invoice, email)
			f := fault.Of(err)
			got := f.Code
			if len(f.Fields) > 0 {
				got = f.Fields[0].Code
			}
			if got != want {
				t.Errorf("%s: %s, want %s", what, got, want)
			}
		}
		for _, bad := range []string{"", " ", "ap", "ap@", "@rivard.example", "ap@rivard", "ap@rivard.", "a p@rivard.example", "ap@rivard.example, b@c.example",
			"Ana <ap@rivard.example>", "ap@rivard.example\nBcc: x@y.example", "ap@@rivard.example", "é@rivard.example", strings.Repeat("a", 250) + "@b.ca", "<ap@rivard.example>", "ap@[127.0.0.1]"} {
			refused("address "+bad, who, owed.ID, bad, "payment.not_an_address")
		}
		refused("a card number", who, owed.ID, "4242 4242 4242 4242", "payment.card_in_address")
		refused("a card number as a name", who, owed.ID, "4242424242424242@rivard.example", "payment.card_in_address")
		refused("another company's invoice", who, others, "ap@rivard.example", "invoice.not_found")
		refused("an invoice that never was", who, "never", "ap@rivard.example", "invoice.not_found")
		refused("a buyer", access.Actor{Person: "x", Customer: who.Customer, Roles: []access.Role{access.Buyer}}, owed.ID, "ap@rivard.example", "access.denied")
		refused("the merchant's people", comptoirtest.Staff(access.Finance), owed.ID, "ap@rivard.example", "access.denied")
		for _, i := range till.Owes(who) {
			if i.ERP == credit {
				refused("a credit note", who, i.ID, "ap@rivard.example", "payment.nothing_open")
			}
		}

		// On the page nothing is lost, except a card number, which is kept nowhere.
		v := comptoirtest.Visit(t, shop).SignIn("payer@rivard.example", app.DemoPassword)
		v.Get("/invoices/"+owed.ID).Form("/invoices/"+owed.ID+"/links").Set("email", "ap@rivard").Send()
		if v.Status != 422 || v.Form("/invoices/"+owed.ID+"/links").Values.Get("email") != "ap@rivard" {
			t.Errorf("a bad address: %d\n%s", v.Status, v.Text())
		}
		v.MustSee("nom@exemple.ca", "rien n’a été envoyé")
		v.Get("/invoices/"+owed.ID).Form("/invoices/"+owed.ID+"/links").Set("email", "4242 4242 4242 4242").Send()
		if v.Status != 422 || strings.Contains(v.Body, "4242") {
			t.Errorf("a card number: %d\n%s", v.Status, v.Text())
		}
		if v.Blank("/invoices/"+others+"/links").Set("csrf", token(v)).Set("email", "ap@rivard.example").Send(); v.Status != 404 {
			t.Errorf("another company's invoice: %d", v.Status)
		}

		for range payment.MaxLinks {
			if _, err := sends(till, who, owed.ID, "ap@rivard.example"); err != nil {
				t.Fatal(err)
			}
		}
		refused("one link too many", who, owed.ID, "ap@rivard.example", "payment.too_many_links")
		v.Get("/invoices/"+owed.ID).Form("/invoices/"+owed.ID+"/links").Set("email", "ap@rivard.example").Send()
		if v.Status != 429 {
			t.Errorf("one link too many on the page: %d", v.Status)
		}
		v.MustSee("la limite")
		till.Clock.Move(24*time.Hour + time.Second)
		if _, err := sends(till, who, owed.ID, "ap@rivard.example"); err != nil {
			t.Errorf("the day after: %v", err)
		}
		if n := len(till.Post.Letters()); n != 0 {
			t.Errorf("%d letters went before anything was carried", n)
		}
	})
}

// A guest may do that one thing: every other verb refuses them.
func TestAGuestMayNothingElse(t *testing.T) {
	eachTill(t, 5, func(t *testing.T, till *comptoirtest.Till) {
		who, owed, _ := owing(t, till, 43210)
		m := savesCard(t, till, who)
		l, err := sends(till, who, owed.ID, "ap@rivard.example")
		if err != nil {
			t.Fatal(err)
		}
		guest := access.Guest(l.ID, "")
		guest.Customer = who.Customer // and even then
		tries := map[string]func(tx *db.Tx) error{
			"find": func(tx *db.Tx) error { _, err := invoice.Find(till.Ctx, tx, guest, owed.ID); return err },
			"list": func(tx *db.Tx) error {
				_, err := invoice.List(till.Ctx, tx, guest, invoice.Filter{}, invoice.After{}, 10)
				return err
			},
			"payments": func(tx *db.Tx) error { _, err := payment.List(till.Ctx, tx, guest, time.Time{}, "", 1); return err },
			"methods":  func(tx *db.Tx) error { _, err := payment.Methods(till.Ctx, tx, guest); return err },
			"method":   func(tx *db.Tx) error { _, err := payment.MethodOf(till.Ctx, tx, guest, m.ID); return err },
			"remove":   func(tx *db.Tx) error { return payment.Remove(till.Ctx, tx, guest, m.ID) },
			"links":    func(tx *db.Tx) error { _, err := payment.Links(till.Ctx, tx, guest, owed.ID); return err },
			"send": func(tx *db.Tx) error {
				_, err := payment.SendLink(till.Ctx, tx, guest, comptoirtest.LinkKey, owed.ID, "a@b.ca")
				return err
			},
			"pay with a card": func(tx *db.Tx) error {
				_, err := payment.Start(till.Ctx, tx, guest, till.Engine.Merchant(), payment.Wish{Method: m.ID, Gateway: "simulator", Lines: []payment.WishLine{comptoirtest.Whole(owed)}})
				return err
			},
		}
		for name, try := range tries {
			if got := code(till.DB.Write(till.Ctx, try)); got != "access.denied" {
				t.Errorf("a guest may %s: %s", name, got)
			}
		}
		people := []access.Actor{who, {}, comptoirtest.Staff(access.Admin)}
		for _, p := range people {
			err := till.DB.Write(till.Ctx, func(tx *db.Tx) error {
				p.Link = l.ID
				_, err := payment.StartLinked(till.Ctx, tx, p, till.Engine.Merchant(), "simulator")
				return err
			})
			if got := code(err); got != "access.denied" {
				t.Errorf("%v pays as a guest: %s", p.Roles, got)
			}
		}
	})
}
