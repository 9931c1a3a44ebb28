package payment

import (
	"context"
	"time"

	"comptoir.example/comptoir/base/db"
	"comptoir.example/comptoir/base/fault"
	"comptoir.example/comptoir/base/outbox"
	"comptoir.example/comptoir/gateway"
	"comptoir.example/comptoir/trade/access"
)

// Method is a way to pay that the processor keeps. Token is worth nothing outside
// of the merchant's account there.
type Method struct {
	ID, Customer, Person, Gateway, Token string
	Brand, Last4, Expires                string // the last YYYY-MM
	Created                              time.Time
}

// Expired says that the card is past its month on a day of the merchant's.
func (m Method) Expired(day string) bool { return m.Expires < day[:len("2006-01")] }

var (
	selectMethods = db.SQL("payment.select_methods", `
SELECT id, customer, person, gateway, token, brand, last4, expires, created FROM method WHERE customer = $1 AND active ORDER BY created DESC, id DESC`)
	selectMethod = db.SQL("payment.select_method", `
SELECT id, customer, person, gateway, token, brand, last4, expires, created FROM method WHERE id = $1 AND active`)
	insertMethod = db.SQL("payment.insert_method", `
INSERT INTO method (id, customer, person, gateway, token, brand, last4, expires, active, created) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, TRUE, $9)
ON CONFLICT (gateway, token) DO NOTHING`)
	dropMethod = db.SQL("payment.drop_method", `UPDATE method SET active = FALSE WHERE id = $1`)
)

func scanMethod(r db.Row) (m Method, err error) {
	err = r.Scan(&m.ID, &m.Customer, &m.Person, &m.Gateway, &m.Token, &m.Brand, &m.Last4, &m.Expires, &m.Created)
	return m, err
}

// Methods are the saved ways to pay of the actor's company, newest first.
func Methods(ctx context.Context, tx *db.Tx, who access.Actor) ([]Method, error) {
	if err := who.Must(access.PayInvoices); err != nil {
		return nil, err
	}
	return db.All(ctx, tx, selectMethods, scanMethod, who.Customer)
}

// MethodOf is one of them. NotFound when it is another company's, or was removed.
func MethodOf(ctx context.Context, tx *db.Tx, who access.Actor, id string) (Method, error) {
	if err := who.Must(access.PayInvoices); err != nil {
		return Method{}, err
	}
	m, found, err := db.One(ctx, tx, selectMethod, scanMethod, id)
	if err == nil && (!found || m.Customer != who.Customer) {
		err = fault.New(fault.NotFound, "payment.method_not_found")
	}
	return m, err
}

// keep writes a method down that the payer let the processor keep.
func keep(ctx context.Context, tx *db.Tx, p Payment, a Attempt, c gateway.Card) error {
	return tx.Later(ctx, insertMethod, tx.ID(), p.Customer, p.Person, a.Gateway, c.Token, c.Brand, c.Last4, c.Expires, tx.Now)
}

// Removed is emitted when somebody removes a saved method: the processor forgets it.
type Removed struct {
	Method  string `json:"method"`
	Gateway string `json:"gateway"`
}

// Kind and Subject name the fact.
func (Removed) Kind() string      { return "payment.method_removed" }
func (f Removed) Subject() string { return f.Method }

var selectToken = db.SQL("payment.select_token", `SELECT token, active FROM method WHERE id = $1`)

// TokenOf is what charges a saved method again, or makes the processor forget it;
// active until somebody removes it.
func TokenOf(ctx context.Context, tx *db.Tx, id string) (token string, active bool, err error) {
	_, _, err = db.One(ctx, tx, selectToken, func(r db.Row) (_ struct{}, err error) {
		err = r.Scan(&token, &active)
		return struct{}{}, err
	}, id)
	return token, active, err
}

// Remove makes a saved method of the actor's company useless, here at once and at
// the processor as soon as it answers. It cannot be undone: the token is worth
// nothing afterwards.
func Remove(ctx context.Context, tx *db.Tx, who access.Actor, id string) error {
	if err := who.Must(access.DropMethods); err != nil {
		return err
	}
	m, err := MethodOf(ctx, tx, who, id)
	if err != nil {
		return err
	}
	if _, err := tx.Exec(ctx, dropMethod, id); err != nil {
		return err
	}
	return outbox.Emit(ctx, tx, who.By(), Removed{m.ID, m.Gateway})
}
