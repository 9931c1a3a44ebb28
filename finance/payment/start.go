package payment

import (
	"context"
	"strings"

	"comptoir.example/comptoir/base/db"
	"comptoir.example/comptoir/base/fault"
	"comptoir.example/comptoir/base/money"
	"comptoir.example/comptoir/base/outbox"
	"comptoir.example/comptoir/erp"
	"comptoir.example/comptoir/finance/invoice"
	"comptoir.example/comptoir/trade/access"
	"comptoir.example/comptoir/trade/customer"
)

// Wish is what a payer asks for.
type Wish struct {
	ID      string // of the payment; "" for a new one
	Gateway string
	Lines   []WishLine
	Method  string // saved method; "" is the processor's page
	Save    bool   // keep the method for next time
}

// WishLine is a document to be settled.
type WishLine struct {
	Invoice string
	Amount  money.Amount // positive; of a credit note, what it is used for
	Reason  string       // needed when it is a part of an invoice
}

// Asked is emitted when something is asked of the processor: a page to pay on, a
// charge of a saved method, the end of a page.
type Asked struct {
	Payment  string `json:"payment"`
	Attempt  string `json:"attempt"`
	Customer string `json:"customer"`
	Gateway  string `json:"gateway"`
	What     string `json:"what"` // start, charge, end
	Minor    int64  `json:"minor"`
	Currency string `json:"currency"`
}

// Kind and Subject name the fact.
func (f Asked) Kind() string    { return "payment." + f.What + "_asked" }
func (f Asked) Subject() string { return f.Attempt }

// maxLines is how many documents one payment settles at most.
const maxLines = 500

// maxReason is how much of a reason is kept.
const maxReason = 200

// Key is what payments of a company are serialized by (db.WriteAlone).
func Key(customer string) string { return "payments:" + customer }

var (
	insertPayment = db.SQL("payment.insert", `
INSERT INTO payment (id, conn, customer, person, gateway, currency, amount, state, day, created) VALUES ($1, $2, $3, $4, $5, $6, $7, 'open', $8, $9)`)
	insertLine = db.SQL("payment.insert_line", `
INSERT INTO payment_line (payment, no, invoice, number, minor, reason) VALUES ($1, $2, $3, $4, $5, $6)`)
	insertAttempt = db.SQL("payment.insert_attempt", `
INSERT INTO attempt (id, payment, gateway, currency, amount, method, save, state, live, created, brand, last4) VALUES ($1, $2, $3, $4, $5, $6, $7, 'starting', TRUE, $8, $9, $10)`)
)

// Start begins to pay documents of the actor's company: the parts are reserved, and
// the processor is asked for a page, or to charge a saved method. Call it within
// db.WriteAlone(Key(company)). Invalid with fields for amounts that cannot be;
// Conflict when somebody is paying one of the documents already, or its balance is
// no longer what was shown.
func Start(ctx context.Context, tx *db.Tx, who access.Actor, m customer.Merchant, w Wish) (Payment, error) {
	if err := who.Must(access.PayInvoices); err != nil {
		return Payment{}, err
	}
	c, err := customer.Of(ctx, tx, who)
	if err != nil {
		return Payment{}, err
	}
	if w.ID != "" {
		if p, found, err := Load(ctx, tx, w.ID); err != nil {
			return p, err
		} else if found && p.Customer != c.ID {
			return Payment{}, fault.New(fault.NotFound, "payment.not_found")
		} else if found {
			return p, nil // pressed twice, or in two tabs
		}
	}
	p := Payment{ID: w.ID, Conn: c.Conn, Customer: c.ID, Person: who.Person, Gateway: w.Gateway, State: Open, Day: m.Day(tx.Now), Created: tx.Now}
	if p.ID == "" {
		p.ID = tx.ID()
	}
	if p.Lines, err = lines(ctx, tx, who, w.Lines); err != nil {
		return p, err
	}
	p.Amount = money.Zero(p.Lines[0].Amount.Currency)
	for _, l := range p.Lines {
		if p.Amount, err = p.Amount.Add(l.Amount); err != nil {
			return p, err
		}
	}
	if p.Amount.Minor < 0 {
		return p, fault.New(fault.Invalid, "payment.nothing_to_pay", "amount", p.Amount)
	}
	with, err := instrument(ctx, tx, who, p.Gateway, w)
	if err != nil {
		return p, err
	}
	if err := p.insert(ctx, tx); err != nil {
		return p, err
	}
	if p.Amount.IsZero() {
		return p, p.net(ctx, tx, who.By())
	}
	return p, p.try(ctx, tx, who.By(), with, w.Save)
}

func (p Payment) insert(ctx context.Context, tx *db.Tx) error {
	if err := tx.Later(ctx, insertPayment, p.ID, p.Conn, p.Customer, p.Person, p.Gateway, p.Amount.Currency, p.Amount.Minor, p.Day, tx.Now); err != nil {
		return err
	}
	for i, l := range p.Lines {
		if err := tx.Later(ctx, insertLine, p.ID, i+1, l.Invoice, l.Number, l.Amount.Minor, l.Reason); err != nil {
			return err
		}
	}
	return nil
}

// instrument is the saved method of a wish, or the zero Method for the processor's
// page. One that is gone meanwhile is a fault of its field: another can be chosen.
func instrument(ctx context.Context, tx *db.Tx, who access.Actor, gateway string, w Wish) (Method, error) {
	if w.Method == "" {
		return Method{}, nil
	}
	m, err := MethodOf(ctx, tx, who, w.Method)
	if fault.Is(err, fault.NotFound) || err == nil && m.Gateway != gateway {
		return m, fault.New(fault.Conflict, "payment.method_not_found").With("method", "payment.method_not_found")
	}
	return m, err
}

// net settles invoices with credit notes alone: no money moves.
func (p *Payment) net(ctx context.Context, tx *db.Tx, by outbox.By) error {
	x := Receipt{Key: newKey(tx), Payment: p.ID, Conn: p.Conn, Customer: p.Customer, Amount: p.Amount, Day: p.Day,
		Unapplied: p.Amount, Created: tx.Now}
	for _, l := range p.Lines {
		x.Lines = append(x.Lines, Part{l.Invoice, l.Amount.Minor})
		if err := tx.Later(ctx, insertHold, x.Key, l.Invoice, p.ID, l.Amount.Minor, true); err != nil {
			return err
		}
	}
	p.State = Paid
	if err := tx.Later(ctx, setState, p.ID, string(Paid), tx.Now); err != nil {
		return err
	}
	if err := x.apply(ctx, tx, by); err != nil {
		return err
	}
	return x.queue(ctx, tx, by)
}

// Retry begins another attempt for a payment of which nothing was taken, once the
// processor has said that the attempt before it is over.
func Retry(ctx context.Context, tx *db.Tx, who access.Actor, id string, w Wish) (Payment, error) {
	if err := who.Must(access.PayInvoices); err != nil {
		return Payment{}, err
	}
	p, err := Find(ctx, tx, who, id)
	if err != nil {
		return p, err
	}
	if p.State != Open || (len(p.Attempts) > 0 && p.Attempts[0].Live()) {
		return p, fault.New(fault.Conflict, "payment.not_open")
	}
	var again []WishLine
	for _, l := range p.Lines {
		amount := l.Amount
		if amount.Minor < 0 {
			amount = amount.Neg()
		}
		again = append(again, WishLine{l.Invoice, amount, l.Reason})
	}
	if _, err := lines(ctx, tx, who, again); err != nil {
		return p, err
	}
	with, err := instrument(ctx, tx, who, p.Gateway, w)
	if err != nil {
		return p, err
	}
	return p, p.try(ctx, tx, who.By(), with, w.Save)
}

// try reserves the parts and asks the processor: to charge a saved method, or for a
// page, where the payer may let it keep the card.
func (p *Payment) try(ctx context.Context, tx *db.Tx, by outbox.By, with Method, save bool) error {
	a := Attempt{ID: newKey(tx), Payment: p.ID, Gateway: p.Gateway, Amount: p.Amount, Method: with.ID, Save: save && with.ID == "",
		Brand: with.Brand, Last4: with.Last4, Step: Starting, Created: tx.Now}
	var method any
	what := "start"
	if a.Method != "" {
		method, what = a.Method, "charge"
	}
	if err := tx.Later(ctx, insertAttempt, a.ID, p.ID, p.Gateway, p.Amount.Currency, p.Amount.Minor, method, a.Save, tx.Now, null(a.Brand), null(a.Last4)); err != nil {
		return err
	}
	if err := p.reserve(ctx, tx, a.ID); err != nil {
		return err
	}
	p.Attempts = append([]Attempt{a}, p.Attempts...)
	return outbox.Emit(ctx, tx, by, Asked{p.ID, a.ID, p.Customer, p.Gateway, what, p.Amount.Minor, p.Amount.Currency})
}

// lines are the documents of a wish, checked against what is free of them.
func lines(ctx context.Context, tx *db.Tx, who access.Actor, asked []WishLine) ([]Line, error) {
	if len(asked) == 0 || len(asked) > maxLines {
		return nil, fault.New(fault.Invalid, "payment.choose", "n", maxLines)
	}
	var ids []string
	for _, w := range asked {
		ids = append(ids, w.Invoice)
	}
	found, err := invoice.Those(ctx, tx, who, ids)
	if err != nil {
		return nil, err
	}
	byID := map[string]invoice.Invoice{}
	for _, v := range found {
		byID[v.ID] = v
	}
	free, err := StandingOf(ctx, tx, found)
	if err != nil {
		return nil, err
	}
	bad := fault.New(fault.Invalid, "payment.bad_lines")
	var all []Line
	for _, w := range asked {
		v, known := byID[w.Invoice]
		if !known {
			return nil, fault.New(fault.NotFound, "invoice.not_found")
		}
		delete(byID, w.Invoice) // a document stands once in a payment
		l, why, params := settle(v, free[v.ID], w)
		if why == "payment.in_progress" || why == "payment.balance_changed" {
			bad.Kind = fault.Conflict
		}
		if why != "" {
			bad.With("amount-"+v.ID, why, append(params, "number", v.Number)...)
			continue
		}
		if len(all) > 0 && all[0].Amount.Currency != l.Amount.Currency {
			bad.With("amount-"+v.ID, "payment.two_currencies", "number", v.Number)
			continue
		}
		all = append(all, l)
	}
	if len(bad.Fields) > 0 {
		return nil, bad
	}
	return all, nil
}

// settle is one line, or why it cannot be.
func settle(v invoice.Invoice, s Standing, w WishLine) (l Line, why string, params []any) {
	credit := v.Total.Minor < 0
	free := s.Free
	if credit {
		free = free.Neg()
	}
	l = Line{Invoice: v.ID, Number: v.Number, Amount: w.Amount, Reason: strings.TrimSpace(w.Reason)}
	switch {
	case w.Amount.Currency != v.Open.Currency:
		return l, "payment.wrong_currency", []any{"currency", v.Open.Currency}
	case w.Amount.Minor <= 0:
		return l, "payment.bad_amount", nil
	case v.State == "cancelled" || (free.Minor <= 0 && s.Reserved.IsZero()):
		return l, "payment.nothing_open", nil
	case w.Amount.Minor > free.Minor && !s.Reserved.IsZero():
		return l, "payment.in_progress", []any{"free", free}
	case w.Amount.Minor > free.Minor:
		return l, "payment.balance_changed", []any{"free", free}
	case !credit && w.Amount.Minor < free.Minor && l.Reason == "":
		return l, "payment.say_why", nil
	case len([]rune(l.Reason)) > maxReason:
		return l, "payment.reason_too_long", []any{"n", maxReason}
	}
	if credit {
		l.Amount = l.Amount.Neg()
	}
	return l, "", nil
}

// newKey is a new name that the processor or the ERP knows something of ours by.
func newKey(tx *db.Tx) string {
	var random [10]byte
	copy(random[:], tx.Random(10))
	return erp.NewKey(random)
}
