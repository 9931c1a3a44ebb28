package parity

import (
	"context"
	"time"

	"comptoir.example/comptoir/base/db"
	"comptoir.example/comptoir/base/fault"
	"comptoir.example/comptoir/base/outbox"
	"comptoir.example/comptoir/finance/payment"
	"comptoir.example/comptoir/trade/access"
)

// Ref names a difference for as long as it is there, whatever its amounts.
type Ref struct {
	Kind              Kind
	Currency, Subject string
}

// Ref is the difference's name.
func (d Difference) Ref() Ref { return Ref{d.Kind, d.Theirs.Currency, d.Subject} }

// Note is why a person leaves a difference as it is. It stands for the gap that the
// person saw: another gap is to be explained anew.
type Note struct {
	Person, Reason string
	At             time.Time
}

// Owned is emitted when somebody takes a difference on, hands it over or lets it go.
type Owned struct {
	Equation Kind   `json:"equation"`
	Currency string `json:"currency"`
	Of       string `json:"of"`
	Owner    string `json:"owner"` // person.id, "" for nobody
}

// Acknowledged is emitted when somebody leaves a difference as it is. Why stands in
// the note.
type Acknowledged struct {
	Equation Kind   `json:"equation"`
	Currency string `json:"currency"`
	Of       string `json:"of"`
	Minor    int64  `json:"minor"`
	Note     string `json:"note"` // id
}

// Tried is emitted when somebody has something done about a difference: what a fix
// changes, it changes in the open.
type Tried struct {
	Equation Kind   `json:"equation"`
	Currency string `json:"currency"`
	Of       string `json:"of"`
	Minor    int64  `json:"minor"`
	Fix      Fix    `json:"fix"`
}

// Kind and Subject name the facts.
func (Owned) Kind() string             { return "difference.owned" }
func (f Owned) Subject() string        { return f.Of }
func (Acknowledged) Kind() string      { return "difference.acknowledged" }
func (f Acknowledged) Subject() string { return f.Of }
func (Tried) Kind() string             { return "difference.tried" }
func (f Tried) Subject() string        { return f.Of }

// Fix is what can be done here about a difference.
type Fix string

// The fixes.
const (
	NoFix    Fix = ""         // wait, or settle it where it was made
	Reread   Fix = "reread"   // read the document and its receipts from the ERP again
	AskAgain Fix = "ask"      // ask the processor what it did
	Resend   Fix = "messages" // see what stopped on its way to the ERP
)

// Fix is what is suggested about a difference.
func (d Difference) Fix() Fix {
	switch d.Kind {
	case OpenItems:
		return Reread
	case Processor:
		return AskAgain
	}
	return Resend
}

var (
	selectOne = db.SQL("parity.select_one", `
SELECT `+columns+` FROM parity_difference WHERE kind = $1 AND currency = $2 AND subject = $3`)
	setOwner = db.SQL("parity.set_owner", `
UPDATE parity_difference SET owner = $4 WHERE kind = $1 AND currency = $2 AND subject = $3`)
	insertNote = db.SQL("parity.insert_note", `
INSERT INTO parity_note (id, kind, currency, subject, minor, person, reason, at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`)
	selectNotes = db.SQL("parity.select_notes", `
SELECT n.kind, n.currency, n.subject, n.minor, n.person, n.reason, n.at FROM parity_difference d
JOIN parity_note n ON n.kind = d.kind AND n.currency = d.currency AND n.subject = d.subject AND n.at >= d.since ORDER BY n.at, n.id`)
	countOpen = db.SQL("parity.count_differences", `
SELECT d.owner, COUNT(*), MIN(d.since) FROM parity_difference d WHERE d.changed <= $1 AND NOT EXISTS (
    SELECT 1 FROM parity_note n WHERE n.kind = d.kind AND n.currency = d.currency AND n.subject = d.subject AND n.at >= d.since
        AND n.minor = d.theirs - d.ours)
GROUP BY d.owner ORDER BY d.owner`)
)

// withNotes gives the differences that somebody has acknowledged their note.
func withNotes(ctx context.Context, tx *db.Tx, all []Difference) error {
	if len(all) == 0 {
		return nil
	}
	type of struct {
		Ref
		minor int64
	}
	notes := map[of]*Note{}
	_, err := db.All(ctx, tx, selectNotes, func(r db.Row) (n Note, err error) {
		var o of
		err = r.Scan((*string)(&o.Kind), &o.Currency, &o.Subject, &o.minor, &n.Person, &n.Reason, &n.At)
		notes[o] = &n
		return n, err
	})
	for i, d := range all {
		all[i].Note = notes[of{d.Ref(), d.Gap().Minor}]
	}
	return err
}

// Count is how many differences somebody takes care of.
type Count struct {
	Owner  string // "" for nobody
	N      int
	Oldest time.Time
}

// CountByOwner counts what does not tie, is not fresh and was not acknowledged, by
// who takes care of it.
func CountByOwner(ctx context.Context, tx *db.Tx) ([]Count, error) {
	return db.All(ctx, tx, countOpen, func(r db.Row) (c Count, err error) {
		err = r.Scan(&c.Owner, &c.N, &c.Oldest)
		return c, err
	}, tx.Now.Add(-settles))
}

// FindDifference is a difference as it is now; Conflict when it ties meanwhile.
func FindDifference(ctx context.Context, tx *db.Tx, ref Ref) (Difference, error) {
	d, found, err := db.One(ctx, tx, selectOne, scan, string(ref.Kind), ref.Currency, ref.Subject)
	if err == nil && !found {
		return d, fault.New(fault.Conflict, "parity.gone")
	} else if err != nil {
		return d, err
	}
	all := []Difference{d}
	err = withNotes(ctx, tx, all)
	return all[0], err
}

// find is a difference that somebody acts on. Conflict when it ties meanwhile.
func find(ctx context.Context, tx *db.Tx, who access.Actor, ref Ref) (Difference, error) {
	if err := who.Must(access.SettleFinance); err != nil {
		return Difference{}, err
	}
	return FindDifference(ctx, tx, ref)
}

// Own gives a difference to somebody who may settle it: to oneself, to a colleague,
// or with "" to nobody again.
func Own(ctx context.Context, tx *db.Tx, who access.Actor, ref Ref, owner string) error {
	d, err := find(ctx, tx, who, ref)
	if err != nil || d.Owner == owner {
		return err
	}
	if err := payment.MayOwn(ctx, tx, owner); err != nil {
		return err
	}
	var to any
	if owner != "" {
		to = owner
	}
	if _, err := tx.Exec(ctx, setOwner, string(ref.Kind), ref.Currency, ref.Subject, to); err != nil {
		return err
	}
	return outbox.Emit(ctx, tx, who.By(), Owned{ref.Kind, ref.Currency, ref.Subject, owner})
}

// Acknowledge leaves a difference as it is, for a reason: it stays listed, under the
// person's name, until it ties. seen is the gap that the person saw, in minor units;
// Conflict when it is another one by now.
func Acknowledge(ctx context.Context, tx *db.Tx, who access.Actor, ref Ref, seen int64, reason string) error {
	d, err := find(ctx, tx, who, ref)
	if err != nil {
		return err
	}
	if d.Gap().Minor != seen {
		return fault.New(fault.Conflict, "parity.moved", "gap", d.Gap())
	}
	if reason, err = payment.Reason(reason); err != nil {
		return err
	}
	id := tx.ID()
	if err := tx.Later(ctx, insertNote, id, string(ref.Kind), ref.Currency, ref.Subject, seen, who.Person, reason, tx.Now); err != nil {
		return err
	}
	return outbox.Emit(ctx, tx, who.By(), Acknowledged{ref.Kind, ref.Currency, ref.Subject, seen, id})
}

// Try writes down that somebody has something done about a difference, and gives it.
// What is done talks to the other side, after this unit of work. Invalid for a fix
// that is not the difference's.
func Try(ctx context.Context, tx *db.Tx, who access.Actor, ref Ref, fix Fix) (Difference, error) {
	d, err := find(ctx, tx, who, ref)
	if err != nil {
		return d, err
	}
	if fix != d.Fix() && (fix != AskAgain || d.Kind != Clearing) {
		return d, fault.New(fault.Invalid, "parity.no_such_fix")
	}
	return d, outbox.Emit(ctx, tx, who.By(), Tried{ref.Kind, ref.Currency, ref.Subject, d.Gap().Minor, fix})
}
