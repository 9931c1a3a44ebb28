// Package shop is the storefront: catalogue, cart, ordering, and the door.
package shop

import (
	"net/http"

	"comptoir.example/comptoir/trade/access"
	"comptoir.example/comptoir/web"
)

// Routes are the shop's addresses.
func Routes() []web.Route {
	return []web.Route{
		web.Get("/{$}", access.Anyone, web.None, start),
		web.Get("/signin", access.Anyone, web.None, showSignIn),
		web.Post("/signin", access.Anyone, web.None, signIn),
		web.Post("/signout", access.Member, web.None, signOut),
		web.Post("/preferences", access.Anyone, web.None, prefer),

		web.Get("/catalogue", access.ViewCatalog, web.None, showList),
		web.Get("/products/{sku}", access.ViewCatalog, web.None, showProduct),

		web.Get("/cart", access.PlaceOrder, web.OwnPerson, showCart),
		web.Post("/cart/lines", access.PlaceOrder, web.OwnPerson, addLine),
		web.Post("/cart/lines/{id}", access.PlaceOrder, web.OwnPerson, changeLine),
		web.Post("/cart/lines/{id}/removal", access.PlaceOrder, web.OwnPerson, removeLine),

		web.Get("/checkout", access.PlaceOrder, web.OwnPerson, showCheckout),
		web.Post("/orders", access.PlaceOrder, web.OwnCompany, placeOrder),
	}
}

// start sends everybody where their work is.
func start(w http.ResponseWriter, r *web.Request) error {
	to := "/signin"
	switch {
	case !r.Actor.SignedIn():
	case r.Actor.Can(access.ViewDesk):
		to = "/desk"
	case r.Actor.Can(access.ViewCatalog):
		to = "/catalogue"
	case r.Actor.Can(access.ViewInvoices):
		to = "/invoices"
	default:
		to = "/orders"
	}
	return web.SeeOther(w, r, to)
}
