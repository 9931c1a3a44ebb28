package desk

import (
	"context"
	"net/http"
	"time"

	"comptoir.example/comptoir/base/db"
	"comptoir.example/comptoir/base/i18n"
	"comptoir.example/comptoir/base/money"
	"comptoir.example/comptoir/finance/parity"
	"comptoir.example/comptoir/trade/customer"
	"comptoir.example/comptoir/web"
	"comptoir.example/comptoir/web/ui"
)

// ParityPage says whether our ledger, the processor and the ERP have the same money.
type ParityPage struct {
	Equations   []parity.Equation
	Differences []ParityDifference
	Now         time.Time
}

// ParityDifference is one thing that does not tie.
type ParityDifference struct {
	parity.Difference
	Customer string // name
}

// maxDifferences is how many are listed.
const maxDifferences = 200

func (page ParityPage) gaps() (n int) {
	for _, e := range page.Equations {
		if !e.Gap().IsZero() {
			n++
		}
	}
	return n
}

func (page ParityPage) summary(p *i18n.Printer) string {
	switch {
	case len(page.Equations) == 0:
		return p.T("desk.parity.not_yet")
	case page.gaps() == 0 && len(page.Differences) == 0:
		return p.T("desk.parity.ties")
	}
	return p.T("desk.parity.gaps", "n", len(page.Differences))
}

// rows are the lines of an equation, ending on the gap.
func rows(p *i18n.Printer, e parity.Equation) []ui.Sum {
	list := []ui.Sum{{Label: p.T("desk.parity." + string(e.Kind) + ".theirs"), Value: p.Money(e.Theirs)},
		{Label: p.T("desk.parity." + string(e.Kind) + ".ours"), Value: p.Money(e.Ours)}}
	if e.Kind != parity.Processor {
		list = append(list, ui.Sum{Label: p.T("desk.parity." + string(e.Kind) + ".transit"), Value: p.Money(e.Transit)})
	}
	return append(list, ui.Sum{Label: p.T("desk.parity.gap"), Value: p.Money(e.Gap()), Total: true})
}

func (d ParityDifference) name(p *i18n.Printer) string {
	if d.Label != "" {
		return d.Label
	}
	return p.T("desk.parity.subject." + string(d.Kind))
}

func (d ParityDifference) gap() money.Amount {
	return money.Amount{Minor: d.Theirs.Minor - d.Ours.Minor, Currency: d.Theirs.Currency}
}

// state is a difference in the vocabulary of stamps.
func (d ParityDifference) state(now time.Time) string {
	if d.Fresh(now) {
		return "in_transit"
	}
	return string(d.Class)
}

// GET /desk/parity
func showParity(w http.ResponseWriter, r *web.Request) error {
	var o office
	page := ParityPage{Now: r.Now}
	err := r.Read(func(ctx context.Context, tx *db.Tx) (err error) {
		if o, err = readOffice(ctx, tx, r, r.P.T("desk.parity"), "parity"); err != nil {
			return err
		}
		if page.Equations, err = parity.Checks(ctx, tx); err != nil {
			return err
		}
		found, err := parity.Differences(ctx, tx, maxDifferences)
		for _, d := range found {
			shown := ParityDifference{Difference: d}
			if d.Customer != "" {
				c, err := customer.Find(ctx, tx, d.Customer)
				if err != nil {
					return err
				}
				shown.Customer = c.Name
			}
			page.Differences = append(page.Differences, shown)
		}
		return err
	})
	if err != nil {
		return err
	}
	return r.Show(w, http.StatusOK, Parity(r.P, o.shell, page))
}
