package portal

import (
	"context"
	"net/http"
	"time"

	"comptoir.example/comptoir/base/db"
	"comptoir.example/comptoir/finance/payment"
	"comptoir.example/comptoir/trade/access"
	"comptoir.example/comptoir/web"
)

// MethodsPage is the company's saved cards.
type MethodsPage struct {
	Methods   []MethodRow
	MayRemove bool
	Removed   bool // one was removed just now
}

// MethodRow is a saved card: all that is known of it here.
type MethodRow struct {
	ID, Brand, Last4, Expires string
	Expired                   bool
	By                        string // who saved it; "" when they left
	Since                     time.Time
}

// RemovalPage asks before a card is removed.
type RemovalPage struct {
	Card    MethodRow
	Company string
}

// GET /payment-methods
func showMethods(w http.ResponseWriter, r *web.Request) error {
	var c web.Counter
	page := MethodsPage{MayRemove: r.Actor.Can(access.DropMethods), Removed: r.URL.Query().Has("removed")}
	err := r.Read(func(ctx context.Context, tx *db.Tx) (err error) {
		if c, err = r.Counter(ctx, tx, r.P.T("portal.methods"), ""); err != nil {
			return err
		}
		saved, err := payment.Methods(ctx, tx, r.Actor)
		if err != nil {
			return err
		}
		for _, m := range saved {
			row, err := methodRow(ctx, tx, r, m)
			if err != nil {
				return err
			}
			page.Methods = append(page.Methods, row)
		}
		return nil
	})
	if err != nil {
		return err
	}
	return r.Show(w, http.StatusOK, Methods(r.P, c.Shell, page))
}

func methodRow(ctx context.Context, tx *db.Tx, r *web.Request, m payment.Method) (MethodRow, error) {
	by, err := access.NameOf(ctx, tx, m.Person)
	return MethodRow{m.ID, m.Brand, m.Last4, m.Expires, m.Expired(r.Site.Engine.Merchant().Day(r.Now)), by, m.Created}, err
}

// GET /payment-methods/{id}/removal
func askRemoval(w http.ResponseWriter, r *web.Request) error {
	var c web.Counter
	var page RemovalPage
	err := r.Read(func(ctx context.Context, tx *db.Tx) (err error) {
		if c, err = r.Counter(ctx, tx, r.P.T("portal.methods"), ""); err != nil {
			return err
		}
		m, err := payment.MethodOf(ctx, tx, r.Actor, r.PathValue("id"))
		if err != nil {
			return err
		}
		page.Company = c.Customer.Name
		page.Card, err = methodRow(ctx, tx, r, m)
		return err
	})
	if err != nil {
		return err
	}
	return r.Show(w, http.StatusOK, Removal(r.P, c.Shell, page))
}

// POST /payment-methods/{id}/removal
func removeMethod(w http.ResponseWriter, r *web.Request) error {
	if err := r.WriteAlone(payment.Key(r.Actor.Customer), func(ctx context.Context, tx *db.Tx) error {
		return payment.Remove(ctx, tx, r.Actor, r.PathValue("id"))
	}); err != nil {
		return err
	}
	return web.SeeOther(w, r, "/payment-methods?removed=1")
}
