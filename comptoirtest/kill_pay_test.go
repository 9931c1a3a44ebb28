package comptoirtest_test

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"comptoir.example/comptoir/app"
	"comptoir.example/comptoir/base/db"
	"comptoir.example/comptoir/base/db/dbtest"
	"comptoir.example/comptoir/comptoirtest"
	"comptoir.example/comptoir/erp"
	"comptoir.example/comptoir/erp/books"
	"comptoir.example/comptoir/finance/ledger"
	"comptoir.example/comptoir/gateway/simulator"
)

// kill -9 at each point between two durable effects on the way of the money: after
// a restart there is one payment, one capture and one receipt in the ERP, undone there
// once when it was lost to a dispute, and our ledger is the processor's balance.
func TestKilledAtAnyPointAPaymentEndsInTheSameBooks(t *testing.T) {
	if testing.Short() {
		t.Skip("two minutes: make test")
	}
	t.Parallel()
	for i, point := range app.MoneyCrashPoints {
		for j, engine := range dbtest.Engines {
			if os.Getenv("COMPTOIR_PROVE") == "" && i%2 != j {
				continue // make test takes each point once, make prove on both engines
			}
			t.Run(point+"/"+engine, func(t *testing.T) {
				t.Parallel()
				url, _ := booksOnTheSide(t)
				killPayer(t, point, engine, books.Connect(url, "test"), 60*time.Second, "COMPTOIR_ERP=books", "COMPTOIR_ERP_URL="+url, "COMPTOIR_ERP_PASSWORD=test")
			})
		}
	}
}

// processorOnTheSide is a processor that outlives the shop.
func processorOnTheSide(t *testing.T) (url string, secret, signing string) {
	t.Helper()
	secret, signing = "sk-of-a-test", "whsec-of-a-test"
	ctx, cancel := context.WithCancel(context.Background())
	ready, done := make(chan string, 1), make(chan error, 1)
	go func() {
		done <- simulator.Serve(ctx, simulator.Options{Now: time.Now, Seed: 1, Secret: secret, Merchant: "Boréale", Listen: "127.0.0.1:0",
			File: filepath.Join(t.TempDir(), "processor.json"), Signing: []string{signing}, Ready: func(url string) { ready <- url }})
	}()
	t.Cleanup(func() { cancel(); <-done })
	select {
	case url = <-ready:
	case err := <-done:
		t.Fatal(err)
	}
	return url, secret, signing
}

func killPayer(t *testing.T, point, engine string, connector erp.Connector, waits time.Duration, env ...string) {
	database := dbtest.URL(t, engine)
	seed(t, database, connector)
	pages, secret, signing := processorOnTheSide(t)
	p := serve(t, point, append(env, "COMPTOIR_DATABASE="+database, "COMPTOIR_PROCESSOR_URL="+pages, "COMPTOIR_PROCESSOR_SECRET="+secret,
		"COMPTOIR_PROCESSOR_WEBHOOK="+signing)...)
	shop := "http://" + p.address
	clerk := simulator.NewClerk(pages)
	if err := clerk.Act(t.Context(), "address", "url", shop+"/hooks/simulator"); err != nil {
		t.Fatal(err)
	}

	// The payer pays all that Rivard owes, by card, and repeats what the wire broke.
	v := comptoirtest.Visit(t, shop)
	again := func(what string, try func() error) {
		t.Helper()
		var last error
		comptoirtest.Eventually(t, 30*time.Second, what, func() bool { last = try(); return last == nil })
	}
	get := func(path string) {
		t.Helper()
		again("GET "+path, func() error {
			if err := v.Try(path); err != nil {
				return err
			}
			if v.Status >= http.StatusInternalServerError {
				return fmt.Errorf("%d", v.Status)
			}
			return nil
		})
	}
	again("sign in", func() error {
		if err := v.Try("/signin"); err != nil {
			return err
		}
		f, err := v.FindForm("/signin")
		if err != nil {
			return err
		}
		return f.Set("email", "payer@rivard.example").Set("password", app.DemoPassword).TrySend()
	})
	get("/invoices")
	invoice := ""
	for _, href := range v.Links() {
		if id, is := strings.CutPrefix(href, "/invoices/"); is && invoice == "" {
			invoice = id
		}
	}
	get("/payments/new?invoice=" + invoice)
	f := v.Form("/payments").Set("act", "pay")
	again("pay", f.TrySend)
	again("pay again", f.TrySend)
	path := v.URL.Path
	if !strings.HasPrefix(path, "/payments/") {
		t.Fatalf("no payment: %d %s\n%s", v.Status, v.URL, v.Text())
	}
	session := ""
	comptoirtest.Eventually(t, waits, "the processor's page is known", func() bool {
		get(path)
		for _, href := range v.Links() {
			if strings.HasPrefix(href, pages) {
				session = href
			}
		}
		return session != ""
	})
	if _, err := clerk.Pay(t.Context(), session, simulator.Approved); err != nil {
		t.Fatal(err)
	}
	comptoirtest.Eventually(t, waits, "the receipt is in the ERP", func() bool { get(path); return v.Sees("Merci") && v.Sees("dans l’ERP") })
	comptoirtest.Eventually(t, waits, "nothing is owed", func() bool { get("/invoices"); return v.Sees("Vous ne devez rien") })
	lost := point == "receipt.reversed"
	if lost { // the payer's bank takes it back, and keeps it
		attempt := seen(t, database, selectTried)
		if err := clerk.Act(t.Context(), "disputes", "name", attempt); err != nil {
			t.Fatal(err)
		}
		if err := clerk.Act(t.Context(), "dispute-outcomes", "name", attempt, "outcome", "lost"); err != nil {
			t.Fatal(err)
		}
		comptoirtest.Eventually(t, waits, "it is owed again", func() bool { get("/invoices"); return !v.Sees("Vous ne devez rien") })
	}
	// The sweep comes every ten seconds; the last of what it would bring is awaited.
	comptoirtest.Eventually(t, waits, "it was killed at "+point, func() bool {
		p.mu.Lock()
		defer p.mu.Unlock()
		return p.killed == 1
	})
	get("/invoices")
	// What was paid is deducted at once; the ERP counts it a moment later.
	comptoirtest.Eventually(t, waits, "the ERP counts it", func() bool { return seen(t, database, countHolds) == "0" })
	p.stop()
	samePayment(t, database, connector, simulator.New(pages, secret, signing), lost)
}

var (
	countHolds  = db.SQL("kill_pay_test.count_holds", `SELECT CAST(COUNT(*) AS TEXT) FROM payment_hold`)
	selectTried = db.SQL("kill_pay_test.select_tried", `SELECT id FROM attempt`)
)

// seen is what a question answers, asked beside the shop that runs.
func seen(t *testing.T, database string, question *db.Stmt) (answer string) {
	t.Helper()
	d, err := db.Open(t.Context(), db.Options{URL: database, ReadOnly: true})
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	if err := d.Read(t.Context(), func(tx *db.Tx) (err error) {
		answer, _, err = db.One(t.Context(), tx, question, db.Value[string])
		return err
	}); err != nil {
		t.Fatal(err)
	}
	return answer
}

// samePayment looks for what must not be: a payment or a receipt twice, an entry
// that is missing.
func samePayment(t *testing.T, database string, connector erp.Connector, processor *simulator.Connector, lost bool) {
	t.Helper()
	ctx := context.Background()
	d, err := db.Open(ctx, db.Options{URL: database})
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	count := func(name, sql string, want int) {
		t.Helper()
		if err := d.Read(ctx, func(tx *db.Tx) error {
			n, _, err := db.One(ctx, tx, db.SQL("kill_pay_test."+strings.ReplaceAll(name, " ", "_"), sql), db.Value[int])
			if n != want {
				t.Errorf("%s: %d, want %d", name, n, want)
			}
			return err
		}); err != nil {
			t.Fatal(err)
		}
	}
	count("payments", `SELECT COUNT(*) FROM payment WHERE state = 'paid'`, 1)
	count("payments of any state", `SELECT COUNT(*) FROM payment`, 1)
	count("attempts", `SELECT COUNT(*) FROM attempt`, 1)
	count("captures", `SELECT COUNT(*) FROM movement WHERE kind = 'capture'`, 1)
	tasks, posted := 0, 1
	if lost {
		tasks, posted = 1, 0
	}
	count("receipts posted", `SELECT COUNT(*) FROM receipt WHERE state = 'posted'`, posted)
	count("receipts undone", `SELECT COUNT(*) FROM receipt WHERE state = 'reversed'`, 1-posted)
	count("receipts", `SELECT COUNT(*) FROM receipt`, 1)
	count("holds of any kind", `SELECT COUNT(*) FROM payment_hold`, 0)
	count("tasks", `SELECT COUNT(*) FROM task`, tasks)
	count("open deliveries", `SELECT COUNT(*) FROM delivery WHERE open`, 0)
	for cursor, more, n := "", true, 0; more || n != 1; {
		page, err := connector.Changed(ctx, erp.KindReceipt, cursor, 500)
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range page.Records {
			if x, is := r.Body.(erp.Receipt); is && x.Key != "" {
				n++
			}
		}
		if cursor, more = page.Cursor, page.More; !more {
			if n != 1 {
				t.Errorf("the ERP has %d receipts of ours", n)
			}
			break
		}
	}
	report, err := ledger.Verify(ctx, d)
	if err != nil || !report.Sound() {
		t.Errorf("the ledger: %+v, %v", report, err)
	}
	balance, err := processor.Balance(ctx)
	if err != nil {
		t.Fatal(err)
	}
	if err := d.Read(ctx, func(tx *db.Tx) error {
		ours, err := ledger.Balance(ctx, tx, ledger.Processor("simulator"), "CAD")
		if len(balance) == 0 || ours != balance[0] {
			t.Errorf("the processor owes %v, our ledger says %v", balance, ours)
		}
		return err
	}); err != nil {
		t.Fatal(err)
	}
}
