// Package cash measures how long an order takes to become money in the ERP's books:
// placed, in the ERP, shipped, invoiced, paid, reconciled. What ended in the last
// days counts, whenever it began.
//
// It owns no table: it reads those of trade/order, finance/invoice and
// finance/payment, which all stand below it.
package cash

import (
	"context"
	"slices"
	"time"

	"comptoir.example/comptoir/base/db"
	"comptoir.example/comptoir/trade/access"
	"comptoir.example/comptoir/trade/customer"
)

// Stage is a part of the way from order to cash.
type Stage string

// The stages, each from the end of the one before, and the way as a whole.
const (
	InERP      Stage = "in_erp"     // an order placed here → the ERP has numbered it
	Shipped    Stage = "shipped"    // → the day its last goods left, once all of it has
	Invoiced   Stage = "invoiced"   // the last goods that left before → the day of the invoice
	Paid       Stage = "paid"       // the day of an invoice → the day it was paid here
	Reconciled Stage = "reconciled" // money taken here → the ERP has booked it
	Whole      Stage = "whole"      // an order placed here → the money of its invoice is in the ERP's books
)

// Window is how far back what ended counts.
const Window = 90 * 24 * time.Hour

// Figure is how long a stage took. Of what is known by the day only, a length is a
// number of whole days; the same day is 0.
type Figure struct {
	Stage       Stage
	N           int           // how often it ended in the window
	Median, P90 time.Duration // the shortest that half, or nine of ten, did not exceed
}

// ByDay says that the ERP tells only the day on which a stage ended.
func (s Stage) ByDay() bool { return s == Shipped || s == Invoiced || s == Paid }

// quarter is the grain in which instants are added up before they become the
// merchant's days: no zone is off by less.
const quarter = 15 * time.Minute

var (
	// The joins are written in the order in which SQLite, too, is to walk them: what
	// ended first, then what it belongs to, by key.
	countInERP = db.SQL("cash.count_in_erp", `
SELECT (f.at - o.placed) / 1000000, COUNT(*) FROM fact f CROSS JOIN sales_order o
WHERE f.kind = 'order.numbered' AND f.at >= $1 AND o.id = f.subject AND f.at >= o.placed GROUP BY 1`)
	countShipped = db.SQL("cash.count_shipped", `
SELECT q.since, q.day, COUNT(*) FROM (
    SELECT f.at / 900000000 AS since, MAX(s.day) AS day FROM shipment s CROSS JOIN shipment_order l CROSS JOIN sales_order o CROSS JOIN fact f
    WHERE s.conn = $1 AND s.day >= $2 AND s.state = 'done' AND l.conn = s.conn AND l.shipment = s.erp_id
        AND o.conn = l.conn AND o.erp_id = l.erp_order AND o.state IN ('shipped', 'invoiced', 'closed')
        AND f.subject = o.id AND f.kind = 'order.numbered' GROUP BY o.id, f.at) q
GROUP BY q.since, q.day`)
	countInvoiced = db.SQL("cash.count_invoiced", `
SELECT q.since, q.day, COUNT(*) FROM (
    SELECT MAX(s.day) AS since, i.day AS day FROM invoice i CROSS JOIN invoice_order n CROSS JOIN sales_order o CROSS JOIN shipment_order l CROSS JOIN shipment s
    WHERE i.conn = $1 AND i.day >= $2 AND i.total > 0 AND i.state <> 'cancelled' AND n.conn = i.conn AND n.invoice = i.erp_id
        AND o.conn = n.conn AND o.erp_id = n.erp_order AND o.key <> '' AND l.conn = o.conn AND l.erp_order = o.erp_id
        AND s.conn = l.conn AND s.erp_id = l.shipment AND s.state = 'done' AND s.day <= i.day GROUP BY i.id, i.day) q
GROUP BY q.since, q.day`)
	countPaid = db.SQL("cash.count_paid", `
SELECT i.day, p.ended / 900000000, COUNT(*) FROM payment p CROSS JOIN payment_line l CROSS JOIN invoice i
WHERE p.state = 'paid' AND p.ended >= $1 AND l.payment = p.id AND l.minor > 0 AND i.id = l.invoice GROUP BY 1, 2`)
	countReconciled = db.SQL("cash.count_reconciled", `
SELECT (posted - created) / 1000000, COUNT(*) FROM receipt WHERE posted IS NOT NULL AND posted >= $1 GROUP BY 1`)
	countWhole = db.SQL("cash.count_whole", `
SELECT (r.posted - o.placed) / 3600000000, COUNT(*) FROM receipt r CROSS JOIN payment_line l CROSS JOIN invoice i CROSS JOIN invoice_order n CROSS JOIN sales_order o
WHERE r.posted IS NOT NULL AND r.posted >= $1 AND r.lines <> '[]' AND l.payment = r.payment AND l.minor > 0 AND i.id = l.invoice
    AND n.conn = i.conn AND n.invoice = i.erp_id AND o.conn = n.conn AND o.erp_id = n.erp_order AND o.key <> '' AND r.posted >= o.placed GROUP BY 1`)
)

// Stages are the figures of every stage that ended in the window before now, and
// of the way as a whole, which comes last.
func Stages(ctx context.Context, tx *db.Tx, who access.Actor, m customer.Merchant) ([]Figure, error) {
	if err := who.Must(access.ViewFinance); err != nil {
		return nil, err
	}
	since := tx.Now.Add(-Window)
	day := m.Day(since)
	var all []Figure
	for _, q := range []struct {
		stage Stage
		stmt  *db.Stmt
		scan  func(db.Row) (counted, error)
		args  []any
	}{
		{InERP, countInERP, lengths(time.Second), []any{since}},
		{Shipped, countShipped, fromInstant(m), []any{m.Conn, day}},
		{Invoiced, countInvoiced, fromDay, []any{m.Conn, day}},
		{Paid, countPaid, toInstant(m), []any{since}},
		{Reconciled, countReconciled, lengths(time.Second), []any{since}},
		{Whole, countWhole, lengths(time.Hour), []any{since}},
	} {
		rows, err := db.All(ctx, tx, q.stmt, q.scan, q.args...)
		if err != nil {
			return nil, err
		}
		all = append(all, figure(q.stage, rows))
	}
	return all, nil
}

// counted is how often a stage took so long.
type counted struct {
	took time.Duration
	n    int
}

// lengths reads lengths of time in a unit.
func lengths(unit time.Duration) func(db.Row) (counted, error) {
	return func(r db.Row) (c counted, err error) {
		var n int64
		err = r.Scan(&n, &c.n)
		c.took = time.Duration(n) * unit
		return c, err
	}
}

// fromInstant reads lengths from an instant, in quarters of an hour, to a day.
func fromInstant(m customer.Merchant) func(db.Row) (counted, error) {
	return func(r db.Row) (c counted, err error) {
		var from int64
		var to string
		if err = r.Scan(&from, &to, &c.n); err != nil {
			return c, err
		}
		c.took, err = between(dayOf(m, from), to)
		return c, err
	}
}

// toInstant reads lengths from a day to an instant, in quarters of an hour.
func toInstant(m customer.Merchant) func(db.Row) (counted, error) {
	return func(r db.Row) (c counted, err error) {
		var from string
		var to int64
		if err = r.Scan(&from, &to, &c.n); err != nil {
			return c, err
		}
		c.took, err = between(from, dayOf(m, to))
		return c, err
	}
}

func fromDay(r db.Row) (c counted, err error) {
	var from, to string
	if err = r.Scan(&from, &to, &c.n); err != nil {
		return c, err
	}
	c.took, err = between(from, to)
	return c, err
}

func dayOf(m customer.Merchant, quarters int64) string {
	return m.Day(time.UnixMicro(quarters * quarter.Microseconds()))
}

// between is how many days lie between two days; what ended before it began took
// none.
func between(from, to string) (time.Duration, error) {
	a, err := time.Parse(time.DateOnly, from)
	if err != nil {
		return 0, err
	}
	b, err := time.Parse(time.DateOnly, to)
	return max(b.Sub(a), 0), err
}

func figure(s Stage, rows []counted) Figure {
	f := Figure{Stage: s}
	slices.SortFunc(rows, func(a, b counted) int { return int(a.took/time.Second) - int(b.took/time.Second) })
	for _, c := range rows {
		f.N += c.n
	}
	f.Median, f.P90 = rank(rows, f.N, 50), rank(rows, f.N, 90)
	return f
}

// rank is the shortest length that so many of a hundred did not exceed.
func rank(rows []counted, n, percent int) time.Duration {
	need := (n*percent + 99) / 100
	for _, c := range rows {
		if need -= c.n; need <= 0 {
			return c.took
		}
	}
	return 0
}
