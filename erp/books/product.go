package books

import (
	"fmt"
	"net/http"
	"slices"
	"strings"

	"comptoir.example/comptoir/base/money"
)

// changeProduct takes the fields of the product's page that were sent.
func changeProduct(u *unit, r *http.Request) (string, error) {
	it, err := find[Item](u, items, r.PathValue("code"))
	if err != nil {
		return "", err
	}
	if name := strings.TrimSpace(r.FormValue("name_fr")); name != "" {
		it.Name.FR = name
	}
	if name := strings.TrimSpace(r.FormValue("name_en")); name != "" {
		it.Name.EN = name
	}
	if r.FormValue("active") != "" {
		it.Inactive = r.FormValue("active") == "no"
	}
	if r.FormValue("list") != "" {
		if it.List, err = amountField(r, "list"); err != nil {
			return "", err
		}
	}
	if err := u.put(it); err != nil {
		return "", err
	}
	if r.FormValue("on_hand") != "" {
		onHand, err := field(r, "on_hand")
		if err != nil {
			return "", err
		}
		s, err := find[Stock](u, stocks, it.ID)
		if err != nil {
			return "", err
		}
		if err := u.move(it.ID, minus(onHand, s.OnHand), money.Int(0)); err != nil {
			return "", err
		}
	}
	return "/products/" + it.Code, u.reprice()
}

// amountField is a number of a form that is a price or a limit.
func amountField(r *http.Request, name string) (money.Decimal, error) {
	d, err := field(r, name)
	if err == nil && (d.IsNeg() || d.Cmp(most) > 0 || d.Trim(0).Scale() > 4) {
		err = refuse("bad_price", "item", "", "price", d.String())
	}
	return d, err
}

// changeRules replaces the lines of one list that are about one product. They
// stand before wider ones, the highest quantity first, as the first match wins.
func changeRules(u *unit, r *http.Request) (string, error) {
	it, err := find[Item](u, items, r.PathValue("code"))
	if err != nil {
		return "", err
	}
	l, err := get[PriceList](u, priceLists, r.FormValue("list"))
	if err != nil {
		return "", err
	}
	var own []PriceLine
	for i := range 20 {
		if strings.TrimSpace(r.FormValue(fmt.Sprint("factor", i))) == "" {
			continue
		}
		line := PriceLine{Item: it.Code, Base: r.FormValue(fmt.Sprint("base", i)), From: money.Int(0)}
		if !slices.Contains([]string{"unit", "list", "cost", "fixed"}, line.Base) {
			return "", refuse("bad_request")
		}
		if line.Factor, err = amountField(r, fmt.Sprint("factor", i)); err != nil {
			return "", err
		}
		if r.FormValue(fmt.Sprint("from", i)) != "" {
			if line.From, err = amountField(r, fmt.Sprint("from", i)); err != nil {
				return "", err
			}
		}
		own = append(own, line)
	}
	slices.SortStableFunc(own, func(a, b PriceLine) int { return b.From.Cmp(a.From) })
	l.Lines = append(own, slices.DeleteFunc(l.Lines, func(line PriceLine) bool { return line.Item == it.Code })...)
	if err := u.put(l); err != nil {
		return "", err
	}
	return "/products/" + it.Code, u.reprice()
}
