package main

import (
	"context"

	"comptoir.example/comptoir/app"
)

// store is where the data of a command is.
type store struct {
	Database string `help:"Where the data is: sqlite:PATH or postgres://…" env:"COMPTOIR_DATABASE" default:"sqlite:var/comptoir.db"`
}

type migrateCmd struct{ store }

func (c *migrateCmd) Run(ctx context.Context) error { return app.Migrate(ctx, c.Database, say) }

type backupCmd struct {
	store
	File string `arg:"" help:"File to write; it must not be there yet." type:"path"`
}

func (c *backupCmd) Run(ctx context.Context) error { return app.Backup(ctx, c.Database, c.File, say) }

type restoreCmd struct {
	store
	File string `arg:"" help:"Backup to read. The database must be empty." type:"path"`
}

func (c *restoreCmd) Run(ctx context.Context) error { return app.Restore(ctx, c.Database, c.File, say) }

type exportCmd struct {
	store
	Dir string `arg:"" help:"Folder to make; it must not be there yet." type:"path"`
}

func (c *exportCmd) Run(ctx context.Context) error { return app.Export(ctx, c.Database, c.Dir, say) }
