// Package payment takes money for invoices: what somebody means to pay, each try
// at the processor, the money that moved, and its way into the ERP.
//
// What a processor tells (a movement, a standing) is written down once, whichever
// way it came: a webhook, a sweep or a look-up. Money that was taken is never
// refused: what has no document left to pay stays the customer's, and a person is
// told. Nothing here talks to a processor; package collect does.
//
// Tables: payment, payment_line, attempt, payment_hold, movement, receipt, refund,
// method, pay_link, payout, payout_line, task.
package payment

import (
	"context"
	"time"

	"comptoir.example/comptoir/base/db"
	"comptoir.example/comptoir/base/fault"
	"comptoir.example/comptoir/base/money"
	"comptoir.example/comptoir/gateway"
	"comptoir.example/comptoir/trade/access"
)

// State is where a payment stands.
type State string

// The states of a payment.
const (
	Open      State = "open"      // nothing was taken yet
	Paid      State = "paid"      // the processor says that it has the money
	Cancelled State = "cancelled" // nothing was taken, and nothing will be
)

// Payment is what somebody means to pay, and for which documents.
type Payment struct {
	ID, Conn, Customer, Person, Gateway string
	Amount                              money.Amount
	State                               State
	Day                                 string // the merchant's
	Created, Ended                      time.Time
	Lines                               []Line
	Attempts                            []Attempt // newest first
	Receipts                            []Receipt
}

// Line is a document that a payment settles, in whole or part: positive of an
// invoice, negative of a credit note.
type Line struct {
	Invoice, Number string
	Amount          money.Amount
	Reason          string // why a part only
}

// Step is where an attempt stands.
type Step string

// The steps of an attempt. The first four are live: money may still be taken.
const (
	Starting Step = "starting" // the processor has not answered yet
	Waiting  Step = "waiting"  // its page is open for the payer
	Pending  Step = "pending"  // the processor does not know yet
	Ending   Step = "ending"   // we asked it to close the page

	Captured    Step = "captured"
	Declined    Step = "declined"
	Expired     Step = "expired"
	Quarantined Step = "quarantined" // what the processor has is not what was asked: a person decides
)

func (s Step) live() bool { return s == Starting || s == Waiting || s == Pending || s == Ending }

// Attempt is one try, with one instrument. Its ID is what the processor calls it by.
type Attempt struct {
	ID, Payment, Gateway string
	Amount               money.Amount
	Method               string // saved method; "" is the processor's page
	Save                 bool
	Step                 Step
	URL                  string
	Expires              time.Time
	Remote               string // the processor's id
	Decline              gateway.Decline
	Brand, Last4         string
	Told, Looked         time.Time
	Created              time.Time
}

// Live says that money may still be taken in this attempt.
func (a Attempt) Live() bool { return a.Step.live() }

const columns = `id, conn, customer, person, gateway, currency, amount, state, day, created, ended`

const attemptColumns = `id, payment, gateway, currency, amount, method, save, state, url, expires, remote, decline, brand, last4, told, looked, created`

var (
	selectPayment  = db.SQL("payment.select", `SELECT `+columns+` FROM payment WHERE id = $1`)
	selectLines    = db.SQL("payment.select_lines", `SELECT invoice, number, minor, reason FROM payment_line WHERE payment = $1 ORDER BY no`)
	selectAttempts = db.SQL("payment.select_attempts", `SELECT `+attemptColumns+` FROM attempt WHERE payment = $1 ORDER BY created DESC, id DESC`)
	selectAttempt  = db.SQL("payment.select_attempt", `SELECT `+attemptColumns+` FROM attempt WHERE id = $1`)
	selectList     = db.SQL("payment.select_list", `
SELECT `+columns+` FROM payment WHERE customer = $1 AND (created, id) < ($2, $3) ORDER BY created DESC, id DESC LIMIT $4`)
)

func scan(r db.Row) (p Payment, err error) {
	err = r.Scan(&p.ID, &p.Conn, &p.Customer, &p.Person, &p.Gateway, &p.Amount.Currency, &p.Amount.Minor, (*string)(&p.State), &p.Day,
		&p.Created, &p.Ended)
	return p, err
}

func scanAttempt(r db.Row) (a Attempt, err error) {
	err = r.Scan(&a.ID, &a.Payment, &a.Gateway, &a.Amount.Currency, &a.Amount.Minor, &a.Method, &a.Save, (*string)(&a.Step), &a.URL, &a.Expires,
		&a.Remote, (*string)(&a.Decline), &a.Brand, &a.Last4, &a.Told, &a.Looked, &a.Created)
	return a, err
}

// Find is a payment with everything about it. NotFound when it is another
// company's, exactly as when there is none.
func Find(ctx context.Context, tx *db.Tx, who access.Actor, id string) (Payment, error) {
	if err := who.Must(access.ViewInvoices); err != nil {
		return Payment{}, err
	}
	p, found, err := Load(ctx, tx, id)
	if err == nil && (!found || p.Customer != who.Customer) {
		err = fault.New(fault.NotFound, "payment.not_found")
	}
	return p, err
}

// Load is a payment for the program's own use: no permission is asked.
func Load(ctx context.Context, tx *db.Tx, id string) (p Payment, found bool, err error) {
	lines := db.Soon(ctx, tx, selectLines, func(r db.Row) (l Line, err error) {
		err = r.Scan(&l.Invoice, &l.Number, &l.Amount.Minor, &l.Reason)
		return l, err
	}, id)
	attempts := db.Soon(ctx, tx, selectAttempts, scanAttempt, id)
	receipts := db.Soon(ctx, tx, selectReceipts, scanReceipt, id)
	if p, found, err = db.One(ctx, tx, selectPayment, scan, id); err != nil || !found {
		return p, false, err
	}
	if p.Lines, err = lines.All(ctx); err != nil {
		return p, true, err
	}
	for i := range p.Lines {
		p.Lines[i].Amount.Currency = p.Amount.Currency
	}
	if p.Attempts, err = attempts.All(ctx); err != nil {
		return p, true, err
	}
	p.Receipts, err = receipts.All(ctx)
	return p, true, err
}

// List is a part of the company's payments, newest first.
func List(ctx context.Context, tx *db.Tx, who access.Actor, before time.Time, id string, n int) ([]Payment, error) {
	if err := who.Must(access.ViewInvoices); err != nil {
		return nil, err
	}
	if before.IsZero() {
		before = tx.Now.AddDate(1000, 0, 0)
	}
	return db.All(ctx, tx, selectList, scan, who.Customer, before, id, n)
}

// AttemptOf is an attempt by what the processor calls it.
func AttemptOf(ctx context.Context, tx *db.Tx, reference string) (Attempt, bool, error) {
	return db.One(ctx, tx, selectAttempt, scanAttempt, reference)
}
