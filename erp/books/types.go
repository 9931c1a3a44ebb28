package books

import (
	"comptoir.example/comptoir/base/money"
	"comptoir.example/comptoir/erp"
)

// The kinds of document, which are also the words of the API's paths.
const (
	terms      = "terms"
	methods    = "methods"
	deliveries = "deliveries"
	units      = "units"
	taxes      = "taxes"
	taxCases   = "tax_cases"
	priceLists = "price_lists"
	customers  = "customers"
	addresses  = "addresses"
	items      = "items"
	prices     = "prices"
	stocks     = "stock"
	orders     = "orders"
	shipments  = "shipments"
	invoices   = "invoices"
	receipts   = "receipts"
	accounts   = "accounts"
)

// currency of everything; this merchant has one.
const currency = "CAD"

// Self is the identity every document carries.
type Self struct {
	ID string `json:"id"`
}

func (s *Self) self() *Self { return s }

// Documents that say no more here than in the contract.
type (
	Method struct {
		Self
		erp.PaymentMethod
	}
	Delivery struct {
		Self
		erp.DeliveryMethod
		Line erp.Text `json:"line"` // what the document's line says
	}
	Unit struct {
		Self
		erp.Unit
	}
	Tax struct {
		Self
		erp.Tax
	}
	TaxCase struct {
		Self
		erp.TaxCase
	}
	Address struct {
		Self
		erp.Address
	}
)

// Term is when an invoice is due: parts of its total, each after some days. The
// last part takes the rest.
type Term struct {
	Self
	Code  string   `json:"code"`
	Name  erp.Text `json:"name"`
	Parts []Part   `json:"parts"`
}

// Part is a share of a total, due some days after the invoice's date.
type Part struct {
	Share money.Decimal `json:"share"`
	Days  int           `json:"days"`
}

// PriceList is a list of rules, of which the first that matches wins.
type PriceList struct {
	Self
	Name  string      `json:"name"`
	Lines []PriceLine `json:"lines"`
}

// PriceLine is a rule of a price list. Quantity and price are of one piece, even
// where the item is sold by the box.
type PriceLine struct {
	Item   string        `json:"item,omitempty"`   // code; "" is any
	Family string        `json:"family,omitempty"` // "" is any
	From   money.Decimal `json:"from"`
	Base   string        `json:"base"`   // unit, list, cost, or fixed
	Factor money.Decimal `json:"factor"` // of the base; the price itself when fixed
}

// Customer buys.
type Customer struct {
	Self
	Code      string         `json:"code"`
	Name      string         `json:"name"`
	Language  string         `json:"language"`
	Email     string         `json:"email"`
	Phone     string         `json:"phone"`
	PriceList string         `json:"price_list"`
	Tax       string         `json:"tax"`
	Term      string         `json:"term"`
	Limit     *money.Decimal `json:"limit"`
	Blocked   bool           `json:"blocked"`
}

// Item is sold by the sale unit, which holds some pieces. Prices are of one piece.
type Item struct {
	Self
	Code       string        `json:"code"`
	Name       erp.Text      `json:"name"`
	Family     string        `json:"family"`
	FamilyName erp.Text      `json:"family_name"`
	Unit       string        `json:"unit"`
	Pieces     money.Decimal `json:"pieces"`
	List       money.Decimal `json:"list"`
	Cost       money.Decimal `json:"cost"`
	Tax        string        `json:"tax"`
	Service    bool          `json:"service"`
	Status     string        `json:"status"` // active, blocked, archived
}

// Ladder is what an item costs by the sale unit under a price list, worked out.
type Ladder struct {
	Self
	PriceList string      `json:"price_list"`
	Item      string      `json:"item"`
	Breaks    []erp.Break `json:"breaks"`
	Status    string      `json:"status"` // of the item
}

// Stock is counted in sale units.
type Stock struct {
	Self
	Item     string        `json:"item"`
	OnHand   money.Decimal `json:"on_hand"`
	Promised money.Decimal `json:"promised"`
	Status   string        `json:"status"` // of the item
}

// Line is a line of an order or an invoice.
type Line struct {
	erp.OrderLine
	Tax     string `json:"tax"`
	Unit    string `json:"unit"`
	Service bool   `json:"service"`
}

// Order is what a customer wants.
type Order struct {
	Self
	Number string `json:"number"`
	State  string `json:"state"`
	Header
	erp.Totals
	Lines []Line `json:"lines"`
}

// Header is what an order says about itself.
type Header struct {
	Key      string `json:"key"`
	Customer string `json:"customer"`
	ShipTo   string `json:"ship_to"`
	PONumber string `json:"po_number"`
	Date     string `json:"date"`
	Currency string `json:"currency"`
	Delivery string `json:"delivery"`
	Comment  string `json:"comment"`
}

// NewOrder is an order as the API takes it.
type NewOrder struct {
	Header
	Lines []NewLine `json:"lines"`
}

// NewLine is a line of a NewOrder.
type NewLine struct {
	Item      string        `json:"item"`
	Quantity  money.Decimal `json:"quantity"`
	UnitPrice money.Decimal `json:"unit_price"`
}

// Paper is what shipments and invoices have in common. Each is of one order.
type Paper struct {
	Self
	Number   string `json:"number"`
	Order    string `json:"order"`
	Customer string `json:"customer"`
	Date     string `json:"date"`
	State    string `json:"state"`
}

// Shipment is goods that wait or left: waiting, done, cancelled.
type Shipment struct {
	Paper
	Carrier string `json:"carrier"`
	Lines   []Move `json:"lines"`
}

// Move is a quantity of one line of an order.
type Move struct {
	erp.ShipmentLine
	Text string `json:"text"`
}

// Invoice is an invoice, or a credit note when its sums are negative: draft,
// posted, paid, cancelled.
type Invoice struct {
	Paper
	erp.Totals
	PONumber string           `json:"po_number"`
	Due      []erp.Instalment `json:"due"`
	Open     money.Amount     `json:"open"`
	Lines    []Line           `json:"lines"`
	Receipts []Settlement     `json:"receipts"`
	Keys     []string         `json:"keys,omitempty"` // of other programs' receipts that Open counts
	Of       string           `json:"of,omitempty"`   // the invoice that a credit note takes back
}

// Settlement is what a receipt took off an invoice, or put back when it was
// reversed.
type Settlement struct {
	Date    string       `json:"date"`
	Method  string       `json:"method"`
	Amount  money.Amount `json:"amount"`
	Receipt string       `json:"receipt"` // "" in books older than receipts
}

// Receipt is money that came in, that went back when it is negative, or none that
// nets documents: received, posted, reversed.
type Receipt struct {
	Self
	Number string `json:"number"`
	State  string `json:"state"`
	Method string `json:"method"`
	NewReceipt
	Unapplied money.Amount `json:"unapplied"`
	Undone    string       `json:"undone,omitempty"` // the day of its reversal
	Reason    string       `json:"reason,omitempty"` // of its reversal
}

// NewReceipt is a receipt as the API takes it. The lines are what it is meant for
// and, once it is posted, what it settled.
type NewReceipt struct {
	Key       string            `json:"key"`
	Customer  string            `json:"customer"`
	Date      string            `json:"date"`
	Amount    money.Amount      `json:"amount"`
	Reference string            `json:"reference"`
	Lines     []erp.ReceiptLine `json:"lines"`
}

// Reversal undoes a receipt.
type Reversal struct {
	Date   string `json:"date"`
	Reason string `json:"reason"`
}

// OpenItem is an open document, or money that settles none.
type OpenItem struct {
	Customer string       `json:"customer"`
	Document string       `json:"document"`
	Open     money.Amount `json:"open"`
	Due      string       `json:"due"`
	Keys     []string     `json:"keys"`
}

// Account is what an account of the ledger stands at. There is one, the clearing
// account, where money that other programs took waits for the payouts.
type Account struct {
	Self
	Name    string       `json:"name"`
	Balance money.Amount `json:"balance"`
}

func (d *Term) place() place      { return place{kind: terms, ref: d.Code} }
func (d *Method) place() place    { return place{kind: methods} }
func (d *Delivery) place() place  { return place{kind: deliveries} }
func (d *Unit) place() place      { return place{kind: units} }
func (d *Tax) place() place       { return place{kind: taxes} }
func (d *TaxCase) place() place   { return place{kind: taxCases, ref: d.CustomerTax + "/" + d.ItemTax} }
func (d *PriceList) place() place { return place{kind: priceLists, ref: d.Name} }
func (d *Customer) place() place  { return place{kind: customers, ref: d.Code} }
func (d *Address) place() place   { return place{kind: addresses, parent: d.Customer} }
func (d *Item) place() place      { return place{kind: items, ref: d.Code} }
func (d *Ladder) place() place    { return place{kind: prices, ref: d.PriceList + "/" + d.Item} }
func (d *Stock) place() place     { return place{kind: stocks, ref: d.Item} }
func (d *Order) place() place {
	return place{kind: orders, ref: d.Key, owner: d.Customer, open: d.inEffect()}
}
func (d *Shipment) place() place {
	return place{kind: shipments, owner: d.Customer, parent: d.Order}
}
func (d *Invoice) place() place {
	return place{kind: invoices, owner: d.Customer, parent: d.Order, hidden: d.State == draft, open: d.State == "posted"}
}
func (d *Receipt) place() place {
	return place{kind: receipts, ref: d.Key, owner: d.Customer, open: d.State == "posted" && !d.Unapplied.IsZero()}
}
func (d *Account) place() place { return place{kind: accounts, ref: d.Name} }
