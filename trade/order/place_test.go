package order_test

import (
	"context"
	"sync"
	"testing"

	"comptoir.example/comptoir/base/db"
	"comptoir.example/comptoir/base/fault"
	"comptoir.example/comptoir/base/money"
	"comptoir.example/comptoir/comptoirtest"
	"comptoir.example/comptoir/comptoirtest/instant"
	"comptoir.example/comptoir/erp"
	"comptoir.example/comptoir/trade/access"
	"comptoir.example/comptoir/trade/customer"
	"comptoir.example/comptoir/trade/order"
)

// fill puts 5 and 10 of two items into a buyer's cart and says what goes with it.
func fill(t *testing.T, h *comptoirtest.House, who access.Actor) (w order.Wish) {
	t.Helper()
	h.Write(func(tx *db.Tx) error {
		for sku, quantity := range map[string]string{"PRD-001": "5", "PRD-002": "10"} {
			if err := order.Add(h.Ctx, tx, who, h.Engine.Merchant(), sku, quantity); err != nil {
				return err
			}
		}
		return nil
	})
	cart := cartOf(t, h, who)
	return order.Wish{Cart: cart.ID, Prices: cart.Prices, ShipTo: "c1a", Delivery: "truck", PONumber: "BC-1"}
}

func cartOf(t *testing.T, h *comptoirtest.House, who access.Actor) (cart order.Cart) {
	t.Helper()
	h.Read(func(tx *db.Tx) error {
		c, err := customer.Of(h.Ctx, tx, who)
		if err == nil {
			cart, err = order.CartOf(h.Ctx, tx, who, c, h.Engine.Merchant())
		}
		return err
	})
	return cart
}

func place(h *comptoirtest.House, who access.Actor, w order.Wish) (o order.Order, err error) {
	err = h.DB.WriteAs(context.Background(), who.Customer, func(tx *db.Tx) error {
		o, err = order.Place(h.Ctx, tx, who, h.Engine.Merchant(), w)
		return err
	})
	return o, err
}

func each(t *testing.T, test func(t *testing.T, h *comptoirtest.House, who access.Actor)) {
	for _, engine := range []string{"sqlite", "postgres"} {
		t.Run(engine, func(t *testing.T) {
			h := comptoirtest.Open(t, engine, instant.New(2, 3), comptoirtest.NewClock())
			test(t, h, h.Buyer("C1001"))
		})
	}
}

func TestTheSameCartTwiceIsOneOrder(t *testing.T) {
	each(t, func(t *testing.T, h *comptoirtest.House, who access.Actor) {
		w := fill(t, h, who)
		first, err := place(h, who, w)
		if err != nil {
			t.Fatal(err)
		}
		again, err := place(h, who, w)
		if err != nil || again.ID != first.ID {
			t.Errorf("the second press made %s, %v; the first %s", again.ID, err, first.ID)
		}
		// 5 at 10.00 and 10 at 9.00 and freight 18.00: 158.00, TPS 7.90, TVQ 15.76.
		if first.Totals.Total.Minor != 18166 || first.Totals.Net.Minor != 15800 {
			t.Errorf("it comes to %+v", first.Totals)
		}
		if n := len(cartOf(t, h, who).Lines); n != 0 {
			t.Errorf("%d lines stayed in the cart", n)
		}
		// Somebody else's cart id makes nothing.
		if _, err := place(h, h.Buyer("C1002"), w); err == nil {
			t.Error("another person ordered with this cart")
		}
	})
}

func TestAChangedPriceIsShownAndMustBeAccepted(t *testing.T) {
	each(t, func(t *testing.T, h *comptoirtest.House, who access.Actor) {
		w := fill(t, h, who)
		h.ERP.Set(erp.KindPrice, "list/i1", erp.Price{PriceList: "list", Item: "i1", Currency: "CAD",
			Breaks: []erp.Break{{From: money.Int(0), Price: money.Must("11.00")}}})
		if _, err := h.Engine.Pull(h.Ctx, erp.KindPrice); err != nil {
			t.Fatal(err)
		}
		if _, err := place(h, who, w); fault.Of(err).Code != "order.prices_changed" {
			t.Fatalf("placed at a price nobody saw: %v", err)
		}
		cart := cartOf(t, h, who)
		if l := cart.Lines[0]; cart.Lines[0].Changed() == cart.Lines[1].Changed() {
			t.Errorf("which line changed is not said: %s, was %s", l.Price, l.Was)
		}
		w.Prices = cart.Prices // the page shows the new price, and the box is not ticked
		if _, err := place(h, who, w); fault.Of(err).Code != "order.prices_changed" {
			t.Fatalf("placed at a price nobody accepted: %v", err)
		}
		w.Accept = true
		o, err := place(h, who, w)
		if err != nil || o.Totals.Net.Minor != 16300 {
			t.Errorf("accepted, and it comes to %d, %v; want 163.00", o.Totals.Net.Minor, err)
		}
	})
}

func TestWhatIsMissingOrWrongIsSaidAllAtOnce(t *testing.T) {
	each(t, func(t *testing.T, h *comptoirtest.House, who access.Actor) {
		w := fill(t, h, who)
		h.Write(func(tx *db.Tx) error { return customer.RequirePO(h.Ctx, tx, h.Engine.Merchant().Conn, "C1001", true) })
		bad := w
		bad.ShipTo, bad.Delivery, bad.PONumber = "c2a", "drone", "  "
		_, err := place(h, who, bad)
		codes := map[string]string{}
		for _, f := range fault.Of(err).Fields {
			codes[f.Name] = f.Code
		}
		want := map[string]string{"ship_to": "order.choose_address", "delivery": "order.choose_delivery", "po_number": "order.po_required"}
		for name, code := range want {
			if codes[name] != code {
				t.Errorf("%s: %q, want %s", name, codes[name], code)
			}
		}
		if n := len(cartOf(t, h, who).Lines); n != 2 {
			t.Errorf("a refused order left %d lines in the cart", n)
		}
		if _, err := place(h, who, w); err != nil {
			t.Errorf("mended, and still: %v", err)
		}
	})
}

func TestAProductThatIsGoneStopsTheOrderByName(t *testing.T) {
	each(t, func(t *testing.T, h *comptoirtest.House, who access.Actor) {
		w := fill(t, h, who)
		h.ERP.Set(erp.KindItem, "i2", erp.Item{SKU: "PRD-002", Name: erp.Text{FR: "Vis", EN: "Screw"}, Unit: "unit", ItemTax: "goods", Status: "blocked",
			ListPrice: money.Int(1)})
		if _, err := h.Engine.Pull(h.Ctx, erp.KindItem); err != nil {
			t.Fatal(err)
		}
		_, err := place(h, who, w)
		if f := fault.Of(err); f.Code != "order.item_gone" || len(f.Params) != 4 || f.Params[3] != "PRD-002" {
			t.Errorf("got %v", err)
		}
		err = h.DB.Write(h.Ctx, func(tx *db.Tx) error { return order.Add(h.Ctx, tx, who, h.Engine.Merchant(), "PRD-002", "1") })
		if !fault.Is(err, fault.NotFound) {
			t.Errorf("what is gone can be added: %v", err)
		}
	})
}

func TestABlockedCustomerCannotOrder(t *testing.T) {
	each(t, func(t *testing.T, h *comptoirtest.House, who access.Actor) {
		w := fill(t, h, who)
		h.ERP.Set(erp.KindCustomer, "c1", erp.Customer{Name: "C", Language: "fr-CA", Currency: "CAD", PriceList: "list", Status: "orders_blocked"})
		if _, err := h.Engine.Pull(h.Ctx, erp.KindCustomer); err != nil {
			t.Fatal(err)
		}
		if _, err := place(h, who, w); fault.Of(err).Code != "order.customer_blocked" {
			t.Errorf("got %v", err)
		}
	})
}

func TestWhoMayNotOrderDoesNot(t *testing.T) {
	each(t, func(t *testing.T, h *comptoirtest.House, who access.Actor) {
		w := fill(t, h, who)
		for _, role := range []access.Role{access.Approver, access.Payer, access.Sales, access.Auditor} {
			other := who
			other.Roles = []access.Role{role}
			if _, err := place(h, other, w); !fault.Is(err, fault.Denied) {
				t.Errorf("%s: %v", role, err)
			}
		}
	})
}

// Two tabs, a slow phone: whatever is put into one person's cart at the same
// moment is in it, also when an order is made of it in between.
func TestWhatIsPutIntoACartAtTheSameMomentIsAllInItOrOrdered(t *testing.T) {
	each(t, func(t *testing.T, h *comptoirtest.House, who access.Actor) {
		var all sync.WaitGroup
		add := func(sku string) {
			if err := h.DB.WriteRow(h.Ctx, func(tx *db.Tx) error {
				return order.Add(h.Ctx, tx, who, h.Engine.Merchant(), sku, "1")
			}); err != nil {
				t.Error(err)
			}
		}
		for i := range 12 {
			all.Go(func() { add([]string{"PRD-001", "PRD-002", "PRD-003"}[i%3]) })
		}
		all.Wait()
		cart := cartOf(t, h, who)
		if len(cart.Lines) != 3 || cart.Lines[0].Quantity.Cmp(money.Int(4)) != 0 {
			t.Fatalf("of 12 additions there are %+v", cart.Lines)
		}
		ordered := make(chan order.Order, 1)
		all.Go(func() {
			o, err := place(h, who, order.Wish{Cart: cart.ID, Prices: cart.Prices, ShipTo: "c1a", Delivery: "truck", PONumber: "BC-1"})
			if err != nil && !fault.Is(err, fault.Conflict) { // the cart is not the one that was shown any more
				t.Error(err)
			}
			ordered <- o
		})
		for range 4 {
			all.Go(func() { add("PRD-001") })
		}
		all.Wait()
		sum := money.Int(0)
		count := func(quantity money.Decimal) {
			var err error
			if sum, err = sum.Add(quantity); err != nil {
				t.Error(err)
			}
		}
		for _, l := range (<-ordered).Lines {
			count(l.Quantity)
		}
		for _, l := range cartOf(t, h, who).Lines {
			count(l.Quantity)
		}
		if sum.Cmp(money.Int(16)) != 0 {
			t.Errorf("of 16 additions %s are ordered or in the cart", sum)
		}
	})
}
