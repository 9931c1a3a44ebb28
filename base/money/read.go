package money

import (
	"strings"

	"comptoir.example/comptoir/base/fault"
)

// Read is an amount as people type it, in French or English: "1 234,56",
// "1,234.56", "1234.56 $". Invalid for what is no amount, has more decimals than the
// currency, or could be read in two ways ("1,234").
func Read(text, currency string) (Amount, error) {
	unclear := fault.New(fault.Invalid, "money.not_an_amount")
	kept := strings.Map(func(r rune) rune {
		switch r {
		case ' ', '\u00a0', '\u202f', '$', '\'', '’':
			return -1
		}
		return r
	}, text)
	mark := strings.LastIndexAny(kept, ",.")
	whole, part := kept, ""
	if mark >= 0 {
		whole, part = kept[:mark], kept[mark+1:]
		if len(part) == 3 && Digits(currency) != 3 {
			if !strings.ContainsAny(whole, ",.") {
				return Amount{}, unclear // thousands, or one decimal too many
			}
			whole, part = kept, ""
		}
		if part == "" && whole != kept {
			return Amount{}, unclear
		}
	}
	groups := strings.Split(strings.ReplaceAll(whole, ".", ","), ",")
	for i, g := range groups {
		if len(groups) > 1 && (len(g) > 3 || len(g) == 0 || (i > 0 && len(g) != 3)) {
			return Amount{}, unclear
		}
	}
	digits := strings.Join(groups, "")
	if digits == "" || len(digits) > 15 || strings.Trim(digits+part, "0123456789") != "" || len(part) > Digits(currency) {
		return Amount{}, unclear
	}
	a := Amount{Currency: currency}
	for _, r := range digits + part + strings.Repeat("0", Digits(currency)-len(part)) {
		a.Minor = a.Minor*10 + int64(r-'0')
	}
	return a, nil
}
