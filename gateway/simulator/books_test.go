package simulator

import (
	"fmt"
	"math/big"
	"slices"
	"testing"
	"time"

	"comptoir.example/comptoir/base/i18n"
	"comptoir.example/comptoir/base/money"
	"pgregory.net/rapid"
)

func TestTheFeeIsRoundedHalfUp(t *testing.T) {
	for minor, want := range map[int64]int64{10000: 320, 1: 30, 17: 30, 18: 31, 500: 45 /* 14.5 */, 12345: 388, mostMinor: 290000030} {
		if got := feeOn(money.Amount{Minor: minor, Currency: "CAD"}); got.Minor != want {
			t.Errorf("the fee on %d is %d, want %d", minor, got.Minor, want)
		}
	}
}

// Whatever happens, the balance is what moved, nobody gets more back than was
// taken, and every movement is told once.
func TestTheBooksAreRightAtAllTimes(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		r := &rig{clock: newClock(), in: &inbox{status: 200}}
		p, err := Open(Options{Now: r.clock.Now, Seed: 3, Secret: secret, URL: "http://rive.example", Webhooks: "http://boutique.example/", Signing: []string{signing}, Transport: r.in})
		if err != nil {
			t.Fatal(err)
		}
		names := []string{}
		for i := range rapid.IntRange(1, 40).Draw(t, "acts") {
			name := fmt.Sprint("R", i)
			known := name
			if len(names) > 0 {
				known = rapid.SampledFrom(names).Draw(t, "name")
			}
			amount := fmt.Sprintf("%d.%02d", rapid.IntRange(0, 40).Draw(t, "dollars"), rapid.IntRange(0, 99).Draw(t, "cents"))
			switch act := rapid.IntRange(0, 10).Draw(t, "act"); act {
			case 0, 1, 2:
				currency := rapid.SampledFrom(currencies).Draw(t, "currency")
				p.do(func() {
					one := p.newPayment(name, money.Amount{Minor: rapid.Int64Range(1, 5000).Draw(t, "minor"), Currency: currency})
					one.Session = &session{ID: p.id("ses"), Expires: p.now().Add(sessionLife)}
					p.try(one, rapid.SampledFrom(cards).Draw(t, "card"))
				})
				names = append(names, name)
			case 3, 4:
				_ = p.Act("refunds", values([]string{"name", known, "amount", amount})) // a no is fine: the books must be right
			case 5:
				_ = p.Act("refund-failures", values([]string{"name", known}))
			case 6:
				_ = p.Act("disputes", values([]string{"name", known, "amount", amount}))
			case 7:
				_ = p.Act("dispute-outcomes", values([]string{"name", known, "outcome", rapid.SampledFrom([]string{"won", "lost"}).Draw(t, "outcome")}))
			case 8:
				_ = p.Act("payouts", values([]string{"currency", "CAD"}))
			case 9:
				_ = p.Act("payout-failures", values([]string{"name", "CAD"}))
			case 10:
				r.clock.Move(processTime)
			}
			rightBooks(t, p)
		}
		p.Step(t.Context())
		told := map[string]int{}
		for _, m := range r.quietly() {
			if m.Event.Movement != nil {
				told[m.Event.Movement.ID]++
			}
		}
		for _, m := range p.state.Movements {
			if told[m.ID] != 1 {
				t.Errorf("%s %s is told %d times", m.Type, m.ID, told[m.ID])
			}
		}
	})
}

func rightBooks(t *rapid.T, p *Processor) {
	byHand := map[string]*big.Int{}
	back := map[string]int64{}
	for _, m := range p.state.Movements {
		sum := byHand[m.Amount.Currency]
		if sum == nil {
			sum = new(big.Int)
			byHand[m.Amount.Currency] = sum
		}
		sum.Add(sum, big.NewInt(m.Adds))
		switch m.Type {
		case refund, dispute:
			back[m.Payment] += m.Amount.Minor
		case refundFailure, disputeReversal:
			back[m.Payment] -= m.Amount.Minor
		}
		if m.Amount.Minor <= 0 {
			t.Errorf("movement %+v", m)
		}
	}
	for _, currency := range currencies {
		if sum := byHand[currency]; sum != nil && sum.Cmp(big.NewInt(p.balance(currency))) != 0 {
			t.Errorf("%s: %d is owed, and %s moved", currency, p.balance(currency), sum)
		}
	}
	for _, one := range p.state.Payments {
		if back[one.ID] > one.Amount.Minor || back[one.ID] < 0 || one.Status != paid && back[one.ID] != 0 {
			t.Errorf("%d of %d came back of a payment that is %s", back[one.ID], one.Amount.Minor, one.Status)
		}
		if p.left(one) < 0 {
			t.Errorf("%d is left", p.left(one))
		}
	}
	sums := map[string]int64{}
	for _, m := range p.state.Movements {
		sums[m.ID] = m.Adds
	}
	listed := map[string]bool{}
	for _, one := range p.state.Payouts {
		sum := int64(0)
		for _, id := range one.Movements {
			if sum += sums[id]; listed[id] {
				t.Errorf("two payouts pay %s", id)
			}
			listed[id] = true
		}
		if sum != one.Amount.Minor {
			t.Errorf("a payout of %d lists movements of %d", one.Amount.Minor, sum)
		}
	}
}

func TestAPayoutIsMadeOnceADay(t *testing.T) {
	r := newRig(t)
	r.paid(10000)
	r.act("daily", "on", "1")
	r.Step(t.Context())
	if owed := r.owed("CAD"); owed != 10000-320 {
		t.Errorf("paid out on the same day: %d is owed", owed)
	}
	for day := range 3 {
		r.clock.Move(24 * time.Hour)
		r.Step(t.Context())
		r.Step(t.Context())
		if owed := r.owed("CAD"); owed != 0 || len(r.state.Payouts) != day+1 {
			t.Errorf("day %d: %d is owed after %d payouts", day, owed, len(r.state.Payouts))
		}
		r.paid(1000)
	}
	r.act("daily")
	r.clock.Move(48 * time.Hour)
	if r.Step(t.Context()); len(r.state.Payouts) != 3 {
		t.Error("it was switched off")
	}
}

func TestAmountsAreReadAsPeopleWriteThem(t *testing.T) {
	for text, want := range map[string]int64{"12.50": 1250, "12,5": 1250, "-3": -300, "1 000": 100000, "0.01": 1, "-0.05": -5} {
		if got, err := amountOf(text, "CAD"); err != nil || got.Minor != want {
			t.Errorf("%q is %d, %v", text, got.Minor, err)
		}
	}
	for _, text := range []string{"", "x", "1.005", "99999999999999"} {
		if got, err := amountOf(text, "CAD"); err == nil {
			t.Errorf("%q is %d", text, got.Minor)
		}
	}
}

func TestBothLanguagesSayTheSame(t *testing.T) {
	r := newRig(t)
	if french, english := r.words.Keys(i18n.FR), r.words.Keys(i18n.EN); !slices.Equal(french, english) {
		t.Errorf("%d and %d keys", len(french), len(english))
	}
	for _, key := range r.words.Keys(i18n.FR) {
		if fr, en := r.words.Params(i18n.FR, key), r.words.Params(i18n.EN, key); !slices.Equal(fr, en) {
			t.Errorf("%s has %v in French and %v in English", key, fr, en)
		}
		if said := r.words.Printer(i18n.FR, nil).T(key); badlySet.MatchString(said) {
			t.Errorf("%s is not typeset: %q", key, said)
		}
	}
}
