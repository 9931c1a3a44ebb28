// Package customer knows the companies that buy, their addresses and their
// terms, as the ERP has them, and the merchant who sells.
//
// Tables: customer, address, term (payment terms, payment methods, delivery
// methods).
package customer

import (
	"context"
	"time"

	"comptoir.example/comptoir/base/db"
	"comptoir.example/comptoir/base/fault"
	"comptoir.example/comptoir/base/money"
	"comptoir.example/comptoir/erp"
	"comptoir.example/comptoir/trade/access"
)

// Customer is a company that buys.
type Customer struct {
	ID, Conn, ERP string // ours, the connection, the ERP's
	Code, Name    string
	Language      string // of its documents
	Currency      string
	PriceList     string // ERP id, "" buys at list price
	CustomerTax   string // ERP id of its tax class
	Term          string
	TermName      erp.Text
	CreditLimit   *money.Decimal
	Status        string
	PORequired    bool
	Active        bool
	Seen          time.Time
}

// MayOrder says whether the ERP lets this customer order.
func (c Customer) MayOrder() bool { return c.Active && c.Status == "active" }

// Address is where a customer receives goods or invoices.
type Address struct {
	ERP                                         string
	Name, Street, City, Region, Postal, Country string
	ShipTo, BillTo                              bool
}

// Method is a payment term, a payment method or a delivery method.
type Method struct {
	ERP     string
	Name    erp.Text
	Days    int            // payment terms: net days; 0 when not that simple
	Class   string         // payment methods
	Freight *money.Decimal // delivery methods: price of the freight; nil: to be confirmed
	ItemTax string         // delivery methods: tax class of the freight
}

const columns = `c.id, c.conn, c.erp_id, c.code, c.name, c.language, c.currency, c.price_list, c.customer_tax, c.term,
    COALESCE(t.name_fr, ''), COALESCE(t.name_en, ''), c.credit_limit, c.status, c.po_required, c.active, c.seen
FROM customer c LEFT JOIN term t ON t.conn = c.conn AND t.kind = 'term' AND t.erp_id = c.term`

var (
	selectCustomer = db.SQL("customer.select", `SELECT `+columns+` WHERE c.id = $1`)
	selectByERP    = db.SQL("customer.select_by_erp", `SELECT `+columns+` WHERE c.conn = $1 AND c.erp_id = $2`)
	selectByCode   = db.SQL("customer.select_by_code", `SELECT `+columns+` WHERE c.conn = $1 AND c.code = $2`)
	selectShipTo   = db.SQL("customer.select_ship_to", `
SELECT erp_id, name, street, city, region, postal, country, ship_to, bill_to FROM address
WHERE conn = $1 AND customer = $2 AND ship_to AND active ORDER BY name, erp_id`)
	selectAddress = db.SQL("customer.select_address", `
SELECT erp_id, name, street, city, region, postal, country, ship_to, bill_to FROM address WHERE conn = $1 AND erp_id = $2`)
	selectBillTo = db.SQL("customer.select_bill_to", `
SELECT erp_id, name, street, city, region, postal, country, ship_to, bill_to FROM address
WHERE conn = $1 AND customer = $2 AND active ORDER BY bill_to DESC, name, erp_id LIMIT 1`)
	selectMethods = db.SQL("customer.select_methods", `
SELECT erp_id, name_fr, name_en, days, class, freight, item_tax FROM term WHERE conn = $1 AND kind = $2 AND active ORDER BY erp_id`)
	setPORequired = db.SQL("customer.set_po_required", `UPDATE customer SET po_required = $3 WHERE conn = $1 AND code = $2`)
)

func scan(r db.Row) (c Customer, err error) {
	var limit *string
	err = r.Scan(&c.ID, &c.Conn, &c.ERP, &c.Code, &c.Name, &c.Language, &c.Currency, &c.PriceList, &c.CustomerTax, &c.Term,
		&c.TermName.FR, &c.TermName.EN, &limit, &c.Status, &c.PORequired, &c.Active, &c.Seen)
	if err == nil && limit != nil {
		d, e := money.Parse(*limit)
		c.CreditLimit, err = &d, e
	}
	return c, err
}

// Of is the company an actor buys for. NotFound for the merchant's people.
func Of(ctx context.Context, tx *db.Tx, who access.Actor) (Customer, error) {
	return Find(ctx, tx, who.Customer)
}

// Find is a customer by our id.
func Find(ctx context.Context, tx *db.Tx, id string) (Customer, error) {
	return db.Keep(ctx, tx, erp.Shelf, "customer/"+id, func() (Customer, error) {
		return found(db.One(ctx, tx, selectCustomer, scan, id))
	})
}

// ByERP is a customer by the ERP's id.
func ByERP(ctx context.Context, tx *db.Tx, conn, id string) (Customer, error) {
	return found(db.One(ctx, tx, selectByERP, scan, conn, id))
}

// ByCode is a customer by the number people use.
func ByCode(ctx context.Context, tx *db.Tx, conn, code string) (Customer, error) {
	return found(db.One(ctx, tx, selectByCode, scan, conn, code))
}

func found(c Customer, found bool, err error) (Customer, error) {
	if err == nil && !found {
		err = fault.New(fault.NotFound, "customer.not_found")
	}
	return c, err
}

func scanAddress(r db.Row) (a Address, err error) {
	err = r.Scan(&a.ERP, &a.Name, &a.Street, &a.City, &a.Region, &a.Postal, &a.Country, &a.ShipTo, &a.BillTo)
	return a, err
}

// ShipTos are the addresses a customer can have goods delivered to.
func ShipTos(ctx context.Context, tx *db.Tx, c Customer) ([]Address, error) {
	return db.Keep(ctx, tx, erp.Shelf, "ship_to/"+c.Conn+"/"+c.ERP, func() ([]Address, error) {
		return db.All(ctx, tx, selectShipTo, scanAddress, c.Conn, c.ERP)
	})
}

var selectNames = db.SQL("customer.select_address_names", `SELECT erp_id, name, street FROM address WHERE conn = $1 AND customer = $2`)

// ShipToNames are the names of all of a customer's addresses, also former ones,
// by the ERP's id; an address without a name is called by its street.
func ShipToNames(ctx context.Context, tx *db.Tx, c Customer) (map[string]string, error) {
	names := map[string]string{}
	_, err := db.All(ctx, tx, selectNames, func(r db.Row) (_ struct{}, err error) {
		var id, name, street string
		if err = r.Scan(&id, &name, &street); name == "" {
			name = street
		}
		names[id] = name
		return struct{}{}, err
	}, c.Conn, c.ERP)
	return names, err
}

// AddressOf is one address, whoever's; the zero Address when it is unknown.
func AddressOf(ctx context.Context, tx *db.Tx, conn, id string) (Address, error) {
	a, _, err := db.One(ctx, tx, selectAddress, scanAddress, conn, id)
	return a, err
}

// BillTo is where a customer receives its invoices; the zero Address when the ERP
// does not say.
func BillTo(ctx context.Context, tx *db.Tx, c Customer) (Address, error) {
	a, _, err := db.One(ctx, tx, selectBillTo, scanAddress, c.Conn, c.ERP)
	return a, err
}

// Methods lists what a connection has of a kind: KindTerm, KindPaymentMethod or
// KindDeliveryMethod.
func Methods(ctx context.Context, tx *db.Tx, conn string, kind erp.Kind) ([]Method, error) {
	return db.Keep(ctx, tx, erp.Shelf, "methods/"+conn+"/"+string(kind), func() ([]Method, error) {
		return db.All(ctx, tx, selectMethods, scanMethod, conn, string(kind))
	})
}

func scanMethod(r db.Row) (m Method, err error) {
	var days *int
	var freight *string
	if err = r.Scan(&m.ERP, &m.Name.FR, &m.Name.EN, &days, &m.Class, &freight, &m.ItemTax); err != nil {
		return m, err
	}
	if days != nil {
		m.Days = *days
	}
	if freight != nil {
		d, e := money.Parse(*freight)
		m.Freight, err = &d, e
	}
	return m, err
}

// RequirePO says whether a customer's orders need a purchase order number.
func RequirePO(ctx context.Context, tx *db.Tx, conn, code string, required bool) error {
	if err := tx.Changed(ctx, erp.Shelf); err != nil {
		return err
	}
	return tx.Later(ctx, setPORequired, conn, code, required)
}

var selectIDs = db.SQL("customer.select_ids", `SELECT erp_id, id FROM customer WHERE conn = $1`)

// IDs are our ids of a connection's customers, by the ERP's.
func IDs(ctx context.Context, tx *db.Tx, conn string) (map[string]string, error) {
	ids := map[string]string{}
	_, err := db.All(ctx, tx, selectIDs, func(r db.Row) (_ struct{}, err error) {
		var there, here string
		err = r.Scan(&there, &here)
		ids[there] = here
		return struct{}{}, err
	}, conn)
	return ids, err
}
