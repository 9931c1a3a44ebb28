package api

import (
	"context"
	"strings"

	"comptoir.example/comptoir/base/db"
	"comptoir.example/comptoir/base/fault"
	"comptoir.example/comptoir/trade/access"
	"comptoir.example/comptoir/web"
	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"
)

// operations is everything a program can do here. There is no way to add one
// without saying which permission it takes and whose objects it deals in.
var operations = []operation{
	on("POST", "/v1/tokens", "create_token", access.Anyone, web.None, createToken),
	on("DELETE", "/v1/tokens", "revoke_token", access.Member, web.OwnPerson, revokeToken),
	on("GET", "/v1/problems/{code}", "get_problem", access.Anyone, web.None, getProblem),

	on("GET", "/v1/products", "list_products", access.ViewCatalog, web.None, listProducts),
	on("GET", "/v1/products/{sku}", "get_product", access.ViewCatalog, web.None, getProduct),
	on("GET", "/v1/addresses", "list_addresses", access.PlaceOrder, web.None, listAddresses),
	on("GET", "/v1/delivery_methods", "list_delivery_methods", access.PlaceOrder, web.None, listDeliveryMethods),

	on("POST", "/v1/orders", "place_order", access.PlaceOrder, web.None, placeOrder),
	on("GET", "/v1/orders", "list_orders", access.ViewOrders, web.None, listOrders),
	on("GET", "/v1/orders/{id}", "get_order", access.ViewOrders, web.OwnCompany, getOrder),
	on("GET", "/v1/invoices", "list_invoices", access.ViewInvoices, web.None, listInvoices),
	on("GET", "/v1/invoices/{id}", "get_invoice", access.ViewInvoices, web.OwnCompany, getInvoice),
	on("GET", "/v1/statement", "get_statement", access.ViewInvoices, web.None, getStatement),

	on("POST", "/v1/payments", "start_payment", access.PayInvoices, web.None, startPayment),
	on("GET", "/v1/payments", "list_payments", access.ViewInvoices, web.None, listPayments),
	on("GET", "/v1/payments/{id}", "get_payment", access.ViewInvoices, web.OwnCompany, getPayment),
	on("GET", "/v1/payment_methods", "list_payment_methods", access.PayInvoices, web.None, listMethods),
}

type operation struct {
	web.Route
	id       string // names it in the document, and its summary "api.op.<id>"
	register func(huma.API, huma.Operation)
}

// on is an operation whose input and output types are its contract.
func on[I, O any](method, path, id string, may access.Permission, of web.Object, do func(*web.Request, *I) (*O, error)) operation {
	return operation{web.Route{Method: method, Path: path, May: may, Of: of}, id, func(api huma.API, op huma.Operation) {
		huma.Register(api, op, func(ctx context.Context, in *I) (*O, error) {
			r := request(ctx)
			out, err := do(r, in)
			if err != nil {
				return nil, problemOf(r, err)
			}
			return out, nil
		})
	}}
}

// Operations lists the API's addresses with their permissions, for the
// exercises every face has to pass.
func Operations() []web.Route {
	routes := make([]web.Route, len(operations))
	for i, o := range operations {
		routes[i] = o.Route
	}
	return routes
}

// guard finds out who calls and refuses what the operation does not allow,
// before anything of the call is read.
func (f *face) guard(route web.Route) func(huma.Context, func(huma.Context)) {
	return func(ctx huma.Context, next func(huma.Context)) {
		if r := request(ctx.Context()); route.May != access.Anyone {
			err := whoCalls(r)
			if err == nil {
				err = r.Actor.Must(route.May)
			}
			if err != nil {
				_, w := humago.Unwrap(ctx)
				problemOf(r, err).write(w)
				return
			}
		}
		next(ctx)
	}
}

// whoCalls resumes the session of the request's token. A browser's session does
// not open the API, nor a token a page.
func whoCalls(r *web.Request) error {
	scheme, token, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	if !strings.EqualFold(scheme, "bearer") || token == "" {
		return fault.New(fault.Denied, "api.no_token")
	}
	return r.Read(func(ctx context.Context, tx *db.Tx) error {
		session, found, err := access.Resume(ctx, tx, token)
		if err == nil && (!found || !session.API) {
			err = fault.New(fault.Denied, "api.bad_token")
		}
		r.Session, r.Actor = session, session.Actor
		r.Actor.Request, r.Actor.Lang = r.ID, r.P.Lang
		return err
	})
}
