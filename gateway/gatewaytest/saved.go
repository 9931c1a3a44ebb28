package gatewaytest

import (
	"sync"

	"comptoir.example/comptoir/erp/erptest"
	"comptoir.example/comptoir/gateway"
)

// saved is about methods that are kept for next time.
var saved = []check{
	{"27 a method is kept only with the payer's consent", func(t *trial) {
		if _, s := t.paid(1000); s.Card == nil || s.Card.Token != "" {
			t.Errorf("kept without consent: %+v", s.Card)
		}
		if first, second := t.token(), t.token(); first == second {
			t.Error("two consents share a token")
		}
	}},
	{"28 a saved method is charged", func(t *trial) {
		op := t.op(7000)
		s, err := t.c.Charge(t.Context(), op, t.token())
		t.do("charge", err)
		t.is(s, op, gateway.Captured)
		t.wants(s.Movements, gateway.Capture, 7000)
		if s.Card == nil || s.Card.Last4 == "" {
			t.Errorf("card: %+v", s.Card)
		}
		t.wants(t.stands(op, gateway.Captured).Movements, gateway.Capture, 7000)
	}},
	{"29 a charge that is declined is an answer, not an error", func(t *trial) {
		op := t.op(0)
		op.Amount = t.Declines
		token := t.token()
		s, err := t.c.Charge(t.Context(), op, token)
		t.do("charge", err)
		t.is(s, op, gateway.Declined)
		if s.Decline != t.Why || len(s.Movements) != 0 {
			t.Errorf("declined: %+v", s)
		}
		if s := t.stands(op, gateway.Declined); s.Decline != t.Why {
			t.Errorf("found: %+v", s)
		}
		again, err := t.c.Charge(t.Context(), op, token)
		t.do("the same again", err)
		t.is(again, op, gateway.Declined)
		next := t.op(1000)
		s, err = t.c.Charge(t.Context(), next, token)
		t.do("another", err)
		t.is(s, next, gateway.Captured)
	}},
	{"30 one key charges once, one after the other and at once", func(t *trial) {
		op, token := t.op(1000), t.token()
		var group sync.WaitGroup
		for range 6 {
			group.Go(func() {
				if s, err := t.Connect(t.between).Charge(t.Context(), op, token); err == nil {
					t.is(s, op, gateway.Captured)
				} else if t.class(err) != gateway.Throttled {
					t.Errorf("at once: %v", err)
				}
			})
		}
		group.Wait()
		s, err := t.c.Charge(t.Context(), op, token)
		t.do("charge", err)
		t.is(s, op, gateway.Captured)
		t.wants(t.stands(op, gateway.Captured).Movements, gateway.Capture, 1000)
		other := op
		other.Amount.Minor = 2000
		_, err = t.c.Charge(t.Context(), other, token)
		t.fails("another amount", err, gateway.Refused)
		t.wants(t.stands(op, gateway.Captured).Movements, gateway.Capture, 1000)
	}},
	{"31 a charge whose answer was lost is found, and repeated without harm", func(t *trial) {
		token := t.token()
		for _, rule := range []erptest.Rule{{Fault: erptest.Unheard}, {Fault: erptest.Masked, Status: 500}, {Fault: erptest.Truncated}, {Fault: erptest.Twice}} {
			op := t.op(1000)
			t.proxy.Plan(rule)
			_, err := t.c.Charge(t.Context(), op, token)
			if rule.Fault != erptest.Twice {
				t.fails("charge "+string(rule.Fault), err, gateway.Ambiguous)
			}
			t.proxy.Plan()
			t.stands(op, gateway.Captured)
			s, err := t.c.Charge(t.Context(), op, token)
			t.do("charge again", err)
			t.is(s, op, gateway.Captured)
			t.wants(t.stands(op, gateway.Captured).Movements, gateway.Capture, 1000)
		}
	}},
	{"32 a charge that was lost is not found", func(t *trial) {
		op, token := t.op(1000), t.token()
		t.proxy.Plan(erptest.Rule{Fault: erptest.Lost})
		_, err := t.c.Charge(t.Context(), op, token)
		t.fails("charge", err, gateway.Ambiguous)
		t.proxy.Plan()
		t.unknown(op.Reference)
	}},
	{"33 a method that its bank has closed is gone", func(t *trial) {
		token := t.token()
		t.do("close", t.Bench.CloseCard(t.Context(), token))
		t.gone(token)
	}},
	{"34 a method that was forgotten is gone, and may be forgotten again", func(t *trial) {
		token := t.token()
		t.do("forget", t.c.Forget(t.Context(), token))
		t.do("forget again", t.c.Forget(t.Context(), token))
		t.gone(token)
	}},
	{"35 a method that never was is gone", func(t *trial) {
		t.do("forget", t.c.Forget(t.Context(), "never-was"))
		t.gone("never-was")
	}},
}

// gone wants a method to be useless.
func (t *trial) gone(token string) {
	t.Helper()
	op := t.op(1000)
	s, err := t.c.Charge(t.Context(), op, token)
	t.do("charge", err)
	t.is(s, op, gateway.Declined)
	if s.Decline != gateway.MethodGone || len(s.Movements) != 0 {
		t.Errorf("not gone: %+v", s)
	}
}
