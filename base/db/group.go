package db

import (
	"context"
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

// next takes up to n of those that wait.
func (g *group) next(n int) []*job {
	g.mu.Lock()
	defer g.mu.Unlock()
	n = min(n, len(g.waiting))
	jobs := slices.Clone(g.waiting[:n])
	g.waiting = slices.Delete(g.waiting, 0, n)
	return jobs
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

// leadGroup runs one group. The first of those that wait is the caller's own.
func (d *DB) leadGroup(ctx context.Context) {
	g := &d.group
	ran := g.next(1)
	self := ran[0]
	// Also when f ends its goroutine, as a failing test does.
	defer func() { g.handOver(ran, self) }()
	session, err := d.writer.get(ctx)
	if err != nil {
		self.err = d.engine.explain(err)
		return
	}
	defer d.writer.put(session)
	ctx = context.WithoutCancel(ctx)
	if g.alone() {
		self.err = d.engine.explain(d.once(ctx, session, beginSQLite, self.f))
		return
	}
	var begun []*job
	err = session.unit(ctx, beginSQLite, nil, func(context.Context) error {
		for jobs := ran; len(jobs) > 0; jobs = g.next(maxGroup - len(begun)) {
			for _, j := range jobs {
				begun = append(begun, j)
				if j != self {
					ran = append(ran, j)
				}
				if err := d.runInGroup(ctx, session, j); err != nil {
					return err
				}
			}
		}
		return nil
	})
	d.Commits.Add(1)
	for _, j := range begun {
		switch {
		case j.err != nil:
		case err != nil:
			j.err = d.engine.explain(err)
		default:
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
