package db

import (
	"context"
	"io/fs"
	"strings"
	"testing/fstest"

	"comptoir.example/comptoir/base/fault"
	"github.com/pressly/goose/v3"
)

// Migrate brings the schema to the newest of the numbered files of a folder.
//
// One text serves both engines: {{bigint}} {{bool}} {{json}} {{blob}} {{serial}}
// name the types that differ, {{strict}} ends a CREATE TABLE. A folder sqlite/ or
// postgres/ beside holds what only one engine has, under the same numbers.
func (d *DB) Migrate(ctx context.Context, files fs.FS) error {
	provider, err := d.provider(files)
	if err != nil {
		return err
	}
	if _, err := provider.Up(ctx); err != nil {
		return d.engine.explain(err)
	}
	if d.Engine() == "sqlite" {
		// With statistics SQLite looks at the values of parameters and plans a
		// statement again whenever they change: a sixth of an order's time.
		return nil
	}
	session, err := d.writer.get(ctx)
	if err != nil {
		return err
	}
	defer d.writer.put(session)
	// An empty table without statistics makes the planner scan (see openPostgres).
	_, err = session.conn.ExecContext(ctx, "ANALYZE")
	return d.engine.explain(err)
}

// Pending says how many migrations are not done yet.
func (d *DB) Pending(ctx context.Context, files fs.FS) (int, error) {
	provider, err := d.provider(files)
	if err != nil {
		return 0, err
	}
	current, target, err := provider.GetVersions(ctx)
	return int(target - current), d.engine.explain(err)
}

func (d *DB) provider(files fs.FS) (*goose.Provider, error) {
	rendered := fstest.MapFS{}
	for _, folder := range []string{".", d.Engine()} {
		names, err := fs.Glob(files, strings.TrimPrefix(folder+"/*.sql", "./"))
		if err != nil {
			return nil, err
		}
		for _, name := range names {
			text, err := fs.ReadFile(files, name)
			if err != nil {
				return nil, err
			}
			rendered[name[strings.LastIndex(name, "/")+1:]] = &fstest.MapFile{Data: []byte(d.engine.render(string(text)))}
		}
	}
	if len(rendered) == 0 {
		return nil, fault.New(fault.Internal, "db.no_migrations")
	}
	dialect := goose.DialectSQLite3
	if d.Engine() == "postgres" {
		dialect = goose.DialectPostgres
	}
	return goose.NewProvider(dialect, d.writer.db, rendered)
}

func render(text, bigint, boolean, json, blob, strict, rewritten, serial string) string {
	return strings.NewReplacer("{{bigint}}", bigint, "{{bool}}", boolean, "{{json}}", json, "{{blob}}", blob,
		"{{strict}}", strict, "{{rewritten}}", rewritten, "{{serial}}", serial).Replace(text)
}
