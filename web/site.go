// Package web is what the four faces share: routes that declare their
// permission, sessions, forms, errors turned into pages once, and headers.
package web

import (
	"context"
	"log/slog"
	"net/http"
	"time"

	"comptoir.example/comptoir/base/db"
	"comptoir.example/comptoir/base/fault"
	"comptoir.example/comptoir/base/i18n"
	"comptoir.example/comptoir/collect"
	"comptoir.example/comptoir/erpsync"
	"comptoir.example/comptoir/finance/cash"
	"comptoir.example/comptoir/finance/payment"
	"comptoir.example/comptoir/trade/access"
	"comptoir.example/comptoir/web/ui"
)

// Site is the shop as the faces see it.
type Site struct {
	DB      *db.DB
	Engine  *erpsync.Engine
	Gateway *collect.Engine
	Links   payment.LinkKey // makes pay links; nil when no letter can carry one
	// Compare compares our ledger with the other sides now, for who may settle it.
	Compare func(ctx context.Context, who access.Actor) error
	Cash    cash.Board // how long orders take to become money
	Words   *i18n.Catalogue
	Secure  bool // served over TLS: cookies are __Host- and Secure
	Banners []ui.Banner
	Version string
	Log     *slog.Logger
	// ERPBudget is how long a page waits for the ERP's own figures.
	ERPBudget time.Duration
	// SignInPage shows the sign-in form, with the form that waits behind it or nil.
	SignInPage func(w http.ResponseWriter, r *Request, waiting *Resumed) error
	requests   counter
}

// Handler answers a request or says why it cannot; the error becomes a page.
type Handler func(w http.ResponseWriter, r *Request) error

// Mount puts the faces' routes on a mux.
func (s *Site) Mount(mux *http.ServeMux, routes ...Route) {
	for _, route := range routes {
		mux.Handle(route.Method+" "+route.Path, s.guard(route))
	}
	// Everything else is a page that does not exist, whatever the method.
	mux.Handle("/", s.guard(Get("/", access.Anyone, None, func(http.ResponseWriter, *Request) error {
		return fault.New(fault.NotFound, "web.no_page")
	})))
}
