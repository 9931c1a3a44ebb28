package portal

import (
	"context"
	"net/http"
	"time"

	"comptoir.example/comptoir/base/db"
	"comptoir.example/comptoir/base/fault"
	"comptoir.example/comptoir/base/outbox"
	"comptoir.example/comptoir/finance/invoice"
	"comptoir.example/comptoir/finance/payment"
	"comptoir.example/comptoir/trade/access"
	"comptoir.example/comptoir/web"
	"comptoir.example/comptoir/web/ui"
)

// LinkForm sends a link with which somebody else pays an invoice.
type LinkForm struct {
	Offered bool // something of the invoice can be paid so
	Email   string
	Fault   *fault.Fault
	Sent    bool // one was sent just now
	Days    int  // it is good for
}

func (f LinkForm) bad(name string) *fault.Field {
	if f.Fault == nil {
		return nil
	}
	return ui.BadField(f.Fault.Fields, name)
}

// LinkRow is a link that was sent for an invoice.
type LinkRow struct {
	ID, Email, By string
	At, Expires   time.Time
	State         string // sending, sent, returned, paying, paid, expired, revoked
}

// Live says that the link can be revoked.
func (l LinkRow) Live() bool {
	return l.State != "paid" && l.State != "expired" && l.State != "revoked"
}

// linksOf is what the page of an invoice tells of its links, to who may pay it.
func linksOf(ctx context.Context, tx *db.Tx, r *web.Request, i invoice.Invoice, f LinkForm) (LinkForm, []LinkRow, error) {
	if !r.Actor.Can(access.PayInvoices) {
		return f, nil, nil
	}
	free, err := payment.StandingOf(ctx, tx, []invoice.Invoice{i})
	if err != nil {
		return f, nil, err
	}
	f.Offered = r.Site.Gateway != nil && r.Site.Links != nil && i.State != "cancelled" && free[i.ID].Shown().Minor > 0
	f.Days = int(payment.LinkLife / (24 * time.Hour))
	sent, err := payment.Links(ctx, tx, r.Actor, i.ID)
	if err != nil {
		return f, nil, err
	}
	var rows []LinkRow
	for _, l := range sent {
		row := LinkRow{ID: l.ID, Email: l.Email, At: l.Created, Expires: l.Expires}
		if row.By, err = access.NameOf(ctx, tx, l.Person); err != nil {
			return f, nil, err
		}
		if row.State, err = linkState(ctx, tx, l); err != nil {
			return f, nil, err
		}
		rows = append(rows, row)
	}
	return f, rows, nil
}

func linkState(ctx context.Context, tx *db.Tx, l payment.Link) (string, error) {
	p, begun, err := payment.Load(ctx, tx, l.Payment)
	switch {
	case err != nil:
		return "", err
	case begun && p.State == payment.Paid:
		return "paid", nil
	case begun && len(p.Attempts) > 0 && p.Attempts[0].Live():
		return "paying", nil
	case !l.Revoked.IsZero():
		return "revoked", nil
	case !l.Live(tx.Now):
		return "expired", nil
	}
	letters, err := outbox.DeliveriesAbout(ctx, tx, l.ID)
	if err != nil || len(letters) == 0 {
		return "sending", err
	}
	switch d := letters[len(letters)-1]; {
	case d.State == outbox.Done:
		return "sent", nil
	case d.Open && d.State != outbox.Failed:
		return "sending", nil
	}
	return "returned", nil
}

// POST /invoices/{id}/links
func sendLink(w http.ResponseWriter, r *web.Request) error {
	if r.Site.Gateway == nil || r.Site.Links == nil {
		return fault.New(fault.NotFound, "web.no_page")
	}
	id, typed := r.PathValue("id"), LinkForm{Email: r.PostFormValue("email")}
	err := r.WriteAlone(payment.Key(r.Actor.Customer), func(ctx context.Context, tx *db.Tx) error {
		_, err := payment.SendLink(ctx, tx, r.Actor, r.Site.Links, id, typed.Email)
		return err
	})
	f := fault.Of(err)
	switch {
	case err == nil:
		return web.SeeOther(w, r, "/invoices/"+id+"?sent=1#liens")
	case f.Kind == fault.Invalid, f.Kind == fault.Conflict, f.Kind == fault.TooMany:
		typed.Fault = &f
		return showInvoiceWith(w, r, web.Status(f.Kind), typed)
	}
	return err
}

// POST /invoices/{id}/links/{link}/revocation
func revokeLink(w http.ResponseWriter, r *web.Request) error {
	var l payment.Link
	if err := r.WriteAlone(payment.Key(r.Actor.Customer), func(ctx context.Context, tx *db.Tx) (err error) {
		l, err = payment.RevokeLink(ctx, tx, r.Actor, r.PathValue("link"))
		return err
	}); err != nil {
		return err
	}
	return web.SeeOther(w, r, "/invoices/"+l.Invoice+"#liens")
}
