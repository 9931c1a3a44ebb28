package comptoirtest

import (
	"fmt"
	"maps"
	"net/url"
	"slices"

	"comptoir.example/comptoir/base/db"
	"comptoir.example/comptoir/base/fault"
	"comptoir.example/comptoir/base/money"
	"comptoir.example/comptoir/finance/invoice"
	"comptoir.example/comptoir/finance/payment"
	"comptoir.example/comptoir/gateway/simulator"
	"comptoir.example/comptoir/trade/access"
)

// Money that goes back: what finance gives, what the merchant's people give at the
// processor, what banks take and send back.

// left is what may still go back of an attempt, as far as it was told, and whether
// it is disputed.
func (h *History) left(attempt string) (minor int64, disputed bool) {
	went := h.watch.went[attempt]
	minor = went["charge"] - went["refund"] + went["refund_failure"] - went["dispute"] + went["dispute_reversal"]
	for _, r := range h.watch.refunds {
		if r.attempt == attempt && r.state != "failed" {
			minor -= r.minor
		}
	}
	return minor, went["dispute"]-went["dispute_reversal"]-went["dispute_loss"] > 0
}

// captured are a customer's attempts of which it was told that they took money, but
// for those in other currencies.
func (h *History) captured(customer, currency string) (all []string) {
	for _, attempt := range slices.Sorted(maps.Keys(h.watch.customerOf)) {
		if h.watch.customerOf[attempt] == customer && h.watch.went[attempt]["charge"] > 0 && h.watch.currencyOf[attempt] == currency {
			all = append(all, attempt)
		}
	}
	return all
}

// part is an amount of up to so much: often all of it, and at times more.
func (h *History) part(most int64) (minor int64) {
	switch h.dice.IntN(8) {
	case 0:
		return most + 1
	case 1, 2, 3:
		minor = 1 + h.dice.Int64N(max(most, 1))
	default:
		minor = most
	}
	if late := minor - minor%100 - 91; h.dice.IntN(3) == 0 && late > 0 {
		return late // stays processing
	}
	return minor
}

// gives asks for a refund, and looks whether it is refused when it must be, and only then.
func (h *History) gives(w payment.RefundWish, must bool) bool {
	w.Reason = "damaged"
	finance := access.Actor{Person: "finance", Staff: true, Roles: []access.Role{access.Finance}}
	err := h.DB.WriteAlone(h.Ctx, payment.Key(h.watch.customerOf[w.Attempt]), func(tx *db.Tx) error {
		w.ID = payment.NewRefundID(tx)
		_, err := payment.GiveBack(h.Ctx, tx, finance, h.Engine.Merchant(), w)
		return err
	})
	if err == nil {
		h.asked[w.ID] = w
	}
	if err == nil != must {
		h.Wrong = append(h.Wrong, fmt.Sprintf("a refund of %d is asked for, %v, must be: %v", w.Amount.Minor, err, must))
	}
	h.note("refund of %d %s: %s", w.Amount.Minor, w.Amount.Currency, fault.Of(err).Code)
	return true
}

// refund gives back an open credit note.
func (h *History) refund() bool {
	who := h.payers[h.somebody()]
	for _, i := range h.Owes(who) {
		all := h.captured(who.Customer, i.Open.Currency)
		if i.Total.Minor >= 0 || len(all) == 0 || h.dice.IntN(3) == 0 {
			continue
		}
		var free int64
		h.Read(func(tx *db.Tx) error {
			s, err := payment.StandingOf(h.Ctx, tx, []invoice.Invoice{i})
			free = -s[i.ID].Free.Minor
			return err
		})
		if free <= 0 {
			continue
		}
		if !h.holds() { // what is known now
			return true
		}
		attempt := pick(h, all[max(0, len(all)-2):]) // so that much goes back of the same
		left, disputed := h.left(attempt)
		if left <= 0 && h.dice.IntN(4) > 0 {
			continue // seldom somebody asks for what cannot be
		}
		minor := h.part(min(free, max(left, 0)))
		return h.gives(payment.RefundWish{Credit: i.ID, Attempt: attempt, Amount: money.Amount{Minor: minor, Currency: i.Open.Currency}},
			minor > 0 && minor <= free && minor <= left && !disputed)
	}
	return false
}

// twice gives back money that paid nothing, to the method it came by or, wrongly, to
// another.
func (h *History) twice() bool {
	finance := access.Actor{Person: "finance", Staff: true, Roles: []access.Role{access.Finance}}
	var loose []payment.Receipt
	h.Read(func(tx *db.Tx) (err error) {
		loose, err = payment.LooseReceipts(h.Ctx, tx, finance, 100)
		return err
	})
	if len(loose) == 0 {
		return false
	}
	if !h.holds() { // what is known now
		return true
	}
	x := pick(h, loose)
	attempt := ""
	for _, a := range h.Stands(x.Payment).Attempts {
		if a.Remote == x.Reference {
			attempt = a.ID
		}
	}
	to := attempt
	if all := h.captured(x.Customer, x.Amount.Currency); h.dice.IntN(4) == 0 && len(all) > 0 {
		to = pick(h, all)
	}
	left, disputed := h.left(to)
	return h.gives(payment.RefundWish{Receipt: x.Key, Attempt: to, Amount: x.Amount}, to == attempt && x.Amount.Minor <= left && !disputed)
}

// bounce is a bank that takes a refund, refuses it, or sends it back later.
func (h *History) bounce() bool {
	var open []simulator.Record
	for _, r := range h.Processor.Refunds() {
		if r.Status != "failed" {
			open = append(open, r)
		}
	}
	if len(open) == 0 {
		return false
	}
	r := pick(h, open)
	act, form := "refund-failures", url.Values{"name": {r.ID}}
	if r.Status == "processing" {
		act = "outcomes"
		form.Set("outcome", pick(h, []string{"paid", "failed"}))
	}
	err := h.Processor.Act(act, form)
	h.note("%s of %d %s: %v", act, r.Amount.Minor, form.Get("outcome"), err == nil)
	return err == nil
}

// atTheBank is a form of the processor's about a part, or all, of a payment that it took.
func (h *History) atTheBank(act string) bool {
	_, stands := h.Processor.Books(0)
	var paid []string
	for _, reference := range slices.Sorted(maps.Keys(stands)) {
		if stands[reference] == "paid" {
			paid = append(paid, reference)
		}
	}
	if len(paid) == 0 {
		return false
	}
	form := url.Values{"name": {pick(h, paid[max(0, len(paid)-3):])}}
	if minor := 1 + h.dice.IntN(50000); h.dice.IntN(2) == 0 {
		form.Set("amount", fmt.Sprintf("%d.%02d", minor/100, minor%100))
	}
	err := h.Processor.Act(act, form)
	h.note("%s %s: %v", act, form.Get("amount"), err == nil)
	return err == nil
}

func (h *History) dispute() bool { return h.atTheBank("disputes") }

// byHand is a refund that the merchant's people give at the processor.
func (h *History) byHand() bool { return h.atTheBank("refunds") }

// verdict ends a dispute.
func (h *History) verdict() bool {
	moved, _ := h.Processor.Books(0)
	open := map[string]int{}
	for _, m := range moved {
		switch m.Type {
		case "dispute":
			open[m.Reference]++
		case "dispute_reversal", "dispute_loss":
			open[m.Reference]--
		}
	}
	maps.DeleteFunc(open, func(_ string, n int) bool { return n == 0 })
	if len(open) == 0 {
		return false
	}
	outcome := pick(h, []string{"won", "lost", "lost"})
	err := h.Processor.Act("dispute-outcomes", url.Values{"name": {pick(h, slices.Sorted(maps.Keys(open)))}, "outcome": {outcome}})
	h.note("a dispute is %s: %v", outcome, err == nil)
	return err == nil
}
