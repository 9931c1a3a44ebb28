package ui

import (
	"comptoir.example/comptoir/base/i18n"
	"comptoir.example/comptoir/erp"
)

// TotalRows writes a document's totals. Net holds the freight; the goods are
// shown without it.
func TotalRows(p *i18n.Printer, t erp.Totals, estimate bool) []Sum {
	goods, freight, total := t.Net, Sum{Label: p.T("ui.freight"), Value: p.T("ui.freight.unknown"), Words: true}, "ui.total"
	if t.Freight != nil {
		freight = Sum{Label: p.T("ui.freight"), Value: p.Money(*t.Freight)}
		if rest, err := t.Net.Sub(*t.Freight); err == nil {
			goods = rest
		}
	}
	if estimate {
		total = "ui.total.estimate"
	}
	rows := []Sum{{Label: p.T("ui.subtotal"), Value: p.Money(goods)}, freight}
	for _, tax := range t.Taxes {
		rows = append(rows, Sum{Label: p.Of(tax.Name), Value: p.Money(tax.Amount)})
	}
	return append(rows, Sum{Label: p.T(total), Value: p.Money(t.Total), Total: true})
}
