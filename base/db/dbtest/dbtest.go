// Package dbtest gives tests real databases of both engines: SQLite in a
// temporary folder, and a PostgreSQL of its own on loopback.
package dbtest

import (
	"context"
	"embed"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"

	"comptoir.example/comptoir/base/db"
	"github.com/jackc/pgx/v5"
)

// Engines are both, SQLite first.
var Engines = []string{"sqlite", "postgres"}

// Each runs a test on both engines.
func Each(t *testing.T, schema fs.FS, test func(t *testing.T, d *db.DB)) {
	for _, engine := range Engines {
		t.Run(engine, func(t *testing.T) { test(t, Open(t, engine, schema, db.Options{})) })
	}
}

// Open makes an empty database with a schema, gone when the test ends.
func Open(t testing.TB, engine string, schema fs.FS, o db.Options) *db.DB {
	t.Helper()
	o.URL = URL(t, engine)
	if files, fixed := schema.(embed.FS); fixed && engine == "sqlite" {
		if err := copied(files, strings.TrimPrefix(o.URL, "sqlite:")); err != nil {
			t.Fatal(err)
		}
	}
	d, err := db.Open(context.Background(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(d.Close)
	if schema != nil {
		if err := d.Migrate(context.Background(), schema); err != nil {
			t.Fatal(err)
		}
	}
	return d
}

var (
	migratedMu sync.Mutex
	migrated   = map[embed.FS][]byte{}
)

// copied puts a database that has a schema already at a path: it is made once, and
// is a file on this engine.
func copied(schema embed.FS, path string) error {
	migratedMu.Lock()
	defer migratedMu.Unlock()
	data, known := migrated[schema]
	if !known {
		dir, err := os.MkdirTemp("", "comptoir-schema-")
		if err != nil {
			return err
		}
		defer os.RemoveAll(dir)
		first := filepath.Join(dir, "comptoir.db")
		d, err := db.Open(context.Background(), db.Options{URL: "sqlite:" + first})
		if err != nil {
			return err
		}
		err = d.Migrate(context.Background(), schema)
		d.Close()
		if err != nil {
			return err
		}
		if data, err = os.ReadFile(first); err != nil {
			return err
		}
		migrated[schema] = data
	}
	return os.WriteFile(path, data, 0o600)
}

var databases atomic.Int64

// URL is the address of a new, empty database, gone when the test ends.
func URL(t testing.TB, engine string) string {
	t.Helper()
	if engine == "sqlite" {
		return "sqlite:" + filepath.Join(t.TempDir(), "comptoir.db")
	}
	admin, err := server()
	if err != nil {
		t.Fatal(err)
	}
	name := fmt.Sprintf("t%d_%d", os.Getpid(), databases.Add(1))
	if err := run(admin, "CREATE DATABASE "+name); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { run(admin, "DROP DATABASE IF EXISTS "+name+" WITH (FORCE)") })
	return strings.Replace(admin, "/postgres?", "/"+name+"?", 1)
}

func run(url, sql string) error {
	conn, err := pgx.Connect(context.Background(), url)
	if err != nil {
		return err
	}
	defer conn.Close(context.Background())
	_, err = conn.Exec(context.Background(), sql)
	return err
}

// server is the address of the test PostgreSQL: the one that the make target
// started (COMPTOIR_TEST_POSTGRES), or one started now and left to the end of
// this process.
var server = sync.OnceValues(func() (string, error) {
	if url := os.Getenv("COMPTOIR_TEST_POSTGRES"); url != "" {
		return url, nil
	}
	sweep()
	dir, err := os.MkdirTemp("", fmt.Sprintf("comptoir-postgres-%d-", os.Getpid()))
	if err != nil {
		return "", err
	}
	s, err := Start(dir, false)
	if err != nil {
		return "", err
	}
	return s.URL, nil
})

// sweep removes the folders of test programs that have ended: a test program has
// no last moment in which it could do so itself.
func sweep() {
	dirs, err := filepath.Glob(filepath.Join(os.TempDir(), "comptoir-postgres-*"))
	if err != nil {
		return
	}
	for _, dir := range dirs {
		var pid int
		if n, _ := fmt.Sscanf(filepath.Base(dir), "comptoir-postgres-%d-", &pid); n == 1 && syscall.Kill(pid, 0) != nil {
			os.RemoveAll(dir)
		}
	}
}
