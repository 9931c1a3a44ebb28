package books

import (
	"encoding/json"
	"time"

	"comptoir.example/comptoir/erp"
)

// record puts what the API listed into the contract's envelope. What cannot be
// read is kept, and says why.
func record(kind erp.Kind, l listing) erp.Record {
	r := erp.Record{Kind: kind, ID: l.ID, ChangedAt: time.UnixMicro(l.Changed).UTC(), Raw: withoutCost(l.Body)}
	r.Rev = r.ChangedAt.Format(time.RFC3339Nano)
	err := fill(&r, l.Body)
	if err != nil {
		r.Body, r.Malformed = nil, err.Error()
	}
	return r
}

// withoutCost drops what the merchant pays from what is kept.
func withoutCost(body json.RawMessage) json.RawMessage {
	var fields map[string]json.RawMessage
	if json.Unmarshal(body, &fields) != nil || fields["cost"] == nil {
		return body
	}
	delete(fields, "cost")
	rest, err := json.Marshal(fields)
	if err != nil {
		return nil
	}
	return rest
}

// as reads a document of the API.
func as[T any](body json.RawMessage) (d T, err error) {
	err = json.Unmarshal(body, &d)
	return d, err
}

// fill reads a body. What the API says in the contract's words goes through.
func fill(r *erp.Record, body json.RawMessage) (err error) {
	switch r.Kind {
	case erp.KindTerm:
		var d Term
		d, err = as[Term](body)
		term := erp.Term{Name: d.Name}
		if n := len(d.Parts); n > 0 {
			term.Days = &d.Parts[n-1].Days
		}
		r.No, r.Body = d.Code, term
	case erp.KindPaymentMethod:
		r.Body, err = as[erp.PaymentMethod](body)
	case erp.KindDeliveryMethod:
		r.Body, err = as[erp.DeliveryMethod](body)
	case erp.KindUnit:
		var d erp.Unit
		d, err = as[erp.Unit](body)
		r.No, r.Body = d.Symbol, d
	case erp.KindTax:
		r.Body, err = as[erp.Tax](body)
	case erp.KindTaxCase:
		r.Body, err = as[erp.TaxCase](body)
	case erp.KindCustomer:
		var d Customer
		d, err = as[Customer](body)
		r.No, r.Body = d.Code, d.canonical()
	case erp.KindAddress:
		r.Body, err = as[erp.Address](body)
	case erp.KindItem:
		var d Item
		d, err = as[Item](body)
		r.No, r.Body = d.Code, d.canonical()
	case erp.KindPrice:
		var d Ladder
		d, err = as[Ladder](body)
		r.Body = erp.Price{PriceList: d.PriceList, Item: d.Item, Currency: currency, Breaks: d.Breaks}
	case erp.KindStock:
		var d Stock
		d, err = as[Stock](body)
		r.Body = erp.Stock{Item: d.Item, Warehouse: "WH", Place: erp.Text{FR: "Entrepôt", EN: "Warehouse"},
			OnHand: d.OnHand, Available: minus(d.OnHand, d.Promised)}
	case erp.KindOrder:
		var d Order
		d, err = as[Order](body)
		r.No, r.Body = d.Number, d.canonical()
	case erp.KindShipment:
		var d Shipment
		d, err = as[Shipment](body)
		r.No, r.Body = d.Number, d.canonical()
	case erp.KindInvoice:
		var d Invoice
		d, err = as[Invoice](body)
		r.No, r.Body = d.Number, d.canonical()
	}
	return err
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
		Type: "goods", Status: "active"}
	it.ListPrice, _ = d.List.Mul(d.Pieces) // fits: both were bounded when they were set
	if d.Service {
		it.Type = "service"
	}
	if d.Inactive {
		it.Status = "blocked"
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
		Due: d.Due, Totals: d.Totals, Open: d.Open,
		State: word(d.State, map[string]string{"posted": "open", "paid": "paid", cancelled: "cancelled"})}
	for _, l := range d.Lines {
		i.Lines = append(i.Lines, erp.InvoiceLine{Item: l.Item, Text: l.Text, Quantity: l.Quantity, Unit: l.Unit,
			UnitPrice: l.UnitPrice, Amount: l.Amount})
	}
	return i
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
