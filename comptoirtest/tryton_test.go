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

// runTryton runs a real Tryton with the demo merchant. The test is left out
// unless the make target asks for real parts (COMPTOIR_TRYTON=1).
func runTryton(t *testing.T) tryton.Config {
	t.Helper()
	if os.Getenv("COMPTOIR_TRYTON") != "1" {
		t.Skip("the real ERP is tried by make test")
	}
	cache, err := demo.Cache()
	if err != nil {
		t.Fatal(err)
	}
	server, err := demo.Start(context.Background(), t.TempDir(), demo.Options{Cache: cache, Log: os.Stderr})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(server.Stop)
	return tryton.Config{URL: server.URL, Database: demo.Database, User: "connector", Password: demo.Password}
}

// Three of the points of step 6 with the real ERP; make test takes the one between
// Tryton's commit and ours.
func TestKilledTheStoryEndsInTheSameBooksWithTryton(t *testing.T) {
	config := runTryton(t)
	points := []string{"push.created"}
	if os.Getenv("COMPTOIR_PROVE") != "" {
		points = append(points, "push.stepped", "outbox.carried")
	}
	for i, point := range points {
		t.Run(point, func(t *testing.T) {
			kill(t, point, dbtest.Engines[i%2], tryton.New(config), tryton.NewClerk(config), "BC-"+point, "COMPTOIR_ERP=tryton", "COMPTOIR_ERP_URL="+config.URL, "COMPTOIR_ERP_PASSWORD="+demo.Password)
		})
	}
}

func TestTheStoryOverHTTPWithTryton(t *testing.T) {
	for _, engine := range dbtest.Engines {
		t.Run(engine, func(t *testing.T) {
			connector, clerk := startTryton(t)
			start := time.Now()
			a, shop := open(t, engine, connector)
			t.Log("first load", time.Since(start))
			s := &comptoirtest.Story{T: t, Shop: shop, ERP: connector, Clerk: clerk, PO: "BC-7790", Waits: 60 * time.Second}
			s.Tell()
			if owing := sameAges(t, a, connector, around(a)...); owing == 0 {
				t.Error("nobody owes anything: no age to compare")
			}
		})
	}
}
