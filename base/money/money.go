// Package money holds amounts of money and the one place where they are rounded.
//
// An Amount is an integer of minor units (cents) with its currency. Unit prices,
// rates and quantities are exact decimals. Nothing here, and nothing near money
// anywhere, is a float.
package money

import (
	"math"

	"comptoir.example/comptoir/base/fault"
	"github.com/bojanz/currency"
	"github.com/govalues/decimal"
)

// Decimal is an exact decimal of up to 19 digits: a unit price, a rate, a quantity.
type Decimal = decimal.Decimal

// Amount is a sum of money in the minor unit of its currency.
type Amount struct {
	Minor    int64  `json:"minor"`
	Currency string `json:"currency"` // ISO 4217
}

// Zero is no money in a currency.
func Zero(currency string) Amount { return Amount{Currency: currency} }

// IsZero says whether the amount is nothing.
func (a Amount) IsZero() bool { return a.Minor == 0 }

// Neg is the same amount the other way.
func (a Amount) Neg() Amount { return Amount{-a.Minor, a.Currency} }

// Add sums amounts of one currency. Invalid when currencies differ or the sum
// does not fit.
func (a Amount) Add(others ...Amount) (Amount, error) {
	for _, b := range others {
		if a.Currency != b.Currency {
			return Amount{}, fault.New(fault.Invalid, "money.currencies_differ", "a", a.Currency, "b", b.Currency)
		}
		if (b.Minor > 0 && a.Minor > math.MaxInt64-b.Minor) || (b.Minor < 0 && a.Minor < math.MinInt64-b.Minor) {
			return Amount{}, fault.New(fault.Invalid, "money.too_large")
		}
		a.Minor += b.Minor
	}
	return a, nil
}

// Sub is a less b, under the rules of Add.
func (a Amount) Sub(b Amount) (Amount, error) { return a.Add(b.Neg()) }

// Decimal is the amount in major units: 12345 CAD cents are 123.45.
func (a Amount) Decimal() Decimal {
	d, err := decimal.New(a.Minor, Digits(a.Currency))
	if err != nil { // only for a scale no currency has
		return decimal.Decimal{}
	}
	return d
}

// Digits is the number of decimals of a currency (CAD 2, JPY 0); 2 when unknown.
func Digits(code string) int {
	if n, ok := currency.GetDigits(code); ok {
		return int(n)
	}
	return 2
}

// Parse reads a decimal written with a point, as machines do: "1234.5600".
func Parse(s string) (Decimal, error) {
	d, err := decimal.Parse(s)
	if err != nil {
		return d, fault.New(fault.Invalid, "money.not_a_number", "text", s)
	}
	return d, nil
}

// Must is Parse for constants in code and seeds.
func Must(s string) Decimal { return decimal.MustParse(s) }

// Int is a whole number as a decimal.
func Int(n int64) Decimal { return decimal.MustNew(n, 0) }
