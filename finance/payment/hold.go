package payment

import (
	"context"
	"slices"

	"comptoir.example/comptoir/base/db"
	"comptoir.example/comptoir/base/money"
	"comptoir.example/comptoir/finance/invoice"
)

// hold is a part of a document's balance that is not to be paid again.
type hold struct {
	key, invoice, payment string
	minor                 int64
	taken                 bool
}

var (
	selectHolds = db.SQL("payment.select_holds", `
SELECT key, invoice, payment, minor, taken FROM payment_hold WHERE invoice IN (SELECT value FROM json_each(CAST($1 AS TEXT)))`)
	insertHold = db.SQL("payment.insert_hold", `INSERT INTO payment_hold (key, invoice, payment, minor, taken) VALUES ($1, $2, $3, $4, $5)`)
	dropHolds  = db.SQL("payment.drop_holds", `DELETE FROM payment_hold WHERE key = $1`)
	dropHold   = db.SQL("payment.drop_hold", `DELETE FROM payment_hold WHERE key = $1 AND invoice = $2`)
	dropShown  = db.SQL("payment.drop_shown", `
DELETE FROM payment_hold WHERE invoice = $1 AND taken AND key IN (SELECT value FROM json_each(CAST($2 AS TEXT)))`)
)

// Standing is how much of a document can be paid now, and what is on its way.
type Standing struct {
	Free     money.Amount // of the open balance, what nobody is paying
	Reserved money.Amount // somebody is paying it
	Taken    money.Amount // paid here, and the ERP's balance does not count it yet
	By       string       // id of a payment that reserves a part
}

// Shown is the open balance less what was paid here already: what a page shows.
func (s Standing) Shown() money.Amount {
	return money.Amount{Minor: s.Free.Minor + s.Reserved.Minor, Currency: s.Free.Currency}
}

// State is how an invoice stands on a day: what invoice.Standing says, or
// "payment_pending" while somebody pays it or the ERP does not count a payment yet.
func (s Standing) State(i invoice.Invoice, day string) string {
	if !s.Reserved.IsZero() || !s.Taken.IsZero() {
		return "payment_pending"
	}
	return i.Standing(day)
}

// DaysLate is how many days an invoice is past its due date; 0 when nothing is left
// to pay of it.
func (s Standing) DaysLate(i invoice.Invoice, day string) int {
	if s.Shown().Minor <= 0 {
		return 0
	}
	return i.DaysLate(day)
}

// StandingOf says of each invoice what is on its way. An invoice that nobody pays
// is free as a whole.
func StandingOf(ctx context.Context, tx *db.Tx, invoices []invoice.Invoice) (map[string]Standing, error) {
	all := make(map[string]Standing, len(invoices))
	ids := make([]string, len(invoices))
	for i, v := range invoices {
		zero := money.Zero(v.Open.Currency)
		all[v.ID], ids[i] = Standing{Free: v.Open, Reserved: zero, Taken: zero}, v.ID
	}
	holds, err := db.All(ctx, tx, selectHolds, scanHold, ids)
	for _, h := range holds {
		s := all[h.invoice]
		s.Free.Minor -= h.minor
		if h.taken {
			s.Taken.Minor += h.minor
		} else {
			s.Reserved.Minor += h.minor
			s.By = h.payment
		}
		all[h.invoice] = s
	}
	return all, err
}

func scanHold(r db.Row) (h hold, err error) {
	err = r.Scan(&h.key, &h.invoice, &h.payment, &h.minor, &h.taken)
	return h, err
}

// Counted is called when the ERP has said of an invoice which of our receipts its
// open balance counts: they are no longer held against it.
func Counted(ctx context.Context, tx *db.Tx, invoice string, keys []string) error {
	if len(keys) == 0 {
		return nil
	}
	slices.Sort(keys)
	return tx.Later(ctx, dropShown, invoice, keys)
}

func (p Payment) reserve(ctx context.Context, tx *db.Tx, key string) error {
	for _, l := range p.Lines {
		if err := tx.Later(ctx, insertHold, key, l.Invoice, p.ID, l.Amount.Minor, false); err != nil {
			return err
		}
	}
	return nil
}
