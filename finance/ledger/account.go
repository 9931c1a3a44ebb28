package ledger

import (
	"slices"
	"strings"
)

// Account is the code of an account: a kind, and for some kinds whose it is,
// after a colon. The constructors below make all there are.
type Account string

// Side is where the usual balance of an account stands.
type Side int64

// The sides. A balance times its account's side is positive when it is usual.
const (
	DebitSide  Side = 1
	CreditSide Side = -1
)

// AccountKind is a kind of accounts.
type AccountKind struct {
	Name  string
	Side  Side
	Owned bool // one account for each customer or processor
}

// AccountKinds are all there are, as a trial balance lists them.
var AccountKinds = []AccountKind{
	{"ar", DebitSide, true},
	{"unapplied", CreditSide, true},
	{"disputed", DebitSide, true},
	{"psp", DebitSide, true},
	{"payout_transit", DebitSide, false},
	{"bank", DebitSide, false},
	{"erp_receipts", DebitSide, false},
	{"suspense", CreditSide, false},
	{"refunds_payable", CreditSide, false},
	{"revenue_control", CreditSide, false},
	{"tax_control", CreditSide, false},
	{"fee_income", CreditSide, false},
	{"fees", DebitSide, false},
	{"dispute_fees", DebitSide, false},
	{"return_fees", DebitSide, false},
	{"dispute_loss", DebitSide, false},
	{"small_diff", DebitSide, false},
}

// AR is what a customer owes on invoices; its lines are about one each.
func AR(customer string) Account { return Account("ar:" + customer) }

// Unapplied is money of a customer's that has paid no invoice yet, credit notes
// among it.
func Unapplied(customer string) Account { return Account("unapplied:" + customer) }

// Disputed is money that a customer's bank has taken back and may give again.
func Disputed(customer string) Account { return Account("disputed:" + customer) }

// Processor is what a payment processor has taken and not paid out.
func Processor(gateway string) Account { return Account("psp:" + gateway) }

// PayoutTransit is what processors have paid out and the bank does not show yet.
func PayoutTransit() Account { return "payout_transit" }

// Bank is money on the merchant's bank account.
func Bank() Account { return "bank" }

// ERPReceipts is money that the ERP received by other channels.
func ERPReceipts() Account { return "erp_receipts" }

// Suspense is money of which nobody knows yet what it is.
func Suspense() Account { return "suspense" }

// RefundsPayable is what was promised back and has not left yet.
func RefundsPayable() Account { return "refunds_payable" }

// RevenueControl mirrors the revenue of the ERP's invoices.
func RevenueControl() Account { return "revenue_control" }

// TaxControl mirrors the taxes of the ERP's invoices.
func TaxControl() Account { return "tax_control" }

// FeeIncome is what customers are charged for payments that came back.
func FeeIncome() Account { return "fee_income" }

// Fees are what processors keep for payments.
func Fees() Account { return "fees" }

// DisputeFees are what processors keep for disputes, also for those that are won.
func DisputeFees() Account { return "dispute_fees" }

// ReturnFees are what the bank keeps for debits that came back.
func ReturnFees() Account { return "return_fees" }

// DisputeLoss is what lost disputes have cost.
func DisputeLoss() Account { return "dispute_loss" }

// SmallDiff are differences too small to be asked for.
func SmallDiff() Account { return "small_diff" }

// Kind is the kind of an account; false when there is no such account.
func (a Account) Kind() (AccountKind, bool) {
	name, whose, owned := strings.Cut(string(a), ":")
	i := slices.IndexFunc(AccountKinds, func(k AccountKind) bool { return k.Name == name })
	if i < 0 || owned != AccountKinds[i].Owned || owned && whose == "" {
		return AccountKind{}, false
	}
	return AccountKinds[i], true
}

// Of is whose account it is: the id of a customer, the name of a processor; "" for
// the merchant's own.
func (a Account) Of() string {
	_, whose, _ := strings.Cut(string(a), ":")
	return whose
}
