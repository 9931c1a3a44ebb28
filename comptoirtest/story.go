package comptoirtest

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"comptoir.example/comptoir/app"
	"comptoir.example/comptoir/base/money"
	"comptoir.example/comptoir/erp"
	"comptoir.example/comptoir/erp/erptest"
	"comptoir.example/comptoir/gateway/simulator"
)

// Story is the main job, told by a buyer without script and a clerk in the ERP:
// an order from a French page into the ERP, and its invoice back.
type Story struct {
	T     testing.TB
	Shop  string // address
	ERP   erp.Connector
	Clerk erptest.Clerk
	PO    string        // makes the order known everywhere
	Waits time.Duration // how long something may take to cross

	Buyer *Visitor
	Path  string    // of the order's page
	There erp.Order // as it is in the ERP

	Payer   *Visitor
	Paying  Paying
	Card    *simulator.Clerk // at the processor
	Finance *Visitor
}

// Eventually waits until something holds, and says what does not otherwise.
func Eventually(t testing.TB, within time.Duration, what string, holds func() bool) {
	t.Helper()
	for end := time.Now().Add(within); !holds(); time.Sleep(50 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("not within %v: %s", within, what)
		}
	}
}

// again repeats what the wire broke, for as long as a restart takes.
func (s *Story) again(what string, try func() error) {
	s.T.Helper()
	var last error
	Eventually(s.T, 30*time.Second, what, func() bool { last = try(); return last == nil })
}

func (s *Story) get(path string) *Visitor {
	s.T.Helper()
	s.again("GET "+path, func() error {
		if err := s.Buyer.Try(path); err != nil {
			return err
		}
		if s.Buyer.Status >= 500 {
			return fmt.Errorf("%d", s.Buyer.Status)
		}
		return nil
	})
	return s.Buyer
}

// Enter signs the buyer in, in French.
func (s *Story) Enter() {
	s.T.Helper()
	s.Buyer = Visit(s.T, s.Shop)
	s.again("sign in", func() error {
		if err := s.Buyer.Try("/signin"); err != nil {
			return err
		}
		f, err := s.Buyer.FindForm("/signin")
		if err != nil {
			return err
		}
		return f.Set("email", "buyer@rivard.example").Set("password", app.DemoPassword).TrySend()
	})
	s.get("/catalogue").MustSee("Construction Rivard")
}

// Fill finds the drill by part of its code, sees the prices, and fills the cart
// with five of it and two boxes of screws.
func (s *Story) Fill() {
	s.T.Helper()
	s.get("/catalogue?q=prd-01").MustSee("PRD-012", "Perceuse sans fil 18 V")
	s.get("/catalogue?q=perceuse").MustSee("PRD-012")
	s.get("/products/PRD-012").MustSee("179,55 $", "170,10 $", "160,65 $")
	for sku, quantity := range map[string]string{"PRD-012": "5", "PRD-001": "2"} {
		s.again("add "+sku, func() error {
			if err := s.Buyer.Try("/cart"); err != nil {
				return err
			}
			if s.Buyer.Sees(sku) {
				return nil // it was added though the answer was lost
			}
			if err := s.Buyer.Try("/products/" + sku); err != nil {
				return err
			}
			f, err := s.Buyer.FindForm("/cart/lines")
			if err != nil {
				return err
			}
			return f.Set("quantity", quantity).TrySend()
		})
	}
	s.get("/cart").MustSee("PRD-012", "PRD-001", "872,10 $")
}

// Place orders: Chantier Laval, by the ERP's carrier, with a purchase order
// number; twice, because a finger slipped.
func (s *Story) Place() {
	s.T.Helper()
	v := s.get("/checkout")
	v.MustSee("Chantier Laval", "Transport Boréal", "872,10 $", "18,00 $", "TPS 5 %", "44,50 $", "TVQ 9,975 %", "88,79 $", "1 023,39 $")
	f := v.Form("/orders").Set("po_number", s.PO).Set("act", "place")
	s.again("place", f.TrySend)
	if !strings.HasPrefix(s.Buyer.URL.Path, "/orders/") {
		s.T.Fatalf("no order: %d %s\n%s", s.Buyer.Status, s.Buyer.URL, s.Buyer.Text())
	}
	s.Path = s.Buyer.URL.Path
	s.again("place again", f.TrySend)
	if s.Buyer.URL.Path != s.Path {
		s.T.Errorf("the second press led to %s, not to %s", s.Buyer.URL.Path, s.Path)
	}
}

// Arrive waits for the ERP's number on the order's page, and looks the order up
// in the ERP: there once, as ordered.
func (s *Story) Arrive() {
	s.T.Helper()
	var found []erp.Order
	Eventually(s.T, s.Waits, "the order is in the ERP", func() bool {
		found = s.inERP()
		return len(found) > 0 && found[0].Number != "" && found[0].State == erp.OrderReleased
	})
	if len(found) != 1 {
		s.T.Fatalf("the ERP has the order %d times", len(found))
	}
	s.There = found[0]
	Eventually(s.T, s.Waits, "the order's page shows "+s.There.Number, func() bool { return s.get(s.Path).Sees(s.There.Number) })
	s.Buyer.MustSee(s.PO, "1 023,39 $", "Totaux de l’ERP")
	if s.There.PONumber != s.PO || s.There.Totals.Total.Minor != 102339 {
		s.T.Errorf("in the ERP: PO %q, total %d", s.There.PONumber, s.There.Totals.Total.Minor)
	}
}

// inERP lists the orders of the ERP with the story's PO number.
func (s *Story) inERP() (found []erp.Order) {
	s.T.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	for cursor, more := "", true; more; {
		page, err := s.ERP.Changed(ctx, erp.KindOrder, cursor, 500)
		if err != nil {
			return nil
		}
		for _, r := range page.Records {
			if o, is := r.Body.(erp.Order); is && o.PONumber == s.PO {
				found = append(found, o)
			}
		}
		cursor, more = page.Cursor, page.More
	}
	return found
}

// Line is the ERP's line of the item whose price the story knows.
func (s *Story) Line(price string) string {
	for _, l := range s.There.Lines {
		if l.UnitPrice.Cmp(money.Must(price)) == 0 {
			return l.ID
		}
	}
	s.T.Fatalf("no line at %s in %+v", price, s.There.Lines)
	return ""
}

// Ship has the clerk ship three drills and the screws, then the rest; the page
// shows what left and what is back-ordered.
func (s *Story) Ship() {
	s.T.Helper()
	ctx := context.Background()
	part := map[string]money.Decimal{s.Line("170.1"): money.Int(3), s.Line("10.8"): money.Int(2)}
	if err := s.Clerk.ShipPart(ctx, s.There.ID, part); err != nil {
		s.T.Fatal(err)
	}
	Eventually(s.T, s.Waits, "the page shows two drills back-ordered", func() bool {
		return s.get(s.Path).Sees("Expédiée partiellement") && s.Buyer.Sees("2 en attente")
	})
	if err := s.Clerk.ShipRest(ctx, s.There.ID); err != nil {
		s.T.Fatal(err)
	}
	Eventually(s.T, s.Waits, "the page shows all shipped", func() bool { return s.get(s.Path).Sees("Expédiée") && !s.Buyer.Sees("en attente") })
}

// Invoice has the clerk post; the page shows the invoices, and they add up to
// the order.
func (s *Story) Invoice() {
	s.T.Helper()
	if err := s.Clerk.PostInvoice(context.Background(), s.There.ID); err != nil {
		s.T.Fatal(err)
	}
	Eventually(s.T, s.Waits, "the page shows the invoices", func() bool { return s.get(s.Path).Sees("Facturée") && s.Buyer.Sees("F2026-") })
}

// Tell is the whole story.
func (s *Story) Tell() {
	s.T.Helper()
	s.Enter()
	s.Fill()
	s.Place()
	s.Arrive()
	s.Ship()
	s.Invoice()
}
