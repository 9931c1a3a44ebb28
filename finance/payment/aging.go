package payment

import (
	"context"

	"comptoir.example/comptoir/base/db"
	"comptoir.example/comptoir/finance/invoice"
	"comptoir.example/comptoir/finance/ledger"
	"comptoir.example/comptoir/trade/access"
	"comptoir.example/comptoir/trade/customer"
)

// What the ERP says is settled can still hold money taken here: then it was paid
// twice, and the second time is the customer's.
var selectOpen = db.SQL("payment.select_open", `
SELECT i.due, i.currency, i.balance - CAST(COALESCE((SELECT SUM(h.minor) FROM payment_hold h WHERE h.invoice = i.id AND h.taken), 0) AS BIGINT)
FROM invoice i WHERE i.conn = $1 AND i.customer = $2 AND i.balance <> 0
UNION ALL
SELECT i.due, i.currency, -CAST(SUM(h.minor) AS BIGINT) FROM payment_hold h JOIN invoice i ON i.id = h.invoice
WHERE h.taken AND i.conn = $1 AND i.customer = $2 AND i.balance = 0 GROUP BY i.id, i.due, i.currency`)

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
	items, err := db.All(ctx, tx, selectOpen, func(r db.Row) (i invoice.OpenItem, err error) {
		err = r.Scan(&i.Due, &i.Open.Currency, &i.Open.Minor)
		return i, err
	}, c.Conn, c.ERP)
	if err != nil {
		return invoice.Aged{}, err
	}
	loose, err := ledger.Loose(ctx, tx, ledger.Unapplied(c.ID), c.Currency)
	if err != nil {
		return invoice.Aged{}, err
	}
	return invoice.Age(c.Currency, today, append(items, invoice.OpenItem{Open: loose}))
}
