package erpsync

import (
	"bytes"
	"context"
	"log/slog"
	"time"

	"comptoir.example/comptoir/erp"
)

// printing is how long somebody waits for the ERP's own document.
const printing = 5 * time.Second

// Print is an invoice, by the ERP's id, as the ERP prints it; nil when it makes no
// PDF or does not answer in time: then ours is printed, with the same figures.
func (e *Engine) Print(ctx context.Context, id string) []byte {
	printer, can := e.ERP.(erp.Printer)
	if !can {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, printing)
	defer cancel()
	pdf, err := printer.PrintInvoice(ctx, id)
	if err != nil {
		slog.InfoContext(ctx, "erp: no document in time", "conn", e.conn(), "invoice", id, "err", err)
		return nil
	}
	if !bytes.HasPrefix(pdf, []byte("%PDF-")) {
		return nil
	}
	return pdf
}
