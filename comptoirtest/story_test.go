package comptoirtest_test

import (
	"context"
	"net/http/httptest"
	"testing"
	"time"

	"comptoir.example/comptoir/app"
	"comptoir.example/comptoir/app/migrations"
	"comptoir.example/comptoir/base/db"
	"comptoir.example/comptoir/base/db/dbtest"
	"comptoir.example/comptoir/comptoirtest"
	"comptoir.example/comptoir/erp"
	"comptoir.example/comptoir/erp/books"
	"comptoir.example/comptoir/gateway"
	"comptoir.example/comptoir/gateway/simulator"
)

// startBooks runs the embedded ERP in this process, on its own port and file.
func startBooks(t *testing.T) (erp.Connector, *books.Clerk) {
	t.Helper()
	url, clerk := booksOnTheSide(t)
	return books.Connect(url, "test"), clerk
}

// open serves a shop over a connector, with the demo's people, and exchanges
// with the ERP in the background.
func open(t *testing.T, engine string, connector erp.Connector) (*app.App, string) {
	t.Helper()
	return openAt(t, engine, connector, nil)
}

// openAt is open with a clock; nil is the real one.
func openAt(t *testing.T, engine string, connector erp.Connector, clock func() time.Time) (*app.App, string) {
	t.Helper()
	d := dbtest.Open(t, engine, migrations.Files, db.Options{Clock: clock})
	a := comptoirtest.Over(t, d, connector)
	if err := app.SeedPeople(context.Background(), d); err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(a.Mux)
	ctx, cancel := context.WithCancel(context.Background())
	a.Take(startProcessor(ctx, t, server.URL), server.URL)
	a.Mail(&comptoirtest.Post{}, comptoirtest.LinkKey, server.URL)
	done := make(chan struct{})
	go func() { a.Run(ctx); close(done) }()
	t.Cleanup(func() { cancel(); <-done; server.Close() })
	return a, server.URL
}

// startProcessor runs the payment processor in this process, on a port of its own:
// another origin.
func startProcessor(ctx context.Context, t *testing.T, shop string) gateway.Connector {
	t.Helper()
	const secret, signing = "sk-of-a-test", "whsec-of-a-test"
	ready, done := make(chan string), make(chan struct{})
	go func() {
		defer close(done)
		err := simulator.Serve(ctx, simulator.Options{Now: time.Now, Seed: 1, Secret: secret, Merchant: "Quincaillerie Boréale", Listen: "127.0.0.1:0",
			Webhooks: shop + "/hooks/simulator", Signing: []string{signing}, Ready: func(url string) { ready <- url }})
		if err != nil {
			t.Error(err)
		}
	}()
	t.Cleanup(func() { <-done })
	return simulator.New(<-ready, secret, signing)
}

func TestTheStoryOverHTTPWithBooks(t *testing.T) {
	for _, engine := range dbtest.Engines {
		t.Run(engine, func(t *testing.T) {
			connector, clerk := startBooks(t)
			_, shop := open(t, engine, connector)
			s := &comptoirtest.Story{T: t, Shop: shop, ERP: connector, Clerk: clerk, PO: "BC-7790", Waits: 5 * time.Second}
			s.Tell()
			s.TellOfMoney()
		})
	}
}
