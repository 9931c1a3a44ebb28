// Package erp is what Comptoir and an ERP say to each other: the records that
// come in, the orders that go out, and the small interface a connector speaks.
//
// A connector is stateless translation. It does not keep cursors, retry, remove
// duplicates or decide about money: erpsync does, the same way for every ERP.
// What an ERP can and cannot do is data (Capabilities), never its brand.
// The numbered checks of erptest say when a connector is done.
package erp

import (
	"context"
	"encoding/json"
	"time"

	"comptoir.example/comptoir/base/money"
)

// Shelf is where what an ERP says of customers, items, prices and taxes is kept in
// memory (db.Keep). Stock changes too often for it.
const Shelf = "erp"

// Connector is one company's books in one ERP, spoken to over a wire.
//
// Every method may take long and may fail with an *Error (see Class). None may
// be called inside a unit of work.
type Connector interface {
	// Probe signs in and says what this ERP can do here, and what is missing.
	Probe(ctx context.Context) (Capabilities, error)

	// Changed lists records of a kind that changed after a cursor ("" is the
	// beginning), at most about limit of them, in an order in which nothing is
	// missed when it is called again with the returned cursor until More is
	// false. It goes back by Capabilities.Overlap for what was committed late
	// and may repeat records: the caller compares hashes.
	Changed(ctx context.Context, kind Kind, cursor string, limit int) (Page, error)

	// Read gives the records with these ids as they are now. A record that is
	// gone comes back with Deleted set. No order is promised.
	Read(ctx context.Context, kind Kind, ids []string) ([]Record, error)

	// IDs lists every id of a kind that exists and is active: what is missing
	// here was deleted there (change stamps do not tell).
	IDs(ctx context.Context, kind Kind) ([]string, error)

	// Prices asks for unit prices now, in sale units, as an order line would
	// get them. The answers stand in the order of the questions; an item the
	// ERP does not sell to that customer has no price.
	Prices(ctx context.Context, questions []PriceQuestion) ([]PriceAnswer, error)

	// Quote computes an order's totals without keeping anything.
	Quote(ctx context.Context, order NewOrder) (Totals, error)

	// FindOrder looks for the order with our key in every place where it can
	// be, whatever its state. Nil without error: it is nowhere.
	FindOrder(ctx context.Context, key string) (*Order, error)

	// CreateOrder writes an order and stops before it takes effect. It is not
	// idempotent: FindOrder goes first. Returns the ERP's id.
	CreateOrder(ctx context.Context, order NewOrder) (string, error)

	// ReleaseOrder moves an existing order one step towards being in effect and
	// says how it stands then, re-read. Calling it again is harmless. Accept
	// lists the codes of questions (NeedsDecision) that are answered yes.
	ReleaseOrder(ctx context.Context, id string, accept []string) (Order, error)

	// CancelOrder withdraws an order that is not in effect yet. Harmless when
	// it is already cancelled; Refused when it is too late.
	CancelOrder(ctx context.Context, id string) error
}

// Kind names what a record is about.
type Kind string

// The kinds, in the order in which a first load reads them: what is pointed at
// comes before what points.
const (
	KindTerm           Kind = "term"            // payment terms
	KindPaymentMethod  Kind = "payment_method"  //
	KindDeliveryMethod Kind = "delivery_method" // ways to deliver, with freight
	KindUnit           Kind = "unit"            //
	KindTax            Kind = "tax"             //
	KindTaxCase        Kind = "tax_case"        // which taxes for which customer and item
	KindCustomer       Kind = "customer"        //
	KindAddress        Kind = "address"         //
	KindItem           Kind = "item"            //
	KindPrice          Kind = "price"           // ladders of computed prices
	KindStock          Kind = "stock"           //
	KindOrder          Kind = "order"           // progress of orders of every channel
	KindShipment       Kind = "shipment"        //
	KindInvoice        Kind = "invoice"         // invoices and credit notes, posted ones only
)

// Kinds is every kind in loading order.
var Kinds = []Kind{KindTerm, KindPaymentMethod, KindDeliveryMethod, KindUnit, KindTax, KindTaxCase,
	KindCustomer, KindAddress, KindItem, KindPrice, KindStock, KindOrder, KindShipment, KindInvoice, KindReceipt}

// Page is one answer of Changed.
type Page struct {
	Records []Record
	Cursor  string // opaque; kept by the caller once the records are
	More    bool   // call again at once
}

// Record is the envelope of everything read from an ERP.
type Record struct {
	Kind      Kind
	ID        string          // stable key in the ERP; never parsed outside the connector
	No        string          // number for people; may change
	Rev       string          // opaque revision, "" when there is none
	ChangedAt time.Time       // the ERP's claim; zero when it makes none
	Deleted   bool            // tombstone; Body is nil
	Body      Body            // nil when Deleted or Malformed
	Malformed string          // why the record could not be understood, for people who mend it
	Raw       json.RawMessage // what was read, without secrets and costs; may be nil
}

// Body is the content of a record: one of the types below.
type Body interface{ Kind() Kind }

// Text is a name in both languages. English falls back to French and back.
type Text struct {
	FR string `json:"fr"`
	EN string `json:"en"`
}

// In is the text for a language tag that starts with "en" or anything else.
func (t Text) In(lang string) string {
	if (len(lang) >= 2 && lang[:2] == "en" && t.EN != "") || t.FR == "" {
		return t.EN
	}
	return t.FR
}

// Term is when an invoice is due. The rule only forecasts: the invoice says.
type Term struct {
	Name Text `json:"name"`
	Days *int `json:"days,omitempty"` // net days of the last instalment, when it is that simple
}

// PaymentMethod is a way to pay that the ERP knows.
type PaymentMethod struct {
	Name  Text   `json:"name"`
	Class string `json:"class"` // account, card, bank_debit, transfer, cheque, cash, other
}

// DeliveryMethod is a way to deliver that the ERP knows.
type DeliveryMethod struct {
	Name    Text           `json:"name"`
	Freight *money.Decimal `json:"freight,omitempty"`  // price of the freight line; nil: to be confirmed
	ItemTax string         `json:"item_tax,omitempty"` // tax class of the freight line
}

// Unit is a unit of sale.
type Unit struct {
	Name   Text   `json:"name"`
	Symbol string `json:"symbol"`
	Digits int    `json:"digits"` // decimals of a quantity in it
}

// Tax is one tax, named as documents name it.
type Tax struct {
	Name Text          `json:"name"` // "TPS 5 %", "GST 5%"
	Rate money.Decimal `json:"rate"` // 0.05
}

// TaxCase says which taxes apply, in order, to items of a tax class sold to
// customers of a tax class.
type TaxCase struct {
	CustomerTax string   `json:"customer_tax"` // "" is the ordinary customer
	ItemTax     string   `json:"item_tax"`
	Taxes       []string `json:"taxes"` // ids of KindTax
}

// Customer is a company that buys.
type Customer struct {
	Name        string         `json:"name"`
	Language    string         `json:"language"` // fr-CA or en-CA, for documents
	Currency    string         `json:"currency"`
	PriceList   string         `json:"price_list"` // "" buys at list price
	CustomerTax string         `json:"customer_tax"`
	Term        string         `json:"term"`
	Email       string         `json:"email,omitempty"`
	Phone       string         `json:"phone,omitempty"`
	CreditLimit *money.Decimal `json:"credit_limit,omitempty"` // nil: none set in the ERP
	Status      string         `json:"status"`                 // active, orders_blocked, all_blocked
}

// Address is where a customer receives goods or invoices.
type Address struct {
	Customer string `json:"customer"`
	Name     string `json:"name"` // "Chantier Laval"; "" is the customer's own name
	Street   string `json:"street"`
	City     string `json:"city"`
	Region   string `json:"region"`  // ISO 3166-2: CA-QC
	Postal   string `json:"postal"`  //
	Country  string `json:"country"` // ISO 3166-1: CA
	ShipTo   bool   `json:"ship_to"`
	BillTo   bool   `json:"bill_to"`
}

// Item is something sold.
type Item struct {
	SKU         string        `json:"sku"`
	Name        Text          `json:"name"`
	Description Text          `json:"description"`
	Category    string        `json:"category"` // id in the ERP, "" for none
	Family      Text          `json:"family"`   // name of the category
	Unit        string        `json:"unit"`     // sale unit, id of KindUnit
	ItemTax     string        `json:"item_tax"`
	Type        string        `json:"type"`   // goods, service
	Status      string        `json:"status"` // active, blocked, discontinued
	ListPrice   money.Decimal `json:"list_price"`
}

// Price is the ladder of unit prices of one item under one price list, as the
// ERP computed them, per sale unit.
type Price struct {
	PriceList string  `json:"price_list"` // "" is the list price
	Item      string  `json:"item"`
	Currency  string  `json:"currency"`
	Breaks    []Break `json:"breaks"` // rising From; the first From is 0
}

// Break is the unit price from a quantity on.
type Break struct {
	From  money.Decimal `json:"from"`
	Price money.Decimal `json:"price"`
}

// Stock is what can be promised of an item in one warehouse.
type Stock struct {
	Item      string        `json:"item"`
	Warehouse string        `json:"warehouse"`
	Place     Text          `json:"place"`     // name of the warehouse
	OnHand    money.Decimal `json:"on_hand"`   // in sale units
	Available money.Decimal `json:"available"` // on hand less what is promised
}

// Totals are the sums of a document. A nil Freight is not known yet and is in
// no sum.
type Totals struct {
	Net     money.Amount  `json:"net"` // before taxes, freight included
	Freight *money.Amount `json:"freight,omitempty"`
	Taxes   []TaxLine     `json:"taxes"`
	Total   money.Amount  `json:"total"`
}

// TaxLine is one tax of a document.
type TaxLine struct {
	Tax    string       `json:"tax"` // id of KindTax, "" when unknown
	Name   Text         `json:"name"`
	Base   money.Amount `json:"base"`
	Amount money.Amount `json:"amount"`
}

// Order is an order as it stands in the ERP, whoever took it.
type Order struct {
	ID       string      `json:"id"`
	Key      string      `json:"key"` // our business key; "" when the order is not ours
	Number   string      `json:"number"`
	PONumber string      `json:"po_number"`
	Customer string      `json:"customer"`
	ShipTo   string      `json:"ship_to"` // id of KindAddress
	Date     string      `json:"date"`    // YYYY-MM-DD
	State    OrderState  `json:"state"`
	Totals   Totals      `json:"totals"`
	Lines    []OrderLine `json:"lines"`
}

// OrderState is where an order stands in the ERP.
type OrderState string

// The states of an order in an ERP.
const (
	OrderReceived      OrderState = "received"  // exists, not in effect
	OrderInReview      OrderState = "in_review" // the ERP's own approval
	OrderReleased      OrderState = "released"
	OrderPartlyShipped OrderState = "partly_shipped"
	OrderShipped       OrderState = "shipped"
	OrderInvoiced      OrderState = "invoiced"
	OrderClosed        OrderState = "closed"
	OrderCancelled     OrderState = "cancelled"
	OrderUnknown       OrderState = "unknown" // a state the connector has no word for
)

// OrderLine is a line of an order in the ERP.
type OrderLine struct {
	ID        string        `json:"id"`
	Item      string        `json:"item"` // "" for text lines
	Freight   bool          `json:"freight,omitempty"`
	Text      string        `json:"text,omitempty"`
	Quantity  money.Decimal `json:"quantity"`
	Shipped   money.Decimal `json:"shipped"`
	Invoiced  money.Decimal `json:"invoiced"`
	UnitPrice money.Decimal `json:"unit_price"`
	Amount    money.Amount  `json:"amount"`
}

// Shipment is goods that left, or are being prepared.
type Shipment struct {
	Number   string         `json:"number"`
	Customer string         `json:"customer"`
	Orders   []string       `json:"orders"` // ids of KindOrder
	Date     string         `json:"date"`   // YYYY-MM-DD of leaving; "" while it has not
	Carrier  string         `json:"carrier,omitempty"`
	Tracking string         `json:"tracking,omitempty"`
	State    string         `json:"state"` // preparing, done, cancelled, unknown
	Lines    []ShipmentLine `json:"lines"`
}

// ShipmentLine is one item of a shipment.
type ShipmentLine struct {
	OrderLine string        `json:"order_line"` // id of the order's line, "" when unknown
	Item      string        `json:"item"`
	Quantity  money.Decimal `json:"quantity"`
}

// Invoice is a posted invoice, or a credit note when Total is negative.
type Invoice struct {
	Number   string        `json:"number"`
	Customer string        `json:"customer"`
	Orders   []string      `json:"orders"` // ids of KindOrder
	PONumber string        `json:"po_number,omitempty"`
	Date     string        `json:"date"`
	Due      []Instalment  `json:"due"` // at least one, rising dates
	Totals   Totals        `json:"totals"`
	Open     money.Amount  `json:"open"`           // what remains to pay
	Keys     []string      `json:"keys,omitempty"` // of our receipts that Open counts already, those reversed since among them
	State    string        `json:"state"`          // open, paid, cancelled, unknown
	Lines    []InvoiceLine `json:"lines"`
}

// Instalment is a part of an invoice with its own due date.
type Instalment struct {
	Date   string       `json:"date"`
	Amount money.Amount `json:"amount"`
}

// InvoiceLine is one line of an invoice.
type InvoiceLine struct {
	Item      string        `json:"item"`
	Text      string        `json:"text"`
	Quantity  money.Decimal `json:"quantity"`
	Unit      string        `json:"unit"` // id of KindUnit
	UnitPrice money.Decimal `json:"unit_price"`
	Amount    money.Amount  `json:"amount"`
}

// Kind of each body.
func (Term) Kind() Kind           { return KindTerm }
func (PaymentMethod) Kind() Kind  { return KindPaymentMethod }
func (DeliveryMethod) Kind() Kind { return KindDeliveryMethod }
func (Unit) Kind() Kind           { return KindUnit }
func (Tax) Kind() Kind            { return KindTax }
func (TaxCase) Kind() Kind        { return KindTaxCase }
func (Customer) Kind() Kind       { return KindCustomer }
func (Address) Kind() Kind        { return KindAddress }
func (Item) Kind() Kind           { return KindItem }
func (Price) Kind() Kind          { return KindPrice }
func (Stock) Kind() Kind          { return KindStock }
func (Order) Kind() Kind          { return KindOrder }
func (Shipment) Kind() Kind       { return KindShipment }
func (Invoice) Kind() Kind        { return KindInvoice }

// PriceQuestion asks for one unit price.
type PriceQuestion struct {
	Customer string // id
	Item     string // id
	Quantity money.Decimal
}

// PriceAnswer is the ERP's unit price per sale unit; Known is false when the
// ERP has none.
type PriceAnswer struct {
	Price money.Decimal
	Known bool
}

// NewOrder is an order on its way to the ERP. Ids are the ERP's.
type NewOrder struct {
	Key            string // 19 characters, see NewKey
	Customer       string
	ShipTo         string
	PONumber       string
	Date           string // YYYY-MM-DD, the merchant's day
	Currency       string
	DeliveryMethod string
	Comment        string
	Lines          []NewLine
}

// NewLine is one line of a NewOrder. The price is the one the buyer accepted.
type NewLine struct {
	Item      string
	Quantity  money.Decimal
	UnitPrice money.Decimal
}

// Capabilities is what one ERP can do, and how it counts. It is read by Probe
// and kept with the connection.
type Capabilities struct {
	System    string         `json:"system"`  // the connector's name, the same in every version: "tryton"
	Product   string         `json:"product"` // for people: "Tryton 6.0.29"
	Company   string         `json:"company"`
	Currency  string         `json:"currency"`
	TimeZone  string         `json:"time_zone"` // of its business dates
	Rounding  money.Rounding `json:"rounding"`
	Lanes     int            `json:"lanes"`     // documents written at the same time
	Overlap   time.Duration  `json:"overlap"`   // how late a change can show
	Operation time.Duration  `json:"operation"` // the longest a call can take and still succeed
	PollEvery time.Duration  `json:"poll_every"`
	PriceLive bool           `json:"price_live"`
	QuoteLive bool           `json:"quote_live"`
	Kinds     []Kind         `json:"kinds"`
	UniqueKey bool           `json:"unique_key"` // the ERP itself refuses our key twice
	Missing   []string       `json:"missing"`    // codes of rights, modules or settings that lack
}
