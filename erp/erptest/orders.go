package erptest

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	"comptoir.example/comptoir/base/money"
	"comptoir.example/comptoir/erp"
)

// orders is group D: every order arrives once, as it was, and what becomes of it
// is told.
var orders = []check{
	{"24 an order of 1, 50 and 500 lines keeps their order", func(t *trial) {
		for _, n := range []int{1, 50, 500} {
			o := t.order(t.Names.Unlimited, want{t.Names.Plain, "1"})
			skus := []string{"PRD-011", "PRD-013", "PRD-004", "PRD-005", "PRD-015", "PRD-021", "PRD-003"}
			var items []string
			for _, sku := range skus {
				items = append(items, t.item(sku))
			}
			o.Lines = nil
			for i := range n {
				o.Lines = append(o.Lines, erp.NewLine{Item: items[(i*i+i)%len(items)], Quantity: money.Int(int64(1 + i%9)), UnitPrice: money.Must(fmt.Sprintf("%d.25", 1+i%40))})
			}
			began := time.Now()
			id, err := t.c.CreateOrder(t.Context(), o)
			t.do("create", err)
			before := goodsOf(read[erp.Order](t, id))
			after := goodsOf(t.place(o))
			t.Logf("%d lines in %s", n, time.Since(began).Round(time.Millisecond))
			if len(before) != n || len(after) != n {
				t.Fatalf("%d lines became %d and %d", n, len(before), len(after))
			}
			ids := map[string]bool{}
			for i, l := range after {
				if l.Item != o.Lines[i].Item || l.Quantity.Cmp(o.Lines[i].Quantity) != 0 || l.UnitPrice.Cmp(o.Lines[i].UnitPrice) != 0 || l.ID != before[i].ID {
					t.Fatalf("line %d of %d: %+v, want %+v", i+1, n, l, o.Lines[i])
				}
				ids[l.ID] = true
			}
			if len(ids) != n {
				t.Errorf("%d lines have %d ids", n, len(ids))
			}
		}
	}},
	{"30 what the ERP does not want it refuses, with a reason, and keeps nothing", func(t *trial) {
		other := t.address(t.customer(t.Names.Customer), t.Names.ShipTo)
		for what, spoil := range map[string]func(*erp.NewOrder){
			"unknown customer":      func(o *erp.NewOrder) { o.Customer = "987654321" },
			"unknown item":          func(o *erp.NewOrder) { o.Lines[0].Item = "987654321" },
			"unknown address":       func(o *erp.NewOrder) { o.ShipTo = "987654321" },
			"somebody's address":    func(o *erp.NewOrder) { o.ShipTo = other },
			"unknown delivery":      func(o *erp.NewOrder) { o.DeliveryMethod = "987654321" },
			"no lines":              func(o *erp.NewOrder) { o.Lines = nil },
			"half a piece":          func(o *erp.NewOrder) { o.Lines[0].Quantity = money.Must("0.5") },
			"a currency unheard of": func(o *erp.NewOrder) { o.Currency = "XTS" },
		} {
			t.refused(what, t.plain(), spoil)
		}
		o := t.order(t.Names.Unlimited, want{t.Names.Spare, "1"}, want{t.Names.Plain, "1"})
		t.do("block", t.Clerk.BlockItem(t.Context(), t.Names.Spare, true))
		t.refused("an item off sale", o, func(*erp.NewOrder) {})
		if told, err := t.c.Prices(t.Context(), []erp.PriceQuestion{{Customer: o.Customer, Item: o.Lines[0].Item, Quantity: money.Int(1)}}); err != nil || told[0].Known {
			t.Errorf("an item off sale has a price: %+v, %v", told, err)
		}
		t.do("unblock", t.Clerk.BlockItem(t.Context(), t.Names.Spare, false))
		if blocker, ok := t.Clerk.(CustomerBlocker); ok {
			t.do("block", blocker.BlockCustomer(t.Context(), t.Names.Unlimited, true))
			t.refused("a blocked customer", o, func(*erp.NewOrder) {})
			t.do("unblock", blocker.BlockCustomer(t.Context(), t.Names.Unlimited, false))
		}
	}},
	{"30b a credit limit is a question, and no answer leaves nothing half made", func(t *trial) {
		for _, yes := range []bool{false, true} {
			o := t.order(t.Names.SmallLimit, want{t.Names.Broken, "5"})
			id, err := t.c.CreateOrder(t.Context(), o)
			t.do("create", err)
			var there erp.Order
			for range 3 { // until it asks
				if there, err = t.c.ReleaseOrder(t.Context(), id, nil); err != nil {
					break
				}
			}
			e := erp.ErrorOf(err)
			if t.class(err) != erp.NeedsDecision || !strings.HasPrefix(e.Code, "credit_limit") || e.Text == "" {
				t.Fatalf("945 on a limit of 500: %s, %v", there.State, err)
			}
			if there = read[erp.Order](t, id); inEffect(there.State) || len(t.shipmentsOf(id)) > 0 {
				t.Errorf("it went on: %+v", there)
			}
			if yes {
				there, err = t.c.ReleaseOrder(t.Context(), id, []string{e.Code})
				t.do("accepted", err)
				if !inEffect(there.State) {
					t.Errorf("accepted, and %s", there.State)
				}
				continue
			}
			if _, err = t.c.ReleaseOrder(t.Context(), id, []string{"another_question"}); t.class(err) != erp.NeedsDecision {
				t.Errorf("a yes to another question: %v", err)
			}
			t.do("withdraw", t.c.CancelOrder(t.Context(), id))
			t.do("withdraw again", t.c.CancelOrder(t.Context(), id))
			if there = read[erp.Order](t, id); there.State != erp.OrderCancelled {
				t.Errorf("withdrawn, and %s", there.State)
			}
		}
		if err := t.c.CancelOrder(t.Context(), t.place(t.plain()).ID); t.class(err) != erp.Refused {
			t.Errorf("an order in effect was withdrawn: %v", err)
		}
	}},
	{"31 the price the buyer accepted is the order's price", func(t *trial) {
		o := t.order(t.Names.Customer, want{t.Names.Broken, "10"})
		for _, text := range []string{"123.4567", "189", "0"} {
			o.Key, o.Lines[0].UnitPrice = newKey(), money.Must(text)
			id, err := t.c.CreateOrder(t.Context(), o)
			t.do("create", err)
			there, err := t.c.ReleaseOrder(t.Context(), id, nil)
			t.do("release", err)
			if p := there.Lines[0].UnitPrice; p.Cmp(money.Must(text)) != 0 {
				t.Errorf("%s became %s", text, p)
			}
			t.do("withdraw", t.c.CancelOrder(t.Context(), id))
		}
	}},
	{"32 what a quote says is what the order comes to", func(t *trial) {
		dice := rand.New(rand.NewPCG(32, 0))
		asked := t.asking()
		carts := 24
		if t.Sampled {
			carts = 8
		}
		for n := range carts {
			code := []string{"C1001", "C1004", "C1005", "C1006", "C1007", "C1003"}[n%6]
			o := erp.NewOrder{Key: newKey(), Customer: asked.customers[code], Date: t.today(), Currency: "CAD"}
			o.ShipTo = t.address(o.Customer, "")
			if n%4 != 3 {
				o.DeliveryMethod = t.delivery()
			}
			for range 1 + dice.IntN(9) {
				sku := fmt.Sprintf("PRD-%03d", 1+dice.IntN(30))
				item := asked.items[sku]
				q := money.Int(int64(1 + dice.IntN(60)))
				if asked.digits[item] > 0 {
					q, _ = money.Int(int64(1 + dice.IntN(9999))).Quo(money.Int(100))
				}
				o.Lines = append(o.Lines, erp.NewLine{Item: item, Quantity: q.Trim(0), UnitPrice: t.price(o.Customer, item, q)})
			}
			said, err := t.c.Quote(t.Context(), o)
			t.do("quote", err)
			id, err := t.c.CreateOrder(t.Context(), o)
			t.do("create", err)
			there, err := t.c.ReleaseOrder(t.Context(), id, nil)
			t.do("release", err)
			t.do("withdraw", t.c.CancelOrder(t.Context(), id))
			if a, b := sums(said), sums(there.Totals); a != b {
				t.Errorf("%s, cart %d:\nquoted %s\nis     %s", code, n, a, b)
			}
			if exact := addUp(o, there.Totals); exact != "" {
				t.Errorf("%s, cart %d: %s", code, n, exact)
			}
		}
	}},
	{"33 goods go where the buyer said", func(t *trial) {
		o := t.order(t.Names.Customer, want{t.Names.Plain, "1"})
		o.ShipTo = t.address(o.Customer, t.Names.ShipTo)
		id, err := t.c.CreateOrder(t.Context(), o)
		t.do("create", err)
		if there := read[erp.Order](t, id); there.ShipTo != o.ShipTo || there.Customer != o.Customer {
			t.Errorf("to %s of %s, want %s of %s", there.ShipTo, there.Customer, o.ShipTo, o.Customer)
		}
	}},
	{"34 the buyer's PO number is on the order and on the invoice", func(t *trial) {
		o := t.plain()
		placed := t.place(o)
		t.do("ship", t.Clerk.ShipRest(t.Context(), placed.ID))
		t.do("post", t.Clerk.PostInvoice(t.Context(), placed.ID))
		if placed.PONumber != o.PONumber {
			t.Errorf("order of PO %q, want %q", placed.PONumber, o.PONumber)
		}
		for _, i := range t.invoicesOf(placed.ID) {
			if i.PONumber != o.PONumber {
				t.Errorf("invoice of PO %q, want %q", i.PONumber, o.PONumber)
			}
		}
	}},
}

// refused says that an order is not taken, with a code and words, and not kept.
func (t *trial) refused(what string, o erp.NewOrder, spoil func(*erp.NewOrder)) {
	t.Helper()
	o.Key = newKey()
	o.Lines = slices.Clone(o.Lines)
	spoil(&o)
	_, err := t.c.CreateOrder(t.Context(), o)
	if e := erp.ErrorOf(err); t.class(err) != erp.Refused || e.Code == "" || e.Text == "" || strings.ContainsAny(e.Code, " .:") {
		t.Errorf("%s: %v", what, err)
	}
	if found, err := t.c.FindOrder(t.Context(), o.Key); found != nil || err != nil {
		t.Errorf("%s left %+v, %v", what, found, err)
	}
}

// sums are totals as text, without the base and the names of taxes.
func sums(x erp.Totals) string {
	freight := "to be confirmed"
	if x.Freight != nil {
		freight = x.Freight.Decimal().String()
	}
	text := fmt.Sprintf("net %s freight %s total %s", x.Net.Decimal(), freight, x.Total.Decimal())
	for _, one := range x.Taxes {
		text += fmt.Sprintf(" tax %s %s", one.Tax, one.Amount.Decimal())
	}
	return text
}

// addUp checks the net of an order by hand: each line rounded half to even.
func addUp(o erp.NewOrder, x erp.Totals) string {
	net := int64(0)
	for _, l := range o.Lines {
		a, err := money.HalfEven.Extend(l.UnitPrice, l.Quantity, "CAD")
		if err != nil {
			return err.Error()
		}
		net += a.Minor
	}
	if x.Freight != nil {
		net += x.Freight.Minor
	}
	if net != x.Net.Minor {
		return fmt.Sprintf("lines and freight are %d, net %d", net, x.Net.Minor)
	}
	return ""
}
