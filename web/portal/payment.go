package portal

import (
	"cmp"
	"context"
	"net/http"
	"slices"
	"time"

	"comptoir.example/comptoir/base/db"
	"comptoir.example/comptoir/base/fault"
	"comptoir.example/comptoir/base/i18n"
	"comptoir.example/comptoir/base/money"
	"comptoir.example/comptoir/base/outbox"
	"comptoir.example/comptoir/finance/payment"
	"comptoir.example/comptoir/web"
	"comptoir.example/comptoir/web/ui"
)

// PaymentPage is how a payment stands.
type PaymentPage struct {
	ID       string
	Step     string // what to say: starting, waiting, checking, ending, nothing, paid, stopped
	State    string // ui vocabulary of payments
	Amount   money.Amount
	Lines    []payment.Line
	Decline  string // why the processor took nothing, "" when it did not say
	Go       string // the processor's page, while it is open
	Card     string
	Charge   bool // of a saved card: there is no page to go to
	Methods  []payment.Method
	Company  string
	Slow     bool         // the processor has not answered for a while
	Disputed money.Amount // the payer's bank holds it back now
	Lost     money.Amount // the payer's bank took it back, and it is owed again
	Receipts []PaymentReceipt
	Journal  []ui.Entry
	CSRF     string
	ETag     string
}

// PaymentReceipt is money that was taken, and where it stands in the ERP.
type PaymentReceipt struct {
	Key, Number, State string
	Amount, Unapplied  money.Amount
}

// starting is what is being asked of the processor.
func (page PaymentPage) starting(p *i18n.Printer) string {
	if page.Charge {
		return p.T("portal.payment.charging", "card", page.Card)
	}
	return p.T("portal.payment.starting")
}

func (page PaymentPage) partHref() string { return "/payments/" + page.ID + "?part=status" }

// done says that nothing more will happen by itself.
func (page PaymentPage) done() bool {
	if page.Step == "nothing" {
		return true
	}
	for _, x := range page.Receipts {
		if x.State == "queued" || x.State == "refund_queued" {
			return false
		}
	}
	return page.Step == "paid"
}

func (page PaymentPage) sums(p *i18n.Printer) (rows []ui.Sum) {
	for _, l := range page.Lines {
		rows = append(rows, ui.Sum{Label: l.Number, Value: p.Money(l.Amount)})
	}
	total := "portal.pay.total"
	if page.Step == "paid" {
		total = "portal.pay.charged"
	}
	return append(rows, ui.Sum{Label: p.T(total), Value: p.Money(page.Amount), Total: true})
}

func (page PayPage) sums(p *i18n.Printer) []ui.Sum {
	rows := []ui.Sum{{Label: p.T("portal.pay.invoices", "n", len(page.Lines)), Value: p.Money(page.Open)}}
	if kept := page.Open.Minor - page.Applied.Minor; kept != 0 {
		rows = append(rows, ui.Sum{Label: p.T("portal.pay.kept"), Value: p.Money(money.Amount{Minor: -kept, Currency: page.Open.Currency})})
	}
	for _, n := range page.Credits {
		if n.Used.Minor > 0 {
			rows = append(rows, ui.Sum{Label: n.Number, Value: p.Money(n.Used.Neg())})
		}
	}
	return append(rows, ui.Sum{Label: p.T("portal.pay.total"), Value: p.Money(page.Total), Total: true})
}

// key is what the brass key says: the amount that is taken.
func (page PayPage) key(p *i18n.Printer) string {
	if page.Total.IsZero() {
		return p.T("portal.pay.net")
	}
	return p.T("portal.pay.key", "total", page.Total)
}

// slowAfter is when a payer is told that the processor takes its time.
const slowAfter = 8 * time.Second

// GET /payments/{id}
func showPayment(w http.ResponseWriter, r *web.Request) error {
	var c web.Counter
	var page PaymentPage
	err := r.Read(func(ctx context.Context, tx *db.Tx) (err error) {
		if c, err = r.Counter(ctx, tx, r.P.T("portal.payment"), "invoices"); err != nil {
			return err
		}
		p, err := payment.Find(ctx, tx, r.Actor, r.PathValue("id"))
		if err != nil {
			return err
		}
		if page, err = readPayment(ctx, tx, r, p); err != nil {
			return err
		}
		c.Shell.Title = r.P.T("portal.payment.title", "amount", p.Amount)
		if page.Step != "nothing" {
			return nil
		}
		page.Company = c.Customer.Name
		page.Methods, err = usable(ctx, tx, r)
		return err
	})
	if err != nil {
		return err
	}
	if page.ETag, err = web.Mark(r.Context(), PaymentLive(r.P, page)); err != nil {
		return err
	}
	if r.IsLive() {
		return r.Part(w, page.ETag, PaymentLive(r.P, page))
	}
	page.goOn(w, r)
	return r.Show(w, http.StatusOK, Payment(r.P, c.Shell, page))
}

// goOn sends a payer who has just pressed the key to the processor's page, also
// without script: the browser does not let a form's answer lead to another site.
func (page PaymentPage) goOn(w http.ResponseWriter, r *web.Request) {
	if !r.URL.Query().Has("begun") {
		return
	}
	switch {
	case page.Step == "waiting" && page.Go != "" && page.Decline == "":
		w.Header().Set("Refresh", "0; url="+page.Go)
	case page.Step == "starting":
		w.Header().Set("Refresh", "1")
	}
}

func readPayment(ctx context.Context, tx *db.Tx, r *web.Request, p payment.Payment) (PaymentPage, error) {
	page := stands(r, p)
	return page, page.tell(ctx, tx, p)
}

// stands is how a payment stands, in the words of its page.
func stands(r *web.Request, p payment.Payment) PaymentPage {
	page := PaymentPage{ID: p.ID, Amount: p.Amount, Lines: p.Lines, Step: "nothing", State: "failed", CSRF: r.Session.CSRF}
	if len(p.Attempts) > 0 {
		a := p.Attempts[0]
		page.Decline = string(a.Decline)
		page.Charge = a.Method != ""
		if a.Last4 != "" {
			page.Card = cardName(r.P, a.Brand, a.Last4)
		}
		switch a.Step {
		case payment.Starting:
			page.Step, page.State, page.Slow = "starting", "initiated", r.Now.Sub(a.Created) > slowAfter
		case payment.Waiting:
			page.Step, page.State, page.Go = "waiting", "initiated", a.URL
		case payment.Pending:
			page.Step, page.State = "checking", "unknown"
		case payment.Ending:
			page.Step, page.State = "ending", "processing"
		case payment.Quarantined:
			page.Step, page.State = "checking", "unknown"
		}
	}
	if p.State == payment.Paid {
		page.Step, page.State = "paid", "settled"
	}
	for _, x := range p.Receipts {
		state := x.State
		if x.Amount.Minor < 0 && x.State != "reversed" { // a credit note that was paid out
			if state = "refund_queued"; x.State == "posted" {
				state = "refund"
			}
		}
		page.Receipts = append(page.Receipts, PaymentReceipt{x.Key, x.Number, state, x.Amount, x.Unapplied})
		if x.State == "reversed" && x.Reversal == payment.ByDispute {
			page.Lost.Minor, page.Lost.Currency = page.Lost.Minor+x.Lost, p.Amount.Currency
		}
	}
	if page.Go != "" && (r.Site.Gateway == nil || !r.Site.Gateway.Known(page.Go)) {
		page.Go = "" // checked when it came, and again before anybody is sent there
	}
	return page
}

// tell is the money's story: asked, taken, in the ERP, paid out.
func (page *PaymentPage) tell(ctx context.Context, tx *db.Tx, p payment.Payment) error {
	page.Journal = append(page.Journal, ui.Entry{Kind: "pay_asked", Params: []any{"amount", p.Amount}, At: p.Created, Source: "ui.source.shop"})
	moved, err := payment.Movements(ctx, tx, p.ID)
	if err != nil {
		return err
	}
	for _, m := range moved {
		switch m.Kind {
		case "dispute":
			page.Disputed.Minor, page.Disputed.Currency = page.Disputed.Minor+m.Amount.Minor, m.Amount.Currency
		case "dispute_won", "dispute_lost":
			page.Disputed.Minor -= m.Amount.Minor
		}
		if m.Kind != "fee" && m.Kind != "fee_returned" { // the merchant's matter
			page.Journal = append(page.Journal, ui.Entry{Kind: "pay_" + m.Kind, Params: []any{"amount", m.Amount}, At: m.At, Source: "ui.source.processor"})
		}
		if m.Kind == "capture" && !m.PaidOut.IsZero() {
			page.Journal = append(page.Journal, ui.Entry{Kind: "pay_payout", At: m.PaidOut, Source: "ui.source.processor"})
		}
	}
	facts, err := outbox.About(ctx, tx, p.ID)
	if err != nil {
		return err
	}
	for _, f := range facts {
		switch f.Kind {
		case "payment.changed":
			var changed payment.Changed
			if err := f.Read(&changed); err != nil {
				return err
			}
			kind := "pay_expired"
			if changed.Decline != "" {
				kind = "pay_declined"
			} else if changed.Step != payment.Expired {
				continue
			}
			page.Journal = append(page.Journal, ui.Entry{Kind: kind, At: f.At, Source: "ui.source.processor"})
		case "receipt.booked":
			var booked payment.Booked
			if err := f.Read(&booked); err != nil {
				return err
			}
			page.Journal = append(page.Journal, ui.Entry{Kind: "pay_booked", Params: []any{"number", booked.Number}, At: f.At, Source: "ui.source.erp"})
		case "receipt.reversed":
			var undone payment.Undone
			if err := f.Read(&undone); err != nil {
				return err
			}
			kind := "pay_undone"
			if undone.Cause == payment.ByDispute {
				kind = "pay_reopened"
			}
			page.Journal = append(page.Journal, ui.Entry{Kind: kind, Params: []any{"number", cmp.Or(undone.Number, undone.Receipt)}, At: f.At, Source: "ui.source.erp"})
		}
	}
	refunds, err := p.RefundsOf(ctx, tx)
	if err != nil {
		return err
	}
	for _, back := range refunds {
		page.Journal = append(page.Journal, ui.Entry{Kind: "refund_asked", Params: []any{"amount", back.Amount}, At: back.Created, Source: "ui.source.desk"})
		if back.State == "failed" {
			page.Journal = append(page.Journal, ui.Entry{Kind: "refund_not_given", Params: []any{"amount", back.Amount}, At: back.Ended, Source: "ui.source.processor"})
		}
	}
	slices.SortStableFunc(page.Journal, func(a, b ui.Entry) int { return b.At.Compare(a.At) }) // the newest on top
	return nil
}

// late says that a key was pressed when its payment had already moved on: pressed
// twice, or in two tabs. The payment's page says how it stands.
func late(err error) bool { return fault.Of(err).Code == "payment.not_open" }

// POST /payments/{id}/attempts
func retryPayment(w http.ResponseWriter, r *web.Request) error {
	id := r.PathValue("id")
	err := r.WriteAlone(payment.Key(r.Actor.Customer), func(ctx context.Context, tx *db.Tx) error {
		_, err := payment.Retry(ctx, tx, r.Actor, id, payment.Wish{Method: r.PostFormValue("method"), Save: r.PostFormValue("save") != ""})
		return err
	})
	if fault.Of(err).Code == "payment.method_not_found" {
		return web.SeeOther(w, r, "/payments/"+id) // which offers those that are left
	}
	if err != nil && !late(err) {
		return err
	}
	return web.SeeOther(w, r, "/payments/"+id+"?begun=1")
}

// POST /payments/{id}/closing
func closePayment(w http.ResponseWriter, r *web.Request) error {
	id := r.PathValue("id")
	err := r.WriteAlone(payment.Key(r.Actor.Customer), func(ctx context.Context, tx *db.Tx) error {
		p, err := payment.Find(ctx, tx, r.Actor, id)
		if err != nil {
			return err
		}
		return payment.End(ctx, tx, r.Actor, p)
	})
	if err != nil && !late(err) {
		return err
	}
	return web.SeeOther(w, r, "/payments/"+id)
}
