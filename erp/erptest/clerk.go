package erptest

import (
	"context"
	"testing"

	"comptoir.example/comptoir/base/money"
	"comptoir.example/comptoir/erp"
)

// Clerk is a person who works in the ERP: on its own screens, or over its own
// API with a person's rights, and never through the connector. Orders and lines
// are named by the ids the connector gives, items by SKU. Quantities and stock
// levels count sale units.
type Clerk interface {
	// ShipPart ships some of what waits of an order, by id of the line.
	ShipPart(ctx context.Context, order string, quantities map[string]money.Decimal) error
	// ShipRest ships all that still waits.
	ShipRest(ctx context.Context, order string) error
	// PostInvoice posts every invoice of an order that is still a draft.
	PostInvoice(ctx context.Context, order string) error
	// MakePartialPayment records money for the first open invoice of an order.
	MakePartialPayment(ctx context.Context, order string, amount money.Decimal) error
	// CreditInvoice takes the open invoices of an order back.
	CreditInvoice(ctx context.Context, order string) error
	// CancelOrder withdraws an order that is not in effect.
	CancelOrder(ctx context.Context, order string) error
	// ChangeLine gives a line of an order another quantity.
	ChangeLine(ctx context.Context, order, line string, quantity money.Decimal) error

	// ChangePrice sets the list price of an item, for one piece of it.
	ChangePrice(ctx context.Context, sku string, price money.Decimal) error
	// SetStock says how much of an item is on hand.
	SetStock(ctx context.Context, sku string, onHand money.Decimal) error
	// BlockItem takes an item off sale, or puts it back.
	BlockItem(ctx context.Context, sku string, blocked bool) error
	// RenameItem gives an item another French name.
	RenameItem(ctx context.Context, sku, name string) error
}

// What some clerks can do besides. A Ground whose clerk cannot says so in Cannot,
// and the check that needs it is then named as not done.
type (
	// CustomerBlocker stops the orders of a customer, or takes them again.
	CustomerBlocker interface {
		BlockCustomer(ctx context.Context, code string, blocked bool) error
	}
	// Archivist takes an item out of the catalogue for good.
	Archivist interface {
		ArchiveItem(ctx context.Context, sku string) error
	}
	// Copier duplicates an order as it stands, our key included.
	Copier interface {
		CopyOrder(ctx context.Context, order string) (string, error)
	}
	// Cashbox is what the checks of an erp.Cashier ask of a clerk besides. For a
	// cheque that the ERP takes by itself they use MakePartialPayment.
	Cashbox interface {
		// MakeCreditNote posts a credit note for some of what the first invoice of an
		// order bills, by id of the order's line, and leaves it open: it is netted
		// with nothing, and the invoice stays as it is.
		MakeCreditNote(ctx context.Context, order string, quantities map[string]money.Decimal) error
	}
)

// Ground is one ERP with its connector, ready to be tried. It is filled with the
// demo merchant, and the suite leaves orders, invoices and prices behind in it.
type Ground struct {
	ERP string // "books", "tryton"
	URL string // where the ERP itself answers

	// Connect makes a connector with the right secret that speaks to a base URL:
	// the ERP's own, or that of a Proxy before it. It is called many times.
	Connect func(url string) erp.Connector
	// Stranger makes one with a wrong secret, and Limited one for a user whose
	// rights do not do. Probe must then name Lacking among what is missing.
	Stranger, Limited func(url string) erp.Connector
	Lacking           []string
	// Another starts the ERP of another company, with the same merchant in it. The
	// checks of money have one to themselves.
	Another func(t testing.TB) Ground

	Clerk   Clerk
	Secrets []string // passwords and tokens, which must never come out
	Names   Names

	// Strange is a text in the ERP's answers that says an order is in effect,
	// and one in its place that no connector has ever seen.
	Strange [2]string
	// Sampled tries faults at a few places instead of all, for slow ERPs.
	Sampled bool

	// Cannot says why a check makes no sense for this ERP, by its number. What
	// is not named here must pass.
	Cannot map[string]string
}

// Names are the customers, items and places of the merchant that the checks use.
type Names struct {
	Customer    string            // has a list with breaks, a credit limit and two addresses
	ShipTo      string            // name of its second address, which only receives goods
	SmallLimit  string            // customer whose credit limit is below the price of five Broken
	Unlimited   string            // customer without a limit
	Instalments string            // customer whose term has two instalments
	Delivery    string            // delivery method with a fixed freight
	Broken      string            // item whose price for Customer breaks at 5 and 10
	Boxed       string            // item sold in boxes
	Plain       string            // goods sold by the piece, without breaks of their own
	Spare       string            // goods like it, which BlockItem and ArchiveItem take away
	Fraction    string            // item sold by weight, with two decimals
	Overdue     string            // PO number of an order whose invoice is overdue
	PerList     []string          // a customer for each price list, and one without
	Costs       map[string]string // what the merchant pays, by SKU: nobody may know
}

// Demo is the merchant that both ERPs of the project are seeded with.
var Demo = Names{
	Customer: "C1001", ShipTo: "Chantier Laval", SmallLimit: "C1009", Unlimited: "C1007", Instalments: "C1006",
	Delivery: "Transport Boréal", Broken: "PRD-012", Boxed: "PRD-001", Plain: "PRD-011", Spare: "PRD-019", Fraction: "PRD-008",
	Overdue: "SEED-0001", PerList: []string{"C1001", "C1003", "C1005", "C1007"},
	Costs: map[string]string{"PRD-012": "118", "PRD-014": "98.4", "PRD-020": "31.25"},
}
