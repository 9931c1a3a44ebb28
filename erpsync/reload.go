package erpsync

import (
	"context"

	"comptoir.example/comptoir/base/db"
	"comptoir.example/comptoir/erp"
)

var forgetHashes = db.SQL("erpsync.forget_hashes", `
UPDATE replica SET hash = '' WHERE conn = $1 AND kind = $2 AND erp_id IN (SELECT value FROM json_each(CAST($3 AS TEXT)))`)

// Reload reads records again and writes them though the ERP says what it said
// before: for rows of ours that are not what was read.
func (e *Engine) Reload(ctx context.Context, kind erp.Kind, ids []string) error {
	if len(ids) == 0 {
		return nil
	}
	if err := e.DB.Write(ctx, func(tx *db.Tx) error {
		_, err := tx.Exec(ctx, forgetHashes, e.conn(), string(kind), ids)
		return err
	}); err != nil {
		return err
	}
	return e.reread(ctx, kind, ids)
}
