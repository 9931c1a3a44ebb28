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
func (l *Line) move(q money.Decimal) Move {
	return Move{erp.ShipmentLine{OrderLine: l.ID, Item: l.Item, Quantity: q}, l.Text}
}

// paper begins a shipment or an invoice of an order.
func (o *Order) paper(state string) Paper {
	return Paper{Order: o.ID, Customer: o.Customer, State: state}
}

func (u *unit) newShipment(o *Order) *Shipment {
	s := &Shipment{Paper: o.paper("waiting")}
	if o.Delivery != "" {
		s.Carrier = get[Delivery](u, deliveries, o.Delivery).Name.FR
	}
	return s
}

// keepShipment keeps a shipment of something; a new one gets its number.
func (u *unit) keepShipment(s *Shipment) {
	if s.Number == "" && len(s.Lines) > 0 {
		s.Number = u.number("EXP-", 4)
	}
	if s.Number != "" {
		u.put(s)
	}
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

// wait changes what waits of a line.
func (u *unit) wait(o *Order, l *Line, more money.Decimal) {
	s := u.waiting(o)
	if s == nil {
		s = u.newShipment(o)
	}
	at := slices.IndexFunc(s.Lines, func(m Move) bool { return m.OrderLine == l.ID })
	if at < 0 {
		at = len(s.Lines)
		s.Lines = append(s.Lines, l.move(money.Int(0)))
	}
	s.Lines[at].Quantity = plus(s.Lines[at].Quantity, more)
	if !s.Lines[at].Quantity.IsPos() {
		s.Lines = slices.Delete(s.Lines, at, at+1)
	}
	if len(s.Lines) == 0 {
		s.State = cancelled
	}
	u.move(l.Item, money.Int(0), more)
	u.keepShipment(s)
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
	rest := u.newShipment(o)
	left := map[string]money.Decimal{}
	waited := s.Lines
	s.Lines = nil
	for _, m := range waited {
		q := quantities[m.OrderLine]
		if quantities == nil {
			q = m.Quantity
		}
		if q.IsNeg() || q.Cmp(m.Quantity) > 0 {
			u.refuse("bad_quantity", "item", m.Text, "quantity", q.String())
		}
		l := o.line(m.OrderLine)
		if q.IsPos() {
			s.Lines = append(s.Lines, l.move(q))
			left[l.ID], l.Shipped = q, plus(l.Shipped, q)
			u.move(m.Item, q.Neg(), q.Neg())
		}
		if behind := minus(m.Quantity, q); behind.IsPos() {
			rest.Lines = append(rest.Lines, l.move(behind))
		}
	}
	if len(left) == 0 {
		u.refuse("nothing_to_ship", "number", o.Number)
	}
	s.State, s.Date = "done", day
	u.keepShipment(s)
	u.keepShipment(rest)
	u.draftInvoice(o, func(l Line) money.Decimal {
		if l.Freight && !begun {
			return l.Quantity
		}
		return left[l.ID]
	})
	u.settle(o)
}
