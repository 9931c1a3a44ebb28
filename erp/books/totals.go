package books

import (
	"math/big"

	"comptoir.example/comptoir/base/fault"
	"comptoir.example/comptoir/base/money"
)

// total adds a document up. Lines are rounded to the cent each. A tax is one sum
// over the document, of lines as they were before rounding, rounded once; its
// base is the sum of the rounded lines. Halves go to the even cent.
func (u *unit) total(lines []Line, customerTax string) (Totals, error) {
	t := Totals{Freight: money.Must("0.00")}
	net := new(big.Rat)
	sums := map[string]*big.Rat{}
	for i := range lines {
		l := &lines[i]
		exact := times(l.UnitPrice, l.Quantity)
		l.Amount = round(exact, 2)
		net.Add(net, rat(l.Amount))
		if l.Freight {
			t.Freight = plus(t.Freight, l.Amount)
		}
		applied, err := u.taxesOn(customerTax, l.Tax)
		if err != nil {
			return t, err
		}
		for _, tax := range applied {
			at := -1
			for j := range t.Taxes {
				if t.Taxes[j].Tax == tax.ID {
					at = j
				}
			}
			if at < 0 {
				at = len(t.Taxes)
				t.Taxes = append(t.Taxes, TaxSum{Tax: tax.ID, Name: tax.Name, Base: money.Must("0.00")})
				sums[tax.ID] = new(big.Rat)
			}
			t.Taxes[at].Base = plus(t.Taxes[at].Base, l.Amount)
			sums[tax.ID].Add(sums[tax.ID], new(big.Rat).Mul(exact, rat(tax.Rate)))
		}
	}
	t.Net = round(net, 2)
	t.Total = t.Net
	for j := range t.Taxes {
		t.Taxes[j].Amount = round(sums[t.Taxes[j].Tax], 2)
		t.Total = plus(t.Total, t.Taxes[j].Amount)
	}
	return t, nil
}

// taxesOn are the taxes on an item of a class sold to a customer of a class.
func (u *unit) taxesOn(customer, item string) ([]*Tax, error) {
	which, err := find[TaxCase](u, taxCases, customer+"/"+item)
	if err != nil {
		return nil, nothing(err)
	}
	var applied []*Tax
	for _, id := range which.Taxes {
		tax, err := get[Tax](u, taxes, id)
		if err != nil {
			return nil, err
		}
		applied = append(applied, tax)
	}
	return applied, nil
}

// nothing forgives that a document is not there.
func nothing(err error) error {
	if fault.Is(err, fault.NotFound) {
		return nil
	}
	return err
}
