package payment

import (
	"context"

	"comptoir.example/comptoir/base/db"
	"comptoir.example/comptoir/base/money"
)

// Way is money that was taken here and that the ERP's open items do not count yet.
type Way struct {
	Key     string // of the receipt
	Subject string // invoice.id; customer.id for what is applied to nothing
	Amount  money.Amount
	Booked  bool // the ERP has said that the receipt is in its books
	Undone  bool // it stands there for as long as the receipt does: it was given back
}

var (
	selectTaken = db.SQL("payment.select_taken", `
SELECT h.key, h.invoice, p.currency, h.minor, EXISTS (SELECT 1 FROM receipt r WHERE r.key = h.key AND r.posted IS NOT NULL), FALSE
FROM payment_hold h JOIN payment p ON p.id = h.payment WHERE h.taken`)
	selectLoose = db.SQL("payment.select_loose", `
SELECT key, customer, currency, unapplied, FALSE, FALSE FROM receipt WHERE posted IS NULL AND unapplied <> 0 AND state <> 'reversed'`)
	// What a dispute took while a refund of it was asked for is not given back any more,
	// and the processor will say so.
	selectUndone = db.SQL("payment.select_undone", `
SELECT x.key, x.customer, x.currency, -x.minor, x.posted IS NOT NULL AND x.state <> 'reversed', TRUE FROM receipt x
WHERE x.key IN (SELECT r.receipt FROM refund r WHERE x.state <> 'reversed' AND (r.state <> 'failed' OR x.reversal = 'refund')
    OR x.reversal = 'dispute' AND r.state = 'asked')`)
	// What is being undone since money was given back is there still; what a dispute
	// took stands on the account of disputes until it is undone.
	sumUnbooked = db.SQL("payment.sum_unbooked", `
SELECT currency, CAST(SUM(minor) AS BIGINT) FROM (
    SELECT currency, minor FROM receipt WHERE posted IS NULL AND state <> 'reversed'
    UNION ALL SELECT currency, -minor FROM receipt WHERE reversal IN ('refund', 'refund_failed') AND state <> 'reversed'
) way GROUP BY currency`)
)

// OnTheWay lists money that was taken here and that the ERP does not show yet, by
// what it settles: what the ERP still has open there, and we do not.
func OnTheWay(ctx context.Context, tx *db.Tx) ([]Way, error) {
	scan := func(r db.Row) (w Way, err error) {
		err = r.Scan(&w.Key, &w.Subject, &w.Amount.Currency, &w.Amount.Minor, &w.Booked, &w.Undone)
		return w, err
	}
	var all []Way
	for _, s := range []*db.Stmt{selectTaken, selectLoose, selectUndone} {
		some, err := db.All(ctx, tx, s, scan)
		if err != nil {
			return nil, err
		}
		all = append(all, some...)
	}
	return all, nil
}

// Unbooked is how much was taken here and is in no receipt of the ERP yet, less what
// was given back and is in one still, by currency.
func Unbooked(ctx context.Context, tx *db.Tx) (map[string]int64, error) {
	sums := map[string]int64{}
	_, err := db.All(ctx, tx, sumUnbooked, func(r db.Row) (_ struct{}, err error) {
		var currency string
		var minor int64
		err = r.Scan(&currency, &minor)
		sums[currency] = minor
		return struct{}{}, err
	})
	return sums, err
}

var selectPosted = db.SQL("payment.select_posted", `
SELECT payment, number FROM receipt WHERE number IS NOT NULL AND payment IN (SELECT value FROM json_each(CAST($1 AS TEXT))) ORDER BY created, key`)

// ReceiptNumbers are the ERP's numbers of what was taken, by payment.
func ReceiptNumbers(ctx context.Context, tx *db.Tx, payments []string) (map[string]string, error) {
	numbers := map[string]string{}
	_, err := db.All(ctx, tx, selectPosted, func(r db.Row) (_ struct{}, err error) {
		var payment, number string
		err = r.Scan(&payment, &number)
		numbers[payment] = number
		return struct{}{}, err
	}, payments)
	return numbers, err
}
