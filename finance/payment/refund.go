package payment

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"time"

	"comptoir.example/comptoir/base/db"
	"comptoir.example/comptoir/base/fault"
	"comptoir.example/comptoir/base/money"
	"comptoir.example/comptoir/base/outbox"
	"comptoir.example/comptoir/erp"
	"comptoir.example/comptoir/finance/invoice"
	"comptoir.example/comptoir/finance/ledger"
	"comptoir.example/comptoir/gateway"
	"comptoir.example/comptoir/trade/access"
	"comptoir.example/comptoir/trade/customer"
)

// Refund is money that goes back to the method it came by: a credit note of the
// ERP's that is paid out, or money that was applied to nothing.
type Refund struct {
	ID, Payment, Attempt, Customer string
	Credit                         string // invoice.id of the credit note
	Receipt                        string // key of the receipt that was applied to nothing
	Amount                         money.Amount
	Reason, Person                 string
	State                          string // asked, given, failed
	Created, Ended                 time.Time
}

// RefundWish is what somebody of the merchant's asks for.
type RefundWish struct {
	ID      string // of the refund, NewRefundID; asked twice it is one
	Credit  string // invoice.id of a credit note, or
	Receipt string // the key of a receipt that was applied to nothing, which goes back whole
	Attempt string // whose method it goes back to
	Amount  money.Amount
	Reason  string
}

// RefundAsked is emitted when a refund is asked of the processor.
type RefundAsked struct {
	Refund   string `json:"refund"`
	Payment  string `json:"payment"`
	Customer string `json:"customer"`
	Gateway  string `json:"gateway"`
	Credit   string `json:"credit,omitempty"`
	Minor    int64  `json:"minor"`
	Currency string `json:"currency"`
}

// RefundFailed is emitted when the processor did not give it, or it came back.
type RefundFailed struct {
	Refund  string `json:"refund"`
	Payment string `json:"payment"`
}

// Kind and Subject name the facts.
func (RefundAsked) Kind() string       { return "payment.refund_asked" }
func (f RefundAsked) Subject() string  { return f.Refund }
func (RefundFailed) Kind() string      { return "payment.refund_failed" }
func (f RefundFailed) Subject() string { return f.Payment }

const refundColumns = `id, payment, attempt, customer, credit, receipt, currency, minor, reason, person, state, created, ended`

var (
	insertRefund = db.SQL("payment.insert_refund", `
INSERT INTO refund (id, payment, attempt, customer, credit, receipt, currency, minor, reason, person, state, created)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, 'asked', $11)`)
	setRefund      = db.SQL("payment.set_refund", `UPDATE refund SET state = $2, ended = $3 WHERE id = $1`)
	selectRefund   = db.SQL("payment.select_refund", `SELECT `+refundColumns+` FROM refund WHERE id = $1`)
	selectRefunds  = db.SQL("payment.select_refunds", `SELECT `+refundColumns+` FROM refund ORDER BY created DESC, id DESC LIMIT $1`)
	selectRefunded = db.SQL("payment.select_refunded", `SELECT `+refundColumns+` FROM refund WHERE payment = $1 ORDER BY created, id`)
	selectKinds    = db.SQL("payment.select_kinds", `SELECT kind FROM movement WHERE gateway = $1 AND reference = $2`)
	selectTakings  = db.SQL("payment.select_takings", takings+` AND p.customer = $1 ORDER BY a.created DESC LIMIT 100`)
	selectTaking   = db.SQL("payment.select_taking", takings+` AND a.id = $1`)
)

// What was taken in an attempt, less what went back, is asked to go back, or is
// disputed. Refunds of ours have references of their own.
const takings = `
SELECT a.id, a.payment, a.gateway, a.remote, a.brand, a.last4, a.currency, p.customer, p.day,
    CAST(COALESCE((SELECT SUM(CASE m.kind WHEN 'capture' THEN m.minor WHEN 'dispute_won' THEN m.minor WHEN 'refund_failed' THEN m.minor
        WHEN 'dispute' THEN -m.minor WHEN 'refund' THEN -m.minor ELSE 0 END) FROM movement m WHERE m.payment = a.payment AND m.reference = a.id), 0)
    - COALESCE((SELECT SUM(r.minor) FROM refund r WHERE r.attempt = a.id AND r.state <> 'failed'), 0) AS BIGINT),
    COALESCE((SELECT SUM(CASE m.kind WHEN 'dispute' THEN m.minor WHEN 'dispute_won' THEN -m.minor WHEN 'dispute_lost' THEN -m.minor ELSE 0 END)
        FROM movement m WHERE m.payment = a.payment AND m.reference = a.id), 0) > 0
FROM payment p JOIN attempt a ON a.payment = p.id WHERE a.state = 'captured'`

func scanRefund(r db.Row) (x Refund, err error) {
	err = r.Scan(&x.ID, &x.Payment, &x.Attempt, &x.Customer, &x.Credit, &x.Receipt, &x.Amount.Currency, &x.Amount.Minor, &x.Reason, &x.Person,
		&x.State, &x.Created, &x.Ended)
	return x, err
}

// Taking is what was taken in an attempt, and what of it may still go back.
type Taking struct {
	Attempt, Payment, Gateway, Brand, Last4 string
	Customer, Day                           string
	Remote                                  string // the processor's id, which its receipts have as their reference
	Left                                    money.Amount
	Disputed                                bool // the payer's bank holds some of it back now
}

func scanTaking(r db.Row) (k Taking, err error) {
	err = r.Scan(&k.Attempt, &k.Payment, &k.Gateway, &k.Remote, &k.Brand, &k.Last4, &k.Left.Currency, &k.Customer, &k.Day, &k.Left.Minor, &k.Disputed)
	return k, err
}

// Takings are a customer's payments of which something may go back, newest first,
// for those who may give refunds.
func Takings(ctx context.Context, tx *db.Tx, who access.Actor, customer string) ([]Taking, error) {
	if err := who.Must(access.GiveRefunds); err != nil {
		return nil, err
	}
	return db.All(ctx, tx, selectTakings, scanTaking, customer)
}

// NewRefundID is a name for a refund that is about to be asked for, so that a form
// sent twice asks once.
func NewRefundID(tx *db.Tx) string { return newKey(tx) }

// CustomerOfRefund is the company whose money a wish is about, for db.WriteAlone.
// NotFound when there is no such credit note or receipt.
func CustomerOfRefund(ctx context.Context, tx *db.Tx, w RefundWish) (string, error) {
	if w.Receipt != "" {
		x, found, err := ReceiptOf(ctx, tx, w.Receipt)
		if err == nil && !found {
			err = fault.New(fault.NotFound, "refund.not_found")
		}
		return x.Customer, err
	}
	all, err := invoice.ByIDs(ctx, tx, []string{w.Credit})
	if err != nil {
		return "", err
	}
	if len(all) == 0 {
		return "", fault.New(fault.NotFound, "refund.not_found")
	}
	c, err := customer.ByERP(ctx, tx, all[0].Conn, all[0].Customer)
	return c.ID, err
}

// GiveBack asks the processor to give money back to the method it came by, and
// takes it from what the customer has, at once. Call it within
// db.WriteAlone(Key(customer)). Invalid for amounts that cannot be, Conflict when they
// are more than is left, or while the payer's bank disputes the payment: then the
// payer would get the money twice.
func GiveBack(ctx context.Context, tx *db.Tx, who access.Actor, m customer.Merchant, w RefundWish) (Refund, error) {
	if err := who.Must(access.GiveRefunds); err != nil {
		return Refund{}, err
	}
	if r, found, err := db.One(ctx, tx, selectRefund, scanRefund, w.ID); err != nil || found {
		return r, err // pressed twice
	}
	if !erp.ValidKey(w.ID) {
		return Refund{}, fault.New(fault.NotFound, "refund.not_found") // no form of ours
	}
	of, err := CustomerOfRefund(ctx, tx, w)
	if err != nil {
		return Refund{}, err
	}
	k, found, err := db.One(ctx, tx, selectTaking, scanTaking, w.Attempt)
	if err == nil && w.Receipt != "" { // it came by one method
		var x Receipt
		x, _, err = ReceiptOf(ctx, tx, w.Receipt)
		found = found && x.Reference == k.Remote
	}
	if err == nil && (!found || k.Customer != of) {
		err = fault.New(fault.NotFound, "refund.not_found")
	}
	if err != nil {
		return Refund{}, err
	}
	r := Refund{ID: w.ID, Payment: k.Payment, Attempt: k.Attempt, Customer: of, Credit: w.Credit, Receipt: w.Receipt, Amount: w.Amount,
		Reason: strings.TrimSpace(w.Reason), Person: who.Person, State: "asked", Created: tx.Now}
	left, err := r.left(ctx, tx)
	if err != nil {
		return r, err
	}
	switch {
	case w.Amount.Currency != k.Left.Currency || w.Amount.Currency != left.Currency:
		return r, fault.New(fault.Invalid, "refund.wrong_currency", "currency", k.Left.Currency)
	case w.Amount.Minor <= 0:
		return r, fault.New(fault.Invalid, "refund.bad_amount")
	case r.Reason == "":
		return r, fault.New(fault.Invalid, "refund.say_why")
	case len([]rune(r.Reason)) > maxReason:
		return r, fault.New(fault.Invalid, "refund.reason_too_long", "n", maxReason)
	case k.Disputed:
		return r, fault.New(fault.Conflict, "refund.disputed")
	case w.Amount.Minor > left.Minor || w.Receipt != "" && w.Amount.Minor < left.Minor:
		return r, fault.New(fault.Conflict, "refund.not_that_much", "left", left)
	case w.Amount.Minor > k.Left.Minor:
		return r, fault.New(fault.Conflict, "refund.not_that_much", "left", k.Left)
	}
	if err := tx.Later(ctx, insertRefund, r.ID, r.Payment, r.Attempt, r.Customer, null(r.Credit), null(r.Receipt), r.Amount.Currency, r.Amount.Minor,
		r.Reason, r.Person, tx.Now); err != nil {
		return r, err
	}
	if r.Credit != "" {
		if err := tx.Later(ctx, insertHold, r.ID, r.Credit, r.Payment, -r.Amount.Minor, true); err != nil {
			return r, err
		}
	}
	if _, err := ledger.Post(ctx, tx, who.By(), ledger.Entry{Key: r.entry(), Kind: "refund_approved", Day: m.Day(tx.Now), Source: r.ID, Lines: []ledger.Line{
		ledger.Debit(ledger.Unapplied(of), r.Amount).About(r.Credit), ledger.Credit(ledger.RefundsPayable(), r.Amount)}}); err != nil {
		return r, err
	}
	return r, outbox.Emit(ctx, tx, who.By(), RefundAsked{r.ID, r.Payment, of, k.Gateway, r.Credit, r.Amount.Minor, r.Amount.Currency})
}

// entry is the key of the entry that took the money from the customer.
func (r Refund) entry() string { return "refund:" + r.ID }

// left is what the customer has of what is to go back.
func (r Refund) left(ctx context.Context, tx *db.Tx) (money.Amount, error) {
	if r.Receipt != "" {
		x, _, err := ReceiptOf(ctx, tx, r.Receipt)
		if err != nil {
			return x.Unapplied, err
		}
		asked, err := db.All(ctx, tx, selectRefunded, scanRefund, x.Payment)
		if x.Unapplied != x.Amount || x.Reversal != "" || slices.ContainsFunc(asked, func(o Refund) bool { return o.Receipt == x.Key && o.State != "failed" }) {
			x.Unapplied.Minor = 0 // some of it has paid something, or it is on its way back
		}
		return x.Unapplied, err
	}
	all, err := invoice.ByIDs(ctx, tx, []string{r.Credit})
	if err != nil || len(all) == 0 {
		return money.Amount{}, err
	}
	standing, err := StandingOf(ctx, tx, all)
	free := standing[r.Credit].Free
	if all[0].Total.Minor >= 0 {
		free.Minor = 0
	}
	return free.Neg(), err
}

// RefundOf is a refund by its id.
func RefundOf(ctx context.Context, tx *db.Tx, id string) (r Refund, found bool, err error) {
	return db.One(ctx, tx, selectRefund, scanRefund, id)
}

// Refunds are the last n refunds, newest first, for those who may give them.
func Refunds(ctx context.Context, tx *db.Tx, who access.Actor, n int) ([]Refund, error) {
	if err := who.Must(access.GiveRefunds); err != nil {
		return nil, err
	}
	return db.All(ctx, tx, selectRefunds, scanRefund, n)
}

// RefundsOf are the refunds of a payment that one has found already.
func (p Payment) RefundsOf(ctx context.Context, tx *db.Tx) ([]Refund, error) {
	return db.All(ctx, tx, selectRefunded, scanRefund, p.ID)
}

// refunded books a refund that was given, or came back. In whichever order the two
// are told, the end is the same.
func (from Source) refunded(ctx context.Context, tx *db.Tx, m gateway.Movement) error {
	r, ours, err := RefundOf(ctx, tx, m.Reference)
	switch {
	case err != nil:
		return err
	case !ours:
		return from.suspend(ctx, tx, m, "unknown_refund") // by hand, at the processor
	case m.Amount != r.Amount:
		return from.suspend(ctx, tx, m, "integrity")
	case m.Kind == gateway.Refund:
		err = from.book(ctx, tx, m, ledger.RefundsPayable(), ledger.Processor(from.Gateway))
	default:
		err = from.book(ctx, tx, m, ledger.Processor(from.Gateway), ledger.RefundsPayable())
	}
	if err != nil {
		return err
	}
	kinds, err := db.All(ctx, tx, selectKinds, db.Value[string], from.Gateway, r.ID)
	if err != nil {
		return err
	}
	given, back := false, false
	for _, k := range kinds {
		given, back = given || k == string(gateway.Refund), back || k == string(gateway.RefundFailed)
	}
	switch {
	case r.State == "asked" && given && back:
		return r.fail(ctx, tx, from.Day(m.At))
	case r.State == "asked" && given:
		return r.give(ctx, tx, from.Day(m.At), m)
	case r.State == "given" && back:
		return r.comeBack(ctx, tx, from.Day(m.At))
	}
	return nil
}

// give writes down that the processor gave the money back, and tells the ERP: the
// credit note is paid out, or the receipt is undone.
func (r Refund) give(ctx context.Context, tx *db.Tx, day string, m gateway.Movement) error {
	if err := tx.Later(ctx, setRefund, r.ID, "given", tx.Now); err != nil {
		return err
	}
	if r.Receipt != "" {
		x, _, err := ReceiptOf(ctx, tx, r.Receipt)
		if err != nil {
			return err
		}
		return x.reverse(ctx, tx, byProcessor, ByRefund, 0)
	}
	p, _, err := db.One(ctx, tx, selectPayment, scan, r.Payment)
	if err != nil {
		return err
	}
	x := Receipt{Key: r.ID, Payment: r.Payment, Conn: p.Conn, Customer: r.Customer, Amount: r.Amount.Neg(), Day: day, Reference: m.Payment,
		Lines: []Part{{r.Credit, -r.Amount.Minor}}, Unapplied: money.Zero(r.Amount.Currency)}
	return x.queue(ctx, tx, byProcessor)
}

// comeBack writes down that a refund was given and came back: the ERP is to open
// again what it paid out, and the money is the customer's once more.
func (r Refund) comeBack(ctx context.Context, tx *db.Tx, day string) error {
	if r.Credit != "" {
		x, _, err := ReceiptOf(ctx, tx, r.ID)
		if err != nil {
			return err
		}
		if err := x.reverse(ctx, tx, byProcessor, ByReturn, 0); err != nil {
			return err
		}
		return r.failed(ctx, tx)
	}
	// The receipt is being undone, and that is not taken back: another takes its place.
	old, _, err := ReceiptOf(ctx, tx, r.Receipt)
	if err != nil {
		return err
	}
	x := Receipt{Key: newKey(tx), Payment: old.Payment, Conn: old.Conn, Customer: old.Customer, Amount: old.Amount, Day: day, Reference: old.Reference,
		Unapplied: old.Amount}
	if err := x.queue(ctx, tx, byProcessor); err != nil {
		return err
	}
	if err := r.fail(ctx, tx, day); err != nil {
		return err
	}
	p, _, err := Load(ctx, tx, old.Payment)
	if err != nil {
		return err
	}
	return p.lost(ctx, tx, r.Attempt, old.Reference) // it may be disputed before it is told that it came back
}

// fail gives the customer back what a refund took that was not given.
func (r Refund) fail(ctx context.Context, tx *db.Tx, day string) error {
	if err := r.restore(ctx, tx, day); err != nil {
		return err
	}
	return r.failed(ctx, tx)
}

// restore takes back the entry of a refund.
func (r Refund) restore(ctx context.Context, tx *db.Tx, day string) error {
	if _, err := ledger.Reverse(ctx, tx, byProcessor, r.entry(), day, r.entry()+":failed", "refund_failed"); err != nil {
		return err
	}
	return tx.Later(ctx, dropHolds, r.ID)
}

func (r Refund) failed(ctx context.Context, tx *db.Tx) error {
	if err := tx.Later(ctx, setRefund, r.ID, "failed", tx.Now); err != nil {
		return err
	}
	if err := Raise(ctx, tx, "refund_failed", r.Customer, r.ID, r.Amount); err != nil {
		return err
	}
	tx.Signal("payment")
	return outbox.Emit(ctx, tx, byProcessor, RefundFailed{r.ID, r.Payment})
}

// NotGiven writes down that the processor did not give a refund, and will not:
// nothing left.
func (from Source) NotGiven(ctx context.Context, tx *db.Tx, id string) error {
	r, found, err := RefundOf(ctx, tx, id)
	if err != nil || !found || r.State != "asked" {
		return err
	}
	return r.fail(ctx, tx, from.Day(tx.Now))
}

var (
	selectLooseReceipts = db.SQL("payment.select_loose_receipts", `
SELECT `+receiptColumns+` FROM receipt x WHERE minor > 0 AND unapplied = minor AND reversal IS NULL AND state <> 'reversed'
    AND NOT EXISTS (SELECT 1 FROM refund r WHERE r.receipt = x.key AND r.state <> 'failed') ORDER BY created DESC LIMIT $1`)
	selectPayingOf = db.SQL("payment.select_paying_of", `
SELECT DISTINCT payment FROM payment_line WHERE invoice IN (SELECT value FROM json_each(CAST($1 AS TEXT)))`)
)

// LooseReceipts are the last receipts of which nothing was applied, for those who
// may give them back.
func LooseReceipts(ctx context.Context, tx *db.Tx, who access.Actor, n int) ([]Receipt, error) {
	if err := who.Must(access.GiveRefunds); err != nil {
		return nil, err
	}
	return db.All(ctx, tx, selectLooseReceipts, scanReceipt, n)
}

// PayingOf are the payments that settle one of some documents.
func PayingOf(ctx context.Context, tx *db.Tx, invoices []string) ([]string, error) {
	return db.All(ctx, tx, selectPayingOf, db.Value[string], invoices)
}

// ToGiveBack is what people call what a wish is about, and what of it is left, for
// those who may give refunds.
func ToGiveBack(ctx context.Context, tx *db.Tx, who access.Actor, w RefundWish) (number string, left money.Amount, err error) {
	if err := who.Must(access.GiveRefunds); err != nil {
		return "", left, err
	}
	if left, err = (Refund{Credit: w.Credit, Receipt: w.Receipt}).left(ctx, tx); err != nil {
		return "", left, err
	}
	if w.Receipt != "" {
		x, _, err := ReceiptOf(ctx, tx, w.Receipt)
		return cmp.Or(x.Number, x.Key), left, err
	}
	numbers, err := invoice.Numbers(ctx, tx, []string{w.Credit})
	return numbers[w.Credit], left, err
}
