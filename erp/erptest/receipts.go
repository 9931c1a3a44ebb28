package erptest

import (
	"slices"
	"strings"

	"comptoir.example/comptoir/base/money"
	"comptoir.example/comptoir/erp"
)

// receipts is the part of group E about money: what it settles, and what it does
// not. All of it is for connectors that book money (erp.Cashier).
var receipts = []check{
	{"39 a receipt settles invoices in full, in part, and credit notes, and the rest stays unapplied", func(t *trial) {
		a, b := t.owe("4"), t.owe("4")
		loose, _ := t.loose()
		first := t.pay(t.receipt(0, a.part(a.open)))
		t.stands(a, 0, first.Key)
		if o := read[erp.Order](t, a.order); o.State != erp.OrderClosed {
			t.Errorf("paid, and the order is %s", o.State)
		}
		half := t.pay(t.receipt(0, b.part(b.open/2)))
		t.stands(b, b.open-b.open/2, half.Key)
		over := t.pay(t.receipt(500, b.part(b.open-b.open/2)))
		t.stands(b, 0, half.Key, over.Key)
		if now, keys := t.loose(); now != loose+500 || !slices.Contains(keys, over.Key) {
			t.Errorf("5.00 too much: %d cents became %d, of %v", loose, now, keys)
		}

		// Several, one in part, and a credit note that is used up.
		c, d, note := t.owe("4"), t.owe("4"), t.credit(a)
		t.pay(t.receipt(0, c.part(c.open), d.part(1000), note.part(note.open)))
		t.stands(c, 0)
		t.stands(d, d.open-1000)
		t.stands(note, 0)
		// No money at all: a credit note is netted with what is left.
		note = t.credit(c)
		net := t.pay(t.receipt(0, d.part(-note.open), note.part(note.open)))
		if !net.Amount.IsZero() {
			t.Errorf("netting is %+v", net)
		}
		t.stands(d, d.open-1000+note.open, net.Key)
		t.stands(note, 0, net.Key)
		// Money for nothing in particular.
		t.pay(t.receipt(700))
		if now, _ := t.loose(); now != loose+1200 {
			t.Errorf("7.00 for nothing: %d cents became %d", loose, now)
		}
	}},
	{"39b money that the ERP takes by itself is told, without a key", func(t *trial) {
		t.cashier()
		a := t.owe("1")
		cursor, before := t.now(erp.KindReceipt), t.clearing()
		t.do("pay", t.Clerk.MakePartialPayment(t.Context(), a.order, money.Must("12.34")))
		r, _ := t.until(erp.KindReceipt, cursor, "the cheque", func(r erp.Record) bool {
			b, ok := r.Body.(erp.Receipt)
			return ok && parts(b.Lines)[a.id] == 1234
		})
		b := r.Body.(erp.Receipt)
		if b.Key != "" || b.Amount != cad(1234) || !b.Unapplied.IsZero() || b.State != erp.ReceiptPosted || b.Customer != t.customer(t.Names.Unlimited) || b.Date != t.today() {
			t.Errorf("a cheque of 12.34: %+v", b)
		}
		if now := t.clearing(); now != before {
			t.Errorf("a cheque does not wait for a payout, but the clearing account went from %d to %d", before, now)
		}
		ids, err := t.c.IDs(t.Context(), erp.KindReceipt)
		t.do("ids", err)
		if found, err := t.cashier().FindReceipt(t.Context(), ""); found != nil || err != nil || !slices.Contains(ids, r.ID) {
			t.Errorf("without a key: %+v, %v; its id is among them: %t", found, err, slices.Contains(ids, r.ID))
		}
	}},
	{"42 of an invoice that was paid by other means meanwhile nothing is taken", func(t *trial) {
		// Before the receipt is created, after it, and in part only.
		for i, cheque := range []int64{100, 100, 40} {
			a := t.owe("1")
			r := t.receipt(0, a.part(a.open))
			if i > 0 {
				_, err := t.cashier().CreateReceipt(t.Context(), r)
				t.do("create", err)
			}
			loose, _ := t.loose()
			other := a.open * cheque / 100
			t.do("pay", t.Clerk.MakePartialPayment(t.Context(), a.order, cad(other).Decimal()))
			before := t.clearing()
			booked, err := book(t.Context(), t.cashier(), r)
			t.do("book", err)
			if left := a.open - other; left > 0 {
				t.holds(r, booked, a.part(left))
			} else {
				t.holds(r, booked)
			}
			t.stands(a, 0, r.Key)
			if now, keys := t.loose(); now != loose+other || !slices.Contains(keys, r.Key) || t.clearing() != before+r.Amount.Minor {
				t.Errorf("%d %% paid by cheque: %d cents became %d, of %v; clearing %d became %d", cheque, loose, now, keys, before, t.clearing())
			}
		}
	}},
	{"43 a receipt that the ERP does not want is refused, with a reason, and changes nothing", func(t *trial) {
		t.cashier()
		a, late, theirs := t.owe("1"), t.owe("1"), ""
		for id, i := range all[erp.Invoice](t) {
			if i.PONumber == t.Names.Overdue {
				theirs = id
			}
		}
		before := t.clearing()
		for what, spoil := range map[string]func(*erp.NewReceipt){
			"unknown customer":      func(r *erp.NewReceipt) { r.Customer = "987654321" },
			"unknown invoice":       func(r *erp.NewReceipt) { r.Lines[0].Invoice = "987654321" },
			"somebody's invoice":    func(r *erp.NewReceipt) { r.Lines[0].Invoice = theirs },
			"a currency unheard of": func(r *erp.NewReceipt) { r.Amount.Currency, r.Lines[0].Amount.Currency = "XTS", "XTS" },
			"more than was taken":   func(r *erp.NewReceipt) { r.Amount.Minor-- },
			"a closed period":       func(r *erp.NewReceipt) { r.Date, r.Lines[0].Invoice = "1999-12-31", late.id }, // which it may hold
		} {
			r := t.receipt(0, a.part(1000))
			spoil(&r)
			id, err := t.cashier().CreateReceipt(t.Context(), r)
			for range 8 {
				if err == nil { // it is when it takes effect that some ERPs look
					_, err = t.cashier().PostReceipt(t.Context(), id, nil)
				}
			}
			if e := erp.ErrorOf(err); t.class(err) != erp.Refused || e.Code == "" || e.Text == "" || strings.ContainsAny(e.Code, " .:") {
				t.Errorf("%s: %v", what, err)
			}
			if found, err := t.cashier().FindReceipt(t.Context(), r.Key); err != nil || found != nil && found.State != erp.ReceiptReceived {
				t.Errorf("%s left %+v, %v", what, found, err)
			}
		}
		if now := t.clearing(); now != before {
			t.Errorf("the clearing account went from %d to %d", before, now)
		}
		t.pay(t.receipt(0, a.part(a.open)))
		t.stands(a, 0)
	}},
	{"45 a credit note is paid out, once", func(t *trial) {
		a := t.owe("2")
		t.pay(t.receipt(0, a.part(a.open)))
		note := t.credit(a)
		back := t.pay(t.receipt(0, note.part(note.open)))
		if back.Amount.Minor != note.open {
			t.Errorf("given back: %+v", back)
		}
		t.stands(note, 0, back.Key)
		t.stands(a, 0)
		if _, err := book(t.Context(), t.cashier(), t.receipt(0, note.part(note.open))); err == nil {
			t.stands(note, 0) // the money went, and is not taken off the note again
		}
		t.loose()
	}},
	{"45b a reversal opens again what a receipt settled", func(t *trial) {
		a, b := t.owe("2"), t.owe("2")
		note := t.credit(b)
		before := t.clearing()
		loose, _ := t.loose()
		r := t.receipt(300, a.part(a.open), b.part(1000), note.part(note.open))
		booked := t.pay(r)
		if _, err := t.cashier().ReverseReceipt(t.Context(), "987654321", t.today(), "?"); t.class(err) != erp.Refused {
			t.Errorf("a receipt that is not there was reversed: %v", err)
		}
		for range 2 {
			gone, err := t.cashier().ReverseReceipt(t.Context(), booked.ID, t.today(), "dispute lost")
			t.do("reverse", err)
			if gone.State != erp.ReceiptReversed || gone.Key != r.Key || gone.Amount != r.Amount {
				t.Errorf("reversed: %+v", gone)
			}
			found, err := t.cashier().FindReceipt(t.Context(), r.Key)
			t.do("find", err)
			if found == nil || found.ID != booked.ID || found.State != erp.ReceiptReversed || read[erp.Receipt](t, booked.ID).State != erp.ReceiptReversed {
				t.Errorf("found %+v", found)
			}
			t.stands(a, a.open, r.Key)
			t.stands(b, b.open, r.Key)
			t.stands(note, note.open, r.Key)
			if now, _ := t.loose(); now != loose || t.clearing() != before {
				t.Errorf("loose %d became %d, clearing %d became %d", loose, now, before, t.clearing())
			}
			if o := read[erp.Order](t, a.order); o.State == erp.OrderClosed {
				t.Errorf("not paid, and the order is %s", o.State)
			}
			if there, err := t.cashier().PostReceipt(t.Context(), booked.ID, nil); err == nil && there.State != erp.ReceiptReversed {
				t.Errorf("posted again: %+v", there)
			}
		}
		// The money comes after all, by another receipt.
		t.pay(t.receipt(0, a.part(a.open), b.part(b.open), note.part(note.open)))
		t.stands(a, 0)
		t.stands(b, 0)
	}},
}
