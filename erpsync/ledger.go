package erpsync

import (
	"context"
	"slices"

	"comptoir.example/comptoir/base/asof"
	"comptoir.example/comptoir/base/db"
	"comptoir.example/comptoir/base/fault"
	"comptoir.example/comptoir/erp"
	"comptoir.example/comptoir/finance/invoice"
	"comptoir.example/comptoir/finance/ledger"
	"comptoir.example/comptoir/finance/payment"
	"comptoir.example/comptoir/trade/customer"
)

// Each document of the ERP is an entry of our ledger: that is how the two can be
// compared later. Balances are never copied.

// replicateInvoice writes an invoice down, frees what its balance counts already,
// and books it.
func (e *Engine) replicateInvoice(ctx context.Context, tx *db.Tx, r erp.Record) error {
	if err := invoice.Replicate(ctx, tx, e.conn(), r); err != nil {
		return err
	}
	body, there := r.Body.(erp.Invoice)
	key := "invoice:" + e.conn() + ":" + r.ID
	if !there || body.State == "cancelled" {
		_, err := ledger.Reverse(ctx, tx, byUs, key, e.Merchant().Day(tx.Now), key+":cancelled", "invoice_cancelled")
		if fault.Is(err, fault.NotFound) {
			return nil // it was never booked
		}
		return err
	}
	ids, err := invoice.OurIDs(ctx, tx, e.conn(), []string{r.ID})
	if err != nil {
		return err
	}
	id := ids[r.ID]
	if err := payment.Counted(ctx, tx, id, body.Keys); err != nil {
		return err
	}
	c, err := customer.ByERP(ctx, tx, e.conn(), body.Customer)
	if err != nil {
		return err
	}
	booked, found, err := ledger.Find(ctx, tx, key)
	if err != nil {
		return err
	}
	total := body.Totals.Total
	if found {
		if booked.Kind == "invoice" && !slices.ContainsFunc(booked.Lines, func(l ledger.Line) bool { return l.Document == id && l.Amount == total }) {
			// Left as it was booked: a posted document does not change.
			return payment.Raise(ctx, tx, "document_changed", c.ID, id, total)
		}
		return nil
	}
	first, err := e.firstLoad(ctx, tx, r.Kind)
	if err != nil {
		return err
	}
	entry := ledger.Entry{Key: key, Kind: "invoice", Day: body.Date, Source: id}
	switch {
	case first:
		// What was settled before the shop came is not our story.
		entry.Kind, total = ledger.Opening, body.Open
	case total.Minor < 0 && body.Open.IsZero() && len(body.Keys) == 0:
		// Settled when it was made: the invoice that it takes back is cancelled.
		return nil
	}
	if total.IsZero() {
		return nil
	}
	// A credit note is money of the customer's until it is used.
	owed := ledger.AR(c.ID)
	if total.Minor < 0 {
		owed = ledger.Unapplied(c.ID)
	}
	entry.Lines = []ledger.Line{{Account: owed, Amount: total, Document: id}}
	rest := total
	for _, tax := range body.Totals.Taxes {
		if first || tax.Amount.IsZero() {
			continue
		}
		entry.Lines = append(entry.Lines, ledger.Line{Account: ledger.TaxControl(), Amount: tax.Amount.Neg()})
		rest.Minor -= tax.Amount.Minor
	}
	if !rest.IsZero() {
		entry.Lines = append(entry.Lines, ledger.Line{Account: ledger.RevenueControl(), Amount: rest.Neg()})
	}
	_, err = ledger.Post(ctx, tx, byUs, entry)
	return err
}

// firstLoad says that a kind has never been read to its end.
func (e *Engine) firstLoad(ctx context.Context, tx *db.Tx, kind erp.Kind) (bool, error) {
	board, err := asof.Read(ctx, tx, e.conn())
	return board.Of(string(kind)).At.IsZero(), err
}

// replicateReceipt books money that the ERP received by other channels. What came
// from here is booked already.
func (e *Engine) replicateReceipt(ctx context.Context, tx *db.Tx, r erp.Record) error {
	key := "erp_receipt:" + e.conn() + ":" + r.ID
	body, there := r.Body.(erp.Receipt)
	if there && body.Key != "" {
		return nil
	}
	if !there || body.State == erp.ReceiptReversed {
		_, err := ledger.Reverse(ctx, tx, byUs, key, e.Merchant().Day(tx.Now), key+":reversed", "receipt_reversed")
		if fault.Is(err, fault.NotFound) {
			return nil
		}
		return err
	}
	if body.State != erp.ReceiptPosted {
		return nil
	}
	c, err := customer.ByERP(ctx, tx, e.conn(), body.Customer)
	if err != nil {
		return err
	}
	var documents []string
	for _, l := range body.Lines {
		documents = append(documents, l.Invoice)
	}
	ids, err := invoice.OurIDs(ctx, tx, e.conn(), documents)
	if err != nil {
		return err
	}
	first, err := e.firstLoad(ctx, tx, r.Kind)
	if err != nil {
		return err
	}
	entry := ledger.Entry{Key: key, Kind: "erp_receipt", Day: body.Date, Source: r.ID}
	rest := body.Amount
	if first {
		// The documents were opened with what this had left of them.
		entry.Kind = ledger.Opening
		body.Lines, rest, body.Amount = nil, body.Unapplied, body.Unapplied
	}
	for _, l := range body.Lines {
		id, known := ids[l.Invoice]
		if !known {
			return fault.New(fault.NotFound, "invoice.not_found")
		}
		account := ledger.AR(c.ID)
		if l.Amount.Minor < 0 {
			account = ledger.Unapplied(c.ID)
		}
		entry.Lines = append(entry.Lines, ledger.Line{Account: account, Amount: l.Amount.Neg(), Document: id})
		rest.Minor -= l.Amount.Minor
	}
	if !rest.IsZero() {
		entry.Lines = append(entry.Lines, ledger.Line{Account: ledger.Unapplied(c.ID), Amount: rest.Neg()})
	}
	if !body.Amount.IsZero() {
		entry.Lines = append(entry.Lines, ledger.Line{Account: ledger.ERPReceipts(), Amount: body.Amount})
	}
	if len(entry.Lines) < 2 {
		return nil
	}
	_, err = ledger.Post(ctx, tx, byUs, entry)
	return err
}
