package desk

import (
	"context"
	"log/slog"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"comptoir.example/comptoir/base/db"
	"comptoir.example/comptoir/base/fault"
	"comptoir.example/comptoir/base/i18n"
	"comptoir.example/comptoir/finance/parity"
	"comptoir.example/comptoir/trade/access"
	"comptoir.example/comptoir/web"
	"comptoir.example/comptoir/web/ui"
)

// DifferencePage is one thing that does not tie, and what can be done about it.
type DifferencePage struct {
	ParityDifference
	Now    time.Time
	Staff  []access.Named
	Me     string
	MaySet bool
	Typed  string // into the note
	Fault  *fault.Fault
}

func (page DifferencePage) bad(name string) *fault.Field {
	if page.Fault == nil {
		return nil
	}
	return ui.BadField(page.Fault.Fields, name)
}

// patience is how long a person waits for the other side's answer.
const patience = 20 * time.Second

// refOf is the difference that a request is about.
func refOf(r *web.Request) parity.Ref {
	return parity.Ref{Kind: parity.Kind(r.FormValue("kind")), Currency: r.FormValue("currency"), Subject: r.FormValue("subject")}
}

// GET /desk/parity/difference?kind=&currency=&subject=
func showDifference(w http.ResponseWriter, r *web.Request) error {
	return differencePage(w, r, http.StatusOK, nil)
}

func differencePage(w http.ResponseWriter, r *web.Request, status int, bad *fault.Fault) error {
	var o office
	page := DifferencePage{Now: r.Now, Me: r.Actor.Person, MaySet: r.Actor.Can(access.SettleFinance), Fault: bad, Typed: r.PostFormValue("note")}
	err := r.Read(func(ctx context.Context, tx *db.Tx) (err error) {
		if o, err = readOffice(ctx, tx, r, r.P.T("desk.parity.difference"), "parity"); err != nil {
			return err
		}
		d, err := parity.FindDifference(ctx, tx, refOf(r))
		if err != nil {
			return err
		}
		var n names
		if page.ParityDifference, err = n.difference(ctx, tx, d); err != nil {
			return err
		}
		page.Staff, err = access.Staff(ctx, tx, access.SettleFinance)
		return err
	})
	if fault.Of(err).Code == "parity.gone" {
		return web.SeeOther(w, r, "/desk/parity") // it ties by now
	} else if err != nil {
		return err
	}
	return r.Show(w, status, Difference(r.P, o.shell, page))
}

// POST /desk/parity/owner
func ownDifference(w http.ResponseWriter, r *web.Request) error {
	return aboutDifference(w, r, func(ctx context.Context, tx *db.Tx) error {
		return parity.Own(ctx, tx, r.Actor, refOf(r), r.PostFormValue("owner"))
	})
}

// POST /desk/parity/note
func noteDifference(w http.ResponseWriter, r *web.Request) error {
	seen, err := strconv.ParseInt(r.PostFormValue("gap"), 10, 64)
	if err != nil {
		return fault.New(fault.Invalid, "web.bad_form").Because(err)
	}
	return aboutDifference(w, r, func(ctx context.Context, tx *db.Tx) error {
		return parity.Acknowledge(ctx, tx, r.Actor, refOf(r), seen, r.PostFormValue("note"))
	})
}

func aboutDifference(w http.ResponseWriter, r *web.Request, act func(ctx context.Context, tx *db.Tx) error) error {
	switch err := r.Write(act); {
	case err == nil:
		return web.SeeOther(w, r, "/desk/parity")
	default:
		return again(w, r, err, differencePage)
	}
}

// POST /desk/parity/fix
func fixDifference(w http.ResponseWriter, r *web.Request) error {
	fix := parity.Fix(r.PostFormValue("fix"))
	var d parity.Difference
	if err := r.Write(func(ctx context.Context, tx *db.Tx) (err error) {
		d, err = parity.Try(ctx, tx, r.Actor, refOf(r), fix)
		return err
	}); err != nil {
		return again(w, r, err, differencePage)
	}
	ctx, cancel := context.WithTimeout(r.Context(), patience)
	defer cancel()
	var err error
	switch {
	case fix == parity.Reread:
		err = r.Site.Engine.Again(ctx, r.Actor, d.Subject)
	case fix == parity.AskAgain && r.Site.Gateway != nil:
		err = r.Site.Gateway.Again(ctx, r.Actor)
	}
	if err != nil {
		return err
	}
	return compareNow(w, r)
}

// POST /desk/parity/comparison
func compareNow(w http.ResponseWriter, r *web.Request) error {
	ctx, cancel := context.WithTimeout(r.Context(), patience)
	defer cancel()
	if err := r.Site.Compare(ctx, r.Actor); fault.Is(err, fault.Denied) {
		return err
	} else if err != nil {
		// The page says which figures are old.
		slog.WarnContext(ctx, "parity: not compared", "request", r.ID, "err", err)
	}
	return web.SeeOther(w, r, "/desk/parity")
}

func (page DifferencePage) sums(p *i18n.Printer) []ui.Sum {
	return []ui.Sum{{Label: p.T("desk.parity.there"), Value: p.Money(page.Theirs)}, {Label: p.T("desk.parity.here"), Value: p.Money(page.Ours)},
		{Label: p.T("desk.parity.gap"), Value: p.Money(page.Gap()), Total: true}}
}

// ordersOf is the list of a company's orders.
func ordersOf(company string) string { return "/desk/orders?" + url.Values{"q": {company}}.Encode() }
