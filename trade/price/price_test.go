package price_test

import (
	"fmt"
	"math/big"
	"slices"
	"testing"

	"comptoir.example/comptoir/base/fault"
	"comptoir.example/comptoir/base/money"
	"comptoir.example/comptoir/erp"
	"comptoir.example/comptoir/trade/price"
	"pgregory.net/rapid"
)

// The price of a quantity is that of the highest step at or below it. The oracle
// looks at every step.
func TestTheStepBelowAQuantityGivesItsPrice(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		froms := rapid.SliceOfNDistinct(rapid.Int64Range(1, 2000), 0, 6, rapid.ID[int64]).Draw(t, "breaks")
		slices.Sort(froms)
		l := price.Ladder{Currency: "CAD", Breaks: []erp.Break{{From: money.Int(0), Price: money.Int(9999)}}}
		for i, from := range froms {
			l.Breaks = append(l.Breaks, erp.Break{From: money.Int(from), Price: money.Int(int64(1000 - i))})
		}
		edge := rapid.SampledFrom(append(froms, 1)).Draw(t, "edge")
		for _, quantity := range []int64{edge - 1, edge, edge + 1} {
			want := int64(9999)
			for i, from := range froms {
				if quantity >= from {
					want = int64(1000 - i)
				}
			}
			got, known := l.At(money.Int(quantity))
			if !known || got.Cmp(money.Int(want)) != 0 {
				t.Fatalf("%d of %v costs %s, want %d", quantity, froms, got, want)
			}
			next, more := l.Next(money.Int(quantity))
			at := slices.IndexFunc(froms, func(from int64) bool { return from > quantity })
			if more != (at >= 0) || (more && next.From.Cmp(money.Int(froms[at])) != 0) {
				t.Fatalf("after %d of %v comes %v %t", quantity, froms, next.From, more)
			}
		}
	})
}

// taxes of the demo merchant and some more, with their rates in millionths.
var rates = map[string]int64{"gst": 50_000, "qst": 99_750, "hst13": 130_000, "hst15": 150_000}

// Totals are added up again in rationals, rounded by the school-book.
func TestADocumentAddsUpAsTheSchoolBookSays(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		rounding := money.Rounding{Mode: rapid.SampledFrom([]money.Mode{money.HalfEven, money.HalfUp}).Draw(t, "mode"),
			Level: rapid.SampledFrom([]money.Level{money.PerDocument, money.PerLine}).Draw(t, "level")}
		taxes := price.Taxes{}
		for _, class := range []string{"goods", "food", "none"} {
			if class != "none" {
				for _, id := range rapid.SliceOfNDistinct(rapid.SampledFrom([]string{"gst", "qst", "hst13", "hst15"}), 0, 2, rapid.ID[string]).Draw(t, class) {
					rate := money.Must(big.NewRat(rates[id], 1_000_000).FloatString(6))
					taxes[class] = append(taxes[class], price.Tax{ERP: id, Rate: rate})
				}
			}
		}
		var lines []price.Line
		for i := range rapid.IntRange(0, 12).Draw(t, "lines") {
			lines = append(lines, price.Line{Amount: money.Amount{Minor: rapid.Int64Range(-50_000, 500_000).Draw(t, fmt.Sprint("amount ", i)), Currency: "CAD"},
				ItemTax: rapid.SampledFrom([]string{"goods", "food", "none"}).Draw(t, fmt.Sprint("class ", i))})
		}
		var freight *price.Line
		if rapid.Bool().Draw(t, "freight known") {
			freight = &price.Line{Amount: money.Amount{Minor: rapid.Int64Range(0, 10_000).Draw(t, "freight"), Currency: "CAD"}, ItemTax: "goods"}
		}
		got, err := price.Totals(lines, freight, taxes, rounding, "CAD")
		if err != nil {
			t.Fatal(err)
		}
		if (got.Freight == nil) != (freight == nil) {
			t.Fatal("freight came or went")
		}
		if freight != nil {
			lines = append(lines, *freight)
		}
		net, total := int64(0), int64(0)
		bases, shares := map[string]int64{}, map[string]int64{}
		for _, l := range lines {
			net += l.Amount.Minor
			for _, tax := range taxes[l.ItemTax] {
				bases[tax.ERP] += l.Amount.Minor
				shares[tax.ERP] += cents(l.Amount.Minor, rates[tax.ERP], rounding.Mode)
			}
		}
		total = net
		for _, tax := range got.Taxes {
			want := shares[tax.Tax]
			if rounding.Level == money.PerDocument {
				want = cents(bases[tax.Tax], rates[tax.Tax], rounding.Mode)
			}
			if tax.Base.Minor != bases[tax.Tax] || tax.Amount.Minor != want {
				t.Fatalf("%s: %d on %d, want %d on %d", tax.Tax, tax.Amount.Minor, tax.Base.Minor, want, bases[tax.Tax])
			}
			total += want
			delete(bases, tax.Tax)
		}
		if len(bases) > 0 || got.Net.Minor != net || got.Total.Minor != total {
			t.Fatalf("net %d, total %d, missing %v; want %d, %d, none", got.Net.Minor, got.Total.Minor, bases, net, total)
		}
	})
}

// cents is a rate in millionths of some cents, rounded in integers.
func cents(base, rate int64, mode money.Mode) int64 {
	product := base * rate
	sign := int64(1)
	if product < 0 {
		sign, product = -1, -product
	}
	whole, rest := product/1_000_000, product%1_000_000
	if rest > 500_000 || rest == 500_000 && (mode == money.HalfUp || whole%2 == 1) {
		whole++
	}
	return sign * whole
}

// The bad quantities of the issue, and the good ones people type.
func TestAQuantityIsReadAsItWasMeantOrRefused(t *testing.T) {
	for _, c := range []struct {
		typed  string
		digits int
		want   string // the quantity, or the code of the fault
	}{
		{"5", 0, "5"}, {" 12 ", 0, "12"}, {"1 200", 0, "1200"}, {"1\u00a0200", 0, "1200"}, {"1,5", 2, "1.5"}, {"1.25", 2, "1.25"}, {"5.0", 0, "5"}, {"0,125", 3, "0.125"},
		{"1000000", 0, "1000000"},
		{"0", 0, "quantity.not_positive"}, {"-3", 0, "quantity.not_positive"}, {"-0,5", 2, "quantity.not_positive"},
		{"1,5", 0, "quantity.whole"}, {"2.5", 0, "quantity.whole"}, {"1.255", 2, "quantity.too_fine"},
		{"1000001", 0, "quantity.too_large"}, {"99999999999999999999999999", 0, "quantity.too_large"},
		{"", 0, "quantity.not_a_number"}, {"cinq", 0, "quantity.not_a_number"}, {"5 boîtes", 0, "quantity.not_a_number"}, {"1e3", 0, "quantity.not_a_number"},
		{"1,000", 0, "quantity.not_a_number"}, {"1.000,5", 2, "quantity.not_a_number"}, {"NaN", 0, "quantity.not_a_number"}, {"+", 0, "quantity.not_a_number"},
	} {
		q, err := price.Quantity(c.typed, c.digits)
		got := q.String()
		if err != nil {
			got = fault.Of(err).Code
		}
		if got != c.want {
			t.Errorf("%q with %d decimals: %s, want %s", c.typed, c.digits, got, c.want)
		}
	}
	// The nearest good values are said.
	_, err := price.Quantity("2,5", 0)
	if p := fmt.Sprint(fault.Of(err).Params); p != "[below 2 above 3]" {
		t.Errorf("the nearest quantities of 2,5 are %s", p)
	}
}
