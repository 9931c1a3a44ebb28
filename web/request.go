package web

import (
	"context"
	"net/http"
	"strings"
	"time"

	"comptoir.example/comptoir/base/asof"
	"comptoir.example/comptoir/base/db"
	"comptoir.example/comptoir/base/i18n"
	"comptoir.example/comptoir/trade/access"
	"comptoir.example/comptoir/web/ui"
)

// Request is a request with who asks, in which language, and the site.
type Request struct {
	*http.Request
	Site    *Site
	Actor   access.Actor
	Session access.Session
	P       *i18n.Printer
	ID      string // for the log, and to be quoted by people
	Now     time.Time
}

// Read opens a unit of work that only looks.
func (r *Request) Read(f func(ctx context.Context, tx *db.Tx) error) error {
	return r.Site.DB.Read(r.Context(), func(tx *db.Tx) error { return f(r.Context(), tx) })
}

// Write opens a unit of work.
func (r *Request) Write(f func(ctx context.Context, tx *db.Tx) error) error {
	return r.Site.DB.Write(r.Context(), func(tx *db.Tx) error {
		if err := access.Touch(r.Context(), tx, r.Session); err != nil {
			return err
		}
		return f(r.Context(), tx)
	})
}

// WriteAs opens a unit of work that would collide with others of its key.
func (r *Request) WriteAs(key string, f func(ctx context.Context, tx *db.Tx) error) error {
	return r.Site.DB.WriteAs(r.Context(), key, func(tx *db.Tx) error {
		if err := access.Touch(r.Context(), tx, r.Session); err != nil {
			return err
		}
		return f(r.Context(), tx)
	})
}

// WriteAlone opens a unit of work whose key keeps everybody else away.
func (r *Request) WriteAlone(key string, f func(ctx context.Context, tx *db.Tx) error) error {
	return r.Site.DB.WriteAlone(r.Context(), key, func(tx *db.Tx) error {
		if err := access.Touch(r.Context(), tx, r.Session); err != nil {
			return err
		}
		return f(r.Context(), tx)
	})
}

// WriteOwn opens a unit of work on a row of the actor's own: the cart.
func (r *Request) WriteOwn(f func(ctx context.Context, tx *db.Tx) error) error {
	return r.Site.DB.WriteRow(r.Context(), func(tx *db.Tx) error {
		if err := access.Touch(r.Context(), tx, r.Session); err != nil {
			return err
		}
		return f(r.Context(), tx)
	})
}

// AsOf is the age of a kind of figure, for a page.
func (r *Request) AsOf(board asof.Board, kind, what string) ui.AsOf {
	return ui.AsOf{Stamp: board.Of(kind), Now: r.Now, What: what}
}

// Shell is what stands around a page.
func (r *Request) Shell(title string) ui.Shell {
	m := r.Site.Engine.Merchant()
	s := ui.Shell{Merchant: m.Name, Title: title, Path: r.page(), CSRF: r.Session.CSRF, Version: r.Site.Version,
		Asset: Asset, Banners: r.Site.Banners, Query: r.URL.Query().Get("q"), Help: ui.Help{Phone: m.Phone, Hours: m.Hours}}
	if r.Method != http.MethodGet {
		s.Path = r.back("/")
	}
	if r.Actor.Theme != "system" {
		s.Theme = r.Actor.Theme
	}
	if r.Actor.SignedIn() {
		s.Person = &ui.Person{Name: r.Actor.Name}
		if r.Actor.Can(access.PayInvoices) && r.Site.Gateway != nil {
			s.Person.Links = append(s.Person.Links, ui.Tab{Label: "ui.account.methods", Href: "/payment-methods"})
		}
	} else if c, err := r.Cookie(themeCookie); err == nil && (c.Value == "light" || c.Value == "dark") {
		s.Theme = c.Value
	}
	return s
}

// page is the address of the page, also when only a live part of it is asked for:
// a form in that part comes back to the whole.
func (r *Request) page() string {
	values := r.URL.Query()
	if !values.Has("part") {
		return r.URL.RequestURI()
	}
	values.Del("part")
	if len(values) == 0 {
		return r.URL.Path
	}
	return r.URL.Path + "?" + values.Encode()
}

// Back is where a form wants to return to, a path of ours or the fallback.
func (r *Request) Back(fallback string) string { return r.back(fallback) }

func (r *Request) back(fallback string) string {
	to := r.FormValue("return")
	if !strings.HasPrefix(to, "/") || strings.HasPrefix(to, "//") || strings.ContainsAny(to, "\\\r\n") {
		return fallback
	}
	return to
}
