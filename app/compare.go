package app

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"comptoir.example/comptoir/base/db"
	"comptoir.example/comptoir/base/money"
	"comptoir.example/comptoir/erp"
	"comptoir.example/comptoir/finance/parity"
	"comptoir.example/comptoir/trade/access"
)

// compareEvery is how often our ledger is compared with the other sides: what
// somebody changed there by hand shows within a minute.
const compareEvery = 30 * time.Second

// Compare compares our ledger with the ERP and the processor once, as far as they
// answer. A side that does not keeps its last figures, with their time.
func (a *App) Compare(ctx context.Context) error {
	conn := a.Engine.Merchant().Conn
	cashier, can := a.Engine.ERP.(erp.Cashier)
	var sides []error
	if can {
		sides = append(sides, compared(ctx, a, cashier.OpenItems, func(tx *db.Tx, open []erp.OpenItem, at time.Time) error {
			return parity.Items(ctx, tx, conn, open, at)
		}))
	}
	if g := a.Site.Gateway; g != nil {
		sides = append(sides, compared(ctx, a, g.Gateway.Balance, func(tx *db.Tx, balance []money.Amount, at time.Time) error {
			return parity.Balances(ctx, tx, g.Name(), balance, at)
		}))
		if can {
			sides = append(sides, compared(ctx, a, cashier.Clearing, func(tx *db.Tx, clearing []money.Amount, at time.Time) error {
				return parity.Clear(ctx, tx, g.Name(), clearing, at)
			}))
		}
	}
	return errors.Join(sides...)
}

// compareFor compares now, for a person who wants to see whether it ties by now.
func (a *App) compareFor(ctx context.Context, who access.Actor) error {
	if err := who.Must(access.SettleFinance); err != nil {
		return err
	}
	return a.Compare(ctx)
}

// compared asks one side for its figures and writes them down with the time of asking.
func compared[T any](ctx context.Context, a *App, ask func(context.Context) (T, error), put func(tx *db.Tx, told T, at time.Time) error) error {
	at := a.DB.Now()
	told, err := ask(ctx)
	if err != nil {
		return err
	}
	return a.write(ctx, func(tx *db.Tx) error { return put(tx, told, at) })
}

func (a *App) write(ctx context.Context, f func(tx *db.Tx) error) error {
	return a.DB.WriteHeld(ctx, "parity", f)
}

func (a *App) compare(ctx context.Context) {
	for {
		if err := a.Compare(ctx); err != nil && ctx.Err() == nil {
			slog.WarnContext(ctx, "parity: not compared", "err", err)
		}
		select {
		case <-ctx.Done():
			return
		case <-time.After(compareEvery):
		}
	}
}
