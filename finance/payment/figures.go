package payment

import (
	"context"
	"time"

	"comptoir.example/comptoir/base/db"
	"comptoir.example/comptoir/base/money"
	"comptoir.example/comptoir/trade/access"
)

// Sum is how much there is of something, in one currency.
type Sum struct {
	N      int
	Amount money.Amount
	Oldest time.Time // zero where age says nothing
}

var (
	sumWaiting = db.SQL("payment.sum_waiting", `
SELECT currency, COUNT(*), CAST(SUM(minor) AS BIGINT), MIN(created) FROM receipt WHERE posted IS NULL GROUP BY currency ORDER BY currency`)
	sumTaken = db.SQL("payment.sum_taken", `
SELECT currency, COUNT(*), CAST(SUM(minor) AS BIGINT), NULL FROM receipt WHERE day = $1 AND minor > 0 GROUP BY currency ORDER BY currency`)
	selectTransit = db.SQL("payment.select_transit", `
SELECT `+receiptColumns+` FROM receipt WHERE posted IS NULL
UNION SELECT `+receiptColumns+` FROM receipt WHERE key IN (SELECT key FROM payment_hold WHERE taken)
ORDER BY created, key LIMIT $1`)
)

func scanSum(r db.Row) (s Sum, err error) {
	err = r.Scan(&s.Amount.Currency, &s.N, &s.Amount.Minor, &s.Oldest)
	return s, err
}

// WaitingForERP is what was taken here and the ERP has not booked yet, by currency.
func WaitingForERP(ctx context.Context, tx *db.Tx, who access.Actor) ([]Sum, error) {
	if err := who.Must(access.ViewFinance); err != nil {
		return nil, err
	}
	return db.All(ctx, tx, sumWaiting, scanSum)
}

// TakenOn is what was taken here on one of the merchant's days, by currency.
func TakenOn(ctx context.Context, tx *db.Tx, who access.Actor, day string) ([]Sum, error) {
	if err := who.Must(access.ViewFinance); err != nil {
		return nil, err
	}
	return db.All(ctx, tx, sumTaken, scanSum, day)
}

// Transit lists the receipts that are on their way into the ERP, or in its books and
// not shown by its balances yet, the oldest first.
func Transit(ctx context.Context, tx *db.Tx, who access.Actor, most int) ([]Receipt, error) {
	if err := who.Must(access.ViewFinance); err != nil {
		return nil, err
	}
	return db.All(ctx, tx, selectTransit, scanReceipt, most)
}
