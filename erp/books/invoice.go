package books

import (
	"time"

	"comptoir.example/comptoir/base/money"
)

// draftInvoice asks for the quantities that pick says of each line of an order.
// It makes nothing when that is nothing.
func (u *unit) draftInvoice(o *Order, pick func(Line) money.Decimal) error {
	i := &Invoice{Order: o.ID, Customer: o.Customer, PONumber: o.PONumber, State: draft}
	for _, l := range o.Lines {
		if q := pick(l); q.IsPos() {
			l.Quantity, l.Shipped, l.Invoiced = q, money.Decimal{}, money.Decimal{}
			i.Lines = append(i.Lines, l)
		}
	}
	if len(i.Lines) == 0 {
		return nil
	}
	c, err := get[Customer](u, customers, o.Customer)
	if err != nil {
		return err
	}
	if i.Totals, err = u.total(i.Lines, c.Tax); err != nil {
		return err
	}
	return u.put(i)
}

// dropDrafts forgets the drafts of an order.
func (u *unit) dropDrafts(o *Order) error {
	all, err := list[Invoice](u, byParent, invoices, o.ID)
	if err != nil {
		return err
	}
	for _, i := range all {
		if i.State == draft {
			if err := u.drop(i); err != nil {
				return err
			}
		}
	}
	return nil
}

// post gives a draft its number and its due dates, and the API shows it.
func (u *unit) post(i *Invoice, day string) error {
	if i.State != draft {
		return nil
	}
	c, err := get[Customer](u, customers, i.Customer)
	if err != nil {
		return err
	}
	term, err := get[Term](u, terms, c.Term)
	if err != nil {
		return err
	}
	if i.Number, err = u.number("F"+day[:4]+"-", 5); err != nil {
		return err
	}
	i.State, i.Date, i.Open = "posted", day, i.Total
	if i.Due, err = term.due(i.Total, day); err != nil {
		return err
	}
	o, err := get[Order](u, orders, i.Order)
	if err != nil {
		return err
	}
	for _, l := range i.Lines {
		ordered := o.line(l.ID)
		ordered.Invoiced = plus(ordered.Invoiced, l.Quantity)
	}
	if err := u.put(i); err != nil {
		return err
	}
	return u.settle(o)
}

// due cuts a total into instalments.
func (t *Term) due(total money.Decimal, day string) ([]Due, error) {
	from, err := time.Parse(time.DateOnly, day)
	if err != nil {
		return nil, err
	}
	var all []Due
	rest := total
	for i, part := range t.Parts {
		amount := round(times(total, part.Share), 2)
		if i == len(t.Parts)-1 {
			amount = rest
		}
		all = append(all, Due{from.AddDate(0, 0, part.Days).Format(time.DateOnly), amount})
		rest = minus(rest, amount)
	}
	return all, nil
}

// receive records money for an invoice, in part or whole.
func (u *unit) receive(i *Invoice, amount money.Decimal, method, day string) error {
	if i.State != "posted" || !amount.IsPos() || amount.Trim(0).Scale() > 2 || amount.Cmp(i.Open) > 0 {
		return refuse("bad_amount", "amount", amount.String(), "open", cents(i.Open))
	}
	i.Receipts = append(i.Receipts, Receipt{day, method, amount})
	i.Open = minus(i.Open, amount)
	if i.Open.IsZero() {
		i.State = "paid"
	}
	return u.closeWith(i)
}

// credit takes a whole invoice back with a credit note. Both are settled.
func (u *unit) credit(i *Invoice, day string) (err error) {
	if i.State != "posted" || len(i.Receipts) > 0 || !i.Total.IsPos() {
		return refuse("not_creditable", "number", i.Number)
	}
	note := &Invoice{Order: i.Order, Customer: i.Customer, PONumber: i.PONumber, Date: day, State: "paid", Open: money.Must("0.00")}
	for _, l := range i.Lines {
		l.Quantity = l.Quantity.Neg()
		note.Lines = append(note.Lines, l)
	}
	c, err := get[Customer](u, customers, i.Customer)
	if err != nil {
		return err
	}
	if note.Totals, err = u.total(note.Lines, c.Tax); err != nil {
		return err
	}
	note.Due = []Due{{day, note.Total}}
	if note.Number, err = u.number("NC"+day[:4]+"-", 5); err != nil {
		return err
	}
	if err := u.put(note); err != nil {
		return err
	}
	i.State, i.Open = cancelled, money.Must("0.00")
	return u.closeWith(i)
}

// closeWith keeps an invoice and sees whether its order is over.
func (u *unit) closeWith(i *Invoice) error {
	if err := u.put(i); err != nil {
		return err
	}
	o, err := get[Order](u, orders, i.Order)
	if err != nil {
		return err
	}
	return u.settle(o)
}
