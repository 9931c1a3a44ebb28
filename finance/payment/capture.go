package payment

import (
	"context"
	"encoding/json"
	"time"

	"comptoir.example/comptoir/base/db"
	"comptoir.example/comptoir/base/money"
	"comptoir.example/comptoir/base/outbox"
	"comptoir.example/comptoir/erp"
	"comptoir.example/comptoir/finance/invoice"
	"comptoir.example/comptoir/finance/ledger"
	"comptoir.example/comptoir/gateway"
)

// Receipt is money on its way into the ERP's books.
type Receipt struct {
	Key, Payment, Conn, Customer string
	Amount                       money.Amount
	Day, Reference               string
	Lines                        []Part
	State                        string // queued, posted, held, reversed
	Reversal                     Cause  // why the ERP is to undo it; "" when it is not
	Lost                         int64  // minor units of it that are gone, with ByDispute
	ERP, Number                  string
	Unapplied                    money.Amount
	Created, Posted              time.Time
}

// Part is a document of a receipt.
type Part struct {
	Invoice string `json:"invoice"`
	Minor   int64  `json:"minor"`
}

// Taken is emitted when money was taken, and goes to the ERP.
type Taken struct {
	Receipt  string `json:"receipt"` // key
	Conn     string `json:"conn"`
	Customer string `json:"customer"`
	Payment  string `json:"payment"`
	Minor    int64  `json:"minor"`
	Currency string `json:"currency"`
}

// Kind and Subject name the fact.
func (Taken) Kind() string      { return "payment.taken" }
func (f Taken) Subject() string { return f.Receipt }

// Money is whose money it is, and at which ERP.
func (f Taken) Money() (conn, customer string) { return f.Conn, f.Customer }

const receiptColumns = `key, payment, conn, customer, currency, minor, day, reference, lines, state, erp_id, number, unapplied, created, posted, reversal, lost`

var (
	selectReceipts = db.SQL("payment.select_receipts", `SELECT `+receiptColumns+` FROM receipt WHERE payment = $1 ORDER BY created, key`)
	selectReceipt  = db.SQL("payment.select_receipt", `SELECT `+receiptColumns+` FROM receipt WHERE key = $1`)
	insertReceipt  = db.SQL("payment.insert_receipt", `
INSERT INTO receipt (key, payment, conn, customer, currency, minor, day, reference, lines, state, unapplied, created)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, 'queued', $10, $11)`)
	setPosted = db.SQL("payment.set_posted", `
UPDATE receipt SET state = $2, erp_id = $3, number = $4, unapplied = $5, posted = $6 WHERE key = $1`)
)

func scanReceipt(r db.Row) (x Receipt, err error) {
	var lines string
	err = r.Scan(&x.Key, &x.Payment, &x.Conn, &x.Customer, &x.Amount.Currency, &x.Amount.Minor, &x.Day, &x.Reference, &lines, &x.State,
		&x.ERP, &x.Number, &x.Unapplied.Minor, &x.Created, &x.Posted, (*string)(&x.Reversal), &x.Lost)
	x.Unapplied.Currency = x.Amount.Currency
	if err == nil {
		err = json.Unmarshal([]byte(lines), &x.Lines)
	}
	return x, err
}

// capture books money that was taken. It pays the documents that the payer meant,
// as far as this attempt still holds them; what is more, or comes when the payment
// is paid already, stays the customer's, and finance is told.
func (from Source) capture(ctx context.Context, tx *db.Tx, a Attempt, m gateway.Movement) error {
	p, found, err := Load(ctx, tx, a.Payment)
	if err != nil || !found {
		return err
	}
	x := Receipt{Key: a.ID, Payment: p.ID, Conn: p.Conn, Customer: p.Customer, Amount: m.Amount, Day: from.Day(m.At), Reference: m.Payment,
		Unapplied: m.Amount, Created: tx.Now}
	again := len(p.Receipts) > 0
	if again {
		x.Key = newKey(tx)
	}
	fits := a.Live()
	if !fits && !again {
		// It was over for us, so its parts were no longer held for it.
		if fits, err = p.free(ctx, tx); err != nil {
			return err
		}
	}
	switch {
	case again, !fits:
		err = Raise(ctx, tx, "double_payment", p.Customer, m.ID, m.Amount)
	case m.Amount != p.Amount:
		err = Raise(ctx, tx, "integrity", p.Customer, m.ID, m.Amount)
	default:
		for _, l := range p.Lines {
			x.Lines = append(x.Lines, Part{l.Invoice, l.Amount.Minor})
		}
		x.Unapplied = money.Zero(m.Amount.Currency)
	}
	if err != nil {
		return err
	}
	if err := x.post(ctx, tx, from.Gateway, m); err != nil {
		return err
	}
	// What was reserved is taken now, under the key that the ERP will know.
	if err := tx.Later(ctx, dropHolds, a.ID); err != nil {
		return err
	}
	for _, l := range x.Lines {
		if err := tx.Later(ctx, insertHold, x.Key, l.Invoice, p.ID, l.Minor, true); err != nil {
			return err
		}
	}
	told := m.At
	if told.Before(a.Told) {
		told = a.Told // a standing came first
	}
	if _, err := tx.Exec(ctx, setStep, a.ID, string(Captured), false, null(m.Payment), nil, told); err != nil {
		return err
	}
	if err := tx.Later(ctx, setState, p.ID, string(Paid), tx.Now); err != nil {
		return err
	}
	if err := x.queue(ctx, tx, byProcessor); err != nil {
		return err
	}
	p.Receipts = append(p.Receipts, x)
	return p.lost(ctx, tx, a.ID, x.Reference) // a dispute may be over before its capture is told
}

// free says whether all that a payment is for is still to be paid.
func (p Payment) free(ctx context.Context, tx *db.Tx) (bool, error) {
	ids := make([]string, len(p.Lines))
	for i, l := range p.Lines {
		ids[i] = l.Invoice
	}
	documents, err := invoice.ByIDs(ctx, tx, ids)
	if err != nil {
		return false, err
	}
	all, err := StandingOf(ctx, tx, documents)
	for _, l := range p.Lines {
		free := all[l.Invoice].Free.Minor
		if (l.Amount.Minor > 0 && l.Amount.Minor > free) || (l.Amount.Minor < 0 && l.Amount.Minor < free) {
			return false, err
		}
	}
	return true, err
}

// post books a capture: the processor owes it, and it pays the documents.
func (x Receipt) post(ctx context.Context, tx *db.Tx, gw string, m gateway.Movement) error {
	own := ledger.Unapplied(x.Customer)
	if _, err := ledger.Post(ctx, tx, byProcessor, ledger.Entry{Key: entryKey(gw, m), Kind: string(m.Kind), Day: x.Day, Source: x.Payment,
		Lines: []ledger.Line{{Account: ledger.Processor(gw), Amount: m.Amount}, {Account: own, Amount: m.Amount.Neg()}}}); err != nil {
		return err
	}
	return x.apply(ctx, tx, byProcessor)
}

// apply books what a receipt settles: money and credit notes of the customer's
// against invoices.
func (x Receipt) apply(ctx context.Context, tx *db.Tx, by outbox.By) error {
	if len(x.Lines) == 0 {
		return nil
	}
	own := ledger.Unapplied(x.Customer)
	entry := ledger.Entry{Key: "apply:" + x.Key, Kind: "apply", Day: x.Day, Source: x.Payment}
	for _, l := range x.Lines {
		amount := money.Amount{Minor: l.Minor, Currency: x.Amount.Currency}
		if l.Minor < 0 { // a credit note is money of the customer's too
			entry.Lines = append(entry.Lines, ledger.Line{Account: own, Amount: amount.Neg(), Document: l.Invoice})
			continue
		}
		entry.Lines = append(entry.Lines, ledger.Line{Account: ledger.AR(x.Customer), Amount: amount.Neg(), Document: l.Invoice})
	}
	if paid := (money.Amount{Minor: x.Amount.Minor - x.Unapplied.Minor, Currency: x.Amount.Currency}); !paid.IsZero() {
		entry.Lines = append(entry.Lines, ledger.Line{Account: own, Amount: paid})
	}
	_, err := ledger.Post(ctx, tx, by, entry)
	return err
}

// queue writes a receipt down and promises it to the ERP.
func (x Receipt) queue(ctx context.Context, tx *db.Tx, by outbox.By) error {
	text, err := json.Marshal(x.Lines)
	if err != nil {
		return err
	}
	if x.Lines == nil {
		text = []byte("[]")
	}
	if err := tx.Later(ctx, insertReceipt, x.Key, x.Payment, x.Conn, x.Customer, x.Amount.Currency, x.Amount.Minor, x.Day, x.Reference, string(text),
		x.Unapplied.Minor, tx.Now); err != nil {
		return err
	}
	return outbox.Emit(ctx, tx, by, Taken{x.Key, x.Conn, x.Customer, x.Payment, x.Amount.Minor, x.Amount.Currency})
}

// ReceiptOf is a receipt by its key.
func ReceiptOf(ctx context.Context, tx *db.Tx, key string) (Receipt, bool, error) {
	return db.One(ctx, tx, selectReceipt, scanReceipt, key)
}

// Booked is emitted when the ERP has a receipt in its books.
type Booked struct {
	Receipt   string `json:"receipt"`
	Payment   string `json:"payment"`
	Number    string `json:"number"`
	Unapplied int64  `json:"unapplied_minor"`
}

// Kind and Subject name the fact.
func (Booked) Kind() string      { return "receipt.booked" }
func (f Booked) Subject() string { return f.Payment }

// Accept writes down that the ERP has booked a receipt. What it could not apply,
// because a document was paid by other means meanwhile, is the customer's again.
func Accept(ctx context.Context, tx *db.Tx, by outbox.By, key string, there erp.Receipt) error {
	x, found, err := ReceiptOf(ctx, tx, key)
	if err != nil || !found || x.State == "posted" || x.State == "reversed" {
		return err
	}
	if err := x.unapply(ctx, tx, by, there); err != nil {
		return err
	}
	if err := tx.Later(ctx, setPosted, key, "posted", there.ID, null(there.Number), there.Unapplied.Minor, tx.Now); err != nil {
		return err
	}
	tx.Signal("payment")
	return outbox.Emit(ctx, tx, by, Booked{key, x.Payment, there.Number, there.Unapplied.Minor})
}

// unapply takes back what the ERP did not apply, document by document. A document
// that took nothing is not held any more; one that took something is, until the
// ERP's balance names the receipt.
func (x Receipt) unapply(ctx context.Context, tx *db.Tx, by outbox.By, there erp.Receipt) error {
	ids := make([]string, 0, len(x.Lines))
	for _, l := range x.Lines {
		ids = append(ids, l.Invoice)
	}
	known, err := invoice.ERPIDs(ctx, tx, ids)
	if err != nil {
		return err
	}
	applied := map[string]int64{}
	for _, l := range there.Lines {
		applied[l.Invoice] += l.Amount.Minor
	}
	entry := ledger.Entry{Key: "unapply:" + x.Key, Kind: "unapply", Day: x.Day, Source: x.Payment}
	var back int64
	for _, l := range x.Lines {
		took := applied[known[l.Invoice]]
		if took == 0 {
			if err := tx.Later(ctx, dropHold, x.Key, l.Invoice); err != nil {
				return err
			}
		}
		if less := l.Minor - took; less != 0 {
			account := ledger.AR(x.Customer)
			if l.Minor < 0 {
				account = ledger.Unapplied(x.Customer)
			}
			back += less
			entry.Lines = append(entry.Lines, ledger.Line{Account: account, Document: l.Invoice, Amount: money.Amount{Minor: less, Currency: x.Amount.Currency}})
		}
	}
	if len(entry.Lines) == 0 {
		return nil
	}
	if back != 0 {
		entry.Lines = append(entry.Lines, ledger.Line{Account: ledger.Unapplied(x.Customer), Amount: money.Amount{Minor: -back, Currency: x.Amount.Currency}})
	}
	if _, err := ledger.Post(ctx, tx, by, entry); err != nil {
		return err
	}
	return Raise(ctx, tx, "unapplied", x.Customer, x.Key, money.Amount{Minor: back, Currency: x.Amount.Currency})
}

// Hold writes down that the ERP did not simply book a receipt: a person must look.
// The payer's page says that the money was received.
func Hold(ctx context.Context, tx *db.Tx, key string) error {
	x, found, err := ReceiptOf(ctx, tx, key)
	if err != nil || !found || x.State != "queued" {
		return err
	}
	if err := Raise(ctx, tx, "receipt_held", x.Customer, key, x.Amount); err != nil {
		return err
	}
	return tx.Later(ctx, setPosted, key, "held", null(x.ERP), null(x.Number), x.Unapplied.Minor, nil)
}
