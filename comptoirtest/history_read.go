package comptoirtest

import (
	"encoding/json"
	"slices"
	"strconv"
	"strings"

	"comptoir.example/comptoir/base/db"
	"comptoir.example/comptoir/erp"
	"comptoir.example/comptoir/gateway/simulator"
)

// What a look at a history reads of the database: what is new, and what changes.

var (
	watchEntries = db.SQL("comptoirtest.watch_entries", `
SELECT e.place, e.key, e.source, l.account, l.document, l.currency, l.minor FROM ledger_entry e JOIN ledger_line l ON l.entry = e.id
WHERE e.place > $1 ORDER BY e.place, l.no`)
	watchMovements = db.SQL("comptoirtest.watch_movements", `
SELECT id, kind, reference, COALESCE(payment, ''), currency, minor FROM movement WHERE recorded >= $1`)
	watchReceipts = db.SQL("comptoirtest.watch_receipts", `
SELECT key, payment, customer, currency, minor, state, lines, COALESCE(reversal, ''), lost FROM receipt
WHERE posted IS NULL OR posted >= $1 OR reversal IS NOT NULL`)
	watchRefunds = db.SQL("comptoirtest.watch_refunds", `
SELECT id, payment, attempt, customer, COALESCE(credit, ''), COALESCE(receipt, ''), currency, minor, state FROM refund`)
	watchAttempts = db.SQL("comptoirtest.watch_attempts", `
SELECT a.id, a.payment, a.state, a.live, p.state, p.customer, p.currency,
    a.state = 'starting' AND EXISTS (SELECT 1 FROM delivery d WHERE d.subject = a.id AND d.state = 'done')
FROM attempt a JOIN payment p ON p.id = a.payment`)
	watchWebhooks = db.SQL("comptoirtest.watch_webhooks", `SELECT id, body FROM webhook WHERE done >= $1 AND failed IS NULL`)
	watchCursor   = db.SQL("comptoirtest.watch_cursor", `SELECT cursor FROM gateway_flow`)
	watchHolds    = db.SQL("comptoirtest.watch_holds", `
SELECT h.key, h.invoice, h.minor, h.taken, i.balance FROM payment_hold h JOIN invoice i ON i.id = h.invoice`)
)

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

// readMovements reads the movements that are new here. I9: each is one of the
// processor's, as it is there, and has one entry.
func (h *History) readMovements(tx *db.Tx, say func(string, ...any)) error {
	w := &h.watch
	_, err := db.All(h.Ctx, tx, watchMovements, func(r db.Row) (_ struct{}, err error) {
		var id, kind, reference, of, currency string
		var minor int64
		if err = r.Scan(&id, &kind, &reference, &of, &currency, &minor); err != nil || w.moved[id] {
			return struct{}{}, err
		}
		w.moved[id] = true
		if n, known := w.byID[id]; known {
			if w.went[reference] == nil {
				w.went[reference] = map[string]int64{}
			}
			w.went[reference][w.theirs[n].Type] += minor
		}
		if kind == "capture" {
			w.captured[of] = true
		}
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
		if n, known := w.byID[id]; known && w.theirs[n].Adds != 0 && !w.entries[kinds[w.theirs[n].Type].kind+":simulator:"+id] {
			say("movement %s has no entry", id)
		}
	}
	return err
}

// readTold: the movements of a webhook that is done, and of the processor's list as
// far as it was read, are here: no kill has made us forget one.
func (h *History) readTold(tx *db.Tx, say func(string, ...any)) error {
	w := &h.watch
	if _, err := db.All(h.Ctx, tx, watchWebhooks, func(r db.Row) (_ struct{}, err error) {
		var id, body string
		if err = r.Scan(&id, &body); err != nil {
			return struct{}{}, err
		}
		var m simulator.Message
		if err = json.Unmarshal([]byte(body), &m); err == nil && m.Event.Movement != nil && !w.moved[m.Event.Movement.ID] {
			say("webhook %s is done, and its movement is not here", id)
		}
		return struct{}{}, err
	}, w.at); err != nil {
		return err
	}
	text, found, err := db.One(h.Ctx, tx, watchCursor, db.Value[string])
	if err != nil || !found {
		return err
	}
	cursor, err := strconv.Atoi(text)
	for _, id := range h.Processor.Listed(w.cursor, max(cursor, w.cursor)) {
		if !w.moved[id] {
			say("the list was read to %d, and movement %s is not here", cursor, id)
		}
	}
	w.cursor = max(cursor, w.cursor)
	return err
}

func (h *History) readReceipts(tx *db.Tx) error {
	all, err := db.All(h.Ctx, tx, watchReceipts, func(r db.Row) (x watchedReceipt, err error) {
		var lines string
		if err = r.Scan(&x.key, &x.payment, &x.customer, &x.currency, &x.minor, &x.state, &lines, &x.reversal, &x.lost); err == nil {
			err = json.Unmarshal([]byte(lines), &x.lines)
		}
		return x, err
	}, h.watch.at)
	for _, x := range all {
		h.watch.receipts[x.key] = x
	}
	return err
}

// readRefunds: each is as it was asked for. It is given when the money has left, once,
// and has failed when it is nowhere at the processor, or came back. I8: no more goes
// back to a method than it gave.
func (h *History) readRefunds(tx *db.Tx, say func(string, ...any)) error {
	w := &h.watch
	sums := map[string]int64{}
	_, err := db.All(h.Ctx, tx, watchRefunds, func(r db.Row) (_ struct{}, err error) {
		var id string
		var x watchedRefund
		if err = r.Scan(&id, &x.payment, &x.attempt, &x.customer, &x.credit, &x.receipt, &x.currency, &x.minor, &x.state); err != nil {
			return struct{}{}, err
		}
		w.refunds[id] = x
		wish := h.asked[id]
		if wish.Credit != x.credit || wish.Receipt != x.receipt || wish.Attempt != x.attempt || wish.Amount.Minor != x.minor || wish.Amount.Currency != x.currency {
			say("refund %s is %+v, and was asked for as %+v", id, x, wish)
		}
		gave, back := w.went[id]["refund"], w.went[id]["refund_failure"]
		if gave > x.minor || back > x.minor || x.state == "asked" && gave > 0 || x.state == "given" && (gave == 0 || back > 0) {
			say("refund %s of %d is %s, %d was given, %d came back", id, x.minor, x.state, gave, back)
		}
		if x.state != "failed" {
			sums[x.attempt] += x.minor
		}
		return struct{}{}, nil
	})
	for attempt, sum := range sums {
		if sum > w.went[attempt]["charge"] {
			say("%d go back of attempt %s, which took %d", sum, attempt, w.went[attempt]["charge"])
		}
	}
	for _, r := range h.Processor.Refunds() {
		if x := w.refunds[r.Reference]; x.state == "failed" && r.Status != "failed" {
			say("refund %s has failed here, and is %s at the processor", r.Reference, r.Status)
		}
	}
	return err
}

// readHolds: one live attempt a payment; it holds the lines of its payment, and one
// that is over holds nothing. What is over here is over at the processor. What is
// newly held of a document was open and free. A refund holds its credit note, and a
// receipt what it pays, until the ERP counts it.
func (h *History) readHolds(tx *db.Tx, stands map[string]string, there map[string]erp.Receipt, say func(string, ...any)) error {
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
		if w.receipts[key].key == "" || w.paymentOf[key] != "" { // what a loss has left settles what the replica may not show open yet
			sums[document] += x.minor
		}
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
		var id, of, state, paid, customer, currency string
		var alive, forgotten bool
		if err = r.Scan(&id, &of, &state, &alive, &paid, &customer, &currency, &forgotten); err != nil {
			return struct{}{}, err
		}
		w.customerOf[id], w.currencyOf[id] = customer, currency
		if forgotten {
			say("attempt %s was asked for and answered, and what is not known", id)
		}
		if paid == "paid" && !w.captured[of] {
			say("payment %s is paid, and no money has moved", of)
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
	for key, x := range w.receipts {
		if x.state == "posted" || x.state == "reversed" || there[key].Number != "" {
			continue
		}
		for _, l := range x.lines {
			if holds[key][l.Invoice] != (held{l.Minor, true}) {
				say("receipt %s is %s and holds %+v of %s, not %d", key, x.state, holds[key][l.Invoice], l.Invoice, l.Minor)
			}
		}
	}
	for id, r := range w.refunds {
		x, held := holds[id][r.credit]
		counts := w.receipts[id].state == "posted" || there[id].State == erp.ReceiptPosted
		if r.credit != "" && held != w.stands(id) && !(counts && !held) || held && x.minor != -r.minor {
			say("refund %s of %d is %s and holds %d of its credit note", id, r.minor, r.state, x.minor)
		}
	}
	for of, n := range live {
		if n > 1 {
			say("payment %s has %d live attempts", of, n)
		}
	}
	return err
}
