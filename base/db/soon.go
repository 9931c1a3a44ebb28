package db

import (
	"context"
	"errors"
)

// Coming is the answer to a query that is on its way.
type Coming[T any] struct {
	tx      *Tx
	all     []T
	err     error
	arrived bool
}

// Soon asks now and reads the answer later: on PostgreSQL several questions go to
// the server in one message. On SQLite it is All.
func Soon[T any](ctx context.Context, tx *Tx, s *Stmt, scan func(Row) (T, error), args ...any) *Coming[T] {
	c := &Coming[T]{tx: tx}
	if tx.session.pg == nil {
		c.all, c.err = All(ctx, tx, s, scan, args...)
		c.arrived = true
		return c
	}
	tx.session.queued = append(tx.session.queued, queued{s, values(args), func(rows results) (err error) {
		c.arrived = true
		c.all, err = collect(rows, scan)
		return err
	}})
	return c
}

// Asked is Soon for a question that several parts of a unit of work ask: it is
// sent once. Whoever changes what it reads calls Forget with the same key.
func Asked[T any](ctx context.Context, tx *Tx, key string, s *Stmt, scan func(Row) (T, error), args ...any) *Coming[T] {
	if c, found := tx.asked[key]; found {
		return c.(*Coming[T])
	}
	c := Soon(ctx, tx, s, scan, args...)
	if tx.asked == nil {
		tx.asked = map[string]any{}
	}
	tx.asked[key] = c
	return c
}

// Forget lets Asked ask again.
func (tx *Tx) Forget(key string) { delete(tx.asked, key) }

// All waits for every row of the answer.
func (c *Coming[T]) All(ctx context.Context) ([]T, error) {
	if !c.arrived {
		if _, err := c.tx.session.flush(context.WithoutCancel(ctx)); err != nil {
			return nil, err
		}
	}
	if !c.arrived {
		return nil, errors.New("db: an answer is missing, since the unit of work failed before")
	}
	return c.all, c.err
}

// One waits for the first row, if there is one.
func (c *Coming[T]) One(ctx context.Context) (one T, found bool, err error) {
	all, err := c.All(ctx)
	if err != nil || len(all) == 0 {
		return one, false, err
	}
	return all[0], true, nil
}

// collect scans every row.
func collect[T any](rows results, scan func(Row) (T, error)) (all []T, err error) {
	for rows.Next() {
		one, err := scan(row{rows})
		if err != nil {
			return nil, err
		}
		all = append(all, one)
	}
	return all, rows.Err()
}
