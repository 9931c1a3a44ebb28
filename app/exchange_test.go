package app_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"comptoir.example/comptoir/app"
	"comptoir.example/comptoir/base/db"
	"comptoir.example/comptoir/base/db/dbtest"
	"comptoir.example/comptoir/base/fault"
	"comptoir.example/comptoir/base/i18n"
	"comptoir.example/comptoir/erp/books"
)

// startBooks runs the embedded ERP for a test.
func startBooks(t *testing.T) app.ERPConfig {
	t.Helper()
	ctx, stop := context.WithCancel(context.Background())
	ready, done := make(chan string, 1), make(chan error, 1)
	go func() {
		done <- books.Serve(ctx, books.Options{Listen: "127.0.0.1:0", Dir: t.TempDir(), Token: "t", Ready: func(url string) { ready <- url }})
	}()
	t.Cleanup(func() {
		stop()
		<-done
	})
	select {
	case url := <-ready:
		return app.ERPConfig{Kind: "books", URL: url, Password: "t"}
	case err := <-done:
		t.Fatal(err)
		return app.ERPConfig{}
	}
}

// said collects what a command says, in French, and by which keys.
type said struct {
	t    *testing.T
	keys []string
	text strings.Builder
}

func (s *said) say(key string, params ...any) {
	words, err := app.Words()
	if err != nil {
		s.t.Fatal(err)
	}
	s.keys = append(s.keys, key)
	fmt.Fprintln(&s.text, words.Printer(i18n.FR, time.UTC).T(key, params...))
}

var (
	invoiceOff = db.SQL("test.invoice_off", `UPDATE invoice SET balance = balance - 1 WHERE balance > 100`)
	orderOff   = db.SQL("test.order_off", `
UPDATE sales_order SET erp_totals = REPLACE(erp_totals, '"total":{"minor":', '"total":{"minor":9') WHERE erp_number = (
    SELECT MIN(erp_number) FROM sales_order WHERE state NOT IN ('invoiced', 'cancelled', 'refused'))`)
	recordGone = db.SQL("test.record_gone", `DELETE FROM replica WHERE kind = 'tax' AND erp_id = (SELECT MIN(erp_id) FROM replica WHERE kind = 'tax')`)
	priceOff   = db.SQL("test.price_off", `UPDATE price SET breaks = REPLACE(breaks, '"price":"', '"price":"1') WHERE erp_id = (
    SELECT MIN(p.erp_id) FROM price p JOIN item i ON i.conn = p.conn AND i.erp_id = p.item JOIN customer c ON c.price_list = p.price_list WHERE i.sold AND c.active)`)
	leads = db.SQL("test.leads", `UPDATE connection SET leader = 'shop/1', led_until = $1`)
)

func TestReconcileSaysWhatDiffersAndKeepsWhatTheERPSays(t *testing.T) {
	for _, engine := range dbtest.Engines {
		t.Run(engine, func(t *testing.T) {
			c := app.Config{Database: dbtest.URL(t, engine), Listen: "127.0.0.1:0", ERP: startBooks(t)}
			if err := app.Sync(ctx, c, (&said{t: t}).say); err != nil {
				t.Fatal(err)
			}
			for _, f := range app.Doctor(ctx, c, time.Minute) {
				if f.State == app.Problem {
					t.Errorf("the doctor finds in a shop that has just read everything: %s %v", f.Check, f.Params)
				}
			}
			same := &said{t: t}
			if err := app.Reconcile(ctx, c, 200, same.say); err != nil {
				t.Fatalf("%v\n%s", err, same.text.String())
			}
			if !slices.Contains(same.keys, "cmd.same") || !slices.Contains(same.keys, "cmd.compared_invoice") || !slices.Contains(same.keys, "cmd.compared_order") {
				t.Errorf("nothing was compared:\n%s", same.text.String())
			}
			for _, s := range []*db.Stmt{invoiceOff, orderOff, recordGone, priceOff} {
				plant(t, c.Database, s)
			}
			found := &said{t: t}
			err := app.Reconcile(ctx, c, 200, found.say)
			if fault.Of(err).Code != "cmd.differ" {
				t.Errorf("with four kinds of differences: %v", err)
			}
			for _, key := range []string{"cmd.differs_invoice", "cmd.differs_order", "cmd.only_there", "cmd.differs_price"} {
				if !slices.Contains(found.keys, key) {
					t.Errorf("%s is not said:\n%s", key, found.text.String())
				}
			}
			if strings.ContainsAny(found.text.String(), "⟦{") {
				t.Errorf("words are missing:\n%s", found.text.String())
			}
			// The ERP's figures are kept; a price is not read again one by one.
			after := &said{t: t}
			app.Reconcile(ctx, c, 0, after.say)
			if !slices.Contains(after.keys, "cmd.same") {
				t.Errorf("after that:\n%s", after.text.String())
			}
		})
	}
}

func TestSyncLeavesAServingShopAlone(t *testing.T) {
	for _, engine := range dbtest.Engines {
		t.Run(engine, func(t *testing.T) {
			c := app.Config{Database: dbtest.URL(t, engine), Listen: "127.0.0.1:0", ERP: startBooks(t)}
			if err := app.Sync(ctx, c, silent); err != nil {
				t.Fatal(err)
			}
			d, err := app.Open(ctx, c.Database)
			if err != nil {
				t.Fatal(err)
			}
			defer d.Close()
			if err := d.Write(ctx, func(tx *db.Tx) error {
				_, err := tx.Exec(ctx, leads, tx.Now.Add(time.Minute))
				return err
			}); err != nil {
				t.Fatal(err)
			}
			want := map[string]string{"sqlite": "db.in_use", "postgres": "cmd.serving"}[engine]
			if err := app.Sync(ctx, c, silent); fault.Of(err).Code != want {
				t.Errorf("beside a shop that reads: %v", err)
			}
		})
	}
}

func TestAnERPThatDoesNotAnswerIsSaidInWords(t *testing.T) {
	c := app.Config{Database: dbtest.URL(t, "sqlite"), Listen: "127.0.0.1:0", ERP: app.ERPConfig{Kind: "books", URL: "http://127.0.0.1:1"}}
	for _, run := range []func() error{
		func() error { return app.Sync(ctx, c, silent) }, func() error { return app.Reconcile(ctx, c, 1, silent) },
	} {
		if err := run(); fault.Of(err).Code != "cmd.erp_failed" {
			t.Errorf("%v", err)
		}
	}
}
