package app

import (
	"context"
	"log/slog"
	"time"

	"comptoir.example/comptoir/base/db"
	"comptoir.example/comptoir/erp"
	"comptoir.example/comptoir/finance/parity"
)

// compareEvery is how often our ledger is compared with the other sides: what
// somebody changed there by hand shows within a minute.
const compareEvery = 30 * time.Second

// Compare compares our ledger with the ERP and the processor once, as far as they
// answer. A side that does not keeps its last figures, with their time.
func (a *App) Compare(ctx context.Context) error {
	conn := a.Engine.Merchant().Conn
	cashier, can := a.Engine.ERP.(erp.Cashier)
	if can {
		at := a.DB.Now()
		open, err := cashier.OpenItems(ctx)
		if err != nil {
			return err
		}
		if err := a.write(ctx, func(tx *db.Tx) error { return parity.Items(ctx, tx, conn, open, at) }); err != nil {
			return err
		}
	}
	g := a.Site.Gateway
	if g == nil {
		return nil
	}
	at := a.DB.Now()
	balance, err := g.Gateway.Balance(ctx)
	if err != nil {
		return err
	}
	if err := a.write(ctx, func(tx *db.Tx) error { return parity.Balances(ctx, tx, g.Name(), balance, at) }); err != nil || !can {
		return err
	}
	at = a.DB.Now()
	clearing, err := cashier.Clearing(ctx)
	if err != nil {
		return err
	}
	return a.write(ctx, func(tx *db.Tx) error { return parity.Clear(ctx, tx, g.Name(), clearing, at) })
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
