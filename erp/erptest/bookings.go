package erptest

import (
	"context"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"comptoir.example/comptoir/base/pan"
	"comptoir.example/comptoir/erp"
)

// bookings is the part of group E about receipts that were lost, repeated or
// interrupted: booked once, whatever the line does.
var bookings = []check{
	{"40 the same receipt sent again, and at once, is booked once", func(t *trial) {
		a := t.owe("4")
		r := t.receipt(0, a.part(1000))
		booked := t.pay(r)
		before := t.clearing()
		again, err := book(t.Context(), t.cashier(), r)
		t.do("again", err)
		_, err = t.cashier().PostReceipt(t.Context(), booked.ID, nil)
		t.do("post again", err)
		t.bookedOnce(r, again.ID)
		// Several finish the same receipt at once.
		two := t.receipt(0, a.part(2000))
		id, err := t.cashier().CreateReceipt(t.Context(), two)
		t.do("create", err)
		var group sync.WaitGroup
		for range 3 {
			group.Go(func() {
				for c, try := t.Connect(t.URL).(erp.Cashier), 0; try < 5; try++ {
					there, err := book(t.Context(), c, two)
					if err == nil {
						if there.ID != id {
							t.Errorf("made %s beside %s", there.ID, id)
						}
						return
					}
					if class := t.class(err); class != erp.Throttled && class != erp.Ambiguous && class != erp.Broken {
						t.Errorf("at once: %v", err)
					}
					time.Sleep(100 * time.Millisecond)
				}
				t.Error("five tries do not do")
			})
		}
		group.Wait()
		t.bookedOnce(two, id)
		t.stands(a, a.open-3000, r.Key, two.Key)
		if moved := t.clearing() - before; moved != 2000 {
			t.Errorf("the clearing account moved by %d for 2000", moved)
		}
	}},
	{"40b what the network delivers twice is one receipt", func(t *trial) {
		a := t.owe("1")
		proxy, url := Between(t.T, t.Ground)
		c := t.Connect(url).(erp.Cashier)
		c.FindReceipt(t.Context(), newKey()) // signed in
		r := t.receipt(0, a.part(1000))
		before := t.clearing()
		proxy.Plan(Rule{Fault: Twice})
		id, err := c.CreateReceipt(t.Context(), r)
		t.do("create", err)
		booked, err := book(t.Context(), c, r)
		t.do("book", err)
		if booked.ID != id {
			t.Errorf("made %s, booked %s", id, booked.ID)
		}
		t.bookedOnce(r, id)
		t.stands(a, a.open-1000, r.Key)
		if moved := t.clearing() - before; moved != 1000 {
			t.Errorf("the clearing account moved by %d for 1000", moved)
		}
	}},
	{"41 an answer lost after a receipt was made or booked leaves one receipt", func(t *trial) { t.faulty(t.payments(), done) }},
	{"41b a receipt that was not made is not said to be", func(t *trial) { t.faulty(t.payments(), undone) }},
	{"47 no request has a card number in it", func(t *trial) {
		a := t.owe("2")
		note := t.credit(a)
		proxy, url := Between(t.T, t.Ground)
		t.c = t.Connect(url)
		r := t.receipt(100, a.part(a.open), note.part(note.open))
		booked := t.pay(r)
		_, err := t.cashier().ReverseReceipt(t.Context(), booked.ID, t.today(), "dispute lost")
		t.do("reverse", err)
		t.loose()
		said := ""
		for _, call := range proxy.Calls() {
			said += call.Path + " " + call.Body + "\n"
		}
		if !strings.Contains(said, r.Reference) {
			t.Errorf("the reference is nowhere in what was said:\n%s", said)
		}
		if pan.In(said) {
			t.Error("a card number crossed the line")
		}
	}},
	{"60 what is shown as open stays the same from the payment to its booking", func(t *trial) {
		a, b := t.owe("4"), t.owe("1")
		note := t.credit(a)
		r := t.receipt(500, a.part(1000), b.part(b.open), note.part(note.open))
		expected := map[string]int64{a.id: a.open - 1000, b.id: 0, note.id: 0}
		loose, _ := t.loose()
		before := t.clearing()
		cursor := t.now(erp.KindInvoice)
		same := func(when string) {
			t.Helper()
			for _, one := range []bill{a, b, note} {
				if got := shown(one.id, read[erp.Invoice](t, one.id), r); got != expected[one.id] {
					t.Errorf("%s: %d cents are shown of %s, want %d", when, got, one.id, expected[one.id])
				}
			}
			var news []erp.Record
			news, cursor = t.drain(erp.KindInvoice, cursor, 100)
			for _, one := range news {
				if i, ok := one.Body.(erp.Invoice); ok && shown(one.ID, i, r) != expected[one.ID] && slices.Contains([]string{a.id, b.id, note.id}, one.ID) {
					t.Errorf("%s: %d cents are told of %s, want %d", when, shown(one.ID, i, r), one.ID, expected[one.ID])
				}
			}
			now, keys := t.loose()
			if !slices.Contains(keys, r.Key) {
				now += 500 // ours, and not there yet
			}
			if now != loose+500 {
				t.Errorf("%s: %d cents settle nothing, want %d", when, now, loose+500)
			}
		}
		same("taken")
		id, err := t.cashier().CreateReceipt(t.Context(), r)
		t.do("create", err)
		same("created")
		if now := t.clearing(); now != before {
			t.Errorf("created, and the clearing account went from %d to %d", before, now)
		}
		for step := 1; ; step++ {
			there, err := t.cashier().PostReceipt(t.Context(), id, nil)
			t.do("post", err)
			same("step " + string(rune('0'+step)))
			if there.State == erp.ReceiptPosted {
				break
			}
			if step == 8 {
				t.Fatalf("eight steps and not booked: %+v", there)
			}
		}
	}},
	{"61 a receipt of several documents, killed half way, goes on and is booked once", func(t *trial) {
		a, b := t.owe("40"), t.owe("40")
		note := t.credit(a)
		open := map[string]int64{a.id: a.open, b.id: b.open, note.id: note.open}
		before := t.clearing()
		next := func() erp.NewReceipt {
			r := t.receipt(10, a.part(100), b.part(100), note.part(-50))
			for id, cents := range parts(r.Lines) {
				open[id] -= cents
			}
			before += r.Amount.Minor
			return r
		}
		proxy, url := Between(t.T, t.Ground)
		_, err := book(t.Context(), t.Connect(url).(erp.Cashier), next())
		t.do("book", err)
		requests := len(proxy.Calls())
		stride := 1
		if t.Sampled {
			stride = (requests + 3) / 4
		}
		for at := 0; at < requests; at += stride {
			for _, heard := range []bool{false, true} {
				r := next()
				rules := []Rule{{Fault: Lost, Skip: at}}
				if heard { // the ERP does the last thing it is asked
					rules = []Rule{{Fault: Unheard, Skip: at, Times: 1}, {Fault: Lost, Skip: at}}
				}
				proxy.Plan(rules...)
				ctx, kill := context.WithTimeout(t.Context(), 5*time.Second)
				_, err := book(ctx, t.Connect(url).(erp.Cashier), r)
				kill()
				if err == nil {
					t.Errorf("killed at request %d of %d, heard %t, and all went well", at+1, requests, heard)
				}
				proxy.Plan()
				for _, one := range []bill{a, b, note} {
					if got := shown(one.id, read[erp.Invoice](t, one.id), r); got != open[one.id] {
						t.Errorf("killed at request %d of %d, heard %t: %d cents are shown of %s, want %d", at+1, requests, heard, got, one.id, open[one.id])
					}
				}
				booked, err := book(t.Context(), t.Connect(url).(erp.Cashier), r)
				t.do("goes on", err)
				t.holds(r, booked, r.Lines...)
				t.bookedOnce(r, booked.ID)
				for _, one := range []bill{a, b, note} {
					t.stands(one, open[one.id], r.Key)
				}
				if now := t.clearing(); now != before {
					t.Errorf("killed at request %d of %d, heard %t: %d are clearing, want %d", at+1, requests, heard, now, before)
				}
			}
		}
		t.loose()
	}},
}

// shown is what a buyer sees open of a document, in cents: what the ERP says, less
// a receipt of ours that this does not count yet.
func shown(id string, i erp.Invoice, ours erp.NewReceipt) int64 {
	if slices.Contains(i.Keys, ours.Key) {
		return i.Open.Minor
	}
	return i.Open.Minor - parts(ours.Lines)[id]
}

// bookedOnce says that a receipt is in the ERP once, and booked.
func (t *trial) bookedOnce(r erp.NewReceipt, id string) {
	t.Helper()
	found := of(t, r.Key, func(b erp.Receipt) []string { return []string{b.Key} })
	if ids := slices.Sorted(maps.Keys(found)); !slices.Equal(ids, []string{id}) || found[id].State != erp.ReceiptPosted {
		t.Errorf("receipts with the key: %+v, want %s alone", found, id)
	}
}

// payments makes new receipts to carry: a dollar each of one large invoice.
func (t *trial) payments() func() carried {
	a, sent := t.owe("40"), int64(0)
	before := t.clearing()
	return func() carried {
		r := t.receipt(0, a.part(100))
		sent++
		return carried{steps: 4,
			create: func(ctx context.Context, c erp.Connector) (string, error) {
				return c.(erp.Cashier).CreateReceipt(ctx, r)
			},
			step: func(ctx context.Context, c erp.Connector, id string) error {
				_, err := c.(erp.Cashier).PostReceipt(ctx, id, nil)
				return err
			},
			find: func() (bool, error) {
				found, err := t.cashier().FindReceipt(t.Context(), r.Key)
				return found != nil, err
			},
			send: func(c erp.Connector) (string, error) {
				booked, err := book(t.Context(), c.(erp.Cashier), r)
				return booked.ID, err
			},
			once: func(id string) {
				t.Helper()
				t.bookedOnce(r, id)
				t.stands(a, a.open-100*sent, r.Key)
				if moved := t.clearing() - before; moved != 100*sent {
					t.Errorf("the clearing account moved by %d for %d receipts of a dollar", moved, sent)
				}
			},
		}
	}
}
