package price

import (
	"comptoir.example/comptoir/base/money"
	"comptoir.example/comptoir/erp"
)

// Tax is one tax with its rate.
type Tax struct {
	ERP  string
	Name erp.Text
	Rate money.Decimal
}

// Taxes says which taxes apply to items of a tax class, for one customer.
type Taxes map[string][]Tax // by the item's tax class

// Line is what a document charges for one line, before taxes.
type Line struct {
	Amount  money.Amount
	ItemTax string
}

// Totals adds a document up as the merchant's ERP does: lines are rounded
// already; each tax is rounded on the document's base or line by line, half to
// even or half up, as the connection says. freight may be nil: to be confirmed,
// and in no sum.
func Totals(lines []Line, freight *Line, taxes Taxes, r money.Rounding, currency string) (t erp.Totals, err error) {
	t = erp.Totals{Net: money.Zero(currency), Taxes: []erp.TaxLine{}}
	if freight != nil {
		t.Freight = &freight.Amount
		lines = append(lines[:len(lines):len(lines)], *freight)
	}
	rates := map[string]money.Decimal{}
	for _, line := range lines {
		if t.Net, err = t.Net.Add(line.Amount); err != nil {
			return t, err
		}
		for _, tax := range taxes[line.ItemTax] {
			rates[tax.ERP] = tax.Rate
			if t.Taxes, err = charge(t.Taxes, tax, line.Amount, r); err != nil {
				return t, err
			}
		}
	}
	t.Total = t.Net
	for i := range t.Taxes {
		tax := &t.Taxes[i]
		if r.Level == money.PerDocument {
			if tax.Amount, err = r.Mode.Share(tax.Base, rates[tax.Tax]); err != nil {
				return t, err
			}
		}
		if t.Total, err = t.Total.Add(tax.Amount); err != nil {
			return t, err
		}
	}
	return t, nil
}

// charge adds one line to the base of one tax, and its own rounded share where
// taxes are rounded by line.
func charge(lines []erp.TaxLine, tax Tax, base money.Amount, r money.Rounding) ([]erp.TaxLine, error) {
	share := money.Zero(base.Currency)
	if r.Level == money.PerLine {
		var err error
		if share, err = r.Mode.Share(base, tax.Rate); err != nil {
			return lines, err
		}
	}
	for i := range lines {
		if lines[i].Tax == tax.ERP {
			var err error
			if lines[i].Base, err = lines[i].Base.Add(base); err == nil {
				lines[i].Amount, err = lines[i].Amount.Add(share)
			}
			return lines, err
		}
	}
	return append(lines, erp.TaxLine{Tax: tax.ERP, Name: tax.Name, Base: base, Amount: share}), nil
}
