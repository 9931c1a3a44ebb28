package money

import (
	"comptoir.example/comptoir/base/fault"
	"github.com/govalues/decimal"
)

// Mode is what happens to a half cent.
type Mode string

// The two modes merchants' ERPs use. Tryton rounds half to even; documents of
// our own round half up (shared rule 8 of the product's README).
const (
	HalfEven Mode = "half_even"
	HalfUp   Mode = "half_up" // away from zero
)

// Level is where tax is rounded.
type Level string

// Tax per line and then added, or per tax on the document's base.
const (
	PerLine     Level = "line"
	PerDocument Level = "document"
)

// Rounding is how one ERP rounds. It is data of the connection, never a constant.
type Rounding struct {
	Mode        Mode  `json:"mode"`
	Level       Level `json:"level"`
	PriceDigits int   `json:"price_digits"` // decimals of a unit price
}

// Default is the rounding of documents that are ours alone.
var Default = Rounding{Mode: HalfUp, Level: PerDocument, PriceDigits: 4}

// Round cuts d to a number of decimals. This is the only place where money is
// rounded.
func (m Mode) Round(d Decimal, digits int) Decimal {
	if m == HalfEven {
		return d.Round(digits)
	}
	cut := d.Trunc(digits)
	rest, err := d.Sub(cut)
	if err != nil {
		return d.Round(digits)
	}
	half := decimal.MustNew(5, min(digits+1, decimal.MaxScale))
	if rest.Abs().Cmp(half) < 0 {
		return cut
	}
	step, err := cut.Add(cut.ULP().CopySign(d))
	if err != nil {
		return cut
	}
	return step
}

// Of turns a decimal of major units into an amount, rounded.
// Invalid when it does not fit.
func (m Mode) Of(d Decimal, currency string) (Amount, error) {
	digits := Digits(currency)
	whole, frac, ok := m.Round(d, digits).Int64(digits)
	if !ok {
		return Amount{}, tooLarge()
	}
	scale := int64(1)
	for range digits {
		scale *= 10
	}
	if whole > (1<<62)/scale || whole < -(1<<62)/scale {
		return Amount{}, tooLarge()
	}
	return Amount{whole*scale + frac, currency}, nil
}

// Extend is a line: unit price times quantity, rounded to the currency.
// Invalid when the product does not fit.
func (m Mode) Extend(price, quantity Decimal, currency string) (Amount, error) {
	product, err := price.MulExact(quantity, min(price.Scale()+quantity.Scale(), decimal.MaxScale))
	if err != nil {
		return Amount{}, tooLarge()
	}
	return m.Of(product, currency)
}

// Share is a rate of an amount (a tax on its base), rounded.
func (m Mode) Share(base Amount, rate Decimal) (Amount, error) {
	return m.Extend(base.Decimal(), rate, base.Currency)
}

func tooLarge() error { return fault.New(fault.Invalid, "money.too_large") }
