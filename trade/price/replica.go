package price

import (
	"context"
	"encoding/json"

	"comptoir.example/comptoir/base/db"
	"comptoir.example/comptoir/erp"
)

var (
	upsertPrice = db.SQL("price.upsert", `
INSERT INTO price (conn, price_list, item, erp_id, currency, breaks, seen) VALUES ($1, $2, $3, $4, $5, $6, $7)
ON CONFLICT (conn, price_list, item) DO UPDATE SET erp_id = excluded.erp_id, currency = excluded.currency,
    breaks = excluded.breaks, seen = excluded.seen`)
	deletePrice = db.SQL("price.delete", `DELETE FROM price WHERE conn = $1 AND erp_id = $2`)
	upsertTax   = db.SQL("price.upsert_tax", `
INSERT INTO tax (conn, erp_id, name_fr, name_en, rate) VALUES ($1, $2, $3, $4, $5)
ON CONFLICT (conn, erp_id) DO UPDATE SET name_fr = excluded.name_fr, name_en = excluded.name_en, rate = excluded.rate`)
	upsertCase = db.SQL("price.upsert_tax_case", `
INSERT INTO tax_case (conn, erp_id, customer_tax, item_tax, taxes) VALUES ($1, $2, $3, $4, $5)
ON CONFLICT (conn, erp_id) DO UPDATE SET customer_tax = excluded.customer_tax, item_tax = excluded.item_tax, taxes = excluded.taxes`)
	deleteCase = db.SQL("price.delete_tax_case", `DELETE FROM tax_case WHERE conn = $1 AND erp_id = $2`)
)

// Replicate writes what the ERP says of a ladder of prices, a tax, or which
// taxes apply. A tax that is gone stays: old documents name it.
func Replicate(ctx context.Context, tx *db.Tx, conn string, rec erp.Record) error {
	if err := tx.Changed(ctx, erp.Shelf); err != nil {
		return err
	}
	switch body := rec.Body.(type) {
	case erp.Price:
		breaks, err := json.Marshal(body.Breaks)
		if err != nil {
			return err
		}
		_, err = tx.Exec(ctx, upsertPrice, conn, body.PriceList, body.Item, rec.ID, body.Currency, string(breaks), tx.Now)
		return err
	case erp.Tax:
		_, err := tx.Exec(ctx, upsertTax, conn, rec.ID, body.Name.FR, body.Name.EN, body.Rate.String())
		return err
	case erp.TaxCase:
		taxes, err := json.Marshal(body.Taxes)
		if err != nil {
			return err
		}
		_, err = tx.Exec(ctx, upsertCase, conn, rec.ID, body.CustomerTax, body.ItemTax, string(taxes))
		return err
	case nil:
		switch rec.Kind {
		case erp.KindPrice:
			_, err := tx.Exec(ctx, deletePrice, conn, rec.ID)
			return err
		case erp.KindTaxCase:
			_, err := tx.Exec(ctx, deleteCase, conn, rec.ID)
			return err
		}
	}
	return nil
}
