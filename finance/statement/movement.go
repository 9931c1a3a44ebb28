package statement

import (
	"maps"
	"slices"
	"strings"

	"comptoir.example/comptoir/base/money"
	"comptoir.example/comptoir/finance/ledger"
)

// Movement is something that happened to a company's account. Its amount is zero
// when the balance did not change, but what is open did: money that no longer pays
// what it paid, a dispute.
type Movement struct {
	Day       string
	Kind      string // one of Kinds
	Amount    money.Amount
	Balance   money.Amount // after it
	Documents []Document   // what it is, or what it pays
	Payment   string       // id of a payment made here; "" for none
	Receipt   string       // the ERP's number of it, once it has one
}

// Kinds are what a movement can be.
var Kinds = []string{"invoice", "credit_note", "invoice_cancelled", "credit_note_cancelled", "payment", "receipt", "receipt_reversed", "unapplied",
	"refund", "refund_failed", "dispute", "dispute_won", "dispute_lost", "other"}

// Document is an invoice or a credit note by its number.
type Document struct{ ID, Number string }

// kindOf is an entry in words of a statement; "" for what a statement does not tell:
// money that was applied moves nothing.
func kindOf(kind string, minor int64) string {
	credit := map[bool]string{true: "credit_note", false: "invoice"}
	switch kind {
	case "invoice":
		return credit[minor < 0]
	case "invoice_cancelled":
		return credit[minor > 0] + "_cancelled"
	case "capture":
		return "payment"
	case "erp_receipt":
		kind = "receipt"
	case "unapply":
		return "unapplied"
	case "dispute", "dispute_won", "dispute_lost":
		return kind
	}
	switch {
	case minor == 0:
		return ""
	case slices.Contains(Kinds, kind):
		return kind
	}
	return "other"
}

// movements are the entries that a statement tells, in their order. What a payment
// was applied to stands with the payment.
func movements(entries []ledger.Entry) (all []Movement) {
	bySource := map[string]int{}
	for _, e := range entries {
		sums := map[string]money.Amount{}
		var documents []Document
		for _, l := range e.Lines {
			sum := sums[l.Amount.Currency]
			if sum.Currency = l.Amount.Currency; !strings.HasPrefix(string(l.Account), "disputed:") {
				sum.Minor += l.Amount.Minor
			}
			sums[sum.Currency] = sum
			if l.Document != "" {
				documents = append(documents, Document{ID: l.Document})
			}
		}
		for _, sum := range sorted(sums) {
			kind := kindOf(e.Kind, sum.Minor)
			if n, there := bySource[e.Source]; kind == "" && there {
				all[n].Documents = append(all[n].Documents, documents...)
			}
			if kind == "" {
				continue
			}
			m := Movement{Day: e.Day, Kind: kind, Amount: sum, Documents: documents}
			if kind == "payment" || kind == "unapplied" {
				m.Payment = e.Source
			}
			bySource[e.Source] = len(all)
			all = append(all, m)
		}
	}
	return all
}

// sorted are sums in the order of their currencies.
func sorted(sums map[string]money.Amount) (all []money.Amount) {
	for _, currency := range slices.Sorted(maps.Keys(sums)) {
		all = append(all, sums[currency])
	}
	return all
}
