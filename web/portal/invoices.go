package portal

import (
	"comptoir.example/comptoir/base/i18n"
	"comptoir.example/comptoir/base/money"
	"comptoir.example/comptoir/web/ui"
)

// InvoicesPage lists a company's invoices.
type InvoicesPage struct {
	Query    string
	Age      string       // the bucket that filters, "" for all open
	Open     money.Amount // all that is owed
	Overdue  money.Amount // of it
	Credits  money.Amount // to be applied, positive
	Aging    []Age        // five, from not due to over 90 days
	Invoices []InvoiceRow
	Pages    ui.Pages
	NextDue  string // the next due date, when nothing is overdue
	CanPay   bool   // this person may
	Payable  bool   // and something on this page can be
	AsOf     ui.AsOf
}

// Age is what is open of one age: not_due, 1_30, 31_60, 61_90, over_90.
type Age struct {
	Key    string
	Amount money.Amount
}

// InvoiceRow is one invoice in a list.
type InvoiceRow struct {
	ID       string
	Number   string
	PONumber string
	Date     string
	Due      string
	DaysLate int
	State    string // ui vocabulary of invoices
	Total    money.Amount
	Open     money.Amount
	Payable  bool
	Payment  string // id of the payment that is under way for it
}

// buckets draws the ages; each is a share of the largest one.
func (page InvoicesPage) buckets(p *i18n.Printer) (list []ui.Bucket) {
	var largest int64
	for _, a := range page.Aging {
		largest = max(largest, a.Amount.Minor)
	}
	for _, a := range page.Aging {
		b := ui.Bucket{Key: a.Key, Amount: p.Money(a.Amount), Href: "/invoices?age=" + a.Key, Current: page.Age == a.Key, Zero: a.Amount.IsZero()}
		if largest > 0 && a.Amount.Minor > 0 {
			b.Share = max(int(a.Amount.Minor/max(largest/100, 1)), 2)
		}
		list = append(list, b)
	}
	return list
}

func (page InvoicesPage) filtered() bool { return page.Query != "" || page.Age != "" }

func (page InvoicesPage) summary(p *i18n.Printer) string {
	switch {
	case page.Open.Minor < 0:
		return p.T("portal.invoices.in_credit", "credit", page.Open.Neg())
	case page.Open.IsZero() && page.NextDue == "":
		return p.T("portal.invoices.settled")
	case page.Overdue.IsZero():
		return p.T("portal.invoices.owed", "open", page.Open)
	}
	return p.T("portal.invoices.overdue", "open", page.Open, "overdue", page.Overdue)
}
