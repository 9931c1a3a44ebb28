package portal

import (
	"context"
	"net/http"

	"comptoir.example/comptoir/base/db"
	"comptoir.example/comptoir/base/fault"
	"comptoir.example/comptoir/base/money"
	"comptoir.example/comptoir/finance/payment"
	"comptoir.example/comptoir/trade/access"
	"comptoir.example/comptoir/web"
)

// GuestPage is all that somebody with a pay link sees.
type GuestPage struct {
	Token, Merchant, Company string
	Number, Day, Due         string
	DaysLate                 int
	Total, Open              money.Amount
	Reserved                 bool        // somebody else is paying
	Payment                  PaymentPage // how the payment stands; Step is "" when none was begun
	CSRF, ETag               string
}

func (page GuestPage) href() string { return "/pay/" + page.Token }

// ready says that the guest can pay.
func (page GuestPage) ready() bool {
	return (page.Payment.Step == "" || page.Payment.Step == "nothing") && !page.Reserved && page.Open.Minor > 0
}

// done says that nothing more will happen by itself.
func (page GuestPage) done() bool {
	return page.Payment.Step == "paid" || page.Payment.Step == "nothing" || page.Payment.Step == "" && !page.Reserved
}

// EndPage says why a link shows nothing: the code of the reason.
type EndPage struct{ Code string }

// quiet keeps the token of a link out of other sites' logs, caches and searches.
func quiet(w http.ResponseWriter) {
	w.Header().Set("Referrer-Policy", "no-referrer")
	w.Header().Set("X-Robots-Tag", "noindex, nofollow")
}

// GET /pay/{token}
func showGuest(w http.ResponseWriter, r *web.Request) error {
	quiet(w)
	page, link, err := readGuest(r, r.PathValue("token"))
	if err != nil {
		return linkEnd(w, r, link, err)
	}
	if page.ETag, err = web.Mark(r.Context(), GuestLive(r.P, page)); err != nil {
		return err
	}
	if r.IsLive() {
		return r.Part(w, page.ETag, GuestLive(r.P, page))
	}
	page.Payment.goOn(w, r)
	return r.Show(w, http.StatusOK, Guest(r.P, r.Shell(page.Number), page))
}

// readGuest is what a token opens: the page, or why there is none.
func readGuest(r *web.Request, token string) (page GuestPage, l payment.Link, err error) {
	if r.Site.Links == nil || r.Site.Gateway == nil {
		return page, l, fault.New(fault.NotFound, "payment.link_unknown")
	}
	var b payment.Bill
	if err := r.Read(func(ctx context.Context, tx *db.Tx) (err error) {
		if l, err = payment.OpenLink(ctx, tx, r.Site.Links, token); err != nil {
			return err
		}
		b, err = payment.BillOf(ctx, tx, access.Guest(l.ID, r.ID))
		return err
	}); err != nil {
		return page, l, err
	}
	r.SpeakFirst(l.Lang)
	m := r.Site.Engine.Merchant()
	page = GuestPage{Token: token, Merchant: m.Name, Company: b.Company, Number: b.Number, Day: b.Day, Due: b.Due, Total: b.Total, Open: b.Open,
		Reserved: b.Reserved, CSRF: r.Session.CSRF}
	if b.Open.Minor > 0 {
		page.DaysLate = b.DaysLate(m.Day(r.Now))
	}
	if b.Payment.ID != "" {
		page.Payment = stands(r, b.Payment)
	}
	if page.Payment.Step == "" || page.Payment.Step == "nothing" {
		if page.Open.Minor <= 0 && !page.Reserved {
			return page, l, fault.New(fault.Conflict, "payment.link_nothing_open")
		}
	}
	return page, l, nil
}

// linkEnd is the one page of a link that shows nothing, whatever the reason.
func linkEnd(w http.ResponseWriter, r *web.Request, l payment.Link, err error) error {
	f := fault.Of(err)
	status := web.Status(f.Kind)
	switch f.Code {
	case "payment.link_unknown":
	case "payment.link_expired", "payment.link_revoked":
		status = http.StatusGone
	case "payment.link_nothing_open":
		status = http.StatusOK
	default:
		return err
	}
	if l.Lang != "" {
		r.SpeakFirst(l.Lang)
	}
	return r.Show(w, status, LinkEnd(r.P, r.Shell(r.P.T("portal.guest.end")), EndPage{f.Code}))
}

// POST /pay/{token}
func payAsGuest(w http.ResponseWriter, r *web.Request) error {
	quiet(w)
	token := r.PathValue("token")
	_, l, err := readGuest(r, token)
	if err == nil {
		err = r.Site.DB.WriteAlone(r.Context(), payment.Key(l.Customer), func(tx *db.Tx) error {
			_, err := payment.StartLinked(r.Context(), tx, access.Guest(l.ID, r.ID), r.Site.Engine.Merchant(), r.Site.Gateway.Name())
			return err
		})
	}
	if fault.Of(err).Code == "payment.link_in_progress" {
		err = nil // the page says so
	}
	if err != nil {
		return linkEnd(w, r, l, err)
	}
	return web.SeeOther(w, r, "/pay/"+token+"?begun=1")
}
