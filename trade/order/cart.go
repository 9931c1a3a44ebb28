package order

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"

	"comptoir.example/comptoir/base/db"
	"comptoir.example/comptoir/base/fault"
	"comptoir.example/comptoir/base/money"
	"comptoir.example/comptoir/trade/access"
	"comptoir.example/comptoir/trade/customer"
	"comptoir.example/comptoir/trade/price"
)

// maxLines is how many lines a cart may have.
const maxLines = 1000

// Cart is what a person is about to order. Its id goes with the order that is
// made of it, so a second click, a reload or a second tab makes the same order.
type Cart struct {
	ID     string
	Lines  []CartLine
	Net    money.Amount // of the lines that have a price
	Prices string       // stands for the prices shown, to be sent back with the order
}

// CartLine is one line of a cart at today's price.
type CartLine struct {
	ID       string
	Offer    price.Offer
	Quantity money.Decimal
	Was      money.Decimal // unit price when it was put in
	Price    money.Decimal // unit price now
	Amount   money.Amount
	Problem  string // message key of why it cannot be ordered; ""
}

// Changed says whether the price is not what it was when the line was put in.
func (l CartLine) Changed() bool { return l.Problem == "" && l.Price.Cmp(l.Was) != 0 }

// A cart is one row of its person, changed in place: two people's carts never
// meet in an index page, which PostgreSQL would take for a conflict.
var (
	selectCart = db.SQL("order.select_cart", `SELECT id, lines FROM cart WHERE person = $1`)
	insertCart = db.SQL("order.insert_cart", `
INSERT INTO cart (person, id, lines, changed) VALUES ($1, $2, $3, $4)
ON CONFLICT (person) DO UPDATE SET id = excluded.id, lines = excluded.lines, changed = excluded.changed`)
	updateCart = db.SQL("order.update_cart", `UPDATE cart SET id = $2, lines = $3, changed = $4 WHERE person = $1`)
)

// kept is a cart as its row holds it. found is false before a person's first.
type kept struct {
	id    string
	lines []keptLine
	found bool
}

type keptLine struct {
	ID       string        `json:"id"`
	Conn     string        `json:"conn"`
	Item     string        `json:"item"`
	Quantity money.Decimal `json:"quantity"`
	Price    money.Decimal `json:"price"` // unit price when it was put in
}

func readCart(ctx context.Context, tx *db.Tx, person string) (kept, error) {
	k, found, err := askCart(ctx, tx, person).One(ctx)
	k.found = found
	return k, err
}

func askCart(ctx context.Context, tx *db.Tx, person string) *db.Coming[kept] {
	return db.Asked(ctx, tx, "cart/"+person, selectCart, func(r db.Row) (k kept, err error) {
		var lines string
		if err = r.Scan(&k.id, &lines); err == nil {
			err = json.Unmarshal([]byte(lines), &k.lines)
		}
		return k, err
	}, person)
}

// AskCart says early that a person's cart will be wanted.
func AskCart(ctx context.Context, tx *db.Tx, who access.Actor) { askCart(ctx, tx, who.Person) }

// write keeps a cart. Its id is the same until it is ordered.
func (k kept) write(ctx context.Context, tx *db.Tx, person string) error {
	lines, err := json.Marshal(k.lines)
	if err != nil {
		return err
	}
	tx.Forget("cart/" + person)
	stmt := updateCart
	if !k.found {
		stmt = insertCart
	}
	return tx.Later(ctx, stmt, person, k.id, string(lines), tx.Now)
}

// nextCart empties a person's cart after an order.
func nextCart(ctx context.Context, tx *db.Tx, person string) error {
	return kept{tx.ID(), []keptLine{}, true}.write(ctx, tx, person)
}

func (k kept) index(is func(keptLine) bool) int { return slices.IndexFunc(k.lines, is) }

// CartOf is a person's cart at today's prices; empty when there is none.
func CartOf(ctx context.Context, tx *db.Tx, who access.Actor, c customer.Customer, m customer.Merchant) (Cart, error) {
	cart := Cart{Net: money.Zero(c.Currency)}
	if !who.Can(access.PlaceOrder) {
		return cart, nil
	}
	k, err := readCart(ctx, tx, who.Person)
	if err != nil || !k.found {
		return cart, err
	}
	cart.ID = k.id
	lines, ids := make([]CartLine, len(k.lines)), make([]string, len(k.lines))
	for i, l := range k.lines {
		lines[i] = CartLine{ID: l.ID, Quantity: l.Quantity, Was: l.Price}
		lines[i].Offer.ERP = l.Item
		ids[i] = l.Item
	}
	offers, err := price.Of(ctx, tx, c, ids)
	if err != nil {
		return cart, err
	}
	for i := range lines {
		l := &lines[i]
		if offer, known := offers[l.Offer.ERP]; known {
			l.Offer = offer
		}
		if err := l.reprice(c, m); err != nil {
			return cart, err
		}
		if l.Problem == "" {
			if cart.Net, err = cart.Net.Add(l.Amount); err != nil {
				return cart, err
			}
		}
	}
	cart.Lines, cart.Prices = lines, digest(lines)
	return cart, nil
}

// CartSummary is how many lines a cart has and what they came to when they were
// put in: enough for the corner of every page.
func CartSummary(ctx context.Context, tx *db.Tx, who access.Actor, c customer.Customer, m customer.Merchant) (n int, sum money.Amount, err error) {
	k, err := readCart(ctx, tx, who.Person)
	sum = money.Zero(c.Currency)
	for _, l := range k.lines {
		var amount money.Amount
		if err == nil {
			amount, err = m.Rounding.Mode.Extend(l.Price, l.Quantity, c.Currency)
		}
		if err == nil {
			sum, err = sum.Add(amount)
		}
	}
	return len(k.lines), sum, err
}

// reprice gives a line today's price.
func (l *CartLine) reprice(c customer.Customer, m customer.Merchant) (err error) {
	l.Amount = money.Zero(c.Currency)
	unit, known := l.Offer.Ladder.At(l.Quantity)
	switch {
	case !l.Offer.Sold:
		l.Problem = "order.item_gone"
	case !known || l.Offer.Ladder.Currency != c.Currency:
		l.Problem = "order.no_price"
	default:
		l.Price = unit
		l.Amount, err = m.Rounding.Mode.Extend(unit, l.Quantity, c.Currency)
	}
	return err
}

// digest stands for what is ordered and at which prices.
func digest(lines []CartLine) string {
	h := sha256.New()
	for _, l := range lines {
		fmt.Fprintf(h, "%s %s %s\n", l.Offer.ERP, l.Quantity, l.Price)
	}
	return hex.EncodeToString(h.Sum(nil)[:12])
}

// Add puts a quantity, as it was typed, of an item into the cart; the same item
// again adds up. NotFound when it is not sold, Invalid for a quantity its unit
// does not have.
func Add(ctx context.Context, tx *db.Tx, who access.Actor, m customer.Merchant, sku, typed string) error {
	if err := who.Must(access.PlaceOrder); err != nil {
		return err
	}
	AskCart(ctx, tx, who)
	c, err := customer.Of(ctx, tx, who)
	if err != nil {
		return err
	}
	offers, err := price.OfSKUs(ctx, tx, c, []string{sku})
	if err != nil {
		return err
	}
	offer, known := offers[sku]
	if !known {
		return fault.New(fault.NotFound, "item.not_found", "sku", sku)
	}
	quantity, err := price.Quantity(typed, offer.Unit.Digits)
	if err != nil {
		return field("quantity", err)
	}
	k, err := readCart(ctx, tx, who.Person)
	if err != nil {
		return err
	}
	k.lines = slices.Clone(k.lines)
	if k.id == "" {
		k.id = tx.ID()
	}
	at := k.index(func(l keptLine) bool { return l.Conn == c.Conn && l.Item == offer.ERP })
	if at >= 0 {
		if quantity, err = k.lines[at].Quantity.Add(quantity); err != nil || quantity.Cmp(price.MaxQuantity) > 0 {
			return field("quantity", fault.New(fault.Invalid, "quantity.too_large", "max", price.MaxQuantity))
		}
	} else if at = len(k.lines); at >= maxLines {
		return fault.New(fault.Invalid, "order.cart_full", "n", maxLines)
	} else {
		k.lines = append(k.lines, keptLine{ID: tx.ID(), Conn: c.Conn, Item: offer.ERP})
	}
	unit, known := offer.Ladder.At(quantity)
	if !known {
		return fault.New(fault.Invalid, "order.no_price")
	}
	k.lines[at].Quantity, k.lines[at].Price = quantity, unit
	return k.write(ctx, tx, who.Person)
}

// SetQuantity changes a line of the cart to a quantity as it was typed; the
// price of today is thereby accepted. NotFound for another person's line.
func SetQuantity(ctx context.Context, tx *db.Tx, who access.Actor, m customer.Merchant, id, typed string) error {
	k, at, err := ownLine(ctx, tx, who, id)
	if err != nil {
		return err
	}
	line := &k.lines[at]
	c, err := customer.Of(ctx, tx, who)
	if err != nil {
		return err
	}
	offers, err := price.Of(ctx, tx, c, []string{line.Item})
	if err != nil {
		return err
	}
	offer := offers[line.Item]
	quantity, err := price.Quantity(typed, offer.Unit.Digits)
	if err != nil {
		return field("quantity", err)
	}
	line.Quantity = quantity
	if unit, known := offer.Ladder.At(quantity); known {
		line.Price = unit
	}
	return k.write(ctx, tx, who.Person)
}

// Remove takes a line out of the cart. Taking it out twice is no error.
func Remove(ctx context.Context, tx *db.Tx, who access.Actor, id string) error {
	k, at, err := ownLine(ctx, tx, who, id)
	if fault.Is(err, fault.NotFound) {
		return nil
	} else if err != nil {
		return err
	}
	k.lines = slices.Delete(k.lines, at, at+1)
	return k.write(ctx, tx, who.Person)
}

// ownLine is a person's cart and where a line of it stands.
func ownLine(ctx context.Context, tx *db.Tx, who access.Actor, id string) (k kept, at int, err error) {
	if err := who.Must(access.PlaceOrder); err != nil {
		return k, -1, err
	}
	if k, err = readCart(ctx, tx, who.Person); err != nil {
		return k, -1, err
	}
	if at = k.index(func(l keptLine) bool { return l.ID == id }); at < 0 {
		err = fault.New(fault.NotFound, "order.line_not_found")
	}
	return k, at, err
}

// field says that a fault is about one field of a form.
func field(name string, err error) error {
	f := fault.Of(err)
	if f.Kind != fault.Invalid {
		return err
	}
	return fault.New(fault.Invalid, f.Code, f.Params...).With(name, f.Code, f.Params...)
}
