// Package order takes a buyer's order and follows it until everything is
// shipped and invoiced.
//
// An order is ours until the ERP has taken it; from then on the ERP says how it
// stands, and its totals are the truth. Orders that came to the ERP by phone or
// EDI are followed too.
//
// Tables: cart, sales_order, order_line, shipment, shipment_order.
// Facts: order.placed, order.numbered, order.refused, order.questioned,
// order.differs, order.conflicts, order.moved.
package order

import (
	"context"
	"encoding/json"
	"time"

	"comptoir.example/comptoir/base/db"
	"comptoir.example/comptoir/base/fault"
	"comptoir.example/comptoir/base/money"
	"comptoir.example/comptoir/erp"
	"comptoir.example/comptoir/trade/access"
)

// State is where an order stands, in words a buyer knows.
type State string

// The states of an order.
const (
	Submitted     State = "submitted" // written down here, on its way to the ERP
	OnHold        State = "on_hold"   // the ERP asked a question, or its total differs: the merchant decides
	Refused       State = "refused"   // the ERP said no
	Accepted      State = "accepted"  // in effect in the ERP
	PartlyShipped State = "partly_shipped"
	Shipped       State = "shipped"
	Invoiced      State = "invoiced"
	Cancelled     State = "cancelled"
)

// States are all of them, in the order of a life.
var States = []State{Submitted, OnHold, Refused, Accepted, PartlyShipped, Shipped, Invoiced, Cancelled}

// Order is a company's order.
type Order struct {
	ID, Conn, Key, Reference string
	Customer, Person         string // Person is "" when it was not taken here
	CustomerName             string // filled by lists of the desk
	State                    State
	PONumber                 string
	ShipTo, Delivery         string // ERP ids
	Comment                  string
	Currency                 string
	Totals                   erp.Totals // as the buyer saw them
	Placed                   time.Time
	Day                      string
	ERP, ERPNumber           string
	ERPTotals                *erp.Totals // nil until the ERP has spoken
	Seen                     time.Time
	Lines                    []Line
}

// Line is one line of an order.
type Line struct {
	No                          int
	Item, SKU                   string
	Name                        erp.Text
	Unit                        string
	UnitName                    erp.Text
	Freight                     bool
	Quantity, Shipped, Invoiced money.Decimal
	UnitPrice                   money.Decimal
	Amount                      money.Amount
}

// same says whether two lines are kept the same.
func (l Line) same(m Line) bool {
	return l.No == m.No && l.Item == m.Item && l.SKU == m.SKU && l.Name == m.Name && l.Unit == m.Unit && l.Freight == m.Freight &&
		l.Amount == m.Amount && l.Quantity.Cmp(m.Quantity) == 0 && l.Shipped.Cmp(m.Shipped) == 0 && l.Invoiced.Cmp(m.Invoiced) == 0 &&
		l.UnitPrice.Cmp(m.UnitPrice) == 0
}

// Number is what people call the order: the ERP's number once there is one.
func (o Order) Number() string {
	if o.ERPNumber != "" {
		return o.ERPNumber
	}
	return o.Reference
}

// Sums are the figures to show, and whether the ERP has given them.
func (o Order) Sums() (totals erp.Totals, final bool) {
	if o.ERPTotals != nil {
		return *o.ERPTotals, true
	}
	return o.Totals, false
}

// Left is what remains to ship of a line.
func (l Line) Left() money.Decimal {
	left, err := l.Quantity.Sub(l.Shipped)
	if err != nil || left.IsNeg() {
		return money.Int(0)
	}
	return left
}

// Backordered is what a line still waits for after goods have left: what did not
// go with the last shipment. Before anything left, it is being prepared.
func (o Order) Backordered(l Line) money.Decimal {
	if o.State == PartlyShipped && !l.Freight {
		return l.Left()
	}
	return money.Int(0)
}

const columns = `id, conn, key, reference, customer, person, state, po_number, ship_to, delivery, comment, currency, totals, placed, day,
    erp_id, erp_number, erp_totals, seen`

var (
	selectOrder     = db.SQL("order.select", `SELECT `+columns+` FROM sales_order WHERE id = $1`)
	selectByCart    = db.SQL("order.select_by_cart", `SELECT `+columns+` FROM sales_order WHERE cart = $1`)
	selectByKey     = db.SQL("order.select_by_key", `SELECT `+columns+` FROM sales_order WHERE key = $1`)
	selectByERP     = db.SQL("order.select_by_erp", `SELECT `+columns+` FROM sales_order WHERE conn = $1 AND erp_id = $2`)
	selectOfCompany = db.SQL("order.select_of_company", `
SELECT `+columns+` FROM sales_order WHERE customer = $1 AND (placed, id) < ($2, $3)
    AND (CAST($4 AS TEXT) = '' OR reference = CAST($4 AS TEXT) OR erp_number = CAST($4 AS TEXT) OR po_number = CAST($4 AS TEXT))
ORDER BY placed DESC, id DESC LIMIT $5`)
	selectLines = db.SQL("order.select_lines", `
SELECT l.no, l.item, l.sku, l.name_fr, l.name_en, l.unit, COALESCE(u.name_fr, ''), COALESCE(u.name_en, ''), l.freight,
    l.quantity, l.shipped, l.invoiced, l.unit_price, l.amount
FROM order_line l JOIN sales_order o ON o.id = l.order_id LEFT JOIN unit u ON u.conn = o.conn AND u.erp_id = l.unit
WHERE l.order_id = $1 ORDER BY l.no`)
)

func scanOrder(r db.Row) (o Order, err error) {
	var totals, erpTotals string
	err = r.Scan(&o.ID, &o.Conn, &o.Key, &o.Reference, &o.Customer, &o.Person, (*string)(&o.State), &o.PONumber, &o.ShipTo, &o.Delivery,
		&o.Comment, &o.Currency, &totals, &o.Placed, &o.Day, &o.ERP, &o.ERPNumber, &erpTotals, &o.Seen)
	if err == nil {
		err = json.Unmarshal([]byte(totals), &o.Totals)
	}
	if err == nil && erpTotals != "" {
		o.ERPTotals = &erp.Totals{}
		err = json.Unmarshal([]byte(erpTotals), o.ERPTotals)
	}
	return o, err
}

// Find is an order with its lines. NotFound when it is not the actor's
// company's, exactly as when there is none; the merchant's people see all.
func Find(ctx context.Context, tx *db.Tx, who access.Actor, id string) (Order, error) {
	may := access.ViewOrders
	if who.Staff {
		may = access.ViewDesk
	}
	if err := who.Must(may); err != nil {
		return Order{}, err
	}
	o, found, err := Load(ctx, tx, id)
	if err != nil {
		return Order{}, err
	}
	if !found || (!who.Staff && o.Customer != who.Customer) {
		return Order{}, fault.New(fault.NotFound, "order.not_found")
	}
	return o, nil
}

func readLines(ctx context.Context, tx *db.Tx, o *Order) (err error) {
	return o.take(ctx, linesSoon(ctx, tx, o.ID))
}

// take gives an order its lines.
func (o *Order) take(ctx context.Context, lines *db.Coming[Line]) (err error) {
	o.Lines, err = lines.All(ctx)
	for i := range o.Lines {
		o.Lines[i].Amount.Currency = o.Currency
	}
	return err
}

func linesSoon(ctx context.Context, tx *db.Tx, id string) *db.Coming[Line] {
	return db.Soon(ctx, tx, selectLines, func(r db.Row) (l Line, err error) {
		err = r.Scan(&l.No, &l.Item, &l.SKU, &l.Name.FR, &l.Name.EN, &l.Unit, &l.UnitName.FR, &l.UnitName.EN, &l.Freight,
			&l.Quantity, &l.Shipped, &l.Invoiced, &l.UnitPrice, &l.Amount.Minor)
		return l, err
	}, id)
}

// Load is an order with its lines for the program's own use: no permission is
// asked. False when there is none.
func Load(ctx context.Context, tx *db.Tx, id string) (o Order, found bool, err error) {
	lines := linesSoon(ctx, tx, id)
	if o, found, err = db.One(ctx, tx, selectOrder, scanOrder, id); err != nil || !found {
		return o, false, err
	}
	err = o.take(ctx, lines)
	return o, true, err
}

// Page says where a list of documents, newest first, goes on.
type Page struct {
	Before time.Time // zero: from the newest
	ID     string
}

// List is a part of the company's orders, newest first, without lines; with one
// number, ours, the ERP's or a purchase order's, or all of them ("").
func List(ctx context.Context, tx *db.Tx, who access.Actor, number string, after Page, n int) ([]Order, error) {
	if err := who.Must(access.ViewOrders); err != nil {
		return nil, err
	}
	if after.Before.IsZero() {
		after = Page{tx.Now.Add(time.Hour), ""}
	}
	return db.All(ctx, tx, selectOfCompany, scanOrder, who.Customer, after.Before, after.ID, number, n)
}

// Shipment is goods of an order that left or are being prepared.
type Shipment struct {
	ERP, Number, Day, Carrier, Tracking, State string
	Lines                                      []erp.ShipmentLine
}

var selectShipments = db.SQL("order.select_shipments", `
SELECT s.erp_id, s.number, s.day, s.carrier, s.tracking, s.state, s.lines
FROM shipment_order o JOIN shipment s ON s.conn = o.conn AND s.erp_id = o.shipment
WHERE o.conn = $1 AND o.erp_order = $2 ORDER BY s.day, s.number, s.erp_id`)

// Shipments are those of an order, oldest first.
func Shipments(ctx context.Context, tx *db.Tx, o Order) ([]Shipment, error) {
	if o.ERP == "" {
		return nil, nil
	}
	return db.All(ctx, tx, selectShipments, func(r db.Row) (s Shipment, err error) {
		var lines string
		if err = r.Scan(&s.ERP, &s.Number, &s.Day, &s.Carrier, &s.Tracking, &s.State, &lines); err == nil {
			err = json.Unmarshal([]byte(lines), &s.Lines)
		}
		return s, err
	}, o.Conn, o.ERP)
}

// Counted is how many orders stand in a state.
type Counted struct {
	State State
	N     int
}

const deskList = `
SELECT o.id, o.conn, o.key, o.reference, o.customer, o.person, o.state, o.po_number, o.ship_to, o.delivery, o.comment, o.currency, o.totals,
    o.placed, o.day, o.erp_id, o.erp_number, o.erp_totals, o.seen, c.name
FROM sales_order o JOIN customer c ON c.id = o.customer
WHERE (o.placed, o.id) < ($1, $2) AND (CAST($3 AS TEXT) = '' OR o.state = CAST($3 AS TEXT))
    AND (CAST($4 AS TEXT) = '' OR o.reference = CAST($4 AS TEXT) OR o.erp_number = CAST($4 AS TEXT) OR o.po_number = CAST($4 AS TEXT) OR o.key = CAST($4 AS TEXT))
ORDER BY o.placed DESC, o.id DESC LIMIT $5`

var (
	selectAll   = db.SQL("order.select_all", deskList)
	countStates = db.SQL("order.count_states", `SELECT state, COUNT(*) FROM sales_order WHERE placed >= $1 GROUP BY state`)
)

// All is a part of everybody's orders, newest first, for the merchant's people:
// of one state or all (""), with one number or any ("").
func All(ctx context.Context, tx *db.Tx, who access.Actor, state State, number string, after Page, n int) ([]Order, error) {
	if err := who.Must(access.ViewDesk); err != nil {
		return nil, err
	}
	if after.Before.IsZero() {
		after = Page{tx.Now.Add(time.Hour), ""}
	}
	return db.All(ctx, tx, selectAll, func(r db.Row) (Order, error) {
		var name string
		o, err := scanOrder(withLast{r, &name})
		o.CustomerName = name
		return o, err
	}, after.Before, after.ID, string(state), number, n)
}

// withLast scans one column more than the scanner asks for.
type withLast struct {
	db.Row
	last any
}

func (w withLast) Scan(dest ...any) error { return w.Row.Scan(append(dest, w.last)...) }

// CountSince counts orders placed since an instant, by state.
func CountSince(ctx context.Context, tx *db.Tx, since time.Time) ([]Counted, error) {
	return db.All(ctx, tx, countStates, func(r db.Row) (c Counted, err error) {
		err = r.Scan((*string)(&c.State), &c.N)
		return c, err
	}, since)
}

// Purchase is one time a company bought an item.
type Purchase struct {
	Order, Number, Day string
	Quantity, Price    money.Decimal
}

var selectBought = db.SQL("order.select_bought", `
SELECT o.id, COALESCE(o.erp_number, o.reference), o.day, l.quantity, l.unit_price
FROM sales_order o JOIN order_line l ON l.order_id = o.id
WHERE o.customer = $1 AND l.item = $2 AND o.state NOT IN ('refused', 'cancelled') ORDER BY o.placed DESC, o.id DESC LIMIT $3`)

// Bought is when and at which price an actor's company last bought an item.
func Bought(ctx context.Context, tx *db.Tx, who access.Actor, item string, n int) ([]Purchase, error) {
	if !who.Can(access.ViewOrders) {
		return nil, nil
	}
	return db.All(ctx, tx, selectBought, func(r db.Row) (p Purchase, err error) {
		err = r.Scan(&p.Order, &p.Number, &p.Day, &p.Quantity, &p.Price)
		return p, err
	}, who.Customer, item, n)
}

var selectOfInvoice = db.SQL("order.select_of_invoice", `
SELECT o.id, o.reference, COALESCE(o.erp_number, '') FROM invoice_order i JOIN sales_order o ON o.conn = i.conn AND o.erp_id = i.erp_order
WHERE i.conn = $1 AND i.invoice = $2 AND o.customer = $3 ORDER BY o.placed`)

// OfInvoice names the orders of an invoice of the ERP that are the actor's
// company's.
func OfInvoice(ctx context.Context, tx *db.Tx, who access.Actor, conn, invoice string) ([]Order, error) {
	return db.All(ctx, tx, selectOfInvoice, func(r db.Row) (o Order, err error) {
		err = r.Scan(&o.ID, &o.Reference, &o.ERPNumber)
		return o, err
	}, conn, invoice, who.Customer)
}

var selectPlacedHere = db.SQL("order.select_placed_here", `
SELECT placed FROM sales_order WHERE placed >= $1 AND person IS NOT NULL AND state NOT IN ('refused', 'cancelled')`)

// PlacedHereSince is when orders were placed here, by a customer's own people,
// since an instant.
func PlacedHereSince(ctx context.Context, tx *db.Tx, since time.Time) ([]time.Time, error) {
	return db.All(ctx, tx, selectPlacedHere, db.Value[time.Time], since)
}
