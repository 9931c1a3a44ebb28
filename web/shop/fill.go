package shop

import (
	"context"
	"net/http"
	"net/url"
	"strings"

	"comptoir.example/comptoir/base/db"
	"comptoir.example/comptoir/base/fault"
	"comptoir.example/comptoir/erp"
	"comptoir.example/comptoir/trade/order"
	"comptoir.example/comptoir/web"
	"comptoir.example/comptoir/web/ui"
)

// GET /cart
func showCart(w http.ResponseWriter, r *web.Request) error {
	return cart(w, r, http.StatusOK, nil, "", "")
}

// cart shows the cart; bad is what was wrong with the quantity typed for a line.
func cart(w http.ResponseWriter, r *web.Request, status int, bad *fault.Fault, id, typed string) error {
	var c web.Counter
	var mine order.Cart
	err := r.Read(func(ctx context.Context, tx *db.Tx) (err error) {
		if c, err = r.Counter(ctx, tx, r.P.T("shop.cart"), ""); err != nil {
			return err
		}
		mine, err = order.CartOf(ctx, tx, r.Actor, c.Customer, r.Site.Engine.Merchant())
		return err
	})
	if err != nil {
		return err
	}
	page := CartPage{Subtotal: mine.Net, AsOf: r.AsOf(c.Board, "price", ""), Added: r.URL.Query().Get("added")}
	for _, l := range mine.Lines {
		line := lineOf(l)
		if l.ID == id && bad != nil {
			line.Typed, line.Bad = typed, ui.BadField(bad.Fields, "quantity")
		}
		page.Lines = append(page.Lines, line)
	}
	return r.Show(w, status, Cart(r.P, c.Shell, page))
}

func lineOf(l order.CartLine) Line {
	line := Line{ID: l.ID, SKU: l.Offer.SKU, Name: l.Offer.Name, Unit: erp.Unit{Name: l.Offer.Unit.Name, Symbol: l.Offer.Unit.Symbol, Digits: l.Offer.Unit.Digits},
		Quantity: l.Quantity, Price: l.Price, Amount: l.Amount, Gone: l.Problem != ""}
	if l.Changed() {
		line.Was = &l.Was
	}
	return line
}

// POST /cart/lines
func addLine(w http.ResponseWriter, r *web.Request) error {
	sku, typed := r.PostFormValue("sku"), r.PostFormValue("quantity")
	if strings.TrimSpace(typed) == "" {
		typed = "1"
	}
	err := r.WriteOwn(func(ctx context.Context, tx *db.Tx) error {
		return order.Add(ctx, tx, r.Actor, r.Site.Engine.Merchant(), sku, typed)
	})
	if f := fault.Of(err); len(f.Fields) > 0 {
		// The page the form came from shows what is wrong, with what was typed.
		if back, bad := url.Parse(r.Back("")); bad == nil && back.Path == "/catalogue" {
			r.URL = back
			return list(w, r, http.StatusUnprocessableEntity, &f, sku, typed)
		}
		return product(w, r, http.StatusUnprocessableEntity, &f, typed)
	} else if err != nil {
		return err
	}
	return web.SeeOther(w, r, "/cart?added="+url.QueryEscape(sku))
}

// POST /cart/lines/{id}
func changeLine(w http.ResponseWriter, r *web.Request) error {
	id, typed := r.PathValue("id"), r.PostFormValue("quantity")
	err := r.WriteOwn(func(ctx context.Context, tx *db.Tx) error {
		return order.SetQuantity(ctx, tx, r.Actor, r.Site.Engine.Merchant(), id, typed)
	})
	if f := fault.Of(err); len(f.Fields) > 0 {
		return cart(w, r, http.StatusUnprocessableEntity, &f, id, typed)
	} else if err != nil {
		return err
	}
	return web.SeeOther(w, r, "/cart")
}

// POST /cart/lines/{id}/removal
func removeLine(w http.ResponseWriter, r *web.Request) error {
	err := r.WriteOwn(func(ctx context.Context, tx *db.Tx) error {
		return order.Remove(ctx, tx, r.Actor, r.PathValue("id"))
	})
	if err != nil {
		return err
	}
	return web.SeeOther(w, r, "/cart")
}
