package erptest

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"comptoir.example/comptoir/base/money"
	"comptoir.example/comptoir/erp"
)

// Figures are every figure of the story that Comptoir is built on: a customer
// orders drills and boxes of screws, they leave in two parts, two invoices are
// posted, and a first cheque comes. Ids, numbers and dates are not among them.
// They were taken once from a real Tryton, and hold for every ERP with the demo
// merchant in it.
type Figures struct {
	Prices   map[string]string `json:"prices"` // "PRD-012 × 5" to its unit price
	Quote    Sums              `json:"quote"`
	Order    Paper             `json:"order"`
	Steps    []Step            `json:"steps"`
	Invoices []Paper           `json:"invoices"` // by number
	Paid     string            `json:"paid"`     // the first cheque, for the first invoice
	Left     string            `json:"left"`     // what is open of it then
}

// Sums are totals.
type Sums struct {
	Net     string   `json:"net"`
	Freight string   `json:"freight"`
	Taxes   []string `json:"taxes"` // "TPS 5 %: 43.60 on 872.10"
	Total   string   `json:"total"`
}

// Paper is an order or an invoice.
type Paper struct {
	PONumber string   `json:"po_number"`
	Lines    []string `json:"lines"` // "5 × PRD-012 at 170.10: 850.50", the freight as "freight"
	Sums
	Due  []string `json:"due,omitempty"`  // "30 days: 1022.83"
	Open string   `json:"open,omitempty"` //
}

// Step is how the order stands after something happened. Stock is counted from
// what it was before the order.
type Step struct {
	What      string         `json:"what"`
	State     erp.OrderState `json:"state"`
	Shipped   []string       `json:"shipped"`  // by line
	Invoiced  []string       `json:"invoiced"` // by line
	OnHand    string         `json:"on_hand"`  // of PRD-012, in difference
	Available string         `json:"available"`
	Shipments []string       `json:"shipments"` // "done: 3 × PRD-012, 2 × PRD-001"
}

// storyPO is the buyer's number in the story.
const storyPO = "BC-7790"

// Expected gives the figures that were taken from Tryton.
func Expected() (f Figures, err error) {
	data, err := golden.ReadFile("testdata/story.json")
	if err == nil {
		err = json.Unmarshal(data, &f)
	}
	return f, err
}

// Story plays the story through a connector and its clerk, and compares every
// figure with those taken from Tryton. It wants the merchant's prices as seeded.
func Story(t *testing.T, g Ground) {
	t.Helper()
	expected, err := Expected()
	if err != nil {
		t.Fatal(err)
	}
	want, _ := json.MarshalIndent(expected, "", "  ") // texts only: cannot fail
	got, _ := json.MarshalIndent(newTrial(t, g).story(), "", "  ")
	wants, gots := strings.Split(string(want), "\n"), strings.Split(string(got), "\n")
	for i := range max(len(wants), len(gots)) {
		if i >= len(wants) || i >= len(gots) || wants[i] != gots[i] {
			t.Fatalf("line %d differs:\n%s\nthe story's figures are\n%s", i+1, got, want)
		}
	}
}

// Record takes the figures of the story and the golden prices from an ERP and
// writes them into a folder: the testdata of this package, from a real Tryton.
func Record(t *testing.T, g Ground, dir string) {
	t.Helper()
	r := newTrial(t, g)
	data, err := json.MarshalIndent(r.story(), "", "  ")
	r.do("story", err)
	r.do("write", os.WriteFile(filepath.Join(dir, "story.json"), append(data, '\n'), 0o644))
	asked := r.asking()
	for _, customer := range g.Names.PerList {
		for n := range len(asked.items) {
			sku := fmt.Sprintf("PRD-%03d", n+1)
			for _, q := range asked.edges(customer, sku) {
				asked.add(customer, sku, q)
			}
		}
	}
	var b strings.Builder
	fmt.Fprintf(&b, "# Unit prices as %s says them: customer, item, quantity in sale units, price.\n", g.ERP)
	lines := map[string]bool{}
	for i, told := range asked.ask() {
		if line := fmt.Sprintf("%s %s\n", asked.names[i], told.Price); told.Known && !lines[line] {
			lines[line] = true
			b.WriteString(line)
		}
	}
	r.do("write", os.WriteFile(filepath.Join(dir, "prices.txt"), []byte(b.String()), 0o644))
}

// story plays it.
func (t *trial) story() (f Figures) {
	t.Helper()
	customer, drill, screws := t.customer(t.Names.Customer), t.item(t.Names.Broken), t.item(t.Names.Boxed)
	f.Prices = map[string]string{}
	for _, w := range []want{{t.Names.Broken, "1"}, {t.Names.Broken, "5"}, {t.Names.Broken, "10"}, {t.Names.Boxed, "2"}} {
		f.Prices[w.sku+" × "+w.quantity] = price(t.price(customer, t.item(w.sku), money.Must(w.quantity)))
	}
	o := erp.NewOrder{Key: newKey(), Customer: customer, ShipTo: t.address(customer, t.Names.ShipTo), PONumber: storyPO, Date: t.today(),
		Currency: "CAD", DeliveryMethod: t.delivery(), Lines: []erp.NewLine{
			{Item: drill, Quantity: money.Int(5), UnitPrice: t.price(customer, drill, money.Int(5))},
			{Item: screws, Quantity: money.Int(2), UnitPrice: t.price(customer, screws, money.Int(2))}}}
	quoted, err := t.c.Quote(t.Context(), o)
	t.do("quote", err)
	f.Quote = t.sums(quoted)

	before := t.stock(t.Names.Broken)
	placed := t.place(o)
	f.Order = Paper{PONumber: placed.PONumber, Lines: t.lines(placed.Lines), Sums: t.sums(placed.Totals)}
	step := func(what string) {
		t.Helper()
		f.Steps = append(f.Steps, t.step(what, placed.ID, before))
	}
	step("placed")
	a, b := goodsOf(placed)[0].ID, goodsOf(placed)[1].ID
	t.do("ship part", t.Clerk.ShipPart(t.Context(), placed.ID, map[string]money.Decimal{a: money.Int(3), b: money.Int(2)}))
	step("3 drills and the boxes shipped")
	t.do("ship rest", t.Clerk.ShipRest(t.Context(), placed.ID))
	step("the rest shipped")
	t.do("post", t.Clerk.PostInvoice(t.Context(), placed.ID))
	step("invoices posted")
	for _, i := range t.invoicesOf(placed.ID) {
		f.Invoices = append(f.Invoices, t.paper(i))
	}
	f.Paid = "100.00"
	t.do("pay", t.Clerk.MakePartialPayment(t.Context(), placed.ID, money.Must(f.Paid)))
	f.Left = t.invoicesOf(placed.ID)[0].Open.Decimal().String()
	return f
}

// step reads how the order stands, once the ERP has told.
func (t *trial) step(what, order string, before erp.Stock) Step {
	t.Helper()
	o, now := read[erp.Order](t, order), t.stock(t.Names.Broken)
	s := Step{What: what, State: o.State, OnHand: less(now.OnHand, before.OnHand), Available: less(now.Available, before.Available)}
	for _, l := range o.Lines {
		if l.Freight { // ERPs differ on whether freight ships
			l.Shipped = money.Int(0)
		}
		s.Shipped, s.Invoiced = append(s.Shipped, plain(l.Shipped)), append(s.Invoiced, plain(l.Invoiced))
	}
	for _, one := range t.shipmentsOf(order) {
		var parts []string
		for _, l := range one.Lines {
			parts = append(parts, plain(l.Quantity)+" × "+t.sku(l.Item))
		}
		slices.SortFunc(parts, func(a, b string) int {
			return strings.Compare(b[strings.Index(b, "PRD"):], a[strings.Index(a, "PRD"):])
		})
		s.Shipments = append(s.Shipments, one.State+": "+strings.Join(parts, ", "))
	}
	return s
}

func (t *trial) sums(x erp.Totals) Sums {
	s := Sums{Net: x.Net.Decimal().String(), Total: x.Total.Decimal().String()}
	if x.Freight != nil {
		s.Freight = x.Freight.Decimal().String()
	}
	for _, one := range x.Taxes {
		s.Taxes = append(s.Taxes, fmt.Sprintf("%s: %s on %s", one.Name.FR, one.Amount.Decimal(), one.Base.Decimal()))
	}
	return s
}

func (t *trial) lines(all []erp.OrderLine) (lines []string) {
	for _, l := range all {
		name := "freight"
		if !l.Freight {
			name = t.sku(l.Item)
		}
		lines = append(lines, fmt.Sprintf("%s × %s at %s: %s", plain(l.Quantity), name, price(l.UnitPrice), l.Amount.Decimal()))
	}
	return lines
}

func (t *trial) paper(i erp.Invoice) Paper {
	p := Paper{PONumber: i.PONumber, Sums: t.sums(i.Totals), Open: i.Open.Decimal().String()}
	for _, l := range i.Lines {
		one := erp.OrderLine{Item: l.Item, Freight: l.Item == "", Quantity: l.Quantity, UnitPrice: l.UnitPrice, Amount: l.Amount}
		p.Lines = append(p.Lines, t.lines([]erp.OrderLine{one})...)
	}
	from, _ := time.Parse(time.DateOnly, i.Date) // read by sane
	for _, d := range i.Due {
		to, _ := time.Parse(time.DateOnly, d.Date)
		p.Due = append(p.Due, fmt.Sprintf("%.0f days: %s", to.Sub(from).Hours()/24, d.Amount.Decimal()))
	}
	return p
}

// sku is the number of an item.
func (t *trial) sku(item string) string {
	for _, sku := range []string{t.Names.Broken, t.Names.Boxed} {
		if t.item(sku) == item {
			return sku
		}
	}
	return "item " + item
}

func less(a, b money.Decimal) string {
	d, err := a.Sub(b)
	if err != nil {
		return err.Error()
	}
	return plain(d)
}

func plain(d money.Decimal) string { return d.Trim(0).String() }
func price(d money.Decimal) string { return d.Trim(2).Pad(2).String() }
