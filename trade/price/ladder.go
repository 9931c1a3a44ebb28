// Package price knows what an item costs whom, from which quantity on, and what
// a document adds up to.
//
// A price shown is one the ERP computed and we kept; the ERP stays the oracle:
// samples of ours are compared with it all the time (see check.go), and its
// totals are the truth once it has spoken.
//
// Tables: price, tax, tax_case, price_check.
package price

import (
	"encoding/json"

	"comptoir.example/comptoir/base/fault"
	"comptoir.example/comptoir/base/money"
	"comptoir.example/comptoir/erp"
)

// Ladder is the unit prices of an item by quantity, in sale units.
type Ladder struct {
	Currency string
	Breaks   []erp.Break // rising From; the first From is 0
}

// At is the unit price for a quantity; false when there is none.
func (l Ladder) At(quantity money.Decimal) (price money.Decimal, known bool) {
	for _, b := range l.Breaks {
		if b.From.Cmp(quantity) > 0 {
			break
		}
		price, known = b.Price, true
	}
	return price, known
}

// Next is the first break above a quantity, if there is one.
func (l Ladder) Next(quantity money.Decimal) (erp.Break, bool) {
	for _, b := range l.Breaks {
		if b.From.Cmp(quantity) > 0 {
			return b, true
		}
	}
	return erp.Break{}, false
}

func parseLadder(currency, text string) (Ladder, error) {
	l := Ladder{Currency: currency}
	if text == "" {
		return l, nil
	}
	err := json.Unmarshal([]byte(text), &l.Breaks)
	return l, err
}

// MaxQuantity is more than anybody orders of one thing: above it a finger slipped.
var MaxQuantity = money.Int(1_000_000)

// Quantity reads what was typed as a quantity of a unit with so many decimals.
// Invalid for what is not a number, not above zero, too fine for the unit or
// absurdly large.
func Quantity(typed string, digits int) (money.Decimal, error) {
	q, err := parseQuantity(typed)
	switch {
	case err != nil:
		return q, fault.New(fault.Invalid, "quantity.not_a_number", "typed", typed)
	case q.Sign() <= 0:
		return q, fault.New(fault.Invalid, "quantity.not_positive")
	case q.Cmp(MaxQuantity) > 0:
		return q, fault.New(fault.Invalid, "quantity.too_large", "max", MaxQuantity)
	case q.Trim(0).Scale() > digits && digits == 0:
		return q, fault.New(fault.Invalid, "quantity.whole", "below", q.Floor(0), "above", q.Ceil(0))
	case q.Trim(0).Scale() > digits:
		return q, fault.New(fault.Invalid, "quantity.too_fine", "digits", digits)
	}
	return q.Trim(0), nil
}
