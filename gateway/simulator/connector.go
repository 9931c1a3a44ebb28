package simulator

import (
	"context"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"comptoir.example/comptoir/base/money"
	"comptoir.example/comptoir/gateway"
)

// Connector speaks to the processor over HTTP, as to any other.
type Connector struct {
	// Pages are the hosts of hosted pages, host:port, when they are not at the
	// address of the API.
	Pages []string

	url, secret string
	signing     []string
	http        *http.Client
}

var (
	_ gateway.Connector = (*Connector)(nil)
	_ gateway.Settler   = (*Connector)(nil)
)

// New makes the connector of the processor at an address. It says nothing to it
// yet. Any of the webhook secrets may have signed a webhook.
func New(baseURL, secret string, webhookSecrets ...string) *Connector {
	c := &Connector{url: strings.TrimRight(baseURL, "/"), secret: secret, signing: webhookSecrets, http: client(alone())}
	if at, err := url.Parse(c.url); err == nil {
		c.Pages = []string{at.Host}
	}
	return c
}

// Describe implements gateway.Connector.
func (c *Connector) Describe() gateway.Capabilities {
	return gateway.Capabilities{
		System: "simulator", Account: "simulator", Currencies: slices.Clone(currencies), Hosts: slices.Clone(c.Pages),
		Refunds: true, Saved: true, KeyLife: keyLife, Settles: settles, Session: sessionLife,
	}
}

// Start implements gateway.Connector.
func (c *Connector) Start(ctx context.Context, op gateway.Operation, s gateway.SessionWish) (gateway.Session, error) {
	var told sessionAnswer
	asked := newSession{op.Reference, op.Amount, s.Description, s.Language, s.Return, s.Save}
	if err := c.call(ctx, http.MethodPost, "sessions", op.Key, asked, &told); err != nil {
		return gateway.Session{}, err
	}
	if err := same(told.Record, op.Reference, op.Amount); err != nil {
		return gateway.Session{}, err
	}
	at, err := url.Parse(told.URL)
	if err != nil || told.ID == "" || !slices.Contains(c.Pages, at.Host) {
		return gateway.Session{}, broken("strange_page", err)
	}
	return gateway.Session{ID: told.ID, URL: told.URL, Expires: told.Expires}, nil
}

// Expire implements gateway.Connector.
func (c *Connector) Expire(ctx context.Context, op gateway.Operation, reference string) (gateway.Snapshot, error) {
	return c.ask(ctx, "expiries", op.Key, newExpiry{reference}, reference, op.Amount)
}

// Charge implements gateway.Connector.
func (c *Connector) Charge(ctx context.Context, op gateway.Operation, token string) (gateway.Snapshot, error) {
	return c.ask(ctx, "charges", op.Key, newCharge{op.Reference, op.Amount, token}, op.Reference, op.Amount)
}

// Refund implements gateway.Connector.
func (c *Connector) Refund(ctx context.Context, op gateway.Operation, reference string) (gateway.Snapshot, error) {
	return c.ask(ctx, "refunds", op.Key, newRefund{op.Reference, op.Amount, reference}, op.Reference, op.Amount)
}

// Forget implements gateway.Connector.
func (c *Connector) Forget(ctx context.Context, token string) error {
	return c.call(ctx, http.MethodDelete, "methods/"+url.PathEscape(token), "", nil, &struct{}{})
}

// Find implements gateway.Connector.
func (c *Connector) Find(ctx context.Context, reference string) (*gateway.Snapshot, error) {
	var told found
	if err := c.get(ctx, "payments", url.Values{"reference": {reference}}, &told); err != nil {
		return nil, err
	}
	if told.Record == nil && told.Movements != nil {
		return nil, nil
	}
	s, err := snapshot(told, reference, money.Amount{})
	if err != nil {
		return nil, err
	}
	return &s, nil
}

// Pull implements gateway.Connector. Events are numbered as they are written, so
// that none can come before one that was read.
func (c *Connector) Pull(ctx context.Context, cursor string, limit int) (gateway.Page, error) {
	var told eventPage
	if err := c.get(ctx, "events", url.Values{"after": {cursor}, "limit": {strconv.Itoa(limit)}}, &told); err != nil {
		return gateway.Page{}, err
	}
	if told.Next == "" {
		return gateway.Page{}, broken("bad_answer", nil)
	}
	page := gateway.Page{Cursor: told.Next, More: told.More}
	for _, e := range told.Events {
		f, err := fact(e)
		if err != nil {
			return gateway.Page{}, err
		}
		page.Facts = append(page.Facts, f)
	}
	return page, nil
}

// Balance implements gateway.Connector.
func (c *Connector) Balance(ctx context.Context) ([]money.Amount, error) {
	var told balanceAnswer
	if err := c.get(ctx, "balance", nil, &told); err != nil {
		return nil, err
	}
	if told.Amounts == nil {
		return nil, broken("bad_answer", nil)
	}
	return told.Amounts, nil
}

// Payout implements gateway.Settler.
func (c *Connector) Payout(ctx context.Context, id string) (gateway.PaidOut, error) {
	var told Payout
	if err := c.get(ctx, "payouts/"+url.PathEscape(id), nil, &told); err != nil {
		return gateway.PaidOut{}, err
	}
	if told.ID != id || told.Amount.Currency == "" {
		return gateway.PaidOut{}, broken("integrity", nil)
	}
	return gateway.PaidOut{ID: told.ID, Amount: told.Amount, Failed: told.Failed, Movements: told.Movements}, nil
}

// ask makes a call that is answered with how a payment or refund stands.
func (c *Connector) ask(ctx context.Context, path, key string, in any, reference string, amount money.Amount) (gateway.Snapshot, error) {
	var told found
	if err := c.call(ctx, http.MethodPost, path, key, in, &told); err != nil {
		return gateway.Snapshot{}, err
	}
	return snapshot(told, reference, amount)
}

func (c *Connector) get(ctx context.Context, path string, query url.Values, into any) error {
	if query != nil {
		path += "?" + query.Encode()
	}
	return c.call(ctx, http.MethodGet, path, "", nil, into)
}
