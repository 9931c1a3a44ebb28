package web

import "comptoir.example/comptoir/trade/access"

// Object says whose objects a route deals in. The shared exercises of the tests
// derive from it what another company's id must answer.
type Object string

// Whose objects a route deals in.
const (
	None       Object = "none"        // no object: a list, a form
	OwnPerson  Object = "own_person"  // the person's own: a cart line
	OwnCompany Object = "own_company" // the company's: an order, an invoice
	Everyone   Object = "everyone"    // any company's, for the merchant's people
	Bearer     Object = "bearer"      // what a token in the address opens, whoever has it
)

// Route is one address of a face. There is no way to make one without saying
// which permission it takes and whose objects it deals in.
type Route struct {
	Method, Path string
	May          access.Permission
	Of           Object
	handle       Handler
}

// Get is a route that only looks.
func Get(path string, may access.Permission, of Object, h Handler) Route {
	return Route{"GET", path, may, of, h}
}

// Post is a route that acts.
func Post(path string, may access.Permission, of Object, h Handler) Route {
	return Route{"POST", path, may, of, h}
}
