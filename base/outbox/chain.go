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
SELECT fact, hash FROM fact_link ORDER BY seq DESC LIMIT 1`)
	insertLink = db.SQL("outbox.insert_link", `INSERT INTO fact_link (fact, hash) VALUES ($1, $2)`)
	markLinked = db.SQL("outbox.mark_linked", `
UPDATE fact SET linked = TRUE WHERE id IN (SELECT value FROM json_each(CAST($1 AS TEXT)))`)
	selectChain = db.SQL("outbox.select_chain", `
SELECT l.seq, l.fact, l.hash, f.kind, f.subject, f.actor, f.request, f.at, f.body, f.hash
FROM fact_link l LEFT JOIN fact f ON f.id = l.fact WHERE l.seq > $1 ORDER BY l.seq LIMIT 5000`)
	countUnlinked = db.SQL("outbox.count_unlinked", `SELECT COUNT(*) FROM fact WHERE NOT linked`)
)

type link struct{ fact, hash string }

func scanLink(r db.Row) (l link, err error) {
	err = r.Scan(&l.fact, &l.hash)
	return l, err
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
			todo, err := db.All(ctx, tx, selectUnlinked, scanLink, 500)
			if n = len(todo); err != nil || n == 0 {
				return err
			}
			head, _, err := db.One(ctx, tx, selectHead, scanLink)
			if err != nil {
				return err
			}
			ids := make([]string, n)
			for i, f := range todo {
				ids[i] = f.fact
				head.hash = chained(head.hash, f.hash)
				if _, err := tx.Exec(ctx, insertLink, f.fact, head.hash); err != nil {
					return err
				}
			}
			list, err := json.Marshal(ids)
			if err != nil {
				return err
			}
			_, err = tx.Exec(ctx, markLinked, string(list))
			return err
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
				err = r.Scan(&w.seq, &w.link.fact, &w.link.hash, &w.fact.Kind, &w.fact.Subject, &w.fact.Actor,
					&w.fact.Request, &w.fact.At, &w.fact.Body, &w.fact.Hash)
				w.fact.ID = w.link.fact
				return w, err
			}, last)
			n = len(rows)
			for _, w := range rows {
				previous, last = chained(previous, w.fact.Hash), w.seq
				if c.Broken == "" && (!w.fact.Sound() || previous != w.link.hash) {
					c.Broken = w.link.fact
				}
				previous = w.link.hash
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
