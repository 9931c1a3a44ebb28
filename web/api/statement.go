package api

import (
	"context"

	"comptoir.example/comptoir/base/asof"
	"comptoir.example/comptoir/base/db"
	"comptoir.example/comptoir/base/fault"
	"comptoir.example/comptoir/erp"
	"comptoir.example/comptoir/finance/invoice"
	"comptoir.example/comptoir/finance/statement"
	"comptoir.example/comptoir/web"
)

// Statement is the company's account over a period. DataSince is the first day of
// which anything is known here; absent when everything is.
type Statement struct {
	From      string    `json:"from" format:"date"`
	To        string    `json:"to" format:"date"`
	DataSince string    `json:"data_since,omitempty" format:"date"`
	Accounts  []Account `json:"accounts"`
	AsOf      AsOf      `json:"as_of"`
}

// Account is the part of a statement in one currency; positive is owed. Opening and
// the movements add up to closing, and so do the open items, and the ages less the
// credits.
type Account struct {
	Currency  string     `json:"currency"`
	Opening   Amount     `json:"opening"`
	Movements []Movement `json:"movements"`
	Closing   Amount     `json:"closing"`
	Open      []OpenItem `json:"open_items"`
	Aging     Aging      `json:"aging"`
}

// Movement is one line of a statement. Its amount is zero when the balance did not
// change, but what is open did.
type Movement struct {
	Date      string     `json:"date" format:"date"`
	Kind      string     `json:"kind" enum:"invoice,credit_note,invoice_cancelled,credit_note_cancelled,payment,receipt,receipt_reversed,unapplied,refund,refund_failed,dispute,dispute_won,dispute_lost,other"`
	Amount    Amount     `json:"amount"`
	Balance   Amount     `json:"balance"` // after it
	Documents []Document `json:"documents"`
	Payment   string     `json:"payment,omitempty"` // id of a payment made here
	Receipt   string     `json:"receipt,omitempty"` // the ERP's number of it
}

// Document is an invoice or a credit note.
type Document struct {
	ID     string `json:"id"`
	Number string `json:"number"`
}

// OpenItem is a document with something open on the last day; money that is applied to
// nothing has no document, and is negative.
type OpenItem struct {
	Document *Document `json:"document,omitempty"`
	PONumber string    `json:"po_number,omitempty"`
	Date     string    `json:"date,omitempty" format:"date"`
	Due      string    `json:"due,omitempty" format:"date"`
	Total    *Amount   `json:"total,omitempty"`
	Open     Amount    `json:"open_balance"`
}

// Aging is what is open by days late, and the credits, positive.
type Aging struct {
	NotDue   Amount `json:"not_due"`
	To30     Amount `json:"late_1_30"`
	To60     Amount `json:"late_31_60"`
	To90     Amount `json:"late_61_90"`
	Over90   Amount `json:"late_over_90"`
	Credits  Amount `json:"credits"`
	Open     Amount `json:"open_balance"`
	LateOpen Amount `json:"late"`
}

func aging(a invoice.Aged) Aging {
	return Aging{amount(a.By[0]), amount(a.By[1]), amount(a.By[2]), amount(a.By[3]), amount(a.By[4]), amount(a.Credits), amount(a.Open), amount(a.Overdue)}
}

// GET /v1/statement
func getStatement(r *web.Request, in *struct {
	From string `query:"from" maxLength:"10"` // three months before its end, when absent
	To   string `query:"to" maxLength:"10"`   // today, when absent
}) (*struct{ Body Statement }, error) {
	var s statement.Statement
	var board asof.Board
	err := r.Read(func(ctx context.Context, tx *db.Tx) (err error) {
		if s, err = statement.Of(ctx, tx, r.Actor, r.Site.Engine.Merchant(), in.From, in.To); err == nil {
			_, board, err = company(ctx, tx, r)
		}
		return err
	})
	if err != nil {
		return nil, inQuery(err)
	}
	out := Statement{From: s.From, To: s.To, DataSince: s.Since, Accounts: []Account{}, AsOf: asOf(board.Of(string(erp.KindInvoice)), r.Now)}
	for _, a := range s.Accounts {
		shown := Account{Currency: a.Currency(), Opening: amount(a.Opening), Closing: amount(a.Closing), Movements: []Movement{}, Open: []OpenItem{}, Aging: aging(a.Open.Aged)}
		for _, m := range a.Movements {
			line := Movement{Date: m.Day, Kind: m.Kind, Amount: amount(m.Amount), Balance: amount(m.Balance), Documents: []Document{}, Receipt: m.Receipt}
			if m.Payment != "" {
				line.Payment = wireID(paymentID, m.Payment)
			}
			for _, d := range m.Documents {
				line.Documents = append(line.Documents, Document{wireID(invoiceID, d.ID), d.Number})
			}
			shown.Movements = append(shown.Movements, line)
		}
		for _, i := range a.Open.Items {
			item := OpenItem{PONumber: i.PONumber, Date: i.Day, Due: i.Due, Open: amount(i.Open)}
			if i.ID != "" {
				total := amount(i.Total)
				item.Document, item.Total = &Document{wireID(invoiceID, i.ID), i.Number}, &total
			}
			shown.Open = append(shown.Open, item)
		}
		out.Accounts = append(out.Accounts, shown)
	}
	return &struct{ Body Statement }{out}, nil
}

// inQuery is a fault whose fields stand in the query, not in the body.
func inQuery(err error) error {
	f := fault.Of(err)
	if len(f.Fields) == 0 {
		return err
	}
	for i := range f.Fields {
		f.Fields[i].Name = parameter + f.Fields[i].Name
	}
	return &f
}
