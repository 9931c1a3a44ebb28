package app

import (
	"context"

	"comptoir.example/comptoir/app/migrations"
	"comptoir.example/comptoir/base/db"
	"comptoir.example/comptoir/base/fault"
	"comptoir.example/comptoir/erp"
)

// Migrate brings a database's schema up to this version.
func Migrate(ctx context.Context, url string, say Say) error {
	d, err := db.Open(ctx, db.Options{URL: url})
	if err != nil {
		return err
	}
	defer d.Close()
	pending, err := d.Pending(ctx, migrations.Files)
	if err != nil {
		return err
	}
	if err := d.Migrate(ctx, migrations.Files); err != nil {
		return err
	}
	say("cmd.migrated", "n", pending)
	return nil
}

// exchanging opens the shop of the settings for a command that reads from the
// ERP. A shop that serves reads by itself: on SQLite its file is locked, on
// PostgreSQL its lead is respected.
func exchanging(ctx context.Context, c Config) (*App, error) {
	if err := c.Check(); err != nil {
		return nil, err
	}
	d, err := Open(ctx, c.Database)
	if err != nil {
		return nil, err
	}
	var a *App
	if err = belongs(ctx, d, c.ERP); err == nil {
		a, err = New(d, c.ERP.Connector(), c)
	}
	if err == nil {
		err = a.nobodyLeads(ctx)
	}
	if err == nil {
		if err = a.Engine.Start(ctx); err == nil {
			err = erpDown(a.Engine.Probe(ctx))
		}
	}
	if err != nil {
		d.Close()
		return nil, err
	}
	return a, nil
}

var selectLead = db.SQL("app.select_lead", `SELECT leader FROM connection WHERE conn = $1 AND led_until > $2 AND leader <> ''`)

func (a *App) nobodyLeads(ctx context.Context) error {
	return a.DB.Read(ctx, func(tx *db.Tx) error {
		leader, found, err := db.One(ctx, tx, selectLead, db.Value[string], connection, tx.Now)
		if err == nil && found {
			err = fault.New(fault.Conflict, "cmd.serving", "leader", leader)
		}
		return err
	})
}

// erpDown says in words that the ERP did not do what was asked.
func erpDown(err error) error {
	if err == nil || fault.Of(err).Kind != fault.Internal {
		return err
	}
	return fault.New(fault.Unavailable, "cmd.erp_failed", "why", erp.ErrorOf(err).Error()).Because(err)
}

// Sync reads everything that changed in the ERP, once.
func Sync(ctx context.Context, c Config, say Say) error {
	a, err := exchanging(ctx, c)
	if err != nil {
		return err
	}
	defer a.DB.Close()
	if err := erpDown(a.Engine.Round(ctx, true)); err != nil {
		return err
	}
	return a.DB.Read(ctx, func(tx *db.Tx) error {
		_, records, err := a.Engine.Swept(ctx, tx)
		say("cmd.synced", "n", records)
		return err
	})
}
