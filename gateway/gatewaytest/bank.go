package gatewaytest

import (
	"comptoir.example/comptoir/base/money"
	"comptoir.example/comptoir/gateway"
)

// bank is about what banks do: disputes and payouts.
var bank = []check{
	{"42 a dispute withholds the money, which cannot be given back then", func(t *trial) {
		of, paid := t.paid(10000)
		t.refund(of, 4000)
		from, before := t.mark(), t.owed("CAD")
		t.do("dispute", t.Bench.Dispute(t.Context(), of.Reference))
		told, _ := t.pull(from, 100)
		moved := movements(told)
		t.wants(moved, gateway.Dispute, 6000)
		for _, m := range moved {
			if m.Reference != of.Reference || m.Payment != paid.Payment {
				t.Errorf("movement: %+v", m)
			}
		}
		t.adds(before, moved)
		_, err := t.c.Refund(t.Context(), t.op(1), of.Reference)
		t.fails("refund", err, gateway.Refused)
		t.wants(t.stands(of, gateway.Captured).Movements, gateway.Dispute, 6000)
	}},
	{"43 a dispute that is won gives the money again", func(t *trial) {
		of, _ := t.paid(10000)
		t.do("dispute", t.Bench.Dispute(t.Context(), of.Reference))
		from, before := t.mark(), t.owed("CAD")
		t.do("win", t.Bench.EndDispute(t.Context(), of.Reference, true))
		told, _ := t.pull(from, 100)
		t.wants(movements(told), gateway.DisputeWon, 10000)
		t.adds(before, movements(told))
		t.refund(of, 10000)
	}},
	{"44 a dispute that is lost moves nothing more", func(t *trial) {
		of, _ := t.paid(10000)
		t.do("dispute", t.Bench.Dispute(t.Context(), of.Reference))
		from, before := t.mark(), t.owed("CAD")
		t.do("lose", t.Bench.EndDispute(t.Context(), of.Reference, false))
		told, _ := t.pull(from, 100)
		t.wants(movements(told), gateway.DisputeLost, 10000)
		t.adds(before, movements(told))
		if owed := t.owed("CAD"); owed != before {
			t.Errorf("%d was owed, then %d", before, owed)
		}
		_, err := t.c.Refund(t.Context(), t.op(1), of.Reference)
		t.fails("refund", err, gateway.Refused)
	}},
	{"45 a payout is the sum of what it pays", func(t *trial) {
		t.emptied()
		from := t.mark()
		of, _ := t.paid(20000)
		t.paid(5000)
		t.refund(of, 3000)
		told, next := t.pull(from, 100)
		sum := int64(0)
		for _, m := range movements(told) {
			sum += m.Adds().Minor
		}
		t.do("payout", t.Bench.Payout(t.Context(), "CAD"))
		told, _ = t.pull(next, 100)
		moved := movements(told)
		t.wants(moved, gateway.Payout, sum)
		if m := moved[0]; m.Payout == "" || m.Reference != "" || m.Payment != "" {
			t.Errorf("movement: %+v", m)
		}
		if owed := t.owed("CAD"); owed != 0 {
			t.Errorf("%d is owed after all was paid", owed)
		}
	}},
	{"46 a payout that comes back is owed again", func(t *trial) {
		t.paid(20000)
		from, before := t.mark(), t.owed("CAD")
		t.do("payout", t.Bench.Payout(t.Context(), "CAD"))
		t.do("fail", t.Bench.FailPayout(t.Context(), "CAD"))
		told, _ := t.pull(from, 100)
		moved := movements(told)
		t.wants(moved, gateway.Payout, before)
		t.wants(moved, gateway.PayoutFailed, before)
		if len(moved) == 2 && (moved[0].Payout == "" || moved[0].Payout != moved[1].Payout || moved[0].ID == moved[1].ID) {
			t.Errorf("%+v", moved)
		}
		if owed := t.owed("CAD"); owed != before {
			t.Errorf("%d was owed, then %d", before, owed)
		}
	}},
	{"47 a movement that nobody knows is told as such, with what it adds", func(t *trial) {
		for _, minor := range []int64{-1234, 567} {
			from, before := t.mark(), t.owed("CAD")
			t.do("adjust", t.Bench.Adjust(t.Context(), money.Amount{Minor: minor, Currency: "CAD"}))
			told, _ := t.pull(from, 100)
			t.wants(movements(told), gateway.OtherMovement, minor)
			t.adds(before, movements(told))
		}
	}},
}

// adds wants the balance to have become what movements make of it.
func (t *trial) adds(before int64, moved []gateway.Movement) {
	t.Helper()
	want := before
	for _, m := range moved {
		want += m.Adds().Minor
	}
	if owed := t.owed("CAD"); owed != want {
		t.Errorf("%d was owed, then %d, want %d by %+v", before, owed, want, moved)
	}
}

// emptied pays out what is owed from before.
func (t *trial) emptied() {
	t.Helper()
	t.paid(100000) // so that something is
	t.do("payout", t.Bench.Payout(t.Context(), "CAD"))
}
