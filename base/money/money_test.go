package money_test

import (
	"math/big"
	"testing"

	"comptoir.example/comptoir/base/fault"
	"comptoir.example/comptoir/base/money"
	"pgregory.net/rapid"
)

// The oracle rounds rationals by the school-book: compare twice the remainder
// with the divisor.
func oracle(r *big.Rat, digits int, mode money.Mode) *big.Int {
	scale := new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(digits)), nil)
	n := new(big.Rat).Mul(r, new(big.Rat).SetInt(scale))
	num, den := new(big.Int).Abs(n.Num()), n.Denom()
	whole, rest := new(big.Int).QuoRem(num, den, new(big.Int))
	switch twice := new(big.Int).Lsh(rest, 1); twice.Cmp(den) {
	case 1:
		whole.Add(whole, big.NewInt(1))
	case 0:
		if mode == money.HalfUp || whole.Bit(0) == 1 {
			whole.Add(whole, big.NewInt(1))
		}
	}
	if n.Sign() < 0 {
		whole.Neg(whole)
	}
	return whole
}

func TestALineIsRoundedAsTheSchoolBookSays(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		price := rapid.Int64Range(-99_999_999, 99_999_999).Draw(t, "price in 1/10000")
		quantity := rapid.Int64Range(0, 1_000_000_00).Draw(t, "quantity in 1/100")
		mode := rapid.SampledFrom([]money.Mode{money.HalfEven, money.HalfUp}).Draw(t, "mode")
		p, q := big.NewRat(price, 10_000), big.NewRat(quantity, 100)
		got, err := mode.Extend(money.Must(p.FloatString(4)), money.Must(q.FloatString(2)), "CAD")
		if err != nil {
			t.Fatal(err)
		}
		if want := oracle(new(big.Rat).Mul(p, q), 2, mode); want.Cmp(big.NewInt(got.Minor)) != 0 {
			t.Fatalf("%s × %s is %d cents, want %s (%s)", p.FloatString(4), q.FloatString(2), got.Minor, want, mode)
		}
	})
}

func TestATaxIsRoundedAsTheSchoolBookSays(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		base := rapid.Int64Range(-1_000_000_000, 1_000_000_000).Draw(t, "base")
		rate := rapid.SampledFrom([]string{"0.05", "0.09975", "0.13", "0.15", "0.014975"}).Draw(t, "rate")
		mode := rapid.SampledFrom([]money.Mode{money.HalfEven, money.HalfUp}).Draw(t, "mode")
		got, err := mode.Share(money.Amount{Minor: base, Currency: "CAD"}, money.Must(rate))
		if err != nil {
			t.Fatal(err)
		}
		r, _ := new(big.Rat).SetString(rate)
		if want := oracle(new(big.Rat).Mul(big.NewRat(base, 100), r), 2, mode); want.Cmp(big.NewInt(got.Minor)) != 0 {
			t.Fatalf("%s of %d is %d, want %s (%s)", rate, base, got.Minor, want, mode)
		}
	})
}

// Tryton's own example (see erp/tryton): 964.50 × 5 % is 48.225.
func TestTheHalfCentGoesWhereTheERPSendsIt(t *testing.T) {
	base := money.Amount{Minor: 96450, Currency: "CAD"}
	for mode, want := range map[money.Mode]int64{money.HalfEven: 4822, money.HalfUp: 4823} {
		if got, err := mode.Share(base, money.Must("0.05")); err != nil || got.Minor != want {
			t.Errorf("%s: %d, %v; want %d", mode, got.Minor, err, want)
		}
	}
	for _, minus := range []money.Mode{money.HalfEven, money.HalfUp} {
		up, _ := minus.Share(base, money.Must("0.05"))
		down, _ := minus.Share(base.Neg(), money.Must("0.05"))
		if up.Minor != -down.Minor {
			t.Errorf("%s: a credit of %d does not undo %d", minus, down.Minor, up.Minor)
		}
	}
}

func TestAmountsOfTwoCurrenciesDoNotAdd(t *testing.T) {
	_, err := money.Amount{Minor: 1, Currency: "CAD"}.Add(money.Amount{Minor: 1, Currency: "USD"})
	if f := fault.Of(err); f.Code != "money.currencies_differ" {
		t.Errorf("got %v", err)
	}
}

func TestSumsThatDoNotFitAreRefused(t *testing.T) {
	most := money.Amount{Minor: 1<<63 - 1, Currency: "CAD"}
	if _, err := most.Add(money.Amount{Minor: 1, Currency: "CAD"}); !fault.Is(err, fault.Invalid) {
		t.Errorf("too much was added up: %v", err)
	}
	if _, err := most.Neg().Sub(money.Amount{Minor: 2, Currency: "CAD"}); !fault.Is(err, fault.Invalid) {
		t.Errorf("too little was added up: %v", err)
	}
	if _, err := money.HalfEven.Extend(money.Must("9999999999999999"), money.Must("1000000"), "CAD"); !fault.Is(err, fault.Invalid) {
		t.Errorf("a line that does not fit: %v", err)
	}
}

func TestCurrenciesHaveTheirOwnCents(t *testing.T) {
	for code, want := range map[string]int64{"CAD": 1235, "JPY": 12, "KWD": 12345} {
		got, err := money.HalfEven.Of(money.Must("12.345"), code)
		if code == "CAD" {
			want = 1234
		}
		if err != nil || got.Minor != want {
			t.Errorf("12.345 %s is %d, %v; want %d", code, got.Minor, err, want)
		}
	}
}
