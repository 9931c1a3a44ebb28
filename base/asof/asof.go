// Package asof says of every figure where it comes from and how old it is.
//
// A figure that was copied from elsewhere is as fresh as the last time its
// source confirmed it, not as the last time it changed.
//
// Tables: freshness.
package asof

import (
	"context"
	"time"

	"comptoir.example/comptoir/base/db"
)

// Stamp is the origin of a figure.
type Stamp struct {
	Source string        // "erp", "shop"
	At     time.Time     // when the source last confirmed it; zero: never
	Limit  time.Duration // older than this it is stale; 0: it does not age
}

// Stale says whether a figure is older than its limit.
func (s Stamp) Stale(now time.Time) bool { return s.Limit > 0 && now.Sub(s.At) > s.Limit }

// Limits are how old each kind of figure may be before the page says so.
var Limits = map[string]time.Duration{
	"price": 15 * time.Minute, "stock": 5 * time.Minute, "order": 5 * time.Minute,
	"shipment": 5 * time.Minute, "invoice": 5 * time.Minute, "item": 15 * time.Minute, "customer": 15 * time.Minute,
}

// DefaultLimit is for kinds that change rarely.
const DefaultLimit = time.Hour

// Board is when each kind was last confirmed by one source.
type Board struct {
	source string
	at     map[string]time.Time
}

// Of is the stamp of a kind of figure.
func (b Board) Of(kind string) Stamp {
	limit, found := Limits[kind]
	if !found {
		limit = DefaultLimit
	}
	return Stamp{b.source, b.at[kind], limit}
}

var (
	selectBoard = db.SQL("asof.select_board", `SELECT kind, at FROM freshness WHERE source = $1`)
	upsert      = db.SQL("asof.upsert", `
INSERT INTO freshness (source, kind, at) VALUES ($1, $2, $3)
ON CONFLICT (source, kind) DO UPDATE SET at = excluded.at WHERE excluded.at > freshness.at`)
)

// Read is the board of a source.
func Read(ctx context.Context, tx *db.Tx, source string) (Board, error) {
	b := Board{"erp", map[string]time.Time{}}
	all, err := ask(ctx, tx, source).All(ctx)
	for _, c := range all {
		b.at[c.kind] = c.at
	}
	return b, err
}

type confirmed struct {
	kind string
	at   time.Time
}

func ask(ctx context.Context, tx *db.Tx, source string) *db.Coming[confirmed] {
	return db.Asked(ctx, tx, "asof/"+source, selectBoard, func(r db.Row) (c confirmed, err error) {
		err = r.Scan(&c.kind, &c.at)
		return c, err
	}, source)
}

// Ask says early that a board will be read.
func Ask(ctx context.Context, tx *db.Tx, source string) { ask(ctx, tx, source) }

// Confirm notes that a source confirmed a kind at an instant.
func Confirm(ctx context.Context, tx *db.Tx, source, kind string, at time.Time) error {
	tx.Forget("asof/" + source)
	return tx.Later(ctx, upsert, source, kind, at)
}
