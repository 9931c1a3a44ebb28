package books

import (
	"net/http"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"comptoir.example/comptoir/base/db"
	"comptoir.example/comptoir/base/money"
	"comptoir.example/comptoir/erp"
)

// billed is an order that left and was invoiced, and the id of its invoice.
func (r *running) billed() (erp.Order, string, erp.Invoice) {
	r.t.Helper()
	o := r.place(r.story(""))
	r.do("ship", r.clerk.ShipRest(r.t.Context(), o.ID))
	r.do("post", r.clerk.PostInvoice(r.t.Context(), o.ID))
	id := r.id(erp.KindInvoice, r.invoices(o.ID)[0].Number)
	return o, id, r.invoice(id)
}

func (r *running) invoice(id string) erp.Invoice {
	r.t.Helper()
	found, err := r.Read(r.t.Context(), erp.KindInvoice, []string{id})
	r.do("read", err)
	return found[0].Body.(erp.Invoice)
}

// note is the id of the credit note of an order.
func (r *running) note(order string) string {
	r.t.Helper()
	for _, one := range r.invoices(order) {
		if one.Totals.Total.Minor < 0 {
			return r.id(erp.KindInvoice, one.Number)
		}
	}
	r.t.Fatal("no credit note")
	return ""
}

func cad(cents int64) money.Amount { return money.Amount{Minor: cents, Currency: currency} }

// taken is a receipt for documents, and a rest.
func taken(customer, key string, rest int64, lines ...erp.ReceiptLine) erp.NewReceipt {
	r := erp.NewReceipt{Key: key, Customer: customer, Date: time.Now().Format(time.DateOnly), Amount: cad(rest), Reference: "pi_1", Lines: lines}
	for _, l := range lines {
		r.Amount.Minor += l.Amount.Minor
	}
	return r
}

// pay creates a receipt and posts it.
func (r *running) pay(n erp.NewReceipt) erp.Receipt {
	r.t.Helper()
	id, err := r.CreateReceipt(r.t.Context(), n)
	r.do("create", err)
	booked, err := r.PostReceipt(r.t.Context(), id, nil)
	r.do("post", err)
	return booked
}

func (r *running) clearing() int64 {
	r.t.Helper()
	balances, err := r.Clearing(r.t.Context())
	r.do("clearing", err)
	return balances[0].Minor
}

func TestManyWhoCreateOneReceiptAtOnceMakeOne(t *testing.T) {
	r := open(t, t.TempDir())
	o, id, i := r.billed()
	n := taken(o.Customer, key, 0, erp.ReceiptLine{Invoice: id, Amount: i.Open})
	ids := make([]string, 8)
	var group sync.WaitGroup
	for at := range ids {
		group.Go(func() {
			c := Connect(r.url, token)
			there, err := c.FindReceipt(t.Context(), key)
			if there != nil || err != nil {
				return // somebody was faster
			}
			if ids[at], err = c.CreateReceipt(t.Context(), n); err == nil {
				_, err = c.PostReceipt(t.Context(), ids[at], nil)
			}
			if err != nil {
				t.Error(err)
			}
		})
	}
	group.Wait()
	there, err := r.FindReceipt(t.Context(), key)
	r.do("find", err)
	for _, made := range ids {
		if made != "" && made != there.ID {
			t.Errorf("made %s, which is not %s", made, there.ID)
		}
	}
	if now := r.clearing(); now != i.Open.Minor || there.State != erp.ReceiptPosted {
		t.Errorf("%d for %v, %+v", now, i.Open, there)
	}
	n.Amount.Minor += 100
	if _, err := r.CreateReceipt(t.Context(), n); erp.ErrorOf(err).Class != erp.Refused || erp.ErrorOf(err).Code != "key_taken" {
		t.Errorf("other money with the same key: %v", err)
	}
}

func TestReceiptsSufferTheSwitchesToo(t *testing.T) {
	r, ctx := open(t, t.TempDir()), t.Context()
	o, id, i := r.billed()
	n := taken(o.Customer, key, 0, erp.ReceiptLine{Invoice: id, Amount: i.Open})
	r.do("stop", r.clerk.Stop(ctx))
	if _, err := r.CreateReceipt(ctx, n); err == nil {
		t.Error("a stopped program took a receipt")
	}
	r.do("start", r.clerk.Start(ctx))
	r.do("lose", r.clerk.LoseNext(ctx))
	if _, err := r.Clearing(ctx); err != nil {
		t.Errorf("a question is no write: %v", err)
	}
	if _, err := r.CreateReceipt(ctx, n); erp.ErrorOf(err).Class != erp.Ambiguous {
		t.Errorf("created, and the answer lost: %v", err)
	}
	made, err := r.FindReceipt(ctx, key)
	r.do("find", err)
	if made == nil || made.State != erp.ReceiptReceived || r.clearing() != 0 || r.invoice(id).Open != i.Open || r.invoice(id).Keys != nil {
		t.Fatalf("a receipt that was only created has an effect: %+v", made)
	}
	r.do("lose", r.clerk.LoseNext(ctx))
	if _, err := r.PostReceipt(ctx, made.ID, nil); erp.ErrorOf(err).Class != erp.Ambiguous {
		t.Errorf("posted, and the answer lost: %v", err)
	}
	if made, err = r.FindReceipt(ctx, key); err != nil || made.State != erp.ReceiptPosted || r.clearing() != i.Open.Minor {
		t.Errorf("%+v, %v, %d", made, err, r.clearing())
	}
	r.do("lose", r.clerk.LoseNext(ctx))
	if _, err := r.ReverseReceipt(ctx, made.ID, made.Date, "?"); erp.ErrorOf(err).Class != erp.Ambiguous || r.clearing() != 0 {
		t.Errorf("reversed, and the answer lost: %v", err)
	}
	r.do("slow", r.clerk.Slow(ctx, time.Second))
	if began := time.Now(); r.clearing() != 0 || time.Since(began) < time.Second {
		t.Errorf("slow, and answered in %s", time.Since(began))
	}
}

func TestAnInvoiceTakesNoMoreThanThereIs(t *testing.T) {
	r, ctx := open(t, t.TempDir()), t.Context()
	o, id, i := r.billed()
	r.do("credit", r.clerk.MakeCreditNote(ctx, o.ID, map[string]money.Decimal{"1": money.Int(1)}))
	note := r.note(o.ID)
	back := r.invoice(note).Open // of one drill, with its taxes
	if back.Minor != -19557 {
		t.Errorf("a drill is %v", back)
	}
	net := taken(o.Customer, key, 0, erp.ReceiptLine{Invoice: id, Amount: i.Open}, erp.ReceiptLine{Invoice: note, Amount: back})
	_, err := r.CreateReceipt(ctx, net)
	r.do("create", err)
	r.pay(taken(o.Customer, "CM0000000000000001X", 0, erp.ReceiptLine{Invoice: note, Amount: back})) // somebody was faster
	booked := r.pay(net)
	if len(booked.Lines) != 1 || booked.Lines[0].Amount != net.Amount || !booked.Unapplied.IsZero() || r.invoice(id).Open.Minor != -back.Minor {
		t.Errorf("a credit note that was paid out meanwhile: %+v, open %v", booked, r.invoice(id).Open)
	}
	for what, quantities := range map[string]map[string]money.Decimal{"five of four": {"1": money.Int(5)}, "none": {}, "minus one": {"1": money.Int(-1)}} {
		if err := r.clerk.MakeCreditNote(ctx, o.ID, quantities); err == nil {
			t.Errorf("%s were credited", what)
		}
	}
	r.do("credit four", r.clerk.MakeCreditNote(ctx, o.ID, map[string]money.Decimal{"1": money.Int(4)}))
	if got := r.order(o.ID); got.State != erp.OrderInvoiced || got.Lines[0].Invoiced.Cmp(money.Int(5)) != 0 {
		t.Errorf("a credit note changes the order: %+v", got)
	}
}

func TestReceiptsAreRefusedWithACode(t *testing.T) {
	r, ctx := open(t, t.TempDir()), t.Context()
	o, id, i := r.billed()
	r.do("credit", r.clerk.MakeCreditNote(ctx, o.ID, map[string]money.Decimal{"1": money.Int(1)}))
	note := r.note(o.ID)
	for what, c := range map[string]struct {
		code  string
		spoil func(*erp.NewReceipt)
	}{
		"no key":                {"bad_receipt", func(n *erp.NewReceipt) { n.Key = "" }},
		"no day":                {"bad_date", func(n *erp.NewReceipt) { n.Date = "hier" }},
		"a closed period":       {"period_closed", func(n *erp.NewReceipt) { n.Date = "2001-01-01" }},
		"too much is settled":   {"bad_receipt", func(n *erp.NewReceipt) { n.Amount.Minor-- }},
		"nothing":               {"bad_receipt", func(n *erp.NewReceipt) { n.Amount, n.Lines = cad(0), nil }},
		"nothing of an invoice": {"bad_receipt", func(n *erp.NewReceipt) { n.Lines[0].Amount = cad(0) }},
		"an invoice paid out":   {"bad_receipt", func(n *erp.NewReceipt) { n.Lines[0].Amount, n.Amount = cad(-100), cad(-100) }},
		"a credit note paid in": {"bad_receipt", func(n *erp.NewReceipt) { n.Lines[0].Invoice = note }},
		"given back for no one": {"bad_receipt", func(n *erp.NewReceipt) { n.Amount, n.Lines = cad(-100), nil }},
		"other money":           {"bad_currency", func(n *erp.NewReceipt) { n.Amount.Currency = "USD" }},
		"other money in a line": {"bad_currency", func(n *erp.NewReceipt) { n.Lines[0].Amount.Currency = "USD" }},
		"no customer":           {"unknown_customer", func(n *erp.NewReceipt) { n.Customer = "x" }},
		"another customer":      {"unknown_invoice", func(n *erp.NewReceipt) { n.Customer = r.id(erp.KindCustomer, "C1002") }},
		"no invoice":            {"unknown_invoice", func(n *erp.NewReceipt) { n.Lines[0].Invoice = o.ID }},
	} {
		n := taken(o.Customer, key, 0, erp.ReceiptLine{Invoice: id, Amount: i.Open})
		c.spoil(&n)
		_, err := r.CreateReceipt(ctx, n)
		if e := erp.ErrorOf(err); err == nil || e.Class != erp.Refused || e.Code != c.code || e.Text == "" || strings.Contains(e.Text, "{") {
			t.Errorf("%s: %v", what, err)
		}
	}
	made, err := r.CreateReceipt(ctx, taken(o.Customer, key, 0, erp.ReceiptLine{Invoice: id, Amount: i.Open}))
	r.do("create", err)
	if _, err := r.ReverseReceipt(ctx, made, "2026-11-27", "?"); erp.ErrorOf(err).Code != "not_posted" {
		t.Errorf("what is not posted was reversed: %v", err)
	}
}

func TestAClerkReversesReceiptsAndBooksPayouts(t *testing.T) {
	r, ctx := open(t, t.TempDir()), t.Context()
	o, id, i := r.billed()
	page := func(path string) string {
		t.Helper()
		text, err := r.clerk.do(ctx, http.MethodGet, path, nil)
		r.do(path, err)
		return text
	}
	booked := r.pay(taken(o.Customer, key, 500, erp.ReceiptLine{Invoice: id, Amount: i.Open}))
	if list := page("/receipts"); !strings.Contains(list, booked.Number) || !strings.Contains(list, "5,00\u00a0$") {
		t.Errorf("the list of receipts: %s", list)
	}
	r.do("payout", r.clerk.BookPayout(ctx, booked.Amount.Decimal()))
	if now := r.clearing(); now != 0 {
		t.Errorf("paid out, and %d are left", now)
	}
	r.do("cheque", r.clerk.MakePartialPayment(ctx, r.chequeOrder(), money.Must("50.00")))
	cheque := regexp.MustCompile(`/receipts/(\d+)`).FindStringSubmatch(page("/receipts"))[1]
	if cheque == booked.ID {
		t.Fatal("the cheque is not in the list")
	}
	r.do("bounced", r.clerk.ReverseReceipt(ctx, cheque, "sans provision"))
	if text := page("/receipts/" + cheque); !strings.Contains(text, "sans provision") || strings.Contains(text, "/reversal") {
		t.Errorf("a cheque that bounced: %s", text)
	}
	if now := r.clearing(); now != 0 {
		t.Errorf("a cheque moved the clearing account to %d", now)
	}
	r.do("dispute", r.clerk.ReverseReceipt(ctx, booked.ID, "contestation"))
	if got := r.invoice(id); r.clearing() != -booked.Amount.Minor || got.Open != i.Open || r.order(o.ID).State != erp.OrderInvoiced {
		t.Errorf("a dispute after the payout: %d, %+v", r.clearing(), got)
	}
}

// chequeOrder is the sample order of which a part was paid by cheque.
func (r *running) chequeOrder() string {
	r.t.Helper()
	for _, one := range first2(r.drain(erp.KindOrder, "", 100)) {
		if one.Body.(erp.Order).PONumber == "SEED-0002" {
			return one.ID
		}
	}
	r.t.Fatal("no SEED-0002")
	return ""
}

func TestWhatACustomerHasInHandCountsForTheCreditLimit(t *testing.T) {
	r := open(t, t.TempDir())
	o := r.story(key)
	o.Customer = r.id(erp.KindCustomer, "C1009") // may owe 500
	for _, one := range first2(r.drain(erp.KindAddress, "", 100)) {
		if one.Body.(erp.Address).Customer == o.Customer {
			o.ShipTo = one.ID
		}
	}
	r.pay(taken(o.Customer, key, 46450))
	r.place(o) // 964.50
	o.Key = "CM0000000000000001X"
	o.Lines = o.Lines[1:]
	id, err := r.CreateOrder(t.Context(), o)
	r.do("create", err)
	_, err = r.ReleaseOrder(t.Context(), id, nil)
	r.do("quote", err)
	if _, err := r.ReleaseOrder(t.Context(), id, nil); erp.ErrorOf(err).Code != "credit_limit" {
		t.Errorf("the money counted twice: %v", err)
	}
}

func TestAnInstalmentIsLateUntilItIsPaid(t *testing.T) {
	i := &Invoice{Due: []erp.Instalment{{Date: "2026-11-01", Amount: cad(50)}, {Date: "2026-12-01", Amount: cad(50)}}}
	i.Total = cad(100)
	for open, day := range map[int64]string{100: "2026-11-01", 51: "2026-11-01", 50: "2026-12-01", 1: "2026-12-01"} {
		if i.Open = cad(open); i.late() != day {
			t.Errorf("%d open since %s, want %s", open, i.late(), day)
		}
	}
}

// Books of before there were receipts.
var (
	forgetReceipts = db.SQL("books.test_forget", `DELETE FROM record WHERE kind IN ('receipts', 'accounts')`)
	forgetLinks    = db.SQL("books.test_links", `UPDATE record SET body = json_remove(body, '$.receipts[0].receipt') WHERE kind = 'invoices'`)
)

func TestBooksOlderThanReceiptsGoOn(t *testing.T) {
	dir := t.TempDir()
	r := open(t, dir)
	r.stop()
	d, err := db.Open(t.Context(), db.Options{URL: "sqlite:" + filepath.Join(dir, "books.db")})
	r.do("open", err)
	r.do("forget", d.Write(t.Context(), func(tx *db.Tx) error {
		if _, err := tx.Exec(t.Context(), forgetReceipts); err != nil {
			return err
		}
		_, err := tx.Exec(t.Context(), forgetLinks)
		return err
	}))
	d.Close()
	r = open(t, dir)
	order := r.chequeOrder()
	text, err := r.clerk.do(t.Context(), http.MethodGet, "/orders/"+order, nil)
	r.do("page", err)
	i, got := r.invoices(order)[0], first2(r.drain(erp.KindReceipt, "", 100))
	if len(got) != 1 || !strings.Contains(text, "/receipts/"+got[0].ID) {
		t.Fatalf("the cheque that was noted on the invoice: %+v, %s", got, text)
	}
	if b := got[0].Body.(erp.Receipt); b.Amount.Minor != 20000 || b.Key != "" || b.State != erp.ReceiptPosted || i.Open.Minor != i.Totals.Total.Minor-20000 {
		t.Errorf("200.00 were paid: %+v, %+v", b, i)
	}
	r.pay(taken(i.Customer, key, 0, erp.ReceiptLine{Invoice: r.id(erp.KindInvoice, i.Number), Amount: i.Open}))
	if i = r.invoices(order)[0]; i.State != "paid" || !slices.Equal(i.Keys, []string{key}) || r.order(order).State != erp.OrderClosed {
		t.Errorf("paid: %+v, %s", i, r.order(order).State)
	}
}
