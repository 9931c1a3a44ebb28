package app_test

import (
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"comptoir.example/comptoir/app"
	"comptoir.example/comptoir/base/db"
	"comptoir.example/comptoir/base/db/dbtest"
	"comptoir.example/comptoir/base/i18n"
	"comptoir.example/comptoir/comptoirtest"
)

// damage is what a hand in the database, or a bug, could do.
var damage = []struct {
	name  string
	plant *db.Stmt
	found []string
}{
	{"an edited fact", db.SQL("test.edit_fact", `UPDATE fact SET body = '{"order":"x"}' WHERE kind = 'order.numbered'`), []string{"chain"}},
	{"an edited fact that is not linked yet", db.SQL("test.edit_tail", `UPDATE fact SET actor = 'x' WHERE NOT linked`), []string{"chain"}},
	{"a deleted fact", db.SQL("test.delete_fact", `DELETE FROM fact WHERE kind = 'order.numbered'`), []string{"chain"}},
	{"a deleted fact that something follows from", db.SQL("test.delete_tail", `DELETE FROM fact WHERE kind = 'order.placed' AND NOT linked`),
		[]string{"delivery_factless", "order_untold"}},
	{"a fact taken out of the chain", db.SQL("test.unlink", `DELETE FROM fact_link WHERE seq = (SELECT MAX(seq) FROM fact_link)`), []string{"chain"}},
	{"a delivery without its order", db.SQL("test.delete_order", `DELETE FROM sales_order WHERE state = 'submitted'`), []string{"delivery_orphan"}},
	{"an order's line that is a cent off", db.SQL("test.cent_line", `UPDATE order_line SET amount = amount + 1 WHERE quantity = '12'`), []string{"order_sums"}},
	{"an order's total that is a cent off", db.SQL("test.cent_order", `
UPDATE sales_order SET totals = REPLACE(totals, '"total":{"minor":', '"total":{"minor":1') WHERE state = 'submitted'`), []string{"order_sums"}},
	{"an invoice that does not add up", db.SQL("test.cent_invoice", `UPDATE invoice SET total = total + 1`), []string{"invoice_sums"}},
	{"a balance above its invoice", db.SQL("test.balance", `UPDATE invoice SET balance = total + 1`), []string{"invoice_open", "invoice_sums"}},
	{"a kept sum that is a cent off", db.SQL("test.cent_open", `UPDATE invoice_open SET minor = minor + 1`), []string{"invoice_open"}},
	{"a lease of a dead holder", db.SQL("test.lease", `
UPDATE delivery SET state = 'sending', holder = 'gone/1', leased = created - 60000000 WHERE open`), []string{"lease"}},
	{"a lease of a wrong clock", db.SQL("test.lease_future", `
UPDATE delivery SET state = 'sending', holder = 'mad/1', leased = created + 86400000000 WHERE open`), []string{"lease"}},
	{"a delivery that waits for an hour", db.SQL("test.stuck", `UPDATE delivery SET created = created - 3600000000 WHERE open`), []string{"stuck"}},
	{"a lane held by a failed delivery", db.SQL("test.held", `UPDATE delivery SET state = 'failed' WHERE open`), []string{"held"}},
	{"an order without a delivery", db.SQL("test.lost", `DELETE FROM delivery WHERE open`), []string{"order_lost"}},
	{"a record that was not understood", db.SQL("test.malformed", `UPDATE replica SET malformed = 'no unit' WHERE kind = 'item' AND erp_id = 'i1'`), []string{"malformed"}},
	{"a record without its row", db.SQL("test.homeless", `DELETE FROM item WHERE erp_id = 'i2'`), []string{"replica"}},
	{"a flow that does not move", db.SQL("test.flow", `UPDATE flow SET error = 'no right' WHERE kind = 'price'`), []string{"flow"}},
	{"a column that no migration made", db.SQL("test.column", `ALTER TABLE customer ADD COLUMN nickname TEXT`), []string{"schema"}},
}

func TestTheDoctorFindsPlantedDamageAndNothingElse(t *testing.T) {
	for _, engine := range dbtest.Engines {
		t.Run(engine, func(t *testing.T) {
			url := dbtest.URL(t, engine)
			lived(t, url)
			if bad := problems(url); len(bad) > 0 {
				t.Fatalf("in a sound shop: %v", bad)
			}
			file := backup(t, url)
			for _, d := range damage {
				t.Run(d.name, func(t *testing.T) {
					copied := restored(t, engine, file)
					plant(t, copied, d.plant)
					if bad := problems(copied); !slices.Equal(bad, d.found) {
						t.Errorf("found %v, not %v", bad, d.found)
					}
				})
			}
		})
	}
}

// restored is a new database that holds what a backup says: nobody can empty one
// with a ledger in it.
func restored(t *testing.T, engine, file string) (url string) {
	t.Helper()
	url = dbtest.URL(t, engine)
	if err := app.Restore(ctx, url, file, silent); err != nil {
		t.Fatal(err)
	}
	return url
}

func plant(t *testing.T, url string, s *db.Stmt) {
	t.Helper()
	d, err := app.Open(ctx, url)
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	if err := d.Write(ctx, func(tx *db.Tx) error {
		n, err := tx.Exec(ctx, s)
		if err == nil && n == 0 && !strings.HasSuffix(s.Name, "column") {
			t.Errorf("%s touched nothing", s.Name)
		}
		return err
	}); err != nil {
		t.Fatal(err)
	}
}

func problems(url string) (checks []string) {
	for _, f := range app.Doctor(ctx, app.Config{Database: url, Listen: "127.0.0.1:8080"}, 15*time.Minute) {
		if f.State == app.Problem {
			checks = append(checks, f.Check)
		}
	}
	slices.Sort(checks)
	return checks
}

func pci(url string, c app.Config) (bad, notes []string) {
	c.Database = url
	for _, f := range app.DoctorPCI(ctx, c) {
		switch f.State {
		case app.Problem:
			bad = append(bad, f.Check)
		case app.Note:
			notes = append(notes, f.Check)
		}
	}
	return bad, notes
}

var cards = []struct {
	plant *db.Stmt
	found string
}{
	{db.SQL("test.card", `UPDATE sales_order SET comment = 'Ma carte : 4111 1111 1111 1111, merci' WHERE state = 'submitted'`), "pci_luhn"},
	{db.SQL("test.card_plain", `UPDATE address SET street = '5555555555554444' WHERE erp_id = 'c1a'`), "pci_luhn"},
	{db.SQL("test.password", `UPDATE person SET password = 'comptoir-demo-1' WHERE email = 'buyer@rivard.example'`), "pci_passwords"},
	{db.SQL("test.cvc_column", `ALTER TABLE sales_order ADD COLUMN cvc TEXT`), "pci_columns"},
}

func TestTheDoctorFindsWhatACardLeft(t *testing.T) {
	for _, engine := range dbtest.Engines {
		t.Run(engine, func(t *testing.T) {
			url := dbtest.URL(t, engine)
			lived(t, url)
			bad, notes := pci(url, app.Config{Listen: "127.0.0.1:8080"})
			if len(bad) > 0 || !slices.Contains(notes, "pci_second_factor") || !slices.Contains(notes, "pci_payment") {
				t.Fatalf("in a sound demo: %v, notes %v", bad, notes)
			}
			if bad, _ := pci(url, app.Config{Listen: "0.0.0.0:8080"}); !slices.Equal(bad, []string{"tls", "demo"}) {
				t.Errorf("the demo open to everybody, without TLS: %v", bad)
			}
			file := backup(t, url)
			for _, c := range cards {
				copied := restored(t, engine, file)
				plant(t, copied, c.plant)
				if bad, _ := pci(copied, app.Config{Listen: "127.0.0.1:8080"}); !slices.Equal(bad, []string{c.found}) {
					t.Errorf("%s: %v", c.plant.Name, bad)
				}
			}
		})
	}
}

// Every finding has its words, and what to do where something is wrong, in both
// languages.
func TestEveryFindingHasWords(t *testing.T) {
	words, err := app.Words()
	if err != nil {
		t.Fatal(err)
	}
	for _, lang := range i18n.Langs {
		for _, key := range words.Keys(lang) {
			if check, is := strings.CutSuffix(key, ".problem"); is && strings.HasPrefix(key, "doctor.") && !words.Has(lang, check+".todo") && key != "doctor.state.problem" {
				t.Errorf("%s: %s does not say what to do", lang, key)
			}
		}
		p := words.Printer(lang, time.UTC)
		for _, d := range damage {
			for _, check := range d.found {
				f := app.Finding{Check: check, State: app.Problem, Params: []any{"n", 2, "example", "X", "fact", "Y", "limit", time.Hour}}
				f.Words(p)
				if strings.ContainsAny(f.Said+f.Todo, "⟦{") || f.Todo == "" {
					t.Errorf("%s: %s %s", lang, f.Said, f.Todo)
				}
			}
		}
	}
}

var (
	selectPersons = db.SQL("test.select_persons", `SELECT email, name FROM person ORDER BY id`)
	selectBodies  = db.SQL("test.select_bodies", `SELECT kind, body FROM fact ORDER BY id`)
)

// Facts are never changed, so nothing may stand in them that somebody may ask us
// to forget.
func TestFactsHoldNoPersonalData(t *testing.T) {
	for _, engine := range dbtest.Engines {
		t.Run(engine, func(t *testing.T) {
			h := lived(t, dbtest.URL(t, engine))
			server := httptest.NewServer(h.Mux)
			defer server.Close()
			v := comptoirtest.Visit(t, server.URL).SignIn("buyer@rivard.example", app.DemoPassword)
			v.Get("/products/PRD-001").Form("/cart/lines").Set("quantity", "2").Send()
			v.Get("/checkout").Form("/orders").Set("po_number", "BC-9").Set("act", "place").Send()
			if !strings.HasPrefix(v.URL.Path, "/orders/") {
				t.Fatalf("no order: %d %s", v.Status, v.Text())
			}
			h.Steps()
			h.Read(func(tx *db.Tx) error {
				persons, err := db.All(ctx, tx, selectPersons, scanTwo)
				if err != nil {
					return err
				}
				facts, err := db.All(ctx, tx, selectBodies, scanTwo)
				if len(persons) < 5 || len(facts) < 10 {
					t.Errorf("%d persons, %d facts", len(persons), len(facts))
				}
				for _, f := range facts {
					for _, p := range persons {
						if strings.Contains(f[1], p[0]) || strings.Contains(f[1], p[1]) {
							t.Errorf("a fact %s names %s: %s", f[0], p[1], f[1])
						}
					}
				}
				return err
			})
		})
	}
}
