// Package instant is an ERP that answers at once, from memory, and breaks when
// it is told to. Tests with a virtual clock and benchmarks speak to it; what a
// real wire does is tested against books and Tryton.
package instant

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"comptoir.example/comptoir/base/money"
	"comptoir.example/comptoir/erp"
)

// ERP is the books in memory.
type ERP struct {
	mu        sync.Mutex
	records   map[erp.Kind][]erp.Record
	orders    map[string]*erp.Order // by id
	keys      map[string]string     // key to id
	next      int
	off       int64
	Customers []string // ids, in order
	Items     []string
	Lanes     int

	Down     bool              // nothing gets through
	Lose     int               // this many creations are answered by silence
	OneStep  bool              // an order takes effect as soon as it is numbered
	Refuse   map[string]string // customer to code
	Question map[string]string // customer to code
	Arrived  func(key string)  // told when an order is created, in order
	Seen     []string          // keys in the order in which they were created
	Creates  map[string]int    // how often each key was created
	Reverses map[string]int    // how often a receipt was undone, by its key
	Struck   int               // answers that were lost, and outages that somebody met
	met      bool              // somebody met this outage
}

// New makes an ERP of so many customers and items. Every item costs 10.00 and
// 9.00 from 10; everybody pays 5 % and 9.975 %.
func New(customers, items int) *ERP {
	e := &ERP{records: map[erp.Kind][]erp.Record{}, orders: map[string]*erp.Order{}, keys: map[string]string{}, Lanes: 8,
		Refuse: map[string]string{}, Question: map[string]string{}, Creates: map[string]int{}, Reverses: map[string]int{}}
	both := func(s string) erp.Text { return erp.Text{FR: s, EN: s} }
	add := func(kind erp.Kind, id, no string, body erp.Body) {
		e.records[kind] = append(e.records[kind], erp.Record{Kind: kind, ID: id, No: no, Body: body})
	}
	days := 30
	freight := money.Must("18.00")
	add(erp.KindTerm, "net30", "", erp.Term{Name: both("Net 30"), Days: &days})
	add(erp.KindDeliveryMethod, "truck", "", erp.DeliveryMethod{Name: both("Camion"), Freight: &freight, ItemTax: "goods"})
	add(erp.KindUnit, "unit", "", erp.Unit{Name: both("Unité"), Symbol: "u"})
	add(erp.KindTax, "gst", "", erp.Tax{Name: erp.Text{FR: "TPS 5 %", EN: "GST 5%"}, Rate: money.Must("0.05")})
	add(erp.KindTax, "qst", "", erp.Tax{Name: erp.Text{FR: "TVQ 9,975 %", EN: "QST 9.975%"}, Rate: money.Must("0.09975")})
	add(erp.KindTaxCase, "all", "", erp.TaxCase{ItemTax: "goods", Taxes: []string{"gst", "qst"}})
	for i := range customers {
		id := fmt.Sprintf("c%d", i+1)
		e.Customers = append(e.Customers, id)
		add(erp.KindCustomer, id, fmt.Sprintf("C%04d", 1001+i), erp.Customer{Name: "Client " + id, Language: "fr-CA", Currency: "CAD", PriceList: "list",
			Term: "net30", Status: "active"})
		add(erp.KindAddress, id+"a", "", erp.Address{Customer: id, Name: "Chantier", Street: "1, rue Un", City: "Laval", Region: "CA-QC", Postal: "H7V 2X4", Country: "CA", ShipTo: true})
	}
	for i := range items {
		id := fmt.Sprintf("i%d", i+1)
		e.Items = append(e.Items, id)
		sku := fmt.Sprintf("PRD-%03d", i+1)
		add(erp.KindItem, id, sku, erp.Item{SKU: sku, Name: both("Produit " + sku), Category: "f", Family: both("Famille"), Unit: "unit", ItemTax: "goods", Type: "goods",
			Status: "active", ListPrice: money.Must("11.00")})
		add(erp.KindPrice, "list/"+id, "", erp.Price{PriceList: "list", Item: id, Currency: "CAD", Breaks: []erp.Break{
			{From: money.Int(0), Price: money.Must("10.00")}, {From: money.Int(10), Price: money.Must("9.00")}}})
		add(erp.KindStock, id, "", erp.Stock{Item: id, Warehouse: "w", Place: both("Montréal"), OnHand: money.Int(1000), Available: money.Int(1000)})
	}
	return e
}

// Set changes or adds a record, as somebody in the ERP would.
func (e *ERP) Set(kind erp.Kind, id string, body erp.Body) {
	e.mu.Lock()
	defer e.mu.Unlock()
	for i, r := range e.records[kind] {
		if r.ID == id {
			e.records[kind][i].Body = body
			return
		}
	}
	e.records[kind] = append(e.records[kind], erp.Record{Kind: kind, ID: id, Body: body})
}

// Bills says in which currency a customer is billed; Canadian dollars otherwise.
func (e *ERP) Bills(customer, currency string) {
	e.mu.Lock()
	defer e.mu.Unlock()
	for i, r := range e.records[erp.KindCustomer] {
		if body := r.Body.(erp.Customer); r.ID == customer {
			body.Currency = currency
			e.records[erp.KindCustomer][i].Body = body
		}
	}
}

// SetDown stops or starts the ERP.
func (e *ERP) SetDown(down bool) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.Down, e.met = down, false
}

// Orders are all orders, by id.
func (e *ERP) Orders() map[string]erp.Order {
	e.mu.Lock()
	defer e.mu.Unlock()
	all := map[string]erp.Order{}
	for id, o := range e.orders {
		all[id] = *o
	}
	return all
}

func (e *ERP) enter() (func(), error) {
	e.mu.Lock()
	if e.Down {
		if !e.met {
			e.met = true
			e.Struck++
		}
		e.mu.Unlock()
		return nil, &erp.Error{Class: erp.Down, Code: "down"}
	}
	return e.mu.Unlock, nil
}

// Probe implements erp.Connector.
func (e *ERP) Probe(context.Context) (erp.Capabilities, error) {
	leave, err := e.enter()
	if err != nil {
		return erp.Capabilities{}, err
	}
	defer leave()
	return erp.Capabilities{Product: "Instant", Company: "Boréale", Currency: "CAD", TimeZone: "America/Toronto", Lanes: e.Lanes,
		Rounding:  money.Rounding{Mode: money.HalfEven, Level: money.PerDocument, PriceDigits: 4},
		Operation: 9 * time.Second, PollEvery: 500 * time.Millisecond, PriceLive: true, QuoteLive: true, Kinds: erp.Kinds}, nil
}

// Changed implements erp.Connector: everything, always; hashes do the rest.
func (e *ERP) Changed(_ context.Context, kind erp.Kind, cursor string, limit int) (erp.Page, error) {
	leave, err := e.enter()
	if err != nil {
		return erp.Page{}, err
	}
	defer leave()
	from := 0
	fmt.Sscanf(cursor, "%d", &from)
	all := e.records[kind]
	if from >= len(all) {
		from = 0
	}
	to := min(from+limit, len(all))
	page := erp.Page{Records: slices.Clone(all[from:to]), More: to < len(all)}
	if page.More {
		page.Cursor = fmt.Sprint(to)
	}
	return page, nil
}

// Read implements erp.Connector.
func (e *ERP) Read(_ context.Context, kind erp.Kind, ids []string) (found []erp.Record, err error) {
	leave, err := e.enter()
	if err != nil {
		return nil, err
	}
	defer leave()
	for _, id := range ids {
		at := slices.IndexFunc(e.records[kind], func(r erp.Record) bool { return r.ID == id })
		if at < 0 {
			found = append(found, erp.Record{Kind: kind, ID: id, Deleted: true})
		} else {
			found = append(found, e.records[kind][at])
		}
	}
	return found, nil
}

// IDs implements erp.Connector.
func (e *ERP) IDs(_ context.Context, kind erp.Kind) (ids []string, err error) {
	leave, err := e.enter()
	if err != nil {
		return nil, err
	}
	defer leave()
	for _, r := range e.records[kind] {
		ids = append(ids, r.ID)
	}
	return ids, nil
}

// Prices implements erp.Connector.
func (e *ERP) Prices(_ context.Context, questions []erp.PriceQuestion) (answers []erp.PriceAnswer, err error) {
	leave, err := e.enter()
	if err != nil {
		return nil, err
	}
	defer leave()
	for _, q := range questions {
		a := erp.PriceAnswer{Price: money.Must("10.00"), Known: true}
		if q.Quantity.Cmp(money.Int(10)) >= 0 {
			a.Price = money.Must("9.00")
		}
		answers = append(answers, a)
	}
	return answers, nil
}

// Quote implements erp.Connector.
func (e *ERP) Quote(_ context.Context, o erp.NewOrder) (erp.Totals, error) {
	leave, err := e.enter()
	if err != nil {
		return erp.Totals{}, err
	}
	defer leave()
	return totals(o)
}

func totals(o erp.NewOrder) (t erp.Totals, err error) {
	freight := money.Amount{Minor: 1800, Currency: o.Currency}
	t.Net, t.Freight = freight, &freight
	for _, l := range o.Lines {
		amount, err := money.HalfEven.Extend(l.UnitPrice, l.Quantity, o.Currency)
		if err != nil {
			return t, err
		}
		if t.Net, err = t.Net.Add(amount); err != nil {
			return t, err
		}
	}
	t.Total = t.Net
	for _, tax := range []struct{ id, rate string }{{"gst", "0.05"}, {"qst", "0.09975"}} {
		share, err := money.HalfEven.Share(t.Net, money.Must(tax.rate))
		if err != nil {
			return t, err
		}
		t.Taxes = append(t.Taxes, erp.TaxLine{Tax: tax.id, Name: erp.Text{FR: tax.id, EN: tax.id}, Base: t.Net, Amount: share})
		if t.Total, err = t.Total.Add(share); err != nil {
			return t, err
		}
	}
	return t, nil
}

// FindOrder implements erp.Connector.
func (e *ERP) FindOrder(_ context.Context, key string) (*erp.Order, error) {
	leave, err := e.enter()
	if err != nil {
		return nil, err
	}
	defer leave()
	if id, found := e.keys[key]; found {
		o := *e.orders[id]
		return &o, nil
	}
	return nil, nil
}

// CreateOrder implements erp.Connector.
func (e *ERP) CreateOrder(_ context.Context, n erp.NewOrder) (string, error) {
	leave, err := e.enter()
	if err != nil {
		return "", err
	}
	defer leave()
	if code := e.Refuse[n.Customer]; code != "" {
		return "", &erp.Error{Class: erp.Refused, Code: code, Text: "non"}
	}
	sums, err := totals(n)
	if err != nil {
		return "", err
	}
	sums.Total.Minor += e.off
	e.next++
	id := fmt.Sprintf("o%d", e.next)
	o := &erp.Order{ID: id, Key: n.Key, Customer: n.Customer, PONumber: n.PONumber, ShipTo: n.ShipTo, Date: n.Date, State: erp.OrderReceived, Totals: sums}
	for i, l := range n.Lines {
		amount, _ := money.HalfEven.Extend(l.UnitPrice, l.Quantity, n.Currency)
		o.Lines = append(o.Lines, erp.OrderLine{ID: fmt.Sprint(i), Item: l.Item, Quantity: l.Quantity, UnitPrice: l.UnitPrice, Amount: amount})
	}
	e.orders[id] = o
	if _, twice := e.keys[n.Key]; !twice {
		e.keys[n.Key] = id
	}
	e.Creates[n.Key]++
	e.Seen = append(e.Seen, n.Key)
	if e.Arrived != nil {
		e.Arrived(n.Key)
	}
	if e.Lose > 0 {
		e.Lose--
		e.Struck++
		return "", &erp.Error{Class: erp.Ambiguous, Code: "no_answer"}
	}
	return id, nil
}

// ReleaseOrder implements erp.Connector.
func (e *ERP) ReleaseOrder(_ context.Context, id string, accept []string) (erp.Order, error) {
	leave, err := e.enter()
	if err != nil {
		return erp.Order{}, err
	}
	defer leave()
	o := e.orders[id]
	if o == nil {
		return erp.Order{}, &erp.Error{Class: erp.Refused, Code: "unknown_order"}
	}
	if code := e.Question[o.Customer]; code != "" && !slices.Contains(accept, code) {
		return erp.Order{}, &erp.Error{Class: erp.NeedsDecision, Code: code, Text: "vraiment?"}
	}
	if o.State == erp.OrderReceived {
		if o.Number != "" || e.OneStep {
			o.State = erp.OrderReleased
		}
		o.Number = "CMD-" + id
	}
	return *o, nil
}

// CancelOrder implements erp.Connector.
func (e *ERP) CancelOrder(_ context.Context, id string) error {
	leave, err := e.enter()
	if err != nil {
		return err
	}
	defer leave()
	if o := e.orders[id]; o != nil && o.State == erp.OrderReceived {
		o.State = erp.OrderCancelled
	}
	return nil
}

// Put changes or adds a whole record, malformed ones too.
func (e *ERP) Put(r erp.Record) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.records[r.Kind] = slices.DeleteFunc(e.records[r.Kind], func(x erp.Record) bool { return x.ID == r.ID })
	e.records[r.Kind] = append(e.records[r.Kind], r)
}

// Delete takes a record away without a trace, as an ERP does.
func (e *ERP) Delete(kind erp.Kind, id string) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.records[kind] = slices.DeleteFunc(e.records[kind], func(x erp.Record) bool { return x.ID == id })
}

// AddToTotals says by how much the ERP's totals are to differ from what its lines come to.
func (e *ERP) AddToTotals(minor int64) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.off = minor
}
