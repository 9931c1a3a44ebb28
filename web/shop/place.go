package shop

import (
	"context"
	"net/http"
	"time"

	"comptoir.example/comptoir/base/db"
	"comptoir.example/comptoir/base/fault"
	"comptoir.example/comptoir/base/outbox"
	"comptoir.example/comptoir/erp"
	"comptoir.example/comptoir/trade/customer"
	"comptoir.example/comptoir/trade/order"
	"comptoir.example/comptoir/web"
)

// checkoutData is what the checkout page is made of.
type checkoutData struct {
	web.Counter
	cart      order.Cart
	addresses []customer.Address
	methods   []customer.Method
	method    *customer.Method
	totals    erp.Totals
	down      time.Time
}

// GET /checkout
func showCheckout(w http.ResponseWriter, r *web.Request) error {
	values := r.URL.Query()
	return checkout(w, r, http.StatusOK, order.Wish{ShipTo: values.Get("ship_to"), Delivery: values.Get("delivery"),
		PONumber: values.Get("po_number"), Comment: values.Get("comment")}, nil)
}

// checkout shows everything the buyer agrees to, with what was typed so far.
func checkout(w http.ResponseWriter, r *web.Request, status int, wish order.Wish, bad *fault.Fault) error {
	var d checkoutData
	if err := r.Read(func(ctx context.Context, tx *db.Tx) (err error) {
		d, err = readCheckout(ctx, tx, r, &wish)
		return err
	}); err != nil {
		return err
	}
	if len(d.cart.Lines) == 0 {
		return web.SeeOther(w, r, "/cart")
	}
	page := CheckoutPage{Key: d.cart.ID, ShipTo: wish.ShipTo, Method: wish.Delivery, PONumber: wish.PONumber, PORequired: d.Customer.PORequired,
		Comment: wish.Comment, Term: d.Customer.TermName, Totals: d.totals, Estimate: true, Prices: d.cart.Prices,
		Accepted: wish.Accept && wish.Prices == d.cart.Prices, Fault: bad, DownSince: d.down, AsOf: r.AsOf(d.Board, "price", "")}
	for _, l := range d.cart.Lines {
		page.Lines = append(page.Lines, lineOf(l))
		if l.Changed() {
			page.Changes = append(page.Changes, Change{l.Offer.SKU, l.Offer.Name, l.Was, l.Price})
		}
	}
	for _, a := range d.addresses {
		page.Addresses = append(page.Addresses, Address{ID: a.ERP, Name: a.Name, Address: erp.Address{Name: a.Name, Street: a.Street, City: a.City,
			Region: a.Region, Postal: a.Postal, Country: a.Country}})
	}
	for _, m := range d.methods {
		method := Method{ID: m.ERP, Name: m.Name}
		if m.Freight != nil {
			amount, err := r.Site.Engine.Merchant().Rounding.Mode.Of(*m.Freight, d.Customer.Currency)
			if err != nil {
				return err
			}
			method.Freight = &amount
		}
		page.Methods = append(page.Methods, method)
	}
	if d.down.IsZero() {
		// The ERP's own figures, when it gives them in time; else ours, called an estimate.
		ctx, cancel := context.WithTimeout(r.Context(), r.Site.ERPBudget)
		defer cancel()
		if totals, ok := r.Site.Engine.Quote(ctx, d.Customer, wish, d.cart); ok {
			page.Totals, page.Estimate = totals, false
			page.AsOf.At = r.Now
		}
	}
	return r.Show(w, status, Checkout(r.P, d.Shell, page))
}

func readCheckout(ctx context.Context, tx *db.Tx, r *web.Request, wish *order.Wish) (d checkoutData, err error) {
	if d.Counter, err = r.Counter(ctx, tx, r.P.T("shop.checkout"), ""); err != nil {
		return d, err
	}
	m := r.Site.Engine.Merchant()
	if d.cart, err = order.CartOf(ctx, tx, r.Actor, d.Customer, m); err != nil {
		return d, err
	}
	if d.addresses, err = customer.ShipTos(ctx, tx, d.Customer); err != nil {
		return d, err
	}
	if d.methods, err = customer.Methods(ctx, tx, d.Customer.Conn, erp.KindDeliveryMethod); err != nil {
		return d, err
	}
	if wish.ShipTo == "" && len(d.addresses) > 0 {
		wish.ShipTo = d.addresses[0].ERP
	}
	if wish.Delivery == "" && len(d.methods) > 0 {
		wish.Delivery = d.methods[0].ERP
	}
	for i := range d.methods {
		if d.methods[i].ERP == wish.Delivery {
			d.method = &d.methods[i]
		}
	}
	if d.totals, err = order.Sum(ctx, tx, d.Customer, m, d.cart, d.method); err != nil {
		return d, err
	}
	d.down, err = outbox.DownSince(ctx, tx, d.Customer.Conn)
	return d, err
}

// POST /orders
func placeOrder(w http.ResponseWriter, r *web.Request) error {
	wish := order.Wish{Cart: r.PostFormValue("cart"), ShipTo: r.PostFormValue("ship_to"), Delivery: r.PostFormValue("delivery"),
		PONumber: r.PostFormValue("po_number"), Comment: r.PostFormValue("comment"), Prices: r.PostFormValue("prices"),
		Accept: r.PostFormValue("accept") != ""}
	if r.PostFormValue("act") == "recalculate" {
		return checkout(w, r, http.StatusOK, wish, nil)
	}
	var placed order.Order
	crash := r.Site.Engine.Box.Crash
	err := r.WriteAs(r.Actor.Customer, func(ctx context.Context, tx *db.Tx) (err error) {
		placed, err = order.Place(ctx, tx, r.Actor, r.Site.Engine.Merchant(), wish)
		crash("order.written")
		return err
	})
	crash("order.committed")
	f := fault.Of(err)
	switch {
	case err == nil:
		return web.SeeOther(w, r, "/orders/"+placed.ID+"?placed=1")
	case f.Kind == fault.Conflict, len(f.Fields) > 0:
		return checkout(w, r, web.Status(f.Kind), wish, &f)
	}
	return err
}
