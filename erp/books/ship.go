package books

import (
	"comptoir.example/comptoir/base/money"
)

// move changes what is on hand and what is promised of an item, in sale units.
func (u *unit) move(item string, onHand, promised money.Decimal) error {
	s, err := find[Stock](u, stocks, item)
	if err != nil {
		return nothing(err) // a service has none
	}
	s.OnHand, s.Promised = plus(s.OnHand, onHand), plus(s.Promised, promised)
	return u.put(s)
}

// keepShipment keeps a shipment; a new one gets its number.
func (u *unit) keepShipment(o *Order, s *Shipment) (err error) {
	if s.Number == "" {
		if s.Number, err = u.number("EXP-", 4); err != nil {
			return err
		}
	}
	if o.Delivery != "" && s.Carrier == "" {
		by, err := get[Delivery](u, deliveries, o.Delivery)
		if err != nil {
			return err
		}
		s.Carrier = by.Name.FR
	}
	return u.put(s)
}

// waiting is the shipment of an order that has not left; nil when there is none.
func (u *unit) waiting(o *Order) (*Shipment, error) {
	all, err := list[Shipment](u, byParent, shipments, o.ID)
	for _, s := range all {
		if s.State == "waiting" {
			return s, err
		}
	}
	return nil, err
}

// wait changes what waits of a line.
func (u *unit) wait(o *Order, l *Line, more money.Decimal) error {
	s, err := u.waiting(o)
	if err != nil {
		return err
	}
	if s == nil {
		s = &Shipment{Order: o.ID, Customer: o.Customer, State: "waiting"}
	}
	at := -1
	for i, m := range s.Lines {
		if m.Line == l.ID {
			at = i
		}
	}
	if at < 0 {
		at = len(s.Lines)
		s.Lines = append(s.Lines, Move{l.ID, l.Item, l.Text, money.Int(0)})
	}
	s.Lines[at].Quantity = plus(s.Lines[at].Quantity, more)
	if !s.Lines[at].Quantity.IsPos() {
		s.Lines = append(s.Lines[:at], s.Lines[at+1:]...)
	}
	if len(s.Lines) == 0 {
		s.State = cancelled
	}
	if err := u.move(l.Item, money.Int(0), more); err != nil {
		return err
	}
	return u.keepShipment(o, s)
}

// ship sends some of what waits, by line (nil: all of it). What stays behind
// waits in a new shipment, and a draft invoice asks for what left.
func (u *unit) ship(o *Order, quantities map[string]money.Decimal, day string) error {
	s, err := u.waiting(o)
	if err != nil {
		return err
	}
	if s == nil {
		return refuse("nothing_waits", "number", o.Number)
	}
	begun := false
	for _, l := range o.Lines {
		begun = begun || l.Shipped.IsPos()
	}
	rest := &Shipment{Order: o.ID, Customer: o.Customer, State: "waiting"}
	var left []Move
	for _, m := range s.Lines {
		q, asked := quantities[m.Line]
		if quantities == nil {
			q = m.Quantity
		} else if !asked {
			q = money.Int(0)
		}
		if q.IsNeg() || q.Cmp(m.Quantity) > 0 {
			return refuse("bad_quantity", "item", m.Text, "quantity", q.String())
		}
		if behind := minus(m.Quantity, q); behind.IsPos() {
			rest.Lines = append(rest.Lines, Move{m.Line, m.Item, m.Text, behind})
		}
		if !q.IsPos() {
			continue
		}
		left = append(left, Move{m.Line, m.Item, m.Text, q})
		l := o.line(m.Line)
		l.Shipped = plus(l.Shipped, q)
		if err := u.move(m.Item, q.Neg(), q.Neg()); err != nil {
			return err
		}
	}
	if len(left) == 0 {
		return refuse("nothing_to_ship", "number", o.Number)
	}
	s.Lines, s.State, s.Date = left, "done", day
	if err := u.keepShipment(o, s); err != nil {
		return err
	}
	if len(rest.Lines) > 0 {
		if err := u.keepShipment(o, rest); err != nil {
			return err
		}
	}
	if err := u.draftInvoice(o, func(l Line) money.Decimal {
		for _, m := range left {
			if m.Line == l.ID {
				return m.Quantity
			}
		}
		// Freight is asked for once, with the first goods.
		if l.Freight && !begun {
			return l.Quantity
		}
		return money.Int(0)
	}); err != nil {
		return err
	}
	return u.settle(o)
}
