package desk

import (
	"cmp"
	"context"
	"net/http"
	"time"

	"comptoir.example/comptoir/base/db"
	"comptoir.example/comptoir/base/i18n"
	"comptoir.example/comptoir/base/money"
	"comptoir.example/comptoir/base/outbox"
	"comptoir.example/comptoir/finance/cash"
	"comptoir.example/comptoir/finance/ledger"
	"comptoir.example/comptoir/finance/parity"
	"comptoir.example/comptoir/finance/payment"
	"comptoir.example/comptoir/web"
	"comptoir.example/comptoir/web/ui"
)

// FinancePage is what finance sees first: whether every cent ties, what waits for
// whom, and how long an order takes to become money.
type FinancePage struct {
	Now       time.Time
	Equations []parity.Equation
	Keepers   []Keeper // who has something to settle
	Taken     []money.Amount
	Payments  int // taken today
	Waiting   []payment.Sum
	Asked     outbox.Queue   // of the processor
	Transit   []money.Amount // paid out and not in the ERP's bank yet
	Payouts   []payment.Payout
	Stages    []cash.Figure
	Counted   time.Time // when the stages were
}

// Keeper is what somebody takes care of.
type Keeper struct {
	ID, Name           string // "" is nobody
	Tasks, Differences int
	Oldest             time.Duration
}

// filter is the keeper in the address of the tasks.
func (k Keeper) filter() string { return cmp.Or(k.ID, payment.Unowned) }

func (page FinancePage) open() (n int) {
	for _, k := range page.Keepers {
		n += k.Tasks + k.Differences
	}
	return n
}

func (page FinancePage) summary(p *i18n.Printer) string {
	parts := ParityPage{Equations: page.Equations}
	if len(page.Equations) > 0 && parts.gaps() > 0 {
		return p.T("desk.finance.gap")
	}
	return parts.summary(p)
}

// took is how long a stage took, in words: whole days where only days are known.
func took(p *i18n.Printer, s cash.Stage, d time.Duration) string {
	if s.ByDay() {
		return p.T("desk.cash.days", "n", int(d/(24*time.Hour)))
	}
	return p.Span(d)
}

// whole is the way from order to cash.
func (page FinancePage) whole() (f cash.Figure) {
	for _, x := range page.Stages {
		if x.Stage == cash.Whole {
			f = x
		}
	}
	return f
}

func (page FinancePage) tiles(p *i18n.Printer) []ui.Tile {
	waiting, n, oldest := []money.Amount(nil), 0, time.Time{}
	for _, s := range page.Waiting {
		waiting, n = append(waiting, s.Amount), n+s.N
		if oldest.IsZero() || s.Oldest.Before(oldest) {
			oldest = s.Oldest
		}
	}
	age := func(at time.Time) ui.Pair {
		if at.IsZero() {
			return ui.Pair{Label: p.T("desk.finance.oldest"), Value: "—"}
		}
		return ui.Pair{Label: p.T("desk.finance.oldest"), Value: p.Span(page.Now.Sub(at))}
	}
	w := page.whole()
	figure := "—"
	if w.N > 0 {
		figure = p.Span(w.Median)
	}
	processor := p.T("desk.finance.processor.fact")
	if !page.Asked.Down.IsZero() {
		processor = p.T("desk.finance.processor.down", "span", page.Now.Sub(page.Asked.Down))
	}
	return []ui.Tile{
		{Icon: "bank", Title: p.T("desk.finance.taken"), Figure: first(p, page.Taken), Fact: p.T("desk.finance.taken.fact", "n", page.Payments),
			Pairs: append(others(p, p.T("desk.finance.taken"), page.Taken), sums(p, p.T("desk.finance.payouts"), page.Transit)...)},
		{Icon: "up", Title: p.T("desk.finance.receipts"), Figure: p.Int(int64(n)), Fact: p.T("desk.finance.receipts.fact", "n", n),
			Pairs: append(sums(p, p.T("desk.amount"), waiting), age(oldest))},
		{Icon: "sync", Title: p.T("desk.finance.processor"), Figure: p.Int(int64(page.Asked.Waiting)), Fact: processor, Pairs: []ui.Pair{age(page.Asked.Oldest)}},
		{Icon: "clock", Title: p.T("desk.cash"), Figure: figure, Fact: p.T("desk.cash.fact"),
			Pairs: []ui.Pair{{Label: p.T("desk.cash.p90"), Value: map[bool]string{true: p.Span(w.P90), false: "—"}[w.N > 0]}, {Label: p.T("desk.cash.n"), Value: p.Int(int64(w.N))}},
			Foot:  counted(p, page)},
	}
}

// first is the first of some sums, a dash when there is none.
func first(p *i18n.Printer, list []money.Amount) string {
	if len(list) == 0 {
		return "—"
	}
	return p.Money(list[0])
}

// sums are a pair for each currency, others the same without the first.
func sums(p *i18n.Printer, label string, list []money.Amount) []ui.Pair {
	return append([]ui.Pair{{Label: label, Value: first(p, list)}}, others(p, label, list)...)
}

func others(p *i18n.Printer, label string, list []money.Amount) (pairs []ui.Pair) {
	for _, a := range list[min(1, len(list)):] {
		pairs = append(pairs, ui.Pair{Label: label, Value: p.Money(a)})
	}
	return pairs
}

// GET /desk/finance
func showFinance(w http.ResponseWriter, r *web.Request) error {
	var o office
	page := FinancePage{Now: r.Now}
	err := r.Read(func(ctx context.Context, tx *db.Tx) (err error) {
		if o, err = readOffice(ctx, tx, r, r.P.T("desk.finance"), "finance"); err != nil {
			return err
		}
		if page.Equations, err = parity.Checks(ctx, tx); err != nil {
			return err
		}
		if page.Keepers, err = keepers(ctx, tx, r, o); err != nil {
			return err
		}
		if err := page.money(ctx, tx, r); err != nil {
			return err
		}
		page.Stages, page.Counted, err = r.Site.Cash.Stages(ctx, tx, r.Actor, r.Site.Engine.Merchant())
		return err
	})
	if err != nil {
		return err
	}
	return r.Show(w, http.StatusOK, Finance(r.P, o.shell, page))
}

// money reads what came today and what is on its way.
func (page *FinancePage) money(ctx context.Context, tx *db.Tx, r *web.Request) error {
	taken, err := payment.TakenOn(ctx, tx, r.Actor, r.Site.Engine.Merchant().Day(r.Now))
	if err != nil {
		return err
	}
	for _, s := range taken {
		page.Taken, page.Payments = append(page.Taken, s.Amount), page.Payments+s.N
	}
	if page.Waiting, err = payment.WaitingForERP(ctx, tx, r.Actor); err != nil {
		return err
	}
	transit, err := ledger.Balances(ctx, tx, "payout_transit")
	if err != nil {
		return err
	}
	for _, s := range transit {
		page.Transit = append(page.Transit, s.Amount)
	}
	if page.Payouts, err = payment.Payouts(ctx, tx, r.Actor, maxPayouts); err != nil {
		return err
	}
	if r.Site.Gateway != nil {
		page.Asked, err = outbox.QueueOf(ctx, tx, r.Site.Gateway.Conn())
	}
	return err
}

// keepers are who takes care of what, nobody first.
func keepers(ctx context.Context, tx *db.Tx, r *web.Request, o office) (list []Keeper, err error) {
	var n names
	at := map[string]int{}
	add := func(owner string, oldest time.Time, tasks, differences int) error {
		i, known := at[owner]
		if !known {
			i, at[owner] = len(list), len(list)
			name, err := n.person(ctx, tx, owner)
			if err != nil {
				return err
			}
			list = append(list, Keeper{ID: owner, Name: cmp.Or(name, r.P.T("desk.task.nobody_yet"))})
		}
		list[i].Tasks += tasks
		list[i].Differences += differences
		list[i].Oldest = max(list[i].Oldest, r.Now.Sub(oldest))
		return nil
	}
	for _, c := range o.tasks {
		if err := add(c.Owner, c.Oldest, c.N, 0); err != nil {
			return nil, err
		}
	}
	for _, c := range o.differences {
		if err := add(c.Owner, c.Oldest, 0, c.N); err != nil {
			return nil, err
		}
	}
	return list, nil
}
