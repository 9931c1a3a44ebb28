package erptest

import (
	"context"
	"errors"
	"maps"
	"slices"

	"comptoir.example/comptoir/base/money"
	"comptoir.example/comptoir/erp"
)

// cashier is the connector as one that books money. Without it a check of
// receipts is skipped.
func (t *trial) cashier() erp.Cashier {
	t.Helper()
	c, is := t.c.(erp.Cashier)
	if !is {
		t.Skip("the connector of " + t.ERP + " is no erp.Cashier")
	}
	return c
}

// bill is a posted invoice or credit note.
type bill struct {
	id, order string
	open      int64 // when it was posted
}

// owe makes an invoice over so many hammers and the freight, of somebody who pays
// no tax and may owe as much as they like.
func (t *trial) owe(quantity string) bill {
	t.Helper()
	t.cashier()
	placed := t.place(t.order(t.Names.Unlimited, want{t.Names.Plain, quantity}))
	t.do("ship", t.Clerk.ShipRest(t.Context(), placed.ID))
	t.do("post", t.Clerk.PostInvoice(t.Context(), placed.ID))
	for id, i := range t.billsOf(placed.ID) {
		return bill{id, placed.ID, i.Open.Minor}
	}
	t.Fatal("no invoice")
	return bill{}
}

// credit makes an open credit note over one of the pieces of an invoice.
func (t *trial) credit(of bill) bill {
	t.Helper()
	clerk, ok := t.Clerk.(Cashbox)
	if !ok {
		t.Fatal("the clerk has no cashbox, and Cannot does not say so")
	}
	before := t.billsOf(of.order)
	line := goodsOf(read[erp.Order](t, of.order))[0]
	t.do("credit", clerk.MakeCreditNote(t.Context(), of.order, map[string]money.Decimal{line.ID: money.Int(1)}))
	for id, i := range t.billsOf(of.order) {
		if _, old := before[id]; !old {
			if i.State != "open" || i.Open != i.Totals.Total || i.Open.Minor >= 0 || i.Lines[0].Quantity.Cmp(money.Int(-1)) != 0 {
				t.Fatalf("a credit note over one piece: %+v", i)
			}
			return bill{id, of.order, i.Open.Minor}
		}
	}
	t.Fatal("no credit note")
	return bill{}
}

// part is some of a bill, in cents.
func (b bill) part(cents int64) erp.ReceiptLine {
	return erp.ReceiptLine{Invoice: b.id, Amount: cad(cents)}
}

func cad(cents int64) money.Amount { return money.Amount{Minor: cents, Currency: "CAD"} }

// receipt is new money of the one who owes: what the lines say, and a rest.
func (t *trial) receipt(rest int64, lines ...erp.ReceiptLine) erp.NewReceipt {
	t.Helper()
	r := erp.NewReceipt{Key: newKey(), Customer: t.customer(t.Names.Unlimited), Date: t.today(), Amount: cad(rest), Reference: "pi_" + newKey(), Lines: lines}
	for _, l := range lines {
		r.Amount.Minor += l.Amount.Minor
	}
	return r
}

// book carries a receipt over as the engine does, without its patience: it looks it
// up, creates it when it is nowhere or not whole, and posts it until it is booked.
// An error stops it, and calling it again goes on.
func book(ctx context.Context, c erp.Cashier, r erp.NewReceipt) (erp.Receipt, error) {
	there, err := c.FindReceipt(ctx, r.Key)
	if err != nil {
		return erp.Receipt{}, err
	}
	if there == nil || there.State == erp.ReceiptReceived && (there.Amount != r.Amount || !maps.Equal(parts(there.Lines), parts(r.Lines))) {
		id, err := c.CreateReceipt(ctx, r)
		if err != nil {
			return erp.Receipt{}, err
		}
		there = &erp.Receipt{ID: id, State: erp.ReceiptReceived}
	}
	for range 8 {
		if there.State != erp.ReceiptReceived {
			return *there, nil
		}
		next, err := c.PostReceipt(ctx, there.ID, nil)
		if err != nil {
			return erp.Receipt{}, err
		}
		there = &next
	}
	return *there, errors.New("eight steps and not booked")
}

// parts are lines by document, in cents.
func parts(lines []erp.ReceiptLine) map[string]int64 {
	by := map[string]int64{}
	for _, l := range lines {
		by[l.Invoice] += l.Amount.Minor
	}
	return by
}

// pay books a receipt that must get through, and looks at it: what its lines say is
// settled, the rest is not, and the clearing account moved by the amount.
func (t *trial) pay(r erp.NewReceipt) erp.Receipt {
	t.Helper()
	before := t.clearing()
	booked, err := book(t.Context(), t.cashier(), r)
	t.do("book", err)
	t.holds(r, booked, r.Lines...)
	if moved := t.clearing() - before; moved != r.Amount.Minor {
		t.Errorf("the clearing account moved by %d for %d", moved, r.Amount.Minor)
	}
	return booked
}

// holds says that a booked receipt is the one that was sent, that it settled these
// lines and nothing else, and that it is the same by key and by id.
func (t *trial) holds(r erp.NewReceipt, booked erp.Receipt, settled ...erp.ReceiptLine) {
	t.Helper()
	rest := r.Amount.Minor
	for _, l := range settled {
		rest -= l.Amount.Minor
	}
	if booked.State != erp.ReceiptPosted || booked.Key != r.Key || booked.Customer != r.Customer || booked.Date != r.Date || booked.Amount != r.Amount ||
		booked.Reference != r.Reference || booked.Unapplied != cad(rest) || !maps.Equal(parts(booked.Lines), parts(settled)) {
		t.Errorf("sent %+v\nis %+v\nsettled %v", r, booked, settled)
	}
	found, err := t.cashier().FindReceipt(t.Context(), r.Key)
	t.do("find", err)
	if found == nil || asText(t, *found) != asText(t, booked) {
		t.Errorf("found %+v\nposted %+v", found, booked)
	}
	if there := read[erp.Receipt](t, booked.ID); asText(t, there) != asText(t, booked) {
		t.Errorf("read %+v\nposted %+v", there, booked)
	}
}

// clearing is the balance of the clearing account, in cents.
func (t *trial) clearing() int64 {
	t.Helper()
	balances, err := t.cashier().Clearing(t.Context())
	t.do("clearing", err)
	if len(balances) == 0 {
		return 0
	}
	if len(balances) > 1 || balances[0].Currency != "CAD" {
		t.Fatalf("clearing: %v", balances)
	}
	return balances[0].Minor
}

// stands says what is open of a bill, that it is paid when that is nothing, and
// that the keys are among those it counts.
func (t *trial) stands(b bill, open int64, keys ...string) {
	t.Helper()
	i := read[erp.Invoice](t, b.id)
	state := map[bool]string{true: "paid", false: "open"}[open == 0]
	if i.Open != cad(open) || i.State != state {
		t.Errorf("invoice %s is %s with %v open, want %s with %d", i.Number, i.State, i.Open, state, open)
	}
	for _, key := range keys {
		if !slices.Contains(i.Keys, key) {
			t.Errorf("invoice %s counts %v, want %s among them", i.Number, i.Keys, key)
		}
	}
}

// loose is the money of the one who owes that settles nothing, in cents, and the
// keys of the receipts that it is of. All other open items are documents, which
// must be those of KindInvoice with something open.
func (t *trial) loose() (money int64, keys []string) {
	t.Helper()
	items, err := t.cashier().OpenItems(t.Context())
	t.do("open items", err)
	customer, bills := t.customer(t.Names.Unlimited), all[erp.Invoice](t)
	open, counted := map[string]int64{}, map[string][]string{}
	for _, one := range items {
		switch i, there := bills[one.Document]; {
		case one.Document == "" && one.Customer == customer:
			money -= one.Open.Minor
			keys = append(keys, one.Keys...)
		case one.Document == "":
		case !there || i.Customer != one.Customer || one.Due == "":
			t.Errorf("open is %+v of %+v", one, i)
		default:
			open[one.Document] += one.Open.Minor
			counted[one.Document] = append(counted[one.Document], one.Keys...)
		}
	}
	for id, i := range bills {
		if open[id] != i.Open.Minor {
			t.Errorf("%d are open of invoice %s, which says %v", open[id], i.Number, i.Open)
		}
		for _, key := range i.Keys {
			if open[id] != 0 && !slices.Contains(counted[id], key) {
				t.Errorf("what is open of invoice %s counts %v, the invoice says %v", i.Number, counted[id], i.Keys)
			}
		}
	}
	return money, keys
}
