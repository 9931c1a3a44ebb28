package shop

import (
	"context"
	"net/http"
	"strconv"

	"comptoir.example/comptoir/base/db"
	"comptoir.example/comptoir/base/fault"
	"comptoir.example/comptoir/base/money"
	"comptoir.example/comptoir/erp"
	"comptoir.example/comptoir/trade/catalog"
	"comptoir.example/comptoir/trade/customer"
	"comptoir.example/comptoir/trade/order"
	"comptoir.example/comptoir/trade/price"
	"comptoir.example/comptoir/web"
	"comptoir.example/comptoir/web/ui"
)

// pageSize is how many products a page of the list shows.
const pageSize = 20

// GET /catalogue
func showList(w http.ResponseWriter, r *web.Request) error {
	return list(w, r, http.StatusOK, nil, "", "")
}

// list shows the products; bad is what was wrong with the quantity typed for one.
func list(w http.ResponseWriter, r *web.Request, status int, bad *fault.Fault, sku, typed string) error {
	values := r.URL.Query()
	page := ListPage{Query: values.Get("q")}
	n, _ := strconv.Atoi(values.Get("page"))
	n = min(max(n, 1), 10_000)
	var c web.Counter
	err := r.Read(func(ctx context.Context, tx *db.Tx) (err error) {
		if c, err = r.Counter(ctx, tx, "", "catalogue"); err != nil {
			return err
		}
		families, err := catalog.Families(ctx, tx, c.Customer.Conn, page.Query)
		if err != nil {
			return err
		}
		total := 0
		for _, f := range families {
			family := Family{ID: f.Category, Name: f.Name, Count: f.Items}
			page.Families = append(page.Families, family)
			if chosen := values.Get("family"); chosen == f.Category {
				page.Family, total = &family, f.Items
			} else if chosen == "" {
				total += f.Items
			}
		}
		offers, err := price.Find(ctx, tx, r.Actor, c.Customer, price.Search{Text: page.Query, Category: values.Get("family"), From: (n - 1) * pageSize, N: pageSize})
		for _, o := range offers {
			row := productOf(o)
			if o.SKU == sku && bad != nil {
				row.Typed, row.Bad = typed, ui.BadField(bad.Fields, "quantity")
			}
			page.Products = append(page.Products, row)
		}
		page.Pages = pages(r, n, total, len(offers))
		return err
	})
	if err != nil {
		return err
	}
	page.Company, page.AsOf = c.Customer.Name, r.AsOf(c.Board, "price", "")
	c.Shell.Title = page.title(r.P)
	return r.Show(w, status, List(r.P, c.Shell, page))
}

// pages are the addresses of the next and the previous part of a list.
func pages(r *web.Request, n, total, shown int) ui.Pages {
	address := func(n int) string {
		values := r.URL.Query()
		values.Set("page", strconv.Itoa(n))
		return "/catalogue?" + values.Encode()
	}
	p := ui.Pages{Total: total, From: min((n-1)*pageSize+1, total), To: (n-1)*pageSize + shown}
	if n > 1 {
		p.Previous = address(n - 1)
	}
	if n*pageSize < total {
		p.Next = address(n + 1)
	}
	return p
}

func productOf(o price.Offer) Product {
	available, place := available(o.Stock)
	return Product{SKU: o.SKU, Name: o.Name, Family: o.Family, Ladder: ladderOf(o, money.Decimal{}), Stock: stockState(o, available),
		Available: available, Place: place}
}

func ladderOf(o price.Offer, quantity money.Decimal) ui.Ladder {
	return ui.Ladder{Breaks: o.Ladder.Breaks, Currency: o.Ladder.Currency, Quantity: quantity,
		Unit: erp.Unit{Name: o.Unit.Name, Symbol: o.Unit.Symbol, Digits: o.Unit.Digits}}
}

// available is what can be promised over all places, and the place with most.
func available(stock []catalog.Stock) (sum money.Decimal, place erp.Text) {
	var most money.Decimal
	for _, s := range stock {
		if total, err := sum.Add(s.Available); err == nil {
			sum = total
		}
		if s.Available.Cmp(most) > 0 || place.FR == "" {
			most, place = s.Available, s.Place
		}
	}
	return sum, place
}

// low is at or below which a stock is said to be low.
var low = money.Int(10)

func stockState(o price.Offer, available money.Decimal) string {
	switch {
	case o.Type == "service" || len(o.Stock) == 0:
		return "unknown"
	case available.Sign() <= 0:
		return "none"
	case available.Cmp(low) <= 0:
		return "low"
	}
	return "in"
}

// GET /products/{sku}
func showProduct(w http.ResponseWriter, r *web.Request) error {
	return product(w, r, http.StatusOK, nil, "")
}

// product shows one product; bad is what was wrong with the quantity typed.
func product(w http.ResponseWriter, r *web.Request, status int, bad *fault.Fault, typed string) error {
	var c web.Counter
	var o price.Offer
	var bought []order.Purchase
	sku := r.PathValue("sku")
	if sku == "" {
		sku = r.PostFormValue("sku")
	}
	err := r.Read(func(ctx context.Context, tx *db.Tx) (err error) {
		if c, err = r.Counter(ctx, tx, "", "catalogue"); err != nil {
			return err
		}
		if o, err = price.BySKU(ctx, tx, r.Actor, c.Customer, sku); err != nil {
			return err
		}
		bought, err = order.Bought(ctx, tx, r.Actor, o.ERP, 5)
		return err
	})
	if err != nil {
		return err
	}
	page := productPage(r, c, o)
	page.Typed = typed
	if page.Typed == "" {
		page.Typed = r.URL.Query().Get("quantity")
	}
	if page.Typed == "" {
		page.Typed = "1"
	}
	if bad != nil {
		page.Bad = ui.BadField(bad.Fields, "quantity")
	}
	quantity, wrong := price.Quantity(page.Typed, o.Unit.Digits)
	if wrong == nil {
		page.standAt(o, quantity, c.Customer, r.Site.Engine.Merchant())
	}
	for _, b := range bought {
		page.Bought = append(page.Bought, Purchase{b.Order, b.Number, b.Day, b.Quantity, b.Price})
	}
	c.Shell.Title = r.P.Of(o.Name)
	return page.show(w, r, status, c.Shell)
}

func productPage(r *web.Request, c web.Counter, o price.Offer) ProductPage {
	page := ProductPage{SKU: o.SKU, Name: o.Name, Description: o.Text, Family: Family{ID: o.Category, Name: o.Family},
		Ladder: ladderOf(o, money.Decimal{}), ListPrice: o.ListPrice, Company: c.Customer.Name,
		PriceAsOf: r.AsOf(c.Board, "price", ""), StockAsOf: r.AsOf(c.Board, "stock", "")}
	for _, s := range o.Stock {
		page.Stock = append(page.Stock, Place{s.Place, stockState(o, s.Available), s.Available})
	}
	return page
}

// standAt says where on the ladder a quantity stands, what it costs, and what
// the next step would.
func (page *ProductPage) standAt(o price.Offer, quantity money.Decimal, c customer.Customer, m customer.Merchant) {
	page.Ladder.Quantity = quantity
	unit, known := o.Ladder.At(quantity)
	if !known {
		return
	}
	amount, err := m.Rounding.Mode.Extend(unit, quantity, c.Currency)
	if err != nil {
		return
	}
	page.Amount = &amount
	if next, more := o.Ladder.Next(quantity); more {
		if total, err := m.Rounding.Mode.Extend(next.Price, next.From, c.Currency); err == nil {
			if extra, err := total.Sub(amount); err == nil {
				page.Ladder.Next = &ui.NextStep{Total: total, More: extra}
			}
		}
	}
}

// show sends the page, or the live part of it that script asked for.
func (page ProductPage) show(w http.ResponseWriter, r *web.Request, status int, shell ui.Shell) (err error) {
	if page.PriceETag, err = web.Mark(r.Context(), ProductPrices(r.P, page)); err != nil {
		return err
	}
	if page.StockETag, err = web.Mark(r.Context(), ProductStock(r.P, page)); err != nil {
		return err
	}
	switch r.URL.Query().Get("part") {
	case "price":
		return r.Part(w, page.PriceETag, ProductPrices(r.P, page))
	case "stock":
		return r.Part(w, page.StockETag, ProductStock(r.P, page))
	}
	return r.Show(w, status, ProductShow(r.P, shell, page))
}
