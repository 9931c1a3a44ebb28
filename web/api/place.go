package api

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"strconv"
	"time"

	"comptoir.example/comptoir/base/db"
	"comptoir.example/comptoir/base/fault"
	"comptoir.example/comptoir/base/money"
	"comptoir.example/comptoir/trade/order"
	"comptoir.example/comptoir/web"
)

// NewOrder is an order as a program sends it.
type NewOrder struct {
	ShipTo         string    `json:"ship_to"`         // id of an address
	DeliveryMethod string    `json:"delivery_method"` // id of a delivery method
	PONumber       string    `json:"po_number,omitempty"`
	Comment        string    `json:"comment,omitempty"`
	Lines          []NewLine `json:"lines"`
}

// NewLine is one line of it. UnitPrice is the price the caller saw: the order is
// refused when it is not that any more. Without one today's price is accepted.
type NewLine struct {
	SKU       string `json:"sku" minLength:"1" maxLength:"200"`
	Quantity  string `json:"quantity" minLength:"1" maxLength:"50"`
	UnitPrice string `json:"unit_price,omitempty" maxLength:"50"`
}

// placed is the answer to an order. Replayed is "true" when it had been placed
// before with the same key.
type placed struct {
	Location string `header:"Location"`
	Replayed string `header:"Idempotency-Replayed"`
	Body     Order
}

// KeepKeys is how long an idempotency key is remembered at least.
const KeepKeys = 7 * 24 * time.Hour

var (
	selectKey = db.SQL("api.select_key", `SELECT request, subject FROM idempotency WHERE person = $1 AND key = $2`)
	// Written before anything else is read: two calls with different keys then
	// never look at the same place.
	insertKey = db.SQL("api.insert_key", `
INSERT INTO idempotency (person, key, request, subject, created) VALUES ($1, $2, $3, $4, $5) ON CONFLICT DO NOTHING`)
	sweepKeys = db.SQL("api.sweep_keys", `DELETE FROM idempotency WHERE created < $1`)
)

// used is what a key was used for.
type used struct{ request, subject string }

// Sweep forgets keys that are older than KeepKeys.
func Sweep(ctx context.Context, tx *db.Tx) error {
	_, err := tx.Exec(ctx, sweepKeys, tx.Now.Add(-KeepKeys))
	return err
}

// POST /v1/orders places an order once for each key. The key stands in the
// order's own unit of work, which runs alone for its company: of two calls at the
// same time the second finds the first one's order.
func placeOrder(r *web.Request, in *struct {
	Key  string `header:"Idempotency-Key" required:"true" minLength:"1" maxLength:"255"`
	Body NewOrder
}) (*placed, error) {
	asked, err := digest(in.Body)
	if err != nil {
		return nil, err
	}
	b, err := basket(in.Body)
	if err != nil {
		return nil, err
	}
	out := &placed{}
	err = r.WriteAs(r.Actor.Customer, func(ctx context.Context, tx *db.Tx) error {
		*out = placed{} // the work may run twice
		id := tx.ID()
		first, err := tx.Exec(ctx, insertKey, r.Actor.Person, in.Key, asked, id, tx.Now)
		if err != nil {
			return err
		}
		if first == 0 {
			out.Replayed = "true"
			subject, err := usedFor(ctx, tx, r, in.Key, asked)
			if err == nil {
				out.Body, err = orderByID(ctx, tx, r, subject)
			}
			return err
		}
		b.ID = id
		o, err := order.PlaceBasket(ctx, tx, r.Actor, r.Site.Engine.Merchant(), b)
		if err != nil {
			return err
		}
		out.Body = wholeOrder(o, AsOf{Source: "shop", At: &o.Placed})
		return nil
	})
	out.Location = "/v1/orders/" + out.Body.ID
	return out, err
}

// usedFor is the id of what a key was used for. Invalid when that was something else.
func usedFor(ctx context.Context, tx *db.Tx, r *web.Request, key, asked string) (string, error) {
	before, _, err := db.One(ctx, tx, selectKey, func(row db.Row) (u used, err error) {
		err = row.Scan(&u.request, &u.subject)
		return u, err
	}, r.Actor.Person, key)
	if err == nil && before.request != asked {
		err = fault.New(fault.Invalid, "api.key_reused").With(parameter+"Idempotency-Key", "api.key_reused")
	}
	return before.subject, err
}

// digest stands for what was asked, however it was spelled.
func digest(body any) (string, error) {
	text, err := json.Marshal(body)
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:]), err
}

func basket(o NewOrder) (order.Basket, error) {
	b := order.Basket{Wish: order.Wish{ShipTo: o.ShipTo, Delivery: o.DeliveryMethod, PONumber: o.PONumber, Comment: o.Comment},
		Lines: make([]order.BasketLine, len(o.Lines))}
	bad := fault.New(fault.Invalid, "order.bad_lines")
	for i, l := range o.Lines {
		b.Lines[i] = order.BasketLine{SKU: l.SKU, Quantity: l.Quantity}
		if l.UnitPrice == "" {
			continue
		}
		price, err := money.Parse(l.UnitPrice)
		if err != nil {
			f := fault.Of(err)
			bad.With("lines/"+strconv.Itoa(i)+"/unit_price", f.Code, f.Params...)
		}
		b.Lines[i].Price = &price
	}
	if len(bad.Fields) > 0 {
		return b, bad
	}
	return b, nil
}
