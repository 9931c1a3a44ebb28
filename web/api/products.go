package api

import (
	"context"
	"time"

	"comptoir.example/comptoir/base/asof"
	"comptoir.example/comptoir/base/db"
	"comptoir.example/comptoir/erp"
	"comptoir.example/comptoir/trade/customer"
	"comptoir.example/comptoir/trade/price"
	"comptoir.example/comptoir/web"
)

// Product is something the company can buy, at its own prices.
type Product struct {
	SKU         string   `json:"sku"`
	Name        erp.Text `json:"name"`
	Description erp.Text `json:"description"`
	Family      Family   `json:"family"`
	Unit        Unit     `json:"unit"`
	Prices      Prices   `json:"prices"`
	Stock       Stock    `json:"stock"`
}

// Family is a group of products.
type Family struct {
	ID   string   `json:"id"`
	Name erp.Text `json:"name"`
}

// Unit is the unit of sale; a quantity in it has at most so many decimals.
type Unit struct {
	Name   erp.Text `json:"name"`
	Symbol string   `json:"symbol"`
	Digits int      `json:"digits"`
}

// Prices are unit prices by quantity. Without steps the product cannot be
// ordered here.
type Prices struct {
	Currency string `json:"currency"`
	Ladder   []Step `json:"ladder"`
	AsOf     AsOf   `json:"as_of"`
}

// Step is the unit price from a quantity on.
type Step struct {
	From      string `json:"from"`
	UnitPrice string `json:"unit_price"`
}

// Stock is what there is, in sale units.
type Stock struct {
	Places []Place `json:"places"`
	AsOf   AsOf    `json:"as_of"`
}

// Place is one warehouse. Available is on hand less what is promised.
type Place struct {
	Name      erp.Text `json:"name"`
	OnHand    string   `json:"on_hand"`
	Available string   `json:"available"`
}

func product(o price.Offer, board asof.Board, now time.Time) Product {
	p := Product{SKU: o.SKU, Name: o.Name, Description: o.Text, Family: Family{o.Category, o.Family},
		Unit:   Unit{o.Unit.Name, o.Unit.Symbol, o.Unit.Digits},
		Prices: Prices{o.Ladder.Currency, make([]Step, len(o.Ladder.Breaks)), asOf(board.Of("price"), now)},
		Stock:  Stock{make([]Place, len(o.Stock)), asOf(board.Of("stock"), now)}}
	for i, b := range o.Ladder.Breaks {
		p.Prices.Ladder[i] = Step{number(b.From), unitPrice(b.Price, o.Ladder.Currency)}
	}
	for i, s := range o.Stock {
		p.Stock.Places[i] = Place{s.Place, number(s.OnHand), number(s.Available)}
	}
	return p
}

// company reads whom the caller buys for, and how fresh the ERP's figures are.
func company(ctx context.Context, tx *db.Tx, r *web.Request) (c customer.Customer, board asof.Board, err error) {
	if c, err = customer.Of(ctx, tx, r.Actor); err == nil {
		board, err = asof.Read(ctx, tx, c.Conn)
	}
	return c, board, err
}

// GET /v1/products
func listProducts(r *web.Request, in *struct {
	Paging
	Q      string `query:"q" maxLength:"200"`
	Family string `query:"family" maxLength:"200"`
}) (*Paged[Product], error) {
	place, err := in.cursor(2)
	if err != nil {
		return nil, err
	}
	after := price.Place{SKU: place[0], ERP: place[1]}
	var offers []price.Offer
	var board asof.Board
	err = r.Read(func(ctx context.Context, tx *db.Tx) (err error) {
		var c customer.Customer
		if c, board, err = company(ctx, tx, r); err == nil {
			offers, err = price.Find(ctx, tx, r.Actor, c, price.Search{Text: in.Q, Category: in.Family, After: after, N: in.Limit + 1})
		}
		return err
	})
	return page(r, in.Limit, offers,
		func(o price.Offer) Product { return product(o, board, r.Now) },
		func(o price.Offer) string { return encodeCursor(o.SKU, o.ERP) }), err
}

// GET /v1/products/{sku}
func getProduct(r *web.Request, in *struct {
	SKU string `path:"sku"`
}) (*struct{ Body Product }, error) {
	var out struct{ Body Product }
	return &out, r.Read(func(ctx context.Context, tx *db.Tx) error {
		c, board, err := company(ctx, tx, r)
		if err != nil {
			return err
		}
		o, err := price.BySKU(ctx, tx, r.Actor, c, in.SKU)
		out.Body = product(o, board, r.Now)
		return err
	})
}

// Address is where goods can be delivered; its id is an order's ship_to.
type Address struct {
	ID         string `json:"id"`
	Name       string `json:"name"`
	Street     string `json:"street"`
	City       string `json:"city"`
	Region     string `json:"region"`
	PostalCode string `json:"postal_code"`
	Country    string `json:"country"`
}

// GET /v1/addresses
func listAddresses(r *web.Request, _ *struct{}) (*Paged[Address], error) {
	var addresses []customer.Address
	err := r.Read(func(ctx context.Context, tx *db.Tx) error {
		c, err := customer.Of(ctx, tx, r.Actor)
		if err == nil {
			addresses, err = customer.ShipTos(ctx, tx, c)
		}
		return err
	})
	return all(addresses, func(a customer.Address) Address {
		return Address{a.ERP, a.Name, a.Street, a.City, a.Region, a.Postal, a.Country}
	}), err
}

// DeliveryMethod is a way to deliver; its id is an order's delivery_method.
// Freight that is confirmed later is absent.
type DeliveryMethod struct {
	ID      string   `json:"id"`
	Name    erp.Text `json:"name"`
	Freight *Amount  `json:"freight,omitempty"`
	AsOf    AsOf     `json:"as_of"`
}

// GET /v1/delivery_methods
func listDeliveryMethods(r *web.Request, _ *struct{}) (*Paged[DeliveryMethod], error) {
	var methods []DeliveryMethod
	err := r.Read(func(ctx context.Context, tx *db.Tx) error {
		c, board, err := company(ctx, tx, r)
		if err != nil {
			return err
		}
		found, err := customer.Methods(ctx, tx, c.Conn, erp.KindDeliveryMethod)
		for _, m := range found {
			out := DeliveryMethod{m.ERP, m.Name, nil, asOf(board.Of(string(erp.KindDeliveryMethod)), r.Now)}
			if m.Freight != nil {
				sum, err := r.Site.Engine.Merchant().Rounding.Mode.Of(*m.Freight, c.Currency)
				if err != nil {
					return err
				}
				freight := amount(sum)
				out.Freight = &freight
			}
			methods = append(methods, out)
		}
		return err
	})
	return all(methods, func(m DeliveryMethod) DeliveryMethod { return m }), err
}
