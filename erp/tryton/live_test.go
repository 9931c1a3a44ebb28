package tryton

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"net"
	"slices"
	"strings"
	"testing"
	"time"

	"comptoir.example/comptoir/base/money"
	"comptoir.example/comptoir/erp"
)

// follower reads what changed since it last looked.
type follower struct {
	t       *testing.T
	c       *Connector
	cursors map[erp.Kind]string
}

func follow(t *testing.T, c *Connector, kinds ...erp.Kind) *follower {
	t.Helper()
	f := &follower{t, c, map[erp.Kind]string{}}
	for _, kind := range kinds {
		f.changed(kind)
	}
	return f
}

// changed reads a kind until nothing more is to be read, 100 records at a time.
func (f *follower) changed(kind erp.Kind) map[string]erp.Record {
	f.t.Helper()
	out := map[string]erp.Record{}
	for {
		page, err := f.c.Changed(f.t.Context(), kind, f.cursors[kind], 100)
		if err != nil {
			f.t.Fatalf("%s: %v", kind, err)
		}
		f.cursors[kind] = page.Cursor
		for _, r := range page.Records {
			if r.Malformed != "" {
				f.t.Errorf("%s %s is malformed: %s", kind, r.ID, r.Malformed)
			}
			out[r.ID] = r
		}
		if !page.More {
			return out
		}
	}
}

// by finds the record with a number for people.
func by[B erp.Body](t *testing.T, records map[string]erp.Record, no string) (string, B) {
	t.Helper()
	for id, r := range records {
		if r.No == no {
			body, _ := r.Body.(B)
			return id, body
		}
	}
	t.Fatalf("nothing is called %s", no)
	panic("unreachable")
}

func newKey(t *testing.T) string {
	t.Helper()
	var random [10]byte
	if _, err := rand.Read(random[:]); err != nil {
		t.Fatal(err)
	}
	return erp.NewKey(random)
}

func ladder(t *testing.T, records map[string]erp.Record, id string) string {
	t.Helper()
	body, ok := records[id].Body.(erp.Price)
	if !ok {
		t.Fatalf("no price %s", id)
	}
	var steps []string
	for _, b := range body.Breaks {
		steps = append(steps, fmt.Sprintf("%s from %s", b.Price, b.From))
	}
	return strings.Join(steps, ", ")
}

func equal[T comparable](t *testing.T, what string, got, want T) {
	t.Helper()
	if got != want {
		t.Errorf("%s: got %v, want %v", what, got, want)
	}
}

func must[T any](v T, err error) func(*testing.T) T {
	return func(t *testing.T) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

func do(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func cad(cents int64) money.Amount { return money.Amount{Minor: cents, Currency: "CAD"} }

func taxesOf(t erp.Totals) string {
	var out []string
	for _, x := range t.Taxes {
		out = append(out, fmt.Sprintf("%s %d on %d", x.Name.FR, x.Amount.Minor, x.Base.Minor))
	}
	return strings.Join(out, ", ")
}

// ids of the demo merchant, which are the same in every database made of it.
const (
	rivard, nordik, gagnon = "2", "4", "10" // C1001, C1003, C1009
	laval                  = "3"            // Rivard's site
	drill, screws, gloves  = "12", "1", "22"
	boreal                 = "1" // the carrier
)

func ofRivard(key, po string, lines ...erp.NewLine) erp.NewOrder {
	return erp.NewOrder{Key: key, Customer: rivard, ShipTo: laval, PONumber: po, Date: time.Now().Format(time.DateOnly), Currency: "CAD",
		DeliveryMethod: boreal, Comment: "Quai 2", Lines: lines}
}

func TestTrytonProbeFindsEverythingItNeeds(t *testing.T) {
	caps, err := New(live).Probe(t.Context())
	do(t, err)
	equal(t, "currency", caps.Currency, "CAD")
	equal(t, "zone", caps.TimeZone, "America/Toronto")
	equal(t, "rounding", caps.Rounding, money.Rounding{Mode: money.HalfEven, Level: money.PerDocument, PriceDigits: 4})
	equal(t, "missing", len(caps.Missing), 0)
	if !strings.HasPrefix(caps.Product, "Tryton 6.0.") {
		t.Errorf("product is %s", caps.Product)
	}
}

func TestTrytonProbeNamesTheRightsThatLack(t *testing.T) {
	cfg := live
	cfg.User = "warehouse"
	caps, err := New(cfg).Probe(t.Context())
	do(t, err)
	for _, code := range []string{"orders_create", "invoices_read"} {
		if !slices.Contains(caps.Missing, code) {
			t.Errorf("missing is %v, without %s", caps.Missing, code)
		}
	}
}

func TestTrytonKnowsWhoMayNotComeInAndWhoIsNotThere(t *testing.T) {
	cfg := live
	cfg.Password = "wrong-Password-1"
	_, err := New(cfg).Probe(t.Context())
	equal(t, "wrong password", erp.ErrorOf(err).Class, erp.Unauthorized)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	do(t, err)
	cfg = live
	cfg.URL = "http://" + l.Addr().String()
	do(t, l.Close())
	_, err = New(cfg).FindOrder(t.Context(), "K")
	equal(t, "closed port", erp.ErrorOf(err).Class, erp.Down)
}

func TestTrytonLosesTheSessionAndNobodyNotices(t *testing.T) {
	c := New(live)
	must(c.IDs(t.Context(), erp.KindUnit))(t)
	first := c.rpc.session
	_, err := c.rpc.post(t.Context(), c.rpc.base+"/"+c.rpc.database+"/", first.header, "common.db.logout", []any{})
	do(t, err)
	must(c.IDs(t.Context(), erp.KindUnit))(t)
	if c.rpc.session == first {
		t.Error("the session was not renewed")
	}
}

func TestTrytonGivesTheDemoMerchantWhole(t *testing.T) {
	c := New(live)
	f := follow(t, c)
	all := map[erp.Kind]map[string]erp.Record{}
	for _, kind := range erp.Kinds {
		all[kind] = f.changed(kind)
		ids := must(c.IDs(t.Context(), kind))(t)
		equal(t, "ids of "+string(kind), len(ids), len(all[kind]))
		for _, r := range all[kind] {
			text, _ := json.Marshal(r)
			if strings.Contains(string(text), "cost_price") || strings.Contains(string(text), "formula") {
				t.Errorf("%s %s says what things cost: %s", kind, r.ID, text)
			}
		}
	}
	for kind, n := range map[erp.Kind]int{erp.KindTerm: 4, erp.KindPaymentMethod: 3, erp.KindDeliveryMethod: 1, erp.KindTax: 4,
		erp.KindTaxCase: 5, erp.KindCustomer: 10, erp.KindAddress: 13, erp.KindItem: 30, erp.KindPrice: 120, erp.KindStock: 29} {
		equal(t, string(kind), len(all[kind]), n)
	}
	prices := all[erp.KindPrice]
	for id, want := range map[string]string{
		"0/12": "189.00 from 0", "1/12": "179.55 from 0, 170.10 from 5, 160.65 from 10",
		"2/22": "12.90 from 0, 12.00 from 48, 11.25 from 144", "2/1": "7.00 from 0, 6.25 from 50",
		"1/1": "10.80 from 0, 9.60 from 10", "3/26": "25.42 from 0, 23.25 from 24, 24.80 from 50, 22.40 from 200",
	} {
		equal(t, "price "+id, ladder(t, prices, id), want)
	}
	_, customer := by[erp.Customer](t, all[erp.KindCustomer], "C1001")
	equal(t, "name", customer.Name, "Construction Rivard ltée")
	equal(t, "language", customer.Language, "fr-CA")
	equal(t, "list", customer.PriceList, "1")
	_, item := by[erp.Item](t, all[erp.KindItem], "PRD-001")
	equal(t, "item", item.Name, erp.Text{FR: "Vis à bois no 8 x 1-1/2 po", EN: "Wood screw #8 x 1-1/2 in"})
	equal(t, "family", item.Family, erp.Text{FR: "Visserie", EN: "Fasteners"})
	equal(t, "list price of a box", item.ListPrice.String(), "12.00")
	stock := all[erp.KindStock]["1/5"].Body.(erp.Stock)
	equal(t, "boxes on hand", stock.OnHand.String(), "480")
	taxes := all[erp.KindTaxCase]["0/1"].Body.(erp.TaxCase)
	equal(t, "taxes", fmt.Sprint(taxes.Taxes), "[1 2]")
	_, invoice := by[erp.Invoice](t, all[erp.KindInvoice], must(numberOf(t.Context(), c, "SEED-0002"))(t))
	equal(t, "open", invoice.Open, cad(72633))
	equal(t, "total", invoice.Totals.Total, cad(92633))
	equal(t, "po", invoice.PONumber, "SEED-0002")
	equal(t, "taxes", taxesOf(invoice.Totals), "TPS 5 % 4028 on 80568, TVQ 9,975 % 8037 on 80568")

	for _, kind := range erp.Kinds {
		if again := f.changed(kind); len(again) > 0 {
			t.Errorf("%s: %d records although nothing changed", kind, len(again))
		}
	}
}

// numberOf is the number of the first invoice of the sale with a PO number.
func numberOf(ctx context.Context, c *Connector, po string) (string, error) {
	sale, err := c.rpc.first(ctx, "sale.sale", domain(is{"reference", "=", po}), "invoices")
	if err != nil {
		return "", err
	}
	invoice, err := c.rpc.first(ctx, "account.invoice", domain(is{"id", "in", numbers(sale.ids("invoices"))}), "number")
	if err != nil {
		return "", err
	}
	return invoice.text("number"), nil
}

func TestTrytonPagesWithoutLossOrRepeat(t *testing.T) {
	c := New(live)
	all := must(c.IDs(t.Context(), erp.KindItem))(t)
	for _, limit := range []int{1, 7, len(all), len(all) + 1} {
		var got []string
		for cursor, more := "", true; more; {
			page, err := c.Changed(t.Context(), erp.KindItem, cursor, limit)
			do(t, err)
			for _, r := range page.Records {
				got = append(got, r.ID)
			}
			cursor, more = page.Cursor, page.More
		}
		if !slices.Equal(got, all) {
			t.Errorf("by %d: %d items of %d: %v", limit, len(got), len(all), got)
		}
	}
}

func TestTrytonTakesAnOrderToItsInvoice(t *testing.T) {
	ctx, c, clerk := t.Context(), New(live), NewClerk(live)
	f := follow(t, c, erp.KindOrder, erp.KindShipment, erp.KindInvoice, erp.KindStock)
	answers := must(c.Prices(ctx, []erp.PriceQuestion{{Customer: rivard, Item: drill, Quantity: money.Int(5)},
		{Customer: nordik, Item: gloves, Quantity: money.Int(144)}, {Customer: rivard, Item: "31", Quantity: money.Int(1)}}))(t)
	equal(t, "Rivard's drill", answers[0].Price.String(), "170.10")
	equal(t, "Nordik's gloves", answers[1].Price.String(), "11.25")
	equal(t, "the freight product is not for sale", answers[2].Known, false)

	key := newKey(t)
	o := ofRivard(key, "PO-7001", erp.NewLine{Item: drill, Quantity: money.Int(5), UnitPrice: money.Must("170.10")},
		erp.NewLine{Item: screws, Quantity: money.Int(20), UnitPrice: money.Must("9.60")})
	quote := must(c.Quote(ctx, o))(t)
	equal(t, "net", quote.Net, cad(106050))
	equal(t, "freight", *quote.Freight, cad(1800))
	equal(t, "taxes", taxesOf(quote), "TPS 5 % 5302 on 106050, TVQ 9,975 % 10578 on 106050")
	equal(t, "total", quote.Total, cad(121930))
	if found := must(c.FindOrder(ctx, key))(t); found != nil {
		t.Fatalf("found %v before it was made", found)
	}

	id := must(c.CreateOrder(ctx, o))(t)
	draft := must(c.FindOrder(ctx, key))(t)
	equal(t, "id", draft.ID, id)
	equal(t, "draft", draft.State, erp.OrderReceived)
	if draft.Totals.Freight != nil {
		t.Error("a draft knows its freight")
	}
	quoted := must(c.ReleaseOrder(ctx, id, nil))(t)
	equal(t, "quoted", quoted.State, erp.OrderReceived)
	equal(t, "quoted total", quoted.Totals.Total, quote.Total)
	equal(t, "quoted taxes", taxesOf(quoted.Totals), taxesOf(quote))
	equal(t, "freight line", quoted.Lines[2].Freight, true)
	released := must(c.ReleaseOrder(ctx, id, nil))(t)
	equal(t, "released", released.State, erp.OrderReleased)
	equal(t, "po", released.PONumber, "PO-7001")
	equal(t, "ship to", released.ShipTo, laval)
	if again := must(c.ReleaseOrder(ctx, id, nil))(t); again.State != erp.OrderReleased {
		t.Errorf("released again it is %s", again.State)
	}
	equal(t, "cancel", erp.ErrorOf(c.CancelOrder(ctx, id)).Code, "too_late")
	stock := f.changed(erp.KindStock)["12/5"].Body.(erp.Stock)
	if stock.Available.Cmp(stock.OnHand) >= 0 {
		t.Errorf("%s drills can be promised of %s", stock.Available, stock.OnHand)
	}

	line := quoted.Lines[0].ID
	do(t, clerk.ShipPart(ctx, id, map[string]money.Decimal{line: money.Int(2)}))
	part := f.changed(erp.KindOrder)[id].Body.(erp.Order)
	equal(t, "after a part", part.State, erp.OrderPartlyShipped)
	equal(t, "shipped", part.Lines[0].Shipped.String(), "2")
	if left := len(f.changed(erp.KindShipment)); left != 2 {
		t.Errorf("%d shipments, not what left and what is left", left)
	}
	if n := len(f.changed(erp.KindInvoice)); n != 0 {
		t.Errorf("%d draft invoices were shown", n)
	}
	do(t, clerk.ShipRest(ctx, id))
	equal(t, "after the rest", f.changed(erp.KindOrder)[id].Body.(erp.Order).State, erp.OrderShipped)
	do(t, clerk.PostInvoice(ctx, id))
	done := f.changed(erp.KindOrder)[id].Body.(erp.Order)
	equal(t, "invoiced", done.State, erp.OrderInvoiced)
	equal(t, "invoiced drills", done.Lines[0].Invoiced.String(), "5")

	total, first := cad(0), erp.Invoice{}
	for _, r := range f.changed(erp.KindInvoice) {
		i := r.Body.(erp.Invoice)
		equal(t, "po on the invoice", i.PONumber, "PO-7001")
		equal(t, "order of the invoice", fmt.Sprint(i.Orders), "["+id+"]")
		equal(t, "open", i.Open, i.Totals.Total)
		due, _ := time.Parse(time.DateOnly, i.Due[0].Date)
		day, _ := time.Parse(time.DateOnly, i.Date)
		equal(t, "days to pay", due.Sub(day), 30*24*time.Hour)
		total.Minor += i.Totals.Net.Minor
		first = i
	}
	equal(t, "net of all invoices", total, released.Totals.Net)
	if first.Number == "" {
		t.Fatal("no invoice")
	}

	do(t, clerk.MakePartialPayment(ctx, id, money.Int(100)))
	paid := 0
	for _, r := range f.changed(erp.KindInvoice) {
		i := r.Body.(erp.Invoice)
		if i.Totals.Total.Minor-i.Open.Minor == 10000 {
			paid++
		}
	}
	equal(t, "invoices with 100.00 paid", paid, 1)
	if found := must(c.FindOrder(ctx, key))(t); found == nil || found.ID != id {
		t.Errorf("the invoiced order is not found: %v", found)
	}
}

func TestTrytonAsksAboutCreditAndAPersonDecides(t *testing.T) {
	ctx, c := t.Context(), New(live)
	o := ofRivard(newKey(t), "PO-9", erp.NewLine{Item: drill, Quantity: money.Int(4), UnitPrice: money.Int(189)})
	o.Customer, o.ShipTo, o.DeliveryMethod = gagnon, "", ""
	id := must(c.CreateOrder(ctx, o))(t)
	quoted := must(c.ReleaseOrder(ctx, id, nil))(t)
	equal(t, "freight of a customer who fetches", *quoted.Totals.Freight, cad(0))
	_, err := c.ReleaseOrder(ctx, id, []string{"another_question"})
	equal(t, "class", erp.ErrorOf(err).Class, erp.NeedsDecision)
	equal(t, "code", erp.ErrorOf(err).Code, "credit_limit")
	equal(t, "meanwhile", must(c.FindOrder(ctx, o.Key))(t).State, erp.OrderReceived)
	released := must(c.ReleaseOrder(ctx, id, []string{"credit_limit"}))(t)
	equal(t, "after yes", released.State, erp.OrderReleased)
}

func TestTrytonFindsTheOriginalAmongCopies(t *testing.T) {
	ctx, c, clerk := t.Context(), New(live), NewClerk(live)
	o := ofRivard(newKey(t), "PO-10", erp.NewLine{Item: drill, Quantity: money.Int(1), UnitPrice: money.Must("179.55")})
	id := must(c.CreateOrder(ctx, o))(t)
	copied := must(clerk.CopyOrder(ctx, id))(t)
	equal(t, "found", must(c.FindOrder(ctx, o.Key))(t).ID, id)
	records := must(c.Read(ctx, erp.KindOrder, []string{id, copied}))(t)
	for _, r := range records {
		want := map[string]string{id: o.Key, copied: ""}[r.ID]
		equal(t, "key of "+r.ID, r.Body.(erp.Order).Key, want)
	}
	do(t, c.CancelOrder(ctx, id))
	do(t, c.CancelOrder(ctx, id)) // harmless
	equal(t, "cancelled", must(c.FindOrder(ctx, o.Key))(t).State, erp.OrderCancelled)
}

func TestTrytonKeepsOneOfTwoDeliveries(t *testing.T) {
	ctx, c := t.Context(), New(live)
	o := ofRivard(newKey(t), "PO-12", erp.NewLine{Item: drill, Quantity: money.Int(1), UnitPrice: money.Must("179.55")})
	first := must(c.CreateOrder(ctx, o))(t)
	equal(t, "second delivery", must(c.CreateOrder(ctx, o))(t), first)
	equal(t, "orders with the key", len(must(c.rpc.find(ctx, "sale.sale", domain(is{"description", "=", o.Key})))(t)), 1)
}

func TestTrytonRefusesWhatDoesNotExist(t *testing.T) {
	ctx, c := t.Context(), New(live)
	good := ofRivard(newKey(t), "PO-11", erp.NewLine{Item: drill, Quantity: money.Int(1), UnitPrice: money.Int(1)})
	for code, spoil := range map[string]func(*erp.NewOrder){
		"unknown_customer":        func(o *erp.NewOrder) { o.Customer = "99999" },
		"unknown_item":            func(o *erp.NewOrder) { o.Lines = []erp.NewLine{{Item: "99999", Quantity: money.Int(1)}} },
		"unknown_address":         func(o *erp.NewOrder) { o.ShipTo = "6" }, // Nordik's
		"unknown_currency":        func(o *erp.NewOrder) { o.Currency = "XXX" },
		"unknown_delivery_method": func(o *erp.NewOrder) { o.DeliveryMethod = "99999" },
	} {
		o := good
		spoil(&o)
		_, err := c.CreateOrder(ctx, o)
		equal(t, code, erp.ErrorOf(err).Class, erp.Refused)
		equal(t, code, erp.ErrorOf(err).Code, code)
	}
	if found := must(c.FindOrder(ctx, good.Key))(t); found != nil {
		t.Errorf("a refused order is there: %v", found)
	}
	_, err := c.ReleaseOrder(ctx, "99999", nil)
	equal(t, "unknown order", erp.ErrorOf(err).Code, "unknown_order")
}

func TestTrytonNoticesEveryChangeAndOnlyThat(t *testing.T) {
	ctx, c, clerk := t.Context(), New(live), NewClerk(live)
	f := follow(t, c, erp.KindPrice, erp.KindStock, erp.KindItem)

	do(t, clerk.ChangeContract(ctx, "CONTRACTOR", "PRD-012", "150.00"))
	prices := f.changed(erp.KindPrice)
	equal(t, "a line of a list concerns the list", len(prices), 30)
	equal(t, "contract", ladder(t, prices, "1/12"), "150.00 from 0")
	do(t, clerk.EndContract(ctx, "CONTRACTOR", "PRD-012"))
	prices = f.changed(erp.KindPrice)
	equal(t, "a deleted line concerns the list", len(prices), 30)
	equal(t, "after the contract", ladder(t, prices, "1/12"), "179.55 from 0, 170.10 from 5, 160.65 from 10")

	do(t, clerk.ChangePrice(ctx, "PRD-015", money.Must("20.00")))
	prices = f.changed(erp.KindPrice)
	equal(t, "a list price concerns the product in every list", len(prices), 4)
	equal(t, "list price", ladder(t, prices, "0/15"), "20.00 from 0")
	equal(t, "Rivard's price", ladder(t, prices, "1/15"), "19.00 from 0")
	equal(t, "list price of the item", f.changed(erp.KindItem)["15"].Body.(erp.Item).ListPrice.String(), "20.00")

	do(t, clerk.SetStock(ctx, "PRD-002", money.Int(7)))
	stock := f.changed(erp.KindStock)
	equal(t, "boxes", stock["2/5"].Body.(erp.Stock).OnHand.String(), "7")

	do(t, clerk.RenameItem(ctx, "PRD-016", "Niveau torpille magnétique"))
	equal(t, "name", f.changed(erp.KindItem)["16"].Body.(erp.Item).Name, erp.Text{FR: "Niveau torpille magnétique", EN: "Torpedo level"})
	write := func(model string, id int, values map[string]any) {
		t.Helper()
		_, err := clerk.manager.call(ctx, "model."+model+".write", nil, []int{id}, values)
		do(t, err)
	}
	f.changed(erp.KindPrice)
	write("product.category", 4, map[string]any{"name": "Safety gear"})
	equal(t, "items of a renamed category", len(f.changed(erp.KindItem)), 10)
	equal(t, "prices of a renamed category", len(f.changed(erp.KindPrice)), 40)

	people := follow(t, c, erp.KindCustomer, erp.KindAddress, erp.KindTaxCase)
	write("party.party", 2, map[string]any{"sale_price_list": 3})
	equal(t, "list", people.changed(erp.KindCustomer)["2"].Body.(erp.Customer).PriceList, "3")
	write("party.party", 2, map[string]any{"sale_price_list": 1})
	write("party.address", 3, map[string]any{"city": "Laval-Ouest"})
	equal(t, "city", people.changed(erp.KindAddress)["3"].Body.(erp.Address).City, "Laval-Ouest")
	mail := must(clerk.manager.first(ctx, "party.contact_mechanism", domain(is{"party", "=", 2}, is{"type", "=", "email"}), "id"))(t)
	write("party.contact_mechanism", int(mail.number()), map[string]any{"value": "comptes@c1001.example"})
	equal(t, "e-mail", people.changed(erp.KindCustomer)["2"].Body.(erp.Customer).Email, "comptes@c1001.example")
	people.changed(erp.KindTaxCase)
	write("account.tax.rule.line", 1, map[string]any{"tax": 4})
	cases := people.changed(erp.KindTaxCase)
	equal(t, "a changed rule", len(cases), 1)
	equal(t, "taxes in Ontario", fmt.Sprint(cases["1/1"].Body.(erp.TaxCase).Taxes), "[4]")
	write("account.tax.rule.line", 1, map[string]any{"tax": 3})

	do(t, clerk.BlockItem(ctx, "PRD-017", true))
	equal(t, "blocked", f.changed(erp.KindItem)["17"].Body.(erp.Item).Status, "blocked")
	f.changed(erp.KindPrice)
	equal(t, "price of a blocked item", must(c.Read(ctx, erp.KindPrice, []string{"0/17"}))(t)[0].Deleted, true)
	do(t, clerk.BlockItem(ctx, "PRD-017", false))
	do(t, clerk.ArchiveItem(ctx, "PRD-018"))
	equal(t, "archived", f.changed(erp.KindItem)["18"].Deleted, true)
	if slices.Contains(must(c.IDs(ctx, erp.KindItem))(t), "18") {
		t.Error("an archived item is listed")
	}
}

func TestTrytonTakesFiveHundredLines(t *testing.T) {
	ctx, c := t.Context(), New(live)
	o := ofRivard(newKey(t), "PO-500")
	for i := range 500 {
		o.Lines = append(o.Lines, erp.NewLine{Item: fmt.Sprint(1 + i%17), Quantity: money.Int(1), UnitPrice: money.Must("0.3725")})
	}
	begin := time.Now()
	id := must(c.CreateOrder(ctx, o))(t)
	created := time.Since(begin)
	must(c.ReleaseOrder(ctx, id, []string{"credit_limit"}))(t)
	quoted := time.Since(begin) - created
	released := must(c.ReleaseOrder(ctx, id, []string{"credit_limit"}))(t)
	t.Logf("500 lines: create %v, quote %v, confirm %v", created, quoted, time.Since(begin)-created-quoted)
	equal(t, "lines", len(released.Lines), 501)
	for i, l := range released.Lines[:500] {
		equal(t, "order of lines", l.Item, o.Lines[i].Item)
	}
	if time.Since(begin) > 30*time.Second {
		t.Errorf("it took %v", time.Since(begin))
	}
}
