package erpsync

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"log/slog"
	"time"

	"comptoir.example/comptoir/base/asof"
	"comptoir.example/comptoir/base/db"
	"comptoir.example/comptoir/base/fault"
	"comptoir.example/comptoir/erp"
	"comptoir.example/comptoir/trade/catalog"
	"comptoir.example/comptoir/trade/customer"
	"comptoir.example/comptoir/trade/order"
	"comptoir.example/comptoir/trade/price"
)

// pageSize is how many records are asked for at a time, and written in one unit
// of work: small enough that SQLite's only writer is not held for long.
const pageSize = 500

var (
	selectFlow = db.SQL("erpsync.select_flow", `SELECT cursor FROM flow WHERE conn = $1 AND kind = $2`)
	upsertFlow = db.SQL("erpsync.upsert_flow", `
INSERT INTO flow (conn, kind, cursor, changed, error) VALUES ($1, $2, $3, $4, '')
ON CONFLICT (conn, kind) DO UPDATE SET cursor = excluded.cursor, changed = COALESCE(excluded.changed, flow.changed)`)
	setFlowError = db.SQL("erpsync.set_flow_error", `
INSERT INTO flow (conn, kind, cursor, error, since) VALUES ($1, $2, '', $3, $4)
ON CONFLICT (conn, kind) DO UPDATE SET error = excluded.error, since = COALESCE(flow.since, excluded.since)`)
	clearFlowError = db.SQL("erpsync.clear_flow_error", `UPDATE flow SET error = '', since = NULL WHERE conn = $1 AND kind = $2 AND error <> ''`)
	selectHashes   = db.SQL("erpsync.select_hashes", `
SELECT erp_id, hash FROM replica WHERE conn = $1 AND kind = $2 AND erp_id IN (SELECT value FROM json_each(CAST($3 AS TEXT)))`)
	upsertReplica = db.SQL("erpsync.upsert_replica", `
INSERT INTO replica (conn, kind, erp_id, no, hash, deleted, malformed, seen) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
ON CONFLICT (conn, kind, erp_id) DO UPDATE SET no = excluded.no, hash = excluded.hash, deleted = excluded.deleted,
    malformed = excluded.malformed, seen = excluded.seen`)
)

// Pull reads what changed of a kind since the last time and writes what is
// really different. It says how many records were. Where it stopped is kept with
// the records, so a killed pull goes on where it was.
func (e *Engine) Pull(ctx context.Context, kind erp.Kind) (changed int, err error) {
	f, err := e.flow(ctx, kind)
	if err != nil {
		return 0, err
	}
	for {
		asked := e.DB.Now()
		page, err := e.ERP.Changed(ctx, kind, f.cursor, pageSize)
		if err != nil {
			return changed, e.failed(ctx, f, err)
		}
		e.latency.Store(int64(e.DB.Now().Sub(asked)))
		n, err := e.keep(ctx, f, page, asked)
		if err != nil {
			return changed, fmt.Errorf("keep %s: %w", kind, err)
		}
		changed += n
		if !page.More {
			return changed, nil
		}
	}
}

// keep writes one page and where it ends. When nothing is new it writes only now
// and then, that the figures are still confirmed.
func (e *Engine) keep(ctx context.Context, f *flow, page erp.Page, asked time.Time) (changed int, err error) {
	if len(page.Records) == 0 && f.err == "" && asked.Sub(f.noted) < noteEvery {
		f.cursor, f.checked = page.Cursor, asked
		return 0, nil
	}
	if len(page.Records) > 0 {
		e.Box.Crash("pull.read." + string(f.kind))
	}
	err = e.DB.Write(ctx, func(tx *db.Tx) error {
		if changed, err = e.apply(ctx, tx, f.kind, page.Records); err != nil {
			return err
		}
		var when any
		if changed > 0 {
			when = tx.Now.UnixMicro()
		}
		if _, err := tx.Exec(ctx, upsertFlow, e.conn(), string(f.kind), page.Cursor, when); err != nil {
			return err
		}
		if page.More {
			return nil
		}
		if f.err != "" {
			if _, err := tx.Exec(ctx, clearFlowError, e.conn(), string(f.kind)); err != nil {
				return err
			}
		}
		if err := noteLag(ctx, tx, e.conn(), string(f.kind), asked.Sub(f.checked), f.checked); err != nil {
			return err
		}
		return asof.Confirm(ctx, tx, e.conn(), string(f.kind), asked)
	})
	if err != nil {
		return 0, err
	}
	if changed > 0 {
		e.Box.Crash("pull.kept." + string(f.kind))
	}
	f.cursor = page.Cursor
	if !page.More {
		f.checked, f.noted, f.err = asked, asked, ""
	}
	return changed, nil
}

// noteEvery is how often at least it is written down that nothing changed.
const noteEvery = 5 * time.Second

// apply writes the records whose content is not what we have. One that cannot be
// understood or kept is reported, and is not in the way of the others.
func (e *Engine) apply(ctx context.Context, tx *db.Tx, kind erp.Kind, records []erp.Record) (changed int, err error) {
	if len(records) == 0 {
		return 0, nil
	}
	ids := make([]string, len(records))
	for i, r := range records {
		ids[i] = r.ID
	}
	known := map[string]string{}
	if _, err := db.All(ctx, tx, selectHashes, func(r db.Row) (_ struct{}, err error) {
		var id, hash string
		err = r.Scan(&id, &hash)
		known[id] = hash
		return struct{}{}, err
	}, e.conn(), string(kind), ids); err != nil {
		return 0, err
	}
	for _, r := range records {
		hash, err := contentHash(r)
		if err != nil {
			return changed, err
		}
		before, have := known[r.ID]
		if before == hash || (r.Deleted && !have) {
			continue
		}
		known[r.ID] = hash
		malformed := r.Malformed
		if malformed == "" {
			if err := e.replicate(ctx, tx, r); fault.Is(err, fault.NotFound) || fault.Is(err, fault.Invalid) {
				// Something it points at is not here yet, or makes no sense: it
				// is read again by the next sweep.
				malformed, hash = err.Error(), ""
			} else if err != nil {
				return changed, fmt.Errorf("%s %s: %w", kind, r.ID, err)
			}
		}
		if malformed != "" {
			slog.WarnContext(ctx, "erp: record not understood", "conn", e.conn(), "kind", kind, "id", r.ID, "why", malformed)
		}
		if _, err := tx.Exec(ctx, upsertReplica, e.conn(), string(kind), r.ID, r.No, hash, r.Deleted, malformed, tx.Now); err != nil {
			return changed, err
		}
		changed++
	}
	return changed, nil
}

// contentHash tells two states of a record apart, whatever its stamp says.
func contentHash(r erp.Record) (string, error) {
	body, err := json.Marshal(r.Body)
	if err != nil {
		return "", err
	}
	sum := sha256.Sum256(fmt.Appendf(nil, "%s\n%s\n%t\n%s\n%s", r.Kind, r.No, r.Deleted, r.Malformed, body))
	return hex.EncodeToString(sum[:16]), nil
}

// replicate hands a record to the one who owns its table.
func (e *Engine) replicate(ctx context.Context, tx *db.Tx, r erp.Record) error {
	switch r.Kind {
	case erp.KindCustomer, erp.KindAddress, erp.KindTerm, erp.KindPaymentMethod, erp.KindDeliveryMethod:
		return customer.Replicate(ctx, tx, e.conn(), r)
	case erp.KindItem, erp.KindUnit, erp.KindStock:
		return catalog.Replicate(ctx, tx, e.conn(), r)
	case erp.KindPrice, erp.KindTax, erp.KindTaxCase:
		return price.Replicate(ctx, tx, e.conn(), r)
	case erp.KindOrder, erp.KindShipment:
		return order.Replicate(ctx, tx, e.Merchant(), r)
	case erp.KindInvoice:
		return e.replicateInvoice(ctx, tx, r)
	case erp.KindReceipt:
		return e.replicateReceipt(ctx, tx, r)
	}
	return fault.New(fault.Invalid, "erp.unknown_kind", "kind", string(r.Kind))
}

// failed notes that a flow does not move, when that is new.
func (e *Engine) failed(ctx context.Context, f *flow, cause error) error {
	text := erp.ErrorOf(cause).Error()
	if f.err != text {
		if err := e.DB.Write(ctx, func(tx *db.Tx) error {
			_, err := tx.Exec(ctx, setFlowError, e.conn(), string(f.kind), text, tx.Now)
			return err
		}); err != nil {
			return err
		}
		f.err = text
	}
	return cause
}
