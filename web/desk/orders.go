package desk

import (
	"time"

	"comptoir.example/comptoir/base/money"
	"comptoir.example/comptoir/web/ui"
)

// OrdersPage lists the orders of every company, newest first.
type OrdersPage struct {
	Query  string
	State  string // state that filters, "" for all
	Counts []Count
	Orders []OrderRow
	Pages  ui.Pages
}

// Count is how many orders are in a state of their delivery to the ERP.
type Count struct {
	State string
	Stamp string // ui vocabulary of orders
	N     int
}

// OrderRow is one order.
type OrderRow struct {
	ID        string
	Number    string
	ERPNumber string
	Company   string
	PONumber  string
	PlacedAt  time.Time
	State     string // ui vocabulary of orders
	Delivery  string // ui vocabulary of messages
	Total     money.Amount
}
