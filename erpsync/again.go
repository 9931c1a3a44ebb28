package erpsync

import (
	"context"
	"strings"

	"comptoir.example/comptoir/base/db"
	"comptoir.example/comptoir/base/fault"
	"comptoir.example/comptoir/erp"
	"comptoir.example/comptoir/finance/invoice"
	"comptoir.example/comptoir/finance/ledger"
	"comptoir.example/comptoir/trade/access"
)

// Again reads from the ERP what a difference of open items is about, whatever its
// change stamps say: the document, the receipts that settled it, and the receipts
// that are there and not here. subject is the difference's: invoice.id, customer.id,
// or erp:customer/document in the ERP's ids for what is not here.
func (e *Engine) Again(ctx context.Context, who access.Actor, subject string) error {
	if err := who.Must(access.SettleFinance); err != nil {
		return err
	}
	var documents, receipts []string
	if theirs, is := strings.CutPrefix(subject, "erp:"); is {
		if _, document, _ := strings.Cut(theirs, "/"); document != "" {
			documents = []string{document}
		}
	} else if err := e.DB.Read(ctx, func(tx *db.Tx) (err error) {
		documents, receipts, err = settledBy(ctx, tx, subject)
		return err
	}); err != nil {
		return err
	}
	err := e.reread(ctx, erp.KindInvoice, documents)
	if err == nil {
		err = e.reread(ctx, erp.KindReceipt, receipts)
	}
	if err == nil {
		err = e.Sweep(ctx, erp.KindReceipt)
	}
	if err != nil && fault.Of(err).Kind == fault.Internal {
		return fault.New(fault.Unavailable, "parity.side_silent").Because(err)
	}
	return err
}

// settledBy are the ERP's ids of a document and of its receipts, as far as they were
// read; of a customer, those of receipts that are applied to nothing.
func settledBy(ctx context.Context, tx *db.Tx, subject string) (documents, receipts []string, err error) {
	known, err := invoice.ERPIDs(ctx, tx, []string{subject})
	if err != nil {
		return nil, nil, err
	}
	if known[subject] == "" {
		receipts, err = ledger.Sources(ctx, tx, ledger.Unapplied(subject), "erp_receipt")
		return nil, receipts, err
	}
	entries, err := ledger.Lines(ctx, tx, subject)
	for _, x := range entries {
		if x.Kind == "erp_receipt" {
			receipts = append(receipts, x.Source)
		}
	}
	return []string{known[subject]}, receipts, err
}
