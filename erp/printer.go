package erp

import "context"

// Printer is the part of a connector whose ERP prints its own documents. A connector
// without it leaves printing to the shop.
type Printer interface {
	// PrintInvoice is an invoice or a credit note (id of KindInvoice) as the ERP prints
	// it, as PDF. Nil without error: this ERP makes no PDF of it.
	PrintInvoice(ctx context.Context, id string) ([]byte, error)
}
