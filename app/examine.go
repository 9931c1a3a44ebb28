package app

import (
	"context"
	"encoding/json"
	"time"

	"comptoir.example/comptoir/base/db"
	"comptoir.example/comptoir/base/outbox"
	"comptoir.example/comptoir/erp"
)

// An examination counts rows that must not be there, and names one of them.
type examination struct {
	check string
	count *db.Stmt
	args  func(now time.Time, stuck time.Duration) []any // nil: none
}

var examinations = []examination{
	{"stuck", db.SQL("app.count_stuck", `
SELECT COUNT(*), MIN(subject) FROM delivery WHERE open AND state <> 'failed' AND created < $1`),
		func(now time.Time, stuck time.Duration) []any { return []any{now.Add(-stuck)} }},
	{"held", db.SQL("app.count_held", `SELECT COUNT(*), MIN(subject) FROM delivery WHERE open AND state = 'failed'`), nil},
	// Whoever is alive renews its lease; one of the far future came from a wrong clock.
	{"lease", db.SQL("app.count_leases", `
SELECT COUNT(*), MIN(holder) FROM delivery WHERE open AND leased IS NOT NULL AND (leased < $1 OR leased > $2)`),
		func(now time.Time, _ time.Duration) []any { return []any{now, now.Add(5 * time.Minute)} }},
	{"order_lost", db.SQL("app.count_orders_lost", `
SELECT COUNT(*), MIN(reference) FROM sales_order o WHERE o.state = 'submitted' AND o.erp_number IS NULL AND o.person IS NOT NULL
    AND NOT EXISTS (SELECT 1 FROM delivery d WHERE d.subject = o.id AND (d.open OR d.state = 'parked'))`), nil},
	{"order_untold", db.SQL("app.count_orders_untold", `
SELECT COUNT(*), MIN(reference) FROM sales_order o WHERE o.person IS NOT NULL
    AND NOT EXISTS (SELECT 1 FROM fact f WHERE f.subject = o.id AND f.kind = 'order.placed')`), nil},
	{"delivery_orphan", db.SQL("app.count_orphans", `
SELECT COUNT(*), MIN(d.subject) FROM delivery d WHERE d.consumer = 'erp.push-order'
    AND NOT EXISTS (SELECT 1 FROM sales_order o WHERE o.id = d.subject)`), nil},
	{"delivery_factless", db.SQL("app.count_factless", `
SELECT COUNT(*), MIN(d.subject) FROM delivery d WHERE NOT EXISTS (SELECT 1 FROM fact f WHERE f.id = d.fact)`), nil},
	{"invoice_open", db.SQL("app.count_wrong_open", `
SELECT COUNT(*), MIN(customer) FROM (
    SELECT conn, customer, currency, due, credit FROM (
        SELECT conn, customer, currency, due, balance < 0 AS credit, balance AS minor FROM invoice WHERE balance <> 0
        UNION ALL SELECT conn, customer, currency, due, credit, -minor FROM invoice_open
    ) both_sides GROUP BY conn, customer, currency, due, credit HAVING SUM(minor) <> 0
) wrong`), nil},
	{"malformed", db.SQL("app.count_malformed", `SELECT COUNT(*), MIN(kind || ' ' || erp_id || ': ' || malformed) FROM replica WHERE malformed <> ''`), nil},
	{"flow", db.SQL("app.count_flows", `SELECT COUNT(*), MIN(kind || ': ' || error) FROM flow WHERE error <> ''`), nil},
}

// homes are the tables where the records of each kind live.
var homes = map[erp.Kind]string{
	erp.KindTerm: "term", erp.KindPaymentMethod: "term", erp.KindDeliveryMethod: "term", erp.KindUnit: "unit", erp.KindTax: "tax",
	erp.KindTaxCase: "tax_case", erp.KindCustomer: "customer", erp.KindAddress: "address", erp.KindItem: "item", erp.KindPrice: "price",
	erp.KindStock: "stock", erp.KindOrder: "sales_order", erp.KindShipment: "shipment", erp.KindInvoice: "invoice",
	erp.KindReceipt: "", // an entry of the ledger, or nothing while it is not booked
}

// homeless counts, for each home, records we say we have and do not.
var homeless = func() map[string]*db.Stmt {
	stmts := map[string]*db.Stmt{}
	for _, home := range homes {
		if home != "" && stmts[home] == nil {
			stmts[home] = db.SQL("app.count_homeless_"+home, `
SELECT COUNT(*), MIN(r.kind || ' ' || r.erp_id) FROM replica r WHERE r.kind = $1 AND NOT r.deleted AND r.malformed = ''
    AND NOT EXISTS (SELECT 1 FROM `+home+` h WHERE h.conn = r.conn AND h.erp_id = r.erp_id)`)
		}
	}
	return stmts
}()

// counted is how many rows, and one of them.
type counted struct {
	n       int
	example string
}

func scanCounted(r db.Row) (c counted, err error) {
	err = r.Scan(&c.n, &c.example)
	return c, err
}

// examine looks for damage in the data.
func examine(ctx context.Context, tx *db.Tx, stuck time.Duration) (found []Finding, err error) {
	for _, e := range examinations {
		var args []any
		if e.args != nil {
			args = e.args(tx.Now, stuck)
		}
		c, _, err := db.One(ctx, tx, e.count, scanCounted, args...)
		if err != nil {
			return found, err
		}
		found = append(found, finding(e.check, c.n > 0, "n", c.n, "example", c.example, "limit", stuck))
	}
	for _, sums := range []struct {
		check string
		wrong func(context.Context, *db.Tx) (counted, error)
	}{{"replica", unhoused}, {"order_sums", wrongOrders}, {"invoice_sums", wrongInvoices}} {
		c, err := sums.wrong(ctx, tx)
		if err != nil {
			return found, err
		}
		found = append(found, finding(sums.check, c.n > 0, "n", c.n, "example", c.example))
	}
	return found, nil
}

func unhoused(ctx context.Context, tx *db.Tx) (all counted, err error) {
	for _, kind := range erp.Kinds {
		if homes[kind] == "" {
			continue
		}
		c, _, err := db.One(ctx, tx, homeless[homes[kind]], scanCounted, string(kind))
		if err != nil {
			return all, err
		}
		if c.n > 0 {
			all = counted{all.n + c.n, c.example}
		}
	}
	return all, nil
}

var (
	selectOrderSums = db.SQL("app.select_order_sums", `
SELECT o.reference, o.state, o.totals, o.erp_totals,
    CAST(COALESCE(SUM(CASE WHEN l.freight THEN 0 ELSE l.amount END), 0) AS BIGINT),
    CAST(COALESCE(SUM(CASE WHEN l.freight THEN l.amount ELSE 0 END), 0) AS BIGINT)
FROM sales_order o LEFT JOIN order_line l ON l.order_id = o.id
GROUP BY o.id, o.reference, o.state, o.totals, o.erp_totals ORDER BY o.id`)
	selectInvoiceSums = db.SQL("app.select_invoice_sums", `SELECT number, total, balance, totals, lines FROM invoice ORDER BY id`)
	selectTail        = db.SQL("app.select_unlinked", `
SELECT id, kind, subject, actor, request, at, body, hash FROM fact WHERE NOT linked ORDER BY id`)
	selectUnchained = db.SQL("app.select_unchained", `
SELECT MIN(id) FROM fact f WHERE linked AND NOT EXISTS (SELECT 1 FROM fact_link l WHERE l.fact = f.id)`)
)

// wrongOrders adds every order up: lines and freight make the net, the net and
// the taxes make the total. Until the ERP has put an order into effect its lines
// are the buyer's, and so are its sums.
func wrongOrders(ctx context.Context, tx *db.Tx) (c counted, err error) {
	_, err = db.All(ctx, tx, selectOrderSums, func(r db.Row) (none struct{}, err error) {
		var reference, state, ours, theirs string
		var goods, freight int64
		if err := r.Scan(&reference, &state, &ours, &theirs, &goods, &freight); err != nil {
			return none, err
		}
		fits := theirs != "" && addsUp(theirs, goods, freight)
		if early := state == "submitted" || state == "on_hold" || state == "refused"; theirs == "" || early {
			fits = fits || addsUp(ours, goods, freight)
		}
		if !fits {
			c = counted{c.n + 1, reference}
		}
		return none, nil
	})
	return c, err
}

func addsUp(text string, goods, freight int64) bool {
	t, err := totalsOf(text)
	if err != nil {
		return false
	}
	if t.Freight != nil {
		freight = t.Freight.Minor
	}
	return t.Net.Minor == goods+freight && taxed(t)
}

// taxed says whether net and taxes make the total.
func taxed(t erp.Totals) bool {
	sum := t.Net
	for _, tax := range t.Taxes {
		var err error
		if sum, err = sum.Add(tax.Amount); err != nil {
			return false
		}
	}
	return sum == t.Total
}

func totalsOf(text string) (t erp.Totals, err error) {
	err = json.Unmarshal([]byte(text), &t)
	return t, err
}

// wrongInvoices adds every invoice up, and compares what is open with what was billed.
func wrongInvoices(ctx context.Context, tx *db.Tx) (c counted, err error) {
	_, err = db.All(ctx, tx, selectInvoiceSums, func(r db.Row) (none struct{}, err error) {
		var number, totals, text string
		var total, balance, net int64
		if err := r.Scan(&number, &total, &balance, &totals, &text); err != nil {
			return none, err
		}
		t, err := totalsOf(totals)
		var lines []erp.InvoiceLine
		if err == nil {
			err = json.Unmarshal([]byte(text), &lines)
		}
		for _, l := range lines {
			net += l.Amount.Minor
		}
		over := abs(balance) > abs(total) || (balance != 0 && (balance < 0) != (total < 0))
		if err != nil || over || !taxed(t) || t.Total.Minor != total || t.Net.Minor != net {
			c = counted{c.n + 1, number}
		}
		return none, nil
	})
	return c, err
}

func abs(n int64) int64 { return max(n, -n) }

// unsound is a fact outside of the chain that is not what it was, or that says it
// is in the chain and is not; "" when there is none.
func unsound(ctx context.Context, tx *db.Tx) (id string, err error) {
	if _, err = db.All(ctx, tx, selectTail, func(r db.Row) (none struct{}, err error) {
		var f outbox.Record
		if err = r.Scan(&f.ID, &f.Kind, &f.Subject, &f.Actor, &f.Request, &f.At, &f.Body, &f.Hash); err == nil && !f.Sound() {
			id = f.ID
		}
		return none, err
	}); err != nil || id != "" {
		return id, err
	}
	id, _, err = db.One(ctx, tx, selectUnchained, db.Value[string])
	return id, err
}
