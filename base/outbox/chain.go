package outbox

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"

	"comptoir.example/comptoir/base/db"
)

var (
	selectUnlinked = db.SQL("outbox.select_unlinked", `
SELECT id, hash FROM fact WHERE NOT linked ORDER BY id LIMIT $1`)
	selectHead = db.SQL("outbox.select_head", `
SELECT seq, fact, hash FROM fact_link ORDER BY seq DESC LIMIT 1`)
	insertLinks = db.SQL("outbox.insert_links", `
INSERT INTO fact_link (seq, fact, hash)
SELECT CAST(value->>'seq' AS BIGINT), value->>'fact', value->>'hash' FROM json_rows(CAST($1 AS TEXT))`)
	markLinked = db.SQL("outbox.mark_linked", `
UPDATE fact SET linked = TRUE WHERE id IN (SELECT value FROM json_each(CAST($1 AS TEXT)))`)
	selectChain = db.SQL("outbox.select_chain", `
SELECT l.seq, l.fact, l.hash, f.kind, f.subject, f.actor, f.request, f.at, f.body, f.hash
FROM fact_link l LEFT JOIN fact f ON f.id = l.fact WHERE l.seq > $1 ORDER BY l.seq LIMIT 5000`)
	countUnlinked = db.SQL("outbox.count_unlinked", `SELECT COUNT(*) FROM fact WHERE NOT linked`)
)

type link struct {
	Seq  int64  `json:"seq"`
	Fact string `json:"fact"`
	Hash string `json:"hash"`
}

func chained(previous, fact string) string {
	sum := sha256.Sum256([]byte(previous + fact))
	return hex.EncodeToString(sum[:])
}

// Link gives the facts that have none a place in the chain. It is the only one
// who reads the chain's head, so that business units never wait for it.
func (b *Box) Link(ctx context.Context) error {
	for {
		n := 0
		err := b.DB.WriteHeld(ctx, "outbox.chain", func(tx *db.Tx) error {
			todo, err := db.All(ctx, tx, selectUnlinked, func(r db.Row) (l link, err error) {
				err = r.Scan(&l.Fact, &l.Hash)
				return l, err
			}, 500)
			if n = len(todo); err != nil || n == 0 {
				return err
			}
			head, _, err := db.One(ctx, tx, selectHead, func(r db.Row) (l link, err error) {
				err = r.Scan(&l.Seq, &l.Fact, &l.Hash)
				return l, err
			})
			if err != nil {
				return err
			}
			ids := make([]string, n)
			for i := range todo {
				ids[i] = todo[i].Fact
				head = link{head.Seq + 1, ids[i], chained(head.Hash, todo[i].Hash)}
				todo[i] = head
			}
			links, err := json.Marshal(todo)
			if err != nil {
				return err
			}
			if err := tx.Later(ctx, insertLinks, string(links)); err != nil {
				return err
			}
			return tx.Later(ctx, markLinked, ids)
		})
		if err == nil && n > 0 {
			b.Crash("facts.linked")
		}
		if err != nil || n < 500 {
			return err
		}
	}
}

// Chain is what verifying the trail found.
type Chain struct {
	Linked, Unlinked int
	Broken           string // id of the first fact that is not what it was; "" when all is sound
}

// Verify reads the whole trail and recomputes it: an edit, a deletion or another
// order shows.
func Verify(ctx context.Context, d *db.DB) (c Chain, err error) {
	previous, last := "", int64(0)
	type row struct {
		seq  int64
		link link
		fact Record
	}
	for {
		n := 0
		err = d.Read(ctx, func(tx *db.Tx) error {
			rows, err := db.All(ctx, tx, selectChain, func(r db.Row) (w row, err error) {
				err = r.Scan(&w.seq, &w.link.Fact, &w.link.Hash, &w.fact.Kind, &w.fact.Subject, &w.fact.Actor,
					&w.fact.Request, &w.fact.At, &w.fact.Body, &w.fact.Hash)
				w.fact.ID = w.link.Fact
				return w, err
			}, last)
			n = len(rows)
			for _, w := range rows {
				previous, last = chained(previous, w.fact.Hash), w.seq
				if c.Broken == "" && (!w.fact.Sound() || previous != w.link.Hash) {
					c.Broken = w.link.Fact
				}
				previous = w.link.Hash
			}
			c.Linked += n
			if err == nil && n < 5000 {
				c.Unlinked, _, err = db.One(ctx, tx, countUnlinked, db.Value[int])
			}
			return err
		})
		if err != nil || n < 5000 {
			return c, err
		}
	}
}
