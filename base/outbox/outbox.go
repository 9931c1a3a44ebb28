// Package outbox writes down what happened, in the transaction in which it
// happened, and carries the consequences out afterwards.
//
// A fact is a row that is never changed. What follows from it is a delivery: a
// row of the same transaction, with a connection it goes over, a lane that keeps
// its order (a customer's orders arrive in the order in which they were placed),
// and a state. Lanes run side by side; one lane has one holder at a time, by a
// lease. When the far side is down a breaker stops all lanes of the connection,
// and its first success wakes them all. A delivery that cannot be done holds back
// its own lane, nobody else's.
//
// Deliveries may be swept one day; facts stay: they are also the audit trail.
//
// Tables: fact, fact_link, delivery, breaker.
package outbox

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"time"

	"comptoir.example/comptoir/base/db"
)

// Fact is something that happened. Its JSON is kept: ids and figures, no
// personal data.
type Fact interface {
	Kind() string    // in the past: "order.placed"
	Subject() string // id of what it is about
}

// By says who caused a fact.
type By struct {
	Actor   string // id of a person, or the name of a part of the program
	Request string // id of the request, for the log
}

// Route says what follows from one kind of fact.
type Route struct {
	Fact     string // kind
	Consumer string // stable name: "erp.push-order"
	// Where is the connection it goes over and the lane that keeps its order.
	Where func(Fact) (conn, lane string)
	Carry Carrier
	// Together is how many of one lane may be carried, one after the other, before
	// what became of the first is written down (16 at most). 0 and 1: each waits for that.
	Together int
}

// Carrier does what a delivery asks for, over the network, outside of any unit
// of work. It may be called again for the same delivery at any time: it looks up
// before it repeats.
type Carrier func(ctx context.Context, d Delivery) Outcome

// Box is the outbox of one database.
type Box struct {
	DB      *db.DB
	Holder  string        // this process, in leases
	Lease   time.Duration // how long a holder is believed without a sign of life
	routes  map[string][]Route
	carry   map[string]Route
	lanes   lanes
	Crash   func(point string) // told at each named point between two durable effects; see app/crash.go
	Running Stats
}

type attachment struct{}

// New makes the outbox of a database and lets verbs find it there.
func New(d *db.DB, holder string) *Box {
	b := &Box{DB: d, Holder: holder, Lease: 10 * time.Second,
		routes: map[string][]Route{}, carry: map[string]Route{}, Crash: func(string) {}}
	d.Attach(attachment{}, b)
	return b
}

// On adds a consequence. All of them are added before the program runs.
func (b *Box) On(r Route) {
	b.routes[r.Fact] = append(b.routes[r.Fact], r)
	b.carry[r.Consumer] = r
}

var (
	insertFact = db.SQL("outbox.insert_fact", `
INSERT INTO fact (id, kind, subject, actor, request, at, body, hash, linked)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, FALSE)`)
	insertDelivery = db.SQL("outbox.insert_delivery", `
INSERT INTO delivery (conn, lane, consumer, subject, fact, state, open, created, due, attempts)
VALUES ($1, $2, $3, $4, $5, 'queued', TRUE, $6, $6, 0)`)
)

// Emit writes a fact down, and the deliveries that follow from it.
func Emit(ctx context.Context, tx *db.Tx, by By, f Fact) error {
	body, err := json.Marshal(f)
	if err != nil {
		return fmt.Errorf("emit %s: %w", f.Kind(), err)
	}
	r := Record{ID: tx.ID(), Kind: f.Kind(), Subject: f.Subject(), Actor: by.Actor, Request: by.Request, At: tx.Now, Body: string(body)}
	r.Hash = r.hash()
	if err := tx.Later(ctx, insertFact, r.ID, r.Kind, r.Subject, r.Actor, r.Request, r.At, r.Body, r.Hash); err != nil {
		return err
	}
	box, _ := tx.Attached(attachment{}).(*Box)
	if box == nil {
		return nil
	}
	for _, route := range box.routes[f.Kind()] {
		conn, lane := route.Where(f)
		if err := tx.Later(ctx, insertDelivery, conn, lane, route.Consumer, f.Subject(), r.ID, tx.Now); err != nil {
			return err
		}
		tx.Signal("outbox")
	}
	return nil
}

// Record is a fact as it was written down.
type Record struct {
	ID, Kind, Subject, Actor, Request string
	At                                time.Time
	Body, Hash                        string
}

// hash covers everything a fact says.
func (r Record) hash() string {
	sum := sha256.Sum256(fmt.Appendf(nil, "%s\n%s\n%s\n%s\n%s\n%d\n%s", r.ID, r.Kind, r.Subject, r.Actor, r.Request, r.At.UnixMicro(), r.Body))
	return hex.EncodeToString(sum[:])
}

// Sound says whether a fact still says what was hashed when it was written.
func (r Record) Sound() bool { return r.Hash == r.hash() }

// Read decodes what a fact said.
func (r Record) Read(into any) error { return json.Unmarshal([]byte(r.Body), into) }

var selectFacts = db.SQL("outbox.select_facts", `
SELECT id, kind, subject, actor, request, at, body, hash FROM fact WHERE subject = $1 ORDER BY id`)

// About lists the facts about one thing, oldest first.
func About(ctx context.Context, tx *db.Tx, subject string) ([]Record, error) {
	return db.All(ctx, tx, selectFacts, scanRecord, subject)
}

func scanRecord(row db.Row) (r Record, err error) {
	err = row.Scan(&r.ID, &r.Kind, &r.Subject, &r.Actor, &r.Request, &r.At, &r.Body, &r.Hash)
	return r, err
}
