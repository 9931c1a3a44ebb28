package ledger

import (
	"context"

	"comptoir.example/comptoir/base/db"
	"comptoir.example/comptoir/base/money"
)

// A balance is what the follower has added up and what it has not reached yet. So
// it is exact at any time, and never reads a long account through.
var (
	selectBalance = db.SQL("ledger.select_balance", `
SELECT CAST(COALESCE((SELECT minor FROM ledger_balance WHERE account = $1 AND currency = $2), 0)
    + COALESCE((SELECT SUM(minor) FROM ledger_line WHERE account = $1 AND currency = $2 AND counted = FALSE), 0) AS BIGINT)`)
	sumDocument = db.SQL("ledger.sum_document", `
SELECT CAST(COALESCE(SUM(minor), 0) AS BIGINT) FROM ledger_line
WHERE document = $1 AND document <> '' AND account = $2 AND currency = $3`)
	// The join is written so that SQLite, too, begins with the few entries.
	selectBalances = db.SQL("ledger.select_balances", `
SELECT account, currency, CAST(SUM(minor) AS BIGINT) FROM (
    SELECT account, currency, minor FROM ledger_balance
    UNION ALL SELECT l.account, l.currency, l.minor FROM ledger_entry e CROSS JOIN ledger_line l WHERE NOT e.counted AND l.entry = e.id
) moved
WHERE account = CAST($1 AS TEXT) OR substr(account, 1, length(CAST($1 AS TEXT)) + 1) = CAST($1 AS TEXT) || ':'
GROUP BY account, currency HAVING SUM(minor) <> 0 ORDER BY account, currency`)
)

// Balance is what stands on an account in a currency, debit positive.
func Balance(ctx context.Context, tx *db.Tx, account Account, currency string) (money.Amount, error) {
	minor, _, err := db.One(ctx, tx, selectBalance, db.Value[int64], string(account), currency)
	return money.Amount{Minor: minor, Currency: currency}, err
}

// OfDocument is what stands on an account about one document, debit positive: on a
// customer's AR, what is open of an invoice.
func OfDocument(ctx context.Context, tx *db.Tx, account Account, document, currency string) (money.Amount, error) {
	minor, _, err := db.One(ctx, tx, sumDocument, db.Value[int64], document, string(account), currency)
	return money.Amount{Minor: minor, Currency: currency}, err
}

var sumLoose = db.SQL("ledger.sum_loose", `
SELECT CAST(COALESCE(SUM(minor), 0) AS BIGINT) FROM ledger_line WHERE account = $1 AND currency = $2 AND document = ''`)

// Loose is what stands on an account about no document, debit positive: on a
// customer's Unapplied, money that paid nothing yet.
func Loose(ctx context.Context, tx *db.Tx, account Account, currency string) (money.Amount, error) {
	minor, _, err := db.One(ctx, tx, sumLoose, db.Value[int64], string(account), currency)
	return money.Amount{Minor: minor, Currency: currency}, err
}

// Standing is what stands on an account in a currency.
type Standing struct {
	Account Account
	Amount  money.Amount // debit positive, never zero
}

// Balances are the accounts of a kind (the name of an AccountKind) that are not
// level. For pages and checks: a unit of work that reads it gets in everybody's way.
func Balances(ctx context.Context, tx *db.Tx, kind string) ([]Standing, error) {
	return db.All(ctx, tx, selectBalances, func(r db.Row) (s Standing, err error) {
		err = r.Scan((*string)(&s.Account), &s.Amount.Currency, &s.Amount.Minor)
		return s, err
	}, kind)
}

// Sums add up the accounts of a kind, one sum a currency; a currency in which
// nothing stands is left out. For pages and checks, as Balances.
func Sums(ctx context.Context, tx *db.Tx, kind string) (map[string]money.Amount, error) {
	all, err := Balances(ctx, tx, kind)
	sums := map[string]money.Amount{}
	for _, s := range all {
		if err == nil {
			sum := sums[s.Amount.Currency]
			sum.Currency = s.Amount.Currency
			sums[s.Amount.Currency], err = sum.Add(s.Amount)
		}
	}
	return sums, err
}

// OpenDocument is what stands on a customer's account about one document, or about
// none.
type OpenDocument struct {
	Account  Account // ar or unapplied
	Document string
	Amount   money.Amount // debit positive, never zero
}

var selectOpenDocuments = db.SQL("ledger.select_open_documents", `
SELECT account, document, currency, CAST(SUM(minor) AS BIGINT) FROM ledger_line
WHERE account >= 'ar:' AND account < 'ar;' OR account >= 'unapplied:' AND account < 'unapplied;'
GROUP BY account, document, currency HAVING SUM(minor) <> 0`)

// OpenDocuments lists everything that is open at every customer. It reads all lines
// of these accounts: for comparisons, not for pages.
func OpenDocuments(ctx context.Context, tx *db.Tx) ([]OpenDocument, error) {
	return db.All(ctx, tx, selectOpenDocuments, func(r db.Row) (d OpenDocument, err error) {
		err = r.Scan((*string)(&d.Account), &d.Document, &d.Amount.Currency, &d.Amount.Minor)
		return d, err
	})
}
