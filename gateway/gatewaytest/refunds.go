package gatewaytest

import (
	"comptoir.example/comptoir/erp/erptest"
	"comptoir.example/comptoir/gateway"
)

// refund gives back part of a payment.
func (t *trial) refund(of gateway.Operation, minor int64) gateway.Operation {
	t.Helper()
	op := t.op(minor)
	op.Amount.Currency = of.Amount.Currency
	s, err := t.c.Refund(t.Context(), op, of.Reference)
	t.do("refund", err)
	t.is(s, op, gateway.Refunded)
	t.wants(s.Movements, gateway.Refund, minor)
	return op
}

// refunds is about giving back.
var refunds = []check{
	{"36 a part is given back, then the rest, and no more", func(t *trial) {
		of, paid := t.paid(10000)
		part := t.refund(of, 4000)
		rest := t.refund(of, 6000)
		_, err := t.c.Refund(t.Context(), t.op(1), of.Reference)
		t.fails("a cent more", err, gateway.Refused)
		for _, op := range []gateway.Operation{part, rest} {
			s := t.stands(op, gateway.Refunded)
			t.wants(s.Movements, gateway.Refund, op.Amount.Minor)
			if m := s.Movements[0]; m.Reference != op.Reference || m.Payment != paid.Payment {
				t.Errorf("movement: %+v", m)
			}
		}
		whole := t.stands(of, gateway.Captured)
		t.wants(whole.Movements, gateway.Capture, 10000)
		t.wants(whole.Movements, gateway.Refund, 4000, 6000)
	}},
	{"37 what cannot be given back is Refused", func(t *trial) {
		of, _ := t.paid(1000)
		_, err := t.c.Refund(t.Context(), t.op(1001), of.Reference)
		t.fails("more than was taken", err, gateway.Refused)
		other := t.op(500)
		other.Amount.Currency = "USD"
		_, err = t.c.Refund(t.Context(), other, of.Reference)
		t.fails("another currency", err, gateway.Refused)
		_, err = t.c.Refund(t.Context(), t.op(500), "REF-none")
		t.fails("an unknown payment", err, gateway.Refused)
		waiting := t.op(1000)
		t.start(waiting, wish)
		_, err = t.c.Refund(t.Context(), t.op(500), waiting.Reference)
		t.fails("a payment nobody made", err, gateway.Refused)
		t.wants(t.stands(of, gateway.Captured).Movements, gateway.Refund)
	}},
	{"38 one key gives back once", func(t *trial) {
		of, _ := t.paid(10000)
		op := t.refund(of, 4000)
		s, err := t.c.Refund(t.Context(), op, of.Reference)
		t.do("again", err)
		t.is(s, op, gateway.Refunded)
		other := op
		other.Amount.Minor = 5000
		_, err = t.c.Refund(t.Context(), other, of.Reference)
		t.fails("another amount", err, gateway.Refused)
		t.wants(t.find(of.Reference).Movements, gateway.Refund, 4000)
	}},
	{"39 a refund whose answer was lost is found, and repeated without harm", func(t *trial) {
		for _, rule := range []erptest.Rule{{Fault: erptest.Unheard}, {Fault: erptest.Masked, Status: 503}, {Fault: erptest.Reset}} {
			of, _ := t.paid(10000)
			op := t.op(4000)
			t.proxy.Plan(rule)
			_, err := t.c.Refund(t.Context(), op, of.Reference)
			t.fails("refund "+string(rule.Fault), err, gateway.Ambiguous)
			t.proxy.Plan()
			t.stands(op, gateway.Refunded)
			s, err := t.c.Refund(t.Context(), op, of.Reference)
			t.do("again", err)
			t.is(s, op, gateway.Refunded)
			t.wants(t.find(of.Reference).Movements, gateway.Refund, 4000)
		}
	}},
	{"40 a refund that was lost is not found", func(t *trial) {
		of, _ := t.paid(10000)
		op := t.op(4000)
		t.proxy.Plan(erptest.Rule{Fault: erptest.Lost})
		_, err := t.c.Refund(t.Context(), op, of.Reference)
		t.fails("refund", err, gateway.Ambiguous)
		t.proxy.Plan()
		t.unknown(op.Reference)
		t.wants(t.find(of.Reference).Movements, gateway.Refund)
	}},
	{"41 a refund that comes back is owed again, and may be given again", func(t *trial) {
		of, _ := t.paid(10000)
		op := t.refund(of, 10000)
		from, before := t.mark(), t.owed("CAD")
		t.do("fail", t.Bench.FailRefund(t.Context(), op.Reference))
		s := t.stands(op, gateway.Failed)
		t.wants(s.Movements, gateway.Refund, 10000)
		t.wants(s.Movements, gateway.RefundFailed, 10000)
		if owed := t.owed("CAD"); owed-before != 10000 {
			t.Errorf("%d was owed, then %d", before, owed)
		}
		told, _ := t.pull(from, 100)
		t.wants(movements(told), gateway.RefundFailed, 10000)
		if all := standings(told, op.Reference); len(all) != 1 || all[0].State != gateway.Failed {
			t.Errorf("told: %+v", all)
		}
		t.refund(of, 10000)
	}},
}
