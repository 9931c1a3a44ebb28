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

// credit takes a whole invoice back with a credit note. Both are settled, and
// the order stands as not invoiced.
func (u *unit) credit(i *Invoice, day string) {
	if i.State != "posted" || i.Open != i.Total || len(u.credited(i)) > 0 {
		u.refuse("not_creditable", "number", i.Number)
	}
	note := u.creditNote(i, func(l Line) money.Decimal { return l.Quantity }, day)
	note.State, note.Open = "paid", money.Zero(currency)
	u.put(note)
	i.State, i.Open = cancelled, money.Zero(currency)
	u.put(i)
	u.settle(get[Order](u, orders, i.Order).billed(note))
}

// creditPart takes some of an invoice's lines back with a credit note that stays
// open, until a receipt nets it or gives its money back. The order stands as it is.
func (u *unit) creditPart(i *Invoice, quantities map[string]money.Decimal, day string) {
	before := u.credited(i)
	note := u.creditNote(i, func(l Line) money.Decimal {
		q := quantities[l.ID]
		if q.IsNeg() || q.Cmp(minus(l.Quantity, before[l.ID])) > 0 {
			u.refuse("bad_quantity", "item", l.Text, "quantity", q.String())
		}
		return q
	}, day)
	if note.Total.Minor >= 0 || i.State != "posted" && i.State != "paid" {
		u.refuse("not_creditable", "number", i.Number)
	}
	u.put(note)
}

// creditNote draws a credit note up for the quantities that pick says.
func (u *unit) creditNote(i *Invoice, pick func(Line) money.Decimal, day string) *Invoice {
	note := &Invoice{Paper: Paper{Order: i.Order, Customer: i.Customer, State: "posted"}, PONumber: i.PONumber, Of: i.ID}
	note.Number, note.Date = u.number("NC"+day[:4]+"-", 5), day
	for _, l := range i.Lines {
		if l.Quantity = pick(l).Neg(); l.Quantity.IsNeg() {
			note.Lines = append(note.Lines, l)
		}
	}
	note.Totals = u.total(note.Lines, get[Customer](u, customers, i.Customer).Tax)
	note.Open, note.Due = note.Total, []erp.Instalment{{Date: day, Amount: note.Total}}
	return note
}

// credited is how much of each line credit notes took back of an invoice.
func (u *unit) credited(i *Invoice) map[string]money.Decimal {
	back := map[string]money.Decimal{}
	for _, note := range list[Invoice](u, byParent, invoices, i.Order) {
		for _, l := range note.Lines {
			if note.Of == i.ID {
				back[l.ID] = minus(back[l.ID], l.Quantity)
			}
		}
	}
	return back
}
