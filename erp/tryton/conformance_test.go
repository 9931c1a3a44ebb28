package tryton

import (
	"flag"
	"os"
	"testing"

	"comptoir.example/comptoir/erp"
	"comptoir.example/comptoir/erp/erptest"
	"comptoir.example/comptoir/erp/tryton/demo"
)

// update takes the figures that every ERP is held to from this Tryton anew:
//
//	COMPTOIR_TRYTON=1 go test ./erp/tryton -run Figures -update
var update = flag.Bool("update", false, "record the story's figures and the golden prices")

// ground starts a Tryton of its own, since the checks leave nothing as it was and
// the other live tests find the merchant as first made.
func ground(t testing.TB) erptest.Ground {
	t.Helper()
	cache, err := demo.Cache()
	if err != nil {
		t.Fatal(err)
	}
	dir, err := demo.Scratch()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	server, err := demo.Start(t.Context(), dir, demo.Options{Cache: cache, Log: os.Stderr})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(server.Stop)
	as := func(user, password string) func(string) erp.Connector {
		return func(url string) erp.Connector {
			return New(Config{URL: url, Database: demo.Database, User: user, Password: password})
		}
	}
	return erptest.Ground{
		ERP: "tryton", URL: server.URL, Sampled: true, Names: erptest.Demo,
		Clerk:   NewClerk(Config{URL: server.URL, Database: demo.Database, Password: demo.Password}),
		Secrets: []string{demo.Password},
		Connect: as("connector", demo.Password),
		// Tryton makes whoever failed wait, so somebody fails who does nothing else.
		Stranger: as("sales", "Kiosque-43-vert"),
		Limited:  as("sales", demo.Password),
		Lacking:  []string{"balances_read", "payments_read", "receipts_create", "receipts_post", "receipts_approve"},
		Another:  ground,
		Strange:  [2]string{`"processing"`, `"quantum"`},
	}
}

// The clerk can do what the checks ask of one, but block a customer.
var _ interface {
	erptest.Clerk
	erptest.Archivist
	erptest.Copier
	erptest.Cashbox
} = (*Clerk)(nil)

func TestTrytonConforms(t *testing.T) { erptest.Run(t, ground(t)) }

func TestTrytonHasTheFiguresOfTheStory(t *testing.T) {
	g := ground(t)
	if *update {
		erptest.Record(t, g, "../erptest/testdata")
		return
	}
	erptest.Story(t, g)
}
