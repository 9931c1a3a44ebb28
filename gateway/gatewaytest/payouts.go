package gatewaytest

import (
	"slices"

	"comptoir.example/comptoir/gateway"
)

// payouts is about what a payout is made of.
var payouts = []check{
	{"64 a payout lists the movements since the one before, and adds up", func(t *trial) {
		t.emptied()
		for range 2 {
			from := t.mark()
			of, _ := t.paid(20000)
			t.refund(of, 3000)
			told, next := t.pull(from, 100)
			t.do("payout", t.Bench.Payout(t.Context(), "CAD"))
			since := movements(told)
			told, _ = t.pull(next, 100)
			paid := t.listed(movements(told)[0])
			if paid.Failed || !slices.Equal(slices.Sorted(slices.Values(paid.Movements)), ids(since)) {
				t.Errorf("it pays %v, want %v", paid, ids(since))
			}
			if is := sum(since); paid.Amount.Minor != is || paid.Amount.Currency != "CAD" {
				t.Errorf("%v is paid out of %d", paid.Amount, is)
			}
		}
	}},
	{"65 a payout that nobody knows is Refused", func(t *trial) {
		_, err := t.settler().Payout(t.Context(), "po_nobody")
		t.fails("payout", err, gateway.Refused)
	}},
	{"66 a payout that came back says so, and the next one pays what it paid", func(t *trial) {
		t.emptied()
		from := t.mark()
		t.paid(20000)
		t.do("payout", t.Bench.Payout(t.Context(), "CAD"))
		told, next := t.pull(from, 100)
		first := movements(told)
		was := t.listed(first[len(first)-1])
		t.do("fail", t.Bench.FailPayout(t.Context(), "CAD"))
		t.paid(5000)
		told, end := t.pull(next, 100)
		t.do("payout", t.Bench.Payout(t.Context(), "CAD"))
		since := movements(told)
		told, _ = t.pull(end, 100)
		back, again := t.listed(first[len(first)-1]), t.listed(movements(told)[0])
		if was.Failed || !back.Failed || !slices.Equal(back.Movements, was.Movements) || back.Amount != was.Amount {
			t.Errorf("%v, then %v", was, back)
		}
		// Either what it paid once more, or that it came back.
		var pays []gateway.Movement
		for _, m := range slices.Concat(first, since) {
			if slices.Contains(again.Movements, m.ID) {
				pays = append(pays, m)
			}
		}
		if len(pays) != len(again.Movements) || sum(pays) != again.Amount.Minor || sum(pays) <= was.Amount.Minor {
			t.Errorf("%v came back, and %v pays %v", was.Amount, again, pays)
		}
	}},
}

// settler is the connector, when its processor says what a payout is made of.
func (t *trial) settler() gateway.Settler {
	t.Helper()
	s, is := t.c.(gateway.Settler)
	if !is {
		t.Fatal("the connector is no gateway.Settler, and Cannot does not say so")
	}
	return s
}

// listed is what a payout is made of.
func (t *trial) listed(m gateway.Movement) gateway.PaidOut {
	t.Helper()
	told, err := t.settler().Payout(t.Context(), m.Payout)
	t.do("payout", err)
	if told.ID != m.Payout {
		t.Errorf("asked for %s, told of %s", m.Payout, told.ID)
	}
	return told
}

func sum(all []gateway.Movement) (minor int64) {
	for _, m := range all {
		minor += m.Adds().Minor
	}
	return minor
}

// ids are those of movements, sorted.
func ids(all []gateway.Movement) (list []string) {
	for _, m := range all {
		list = append(list, m.ID)
	}
	slices.Sort(list)
	return list
}
