package main

import (
	"context"
	"database/sql"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"sync"
	"time"

	"comptoir.example/comptoir/base/db/dbtest"
	"github.com/jackc/pgx/v5"
	_ "modernc.org/sqlite" // the yardstick writes through the same driver as the shop
)

// What the machine can do at all, without a shop.
const (
	sqliteYardstick   = "yardstick_commit_per_s_sqlite"
	postgresYardstick = "yardstick_commit_per_s_postgres"
	tpcbYardstick     = "yardstick_tpcb_per_s"
)

// yardsticks are measured whenever a line of the engine is, because its bar may
// be a share of them.
func (b *bench) yardsticks(ctx context.Context, engine string) error {
	asked := b.only
	b.only = regexp.MustCompile("")
	defer func() { b.only = asked }()
	if engine == "sqlite" {
		rates, n, err := b.repeat(ctx, b.commitsSQLite)
		if err != nil {
			return err
		}
		b.add(line{Name: sqliteYardstick, Value: median(rates), Unit: "1/s", N: n},
			"SQLite "+sqliteVersion(), "WAL, synchronous FULL, one writer, one-row inserts that commit by themselves", b.how())
		return nil
	}
	if err := b.startCluster(ctx); err != nil {
		return err
	}
	rates, n, err := b.repeat(ctx, b.commitsPostgres)
	if err != nil {
		return err
	}
	b.add(line{Name: postgresYardstick, Value: median(rates), Unit: "1/s", N: n},
		b.cluster.about, "one-row inserts that commit by themselves", b.how())
	if rates, n, err = b.repeat(ctx, b.tpcb); err != nil {
		return err
	}
	b.add(line{Name: tpcbYardstick, Value: median(rates), Unit: "1/s", N: n},
		b.cluster.about, fmt.Sprintf("pgbench, TPC-B, scale %d, -c %d -j 2", scale, b.clients), b.how())
	return b.cluster.drop(ctx, "pgbench")
}

func (b *bench) how() string {
	return fmt.Sprintf("%d clients, median of %d runs of %v", b.clients, b.runs, b.run)
}

// repeat takes several rates of one thing.
func (b *bench) repeat(ctx context.Context, once func(context.Context) (int, time.Duration, error)) (rates []float64, n int, err error) {
	for range b.runs {
		count, took, err := once(ctx)
		if err != nil {
			return nil, 0, err
		}
		rates = append(rates, float64(count)/took.Seconds())
		n += count
	}
	return rates, n, nil
}

// together runs a step in as many goroutines as there are clients until the time
// is over, and counts.
func (b *bench) together(step func(client int) error) (count int, took time.Duration, err error) {
	var all sync.WaitGroup
	counts, errs := make([]int, b.clients), make([]error, b.clients)
	start := time.Now()
	for i := range b.clients {
		all.Go(func() {
			for time.Since(start) < b.run && errs[i] == nil {
				if errs[i] = step(i); errs[i] == nil {
					counts[i]++
				}
			}
		})
	}
	all.Wait()
	took = time.Since(start)
	for i := range b.clients {
		if errs[i] != nil {
			err = errs[i]
		}
		count += counts[i]
	}
	return count, took, err
}

// row is about as wide as a fact.
const row = "0199-7b1c order.placed 0199-7b1c person 4F3A {\"order\":\"0199\",\"lines\":3,\"total_minor\":102339,\"currency\":\"CAD\"}"

func (b *bench) commitsSQLite(ctx context.Context) (int, time.Duration, error) {
	path := filepath.Join(b.work, "yardstick.db")
	for _, end := range []string{"", "-wal", "-shm"} {
		os.Remove(path + end)
	}
	// The pragmas are those of base/db.
	d, err := sql.Open("sqlite", "file:"+path+"?_pragma=journal_mode(WAL)&_pragma=synchronous(FULL)&_pragma=foreign_keys(1)"+
		"&_pragma=busy_timeout(10000)&_pragma=cache_size(-65536)")
	if err != nil {
		return 0, 0, err
	}
	defer d.Close()
	d.SetMaxOpenConns(1)
	if _, err := d.ExecContext(ctx, "CREATE TABLE one (id INTEGER PRIMARY KEY, body TEXT NOT NULL) STRICT"); err != nil {
		return 0, 0, err
	}
	insert, err := d.PrepareContext(ctx, "INSERT INTO one (body) VALUES ($1)")
	if err != nil {
		return 0, 0, err
	}
	return b.together(func(int) error {
		_, err := insert.ExecContext(ctx, row)
		return err
	})
}

func sqliteVersion() (version string) {
	d, err := sql.Open("sqlite", ":memory:")
	if err != nil {
		return ""
	}
	defer d.Close()
	if err := d.QueryRow("SELECT sqlite_version()").Scan(&version); err != nil {
		return ""
	}
	return version
}

func (b *bench) commitsPostgres(ctx context.Context) (int, time.Duration, error) {
	address, err := b.cluster.create(ctx, "yardstick")
	if err != nil {
		return 0, 0, err
	}
	defer b.cluster.drop(ctx, "yardstick")
	conns := make([]*pgx.Conn, b.clients)
	for i := range conns {
		if conns[i], err = pgx.Connect(ctx, address); err != nil {
			return 0, 0, err
		}
		defer conns[i].Close(ctx)
	}
	if _, err := conns[0].Exec(ctx, "CREATE TABLE one (id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY, body TEXT NOT NULL)"); err != nil {
		return 0, 0, err
	}
	return b.together(func(i int) error {
		_, err := conns[i].Exec(ctx, "INSERT INTO one (body) VALUES ($1)", row)
		return err
	})
}

// scale of pgbench: more branches than clients, or they would wait for each other.
const scale = 10

var tps = regexp.MustCompile(`number of transactions actually processed: (\d+)`)

func (b *bench) tpcb(ctx context.Context) (int, time.Duration, error) {
	found, err := filepath.Glob("/usr/lib/postgresql/*/bin/pgbench")
	if err != nil || len(found) == 0 {
		return 0, 0, fmt.Errorf("no pgbench here: apt-get install postgresql")
	}
	slices.Sort(found)
	pgbench := found[len(found)-1]
	if !b.cluster.filled {
		address, err := b.cluster.create(ctx, "pgbench")
		if err != nil {
			return 0, 0, err
		}
		if out, err := exec.CommandContext(ctx, pgbench, "-i", "-q", "-s", strconv.Itoa(scale), address).CombinedOutput(); err != nil {
			return 0, 0, fmt.Errorf("pgbench -i: %w: %s", err, out)
		}
		b.cluster.filled = true
	}
	seconds := max(1, int(b.run.Seconds()))
	out, err := exec.CommandContext(ctx, pgbench, "-c", strconv.Itoa(b.clients), "-j", "2", "-T", strconv.Itoa(seconds), b.cluster.address("pgbench")).CombinedOutput()
	if err != nil {
		return 0, 0, fmt.Errorf("pgbench: %w: %s", err, out)
	}
	m := tps.FindSubmatch(out)
	if m == nil {
		return 0, 0, fmt.Errorf("pgbench said: %s", out)
	}
	n, err := strconv.Atoi(string(m[1]))
	return n, time.Duration(seconds) * time.Second, err
}

// cluster is a PostgreSQL of this run's own, durable, with Debian's settings.
type cluster struct {
	*dbtest.Server
	about  string
	filled bool // pgbench's tables are there
}

func (b *bench) startCluster(ctx context.Context) error {
	if b.cluster != nil {
		return nil
	}
	dir, err := os.MkdirTemp("", "comptoir-bench-postgres-")
	if err != nil {
		return err
	}
	server, err := dbtest.Start(dir, true)
	if err != nil {
		os.RemoveAll(dir)
		return err
	}
	b.cluster = &cluster{Server: server}
	b.cleanup = append(b.cleanup, func() { server.Stop(); os.RemoveAll(dir) })
	var version, fsync, commit, buffers string
	err = b.cluster.admin(ctx, func(c *pgx.Conn) error {
		return c.QueryRow(ctx, "SELECT current_setting('server_version'), current_setting('fsync'), current_setting('synchronous_commit'), current_setting('shared_buffers')").
			Scan(&version, &fsync, &commit, &buffers)
	})
	b.cluster.about = fmt.Sprintf("PostgreSQL %s, fsync %s, synchronous_commit %s, shared_buffers %s", version, fsync, commit, buffers)
	return err
}

func (c *cluster) admin(ctx context.Context, do func(*pgx.Conn) error) error {
	conn, err := pgx.Connect(ctx, c.URL)
	if err != nil {
		return err
	}
	defer conn.Close(ctx)
	return do(conn)
}

func (c *cluster) address(name string) string {
	u, err := url.Parse(c.URL)
	if err != nil {
		return ""
	}
	u.Path = "/" + name
	return u.String()
}

func (c *cluster) create(ctx context.Context, name string) (string, error) {
	return c.address(name), c.admin(ctx, func(conn *pgx.Conn) error {
		_, err := conn.Exec(ctx, "CREATE DATABASE "+name)
		return err
	})
}

// drop takes a database away and writes everything out, so that the next line
// does not pay for this one.
func (c *cluster) drop(ctx context.Context, name string) error {
	return c.admin(ctx, func(conn *pgx.Conn) error {
		if _, err := conn.Exec(ctx, "DROP DATABASE IF EXISTS "+name+" WITH (FORCE)"); err != nil {
			return err
		}
		_, err := conn.Exec(ctx, "CHECKPOINT")
		return err
	})
}
