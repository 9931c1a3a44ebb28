package books

import (
	"strconv"
	"time"

	"comptoir.example/comptoir/base/fault"
	"comptoir.example/comptoir/base/money"
)

// The states of an order. Draft and quoted are not in effect yet; a quoted order
// has its number.
const (
	draft       = "draft"
	quoted      = "quoted"
	confirmed   = "confirmed"
	partShipped = "part_shipped"
	shipped     = "shipped"
	invoiced    = "invoiced"
	closed      = "closed"
	cancelled   = "cancelled"
)

func (o *Order) inEffect() bool {
	return o.State == confirmed || o.State == partShipped || o.State == shipped || o.State == invoiced
}

// line is the line of an order with an id; nil when there is none.
func (o *Order) line(id string) *Line {
	for i := range o.Lines {
		if o.Lines[i].ID == id {
			return &o.Lines[i]
		}
	}
	return nil
}

// refuse is a no that people can read. The code stands in the API's answer.
func refuse(code string, params ...any) error { return fault.New(fault.Invalid, code, params...) }

// most bounds quantities and unit prices, so that every sum fits.
var most = money.Int(1_000_000)

// check builds an order from what the API was given, without keeping it.
func (u *unit) check(in NewOrder) (*Order, error) {
	c, err := get[Customer](u, customers, in.Customer)
	if err != nil {
		return nil, err
	}
	if c.Blocked {
		return nil, refuse("customer_blocked", "customer", c.Name)
	}
	to, err := get[Address](u, addresses, in.ShipTo)
	if err != nil {
		return nil, err
	}
	if to.Customer != c.ID || !to.ShipTo {
		return nil, refuse("unknown_address")
	}
	if in.Currency != currency {
		return nil, refuse("bad_currency", "currency", in.Currency)
	}
	if _, err := time.Parse(time.DateOnly, in.Date); err != nil {
		return nil, refuse("bad_date", "date", in.Date)
	}
	if len(in.Lines) == 0 {
		return nil, refuse("no_lines")
	}
	o := &Order{Key: in.Key, PONumber: in.PONumber, Customer: c.ID, ShipTo: to.ID, Delivery: in.Delivery,
		Comment: in.Comment, Date: in.Date, State: draft}
	goods := false
	for _, asked := range in.Lines {
		l, err := u.checkLine(c, asked)
		if err != nil {
			return nil, err
		}
		goods = goods || !l.Service
		o.Lines = append(o.Lines, l)
	}
	if in.Delivery != "" {
		by, err := get[Delivery](u, deliveries, in.Delivery)
		if err != nil {
			return nil, err
		}
		if goods {
			o.Lines = append(o.Lines, Line{Text: by.Line.In(c.Language), Tax: by.Tax, Freight: true,
				Quantity: money.Int(1), UnitPrice: by.Freight})
		}
	}
	for i := range o.Lines {
		o.Lines[i].ID = strconv.Itoa(i + 1)
	}
	o.Totals, err = u.total(o.Lines, c.Tax)
	return o, err
}

func (u *unit) checkLine(c *Customer, asked NewLine) (l Line, err error) {
	it, err := get[Item](u, items, asked.Item)
	if err != nil {
		return l, err
	}
	if it.Inactive {
		return l, refuse("inactive_item", "item", it.Code)
	}
	if err := u.checkQuantity(it, asked.Quantity); err != nil {
		return l, err
	}
	p := asked.UnitPrice
	if p.IsNeg() || p.Cmp(most) > 0 || p.Trim(0).Scale() > 4 {
		return l, refuse("bad_price", "item", it.Code, "price", p.String())
	}
	return Line{Item: it.ID, Text: it.Code + " " + it.Name.In(c.Language), Tax: it.Tax, Unit: it.Unit,
		Service: it.Service, Quantity: asked.Quantity, UnitPrice: p}, nil
}

func (u *unit) checkQuantity(it *Item, q money.Decimal) error {
	sold, err := get[Unit](u, units, it.Unit)
	if err != nil {
		return err
	}
	if !q.IsPos() || q.Cmp(most) > 0 || q.Trim(0).Scale() > sold.Digits {
		return refuse("bad_quantity", "item", it.Code, "quantity", q.String())
	}
	return nil
}

// quote gives a draft its number.
func (u *unit) quote(o *Order) (err error) {
	if o.State != draft {
		return nil
	}
	if o.Number, err = u.number("CMD-", 4); err != nil {
		return err
	}
	o.State = quoted
	return u.put(o)
}

// confirm puts a quoted order in effect: goods are promised and wait to be
// shipped, services wait to be invoiced. Conflict "credit_limit" when the
// customer would owe more than allowed, unless that is accepted.
func (u *unit) confirm(o *Order, accept bool) error {
	if o.State == draft {
		return refuse("not_quoted")
	}
	if o.State != quoted {
		return nil
	}
	if err := u.checkCredit(o, accept); err != nil {
		return err
	}
	o.State = confirmed
	s := &Shipment{Order: o.ID, Customer: o.Customer, State: "waiting"}
	for _, l := range o.Lines {
		if l.Freight || l.Service {
			continue
		}
		s.Lines = append(s.Lines, Move{l.ID, l.Item, l.Text, l.Quantity})
		if err := u.move(l.Item, money.Int(0), l.Quantity); err != nil {
			return err
		}
	}
	if len(s.Lines) > 0 {
		if err := u.keepShipment(o, s); err != nil {
			return err
		}
	}
	if err := u.draftInvoice(o, func(l Line) money.Decimal {
		if l.Service {
			return l.Quantity
		}
		return money.Int(0)
	}); err != nil {
		return err
	}
	return u.settle(o)
}

// checkCredit adds up what the customer owes: open invoices, what is ordered and
// not invoiced yet, and this order, before tax as the limit is meant.
func (u *unit) checkCredit(o *Order, accept bool) error {
	c, err := get[Customer](u, customers, o.Customer)
	if err != nil || c.Limit == nil || accept {
		return err
	}
	owed := o.Net
	open, err := list[Invoice](u, openOf, invoices, c.ID)
	if err != nil {
		return err
	}
	for _, i := range open {
		owed = plus(owed, i.Open)
	}
	others, err := list[Order](u, openOf, orders, c.ID)
	if err != nil {
		return err
	}
	for _, other := range others {
		for _, l := range other.Lines {
			owed = plus(owed, round(times(l.UnitPrice, minus(l.Quantity, l.Invoiced)), 2))
		}
	}
	if owed.Cmp(*c.Limit) > 0 {
		return fault.New(fault.Conflict, "credit_limit", "customer", c.Name, "limit", cents(*c.Limit), "owed", cents(owed))
	}
	return nil
}

// cents is a sum as sentences show it.
func cents(d money.Decimal) money.Amount {
	a, _ := money.HalfEven.Of(d, currency) // a sum of books is of cents and fits
	return a
}

// settle reads the state of an order in effect from its lines and invoices.
func (u *unit) settle(o *Order) error {
	if !o.inEffect() {
		return u.put(o)
	}
	goods, some, all, billed := false, false, true, true
	for _, l := range o.Lines {
		billed = billed && l.Invoiced.Cmp(l.Quantity) >= 0
		if !l.Freight && !l.Service {
			goods = true
			some = some || l.Shipped.IsPos()
			all = all && l.Shipped.Cmp(l.Quantity) >= 0
		}
	}
	bills, err := list[Invoice](u, byParent, invoices, o.ID)
	if err != nil {
		return err
	}
	paid := len(bills) > 0
	for _, i := range bills {
		paid = paid && (i.State == "paid" || i.State == cancelled)
	}
	switch {
	case all && billed && paid:
		o.State = closed
	case all && billed:
		o.State = invoiced
	case goods && all:
		o.State = shipped
	case some:
		o.State = partShipped
	default:
		o.State = confirmed
	}
	return u.put(o)
}

// cancel withdraws an order of which nothing left. The API may only do so while
// it is not in effect; a clerk may do it later too.
func (u *unit) cancel(o *Order, clerk bool) error {
	if o.State == cancelled {
		return nil
	}
	if o.State != draft && o.State != quoted && !(clerk && o.State == confirmed) {
		return refuse("too_late", "number", o.Number)
	}
	wait, err := u.waiting(o)
	if err != nil {
		return err
	}
	if wait != nil {
		for _, m := range wait.Lines {
			if err := u.move(m.Item, money.Int(0), m.Quantity.Neg()); err != nil {
				return err
			}
		}
		wait.State = cancelled
		if err := u.put(wait); err != nil {
			return err
		}
	}
	if err := u.dropDrafts(o); err != nil {
		return err
	}
	o.State = cancelled
	return u.put(o)
}

// changeLine gives a line another quantity, not less than what left.
func (u *unit) changeLine(o *Order, id string, quantity money.Decimal) error {
	l := o.line(id)
	if l == nil || l.Freight || o.State != draft && o.State != quoted && (l.Service || !o.inEffect()) {
		return refuse("too_late", "number", o.Number)
	}
	it, err := get[Item](u, items, l.Item)
	if err != nil {
		return err
	}
	if err := u.checkQuantity(it, quantity); err != nil {
		return err
	}
	if quantity.Cmp(l.Shipped) < 0 || quantity.Cmp(l.Invoiced) < 0 {
		return refuse("bad_quantity", "item", it.Code, "quantity", quantity.String())
	}
	if o.inEffect() && !l.Service {
		if err := u.wait(o, l, minus(quantity, l.Quantity)); err != nil {
			return err
		}
	}
	l.Quantity = quantity
	c, err := get[Customer](u, customers, o.Customer)
	if err != nil {
		return err
	}
	if o.Totals, err = u.total(o.Lines, c.Tax); err != nil {
		return err
	}
	return u.settle(o)
}
