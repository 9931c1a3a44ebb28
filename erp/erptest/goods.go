package erptest

import (
	"slices"

	"comptoir.example/comptoir/base/money"
	"comptoir.example/comptoir/erp"
)

// goods is the part of group D about what becomes of an order in the ERP.
var goods = []check{
	{"35 what people change of an order in the ERP is told", func(t *trial) {
		o := t.plain()
		id, err := t.c.CreateOrder(t.Context(), o)
		t.do("create", err)
		before, err := t.c.ReleaseOrder(t.Context(), id, nil)
		t.do("release", err)
		line, cursor := goodsOf(before)[0], t.now(erp.KindOrder)
		changed := func(quantity int64) (got erp.Order) {
			t.Helper()
			t.do("change", t.Clerk.ChangeLine(t.Context(), id, line.ID, money.Int(quantity)))
			r, next := t.until(erp.KindOrder, cursor, "the quantity", func(r erp.Record) bool { return r.ID == id })
			got, cursor = r.Body.(erp.Order), next
			if l := goodsOf(got)[0]; l.Quantity.Cmp(money.Int(quantity)) != 0 {
				t.Errorf("4 became %d: %+v", quantity, got)
			}
			return got
		}
		less, err := money.HalfEven.Of(line.UnitPrice, "CAD")
		t.do("price", err)
		if got := changed(3); got.Totals.Net.Minor != before.Totals.Net.Minor-less.Minor {
			t.Errorf("4 became 3 at %s: %+v", line.UnitPrice, got.Totals)
		}
		// In effect only the line is sure to follow: some ERPs keep the sums of
		// the day they confirmed them.
		t.place(o)
		cursor = t.now(erp.KindOrder)
		changed(2)

		id, err = t.c.CreateOrder(t.Context(), t.plain())
		t.do("create", err)
		cursor = t.now(erp.KindOrder)
		t.do("cancel", t.Clerk.CancelOrder(t.Context(), id))
		r, _ := t.until(erp.KindOrder, cursor, "the cancellation", func(r erp.Record) bool { return r.ID == id })
		if got := r.Body.(erp.Order); got.State != erp.OrderCancelled {
			t.Errorf("cancelled, and %s", got.State)
		}
		if _, err := t.c.ReleaseOrder(t.Context(), id, nil); err == nil {
			if o := read[erp.Order](t, id); o.State != erp.OrderCancelled {
				t.Errorf("released a cancelled order: %s", o.State)
			}
		}
	}},
	{"36 goods in two parts, the rest on back order, an invoice for each", func(t *trial) { t.parts() }},
}

// parts is check 36.
func (t *trial) parts() {
	t.Helper()
	o := t.plain()
	placed := t.place(o)
	a := goodsOf(placed)[0]
	follow := map[erp.Kind]string{}
	for _, kind := range []erp.Kind{erp.KindOrder, erp.KindShipment, erp.KindInvoice} {
		follow[kind] = t.now(kind)
	}
	sees := func(kind erp.Kind, what string, fits func(erp.Record) bool) {
		t.Helper()
		_, follow[kind] = t.until(kind, follow[kind], what, fits)
	}
	stands := func(state erp.OrderState, shipped ...string) {
		t.Helper()
		sees(erp.KindOrder, string(state), func(r erp.Record) bool {
			got, ok := r.Body.(erp.Order)
			return ok && got.ID == placed.ID && got.State == state
		})
		for i, l := range goodsOf(read[erp.Order](t, placed.ID)) {
			if l.Shipped.Cmp(money.Must(shipped[i])) != 0 {
				t.Errorf("%s: %s of line %d left, want %s", state, l.Shipped, i+1, shipped[i])
			}
		}
	}
	t.do("ship 3 of the first", t.Clerk.ShipPart(t.Context(), placed.ID, map[string]money.Decimal{a.ID: money.Int(3)}))
	stands(erp.OrderPartlyShipped, "3", "0")
	sees(erp.KindShipment, "a shipment that left", func(r erp.Record) bool {
		s, ok := r.Body.(erp.Shipment)
		return ok && slices.Contains(s.Orders, placed.ID) && s.State == "done" && s.Date == t.today() && len(s.Lines) == 1 &&
			s.Lines[0].OrderLine == a.ID && s.Lines[0].Quantity.Cmp(money.Int(3)) == 0
	})
	waits := t.shipmentsOf(placed.ID)
	if len(waits) != 2 || waits[1].State != "preparing" || waits[1].Date != "" || len(waits[1].Lines) != 2 {
		t.Errorf("the rest waits: %+v", waits)
	}
	t.do("post", t.Clerk.PostInvoice(t.Context(), placed.ID))
	sees(erp.KindInvoice, "the first invoice", func(r erp.Record) bool {
		i, ok := r.Body.(erp.Invoice)
		return ok && slices.Contains(i.Orders, placed.ID)
	})
	t.do("ship the rest", t.Clerk.ShipRest(t.Context(), placed.ID))
	stands(erp.OrderShipped, "4", "2")
	if bills := t.invoicesOf(placed.ID); len(bills) != 1 {
		t.Errorf("%d invoices before the second is posted", len(bills))
	}
	t.do("post", t.Clerk.PostInvoice(t.Context(), placed.ID))
	stands(erp.OrderInvoiced, "4", "2")
	bills := t.invoicesOf(placed.ID)
	if len(bills) != 2 {
		t.Fatalf("%d invoices", len(bills))
	}
	net, freights, quantity := int64(0), 0, money.Int(0)
	for _, bill := range bills {
		net += bill.Totals.Net.Minor
		if bill.Totals.Freight != nil && !bill.Totals.Freight.IsZero() {
			freights++
		}
		for _, l := range bill.Lines {
			if l.Item == a.Item {
				quantity, _ = quantity.Add(l.Quantity)
			}
		}
	}
	if net != placed.Totals.Net.Minor || freights != 1 || quantity.Cmp(money.Int(4)) != 0 {
		t.Errorf("invoiced %d of %d, freight on %d, %s of 4 pieces", net, placed.Totals.Net.Minor, freights, quantity)
	}
	for _, l := range goodsOf(read[erp.Order](t, placed.ID)) {
		if l.Invoiced.Cmp(l.Quantity) != 0 {
			t.Errorf("line %s: %s of %s invoiced", l.ID, l.Invoiced, l.Quantity)
		}
	}
}
