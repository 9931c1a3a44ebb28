package ui

import "slices"

// mark is how a state looks: tone by meaning (mute nothing to do, info under way,
// ok done, warn wait or act soon, late failed or overdue, odd contested) and one
// icon per state, of a shape that reads in grey.
type look struct{ Tone, Icon string }

// stamps is the whole vocabulary of states: "kind.state". Their words are
// ui.stamp.kind.state.
var stamps = map[string]look{
	"order.draft":             {"", "file"},
	"order.awaiting_approval": {"warn", "flag"},
	"order.rejected":          {"late", "xo"},
	"order.submitted":         {"info", "arrow"},
	"order.accepted":          {"info", "check"},
	"order.in_review":         {"info", "eye"},
	"order.picking":           {"info", "box"},
	"order.partly_shipped":    {"info", "half"},
	"order.shipped":           {"ok", "truck"},
	"order.invoiced":          {"ok", "file"},
	"order.closed":            {"ok", "check"},
	"order.cancelled":         {"", "x"},
	"order.on_hold":           {"warn", "pause"},
	"order.unknown":           {"", "dots"},

	"invoice.not_due":         {"", "clock"},
	"invoice.overdue":         {"late", "tri"},
	"invoice.part_paid":       {"warn", "half"},
	"invoice.payment_pending": {"info", "sync"},
	"invoice.paid":            {"ok", "check"},
	"invoice.disputed":        {"odd", "chat"},
	"invoice.credited":        {"", "swap"},
	"invoice.cancelled":       {"", "x"},
	"invoice.unknown":         {"", "dots"},

	"payment.initiated":  {"", "dots"},
	"payment.authorized": {"info", "lock"},
	"payment.processing": {"info", "sync"},
	"payment.settled":    {"ok", "check"},
	"payment.failed":     {"late", "oct"},
	"payment.refunded":   {"", "swap"},
	"payment.returned":   {"late", "bank"},
	"payment.unknown":    {"warn", "eye"},

	"message.queued":       {"", "dots"},
	"message.sent":         {"info", "up"},
	"message.acknowledged": {"ok", "check"},
	"message.retrying":     {"warn", "sync"},
	"message.failed":       {"late", "oct"},
	"message.parked":       {"", "park"},

	"flow.fresh":  {"ok", "check"},
	"flow.late":   {"warn", "tri"},
	"flow.down":   {"warn", "xo"},
	"flow.paused": {"", "pause"},

	"shipment.preparing": {"info", "box"},
	"shipment.done":      {"ok", "truck"},
	"shipment.cancelled": {"", "x"},
	"shipment.unknown":   {"", "dots"},

	"parity.ties":       {"ok", "check"},
	"parity.in_transit": {"info", "sync"},
	"parity.missing":    {"warn", "tri"},
	"parity.extra":      {"warn", "dots"},
	"parity.amount":     {"late", "oct"},

	"parity.acknowledged": {"", "eye"},

	"task.open":  {"warn", "flag"},
	"task.owned": {"info", "user"},
	"task.done":  {"ok", "check"},

	"payout.told":    {"info", "sync"},
	"payout.foots":   {"ok", "check"},
	"payout.differs": {"late", "oct"},
	"payout.failed":  {"warn", "bank"},

	"stock.in":      {"ok", "check"},
	"stock.low":     {"warn", "half"},
	"stock.none":    {"", "clock"},
	"stock.unknown": {"", "dots"},
}

// lookOf is how a state looks; a state nobody drew looks like an unknown one.
func lookOf(kind, state string) look {
	if l, found := stamps[kind+"."+state]; found {
		return l
	}
	return look{"", "dots"}
}

// States lists the states of a kind, for the showroom and its tests.
func States(kind string) (states []string) {
	for _, key := range sortedKeys(keys(stamps)) {
		if len(key) > len(kind) && key[:len(kind)+1] == kind+"." {
			states = append(states, key[len(kind)+1:])
		}
	}
	return states
}

// StampKinds are the kinds of documents that carry stamps.
var StampKinds = []string{"order", "invoice", "payment", "message", "flow", "shipment", "stock", "parity", "task", "payout"}

func keys(m map[string]look) map[string]string {
	names := make(map[string]string, len(m))
	for name := range m {
		names[name] = name
	}
	return names
}

// stampKey is the key of a state's words.
func stampKey(kind, state string) string {
	if _, found := stamps[kind+"."+state]; !found || !slices.Contains(StampKinds, kind) {
		return "ui.stamp.unknown"
	}
	return "ui.stamp." + kind + "." + state
}

// toneIcon is the icon of a notice.
func toneIcon(tone string) string {
	switch tone {
	case "ok":
		return "check"
	case "warn":
		return "tri"
	case "late":
		return "oct"
	}
	return "sync"
}
