package books

import (
	"cmp"
	"net/http"
	"slices"
	"strconv"
	"time"

	"comptoir.example/comptoir/base/money"
	"comptoir.example/comptoir/erp"
)

// checkReceipt makes a receipt of what the API was given. It does not ask what is
// open: money that was taken is taken, and posting says what it settles.
func (u *unit) checkReceipt(in NewReceipt) *Receipt {
	get[Customer](u, customers, in.Customer)
	if in.Key == "" {
		u.refuse("bad_receipt")
	}
	if len(list[Receipt](u, byRef, receipts, in.Key)) > 0 {
		u.refuse("key_taken", "key", in.Key)
	}
	this, _ := strconv.Atoi(u.today[:4]) // a day of ours
	if day, err := time.Parse(time.DateOnly, in.Date); err != nil {
		u.refuse("bad_date", "date", in.Date)
	} else if day.Year() < this-1 {
		u.refuse("period_closed", "date", in.Date)
	}
	if in.Amount.Currency != currency {
		u.refuse("bad_currency", "currency", in.Amount.Currency)
	}
	rest := in.Amount
	for _, l := range in.Lines {
		i := get[Invoice](u, invoices, l.Invoice)
		if i.State == draft || i.Customer != in.Customer {
			u.refuse("unknown_invoice")
		}
		if l.Amount.Currency != currency {
			u.refuse("bad_currency", "currency", l.Amount.Currency)
		}
		if l.Amount.IsZero() || l.Amount.Minor < 0 != (i.Total.Minor < 0) {
			u.refuse("bad_receipt")
		}
		var err error
		rest, err = rest.Sub(l.Amount)
		u.fail(err)
	}
	if rest.Minor < 0 || rest.Minor > 0 && in.Amount.Minor < 0 || in.Amount.IsZero() && len(in.Lines) == 0 {
		u.refuse("bad_receipt")
	}
	return &Receipt{State: "received", Method: "card", NewReceipt: in, Unapplied: rest}
}

// receive records money that came for an invoice by other ways than ours.
func (u *unit) receive(i *Invoice, sum money.Decimal, method, day string) {
	if i.State != "posted" || !sum.IsPos() || sum.Trim(0).Scale() > 2 || sum.Cmp(i.Open.Decimal()) > 0 {
		u.refuse("bad_amount", "amount", sum, "open", i.Open)
		return
	}
	r := i.receipt(Settlement{Date: day, Method: method, Amount: cents(rat(sum))})
	u.put(r)
	u.book(r)
}

// receipt is one for an invoice alone.
func (i *Invoice) receipt(of Settlement) *Receipt {
	return &Receipt{State: "received", Method: of.Method, Unapplied: money.Zero(currency), NewReceipt: NewReceipt{Customer: i.Customer,
		Date: of.Date, Amount: of.Amount, Lines: []erp.ReceiptLine{{Invoice: i.ID, Amount: of.Amount}}}}
}

// adopt makes documents of the receipts that older books noted on invoices only.
func (u *unit) adopt() {
	if len(list[Receipt](u, newest, receipts, 1)) > 0 {
		return
	}
	for _, i := range list[Invoice](u, ofKind, invoices) {
		for at := range i.Receipts {
			r := i.receipt(i.Receipts[at])
			r.State, r.Number = "posted", r.number(u)
			u.put(r)
			i.Receipts[at].Receipt = r.ID
		}
		u.put(i)
	}
}

func (r *Receipt) number(u *unit) string { return u.number("REC"+r.Date[:4]+"-", 5) }

// book posts a receipt. Credit notes give what is open of them first; then
// invoices take what is open, and no more than there is. The rest stays with the
// customer.
func (u *unit) book(r *Receipt) {
	if r.State != "received" || u.err != nil {
		return
	}
	meant := slices.SortedStableFunc(slices.Values(r.Lines), func(a, b erp.ReceiptLine) int {
		return cmp.Compare(min(a.Amount.Minor, 0), min(b.Amount.Minor, 0))
	})
	r.Number, r.State = r.number(u), "posted"
	r.Lines, r.Unapplied = nil, r.Amount
	for _, l := range meant {
		i := get[Invoice](u, invoices, l.Invoice)
		if l.Amount.Minor < 0 {
			l.Amount.Minor = min(0, max(l.Amount.Minor, i.Open.Minor))
		} else {
			l.Amount.Minor = max(0, min(l.Amount.Minor, i.Open.Minor, r.Unapplied.Minor))
		}
		r.Unapplied.Minor -= l.Amount.Minor
		if !l.Amount.IsZero() {
			r.Lines = append(r.Lines, l)
		}
		u.take(i, r, l.Amount, r.Date)
	}
	u.put(r)
	u.clear(r, r.Amount)
}

// reverse undoes a posted receipt: its documents are as open as before.
func (u *unit) reverse(r *Receipt, by Reversal) {
	if r.State == "reversed" {
		return
	}
	if r.State != "posted" {
		u.refuse("not_posted")
	}
	if _, err := time.Parse(time.DateOnly, by.Date); err != nil {
		u.refuse("bad_date", "date", by.Date)
	}
	r.State, r.Undone, r.Reason = "reversed", by.Date, by.Reason
	for _, l := range r.Lines {
		u.take(get[Invoice](u, invoices, l.Invoice), r, l.Amount.Neg(), by.Date)
	}
	u.put(r)
	u.clear(r, r.Amount.Neg())
}

// take takes a part of a receipt off what is open of an invoice or a credit note.
// An invoice remembers the key even when there is nothing left to take.
func (u *unit) take(i *Invoice, r *Receipt, amount money.Amount, day string) {
	if r.Key != "" && !slices.Contains(i.Keys, r.Key) {
		i.Keys = append(i.Keys, r.Key)
	}
	if !amount.IsZero() {
		i.Open.Minor -= amount.Minor
		i.State = map[bool]string{true: "paid", false: "posted"}[i.Open.IsZero()]
		i.Receipts = append(i.Receipts, Settlement{day, r.Method, amount, r.ID})
	}
	u.put(i)
	u.settle(get[Order](u, orders, i.Order))
}

// clearing is the account where money that other programs took waits.
func (u *unit) clearing() *Account {
	if kept := list[Account](u, byRef, accounts, "clearing"); len(kept) > 0 {
		return kept[0]
	}
	return &Account{Name: "clearing", Balance: money.Zero(currency)}
}

// clear moves the clearing account by what another program took.
func (u *unit) clear(r *Receipt, amount money.Amount) {
	if r.Key != "" {
		a := u.clearing()
		a.Balance.Minor += amount.Minor
		u.put(a)
	}
}

// openItems is everything open, at one moment.
func openItems(u *unit, _ *http.Request) any {
	open := []OpenItem{}
	for _, i := range list[Invoice](u, openNow, invoices) {
		open = append(open, OpenItem{i.Customer, i.ID, i.Open, i.late(), i.Keys})
	}
	for _, r := range list[Receipt](u, openNow, receipts) {
		open = append(open, OpenItem{r.Customer, "", r.Unapplied.Neg(), "", []string{r.Key}})
	}
	return open
}

// late is the day on which the first money that is not there yet is due.
func (i *Invoice) late() (day string) {
	there := i.Total.Minor - i.Open.Minor
	for _, part := range i.Due {
		if day, there = part.Date, there-part.Amount.Minor; there < 0 {
			break
		}
	}
	return day
}
