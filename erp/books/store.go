package books

import (
	"context"
	"encoding/json"
	"fmt"
	"strconv"
	"time"

	"comptoir.example/comptoir/base/db"
	"comptoir.example/comptoir/base/fault"
)

// unit is one unit of work on the books, on one of the merchant's days.
type unit struct {
	ctx   context.Context
	tx    *db.Tx
	today string
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
	ofOwner    = db.SQL("books.of_owner", `SELECT body FROM record WHERE kind = $1 AND owner = $2 ORDER BY id`)
	ofKind     = db.SQL("books.of_kind", `SELECT body FROM record WHERE kind = $1 ORDER BY id`)
	newest     = db.SQL("books.newest", `SELECT body FROM record WHERE kind = $1 ORDER BY id DESC LIMIT $2`)
	changedIn  = db.SQL("books.changed", `SELECT id, changed, body FROM record WHERE kind = $1 AND listed AND (changed, id) > ($2, $3) ORDER BY changed, id LIMIT $4`)
	listedByID = db.SQL("books.listed_by_id", `SELECT id, changed, body FROM record WHERE kind = $1 AND listed AND id = $2`)
	idsOf      = db.SQL("books.ids", `SELECT id FROM record WHERE kind = $1 AND listed ORDER BY id`)
)

// next counts: 1, 2, 3 … for each name.
func (u *unit) next(name string) (int64, error) {
	n, _, err := db.One(u.ctx, u.tx, count, db.Value[int64], name)
	return n, err
}

// number is the next number of a series, as people read it.
func (u *unit) number(prefix string, digits int) (string, error) {
	n, err := u.next(prefix)
	return fmt.Sprintf("%s%0*d", prefix, digits, n), err
}

// put keeps documents; a new one gets its id.
func (u *unit) put(docs ...doc) error {
	for _, d := range docs {
		if d.self().ID == "" {
			n, err := u.next("id")
			if err != nil {
				return err
			}
			d.self().ID = strconv.FormatInt(n, 10)
		}
		body, err := json.Marshal(d)
		if err != nil {
			return err
		}
		at := d.place()
		_, err = u.tx.Exec(u.ctx, putRecord, number(d.self().ID), at.kind, at.ref, at.owner, at.parent, !at.hidden, at.open, u.tx.Now, string(body))
		if err != nil {
			return err
		}
	}
	return nil
}

// drop removes a document without a trace, as ERPs do.
func (u *unit) drop(d doc) error {
	_, err := u.tx.Exec(u.ctx, dropRecord, number(d.self().ID))
	return err
}

// number is an id as the database has it; 0, which is nothing, when it is none.
func number(id string) int64 {
	n, err := strconv.ParseInt(id, 10, 64)
	if err != nil {
		return 0
	}
	return n
}

// get is the document of an id: NotFound "unknown_<kind>" when there is none.
func get[T any](u *unit, kind, id string) (*T, error) {
	return first[T](u, byID, kind, number(id))
}

// find is the document of a code or key.
func find[T any](u *unit, kind, ref string) (*T, error) {
	return first[T](u, byRef, kind, ref)
}

func first[T any](u *unit, s *db.Stmt, kind string, by any) (*T, error) {
	d, found, err := db.One(u.ctx, u.tx, s, scan[T], kind, by)
	if err == nil && !found {
		return nil, fault.New(fault.NotFound, unknown[kind])
	}
	return d, err
}

// unknown is the code for a document that is not there.
var unknown = map[string]string{
	customers: "unknown_customer", items: "unknown_item", addresses: "unknown_address", orders: "unknown_order",
	deliveries: "unknown_delivery", taxCases: "unknown_tax_case", invoices: "unknown_invoice",
}

// list is every document a statement finds.
func list[T any](u *unit, s *db.Stmt, args ...any) ([]*T, error) {
	return db.All(u.ctx, u.tx, s, scan[T], args...)
}

func scan[T any](r db.Row) (*T, error) {
	var body string
	if err := r.Scan(&body); err != nil {
		return nil, err
	}
	d := new(T)
	return d, json.Unmarshal([]byte(body), d)
}

// listing is a document as the API lists it.
type listing struct {
	ID      string          `json:"id"`
	Changed int64           `json:"changed"` // microseconds since 1970
	Body    json.RawMessage `json:"body"`
}

func scanListing(r db.Row) (l listing, err error) {
	var id int64
	var at time.Time
	var body string
	err = r.Scan(&id, &at, &body)
	return listing{strconv.FormatInt(id, 10), at.UnixMicro(), json.RawMessage(body)}, err
}
