package books

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"comptoir.example/comptoir/base/money"
)

// Clerk works the screens as a person would, by sending their forms. Orders are
// named by the id of the connector, products and customers by their code.
type Clerk struct {
	url  string
	http *http.Client
}

// NewClerk sits down at the screens of the books at an address.
func NewClerk(url string) *Clerk {
	return &Clerk{strings.TrimRight(url, "/"), &http.Client{
		Timeout:       operation,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
}

// ShipPart ships some of what waits, by id of the order's line.
func (c *Clerk) ShipPart(ctx context.Context, order string, quantities map[string]money.Decimal) error {
	return c.send(ctx, "/orders/"+order+"/shipments", fields(quantities))
}

// fields are quantities by line, as a form has them.
func fields(quantities map[string]money.Decimal) url.Values {
	form := url.Values{}
	for line, q := range quantities {
		form.Set("q"+line, q.String())
	}
	return form
}

// ShipRest ships all that waits.
func (c *Clerk) ShipRest(ctx context.Context, order string) error {
	return c.send(ctx, "/orders/"+order+"/shipments", url.Values{"all": {"1"}})
}

// PostInvoice posts every draft of an order.
func (c *Clerk) PostInvoice(ctx context.Context, order string) error {
	return c.eachForm(ctx, order, "/posting", nil)
}

// MakePartialPayment records money for the first open invoice of an order.
func (c *Clerk) MakePartialPayment(ctx context.Context, order string, amount money.Decimal) error {
	return c.eachForm(ctx, order, "/receipts", url.Values{"amount": {amount.String()}, "method": {"cheque"}})
}

// CreditInvoice takes the open invoices of an order back.
func (c *Clerk) CreditInvoice(ctx context.Context, order string) error {
	return c.eachForm(ctx, order, "/credit", nil)
}

// MakeCreditNote credits some of the first invoice of an order, by id of the line,
// and leaves the credit note open.
func (c *Clerk) MakeCreditNote(ctx context.Context, order string, quantities map[string]money.Decimal) error {
	return c.eachForm(ctx, order, "/credit-notes", fields(quantities))
}

// ReverseReceipt undoes a receipt.
func (c *Clerk) ReverseReceipt(ctx context.Context, receipt, reason string) error {
	return c.send(ctx, "/receipts/"+receipt+"/reversal", url.Values{"reason": {reason}})
}

// BookPayout takes what the processor paid out off the clearing account.
func (c *Clerk) BookPayout(ctx context.Context, amount money.Decimal) error {
	return c.send(ctx, "/payouts", url.Values{"amount": {amount.String()}})
}

// CancelOrder withdraws an order of which nothing left.
func (c *Clerk) CancelOrder(ctx context.Context, order string) error {
	return c.send(ctx, "/orders/"+order+"/cancellation", nil)
}

// ChangeLine gives a line another quantity.
func (c *Clerk) ChangeLine(ctx context.Context, order, line string, quantity money.Decimal) error {
	return c.send(ctx, "/orders/"+order+"/lines/"+line, url.Values{"quantity": {quantity.String()}})
}

// ChangePrice sets the list price of one piece of a product.
func (c *Clerk) ChangePrice(ctx context.Context, sku string, price money.Decimal) error {
	return c.send(ctx, "/products/"+sku, url.Values{"list": {price.String()}})
}

// SetStock says how many sale units of a product are on hand.
func (c *Clerk) SetStock(ctx context.Context, sku string, onHand money.Decimal) error {
	return c.send(ctx, "/products/"+sku, url.Values{"on_hand": {onHand.String()}})
}

// BlockItem takes a product off sale, or puts it back.
func (c *Clerk) BlockItem(ctx context.Context, sku string, blocked bool) error {
	return c.send(ctx, "/products/"+sku, url.Values{"status": {map[bool]string{true: "blocked", false: "active"}[blocked]}})
}

// ArchiveItem takes a product out of the lists.
func (c *Clerk) ArchiveItem(ctx context.Context, sku string) error {
	return c.send(ctx, "/products/"+sku, url.Values{"status": {"archived"}})
}

// CopyOrder makes a draft like an order, its key included, and gives its id.
func (c *Clerk) CopyOrder(ctx context.Context, order string) (string, error) {
	to, err := c.do(ctx, http.MethodPost, "/orders/"+order+"/copies", nil)
	return strings.TrimPrefix(to, "/orders/"), err
}

// RenameItem gives a product another French name.
func (c *Clerk) RenameItem(ctx context.Context, sku, name string) error {
	return c.send(ctx, "/products/"+sku, url.Values{"name_fr": {name}})
}

// BlockCustomer stops the orders of a customer, or takes them again.
func (c *Clerk) BlockCustomer(ctx context.Context, code string, blocked bool) error {
	return c.send(ctx, "/customers/"+code, url.Values{"blocked": {map[bool]string{true: "yes", false: "no"}[blocked]}})
}

// Stop makes the API drop every call, until Start.
func (c *Clerk) Stop(ctx context.Context) error { return c.send(ctx, "/control/stop", nil) }

// Start makes the API answer again.
func (c *Clerk) Start(ctx context.Context) error { return c.send(ctx, "/control/start", nil) }

// LoseNext carries the next write of the API out and drops its answer.
func (c *Clerk) LoseNext(ctx context.Context) error { return c.send(ctx, "/control/lose-next", nil) }

// Slow delays every answer of the API, by whole seconds, rounded up; 0 ends it.
func (c *Clerk) Slow(ctx context.Context, by time.Duration) error {
	return c.send(ctx, "/control/slow", url.Values{"seconds": {strconv.Itoa(int((by + time.Second - 1) / time.Second))}})
}

// eachForm sends the forms of an order's page whose address ends so; a form with
// a content is sent once.
func (c *Clerk) eachForm(ctx context.Context, order, ending string, form url.Values) error {
	page, err := c.do(ctx, http.MethodGet, "/orders/"+order, nil)
	if err != nil {
		return err
	}
	sent := false
	for _, part := range strings.Split(page, `action="`)[1:] {
		path, _, _ := strings.Cut(part, `"`)
		if !strings.HasSuffix(path, ending) || (sent && form != nil) {
			continue
		}
		if err := c.send(ctx, path, form); err != nil {
			return err
		}
		sent = true
	}
	if !sent {
		return fmt.Errorf("order %s: no form %s on its page", order, ending)
	}
	return nil
}

func (c *Clerk) send(ctx context.Context, path string, form url.Values) error {
	_, err := c.do(ctx, http.MethodPost, path, form)
	return err
}

// do gives the page, or where it leads to. A page that says no is an error.
func (c *Clerk) do(ctx context.Context, method, path string, form url.Values) (string, error) {
	r, err := http.NewRequestWithContext(ctx, method, c.url+path, strings.NewReader(form.Encode()))
	if err != nil {
		return "", err
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	answer, err := c.http.Do(r)
	if err != nil {
		return "", err
	}
	defer answer.Body.Close()
	page, err := io.ReadAll(answer.Body)
	if err != nil {
		return "", err
	}
	if answer.StatusCode >= 400 {
		_, text, _ := strings.Cut(string(page), `role="alert">`)
		text, _, _ = strings.Cut(text, "<")
		return "", fmt.Errorf("clerk: %s %s: %d %s", method, path, answer.StatusCode, text)
	}
	return cmp.Or(answer.Header.Get("Location"), string(page)), nil
}
