package ui

import "time"

// Entry is a fact in a document's journal. Its sentence is ui.journal.<Kind>,
// with Params; its second line says when and according to whom.
type Entry struct {
	Kind   string
	Params []any
	At     time.Time
	Day    string // instead of At, when the source only tells the day
	Source string // key: "ui.source.erp", "ui.source.shop"; "" says nothing
	Text   string // words of a person or of the ERP, quoted as they are
}

// entries is how each kind of fact looks.
var entries = map[string]look{
	"placed":      {"", "cart"},
	"queued":      {"", "clock"},
	"sent":        {"", "up"},
	"unanswered":  {"warn", "eye"},
	"numbered":    {"", "sync"},
	"accepted":    {"", "check"},
	"refused":     {"late", "oct"},
	"questioned":  {"warn", "eye"},
	"differs":     {"warn", "tri"},
	"conflicts":   {"warn", "oct"},
	"retried":     {"", "sync"},
	"parked":      {"", "park"},
	"repriced":    {"warn", "tri"},
	"preparing":   {"", "box"},
	"shipped":     {"", "truck"},
	"invoiced":    {"", "file"},
	"paid":        {"", "check"},
	"cancelled":   {"", "x"},
	"changed_erp": {"", "swap"},

	"pay_asked":         {"", "lock"},
	"pay_declined":      {"late", "oct"},
	"pay_expired":       {"", "clock"},
	"pay_capture":       {"", "check"},
	"pay_refund":        {"", "swap"},
	"pay_reopened":      {"late", "swap"},
	"pay_undone":        {"", "swap"},
	"refund_asked":      {"", "arrow"},
	"refund_not_given":  {"warn", "tri"},
	"pay_refund_failed": {"warn", "tri"},
	"pay_dispute":       {"warn", "chat"},
	"pay_dispute_won":   {"", "check"},
	"pay_dispute_lost":  {"late", "oct"},
	"pay_fee":           {"", "bank"},
	"pay_fee_returned":  {"", "bank"},
	"pay_booked":        {"", "sync"},
	"pay_payout":        {"", "bank"},
}

func entryLook(kind string) look {
	if l, found := entries[kind]; found {
		return l
	}
	return look{"", "dots"}
}

// EntryKinds lists the kinds of facts a journal knows.
func EntryKinds() []string { return sortedKeys(keys(entries)) }
