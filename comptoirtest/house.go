// Package comptoirtest is a whole shop in a test: its database, its people, an
// ERP, and a clock that the test moves.
package comptoirtest

import (
	"context"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"comptoir.example/comptoir/app"
	"comptoir.example/comptoir/app/migrations"
	"comptoir.example/comptoir/base/db"
	"comptoir.example/comptoir/base/db/dbtest"
	"comptoir.example/comptoir/comptoirtest/instant"
	"comptoir.example/comptoir/erp"
	"comptoir.example/comptoir/trade/access"
	"comptoir.example/comptoir/trade/customer"
	"comptoir.example/comptoir/trade/order"
)

// Clock is a clock that only the test moves.
type Clock struct {
	mu  sync.Mutex
	now time.Time
}

// NewClock stands at a Monday morning.
func NewClock() *Clock { return &Clock{now: time.Date(2026, 11, 23, 13, 0, 0, 0, time.UTC)} }

// Now reads the clock.
func (c *Clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

// Move turns it forward.
func (c *Clock) Move(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

// House is a shop in a test.
type House struct {
	*app.App
	T     testing.TB
	ERP   *instant.ERP
	Clock *Clock // nil: the real one
	Ctx   context.Context
}

// Open makes a shop over an ERP in memory and reads everything once. A nil clock
// is the real one; randomness comes from a seed, so a test can be repeated.
func Open(t testing.TB, engine string, e *instant.ERP, clock *Clock) *House {
	t.Helper()
	o := db.Options{Entropy: rand.NewChaCha8([32]byte{1})}
	if clock != nil {
		o.Clock, o.Readers = clock.Now, 2 // one thing happens at a time, and a test may look while it looks
	}
	h := &House{T: t, ERP: e, Clock: clock, Ctx: context.Background()}
	h.App = Over(t, dbtest.Open(t, engine, migrations.Files, o), e)
	return h
}

// Over makes a shop over a database and a connector and reads everything once.
func Over(t testing.TB, d *db.DB, connector erp.Connector) *app.App {
	t.Helper()
	a, err := app.New(d, connector, app.Config{})
	if err != nil {
		t.Fatal(err)
	}
	if err := a.Engine.Start(context.Background()); err != nil {
		t.Fatal(err)
	}
	if err := a.Engine.Round(context.Background(), true); err != nil {
		t.Fatal(err)
	}
	return a
}

// Buyer is somebody who may do everything a customer's people can, by the
// customer's code.
func (h *House) Buyer(code string) access.Actor {
	h.T.Helper()
	var who access.Actor
	h.Read(func(tx *db.Tx) error {
		c, err := customer.ByCode(h.Ctx, tx, h.Engine.Merchant().Conn, code)
		who = access.Actor{Person: "person-" + code, Customer: c.ID, Roles: []access.Role{access.CompanyAdmin}}
		return err
	})
	return who
}

// Staff is one of the merchant's people with a role.
func Staff(role access.Role) access.Actor {
	return access.Actor{Person: "staff-" + string(role), Staff: true, Roles: []access.Role{role}}
}

// Read and Write are units of work that may not fail.
func (h *House) Read(f func(tx *db.Tx) error) {
	h.T.Helper()
	if err := h.DB.Read(h.Ctx, f); err != nil {
		h.T.Fatal(err)
	}
}

// Write is Read's counterpart.
func (h *House) Write(f func(tx *db.Tx) error) {
	h.T.Helper()
	if err := h.DB.Write(h.Ctx, f); err != nil {
		h.T.Fatal(err)
	}
}

// Order places an order of one item in one unit of work.
func (h *House) Order(who access.Actor, sku, quantity string) (o order.Order, err error) {
	err = h.DB.WriteAs(h.Ctx, who.Customer, func(tx *db.Tx) error {
		c, err := customer.Of(h.Ctx, tx, who)
		if err != nil {
			return err
		}
		to, err := customer.ShipTos(h.Ctx, tx, c)
		if err != nil {
			return err
		}
		by, err := customer.Methods(h.Ctx, tx, c.Conn, erp.KindDeliveryMethod)
		if err != nil {
			return err
		}
		o, err = order.PlaceBasket(h.Ctx, tx, who, h.Engine.Merchant(), order.Basket{
			Wish:  order.Wish{ShipTo: to[0].ERP, Delivery: by[0].ERP, PONumber: "BC-1"},
			Lines: []order.BasketLine{{SKU: sku, Quantity: quantity}}})
		return err
	})
	return o, err
}

// Steps carries deliveries until none is due, and says how many.
func (h *House) Steps() (n int) {
	h.T.Helper()
	for {
		did, err := h.Box.Step(h.Ctx)
		if err != nil {
			h.T.Fatal(err)
		}
		if !did {
			return n
		}
		n++
	}
}
