package order

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"

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

var (
	selectCart  = db.SQL("order.select_cart", `SELECT id FROM cart WHERE person = $1`)
	insertCart  = db.SQL("order.insert_cart", `INSERT INTO cart (id, person, changed) VALUES ($1, $2, $3)`)
	deleteCart  = db.SQL("order.delete_cart", `DELETE FROM cart WHERE id = $1`)
	selectCLine = db.SQL("order.select_cart_lines", `SELECT id, item, quantity, price FROM cart_line WHERE cart = $1 ORDER BY id`)
	selectOne   = db.SQL("order.select_cart_line", `SELECT id, item, quantity, price FROM cart_line WHERE cart = $1 AND conn = $2 AND item = $3`)
	selectByID  = db.SQL("order.select_cart_line_by_id", `SELECT l.id, l.item, l.quantity, l.price FROM cart_line l JOIN cart c ON c.id = l.cart WHERE l.id = $1 AND c.person = $2`)
	upsertCLine = db.SQL("order.upsert_cart_line", `
INSERT INTO cart_line (id, cart, conn, item, quantity, price) VALUES ($1, $2, $3, $4, $5, $6)
ON CONFLICT (cart, conn, item) DO UPDATE SET quantity = excluded.quantity, price = excluded.price`)
	setQuantity = db.SQL("order.set_cart_quantity", `UPDATE cart_line SET quantity = $2, price = $3 WHERE id = $1`)
	deleteCLine = db.SQL("order.delete_cart_line", `DELETE FROM cart_line WHERE id = $1`)
	deleteLines = db.SQL("order.delete_cart_lines", `DELETE FROM cart_line WHERE cart = $1`)
	countLines  = db.SQL("order.count_cart_lines", `SELECT COUNT(*) FROM cart_line WHERE cart = $1`)
)

func scanCartLine(r db.Row) (l CartLine, err error) {
	err = r.Scan(&l.ID, &l.Offer.ERP, &l.Quantity, &l.Was)
	return l, err
}

// CartOf is a person's cart at today's prices; empty when there is none.
func CartOf(ctx context.Context, tx *db.Tx, who access.Actor, c customer.Customer, m customer.Merchant) (Cart, error) {
	cart := Cart{Net: money.Zero(c.Currency)}
	if !who.Can(access.PlaceOrder) {
		return cart, nil
	}
	id, found, err := db.One(ctx, tx, selectCart, db.Value[string], who.Person)
	if err != nil || !found {
		return cart, err
	}
	cart.ID = id
	lines, err := db.All(ctx, tx, selectCLine, scanCartLine, id)
	if err != nil {
		return cart, err
	}
	ids := make([]string, len(lines))
	for i, l := range lines {
		ids[i] = l.Offer.ERP
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

var summarize = db.SQL("order.summarize_cart", `
SELECT l.quantity, l.price FROM cart_line l JOIN cart c ON c.id = l.cart WHERE c.person = $1`)

// CartSummary is how many lines a cart has and what they came to when they were
// put in: enough for the corner of every page.
func CartSummary(ctx context.Context, tx *db.Tx, who access.Actor, c customer.Customer, m customer.Merchant) (n int, sum money.Amount, err error) {
	lines, err := db.All(ctx, tx, summarize, func(r db.Row) (l CartLine, err error) {
		err = r.Scan(&l.Quantity, &l.Was)
		return l, err
	}, who.Person)
	sum = money.Zero(c.Currency)
	for _, l := range lines {
		if err == nil {
			l.Amount, err = m.Rounding.Mode.Extend(l.Was, l.Quantity, c.Currency)
		}
		if err == nil {
			sum, err = sum.Add(l.Amount)
		}
	}
	return len(lines), sum, err
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
	cart, found, err := db.One(ctx, tx, selectCart, db.Value[string], who.Person)
	if err != nil {
		return err
	}
	if !found {
		cart = tx.ID()
		if _, err := tx.Exec(ctx, insertCart, cart, who.Person, tx.Now); err != nil {
			return err
		}
	}
	line, again, err := db.One(ctx, tx, selectOne, scanCartLine, cart, c.Conn, offer.ERP)
	if err != nil {
		return err
	}
	if again {
		if quantity, err = line.Quantity.Add(quantity); err != nil || quantity.Cmp(price.MaxQuantity) > 0 {
			return field("quantity", fault.New(fault.Invalid, "quantity.too_large", "max", price.MaxQuantity))
		}
	} else {
		line.ID = tx.ID()
		if n, _, err := db.One(ctx, tx, countLines, db.Value[int], cart); err != nil {
			return err
		} else if n >= maxLines {
			return fault.New(fault.Invalid, "order.cart_full", "n", maxLines)
		}
	}
	unit, known := offer.Ladder.At(quantity)
	if !known {
		return fault.New(fault.Invalid, "order.no_price")
	}
	_, err = tx.Exec(ctx, upsertCLine, line.ID, cart, c.Conn, offer.ERP, quantity.String(), unit.String())
	return err
}

// SetQuantity changes a line of the cart to a quantity as it was typed; the
// price of today is thereby accepted. NotFound for another person's line.
func SetQuantity(ctx context.Context, tx *db.Tx, who access.Actor, m customer.Merchant, id, typed string) error {
	line, err := ownLine(ctx, tx, who, id)
	if err != nil {
		return err
	}
	c, err := customer.Of(ctx, tx, who)
	if err != nil {
		return err
	}
	offers, err := price.Of(ctx, tx, c, []string{line.Offer.ERP})
	if err != nil {
		return err
	}
	offer := offers[line.Offer.ERP]
	quantity, err := price.Quantity(typed, offer.Unit.Digits)
	if err != nil {
		return field("quantity", err)
	}
	unit, known := offer.Ladder.At(quantity)
	if !known {
		unit = line.Was
	}
	_, err = tx.Exec(ctx, setQuantity, id, quantity.String(), unit.String())
	return err
}

// Remove takes a line out of the cart. Taking it out twice is no error.
func Remove(ctx context.Context, tx *db.Tx, who access.Actor, id string) error {
	if _, err := ownLine(ctx, tx, who, id); fault.Is(err, fault.NotFound) {
		return nil
	} else if err != nil {
		return err
	}
	_, err := tx.Exec(ctx, deleteCLine, id)
	return err
}

func ownLine(ctx context.Context, tx *db.Tx, who access.Actor, id string) (CartLine, error) {
	if err := who.Must(access.PlaceOrder); err != nil {
		return CartLine{}, err
	}
	line, found, err := db.One(ctx, tx, selectByID, scanCartLine, id, who.Person)
	if err == nil && !found {
		err = fault.New(fault.NotFound, "order.line_not_found")
	}
	return line, err
}

// field says that a fault is about one field of a form.
func field(name string, err error) error {
	f := fault.Of(err)
	if f.Kind != fault.Invalid {
		return err
	}
	return fault.New(fault.Invalid, f.Code, f.Params...).With(name, f.Code, f.Params...)
}
