package payment

import (
	"context"
	"slices"
	"strings"
	"time"

	"comptoir.example/comptoir/base/db"
	"comptoir.example/comptoir/base/fault"
	"comptoir.example/comptoir/base/money"
	"comptoir.example/comptoir/base/outbox"
	"comptoir.example/comptoir/trade/access"
)

// Task is something about money that a person of the merchant must look at.
type Task struct {
	ID, Kind string
	Customer string // id, "" when it is nobody's
	Subject  string // a movement, a receipt key, a payment, a document
	Amount   money.Amount
	Created  time.Time
	Owner    string // person.id of who takes care of it, "" for nobody yet
	Done     time.Time
	Person   string // who settled it
	Note     string // how
}

// TaskFilter narrows a list of tasks; its zero value is what is open.
type TaskFilter struct {
	Kind  string // "" for all
	Owner string // person.id, or Unowned; "" for all
	Done  bool   // what is settled, the last first
}

// Unowned is the owner of what nobody has taken on yet.
const Unowned = "nobody"

// TaskOwned is emitted when somebody takes a task on, hands it over or lets it go.
type TaskOwned struct {
	Task  string `json:"task"`
	Owner string `json:"owner"` // person.id, "" for nobody
}

// TaskDone is emitted when a task is settled.
type TaskDone struct {
	Task     string `json:"task"`
	What     string `json:"what"` // kind
	Of       string `json:"of"`   // subject
	How      string `json:"how"`  // done, accept, release
	Minor    int64  `json:"minor"`
	Currency string `json:"currency"`
}

// Kind and Subject name the facts.
func (TaskOwned) Kind() string      { return "task.owned" }
func (f TaskOwned) Subject() string { return f.Task }
func (TaskDone) Kind() string       { return "task.done" }
func (f TaskDone) Subject() string  { return f.Task }

const taskColumns = `id, kind, customer, subject, currency, minor, created, owner, done, person, note`

var (
	selectTask  = db.SQL("payment.select_task", `SELECT `+taskColumns+` FROM task WHERE id = $1`)
	selectTasks = db.SQL("payment.select_tasks", `
SELECT `+taskColumns+` FROM task WHERE done IS NULL AND (CAST($1 AS TEXT) = '' OR kind = CAST($1 AS TEXT))
    AND (CAST($2 AS TEXT) = '' OR COALESCE(owner, '`+Unowned+`') = CAST($2 AS TEXT)) ORDER BY created, id LIMIT $3`)
	selectDone = db.SQL("payment.select_done_tasks", `
SELECT `+taskColumns+` FROM task WHERE done IS NOT NULL AND (CAST($1 AS TEXT) = '' OR kind = CAST($1 AS TEXT))
    AND (CAST($2 AS TEXT) = '' OR COALESCE(person, '`+Unowned+`') = CAST($2 AS TEXT)) ORDER BY done DESC, id DESC LIMIT $3`)
	countTasks = db.SQL("payment.count_tasks", `
SELECT kind, owner, COUNT(*), MIN(created) FROM task WHERE done IS NULL GROUP BY kind, owner ORDER BY kind, owner`)
	setOwner = db.SQL("payment.set_owner", `UPDATE task SET owner = $2 WHERE id = $1`)
	endTask  = db.SQL("payment.end_task", `UPDATE task SET done = $2, person = $3, note = $4 WHERE id = $1`)
)

func scanTask(r db.Row) (t Task, err error) {
	err = r.Scan(&t.ID, &t.Kind, &t.Customer, &t.Subject, &t.Amount.Currency, &t.Amount.Minor, &t.Created, &t.Owner, &t.Done, &t.Person, &t.Note)
	return t, err
}

// Tasks are what finance has to look at, the oldest first; what is settled, the
// last first.
func Tasks(ctx context.Context, tx *db.Tx, who access.Actor, f TaskFilter, most int) ([]Task, error) {
	if err := who.Must(access.ViewFinance); err != nil {
		return nil, err
	}
	stmt := selectTasks
	if f.Done {
		stmt = selectDone
	}
	return db.All(ctx, tx, stmt, scanTask, f.Kind, f.Owner, most)
}

// TaskCount is how many open tasks of a kind somebody takes care of.
type TaskCount struct {
	Kind, Owner string // Owner "" for nobody
	N           int
	Oldest      time.Time
}

// CountTasks counts what is open, by kind and owner.
func CountTasks(ctx context.Context, tx *db.Tx, who access.Actor) ([]TaskCount, error) {
	if err := who.Must(access.ViewFinance); err != nil {
		return nil, err
	}
	return db.All(ctx, tx, countTasks, func(r db.Row) (c TaskCount, err error) {
		err = r.Scan(&c.Kind, &c.Owner, &c.N, &c.Oldest)
		return c, err
	})
}

// FindTask is a task, open or settled.
func FindTask(ctx context.Context, tx *db.Tx, who access.Actor, id string) (Task, error) {
	if err := who.Must(access.ViewFinance); err != nil {
		return Task{}, err
	}
	t, found, err := db.One(ctx, tx, selectTask, scanTask, id)
	if err == nil && !found {
		err = fault.New(fault.NotFound, "task.not_found")
	}
	return t, err
}

// open is a task that somebody acts on. Conflict when it is settled.
func open(ctx context.Context, tx *db.Tx, who access.Actor, id string) (Task, error) {
	if err := who.Must(access.SettleFinance); err != nil {
		return Task{}, err
	}
	t, err := FindTask(ctx, tx, who, id)
	if err == nil && !t.Done.IsZero() {
		err = fault.New(fault.Conflict, "task.settled")
	}
	return t, err
}

// OwnTask gives a task to somebody who may settle it: to oneself, to a colleague,
// or with "" to nobody again.
func OwnTask(ctx context.Context, tx *db.Tx, who access.Actor, id, owner string) error {
	t, err := open(ctx, tx, who, id)
	if err != nil || t.Owner == owner {
		return err
	}
	if err := MayOwn(ctx, tx, owner); err != nil {
		return err
	}
	if _, err := tx.Exec(ctx, setOwner, id, null(owner)); err != nil {
		return err
	}
	return outbox.Emit(ctx, tx, who.By(), TaskOwned{id, owner})
}

// MayOwn refuses an owner who may not settle what is given to them.
func MayOwn(ctx context.Context, tx *db.Tx, owner string) error {
	staff, err := access.Staff(ctx, tx, access.SettleFinance)
	if err == nil && owner != "" && !slices.ContainsFunc(staff, func(n access.Named) bool { return n.ID == owner }) {
		err = fault.New(fault.Invalid, "task.bad_owner").With("owner", "task.bad_owner")
	}
	return err
}

// FinishTask settles a task that a person has dealt with, in words that say how.
// What still reserves documents is not simply done: Decide ends it.
func FinishTask(ctx context.Context, tx *db.Tx, who access.Actor, id, note string) error {
	t, err := open(ctx, tx, who, id)
	if err != nil {
		return err
	}
	if _, held, err := quarantined(ctx, tx, t); err != nil {
		return err
	} else if held {
		return fault.New(fault.Conflict, "task.decide")
	}
	return t.end(ctx, tx, who, "done", note)
}

// end writes down who settled a task, and how.
func (t Task) end(ctx context.Context, tx *db.Tx, who access.Actor, how, note string) error {
	note, err := Reason(note)
	if err != nil {
		return err
	}
	if _, err := tx.Exec(ctx, endTask, t.ID, tx.Now, who.Person, note); err != nil {
		return err
	}
	return outbox.Emit(ctx, tx, who.By(), TaskDone{t.ID, t.Kind, t.Subject, how, t.Amount.Minor, t.Amount.Currency})
}

// Reason is what somebody wrote to say why; Invalid when they wrote nothing, or too
// much.
func Reason(text string) (string, error) {
	text = strings.TrimSpace(text)
	switch {
	case text == "":
		return "", fault.New(fault.Invalid, "task.say_why").With("note", "task.say_why")
	case len([]rune(text)) > maxReason:
		return "", fault.New(fault.Invalid, "task.note_too_long", "n", maxReason).With("note", "task.note_too_long", "n", maxReason)
	}
	return text, nil
}

var selectOfTask = db.SQL("payment.select_of_task", `
SELECT id FROM payment WHERE id = $2
UNION ALL SELECT payment FROM movement WHERE gateway = $1 AND id = $2 AND payment IS NOT NULL
UNION ALL SELECT payment FROM receipt WHERE key = $2`)

// OfTask is the payment that a task is about; "" when it is about none.
func OfTask(ctx context.Context, tx *db.Tx, gateway string, t Task) (string, error) {
	id, _, err := db.One(ctx, tx, selectOfTask, db.Value[string], gateway, t.Subject)
	return id, err
}
