package payment

import (
	"context"

	"comptoir.example/comptoir/base/db"
	"comptoir.example/comptoir/base/fault"
	"comptoir.example/comptoir/base/money"
	"comptoir.example/comptoir/base/outbox"
	"comptoir.example/comptoir/finance/ledger"
	"comptoir.example/comptoir/gateway"
)

// Cause is why a receipt is undone in the ERP.
type Cause string

// The causes.
const (
	ByDispute Cause = "dispute"       // the payer's bank took the money back for good
	ByRefund  Cause = "refund"        // it was applied to nothing, and was given back
	ByReturn  Cause = "refund_failed" // it paid out a credit note, and came back
)

// ReversalAsked is emitted when a receipt is to be undone in the ERP.
type ReversalAsked struct {
	Receipt  string `json:"receipt"`
	Conn     string `json:"conn"`
	Customer string `json:"customer"`
	Payment  string `json:"payment"`
	Cause    Cause  `json:"cause"`
	Minor    int64  `json:"minor"` // of the receipt
	Currency string `json:"currency"`
}

// Undone is emitted when the ERP has undone a receipt: what it paid is owed again.
type Undone struct {
	Receipt string `json:"receipt"`
	Payment string `json:"payment"`
	Cause   Cause  `json:"cause"`
	Number  string `json:"number"`
}

// Kind and Subject name the facts.
func (ReversalAsked) Kind() string      { return "receipt.reversal_asked" }
func (f ReversalAsked) Subject() string { return f.Receipt }
func (Undone) Kind() string             { return "receipt.reversed" }
func (f Undone) Subject() string        { return f.Payment }

// Money is whose money it is, and at which ERP.
func (f ReversalAsked) Money() (conn, customer string) { return f.Conn, f.Customer }

var (
	setReversal = db.SQL("payment.set_reversal", `UPDATE receipt SET reversal = $2, lost = lost + $3 WHERE key = $1`)
	setReversed = db.SQL("payment.set_reversed", `UPDATE receipt SET state = 'reversed' WHERE key = $1`)
	sumLost     = db.SQL("payment.sum_lost", `
SELECT CAST(COALESCE(SUM(minor), 0) AS BIGINT) FROM movement WHERE payment = $1 AND kind = 'dispute_lost' AND reference = $2`)
)

// disputed books a dispute and its end. Lost, what was paid is owed again as soon as
// the ERP has undone the receipt; until then the amount stands on the account of
// disputes.
func (from Source) disputed(ctx context.Context, tx *db.Tx, a Attempt, m gateway.Movement) error {
	p, _, err := Load(ctx, tx, a.Payment)
	if err != nil {
		return err
	}
	own := ledger.Disputed(p.Customer)
	switch m.Kind {
	case gateway.Dispute:
		if err := Raise(ctx, tx, "dispute", p.Customer, m.ID, m.Amount); err != nil {
			return err
		}
		return from.book(ctx, tx, m, own, ledger.Processor(from.Gateway))
	case gateway.DisputeWon:
		return from.book(ctx, tx, m, ledger.Processor(from.Gateway), own)
	}
	return p.lost(ctx, tx, a.ID, m.Payment)
}

// lost asks the ERP to undo the receipt of what disputes took of an attempt. There
// may be none yet, when its capture, or that it came back, is not told: whoever
// writes that down looks again.
func (p Payment) lost(ctx context.Context, tx *db.Tx, attempt, reference string) error {
	lost, _, err := db.One(ctx, tx, sumLost, db.Value[int64], p.ID, attempt)
	if err != nil {
		return err
	}
	var of *Receipt
	for n, x := range p.Receipts {
		if x.Reference != reference || x.Amount.Minor < 0 {
			continue
		}
		if lost -= x.Lost; x.State != "reversed" && x.Reversal != ByRefund {
			of = &p.Receipts[n]
		}
	}
	if of == nil || lost <= 0 {
		return nil
	}
	return of.reverse(ctx, tx, byProcessor, ByDispute, lost)
}

// reverse asks the ERP to undo a receipt. lost is how much of it a dispute took.
func (x Receipt) reverse(ctx context.Context, tx *db.Tx, by outbox.By, why Cause, lost int64) error {
	if x.Reversal != "" && x.Reversal != why {
		return Raise(ctx, tx, "integrity", x.Customer, x.Key, x.Amount)
	}
	if err := tx.Later(ctx, setReversal, x.Key, string(why), lost); err != nil {
		return err
	}
	tx.Signal("payment")
	if x.Reversal != "" {
		return nil // asked for already
	}
	return outbox.Emit(ctx, tx, by, ReversalAsked{x.Key, x.Conn, x.Customer, x.Payment, why, x.Amount.Minor, x.Amount.Currency})
}

// Reversed writes down that the ERP has undone a receipt, or that it never had it:
// the documents that it paid are owed again on both sides. Of a payment that was
// lost in part, the rest is booked anew.
func Reversed(ctx context.Context, tx *db.Tx, by outbox.By, key, day string) error {
	x, found, err := ReceiptOf(ctx, tx, key)
	if err != nil || !found || x.State == "reversed" || x.Reversal == "" {
		return err
	}
	for _, entry := range []string{"apply:" + key, "unapply:" + key} {
		if _, err := ledger.Reverse(ctx, tx, by, entry, day, entry+":reversed", "reversal"); err != nil && !fault.Is(err, fault.NotFound) {
			return err
		}
	}
	if err := tx.Later(ctx, dropHolds, key); err != nil {
		return err
	}
	if err := tx.Later(ctx, setReversed, key); err != nil {
		return err
	}
	switch x.Reversal {
	case ByDispute:
		err = x.lose(ctx, tx, by, day)
	case ByReturn:
		err = Refund{ID: key}.restore(ctx, tx, day)
	}
	if err != nil {
		return err
	}
	tx.Signal("payment")
	return outbox.Emit(ctx, tx, by, Undone{key, x.Payment, x.Reversal, x.Number})
}

// lose books what a dispute took for good, and what it left.
func (x Receipt) lose(ctx context.Context, tx *db.Tx, by outbox.By, day string) error {
	lost := money.Amount{Minor: x.Lost, Currency: x.Amount.Currency}
	if _, err := ledger.Post(ctx, tx, by, ledger.Entry{Key: "chargeback:" + x.Key, Kind: "chargeback", Day: day, Source: x.Payment,
		Lines: []ledger.Line{ledger.Debit(ledger.Unapplied(x.Customer), lost), ledger.Credit(ledger.Disputed(x.Customer), lost)}}); err != nil {
		return err
	}
	rest, err := x.Amount.Sub(lost)
	if err != nil || rest.Minor <= 0 {
		return err
	}
	kept := Receipt{Key: newKey(tx), Payment: x.Payment, Conn: x.Conn, Customer: x.Customer, Amount: rest, Day: day, Reference: x.Reference}
	kept.Lines, kept.Unapplied = x.settling(rest)
	if err := kept.apply(ctx, tx, by); err != nil {
		return err
	}
	for _, l := range kept.Lines {
		if err := tx.Later(ctx, insertHold, kept.Key, l.Invoice, x.Payment, l.Minor, true); err != nil {
			return err
		}
	}
	return kept.queue(ctx, tx, by)
}

// settling is what of a receipt's documents a smaller amount pays: all its credit
// notes, then its invoices in their order, the last one in part.
func (x Receipt) settling(amount money.Amount) (lines []Part, rest money.Amount) {
	left := amount.Minor
	for _, l := range x.Lines {
		left -= min(l.Minor, 0)
	}
	for _, l := range x.Lines {
		l.Minor = min(l.Minor, left)
		left -= max(l.Minor, 0)
		if l.Minor != 0 {
			lines = append(lines, l)
		}
	}
	return lines, money.Amount{Minor: left, Currency: amount.Currency}
}

// ReversalHeld tells finance that the ERP did not undo a receipt.
func ReversalHeld(ctx context.Context, tx *db.Tx, key string) error {
	x, found, err := ReceiptOf(ctx, tx, key)
	if err != nil || !found || x.State == "reversed" {
		return err
	}
	return Raise(ctx, tx, "reversal_held", x.Customer, key, x.Amount)
}
