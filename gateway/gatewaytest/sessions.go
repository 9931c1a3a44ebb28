package gatewaytest

import (
	"net/url"
	"slices"
	"sync"
	"time"

	"comptoir.example/comptoir/base/money"
	"comptoir.example/comptoir/erp/erptest"
	"comptoir.example/comptoir/gateway"
)

// sessions is about pages where somebody pays.
var sessions = []check{
	{"10 a page opens where it may, for as long as it says", func(t *trial) {
		op := t.op(12345)
		s := t.start(op, wish)
		caps := t.c.Describe()
		at, err := url.Parse(s.URL)
		t.do("address", err)
		if s.ID == "" || !slices.Contains(caps.Hosts, at.Host) {
			t.Errorf("%+v, pages are at %v", s, caps.Hosts)
		}
		if left := s.Expires.Sub(t.Bench.Now()); left <= 0 || left > caps.Session {
			t.Errorf("open for %s, want %s", left, caps.Session)
		}
		if seen := t.stands(op, gateway.Open); len(seen.Movements) != 0 || seen.Decline != "" {
			t.Errorf("nobody has paid: %+v", seen)
		}
	}},
	{"11 the same key gives the same page", func(t *trial) {
		op := t.op(1000)
		if first, second := t.start(op, wish), t.start(op, wish); first != second {
			t.Errorf("%+v, then %+v", first, second)
		}
	}},
	{"12 a used key with another amount is Refused", func(t *trial) {
		op := t.op(1000)
		t.start(op, wish)
		other := op
		other.Amount.Minor = 2000
		_, err := t.c.Start(t.Context(), other, wish)
		t.fails("start", err, gateway.Refused)
		t.stands(op, gateway.Open)
	}},
	{"13 one key at once is one page", func(t *trial) {
		op := t.op(1000)
		got := make([]gateway.Session, 8)
		var group sync.WaitGroup
		for i := range got {
			group.Go(func() {
				s, err := t.Connect(t.between).Start(t.Context(), op, wish)
				if err != nil && t.class(err) != gateway.Throttled {
					t.Errorf("at once: %v", err)
				}
				got[i] = s
			})
		}
		group.Wait()
		for _, s := range got {
			if s.ID != "" && s.ID != t.start(op, wish).ID {
				t.Errorf("two pages: %v", got)
			}
		}
	}},
	{"14 a page whose answer was lost is found, and given again", func(t *trial) {
		for _, rule := range []erptest.Rule{{Fault: erptest.Unheard}, {Fault: erptest.Masked, Status: 502}, {Fault: erptest.Truncated}, {Fault: erptest.Reset}} {
			op := t.op(1000)
			t.proxy.Plan(rule)
			_, err := t.c.Start(t.Context(), op, wish)
			t.fails("start "+string(rule.Fault), err, gateway.Ambiguous)
			t.proxy.Plan()
			t.stands(op, gateway.Open)
			if first, second := t.start(op, wish), t.start(op, wish); first != second {
				t.Errorf("%+v, then %+v", first, second)
			}
		}
	}},
	{"15 a request that was lost is not found, and may be repeated", func(t *trial) {
		op := t.op(1000)
		t.proxy.Plan(erptest.Rule{Fault: erptest.Lost})
		_, err := t.c.Start(t.Context(), op, wish)
		t.fails("start", err, gateway.Ambiguous)
		t.proxy.Plan()
		t.unknown(op.Reference)
		t.start(op, wish)
		t.stands(op, gateway.Open)
	}},
	{"16 a request that arrives when its caller has left makes the page that a repeat gets", func(t *trial) {
		op := t.op(1000)
		t.proxy.Plan(erptest.Rule{Fault: erptest.Held, Delay: 600 * time.Millisecond, Times: 1})
		_, err := t.c.Start(t.soon(), op, wish)
		t.fails("start", err, gateway.Ambiguous)
		first := t.start(op, wish)
		for passed := 0; passed < 2; passed += len(t.calls()) { // the late one too
			if t.Context().Err() != nil {
				t.Fatal("it never arrives")
			}
			time.Sleep(20 * time.Millisecond)
		}
		if again := t.start(op, wish); again != first {
			t.Errorf("%+v, then %+v", first, again)
		}
	}},
	{"17 what was paid is captured, once, with the card's brand and last digits", func(t *trial) {
		_, s := t.paid(12345)
		t.wants(s.Movements, gateway.Capture, 12345)
		if s.Card == nil || s.Card.Brand == "" || len(s.Card.Last4) != 4 || !month(s.Card.Expires) {
			t.Errorf("card: %+v", s.Card)
		}
		for _, m := range s.Movements {
			if m.ID == "" || m.Payment != s.Payment || m.Reference != s.Reference || m.At.IsZero() || m.Amount.Currency != "CAD" {
				t.Errorf("movement: %+v", m)
			}
		}
	}},
	{"18 a card that is declined leaves the page open for another", func(t *trial) {
		for card, why := range map[Card]gateway.Decline{Poor: gateway.InsufficientFunds, Old: gateway.CardExpired, Unloved: gateway.DoNotHonor, NotConfirmed: gateway.MustAuthenticate} {
			from := t.mark()
			op := t.op(1000)
			page := t.start(op, wish)
			t.pay(page, card)
			if s := t.stands(op, gateway.Open); s.Decline != why || len(s.Movements) != 0 {
				t.Errorf("after %s: %+v", card, s)
			}
			t.pay(page, Good)
			seen := t.stands(op, gateway.Captured)
			if seen.Decline != "" {
				t.Errorf("captured, and %s", seen.Decline)
			}
			told, _ := t.pull(from, 100)
			all := standings(told, op.Reference)
			if n := len(all); n < 2 || all[n-2].State != gateway.Open || all[n-2].Decline != why || all[n-1].State != gateway.Captured || !all[n-1].At.After(all[n-2].At) {
				t.Errorf("told of %s: %+v", card, all)
			} else if seen.At.Before(all[n-1].At) {
				t.Errorf("found as of %s, and told as of %s", seen.At, all[n-1].At)
			}
			t.wants(movements(told), gateway.Capture, 1000)
		}
	}},
	{"19 a payment that its payer confirms is captured", func(t *trial) {
		op := t.op(1000)
		t.pay(t.start(op, wish), Confirmed)
		t.wants(t.stands(op, gateway.Captured).Movements, gateway.Capture, 1000)
	}},
	{"20 an outcome that comes later is pending, then captured or failed", func(t *trial) {
		for _, good := range []bool{true, false} {
			op := t.op(1000)
			t.pay(t.start(op, wish), Slow)
			if s := t.stands(op, gateway.Pending); len(s.Movements) != 0 {
				t.Errorf("moved: %+v", s.Movements)
			}
			s, err := t.c.Expire(t.Context(), t.op(1000), op.Reference)
			t.do("expire", err)
			t.is(s, op, gateway.Pending)
			t.do("decide", t.Bench.Decide(t.Context(), op.Reference, good))
			if good {
				t.wants(t.stands(op, gateway.Captured).Movements, gateway.Capture, 1000)
			} else if s := t.stands(op, gateway.Failed); len(s.Movements) != 0 || s.Decline == "" {
				t.Errorf("failed: %+v", s)
			}
		}
	}},
	{"21 nobody can pay in a page that was ended", func(t *trial) {
		op := t.op(1000)
		page := t.start(op, wish)
		s, err := t.c.Expire(t.Context(), t.op(1000), op.Reference)
		t.do("expire", err)
		t.is(s, op, gateway.Expired)
		if t.Bench.Pay(t.Context(), page, Good) == nil {
			t.Error("the page takes a card")
		}
		if s := t.stands(op, gateway.Expired); len(s.Movements) != 0 {
			t.Errorf("moved: %+v", s.Movements)
		}
		again, err := t.c.Expire(t.Context(), t.op(1000), op.Reference)
		t.do("expire again", err)
		t.is(again, op, gateway.Expired)
	}},
	{"22 a page that ends too late tells that it was paid", func(t *trial) {
		op, _ := t.paid(1000)
		s, err := t.c.Expire(t.Context(), t.op(1000), op.Reference)
		t.do("expire", err)
		t.is(s, op, gateway.Captured)
		t.wants(s.Movements, gateway.Capture, 1000)
	}},
	{"23 what nobody knows cannot be ended", func(t *trial) {
		op := t.op(1000)
		_, err := t.c.Expire(t.Context(), op, op.Reference)
		t.fails("expire", err, gateway.Refused)
	}},
	{"24 a page that is left alone expires", func(t *trial) {
		from := t.mark()
		op := t.op(1000)
		page := t.start(op, wish)
		t.Bench.Move(t.c.Describe().Session)
		t.stands(op, gateway.Expired)
		if t.Bench.Pay(t.Context(), page, Good) == nil {
			t.Error("the page takes a card")
		}
		told, _ := t.pull(from, 100)
		if all := standings(told, op.Reference); len(all) == 0 || all[len(all)-1].State != gateway.Expired {
			t.Errorf("told: %+v", all)
		}
	}},
	{"25 who pays twice in one page pays once", func(t *trial) {
		op := t.op(1000)
		page := t.start(op, wish)
		t.pay(page, Good)
		_ = t.Bench.Pay(t.Context(), page, Good) // taken or not, it must not count
		t.wants(t.stands(op, gateway.Captured).Movements, gateway.Capture, 1000)
	}},
	{"26 a payment keeps its currency", func(t *trial) {
		for _, currency := range t.c.Describe().Currencies {
			before := t.owed(currency)
			op := t.op(0)
			op.Amount = money.Amount{Minor: 4321, Currency: currency}
			t.pay(t.start(op, wish), Good)
			s := t.stands(op, gateway.Captured)
			added := int64(0)
			for _, m := range s.Movements {
				if m.Amount.Currency != currency {
					t.Errorf("%+v, want %s", m, currency)
				}
				added += m.Adds().Minor
			}
			if owed := t.owed(currency); owed-before != added || added == 0 {
				t.Errorf("%s: %d was owed, then %d, and %d moved", currency, before, owed, added)
			}
		}
	}},
}

// month says whether a text is a month: 2031-12.
func month(text string) bool {
	_, err := time.Parse("2006-01", text)
	return err == nil
}
