package comptoirtest_test

import (
	"context"
	"os"
	"testing"
	"time"

	"comptoir.example/comptoir/base/db/dbtest"
	"comptoir.example/comptoir/comptoirtest"
	"comptoir.example/comptoir/erp/tryton"
	"comptoir.example/comptoir/erp/tryton/demo"
)

// startTryton is a connector and a clerk of runTryton's.
func startTryton(t *testing.T) (*tryton.Connector, *tryton.Clerk) {
	t.Helper()
	config := runTryton(t)
	return tryton.New(config), tryton.NewClerk(config)
}

// needTryton leaves a test out unless the make target asks for real parts
// (COMPTOIR_TRYTON=1).
func needTryton(t *testing.T) {
	t.Helper()
	if os.Getenv("COMPTOIR_TRYTON") != "1" {
		t.Skip("the real ERP is tried by make test")
	}
}

// trytons is room for those that run at once: each keeps a core busy.
var trytons = make(chan struct{}, 2)

// runTryton runs a real Tryton with the demo merchant.
func runTryton(t *testing.T) tryton.Config {
	t.Helper()
	needTryton(t)
	trytons <- struct{}{}
	t.Cleanup(func() { <-trytons })
	cache, err := demo.Cache()
	if err != nil {
		t.Fatal(err)
	}
	dir, err := demo.Scratch()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	server, err := demo.Start(context.Background(), dir, demo.Options{Cache: cache, Log: os.Stderr})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(server.Stop)
	return tryton.Config{URL: server.URL, Database: demo.Database, User: "connector", Password: demo.Password}
}

// Three of the points of step 6 with the real ERP; make test takes the one between
// Tryton's commit and ours.
func TestKilledTheStoryEndsInTheSameBooksWithTryton(t *testing.T) {
	t.Parallel()
	config := runTryton(t)
	points := []string{"push.created"}
	if os.Getenv("COMPTOIR_PROVE") != "" {
		points = append(points, "push.stepped", "outbox.carried")
	}
	for i, point := range points {
		t.Run(point, func(t *testing.T) {
			kill(t, point, dbtest.Engines[i%2], tryton.New(config), tryton.NewClerk(config), "BC-"+point, shopOf(config)...)
		})
	}
}

// So do three on the way of a receipt into it: nothing is there yet, it is there and
// not booked, and the ERP has answered and nobody here knows. make test takes the
// one between Tryton's commit and ours.
func TestKilledAPaymentEndsInTheSameBooksWithTryton(t *testing.T) {
	t.Parallel()
	needTryton(t)
	points := []string{"receipt.created"}
	if os.Getenv("COMPTOIR_PROVE") != "" {
		points = append(points, "receipt.looked_up", "receipt.stepped")
	}
	for i, point := range points {
		t.Run(point, func(t *testing.T) {
			t.Parallel()
			config := runTryton(t)
			// What may be under way inside Tryton is waited for, two minutes.
			killPayer(t, point, dbtest.Engines[i%2], tryton.New(config), 4*time.Minute, shopOf(config)...)
		})
	}
}

// shopOf are the settings of a shop over a Tryton, for a process of its own.
func shopOf(config tryton.Config) []string {
	return []string{"COMPTOIR_ERP=tryton", "COMPTOIR_ERP_URL=" + config.URL, "COMPTOIR_ERP_PASSWORD=" + config.Password}
}

func TestTheStoryOverHTTPWithTryton(t *testing.T) {
	t.Parallel()
	for _, engine := range dbtest.Engines {
		t.Run(engine, func(t *testing.T) {
			t.Parallel()
			connector, clerk := startTryton(t)
			start := time.Now()
			a, shop := open(t, engine, connector)
			t.Log("first load", time.Since(start))
			s := &comptoirtest.Story{T: t, Shop: shop, ERP: connector, Clerk: clerk, PO: "BC-7790", Waits: 60 * time.Second}
			s.Tell()
			if owing := sameAges(t, a, connector, around(a)...); owing == 0 {
				t.Error("nobody owes anything: no age to compare")
			}
			s.TellOfMoney()
		})
	}
}
