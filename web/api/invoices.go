package api

import (
	"context"

	"comptoir.example/comptoir/base/asof"
	"comptoir.example/comptoir/base/db"
	"comptoir.example/comptoir/erp"
	"comptoir.example/comptoir/finance/invoice"
	"comptoir.example/comptoir/finance/payment"
	"comptoir.example/comptoir/trade/catalog"
	"comptoir.example/comptoir/trade/customer"
	"comptoir.example/comptoir/trade/order"
	"comptoir.example/comptoir/trade/price"
	"comptoir.example/comptoir/web"
)

// InvoiceHead is an invoice in a list, or a credit note when its total is
// negative.
type InvoiceHead struct {
	ID       string       `json:"id"`
	Number   string       `json:"number"`
	State    string       `json:"state" enum:"not_due,overdue,part_paid,paid,credit,cancelled,payment_pending"`
	PONumber string       `json:"po_number"`
	Date     string       `json:"date" format:"date"`
	Due      []Instalment `json:"due"`
	Total    Amount       `json:"total"`
	Open     Amount       `json:"open_balance"` // less what is pending
	Pending  Amount       `json:"pending"`      // paid here, and the ERP's balance does not count it yet
	AsOf     AsOf         `json:"as_of"`
}

// Instalment is a part of an invoice with its own due date.
type Instalment struct {
	Date   string `json:"date" format:"date"`
	Amount Amount `json:"amount"`
}

// Invoice is an invoice as the ERP posted it.
type Invoice struct {
	InvoiceHead
	Orders []InvoiceOrder `json:"orders"`
	Lines  []InvoiceLine  `json:"lines"`
	Totals Totals         `json:"totals"`
}

// InvoiceOrder is an order the invoice is of.
type InvoiceOrder struct {
	ID     string `json:"id"`
	Number string `json:"number"`
}

// InvoiceLine is one line, as the document has it; the SKU is absent when it is
// no product.
type InvoiceLine struct {
	SKU       string   `json:"sku,omitempty"`
	Text      string   `json:"text"`
	UnitName  erp.Text `json:"unit_name"`
	Quantity  string   `json:"quantity"`
	UnitPrice string   `json:"unit_price"`
	Amount    Amount   `json:"amount"`
}

func invoiceHead(i invoice.Invoice, s payment.Standing, today string, as AsOf) InvoiceHead {
	head := InvoiceHead{ID: wireID(invoiceID, i.ID), Number: i.Number, State: s.State(i, today), PONumber: i.PONumber, Date: i.Day,
		Due: make([]Instalment, len(i.Parts)), Total: amount(i.Total), Open: amount(s.Shown()), Pending: amount(s.Taken), AsOf: as}
	for n, part := range i.Parts {
		head.Due[n] = Instalment{part.Date, amount(part.Amount)}
	}
	return head
}

// GET /v1/invoices
func listInvoices(r *web.Request, in *struct {
	Paging
	Number string `query:"number" maxLength:"200"` // the invoice's or the purchase order's
}) (*Paged[InvoiceHead], error) {
	place, err := in.cursor(2)
	if err != nil {
		return nil, err
	}
	today := r.Site.Engine.Merchant().Day(r.Now)
	var invoices []invoice.Invoice
	var standing map[string]payment.Standing
	var board asof.Board
	err = r.Read(func(ctx context.Context, tx *db.Tx) (err error) {
		filter := invoice.Filter{Text: in.Number, Today: today}
		if invoices, err = invoice.List(ctx, tx, r.Actor, filter, invoice.After{Day: place[0], ID: place[1]}, in.Limit+1); err != nil {
			return err
		}
		if standing, err = payment.StandingOf(ctx, tx, invoices); err == nil {
			_, board, err = company(ctx, tx, r)
		}
		return err
	})
	as := asOf(board.Of(string(erp.KindInvoice)), r.Now)
	return page(r, in.Limit, invoices,
		func(i invoice.Invoice) InvoiceHead { return invoiceHead(i, standing[i.ID], today, as) },
		func(i invoice.Invoice) string { return encodeCursor(i.Day, i.ID) }), err
}

// GET /v1/invoices/{id}
func getInvoice(r *web.Request, in *struct {
	ID string `path:"id"`
}) (*struct{ Body Invoice }, error) {
	id, err := parseID(invoiceID, in.ID, "invoice.not_found")
	if err != nil {
		return nil, err
	}
	var out struct{ Body Invoice }
	return &out, r.Read(func(ctx context.Context, tx *db.Tx) error {
		i, err := invoice.Find(ctx, tx, r.Actor, id)
		if err != nil {
			return err
		}
		c, board, err := company(ctx, tx, r)
		if err != nil {
			return err
		}
		standing, err := payment.StandingOf(ctx, tx, []invoice.Invoice{i})
		if err != nil {
			return err
		}
		today := r.Site.Engine.Merchant().Day(tx.Now)
		out.Body = Invoice{InvoiceHead: invoiceHead(i, standing[i.ID], today, asOf(board.Of(string(erp.KindInvoice)), tx.Now)), Orders: []InvoiceOrder{}, Totals: totals(i.Totals, false)}
		orders, err := order.OfInvoice(ctx, tx, r.Actor, i.Conn, i.ERP)
		if err != nil {
			return err
		}
		for _, o := range orders {
			out.Body.Orders = append(out.Body.Orders, InvoiceOrder{wireID(orderID, o.ID), o.Number()})
		}
		out.Body.Lines, err = invoiceLines(ctx, tx, c, i)
		return err
	})
}

// invoiceLines names products and units in words a caller knows.
func invoiceLines(ctx context.Context, tx *db.Tx, c customer.Customer, i invoice.Invoice) ([]InvoiceLine, error) {
	var items []string
	for _, l := range i.Lines {
		if l.Item != "" {
			items = append(items, l.Item)
		}
	}
	offers, err := price.Of(ctx, tx, c, items)
	if err != nil {
		return nil, err
	}
	units, err := catalog.Units(ctx, tx, c.Conn)
	if err != nil {
		return nil, err
	}
	lines := make([]InvoiceLine, len(i.Lines))
	for n, l := range i.Lines {
		lines[n] = InvoiceLine{offers[l.Item].SKU, l.Text, units[l.Unit].Name, number(l.Quantity), unitPrice(l.UnitPrice, i.Total.Currency), amount(l.Amount)}
	}
	return lines, nil
}
