package db

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"slices"
	"sync"
)

// maxGroup is how many units of work SQLite commits at once at most.
const maxGroup = 32

// group lets the units of work that wait for SQLite's only writer share a
// commit, whose wait for the disk costs more than most of them. Each runs alone,
// one after the other, in a savepoint of its own; none is answered before the
// commit that holds it is on the disk.
type group struct {
	mu      sync.Mutex
	waiting []*job
	led     bool // somebody runs the units of work
}

// job is a unit of work in a group.
type job struct {
	f        func(*Tx) error
	err      error
	tx       *Tx
	panicked any
	lead     bool          // woken to run the next group
	woken    chan struct{} // done, or to lead
}

// writeGrouped runs f in a group and waits for the commit. The first to come leads:
// it runs all that wait, and gives the lead away when its own work is done.
func (d *DB) writeGrouped(ctx context.Context, f func(*Tx) error) error {
	j := &job{f: f, woken: make(chan struct{}, 1)}
	g := &d.group
	g.mu.Lock()
	g.waiting = append(g.waiting, j)
	lead := !g.led
	g.led = true
	g.mu.Unlock()
	if !lead {
		select {
		case <-j.woken:
		case <-ctx.Done():
			if g.leave(j) {
				return ctx.Err()
			}
			<-j.woken // it runs already
		}
		lead = j.lead
	}
	if lead {
		d.leadGroup(ctx)
	}
	if j.panicked != nil {
		panic(j.panicked)
	}
	return j.err
}

// leave takes a unit of work back that nobody runs yet.
func (g *group) leave(j *job) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	i := slices.Index(g.waiting, j)
	if i < 0 || j.lead {
		return false
	}
	g.waiting = slices.Delete(g.waiting, i, i+1)
	return true
}

// next takes the first of those that wait; nil when nobody does.
func (g *group) next() *job {
	g.mu.Lock()
	defer g.mu.Unlock()
	if len(g.waiting) == 0 {
		return nil
	}
	j := g.waiting[0]
	g.waiting = slices.Delete(g.waiting, 0, 1)
	return j
}

// handOver wakes those whose work is committed, and one of those who wait to
// lead the next group.
func (g *group) handOver(done []*job, self *job) {
	for _, j := range done {
		if j != self {
			j.woken <- struct{}{}
		}
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.led = len(g.waiting) > 0; g.led {
		g.waiting[0].lead = true
		g.waiting[0].woken <- struct{}{}
	}
}

// errUnfinished is told to a group whose leader's goroutine ended in the middle.
var errUnfinished = errors.New("db: the group was not committed")

// leadGroup runs one group. The first of those that wait is the caller's own. One
// is taken when it is begun, so that a group that fails leaves the others waiting.
func (d *DB) leadGroup(ctx context.Context) {
	g := &d.group
	self := g.next()
	ran, err := []*job{self}, errUnfinished
	// Also when f ends its goroutine, as a failing test does.
	defer func() {
		for _, j := range ran {
			j.err = cmp.Or(j.err, err)
		}
		g.handOver(ran, self)
	}()
	session, got := d.writer.get(ctx)
	if got != nil {
		err = d.engine.explain(got)
		return
	}
	defer d.writer.put(session)
	ctx = context.WithoutCancel(ctx)
	// In one transaction nobody but its units of work changes what they see.
	session.marks = map[string]string{}
	defer func() { session.marks = nil }()
	if g.alone() {
		err = d.engine.explain(d.once(ctx, session, beginSQLite, self.f))
		return
	}
	err = d.engine.explain(session.unit(ctx, beginSQLite, nil, func(context.Context) error {
		for j := self; j != nil; j = g.next() {
			if j != self {
				ran = append(ran, j)
			}
			if err := d.runInGroup(ctx, session, j); err != nil {
				return err
			}
			if len(ran) == maxGroup {
				break
			}
		}
		return nil
	}))
	if err != nil {
		return
	}
	d.Commits.Add(1)
	for _, j := range ran {
		if j.err == nil {
			d.signals.send(j.tx.signals)
		}
	}
}

// alone says that nobody waits.
func (g *group) alone() bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	return len(g.waiting) == 0
}

// runInGroup runs one unit of work between a savepoint and its release. It fails
// only when the whole group must.
func (d *DB) runInGroup(ctx context.Context, session *session, j *job) error {
	if _, err := session.exec(ctx, savepoint); err != nil {
		return err
	}
	j.tx = &Tx{Now: d.Now(), db: d, session: session}
	func() {
		defer func() {
			if p := recover(); p != nil {
				j.panicked = fmt.Sprintf("%v\n%s", p, debug.Stack())
				j.err = fmt.Errorf("panic: %v", p)
			}
		}()
		j.err = j.f(j.tx)
	}()
	if j.err != nil {
		if _, err := session.exec(ctx, rollbackTo); err != nil {
			return err // the disk is full, say: SQLite has undone everything
		}
		j.err = d.engine.explain(j.err)
	}
	_, err := session.exec(ctx, release)
	return err
}
