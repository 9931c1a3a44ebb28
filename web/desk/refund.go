package desk

import (
	"cmp"
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
	"comptoir.example/comptoir/trade/access"
	"comptoir.example/comptoir/trade/customer"
	"comptoir.example/comptoir/web"
	"comptoir.example/comptoir/web/ui"
)

// RefundsPage lists what can go back to the method that paid, and what was asked.
type RefundsPage struct {
	Credits []RefundCredit
	Asked   []RefundRow
}

// RefundCredit is a credit note, or money that was applied to nothing.
type RefundCredit struct {
	Query           string // of the form: credit=… or receipt=…
	Number, Company string
	Day             string // of a credit note; "" for a receipt
	Left            money.Amount
}

// RefundRow is a refund that was asked for.
type RefundRow struct {
	payment.Refund
	Number, Company, Card, Who string
}

// stamp is a refund's state in the vocabulary of payments.
func (r RefundRow) stamp() string {
	switch r.State {
	case "given":
		return "refunded"
	case "failed":
		return "failed"
	}
	return "processing"
}

// mostRefunds is how many are listed of each.
const mostRefunds = 100

// GET /desk/refunds
func showRefunds(w http.ResponseWriter, r *web.Request) error {
	var o office
	var page RefundsPage
	err := r.Read(func(ctx context.Context, tx *db.Tx) (err error) {
		if o, err = readOffice(ctx, tx, r, r.P.T("desk.refunds"), "refunds"); err != nil {
			return err
		}
		if page.Credits, err = readCredits(ctx, tx, r); err != nil {
			return err
		}
		page.Asked, err = readRefunds(ctx, tx, r)
		return err
	})
	if err != nil {
		return err
	}
	return r.Show(w, http.StatusOK, Refunds(r.P, o.shell, page))
}

func readCredits(ctx context.Context, tx *db.Tx, r *web.Request) (list []RefundCredit, err error) {
	conn := r.Site.Engine.Merchant().Conn
	credits, err := invoice.OpenCredits(ctx, tx, r.Actor, conn, mostRefunds)
	if err != nil {
		return nil, err
	}
	free, err := payment.StandingOf(ctx, tx, credits)
	if err != nil {
		return nil, err
	}
	for _, n := range credits {
		c, err := customer.ByERP(ctx, tx, conn, n.Customer)
		if err != nil {
			return nil, err
		}
		if left := free[n.ID].Free.Neg(); left.Minor > 0 {
			list = append(list, RefundCredit{"credit=" + n.ID, n.Number, c.Name, n.Day, left})
		}
	}
	loose, err := payment.LooseReceipts(ctx, tx, r.Actor, mostRefunds)
	for _, x := range loose {
		c, err := customer.Find(ctx, tx, x.Customer)
		if err != nil {
			return nil, err
		}
		list = append(list, RefundCredit{"receipt=" + x.Key, cmp.Or(x.Number, x.Key), c.Name, "", x.Unapplied})
	}
	return list, err
}

func readRefunds(ctx context.Context, tx *db.Tx, r *web.Request) (list []RefundRow, err error) {
	asked, err := payment.Refunds(ctx, tx, r.Actor, mostRefunds)
	if err != nil {
		return nil, err
	}
	var credits []string
	for _, x := range asked {
		credits = append(credits, x.Credit)
	}
	numbers, err := invoice.Numbers(ctx, tx, credits)
	if err != nil {
		return nil, err
	}
	for _, x := range asked {
		row := RefundRow{Refund: x, Number: cmp.Or(numbers[x.Credit], x.Receipt)}
		c, err := customer.Find(ctx, tx, x.Customer)
		if err != nil {
			return nil, err
		}
		row.Company = c.Name
		a, _, err := payment.AttemptOf(ctx, tx, x.Attempt)
		if err != nil {
			return nil, err
		}
		row.Card = card(a.Brand, a.Last4)
		if row.Who, err = access.NameOf(ctx, tx, x.Person); err != nil {
			return nil, err
		}
		list = append(list, row)
	}
	return list, nil
}

// card is what may be shown of one.
func card(brand, last4 string) string {
	if brand == "" {
		return last4
	}
	return strings.ToUpper(brand[:1]) + brand[1:] + " •••• " + last4
}

// RefundPage is one refund about to be asked for.
type RefundPage struct {
	ID, Credit, Receipt string
	Number, Company     string
	Left                money.Amount // of the credit note, or of the receipt
	Takings             []RefundTaking
	Attempt             string // chosen
	Typed, Reason       string
	Fault               *fault.Fault
}

// RefundTaking is a payment that can go back.
type RefundTaking struct {
	payment.Taking
	Same bool // it paid the order that the credit note is about
}

func (page RefundPage) bad(name string) *fault.Field {
	if page.Fault == nil {
		return nil
	}
	return ui.BadField(page.Fault.Fields, name)
}

func (page RefundPage) options(p *i18n.Printer) (list []ui.Option) {
	for _, k := range page.Takings {
		detail := p.T("desk.refund.method.left", "day", k.Day, "left", k.Left)
		switch {
		case k.Disputed:
			detail += ". " + p.T("desk.refund.method.disputed")
		case k.Same:
			detail += ". " + p.T("desk.refund.method.same")
		}
		list = append(list, ui.Option{Value: k.Attempt, Title: card(k.Brand, k.Last4), Detail: detail, Checked: k.Attempt == page.Attempt})
	}
	return list
}

func (page RefundPage) hint(p *i18n.Printer) string {
	if page.Receipt != "" {
		return p.T("desk.refund.amount.whole", "left", page.Left)
	}
	return p.T("desk.refund.amount.hint", "left", page.Left)
}

// GET /desk/refunds/new?credit=… or ?receipt=…
func showRefund(w http.ResponseWriter, r *web.Request) error {
	return refundForm(w, r, http.StatusOK, nil)
}

// refundForm shows what can go back, with what was typed so far.
func refundForm(w http.ResponseWriter, r *web.Request, status int, bad *fault.Fault) error {
	var o office
	page := RefundPage{ID: r.FormValue("refund"), Credit: r.FormValue("credit"), Receipt: r.FormValue("receipt"), Attempt: r.FormValue("attempt"),
		Reason: r.FormValue("reason"), Fault: bad}
	err := r.Read(func(ctx context.Context, tx *db.Tx) (err error) {
		if o, err = readOffice(ctx, tx, r, r.P.T("desk.refunds"), "refunds"); err != nil {
			return err
		}
		err = page.read(ctx, tx, r)
		o.shell.Title = r.P.T("desk.refund.title", "number", page.Number)
		return err
	})
	if err != nil {
		return err
	}
	page.Typed = r.P.Plain(page.Left)
	if typed, sent := r.Form["amount"]; sent {
		page.Typed = typed[0]
	}
	return r.Show(w, status, Refund(r.P, o.shell, page))
}

// read finds what can go back, and the payments it can go back to: first the one
// that paid the order of the credit note.
func (page *RefundPage) read(ctx context.Context, tx *db.Tx, r *web.Request) error {
	of, err := payment.CustomerOfRefund(ctx, tx, payment.RefundWish{Credit: page.Credit, Receipt: page.Receipt})
	if err != nil {
		return err
	}
	if page.ID == "" {
		page.ID = payment.NewRefundID(tx)
	}
	c, err := customer.Find(ctx, tx, of)
	if err != nil {
		return err
	}
	page.Company = c.Name
	if page.Number, page.Left, err = payment.ToGiveBack(ctx, tx, r.Actor, payment.RefundWish{Credit: page.Credit, Receipt: page.Receipt}); err != nil {
		return err
	}
	takings, err := payment.Takings(ctx, tx, r.Actor, of)
	if err != nil {
		return err
	}
	same, err := page.same(ctx, tx)
	if err != nil {
		return err
	}
	came, _, err := payment.ReceiptOf(ctx, tx, page.Receipt)
	if err != nil {
		return err
	}
	for _, k := range takings {
		if page.Receipt != "" && k.Remote != came.Reference {
			continue
		}
		if k.Left.Minor > 0 && k.Left.Currency == page.Left.Currency {
			page.Takings = append(page.Takings, RefundTaking{k, slices.Contains(same, k.Payment)})
		}
	}
	slices.SortStableFunc(page.Takings, func(a, b RefundTaking) int { return a.place() - b.place() })
	if page.Attempt == "" && len(page.Takings) > 0 {
		page.Attempt = page.Takings[0].Attempt
		page.Left.Minor = min(page.Left.Minor, page.Takings[0].Left.Minor)
	}
	return nil
}

// same are the payments that paid the order of the credit note, or made the receipt.
func (page *RefundPage) same(ctx context.Context, tx *db.Tx) ([]string, error) {
	if page.Receipt != "" {
		x, _, err := payment.ReceiptOf(ctx, tx, page.Receipt)
		return []string{x.Payment}, err
	}
	others, err := invoice.SameOrder(ctx, tx, page.Credit)
	if err != nil {
		return nil, err
	}
	return payment.PayingOf(ctx, tx, others)
}

// place orders what is offered: first the payment of the same order, disputed ones last.
func (k RefundTaking) place() int {
	switch {
	case k.Disputed:
		return 2
	case k.Same:
		return 0
	}
	return 1
}

// POST /desk/refunds
func giveRefund(w http.ResponseWriter, r *web.Request) error {
	wish := payment.RefundWish{ID: r.PostFormValue("refund"), Credit: r.PostFormValue("credit"), Receipt: r.PostFormValue("receipt"),
		Attempt: r.PostFormValue("attempt"), Reason: r.PostFormValue("reason")}
	var of string
	err := r.Read(func(ctx context.Context, tx *db.Tx) (err error) {
		of, err = payment.CustomerOfRefund(ctx, tx, wish)
		if err != nil {
			return err
		}
		_, left, err := payment.ToGiveBack(ctx, tx, r.Actor, wish)
		wish.Amount.Currency = left.Currency
		return err
	})
	if err != nil {
		return err
	}
	if wish.Amount, err = money.Read(r.PostFormValue("amount"), wish.Amount.Currency); err != nil {
		return refundForm(w, r, http.StatusUnprocessableEntity, field("amount", fault.New(fault.Invalid, "money.not_an_amount")))
	}
	err = r.WriteAlone(payment.Key(of), func(ctx context.Context, tx *db.Tx) error {
		_, err := payment.GiveBack(ctx, tx, r.Actor, r.Site.Engine.Merchant(), wish)
		return err
	})
	f := fault.Of(err)
	switch {
	case err == nil:
		return web.SeeOther(w, r, "/desk/refunds")
	case f.Code == "refund.say_why", f.Code == "refund.reason_too_long":
		return refundForm(w, r, web.Status(f.Kind), field("reason", &f))
	case f.Code == "refund.disputed":
		return refundForm(w, r, web.Status(f.Kind), field("attempt", &f))
	case strings.HasPrefix(f.Code, "refund.") && f.Kind != fault.NotFound:
		return refundForm(w, r, web.Status(f.Kind), field("amount", &f))
	}
	return err
}

// field says of which field of the form a fault is.
func field(name string, f *fault.Fault) *fault.Fault {
	f.Fields = append(f.Fields, fault.Field{Name: name, Code: f.Code, Params: f.Params})
	return f
}
