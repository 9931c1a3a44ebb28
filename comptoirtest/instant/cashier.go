package instant

import (
	"context"
	"fmt"

	"comptoir.example/comptoir/base/money"
	"comptoir.example/comptoir/erp"
)

// Invoice adds a posted invoice in Canadian dollars, or a credit note when total is
// negative, all of it open and without taxes, and gives its id.
func (e *ERP) Invoice(customer string, total int64, due string) string {
	return e.BillOn("2026-11-01", customer, money.Amount{Minor: total, Currency: "CAD"}, due)
}

// InvoiceOn is Invoice of another day.
func (e *ERP) InvoiceOn(day, customer string, total int64, due string) string {
	return e.BillOn(day, customer, money.Amount{Minor: total, Currency: "CAD"}, due)
}

// Bill is Invoice in any currency.
func (e *ERP) Bill(customer string, amount money.Amount, due string) string {
	return e.BillOn("2026-11-01", customer, amount, due)
}

// BillOn is Bill of another day.
func (e *ERP) BillOn(day, customer string, amount money.Amount, due string) string {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.next++
	id := fmt.Sprintf("f%d", e.next)
	e.records[erp.KindInvoice] = append(e.records[erp.KindInvoice], erp.Record{Kind: erp.KindInvoice, ID: id, No: "F-" + id, Body: erp.Invoice{
		Number: "F-" + id, Customer: customer, Date: day, Due: []erp.Instalment{{Date: due, Amount: amount}},
		Totals: erp.Totals{Net: amount, Total: amount}, Open: amount, State: "open"}})
	return id
}

// PayThere pays a part of an invoice by other means, as a clerk does with a cheque.
func (e *ERP) PayThere(invoice string, minor int64) { e.PayThereOn("2026-11-20", invoice, minor) }

// PayThereOn is PayThere on another day.
func (e *ERP) PayThereOn(day, invoice string, minor int64) {
	e.mu.Lock()
	defer e.mu.Unlock()
	i := e.invoice(invoice)
	e.next++
	amount := money.Amount{Minor: minor, Currency: i.Open.Currency}
	r := erp.Receipt{ID: fmt.Sprintf("r%d", e.next), Number: fmt.Sprintf("RC-%d", e.next), Customer: i.Customer, Date: day, Amount: amount,
		Unapplied: money.Zero(amount.Currency), State: erp.ReceiptPosted, Lines: []erp.ReceiptLine{{Invoice: invoice, Amount: amount}}}
	i.Open.Minor -= minor
	e.put(invoice, i)
	e.record(r)
}

// Receipts are all receipts with a key of ours, by key.
func (e *ERP) Receipts() map[string]erp.Receipt {
	e.mu.Lock()
	defer e.mu.Unlock()
	all := map[string]erp.Receipt{}
	for _, r := range e.records[erp.KindReceipt] {
		if b := r.Body.(erp.Receipt); b.Key != "" {
			all[b.Key] = b
		}
	}
	return all
}

// AllReceipts are all receipts there are, in the order in which they came.
func (e *ERP) AllReceipts() (all []erp.Receipt) {
	e.mu.Lock()
	defer e.mu.Unlock()
	for _, r := range e.records[erp.KindReceipt] {
		all = append(all, r.Body.(erp.Receipt))
	}
	return all
}

// InvoiceNow is an invoice as it stands.
func (e *ERP) InvoiceNow(id string) erp.Invoice {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.invoice(id)
}

func (e *ERP) invoice(id string) erp.Invoice {
	for _, r := range e.records[erp.KindInvoice] {
		if r.ID == id {
			return r.Body.(erp.Invoice)
		}
	}
	return erp.Invoice{}
}

func (e *ERP) put(id string, i erp.Invoice) {
	if i.State = "open"; i.Open.IsZero() {
		i.State = "paid"
	}
	for n, r := range e.records[erp.KindInvoice] {
		if r.ID == id {
			e.records[erp.KindInvoice][n].Body = i
		}
	}
}

func (e *ERP) record(r erp.Receipt) {
	for n, old := range e.records[erp.KindReceipt] {
		if old.ID == r.ID {
			e.records[erp.KindReceipt][n].Body = r
			return
		}
	}
	e.records[erp.KindReceipt] = append(e.records[erp.KindReceipt], erp.Record{Kind: erp.KindReceipt, ID: r.ID, No: r.Number, Body: r})
}

func (e *ERP) receipt(found func(erp.Receipt) bool) *erp.Receipt {
	for _, r := range e.records[erp.KindReceipt] {
		if b := r.Body.(erp.Receipt); found(b) {
			return &b
		}
	}
	return nil
}

// FindReceipt implements erp.Cashier.
func (e *ERP) FindReceipt(_ context.Context, key string) (*erp.Receipt, error) {
	leave, err := e.enter()
	if err != nil {
		return nil, err
	}
	defer leave()
	return e.receipt(func(r erp.Receipt) bool { return r.Key == key }), nil
}

// CreateReceipt implements erp.Cashier.
func (e *ERP) CreateReceipt(_ context.Context, n erp.NewReceipt) (string, error) {
	leave, err := e.enter()
	if err != nil {
		return "", err
	}
	defer leave()
	if code := e.Refuse[n.Customer]; code != "" {
		return "", &erp.Error{Class: erp.Refused, Code: code, Text: "non"}
	}
	e.next++
	r := erp.Receipt{ID: fmt.Sprintf("r%d", e.next), Key: n.Key, Customer: n.Customer, Date: n.Date, Amount: n.Amount, Unapplied: n.Amount,
		Reference: n.Reference, State: erp.ReceiptReceived, Lines: n.Lines}
	e.record(r)
	e.Creates[n.Key]++
	if e.Lose > 0 {
		e.Lose--
		e.Struck++
		return "", &erp.Error{Class: erp.Ambiguous, Code: "no_answer"}
	}
	return r.ID, nil
}

// PostReceipt implements erp.Cashier.
func (e *ERP) PostReceipt(_ context.Context, id string, _ []string) (erp.Receipt, error) {
	leave, err := e.enter()
	if err != nil {
		return erp.Receipt{}, err
	}
	defer leave()
	r := e.receipt(func(r erp.Receipt) bool { return r.ID == id })
	if r == nil {
		return erp.Receipt{}, &erp.Error{Class: erp.Refused, Code: "unknown_receipt"}
	}
	if r.State != erp.ReceiptReceived {
		return *r, nil
	}
	r.Unapplied = r.Amount
	var applied []erp.ReceiptLine
	for _, l := range r.Lines {
		i := e.invoice(l.Invoice)
		takes := min(l.Amount.Minor, i.Open.Minor)
		if l.Amount.Minor < 0 {
			takes = max(l.Amount.Minor, i.Open.Minor)
		}
		if takes == 0 {
			continue
		}
		i.Open.Minor -= takes
		i.Keys = append(append([]string{}, i.Keys...), r.Key)
		e.put(l.Invoice, i)
		r.Unapplied.Minor -= takes
		applied = append(applied, erp.ReceiptLine{Invoice: l.Invoice, Amount: money.Amount{Minor: takes, Currency: r.Amount.Currency}})
	}
	r.Lines, r.State, r.Number = applied, erp.ReceiptPosted, "RC-"+r.ID
	e.record(*r)
	if e.Lose > 0 {
		e.Lose--
		e.Struck++
		return erp.Receipt{}, &erp.Error{Class: erp.Ambiguous, Code: "no_answer"}
	}
	return *r, nil
}

// ReverseReceipt implements erp.Cashier.
func (e *ERP) ReverseReceipt(_ context.Context, id, _, _ string) (erp.Receipt, error) {
	leave, err := e.enter()
	if err != nil {
		return erp.Receipt{}, err
	}
	defer leave()
	r := e.receipt(func(r erp.Receipt) bool { return r.ID == id })
	if r == nil {
		return erp.Receipt{}, &erp.Error{Class: erp.Refused, Code: "unknown_receipt"}
	}
	e.Reverses[r.Key]++
	if r.State == erp.ReceiptReversed {
		return *r, nil
	}
	for _, l := range r.Lines {
		i := e.invoice(l.Invoice)
		i.Open.Minor += l.Amount.Minor
		e.put(l.Invoice, i)
	}
	r.State = erp.ReceiptReversed
	e.record(*r)
	if e.Lose > 0 {
		e.Lose--
		e.Struck++
		return erp.Receipt{}, &erp.Error{Class: erp.Ambiguous, Code: "no_answer"}
	}
	return *r, nil
}

// OpenItems implements erp.Cashier.
func (e *ERP) OpenItems(context.Context) (all []erp.OpenItem, err error) {
	leave, err := e.enter()
	if err != nil {
		return nil, err
	}
	defer leave()
	for _, r := range e.records[erp.KindInvoice] {
		if i := r.Body.(erp.Invoice); !i.Open.IsZero() {
			all = append(all, erp.OpenItem{Customer: i.Customer, Document: r.ID, Open: i.Open, Due: i.Due[0].Date, Keys: i.Keys})
		}
	}
	for _, r := range e.records[erp.KindReceipt] {
		if b := r.Body.(erp.Receipt); b.State == erp.ReceiptPosted && !b.Unapplied.IsZero() {
			item := erp.OpenItem{Customer: b.Customer, Open: b.Unapplied.Neg()}
			if b.Key != "" {
				item.Keys = []string{b.Key}
			}
			all = append(all, item)
		}
	}
	return all, nil
}

// Clearing implements erp.Cashier.
func (e *ERP) Clearing(context.Context) ([]money.Amount, error) {
	leave, err := e.enter()
	if err != nil {
		return nil, err
	}
	defer leave()
	sums := []money.Amount{money.Zero("CAD"), money.Zero("USD")}
	for i := range sums {
		for _, r := range e.records[erp.KindReceipt] {
			if b := r.Body.(erp.Receipt); b.State == erp.ReceiptPosted && b.Key != "" && b.Amount.Currency == sums[i].Currency {
				sums[i].Minor += b.Amount.Minor
			}
		}
	}
	return sums, nil
}

// LoseNext lets the next n answers about what was written be lost.
func (e *ERP) LoseNext(n int) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.Lose = n
}
