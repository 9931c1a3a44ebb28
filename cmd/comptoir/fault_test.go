package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"comptoir.example/comptoir/app"
	"comptoir.example/comptoir/base/db"
	"comptoir.example/comptoir/base/db/dbtest"
	"comptoir.example/comptoir/base/fault"
	"comptoir.example/comptoir/comptoirtest"
	"comptoir.example/comptoir/comptoirtest/instant"
	"github.com/jackc/pgx/v5"
)

// counter is a shop with one buyer before it, whose cart is full.
type counter struct {
	*comptoirtest.House
	url   string
	mux   atomic.Pointer[http.ServeMux]
	buyer *comptoirtest.Visitor
}

func openCounter(t *testing.T, engine, options string) *counter {
	t.Helper()
	url := dbtest.URL(t, engine)
	if engine == "postgres" {
		url += options
	}
	d, err := app.Open(context.Background(), url)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(d.Close)
	e := instant.New(10, 5)
	c := &counter{url: url, House: &comptoirtest.House{T: t, ERP: e, Ctx: context.Background(), App: comptoirtest.Over(t, d, e)}}
	if err := app.SeedPeople(c.Ctx, d); err != nil {
		t.Fatal(err)
	}
	c.mux.Store(c.Mux)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { c.mux.Load().ServeHTTP(w, r) }))
	t.Cleanup(server.Close)
	c.buyer = comptoirtest.Visit(t, server.URL).SignIn("buyer@rivard.example", app.DemoPassword)
	c.buyer.Get("/products/PRD-001").Form("/cart/lines").Set("quantity", "2").Send()
	return c
}

var tables = []string{"sales_order", "order_line", "fact", "delivery", "cart"}

var counts = func() (all []*db.Stmt) {
	for _, table := range tables {
		all = append(all, db.SQL("test.count_"+table, "SELECT COUNT(*) FROM "+table))
	}
	return all
}()

// rows is how many rows an order could leave behind.
func (c *counter) rows() (n []int) {
	c.T.Helper()
	c.Read(func(tx *db.Tx) error {
		for _, s := range counts {
			one, _, err := db.One(c.Ctx, tx, s, db.Value[int])
			if err != nil {
				return err
			}
			n = append(n, one)
		}
		return nil
	})
	return n
}

var (
	fillDisk = db.SQL("test.fill_disk", `PRAGMA max_page_count = 1`) // not below what is used
	moreDisk = db.SQL("test.more_disk", `PRAGMA max_page_count = 1073741823`)
)

// fullSQLite is a real SQLITE_FULL: the file may not grow by a page.
func fullSQLite(c *counter) (mend func()) {
	pragma := func(s *db.Stmt) {
		c.Write(func(tx *db.Tx) error {
			_, err := tx.Exec(c.Ctx, s)
			return err
		})
	}
	pragma(fillDisk)
	for range 500 { // until no page has room left
		if _, err := c.Order(c.Buyer("C1002"), "PRD-002", "1"); fault.Of(err).Code == "db.full" {
			return func() { pragma(moreDisk) }
		} else if err != nil {
			c.T.Fatal(err)
		}
	}
	c.T.Fatal("the disk does not fill")
	return nil
}

// fullPostgres is simulated: the last statement of the order's unit of work gets
// the error that a full disk gives.
func fullPostgres(c *counter) (mend func()) {
	admin(c, `CREATE FUNCTION no_space() RETURNS trigger LANGUAGE plpgsql AS
		'BEGIN RAISE EXCEPTION USING ERRCODE = ''53100'', MESSAGE = ''could not extend file: No space left on device''; END'`)
	admin(c, `CREATE TRIGGER no_space BEFORE INSERT ON delivery FOR EACH ROW EXECUTE FUNCTION no_space()`)
	return func() { admin(c, `DROP TRIGGER no_space ON delivery`) }
}

func admin(c *counter, statement string) *pgx.Conn {
	c.T.Helper()
	conn, err := pgx.Connect(c.Ctx, c.url)
	if err == nil {
		c.T.Cleanup(func() { conn.Close(c.Ctx) })
		_, err = conn.Exec(c.Ctx, statement)
	}
	if err != nil {
		c.T.Fatal(err)
	}
	return conn
}

// readOnly serves the same shop from a database that cannot be written to.
func readOnly(c *counter) (mend func()) {
	d, err := db.Open(c.Ctx, db.Options{URL: c.url, ReadOnly: true})
	if err != nil {
		c.T.Fatal(err)
	}
	c.T.Cleanup(d.Close)
	a, err := app.New(d, c.ERP, app.Config{})
	if err != nil {
		c.T.Fatal(err)
	}
	c.mux.Store(a.Mux)
	return func() { c.mux.Store(c.Mux) }
}

// lockedSQLite has another process hold the file.
func lockedSQLite(c *counter) (mend func()) {
	cmd := as(c.T.(*testing.T), "TEST_HOLD="+strings.TrimPrefix(c.url, "sqlite:"))
	in, e1 := cmd.StdinPipe()
	out, e2 := cmd.StdoutPipe()
	if err := errors.Join(e1, e2, cmd.Start()); err != nil {
		c.T.Fatal(err)
	}
	if line, _ := bufio.NewReader(out).ReadString('\n'); line != "held\n" {
		c.T.Fatalf("it is not held: %s", line)
	}
	return func() {
		in.Close()
		cmd.Wait()
	}
}

// lockedPostgres has another connection hold the table of orders.
func lockedPostgres(c *counter) (mend func()) {
	conn := admin(c, `BEGIN; LOCK TABLE sales_order IN EXCLUSIVE MODE`)
	return func() { conn.Close(c.Ctx) }
}

// What the database cannot do is said on the page, nothing of the order is kept,
// pages that only read go on, and the same form works once it can.
func TestAnOrderThatCannotBeKeptIsSaidAndNothingIsHalfWritten(t *testing.T) {
	for name, f := range map[string]struct {
		words    string
		sqlite   func(*counter) func()
		postgres func(*counter) func()
	}{
		"disk full": {"Le disque de la base de données est plein. Rien n’a été fait.", fullSQLite, fullPostgres},
		"read-only": {"La base de données est en lecture seule. Rien n’a été fait.", readOnly, readOnly},
		"locked":    {"La base de données est retenue par un autre travail", lockedSQLite, lockedPostgres},
	} {
		for engine, breaks := range map[string]func(*counter) func(){"sqlite": f.sqlite, "postgres": f.postgres} {
			t.Run(name+"/"+engine, func(t *testing.T) {
				t.Parallel() // SQLite waits ten seconds for a lock
				c := openCounter(t, engine, "&lock_timeout=500")
				form := c.buyer.Get("/checkout").Form("/orders").Set("po_number", "BC-7").Set("act", "place").Set("comment", strings.Repeat("sans faute ", 40))
				mend := breaks(c)
				before := c.rows()
				form.Send()
				if c.buyer.Status != http.StatusServiceUnavailable {
					t.Errorf("the page answers %d", c.buyer.Status)
				}
				c.buyer.MustSee(f.words)
				if after := c.rows(); !slices.Equal(before, after) {
					t.Errorf("of %v there were %v rows, and are %v", tables, before, after)
				}
				c.buyer.Get("/catalogue").MustSee("PRD-001")
				mend()
				form.Send()
				if c.buyer.Status != http.StatusOK || !strings.HasPrefix(c.buyer.URL.Path, "/orders/") {
					t.Fatalf("afterwards the same form answers %d at %s\n%s", c.buyer.Status, c.buyer.URL, c.buyer.Text())
				}
				if after := c.rows(); after[0] != before[0]+1 || after[3] != before[3]+1 {
					t.Errorf("of %v there were %v rows, and are %v", tables, before, after)
				}
				c.Steps()
				c.buyer.Get(c.buyer.URL.Path).MustSee("BC-7")
			})
		}
	}
}

var manyRows = db.SQL("test.many_rows", `
INSERT INTO freshness (source, kind, at) SELECT value, 'a kind of figure that takes some room in the backup', 1 FROM json_each(CAST($1 AS TEXT))`)

func TestABackupThatIsKilledLeavesNoFileThatLooksWhole(t *testing.T) {
	url := dbtest.URL(t, "sqlite")
	d, err := app.Open(context.Background(), url)
	if err != nil {
		t.Fatal(err)
	}
	sources := make([]string, 200_000)
	for i := range sources {
		sources[i] = d.Now().Add(time.Duration(i) * time.Second).Format(time.RFC3339)
	}
	list, err := json.Marshal(sources)
	if err == nil {
		err = d.Write(context.Background(), func(tx *db.Tx) error {
			_, err := tx.Exec(context.Background(), manyRows, string(list))
			return err
		})
	}
	if d.Close(); err != nil {
		t.Fatal(err)
	}
	folder := t.TempDir()
	file := filepath.Join(folder, "nightly")
	cmd := as(t, "TEST_AS_COMPTOIR=1", "backup", "--database="+url, file)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	comptoirtest.Eventually(t, 20*time.Second, "the backup begins", func() bool {
		_, err := os.Stat(file + ".part")
		return err == nil
	})
	cmd.Process.Kill()
	if err := cmd.Wait(); err == nil || cmd.ProcessState.ExitCode() != -1 {
		t.Fatalf("it was not killed in time: %v", err)
	}
	if _, err := os.Stat(file); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("the file is there: %v", err)
	}
	_, complaint, code := comptoir(t, "restore", "--database="+dbtest.URL(t, "sqlite"), file+".part")
	if code != 2 || !strings.Contains(complaint, "n’est pas une copie de sauvegarde entière") {
		t.Errorf("exit %d: %s", code, complaint)
	}
	must(t, "backup", "--database="+url, file)
	left, err := os.ReadDir(folder)
	if err != nil || len(left) != 1 || left[0].Name() != "nightly" {
		t.Errorf("in the folder: %v", left)
	}
	if out := must(t, "restore", "--database="+dbtest.URL(t, "sqlite"), file); !strings.Contains(strings.ReplaceAll(out, "\u00a0", " "), "200 000 lignes") {
		t.Errorf("restored: %s", out)
	}
}

// A second process on the same SQLite file is refused in words; one that only
// looks is not.
func TestASecondProcessOnTheSameFileIsRefused(t *testing.T) {
	c := openCounter(t, "sqlite", "")
	for _, args := range [][]string{{"migrate"}, {"sync", "--erp-url=http://127.0.0.1:1"}, {"restore", "/dev/null"}} {
		out, complaint, code := comptoir(t, append(args, "--database="+c.url)...)
		if code != 2 || !strings.Contains(complaint, "Un autre Comptoir utilise déjà") {
			t.Errorf("%v: exit %d\n%s%s", args, code, out, complaint)
		}
	}
	must(t, "backup", "--database="+c.url, filepath.Join(t.TempDir(), "beside"))
	must(t, "export", "--database="+c.url, filepath.Join(t.TempDir(), "beside"))
	must(t, "doctor", "pci", "--database="+c.url)
}
