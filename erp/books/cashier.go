package books

import (
	"context"
	"net/http"
	"net/url"

	"comptoir.example/comptoir/base/money"
	"comptoir.example/comptoir/erp"
)

var _ erp.Cashier = (*Connector)(nil)

// FindReceipt implements erp.Cashier. In the books a key is one document.
func (c *Connector) FindReceipt(ctx context.Context, key string) (*erp.Receipt, error) {
	found, err := documents[Receipt](ctx, c, receipts, url.Values{"key": {key}})
	if err != nil || len(found) == 0 || key == "" { // receipts of others have no key
		return nil, err
	}
	r := found[0].canonical()
	return &r, nil
}

// CreateReceipt implements erp.Cashier. A key that is taken by the same money is
// this receipt: the network delivered the call twice, or somebody was faster.
func (c *Connector) CreateReceipt(ctx context.Context, r erp.NewReceipt) (string, error) {
	var made Receipt
	err := c.call(ctx, writing, http.MethodPost, receipts, NewReceipt(r), &made)
	if err == nil || erp.ErrorOf(err).Code != "key_taken" {
		return made.ID, err
	}
	first, lost := c.FindReceipt(ctx, r.Key)
	if lost != nil {
		return "", &erp.Error{Class: erp.Ambiguous, Code: "no_answer", Cause: lost}
	}
	if first == nil || first.Customer != r.Customer || first.Amount != r.Amount {
		return "", err
	}
	return first.ID, nil
}

// PostReceipt implements erp.Cashier: one step books and applies. The books ask no
// questions about money.
func (c *Connector) PostReceipt(ctx context.Context, id string, accept []string) (erp.Receipt, error) {
	return c.onReceipt(ctx, id, "post", accept)
}

// ReverseReceipt implements erp.Cashier.
func (c *Connector) ReverseReceipt(ctx context.Context, id, date, reason string) (erp.Receipt, error) {
	return c.onReceipt(ctx, id, "reverse", Reversal{date, reason})
}

func (c *Connector) onReceipt(ctx context.Context, id, step string, in any) (erp.Receipt, error) {
	var r Receipt
	if err := c.call(ctx, writing, http.MethodPost, receipts+"/"+url.PathEscape(id)+"/"+step, in, &r); err != nil {
		return erp.Receipt{}, err
	}
	return r.canonical(), nil
}

// OpenItems implements erp.Cashier.
func (c *Connector) OpenItems(ctx context.Context) ([]erp.OpenItem, error) {
	var found []OpenItem
	if err := c.get(ctx, "open_items", nil, &found); err != nil {
		return nil, err
	}
	items := make([]erp.OpenItem, len(found))
	for i, one := range found {
		items[i] = erp.OpenItem(one)
	}
	return items, nil
}

// Clearing implements erp.Cashier.
func (c *Connector) Clearing(ctx context.Context) (balances []money.Amount, err error) {
	err = c.get(ctx, "clearing", nil, &balances)
	return balances, err
}
