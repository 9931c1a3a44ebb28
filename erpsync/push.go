package erpsync

import (
	"context"
	"slices"
	"strings"
	"time"

	"comptoir.example/comptoir/base/db"
	"comptoir.example/comptoir/base/money"
	"comptoir.example/comptoir/base/outbox"
	"comptoir.example/comptoir/erp"
	"comptoir.example/comptoir/trade/customer"
	"comptoir.example/comptoir/trade/order"
)

// byUs is this part of the program in the trail.
var byUs = outbox.By{Actor: "erpsync"}

// slow is how long one step may take before the lane gives way to others: a
// large order must not keep everybody waiting.
const slow = time.Second

// maxSteps is more than any ERP needs to put an order into effect.
const maxSteps = 8

// PushOrder carries an order to the ERP, once. It looks the order up by its key
// before it creates it; a call that was not answered may have worked, so nothing
// is created again before the ERP can no longer be at it. It puts the order into
// effect step by step, and compares what the ERP adds up with what the buyer saw.
func (e *Engine) PushOrder(ctx context.Context, d outbox.Delivery) outbox.Outcome {
	var o order.Order
	var c customer.Customer
	err := e.DB.Read(ctx, func(tx *db.Tx) (err error) {
		if o, _, err = order.Load(ctx, tx, d.Subject); err == nil {
			c, err = customer.Find(ctx, tx, o.Customer)
		}
		return err
	})
	if err != nil {
		return outbox.Broken(d, err)
	}
	there, err := e.ERP.FindOrder(ctx, o.Key)
	if err != nil {
		return e.unanswered(d, o, err, false)
	}
	e.Box.Crash("push.looked_up")
	if there == nil {
		if wait := d.Sent.Add(e.quiet()).Sub(d.Now); !d.Sent.IsZero() && wait > 0 {
			// It was sent, and is not there: it may still be on its way.
			return outbox.Outcome{State: outbox.Unknown, Class: "ambiguous", Code: "erp.checking", After: min(wait, 10*time.Second)}
		}
		id, err := e.ERP.CreateOrder(ctx, Wire(o, c))
		if err != nil {
			return e.unanswered(d, o, err, true)
		}
		e.Box.Crash("push.created")
		there = &erp.Order{ID: id, State: erp.OrderReceived}
		if e.DB.Now().Sub(d.Now) > slow {
			return outbox.Outcome{State: outbox.Queued, Sent: true}
		}
	} else if !same(o, c, *there) {
		return stopped(outbox.Conflict, "conflict", "order.conflicts", there.Number, func(ctx context.Context, tx *db.Tx) error {
			return order.Hold(ctx, tx, byUs, o.ID, "order.conflicts", "order.conflicts", there.Number, nil)
		})
	}
	return e.release(ctx, d, o, *there)
}

// release puts an order that the ERP has into effect.
func (e *Engine) release(ctx context.Context, d outbox.Delivery, o order.Order, there erp.Order) outbox.Outcome {
	accept := append(strings.Fields(d.Accept), e.Policy.Accept...)
	for range maxSteps {
		if inEffect(there.State) {
			e.Box.Crash("push.released")
			out := outbox.Outcome{State: outbox.Done}
			if e.differs(o, there) && !slices.Contains(accept, "totals") && o.ERP == "" {
				// It is too late to hold it; a person is told all the same.
				out = outbox.Outcome{State: outbox.Differs, Class: "differs", Code: "order.differs", Detail: there.Number}
			}
			out.Ask = func(ctx context.Context, tx *db.Tx) { order.AskAccept(ctx, tx, o.ID) }
			out.Apply = func(ctx context.Context, tx *db.Tx) error {
				if err := noteLag(ctx, tx, o.Conn, "push", tx.Now.Sub(o.Placed), o.Placed); err != nil {
					return err
				}
				return order.Accept(ctx, tx, byUs, o, there)
			}
			return out
		}
		if there.State == erp.OrderCancelled {
			return stopped(outbox.Rejected, "refused", "erp.cancelled", "", func(ctx context.Context, tx *db.Tx) error {
				return order.Refuse(ctx, tx, byUs, o.ID, "erp.cancelled", "")
			})
		}
		next, err := e.ERP.ReleaseOrder(ctx, there.ID, accept)
		if err != nil {
			return e.unanswered(d, o, err, true)
		}
		e.Box.Crash("push.stepped")
		if there = next; inEffect(there.State) {
			continue
		}
		if e.differs(o, there) && !slices.Contains(accept, "totals") {
			return stopped(outbox.Differs, "differs", "order.differs", there.Number, func(ctx context.Context, tx *db.Tx) error {
				return order.Hold(ctx, tx, byUs, o.ID, "order.differs", "order.differs", "", &there)
			})
		}
		if e.DB.Now().Sub(d.Now) > slow {
			return outbox.Outcome{State: outbox.Queued, Sent: true}
		}
	}
	return outbox.Outcome{State: outbox.Queued, Class: "slow", Code: "erp.not_in_effect", Sent: true, After: 5 * time.Second}
}

// quiet is how long after a call the ERP may still be at it.
func (e *Engine) quiet() time.Duration { return e.Capabilities().Operation * 4 / 3 }

func inEffect(s erp.OrderState) bool {
	switch s {
	case erp.OrderReleased, erp.OrderPartlyShipped, erp.OrderShipped, erp.OrderInvoiced, erp.OrderClosed:
		return true
	}
	return false
}

// unanswered makes an outcome of a failed call about an order, and tells the order
// what the ERP said of it.
func (e *Engine) unanswered(d outbox.Delivery, o order.Order, err error, writing bool) outbox.Outcome {
	out := e.failedCall(d, err, writing)
	switch out.State {
	case outbox.Rejected:
		out.Apply = func(ctx context.Context, tx *db.Tx) error {
			return order.Refuse(ctx, tx, byUs, o.ID, out.Code, out.Detail)
		}
	case outbox.NeedsDecision:
		out.Apply = func(ctx context.Context, tx *db.Tx) error {
			return order.Hold(ctx, tx, byUs, o.ID, "order.questioned", out.Code, out.Detail, nil)
		}
	}
	return out
}

// failedCall is what a failed call means for a delivery. writing says that the
// call may have changed something.
func (e *Engine) failedCall(d outbox.Delivery, err error, writing bool) outbox.Outcome {
	x := erp.ErrorOf(err)
	out := outbox.Outcome{Class: string(x.Class), Code: "erp." + x.Code, Detail: x.Text}
	switch x.Class {
	case erp.Down, erp.Unauthorized:
		out.State, out.Down, out.Detail = outbox.Queued, true, x.Error()
		if !d.Sent.IsZero() {
			out.State = outbox.Unknown
		}
	case erp.Ambiguous:
		out.State, out.Sent, out.Detail, out.Code = outbox.Unknown, writing, x.Error(), "erp.checking"
		out.After, out.Fault = time.Second<<min(d.Attempts, 5), true
	case erp.Throttled:
		out.State, out.After = outbox.Queued, max(x.After, time.Second)
	case erp.Refused:
		out.State, out.Sent = outbox.Rejected, true
	case erp.NeedsDecision:
		out.State, out.Sent = outbox.NeedsDecision, true
	default:
		return outbox.Broken(d, err)
	}
	return out
}

func stopped(state outbox.State, class, code, detail string, apply func(context.Context, *db.Tx) error) outbox.Outcome {
	return outbox.Outcome{State: state, Class: class, Code: code, Detail: detail, Sent: true, Apply: apply}
}

// Wire is our order in the ERP's ids.
func Wire(o order.Order, c customer.Customer) erp.NewOrder {
	n := erp.NewOrder{Key: o.Key, Customer: c.ERP, ShipTo: o.ShipTo, PONumber: o.PONumber, Date: o.Day, Currency: o.Currency,
		DeliveryMethod: o.Delivery, Comment: o.Comment}
	for _, l := range o.Lines {
		n.Lines = append(n.Lines, erp.NewLine{Item: l.Item, Quantity: l.Quantity, UnitPrice: l.UnitPrice})
	}
	return n
}

// same says whether the ERP's order is ours: its customer and, as long as it is
// not in effect and people there may not have changed it, its goods.
func same(o order.Order, c customer.Customer, there erp.Order) bool {
	if there.Customer != "" && there.Customer != c.ERP {
		return false
	}
	if inEffect(there.State) {
		return true
	}
	ours := map[string]money.Decimal{}
	for _, l := range o.Lines {
		sum, err := ours[l.Item].Add(l.Quantity)
		if err != nil {
			return false
		}
		ours[l.Item] = sum
	}
	for _, l := range there.Lines {
		if l.Item == "" || l.Freight {
			continue
		}
		left, err := ours[l.Item].Sub(l.Quantity)
		if err != nil {
			return false
		}
		ours[l.Item] = left
	}
	for _, left := range ours {
		if !left.IsZero() {
			return false
		}
	}
	return true
}

// differs compares the ERP's total with the one the buyer saw. A freight that was
// to be confirmed is left out of the comparison, with its taxes.
func (e *Engine) differs(o order.Order, there erp.Order) bool {
	ours, theirs := o.Totals.Total, there.Totals.Total
	if o.Totals.Freight == nil {
		ours, theirs = o.Totals.Net, there.Totals.Net
		if there.Totals.Freight != nil {
			if net, err := theirs.Sub(*there.Totals.Freight); err == nil {
				theirs = net
			}
		}
	}
	if theirs.Currency == "" {
		return false // it has not added up yet
	}
	by, err := ours.Sub(theirs)
	return err != nil || by.Minor > e.Policy.Tolerance || -by.Minor > e.Policy.Tolerance
}
