package main

import (
	"context"

	"comptoir.example/comptoir/app"
)

type syncCmd struct{ app.Config }

func (c *syncCmd) Run(ctx context.Context) error {
	app.SetLog("error", true)
	return app.Sync(ctx, c.Config, say)
}

type reconcileCmd struct {
	app.Config
	Prices int `help:"How many prices to compare." default:"200"`
}

func (c *reconcileCmd) Run(ctx context.Context) error {
	app.SetLog("error", true)
	return app.Reconcile(ctx, c.Config, c.Prices, say)
}
