// Package portal is the customer's own counter: orders, invoices.
package portal

import (
	"context"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"comptoir.example/comptoir/base/asof"
	"comptoir.example/comptoir/base/db"
	"comptoir.example/comptoir/erp"
	"comptoir.example/comptoir/finance/invoice"
	"comptoir.example/comptoir/finance/payment"
	"comptoir.example/comptoir/trade/access"
	"comptoir.example/comptoir/trade/catalog"
	"comptoir.example/comptoir/trade/customer"
	"comptoir.example/comptoir/trade/order"
	"comptoir.example/comptoir/trade/price"
	"comptoir.example/comptoir/web"
	"comptoir.example/comptoir/web/ui"
)

// Routes are the portal's addresses.
func Routes() []web.Route {
	return []web.Route{
		web.Get("/orders", access.ViewOrders, web.None, showOrders),
		web.Get("/orders/{id}", access.ViewOrders, web.OwnCompany, showOrder),
		web.Get("/invoices", access.ViewInvoices, web.None, showInvoices),
		web.Get("/invoices/{id}", access.ViewInvoices, web.OwnCompany, showInvoice),
		web.Get("/invoices/{id}/pdf", access.ViewInvoices, web.OwnCompany, printInvoice),
		web.Get("/statement", access.ViewInvoices, web.None, showStatement),
		web.Get("/statement/csv", access.ViewInvoices, web.None, statementCSV),
		web.Get("/statement/pdf", access.ViewInvoices, web.None, statementPDF),
		web.Post("/invoices/{id}/links", access.PayInvoices, web.OwnCompany, sendLink),
		web.Post("/invoices/{id}/links/{link}/revocation", access.PayInvoices, web.OwnCompany, revokeLink),
		web.Get("/payments/new", access.PayInvoices, web.None, showPay),
		web.Post("/payments", access.PayInvoices, web.None, startPayment),
		web.Get("/payments/{id}", access.ViewInvoices, web.OwnCompany, showPayment),
		web.Post("/payments/{id}/attempts", access.PayInvoices, web.OwnCompany, retryPayment),
		web.Post("/payments/{id}/closing", access.PayInvoices, web.OwnCompany, closePayment),
		web.Get("/payment-methods", access.PayInvoices, web.None, showMethods),
		web.Get("/payment-methods/{id}/removal", access.DropMethods, web.OwnCompany, askRemoval),
		web.Post("/payment-methods/{id}/removal", access.DropMethods, web.OwnCompany, removeMethod),
		web.Get("/pay/{token}", access.Anyone, web.Bearer, showGuest),
		web.Post("/pay/{token}", access.Anyone, web.Bearer, payAsGuest),
	}
}

// pageSize is how many documents a page of a list shows.
const pageSize = 50

// GET /orders
func showOrders(w http.ResponseWriter, r *web.Request) error {
	var c web.Counter
	var page OrdersPage
	page.Query = r.URL.Query().Get("q")
	err := r.Read(func(ctx context.Context, tx *db.Tx) (err error) {
		if c, err = r.Counter(ctx, tx, r.P.T("ui.tab.orders"), "orders"); err != nil {
			return err
		}
		orders, err := order.List(ctx, tx, r.Actor, page.Query, after(r), pageSize+1)
		if err != nil {
			return err
		}
		if len(orders) > pageSize {
			orders = orders[:pageSize]
			last := orders[pageSize-1]
			page.Pages.Next = nextPage(r, last.Placed, last.ID)
		}
		page.Pages = counted(r, page.Pages, len(orders))
		names, err := customer.ShipToNames(ctx, tx, c.Customer)
		for _, o := range orders {
			sums, final := o.Sums()
			number, there := web.Numbers(o)
			page.Orders = append(page.Orders, OrderRow{ID: o.ID, Number: number, ERPNumber: there, PONumber: o.PONumber, PlacedAt: o.Placed,
				ShipTo: names[o.ShipTo], State: StampOf(o.State), Total: sums.Total, Estimate: !final})
		}
		return err
	})
	if err != nil {
		return err
	}
	page.AsOf = r.AsOf(c.Board, "order", "")
	return r.Show(w, http.StatusOK, Orders(r.P, c.Shell, page))
}

// after reads where a list goes on; nextPage writes it.
func after(r *web.Request) order.Page {
	values := r.URL.Query()
	at, err := time.Parse(time.RFC3339Nano, values.Get("before"))
	if err != nil {
		return order.Page{}
	}
	return order.Page{Before: at, ID: values.Get("id")}
}

// counted numbers the rows of a part of a list. How many there are in all is only
// known when all are shown.
func counted(r *web.Request, p ui.Pages, shown int) ui.Pages {
	from, _ := strconv.Atoi(r.URL.Query().Get("from"))
	p.From = max(from, 1)
	p.To = p.From + shown - 1
	if p.Next != "" {
		next, err := url.Parse(p.Next)
		if err == nil {
			values := next.Query()
			values.Set("from", strconv.Itoa(p.To+1))
			p.Next = next.Path + "?" + values.Encode()
		}
	} else if p.From == 1 {
		p.Total = shown
	}
	return p
}

func nextPage(r *web.Request, at time.Time, id string) string {
	values := r.URL.Query()
	values.Set("before", at.Format(time.RFC3339Nano))
	values.Set("id", id)
	return r.URL.Path + "?" + values.Encode()
}

// StampOf is an order's state in the vocabulary of stamps.
func StampOf(s order.State) string {
	if s == order.Refused {
		return "rejected"
	}
	return string(s)
}

// GET /orders/{id}
func showOrder(w http.ResponseWriter, r *web.Request) error {
	var c web.Counter
	var page OrderPage
	err := r.Read(func(ctx context.Context, tx *db.Tx) (err error) {
		if c, err = r.Counter(ctx, tx, "", "orders"); err != nil {
			return err
		}
		o, err := order.Find(ctx, tx, r.Actor, r.PathValue("id"))
		if err != nil {
			return err
		}
		page, err = ReadOrder(ctx, tx, r, o, c.Board)
		return err
	})
	if err != nil {
		return err
	}
	page.JustNow = r.URL.Query().Has("placed") && (page.State == "submitted" || page.State == "accepted")
	if page.ETag, err = web.Mark(r.Context(), OrderLive(r.P, page)); err != nil {
		return err
	}
	if r.IsLive() {
		return r.Part(w, page.ETag, OrderLive(r.P, page))
	}
	c.Shell.Title = r.P.T("portal.order.title", "number", page.Number)
	return r.Show(w, http.StatusOK, Order(r.P, c.Shell, page))
}

// ReadOrder is everything the page of an order shows; the desk shows it too.
func ReadOrder(ctx context.Context, tx *db.Tx, r *web.Request, o order.Order, board asof.Board) (OrderPage, error) {
	sums, final := o.Sums()
	page := OrderPage{ID: o.ID, Number: o.Reference, ERPNumber: o.ERPNumber, PONumber: o.PONumber, State: StampOf(o.State), PlacedAt: o.Placed,
		Totals: sums, FromERP: final, Comment: o.Comment, AsOf: r.AsOf(board, "order", ""), Phone: r.Site.Engine.Merchant().Phone,
		Final: o.State == order.Cancelled}
	if final && o.Key != "" && o.Totals.Total != sums.Total {
		page.Accepted = &o.Totals.Total
	}
	for _, l := range o.Lines {
		if l.Freight {
			continue
		}
		line := ui.Line{Ordered: l.Quantity, Shipped: l.Shipped, Cancelled: o.State == order.Cancelled}
		if o.State == order.Accepted {
			line.Preparing = l.Left()
		}
		page.Lines = append(page.Lines, OrderLine{SKU: l.SKU, Name: l.Name, Price: l.UnitPrice, Amount: l.Amount, Line: line})
	}
	shipments, err := order.Shipments(ctx, tx, o)
	if err != nil {
		return page, err
	}
	for _, s := range shipments {
		page.Shipments = append(page.Shipments, Shipment{s.Number, s.Day, s.Carrier, s.Tracking, s.State})
	}
	invoices, err := invoice.OfOrder(ctx, tx, o.Conn, o.ERP)
	if err != nil {
		return page, err
	}
	today := r.Site.Engine.Merchant().Day(r.Now)
	standing, err := payment.StandingOf(ctx, tx, invoices)
	if err != nil {
		return page, err
	}
	for _, i := range invoices {
		s := standing[i.ID]
		shown := OrderInvoice{ID: i.ID, Number: i.Number, Due: i.Due, State: invoiceStamp(i, s, today), Total: i.Total, Open: s.Shown(), Taxes: i.Totals.Taxes}
		if !r.Actor.Can(access.ViewInvoices) {
			shown.ID = "" // its number is no secret to who ordered; its page needs the right
		}
		page.Invoices = append(page.Invoices, shown)
	}
	if err := page.whereTo(ctx, tx, o); err != nil {
		return page, err
	}
	if err := page.tell(ctx, tx, r, o, shipments, invoices); err != nil {
		return page, err
	}
	return page, nil
}

func (page *OrderPage) whereTo(ctx context.Context, tx *db.Tx, o order.Order) error {
	a, err := customer.AddressOf(ctx, tx, o.Conn, o.ShipTo)
	if err != nil {
		return err
	}
	page.ShipTo = Address{a.Name, erp.Address{Name: a.Name, Street: a.Street, City: a.City, Region: a.Region, Postal: a.Postal, Country: a.Country}}
	methods, err := customer.Methods(ctx, tx, o.Conn, erp.KindDeliveryMethod)
	for _, m := range methods {
		if m.ERP == o.Delivery {
			page.Delivery = m.Name
		}
	}
	return err
}

func invoiceStamp(i invoice.Invoice, s payment.Standing, today string) string {
	if state := s.State(i, today); state != "credit" {
		return state
	}
	return "credited"
}

// GET /invoices
func showInvoices(w http.ResponseWriter, r *web.Request) error {
	var c web.Counter
	page := InvoicesPage{Query: r.URL.Query().Get("q"), Age: r.URL.Query().Get("age")}
	today := r.Site.Engine.Merchant().Day(r.Now)
	err := r.Read(func(ctx context.Context, tx *db.Tx) (err error) {
		if c, err = r.Counter(ctx, tx, r.P.T("ui.tab.invoices"), "invoices"); err != nil {
			return err
		}
		ages, err := payment.Aging(ctx, tx, r.Actor, today)
		if err != nil {
			return err
		}
		page.Open, page.Overdue, page.Credits = ages.Open, ages.Overdue, ages.Credits
		page.NextDue = ages.NextDue
		for i, key := range invoice.Ages {
			page.Aging = append(page.Aging, Age{key, ages.By[i]})
		}
		values := r.URL.Query()
		list, err := invoice.List(ctx, tx, r.Actor, invoice.Filter{Age: page.Age, Text: page.Query, Today: today},
			invoice.After{Day: values.Get("before"), ID: values.Get("id")}, pageSize+1)
		if len(list) > pageSize {
			list = list[:pageSize]
			last := list[pageSize-1]
			values.Set("before", last.Day)
			values.Set("id", last.ID)
			page.Pages.Next = "/invoices?" + values.Encode()
		}
		if err != nil {
			return err
		}
		page.Pages = counted(r, page.Pages, len(list))
		page.CanPay = r.Actor.Can(access.PayInvoices) && r.Site.Gateway != nil
		standing, err := payment.StandingOf(ctx, tx, list)
		for _, i := range list {
			s := standing[i.ID]
			row := InvoiceRow{ID: i.ID, Number: i.Number, PONumber: i.PONumber, Date: i.Day, Due: i.Due,
				DaysLate: s.DaysLate(i, today), State: invoiceStamp(i, s, today), Total: i.Total, Open: s.Shown(),
				Payable: page.CanPay && i.Total.Minor > 0 && s.Free.Minor > 0, Payment: s.By}
			page.Payable = page.Payable || row.Payable
			page.Invoices = append(page.Invoices, row)
		}
		return err
	})
	if err != nil {
		return err
	}
	page.AsOf = r.AsOf(c.Board, "invoice", "")
	return r.Show(w, http.StatusOK, Invoices(r.P, c.Shell, page))
}

// GET /invoices/{id}
func showInvoice(w http.ResponseWriter, r *web.Request) error {
	return showInvoiceWith(w, r, http.StatusOK, LinkForm{Sent: r.URL.Query().Has("sent")})
}

// showInvoiceWith shows an invoice with what was typed to send a link for it.
func showInvoiceWith(w http.ResponseWriter, r *web.Request, status int, typed LinkForm) error {
	var c web.Counter
	var page InvoicePage
	err := r.Read(func(ctx context.Context, tx *db.Tx) (err error) {
		if c, err = r.Counter(ctx, tx, "", "invoices"); err != nil {
			return err
		}
		var i invoice.Invoice
		if page, i, err = readInvoice(ctx, tx, r, c.Customer, c.Board); err != nil {
			return err
		}
		page.Payable = r.Site.Gateway != nil && r.Actor.Can(access.PayInvoices) && page.Payment == "" && page.Open.Minor > 0
		page.Link, page.Links, err = linksOf(ctx, tx, r, i, typed)
		return err
	})
	if err != nil {
		return err
	}
	c.Shell.Title = page.Number
	return r.Show(w, status, Invoice(r.P, c.Shell, page))
}

// readInvoice is everything the page of an invoice shows, and its print.
func readInvoice(ctx context.Context, tx *db.Tx, r *web.Request, c customer.Customer, board asof.Board) (page InvoicePage, i invoice.Invoice, err error) {
	today := r.Site.Engine.Merchant().Day(r.Now)
	i, err = invoice.Find(ctx, tx, r.Actor, r.PathValue("id"))
	if err != nil {
		return page, i, err
	}
	standing, err := payment.StandingOf(ctx, tx, []invoice.Invoice{i})
	if err != nil {
		return page, i, err
	}
	s := standing[i.ID]
	page = InvoicePage{ID: i.ID, ERP: i.ERP, Number: i.Number, Credit: i.Total.Minor < 0, State: invoiceStamp(i, s, today), Date: i.Day, Due: i.Parts,
		DaysLate: s.DaysLate(i, today), PONumber: i.PONumber, Totals: i.Totals, Open: s.Shown(), Taken: s.Taken, Payment: s.By, AsOf: r.AsOf(board, "invoice", "")}
	orders, err := order.OfInvoice(ctx, tx, r.Actor, i.Conn, i.ERP)
	if err != nil {
		return page, i, err
	}
	for _, o := range orders {
		page.Orders = append(page.Orders, OrderRef{o.ID, o.Number()})
	}
	page.Lines, err = invoiceLines(ctx, tx, c, i)
	return page, i, err
}

func invoiceLines(ctx context.Context, tx *db.Tx, c customer.Customer, i invoice.Invoice) (lines []InvoiceLine, err error) {
	var ids []string
	for _, l := range i.Lines {
		ids = append(ids, l.Item)
	}
	offers, err := price.Of(ctx, tx, c, ids)
	if err != nil {
		return nil, err
	}
	units, err := catalog.Units(ctx, tx, i.Conn)
	for _, l := range i.Lines {
		item := offers[l.Item]
		// ERPs begin a line's text with the code, which stands beside it here.
		text := strings.TrimPrefix(l.Text, item.SKU+" ")
		line := InvoiceLine{SKU: item.SKU, Text: text, Unit: units[l.Unit].Name, Quantity: l.Quantity, Price: l.UnitPrice, Amount: l.Amount}
		lines = append(lines, line)
	}
	return lines, err
}
