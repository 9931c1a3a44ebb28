// Package catalog knows what is sold, in which units, and what is in stock, as
// the ERP has it.
//
// Tables: item, unit, stock.
package catalog

import (
	"context"
	"strings"
	"time"
	"unicode"

	"comptoir.example/comptoir/base/db"
	"comptoir.example/comptoir/base/money"
	"comptoir.example/comptoir/erp"
	"golang.org/x/text/unicode/norm"
)

// Item is something sold.
type Item struct {
	Conn, ERP, SKU string
	Name, Text     erp.Text
	Category       string
	Family         erp.Text
	ItemTax, Type  string
	ListPrice      money.Decimal
	Sold           bool // false: blocked, discontinued or gone
	Unit           Unit
}

// Unit is a unit of sale.
type Unit struct {
	ERP    string
	Name   erp.Text
	Symbol string
	Digits int // decimals a quantity may have
}

// Stock is what can be promised of an item at one place, in sale units.
type Stock struct {
	Item              string
	Place             erp.Text
	OnHand, Available money.Decimal
	Seen              time.Time
}

// Fold is a text as it is searched: without case, accents or ligatures.
func Fold(s string) string {
	s = strings.NewReplacer("œ", "oe", "Œ", "oe", "æ", "ae", "Æ", "ae").Replace(s)
	var b strings.Builder
	for _, r := range norm.NFD.String(strings.ToLower(s)) {
		if !unicode.Is(unicode.Mn, r) {
			b.WriteRune(r)
		}
	}
	return b.String()
}

// Pattern is the LIKE pattern that finds a text anywhere, with its own % and _
// taken as they are (the escape is \).
func Pattern(query string) string {
	return "%" + strings.NewReplacer(`\`, `\\`, `%`, `\%`, `_`, `\_`).Replace(Fold(strings.TrimSpace(query))) + "%"
}

// ItemColumns are an item's columns, of whoever joins the table item (i) with its
// unit (u), for Item.Columns.
const ItemColumns = `i.conn, i.erp_id, i.sku, i.name_fr, i.name_en, i.text_fr, i.text_en, i.category, i.family_fr, i.family_en,
    i.item_tax, i.type, i.list_price, i.sold, i.unit, COALESCE(u.name_fr, ''), COALESCE(u.name_en, ''), COALESCE(u.symbol, ''),
    COALESCE(u.digits, 0)`

var (
	selectItems = db.SQL("catalog.select_items", `
SELECT `+ItemColumns+` FROM item i LEFT JOIN unit u ON u.conn = i.conn AND u.erp_id = i.unit
WHERE i.conn = $1 AND i.erp_id IN (SELECT value FROM json_each(CAST($2 AS TEXT)))`)
	selectSKUs = db.SQL("catalog.select_skus", `
SELECT sku, erp_id FROM item WHERE conn = $1 AND sold AND sku IN (SELECT value FROM json_each(CAST($2 AS TEXT)))`)
)

// Columns are where Scan puts ItemColumns.
func (i *Item) Columns() []any {
	return []any{&i.Conn, &i.ERP, &i.SKU, &i.Name.FR, &i.Name.EN, &i.Text.FR, &i.Text.EN, &i.Category, &i.Family.FR, &i.Family.EN,
		&i.ItemTax, &i.Type, &i.ListPrice, &i.Sold, &i.Unit.ERP, &i.Unit.Name.FR, &i.Unit.Name.EN, &i.Unit.Symbol, &i.Unit.Digits}
}

// Items are items by the ERP's ids, sold or not.
func Items(ctx context.Context, tx *db.Tx, conn string, ids []string) (map[string]Item, error) {
	return db.KeepEach(ctx, tx, erp.Shelf, "item/"+conn+"/", ids, func(missing []string) (map[string]Item, error) {
		items := map[string]Item{}
		_, err := db.All(ctx, tx, selectItems, func(r db.Row) (i Item, err error) {
			err = r.Scan(i.Columns()...)
			items[i.ERP] = i
			return i, err
		}, conn, missing)
		return items, err
	})
}

// IDs are the ERP's ids of what is sold under some codes, by code.
func IDs(ctx context.Context, tx *db.Tx, conn string, skus []string) (map[string]string, error) {
	return db.KeepEach(ctx, tx, erp.Shelf, "sku/"+conn+"/", skus, func(missing []string) (map[string]string, error) {
		ids := map[string]string{}
		_, err := db.All(ctx, tx, selectSKUs, func(r db.Row) (_ struct{}, err error) {
			var sku, id string
			err = r.Scan(&sku, &id)
			ids[sku] = id
			return struct{}{}, err
		}, conn, missing)
		return ids, err
	})
}

var selectStock = db.SQL("catalog.select_stock", `
SELECT item, place_fr, place_en, on_hand, available, seen FROM stock
WHERE conn = $1 AND item IN (SELECT value FROM json_each(CAST($2 AS TEXT))) ORDER BY item, erp_id`)

// StockOf is the stock of some items, by the ERP's id.
func StockOf(ctx context.Context, tx *db.Tx, conn string, items []string) (map[string][]Stock, error) {
	rows, err := db.All(ctx, tx, selectStock, func(r db.Row) (s Stock, err error) {
		err = r.Scan(&s.Item, &s.Place.FR, &s.Place.EN, &s.OnHand, &s.Available, &s.Seen)
		return s, err
	}, conn, items)
	by := make(map[string][]Stock, len(rows))
	for _, s := range rows {
		by[s.Item] = append(by[s.Item], s)
	}
	return by, err
}

// Family is a category with how many items a search found in it.
type Family struct {
	Category string
	Name     erp.Text
	Items    int
}

var selectFamilies = db.SQL("catalog.select_families", `
SELECT category, MIN(family_fr), MIN(family_en), COUNT(*) FROM item
WHERE conn = $1 AND sold AND search LIKE CAST($2 AS TEXT) ESCAPE '\' GROUP BY category ORDER BY 2`)

// Families counts what a search finds, by family.
func Families(ctx context.Context, tx *db.Tx, conn, query string) ([]Family, error) {
	read := func() ([]Family, error) {
		return db.All(ctx, tx, selectFamilies, func(r db.Row) (f Family, err error) {
			err = r.Scan(&f.Category, &f.Name.FR, &f.Name.EN, &f.Items)
			return f, err
		}, conn, Pattern(query))
	}
	if query != "" {
		return read() // what people type is endless
	}
	return db.Keep(ctx, tx, erp.Shelf, "families/"+conn, read)
}

var selectUnits = db.SQL("catalog.select_units", `SELECT erp_id, name_fr, name_en, symbol, digits FROM unit WHERE conn = $1`)

// Units are all units of sale, by the ERP's id.
func Units(ctx context.Context, tx *db.Tx, conn string) (map[string]Unit, error) {
	units := map[string]Unit{}
	_, err := db.All(ctx, tx, selectUnits, func(r db.Row) (u Unit, err error) {
		err = r.Scan(&u.ERP, &u.Name.FR, &u.Name.EN, &u.Symbol, &u.Digits)
		units[u.ERP] = u
		return u, err
	}, conn)
	return units, err
}
