package comptoirtest_test

import (
	"net"
	"net/http/httptest"
	"strings"
	"testing"

	"comptoir.example/comptoir/base/i18n"
	"comptoir.example/comptoir/mail"
	"comptoir.example/comptoir/mail/inbox"
)

// startInbox runs a mail server with its page, and a connection to it.
func startInbox(t *testing.T) (box *inbox.Inbox, page string, server *mail.Server) {
	t.Helper()
	box, err := inbox.New()
	if err != nil {
		t.Fatal(err)
	}
	letters, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { letters.Close() })
	go box.Take(letters)
	if server, err = mail.New(mail.Config{URL: "smtp://" + letters.Addr().String(), From: "Quincaillerie Boréale <factures@boreale.example>"}); err != nil {
		t.Fatal(err)
	}
	pages := httptest.NewServer(box)
	t.Cleanup(pages.Close)
	return box, pages.URL, server
}

var phone = Look{Width: 360}

// inspect looks at a page wide and on a phone: its words, its edges, and what axe
// says.
func inspect(t *testing.T, w *walk, b *Tab, name string, lang i18n.Lang) {
	t.Helper()
	w.check(t, b, sight{path: b.Path(), shared: true}, lang)
	for _, look := range []Look{wide, phone, {Width: 320, Dark: true}} {
		w.see(t, b, name+"-"+string(lang), look)
	}
	b.Look(wide)
}

// A payer sends a link by mail; somebody without an account reads the letter, is
// declined, then pays on the processor's page, and the payer sees it.
func TestAGuestPaysInTheBrowser(t *testing.T) {
	needBrowser(t)
	for _, lang := range i18n.Langs {
		t.Run(string(lang), func(t *testing.T) {
			connector, _ := startBooks(t)
			a, shop := open(t, "sqlite", connector)
			w := newWalk(t, shop)
			box, page, server := startInbox(t)
			a.Letters.Server = server
			say := func(fr, en string) string {
				if lang == i18n.FR {
					return fr
				}
				return en
			}
			payer := openTab(t, shop, wide).SignIn("payer@rivard.example").Go("/invoices").Speak(lang)
			invoice := "/invoices/" + eval[string](payer, `document.querySelector("input[name=invoice]").value`)
			payer.Go(invoice).Shows(say("Faire payer quelqu’un d’autre", "Let somebody else pay"))
			payer.Expect(422)
			payer.Type("#email", "ap@rivard").Press("#liens form button").Shows(say("Écrivez une adresse", "Write an address"))
			payer.Shoot("link-1-bad-" + string(lang))
			payer.Expect()
			payer.Type("#email", "ap@rivard.example").Press("#liens form button").Shows(say("Le lien part", "The link goes"))
			payer.Await(patience, "the letter", func() bool { return len(box.Letters()) == 1 })
			payer.Go(invoice).Shows(say("Courriel remis au serveur", "E-mail handed to the server"))
			inspect(t, w, payer, "link-2-sent", lang)

			reader := openTab(t, page, wide).Go("/?lang=" + string(lang)).Shows("ap@rivard.example")
			reader.Shoot("link-3-inbox-" + string(lang))
			path := strings.TrimPrefix(box.Letters()[0].Links()[0], shop)
			guest := openTab(t, shop, wide).Go(path)
			guest.Shows("Facture") // in the language of the company, until the guest chooses
			guest.Speak(lang).Shows(say("Par carte, en entier", "By card, in full"))
			inspect(t, w, guest, "link-4-guest", lang)
			guest.Press(".counter .brass")
			guest.Leaves(shop)
			eval[bool](guest, `document.querySelector("input[value='9995']").checked = true`)
			guest.Press("form button[type=submit], form button:not([name=lang])")
			second := guest.Another(phone).Go(path).Shows(say("Fonds insuffisants", "Insufficient funds"))
			second.Shoot("link-5-declined-" + string(lang))
			eval[string](second, mark)
			eval[bool](guest, `document.querySelector("input[value='4242']").checked = true`)
			guest.Press("form button[type=submit], form button:not([name=lang])")
			guest.Shows(say("Le processeur confirme", "The processor confirms"))
			inspect(t, w, guest, "link-6-paid", lang)
			second.Shows(say("Merci", "Thank you"))
			notReloaded(t, second)
			payer.Go(invoice).Shows(say("Payé avec ce lien", "Paid with this link"))
			payer.Shoot("link-7-payer-" + string(lang))

			guest.Expect(404)
			guest.Go("/pay/" + strings.Repeat("x", 43)).Shows(say("ne mène à rien", "leads nowhere"))
			inspect(t, w, guest, "link-8-unknown", lang)
		})
	}
}

// A card that is kept pays the next time with two keys, is listed, and is removed.
func TestASavedCardPaysInTheBrowser(t *testing.T) {
	needBrowser(t)
	for _, lang := range i18n.Langs {
		t.Run(string(lang), func(t *testing.T) {
			connector, _ := startBooks(t)
			_, shop := open(t, "sqlite", connector)
			w := newWalk(t, shop)
			say := func(fr, en string) string {
				if lang == i18n.FR {
					return fr
				}
				return en
			}
			b := openTab(t, shop, wide).SignIn("payer@rivard.example").Go("/invoices").Speak(lang)
			tick := func() {
				t.Helper()
				b.Go("/invoices")
				if !eval[bool](b, `document.querySelector("input[name=invoice]").click(), true`) {
					t.Fatal("nothing can be ticked")
				}
				b.Press(".counter .brass").Shows(say("Bordereau de paiement", "Payment slip"))
			}
			// A part now, the rest the next time.
			tick()
			b.Type("input.money", say("100,00", "100.00")).Expect(422)
			b.Press(".counter .brass").Shows(say("dites pourquoi", "say why"))
			b.Expect()
			eval[bool](b, `document.querySelector("select[name^=reason]").value = "instalment", true`)
			b.Click("input[name=save]")
			b.Shoot("card-1-keep-" + string(lang))
			b.Press(".counter .brass")
			b.Leaves(shop)
			b.Shoot("card-2-processor-" + string(lang))
			b.Press("form button[type=submit], form button:not([name=lang])")
			b.Shows(say("Le processeur confirme", "The processor confirms"))

			tick()
			b.Shows("Visa •••• 4242")
			inspect(t, w, b, "card-3-saved", lang)
			b.Press(".counter .brass").Shows(say("Merci", "Thank you"), "Visa •••• 4242")
			b.Go(eval[string](b, "location.pathname")).Shows(say("Merci", "Thank you")) // it may be about to look once more by itself
			b.Shoot("card-4-paid-" + string(lang))

			b.Go("/payment-methods").Shows("Visa •••• 4242", "Luc Dubé")
			inspect(t, w, b, "card-5-list", lang)
			b.Press("a[href$='/removal']").Shows(say("On ne peut pas revenir en arrière", "This cannot be undone"))
			inspect(t, w, b, "card-6-removal", lang)
			b.Press(".danger").Shows(say("La carte est retirée", "The card is removed"), say("Aucune carte gardée", "No saved card"))
			inspect(t, w, b, "card-7-removed", lang)
		})
	}
}
