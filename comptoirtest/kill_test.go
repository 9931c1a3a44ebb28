package comptoirtest_test

import (
	"context"
	"errors"
	"net"
	"os"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"comptoir.example/comptoir/app"
	"comptoir.example/comptoir/app/migrations"
	"comptoir.example/comptoir/base/db"
	"comptoir.example/comptoir/base/db/dbtest"
	"comptoir.example/comptoir/base/outbox"
	"comptoir.example/comptoir/comptoirtest"
	"comptoir.example/comptoir/erp"
	"comptoir.example/comptoir/erp/books"
	"comptoir.example/comptoir/erp/erptest"
)

// TestMain lets the test program be the shop: the kill tests run it again as a
// process of its own, which can be killed.
func TestMain(m *testing.M) {
	if os.Getenv("COMPTOIR_TEST_SERVE") != "" {
		c := app.Config{Database: os.Getenv("COMPTOIR_DATABASE"), Listen: os.Getenv("COMPTOIR_LISTEN"),
			ERP: app.ERPConfig{Kind: os.Getenv("COMPTOIR_ERP"), URL: os.Getenv("COMPTOIR_ERP_URL"), Password: os.Getenv("COMPTOIR_ERP_PASSWORD"),
				Database: "comptoir", User: "connector"},
			Processor: app.ProcessorConfig{URL: os.Getenv("COMPTOIR_PROCESSOR_URL"), Secret: os.Getenv("COMPTOIR_PROCESSOR_SECRET"),
				Webhook: os.Getenv("COMPTOIR_PROCESSOR_WEBHOOK")}}
		if err := app.Serve(context.Background(), c); err != nil {
			os.Stderr.WriteString(err.Error() + "\n")
			os.Exit(1)
		}
		os.Exit(0)
	}
	code := m.Run()
	stopBrowser()
	os.Exit(code)
}

// process is a shop in a process of its own that is started again when it dies.
type process struct {
	t       *testing.T
	env     []string
	address string
	mu      sync.Mutex
	cmd     *exec.Cmd
	killed  int
	stopped bool
	done    chan struct{}
}

// serve starts a shop that kills itself at a point, and starts it again, without
// that wish, when it has died.
func serve(t *testing.T, point string, env ...string) *process {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	p := &process{t: t, address: l.Addr().String(), done: make(chan struct{})}
	l.Close()
	p.env = append(append(os.Environ(), env...), "COMPTOIR_TEST_SERVE=1", "COMPTOIR_LISTEN="+p.address)
	p.start(append(p.env, "COMPTOIR_CRASH_AT="+point))
	go p.keep()
	t.Cleanup(p.stop)
	return p
}

func (p *process) start(env []string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	self, err := os.Executable()
	if err != nil {
		p.t.Error(err)
		return
	}
	p.cmd = exec.Command(self)
	p.cmd.Env = env
	p.cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	if err := p.cmd.Start(); err != nil {
		p.t.Error(err)
	}
}

func (p *process) keep() {
	defer close(p.done)
	for {
		err := p.cmd.Wait()
		p.mu.Lock()
		stopped := p.stopped
		var exit *exec.ExitError
		if errors.As(err, &exit) && exit.Sys().(syscall.WaitStatus).Signal() == syscall.SIGKILL {
			p.killed++
		}
		p.mu.Unlock()
		if stopped {
			return
		}
		p.start(p.env)
	}
}

func (p *process) stop() {
	p.mu.Lock()
	if p.stopped {
		p.mu.Unlock()
		return
	}
	p.stopped = true
	p.cmd.Process.Signal(syscall.SIGTERM)
	p.mu.Unlock()
	<-p.done
}

// Step 6 of the story: kill -9 at each point between two durable effects; after
// a restart the story ends in the same books, nothing lost and nothing doubled.
func TestKilledAtAnyPointTheStoryEndsInTheSameBooks(t *testing.T) {
	if testing.Short() {
		t.Skip("two minutes: make test")
	}
	t.Parallel()
	for i, point := range app.CrashPoints {
		for j, engine := range dbtest.Engines {
			if os.Getenv("COMPTOIR_PROVE") == "" && i%2 != j {
				continue // make test takes each point once, make prove on both engines
			}
			t.Run(point+"/"+engine, func(t *testing.T) {
				t.Parallel()
				url, clerk := booksOnTheSide(t)
				kill(t, point, engine, books.Connect(url, "test"), clerk, "BC-7790", "COMPTOIR_ERP=books", "COMPTOIR_ERP_URL="+url, "COMPTOIR_ERP_PASSWORD=test")
			})
		}
	}
}

func kill(t *testing.T, point, engine string, connector erp.Connector, clerk erptest.Clerk, po string, env ...string) {
	database := dbtest.URL(t, engine)
	seed(t, database, connector)
	p := serve(t, point, append(env, "COMPTOIR_DATABASE="+database)...)
	s := &comptoirtest.Story{T: t, Shop: "http://" + p.address, ERP: connector, Clerk: clerk, PO: po, Waits: 60 * time.Second}
	s.Tell()
	p.stop()
	if p.killed != 1 {
		t.Errorf("it was killed %d times at %s: the point is not on the way", p.killed, point)
	}
	sameBooks(t, database)
}

// seed fills a database from the ERP and lets the demo's people in.
func seed(t *testing.T, database string, connector erp.Connector) {
	t.Helper()
	ctx := context.Background()
	d, err := db.Open(ctx, db.Options{URL: database})
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	if err := d.Migrate(ctx, migrations.Files); err != nil {
		t.Fatal(err)
	}
	comptoirtest.Over(t, d, connector)
	if err := app.SeedPeople(ctx, d); err != nil {
		t.Fatal(err)
	}
}

// sameBooks looks into the database for what must not be: an order twice, a
// delivery open, a fact changed.
func sameBooks(t *testing.T, database string) {
	t.Helper()
	ctx := context.Background()
	d, err := db.Open(ctx, db.Options{URL: database})
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	box := outbox.New(d, "judge")
	if err := box.Link(ctx); err != nil {
		t.Fatal(err)
	}
	chain, err := outbox.Verify(ctx, d)
	if err != nil || chain.Broken != "" || chain.Unlinked != 0 || chain.Linked == 0 {
		t.Errorf("the trail: %+v, %v", chain, err)
	}
	count := func(name, sql string, want int) {
		t.Helper()
		if err := d.Read(ctx, func(tx *db.Tx) error {
			n, _, err := db.One(ctx, tx, db.SQL("kill_test."+strings.ReplaceAll(name, " ", "_"), sql), db.Value[int])
			if n != want {
				t.Errorf("%s: %d, want %d", name, n, want)
			}
			return err
		}); err != nil {
			t.Fatal(err)
		}
	}
	count("orders placed here", `SELECT COUNT(*) FROM sales_order WHERE key <> ''`, 1)
	count("invoiced", `SELECT COUNT(*) FROM sales_order WHERE key <> '' AND state = 'invoiced' AND erp_number IS NOT NULL`, 1)
	count("deliveries", `SELECT COUNT(*) FROM delivery`, 1)
	count("deliveries not done", `SELECT COUNT(*) FROM delivery WHERE state <> 'done' OR open`, 0)
	count("facts of placing", `SELECT COUNT(*) FROM fact WHERE kind = 'order.placed'`, 1)
	count("facts of numbering", `SELECT COUNT(*) FROM fact WHERE kind = 'order.numbered'`, 1)
	count("lines left in carts", `SELECT COUNT(*) FROM cart WHERE lines <> '[]'`, 0)
	count("invoices of the order", `SELECT COUNT(*) FROM invoice i JOIN invoice_order x ON x.invoice = i.erp_id JOIN sales_order o ON o.erp_id = x.erp_order WHERE o.key <> ''`, 2)
}

// booksOnTheSide are books that outlive the shop.
func booksOnTheSide(t *testing.T) (string, *books.Clerk) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	ready, done := make(chan string, 1), make(chan error, 1)
	go func() {
		done <- books.Serve(ctx, books.Options{Listen: "127.0.0.1:0", Dir: t.TempDir(), Token: "test", Ready: func(url string) { ready <- url }})
	}()
	t.Cleanup(func() { cancel(); <-done })
	select {
	case url := <-ready:
		return url, books.NewClerk(url)
	case err := <-done:
		t.Fatal(err)
	}
	return "", nil
}
