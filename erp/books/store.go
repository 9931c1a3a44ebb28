package books

import (
	"context"
	"encoding/json"
	"fmt"
	"strconv"

	"comptoir.example/comptoir/base/db"
	"comptoir.example/comptoir/base/fault"
)

// unit is one unit of work on the books, on one of the merchant's days. It stops
// at its first error: what is asked of it after that does nothing, gives empty
// documents, and the work is undone as a whole.
type unit struct {
	ctx   context.Context
	tx    *db.Tx
	today string
	err   error
}

// fail remembers the first error.
func (u *unit) fail(err error) {
	if u.err == nil {
		u.err = err
	}
}

// refuse is a no that people can read. The code stands in the API's answer.
func (u *unit) refuse(code string, params ...any) {
	u.fail(fault.New(fault.Invalid, code, params...))
}

// doc is a document that can be kept.
type doc interface {
	self() *Self
	place() place
}

// place is where a document is found.
type place struct {
	kind, ref, owner, parent string
	hidden, open             bool
}

// The statements of the store. A change that changes nothing leaves the stamp.
var (
	count     = db.SQL("books.count", `INSERT INTO counter (name, n) VALUES ($1, 1) ON CONFLICT (name) DO UPDATE SET n = counter.n + 1 RETURNING n`)
	putRecord = db.SQL("books.put_record", `
		INSERT INTO record (id, kind, ref, owner, parent, listed, open, changed, body) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
		ON CONFLICT (id) DO UPDATE SET ref = excluded.ref, owner = excluded.owner, parent = excluded.parent,
			listed = excluded.listed, open = excluded.open, changed = excluded.changed, body = excluded.body
		WHERE record.body <> excluded.body`)
	dropRecord = db.SQL("books.drop_record", `DELETE FROM record WHERE id = $1`)
	byID       = db.SQL("books.by_id", `SELECT body FROM record WHERE kind = $1 AND id = $2`)
	byRef      = db.SQL("books.by_ref", `SELECT body FROM record WHERE kind = $1 AND ref = $2 ORDER BY id`)
	byParent   = db.SQL("books.by_parent", `SELECT body FROM record WHERE kind = $1 AND parent = $2 ORDER BY id`)
	openOf     = db.SQL("books.open_of", `SELECT body FROM record WHERE kind = $1 AND owner = $2 AND open ORDER BY id`)
	openNow    = db.SQL("books.open_now", `SELECT body FROM record WHERE kind = $1 AND open ORDER BY id`)
	ofKind     = db.SQL("books.of_kind", `SELECT body FROM record WHERE kind = $1 ORDER BY id`)
	newest     = db.SQL("books.newest", `SELECT body FROM record WHERE kind = $1 ORDER BY id DESC LIMIT $2`)
	// The API's listings say whether an older document has the same reference.
	changedIn = db.SQL("books.changed", listings+`(changed, id) > ($2, $3) ORDER BY changed, id LIMIT $4`)
	listedIDs = db.SQL("books.listed_ids", listings+`id IN (SELECT value FROM json_each(CAST($2 AS TEXT))) ORDER BY id`)
	listedRef = db.SQL("books.listed_ref", listings+`ref = $2 ORDER BY id`)
	idsOf     = db.SQL("books.ids", `SELECT CAST(id AS TEXT) FROM record WHERE kind = $1 AND listed AND COALESCE(body->>'status', '') <> 'archived' ORDER BY id`)
)

const listings = `SELECT id, changed, body, EXISTS (SELECT 1 FROM record old WHERE old.kind = record.kind AND old.ref = record.ref AND old.ref <> '' AND old.id < record.id)
	FROM record WHERE kind = $1 AND listed AND `

// next counts: 1, 2, 3 … for each name.
func (u *unit) next(name string) int64 {
	if u.err != nil {
		return 0
	}
	n, _, err := db.One(u.ctx, u.tx, count, db.Value[int64], name)
	u.fail(err)
	return n
}

// number is the next number of a series, as people read it.
func (u *unit) number(prefix string, digits int) string {
	return fmt.Sprintf("%s%0*d", prefix, digits, u.next(prefix))
}

// put keeps a document; a new one gets its id.
func (u *unit) put(d doc) {
	if d.self().ID == "" {
		d.self().ID = strconv.FormatInt(u.next("id"), 10)
	}
	body, err := json.Marshal(d)
	u.fail(err)
	at := d.place()
	u.exec(putRecord, number(d.self().ID), at.kind, at.ref, at.owner, at.parent, !at.hidden, at.open, u.tx.Now, string(body))
}

// drop removes a document without a trace, as ERPs do.
func (u *unit) drop(d doc) { u.exec(dropRecord, number(d.self().ID)) }

func (u *unit) exec(s *db.Stmt, args ...any) {
	if u.err == nil {
		_, err := u.tx.Exec(u.ctx, s, args...)
		u.fail(err)
	}
}

// number is an id as the database has it; 0, which is nothing, when it is none.
func number(id string) int64 {
	n, err := strconv.ParseInt(id, 10, 64)
	if err != nil {
		return 0
	}
	return n
}

// get is the document of an id; without one the work fails as NotFound.
func get[T any](u *unit, kind, id string) *T { return need[T](u, byID, kind, number(id)) }

// find is the document of a code or key; without one the work fails as NotFound.
func find[T any](u *unit, kind, ref string) *T { return need[T](u, byRef, kind, ref) }

func need[T any](u *unit, s *db.Stmt, kind string, by any) *T {
	if all := list[T](u, s, kind, by); len(all) > 0 {
		return all[0]
	}
	u.fail(fault.New(fault.NotFound, unknown[kind]))
	return new(T)
}

// unknown is the code for a document that is not there.
var unknown = map[string]string{
	customers: "unknown_customer", items: "unknown_item", addresses: "unknown_address", orders: "unknown_order",
	deliveries: "unknown_delivery", invoices: "unknown_invoice", receipts: "unknown_receipt",
}

// list is every document a statement finds.
func list[T any](u *unit, s *db.Stmt, args ...any) []*T {
	return all(u, s, func(r db.Row) (*T, error) {
		var body string
		if err := r.Scan(&body); err != nil {
			return nil, err
		}
		d := new(T)
		return d, json.Unmarshal([]byte(body), d)
	}, args...)
}

func all[T any](u *unit, s *db.Stmt, scan func(db.Row) (T, error), args ...any) []T {
	if u.err != nil {
		return nil
	}
	rows, err := db.All(u.ctx, u.tx, s, scan, args...)
	u.fail(err)
	return rows
}

// listing is a document as the API lists it.
type listing struct {
	ID      string          `json:"id"`
	Changed int64           `json:"changed"` // microseconds since 1970
	Body    json.RawMessage `json:"body"`
	Again   bool            `json:"again"` // an older one has the same code or key
}

func scanListing(r db.Row) (l listing, err error) {
	var id int64
	var body string
	err = r.Scan(&id, &l.Changed, &body, &l.Again)
	l.ID, l.Body = strconv.FormatInt(id, 10), json.RawMessage(body)
	return l, err
}
