package erpsync

import (
	"context"
	"fmt"
	"log/slog"
	"slices"

	"comptoir.example/comptoir/base/db"
	"comptoir.example/comptoir/erp"
	"comptoir.example/comptoir/finance/invoice"
)

var (
	selectLive = db.SQL("erpsync.select_live", `
SELECT erp_id FROM replica WHERE conn = $1 AND kind = $2 AND NOT deleted ORDER BY erp_id`)
	selectMalformed = db.SQL("erpsync.select_malformed", `
SELECT erp_id FROM replica WHERE conn = $1 AND kind = $2 AND malformed <> '' ORDER BY erp_id LIMIT 200`)
)

// Sweep compares the ids of a kind: what is missing there was deleted, what is
// missing here was not noticed. Change stamps tell neither.
func (e *Engine) Sweep(ctx context.Context, kind erp.Kind) error {
	there, err := e.ERP.IDs(ctx, kind)
	if err != nil {
		return fmt.Errorf("ids of %s: %w", kind, err)
	}
	var here []string
	if err := e.DB.Read(ctx, func(tx *db.Tx) (err error) {
		here, err = db.All(ctx, tx, selectLive, db.Value[string], e.conn(), string(kind))
		return err
	}); err != nil {
		return err
	}
	slices.Sort(there)
	var gone, missed []string
	for _, id := range here {
		if _, found := slices.BinarySearch(there, id); !found {
			gone = append(gone, id)
		}
	}
	for _, id := range there {
		if _, found := slices.BinarySearch(here, id); !found {
			missed = append(missed, id)
		}
	}
	if len(gone) > 20 && len(gone) > len(here)/2 {
		// An ERP that forgets half of what it had is more likely ill than tidy.
		slog.ErrorContext(ctx, "erp: sweep refused, too much is missing", "conn", e.conn(), "kind", kind, "gone", len(gone), "of", len(here))
		gone = nil
	}
	// What is missing is asked for by name before it is believed to be gone.
	if err := e.reread(ctx, kind, append(gone, missed...)); err != nil {
		return err
	}
	return e.DB.Write(ctx, func(tx *db.Tx) error {
		_, err := tx.Exec(ctx, noteSwept, e.conn(), string(kind), tx.Now)
		return err
	})
}

// Reread reads again what changes without a stamp, or was not understood.
func (e *Engine) Reread(ctx context.Context, kind erp.Kind) error {
	var ids []string
	if err := e.DB.Read(ctx, func(tx *db.Tx) (err error) {
		if ids, err = db.All(ctx, tx, selectMalformed, db.Value[string], e.conn(), string(kind)); err != nil || kind != erp.KindInvoice {
			return err
		}
		open, err := invoice.OpenIDs(ctx, tx, e.conn())
		ids = append(ids, open...)
		return err
	}); err != nil {
		return err
	}
	return e.reread(ctx, kind, ids)
}

func (e *Engine) reread(ctx context.Context, kind erp.Kind, ids []string) error {
	slices.Sort(ids)
	ids = slices.Compact(ids)
	for part := range slices.Chunk(ids, pageSize) {
		records, err := e.ERP.Read(ctx, kind, part)
		if err != nil {
			return fmt.Errorf("read %s: %w", kind, err)
		}
		if err := e.DB.Write(ctx, func(tx *db.Tx) error {
			_, err := e.apply(ctx, tx, kind, records)
			return err
		}); err != nil {
			return err
		}
	}
	return nil
}
