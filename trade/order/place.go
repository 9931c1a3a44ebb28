package order

import (
	"cmp"
	"context"
	"encoding/json"
	"strings"

	"comptoir.example/comptoir/base/db"
	"comptoir.example/comptoir/base/fault"
	"comptoir.example/comptoir/base/money"
	"comptoir.example/comptoir/base/outbox"
	"comptoir.example/comptoir/erp"
	"comptoir.example/comptoir/trade/access"
	"comptoir.example/comptoir/trade/customer"
	"comptoir.example/comptoir/trade/price"
)

// Wish is what a buyer says when ordering.
type Wish struct {
	Cart     string // the cart it is made of
	ShipTo   string // ERP id of an address
	Delivery string // ERP id of a delivery method
	PONumber string
	Comment  string
	Prices   string // the cart's, as the buyer saw it
	Accept   bool   // changed prices are accepted
}

// Placed is emitted once an order is written down. It goes to the ERP.
type Placed struct {
	Order    string `json:"order"`
	Conn     string `json:"conn"`
	Customer string `json:"customer"`
	Key      string `json:"key"`
	Lines    int    `json:"lines"`
	Total    int64  `json:"total_minor"`
	Currency string `json:"currency"`
}

// Kind and Subject name the fact.
func (Placed) Kind() string      { return "order.placed" }
func (f Placed) Subject() string { return f.Order }

// Lengths of what people type: what every ERP we know can hold.
const (
	maxPONumber = 35
	maxComment  = 1000
)

// Place turns a cart into an order, once: the same cart again gives the same
// order. Invalid with fields for what is missing, Conflict when prices changed
// and were not accepted, or when the cart is not the one that was shown.
func Place(ctx context.Context, tx *db.Tx, who access.Actor, m customer.Merchant, w Wish) (Order, error) {
	if err := who.Must(access.PlaceOrder); err != nil {
		return Order{}, err
	}
	AskCart(ctx, tx, who)
	c, err := customer.Of(ctx, tx, who)
	if err != nil {
		return Order{}, err
	}
	cart, err := CartOf(ctx, tx, who, c, m)
	if err != nil {
		return Order{}, err
	}
	if cart.ID != w.Cart {
		// A cart that was ordered has another id since.
		if o, done, err := db.One(ctx, tx, selectByCart, scanOrder, w.Cart); err != nil {
			return o, err
		} else if done && o.Person == who.Person {
			return o, nil
		} else if len(cart.Lines) > 0 {
			return Order{}, fault.New(fault.Conflict, "order.cart_other")
		}
	}
	if len(cart.Lines) == 0 {
		return Order{}, fault.New(fault.Conflict, "order.cart_empty")
	}
	changed := false
	for _, l := range cart.Lines {
		if l.Problem != "" {
			return Order{}, fault.New(fault.Conflict, l.Problem, "item", l.Offer.Name, "sku", l.Offer.SKU)
		}
		changed = changed || l.Changed()
	}
	if cart.Prices != w.Prices || (changed && !w.Accept) {
		return Order{}, fault.New(fault.Conflict, "order.prices_changed")
	}
	o, err := place(ctx, tx, who, m, c, w, tx.ID(), cart.Lines)
	if err != nil {
		return o, err
	}
	return o, nextCart(ctx, tx, who.Person)
}

// Basket is a whole order in one call, as programs send it.
type Basket struct {
	Wish
	ID    string // of the order; "" for a new one
	Lines []BasketLine
}

// BasketLine is one line of a Basket. Price, when it is there, is the unit price
// the caller saw and agrees to.
type BasketLine struct {
	SKU, Quantity string
	Price         *money.Decimal
}

// PlaceBasket orders without a cart, under Place's rules. The caller makes sure
// that it happens once, and may give the order its id (b.ID).
func PlaceBasket(ctx context.Context, tx *db.Tx, who access.Actor, m customer.Merchant, b Basket) (Order, error) {
	if err := who.Must(access.PlaceOrder); err != nil {
		return Order{}, err
	}
	c, err := customer.Of(ctx, tx, who)
	if err != nil {
		return Order{}, err
	}
	lines, err := basketLines(ctx, tx, c, m, b.Lines)
	if err != nil {
		return Order{}, err
	}
	b.Cart = ""
	return place(ctx, tx, who, m, c, b.Wish, cmp.Or(b.ID, tx.ID()), lines)
}

func basketLines(ctx context.Context, tx *db.Tx, c customer.Customer, m customer.Merchant, asked []BasketLine) ([]CartLine, error) {
	if len(asked) == 0 || len(asked) > maxLines {
		return nil, fault.New(fault.Invalid, "order.lines", "n", maxLines).With("lines", "order.lines", "n", maxLines)
	}
	skus := make([]string, len(asked))
	for i, l := range asked {
		skus[i] = l.SKU
	}
	offers, err := price.OfSKUs(ctx, tx, c, skus)
	if err != nil {
		return nil, err
	}
	bad := fault.New(fault.Invalid, "order.bad_lines")
	lines := make([]CartLine, len(asked))
	for i, a := range asked {
		pointer := "lines/" + money.Int(int64(i)).String()
		offer, known := offers[a.SKU]
		if !known {
			bad.With(pointer+"/sku", "item.not_found", "sku", a.SKU)
			continue
		}
		quantity, err := price.Quantity(a.Quantity, offer.Unit.Digits)
		if err != nil {
			f := fault.Of(err)
			bad.With(pointer+"/quantity", f.Code, f.Params...)
			continue
		}
		lines[i] = CartLine{Offer: offer, Quantity: quantity}
		if err := lines[i].reprice(c, m); err != nil {
			return nil, err
		}
		if lines[i].Problem != "" {
			bad.With(pointer, lines[i].Problem, "item", offer.Name, "sku", offer.SKU)
		} else if a.Price != nil && a.Price.Cmp(lines[i].Price) != 0 {
			bad.Kind = fault.Conflict
			bad.With(pointer+"/unit_price", "order.price_is", "price", lines[i].Price)
		}
	}
	if len(bad.Fields) > 0 {
		return nil, bad
	}
	return lines, nil
}

// place writes an order of priced lines down and promises it to the ERP.
func place(ctx context.Context, tx *db.Tx, who access.Actor, m customer.Merchant, c customer.Customer, w Wish, id string, lines []CartLine) (Order, error) {
	methods, err := customer.Methods(ctx, tx, c.Conn, erp.KindDeliveryMethod)
	if err != nil {
		return Order{}, err
	}
	w.PONumber, w.Comment = strings.TrimSpace(w.PONumber), strings.TrimSpace(w.Comment)
	method, err := w.check(ctx, tx, c, methods)
	if err != nil {
		return Order{}, err
	}
	totals, err := sum(ctx, tx, c, m, lines, method)
	if err != nil {
		return Order{}, err
	}
	var random [10]byte
	copy(random[:], tx.Random(10))
	key := erp.NewKey(random)
	o := Order{ID: id, Conn: c.Conn, Key: key, Reference: "W-" + key[len(key)-7:], Customer: c.ID, Person: who.Person,
		State: Submitted, PONumber: w.PONumber, ShipTo: w.ShipTo, Delivery: w.Delivery, Comment: w.Comment, Currency: c.Currency,
		Totals: totals, Placed: tx.Now, Day: m.Day(tx.Now)}
	for i, l := range lines {
		o.Lines = append(o.Lines, Line{No: i + 1, Item: l.Offer.ERP, SKU: l.Offer.SKU, Name: l.Offer.Name, Unit: l.Offer.Unit.ERP,
			UnitName: l.Offer.Unit.Name, Quantity: l.Quantity, UnitPrice: l.Price, Amount: l.Amount})
	}
	if err := insert(ctx, tx, o, w.Cart); err != nil {
		return o, err
	}
	return o, outbox.Emit(ctx, tx, who.By(), Placed{o.ID, o.Conn, o.Customer, o.Key, len(lines), totals.Total.Minor, o.Currency})
}

// check says what is missing or wrong in a wish, all at once.
func (w Wish) check(ctx context.Context, tx *db.Tx, c customer.Customer, methods []customer.Method) (*customer.Method, error) {
	if !c.MayOrder() {
		return nil, fault.New(fault.Denied, "order.customer_blocked")
	}
	bad := fault.New(fault.Invalid, "order.incomplete")
	addresses, err := customer.ShipTos(ctx, tx, c)
	if err != nil {
		return nil, err
	}
	known := false
	for _, a := range addresses {
		known = known || a.ERP == w.ShipTo
	}
	if !known {
		bad.With("ship_to", "order.choose_address")
	}
	var method *customer.Method
	for i := range methods {
		if methods[i].ERP == w.Delivery {
			method = &methods[i]
		}
	}
	if method == nil && len(methods) > 0 {
		bad.With("delivery", "order.choose_delivery")
	}
	switch n := len([]rune(w.PONumber)); {
	case n == 0 && c.PORequired:
		bad.With("po_number", "order.po_required")
	case n > maxPONumber:
		bad.With("po_number", "order.po_too_long", "n", maxPONumber)
	}
	if len([]rune(w.Comment)) > maxComment {
		bad.With("comment", "order.comment_too_long", "n", maxComment)
	}
	if len(bad.Fields) > 0 {
		return nil, bad
	}
	return method, nil
}

// Sum adds a cart up for a delivery method, as the ERP will.
func Sum(ctx context.Context, tx *db.Tx, c customer.Customer, m customer.Merchant, cart Cart, method *customer.Method) (erp.Totals, error) {
	return sum(ctx, tx, c, m, cart.Lines, method)
}

func sum(ctx context.Context, tx *db.Tx, c customer.Customer, m customer.Merchant, lines []CartLine, method *customer.Method) (erp.Totals, error) {
	taxes, err := price.TaxesOf(ctx, tx, c)
	if err != nil {
		return erp.Totals{}, err
	}
	var charged []price.Line
	for _, l := range lines {
		if l.Problem == "" {
			charged = append(charged, price.Line{Amount: l.Amount, ItemTax: l.Offer.ItemTax})
		}
	}
	var freight *price.Line
	if method != nil && method.Freight != nil {
		amount, err := m.Rounding.Mode.Of(*method.Freight, c.Currency)
		if err != nil {
			return erp.Totals{}, err
		}
		freight = &price.Line{Amount: amount, ItemTax: method.ItemTax}
	}
	return price.Totals(charged, freight, taxes, m.Rounding, c.Currency)
}

var (
	insertOrder = db.SQL("order.insert", `
INSERT INTO sales_order (id, conn, key, cart, reference, customer, person, state, po_number, ship_to, delivery, comment, currency, totals,
    placed, day, erp_id, erp_number, erp_totals, seen)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20)`)
	insertLine = db.SQL("order.insert_line", `
INSERT INTO order_line (order_id, no, item, sku, name_fr, name_en, unit, freight, quantity, unit_price, amount, shipped, invoiced)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)`)
)

func insert(ctx context.Context, tx *db.Tx, o Order, cart string) error {
	totals, err := json.Marshal(o.Totals)
	if err != nil {
		return err
	}
	var erpTotals any
	if o.ERPTotals != nil {
		text, err := json.Marshal(o.ERPTotals)
		if err != nil {
			return err
		}
		erpTotals = string(text)
	}
	if err := tx.Later(ctx, insertOrder, o.ID, o.Conn, o.Key, null(cart), o.Reference, o.Customer, null(o.Person), string(o.State), o.PONumber,
		o.ShipTo, o.Delivery, o.Comment, o.Currency, string(totals), o.Placed, o.Day, null(o.ERP), null(o.ERPNumber), erpTotals, o.Seen); err != nil {
		return err
	}
	return writeLines(ctx, tx, o)
}

func writeLines(ctx context.Context, tx *db.Tx, o Order) error {
	for _, l := range o.Lines {
		if err := tx.Later(ctx, insertLine, o.ID, l.No, l.Item, l.SKU, l.Name.FR, l.Name.EN, l.Unit, l.Freight, l.Quantity, l.UnitPrice,
			l.Amount.Minor, l.Shipped, l.Invoiced); err != nil {
			return err
		}
	}
	return nil
}

func null(s string) any {
	if s == "" {
		return nil
	}
	return s
}
