package outbox

import (
	"context"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"comptoir.example/comptoir/base/db"
)

// Stats count what the outbox did since the process began.
type Stats struct{ Carried, Stopped, Down atomic.Int64 }

// lanes is how many lanes of a connection may run at once.
type lanes struct {
	mu sync.Mutex
	of map[string]int
}

// Connection says that deliveries go over a connection, and how many lanes of it
// may run at once.
func (b *Box) Connection(conn string, n int) {
	b.lanes.mu.Lock()
	defer b.lanes.mu.Unlock()
	if b.lanes.of == nil {
		b.lanes.of = map[string]int{}
	}
	b.lanes.of[conn] = max(n, 1)
}

func (b *Box) limit(conn string) int {
	b.lanes.mu.Lock()
	defer b.lanes.mu.Unlock()
	return max(b.lanes.of[conn], 1)
}

// connections are in order: what a test with a seed sees must be the seed's.
func (b *Box) connections() []string {
	b.lanes.mu.Lock()
	defer b.lanes.mu.Unlock()
	return slices.Sorted(maps.Keys(b.lanes.of))
}

// finished is a delivery with what became of it.
type finished struct {
	Delivery
	Outcome
	last      bool // its lane is free again
	untouched bool // it was not its turn: it is as it was before it was taken
}

// waiting is an open delivery that is due and nobody has, and how many open ones
// stand before it in its lane.
type waiting struct {
	seq            int64
	lane, consumer string
	before         int
}

var (
	countLeased = db.SQL("outbox.count_leased", `
SELECT COUNT(DISTINCT lane) FROM delivery WHERE conn = $1 AND leased >= $2 AND open`)
	// A lane is taken from its first open delivery on, so a lease on that one is a
	// lease on the lane. Looking at the most urgent is enough when many lanes wait;
	// when one long lane does, most of them stand behind its first.
	selectUrgent = db.SQL("outbox.select_urgent", `
SELECT d.seq, d.lane, d.consumer, (SELECT COUNT(*) FROM
    (SELECT 1 FROM delivery e WHERE e.conn = d.conn AND e.lane = d.lane AND e.open AND e.seq < d.seq LIMIT 16) ahead)
FROM (SELECT * FROM delivery WHERE conn = $1 AND open AND due <= $2 AND (leased IS NULL OR leased < $2) ORDER BY due, seq LIMIT 32) d
ORDER BY d.due, d.seq`)
	// Then the lanes are gone through, from the first of one to the first of the next.
	selectHeads = db.SQL("outbox.select_heads", `
WITH RECURSIVE head (lane, seq) AS (
    SELECT lane, seq FROM (SELECT lane, seq FROM delivery WHERE conn = $1 AND open ORDER BY lane, seq LIMIT 1) first
    UNION ALL
    SELECT n.lane, n.seq FROM head h JOIN delivery n ON n.seq =
        (SELECT e.seq FROM delivery e WHERE e.conn = $1 AND e.open AND e.lane > h.lane ORDER BY e.lane, e.seq LIMIT 1)
)
SELECT d.seq, d.lane, d.consumer, 0 FROM head JOIN delivery d ON d.seq = head.seq
WHERE d.due <= $2 AND (d.leased IS NULL OR d.leased < $2)
ORDER BY d.due, d.seq LIMIT $3`)
	selectChosen = db.SQL("outbox.select_chosen", `
SELECT `+columns+` FROM delivery WHERE seq IN (SELECT CAST(value AS BIGINT) FROM json_each(CAST($1 AS TEXT))) ORDER BY seq`)
	takeDelivery = db.SQL("outbox.take", `
UPDATE delivery SET state = 'sending', holder = $2, leased = $3, sent = $4
WHERE seq IN (SELECT CAST(value AS BIGINT) FROM json_each(CAST($1 AS TEXT)))`)
	settleDelivery = db.SQL("outbox.settle", `
UPDATE delivery SET state = $2, open = $3, due = $4, attempts = $5, sent = $6, done = $7, class = $8, code = $9, detail = $10,
    holder = NULL, leased = NULL
WHERE seq = $1`)
	selectOurs = db.SQL("outbox.select_ours", `
SELECT seq, leased FROM delivery WHERE holder = $1 AND seq IN (SELECT CAST(value AS BIGINT) FROM json_each(CAST($2 AS TEXT)))`)
	holdLease = db.SQL("outbox.hold_lease", `
UPDATE delivery SET leased = $3 WHERE holder = $1 AND leased >= $2 AND open`)
	dropLeases = db.SQL("outbox.drop_leases", `
UPDATE delivery SET leased = NULL, holder = NULL WHERE leased IS NOT NULL AND open`)
	openBreaker = db.SQL("outbox.open_breaker", `
INSERT INTO breaker (conn, since, retry, failures, detail) VALUES ($1, $2, $3, 1, $4)
ON CONFLICT (conn) DO UPDATE SET since = COALESCE(breaker.since, excluded.since), retry = excluded.retry,
    failures = breaker.failures + 1, detail = excluded.detail`)
	closeBreaker = db.SQL("outbox.close_breaker", `
UPDATE breaker SET since = NULL, retry = NULL, failures = 0 WHERE conn = $1 AND failures > 0`)
	nextDue = db.SQL("outbox.next_due", `
SELECT MIN(due) FROM delivery WHERE conn = $1 AND open`)
)

// probeEvery is how often a connection that is down is tried.
const probeEvery = time.Second

// maxUrgent is how many rows selectUrgent looks at.
const maxUrgent = 32

// turn settles what is finished and takes what is due, up to free lanes and
// together deliveries of each, in one unit of work: under load a commit serves many.
func (b *Box) turn(ctx context.Context, conn string, ended []finished, free, together int) (taken [][]Delivery, err error) {
	err = b.DB.WriteHeld(ctx, "outbox."+conn, func(tx *db.Tx) error {
		taken = nil
		down := db.Soon(ctx, tx, selectBreaker, scanBreaker, conn)
		leases := db.Soon(ctx, tx, countLeased, db.Value[int], conn, tx.Now)
		asked := tx.Planned(func() error {
			for _, f := range ended {
				if f.Ask != nil {
					f.Ask(ctx, tx)
				}
			}
			return nil
		})
		if asked != nil {
			return asked
		}
		ours, err := b.ours(ctx, tx, ended)
		if err != nil {
			return err
		}
		br, _, err := down.One(ctx)
		if err != nil {
			return err
		}
		held, _, err := leases.One(ctx)
		if err != nil {
			return err
		}
		settle := func() error {
			for _, f := range ended {
				leased, still := ours[f.Seq]
				if !still {
					// Our lease ran out and another holder took the lane: its outcome counts.
					slog.WarnContext(ctx, "outbox: lease lost", "seq", f.Seq, "consumer", f.Consumer)
					continue
				}
				if f.last && !leased.Before(tx.Now) {
					held--
				}
				if err := b.settle(ctx, tx, f, &br); err != nil {
					return fmt.Errorf("settle %s %s: %w", f.Consumer, f.Subject, err)
				}
			}
			return nil
		}
		if err := tx.Planned(settle); err != nil {
			return err
		}
		if br.retry.After(tx.Now) {
			return nil
		}
		if !br.since.IsZero() {
			free = min(free, 1) // one tries whether the far side is back
		}
		free = min(free, b.limit(conn)-held)
		if free <= 0 {
			return nil
		}
		// Whoever takes is believed to have sent: after a crash each is looked up, and
		// waited for. So a far side that takes one at a time, and is slow, gets one.
		if !br.since.IsZero() || b.limit(conn) == 1 {
			together = 1
		}
		taken, err = b.take(ctx, tx, conn, free, together)
		return err
	})
	if err == nil && len(ended) > 0 {
		b.Crash("outbox.settled")
	}
	return taken, err
}

// take leases the most urgent lanes.
func (b *Box) take(ctx context.Context, tx *db.Tx, conn string, free, together int) ([][]Delivery, error) {
	urgent, err := db.All(ctx, tx, selectUrgent, scanWaiting, conn, tx.Now)
	if err != nil {
		return nil, err
	}
	lanes := b.choose(urgent, free, together)
	if len(lanes) < free && len(urgent) == maxUrgent {
		heads, err := db.All(ctx, tx, selectHeads, scanWaiting, conn, tx.Now, free)
		if err != nil {
			return nil, err
		}
		for _, lane := range b.choose(heads, free, 1) {
			known := slices.ContainsFunc(lanes, func(other []int64) bool { return other[0] == lane[0] })
			if !known && len(lanes) < free {
				lanes = append(lanes, lane)
			}
		}
	}
	if len(lanes) == 0 {
		return nil, nil
	}
	seqs := slices.Concat(lanes...)
	all, err := db.All(ctx, tx, selectChosen, scanDelivery, seqs)
	if err != nil {
		return nil, err
	}
	taken := make([][]Delivery, len(lanes))
	for _, d := range all {
		d.Now = tx.Now
		i := slices.IndexFunc(lanes, func(lane []int64) bool { return slices.Contains(lane, d.Seq) })
		taken[i] = append(taken[i], d)
	}
	return taken, tx.Later(ctx, takeDelivery, seqs, b.Holder, tx.Now.Add(b.Lease), tx.Now)
}

// choose picks up to free lanes whose first is among the urgent, each with those
// that stand right behind it and may be carried together with it.
func (b *Box) choose(urgent []waiting, free, together int) (lanes [][]int64) {
	for _, head := range urgent {
		if len(lanes) == free {
			break
		}
		if head.before > 0 {
			continue
		}
		lane := []int64{head.seq}
		for _, next := range urgent {
			if len(lane) >= min(together, b.carry[head.consumer].Together) {
				break
			}
			if next.lane == head.lane && next.before == len(lane) && next.consumer == head.consumer {
				lane = append(lane, next.seq)
			}
		}
		lanes = append(lanes, lane)
	}
	return lanes
}

func scanWaiting(r db.Row) (w waiting, err error) {
	err = r.Scan(&w.seq, &w.lane, &w.consumer, &w.before)
	return w, err
}

// ours says which of some deliveries we still hold, and until when.
func (b *Box) ours(ctx context.Context, tx *db.Tx, ended []finished) (map[int64]time.Time, error) {
	ours := map[int64]time.Time{}
	if len(ended) == 0 {
		return ours, nil
	}
	seqs := make([]int64, len(ended))
	for i, f := range ended {
		seqs[i] = f.Seq
	}
	_, err := db.All(ctx, tx, selectOurs, func(r db.Row) (_ struct{}, err error) {
		var seq int64
		var leased time.Time
		err = r.Scan(&seq, &leased)
		ours[seq] = leased
		return struct{}{}, err
	}, b.Holder, seqs)
	return ours, err
}

// settle writes down what became of one delivery.
func (b *Box) settle(ctx context.Context, tx *db.Tx, f finished, br *breaker) error {
	d, o := f.Delivery, f.Outcome
	if f.untouched {
		return tx.Later(ctx, settleDelivery, d.Seq, string(d.State), true, d.Due, d.Attempts, d.Sent, nil, d.Class, d.Code, d.Detail)
	}
	state, open, due, attempts, sent := o.State, false, tx.Now.Add(o.After), d.Attempts, d.Sent
	if o.Sent {
		sent = d.Now
	}
	switch state {
	case Queued, Sending, Unknown:
		open = true
	case Failed:
		open, due = true, never
	default:
		sent = time.Time{} // it answered: nothing is on its way any more
	}
	if o.Fault {
		attempts++
	}
	if o.Down {
		due = d.Due
		*br = breaker{conn: d.Conn, since: tx.Now, retry: tx.Now.Add(probeEvery), failures: br.failures + 1, detail: o.Detail}
		if _, err := tx.Exec(ctx, openBreaker, d.Conn, tx.Now, br.retry, o.Detail); err != nil {
			return err
		}
		b.Running.Down.Add(1)
	} else if br.failures > 0 && (o.Class == "" || !open) { // a no is an answer too: the far side is there
		*br = breaker{conn: d.Conn}
		if _, err := tx.Exec(ctx, closeBreaker, d.Conn); err != nil {
			return err
		}
	}
	var done any
	if !open {
		done = tx.Now.UnixMicro()
	}
	if err := tx.Later(ctx, settleDelivery, d.Seq, string(state), open, due, attempts, sent, done, o.Class, o.Code, cut(o.Detail)); err != nil {
		return err
	}
	if o.Apply != nil {
		return o.Apply(ctx, tx)
	}
	return nil
}

func cut(s string) string {
	if len(s) > 2000 {
		return strings.ToValidUTF8(s[:2000], "")
	}
	return s
}

// patience is how long a lane goes on while others may wait.
const patience = 250 * time.Millisecond

// runLane carries deliveries of one lane in their order, and stops at the first
// that is not done: what became of it may decide about the next.
func (b *Box) runLane(ctx context.Context, lane []Delivery, results chan<- finished) {
	began := b.DB.Now()
	for i, d := range lane {
		if i > 0 {
			d.Now = b.DB.Now()
		}
		f := b.run(ctx, d)
		if rest := lane[i+1:]; f.Outcome.State != Done || b.DB.Now().Sub(began) > patience {
			for _, next := range rest {
				results <- finished{Delivery: next, untouched: true}
			}
			f.last = true
			results <- f
			return
		}
		f.last = i == len(lane)-1
		results <- f
	}
}

// run carries one delivery.
func (b *Box) run(ctx context.Context, d Delivery) (f finished) {
	f.Delivery = d
	defer func() {
		if p := recover(); p != nil {
			slog.ErrorContext(ctx, "outbox: carrier panicked", "consumer", d.Consumer, "subject", d.Subject, "panic", p)
			f.Outcome = broken(d, fmt.Sprint(p))
		}
	}()
	carry := b.carry[d.Consumer].Carry
	if carry == nil {
		f.Outcome = Outcome{State: Failed, Class: "broken", Code: "outbox.no_carrier", Detail: d.Consumer}
		return f
	}
	b.Crash("outbox.taken")
	f.Outcome = carry(ctx, d)
	b.Crash("outbox.carried")
	switch f.Outcome.State {
	case Done:
		b.Running.Carried.Add(1)
	case Queued, Sending, Unknown:
	default:
		b.Running.Stopped.Add(1)
	}
	return f
}

// broken is an attempt that made no sense: tried again with growing pauses, then
// left to a person.
func broken(d Delivery, detail string) Outcome {
	o := Outcome{State: Unknown, Class: "broken", Code: "outbox.broken", Detail: detail, Sent: true, Fault: true, After: time.Second << (2 * min(d.Attempts, 5))}
	if d.Attempts+1 >= maxFaults {
		o.State = Failed
	}
	return o
}

// Broken is the outcome of an attempt that made no sense.
func Broken(d Delivery, err error) Outcome { return broken(d, err.Error()) }

// Step carries one due delivery on the caller's goroutine and says whether there
// was one. Tests and simulations drive it; Run is the same for production.
func (b *Box) Step(ctx context.Context) (bool, error) {
	for _, conn := range b.connections() {
		taken, err := b.turn(ctx, conn, nil, 1, 1)
		if err != nil {
			return false, err
		}
		for _, lane := range taken {
			f := b.run(ctx, lane[0])
			f.last = true
			_, err := b.turn(ctx, conn, []finished{f}, 0, 1)
			return true, err
		}
	}
	return false, nil
}

// Next is when the connection has something to do again; zero when nothing waits.
func (b *Box) Next(ctx context.Context, conn string) (at time.Time, err error) {
	err = b.DB.Read(ctx, func(tx *db.Tx) error {
		if at, _, err = db.One(ctx, tx, nextDue, db.Value[time.Time], conn); err != nil || at.IsZero() {
			return err
		}
		br, _, err := db.One(ctx, tx, selectBreaker, scanBreaker, conn)
		if br.retry.After(at) {
			at = br.retry
		}
		return err
	})
	return at, err
}
