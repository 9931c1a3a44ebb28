package invoice

import (
	"context"
	"encoding/json"

	"comptoir.example/comptoir/base/db"
	"comptoir.example/comptoir/erp"
)

var (
	upsert = db.SQL("invoice.upsert", `
INSERT INTO invoice (id, conn, erp_id, number, customer, po_number, day, due, due_parts, currency, total, balance, totals, lines, state, seen)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)
ON CONFLICT (conn, erp_id) DO UPDATE SET number = excluded.number, customer = excluded.customer, po_number = excluded.po_number,
    day = excluded.day, due = excluded.due, due_parts = excluded.due_parts, currency = excluded.currency, total = excluded.total,
    balance = excluded.balance, totals = excluded.totals, lines = excluded.lines, state = excluded.state, seen = excluded.seen`)
	linkOrder = db.SQL("invoice.link_order", `
INSERT INTO invoice_order (conn, erp_order, invoice) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING`)
	// A posted invoice that vanished is no longer owed; the page still names it.
	voidGone = db.SQL("invoice.void_gone", `
UPDATE invoice SET state = 'cancelled', balance = 0, seen = $3 WHERE conn = $1 AND erp_id = $2`)
	openIDs = db.SQL("invoice.open_ids", `SELECT erp_id FROM invoice WHERE conn = $1 AND balance <> 0 ORDER BY erp_id`)
)

// Replicate writes what the ERP says of an invoice.
func Replicate(ctx context.Context, tx *db.Tx, conn string, rec erp.Record) error {
	body, there := rec.Body.(erp.Invoice)
	if !there {
		return moved(ctx, tx, conn, rec.ID, func() error { return tx.Later(ctx, voidGone, conn, rec.ID, tx.Now) })
	}
	parts, err := json.Marshal(body.Due)
	if err != nil {
		return err
	}
	totals, err := json.Marshal(body.Totals)
	if err != nil {
		return err
	}
	lines, err := json.Marshal(body.Lines)
	if err != nil {
		return err
	}
	if err := moved(ctx, tx, conn, rec.ID, func() error {
		return tx.Later(ctx, upsert, tx.ID(), conn, rec.ID, body.Number, body.Customer, body.PONumber, body.Date, dueOf(body), string(parts),
			body.Totals.Total.Currency, body.Totals.Total.Minor, body.Open.Minor, string(totals), string(lines), body.State, tx.Now)
	}); err != nil {
		return err
	}
	for _, id := range body.Orders {
		if err := tx.Later(ctx, linkOrder, conn, id, rec.ID); err != nil {
			return err
		}
	}
	return nil
}

// dueOf is when the first money is due that is not there yet, as an ERP ages what is
// open; of a settled document, when the last was.
func dueOf(i erp.Invoice) string {
	due, there := i.Date, i.Totals.Total.Minor-i.Open.Minor
	for _, part := range i.Due {
		if due, there = part.Date, there-part.Amount.Minor; there < 0 {
			break
		}
	}
	return due
}

// OpenIDs are the ERP ids of what is open here: their balances can change
// without a stamp, so they are read again now and then.
func OpenIDs(ctx context.Context, tx *db.Tx, conn string) ([]string, error) {
	return db.All(ctx, tx, openIDs, db.Value[string], conn)
}
