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
	done := make(chan struct{})
	go func() { a.Run(ctx); close(done) }()
	t.Cleanup(func() { cancel(); <-done; server.Close() })
	return a, server.URL
}

func TestTheStoryOverHTTPWithBooks(t *testing.T) {
	for _, engine := range dbtest.Engines {
		t.Run(engine, func(t *testing.T) {
			connector, clerk := startBooks(t)
			_, shop := open(t, engine, connector)
			s := &comptoirtest.Story{T: t, Shop: shop, ERP: connector, Clerk: clerk, PO: "BC-7790", Waits: 5 * time.Second}
			s.Tell()
		})
	}
}
