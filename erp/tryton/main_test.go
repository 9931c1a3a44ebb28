package tryton

import (
	"context"
	"flag"
	"fmt"
	"os"
	"testing"

	"comptoir.example/comptoir/erp/tryton/demo"
)

// live is the Tryton that the tests named TestTryton… speak to.
var live Config

// TestMain starts a real Tryton for the tests named TestTryton…, when the make
// target asks for it with COMPTOIR_TRYTON=1; otherwise they are not in the run.
// COMPTOIR_TRYTON_POSTGRES=postgresql://… puts its books on PostgreSQL.
func TestMain(m *testing.M) {
	flag.Parse()
	if os.Getenv("COMPTOIR_TRYTON") != "1" {
		_ = flag.Set("test.skip", "^TestTryton")
		os.Exit(m.Run())
	}
	code, err := withTryton(m)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		code = 1
	}
	os.Exit(code)
}

func withTryton(m *testing.M) (int, error) {
	dir, err := demo.Scratch()
	if err != nil {
		return 1, err
	}
	defer os.RemoveAll(dir)
	cache, err := demo.Cache()
	if err != nil {
		return 1, err
	}
	server, err := demo.Start(context.Background(), dir, demo.Options{Cache: cache, Log: os.Stderr,
		Postgres: os.Getenv("COMPTOIR_TRYTON_POSTGRES")})
	if err != nil {
		return 1, err
	}
	defer server.Stop()
	live = Config{URL: server.URL, Database: demo.Database, User: "connector", Password: demo.Password}
	return m.Run(), nil
}
