package erptest

import (
	"context"
	"crypto/rand"
	"errors"
	"slices"
	"time"

	"comptoir.example/comptoir/base/money"
	"comptoir.example/comptoir/erp"
)

// newKey is a key that no order has.
func newKey() string {
	var random [10]byte
	rand.Read(random[:]) // never fails
	return erp.NewKey(random)
}

// want is a quantity of an item.
type want struct{ sku, quantity string }

// order is a new order at the ERP's prices of now, with freight.
func (t *trial) order(customer string, wants ...want) erp.NewOrder {
	t.Helper()
	buyer := t.customer(customer)
	o := erp.NewOrder{Key: newKey(), Customer: buyer, ShipTo: t.address(buyer, ""), PONumber: "BC-" + newKey()[2:8],
		Date: t.today(), Currency: "CAD", DeliveryMethod: t.delivery()}
	for _, w := range wants {
		item, q := t.item(w.sku), money.Must(w.quantity)
		o.Lines = append(o.Lines, erp.NewLine{Item: item, Quantity: q, UnitPrice: t.price(buyer, item, q)})
	}
	return o
}

// plain is a small order of somebody who may order as much as they like.
func (t *trial) plain() erp.NewOrder {
	t.Helper()
	return t.order(t.Names.Unlimited, want{t.Names.Plain, "4"}, want{t.Names.Broken, "2"})
}

// today is the merchant's day.
func (t *trial) today() string {
	t.Helper()
	if t.zone == nil {
		caps, err := t.c.Probe(t.Context())
		t.do("probe", err)
		t.zone, err = time.LoadLocation(caps.TimeZone)
		t.do("zone", err)
	}
	return time.Now().In(t.zone).Format(time.DateOnly)
}

// inEffect says that an order is the ERP's to carry out.
func inEffect(s erp.OrderState) bool {
	return !slices.Contains([]erp.OrderState{erp.OrderReceived, erp.OrderInReview, erp.OrderCancelled, erp.OrderUnknown}, s)
}

// send carries an order over as the engine does, without its patience: it looks
// the order up, creates it when it is nowhere, and releases it until it is in
// effect. An error stops it, and calling it again goes on.
func send(ctx context.Context, c erp.Connector, o erp.NewOrder) (erp.Order, error) {
	there, err := c.FindOrder(ctx, o.Key)
	if err != nil {
		return erp.Order{}, err
	}
	if there == nil {
		id, err := c.CreateOrder(ctx, o)
		if err != nil {
			return erp.Order{}, err
		}
		there = &erp.Order{ID: id, State: erp.OrderReceived}
	}
	for range 8 {
		if inEffect(there.State) {
			return *there, nil
		}
		next, err := c.ReleaseOrder(ctx, there.ID, nil)
		if err != nil {
			return erp.Order{}, err
		}
		there = &next
	}
	return *there, errors.New("eight steps and not in effect")
}

// place sends an order that must get through.
func (t *trial) place(o erp.NewOrder) erp.Order {
	t.Helper()
	placed, err := send(t.Context(), t.c, o)
	t.do("place", err)
	return placed
}
