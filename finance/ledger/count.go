package ledger

import (
	"context"
	"log/slog"
	"time"

	"comptoir.example/comptoir/base/db"
)

// most is how many entries are counted at once: a unit of work that others wait
// for no longer than for a few of their own.
const most = 500

var (
	selectUncounted = db.SQL("ledger.select_uncounted", `SELECT id FROM ledger_entry WHERE NOT counted ORDER BY id LIMIT $1`)
	addBalances     = db.SQL("ledger.add_balances", `
INSERT INTO ledger_balance (account, currency, minor)
SELECT account, currency, CAST(SUM(minor) AS BIGINT) FROM ledger_line
WHERE entry IN (SELECT value FROM json_each(CAST($1 AS TEXT))) GROUP BY account, currency ORDER BY account, currency
ON CONFLICT (account, currency) DO UPDATE SET minor = ledger_balance.minor + excluded.minor`)
	markLines = db.SQL("ledger.mark_lines", `
UPDATE ledger_line SET counted = TRUE WHERE entry IN (SELECT value FROM json_each(CAST($1 AS TEXT)))`)
	markEntries = db.SQL("ledger.mark_entries", `
UPDATE ledger_entry SET counted = TRUE WHERE id IN (SELECT value FROM json_each(CAST($1 AS TEXT)))`)
)

// Count adds what was booked to the kept balances. It is the only one who writes
// them, so that business units never wait for a row of an account.
func Count(ctx context.Context, d *db.DB) error {
	for {
		n := 0
		err := d.WriteHeld(ctx, "ledger.balances", func(tx *db.Tx) error {
			ids, err := db.All(ctx, tx, selectUncounted, db.Value[string], most)
			if n = len(ids); err != nil || n == 0 {
				return err
			}
			for _, s := range []*db.Stmt{addBalances, markLines, markEntries} {
				if err := tx.Later(ctx, s, ids); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil || n < most {
			return err
		}
	}
}

// Run counts every second until ctx is over.
func Run(ctx context.Context, d *db.DB) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-time.After(time.Second):
			if err := Count(ctx, d); err != nil && ctx.Err() == nil {
				slog.ErrorContext(ctx, "ledger: count", "err", err)
			}
		}
	}
}
