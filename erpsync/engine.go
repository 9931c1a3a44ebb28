// Package erpsync moves records between one ERP and the shop: it reads what
// changed there, carries orders over, compares prices, and knows how it goes.
//
// Connectors translate; what must be right for every ERP is here: cursors,
// hashes, sweeps, look-up before repeat, what an unanswered call means.
//
// Tables: connection, flow, flow_lag, replica.
package erpsync

import (
	"context"
	"encoding/json"
	"log/slog"
	"sync/atomic"
	"time"

	"comptoir.example/comptoir/base/db"
	"comptoir.example/comptoir/base/money"
	"comptoir.example/comptoir/base/outbox"
	"comptoir.example/comptoir/erp"
	"comptoir.example/comptoir/trade/customer"
)

// Engine exchanges with one ERP.
type Engine struct {
	DB       *db.DB
	Box      *outbox.Box
	ERP      erp.Connector
	Policy   Policy
	merchant atomic.Pointer[customer.Merchant]
	caps     atomic.Pointer[erp.Capabilities]
	flows    flows
	latency  atomic.Int64 // of the last answer, nanoseconds
}

// Policy is what the merchant decided about the exchange.
type Policy struct {
	// Accept lists the ERP's questions that are answered yes without asking a
	// person, such as "credit_limit".
	Accept []string
	// Tolerance is by how many minor units the ERP's total may differ from the
	// one the buyer saw before a person looks.
	Tolerance int64
}

// New makes the engine of a merchant's connection. Until Start has read how its
// ERP counts, the merchant's own settings hold.
func New(box *outbox.Box, connector erp.Connector, m customer.Merchant, policy Policy) *Engine {
	e := &Engine{DB: box.DB, Box: box, ERP: connector, Policy: policy}
	e.merchant.Store(&m)
	e.caps.Store(&erp.Capabilities{Rounding: m.Rounding, Lanes: 1, Operation: 2 * time.Minute, PollEvery: time.Second})
	e.flows.state = map[erp.Kind]*flow{}
	box.Connection(m.Conn, 1)
	return e
}

// Merchant is the seller, as its ERP counts now.
func (e *Engine) Merchant() customer.Merchant { return *e.merchant.Load() }

// Capabilities is what the ERP said it can do.
func (e *Engine) Capabilities() erp.Capabilities { return *e.caps.Load() }

func (e *Engine) conn() string { return e.Merchant().Conn }

var (
	selectConnection = db.SQL("erpsync.select_connection", `SELECT capabilities FROM connection WHERE conn = $1`)
	upsertConnection = db.SQL("erpsync.upsert_connection", `
INSERT INTO connection (conn, capabilities, probed, leader, led_until) VALUES ($1, $2, $3, '', 0)
ON CONFLICT (conn) DO UPDATE SET capabilities = excluded.capabilities, probed = excluded.probed`)
	takeLead = db.SQL("erpsync.take_lead", `
UPDATE connection SET leader = $2, led_until = $3 WHERE conn = $1 AND (leader = $2 OR led_until < $4)`)
)

// Start learns how the ERP counts: from what was kept, then from itself when it
// answers.
func (e *Engine) Start(ctx context.Context) error {
	var kept string
	err := e.DB.Read(ctx, func(tx *db.Tx) (err error) {
		kept, _, err = db.One(ctx, tx, selectConnection, db.Value[string], e.conn())
		return err
	})
	if err != nil {
		return err
	}
	if kept != "" {
		var caps erp.Capabilities
		if err := json.Unmarshal([]byte(kept), &caps); err != nil {
			return err
		}
		e.adopt(caps)
	}
	if err := e.Probe(ctx); err != nil {
		slog.WarnContext(ctx, "erp: does not answer yet", "conn", e.conn(), "err", err)
	}
	return nil
}

// Probe asks the ERP what it can do and keeps the answer.
func (e *Engine) Probe(ctx context.Context) error {
	caps, err := e.ERP.Probe(ctx)
	if err != nil {
		return err
	}
	text, err := json.Marshal(caps)
	if err != nil {
		return err
	}
	if err := e.DB.Write(ctx, func(tx *db.Tx) error {
		_, err := tx.Exec(ctx, upsertConnection, e.conn(), string(text), tx.Now)
		return err
	}); err != nil {
		return err
	}
	e.adopt(caps)
	return nil
}

func (e *Engine) adopt(caps erp.Capabilities) {
	m := e.Merchant()
	m.Rounding = caps.Rounding
	if m.Rounding.Mode == "" {
		m.Rounding = money.Default
	}
	if caps.Currency != "" {
		m.Currency = caps.Currency
	}
	if zone, err := time.LoadLocation(caps.TimeZone); err == nil && caps.TimeZone != "" {
		m.Zone = zone
	}
	e.merchant.Store(&m)
	e.caps.Store(&caps)
	e.Box.Connection(m.Conn, caps.Lanes)
}

// lead says whether this process is the one that reads for all. On SQLite there
// is no other.
func (e *Engine) lead(ctx context.Context) bool {
	if e.DB.Engine() == "sqlite" {
		return true
	}
	var n int64
	err := e.DB.Write(ctx, func(tx *db.Tx) (err error) {
		n, err = tx.Exec(ctx, takeLead, e.conn(), e.Box.Holder, tx.Now.Add(leadFor), tx.Now)
		return err
	})
	return err == nil && n > 0
}

// leadFor is how long a leader is believed without a sign of life.
const leadFor = 20 * time.Second
