package comptoirtest_test

import (
	"testing"
	"time"

	"comptoir.example/comptoir/base/db"
	"comptoir.example/comptoir/base/i18n"
	"comptoir.example/comptoir/base/money"
	"comptoir.example/comptoir/comptoirtest"
	"comptoir.example/comptoir/finance/payment"
)

// Finance's morning in a browser: a payout that somebody booked in the ERP by hand
// differs, is looked at, explained and muted; a task is taken on and settled.
func TestFinanceExplainsADifferenceInTheBrowser(t *testing.T) {
	needBrowser(t)
	for _, lang := range i18n.Langs {
		t.Run(string(lang), func(t *testing.T) {
			connector, clerk := startBooks(t)
			clock := comptoirtest.NewClock()
			a, shop := still(t, "sqlite", connector, clock)
			compare := func(after time.Duration) {
				t.Helper()
				clock.Move(after)
				if err := a.Compare(t.Context()); err != nil {
					t.Fatal(err)
				}
			}
			compare(0)
			if err := a.DB.Write(t.Context(), func(tx *db.Tx) error {
				customer, _, err := db.One(t.Context(), tx, selectRivard, db.Value[string])
				if err != nil {
					return err
				}
				return payment.Raise(t.Context(), tx, "dispute", customer, "dp_17", money.Amount{Minor: 41800, Currency: "CAD"})
			}); err != nil {
				t.Fatal(err)
			}
			if err := clerk.BookPayout(t.Context(), money.Must("50")); err != nil {
				t.Fatal(err)
			}
			compare(time.Minute)
			compare(time.Minute)
			say := func(fr, en string) string {
				if lang == i18n.FR {
					return fr
				}
				return en
			}
			b := openTab(t, shop, wide).SignIn(finance).Go("/desk").Speak(lang)
			b.Shows(say("1 écart de parité", "1 parity difference"), say("1 tâche des finances", "1 finance task"))
			b.Go("/desk/finance").Shows(say("Les sommes ne concordent pas", "The sums do not tie"), say("De la commande à l’argent", "From order to cash"))
			b.Shoot("finance-1-home-" + string(lang))
			b.Go("/desk/parity").Shows(say("Voir les messages", "See the messages"))
			b.Shoot("finance-2-parity-" + string(lang))
			b.Press("a[href^='/desk/parity/difference']").Shows(say("Laisser tel quel", "Leave it as it is"))
			b.Expect(422)
			b.Press("form[action='/desk/parity/note'] button").Shows(say("Écrivez en quelques mots", "Write in a few words"))
			b.Expect()
			b.Type("#note", "Versement du 20").Press("form[action='/desk/parity/note'] button").Shows(say("Reconnu", "Acknowledged"), "Versement du 20")
			b.Shoot("finance-3-acknowledged-" + string(lang))
			b.Go("/desk/tasks").Shows(say("Paiement contesté", "Disputed payment"))
			b.Shoot("finance-4-tasks-" + string(lang))
			b.Press("a[href^='/desk/tasks/']").Shows(say("preuve de livraison", "proof of delivery"))
			b.Press("form[action$='/owner'] button").Shows(say("En main", "In hand"))
			b.Shoot("finance-5-task-" + string(lang))
			b.Type("#note", "Preuve envoyée").Press("form[action$='/settlement'] button").Shows(say("Aucune tâche", "No task"))

			phone := b.Another(Look{Width: 360})
			for name, path := range map[string]string{"home": "/desk/finance", "parity": "/desk/parity", "tasks": "/desk/tasks?done=1"} {
				phone.Go(path)
				if over := eval[bool](phone, `document.documentElement.scrollWidth > innerWidth`); over {
					t.Errorf("%s is wider than a phone", path)
				}
				phone.Shoot("finance-6-phone-" + name + "-" + string(lang))
			}
		})
	}
}
