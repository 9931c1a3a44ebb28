package app

import (
	"context"

	"comptoir.example/comptoir/base/db"
	"comptoir.example/comptoir/base/money"
)

// controlTotal is a sum that must be the same before and after data has moved.
type controlTotal struct {
	What   string       `json:"what"` // orders: their lines; invoices: what was billed; open: what is still owed
	Count  int64        `json:"count"`
	Amount money.Amount `json:"amount"`
}

var selectTotals = db.SQL("app.control_totals", `
SELECT 'orders', o.currency, COUNT(DISTINCT o.id), CAST(COALESCE(SUM(l.amount), 0) AS BIGINT)
FROM sales_order o LEFT JOIN order_line l ON l.order_id = o.id GROUP BY o.currency
UNION ALL SELECT 'invoices', currency, COUNT(*), CAST(SUM(total) AS BIGINT) FROM invoice GROUP BY currency
UNION ALL SELECT 'open', currency, COUNT(*), CAST(SUM(balance) AS BIGINT) FROM invoice WHERE balance <> 0 GROUP BY currency
ORDER BY 1, 2`)

func controlTotals(ctx context.Context, tx *db.Tx) ([]controlTotal, error) {
	return db.All(ctx, tx, selectTotals, func(r db.Row) (t controlTotal, err error) {
		err = r.Scan(&t.What, &t.Amount.Currency, &t.Count, &t.Amount.Minor)
		return t, err
	})
}
