package erpsync

import (
	"context"
	"slices"
	"strings"
	"time"

	"comptoir.example/comptoir/base/asof"
	"comptoir.example/comptoir/base/db"
	"comptoir.example/comptoir/base/money"
	"comptoir.example/comptoir/base/outbox"
	"comptoir.example/comptoir/erp"
	"comptoir.example/comptoir/finance/payment"
	"comptoir.example/comptoir/trade/access"
	"comptoir.example/comptoir/trade/order"
	"comptoir.example/comptoir/trade/price"
)

// lagBucket is the grain of the line that shows the last day.
const lagBucket = 30 * time.Minute

var (
	upsertLag = db.SQL("erpsync.upsert_lag", `
INSERT INTO flow_lag (conn, kind, bucket, worst) VALUES ($1, $2, $3, $4)
ON CONFLICT (conn, kind, bucket) DO UPDATE SET worst = excluded.worst WHERE excluded.worst > flow_lag.worst`)
	selectLag = db.SQL("erpsync.select_lag", `
SELECT kind, bucket, worst FROM flow_lag WHERE conn = $1 AND bucket >= $2 ORDER BY kind, bucket`)
	selectFlows = db.SQL("erpsync.select_flows", `SELECT kind, changed, error, since FROM flow WHERE conn = $1`)
	countBad    = db.SQL("erpsync.count_malformed", `SELECT kind, COUNT(*), MIN(malformed) FROM replica WHERE conn = $1 AND malformed <> '' GROUP BY kind`)
	lastDone    = db.SQL("erpsync.last_done", `
SELECT d.created, d.done FROM delivery d WHERE d.conn = $1 AND d.state = 'done' AND d.consumer = $2 ORDER BY d.seq DESC LIMIT 200`)
)

func noteLag(ctx context.Context, tx *db.Tx, conn, kind string, lag time.Duration, since time.Time) error {
	if since.IsZero() {
		return nil
	}
	return tx.Later(ctx, upsertLag, conn, kind, tx.Now.Truncate(lagBucket), lag.Microseconds())
}

// Flow is how one stream of records is doing.
type Flow struct {
	Name     string // message key "flow.<name>"
	Out      bool   // to the ERP
	Stamp    asof.Stamp
	Changed  time.Time
	Error    string // what the ERP said, "" while it answers
	Since    time.Time
	Waiting  int
	Oldest   time.Time
	Lag      []time.Duration // worst of each half hour of the last day, oldest first
	Unclear  int             // records that could not be understood
	UnclearX string          // one of them, why
}

// Late says whether a flow is behind its limit.
func (f Flow) Late(now time.Time) bool {
	if f.Out {
		return !f.Oldest.IsZero() && now.Sub(f.Oldest) > f.Stamp.Limit
	}
	return f.Stamp.Stale(now)
}

// Exchange is how it goes between shop and ERP.
type Exchange struct {
	Conn    string
	Caps    erp.Capabilities
	Queue   outbox.Queue
	Flows   []Flow
	Stopped []Message
	Waiting []Message     // the first of them
	P50     time.Duration // from click to ERP, of the last 200 orders
	P95     time.Duration
}

// Message is a delivery with the document it is about.
type Message struct {
	outbox.Delivery
	About    string // order; receipt; payment, something asked of the processor; card, a saved one to forget; payout; letter
	Customer string // "" of a card
	Number   string // of an order
	Total    money.Amount
}

// MessageOf is the message of a delivery about an order.
func MessageOf(d outbox.Delivery, o order.Order) Message {
	totals, _ := o.Sums()
	return Message{d, "order", o.Customer, o.Number(), totals.Total}
}

// pushLimit is how long an order may wait before the flow is late.
const pushLimit = 2 * time.Minute

// Look measures the exchange. What waits for the connections of others (a processor)
// is listed with it. Denied without the right to see it.
func (e *Engine) Look(ctx context.Context, tx *db.Tx, who access.Actor, others ...string) (x Exchange, err error) {
	if err := who.Must(access.ViewExchange); err != nil {
		return x, err
	}
	x.Conn, x.Caps = e.conn(), e.Capabilities()
	if x.Queue, err = outbox.QueueOf(ctx, tx, x.Conn); err != nil {
		return x, err
	}
	if x.Flows, err = e.lookAtFlows(ctx, tx, x.Queue); err != nil {
		return x, err
	}
	if x.P50, x.P95, err = e.speed(ctx, tx); err != nil {
		return x, err
	}
	stopped, err := outbox.Stopped(ctx, tx, 100)
	if err != nil {
		return x, err
	}
	var waiting []outbox.Delivery
	for _, conn := range append([]string{x.Conn}, others...) {
		some, err := outbox.Waiting(ctx, tx, conn, 20)
		if err != nil {
			return x, err
		}
		waiting = append(waiting, some...)
	}
	waiting = slices.DeleteFunc(waiting, func(d outbox.Delivery) bool { return d.State == outbox.Unknown }) // among the stopped
	if x.Stopped, err = withDocuments(ctx, tx, stopped); err != nil {
		return x, err
	}
	x.Waiting, err = withDocuments(ctx, tx, waiting)
	return x, err
}

func withDocuments(ctx context.Context, tx *db.Tx, deliveries []outbox.Delivery) (list []Message, err error) {
	for _, d := range deliveries {
		m, err := withDocument(ctx, tx, d)
		if err != nil {
			return nil, err
		}
		list = append(list, m)
	}
	return list, nil
}

func withDocument(ctx context.Context, tx *db.Tx, d outbox.Delivery) (Message, error) {
	if o, found, err := order.Load(ctx, tx, d.Subject); err != nil || found {
		return MessageOf(d, o), err
	}
	if x, found, err := payment.ReceiptOf(ctx, tx, d.Subject); err != nil || found {
		return Message{d, "receipt", x.Customer, "", x.Amount}, err
	}
	if l, found, err := payment.LinkOf(ctx, tx, d.Subject); err != nil || found {
		return Message{Delivery: d, About: "letter", Customer: l.Customer}, err
	}
	if p, found, err := payment.PayoutOf(ctx, tx, strings.TrimPrefix(d.Conn, "gateway."), d.Subject); err != nil || found {
		return Message{d, "payout", "", "", p.Amount}, err
	}
	a, found, err := payment.AttemptOf(ctx, tx, d.Subject)
	if err != nil || !found {
		return Message{Delivery: d, About: "card"}, err
	}
	p, _, err := payment.Load(ctx, tx, a.Payment)
	return Message{d, "payment", p.Customer, "", a.Amount}, err
}

func (e *Engine) lookAtFlows(ctx context.Context, tx *db.Tx, q outbox.Queue) ([]Flow, error) {
	board, err := asof.Read(ctx, tx, e.conn())
	if err != nil {
		return nil, err
	}
	lags := map[string][]time.Duration{}
	from := tx.Now.Truncate(lagBucket).Add(-24 * time.Hour)
	if _, err := db.All(ctx, tx, selectLag, func(r db.Row) (_ struct{}, err error) {
		var kind string
		var bucket time.Time
		var worst int64
		err = r.Scan(&kind, &bucket, &worst)
		if lags[kind] == nil {
			lags[kind] = make([]time.Duration, 24*time.Hour/lagBucket+1)
		}
		if i := int(bucket.Sub(from) / lagBucket); i >= 0 && i < len(lags[kind]) {
			lags[kind][i] = time.Duration(worst) * time.Microsecond
		}
		return struct{}{}, err
	}, e.conn(), from); err != nil {
		return nil, err
	}
	flows := []Flow{{Name: "push", Out: true, Stamp: asof.Stamp{Source: "shop", At: q.Oldest, Limit: pushLimit},
		Waiting: q.Waiting, Oldest: q.Oldest, Since: q.Down, Error: q.Reason, Lag: lags["push"]}}
	if q.Down.IsZero() {
		flows[0].Error = ""
	}
	rows := map[string]Flow{}
	if _, err := db.All(ctx, tx, selectFlows, func(r db.Row) (_ struct{}, err error) {
		var f Flow
		err = r.Scan(&f.Name, &f.Changed, &f.Error, &f.Since)
		rows[f.Name] = f
		return struct{}{}, err
	}, e.conn()); err != nil {
		return nil, err
	}
	if _, err := db.All(ctx, tx, countBad, func(r db.Row) (_ struct{}, err error) {
		var kind, why string
		var n int
		err = r.Scan(&kind, &n, &why)
		f := rows[kind]
		f.Unclear, f.UnclearX = n, why
		rows[kind] = f
		return struct{}{}, err
	}, e.conn()); err != nil {
		return nil, err
	}
	for _, kind := range erp.Kinds {
		f := rows[string(kind)]
		f.Name, f.Stamp, f.Lag = string(kind), board.Of(string(kind)), lags[string(kind)]
		flows = append(flows, f)
	}
	return flows, nil
}

// speed is how long the last orders took from click to ERP: median and 95th
// percentile.
func (e *Engine) speed(ctx context.Context, tx *db.Tx) (p50, p95 time.Duration, err error) {
	took, err := db.All(ctx, tx, lastDone, func(r db.Row) (d time.Duration, err error) {
		var created, done time.Time
		err = r.Scan(&created, &done)
		return done.Sub(created), err
	}, e.conn(), "erp.push-order")
	if err != nil || len(took) == 0 {
		return 0, 0, err
	}
	slices.Sort(took)
	return took[len(took)/2], took[len(took)*95/100], nil
}

var (
	selectSwept = db.SQL("erpsync.select_swept", `SELECT MIN(swept) FROM flow WHERE conn = $1 AND swept IS NOT NULL`)
	countLive   = db.SQL("erpsync.count_live", `SELECT COUNT(*) FROM replica WHERE conn = $1 AND NOT deleted`)
	noteSwept   = db.SQL("erpsync.note_swept", `UPDATE flow SET swept = $3 WHERE conn = $1 AND kind = $2`)
)

// Swept is when every kind was last compared whole with the ERP (the oldest of
// them; zero before), and how many records that are.
func (e *Engine) Swept(ctx context.Context, tx *db.Tx) (at time.Time, records int, err error) {
	if at, _, err = db.One(ctx, tx, selectSwept, db.Value[time.Time], e.conn()); err != nil {
		return at, 0, err
	}
	records, _, err = db.One(ctx, tx, countLive, db.Value[int], e.conn())
	return at, records, err
}

// Latency is how long the ERP took for the last answer.
func (e *Engine) Latency() time.Duration { return time.Duration(e.latency.Load()) }

// PricesChecked is how many prices were compared with the ERP's today.
func (e *Engine) PricesChecked(ctx context.Context, tx *db.Tx) (price.Checked, error) {
	return price.CheckedOn(ctx, tx, e.conn(), e.Merchant().Day(tx.Now))
}
