package outbox

import (
	"context"
	"fmt"
	"log/slog"
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

func (b *Box) connections() (names []string) {
	b.lanes.mu.Lock()
	defer b.lanes.mu.Unlock()
	for name := range b.lanes.of {
		names = append(names, name)
	}
	return names
}

// finished is a delivery with what became of it.
type finished struct {
	Delivery
	Outcome
}

var (
	countLeased = db.SQL("outbox.count_leased", `
SELECT COUNT(*) FROM delivery WHERE conn = $1 AND leased >= $2 AND open`)
	// Only the first open delivery of a lane can be taken, so a lease on it is a
	// lease on the lane. Looking at the most urgent is enough when many lanes wait;
	// when one long lane does, most of them stand behind its first.
	selectUrgent = db.SQL("outbox.select_urgent", `
SELECT `+columns+` FROM (SELECT * FROM delivery WHERE conn = $1 AND open AND due <= $2 ORDER BY due, seq LIMIT 32) d
WHERE (d.leased IS NULL OR d.leased < $2)
  AND NOT EXISTS (SELECT 1 FROM delivery e WHERE e.conn = d.conn AND e.lane = d.lane AND e.open AND e.seq < d.seq)
ORDER BY d.due, d.seq LIMIT $3`)
	// Then the lanes are gone through, from the first of one to the first of the next.
	selectDue = db.SQL("outbox.select_due", `
WITH RECURSIVE head (lane, seq) AS (
    SELECT lane, seq FROM (SELECT lane, seq FROM delivery WHERE conn = $1 AND open ORDER BY lane, seq LIMIT 1) first
    UNION ALL
    SELECT n.lane, n.seq FROM head h JOIN delivery n ON n.seq =
        (SELECT e.seq FROM delivery e WHERE e.conn = $1 AND e.open AND e.lane > h.lane ORDER BY e.lane, e.seq LIMIT 1)
)
SELECT `+qualified("d.")+` FROM head JOIN delivery d ON d.seq = head.seq
WHERE d.due <= $2 AND (d.leased IS NULL OR d.leased < $2)
ORDER BY d.due, d.seq LIMIT $3`)
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

// turn settles what is finished and takes what is due, up to free lanes, in one
// unit of work: under load a commit serves many deliveries.
func (b *Box) turn(ctx context.Context, conn string, ended []finished, free int) (taken []Delivery, err error) {
	err = b.DB.WriteHeld(ctx, "outbox."+conn, func(tx *db.Tx) error {
		taken = nil
		down := db.Soon(ctx, tx, selectBreaker, scanBreaker, conn)
		leases := db.Soon(ctx, tx, countLeased, db.Value[int], conn, tx.Now)
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
		for _, f := range ended {
			leased, still := ours[f.Seq]
			if !still {
				// Our lease ran out and another holder took the lane: its outcome counts.
				slog.WarnContext(ctx, "outbox: lease lost", "seq", f.Seq, "consumer", f.Consumer)
				continue
			}
			if !leased.Before(tx.Now) {
				held--
			}
			if err := b.settle(ctx, tx, f, &br); err != nil {
				return fmt.Errorf("settle %s %s: %w", f.Consumer, f.Subject, err)
			}
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
		for _, some := range []*db.Stmt{selectUrgent, selectDue} {
			if len(taken) == free {
				break
			}
			if taken, err = db.All(ctx, tx, some, scanDelivery, conn, tx.Now, free); err != nil {
				return err
			}
		}
		if len(taken) == 0 {
			return nil
		}
		seqs := make([]int64, len(taken))
		for i := range taken {
			seqs[i], taken[i].Now = taken[i].Seq, tx.Now
		}
		return tx.Later(ctx, takeDelivery, seqs, b.Holder, tx.Now.Add(b.Lease), tx.Now)
	})
	if err == nil && len(ended) > 0 {
		b.Crash("outbox.settled")
	}
	return taken, err
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

// run carries one delivery.
func (b *Box) run(ctx context.Context, d Delivery) (f finished) {
	f.Delivery = d
	defer func() {
		if p := recover(); p != nil {
			slog.ErrorContext(ctx, "outbox: carrier panicked", "consumer", d.Consumer, "subject", d.Subject, "panic", p)
			f.Outcome = broken(d, fmt.Sprint(p))
		}
	}()
	carry := b.carry[d.Consumer]
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
		taken, err := b.turn(ctx, conn, nil, 1)
		if err != nil {
			return false, err
		}
		for _, d := range taken {
			if _, err := b.turn(ctx, conn, []finished{b.run(ctx, d)}, 0); err != nil {
				return true, err
			}
			return true, nil
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
