package books

import (
	"math/big"
	"slices"

	"comptoir.example/comptoir/base/money"
	"comptoir.example/comptoir/erp"
)

// cents is a fraction of the currency as an amount.
func cents(r *big.Rat) money.Amount {
	return money.Amount{Minor: whole(new(big.Rat).Mul(r, big.NewRat(100, 1))).Int64(), Currency: currency}
}

// total adds a document up. Lines are rounded to the cent each. A tax is one sum
// over the document, of lines as they were before rounding, rounded once; its
// base is the sum of the rounded lines. Halves go to the even cent.
func (u *unit) total(lines []Line, customerTax string) erp.Totals {
	freight := money.Zero(currency)
	t := erp.Totals{Net: freight, Freight: &freight}
	var sums []*big.Rat // beside t.Taxes
	for i := range lines {
		l := &lines[i]
		exact := times(l.UnitPrice, l.Quantity)
		l.Amount = cents(exact)
		t.Net.Minor += l.Amount.Minor
		if l.Freight {
			freight.Minor += l.Amount.Minor
		}
		for _, tax := range u.taxesOn(customerTax, l.Tax) {
			at := slices.IndexFunc(t.Taxes, func(sum erp.TaxLine) bool { return sum.Tax == tax.ID })
			if at < 0 {
				at = len(t.Taxes)
				t.Taxes = append(t.Taxes, erp.TaxLine{Tax: tax.ID, Name: tax.Name, Base: money.Zero(currency)})
				sums = append(sums, new(big.Rat))
			}
			t.Taxes[at].Base.Minor += l.Amount.Minor
			sums[at].Add(sums[at], new(big.Rat).Mul(exact, rat(tax.Rate)))
		}
	}
	t.Total = t.Net
	for at := range t.Taxes {
		t.Taxes[at].Amount = cents(sums[at])
		t.Total.Minor += t.Taxes[at].Amount.Minor
	}
	return t
}

// taxesOn are the taxes on an item of a class sold to a customer of a class.
func (u *unit) taxesOn(customer, item string) (applied []*Tax) {
	for _, which := range list[TaxCase](u, byRef, taxCases, customer+"/"+item) {
		for _, id := range which.Taxes {
			applied = append(applied, get[Tax](u, taxes, id))
		}
	}
	return applied
}
