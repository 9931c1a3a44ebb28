package books

import (
	"strconv"
	"time"

	"comptoir.example/comptoir/base/fault"
	"comptoir.example/comptoir/base/money"
	"comptoir.example/comptoir/erp"
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

// goods says that a line is something that is shipped.
func (l Line) goods() bool { return !l.Freight && !l.Service }

// line is the line of an order with an id; nil when there is none.
func (o *Order) line(id string) *Line {
	for i := range o.Lines {
		if o.Lines[i].ID == id {
			return &o.Lines[i]
		}
	}
	return nil
}

// most bounds quantities and unit prices, so that every sum fits.
var most = money.Int(1_000_000)

// check builds an order from what the API was given, without keeping it.
func (u *unit) check(in NewOrder) *Order {
	c := get[Customer](u, customers, in.Customer)
	if c.Blocked {
		u.refuse("customer_blocked", "customer", c.Name)
	}
	if to := get[Address](u, addresses, in.ShipTo); to.Customer != c.ID || !to.ShipTo {
		u.refuse("unknown_address")
	}
	if in.Currency != currency {
		u.refuse("bad_currency", "currency", in.Currency)
	}
	if _, err := time.Parse(time.DateOnly, in.Date); err != nil {
		u.refuse("bad_date", "date", in.Date)
	}
	if len(in.Lines) == 0 {
		u.refuse("no_lines")
	}
	o := &Order{Header: in.Header, State: draft}
	goods := false
	for _, asked := range in.Lines {
		l := u.checkLine(c, asked)
		goods = goods || l.goods()
		o.Lines = append(o.Lines, l)
	}
	if in.Delivery != "" {
		by := get[Delivery](u, deliveries, in.Delivery)
		if goods && u.err == nil {
			o.Lines = append(o.Lines, Line{Tax: by.ItemTax, OrderLine: erp.OrderLine{Text: by.Line.In(c.Language), Freight: true,
				Quantity: money.Int(1), UnitPrice: *by.Freight}})
		}
	}
	for i := range o.Lines {
		o.Lines[i].ID = strconv.Itoa(i + 1)
	}
	if u.err == nil {
		o.Totals = u.total(o.Lines, c.Tax)
	}
	return o
}

func (u *unit) checkLine(c *Customer, asked NewLine) Line {
	it := get[Item](u, items, asked.Item)
	if it.Status != "active" {
		u.refuse("inactive_item", "item", it.Code)
	}
	u.checkQuantity(it, asked.Quantity)
	if p := asked.UnitPrice; p.IsNeg() || p.Cmp(most) > 0 || p.Trim(0).Scale() > 4 {
		u.refuse("bad_price", "item", it.Code, "price", p.String())
	}
	return Line{Tax: it.Tax, Unit: it.Unit, Service: it.Service, OrderLine: erp.OrderLine{Item: it.ID,
		Text: it.Code + " " + it.Name.In(c.Language), Quantity: asked.Quantity, UnitPrice: asked.UnitPrice}}
}

func (u *unit) checkQuantity(it *Item, q money.Decimal) {
	digits := get[Unit](u, units, it.Unit).Digits
	if !q.IsPos() || q.Cmp(most) > 0 || q.Trim(0).Scale() > digits {
		u.refuse("bad_quantity", "item", it.Code, "quantity", q.String())
	}
}

// quote gives a draft its number.
func (u *unit) quote(o *Order) {
	if o.State == draft {
		o.Number, o.State = u.number("CMD-", 4), quoted
		u.put(o)
	}
}

// confirm puts a quoted order in effect: goods are promised and wait to be
// shipped, services wait to be invoiced. Conflict "credit_limit" when the
// customer would owe more than allowed, unless that is accepted.
func (u *unit) confirm(o *Order, accept bool) {
	if o.State == draft {
		u.refuse("not_quoted")
	}
	if o.State != quoted {
		return
	}
	if !accept {
		u.checkCredit(o)
	}
	o.State = confirmed
	for _, l := range o.Lines {
		if l.goods() {
			u.move(l.Item, money.Int(0), l.Quantity)
		}
	}
	u.wait(o)
	u.draftInvoice(o, func(l Line) money.Decimal {
		if l.Service {
			return l.Quantity
		}
		return money.Int(0)
	})
	u.settle(o)
}

// checkCredit adds up what the customer owes: open invoices less credit notes and
// money that settles none, what is ordered and not invoiced yet, and this order,
// before tax as the limit is meant.
func (u *unit) checkCredit(o *Order) {
	c := get[Customer](u, customers, o.Customer)
	if c.Limit == nil {
		return
	}
	owed := rat(o.Net.Decimal())
	for _, i := range list[Invoice](u, openOf, invoices, c.ID) {
		owed.Add(owed, rat(i.Open.Decimal()))
	}
	for _, r := range list[Receipt](u, openOf, receipts, c.ID) {
		owed.Sub(owed, rat(r.Unapplied.Decimal()))
	}
	for _, other := range list[Order](u, openOf, orders, c.ID) {
		for _, l := range other.Lines {
			owed.Add(owed, times(l.UnitPrice, minus(l.Quantity, l.Invoiced)))
		}
	}
	if owed.Cmp(rat(*c.Limit)) > 0 {
		u.fail(fault.New(fault.Conflict, "credit_limit", "customer", c.Name, "limit", cents(rat(*c.Limit)), "owed", cents(owed)))
	}
}

// settle keeps an order in the state that its lines and invoices tell.
func (u *unit) settle(o *Order) {
	if o.inEffect() || o.State == closed {
		goods, some, left, billed, paid := false, false, true, true, true
		for _, l := range o.Lines {
			billed = billed && l.Invoiced.Cmp(l.Quantity) >= 0
			if l.goods() {
				goods, some, left = true, some || l.Shipped.IsPos(), left && l.Shipped.Cmp(l.Quantity) >= 0
			}
		}
		for _, i := range list[Invoice](u, byParent, invoices, o.ID) {
			paid = paid && (i.State == "paid" || i.State == cancelled || i.Total.Minor < 0)
		}
		switch {
		case left && billed && paid:
			o.State = closed
		case left && billed:
			o.State = invoiced
		case goods && left:
			o.State = shipped
		case some:
			o.State = partShipped
		default:
			o.State = confirmed
		}
	}
	u.put(o)
}

// cancel withdraws an order of which nothing left. The API may only do so while
// it is not in effect; a clerk may do it later too.
func (u *unit) cancel(o *Order, clerk bool) {
	switch {
	case o.State == cancelled:
		return
	case o.State != draft && o.State != quoted && !(clerk && o.State == confirmed):
		u.refuse("too_late", "number", o.Number)
	}
	if s := u.waiting(o); s != nil {
		for _, m := range s.Lines {
			u.move(m.Item, money.Int(0), m.Quantity.Neg())
		}
		s.State = cancelled
		u.put(s)
	}
	for _, i := range list[Invoice](u, byParent, invoices, o.ID) {
		if i.State == draft {
			u.drop(i)
		}
	}
	o.State = cancelled
	u.put(o)
}

// changeLine gives a line another quantity, not less than what left.
func (u *unit) changeLine(o *Order, id string, quantity money.Decimal) {
	l := o.line(id)
	if l == nil || l.Freight || o.State != draft && o.State != quoted && (l.Service || !o.inEffect()) {
		u.refuse("too_late", "number", o.Number)
		return
	}
	u.checkQuantity(get[Item](u, items, l.Item), quantity)
	if quantity.Cmp(l.Shipped) < 0 {
		u.refuse("bad_quantity", "item", l.Text, "quantity", quantity.String())
	}
	more := minus(quantity, l.Quantity)
	l.Quantity = quantity
	if o.inEffect() {
		u.move(l.Item, money.Int(0), more)
		u.wait(o)
	}
	o.Totals = u.total(o.Lines, get[Customer](u, customers, o.Customer).Tax)
	u.settle(o)
}
