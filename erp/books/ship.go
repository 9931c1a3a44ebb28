package books

import (
	"slices"

	"comptoir.example/comptoir/base/money"
	"comptoir.example/comptoir/erp"
)

// move changes what is on hand and what is promised of an item, in sale units. A
// service has no stock.
func (u *unit) move(item string, onHand, promised money.Decimal) {
	for _, s := range list[Stock](u, byRef, stocks, item) {
		s.OnHand, s.Promised = plus(s.OnHand, onHand), plus(s.Promised, promised)
		u.put(s)
	}
}

// move is a quantity of a line.
func (l Line) move(q money.Decimal) Move {
	return Move{erp.ShipmentLine{OrderLine: l.ID, Item: l.Item, Quantity: q}, l.Text}
}

// paper begins a shipment or an invoice of an order.
func (o *Order) paper(state string) Paper {
	return Paper{Order: o.ID, Customer: o.Customer, State: state}
}

// waiting is the shipment of an order that has not left; nil when there is none.
func (u *unit) waiting(o *Order) *Shipment {
	for _, s := range list[Shipment](u, byParent, shipments, o.ID) {
		if s.State == "waiting" {
			return s
		}
	}
	return nil
}

// wait keeps one shipment waiting with all goods of an order that have not left.
func (u *unit) wait(o *Order) {
	s := u.waiting(o)
	if s == nil {
		s = &Shipment{Paper: o.paper("waiting")}
	}
	s.Lines = nil
	for _, l := range o.Lines {
		if left := minus(l.Quantity, l.Shipped); l.goods() && left.IsPos() {
			s.Lines = append(s.Lines, l.move(left))
		}
	}
	switch {
	case len(s.Lines) == 0 && s.ID == "":
		return
	case len(s.Lines) == 0:
		s.State = cancelled
	case s.ID == "":
		s.Number = u.number("EXP-", 4)
		if o.Delivery != "" {
			s.Carrier = get[Delivery](u, deliveries, o.Delivery).Name.FR
		}
	}
	u.put(s)
}

// ship sends some of what waits, by line (nil: all of it). What stays behind
// waits in a new shipment, and a draft invoice asks for what left; for the
// freight too, the first time.
func (u *unit) ship(o *Order, quantities map[string]money.Decimal, day string) {
	s := u.waiting(o)
	if s == nil {
		u.refuse("nothing_waits", "number", o.Number)
		return
	}
	begun := slices.ContainsFunc(o.Lines, func(l Line) bool { return l.Shipped.IsPos() })
	left := map[string]money.Decimal{}
	waited := s.Lines
	s.Lines, s.State, s.Date = nil, "done", day
	for _, m := range waited {
		q := quantities[m.OrderLine]
		if quantities == nil {
			q = m.Quantity
		}
		if q.IsNeg() || q.Cmp(m.Quantity) > 0 {
			u.refuse("bad_quantity", "item", m.Text, "quantity", q.String())
		}
		if q.IsPos() {
			l := o.line(m.OrderLine)
			s.Lines = append(s.Lines, l.move(q))
			left[l.ID], l.Shipped = q, plus(l.Shipped, q)
			u.move(m.Item, q.Neg(), q.Neg())
		}
	}
	if len(left) == 0 {
		u.refuse("nothing_to_ship", "number", o.Number)
	}
	u.put(s)
	u.wait(o)
	u.draftInvoice(o, func(l Line) money.Decimal {
		if l.Freight && !begun {
			return l.Quantity
		}
		return left[l.ID]
	})
	u.settle(o)
}
