package comptoirtest

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
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
	balances  map[balanceOf]int64
	entries   map[string]bool           // keys
	billed    map[string]string         // our document to the ERP's
	moved     map[string]bool           // movements that are here
	theirs    []simulator.Movement      // the processor's
	byID      map[string]int            // in theirs
	receipts  map[string]watchedReceipt // by key
	lines     map[string][]payment.Line // of each payment
	paymentOf map[string]string         // of each attempt
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
		byID: map[string]int{}, receipts: map[string]watchedReceipt{}, lines: map[string][]payment.Line{}, paymentOf: map[string]string{}, held: map[string]int64{}}
}

var (
	watchEntries = db.SQL("comptoirtest.watch_entries", `
SELECT e.place, e.key, e.source, l.account, l.document, l.currency, l.minor FROM ledger_entry e JOIN ledger_line l ON l.entry = e.id
WHERE e.place > $1 ORDER BY e.place, l.no`)
	watchMovements = db.SQL("comptoirtest.watch_movements", `SELECT id, kind, reference, currency, minor FROM movement WHERE recorded >= $1`)
	watchReceipts  = db.SQL("comptoirtest.watch_receipts", `
SELECT key, payment, customer, currency, minor, state, lines FROM receipt WHERE posted IS NULL OR posted >= $1`)
	watchAttempts = db.SQL("comptoirtest.watch_attempts", `
SELECT a.id, a.payment, a.amount, a.currency, a.state, a.live, p.state FROM attempt a JOIN payment p ON p.id = a.payment`)
	watchHolds = db.SQL("comptoirtest.watch_holds", `
SELECT h.key, h.invoice, h.minor, h.taken, i.balance FROM payment_hold h JOIN invoice i ON i.id = h.invoice`)
)

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

// readEntries adds up what was booked since the last look. I1, I2: each entry makes
// zero in each currency.
func (h *History) readEntries(tx *db.Tx, say func(string, ...any)) error {
	w := &h.watch
	sums := map[string]int64{}
	_, err := db.All(h.Ctx, tx, watchEntries, func(r db.Row) (_ struct{}, err error) {
		var key, source string
		var at balanceOf
		var minor int64
		if err = r.Scan(&w.place, &key, &source, &at.account, &at.document, &at.currency, &minor); err != nil {
			return struct{}{}, err
		}
		w.entries[key] = true
		w.balances[at] += minor
		sums[key+" in "+at.currency] += minor
		if id, is := strings.CutPrefix(key, "invoice:"); is {
			_, w.billed[source], _ = strings.Cut(id, ":")
		}
		if strings.HasPrefix(at.account, "ar:") && at.document == "" {
			say("%s: a line on %s is about no document", key, at.account)
		}
		return struct{}{}, nil
	}, w.place)
	for what, sum := range sums {
		if sum != 0 {
			say("entry %s does not balance: %d", what, sum)
		}
	}
	return err
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

// readMovements reads the movements that are new here. I9: each is one of the
// processor's, as it is there, and has one entry.
func (h *History) readMovements(tx *db.Tx, say func(string, ...any)) error {
	w := &h.watch
	_, err := db.All(h.Ctx, tx, watchMovements, func(r db.Row) (_ struct{}, err error) {
		var id, kind, reference, currency string
		var minor int64
		if err = r.Scan(&id, &kind, &reference, &currency, &minor); err != nil || w.moved[id] {
			return struct{}{}, err
		}
		w.moved[id] = true
		n, known := w.byID[id]
		if !known {
			say("movement %s is not the processor's", id)
			return struct{}{}, nil
		}
		m := w.theirs[n]
		if kinds[m.Type].kind != kind || m.Reference != reference || m.Amount.Currency != currency || m.Amount.Minor != minor {
			say("movement %s is %s %s %d %s here, %+v there", id, kind, reference, minor, currency, m)
		}
		return struct{}{}, nil
	}, w.at)
	for key := range w.entries {
		if _, id, is := strings.Cut(key, ":simulator:"); is && !w.moved[id] {
			say("entry %s books no movement", key)
		}
	}
	for id := range w.moved {
		if n, known := w.byID[id]; known && !w.entries[kinds[w.theirs[n].Type].kind+":simulator:"+id] {
			say("movement %s has no entry", id)
		}
	}
	return err
}

func (h *History) readReceipts(tx *db.Tx) error {
	all, err := db.All(h.Ctx, tx, watchReceipts, func(r db.Row) (x watchedReceipt, err error) {
		var lines string
		if err = r.Scan(&x.key, &x.payment, &x.customer, &x.currency, &x.minor, &x.state, &lines); err == nil {
			err = json.Unmarshal([]byte(lines), &x.lines)
		}
		return x, err
	}, h.watch.at)
	for _, x := range all {
		h.watch.receipts[x.key] = x
	}
	return err
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

// readHolds: one live attempt a payment; it holds the lines of its payment, and one
// that is over holds nothing. What is over here is over at the processor. What is
// newly held of a document was open and free.
func (h *History) readHolds(tx *db.Tx, stands map[string]string, say func(string, ...any)) error {
	w := &h.watch
	type held struct {
		minor int64
		taken bool
	}
	holds, sums, open := map[string]map[string]held{}, map[string]int64{}, map[string]int64{}
	if _, err := db.All(h.Ctx, tx, watchHolds, func(r db.Row) (_ struct{}, err error) {
		var key, document string
		var x held
		var balance int64
		err = r.Scan(&key, &document, &x.minor, &x.taken, &balance)
		if holds[key] == nil {
			holds[key] = map[string]held{}
		}
		holds[key][document] = x
		sums[document] += x.minor
		open[document] = balance
		return struct{}{}, err
	}); err != nil {
		return err
	}
	for document, sum := range sums {
		if more := max(sum, -sum) > max(w.held[document], -w.held[document]); more && max(sum, -sum) > max(open[document], -open[document]) {
			say("document %s: %d are held, %d are open", document, sum, open[document])
		}
	}
	w.held = sums
	live := map[string]int{}
	_, err := db.All(h.Ctx, tx, watchAttempts, func(r db.Row) (_ struct{}, err error) {
		var id, of, currency, state, paid string
		var minor int64
		var alive bool
		if err = r.Scan(&id, &of, &minor, &currency, &state, &alive, &paid); err != nil {
			return struct{}{}, err
		}
		w.paymentOf[id] = of
		stood, known := stands[id]
		over := !known || slices.Contains([]string{"expired", "declined", "failed", "paid"}, stood)
		switch {
		case alive:
			live[of]++
			for _, l := range w.lines[of] {
				if holds[id][l.Invoice] != (held{l.Amount.Minor, false}) {
					say("attempt %s is %s and holds %+v of %s, not %d", id, state, holds[id][l.Invoice], l.Invoice, l.Amount.Minor)
				}
			}
		case !over:
			say("attempt %s is %s here, %s at the processor", id, state, stood)
		case state == "captured" && (stood != "paid" || paid != "paid"):
			say("attempt %s is captured, %s at the processor, its payment is %s", id, stood, paid)
		}
		if !alive {
			for document, x := range holds[id] {
				if !x.taken {
					say("attempt %s is %s and holds %d of %s", id, state, x.minor, document)
				}
			}
		}
		return struct{}{}, nil
	})
	for of, n := range live {
		if n > 1 {
			say("payment %s has %d live attempts", of, n)
		}
	}
	return err
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
