package db

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"net"
	"os"
	"path/filepath"
	"strings"
	"syscall"

	"comptoir.example/comptoir/base/fault"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/stdlib"
	"modernc.org/sqlite"
)

// engine is the little that differs between SQLite and PostgreSQL.
type engine interface {
	name() string
	writing() *Stmt // begins a unit of work
	holding() *Stmt // begins one on rows that are held already
	reading() *Stmt
	// refused says that the engine undid the work because of another's, and
	// that doing it again may well succeed.
	refused(error) bool
	unique(error) bool
	// explain turns an engine's error into a fault where a person can act on it.
	explain(error) error
	render(string) string
}

type sqliteEngine struct{}

// openSQLite opens a writer of one connection and some readers. The whole
// process shares the writer; a lock beside the file keeps other processes out.
func (d *DB) openSQLite(path string, o Options) error {
	if path == "" {
		return fault.New(fault.Invalid, "db.bad_url", "url", o.URL)
	}
	if o.ReadOnly {
		return d.openSQLiteReadOnly(path, o)
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return fault.New(fault.Unavailable, "db.cannot_write", "path", path).Because(err)
	}
	lock, err := os.OpenFile(path+".lock", os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return fault.New(fault.Unavailable, "db.cannot_write", "path", path).Because(err)
	}
	if err := syscall.Flock(int(lock.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		lock.Close()
		return fault.New(fault.Conflict, "db.in_use", "path", path)
	}
	d.release = func() { lock.Close() }
	// The file holds people's data: only its owner reads it. SQLite gives the
	// files beside it the same rights.
	file, err := os.OpenFile(path, os.O_CREATE|os.O_RDONLY, 0o600)
	if err != nil {
		d.release()
		return fault.New(fault.Unavailable, "db.cannot_write", "path", path).Because(err)
	}
	file.Close()
	d.engine = sqliteEngine{}
	common := "?_pragma=journal_mode(WAL)&_pragma=synchronous(FULL)&_pragma=foreign_keys(1)&_pragma=busy_timeout(10000)&_pragma=wal_autocheckpoint(4000)"
	// WAL is set by the first connection, so the writer comes first.
	if d.writer, err = openKept(path, common+"&_pragma=cache_size(-65536)", 1); err != nil {
		return d.engine.explain(err)
	}
	d.readers, err = openKept(path, common+"&_pragma=cache_size(-16384)&_pragma=query_only(1)", o.Readers)
	return d.engine.explain(err)
}

// openSQLiteReadOnly needs no lock: in WAL a reader disturbs nobody.
func (d *DB) openSQLiteReadOnly(path string, o Options) (err error) {
	d.engine = sqliteEngine{}
	const how = "?mode=rw&_pragma=busy_timeout(10000)&_pragma=query_only(1)"
	if d.writer, err = openKept(path, how, 1); err != nil {
		return d.engine.explain(err)
	}
	d.readers, err = openKept(path, how, o.Readers)
	return d.engine.explain(err)
}

// inURI writes a path as SQLite reads it in a URI (sqlite.org/uri.html).
var inURI = strings.NewReplacer("%", "%25", "?", "%3f", "#", "%23")

func openKept(path, how string, n int) (*pool, error) {
	db, err := sql.Open("sqlite", "file:"+inURI.Replace(path)+how)
	if err != nil {
		return nil, err
	}
	return keep(context.Background(), db, n)
}

func (sqliteEngine) name() string { return "sqlite" }

func (sqliteEngine) writing() *Stmt { return beginSQLite }
func (sqliteEngine) holding() *Stmt { return beginSQLite }
func (sqliteEngine) reading() *Stmt { return readSQLite }

// refused is never: whoever holds the file is another process, SQLite itself has
// waited for it, and what it says then is that the file is locked.
func (sqliteEngine) refused(error) bool { return false }

func (sqliteEngine) unique(err error) bool {
	code := sqliteCode(err)
	return code == 1555 || code == 2067
}

func (sqliteEngine) explain(err error) error {
	switch sqliteCode(err) & 0xff {
	case 5, 6:
		return fault.New(fault.Unavailable, "db.locked").Because(err)
	case 8:
		return fault.New(fault.Unavailable, "db.read_only").Because(err)
	case 10:
		return fault.New(fault.Unavailable, "db.disk").Because(err)
	case 13:
		return fault.New(fault.Unavailable, "db.full").Because(err)
	case 14:
		return fault.New(fault.Unavailable, "db.cannot_open").Because(err)
	case 11, 26:
		return fault.New(fault.Unavailable, "db.damaged").Because(err)
	}
	return err
}

func sqliteCode(err error) int {
	var e *sqlite.Error
	if errors.As(err, &e) {
		return e.Code()
	}
	return 0
}

type postgresEngine struct{ config *pgx.ConnConfig }

// openPostgres opens writers that run serializable and readers that do not.
func (d *DB) openPostgres(ctx context.Context, o Options) error {
	config, err := pgx.ParseConfig(o.URL)
	if err != nil {
		return fault.New(fault.Invalid, "db.bad_url", "url", redact(o.URL))
	}
	d.engine = postgresEngine{config}
	writing := config.Copy()
	// On small tables the planner scans whole tables, and a scan locks the
	// relation for a serializable transaction: writers avoid scans.
	writing.RuntimeParams["enable_seqscan"] = "off"
	writing.RuntimeParams["statement_timeout"] = "30000"
	if o.ReadOnly {
		writing.RuntimeParams["default_transaction_read_only"] = "on"
	}
	d.writer = openPool(writing, o.Writers)
	d.readers = openPool(config, o.Readers)
	return nil
}

func openPool(config *pgx.ConnConfig, n int) *pool {
	db := stdlib.OpenDB(*config)
	db.SetMaxOpenConns(n)
	db.SetMaxIdleConns(n)
	return &pool{db: db}
}

func (postgresEngine) name() string { return "postgres" }

func (postgresEngine) writing() *Stmt { return beginPostgres }
func (postgresEngine) holding() *Stmt { return holdPostgres }
func (postgresEngine) reading() *Stmt { return readPostgres }

func (postgresEngine) refused(err error) bool {
	code := postgresCode(err)
	return code == "40001" || code == "40P01"
}

func (postgresEngine) unique(err error) bool { return postgresCode(err) == "23505" }

func (postgresEngine) explain(err error) error {
	switch code := postgresCode(err); {
	case code == "25006":
		return fault.New(fault.Unavailable, "db.read_only").Because(err)
	case code == "53100":
		return fault.New(fault.Unavailable, "db.full").Because(err)
	case code == "55P03", code == "57014":
		return fault.New(fault.Unavailable, "db.locked").Because(err)
	case len(code) == 5 && (code[:2] == "08" || code[:2] == "28" || code[:2] == "3D" || code[:2] == "53" || code[:2] == "57"):
		return fault.New(fault.Unavailable, "db.cannot_open").Because(err)
	}
	var network net.Error
	if errors.As(err, &network) || errors.Is(err, driver.ErrBadConn) {
		return fault.New(fault.Unavailable, "db.cannot_open").Because(err)
	}
	return err
}

func postgresCode(err error) string {
	var e *pgconn.PgError
	if errors.As(err, &e) {
		return e.Code
	}
	return ""
}

// render fills the placeholders of a migration.
func (sqliteEngine) render(text string) string {
	return render(text, "INTEGER", "INTEGER", "TEXT", "BLOB", "STRICT", "STRICT", "INTEGER PRIMARY KEY AUTOINCREMENT")
}

func (postgresEngine) render(text string) string {
	return render(text, "BIGINT", "BOOLEAN", "JSONB", "BYTEA", "", "WITH (fillfactor = 20)", "BIGINT GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY")
}
