package price

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"

	"comptoir.example/comptoir/base/db"
	"comptoir.example/comptoir/base/fault"
	"comptoir.example/comptoir/erp"
	"comptoir.example/comptoir/trade/access"
	"comptoir.example/comptoir/trade/catalog"
	"comptoir.example/comptoir/trade/customer"
)

// Offer is an item at one customer's prices.
type Offer struct {
	catalog.Item
	Ladder Ladder
	Stock  []catalog.Stock
}

// Search is what a buyer looks for.
type Search struct {
	Text     string
	Category string // "" is all
	From, N  int    // the part of the list that is shown
	After    Place  // instead of From: the part that follows
}

// Place is where a list stands, at an item's code and id. Unlike a count it stays
// where it is when items come and go before it.
type Place struct{ SKU, ERP string }

const offer = `
SELECT i.conn, i.erp_id, i.sku, i.name_fr, i.name_en, i.text_fr, i.text_en, i.category, i.family_fr, i.family_en,
    i.item_tax, i.type, i.list_price, i.sold, i.unit, COALESCE(u.name_fr, ''), COALESCE(u.name_en, ''), COALESCE(u.symbol, ''),
    COALESCE(u.digits, 0), COALESCE(p.currency, ''), COALESCE(p.breaks, '')
FROM item i
LEFT JOIN unit u ON u.conn = i.conn AND u.erp_id = i.unit
LEFT JOIN price p ON p.conn = i.conn AND p.price_list = $2 AND p.item = i.erp_id
WHERE i.conn = $1 AND `

var (
	searchOffers = db.SQL("price.search_offers", offer+`i.sold AND i.search LIKE CAST($3 AS TEXT) ESCAPE '\'
    AND (CAST($4 AS TEXT) = '' OR i.category = CAST($4 AS TEXT))
ORDER BY i.sku, i.erp_id LIMIT $5 OFFSET $6`)
	searchOffersAfter = db.SQL("price.search_offers_after", offer+`i.sold AND i.search LIKE CAST($3 AS TEXT) ESCAPE '\'
    AND (CAST($4 AS TEXT) = '' OR i.category = CAST($4 AS TEXT)) AND (i.sku, i.erp_id) > (CAST($6 AS TEXT), CAST($7 AS TEXT))
ORDER BY i.sku, i.erp_id LIMIT $5`)
	selectOfferBySKU = db.SQL("price.select_offer_by_sku", offer+`i.sku = $3 ORDER BY i.sold DESC, i.erp_id LIMIT 1`)
	selectOffers     = db.SQL("price.select_offers", offer+`i.erp_id IN (SELECT value FROM json_each(CAST($3 AS TEXT)))`)
	selectOffersSKU  = db.SQL("price.select_offers_by_sku", offer+`i.sold AND i.sku IN (SELECT value FROM json_each(CAST($3 AS TEXT)))`)
)

func scanOffer(r db.Row) (o Offer, err error) {
	var currency, breaks string
	err = r.Scan(&o.Conn, &o.ERP, &o.SKU, &o.Name.FR, &o.Name.EN, &o.Text.FR, &o.Text.EN, &o.Category, &o.Family.FR, &o.Family.EN,
		&o.ItemTax, &o.Type, &o.ListPrice, &o.Sold, &o.Unit.ERP, &o.Unit.Name.FR, &o.Unit.Name.EN, &o.Unit.Symbol, &o.Unit.Digits,
		&currency, &breaks)
	if err == nil {
		o.Ladder, err = parseLadder(currency, breaks)
	}
	return o, err
}

// Find lists what a customer can buy, with stock. Denied without the right to
// see the catalogue.
func Find(ctx context.Context, tx *db.Tx, who access.Actor, c customer.Customer, s Search) ([]Offer, error) {
	if err := who.Must(access.ViewCatalog); err != nil {
		return nil, err
	}
	read := func() ([]Offer, error) {
		if s.After != (Place{}) {
			return db.All(ctx, tx, searchOffersAfter, scanOffer, c.Conn, c.PriceList, catalog.Pattern(s.Text), s.Category, s.N, s.After.SKU, s.After.ERP)
		}
		return db.All(ctx, tx, searchOffers, scanOffer, c.Conn, c.PriceList, catalog.Pattern(s.Text), s.Category, s.N, s.From)
	}
	offers, err := []Offer(nil), error(nil)
	if s.Text != "" || s.After != (Place{}) {
		offers, err = read() // what people type is endless, and so are the places a program asks for
	} else {
		key := fmt.Sprintf("list/%s/%s/%s/%d/%d", c.Conn, c.PriceList, s.Category, s.From, s.N)
		offers, err = db.Keep(ctx, tx, erp.Shelf, key, read)
		offers = slices.Clone(offers) // each page adds the stock of its moment
	}
	if err != nil {
		return nil, err
	}
	ids := make([]string, len(offers))
	for i, o := range offers {
		ids[i] = o.ERP
	}
	stock, err := catalog.StockOf(ctx, tx, c.Conn, ids)
	for i := range offers {
		offers[i].Stock = stock[offers[i].ERP]
	}
	return offers, err
}

// BySKU is one item at a customer's prices, with stock. NotFound when it is not
// sold.
func BySKU(ctx context.Context, tx *db.Tx, who access.Actor, c customer.Customer, sku string) (Offer, error) {
	if err := who.Must(access.ViewCatalog); err != nil {
		return Offer{}, err
	}
	o, found, err := db.One(ctx, tx, selectOfferBySKU, scanOffer, c.Conn, c.PriceList, sku)
	if err == nil && (!found || !o.Sold) {
		err = fault.New(fault.NotFound, "item.not_found", "sku", sku)
	}
	if err != nil {
		return o, err
	}
	stock, err := catalog.StockOf(ctx, tx, c.Conn, []string{o.ERP})
	o.Stock = stock[o.ERP]
	return o, err
}

// Of lists items at a customer's prices by the ERP's ids, sold or not, without
// stock, by id.
func Of(ctx context.Context, tx *db.Tx, c customer.Customer, ids []string) (map[string]Offer, error) {
	return offersBy(ctx, tx, selectOffers, c, "offer/", ids, func(o Offer) string { return o.ERP })
}

// OfSKUs is Of by codes, of what is sold.
func OfSKUs(ctx context.Context, tx *db.Tx, c customer.Customer, skus []string) (map[string]Offer, error) {
	return offersBy(ctx, tx, selectOffersSKU, c, "sku/", skus, func(o Offer) string { return o.SKU })
}

func offersBy(ctx context.Context, tx *db.Tx, s *db.Stmt, c customer.Customer, kind string, list []string, key func(Offer) string) (map[string]Offer, error) {
	return db.KeepEach(ctx, tx, erp.Shelf, kind+c.Conn+"/"+c.PriceList+"/", list, func(missing []string) (map[string]Offer, error) {
		text, err := json.Marshal(missing)
		if err != nil {
			return nil, err
		}
		offers, err := db.All(ctx, tx, s, scanOffer, c.Conn, c.PriceList, string(text))
		by := make(map[string]Offer, len(offers))
		for _, o := range offers {
			by[key(o)] = o
		}
		return by, err
	})
}
