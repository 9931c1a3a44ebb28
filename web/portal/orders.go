package portal

import (
	"time"

	"comptoir.example/comptoir/base/money"
	"comptoir.example/comptoir/web/ui"
)

// OrdersPage lists a company's orders, newest first.
type OrdersPage struct {
	Query  string
	Orders []OrderRow
	Pages  ui.Pages
	AsOf   ui.AsOf
}

// OrderRow is one order in a list.
type OrderRow struct {
	ID        string
	Number    string // ours
	ERPNumber string // "" until the ERP has it
	PONumber  string
	PlacedAt  time.Time
	ShipTo    string
	State     string // ui vocabulary of orders
	OpenLines int    // not wholly shipped
	Total     money.Amount
	Estimate  bool // the total is ours, the ERP has not spoken
}
