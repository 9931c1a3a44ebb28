package books

import (
	"time"

	"comptoir.example/comptoir/base/money"
	"comptoir.example/comptoir/erp"
)

// draftInvoice asks for the quantities that pick says of each line of an order.
// It makes nothing when that is nothing.
func (u *unit) draftInvoice(o *Order, pick func(Line) money.Decimal) {
	i := &Invoice{Paper: o.paper(draft), PONumber: o.PONumber}
	for _, l := range o.Lines {
		if l.Quantity = pick(l); l.Quantity.IsPos() {
			i.Lines = append(i.Lines, l)
		}
	}
	if len(i.Lines) > 0 {
		i.Totals = u.total(i.Lines, get[Customer](u, customers, o.Customer).Tax)
		u.put(i)
	}
}

// post gives a draft its number and its due dates, and the API shows it.
func (u *unit) post(i *Invoice, day string) {
	o := get[Order](u, orders, i.Order)
	term := get[Term](u, terms, get[Customer](u, customers, i.Customer).Term)
	if i.State != draft || u.err != nil {
		return
	}
	i.Number = u.number("F"+day[:4]+"-", 5)
	i.State, i.Date, i.Open, i.Due = "posted", day, i.Total, term.due(i.Total, day)
	u.put(i)
	u.settle(o.billed(i))
}

// billed counts what an invoice or a credit note says on the order's lines.
func (o *Order) billed(i *Invoice) *Order {
	for _, l := range i.Lines {
		if own := o.line(l.ID); own != nil {
			own.Invoiced = plus(own.Invoiced, l.Quantity)
		}
	}
	return o
}

// due cuts a total into instalments from a day on.
func (t *Term) due(total money.Amount, day string) (all []erp.Instalment) {
	from, _ := time.Parse(time.DateOnly, day) // a day of ours
	rest := total
	for i, part := range t.Parts {
		amount := cents(times(total.Decimal(), part.Share))
		if i == len(t.Parts)-1 {
			amount = rest
		}
		rest.Minor -= amount.Minor
		all = append(all, erp.Instalment{Date: from.AddDate(0, 0, part.Days).Format(time.DateOnly), Amount: amount})
	}
	return all
}

// receive records money for an invoice, in part or whole.
func (u *unit) receive(i *Invoice, sum money.Decimal, method, day string) {
	if i.State != "posted" || !sum.IsPos() || sum.Trim(0).Scale() > 2 || sum.Cmp(i.Open.Decimal()) > 0 {
		u.refuse("bad_amount", "amount", sum, "open", i.Open)
	}
	amount := cents(rat(sum))
	i.Receipts = append(i.Receipts, Receipt{day, method, amount})
	i.Open.Minor -= amount.Minor
	if i.Open.IsZero() {
		i.State = "paid"
	}
	u.put(i)
	u.settle(get[Order](u, orders, i.Order))
}

// credit takes a whole invoice back with a credit note. Both are settled, and
// the order stands as not invoiced.
func (u *unit) credit(i *Invoice, day string) {
	if i.State != "posted" || len(i.Receipts) > 0 {
		u.refuse("not_creditable", "number", i.Number)
	}
	o := get[Order](u, orders, i.Order)
	note := &Invoice{Paper: o.paper("paid"), PONumber: i.PONumber, Open: money.Zero(currency)}
	note.Number, note.Date = u.number("NC"+day[:4]+"-", 5), day
	for _, l := range i.Lines {
		l.Quantity = l.Quantity.Neg()
		note.Lines = append(note.Lines, l)
	}
	note.Totals = u.total(note.Lines, get[Customer](u, customers, i.Customer).Tax)
	note.Due = []erp.Instalment{{Date: day, Amount: note.Total}}
	u.put(note)
	i.State, i.Open = cancelled, money.Zero(currency)
	u.put(i)
	u.settle(o.billed(note))
}
