package order

import (
	"context"
	"encoding/json"
	"time"

	"comptoir.example/comptoir/base/db"
	"comptoir.example/comptoir/base/outbox"
	"comptoir.example/comptoir/erp"
)

// Numbered is emitted when the ERP has taken an order and given it its number.
type Numbered struct {
	Order  string `json:"order"`
	Number string `json:"number"`
	Total  int64  `json:"total_minor"`
}

// Answered is emitted when the ERP did not simply take an order: it refused it,
// asked a question, or adds it up to something else.
type Answered struct {
	Order string `json:"order"`
	State State  `json:"state"`
	Code  string `json:"code"`
	Text  string `json:"text"` // the ERP's words
	What  string `json:"-"`    // the fact's kind
}

// Kind and Subject name the facts.
func (Numbered) Kind() string      { return "order.numbered" }
func (f Numbered) Subject() string { return f.Order }
func (f Answered) Kind() string    { return f.What }
func (f Answered) Subject() string { return f.Order }

var (
	selectStands = db.SQL("order.select_stands", `SELECT state, seen FROM sales_order WHERE id = $1`)

	setState  = db.SQL("order.set_state", `UPDATE sales_order SET state = $2 WHERE id = $1`)
	setAnswer = db.SQL("order.set_answer", `
UPDATE sales_order SET state = $2, erp_id = $3, erp_number = $4, erp_totals = $5, seen = $6 WHERE id = $1`)
)

// Accept writes down that the ERP has an order of ours, in effect, with its
// number and its totals. sent is the order as it was carried. Accepting it again
// changes nothing.
func Accept(ctx context.Context, tx *db.Tx, by outbox.By, sent Order, there erp.Order) error {
	id, o := sent.ID, sent
	stands, found, err := askStands(ctx, tx, id).One(ctx)
	if err != nil || !found {
		return err
	}
	if stands.state != sent.State || !stands.seen.Equal(sent.Seen) {
		// Something was said of it meanwhile. Without that it is as it was sent.
		if o, _, err = Load(ctx, tx, id); err != nil {
			return err
		}
	}
	tx.Forget("order.stands/" + id)
	if err := replicate(ctx, tx, o, there); err != nil {
		return err
	}
	if o.ERP == there.ID && o.State != Submitted && o.State != OnHold && o.State != Refused {
		return nil
	}
	return outbox.Emit(ctx, tx, by, Numbered{id, there.Number, there.Totals.Total.Minor})
}

type stands struct {
	state State
	seen  time.Time
}

// askStands asks whether the ERP, or a person, has said anything of an order.
func askStands(ctx context.Context, tx *db.Tx, id string) *db.Coming[stands] {
	return db.Asked(ctx, tx, "order.stands/"+id, selectStands, func(r db.Row) (s stands, err error) {
		err = r.Scan((*string)(&s.state), &s.seen)
		return s, err
	}, id)
}

// AskAccept says early that Accept will be wanted for an order.
func AskAccept(ctx context.Context, tx *db.Tx, id string) { askStands(ctx, tx, id) }

// Hold writes down that the ERP has an order, or a question about it, and that
// the merchant's people must look. there is nil when the ERP does not have it.
func Hold(ctx context.Context, tx *db.Tx, by outbox.By, id, what, code, text string, there *erp.Order) error {
	return answer(ctx, tx, by, id, OnHold, what, code, text, there)
}

// Refuse writes down that the ERP said no.
func Refuse(ctx context.Context, tx *db.Tx, by outbox.By, id, code, text string) error {
	return answer(ctx, tx, by, id, Refused, "order.refused", code, text, nil)
}

// Resubmit writes down that a person sends an order again that had stopped.
func Resubmit(ctx context.Context, tx *db.Tx, id string) error {
	_, err := tx.Exec(ctx, setState, id, string(Submitted))
	return err
}

func answer(ctx context.Context, tx *db.Tx, by outbox.By, id string, state State, what, code, text string, there *erp.Order) error {
	if there != nil {
		totals, err := json.Marshal(there.Totals)
		if err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, setAnswer, id, string(state), there.ID, null(there.Number), string(totals), tx.Now); err != nil {
			return err
		}
	} else if _, err := tx.Exec(ctx, setState, id, string(state)); err != nil {
		return err
	}
	return outbox.Emit(ctx, tx, by, Answered{id, state, code, text, what})
}
