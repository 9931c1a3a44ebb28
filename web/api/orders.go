package api

import (
	"context"
	"strconv"
	"time"

	"comptoir.example/comptoir/base/asof"
	"comptoir.example/comptoir/base/db"
	"comptoir.example/comptoir/erp"
	"comptoir.example/comptoir/finance/invoice"
	"comptoir.example/comptoir/finance/payment"
	"comptoir.example/comptoir/trade/order"
	"comptoir.example/comptoir/web"
)

// OrderHead is an order in a list.
type OrderHead struct {
	ID             string    `json:"id"`
	Reference      string    `json:"reference"`            // ours
	ERPNumber      string    `json:"erp_number,omitempty"` // absent until the ERP has it
	State          string    `json:"state" enum:"submitted,on_hold,refused,accepted,partly_shipped,shipped,invoiced,cancelled"`
	PONumber       string    `json:"po_number"`
	ShipTo         string    `json:"ship_to"`
	DeliveryMethod string    `json:"delivery_method"`
	Comment        string    `json:"comment"`
	Placed         time.Time `json:"placed"`
	Totals         Totals    `json:"totals"`
	AsOf           AsOf      `json:"as_of"`
}

// Order is an order with its lines and what followed.
type Order struct {
	OrderHead
	Lines     []OrderLine    `json:"lines"`
	Shipments []Shipment     `json:"shipments"`
	Invoices  []OrderInvoice `json:"invoices"`
}

// OrderLine is one line with its progress. Freight is a line the ERP added; a
// line without a SKU is its text.
type OrderLine struct {
	No          int      `json:"no"`
	SKU         string   `json:"sku"`
	Name        erp.Text `json:"name"`
	UnitName    erp.Text `json:"unit_name"`
	Freight     bool     `json:"freight"`
	Quantity    string   `json:"quantity"`
	Shipped     string   `json:"shipped"`
	Backordered string   `json:"backordered"`
	Invoiced    string   `json:"invoiced"`
	UnitPrice   string   `json:"unit_price"`
	Amount      Amount   `json:"amount"`
}

// Shipment is goods that left, or are being prepared while there is no date.
type Shipment struct {
	Number   string         `json:"number"`
	Date     string         `json:"date,omitempty" format:"date"`
	Carrier  string         `json:"carrier,omitempty"`
	Tracking string         `json:"tracking,omitempty"`
	State    string         `json:"state"`
	Lines    []ShipmentLine `json:"lines"`
}

// ShipmentLine is one product of a shipment.
type ShipmentLine struct {
	SKU      string `json:"sku"`
	Quantity string `json:"quantity"`
}

// OrderInvoice is an invoice of the order.
type OrderInvoice struct {
	ID     string `json:"id"`
	Number string `json:"number"`
	State  string `json:"state"`
	Due    string `json:"due" format:"date"`
	Total  Amount `json:"total"`
	Open   Amount `json:"open_balance"`
}

func orderHead(o order.Order, as AsOf) OrderHead {
	sums, final := o.Sums()
	return OrderHead{ID: wireID(orderID, o.ID), Reference: o.Reference, ERPNumber: o.ERPNumber, State: string(o.State), PONumber: o.PONumber,
		ShipTo: o.ShipTo, DeliveryMethod: o.Delivery, Comment: o.Comment, Placed: o.Placed, Totals: totals(sums, !final), AsOf: as}
}

func wholeOrder(o order.Order, as AsOf) Order {
	out := Order{OrderHead: orderHead(o, as), Lines: make([]OrderLine, len(o.Lines)), Shipments: []Shipment{}, Invoices: []OrderInvoice{}}
	for i, l := range o.Lines {
		out.Lines[i] = OrderLine{l.No, l.SKU, l.Name, l.UnitName, l.Freight, number(l.Quantity), number(l.Shipped), number(o.Backordered(l)),
			number(l.Invoiced), unitPrice(l.UnitPrice, o.Currency), amount(l.Amount)}
	}
	return out
}

// ageOf is how old what an order says is: ours is of the moment it was placed,
// and the ERP's of when it last answered.
func ageOf(o order.Order, board asof.Board, now time.Time) AsOf {
	if o.ERP == "" {
		return AsOf{Source: "shop", At: &o.Placed}
	}
	return asOf(board.Of(string(erp.KindOrder)), now)
}

// orderByID is an order with everything that followed it.
func orderByID(ctx context.Context, tx *db.Tx, r *web.Request, id string) (out Order, err error) {
	o, err := order.Find(ctx, tx, r.Actor, id)
	if err != nil {
		return out, err
	}
	board, err := asof.Read(ctx, tx, o.Conn)
	if err != nil {
		return out, err
	}
	out = wholeOrder(o, ageOf(o, board, tx.Now))
	skus := map[string]string{}
	for _, l := range o.Lines {
		skus[l.Item] = l.SKU
	}
	shipments, err := order.Shipments(ctx, tx, o)
	if err != nil {
		return out, err
	}
	for _, s := range shipments {
		shown := Shipment{s.Number, s.Day, s.Carrier, s.Tracking, s.State, make([]ShipmentLine, len(s.Lines))}
		for i, l := range s.Lines {
			shown.Lines[i] = ShipmentLine{skus[l.Item], number(l.Quantity)}
		}
		out.Shipments = append(out.Shipments, shown)
	}
	invoices, err := invoice.OfOrder(ctx, tx, o.Conn, o.ERP)
	if err != nil {
		return out, err
	}
	standing, err := payment.StandingOf(ctx, tx, invoices)
	today := r.Site.Engine.Merchant().Day(tx.Now)
	for _, i := range invoices {
		s := standing[i.ID]
		out.Invoices = append(out.Invoices, OrderInvoice{wireID(invoiceID, i.ID), i.Number, s.State(i, today), i.Due, amount(i.Total), amount(s.Shown())})
	}
	return out, err
}

// GET /v1/orders
func listOrders(r *web.Request, in *struct {
	Paging
	Number string `query:"number" maxLength:"200"` // ours, the ERP's or the purchase order's
}) (*Paged[OrderHead], error) {
	place, err := in.cursor(2)
	if err != nil {
		return nil, err
	}
	after := order.Page{ID: place[1]}
	if place[0] != "" {
		micros, err := strconv.ParseInt(place[0], 10, 64)
		if err != nil {
			return nil, badCursor()
		}
		after.Before = time.UnixMicro(micros).UTC()
	}
	var orders []order.Order
	var board asof.Board
	err = r.Read(func(ctx context.Context, tx *db.Tx) (err error) {
		if orders, err = order.List(ctx, tx, r.Actor, in.Number, after, in.Limit+1); err == nil {
			_, board, err = company(ctx, tx, r)
		}
		return err
	})
	return page(r, in.Limit, orders,
		func(o order.Order) OrderHead { return orderHead(o, ageOf(o, board, r.Now)) },
		func(o order.Order) string { return encodeCursor(strconv.FormatInt(o.Placed.UnixMicro(), 10), o.ID) }), err
}

// GET /v1/orders/{id}
func getOrder(r *web.Request, in *struct {
	ID string `path:"id"`
}) (*struct{ Body Order }, error) {
	id, err := parseID(orderID, in.ID, "order.not_found")
	if err != nil {
		return nil, err
	}
	var out struct{ Body Order }
	return &out, r.Read(func(ctx context.Context, tx *db.Tx) (err error) {
		out.Body, err = orderByID(ctx, tx, r, id)
		return err
	})
}
