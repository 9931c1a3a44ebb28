package books

import (
	"context"
	"testing"

	"comptoir.example/comptoir/base/i18n"
	"comptoir.example/comptoir/base/money"
	"comptoir.example/comptoir/erp"
)

const token = "jeton-de-test"

// running is a program of books that a test started.
type running struct {
	t    *testing.T
	dir  string
	url  string
	stop func()
	*Connector
	clerk *Clerk
}

// open starts the program on a folder and signs the connector in.
func open(t *testing.T, dir string, with ...func(*Options)) *running {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	ready, done := make(chan string, 1), make(chan error, 1)
	go func() {
		o := Options{Listen: "127.0.0.1:0", Dir: dir, Token: token, Lang: i18n.FR, Ready: func(url string) { ready <- url }}
		for _, change := range with {
			change(&o)
		}
		done <- Serve(ctx, o)
	}()
	r := &running{t: t, dir: dir, stop: func() {
		cancel()
		if err := <-done; err != nil {
			t.Errorf("serve: %v", err)
		}
		done <- nil
	}}
	t.Cleanup(func() { r.stop() })
	select {
	case r.url = <-ready:
	case err := <-done:
		t.Fatalf("serve: %v", err)
	}
	r.Connector, r.clerk = Connect(r.url, token), NewClerk(r.url)
	return r
}

// drain reads a kind from a cursor to its end.
func (r *running) drain(kind erp.Kind, from string, limit int) ([]erp.Record, string) {
	r.t.Helper()
	var all []erp.Record
	for {
		page, err := r.Changed(r.t.Context(), kind, from, limit)
		if err != nil {
			r.t.Fatalf("changed %s: %v", kind, err)
		}
		for _, one := range page.Records {
			if one.Malformed != "" {
				r.t.Fatalf("%s %s: %s", kind, one.ID, one.Malformed)
			}
		}
		all, from = append(all, page.Records...), page.Cursor
		if !page.More {
			return all, from
		}
	}
}

// id finds the id of a code.
func (r *running) id(kind erp.Kind, no string) string {
	r.t.Helper()
	all, _ := r.drain(kind, "", 100)
	for _, one := range all {
		if one.No == no {
			return one.ID
		}
	}
	r.t.Fatalf("no %s %s", kind, no)
	return ""
}

// story is the order of the acceptance story: 5 drills and 10 boxes of screws.
func (r *running) story(key string) erp.NewOrder {
	r.t.Helper()
	o := erp.NewOrder{Key: key, Customer: r.id(erp.KindCustomer, "C1001"), PONumber: "4500123", Date: "2026-11-23", Currency: "CAD",
		Lines: []erp.NewLine{
			{Item: r.id(erp.KindItem, "PRD-012"), Quantity: money.Int(5), UnitPrice: money.Must("170.10")},
			{Item: r.id(erp.KindItem, "PRD-001"), Quantity: money.Int(10), UnitPrice: money.Must("9.60")},
		}}
	for _, one := range first2(r.drain(erp.KindAddress, "", 100)) {
		if a := one.Body.(erp.Address); a.Customer == o.Customer && a.ShipTo {
			o.ShipTo = one.ID
		}
	}
	o.DeliveryMethod = first2(r.drain(erp.KindDeliveryMethod, "", 100))[0].ID
	return o
}

func first2[A, B any](a A, _ B) A { return a }

func TestEveryKindIsReadWholeByPagesOfAnySize(t *testing.T) {
	r := open(t, t.TempDir())
	for _, kind := range erp.Kinds {
		whole, _ := r.drain(kind, "", 1000)
		if len(whole) == 0 {
			t.Errorf("%s: nothing", kind)
		}
		for _, limit := range []int{1, 7, len(whole)} {
			got, cursor := r.drain(kind, "", limit)
			if len(got) != len(whole) {
				t.Errorf("%s by %d: %d of %d", kind, limit, len(got), len(whole))
			}
			if again, _ := r.drain(kind, cursor, limit); len(again) != 0 {
				t.Errorf("%s by %d: %d seen twice", kind, limit, len(again))
			}
		}
	}
}

func TestPricesAreThoseOfTheOtherERP(t *testing.T) {
	r := open(t, t.TempDir())
	for _, c := range []struct{ customer, item, quantity, price string }{
		{"C1001", "PRD-012", "1", "179.55"}, {"C1001", "PRD-012", "5", "170.10"}, {"C1001", "PRD-012", "10", "160.65"},
		{"C1003", "PRD-022", "144", "11.25"}, {"C1003", "PRD-022", "143", "12.00"},
		{"C1003", "PRD-001", "1", "7.00"}, {"C1003", "PRD-001", "49", "7.00"}, {"C1003", "PRD-001", "50", "6.25"},
		{"C1009", "PRD-012", "1", "189.00"}, {"C1001", "PRD-001", "10", "9.60"}, {"C1001", "PRD-001", "9", "10.80"},
	} {
		customer, item := r.id(erp.KindCustomer, c.customer), r.id(erp.KindItem, c.item)
		told, err := r.Prices(t.Context(), []erp.PriceQuestion{{Customer: customer, Item: item, Quantity: money.Must(c.quantity)}})
		if err != nil {
			t.Fatal(err)
		}
		if want := money.Must(c.price); !told[0].Known || told[0].Price.Cmp(want) != 0 {
			t.Errorf("%s %s x%s: %v, want %s", c.customer, c.item, c.quantity, told[0].Price, c.price)
		}
	}
	// The ladders say the same as the questions, at each step and just below.
	ladders, _ := r.drain(erp.KindPrice, "", 1000)
	for _, one := range first2(r.drain(erp.KindCustomer, "", 100)) {
		list := one.Body.(erp.Customer).PriceList
		for _, l := range ladders {
			p := l.Body.(erp.Price)
			if p.PriceList != list {
				continue
			}
			for i, step := range p.Breaks {
				told, err := r.Prices(t.Context(), []erp.PriceQuestion{{Customer: one.ID, Item: p.Item, Quantity: step.From}})
				if err != nil || told[0].Price.Cmp(step.Price) != 0 {
					t.Fatalf("%s item %s step %d: %v, ladder %v, %v", one.No, p.Item, i, told, step, err)
				}
			}
		}
	}
}

func TestAQuoteAddsUpAsTheOtherERPDoes(t *testing.T) {
	r := open(t, t.TempDir())
	q, err := r.Quote(t.Context(), r.story(""))
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]int64{"net": 96450, "freight": 1800, "tps": 4822, "tvq": 9621, "total": 110893}
	got := map[string]int64{"net": q.Net.Minor, "freight": q.Freight.Minor, "tps": q.Taxes[0].Amount.Minor, "tvq": q.Taxes[1].Amount.Minor, "total": q.Total.Minor}
	for name, n := range want {
		if got[name] != n {
			t.Errorf("%s is %d, want %d", name, got[name], n)
		}
	}
}

func TestHalvesGoToTheEvenCent(t *testing.T) {
	for _, c := range []struct{ in, want string }{
		{"48.225", "48.22"}, {"48.235", "48.24"}, {"48.2251", "48.23"}, {"-48.225", "-48.22"}, {"-48.235", "-48.24"}, {"0.005", "0.00"}, {"-0.0051", "-0.01"},
	} {
		if got := round(rat(money.Must(c.in)), 2).String(); got != c.want {
			t.Errorf("%s becomes %s, want %s", c.in, got, c.want)
		}
	}
}

func TestTheSampleOrdersStandWhereTheyShould(t *testing.T) {
	r := open(t, t.TempDir())
	want := map[string]erp.OrderState{"SEED-0001": erp.OrderInvoiced, "SEED-0002": erp.OrderInvoiced, "SEED-0003": erp.OrderShipped,
		"SEED-0004": erp.OrderReleased, "SEED-0005": erp.OrderReleased, "SEED-0006": erp.OrderReceived, "SEED-0007": erp.OrderReceived}
	for _, one := range first2(r.drain(erp.KindOrder, "", 100)) {
		o := one.Body.(erp.Order)
		if o.State != want[o.PONumber] {
			t.Errorf("%s is %s, want %s", o.PONumber, o.State, want[o.PONumber])
		}
	}
	open := map[string]int64{}
	for _, one := range first2(r.drain(erp.KindInvoice, "", 100)) {
		i := one.Body.(erp.Invoice)
		open[i.PONumber] += i.Open.Minor
		if i.PONumber == "SEED-0001" && i.Totals.Total.Minor != 121930 {
			t.Errorf("SEED-0001 is %d, want 121930", i.Totals.Total.Minor)
		}
	}
	if open["SEED-0001"] != 121930 || open["SEED-0002"] == 0 || open["SEED-0003"] != 0 {
		t.Errorf("open: %v", open)
	}
}
