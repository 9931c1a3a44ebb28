package erptest

import (
	"time"

	"comptoir.example/comptoir/base/money"
	"comptoir.example/comptoir/erp"
)

// invoices is the part of group E about an order's invoice; receipts is the rest.
var invoices = []check{
	{"37 an invoice is open, partly paid, paid or credited, and due when the term says", func(t *trial) {
		bill := func(customer string) (erp.Order, erp.Invoice) {
			placed := t.place(t.order(customer, want{t.Names.Plain, "2"}))
			t.do("ship", t.Clerk.ShipRest(t.Context(), placed.ID))
			t.do("post", t.Clerk.PostInvoice(t.Context(), placed.ID))
			found := t.invoicesOf(placed.ID)
			if len(found) != 1 {
				t.Fatalf("%d invoices", len(found))
			}
			return placed, found[0]
		}
		placed, i := bill(t.Names.Customer)
		if i.State != "open" || i.Open != i.Totals.Total || i.Date != t.today() || sums(i.Totals) != sums(placed.Totals) {
			t.Errorf("open: %+v", i)
		}
		terms, customers := all[erp.Term](t), all[erp.Customer](t)
		if days := terms[customers[i.Customer].Term].Days; days == nil || i.Due[0].Date != after(i.Date, *days) {
			t.Errorf("due %+v, %v days after %s", i.Due, days, i.Date)
		}
		half, _ := i.Open.Decimal().Quo(money.Int(2))
		half = half.Trunc(2)
		t.do("pay half", t.Clerk.MakePartialPayment(t.Context(), placed.ID, half))
		i = t.invoicesOf(placed.ID)[0]
		left, _ := i.Totals.Total.Decimal().Sub(half)
		if i.State != "open" || i.Open.Decimal().Cmp(left) != 0 {
			t.Errorf("half paid: %+v", i)
		}
		t.do("pay the rest", t.Clerk.MakePartialPayment(t.Context(), placed.ID, left))
		i = t.invoicesOf(placed.ID)[0]
		if o := read[erp.Order](t, placed.ID); i.State != "paid" || !i.Open.IsZero() || o.State != erp.OrderClosed {
			t.Errorf("paid: %+v, order %s", i, o.State)
		}

		_, i = bill(t.Names.Instalments)
		if len(i.Due) != 2 || i.Due[0].Date != i.Date || i.Due[1].Date != after(i.Date, 30) || i.Due[0].Amount.Minor+i.Due[1].Amount.Minor != i.Totals.Total.Minor {
			t.Errorf("in two halves: %+v", i.Due)
		}

		placed, i = bill(t.Names.Unlimited)
		cursor := t.now(erp.KindInvoice)
		t.do("credit", t.Clerk.CreditInvoice(t.Context(), placed.ID))
		t.until(erp.KindInvoice, cursor, "the credited invoice", func(r erp.Record) bool { return r.No == i.Number })
		both := t.invoicesOf(placed.ID)
		if len(both) != 2 {
			t.Fatalf("an invoice and its credit note: %+v", both)
		}
		for _, one := range both {
			switch {
			case one.Number == i.Number && (one.State != "cancelled" || !one.Open.IsZero()):
				t.Errorf("credited: %+v", one)
			case one.Number != i.Number && (one.Totals.Total.Minor != -i.Totals.Total.Minor || !one.Open.IsZero() || one.Lines[0].Quantity.Sign() >= 0):
				t.Errorf("credit note: %+v", one)
			}
		}
		for _, one := range all[erp.Invoice](t) {
			if one.PONumber == t.Names.Overdue && (one.State != "open" || one.Due[0].Date >= t.today() || one.Open != one.Totals.Total) {
				t.Errorf("overdue: %+v", one)
			}
		}
	}},
}

// after is the day some days after another.
func after(date string, days int) string {
	d, _ := time.Parse(time.DateOnly, date) // read by sane
	return d.AddDate(0, 0, days).Format(time.DateOnly)
}
