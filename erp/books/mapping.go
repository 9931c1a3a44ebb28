package books

import (
	"encoding/json"
	"strconv"
	"time"

	"comptoir.example/comptoir/erp"
)

// record puts what the API listed into the contract's envelope. What cannot be
// read is kept, and says why.
func record(kind erp.Kind, l listing) erp.Record {
	r := erp.Record{Kind: kind, ID: l.ID, ChangedAt: time.UnixMicro(l.Changed).UTC(), Raw: withoutCost(l.Body)}
	r.Rev = strconv.FormatInt(l.Changed, 10)
	var about struct{ Status string }
	if json.Unmarshal(l.Body, &about) == nil && about.Status == "archived" {
		r.Deleted, r.Raw = true, nil
		return r
	}
	no, body, err := kinds[kind].read(l.Body)
	if err != nil {
		r.Malformed = err.Error()
		return r
	}
	if o, is := body.(erp.Order); is && l.Again { // somebody's copy of an order of ours
		o.Key = ""
		body = o
	}
	r.No, r.Body = no, body
	return r
}

// withoutCost drops what the merchant pays from what is kept.
func withoutCost(body json.RawMessage) json.RawMessage {
	var fields map[string]json.RawMessage
	if json.Unmarshal(body, &fields) != nil || fields["cost"] == nil {
		return body
	}
	delete(fields, "cost")
	rest, _ := json.Marshal(fields) // was JSON: cannot fail
	return rest
}

// reader reads a body: its number for people, and what it is in the contract.
type reader func(json.RawMessage) (string, erp.Body, error)

// kinds are the API's word for each kind, and what to make of its records.
var kinds = map[erp.Kind]struct {
	path string
	read reader
}{
	erp.KindTerm:           {terms, mapped(func(d Term) (string, erp.Body) { return d.Code, d.canonical() })},
	erp.KindPaymentMethod:  {methods, mapped(func(d erp.PaymentMethod) (string, erp.Body) { return "", d })},
	erp.KindDeliveryMethod: {deliveries, mapped(func(d erp.DeliveryMethod) (string, erp.Body) { return "", d })},
	erp.KindUnit:           {units, mapped(func(d erp.Unit) (string, erp.Body) { return d.Symbol, d })},
	erp.KindTax:            {taxes, mapped(func(d erp.Tax) (string, erp.Body) { return "", d })},
	erp.KindTaxCase:        {taxCases, mapped(func(d erp.TaxCase) (string, erp.Body) { return "", d })},
	erp.KindCustomer:       {customers, mapped(func(d Customer) (string, erp.Body) { return d.Code, d.canonical() })},
	erp.KindAddress:        {addresses, mapped(func(d erp.Address) (string, erp.Body) { return "", d })},
	erp.KindItem:           {items, mapped(func(d Item) (string, erp.Body) { return d.Code, d.canonical() })},
	erp.KindPrice: {prices, mapped(func(d Ladder) (string, erp.Body) {
		return "", erp.Price{PriceList: d.PriceList, Item: d.Item, Currency: currency, Breaks: d.Breaks}
	})},
	erp.KindStock:    {stocks, mapped(func(d Stock) (string, erp.Body) { return "", d.canonical() })},
	erp.KindOrder:    {orders, mapped(func(d Order) (string, erp.Body) { return d.Number, d.canonical() })},
	erp.KindShipment: {shipments, mapped(func(d Shipment) (string, erp.Body) { return d.Number, d.canonical() })},
	erp.KindInvoice:  {invoices, mapped(func(d Invoice) (string, erp.Body) { return d.Number, d.canonical() })},
	erp.KindReceipt:  {receipts, mapped(func(d Receipt) (string, erp.Body) { return d.Number, d.canonical() })},
}

func mapped[T any](f func(T) (string, erp.Body)) reader {
	return func(data json.RawMessage) (string, erp.Body, error) {
		var d T
		if err := json.Unmarshal(data, &d); err != nil {
			return "", nil, err
		}
		no, body := f(d)
		return no, body, nil
	}
}

func (d Term) canonical() erp.Term {
	t := erp.Term{Name: d.Name}
	if n := len(d.Parts); n > 0 {
		t.Days = &d.Parts[n-1].Days
	}
	return t
}

func (d Stock) canonical() erp.Stock {
	return erp.Stock{Item: d.Item, Warehouse: "WH", Place: erp.Text{FR: "Entrepôt", EN: "Warehouse"},
		OnHand: d.OnHand, Available: minus(d.OnHand, d.Promised)}
}

func (d Customer) canonical() erp.Customer {
	c := erp.Customer{Name: d.Name, Language: d.Language, Currency: currency, PriceList: d.PriceList, CustomerTax: d.Tax,
		Term: d.Term, Email: d.Email, Phone: d.Phone, CreditLimit: d.Limit, Status: "active"}
	if d.Blocked {
		c.Status = "orders_blocked"
	}
	return c
}

// canonical gives the list price by the sale unit.
func (d Item) canonical() erp.Item {
	it := erp.Item{SKU: d.Code, Name: d.Name, Category: d.Family, Family: d.FamilyName, Unit: d.Unit, ItemTax: d.Tax,
		Type: "goods", Status: d.Status}
	it.ListPrice, _ = d.List.Mul(d.Pieces) // fits: both were bounded when they were set
	if d.Service {
		it.Type = "service"
	}
	return it
}

// orderStates are the contract's words; others are unknown to it.
var orderStates = map[string]erp.OrderState{
	draft: erp.OrderReceived, quoted: erp.OrderReceived, confirmed: erp.OrderReleased, partShipped: erp.OrderPartlyShipped,
	shipped: erp.OrderShipped, invoiced: erp.OrderInvoiced, closed: erp.OrderClosed, cancelled: erp.OrderCancelled,
}

func (d Order) canonical() erp.Order {
	o := erp.Order{ID: d.ID, Key: d.Key, Number: d.Number, PONumber: d.PONumber, Customer: d.Customer, ShipTo: d.ShipTo,
		Date: d.Date, State: orderStates[d.State], Totals: d.Totals}
	if o.State == "" {
		o.State = erp.OrderUnknown
	}
	for _, l := range d.Lines {
		o.Lines = append(o.Lines, l.OrderLine)
	}
	return o
}

func (d Shipment) canonical() erp.Shipment {
	s := erp.Shipment{Number: d.Number, Customer: d.Customer, Orders: []string{d.Order}, Date: d.Date, Carrier: d.Carrier,
		State: word(d.State, map[string]string{"waiting": "preparing", "done": "done", cancelled: "cancelled"})}
	for _, m := range d.Lines {
		s.Lines = append(s.Lines, m.ShipmentLine)
	}
	return s
}

func (d Invoice) canonical() erp.Invoice {
	i := erp.Invoice{Number: d.Number, Customer: d.Customer, Orders: []string{d.Order}, PONumber: d.PONumber, Date: d.Date,
		Due: d.Due, Totals: d.Totals, Open: d.Open, Keys: d.Keys,
		State: word(d.State, map[string]string{"posted": "open", "paid": "paid", cancelled: "cancelled"})}
	for _, l := range d.Lines {
		i.Lines = append(i.Lines, erp.InvoiceLine{Item: l.Item, Text: l.Text, Quantity: l.Quantity, Unit: l.Unit,
			UnitPrice: l.UnitPrice, Amount: l.Amount})
	}
	return i
}

func (d Receipt) canonical() erp.Receipt {
	return erp.Receipt{ID: d.ID, Key: d.Key, Number: d.Number, Customer: d.Customer, Date: d.Date, Amount: d.Amount,
		Unapplied: d.Unapplied, Reference: d.Reference, Lines: d.Lines,
		State: erp.ReceiptState(word(d.State, map[string]string{"received": "received", "posted": "posted", "reversed": "reversed"}))}
}

func word(theirs string, words map[string]string) string {
	if ours, known := words[theirs]; known {
		return ours
	}
	return "unknown"
}

func newOrder(o erp.NewOrder) NewOrder {
	in := NewOrder{Header: Header{Key: o.Key, Customer: o.Customer, ShipTo: o.ShipTo, PONumber: o.PONumber, Date: o.Date,
		Currency: o.Currency, Delivery: o.DeliveryMethod, Comment: o.Comment}}
	for _, l := range o.Lines {
		in.Lines = append(in.Lines, NewLine(l))
	}
	return in
}
