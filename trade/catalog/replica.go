package catalog

import (
	"context"

	"comptoir.example/comptoir/base/db"
	"comptoir.example/comptoir/erp"
)

var (
	upsertItem = db.SQL("catalog.upsert_item", `
INSERT INTO item (conn, erp_id, sku, name_fr, name_en, text_fr, text_en, category, family_fr, family_en, unit, item_tax, type, list_price, search, sold, seen)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17)
ON CONFLICT (conn, erp_id) DO UPDATE SET sku = excluded.sku, name_fr = excluded.name_fr, name_en = excluded.name_en,
    text_fr = excluded.text_fr, text_en = excluded.text_en, category = excluded.category, family_fr = excluded.family_fr,
    family_en = excluded.family_en, unit = excluded.unit, item_tax = excluded.item_tax, type = excluded.type,
    list_price = excluded.list_price, search = excluded.search, sold = excluded.sold, seen = excluded.seen`)
	closeItem  = db.SQL("catalog.close_item", `UPDATE item SET sold = FALSE, seen = $3 WHERE conn = $1 AND erp_id = $2`)
	upsertUnit = db.SQL("catalog.upsert_unit", `
INSERT INTO unit (conn, erp_id, name_fr, name_en, symbol, digits) VALUES ($1, $2, $3, $4, $5, $6)
ON CONFLICT (conn, erp_id) DO UPDATE SET name_fr = excluded.name_fr, name_en = excluded.name_en, symbol = excluded.symbol, digits = excluded.digits`)
	upsertStock = db.SQL("catalog.upsert_stock", `
INSERT INTO stock (conn, erp_id, item, place_fr, place_en, on_hand, available, seen) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
ON CONFLICT (conn, erp_id) DO UPDATE SET item = excluded.item, place_fr = excluded.place_fr, place_en = excluded.place_en,
    on_hand = excluded.on_hand, available = excluded.available, seen = excluded.seen`)
	deleteStock = db.SQL("catalog.delete_stock", `DELETE FROM stock WHERE conn = $1 AND erp_id = $2`)
)

// Replicate writes what the ERP says of an item, a unit or a stock level. A unit
// that is gone stays: old documents name it.
func Replicate(ctx context.Context, tx *db.Tx, conn string, rec erp.Record) (err error) {
	if rec.Kind != erp.KindStock { // which changes all the time
		if err := tx.Changed(ctx, erp.Shelf); err != nil {
			return err
		}
	}
	switch body := rec.Body.(type) {
	case erp.Item:
		search := Fold(body.SKU + " " + body.Name.FR + " " + body.Name.EN)
		_, err = tx.Exec(ctx, upsertItem, conn, rec.ID, body.SKU, body.Name.FR, body.Name.EN, body.Description.FR, body.Description.EN,
			body.Category, body.Family.FR, body.Family.EN, body.Unit, body.ItemTax, body.Type, body.ListPrice.String(), search,
			body.Status == "active", tx.Now)
	case erp.Unit:
		_, err = tx.Exec(ctx, upsertUnit, conn, rec.ID, body.Name.FR, body.Name.EN, body.Symbol, body.Digits)
	case erp.Stock:
		_, err = tx.Exec(ctx, upsertStock, conn, rec.ID, body.Item, body.Place.FR, body.Place.EN, body.OnHand.String(), body.Available.String(), tx.Now)
	case nil:
		switch rec.Kind {
		case erp.KindItem:
			_, err = tx.Exec(ctx, closeItem, conn, rec.ID, tx.Now)
		case erp.KindStock:
			_, err = tx.Exec(ctx, deleteStock, conn, rec.ID)
		}
	}
	return err
}
