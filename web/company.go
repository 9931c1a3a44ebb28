package web

import (
	"cmp"
	"context"

	"comptoir.example/comptoir/base/asof"
	"comptoir.example/comptoir/base/db"
	"comptoir.example/comptoir/base/outbox"
	"comptoir.example/comptoir/trade/access"
	"comptoir.example/comptoir/trade/customer"
	"comptoir.example/comptoir/trade/order"
	"comptoir.example/comptoir/web/ui"
)

// Counter is what every page of the shop and the portal knows: the company, its
// cart, how fresh the ERP's figures are.
type Counter struct {
	Customer customer.Customer
	Board    asof.Board
	Shell    ui.Shell
}

// Counter reads it. tab is the current one: "catalogue", "orders", "invoices" or
// "".
func (r *Request) Counter(ctx context.Context, tx *db.Tx, title, tab string) (c Counter, err error) {
	// All that a page asks goes to the database in one message.
	conn := r.Site.Engine.Merchant().Conn
	asof.Ask(ctx, tx, conn)
	outbox.AskDown(ctx, tx, conn)
	if r.Actor.Can(access.PlaceOrder) {
		order.AskCart(ctx, tx, r.Actor)
	}
	if c.Customer, err = customer.Of(ctx, tx, r.Actor); err != nil {
		return c, err
	}
	if c.Board, err = asof.Read(ctx, tx, c.Customer.Conn); err != nil {
		return c, err
	}
	c.Shell = r.Shell(title)
	c.Shell.Company, c.Shell.Tabs = c.Customer.Name, r.tabs(tab)
	if r.Actor.Can(access.PlaceOrder) {
		lines, sum, err := order.CartSummary(ctx, tx, r.Actor, c.Customer, r.Site.Engine.Merchant())
		if err != nil {
			return c, err
		}
		c.Shell.Cart = &ui.Cart{Lines: lines, Sum: sum}
	}
	q, err := outbox.DownSince(ctx, tx, c.Customer.Conn)
	if err == nil && !q.IsZero() {
		c.Shell.Banners = append(c.Shell.Banners[:len(c.Shell.Banners):len(c.Shell.Banners)],
			ui.Banner{Tone: "info", Key: "web.erp_down", Params: []any{"time", r.P.Time(q)}})
	}
	return c, err
}

// opens is the permission behind each tab of the shop.
var opens = map[string]access.Permission{"/catalogue": access.ViewCatalog, "/orders": access.ViewOrders, "/invoices": access.ViewInvoices}

// tabs are those of the shop that a person may open.
func (r *Request) tabs(current string) (tabs []ui.Tab) {
	for _, t := range ui.ShopTabs(current) {
		if r.Actor.Can(opens[t.Href]) {
			tabs = append(tabs, t)
		}
	}
	return tabs
}

// Numbers are the number an order is known by in lists, and the ERP's when it is
// another. An order that was written in the ERP may have neither yet.
func Numbers(o order.Order) (number, there string) {
	if o.Reference != "" && o.Reference != o.ERPNumber {
		return o.Reference, o.ERPNumber
	}
	return cmp.Or(o.ERPNumber, o.PONumber, o.ERP), ""
}
