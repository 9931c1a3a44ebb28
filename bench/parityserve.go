package main

import (
	"context"
	"fmt"

	"comptoir.example/comptoir/base/db"
	"comptoir.example/comptoir/erp"
	"comptoir.example/comptoir/finance/parity"
)

// openItems is how many invoices are open at the ERP, each of them with a movement
// of a dollar that is on its way there.
const openItems = 100_000

// offItems is how many of them do not tie.
const offItems = 10_000

// fillings write what openItems invoices, captures and receipts would have left, in
// the order in which the ledger's guards want it. $1 is how many.
var fillings = []*db.Stmt{
	filling("bench.fill_invoices", `
INSERT INTO invoice (id, conn, erp_id, number, customer, po_number, day, due, due_parts, currency, total, balance, totals, lines, state, seen)`, `
SELECT 'v' || i, 'erp', 'f' || i, 'F-' || i, 'c' || (1 + i % 32), '', '2026-11-01', '2026-12-01', '[]', 'CAD', 10000 + i, 10000 + i, '{}', '[]', 'open', 1 FROM n`),
	filling("bench.fill_owed", `INSERT INTO ledger_line (entry, no, account, currency, minor, document, counted)`, `
SELECT 'i' || n.i, 1, 'ar:' || c.id, 'CAD', 10000 + n.i, 'v' || n.i, TRUE FROM n JOIN customer c ON c.erp_id = 'c' || (1 + n.i % 32)`),
	filling("bench.fill_revenue", `INSERT INTO ledger_line (entry, no, account, currency, minor, document, counted)`, `
SELECT 'i' || i, 2, 'revenue_control', 'CAD', -10000 - i, '', TRUE FROM n`),
	filling("bench.fill_taken", `INSERT INTO ledger_line (entry, no, account, currency, minor, document, counted)`, `
SELECT 'm' || i, 1, 'psp:simulator', 'CAD', 100, '', TRUE FROM n`),
	filling("bench.fill_applied", `INSERT INTO ledger_line (entry, no, account, currency, minor, document, counted)`, `
SELECT 'm' || n.i, 2, 'ar:' || c.id, 'CAD', -100, 'v' || n.i, TRUE FROM n JOIN customer c ON c.erp_id = 'c' || (1 + n.i % 32)`),
	filling("bench.fill_entries", `INSERT INTO ledger_entry (id, key, kind, day, posted, place, source, lines, hash, counted)`, `
SELECT k.k || n.i, k.k || n.i, 'bench', '2026-11-01', 1, k.k || n.i, '', 2, '', TRUE FROM n CROSS JOIN (SELECT 'i' AS k UNION ALL SELECT 'm') k`),
	filling("bench.fill_balances", `INSERT INTO ledger_balance (account, currency, minor)`, `
SELECT account, currency, CAST(SUM(minor) AS BIGINT) FROM ledger_line WHERE (SELECT MAX(i) FROM n) > 0 GROUP BY account, currency`),
	filling("bench.fill_payments", `INSERT INTO payment (id, conn, customer, person, gateway, currency, amount, state, day, created)`, `
SELECT 'p' || n.i, 'erp', c.id, '', 'simulator', 'CAD', 100, 'paid', '2026-11-01', 1 FROM n JOIN customer c ON c.erp_id = 'c' || (1 + n.i % 32)`),
	filling("bench.fill_movements", `INSERT INTO movement (gateway, id, kind, reference, payment, currency, minor, at, recorded)`, `
SELECT 'simulator', 'm' || i, 'capture', 'a' || i, 'p' || i, 'CAD', 100, 1, 1 FROM n`),
	filling("bench.fill_receipts", `
INSERT INTO receipt (key, payment, conn, customer, currency, minor, day, reference, lines, state, unapplied, created)`, `
SELECT 'k' || n.i, 'p' || n.i, 'erp', c.id, 'CAD', 100, '2026-11-01', '', '[]', 'queued', 0, 1 FROM n JOIN customer c ON c.erp_id = 'c' || (1 + n.i % 32)`),
	filling("bench.fill_holds", `INSERT INTO payment_hold (key, invoice, payment, minor, taken)`, `
SELECT 'k' || i, 'v' || i, 'p' || i, 100, TRUE FROM n`),
}

func filling(name, insert, rows string) *db.Stmt {
	return db.SQL(name, insert+` WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < CAST($1 AS BIGINT))`+rows)
}

// fill makes the open items, here and in the ERP.
func (s *served) fill(ctx context.Context) error {
	for i := 1; i <= openItems; i++ {
		id := fmt.Sprintf("f%d", i)
		open := cad(10000 + int64(i))
		if i <= offItems {
			open.Minor += 7
		}
		s.till.open[id] = erp.OpenItem{Customer: fmt.Sprintf("c%d", 1+i%32), Document: id, Open: open, Due: "2026-12-01"}
	}
	s.processor.balance = 100 * openItems
	return s.DB.Write(ctx, func(tx *db.Tx) error {
		for _, f := range fillings {
			if _, err := tx.Exec(ctx, f, openItems); err != nil {
				return err
			}
		}
		return nil
	})
}

// compared is what the equations came to.
type compared struct{ Equations, Gaps, Differences int }

func (s *served) differences(ctx context.Context) (c compared, err error) {
	err = s.DB.Read(ctx, func(tx *db.Tx) error {
		equations, err := parity.Checks(ctx, tx)
		if err != nil {
			return err
		}
		c.Equations = len(equations)
		for _, e := range equations {
			if !e.Gap().IsZero() {
				c.Gaps++
			}
		}
		found, err := parity.Differences(ctx, tx, 2*openItems)
		c.Differences = len(found)
		return err
	})
	return c, err
}
