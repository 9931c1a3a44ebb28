package db

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"sync"
	"time"
)

// Stmt is a named statement of the program. One text serves both engines.
type Stmt struct {
	Name string
	text string // PostgreSQL's
	lite string // SQLite's
}

var (
	registryMu sync.Mutex
	registry   []*Stmt
)

// SQL names a statement. All of them are prepared on both engines by one test.
// One text serves both; json_rows(text), the rows of a JSON array of objects, is
// json_each in SQLite.
func SQL(name, text string) *Stmt {
	registryMu.Lock()
	defer registryMu.Unlock()
	s := &Stmt{Name: name, text: text, lite: strings.ReplaceAll(text, "json_rows(", "json_each(")}
	registry = append(registry, s)
	return s
}

// Statements lists every statement of the program.
func Statements() []*Stmt {
	registryMu.Lock()
	defer registryMu.Unlock()
	return registry
}

// Check prepares a statement on the writer, to see that the engine takes it.
func (d *DB) Check(ctx context.Context, s *Stmt) error {
	session, err := d.writer.get(ctx)
	if err != nil {
		return err
	}
	defer d.writer.put(session)
	stmt, err := session.conn.PrepareContext(ctx, d.textOf(s))
	if err != nil {
		return fmt.Errorf("%s: %w", s.Name, err)
	}
	return stmt.Close()
}

func (d *DB) textOf(s *Stmt) string {
	if d.Engine() == "sqlite" {
		return s.lite
	}
	return s.text
}

// Row is a row to be scanned.
type Row interface{ Scan(dest ...any) error }

// Exec runs a statement and says how many rows it touched.
func (tx *Tx) Exec(ctx context.Context, s *Stmt, args ...any) (int64, error) {
	return tx.session.exec(context.WithoutCancel(ctx), s, values(args)...)
}

// Later runs a statement whose answer nobody needs. On PostgreSQL it goes to the
// server with the next one, at the latest with the commit, and what is wrong with
// it is said there.
func (tx *Tx) Later(ctx context.Context, s *Stmt, args ...any) error {
	if tx.session.pg != nil {
		tx.session.later(s, values(args)...)
		return nil
	}
	_, err := tx.Exec(ctx, s, args...)
	return err
}

// All collects every row of a query.
func All[T any](ctx context.Context, tx *Tx, s *Stmt, scan func(Row) (T, error), args ...any) (all []T, err error) {
	err = tx.session.query(context.WithoutCancel(ctx), s, func(rows results) (err error) {
		all, err = collect(rows, scan)
		return err
	}, values(args)...)
	return all, err
}

// One is the first row of a query, if there is one.
func One[T any](ctx context.Context, tx *Tx, s *Stmt, scan func(Row) (T, error), args ...any) (one T, found bool, err error) {
	all, err := All(ctx, tx, s, scan, args...)
	if err != nil || len(all) == 0 {
		return one, false, err
	}
	return all[0], true, nil
}

// Value scans a row of one column.
func Value[T any](r Row) (v T, err error) {
	err = r.Scan(&v)
	return v, err
}

// values dresses arguments for the wire: instants are integer microseconds, and
// the zero instant is NULL; lists are JSON, for json_each.
func values(args []any) []any {
	for i, arg := range args {
		switch v := arg.(type) {
		case time.Time:
			if args[i] = nil; !v.IsZero() {
				args[i] = v.UnixMicro()
			}
		case []string:
			args[i] = list(v)
		case []int64:
			args[i] = list(v)
		}
	}
	return args
}

func list[T string | int64](of []T) string {
	if len(of) == 0 {
		return "[]"
	}
	text, _ := json.Marshal(of) // texts and numbers: cannot fail
	return string(text)
}

// row undresses what values dressed.
type row struct{ rows results }

func (r row) Scan(dest ...any) error {
	for i, d := range dest {
		switch d := d.(type) {
		case *time.Time:
			dest[i] = (*instant)(d)
		case *string:
			dest[i] = (*text)(d)
		}
	}
	return r.rows.Scan(dest...)
}

type instant time.Time

func (t *instant) Scan(v any) error {
	switch v := v.(type) {
	case nil:
		*t = instant{}
	case int64:
		*t = instant(time.UnixMicro(v).UTC())
	default:
		return fmt.Errorf("not an instant: %T", v)
	}
	return nil
}

// text reads NULL as "".
type text string

func (t *text) Scan(v any) error {
	switch v := v.(type) {
	case nil:
		*t = ""
	case string:
		*t = text(v)
	case []byte:
		*t = text(v)
	default:
		return fmt.Errorf("not a text: %T", v)
	}
	return nil
}
