package erp

import (
	"context"

	"comptoir.example/comptoir/base/money"
)

// Cashier is the part of a connector that books money: what the shop has taken,
// given back or netted goes into the ERP, with the documents that it settles.
//
// As with orders, nothing here is idempotent but PostReceipt: FindReceipt goes
// first, by our key.
type Cashier interface {
	// FindReceipt looks for the receipt with our key, whatever its state. A group of
	// documents under one key is one receipt, also when it is not complete yet. Nil
	// without error: it is nowhere.
	FindReceipt(ctx context.Context, key string) (*Receipt, error)

	// CreateReceipt writes a receipt down and stops before it takes effect. An ERP
	// that needs several documents for it goes on where an interrupted call stopped.
	// Returns the ERP's id.
	CreateReceipt(ctx context.Context, r NewReceipt) (string, error)

	// PostReceipt moves a receipt one step towards being booked and applied, and says
	// how it stands then, re-read. Calling it again is harmless. Documents that it
	// pays in full are settled (reconciled); of a part the ERP keeps the rest open.
	// A document that was paid by other means meanwhile takes nothing: what was meant
	// for it stays unapplied. Accept lists the codes of questions answered yes.
	PostReceipt(ctx context.Context, id string, accept []string) (Receipt, error)

	// ReverseReceipt undoes a booked receipt, since the money went back without a
	// credit note (a dispute, a bank's return): its documents are open again.
	// Harmless when it is reversed already.
	ReverseReceipt(ctx context.Context, id, date, reason string) (Receipt, error)

	// OpenItems lists what is open at every customer at one moment: invoices,
	// credit notes (negative) and money not applied yet (negative, without document).
	OpenItems(ctx context.Context) ([]OpenItem, error)

	// Clearing is the balance of the account where receipts wait for the processor's
	// payouts, by currency.
	Clearing(ctx context.Context) ([]money.Amount, error)
}

// NewReceipt is money on its way into the ERP. Ids are the ERP's.
//
// Amount is what was taken; negative, what was given back; zero, nothing: then the
// lines only net documents. The lines add up to Amount or, when it is positive, to
// less: the rest stays at the customer, unapplied.
type NewReceipt struct {
	Key       string // 19 characters, see NewKey
	Customer  string
	Date      string // YYYY-MM-DD, the merchant's day
	Amount    money.Amount
	Reference string // what people find it by at the processor
	Lines     []ReceiptLine
}

// ReceiptLine is a document that a receipt settles, in whole or part: positive of
// an invoice, negative of a credit note.
type ReceiptLine struct {
	Invoice string       `json:"invoice"` // id of KindInvoice
	Amount  money.Amount `json:"amount"`
}

// Receipt is money as it stands in the ERP, whoever took it.
type Receipt struct {
	ID        string        `json:"id"`
	Key       string        `json:"key"` // ours; "" when it did not come from here
	Number    string        `json:"number"`
	Customer  string        `json:"customer"`
	Date      string        `json:"date"`
	Amount    money.Amount  `json:"amount"`
	Unapplied money.Amount  `json:"unapplied"` // of Amount, what settles no document
	Reference string        `json:"reference"`
	State     ReceiptState  `json:"state"`
	Lines     []ReceiptLine `json:"lines"`
}

// ReceiptState is where a receipt stands in the ERP.
type ReceiptState string

// The states of a receipt in an ERP.
const (
	ReceiptReceived ReceiptState = "received" // exists, not booked
	ReceiptPosted   ReceiptState = "posted"   // booked and applied
	ReceiptReversed ReceiptState = "reversed" // undone
	ReceiptUnknown  ReceiptState = "unknown"  // a state the connector has no word for
)

// KindReceipt is money received, by every channel.
const KindReceipt Kind = "receipt"

// Kind of a receipt.
func (Receipt) Kind() Kind { return KindReceipt }

// OpenItem is something open at a customer.
type OpenItem struct {
	Customer string
	Document string // id of KindInvoice; "" for money not applied
	Open     money.Amount
	Due      string   // YYYY-MM-DD; "" when it has none
	Keys     []string // of our receipts that Open counts already
}
