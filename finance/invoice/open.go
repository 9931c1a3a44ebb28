package invoice

import (
	"context"

	"comptoir.example/comptoir/base/db"
)

// What is open at a company is added up as the ERP says it: whoever writes an
// invoice takes what it said before out of the sums, and puts what it says then in.
var (
	moveOpen = db.SQL("invoice.move_open", `
INSERT INTO invoice_open (conn, customer, currency, due, credit, minor)
SELECT conn, customer, currency, due, balance < 0, CAST($3 AS BIGINT) * balance FROM invoice WHERE conn = $1 AND erp_id = $2 AND balance <> 0
ON CONFLICT (conn, customer, currency, due, credit) DO UPDATE SET minor = invoice_open.minor + excluded.minor`)
	selectOpen = db.SQL("invoice.select_open", `
SELECT due, currency, minor FROM invoice_open WHERE conn = $1 AND customer = $2 AND minor <> 0`)
)

// moved writes an invoice, and what is open with it.
func moved(ctx context.Context, tx *db.Tx, conn, erpID string, write func() error) error {
	if err := tx.Later(ctx, moveOpen, conn, erpID, -1); err != nil {
		return err
	}
	if err := write(); err != nil {
		return err
	}
	return tx.Later(ctx, moveOpen, conn, erpID, 1)
}

// Open is what the ERP has open at a company by its ids, added up by due date and
// currency: invoices and credit notes apart, these negative. No permission is asked.
func Open(ctx context.Context, tx *db.Tx, conn, customer string) ([]OpenItem, error) {
	return db.All(ctx, tx, selectOpen, func(r db.Row) (i OpenItem, err error) {
		err = r.Scan(&i.Due, &i.Open.Currency, &i.Open.Minor)
		return i, err
	}, conn, customer)
}
