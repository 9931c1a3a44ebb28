package payment

import (
	"context"
	"time"

	"comptoir.example/comptoir/base/db"
	"comptoir.example/comptoir/base/fault"
	"comptoir.example/comptoir/base/money"
	"comptoir.example/comptoir/base/outbox"
	"comptoir.example/comptoir/finance/ledger"
	"comptoir.example/comptoir/gateway"
	"comptoir.example/comptoir/trade/access"
)

// byProcessor is the processor's side in the trail.
var byProcessor = outbox.By{Actor: "processor"}

// Changed is emitted when the processor has said how an attempt stands.
type Changed struct {
	Payment string `json:"payment"`
	Attempt string `json:"attempt"`
	Step    Step   `json:"step"`
	Decline string `json:"decline,omitempty"`
}

// Moved is emitted when money has moved at the processor.
type Moved struct {
	Gateway  string `json:"gateway"`
	Movement string `json:"movement"`
	What     string `json:"what"`
	Payment  string `json:"payment,omitempty"`
	Minor    int64  `json:"minor"`
	Currency string `json:"currency"`
}

// Kind and Subject name the facts.
func (Changed) Kind() string      { return "payment.changed" }
func (f Changed) Subject() string { return f.Payment }
func (f Moved) Kind() string      { return "money." + f.What }
func (f Moved) Subject() string   { return f.Movement }

var (
	setOpened = db.SQL("payment.set_opened", `UPDATE attempt SET state = 'waiting', url = $2, expires = $3 WHERE id = $1 AND state = 'starting'`)
	setEnding = db.SQL("payment.set_ending", `UPDATE attempt SET state = 'ending' WHERE id = $1 AND live`)
	setStep   = db.SQL("payment.set_step", `
UPDATE attempt SET state = $2, live = $3, remote = COALESCE($4, remote), decline = $5, told = $6 WHERE id = $1`)
	setCard     = db.SQL("payment.set_card", `UPDATE attempt SET brand = $2, last4 = $3, told = $4 WHERE id = $1`)
	setLooked   = db.SQL("payment.set_looked", `UPDATE attempt SET looked = $2 WHERE id = $1`)
	setState    = db.SQL("payment.set_state", `UPDATE payment SET state = $2, ended = $3 WHERE id = $1`)
	selectStale = db.SQL("payment.select_stale", `
SELECT `+attemptColumns+` FROM attempt WHERE gateway = $1 AND live AND COALESCE(looked, created) < $2 ORDER BY COALESCE(looked, created) LIMIT $3`)
	insertMovement = db.SQL("payment.insert_movement", `
INSERT INTO movement (gateway, id, kind, reference, payment, currency, minor, at, recorded) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
ON CONFLICT DO NOTHING`)
	selectMoved = db.SQL("payment.select_moved", `
SELECT kind, reference, currency, minor FROM movement WHERE gateway = $1 AND id = $2`)
	insertTask = db.SQL("payment.insert_task", `
INSERT INTO task (id, kind, customer, subject, currency, minor, created) VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT DO NOTHING`)
)

// Opened writes down the page that the processor has made for an attempt.
func Opened(ctx context.Context, tx *db.Tx, attempt string, s gateway.Session) error {
	return tx.Later(ctx, setOpened, attempt, s.URL, s.Expires)
}

// End asks the processor to close an attempt's page, so that another way to pay can
// be chosen. What becomes of it is the processor's word.
func End(ctx context.Context, tx *db.Tx, who access.Actor, p Payment) error {
	if err := who.Must(access.PayInvoices); err != nil {
		return err
	}
	return end(ctx, tx, who.By(), p)
}

func end(ctx context.Context, tx *db.Tx, by outbox.By, p Payment) error {
	if len(p.Attempts) == 0 || p.Attempts[0].Step != Waiting {
		return fault.New(fault.Conflict, "payment.not_open")
	}
	a := p.Attempts[0]
	if _, err := tx.Exec(ctx, setEnding, a.ID); err != nil {
		return err
	}
	return outbox.Emit(ctx, tx, by, Asked{p.ID, a.ID, p.Customer, p.Gateway, "end", a.Amount.Minor, a.Amount.Currency})
}

// Stale lists attempts that may still take money and were not looked up since an
// instant, oldest first.
func Stale(ctx context.Context, tx *db.Tx, gateway string, before time.Time, most int) ([]Attempt, error) {
	return db.All(ctx, tx, selectStale, scanAttempt, gateway, before, most)
}

// Looked notes that an attempt was looked up.
func Looked(ctx context.Context, tx *db.Tx, attempt string) error {
	return tx.Later(ctx, setLooked, attempt, tx.Now)
}

// Source is a processor's account as it tells of money.
type Source struct {
	Gateway string                 // its name, in tables and in the ledger
	Day     func(time.Time) string // the merchant's day at an instant
}

// Told writes down one fact of a processor, once, whichever way it came. Call it
// within db.WriteAlone(Key(company)) when the fact is about a payment of ours, and
// PayoutKey(gateway) when it is about a payout.
func Told(ctx context.Context, tx *db.Tx, from Source, f gateway.Fact) error {
	switch {
	case f.Movement != nil:
		return from.moved(ctx, tx, *f.Movement)
	case f.Standing != nil:
		return from.stood(ctx, tx, *f.Standing)
	}
	return nil
}

// stepOf is the processor's state in our words; "" when it says nothing about the
// attempt as a whole.
func stepOf(s gateway.State) Step {
	switch s {
	case gateway.Open:
		return Waiting
	case gateway.Pending, gateway.Authorised:
		return Pending
	case gateway.Captured:
		return Captured
	case gateway.Declined, gateway.Failed:
		return Declined
	case gateway.Expired:
		return Expired
	}
	return ""
}

func (from Source) stood(ctx context.Context, tx *db.Tx, s gateway.Standing) error {
	a, found, err := AttemptOf(ctx, tx, s.Reference)
	if err == nil && !found && s.State == gateway.Failed {
		return from.NotGiven(ctx, tx, s.Reference)
	}
	if err != nil || !found || a.Gateway != from.Gateway {
		return err
	}
	older := s.At.Before(a.Told)
	if s.Card != nil {
		if err := card(ctx, tx, a, s, older); err != nil {
			return err
		}
	}
	if !a.Live() {
		return nil // only money that was taken after all says anything more, and its movement does
	}
	step := stepOf(s.State)
	if step.live() && older {
		return nil
	}
	if s.Amount != a.Amount && step != "" {
		step = Quarantined
		if err := raise(ctx, tx, "integrity", a.Payment, a); err != nil {
			return err
		}
	}
	switch {
	case step == "", step == Captured: // a capture is told by its movement
		return nil
	case step == Waiting:
		step = a.Step // its page may not be known yet, or be about to be closed
	}
	if _, err := tx.Exec(ctx, setStep, a.ID, string(step), step.live(), null(s.Payment), null(string(s.Decline)), s.At); err != nil {
		return err
	}
	if !step.live() && step != Quarantined {
		if err := tx.Later(ctx, dropHolds, a.ID); err != nil {
			return err
		}
	}
	if s.Decline == gateway.MethodGone && a.Method != "" {
		if err := tx.Later(ctx, dropMethod, a.Method); err != nil { // the processor forgot it first
			return err
		}
	}
	tx.Signal("payment")
	if step == a.Step && s.Decline == a.Decline {
		return nil
	}
	return outbox.Emit(ctx, tx, byProcessor, Changed{a.Payment, a.ID, step, string(s.Decline)})
}

// card writes down what may be shown of the card that was tried last, and keeps the
// method when the payer agreed.
func card(ctx context.Context, tx *db.Tx, a Attempt, s gateway.Standing, older bool) error {
	c := *s.Card
	if !older {
		if err := tx.Later(ctx, setCard, a.ID, c.Brand, c.Last4, s.At); err != nil {
			return err
		}
	}
	if !a.Save || c.Token == "" {
		return nil
	}
	p, found, err := db.One(ctx, tx, selectPayment, scan, a.Payment)
	if err != nil || !found {
		return err
	}
	return keep(ctx, tx, p, a, c)
}

// moved books money that moved at the processor. Its id is the processor's own, so
// that the same money told three ways is booked once.
func (from Source) moved(ctx context.Context, tx *db.Tx, m gateway.Movement) error {
	gw := from.Gateway
	a, ours, err := owner(ctx, tx, gw, m)
	if err != nil {
		return err
	}
	var of any
	if ours {
		of = a.Payment
	}
	n, err := tx.Exec(ctx, insertMovement, gw, m.ID, string(m.Kind), m.Reference, of, m.Amount.Currency, m.Amount.Minor, m.At, tx.Now)
	if err != nil {
		return err
	}
	if n == 0 {
		return sameMovement(ctx, tx, gw, m)
	}
	if err := outbox.Emit(ctx, tx, byProcessor, Moved{gw, m.ID, string(m.Kind), a.Payment, m.Amount.Minor, m.Amount.Currency}); err != nil {
		return err
	}
	tx.Signal("payment")
	switch m.Kind {
	case gateway.Capture:
		if !ours {
			return from.suspend(ctx, tx, m, "unknown_capture")
		}
		return from.capture(ctx, tx, a, m)
	case gateway.Refund, gateway.RefundFailed:
		return from.refunded(ctx, tx, m)
	case gateway.Fee:
		return from.book(ctx, tx, m, ledger.Fees(), ledger.Processor(gw))
	case gateway.FeeReturned:
		return from.book(ctx, tx, m, ledger.Processor(gw), ledger.Fees())
	case gateway.Payout:
		if err := from.paidOut(ctx, tx, m); err != nil {
			return err
		}
		return from.book(ctx, tx, m, ledger.PayoutTransit(), ledger.Processor(gw))
	case gateway.PayoutFailed:
		if err := from.cameBack(ctx, tx, m); err != nil {
			return err
		}
		return from.book(ctx, tx, m, ledger.Processor(gw), ledger.PayoutTransit())
	case gateway.Dispute, gateway.DisputeWon, gateway.DisputeLost:
		if !ours {
			return from.suspend(ctx, tx, m, "unknown_dispute")
		}
		return from.disputed(ctx, tx, a, m)
	}
	return from.suspend(ctx, tx, m, "unknown_movement")
}

// owner is the attempt that a movement belongs to: by our reference, or by the
// processor's payment for what follows from a capture.
func owner(ctx context.Context, tx *db.Tx, gw string, m gateway.Movement) (Attempt, bool, error) {
	a, found, err := AttemptOf(ctx, tx, m.Reference)
	if err == nil && !found && m.Payment != "" {
		a, found, err = db.One(ctx, tx, selectByRemote, scanAttempt, gw, m.Payment)
	}
	if found && a.Gateway != gw {
		return Attempt{}, false, err
	}
	return a, found, err
}

var selectByRemote = db.SQL("payment.select_by_remote", `SELECT `+attemptColumns+` FROM attempt WHERE gateway = $1 AND remote = $2`)

// sameMovement says that what is told again is what was booked: anything else is a
// fault of the processor's, or of ours, and a person must look.
func sameMovement(ctx context.Context, tx *db.Tx, gw string, m gateway.Movement) error {
	known, _, err := db.One(ctx, tx, selectMoved, func(r db.Row) (k gateway.Movement, err error) {
		err = r.Scan((*string)(&k.Kind), &k.Reference, &k.Amount.Currency, &k.Amount.Minor)
		return k, err
	}, gw, m.ID)
	if err != nil || (known.Kind == m.Kind && known.Amount == m.Amount && known.Reference == m.Reference) {
		return err
	}
	return fault.New(fault.Conflict, "payment.movement_changed", "movement", m.ID)
}

// book writes the entry of a movement that has no document.
func (from Source) book(ctx context.Context, tx *db.Tx, m gateway.Movement, debit, credit ledger.Account) error {
	_, err := ledger.Post(ctx, tx, byProcessor, ledger.Entry{Key: entryKey(from.Gateway, m), Kind: string(m.Kind), Day: from.Day(m.At), Source: m.ID,
		Lines: []ledger.Line{{Account: debit, Amount: m.Amount}, {Account: credit, Amount: m.Amount.Neg()}}})
	return err
}

// suspend books what nobody can explain yet, and tells finance.
func (from Source) suspend(ctx context.Context, tx *db.Tx, m gateway.Movement, why string) error {
	if err := Raise(ctx, tx, why, "", m.ID, m.Amount); err != nil {
		return err
	}
	amount := m.Amount
	switch m.Kind {
	case gateway.Dispute, gateway.Refund:
		amount = amount.Neg()
	case gateway.DisputeLost:
		return nil // it moves nothing any more
	}
	_, err := ledger.Post(ctx, tx, byProcessor, ledger.Entry{Key: entryKey(from.Gateway, m), Kind: string(m.Kind), Day: from.Day(m.At), Source: m.ID,
		Lines: []ledger.Line{{Account: ledger.Processor(from.Gateway), Amount: amount}, {Account: ledger.Suspense(), Amount: amount.Neg()}}})
	return err
}

// raise leaves a task for finance.
func raise(ctx context.Context, tx *db.Tx, kind, subject string, a Attempt) error {
	p, _, err := db.One(ctx, tx, selectPayment, scan, a.Payment)
	if err != nil {
		return err
	}
	return Raise(ctx, tx, kind, p.Customer, subject, a.Amount)
}

// Raise leaves a task for finance: somebody must look at something about money. What
// is open already is not raised twice.
func Raise(ctx context.Context, tx *db.Tx, kind, customer, subject string, amount money.Amount) error {
	return tx.Later(ctx, insertTask, tx.ID(), kind, null(customer), subject, amount.Currency, amount.Minor, tx.Now)
}

func entryKey(gw string, m gateway.Movement) string { return string(m.Kind) + ":" + gw + ":" + m.ID }

func null(s string) any {
	if s == "" {
		return nil
	}
	return s
}

// CustomerOf is the company whose payment something at the processor is about; ""
// when it is nothing of ours.
func CustomerOf(ctx context.Context, tx *db.Tx, gw, reference, remote string) (string, error) {
	a, found, err := AttemptOf(ctx, tx, reference)
	if err == nil && !found {
		if r, given, err := RefundOf(ctx, tx, reference); err != nil || given {
			return r.Customer, err
		}
		if remote != "" {
			a, found, err = db.One(ctx, tx, selectByRemote, scanAttempt, gw, remote)
		}
	}
	if err != nil || !found {
		return "", err
	}
	p, _, err := db.One(ctx, tx, selectPayment, scan, a.Payment)
	return p.Customer, err
}

// Refused writes down that the processor would not even begin, or was not asked,
// and why: nothing was taken.
func Refused(ctx context.Context, tx *db.Tx, attempt string, why gateway.Decline) error {
	a, found, err := AttemptOf(ctx, tx, attempt)
	if err != nil || !found || !a.Live() {
		return err
	}
	if _, err := tx.Exec(ctx, setStep, a.ID, string(Declined), false, nil, string(why), tx.Now); err != nil {
		return err
	}
	if err := tx.Later(ctx, dropHolds, a.ID); err != nil {
		return err
	}
	tx.Signal("payment")
	return outbox.Emit(ctx, tx, byProcessor, Changed{a.Payment, a.ID, Declined, string(why)})
}

// Movement is money that moved, as a page tells it.
type Movement struct {
	Kind    string
	Amount  money.Amount
	At      time.Time
	PaidOut time.Time // when it went to the merchant's bank; zero while it did not, or came back
}

var selectMovements = db.SQL("payment.select_movements", `
SELECT m.kind, m.currency, m.minor, m.at, (SELECT MAX(p.at) FROM payout_line l JOIN payout p ON p.gateway = l.gateway AND p.id = l.payout
    WHERE l.gateway = m.gateway AND l.movement = m.id AND p.back IS NULL)
FROM movement m WHERE m.payment = $1 ORDER BY m.at, m.id`)

// Movements is the money that moved for a payment, in order.
func Movements(ctx context.Context, tx *db.Tx, payment string) ([]Movement, error) {
	return db.All(ctx, tx, selectMovements, func(r db.Row) (m Movement, err error) {
		err = r.Scan(&m.Kind, &m.Amount.Currency, &m.Amount.Minor, &m.At, &m.PaidOut)
		return m, err
	}, payment)
}
