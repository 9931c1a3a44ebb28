package portal

import (
	"context"
	"net/http"
	"slices"
	"strings"

	"comptoir.example/comptoir/base/db"
	"comptoir.example/comptoir/base/fault"
	"comptoir.example/comptoir/base/i18n"
	"comptoir.example/comptoir/base/money"
	"comptoir.example/comptoir/finance/invoice"
	"comptoir.example/comptoir/finance/payment"
	"comptoir.example/comptoir/web"
	"comptoir.example/comptoir/web/ui"
)

// PayPage is what somebody agrees to before money is taken.
type PayPage struct {
	ID      string // of the payment: two presses, two tabs, one payment
	Lines   []PayLine
	Credits []PayCredit
	Methods []payment.Method // those that can still pay
	Method  string           // chosen; "" is the processor's page
	Company string
	Save    bool
	Open    money.Amount // of the invoices chosen
	Applied money.Amount // to invoices
	Used    money.Amount // of credits, positive
	Total   money.Amount // to be taken
	Fault   *fault.Fault
	AsOf    ui.AsOf
}

// PayLine is an invoice to be paid, in whole or part.
type PayLine struct {
	ID, Number, PONumber, Due string
	DaysLate                  int
	Free                      money.Amount
	Typed                     string
	Amount                    money.Amount
	Reason                    string
	Busy                      bool // somebody is paying a part of it
}

// Left is what stays owed.
func (l PayLine) Left() money.Amount {
	return money.Amount{Minor: max(l.Free.Minor-l.Amount.Minor, 0), Currency: l.Free.Currency}
}

// PayCredit is a credit note that can be used.
type PayCredit struct {
	ID, Number, Day string
	Free            money.Amount // positive
	Used            money.Amount
	Chosen          bool
}

// Reasons are why somebody pays a part only.
var Reasons = []string{"instalment", "damaged", "price", "quantity"}

func (page PayPage) bad(name string) *fault.Field {
	if page.Fault == nil {
		return nil
	}
	return ui.BadField(page.Fault.Fields, name)
}

// methodOptions are the saved cards, then the processor's page, which also takes the
// place of a card that is gone.
func methodOptions(p *i18n.Printer, methods []payment.Method, chosen string) (list []ui.Option) {
	another, title := true, "portal.pay.card"
	if len(methods) > 0 {
		title = "portal.pay.card.other"
	}
	for _, m := range methods {
		list = append(list, ui.Option{Value: m.ID, Title: cardName(p, m.Brand, m.Last4),
			Detail: p.T("portal.pay.saved.fact", "expires", m.Expires), Checked: chosen == m.ID})
		another = another && chosen != m.ID
	}
	return append(list, ui.Option{Value: "", Title: p.T(title), Detail: p.T("portal.pay.card.fact"), Checked: another})
}

// keepWords and takeWords speak of another card only beside a saved one.
func keepWords(p *i18n.Printer, methods []payment.Method) string {
	if len(methods) > 0 {
		return p.T("portal.pay.save.other")
	}
	return p.T("portal.pay.save")
}

func takeWords(p *i18n.Printer, methods []payment.Method) string {
	if len(methods) > 0 {
		return p.T("portal.pay.take.saved")
	}
	return p.T("portal.pay.take.fact")
}

// cardName is all that is told of a card: Visa •••• 4242.
func cardName(p *i18n.Printer, brand, last4 string) string {
	return p.T("portal.pay.saved", "brand", cardBrand(brand), "last4", last4)
}

// usable are the saved cards of the actor's company that are not past their month.
func usable(ctx context.Context, tx *db.Tx, r *web.Request) ([]payment.Method, error) {
	saved, err := payment.Methods(ctx, tx, r.Actor)
	day := r.Site.Engine.Merchant().Day(r.Now)
	return slices.DeleteFunc(saved, func(m payment.Method) bool { return m.Expired(day) }), err
}

// cardBrand is a brand as it writes itself.
func cardBrand(brand string) string {
	if brand == "" {
		return ""
	}
	return strings.ToUpper(brand[:1]) + brand[1:]
}

// GET /payments/new?invoice=…
func showPay(w http.ResponseWriter, r *web.Request) error {
	if r.Site.Gateway == nil {
		return fault.New(fault.NotFound, "web.no_page")
	}
	return pay(w, r, http.StatusOK, nil)
}

// pay shows the invoices that were ticked, with what was typed so far.
func pay(w http.ResponseWriter, r *web.Request, status int, bad *fault.Fault) error {
	var c web.Counter
	page := PayPage{ID: r.FormValue("payment"), Method: r.FormValue("method"), Save: r.FormValue("save") != "", Fault: bad}
	err := r.Read(func(ctx context.Context, tx *db.Tx) (err error) {
		if c, err = r.Counter(ctx, tx, r.P.T("portal.pay"), "invoices"); err != nil {
			return err
		}
		if page.ID == "" {
			page.ID = tx.ID()
		}
		page.Company = c.Customer.Name
		if page.Methods, err = usable(ctx, tx, r); err != nil {
			return err
		}
		if !r.Form.Has("method") && len(page.Methods) > 0 {
			page.Method = page.Methods[0].ID // tick, pay, confirm
		}
		return page.read(ctx, tx, r)
	})
	if err != nil {
		return err
	}
	if len(page.Lines) == 0 {
		return web.SeeOther(w, r, "/invoices")
	}
	page.AsOf = r.AsOf(c.Board, "invoice", "")
	return r.Show(w, status, Pay(r.P, c.Shell, page))
}

// read finds the invoices and credits, and adds up.
func (page *PayPage) read(ctx context.Context, tx *db.Tx, r *web.Request) error {
	today := r.Site.Engine.Merchant().Day(r.Now)
	chosen, err := invoice.Those(ctx, tx, r.Actor, r.Form["invoice"])
	if err != nil || len(chosen) == 0 {
		return err
	}
	credits, err := invoice.Credits(ctx, tx, r.Actor, chosen[0].Open.Currency)
	if err != nil {
		return err
	}
	free, err := payment.StandingOf(ctx, tx, slices.Concat(chosen, credits))
	if err != nil {
		return err
	}
	zero := money.Zero(chosen[0].Open.Currency)
	page.Open, page.Applied, page.Used, page.Total = zero, zero, zero, zero
	for _, v := range chosen {
		s := free[v.ID]
		if v.Open.Minor <= 0 || s.Free.Minor <= 0 && s.Reserved.IsZero() || v.Open.Currency != zero.Currency {
			continue
		}
		l := PayLine{ID: v.ID, Number: v.Number, PONumber: v.PONumber, Due: v.Due, DaysLate: v.DaysLate(today), Free: s.Free, Amount: s.Free,
			Reason: r.FormValue("reason-" + v.ID), Busy: !s.Reserved.IsZero()}
		l.Typed = r.P.Plain(l.Free)
		if typed, sent := r.Form["amount-"+v.ID]; sent {
			l.Typed = typed[0]
			if l.Amount, err = money.Read(l.Typed, zero.Currency); err != nil {
				l.Amount = zero
			}
		}
		page.Lines = append(page.Lines, l)
		page.Open.Minor += l.Free.Minor
		page.Applied.Minor += l.Amount.Minor
	}
	for _, v := range credits {
		n := PayCredit{ID: v.ID, Number: v.Number, Day: v.Day, Free: free[v.ID].Free.Neg(), Used: zero, Chosen: slices.Contains(r.Form["credit"], v.ID)}
		if n.Free.Minor <= 0 {
			continue
		}
		if n.Chosen {
			n.Used.Minor = min(n.Free.Minor, page.Applied.Minor-page.Used.Minor)
			page.Used.Minor += n.Used.Minor
		}
		page.Credits = append(page.Credits, n)
	}
	page.Total.Minor = page.Applied.Minor - page.Used.Minor
	return nil
}

// wish is what the form asks for, with what cannot be read of it.
func (page PayPage) wish(gateway string) (payment.Wish, *fault.Fault) {
	bad := fault.New(fault.Invalid, "payment.bad_lines")
	w := payment.Wish{ID: page.ID, Gateway: gateway, Method: page.Method, Save: page.Save}
	for _, l := range page.Lines {
		amount, err := money.Read(l.Typed, l.Free.Currency)
		if err != nil {
			bad.With("amount-"+l.ID, "money.not_an_amount")
		}
		w.Lines = append(w.Lines, payment.WishLine{Invoice: l.ID, Amount: amount, Reason: l.Reason})
	}
	for _, n := range page.Credits {
		if n.Used.Minor > 0 {
			w.Lines = append(w.Lines, payment.WishLine{Invoice: n.ID, Amount: n.Used})
		}
	}
	if len(bad.Fields) > 0 {
		return w, bad
	}
	return w, nil
}

// POST /payments
func startPayment(w http.ResponseWriter, r *web.Request) error {
	if r.Site.Gateway == nil {
		return fault.New(fault.NotFound, "web.no_page")
	}
	if r.PostFormValue("act") == "recalculate" {
		return pay(w, r, http.StatusOK, nil)
	}
	page := PayPage{ID: r.PostFormValue("payment"), Method: r.PostFormValue("method"), Save: r.PostFormValue("save") != ""}
	var unread *fault.Fault
	var started payment.Payment
	err := r.WriteAlone(payment.Key(r.Actor.Customer), func(ctx context.Context, tx *db.Tx) error {
		again := page // may run twice
		p, err := payment.Find(ctx, tx, r.Actor, page.ID)
		if err == nil {
			started = p // pressed twice, or in two tabs: before what is owed is read, which it has changed
			return nil
		} else if !fault.Is(err, fault.NotFound) {
			return err
		}
		if err := again.read(ctx, tx, r); err != nil {
			return err
		}
		var wish payment.Wish
		if wish, unread = again.wish(r.Site.Gateway.Name()); unread != nil {
			return nil
		}
		started, err = payment.Start(ctx, tx, r.Actor, r.Site.Engine.Merchant(), wish)
		r.Site.Engine.Box.Crash("pay.written")
		return err
	})
	f := fault.Of(err)
	switch {
	case unread != nil:
		return pay(w, r, http.StatusUnprocessableEntity, unread)
	case err == nil:
		r.Site.Engine.Box.Crash("pay.committed")
		return web.SeeOther(w, r, "/payments/"+started.ID+"?begun=1")
	case f.Kind == fault.Conflict, len(f.Fields) > 0:
		return pay(w, r, web.Status(f.Kind), &f)
	}
	return err
}
