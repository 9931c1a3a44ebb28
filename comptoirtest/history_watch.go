package comptoirtest

import (
	"fmt"
	"slices"
	"time"

	"comptoir.example/comptoir/base/db"
	"comptoir.example/comptoir/erp"
	"comptoir.example/comptoir/finance/payment"
	"comptoir.example/comptoir/gateway/simulator"
)

// What must hold after each step, said a second time: from the processor's books,
// the ERP's books and what the history knows that was billed, the whole trial
// balance is worked out that our ledger must have now, and which parts of documents
// must be held. Nothing of it asks the ledger's or the payments' own code.

// watch is what was seen so far; what never changes is read once.
type watch struct {
	at        time.Time // of the last look
	place     string    // of the last entry
	cursor    int       // up to where the list of the processor was read
	balances  map[balanceOf]int64
	entries   map[string]bool           // keys
	billed    map[string]string         // our document to the ERP's
	moved     map[string]bool           // movements that are here
	theirs    []simulator.Movement      // the processor's
	byID      map[string]int            // in theirs
	receipts  map[string]watchedReceipt // by key
	lines     map[string][]payment.Line // of each payment
	paymentOf map[string]string         // of each attempt
	captured  map[string]bool           // payments
	held      map[string]int64          // of each document
}

// balanceOf is an account, or the part of it that is about one document.
type balanceOf struct{ account, document, currency string }

type watchedReceipt struct {
	key, payment, customer, currency, state string
	minor                                   int64
	lines                                   []payment.Part
}

func newWatch() watch {
	return watch{balances: map[balanceOf]int64{}, entries: map[string]bool{}, billed: map[string]string{}, moved: map[string]bool{},
		byID: map[string]int{}, receipts: map[string]watchedReceipt{}, lines: map[string][]payment.Line{}, paymentOf: map[string]string{}, captured: map[string]bool{}, held: map[string]int64{}}
}

// holds looks whether everything does, and says into the history what does not.
func (h *History) holds() bool {
	h.T.Helper()
	say := func(format string, args ...any) { h.Wrong = append(h.Wrong, fmt.Sprintf(format, args...)) }
	w := &h.watch
	moved, stands := h.Processor.Books(len(w.theirs))
	for _, m := range moved {
		w.byID[m.ID] = len(w.theirs)
		w.theirs = append(w.theirs, m)
	}
	there := map[string]erp.Receipt{} // ours, in the ERP
	var cheques []erp.Receipt
	for _, r := range h.ERP.AllReceipts() {
		if r.Key == "" {
			cheques = append(cheques, r)
		} else if _, twice := there[r.Key]; twice {
			say("receipt %s is in the ERP twice", r.Key)
		} else {
			there[r.Key] = r
		}
	}
	h.Read(func(tx *db.Tx) error {
		if err := h.readEntries(tx, say); err != nil {
			return err
		}
		if err := h.readMovements(tx, say); err != nil {
			return err
		}
		if err := h.readTold(tx, say); err != nil {
			return err
		}
		if err := h.readReceipts(tx); err != nil {
			return err
		}
		return h.readHolds(tx, stands, say)
	})
	w.at = h.Clock.Now()
	h.receiptsHold(there, say)
	want := h.expected(there, cheques)
	for at, minor := range w.balances {
		if minor != want[at] {
			say("%s %s of %s: %d, must be %d", at.account, at.currency, at.document, minor, want[at])
		}
	}
	for at, minor := range want {
		if _, known := w.balances[at]; !known && minor != 0 {
			say("%s %s of %s: nothing, must be %d", at.account, at.currency, at.document, minor)
		}
	}
	if len(h.Wrong) > 0 {
		slices.Sort(h.Wrong) // they come from maps
		h.note("broken")
	}
	return len(h.Wrong) == 0
}

// kinds are the movements of the processor as we call them, and what each is booked
// as besides the processor's account; a capture's other side are its receipts.
var kinds = map[string]struct{ kind, account string }{
	"charge":         {"capture", ""},
	"fee":            {"fee", "fees"},
	"payout":         {"payout", "payout_transit"},
	"payout_failure": {"payout_failed", "payout_transit"},
	// Refunds and chargebacks: refund, refund_failure, dispute, dispute_reversal, dispute_loss, fee_refund.
}

// receiptsHold: what is promised to the ERP was captured (a status is no money); it
// is created there once, under its key, as it is here.
func (h *History) receiptsHold(there map[string]erp.Receipt, say func(string, ...any)) {
	w := &h.watch
	type share struct{ payment, currency string }
	sums := map[share]int64{}
	for _, x := range w.receipts {
		sums[share{x.payment, x.currency}] += x.minor
		r, booked := there[x.key]
		if n := h.ERP.Creates[x.key]; n > 1 {
			say("receipt %s was created %d times", x.key, n)
		}
		if booked && (r.Amount.Minor != x.minor || r.Amount.Currency != x.currency) || !booked && x.state == "posted" {
			say("receipt %s of %d %s is %v in the ERP", x.key, x.minor, x.currency, r.Amount)
		}
	}
	for key := range there {
		if _, ours := w.receipts[key]; !ours {
			say("the ERP has a receipt %s of ours that is not here", key)
		}
	}
	for id := range w.moved {
		if m := w.theirs[w.byID[id]]; m.Type == "charge" {
			sums[share{w.paymentOf[m.Reference], m.Amount.Currency}] -= m.Amount.Minor
		}
	}
	for of, sum := range sums {
		if sum != 0 {
			say("payment %s: receipts and captures differ by %d %s", of.payment, sum, of.currency)
		}
	}
}

// expected is the trial balance that the ledger must have, document by document: I3
// to I6 and I10 follow from it, since neither the ERP nor the processor lets a
// document or a payment go below zero.
func (h *History) expected(there map[string]erp.Receipt, cheques []erp.Receipt) map[balanceOf]int64 {
	w := &h.watch
	want := map[balanceOf]int64{}
	add := func(account, document, currency string, minor int64) {
		want[balanceOf{account, document, currency}] += minor
	}
	ours := make(map[string]string, len(w.billed)) // the ERP's document to ours
	for document, id := range w.billed {
		ours[id] = document
		b := h.bills[id]
		add(accountOf(b), document, b.amount.Currency, b.amount.Minor)
		add("revenue_control", "", b.amount.Currency, -b.amount.Minor)
	}
	settle := func(document string, minor int64) {
		b := h.bills[w.billed[document]]
		add(accountOf(b), document, b.amount.Currency, -minor)
	}
	for id := range w.moved {
		if n, known := w.byID[id]; known {
			m := w.theirs[n]
			add("psp:simulator", "", m.Amount.Currency, m.Adds)
			if other := kinds[m.Type].account; other != "" {
				add(other, "", m.Amount.Currency, -m.Adds)
			}
		}
	}
	for _, x := range w.receipts {
		rest := x.minor
		if x.state == "posted" { // what the ERP has said counts
			for _, l := range there[x.key].Lines {
				settle(ours[l.Invoice], l.Amount.Minor)
				rest -= l.Amount.Minor
			}
		} else {
			for _, l := range x.lines {
				settle(l.Invoice, l.Minor)
				rest -= l.Minor
			}
		}
		add("unapplied:"+x.customer, "", x.currency, -rest)
	}
	for _, r := range cheques {
		if w.entries["erp_receipt:"+h.Engine.Merchant().Conn+":"+r.ID] {
			add("erp_receipts", "", r.Amount.Currency, r.Amount.Minor)
			for _, l := range r.Lines {
				settle(ours[l.Invoice], l.Amount.Minor)
			}
		}
	}
	return want
}

// accountOf is where a document stands: a credit note is money of the customer's.
func accountOf(b bill) string {
	if b.amount.Minor < 0 {
		return "unapplied:" + b.customer
	}
	return "ar:" + b.customer
}
