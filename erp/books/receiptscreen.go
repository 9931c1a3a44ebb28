package books

import (
	"net/http"

	"comptoir.example/comptoir/base/money"
)

func receiptsPage(u *unit, _ *http.Request) any {
	return struct {
		Rows     []*Receipt
		Buyers   map[string]string // names by id
		Clearing money.Amount
	}{list[Receipt](u, newest, receipts, 200), u.buyers(), u.clearing().Balance}
}

// settled is a line of a receipt with its document.
type settled struct {
	*Invoice
	Took money.Amount
}

func receiptPage(u *unit, r *http.Request) any {
	there := get[Receipt](u, receipts, r.PathValue("id"))
	var lines []settled
	for _, l := range there.Lines {
		lines = append(lines, settled{get[Invoice](u, invoices, l.Invoice), l.Amount})
	}
	return struct {
		*Receipt
		Buyer   *Customer
		Settled []settled
	}{there, get[Customer](u, customers, there.Customer), lines}
}

func reverseReceipt(u *unit, r *http.Request) string {
	there := get[Receipt](u, receipts, r.PathValue("id"))
	u.reverse(there, Reversal{u.today, r.FormValue("reason")})
	return "/receipts/" + there.ID
}

// bookPayout notes that the processor paid so much out: it has left the clearing
// account. When refunds outweigh receipts the processor takes, which is negative.
func bookPayout(u *unit, r *http.Request) string {
	sum, a := u.field(r, "amount"), u.clearing()
	if sum.IsZero() || sum.Abs().Cmp(most) > 0 || sum.Trim(0).Scale() > 2 {
		u.refuse("bad_amount", "amount", sum, "open", a.Balance)
	}
	a.Balance.Minor -= cents(rat(sum)).Minor
	u.put(a)
	return "/receipts"
}
