// Package db keeps everything, on SQLite or PostgreSQL, and is the only package
// that knows which.
//
// A unit of work is a function given to Write or WriteAs. It behaves as if alone:
// SQLite has one writer, PostgreSQL runs it serializable and repeats it when two
// would not have agreed. So it reads and writes through its Tx only, takes the
// time from tx.Now and ids from tx.ID, calls no network, and may run twice.
package db

import (
	"context"
	"crypto/rand"
	"io"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"comptoir.example/comptoir/base/fault"
)

// Options say where the data is and, in tests, what time it is.
type Options struct {
	URL     string           // sqlite:PATH or postgres://…
	Clock   func() time.Time // nil is the real one
	Entropy io.Reader        // randomness of ids and secrets; nil is the real one
	Readers int              // connections for reading; 0 is 4
	Writers int              // connections for writing on PostgreSQL; 0 is 8

	// ReadOnly opens beside a process that writes: for looking and copying.
	// Nothing can be written, and a SQLite file must be there already.
	ReadOnly bool
}

// DB is an open database.
type DB struct {
	engine  engine
	writer  *pool
	readers *pool
	clock   func() time.Time
	ids     ids
	keys    keys
	signals signals
	shelves shelves
	group   group  // SQLite
	release func() // gives the SQLite file back

	attached map[any]any // what stands on this database, set before it is used

	// Counters for the metrics page.
	Commits, Retries, Conflicts atomic.Int64
}

// Open opens the database of a URL. It changes nothing in it: see Migrate.
// Invalid for a URL that makes no sense, Conflict when another process writes
// to the SQLite file, Unavailable when the database does not answer.
func Open(ctx context.Context, o Options) (*DB, error) {
	d := &DB{clock: o.Clock}
	if d.clock == nil {
		d.clock = time.Now
	}
	if o.Entropy == nil {
		o.Entropy = rand.Reader
	}
	if o.Readers == 0 {
		o.Readers = 4
	}
	if o.Writers == 0 {
		o.Writers = 8
	}
	d.ids.entropy = o.Entropy
	d.keys.held = map[string]*sync.Mutex{}
	var err error
	switch {
	case strings.HasPrefix(o.URL, "sqlite:"):
		err = d.openSQLite(strings.TrimPrefix(o.URL, "sqlite:"), o)
	case strings.HasPrefix(o.URL, "postgres://"), strings.HasPrefix(o.URL, "postgresql://"):
		err = d.openPostgres(ctx, o)
	default:
		return nil, fault.New(fault.Invalid, "db.bad_url", "url", redact(o.URL))
	}
	if err != nil {
		return nil, err
	}
	if err := d.Ping(ctx); err != nil {
		d.Close()
		return nil, err
	}
	return d, nil
}

// Close ends all connections.
func (d *DB) Close() {
	d.signals.close()
	if d.readers != nil {
		d.readers.close()
	}
	if d.writer != nil {
		d.writer.close()
	}
	if d.release != nil {
		d.release()
	}
}

// Ping says whether the database answers.
func (d *DB) Ping(ctx context.Context) error {
	return d.Read(ctx, func(*Tx) error { return nil })
}

// Now is the clock units of work read.
func (d *DB) Now() time.Time { return d.clock().UTC().Truncate(time.Microsecond) }

// Engine is "sqlite" or "postgres".
func (d *DB) Engine() string { return d.engine.name() }

// Attach lets what works on this database (the outbox) be found from a unit of
// work. It is called before the program runs.
func (d *DB) Attach(key, value any) {
	if d.attached == nil {
		d.attached = map[any]any{}
	}
	d.attached[key] = value
}

// Attached is what was attached under a key, or nil.
func (tx *Tx) Attached(key any) any { return tx.db.attached[key] }

// redact drops the password of a URL.
func redact(url string) string {
	scheme, rest, found := strings.Cut(url, "://")
	if !found {
		return url
	}
	if _, host, found := strings.Cut(rest, "@"); found {
		return scheme + "://…@" + host
	}
	return url
}
