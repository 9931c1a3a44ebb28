package db

import (
	"context"
	"hash/fnv"
	"math/rand/v2"
	"sync"
	"time"

	"comptoir.example/comptoir/base/fault"
)

// A unit of work is tried this often and this long before it is a Conflict.
const (
	maxTries = 10
	maxTime  = 2 * time.Second
)

// Write runs f as if it were alone and commits, or returns its error and
// changes nothing. Conflict when others kept getting in the way.
func (d *DB) Write(ctx context.Context, f func(tx *Tx) error) error {
	if d.Engine() == "sqlite" {
		return d.writeGrouped(ctx, f)
	}
	return d.write(ctx, d.engine.writing(), f)
}

func (d *DB) write(ctx context.Context, begin *Stmt, f func(tx *Tx) error) error {
	session, err := d.writer.get(ctx)
	if err != nil {
		return d.engine.explain(err)
	}
	defer d.writer.put(session)
	return d.retry(ctx, func() error { return d.once(ctx, session, begin, f) })
}

// WriteAs is Write for work that would always collide with work of the same
// key: a company for credit, limits and budgets, an invoice group for paying, an
// account for a hot balance. It waits for the key before the work begins.
func (d *DB) WriteAs(ctx context.Context, key string, f func(tx *Tx) error) error {
	return d.keyed(ctx, key, d.engine.writing(), f)
}

// WriteAlone is WriteAs for work that decides by what is changed under its key only,
// and by what nobody changes because of it: a company's payments, beside what the
// ERP says of its invoices. So nothing is watched. Watching, PostgreSQL would do the
// work of companies again that never met, because their rows stand on one page of an
// index. It sees one state (repeatable read); when another has changed a row that it
// changes, it is done again.
func (d *DB) WriteAlone(ctx context.Context, key string, f func(tx *Tx) error) error {
	return d.keyed(ctx, key, d.engine.holding(), f)
}

// WriteHeld is WriteAs for work on rows that nobody else may touch, because the
// key or a lease keeps all others away: a queue's turn, a follower's step.
// PostgreSQL need not watch what it reads, so it never undoes business for it. It
// sees one state (repeatable read): should a row have been changed by another all
// the same, the work is done again.
func (d *DB) WriteHeld(ctx context.Context, key string, f func(tx *Tx) error) error {
	return d.keyed(ctx, key, d.engine.holding(), func(tx *Tx) error {
		if tx.session.pg != nil {
			// A queue is empty at one time and long at another: no plan serves both.
			tx.session.later(planAnew)
		}
		return f(tx)
	})
}

// Planned runs f, within WriteHeld, with the plans that PostgreSQL has kept: for
// statements that find their rows by a key, however many there are.
func (tx *Tx) Planned(f func() error) error {
	if tx.session.pg == nil {
		return f()
	}
	tx.session.later(planOnce)
	err := f()
	tx.session.later(planAnew)
	return err
}

// WriteRow is Write for work that reads and changes one row only, such as a
// person's cart: PostgreSQL does it again when another has changed that row, and
// watches nothing else.
func (d *DB) WriteRow(ctx context.Context, f func(tx *Tx) error) error {
	if d.Engine() == "sqlite" {
		return d.writeGrouped(ctx, f)
	}
	return d.write(ctx, d.engine.holding(), f)
}

func (d *DB) keyed(ctx context.Context, key string, begin *Stmt, f func(tx *Tx) error) error {
	if d.Engine() == "sqlite" { // one writer: nobody else can be inside
		return d.writeGrouped(ctx, f)
	}
	unlock, err := d.keys.lock(ctx, key)
	if err != nil {
		return err
	}
	defer unlock()
	session, err := d.writer.get(ctx)
	if err != nil {
		return d.engine.explain(err)
	}
	defer d.writer.put(session)
	sum := fnv.New64a()
	sum.Write([]byte(key))
	number := int64(sum.Sum64())
	// By itself: what is read afterwards must be what the one before has left.
	if _, err := session.exec(ctx, lockKey, number); err != nil {
		return d.engine.explain(err)
	}
	session.unlock = &queued{stmt: unlockKey, args: []any{number}}
	// The lock belongs to the session, so it is given back even when ctx is over.
	defer func() {
		if session.unlock != nil {
			session.exec(context.WithoutCancel(ctx), unlockKey, number)
		}
	}()
	return d.retry(ctx, func() error { return d.once(ctx, session, begin, f) })
}

// The lock of a WriteAs key, on PostgreSQL only, and nowhere else in the program.
var (
	lockKey   = &Stmt{Name: "db.lock_key", text: "SELECT pg_advisory_lock($1)"}
	unlockKey = &Stmt{Name: "db.unlock_key", text: "SELECT pg_advisory_unlock($1)"}
)

// Read runs f on one consistent state of the data. f must not write.
func (d *DB) Read(ctx context.Context, f func(tx *Tx) error) error {
	session, err := d.readers.get(ctx)
	if err != nil {
		return d.engine.explain(err)
	}
	defer d.readers.put(session)
	tx := &Tx{Now: d.Now(), db: d, session: session}
	return d.engine.explain(session.unit(ctx, d.engine.reading(), tx, func(context.Context) error { return f(tx) }))
}

// Look runs f without a transaction around it: for one statement, which sees one
// state anyway. f must not write.
func (d *DB) Look(ctx context.Context, f func(tx *Tx) error) error {
	session, err := d.readers.get(ctx)
	if err != nil {
		return d.engine.explain(err)
	}
	defer d.readers.put(session)
	return d.engine.explain(f(&Tx{Now: d.Now(), db: d, session: session, floating: true}))
}

func (d *DB) once(ctx context.Context, session *session, begin *Stmt, f func(tx *Tx) error) error {
	tx := &Tx{Now: d.Now(), db: d, session: session}
	if err := session.unit(ctx, begin, tx, func(context.Context) error { return f(tx) }); err != nil {
		return err
	}
	d.Commits.Add(1)
	d.signals.send(tx.signals)
	return nil
}

func (d *DB) retry(ctx context.Context, once func() error) error {
	start := time.Now()
	for try := 1; ; try++ {
		err := once()
		if err == nil {
			return nil
		}
		if !d.engine.refused(err) {
			return d.engine.explain(err)
		}
		if try == maxTries || time.Since(start) > maxTime {
			d.Conflicts.Add(1)
			return fault.New(fault.Conflict, "db.busy").Because(err)
		}
		d.Retries.Add(1)
		// Pauses grow and differ, or the same two would meet again.
		pause := time.Duration(rand.Int64N(int64(time.Millisecond) << min(try, 6)))
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(pause):
		}
	}
}

// IsUnique says that a row like this one is there already.
func (d *DB) IsUnique(err error) bool { return err != nil && d.engine.unique(err) }

// keys are the WriteAs keys in use in this process.
type keys struct {
	mu   sync.Mutex
	held map[string]*sync.Mutex
	uses map[string]int
}

// lock waits for a key. Waiting here, and not on the database, keeps a crowd of
// one company from taking every connection.
func (k *keys) lock(ctx context.Context, key string) (unlock func(), err error) {
	k.mu.Lock()
	if k.uses == nil {
		k.uses = map[string]int{}
	}
	m := k.held[key]
	if m == nil {
		m = &sync.Mutex{}
		k.held[key] = m
	}
	k.uses[key]++
	k.mu.Unlock()
	m.Lock()
	unlock = func() {
		m.Unlock()
		k.mu.Lock()
		defer k.mu.Unlock()
		if k.uses[key]--; k.uses[key] == 0 {
			delete(k.uses, key)
			delete(k.held, key)
		}
	}
	if ctx.Err() != nil {
		unlock()
		return nil, ctx.Err()
	}
	return unlock, nil
}
