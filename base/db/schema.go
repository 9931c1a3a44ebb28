package db

import "context"

// Column is a column of a table that is really there, with the engine's type.
type Column struct{ Table, Name, Type string }

var (
	liveColumns = &Stmt{Name: "db.columns",
		text: `
SELECT CAST(table_name AS TEXT), CAST(column_name AS TEXT), CAST(data_type AS TEXT) FROM information_schema.columns
WHERE table_schema = current_schema() AND table_name <> 'goose_db_version' ORDER BY table_name, ordinal_position`,
		lite: `
SELECT t.name, c.name, c.type FROM sqlite_master t JOIN pragma_table_info(t.name) c
WHERE t.type = 'table' AND t.name NOT LIKE 'sqlite\_%' ESCAPE '\' AND t.name <> 'goose_db_version' ORDER BY t.name, c.cid`}
	setSerial = &Stmt{Name: "db.set_serial", text: `SELECT setval(pg_get_serial_sequence($1, $2), $3)`}
)

// Columns lists every column of the open database, whatever the program knows of
// it: by table, then in the table's order.
func Columns(ctx context.Context, tx *Tx) ([]Column, error) {
	return All(ctx, tx, liveColumns, func(r Row) (c Column, err error) {
		err = r.Scan(&c.Table, &c.Name, &c.Type)
		return c, err
	})
}

// SetSerial makes a {{serial}} column go on after a number, once rows were
// written with numbers of their own. SQLite does so by itself.
func (tx *Tx) SetSerial(ctx context.Context, table, column string, last int64) error {
	if last == 0 || tx.db.Engine() == "sqlite" {
		return nil
	}
	_, err := tx.Exec(ctx, setSerial, table, column, last)
	return err
}
