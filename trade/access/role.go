package access

// Permission is something a person may do, named as a wish. Its sentence is the
// message "permission.<name>".
type Permission string

// The permissions.
const (
	Anyone Permission = "anyone" // even without signing in
	Member Permission = "member" // anybody signed in

	ViewCatalog  Permission = "catalog.view"  // see products at the company's prices
	PlaceOrder   Permission = "order.place"   // fill a cart and order
	ViewOrders   Permission = "order.view"    // see the company's orders
	ViewInvoices Permission = "invoice.view"  // see the company's invoices
	PayInvoices  Permission = "invoice.pay"   // pay them
	DropMethods  Permission = "method.remove" // remove the company's saved cards
	PayLinked    Permission = "link.pay"      // pay the one invoice of a link
	ViewDesk     Permission = "desk.view"     // the merchant's own pages
	ViewExchange Permission = "exchange.view" // see what goes to and comes from the ERP
	ManageQueue  Permission = "exchange.act"  // retry, answer, put aside

	ViewFinance   Permission = "finance.view"   // see what money waits for, and whether it ties
	SettleFinance Permission = "finance.settle" // take such a thing on and settle it
	GiveRefunds   Permission = "refund.give"    // give money back to the method it came by
)

// Linked is the role of a guest who came by a pay link; no person has it.
const Linked Role = "linked"

// Role is a bundle of permissions with a name people know.
type Role string

// Roles at a customer, then at the merchant.
const (
	Buyer        Role = "buyer"
	Approver     Role = "approver"
	Payer        Role = "payer"
	CompanyAdmin Role = "company_admin"

	Admin     Role = "admin"
	Finance   Role = "finance"
	Manager   Role = "manager"
	Director  Role = "director"
	Sales     Role = "sales"
	Marketing Role = "marketing"
	Auditor   Role = "auditor"
)

// Grants is what each role may do.
var Grants = map[Role]map[Permission]bool{
	Buyer:        set(ViewCatalog, PlaceOrder, ViewOrders),
	Approver:     set(ViewCatalog, ViewOrders),
	Payer:        set(ViewOrders, ViewInvoices, PayInvoices, DropMethods),
	CompanyAdmin: set(ViewCatalog, PlaceOrder, ViewOrders, ViewInvoices, PayInvoices, DropMethods),
	Linked:       set(PayLinked),
	Admin:        set(ViewDesk, ViewExchange, ManageQueue, ViewFinance, SettleFinance),
	Finance:      set(ViewDesk, ViewExchange, ManageQueue, ViewFinance, SettleFinance, GiveRefunds),
	Manager:      set(ViewDesk, ViewExchange, ManageQueue, ViewFinance, GiveRefunds),
	Director:     set(ViewDesk, ViewExchange, ViewFinance),
	Sales:        set(ViewDesk, ViewExchange, ManageQueue),
	Marketing:    set(ViewDesk),
	Auditor:      set(ViewDesk, ViewExchange, ViewFinance),
}

func set(permissions ...Permission) map[Permission]bool {
	m := map[Permission]bool{}
	for _, p := range permissions {
		m[p] = true
	}
	return m
}
