package erptest

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
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
	{"25 the same key sent again, and at once, is one order", func(t *trial) {
		o := t.plain()
		placed, again := t.place(o), t.place(o)
		if ids := t.withKey(o.Key); again.ID != placed.ID || again.Number != placed.Number || len(ids) != 1 {
			t.Errorf("%s and %s, in all %v", placed.ID, again.ID, ids)
		}
		// Several finish the same order at once.
		o = t.plain()
		id, err := t.c.CreateOrder(t.Context(), o)
		t.do("create", err)
		var group sync.WaitGroup
		for range 3 {
			group.Go(func() {
				for c, try := t.Connect(t.URL), 0; try < 5; try++ {
					there, err := send(t.Context(), c, o)
					if err == nil {
						if there.ID != id {
							t.Errorf("made %s beside %s", there.ID, id)
						}
						return
					}
					if class := t.class(err); class != erp.Throttled && class != erp.Ambiguous && class != erp.Broken {
						t.Errorf("at once: %v", err)
					}
					time.Sleep(100 * time.Millisecond)
				}
				t.Error("five tries do not do")
			})
		}
		group.Wait()
		t.once(o, id)
	}},
	{"25b of two orders with one key, the first is ours", func(t *trial) {
		o := t.plain()
		placed := t.place(o)
		if copier, ok := t.Clerk.(Copier); ok {
			_, err := copier.CopyOrder(t.Context(), placed.ID)
			t.do("copy", err)
		}
		caps, err := t.c.Probe(t.Context())
		t.do("probe", err)
		_, err = t.c.CreateOrder(t.Context(), o) // against the rules
		if caps.UniqueKey && t.class(err) != erp.Refused {
			t.Errorf("this ERP refuses a key twice, but: %v", err)
		} else if !caps.UniqueKey {
			t.do("create again", err)
		}
		found, err := t.c.FindOrder(t.Context(), o.Key)
		t.do("find", err)
		if found == nil || found.ID != placed.ID {
			t.Errorf("found %+v, want %s", found, placed.ID)
		}
		if ids := t.withKey(o.Key); !slices.Equal(ids, []string{placed.ID}) {
			t.Errorf("orders that say they are ours: %v, want %s alone", ids, placed.ID)
		}
	}},
	{"25c what the network delivers twice is one order", func(t *trial) {
		o := t.plain()
		proxy, url := Between(t.T, t.Ground)
		c := t.Connect(url)
		c.Quote(t.Context(), o) // signed in
		proxy.Plan(Rule{Fault: Twice})
		id, err := c.CreateOrder(t.Context(), o)
		t.do("create", err)
		found, err := c.FindOrder(t.Context(), o.Key)
		t.do("find", err)
		if found == nil || found.ID != id {
			t.Fatalf("made %s, found %+v", id, found)
		}
		placed, err := send(t.Context(), c, o)
		t.do("send", err)
		t.once(o, placed.ID)
		there := 0
		for _, one := range all[erp.Order](t) {
			if one.PONumber == o.PONumber && inEffect(one.State) {
				there++
			}
		}
		if there != 1 || placed.ID != id {
			t.Errorf("%d orders in effect; made %s, placed %s", there, id, placed.ID)
		}
	}},
	{"26 an answer lost after the order was made leaves one order", func(t *trial) {
		t.faulty(Rule{Fault: Unheard}, Rule{Fault: Masked, Status: 502}, Rule{Fault: Masked, Status: 504}, Rule{Fault: Masked, Status: 500},
			Rule{Fault: Reset}, Rule{Fault: Truncated}, Rule{Fault: Malformed}, Rule{Fault: Late, Delay: time.Minute})
	}},
	{"26b an order that was not made is not said to be", func(t *trial) {
		t.faulty(Rule{Fault: Lost}, Rule{Fault: Silent, Delay: time.Minute}, Rule{Fault: Refuse, Status: 503}, Rule{Fault: Refuse, Status: 502},
			Rule{Fault: Refuse, Status: 429, RetryAfter: "7"})
	}},
	{"27 an answer lost is found whatever became of the order meanwhile", func(t *trial) {
		for _, became := range []erp.OrderState{erp.OrderCancelled, erp.OrderReleased, erp.OrderShipped, erp.OrderInvoiced} {
			o := t.plain()
			proxy, url := Between(t.T, t.Ground)
			c := t.Connect(url)
			c.Quote(t.Context(), o) // warm
			proxy.Plan(Rule{Fault: Unheard, Only: func(_, body string) bool { return strings.Contains(body, o.Key) }})
			if _, err := c.CreateOrder(t.Context(), o); t.class(err) != erp.Ambiguous {
				t.Fatalf("the answer was lost: %v", err)
			}
			there, err := t.c.FindOrder(t.Context(), o.Key)
			t.do("find", err)
			if there == nil {
				t.Fatal("not made")
			}
			if became == erp.OrderCancelled {
				t.do("cancel", t.Clerk.CancelOrder(t.Context(), there.ID))
			} else {
				t.place(o)
			}
			if became == erp.OrderShipped || became == erp.OrderInvoiced {
				t.do("ship", t.Clerk.ShipRest(t.Context(), there.ID))
			}
			if became == erp.OrderInvoiced {
				t.do("post", t.Clerk.PostInvoice(t.Context(), there.ID))
			}
			proxy.Plan()
			found, err := c.FindOrder(t.Context(), o.Key)
			t.do("find again", err)
			if found == nil || found.ID != there.ID || found.State != became {
				t.Errorf("%s: found %+v", became, found)
			}
		}
	}},
	{"27b an order that arrives late is in doubt until it is there", func(t *trial) {
		o := t.plain()
		proxy, url := Between(t.T, t.Ground)
		c := t.Connect(url)
		c.Quote(t.Context(), o) // signed in
		proxy.Plan(Rule{Fault: Held, Delay: t.patience() + time.Second, Only: func(_, body string) bool { return strings.Contains(body, o.Key) }})
		if _, err := c.CreateOrder(t.within(t.patience()), o); t.class(err) != erp.Ambiguous {
			t.Errorf("nobody knows, but: %v", err)
		}
		for deadline := time.Now().Add(10 * time.Second); ; time.Sleep(50 * time.Millisecond) {
			found, err := t.c.FindOrder(t.Context(), o.Key)
			t.do("find", err)
			if found != nil {
				break
			}
			if time.Now().After(deadline) {
				t.Fatal("it never came")
			}
		}
		t.once(o, t.place(o).ID)
	}},
	{"28 a session lost in the middle of an order is nobody's concern", func(t *trial) {
		var last erp.NewOrder
		template := t.plain()
		t.everywhere("placing an order", func() error {
			last = template
			last.Key = newKey()
			_, err := send(t.Context(), t.c, last)
			if ids := t.withKey(last.Key); len(ids) != 1 {
				t.Errorf("%d orders", len(ids))
			}
			return err
		}, Rule{Fault: Expired, Only: func(_, body string) bool { return true }})
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

// faulty creates and releases orders while faults strike at their requests. The
// connector may say that it does not know. It may not say that nothing happened
// when something did, nor that something did when nothing had. Sent again, the
// order gets through, once.
func (t *trial) faulty(faults ...Rule) {
	t.Helper()
	proxy, url := Between(t.T, t.Ground)
	c, template := t.Connect(url), t.plain()
	next := func() erp.NewOrder { template.Key = newKey(); return template }
	var creating, stepping int
	for range 2 { // the second time it is warm
		o := next()
		proxy.Calls()
		id, err := c.CreateOrder(t.Context(), o)
		t.do("create", err)
		creating = len(proxy.Calls())
		_, err = c.ReleaseOrder(t.Context(), id, nil)
		t.do("release", err)
		stepping = len(proxy.Calls())
	}
	for _, fault := range faults {
		limit := 20 * time.Second
		if fault.Delay > 0 {
			limit = t.patience()
		}
		for _, at := range t.places(creating, creating-1) {
			o := next()
			fault.Skip, fault.Times = at, 1
			proxy.Plan(fault)
			_, err := c.CreateOrder(t.within(limit), o)
			t.settled(fmt.Sprintf("create, %s %d at %d of %d", fault.Fault, fault.Status, at+1, creating), err, fault)
			found, err2 := t.c.FindOrder(t.Context(), o.Key)
			t.do("find", err2)
			switch {
			case found != nil && err != nil && t.class(err) != erp.Ambiguous:
				t.Errorf("%s %d at %d of %d: the order was made, and the connector says %v", fault.Fault, fault.Status, at+1, creating, err)
			case found == nil && err == nil:
				t.Errorf("%s %d at %d of %d: the order was not made, and the connector says it was", fault.Fault, fault.Status, at+1, creating)
			}
			proxy.Plan()
			there, err := send(t.Context(), c, o)
			t.do("sent again", err)
			t.once(o, there.ID)
		}
		for _, at := range t.places(stepping, 1) {
			o := next()
			proxy.Plan()
			id, err := c.CreateOrder(t.Context(), o)
			t.do("create", err)
			for range 2 {
				fault.Skip, fault.Times = at, 1
				proxy.Plan(fault)
				_, err = c.ReleaseOrder(t.within(limit), id, nil)
				t.settled(fmt.Sprintf("release, %s %d at %d of %d", fault.Fault, fault.Status, at+1, stepping), err, fault)
			}
			proxy.Plan()
			there, err := send(t.Context(), c, o)
			t.do("released again", err)
			if there.ID != id {
				t.Errorf("released %s, want %s", there.ID, id)
			}
			t.once(o, id)
		}
	}
}

// patience is how long a caller waits where no answer will come.
func (t *trial) patience() time.Duration {
	if t.Sampled {
		return 1500 * time.Millisecond
	}
	return 300 * time.Millisecond
}

// settled judges the class of a call that a fault struck.
func (t *trial) settled(what string, err error, fault Rule) {
	t.Helper()
	switch class := t.class(err); class {
	case erp.Refused, erp.NeedsDecision, erp.Unauthorized:
		t.Errorf("%s: a fault of the line is taken for an answer: %v", what, err)
	case erp.Broken:
		t.Errorf("%s: a passing fault is called broken: %v", what, err)
	case erp.Throttled:
		if fault.Status != 429 {
			t.Errorf("%s: nobody asked to wait: %v", what, err)
		} else if e := erp.ErrorOf(err); fault.RetryAfter != "" && e.After != 7*time.Second {
			t.Errorf("%s: asked to wait 7 s, waits %s", what, e.After)
		}
	}
}

// once says that an order is in the ERP once, in effect, with one shipment.
func (t *trial) once(o erp.NewOrder, id string) {
	t.Helper()
	there := read[erp.Order](t, id)
	if ids := t.withKey(o.Key); !slices.Equal(ids, []string{id}) {
		t.Errorf("orders with the key: %v, want %s", ids, id)
	}
	if !inEffect(there.State) || len(goodsOf(there)) != len(o.Lines) || there.Number == "" {
		t.Errorf("order %s: %+v", id, there)
	}
	if shipments := t.shipmentsOf(id); len(shipments) != 1 {
		t.Errorf("order %s has %d shipments", id, len(shipments))
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
