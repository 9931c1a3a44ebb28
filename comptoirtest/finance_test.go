package comptoirtest_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"comptoir.example/comptoir/app"
	"comptoir.example/comptoir/app/migrations"
	"comptoir.example/comptoir/base/db"
	"comptoir.example/comptoir/base/db/dbtest"
	"comptoir.example/comptoir/base/money"
	"comptoir.example/comptoir/comptoirtest"
	"comptoir.example/comptoir/erp"
	"comptoir.example/comptoir/finance/payment"
)

// still serves a shop over a connector that does nothing by itself: what it reads
// and compares, it does when the test says so.
func still(t *testing.T, engine string, connector erp.Connector, clock *comptoirtest.Clock) (*app.App, string) {
	t.Helper()
	a := comptoirtest.Over(t, dbtest.Open(t, engine, migrations.Files, db.Options{Clock: clock.Now}), connector)
	if err := app.SeedPeople(t.Context(), a.DB); err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(a.Mux)
	ctx, cancel := context.WithCancel(context.Background())
	a.Take(startProcessor(ctx, t, server.URL), server.URL)
	t.Cleanup(func() { cancel(); server.Close() })
	return a, server.URL
}

var (
	selectOwed = db.SQL("finance_test.select_owed", `
SELECT o.erp_order FROM invoice i JOIN invoice_order o ON o.conn = i.conn AND o.invoice = i.erp_id WHERE i.balance > 5000 ORDER BY i.erp_id LIMIT 1`)
	countFacts = db.SQL("finance_test.count_facts", `SELECT COUNT(*) FROM fact WHERE kind = $1`)
)

func facts(t *testing.T, a *app.App, kind string) (n int) {
	t.Helper()
	if err := a.DB.Read(t.Context(), func(tx *db.Tx) (err error) {
		n, _, err = db.One(t.Context(), tx, countFacts, db.Value[int], kind)
		return err
	}); err != nil {
		t.Fatal(err)
	}
	return n
}

// Somebody pays an invoice in the ERP by hand: within a minute finance sees what
// differs, with its class, its age and what to do, and the key beside it makes it
// tie. What no key mends is owned and acknowledged under a name, until it changes.
func TestFinanceSeesAndMendsWhatWasDoneInTheERPByHand(t *testing.T) {
	for _, engine := range dbtest.Engines {
		t.Run(engine, func(t *testing.T) {
			connector, clerk := startBooks(t)
			clock := comptoirtest.NewClock()
			a, shop := still(t, engine, connector, clock)
			compare := func(d time.Duration) {
				t.Helper()
				clock.Move(d)
				if err := a.Compare(t.Context()); err != nil {
					t.Fatal(err)
				}
			}
			compare(0)
			v := comptoirtest.Visit(t, shop).SignIn(finance, app.DemoPassword)
			v.Get("/desk/finance").MustSee("Chaque cent concorde", "Postes ouverts", "Compte d’attente", "De la commande à l’argent")
			if v.Get("/desk/parity").Sees("Relire de l’ERP") {
				t.Fatal("something differs at the beginning:\n", v.Text())
			}

			var order string
			if err := a.DB.Read(t.Context(), func(tx *db.Tx) (err error) {
				order, _, err = db.One(t.Context(), tx, selectOwed, db.Value[string])
				return err
			}); err != nil || order == "" {
				t.Fatal("nothing is owed", err)
			}
			if err := clerk.MakePartialPayment(t.Context(), order, money.Must("12.34")); err != nil {
				t.Fatal(err)
			}
			compare(30 * time.Second)
			v.Get("/desk/parity").MustSee("En route", "moments différents", "12,34 $")
			compare(30 * time.Second)
			compare(31 * time.Second)
			v.Get("/desk/parity").MustSee("Montants différents", "−12,34 $", "Relire de l’ERP", "depuis 1 min")
			v.Get("/desk").MustSee("1 écart de parité")
			v.Get("/desk/finance").MustSee("Les sommes ne concordent pas", "Personne encore")
			if v.Get("/desk/parity").Form("/desk/parity/fix").Send(); !strings.HasPrefix(v.URL.Path, "/desk/parity") || v.Sees("Relire de l’ERP") {
				t.Fatalf("read again, and it differs still:\n%s", v.Text())
			}
			v.MustSee("Chaque cent concorde")
			if facts(t, a, "difference.tried") != 1 {
				t.Error("nobody can tell who had it read again")
			}

			// A payout that is in the ERP only: no key of ours can mend it.
			if err := clerk.BookPayout(t.Context(), money.Must("50")); err != nil {
				t.Fatal(err)
			}
			compare(30 * time.Second)
			compare(61 * time.Second)
			v.Get("/desk/parity").MustSee("Compte d’attente", "−50,00 $", "Voir les messages", "Redemander au processeur")
			var href string
			for _, link := range v.Links() {
				if strings.HasPrefix(link, "/desk/parity/difference?") {
					href = link
				}
			}
			v.Get(href).Form("/desk/parity/owner").Send()
			if n := strings.Count(v.Text(), "Hélène Gagné"); n != 3 { // twice above the page
				t.Errorf("Hélène is named %d times:\n%s", n, v.Text())
			}
			f := v.Get(href).Form("/desk/parity/note").Send()
			if f.Status != http.StatusUnprocessableEntity || !f.Sees("Écrivez en quelques mots") {
				t.Fatalf("acknowledged without a reason: %d\n%s", f.Status, f.Text())
			}
			v.Get(href).Form("/desk/parity/note").Set("note", "Versement de janvier, fermé à la banque").Send()
			v.MustSee("Reconnu", "Hélène Gagné l’a reconnu", "Versement de janvier")
			if v.Get("/desk").Sees("écart de parité") {
				t.Error("what is acknowledged is still to be settled")
			}
			compare(30 * time.Second)
			v.Get("/desk/parity").MustSee("Reconnu", "Hélène Gagné")

			// It changes: it is to be explained anew, and is the same person's.
			if err := clerk.BookPayout(t.Context(), money.Must("1")); err != nil {
				t.Fatal(err)
			}
			stale := v.Get(href).Form("/desk/parity/note").Set("note", "Toujours la même chose")
			compare(30 * time.Second)
			if stale.Send(); v.Status != http.StatusConflict || !v.Sees("−51,00 $") {
				t.Errorf("a difference nobody saw was acknowledged: %d\n%s", v.Status, v.Text())
			}
			compare(61 * time.Second)
			if v.Get("/desk/parity").MustSee("−51,00 $", "depuis 3 min"); v.Sees("Reconnu") || strings.Count(v.Text(), "Hélène Gagné") != 3 {
				t.Errorf("another gap stays acknowledged:\n%s", v.Text())
			}
			if err := clerk.BookPayout(t.Context(), money.Must("-51")); err != nil {
				t.Fatal(err)
			}
			v.Get("/desk/parity").Form("/desk/parity/comparison").Send().MustSee("Chaque cent concorde")
			if v.Get(href); v.URL.Path != "/desk/parity" {
				t.Errorf("the page of what is gone leads to %s", v.URL)
			}

			// The ERP is away: the figures stay, with a word.
			if err := clerk.Stop(t.Context()); err != nil {
				t.Fatal(err)
			}
			clock.Move(3 * time.Minute)
			v.Get("/desk/parity").Form("/desk/parity/comparison").Send().MustSee("Un des côtés ne répond pas", "Postes ouverts dans l’ERP")
		})
	}
}

// What finance has to look at is listed, taken on and settled on its page; another
// role sees it or not, as its rights say.
func TestTasksAreSettledOnTheirPage(t *testing.T) {
	for _, engine := range dbtest.Engines {
		t.Run(engine, func(t *testing.T) {
			connector, _ := startBooks(t)
			a, shop := still(t, engine, connector, comptoirtest.NewClock())
			customer := ""
			if err := a.DB.Write(t.Context(), func(tx *db.Tx) (err error) {
				if customer, _, err = db.One(t.Context(), tx, selectRivard, db.Value[string]); err != nil {
					return err
				}
				return payment.Raise(t.Context(), tx, "dispute", customer, "dp_17", money.Amount{Minor: 41800, Currency: "CAD"})
			}); err != nil {
				t.Fatal(err)
			}
			v := comptoirtest.Visit(t, shop).SignIn(finance, app.DemoPassword)
			v.Get("/desk").MustSee("1 tâche des finances", "1 sans responsable")
			v.Get("/desk/tasks").MustSee("Paiement contesté", "Rivard", "418,00 $", "Sans responsable")
			var href string
			for _, link := range v.Links() {
				if strings.HasPrefix(link, "/desk/tasks/") {
					href = link
				}
			}
			v.Get(href).MustSee("conteste 418,00 $", "preuve de livraison", "dp_17")
			v.Form(href + "/owner").Send().MustSee("En main")
			if n := strings.Count(v.Get("/desk/finance").Text(), "Hélène Gagné"); n != 3 {
				t.Errorf("Hélène is named %d times:\n%s", n, v.Text())
			}
			if f := v.Get(href).Form(href + "/settlement").Send(); f.Status != http.StatusUnprocessableEntity || !f.Sees("Écrivez en quelques mots") {
				t.Fatalf("settled without a word: %d\n%s", f.Status, f.Text())
			}
			auditor := comptoirtest.Visit(t, shop).SignIn("auditor@boreale.example", app.DemoPassword)
			if auditor.Get(href).MustSee("conteste 418,00 $"); auditor.Sees("Marquer comme réglée") {
				t.Error("an auditor is offered a key that is not theirs")
			}
			v.Get(href).Form(href+"/settlement").Set("note", "Preuve envoyée").Send().MustSee("Aucune tâche")
			v.Get("/desk/tasks?done=1").MustSee("Réglée", "Hélène Gagné")
			v.Get(href).MustSee("Preuve envoyée")
			if v.Get("/desk").Sees("tâche des finances") {
				t.Error("what is settled is still to be settled")
			}
			if facts(t, a, "task.done") != 1 {
				t.Error("nobody can tell who settled it")
			}
		})
	}
}

var selectRivard = db.SQL("finance_test.select_rivard", `SELECT id FROM customer WHERE name LIKE '%Rivard%' ORDER BY id LIMIT 1`)
