package price

import (
	"context"
	"fmt"
	"maps"
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
SELECT ` + catalog.ItemColumns + `, COALESCE(p.currency, ''), COALESCE(p.breaks, '')
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
	selectLadders    = db.SQL("price.select_ladders", `
SELECT item, currency, breaks FROM price
WHERE conn = $1 AND price_list = $2 AND item IN (SELECT value FROM json_each(CAST($3 AS TEXT)))`)
)

func scanOffer(r db.Row) (o Offer, err error) {
	var currency, breaks string
	err = r.Scan(append(o.Item.Columns(), &currency, &breaks)...)
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
	items, err := catalog.Items(ctx, tx, c.Conn, ids)
	if err != nil {
		return nil, err
	}
	ladders, err := laddersOf(ctx, tx, c, ids)
	if err != nil {
		return nil, err
	}
	offers := make(map[string]Offer, len(items))
	for id, item := range items {
		offers[id] = Offer{Item: item, Ladder: ladders[id]}
	}
	return offers, nil
}

// OfSKUs is Of by codes, of what is sold.
func OfSKUs(ctx context.Context, tx *db.Tx, c customer.Customer, skus []string) (map[string]Offer, error) {
	ids, err := catalog.IDs(ctx, tx, c.Conn, skus)
	if err != nil {
		return nil, err
	}
	offers, err := Of(ctx, tx, c, slices.Collect(maps.Values(ids)))
	if err != nil {
		return nil, err
	}
	by := make(map[string]Offer, len(ids))
	for sku, id := range ids {
		by[sku] = offers[id]
	}
	return by, nil
}

// laddersOf are the ladders of items on a customer's price list, by id. One that
// has none has an empty one.
func laddersOf(ctx context.Context, tx *db.Tx, c customer.Customer, ids []string) (map[string]Ladder, error) {
	return db.KeepEach(ctx, tx, erp.Shelf, "ladder/"+c.Conn+"/"+c.PriceList+"/", ids, func(missing []string) (map[string]Ladder, error) {
		ladders := make(map[string]Ladder, len(missing))
		for _, id := range missing {
			ladders[id] = Ladder{}
		}
		_, err := db.All(ctx, tx, selectLadders, func(r db.Row) (_ struct{}, err error) {
			var id, currency, breaks string
			if err = r.Scan(&id, &currency, &breaks); err == nil {
				ladders[id], err = parseLadder(currency, breaks)
			}
			return struct{}{}, err
		}, c.Conn, c.PriceList, missing)
		return ladders, err
	})
}
