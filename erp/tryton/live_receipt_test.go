package tryton

import (
	"fmt"
	"os"
	"slices"
	"testing"
	"time"

	"comptoir.example/comptoir/base/money"
	"comptoir.example/comptoir/erp"
)

const (
	prairie, ville, vermont = "7", "8", "9" // C1006 pays in two halves, C1007 pays no tax, C1008 pays at once
)

// desk is where somebody keeps the books in Tryton while receipts come in.
type desk struct {
	*testing.T
	c     *Connector
	clerk *Clerk
}

func atDesk(t *testing.T) desk { return desk{t, New(live), NewClerk(live)} }

// bill posts invoices without an order, in cents; below zero it is a credit note.
func (d desk) bill(customer string, cents ...int64) (ids []string) {
	d.Helper()
	ctx, c := d.Context(), d.clerk.receivable
	party := must(c.first(ctx, "party.party", domain(is{"id", "=", number(customer)}), "customer_payment_term", "addresses"))(d.T)
	account := must(c.first(ctx, "account.account", domain(is{"code", "=", "4000"}), "name"))(d.T)
	journal := must(c.first(ctx, "account.journal", domain(is{"code", "=", "REV"}), "name"))(d.T)
	var rows []any
	for _, sum := range cents {
		quantity := money.Int(1)
		if sum < 0 {
			quantity = money.Int(-1)
		}
		rows = append(rows, map[string]any{"type": "out", "party": party.number(), "invoice_address": number(party.ids("addresses")[0]),
			"company": 1, "currency": 1, "journal": journal.number(), "account": 5, "payment_term": number(party.id("customer_payment_term")),
			"lines": []any{[]any{"create", []any{map[string]any{"type": "line", "description": "x", "quantity": sendQuantity(quantity),
				"unit_price": sendDecimal(cad(size(sum)).Decimal()), "account": account.number(), "company": 1, "currency": 1}}}}})
	}
	answer := must(c.call(ctx, "model.account.invoice.create", nil, rows))(d.T)
	ids = (&row{fields: map[string]any{"": answer}}).ids("")
	for some := range slices.Chunk(numbers(ids), 25) {
		_, err := c.call(ctx, "model.account.invoice.post", nil, some)
		do(d.T, err)
	}
	return ids
}

// cheque brings money for an invoice by a bank statement.
func (d desk) cheque(invoice string, cents int64) {
	d.Helper()
	r := must(d.clerk.receivable.first(d.Context(), "account.invoice", domain(is{"id", "=", number(invoice)}), "company", "account", "party"))(d.T)
	do(d.T, d.clerk.deposit(d.Context(), r, cad(cents).Decimal(), today()))
}

func today() string { return time.Now().Format(time.DateOnly) }

func (d desk) receipt(customer string, sum int64, lines ...erp.ReceiptLine) erp.NewReceipt {
	return erp.NewReceipt{Key: newKey(d.T), Customer: customer, Date: today(), Amount: cad(sum), Reference: "pi_1", Lines: lines}
}

func of(invoice string, cents int64) erp.ReceiptLine {
	return erp.ReceiptLine{Invoice: invoice, Amount: cad(cents)}
}

// create and step are one call each; book goes to the end.
func (d desk) create(r erp.NewReceipt) string {
	d.Helper()
	return must(d.c.CreateReceipt(d.Context(), r))(d.T)
}

func (d desk) step(id string) erp.Receipt {
	d.Helper()
	return must(d.c.PostReceipt(d.Context(), id, nil))(d.T)
}

func (d desk) book(r erp.NewReceipt) erp.Receipt {
	d.Helper()
	id := d.create(r)
	for range 4 {
		if there := d.step(id); there.State != erp.ReceiptReceived {
			return there
		}
	}
	d.Fatalf("receipt %s is not booked", id)
	panic("unreachable")
}

// stands says what is open of an invoice and whether Tryton calls it paid.
func (d desk) stands(invoice string, open int64) erp.Invoice {
	d.Helper()
	i := must(d.c.Read(d.Context(), erp.KindInvoice, []string{invoice}))(d.T)[0].Body.(erp.Invoice)
	equal(d.T, "open of "+i.Number, i.Open, cad(open))
	equal(d.T, "state of "+i.Number, i.State, map[bool]string{true: "paid", false: "open"}[open == 0])
	return i
}

// settled says what a receipt settles and what stays with the customer.
func (d desk) settled(r erp.Receipt, unapplied int64, lines ...erp.ReceiptLine) {
	d.Helper()
	equal(d.T, "state", r.State, erp.ReceiptPosted)
	equal(d.T, "unapplied", r.Unapplied, cad(unapplied))
	slices.SortFunc(r.Lines, func(a, b erp.ReceiptLine) int { return compareIDs(a.Invoice, b.Invoice) })
	equal(d.T, "lines", fmt.Sprint(r.Lines), fmt.Sprint(append([]erp.ReceiptLine{}, lines...)))
}

// reconcile settles the entries of two documents against each other.
func (d desk) reconcile(one, two string) {
	d.Helper()
	lines := must(d.clerk.receivable.find(d.Context(), "account.move.line",
		domain(is{"move.origin", "in", []string{one, two}}, is{"account", "=", 5}, is{"reconciliation", "=", nil})))(d.T)
	do(d.T, d.clerk.receivable.wizard(d.Context(), "account.move.reconcile_lines", func(run step) error {
		_, err := run("account.move.line", lines, map[string]any{}, "start")
		return err
	}))
}

// agrees says that open items, customer by customer, are what Tryton's own balance
// and aged balance say.
func (d desk) agrees() {
	d.Helper()
	ctx := d.Context()
	open := map[string]int64{}
	for _, one := range must(d.c.OpenItems(ctx))(d.T) {
		open[one.Customer] += one.Open.Minor
	}
	for _, r := range must(d.c.rpc.all(ctx, "party.party", domain(), "receivable", "code"))(d.T) {
		if owes := amount(r, "receivable", "CAD").Minor; owes != open[r.id("id")] {
			d.Errorf("%s owes %d, and %d are open", r.text("code"), owes, open[r.id("id")])
		}
	}
	aged := must(d.c.rpc.allIn(ctx, "account.aged_balance", map[string]any{"type": "customer", "date": sendDate(today()),
		"term1": 30, "term2": 60, "term3": 90, "unit": "day", "posted": true}, domain(), "party", "balance"))(d.T)
	for _, r := range aged {
		if owes := amount(r, "balance", "CAD").Minor; owes != open[r.id("party")] {
			d.Errorf("the aged balance of party %s is %d, and %d are open", r.id("party"), owes, open[r.id("party")])
		}
	}
}

func TestTrytonPaysInstalmentsOldestFirst(t *testing.T) {
	d := atDesk(t)
	a := d.bill(prairie, 10100)[0]
	equal(t, "instalments", len(d.stands(a, 10100).Due), 2)
	d.settled(d.book(d.receipt(prairie, 3000, of(a, 3000))), 0, of(a, 3000))
	d.settled(d.book(d.receipt(prairie, 4000, of(a, 4000))), 0, of(a, 4000))
	d.stands(a, 3100)
	lines := must(d.c.rpc.all(t.Context(), "account.move.line", domain(is{"move.origin", "=", "account.invoice," + a}, is{"maturity_date", "!=", nil}),
		"maturity_date", "reconciliation"))(t)
	for _, l := range lines {
		equal(t, "the first half is settled, the second is not: "+l.date("maturity_date"), l.has("reconciliation"), l.date("maturity_date") == today())
	}
	d.settled(d.book(d.receipt(prairie, 3100, of(a, 3100))), 0, of(a, 3100))
	d.stands(a, 0)
	d.agrees()
}

func TestTrytonTakesNothingOfWhatWasPaidBetweenItsButtons(t *testing.T) {
	d := atDesk(t)
	// In full and in part, before each of the steps; and a refund whose credit note
	// was used up.
	for step := range 3 {
		a := d.bill(ville, 8000, 9000, -2000)
		r := d.receipt(ville, 15000, of(a[0], 8000), of(a[1], 9000), of(a[2], -2000))
		id := d.create(r)
		for range step {
			d.step(id)
		}
		if step < 2 {
			d.cheque(a[0], 8000)
			d.cheque(a[1], 1000)
		}
		booked := d.book(r)
		equal(t, "id", booked.ID, id)
		if step < 2 {
			d.settled(booked, 9000, of(a[1], 8000), of(a[2], -2000))
			d.stands(a[0], 0)
		} else {
			d.settled(booked, 0, of(a[0], 8000), of(a[1], 9000), of(a[2], -2000))
		}
		equal(t, "amount", booked.Amount, cad(15000))
		equal(t, "keys", fmt.Sprint(d.stands(a[1], 0).Keys), "["+r.Key+"]")
		d.stands(a[2], 0)
	}
	pair := d.bill(ville, -3000, 3000)
	r := d.receipt(ville, -3000, of(pair[0], -3000))
	d.create(r)
	d.reconcile("account.invoice,"+pair[0], "account.invoice,"+pair[1])
	d.settled(d.book(r), -3000)
	d.stands(pair[0], 0)
	d.agrees()
}

func TestTrytonPaidBetweenTwoButtonsOfTrytonLeavesTheMoneyOnAccount(t *testing.T) {
	d := atDesk(t)
	a := d.bill(ville, 8000)[0]
	r := d.receipt(ville, 8000, of(a, 8000))
	id := d.create(r)
	d.step(id)
	// As if the cheque came after the last look: the button is clicked behind it.
	b := must(d.c.bundleOf(t.Context(), r.Key))(t)
	d.cheque(a, 8000)
	do(t, d.c.rpc.pressAll(t.Context(), "account.payment", "succeed", map[string]any{"clearing_date": sendDate(today())}, numbersOf(b.rows)))
	d.settled(d.step(id), 8000)
	d.stands(a, 0)
	// Somebody uses the money for another invoice.
	other := d.bill(ville, 8000)[0]
	d.reconcile("account.payment,"+id, "account.invoice,"+other)
	d.settled(must(d.c.PostReceipt(t.Context(), id, nil))(t), 0, of(other, 8000))
	d.agrees()
}

func TestTrytonSettlesWhatOthersPaidTheRestOf(t *testing.T) {
	d := atDesk(t)
	a := d.bill(ville, 10000)[0]
	booked := d.book(d.receipt(ville, 4000, of(a, 4000)))
	d.cheque(a, 6000)
	d.step(booked.ID)
	d.stands(a, 0)
	d.agrees()
}

func TestTrytonCountsPartOfACreditNoteRight(t *testing.T) {
	d := atDesk(t)
	a := d.bill(ville, 10000, -5000)
	d.settled(d.book(d.receipt(ville, 0, of(a[0], 3000), of(a[1], -3000))), 0, of(a[0], 3000), of(a[1], -3000))
	d.stands(a[0], 7000)
	d.stands(a[1], -2000) // Tryton itself says -80.00
	d.settled(d.book(d.receipt(ville, 5000, of(a[0], 7000), of(a[1], -2000))), 0, of(a[0], 7000), of(a[1], -2000))
	d.stands(a[0], 0)
	d.stands(a[1], 0)
	d.agrees()
}

func TestTrytonPostsTheEntriesAndReversesThemOnTheDay(t *testing.T) {
	d := atDesk(t)
	ctx := t.Context()
	before := must(d.c.Clearing(ctx))(t)[0].Minor
	a := d.bill(ville, 10000, 5000)
	r := d.receipt(ville, 12500, of(a[0], 10000), of(a[1], 2000))
	day := time.Now().AddDate(0, 0, -1).Format(time.DateOnly)
	r.Date = day
	booked := d.book(r)
	equal(t, "clearing", must(d.c.Clearing(ctx))(t)[0].Minor-before, 12500)
	b := must(d.c.bundleOf(ctx, r.Key))(t)
	var entries []string
	for _, p := range b.rows {
		entries = append(entries, p.sub("clearing_move").id("id"))
		equal(t, "entry", p.sub("clearing_move").text("state"), "posted")
	}
	moves := must(d.c.rpc.all(ctx, "account.move", domain(is{"id", "in", numbers(entries)}), "date"))(t)
	equal(t, "entries", len(moves), 3)
	for _, m := range moves {
		equal(t, "date", m.date("date"), day)
	}
	_, err := d.c.ReverseReceipt(ctx, booked.ID, "2031-01-01", "dispute")
	equal(t, "a day without period", erp.ErrorOf(err).Code, "period_closed")
	gone := must(d.c.ReverseReceipt(ctx, booked.ID, today(), "dispute du_1 lost"))(t)
	equal(t, "state", gone.State, erp.ReceiptReversed)
	equal(t, "number", gone.Number, booked.Number)
	against := must(d.c.rpc.all(ctx, "account.move", domain(is{"origin", "in", references("account.move", entries)}), "date", "state", "description"))(t)
	equal(t, "entries against", len(against), 3)
	for _, m := range against {
		equal(t, "entry against", m.text("state")+" "+m.date("date")+" "+m.text("description"), "posted "+today()+" dispute du_1 lost")
	}
	d.stands(a[0], 10000)
	d.stands(a[1], 5000)
	equal(t, "clearing after", must(d.c.Clearing(ctx))(t)[0].Minor, before)
	_, err = d.c.ReverseReceipt(ctx, d.create(d.receipt(ville, 100)), today(), "?")
	equal(t, "what is not booked", erp.ErrorOf(err).Code, "not_posted")
	d.agrees()
}

func TestTrytonLeavesWhatPeopleDoWithPaymentsToThem(t *testing.T) {
	d := atDesk(t)
	ctx := t.Context()
	f := follow(t, d.c, erp.KindReceipt)
	a := d.bill(ville, 10000)[0]
	r := d.receipt(ville, 4000, of(a, 4000))
	id := d.create(r)
	equal(t, "told", f.changed(erp.KindReceipt)[id].Body.(erp.Receipt).State, erp.ReceiptReceived)
	copied := must(d.clerk.receivable.call(ctx, "model.account.payment.copy", nil, []int64{number(id)}))(t)
	theirs := (&row{fields: map[string]any{"": copied}}).ids("")[0]
	equal(t, "key of a copy", f.changed(erp.KindReceipt)[theirs].Body.(erp.Receipt).Key, "")
	booked := d.book(r)
	d.settled(booked, 0, of(a, 4000))
	equal(t, "found", must(d.c.FindReceipt(ctx, r.Key))(t).Amount, cad(4000))
	if !slices.Contains(must(d.c.IDs(ctx, erp.KindReceipt))(t), theirs) {
		t.Error("the copy is no receipt")
	}
	equal(t, "still there", must(d.c.Read(ctx, erp.KindReceipt, []string{theirs}))(t)[0].Deleted, false)
	_, err := d.clerk.receivable.call(ctx, "model.account.payment.delete", nil, []int64{number(theirs)})
	do(t, err)
	equal(t, "gone", must(d.c.Read(ctx, erp.KindReceipt, []string{theirs}))(t)[0].Deleted, true)
	// The bank took the money back, and somebody notes it.
	_, err = d.clerk.receivable.call(ctx, "model.account.payment.fail", nil, []int64{number(booked.ID)})
	do(t, err)
	equal(t, "reversed by people", f.changed(erp.KindReceipt)[booked.ID].Body.(erp.Receipt).State, erp.ReceiptReversed)
	d.stands(a, 10000)
	_, err = d.c.PostReceipt(ctx, "99999999", nil)
	equal(t, "nobody's", erp.ErrorOf(err).Code, "unknown_receipt")
}

func TestTrytonBooksTwoHundredInvoicesWhileOthersOrder(t *testing.T) {
	d := atDesk(t)
	ctx := t.Context()
	c := New(live)
	order := func() time.Duration {
		begin := time.Now()
		o := ofRivard(newKey(t), "PO-BUSY", erp.NewLine{Item: drill, Quantity: money.Int(1), UnitPrice: money.Must("179.55")})
		id, err := c.CreateOrder(ctx, o)
		for range 2 {
			if err == nil {
				_, err = c.ReleaseOrder(ctx, id, []string{"credit_limit"})
			}
		}
		if err != nil {
			t.Errorf("an order meanwhile: %v", err)
		}
		return time.Since(begin)
	}
	alone := max(order(), order())
	sizes := []int{1, 20}
	if os.Getenv("COMPTOIR_PROVE") == "1" {
		sizes = append(sizes, 200) // two minutes: make prove
	}
	for _, n := range sizes {
		var lines []erp.ReceiptLine
		for _, id := range d.bill(vermont, slices.Repeat([]int64{1000}, n)...) {
			lines = append(lines, of(id, 1000))
		}
		over, slowest := make(chan struct{}), make(chan time.Duration)
		go func() {
			worst := time.Duration(0)
			for {
				select {
				case <-over:
					slowest <- worst
					return
				default:
					worst = max(worst, order())
				}
			}
		}()
		begin := time.Now()
		id := d.create(d.receipt(vermont, int64(n)*1000, lines...))
		created := time.Since(begin)
		for d.step(id).State == erp.ReceiptReceived {
		}
		took := time.Since(begin)
		close(over)
		worst := <-slowest
		begin = time.Now()
		must(d.c.ReverseReceipt(ctx, id, today(), "test"))(t)
		t.Logf("%d invoices: created in %.1f s, booked in %.1f s, reversed in %.1f s; an order takes %.1f s, meanwhile %.1f s",
			n, created.Seconds(), took.Seconds(), time.Since(begin).Seconds(), alone.Seconds(), worst.Seconds())
		if took > time.Minute || worst-alone > 5*time.Second {
			t.Errorf("%d invoices took %v and held an order up for %v", n, took, worst-alone)
		}
	}
	d.agrees()
}
