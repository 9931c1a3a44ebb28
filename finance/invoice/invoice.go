// Package invoice shows what is owed, as the ERP has it: invoices and credit
// notes of every channel, their taxes, due dates and open balances.
//
// Tables: invoice, invoice_order, invoice_open.
package invoice

import (
	"context"
	"encoding/json"
	"slices"
	"time"

	"comptoir.example/comptoir/base/db"
	"comptoir.example/comptoir/base/fault"
	"comptoir.example/comptoir/base/money"
	"comptoir.example/comptoir/erp"
	"comptoir.example/comptoir/trade/access"
	"comptoir.example/comptoir/trade/customer"
)

// Invoice is a posted invoice, or a credit note when its total is negative.
type Invoice struct {
	ID, Conn, ERP string
	Number        string
	Customer      string // ERP id
	PONumber      string
	Day           string
	Due           string // of the first money that is not there yet
	Parts         []erp.Instalment
	Total, Open   money.Amount
	Totals        erp.Totals
	Lines         []erp.InvoiceLine
	State         string
	Seen          time.Time
}

// Standing is how an invoice stands on a day: "paid", "credit", "overdue",
// "part_paid", "not_due" or "cancelled".
func (i Invoice) Standing(day string) string {
	switch {
	case i.State == "cancelled":
		return "cancelled"
	case i.Total.Minor < 0:
		return "credit"
	case i.Open.Minor == 0:
		return "paid"
	case i.Due < day:
		return "overdue"
	case i.Open != i.Total:
		return "part_paid"
	}
	return "not_due"
}

const columns = `id, conn, erp_id, number, customer, po_number, day, due, due_parts, currency, total, balance, totals, lines, state, seen`

// heads are the columns of a list, which does not read what each was for.
const heads = `id, conn, erp_id, number, customer, po_number, day, due, due_parts, currency, total, balance, '{}', '[]', state, seen`

var (
	selectInvoice   = db.SQL("invoice.select", `SELECT `+columns+` FROM invoice WHERE id = $1`)
	selectOfCompany = db.SQL("invoice.select_of_company", `
SELECT `+heads+` FROM invoice WHERE conn = $1 AND customer = $2 AND (day, id) < ($3, $4)
    AND (CAST($5 AS TEXT) = '' OR number = CAST($5 AS TEXT) OR po_number = CAST($5 AS TEXT))
    AND (CAST($6 AS TEXT) = '' OR (balance > 0 AND due > CAST($6 AS TEXT) AND due <= CAST($7 AS TEXT)))
ORDER BY day DESC, id DESC LIMIT $8`)
	selectOfOrder = db.SQL("invoice.select_of_order", `
SELECT i.id, i.conn, i.erp_id, i.number, i.customer, i.po_number, i.day, i.due, i.due_parts, i.currency, i.total, i.balance, i.totals, i.lines, i.state, i.seen
FROM invoice_order o JOIN invoice i ON i.conn = o.conn AND i.erp_id = o.invoice
WHERE o.conn = $1 AND o.erp_order = $2 ORDER BY i.day, i.number`)
)

func scan(r db.Row) (i Invoice, err error) {
	var parts, currency, totals, lines string
	err = r.Scan(&i.ID, &i.Conn, &i.ERP, &i.Number, &i.Customer, &i.PONumber, &i.Day, &i.Due, &parts, &currency, &i.Total.Minor, &i.Open.Minor,
		&totals, &lines, &i.State, &i.Seen)
	i.Total.Currency, i.Open.Currency = currency, currency
	for text, into := range map[string]any{parts: &i.Parts, totals: &i.Totals, lines: &i.Lines} {
		if err == nil {
			err = json.Unmarshal([]byte(text), into)
		}
	}
	return i, err
}

// Find is an invoice. NotFound when it is another company's, exactly as when
// there is none.
func Find(ctx context.Context, tx *db.Tx, who access.Actor, id string) (Invoice, error) {
	c, err := own(ctx, tx, who)
	if err != nil {
		return Invoice{}, err
	}
	i, found, err := db.One(ctx, tx, selectInvoice, scan, id)
	if err == nil && (!found || i.Conn != c.Conn || i.Customer != c.ERP) {
		return Invoice{}, fault.New(fault.NotFound, "invoice.not_found")
	}
	return i, err
}

var (
	selectThose = db.SQL("invoice.select_those", `
SELECT `+columns+` FROM invoice WHERE id IN (SELECT value FROM json_each(CAST($1 AS TEXT))) ORDER BY due, id`)
	selectERPIDs = db.SQL("invoice.select_erp_ids", `
SELECT id, erp_id FROM invoice WHERE id IN (SELECT value FROM json_each(CAST($1 AS TEXT)))`)
)

// Those are some of the actor's company's documents, the first due first. What is
// another company's is left out, exactly as what does not exist.
func Those(ctx context.Context, tx *db.Tx, who access.Actor, ids []string) ([]Invoice, error) {
	c, err := own(ctx, tx, who)
	if err != nil {
		return nil, err
	}
	all, err := ByIDs(ctx, tx, ids)
	return slices.DeleteFunc(all, func(i Invoice) bool { return i.Conn != c.Conn || i.Customer != c.ERP }), err
}

var selectCredits = db.SQL("invoice.select_credits", `
SELECT `+columns+` FROM invoice WHERE conn = $1 AND customer = $2 AND balance < 0 AND currency = $3 ORDER BY day, id LIMIT 100`)

// Credits are the actor's company's credit notes with something left, the oldest
// first.
func Credits(ctx context.Context, tx *db.Tx, who access.Actor, currency string) ([]Invoice, error) {
	c, err := own(ctx, tx, who)
	if err != nil {
		return nil, err
	}
	return db.All(ctx, tx, selectCredits, scan, c.Conn, c.ERP, currency)
}

// ByIDs are documents for the program's own use: no permission is asked.
func ByIDs(ctx context.Context, tx *db.Tx, ids []string) ([]Invoice, error) {
	return db.All(ctx, tx, selectThose, scan, ids)
}

// ERPIDs are the ERP's ids of documents, by ours.
func ERPIDs(ctx context.Context, tx *db.Tx, ids []string) (map[string]string, error) {
	return pairs(ctx, tx, selectERPIDs, ids)
}

var selectOurIDs = db.SQL("invoice.select_our_ids", `
SELECT erp_id, id FROM invoice WHERE conn = $1 AND erp_id IN (SELECT value FROM json_each(CAST($2 AS TEXT)))`)

// OurIDs are our ids of documents, by the ERP's.
func OurIDs(ctx context.Context, tx *db.Tx, conn string, theirs []string) (map[string]string, error) {
	return pairs(ctx, tx, selectOurIDs, conn, theirs)
}

var selectNumbers = db.SQL("invoice.select_numbers", `
SELECT id, number FROM invoice WHERE id IN (SELECT value FROM json_each(CAST($1 AS TEXT)))`)

// Numbers are what people call documents, by our ids.
func Numbers(ctx context.Context, tx *db.Tx, ids []string) (map[string]string, error) {
	return pairs(ctx, tx, selectNumbers, ids)
}

// Head is what people know a document by.
type Head struct {
	Number, PONumber, Day, Due string
	Total                      money.Amount
}

var selectHeads = db.SQL("invoice.select_heads", `
SELECT id, number, po_number, day, due, currency, total FROM invoice WHERE id IN (SELECT value FROM json_each(CAST($1 AS TEXT)))`)

// Heads are the heads of documents, by our ids, for the program's own use.
func Heads(ctx context.Context, tx *db.Tx, ids []string) (map[string]Head, error) {
	heads := map[string]Head{}
	_, err := db.All(ctx, tx, selectHeads, func(r db.Row) (h Head, err error) {
		var id string
		err = r.Scan(&id, &h.Number, &h.PONumber, &h.Day, &h.Due, &h.Total.Currency, &h.Total.Minor)
		heads[id] = h
		return h, err
	}, ids)
	return heads, err
}

func pairs(ctx context.Context, tx *db.Tx, s *db.Stmt, args ...any) (map[string]string, error) {
	known := map[string]string{}
	_, err := db.All(ctx, tx, s, func(r db.Row) (_ struct{}, err error) {
		var from, to string
		err = r.Scan(&from, &to)
		known[from] = to
		return struct{}{}, err
	}, args...)
	return known, err
}

// After says where a list, newest first, goes on; the zero After is its start.
type After struct{ Day, ID string }

// Filter narrows a list: by age (one of Ages, "" for all) and by number, the
// invoice's or the purchase order's ("" for all).
type Filter struct{ Age, Text, Today string }

// List is a part of the company's invoices, newest first, without their lines and
// taxes.
func List(ctx context.Context, tx *db.Tx, who access.Actor, f Filter, after After, n int) ([]Invoice, error) {
	c, err := own(ctx, tx, who)
	if err != nil {
		return nil, err
	}
	if after.Day == "" {
		after.Day = "9999-12-31"
	}
	from, to := dueBetween(f.Age, f.Today)
	return db.All(ctx, tx, selectOfCompany, scan, c.Conn, c.ERP, after.Day, after.ID, f.Text, from, to, n)
}

// OfOrder lists the invoices of an order of the ERP, for who may see the order.
func OfOrder(ctx context.Context, tx *db.Tx, conn, order string) ([]Invoice, error) {
	if order == "" {
		return nil, nil
	}
	return db.All(ctx, tx, selectOfOrder, scan, conn, order)
}

func own(ctx context.Context, tx *db.Tx, who access.Actor) (customer.Customer, error) {
	if err := who.Must(access.ViewInvoices); err != nil {
		return customer.Customer{}, err
	}
	return customer.Of(ctx, tx, who)
}

var selectOpenCredits = db.SQL("invoice.select_open_credits", `
SELECT `+columns+` FROM invoice WHERE conn = $1 AND balance < 0 ORDER BY day DESC, id LIMIT $2`)

// OpenCredits are the last credit notes with something left, of all customers, for
// those who may give them back.
func OpenCredits(ctx context.Context, tx *db.Tx, who access.Actor, conn string, n int) ([]Invoice, error) {
	if err := who.Must(access.GiveRefunds); err != nil {
		return nil, err
	}
	return db.All(ctx, tx, selectOpenCredits, scan, conn, n)
}

var selectSameOrder = db.SQL("invoice.select_same_order", `
SELECT i.id FROM invoice n JOIN invoice_order c ON c.conn = n.conn AND c.invoice = n.erp_id
JOIN invoice_order o ON o.conn = c.conn AND o.erp_order = c.erp_order JOIN invoice i ON i.conn = o.conn AND i.erp_id = o.invoice
WHERE n.id = $1 AND i.id <> n.id`)

// SameOrder are our ids of the other documents of a document's orders.
func SameOrder(ctx context.Context, tx *db.Tx, id string) ([]string, error) {
	return db.All(ctx, tx, selectSameOrder, db.Value[string], id)
}
