package price

import (
	"context"
	"encoding/json"

	"comptoir.example/comptoir/base/db"
	"comptoir.example/comptoir/erp"
	"comptoir.example/comptoir/trade/customer"
)

type taxRow struct {
	itemTax, list string
	tax           Tax
}

// One row per tax of a case; SQLite's json_each and ours on PostgreSQL give the
// ids, and their order is kept by the case itself.
var selectTaxes = db.SQL("price.select_taxes", `
SELECT c.item_tax, c.taxes, t.erp_id, t.name_fr, t.name_en, t.rate
FROM tax_case c JOIN tax t ON t.conn = c.conn AND t.erp_id IN (SELECT value FROM json_each(c.taxes))
WHERE c.conn = $1 AND c.customer_tax = $2`)

// TaxesOf says which taxes a customer pays on which items.
func TaxesOf(ctx context.Context, tx *db.Tx, c customer.Customer) (Taxes, error) {
	return db.Keep(ctx, tx, erp.Shelf, "taxes/"+c.Conn+"/"+c.CustomerTax, func() (Taxes, error) { return readTaxes(ctx, tx, c) })
}

func readTaxes(ctx context.Context, tx *db.Tx, c customer.Customer) (Taxes, error) {
	rows, err := db.All(ctx, tx, selectTaxes, func(r db.Row) (w taxRow, err error) {
		err = r.Scan(&w.itemTax, &w.list, &w.tax.ERP, &w.tax.Name.FR, &w.tax.Name.EN, &w.tax.Rate)
		return w, err
	}, c.Conn, c.CustomerTax)
	if err != nil {
		return nil, err
	}
	taxes := Taxes{}
	for _, first := range rows {
		if taxes[first.itemTax] != nil {
			continue
		}
		var order []string
		if err := json.Unmarshal([]byte(first.list), &order); err != nil {
			return nil, err
		}
		for _, id := range order {
			for _, w := range rows {
				if w.itemTax == first.itemTax && w.tax.ERP == id {
					taxes[first.itemTax] = append(taxes[first.itemTax], w.tax)
				}
			}
		}
	}
	return taxes, nil
}
