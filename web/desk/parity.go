package desk

import (
	"cmp"
	"context"
	"net/http"
	"net/url"
	"slices"
	"time"

	"comptoir.example/comptoir/base/db"
	"comptoir.example/comptoir/base/i18n"
	"comptoir.example/comptoir/base/outbox"
	"comptoir.example/comptoir/finance/parity"
	"comptoir.example/comptoir/finance/payment"
	"comptoir.example/comptoir/trade/access"
	"comptoir.example/comptoir/web"
	"comptoir.example/comptoir/web/ui"
)

// ParityPage says whether our ledger, the processor and the ERP have the same money.
type ParityPage struct {
	Equations   []parity.Equation
	Differences []ParityDifference
	Transit     []TransitRow
	Now         time.Time
	MaySet      bool
}

// ParityDifference is one thing that does not tie.
type ParityDifference struct {
	parity.Difference
	Customer string // name
	Keeper   string // who takes care of it
	Noted    string // who left it as it is
}

// TransitRow is money that was taken here and that the ERP does not show yet.
type TransitRow struct {
	payment.Receipt
	Company string
	Age     time.Duration
	State   string // of its message
	Cause   string // key, when it has stopped
}

// maxDifferences is how many are listed, and maxTransit how many receipts.
const (
	maxDifferences = 200
	maxTransit     = 50
)

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
	open := 0 // neither fresh nor acknowledged
	for _, d := range page.Differences {
		if d.Note == nil && !d.Fresh(page.Now) {
			open++
		}
	}
	return p.T("desk.parity.gaps", "n", open)
}

// staleAfter is how old a comparison may be before its side is said to be silent.
const staleAfter = 2 * time.Minute

// stale says that a side has not answered for a while.
func (page ParityPage) stale() bool {
	return slices.ContainsFunc(page.Equations, func(e parity.Equation) bool { return page.Now.Sub(e.At) > staleAfter })
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

// state is a difference in the vocabulary of stamps.
func (d ParityDifference) state(now time.Time) string {
	switch {
	case d.Note != nil:
		return "acknowledged"
	case d.Fresh(now):
		return "in_transit"
	}
	return string(d.Class)
}

// todo is what is suggested about a difference, in words.
func (d ParityDifference) todo(p *i18n.Printer, now time.Time) string {
	if d.Note != nil {
		return p.T("desk.parity.noted", "person", d.Noted, "time", d.Note.At, "reason", d.Note.Reason)
	}
	if d.Fresh(now) {
		return p.T("desk.parity.todo.in_transit")
	}
	if d.Kind == parity.OpenItems {
		return p.T("desk.parity.todo." + string(d.Class))
	}
	return p.T("desk.parity.todo." + string(d.Kind))
}

// href is the difference's own page.
func (d ParityDifference) href() string {
	return "/desk/parity/difference?" + url.Values{"kind": {string(d.Kind)}, "currency": {d.Theirs.Currency}, "subject": {d.Subject}}.Encode()
}

// GET /desk/parity
func showParity(w http.ResponseWriter, r *web.Request) error {
	var o office
	page := ParityPage{Now: r.Now, MaySet: r.Actor.Can(access.SettleFinance)}
	err := r.Read(func(ctx context.Context, tx *db.Tx) (err error) {
		if o, err = readOffice(ctx, tx, r, r.P.T("desk.parity"), "parity"); err != nil {
			return err
		}
		return page.read(ctx, tx, r)
	})
	if err != nil {
		return err
	}
	return r.Show(w, http.StatusOK, Parity(r.P, o.shell, page))
}

func (page *ParityPage) read(ctx context.Context, tx *db.Tx, r *web.Request) (err error) {
	if page.Equations, err = parity.Checks(ctx, tx); err != nil {
		return err
	}
	var n names
	found, err := parity.Differences(ctx, tx, maxDifferences)
	for _, d := range found {
		shown, err := n.difference(ctx, tx, d)
		if err != nil {
			return err
		}
		page.Differences = append(page.Differences, shown)
	}
	// What somebody has explained stands below what nobody has.
	slices.SortStableFunc(page.Differences, func(a, b ParityDifference) int { return cmp.Compare(rank(a), rank(b)) })
	if err != nil {
		return err
	}
	way, err := payment.Transit(ctx, tx, r.Actor, maxTransit)
	if err != nil {
		return err
	}
	for _, x := range way {
		row := TransitRow{Receipt: x, Age: r.Now.Sub(x.Created), State: "acknowledged"}
		if row.Company, err = n.company(ctx, tx, x.Customer); err != nil {
			return err
		}
		sent, err := outbox.DeliveriesAbout(ctx, tx, x.Key)
		if err != nil {
			return err
		}
		if last := len(sent) - 1; last >= 0 {
			row.State = messageStates[sent[last].State]
			if row.State == "failed" || row.State == "retrying" {
				row.Cause = cause(r, sent[last])
			}
		}
		page.Transit = append(page.Transit, row)
	}
	return nil
}

func rank(d ParityDifference) int {
	if d.Note != nil {
		return 1
	}
	return 0
}

func (n *names) difference(ctx context.Context, tx *db.Tx, d parity.Difference) (shown ParityDifference, err error) {
	shown.Difference = d
	if shown.Customer, err = n.company(ctx, tx, d.Customer); err != nil {
		return shown, err
	}
	if shown.Keeper, err = n.person(ctx, tx, d.Owner); err != nil || d.Note == nil {
		return shown, err
	}
	shown.Noted, err = n.person(ctx, tx, d.Note.Person)
	return shown, err
}
