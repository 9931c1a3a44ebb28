package customer

import (
	"time"

	"comptoir.example/comptoir/base/money"
	"comptoir.example/comptoir/erp"
)

// Merchant is the one who sells, and how its ERP counts. It is read from the
// connection, so the same code serves every ERP.
type Merchant struct {
	Conn     string // the connection to its books
	Name     string
	Phone    string
	Hours    erp.Text // when the phone is answered
	Currency string
	Rounding money.Rounding
	Zone     *time.Location // of its business days
}

// Day is the merchant's calendar day of an instant, YYYY-MM-DD.
func (m Merchant) Day(t time.Time) string { return t.In(m.Zone).Format(time.DateOnly) }
