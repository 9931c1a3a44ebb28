package outbox

import (
	"context"
	"time"

	"comptoir.example/comptoir/base/db"
)

// State is where a delivery stands (canonical model, write protocol).
type State string

// The states. The first three are open: the program goes on by itself.
const (
	Queued  State = "queued"
	Sending State = "sending" // taken by a holder; the far side may have heard of it
	Unknown State = "unknown" // it was sent and no answer came: it is looked up before any repeat

	Done          State = "done"
	Rejected      State = "rejected"       // the far side said no
	NeedsDecision State = "needs_decision" // the far side asked a question
	Conflict      State = "conflict"       // our key is there with other content
	Differs       State = "differs"        // it is there, and its totals are not ours
	Failed        State = "failed"         // makes no sense to the program; holds its lane
	Parked        State = "parked"         // a person put it aside
)

// Delivery is one consequence of a fact, on its way. Sent is when the far side
// may last have heard of it before this attempt; a holder that died in an attempt
// leaves that attempt's time there.
type Delivery struct {
	Seq                                 int64
	Conn, Lane, Consumer, Subject, Fact string
	State                               State
	Open                                bool
	Created, Due, Sent, DoneAt, Leased  time.Time
	Attempts                            int
	Class, Code, Detail                 string
	Accept                              string // codes of questions answered yes, one a line
	Now                                 time.Time
}

// Outcome is what became of an attempt.
type Outcome struct {
	State  State
	Class  string        // of the error, for the log and the screen
	Code   string        // message key
	Detail string        // what the far side said
	After  time.Duration // with an open state: not before this much later
	Sent   bool          // this attempt may have changed something on the far side
	Down   bool          // the far side cannot be reached
	Fault  bool          // counts as an attempt that failed
	// Apply writes what was learned, in the unit of work that settles the
	// delivery; Ask says early what Apply will want to read. Either may be nil.
	Apply func(ctx context.Context, tx *db.Tx) error
	Ask   func(ctx context.Context, tx *db.Tx)
}

// maxFaults is how often an attempt may make no sense before a person looks.
const maxFaults = 5

// never is the due time of what waits for a person.
var never = time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC)

const columns = `seq, conn, lane, consumer, subject, fact, state, open, created, due, sent, done, leased, attempts, class, code, detail, accept`

func scanDelivery(row db.Row) (d Delivery, err error) {
	err = row.Scan(&d.Seq, &d.Conn, &d.Lane, &d.Consumer, &d.Subject, &d.Fact, (*string)(&d.State), &d.Open, &d.Created, &d.Due,
		&d.Sent, &d.DoneAt, &d.Leased, &d.Attempts, &d.Class, &d.Code, &d.Detail, &d.Accept)
	return d, err
}

var (
	selectDelivery = db.SQL("outbox.select_delivery", `SELECT `+columns+` FROM delivery WHERE seq = $1`)
	selectAbout    = db.SQL("outbox.select_deliveries_about", `SELECT `+columns+` FROM delivery WHERE subject = $1 ORDER BY seq`)
	selectStopped  = db.SQL("outbox.select_stopped", `
SELECT `+columns+` FROM delivery
WHERE state IN ('unknown', 'rejected', 'needs_decision', 'conflict', 'differs', 'failed') AND state NOT IN ('queued', 'sending', 'done')
ORDER BY seq LIMIT $1`)
	selectWaiting = db.SQL("outbox.select_waiting", `
SELECT `+columns+` FROM delivery WHERE open AND conn = $1 ORDER BY due, seq LIMIT $2`)
	reopenDelivery = db.SQL("outbox.reopen", `
UPDATE delivery SET state = CASE WHEN sent IS NULL THEN 'queued' ELSE 'unknown' END, open = TRUE, due = $2, attempts = 0, accept = $3
WHERE seq = $1 AND state NOT IN ('done', 'sending', 'queued')`)
	parkDelivery = db.SQL("outbox.park", `
UPDATE delivery SET state = 'parked', open = FALSE, done = $2 WHERE seq = $1 AND state NOT IN ('done', 'sending')`)
	countQueue = db.SQL("outbox.count_queue", `
SELECT COUNT(*), MIN(created) FROM delivery WHERE open AND conn = $1`)
	countStopped = db.SQL("outbox.count_stopped", `
SELECT COUNT(*) FROM delivery WHERE state IN ('rejected', 'needs_decision', 'conflict', 'differs', 'failed') AND state NOT IN ('queued', 'sending', 'done')`)
	selectBreaker = db.SQL("outbox.select_breaker", `SELECT conn, since, retry, failures, detail FROM breaker WHERE conn = $1`)
)

// Find is one delivery.
func Find(ctx context.Context, tx *db.Tx, seq int64) (Delivery, bool, error) {
	return db.One(ctx, tx, selectDelivery, scanDelivery, seq)
}

// DeliveriesAbout lists what follows from the facts about one thing.
func DeliveriesAbout(ctx context.Context, tx *db.Tx, subject string) ([]Delivery, error) {
	return db.All(ctx, tx, selectAbout, scanDelivery, subject)
}

// Stopped lists what needs a person, or is being checked, oldest first.
func Stopped(ctx context.Context, tx *db.Tx, most int) ([]Delivery, error) {
	return db.All(ctx, tx, selectStopped, scanDelivery, most)
}

// Waiting lists what is open on a connection, most urgent first.
func Waiting(ctx context.Context, tx *db.Tx, conn string, most int) ([]Delivery, error) {
	return db.All(ctx, tx, selectWaiting, scanDelivery, conn, most)
}

// Retry opens a delivery again that stopped. Accept lists questions that are
// answered yes. False when it is not stopped.
func Retry(ctx context.Context, tx *db.Tx, seq int64, accept string) (bool, error) {
	n, err := tx.Exec(ctx, reopenDelivery, seq, tx.Now, accept)
	tx.Signal("outbox")
	return n > 0, err
}

// Park puts a delivery aside for good: a person takes care of it by hand.
func Park(ctx context.Context, tx *db.Tx, seq int64) (bool, error) {
	n, err := tx.Exec(ctx, parkDelivery, seq, tx.Now)
	tx.Signal("outbox")
	return n > 0, err
}

// Queue is how much waits on a connection, and since when.
type Queue struct {
	Waiting int
	Oldest  time.Time // zero when nothing waits
	Stopped int
	Down    time.Time // since when the far side does not answer; zero while it does
	Reason  string
}

// QueueOf measures a connection's queue.
func QueueOf(ctx context.Context, tx *db.Tx, conn string) (q Queue, err error) {
	q, _, err = db.One(ctx, tx, countQueue, func(r db.Row) (q Queue, err error) {
		err = r.Scan(&q.Waiting, &q.Oldest)
		return q, err
	}, conn)
	if err != nil {
		return q, err
	}
	if q.Stopped, _, err = db.One(ctx, tx, countStopped, db.Value[int]); err != nil {
		return q, err
	}
	br, _, err := db.One(ctx, tx, selectBreaker, scanBreaker, conn)
	q.Down, q.Reason = br.since, br.detail
	return q, err
}

var countEnded = db.SQL("outbox.count_ended", `
SELECT COALESCE(SUM(CASE WHEN state = 'done' THEN 1 ELSE 0 END), 0), COALESCE(SUM(CASE WHEN state = 'parked' THEN 1 ELSE 0 END), 0)
FROM delivery WHERE conn = $1 AND done >= $2`)

// CountSince counts what was done, and what was put aside, since an instant.
func CountSince(ctx context.Context, tx *db.Tx, conn string, since time.Time) (done, parked int, err error) {
	_, _, err = db.One(ctx, tx, countEnded, func(r db.Row) (_ struct{}, err error) {
		err = r.Scan(&done, &parked)
		return struct{}{}, err
	}, conn, since)
	return done, parked, err
}

// DownSince is since when a connection's far side does not answer; zero while it
// does.
func DownSince(ctx context.Context, tx *db.Tx, conn string) (time.Time, error) {
	br, _, err := askDown(ctx, tx, conn).One(ctx)
	return br.since, err
}

func askDown(ctx context.Context, tx *db.Tx, conn string) *db.Coming[breaker] {
	return db.Asked(ctx, tx, "outbox.breaker/"+conn, selectBreaker, scanBreaker, conn)
}

// AskDown says early that DownSince will be wanted.
func AskDown(ctx context.Context, tx *db.Tx, conn string) { askDown(ctx, tx, conn) }

type breaker struct {
	conn         string
	since, retry time.Time
	failures     int
	detail       string
}

func scanBreaker(r db.Row) (b breaker, err error) {
	err = r.Scan(&b.conn, &b.since, &b.retry, &b.failures, &b.detail)
	return b, err
}
