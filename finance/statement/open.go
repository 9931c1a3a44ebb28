package statement

import (
	"cmp"
	"context"
	"slices"

	"comptoir.example/comptoir/base/db"
	"comptoir.example/comptoir/base/money"
	"comptoir.example/comptoir/finance/invoice"
	"comptoir.example/comptoir/finance/ledger"
	"comptoir.example/comptoir/finance/payment"
)

// Open is what a balance is made of.
type Open struct {
	Items []Item
	Aged  invoice.Aged
}

// Item is a document with something open, or, without an ID, money that is applied to
// nothing.
type Item struct {
	Document
	PONumber, Day, Due string
	Total, Open        money.Amount // negative of credits
}

// name gives documents their numbers and ages what is open.
func (s *Statement) name(ctx context.Context, tx *db.Tx, open []ledger.OpenDocument) error {
	var ids, payments []string
	for _, d := range open {
		ids = append(ids, d.Document)
	}
	for _, a := range s.Accounts {
		for _, m := range a.Movements {
			payments = append(payments, m.Payment)
			for _, d := range m.Documents {
				ids = append(ids, d.ID)
			}
		}
	}
	receipts, err := payment.ReceiptNumbers(ctx, tx, payments)
	if err != nil {
		return err
	}
	heads, err := invoice.Heads(ctx, tx, ids)
	if err != nil {
		return err
	}
	for n := range s.Accounts {
		a := &s.Accounts[n]
		for i := range a.Movements {
			m := &a.Movements[i]
			m.Receipt = receipts[m.Payment]
			for d := range m.Documents {
				m.Documents[d].Number = heads[m.Documents[d].ID].Number
			}
		}
		if err := a.age(s.To, open, heads); err != nil {
			return err
		}
	}
	return nil
}

// age lists what is open in the account's currency, the oldest due first, money
// without a document last.
func (a *Account) age(day string, open []ledger.OpenDocument, heads map[string]invoice.Head) (err error) {
	var items []invoice.OpenItem
	for _, d := range open {
		if d.Amount.Currency != a.Currency() {
			continue
		}
		h := heads[d.Document]
		a.Open.Items = append(a.Open.Items, Item{Document: Document{d.Document, h.Number}, PONumber: h.PONumber, Day: h.Day, Due: h.Due,
			Total: h.Total, Open: d.Amount})
		items = append(items, invoice.OpenItem{Due: h.Due, Open: d.Amount})
	}
	slices.SortFunc(a.Open.Items, func(x, y Item) int {
		return cmp.Or(-cmp.Compare(min(len(x.ID), 1), min(len(y.ID), 1)), cmp.Compare(x.Due, y.Due), cmp.Compare(x.Number, y.Number), cmp.Compare(x.ID, y.ID))
	})
	a.Open.Aged, err = invoice.Age(a.Currency(), day, items)
	return err
}
