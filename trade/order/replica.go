package order

import (
	"context"
	"encoding/json"
	"slices"
	"time"

	"comptoir.example/comptoir/base/db"
	"comptoir.example/comptoir/base/outbox"
	"comptoir.example/comptoir/erp"
	"comptoir.example/comptoir/trade/customer"
	"comptoir.example/comptoir/trade/price"
)

// Moved is emitted when the ERP says that an order stands elsewhere than before.
type Moved struct {
	Order string `json:"order"`
	From  State  `json:"from"`
	To    State  `json:"to"`
}

// Kind and Subject name the fact.
func (Moved) Kind() string      { return "order.moved" }
func (f Moved) Subject() string { return f.Order }

// byERP is the ERP's side in the trail.
var byERP = outbox.By{Actor: "erp"}

var (
	updateOrder = db.SQL("order.update_from_erp", `
UPDATE sales_order SET state = $2, po_number = $3, ship_to = $4, erp_id = $5, erp_number = $6, erp_totals = $7, seen = $8 WHERE id = $1`)
	deleteOrderLines = db.SQL("order.delete_lines", `DELETE FROM order_line WHERE order_id = $1`)
	cancelGone       = db.SQL("order.cancel_gone", `
UPDATE sales_order SET state = 'cancelled', seen = $3 WHERE conn = $1 AND erp_id = $2`)
	upsertShipment = db.SQL("order.upsert_shipment", `
INSERT INTO shipment (conn, erp_id, number, day, carrier, tracking, state, lines, seen) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
ON CONFLICT (conn, erp_id) DO UPDATE SET number = excluded.number, day = excluded.day, carrier = excluded.carrier,
    tracking = excluded.tracking, state = excluded.state, lines = excluded.lines, seen = excluded.seen`)
	linkShipment = db.SQL("order.link_shipment", `
INSERT INTO shipment_order (conn, erp_order, shipment) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING`)
	deleteShipment = db.SQL("order.delete_shipment", `DELETE FROM shipment WHERE conn = $1 AND erp_id = $2`)
)

// Replicate writes what the ERP says of an order of any channel, or of a
// shipment.
func Replicate(ctx context.Context, tx *db.Tx, m customer.Merchant, rec erp.Record) error {
	switch body := rec.Body.(type) {
	case erp.Order:
		return replicateOrder(ctx, tx, m, body)
	case erp.Shipment:
		lines, err := json.Marshal(body.Lines)
		if err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, upsertShipment, m.Conn, rec.ID, body.Number, body.Date, body.Carrier, body.Tracking, body.State, string(lines), tx.Now); err != nil {
			return err
		}
		for _, id := range body.Orders {
			if _, err := tx.Exec(ctx, linkShipment, m.Conn, id, rec.ID); err != nil {
				return err
			}
		}
		return nil
	case nil:
		stmt := cancelGone
		args := []any{m.Conn, rec.ID, tx.Now}
		if rec.Kind == erp.KindShipment {
			stmt, args = deleteShipment, args[:2]
		}
		_, err := tx.Exec(ctx, stmt, args...)
		return err
	}
	return nil
}

func replicateOrder(ctx context.Context, tx *db.Tx, m customer.Merchant, there erp.Order) error {
	o, found, err := db.One(ctx, tx, selectByERP, scanOrder, m.Conn, there.ID)
	if err == nil && !found && there.Key != "" {
		o, found, err = db.One(ctx, tx, selectByKey, scanOrder, there.Key)
		// Copies made in the ERP carry our key too: the first one is ours.
		if found && o.ERP != "" && o.ERP != there.ID {
			found = false
		} else if found && o.ERP == "" {
			// We sent it and have no answer yet. The delivery gives it its
			// number, once it has checked that it is the same order.
			return nil
		}
	}
	if err != nil {
		return err
	}
	if !found {
		return adopt(ctx, tx, m, there)
	}
	if o.State == OnHold || o.State == Refused {
		// A person is looking at it; the ERP's draft does not decide.
		if there.State == erp.OrderReceived || there.State == erp.OrderUnknown {
			return nil
		}
	}
	if err := readLines(ctx, tx, &o); err != nil {
		return err
	}
	return replicate(ctx, tx, o, there)
}

// replicate makes an order of ours, with its lines, say what the ERP's says.
func replicate(ctx context.Context, tx *db.Tx, o Order, there erp.Order) error {
	was := o.State
	o.State = stateOf(there.State, was)
	c, err := customer.Find(ctx, tx, o.Customer)
	if err != nil {
		return err
	}
	totals, err := json.Marshal(there.Totals)
	if err != nil {
		return err
	}
	if there.PONumber == "" {
		there.PONumber = o.PONumber
	}
	if there.ShipTo == "" {
		there.ShipTo = o.ShipTo
	}
	if err := tx.Later(ctx, updateOrder, o.ID, string(o.State), there.PONumber, there.ShipTo, there.ID, null(there.Number), string(totals), tx.Now); err != nil {
		return err
	}
	before := o.Lines
	if o.Lines, err = linesOf(ctx, tx, c, there); err != nil {
		return err
	}
	if !slices.EqualFunc(before, o.Lines, Line.same) {
		if err := tx.Later(ctx, deleteOrderLines, o.ID); err != nil {
			return err
		}
		if err := writeLines(ctx, tx, o); err != nil {
			return err
		}
	}
	if was == o.State || was == Submitted || was == OnHold {
		return nil // Numbered says it
	}
	return outbox.Emit(ctx, tx, byERP, Moved{o.ID, was, o.State})
}

// adopt takes in an order that was not made here.
func adopt(ctx context.Context, tx *db.Tx, m customer.Merchant, there erp.Order) error {
	c, err := customer.ByERP(ctx, tx, m.Conn, there.Customer)
	if err != nil {
		return err
	}
	o := Order{ID: tx.ID(), Conn: m.Conn, Reference: there.Number, Customer: c.ID, State: stateOf(there.State, Accepted), PONumber: there.PONumber,
		ShipTo: there.ShipTo, Currency: there.Totals.Total.Currency, Totals: there.Totals, Placed: tx.Now, Day: there.Date,
		ERP: there.ID, ERPNumber: there.Number, ERPTotals: &there.Totals, Seen: tx.Now}
	if day, err := parseDay(there.Date, m); err == nil {
		o.Placed = day
	}
	if o.Lines, err = linesOf(ctx, tx, c, there); err != nil {
		return err
	}
	return insert(ctx, tx, o, "")
}

// linesOf are the ERP's lines with the names our pages use.
func linesOf(ctx context.Context, tx *db.Tx, c customer.Customer, there erp.Order) ([]Line, error) {
	var ids []string
	for _, l := range there.Lines {
		if l.Item != "" && !slices.Contains(ids, l.Item) {
			ids = append(ids, l.Item)
		}
	}
	offers, err := price.Of(ctx, tx, c, ids)
	if err != nil {
		return nil, err
	}
	lines := make([]Line, len(there.Lines))
	for i, l := range there.Lines {
		item := offers[l.Item]
		lines[i] = Line{No: i + 1, Item: l.Item, SKU: item.SKU, Name: item.Name, Unit: item.Unit.ERP, Freight: l.Freight, Quantity: l.Quantity,
			Shipped: l.Shipped, Invoiced: l.Invoiced, UnitPrice: l.UnitPrice, Amount: l.Amount}
		if item.ERP == "" {
			lines[i].Name = erp.Text{FR: l.Text, EN: l.Text}
		}
	}
	return lines, nil
}

// stateOf is the ERP's state in a buyer's words. A state the connector has no
// word for changes nothing.
func stateOf(there erp.OrderState, was State) State {
	switch there {
	case erp.OrderReceived, erp.OrderInReview:
		if was == OnHold {
			return OnHold
		}
		return Submitted
	case erp.OrderReleased:
		return Accepted
	case erp.OrderPartlyShipped:
		return PartlyShipped
	case erp.OrderShipped:
		return Shipped
	case erp.OrderInvoiced, erp.OrderClosed:
		return Invoiced
	case erp.OrderCancelled:
		return Cancelled
	}
	return was
}

// parseDay is the start of a business day in the merchant's zone.
func parseDay(day string, m customer.Merchant) (time.Time, error) {
	return time.ParseInLocation(time.DateOnly, day, m.Zone)
}
