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
	at                                time.Time // of the last look
	place                             string    // of the last entry
	cursor                            int       // up to where the list of the processor was read
	balances                          map[balanceOf]int64
	entries                           map[string]bool           // keys
	billed                            map[string]string         // our document to the ERP's
	moved                             map[string]bool           // movements that are here
	theirs                            []simulator.Movement      // the processor's
	byID                              map[string]int            // in theirs
	receipts                          map[string]watchedReceipt // by key
	lines                             map[string][]payment.Line // of each payment
	refunds                           map[string]watchedRefund
	went                              map[string]map[string]int64 // what moved under each reference, by type
	captured                          map[string]bool             // payments
	held                              map[string]int64            // of each document
	paymentOf, customerOf, currencyOf map[string]string           // of each attempt
}

// balanceOf is an account, or the part of it that is about one document.
type balanceOf struct{ account, document, currency string }

type watchedReceipt struct {
	key, payment, customer, currency, state, reversal string
	minor, lost                                       int64
	lines                                             []payment.Part
}

type watchedRefund struct {
	payment, attempt, customer, credit, receipt, currency, state string
	minor                                                        int64
}

// stands says that a refund has taken what it gives from the customer: one that came
// back does until the ERP has undone what it booked.
func (w *watch) stands(id string) bool {
	r := w.refunds[id]
	x, booked := w.receipts[id]
	return r.state != "failed" || r.credit != "" && booked && x.state != "reversed"
}

func newWatch() watch {
	return watch{balances: map[balanceOf]int64{}, entries: map[string]bool{}, billed: map[string]string{}, moved: map[string]bool{},
		byID: map[string]int{}, receipts: map[string]watchedReceipt{}, lines: map[string][]payment.Line{}, captured: map[string]bool{},
		held: map[string]int64{}, refunds: map[string]watchedRefund{}, went: map[string]map[string]int64{},
		paymentOf: map[string]string{}, customerOf: map[string]string{}, currencyOf: map[string]string{}}
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
		if err := h.readRefunds(tx, say); err != nil {
			return err
		}
		return h.readHolds(tx, stands, there, say)
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
	"fee_refund":     {"fee_returned", "fees"},
	// Who these are booked for, their reference says.
	"refund":           {"refund", ""},
	"refund_failure":   {"refund_failed", ""},
	"dispute":          {"dispute", ""},
	"dispute_reversal": {"dispute_won", ""},
	"dispute_loss":     {"dispute_lost", ""},
}

// receiptsHold: what is promised to the ERP was captured (a status is no money); it
// is created there once, under its key, as it is here.
func (h *History) receiptsHold(there map[string]erp.Receipt, say func(string, ...any)) {
	w := &h.watch
	type share struct{ payment, currency string }
	sums := map[share]int64{}
	losts := map[string]int64{}
	for _, x := range w.receipts {
		sums[share{x.payment, x.currency}] += w.taken(x)
		losts[x.payment] += x.lost
		switch undone := there[x.key].State == erp.ReceiptReversed; {
		case undone && x.reversal == "":
			say("receipt %s is undone in the ERP, and nobody asked for it", x.key)
		case x.state == "reversed" && there[x.key].ID != "" && !undone:
			say("receipt %s is undone here, and not in the ERP", x.key)
		case h.ERP.Reverses[x.key] > 1:
			say("receipt %s was undone %d times", x.key, h.ERP.Reverses[x.key])
		case x.minor < 0 && x.minor != -w.refunds[x.key].minor, x.lost > max(x.minor, 0):
			say("receipt %s of %d %s lost %d", x.key, x.minor, x.currency, x.lost)
		}
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
		switch m := w.theirs[w.byID[id]]; m.Type {
		case "charge":
			sums[share{w.paymentOf[m.Reference], m.Amount.Currency}] -= m.Amount.Minor
		case "dispute_loss":
			losts[w.paymentOf[m.Reference]] -= m.Amount.Minor
		}
	}
	for of, more := range losts {
		if more > 0 {
			say("payment %s lost %d more than banks took", of, more)
		}
	}
	for of, sum := range sums {
		if sum != 0 {
			say("payment %s: receipts and captures differ by %d %s", of.payment, sum, of.currency)
		}
	}
}

// taken is how much of what was captured a positive receipt stands for. What was
// given back is booked anew when it comes back, what was lost is no receipt any more.
func (w *watch) taken(x watchedReceipt) int64 {
	switch {
	case x.minor < 0:
		return 0
	case x.reversal == "dispute" && x.state == "reversed":
		return x.lost
	case x.reversal == "refund":
		for id, r := range w.refunds {
			if r.receipt == x.key && w.stands(id) {
				return x.minor
			}
		}
		return 0
	}
	return x.minor
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
			other := kinds[m.Type].account
			switch m.Type {
			case "charge":
				other = "unapplied:" + w.customerOf[m.Reference]
			case "dispute", "dispute_reversal":
				other = "disputed:" + w.customerOf[m.Reference]
			case "refund", "refund_failure":
				if other = "refunds_payable"; w.refunds[m.Reference].minor == 0 {
					other = "suspense" // by hand
				}
			}
			if m.Adds != 0 {
				add(other, "", m.Amount.Currency, -m.Adds)
			}
		}
	}
	for _, x := range w.receipts {
		own := "unapplied:" + x.customer
		switch x.state {
		case "reversed":
			if x.reversal == "dispute" {
				add(own, "", x.currency, x.lost)
				add("disputed:"+x.customer, "", x.currency, -x.lost)
			}
		case "posted": // what the ERP has said counts
			for _, l := range there[x.key].Lines {
				settle(ours[l.Invoice], l.Amount.Minor)
				add(own, "", x.currency, l.Amount.Minor)
			}
		default:
			for _, l := range x.lines {
				settle(l.Invoice, l.Minor)
				add(own, "", x.currency, l.Minor)
			}
		}
	}
	for id, r := range w.refunds { // I7
		if !w.stands(id) {
			continue
		}
		add("refunds_payable", "", r.currency, -r.minor)
		if _, booked := w.receipts[id]; r.credit == "" || booked {
			add("unapplied:"+r.customer, "", r.currency, r.minor)
		} else {
			settle(r.credit, -r.minor)
		}
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
