package payment

import (
	"context"
	"slices"

	"comptoir.example/comptoir/base/db"
	"comptoir.example/comptoir/finance/invoice"
	"comptoir.example/comptoir/finance/ledger"
	"comptoir.example/comptoir/trade/access"
	"comptoir.example/comptoir/trade/customer"
)

// The join is written so that SQLite, too, begins with the few that are on their way.
var selectPaid = db.SQL("payment.select_paid", `
SELECT i.due, i.currency, i.balance, CAST(SUM(h.minor) AS BIGINT) FROM payment_hold h CROSS JOIN invoice i
WHERE h.taken AND i.id = h.invoice AND i.conn = $1 AND i.customer = $2 GROUP BY i.id, i.due, i.currency, i.balance`)

// Aging adds up by age what the actor's company owes in its currency on a day of
// the merchant: what the ERP has open, less what was paid here and it does not
// count yet. Money that is applied to nothing is a credit.
func Aging(ctx context.Context, tx *db.Tx, who access.Actor, today string) (invoice.Aged, error) {
	if err := who.Must(access.ViewInvoices); err != nil {
		return invoice.Aged{}, err
	}
	c, err := customer.Of(ctx, tx, who)
	if err != nil {
		return invoice.Aged{}, err
	}
	items, err := invoice.Open(ctx, tx, c.Conn, c.ERP)
	if err != nil {
		return invoice.Aged{}, err
	}
	if items, err = lessPaid(ctx, tx, c, items); err != nil {
		return invoice.Aged{}, err
	}
	loose, err := ledger.Loose(ctx, tx, ledger.Unapplied(c.ID), c.Currency)
	if err != nil {
		return invoice.Aged{}, err
	}
	return invoice.Age(c.Currency, today, append(items, invoice.OpenItem{Open: loose}))
}

// lessPaid takes the documents on which money taken here is not counted yet out of
// the sums, and puts what is left of each beside them. What the ERP says is settled
// can still hold money: then it was paid twice, and the second time is the customer's.
func lessPaid(ctx context.Context, tx *db.Tx, c customer.Customer, sums []invoice.OpenItem) ([]invoice.OpenItem, error) {
	items := sums
	_, err := db.All(ctx, tx, selectPaid, func(r db.Row) (_ struct{}, err error) {
		var i invoice.OpenItem
		var paid int64
		if err = r.Scan(&i.Due, &i.Open.Currency, &i.Open.Minor, &paid); err != nil {
			return struct{}{}, err
		}
		if at := slices.IndexFunc(sums, func(s invoice.OpenItem) bool {
			return s.Due == i.Due && s.Open.Currency == i.Open.Currency && (s.Open.Minor < 0) == (i.Open.Minor < 0)
		}); at >= 0 {
			items[at].Open.Minor -= i.Open.Minor
		}
		i.Open.Minor -= paid
		items = append(items, i)
		return struct{}{}, nil
	}, c.Conn, c.ERP)
	return items, err
}
