package price

import (
	"context"
	"time"

	"comptoir.example/comptoir/base/db"
)

// Checked is how often our prices were compared with the ERP's on one day.
type Checked struct {
	Checked, Differed int
	Last              time.Time
	Detail            string // the last difference: "C1001 PRD-012 × 5: 170.10, ERP 171.00"
}

var (
	upsertCheck = db.SQL("price.upsert_check", `
INSERT INTO price_check (conn, day, checked, differed, last, detail) VALUES ($1, $2, $3, $4, $5, $6)
ON CONFLICT (conn, day) DO UPDATE SET checked = price_check.checked + excluded.checked,
    differed = price_check.differed + excluded.differed, last = excluded.last,
    detail = CASE WHEN excluded.detail = '' THEN price_check.detail ELSE excluded.detail END`)
	selectCheck = db.SQL("price.select_check", `SELECT checked, differed, last, detail FROM price_check WHERE conn = $1 AND day = $2`)
	// A row from somewhere in the table, without reading all of it: the first at
	// or after a point, given in order of (price_list, item).
	selectSample = db.SQL("price.select_sample", `
SELECT p.price_list, c.erp_id, c.code, p.item, i.sku, p.currency, p.breaks
FROM price p JOIN item i ON i.conn = p.conn AND i.erp_id = p.item AND i.sold
JOIN customer c ON c.conn = p.conn AND c.price_list = p.price_list AND c.active
WHERE p.conn = $1 AND (p.price_list, p.item, c.erp_id) > ($2, $3, $4)
ORDER BY p.price_list, p.item, c.erp_id LIMIT $5`)
)

// Sample is a price of ours to be compared with the ERP's.
type Sample struct {
	Customer, Code, Item, SKU string
	List                      string
	Ladder                    Ladder
}

// Samples walks round all prices in use, some at a time, after the last one.
func Samples(ctx context.Context, tx *db.Tx, conn string, after Sample, n int) ([]Sample, error) {
	return db.All(ctx, tx, selectSample, func(r db.Row) (s Sample, err error) {
		var currency, breaks string
		if err = r.Scan(&s.List, &s.Customer, &s.Code, &s.Item, &s.SKU, &currency, &breaks); err == nil {
			s.Ladder, err = parseLadder(currency, breaks)
		}
		return s, err
	}, conn, after.List, after.Item, after.Customer, n)
}

// NoteCheck adds a comparison to the day's figure.
func NoteCheck(ctx context.Context, tx *db.Tx, conn, day string, c Checked) error {
	_, err := tx.Exec(ctx, upsertCheck, conn, day, c.Checked, c.Differed, tx.Now, c.Detail)
	return err
}

// CheckedOn is the figure of one day.
func CheckedOn(ctx context.Context, tx *db.Tx, conn, day string) (Checked, error) {
	c, _, err := db.One(ctx, tx, selectCheck, func(r db.Row) (c Checked, err error) {
		err = r.Scan(&c.Checked, &c.Differed, &c.Last, &c.Detail)
		return c, err
	}, conn, day)
	return c, err
}
