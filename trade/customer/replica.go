package customer

import (
	"context"

	"comptoir.example/comptoir/base/db"
	"comptoir.example/comptoir/base/money"
	"comptoir.example/comptoir/erp"
)

var (
	upsertCustomer = db.SQL("customer.upsert", `
INSERT INTO customer (id, conn, erp_id, code, name, language, currency, price_list, customer_tax, term, credit_limit, status, po_required, active, seen)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, FALSE, TRUE, $13)
ON CONFLICT (conn, erp_id) DO UPDATE SET code = excluded.code, name = excluded.name, language = excluded.language,
    currency = excluded.currency, price_list = excluded.price_list, customer_tax = excluded.customer_tax, term = excluded.term,
    credit_limit = excluded.credit_limit, status = excluded.status, active = TRUE, seen = excluded.seen`)
	upsertAddress = db.SQL("customer.upsert_address", `
INSERT INTO address (conn, erp_id, customer, name, street, city, region, postal, country, ship_to, bill_to, active, seen)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, TRUE, $12)
ON CONFLICT (conn, erp_id) DO UPDATE SET customer = excluded.customer, name = excluded.name, street = excluded.street,
    city = excluded.city, region = excluded.region, postal = excluded.postal, country = excluded.country,
    ship_to = excluded.ship_to, bill_to = excluded.bill_to, active = TRUE, seen = excluded.seen`)
	upsertTerm = db.SQL("customer.upsert_term", `
INSERT INTO term (conn, kind, erp_id, name_fr, name_en, days, class, freight, item_tax, active, seen)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, TRUE, $10)
ON CONFLICT (conn, kind, erp_id) DO UPDATE SET name_fr = excluded.name_fr, name_en = excluded.name_en, days = excluded.days,
    class = excluded.class, freight = excluded.freight, item_tax = excluded.item_tax, active = TRUE, seen = excluded.seen`)
	closeCustomer = db.SQL("customer.close", `UPDATE customer SET active = FALSE, seen = $3 WHERE conn = $1 AND erp_id = $2`)
	closeAddress  = db.SQL("customer.close_address", `UPDATE address SET active = FALSE, seen = $3 WHERE conn = $1 AND erp_id = $2`)
	closeTerm     = db.SQL("customer.close_term", `UPDATE term SET active = FALSE, seen = $3 WHERE conn = $1 AND kind = $4 AND erp_id = $2`)
)

// Replicate writes what the ERP says of a customer, an address, a payment term,
// a payment method or a delivery method.
func Replicate(ctx context.Context, tx *db.Tx, conn string, rec erp.Record) (err error) {
	if err := tx.Changed(ctx, erp.Shelf); err != nil {
		return err
	}
	switch body := rec.Body.(type) {
	case erp.Customer:
		_, err = tx.Exec(ctx, upsertCustomer, tx.ID(), conn, rec.ID, rec.No, body.Name, body.Language, body.Currency,
			body.PriceList, body.CustomerTax, body.Term, text(body.CreditLimit), body.Status, tx.Now)
	case erp.Address:
		_, err = tx.Exec(ctx, upsertAddress, conn, rec.ID, body.Customer, body.Name, body.Street, body.City, body.Region,
			body.Postal, body.Country, body.ShipTo, body.BillTo, tx.Now)
	case erp.Term:
		_, err = tx.Exec(ctx, upsertTerm, conn, string(rec.Kind), rec.ID, body.Name.FR, body.Name.EN, number(body.Days), "", nil, "", tx.Now)
	case erp.PaymentMethod:
		_, err = tx.Exec(ctx, upsertTerm, conn, string(rec.Kind), rec.ID, body.Name.FR, body.Name.EN, nil, body.Class, nil, "", tx.Now)
	case erp.DeliveryMethod:
		_, err = tx.Exec(ctx, upsertTerm, conn, string(rec.Kind), rec.ID, body.Name.FR, body.Name.EN, nil, "", text(body.Freight), body.ItemTax, tx.Now)
	case nil:
		switch rec.Kind {
		case erp.KindCustomer:
			_, err = tx.Exec(ctx, closeCustomer, conn, rec.ID, tx.Now)
		case erp.KindAddress:
			_, err = tx.Exec(ctx, closeAddress, conn, rec.ID, tx.Now)
		default:
			_, err = tx.Exec(ctx, closeTerm, conn, rec.ID, tx.Now, string(rec.Kind))
		}
	}
	return err
}

func text(d *money.Decimal) any {
	if d == nil {
		return nil
	}
	return d.String()
}

func number(n *int) any {
	if n == nil {
		return nil
	}
	return *n
}
