package books

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"maps"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"comptoir.example/comptoir/base/money"
	"comptoir.example/comptoir/erp"
)

// Connector speaks to the books over HTTP, as to any other ERP.
type Connector struct {
	url, token string
	http       *http.Client
}

var _ erp.Connector = (*Connector)(nil)

// operation is the longest a call may take before it counts as lost.
const operation = 10 * time.Second

// Connect makes the connector of the books at an address. It says nothing to
// them yet.
func Connect(url, token string) *Connector {
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.MaxIdleConnsPerHost = 8
	return &Connector{strings.TrimRight(url, "/"), token, &http.Client{Transport: transport, Timeout: operation}}
}

// Probe implements erp.Connector.
func (c *Connector) Probe(ctx context.Context) (erp.Capabilities, error) {
	var who Company
	if err := c.get(ctx, "company", nil, &who); err != nil {
		return erp.Capabilities{}, err
	}
	return erp.Capabilities{
		System: "books", Product: "Comptoir Books", Company: who.Name, Currency: who.Currency, TimeZone: who.Zone,
		Rounding: money.Rounding{Mode: money.HalfEven, Level: money.PerDocument, PriceDigits: 4},
		Lanes:    4, Overlap: overlap, Operation: operation, PollEvery: 500 * time.Millisecond,
		PriceLive: true, QuoteLive: true, Kinds: slices.Sorted(maps.Keys(kinds)),
	}, nil
}

// Changed implements erp.Connector.
func (c *Connector) Changed(ctx context.Context, kind erp.Kind, text string, limit int) (erp.Page, error) {
	at, err := readCursor(text)
	if err != nil {
		return erp.Page{}, &erp.Error{Class: erp.Broken, Code: "bad_cursor", Cause: err}
	}
	// What was seen within the overlap comes again, and is no reason for a call.
	ask := max(1, min(limit+len(at.Seen), 1000))
	var found []listing
	query := url.Values{"after": {at.after()}, "limit": {strconv.Itoa(ask)}}
	if err := c.get(ctx, kinds[kind].path, query, &found); err != nil {
		return erp.Page{}, err
	}
	page := erp.Page{More: len(found) == ask}
	for _, l := range found {
		if len(page.Records) == limit {
			page.More = true
			break
		}
		if r := record(kind, l); at.meets(l) && !(r.Deleted && at.Load) {
			page.Records = append(page.Records, r)
		}
	}
	page.Cursor = at.text(page.More)
	return page, nil
}

// Read implements erp.Connector.
func (c *Connector) Read(ctx context.Context, kind erp.Kind, ids []string) ([]erp.Record, error) {
	var found []listing
	if err := c.get(ctx, kinds[kind].path, url.Values{"ids": {strings.Join(ids, ",")}}, &found); err != nil {
		return nil, err
	}
	var records []erp.Record
	there := map[string]bool{}
	for _, l := range found {
		there[l.ID] = true
		records = append(records, record(kind, l))
	}
	for _, id := range ids {
		if !there[id] {
			records = append(records, erp.Record{Kind: kind, ID: id, Deleted: true})
		}
	}
	return records, nil
}

// IDs implements erp.Connector.
func (c *Connector) IDs(ctx context.Context, kind erp.Kind) (ids []string, err error) {
	err = c.get(ctx, kinds[kind].path+"/ids", nil, &ids)
	return ids, err
}

// Prices implements erp.Connector.
func (c *Connector) Prices(ctx context.Context, questions []erp.PriceQuestion) ([]erp.PriceAnswer, error) {
	asked := make([]Question, len(questions))
	for i, q := range questions {
		asked[i] = Question(q)
	}
	var told []Answer
	if err := c.call(ctx, reading, http.MethodPost, "prices", asked, &told); err != nil {
		return nil, err
	}
	if len(told) != len(asked) {
		return nil, &erp.Error{Class: erp.Broken, Code: "bad_answer"}
	}
	answers := make([]erp.PriceAnswer, len(told))
	for i, a := range told {
		answers[i] = erp.PriceAnswer(a)
	}
	return answers, nil
}

// Quote implements erp.Connector.
func (c *Connector) Quote(ctx context.Context, order erp.NewOrder) (t erp.Totals, err error) {
	err = c.call(ctx, reading, http.MethodPost, "quotes", newOrder(order), &t)
	return t, err
}

// FindOrder implements erp.Connector. Orders never leave the books, so they are
// the only place to look; of several with one key the first is ours.
func (c *Connector) FindOrder(ctx context.Context, key string) (*erp.Order, error) {
	found, err := documents[Order](ctx, c, orders, url.Values{"key": {key}})
	if err != nil || len(found) == 0 || key == "" { // orders of others have no key
		return nil, err
	}
	order := found[0].canonical()
	return &order, nil
}

// CreateOrder implements erp.Connector. Where the network delivered the call
// twice the first draft is the order, and the other is withdrawn.
func (c *Connector) CreateOrder(ctx context.Context, order erp.NewOrder) (string, error) {
	var o Order
	if err := c.call(ctx, writing, http.MethodPost, orders, newOrder(order), &o); err != nil {
		return "", err
	}
	first, err := c.FindOrder(ctx, order.Key)
	if err != nil || first == nil || first.ID == o.ID || first.State != erp.OrderReceived {
		return o.ID, nil
	}
	_ = c.CancelOrder(ctx, o.ID) // else people see a draft too many in the books
	return first.ID, nil
}

// ReleaseOrder implements erp.Connector: a draft gets its number, and a quoted
// order is confirmed. What is confirmed stays as it is.
func (c *Connector) ReleaseOrder(ctx context.Context, id string, accept []string) (erp.Order, error) {
	found, err := documents[Order](ctx, c, orders, url.Values{"ids": {id}})
	if err != nil {
		return erp.Order{}, err
	}
	if len(found) == 0 {
		return erp.Order{}, &erp.Error{Class: erp.Refused, Code: "unknown_order"}
	}
	o := found[0]
	if step := map[string]string{draft: "quote", quoted: "confirm"}[o.State]; step != "" {
		o = Order{}
		if err := c.call(ctx, writing, http.MethodPost, orders+"/"+url.PathEscape(id)+"/"+step, accept, &o); err != nil {
			return erp.Order{}, err
		}
	}
	return o.canonical(), nil
}

// CancelOrder implements erp.Connector.
func (c *Connector) CancelOrder(ctx context.Context, id string) error {
	return c.call(ctx, writing, http.MethodPost, orders+"/"+url.PathEscape(id)+"/cancel", []string{}, &Order{})
}

// documents are those that a query finds.
func documents[T any](ctx context.Context, c *Connector, path string, query url.Values) ([]T, error) {
	var found []listing
	if err := c.get(ctx, path, query, &found); err != nil {
		return nil, err
	}
	all := make([]T, len(found))
	for i, l := range found {
		if err := json.Unmarshal(l.Body, &all[i]); err != nil {
			return nil, &erp.Error{Class: erp.Broken, Code: "bad_answer", Cause: err}
		}
	}
	return all, nil
}

// What is at stake in a call: after a lost answer a write may have happened.
const (
	reading = erp.Down
	writing = erp.Ambiguous
)

func (c *Connector) get(ctx context.Context, path string, query url.Values, into any) error {
	if query != nil {
		path += "?" + query.Encode()
	}
	return c.call(ctx, reading, http.MethodGet, path, nil, into)
}

// call makes one call. Lost is the class of a call whose answer never came.
func (c *Connector) call(ctx context.Context, lost erp.Class, method, path string, in, into any) error {
	var content io.Reader
	if in != nil {
		data, err := json.Marshal(in)
		if err != nil {
			return &erp.Error{Class: erp.Broken, Code: "bad_request", Cause: err}
		}
		content = bytes.NewReader(data)
	}
	r, err := http.NewRequestWithContext(ctx, method, c.url+"/api/"+path, content)
	if err != nil {
		return &erp.Error{Class: erp.Broken, Code: "bad_request", Cause: err}
	}
	r.Header.Set("Authorization", "Bearer "+c.token)
	answer, err := c.http.Do(r)
	if err != nil {
		var dialing *net.OpError
		if errors.As(err, &dialing) && dialing.Op == "dial" {
			return &erp.Error{Class: erp.Down, Code: "unreachable", Cause: err}
		}
		return &erp.Error{Class: lost, Code: "no_answer", Cause: err}
	}
	defer answer.Body.Close()
	data, err := io.ReadAll(io.LimitReader(answer.Body, 64<<20))
	if err != nil {
		return &erp.Error{Class: lost, Code: "no_answer", Cause: err}
	}
	if answer.StatusCode >= 300 {
		return refused(answer, data, lost)
	}
	if err := json.Unmarshal(data, into); err != nil {
		return &erp.Error{Class: lost, Code: "bad_answer", Cause: err} // cut short, or not the books' own
	}
	return nil
}

// refused reads an answer that is not a success.
func refused(answer *http.Response, data []byte, lost erp.Class) error {
	var said Problem
	if json.Unmarshal(data, &said) != nil || said.Code == "" {
		said = Problem{Code: "http_" + strconv.Itoa(answer.StatusCode)}
	}
	e := &erp.Error{Class: erp.Refused, Code: said.Code, Text: said.Detail}
	switch status := answer.StatusCode; {
	case status == http.StatusUnauthorized, status == http.StatusForbidden:
		e.Class = erp.Unauthorized
	case status == http.StatusConflict:
		e.Class = erp.NeedsDecision
	case status == http.StatusTooManyRequests:
		seconds, _ := strconv.Atoi(answer.Header.Get("Retry-After")) // none is zero: the caller has a pause of its own
		e.Class, e.After = erp.Throttled, time.Duration(seconds)*time.Second
	case status == http.StatusRequestTimeout, status >= 500:
		e.Class = lost
	}
	return e
}
