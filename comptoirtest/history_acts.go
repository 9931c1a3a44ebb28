package comptoirtest

import (
	"fmt"
	"maps"
	"net/url"
	"slices"
	"time"

	"comptoir.example/comptoir/base/db"
	"comptoir.example/comptoir/base/fault"
	"comptoir.example/comptoir/base/money"
	"comptoir.example/comptoir/erp"
	"comptoir.example/comptoir/finance/invoice"
	"comptoir.example/comptoir/finance/payment"
	"comptoir.example/comptoir/gateway/simulator"
	"comptoir.example/comptoir/trade/access"
)

// acts are what happens in a history, and how often each is drawn. One says whether
// there was anything to do: only then it counts. What is to happen too gets a line
// here, and what it does to the books a place in history_watch.go.
var acts = []struct {
	name  string
	often int
	fault bool // it breaks something
	do    func(*History) bool
}{
	{"bill", 3, false, (*History).bill},
	{"pay", 7, false, (*History).pay},
	{"card", 6, false, (*History).atTheProcessor},
	{"regret", 1, false, (*History).regret},
	{"late", 2, false, (*History).late},
	{"forget", 1, false, (*History).forget},
	{"cheque", 1, false, (*History).cheque},
	{"bank", 1, false, (*History).bank},
	{"refund", 12, false, (*History).refund},
	{"twice", 8, false, (*History).twice},
	{"bounce", 3, false, (*History).bounce},
	{"dispute", 2, false, (*History).dispute},
	{"verdict", 5, false, (*History).verdict},
	{"by hand", 1, false, (*History).byHand},
	{"parity", 1, false, (*History).parity},
	{"break", 6, true, (*History).breakSomething},
	{"wait", 1, true, (*History).wait},
}

// bill is a document that the ERP's people have posted.
type bill struct {
	customer string // ours
	amount   money.Amount
}

// somebody is one of the customers. Half of what happens is one's own, so that much
// comes together.
func (h *History) somebody() int {
	if h.dice.IntN(2) == 0 {
		return int(h.Seed % 3)
	}
	return h.dice.IntN(3)
}

func (h *History) bill() bool {
	total := int64(100 + h.dice.IntN(200000))
	if h.dice.IntN(3) == 0 {
		total = -total / 4
	}
	n := h.somebody()
	currency := []string{"CAD", pick(h, []string{"CAD", "USD"}), "USD"}[n]
	b := bill{h.payers[n].Customer, money.Amount{Minor: total, Currency: currency}}
	id := h.ERP.Bill(fmt.Sprintf("c%d", n+1), b.amount, "2026-12-01")
	h.bills[id] = b
	h.note("invoice %s %d %s c%d", id, total, currency, n+1)
	_ = h.pull() // an ERP that is away tells later
	return true
}

// pull reads what a bill and a cheque change.
func (h *History) pull() error {
	for _, kind := range []erp.Kind{erp.KindInvoice, erp.KindReceipt} {
		if _, err := h.Engine.Pull(h.Ctx, kind); err != nil {
			h.note("pull: %v", erp.ErrorOf(err).Class)
			return err
		}
	}
	return nil
}

func (h *History) pay() bool {
	who := h.payers[h.somebody()]
	var open, credits []invoice.Invoice
	currency := ""
	for _, i := range h.Owes(who) {
		if currency == "" {
			currency = i.Open.Currency
		}
		if i.Open.Currency != currency && h.dice.IntN(20) > 0 {
			continue // seldom somebody asks for both at once
		}
		if i.Open.Minor > 0 {
			open = append(open, i)
		} else if i.Open.Minor < 0 {
			credits = append(credits, i)
		}
	}
	if len(open) == 0 {
		return false
	}
	w := payment.Wish{Save: h.dice.IntN(2) == 0}
	if saved := h.saved(who); len(saved) > 0 && h.dice.IntN(2) == 0 {
		w.Method = pick(h, saved).ID
	}
	for _, i := range h.dice.Perm(len(open))[:min(len(open), 1+h.dice.IntN(3))] {
		if h.dice.IntN(3) == 0 {
			w.Lines = append(w.Lines, Part(open[i], 1+h.dice.Int64N(open[i].Open.Minor)))
		} else {
			w.Lines = append(w.Lines, Whole(open[i]))
		}
	}
	if len(credits) > 0 && h.dice.IntN(2) == 0 {
		w.Lines = append(w.Lines, Whole(pick(h, credits)))
	}
	p, err := h.Pays(who, w)
	if err != nil {
		h.note("payment refused: %s", fault.Of(err).Code)
		return true
	}
	h.begun = append(h.begun, p.ID)
	h.watch.lines[p.ID] = p.Lines
	h.note("payment %d of %d %s, %d lines, saved card: %v", len(h.begun), p.Amount.Minor, p.Amount.Currency, len(p.Lines), w.Method != "")
	return true
}

// saved are the payer's company's kept cards.
func (h *History) saved(who access.Actor) (all []payment.Method) {
	h.Read(func(tx *db.Tx) (err error) {
		all, err = payment.Methods(h.Ctx, tx, who)
		return err
	})
	return all
}

// forget removes a kept card.
func (h *History) forget() bool {
	who := h.payers[h.somebody()]
	saved := h.saved(who)
	if len(saved) == 0 {
		return false
	}
	one := pick(h, saved).ID
	h.Write(func(tx *db.Tx) error { return payment.Remove(h.Ctx, tx, who, one) })
	h.note("a kept card is removed")
	return true
}

// shown is a payment whose page is known, if there is one.
func (h *History) shown() (p payment.Payment, found bool) {
	for _, i := range h.dice.Perm(len(h.begun)) {
		if p = h.Stands(h.begun[i]); len(p.Attempts) > 0 && p.Attempts[0].URL != "" && (p.State == payment.Open || h.dice.IntN(8) == 0) {
			return p, true
		}
	}
	return p, false
}

var cards = []string{simulator.Approved, simulator.Approved, simulator.ApprovedToo, simulator.InsufficientFunds, simulator.DoNotHonour,
	simulator.Confirmed, simulator.Unconfirmed, simulator.Later}

func (h *History) atTheProcessor() bool {
	p, found := h.shown()
	if !found {
		return false
	}
	card := pick(h, cards)
	_, err := h.Clerk.Pay(h.Ctx, p.Attempts[0].URL, card)
	h.note("card %s: %v", card, err == nil)
	return err == nil
}

func (h *History) regret() bool {
	if len(h.begun) == 0 {
		return false
	}
	p := h.Stands(pick(h, h.begun))
	at := slices.IndexFunc(h.payers, func(a access.Actor) bool { return a.Customer == p.Customer })
	pushy := h.dice.IntN(4) == 0 // tries again while the first try may still take money
	err := h.DB.WriteAlone(h.Ctx, payment.Key(p.Customer), func(tx *db.Tx) error {
		if p.State == payment.Open && len(p.Attempts) > 0 && (!p.Attempts[0].Live() || pushy) {
			_, err := payment.Retry(h.Ctx, tx, h.payers[at], p.ID, payment.Wish{})
			return err
		}
		return payment.End(h.Ctx, tx, h.payers[at], p)
	})
	h.note("cancel or retry: %s", fault.Of(err).Code)
	return err == nil
}

// late is a payment that was over at the processor, and is paid after all.
func (h *History) late() bool {
	_, stands := h.Processor.Books(0)
	var over []string
	for _, reference := range slices.Sorted(maps.Keys(stands)) {
		if slices.Contains([]string{"expired", "declined", "failed"}, stands[reference]) {
			over = append(over, reference)
		}
	}
	if len(over) == 0 {
		return false
	}
	err := h.Processor.Act("late-payments", url.Values{"name": {pick(h, over)}})
	h.note("paid after all: %v", err == nil)
	return err == nil
}

func (h *History) cheque() bool {
	who := h.payers[h.somebody()]
	for _, i := range h.Owes(who) {
		if now := h.ERP.InvoiceNow(i.ERP); now.Open.Minor > 0 {
			minor := 1 + h.dice.Int64N(now.Open.Minor)
			h.ERP.PayThere(i.ERP, minor)
			h.note("a cheque of %d for %s", minor, i.ERP)
			if h.dice.IntN(2) == 0 {
				_ = h.pull()
			}
			return true
		}
	}
	return false
}

func (h *History) bank() bool {
	currency := pick(h, []string{"CAD", "USD"})
	form := url.Values{"currency": {currency}}
	act := pick(h, []string{"payouts", "payouts", "payout-failures", "notices"})
	if act == "payout-failures" {
		form = url.Values{"name": {currency}}
	}
	err := h.Processor.Act(act, form)
	h.note("%s %s: %v", act, currency, err == nil)
	return err == nil
}

func (h *History) wait() bool {
	d := time.Duration(1+h.dice.IntN(900)) * time.Second
	h.Clock.Move(d)
	h.note("%v pass", d)
	return true
}

// apiFaults are the faults of calls that a history knows.
var (
	apiFaults = []string{simulator.LoseBefore, simulator.ErrorBefore, simulator.Throttle, simulator.Blind, simulator.Held, simulator.LoseAfter,
		simulator.ErrorAfter, simulator.Garble}
	hookFaults = []string{simulator.Drop, simulator.Duplicate, simulator.Reorder, simulator.Delay, simulator.Corrupt, simulator.Forge}
)

func (h *History) breakSomething() bool {
	switch h.dice.IntN(4) {
	case 0:
		down := h.dice.IntN(2) == 0
		h.ERP.SetDown(down)
		h.note("ERP down: %v", down)
	case 1:
		h.ERP.LoseNext(1 + h.dice.IntN(2))
		h.note("the ERP loses answers")
	case 2:
		kind := pick(h, apiFaults)
		h.Processor.Plan(simulator.Fault{Kind: kind, Times: 1 + h.dice.IntN(3), Delay: time.Duration(1+h.dice.IntN(40)) * time.Second})
		h.note("processor: %s", kind)
	default:
		kind := pick(h, hookFaults)
		h.Processor.Plan(simulator.Fault{Kind: kind, Times: 1 + h.dice.IntN(3), Delay: time.Duration(1+h.dice.IntN(600)) * time.Second})
		h.note("webhooks: %s", kind)
	}
	return true
}
