package main

import (
	"context"
	"fmt"
	"sync"
	"time"

	"comptoir.example/comptoir/base/money"
	"comptoir.example/comptoir/comptoirtest/instant"
	"comptoir.example/comptoir/erp"
	"comptoir.example/comptoir/gateway"
	"comptoir.example/comptoir/gateway/simulator"
)

// till is an ERP in memory that knows many invoices and books receipts at once. It
// finds both by their key, which instant.ERP does not.
type till struct {
	quiet
	mu       sync.Mutex
	records  map[string]erp.Record // of invoices, by id
	ids      []string              // of invoices
	open     map[string]erp.OpenItem
	receipts map[string]erp.Receipt // by our key, which is their id too
	cleared  int64
}

func newTill(e *instant.ERP) *till {
	return &till{quiet: quiet{e}, records: map[string]erp.Record{}, open: map[string]erp.OpenItem{}, receipts: map[string]erp.Receipt{}}
}

// invoice adds one.
func (t *till) invoice(customer, due string, minor int64) {
	id := fmt.Sprintf("f%d", len(t.ids)+1)
	amount := money.Amount{Minor: minor, Currency: "CAD"}
	t.ids = append(t.ids, id)
	t.records[id] = erp.Record{Kind: erp.KindInvoice, ID: id, No: "F-" + id, Body: erp.Invoice{
		Number: "F-" + id, Customer: customer, Date: "2026-11-01", Due: []erp.Instalment{{Date: due, Amount: amount}},
		Totals: erp.Totals{Net: amount, Total: amount}, Open: amount, State: "open",
		Lines: []erp.InvoiceLine{{Item: "i1", Text: "PRD-001 Produit", Quantity: money.Int(1), Unit: "unit", UnitPrice: money.Must("10.00"), Amount: amount}}}}
	t.open[id] = erp.OpenItem{Customer: customer, Document: id, Open: amount, Due: due}
}

// Changed implements erp.Connector.
func (t *till) Changed(ctx context.Context, kind erp.Kind, cursor string, limit int) (erp.Page, error) {
	if kind != erp.KindInvoice {
		return t.quiet.Changed(ctx, kind, cursor, limit)
	}
	from := 0
	fmt.Sscanf(cursor, "%d", &from)
	to := min(from+limit, len(t.ids))
	records, err := t.Read(ctx, kind, t.ids[from:to])
	return erp.Page{Records: records, Cursor: fmt.Sprint(to), More: to < len(t.ids)}, err
}

// Read implements erp.Connector.
func (t *till) Read(ctx context.Context, kind erp.Kind, ids []string) (found []erp.Record, err error) {
	if kind != erp.KindInvoice {
		return t.quiet.Read(ctx, kind, ids)
	}
	for _, id := range ids {
		found = append(found, t.records[id])
	}
	return found, nil
}

// IDs implements erp.Connector.
func (t *till) IDs(ctx context.Context, kind erp.Kind) ([]string, error) {
	if kind != erp.KindInvoice {
		return t.quiet.IDs(ctx, kind)
	}
	return append([]string{}, t.ids...), nil
}

// FindReceipt implements erp.Cashier.
func (t *till) FindReceipt(_ context.Context, key string) (*erp.Receipt, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if r, found := t.receipts[key]; found {
		return &r, nil
	}
	return nil, nil
}

// CreateReceipt implements erp.Cashier.
func (t *till) CreateReceipt(_ context.Context, n erp.NewReceipt) (string, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.receipts[n.Key] = erp.Receipt{ID: n.Key, Key: n.Key, Customer: n.Customer, Date: n.Date, Amount: n.Amount, Unapplied: n.Amount,
		Reference: n.Reference, State: erp.ReceiptReceived, Lines: n.Lines}
	return n.Key, nil
}

// PostReceipt implements erp.Cashier: it applies every line.
func (t *till) PostReceipt(_ context.Context, id string, _ []string) (erp.Receipt, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	r := t.receipts[id]
	if r.State == erp.ReceiptPosted {
		return r, nil
	}
	for _, l := range r.Lines {
		o := t.open[l.Invoice]
		o.Open.Minor -= l.Amount.Minor
		o.Keys = append(o.Keys, id)
		if t.open[l.Invoice] = o; o.Open.IsZero() {
			delete(t.open, l.Invoice)
		}
		r.Unapplied.Minor -= l.Amount.Minor
	}
	r.State, r.Number = erp.ReceiptPosted, "RC-"+id
	t.receipts[id] = r
	t.cleared += r.Amount.Minor
	return r, nil
}

// OpenItems implements erp.Cashier.
func (t *till) OpenItems(context.Context) (all []erp.OpenItem, err error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, o := range t.open {
		all = append(all, o)
	}
	return all, nil
}

// Clearing implements erp.Cashier.
func (t *till) Clearing(context.Context) ([]money.Amount, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	return []money.Amount{{Minor: t.cleared, Currency: "CAD"}}, nil
}

// What signs webhooks, in the driver and here.
const signing = "whsec-of-a-bench"

// processor is the simulator's connector, whose operations are answered here and at
// once. Webhooks are verified and translated as ever.
type processor struct {
	*simulator.Connector
	balance int64
}

func newProcessor() *processor {
	return &processor{Connector: simulator.New("http://pay.invalid", "sk-of-a-bench", signing)}
}

// Start implements gateway.Connector.
func (p *processor) Start(_ context.Context, op gateway.Operation, _ gateway.SessionWish) (gateway.Session, error) {
	return gateway.Session{ID: "s-" + op.Reference, URL: "http://pay.invalid/" + op.Reference, Expires: time.Now().Add(time.Hour)}, nil
}

// Find implements gateway.Connector.
func (p *processor) Find(context.Context, string) (*gateway.Snapshot, error) { return nil, nil }

// Pull implements gateway.Connector.
func (p *processor) Pull(context.Context, string, int) (gateway.Page, error) {
	return gateway.Page{Cursor: "0"}, nil
}

// Balance implements gateway.Connector.
func (p *processor) Balance(context.Context) ([]money.Amount, error) {
	return []money.Amount{{Minor: p.balance, Currency: "CAD"}}, nil
}
