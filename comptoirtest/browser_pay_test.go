package comptoirtest_test

import (
	"strings"
	"testing"

	"comptoir.example/comptoir/base/i18n"
	"comptoir.example/comptoir/comptoirtest"
)

// The story of the money in a browser: the payer ticks what is owed, pays one
// invoice in part with a reason, is declined, then approved on the processor's own
// page, and sees the ERP's receipt without a reload.
func TestAPayerPaysInTheBrowser(t *testing.T) {
	needBrowser(t)
	for _, lang := range i18n.Langs {
		t.Run(string(lang), func(t *testing.T) {
			connector, _ := startBooks(t)
			a, shop := open(t, "sqlite", connector)
			say := func(fr, en string) string {
				if lang == i18n.FR {
					return fr
				}
				return en
			}
			b := openTab(t, shop, wide).SignIn("payer@rivard.example").Go("/invoices").Speak(lang)
			b.Shows(say("Payer les factures cochées", "Pay the ticked invoices"))
			b.Shoot("pay-1-invoices-" + string(lang))
			owed := eval[int](b, `[...document.querySelectorAll("input[name=invoice]")].filter((x) => (x.checked = true)).length`)
			if owed == 0 {
				t.Fatal("nothing can be ticked")
			}
			b.Press(".counter .brass").Shows(say("Bordereau de paiement", "Payment slip"))
			b.Shoot("pay-2-form-" + string(lang))

			// A part needs a reason; what was typed is kept.
			b.Type("input.money", say("100,00", "100.00")).Expect(422)
			b.Press(".counter .brass").Shows(say("dites pourquoi", "say why"), say("Rien n’a été débité", "Nothing was charged"))
			b.Shoot("pay-3-why-" + string(lang))
			b.Expect()
			eval[bool](b, `document.querySelector("select[name^=reason]").value = "damaged", true`)
			b.Press(".counter .brass")
			b.Leaves(shop)
			b.Shoot("pay-4-processor-" + string(lang))

			// Declined: nothing taken, said plainly; then approved.
			eval[bool](b, `document.querySelector("input[value='9995']").checked = true`)
			b.Press("form button[type=submit], form button:not([name=lang])")
			b.Shoot("pay-5-declined-" + string(lang))
			payment := ""
			second := b.Another(wide).Go("/invoices")
			payment = eval[string](second, `document.querySelector("a[href^='/payments/']").getAttribute("href")`)
			second.Go(payment).Shows(say("rien n’a été débité", "nothing was charged"), say("Fonds insuffisants", "Insufficient funds"))
			second.Shoot("pay-6-waiting-" + string(lang))
			eval[string](second, mark)
			eval[bool](b, `document.querySelector("input[value='4242']").checked = true`)
			b.Press("form button[type=submit], form button:not([name=lang])")
			b.Shows(say("Le processeur confirme", "The processor confirms"))
			second.Shows(say("Merci", "Thank you"), say("dans l’ERP", "in the ERP"))
			notReloaded(t, second)
			second.Shoot("pay-7-paid-" + string(lang))
			b.Go("/invoices").Shows(say("Factures", "Invoices"))
			b.Shoot("pay-8-after-" + string(lang))

			// Finance sees on one page that every cent ties.
			if err := a.Compare(t.Context()); err != nil {
				t.Fatal(err)
			}
			desk := openTab(t, shop, wide).SignIn("finance@boreale.example").Go("/desk/parity").Speak(lang)
			desk.Shows(say("Chaque cent concorde", "Every cent ties"), say("Postes ouverts dans l’ERP", "Open items in the ERP"))
			desk.Shoot("pay-9-parity-" + string(lang))
		})
	}
}

// payInBrowser goes on with a story from its invoices: two whole, one in part with a
// reason, a credit note; declined, then approved; the receipt comes by itself, and
// the ERP's books are looked at.
func payInBrowser(t *testing.T, s *comptoirtest.Story) {
	t.Helper()
	s.Credit()
	bill := s.Bill()
	b := openTab(t, s.Shop, wide).SignIn("payer@rivard.example").Go("/invoices")
	eval[int](b, `[...document.querySelectorAll("input[name=invoice]")].filter((x) => (x.checked = true)).length`)
	b.Press(".counter .brass").Shows("Bordereau de paiement")
	part := ""
	for field, values := range bill.Values {
		if id, is := strings.CutPrefix(field, "reason-"); is && values[0] != "" {
			part = id
		}
	}
	b.Type(`[name="amount-`+part+`"]`, bill.Values.Get("amount-"+part)).Expect(422)
	eval[bool](b, `document.querySelector("input[name=credit]").checked = true`)
	b.Press(".counter .brass").Shows("dites pourquoi")
	b.Expect()
	eval[bool](b, `document.querySelector('[name="reason-`+part+`"]').value = "`+bill.Values.Get("reason-"+part)+`", true`)
	b.Press(".counter .brass")
	b.Leaves(s.Shop)
	card := func(last4 string) {
		eval[bool](b, `document.querySelector("input[value='`+last4+`']").checked = true`)
		b.Press("form button[type=submit], form button:not([name=lang])")
	}
	card("9995")
	second := b.Another(wide).Go("/invoices")
	s.Paying.Path = eval[string](second, `document.querySelector("a[href^='/payments/']").getAttribute("href")`)
	second.Go(s.Paying.Path).Shows("rien n’a été débité", "Fonds insuffisants")
	eval[string](second, mark)
	card("4242")
	b.Shows("Le processeur confirme")
	second.Within(s.Waits, "Merci", "dans l’ERP")
	notReloaded(t, second)
	s.Booked()
}
