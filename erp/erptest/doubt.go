package erptest

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"comptoir.example/comptoir/erp"
)

// doubt is the part of group D about calls that were lost, repeated or late: one
// order, whatever the line does.
var doubt = []check{
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
		t.faulty(t.orders(), done)
	}},
	{"26b an order that was not made is not said to be", func(t *trial) {
		t.faulty(t.orders(), undone)
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
}

// done are faults after which the ERP has done what it was asked, and undone those
// after which it has not.
var (
	done = []Rule{{Fault: Unheard}, {Fault: Masked, Status: 502}, {Fault: Masked, Status: 504}, {Fault: Masked, Status: 500},
		{Fault: Reset}, {Fault: Truncated}, {Fault: Malformed}, {Fault: Late, Delay: time.Minute}}
	undone = []Rule{{Fault: Lost}, {Fault: Silent, Delay: time.Minute}, {Fault: Refuse, Status: 503}, {Fault: Refuse, Status: 502},
		{Fault: Refuse, Status: 429, RetryAfter: "7"}}
)

// carried is one document on its way into the ERP.
type carried struct {
	steps  int // that faults strike
	create func(context.Context, erp.Connector) (id string, err error)
	step   func(ctx context.Context, c erp.Connector, id string) error
	find   func() (there bool, err error)               // on a line without faults
	send   func(c erp.Connector) (id string, err error) // as the engine does
	once   func(id string)                              // it is there once, in effect
}

// orders makes new orders to carry.
func (t *trial) orders() func() carried {
	o := t.plain()
	return func() carried {
		o := o
		o.Key = newKey()
		return carried{steps: 2,
			create: func(ctx context.Context, c erp.Connector) (string, error) { return c.CreateOrder(ctx, o) },
			step: func(ctx context.Context, c erp.Connector, id string) error {
				_, err := c.ReleaseOrder(ctx, id, nil)
				return err
			},
			find: func() (bool, error) {
				found, err := t.c.FindOrder(t.Context(), o.Key)
				return found != nil, err
			},
			send: func(c erp.Connector) (string, error) {
				there, err := send(t.Context(), c, o)
				return there.ID, err
			},
			once: func(id string) { t.once(o, id) },
		}
	}
}

// faulty creates documents and moves them on while faults strike at the requests.
// The connector may say that it does not know. It may not say that nothing happened
// when something did, nor that something did when nothing had. Sent again, the
// document gets through, once.
func (t *trial) faulty(next func() carried, faults []Rule) {
	t.Helper()
	proxy, url := Between(t.T, t.Ground)
	c := t.Connect(url)
	var creating, stepping int
	for range 2 { // the second time it is warm
		d := next()
		proxy.Calls()
		id, err := d.create(t.Context(), c)
		t.do("create", err)
		creating = len(proxy.Calls())
		t.do("step", d.step(t.Context(), c, id))
		stepping = len(proxy.Calls())
		_, err = d.send(c)
		t.do("send", err)
	}
	for _, fault := range faults {
		limit := 20 * time.Second
		if fault.Delay > 0 {
			limit = t.patience()
		}
		for _, at := range t.places(creating, creating-1) {
			d := next()
			fault.Skip, fault.Times = at, 1
			proxy.Plan(fault)
			_, err := d.create(t.within(limit), c)
			t.settled(fmt.Sprintf("create, %s %d at %d of %d", fault.Fault, fault.Status, at+1, creating), err, fault)
			found, err2 := d.find()
			t.do("find", err2)
			switch {
			case found && err != nil && t.class(err) != erp.Ambiguous:
				t.Errorf("%s %d at %d of %d: it was made, and the connector says %v", fault.Fault, fault.Status, at+1, creating, err)
			case !found && err == nil:
				t.Errorf("%s %d at %d of %d: it was not made, and the connector says it was", fault.Fault, fault.Status, at+1, creating)
			}
			proxy.Plan()
			id, err := d.send(c)
			t.do("sent again", err)
			d.once(id)
		}
		for _, at := range t.places(stepping, 1) {
			d := next()
			proxy.Plan()
			id, err := d.create(t.Context(), c)
			t.do("create", err)
			for range d.steps {
				fault.Skip, fault.Times = at, 1
				proxy.Plan(fault)
				err = d.step(t.within(limit), c, id)
				t.settled(fmt.Sprintf("step, %s %d at %d of %d", fault.Fault, fault.Status, at+1, stepping), err, fault)
			}
			proxy.Plan()
			there, err := d.send(c)
			t.do("sent again", err)
			if there != id {
				t.Errorf("in effect is %s, want %s", there, id)
			}
			d.once(id)
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
