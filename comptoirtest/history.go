package comptoirtest

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"hash"
	"math/rand/v2"
	"net/url"
	"runtime"
	"slices"
	"testing"
	"time"

	"comptoir.example/comptoir/base/db"
	"comptoir.example/comptoir/base/fault"
	"comptoir.example/comptoir/comptoirtest/instant"
	"comptoir.example/comptoir/erp"
	"comptoir.example/comptoir/finance/invoice"
	"comptoir.example/comptoir/finance/ledger"
	"comptoir.example/comptoir/finance/payment"
	"comptoir.example/comptoir/gateway"
	"comptoir.example/comptoir/gateway/simulator"
	"comptoir.example/comptoir/trade/access"
)

// History is a life of a shop that takes money, made up from a seed: what people,
// the bank, the ERP and the processor do, what breaks, and where the program is
// killed. The domain code is the real one; the clock is the test's.
type History struct {
	*Till
	Seed   uint64
	dice   *rand.Rand
	payers []access.Actor
	begun  []string // payments
	trace  hash.Hash
	Log    []string
	Killed int
	Struck map[string]int // faults, by kind
}

// NewHistory opens a shop for a history. The ERP has three customers.
func NewHistory(t testing.TB, engine string, seed uint64) *History {
	h := &History{Till: OpenTill(t, engine, instant.New(3, 1), seed), Seed: seed, dice: rand.New(rand.NewPCG(seed, 42)), trace: sha256.New(), Struck: map[string]int{}}
	for i := range 3 {
		h.payers = append(h.payers, h.Payer(fmt.Sprintf("C%04d", 1001+i)))
	}
	return h
}

// Trace stands for everything that happened.
func (h *History) Trace() string { return hex.EncodeToString(h.trace.Sum(nil)[:8]) }

func (h *History) note(format string, args ...any) {
	line := h.Clock.Now().Format("15:04:05 ") + fmt.Sprintf(format, args...)
	h.Log = append(h.Log, line)
	fmt.Fprintln(h.trace, line)
}

// pick is one of some, evenly.
func pick[T any](h *History, all []T) T { return all[h.dice.IntN(len(all))] }

// apiFaults are the faults of calls that a history knows.
var (
	apiFaults = []string{simulator.LoseBefore, simulator.ErrorBefore, simulator.Throttle, simulator.Blind, simulator.Held, simulator.LoseAfter,
		simulator.ErrorAfter, simulator.Garble}
	hookFaults = []string{simulator.Drop, simulator.Duplicate, simulator.Reorder, simulator.Delay, simulator.Corrupt, simulator.Forge}
	cards      = []string{simulator.Approved, simulator.Approved, simulator.ApprovedToo, simulator.InsufficientFunds, simulator.DoNotHonour, simulator.Confirmed, simulator.Later}
)

// Live does n things, and lets some of what is due happen after each.
func (h *History) Live(n int) {
	for range n {
		h.act()
		for range h.dice.IntN(4) {
			h.some()
		}
	}
}

// act is one thing that somebody does.
func (h *History) act() {
	switch h.dice.IntN(18) {
	case 0, 1, 2:
		total := int64(100 + h.dice.IntN(200000))
		if h.dice.IntN(4) == 0 {
			total = -total / 4
		}
		customer := fmt.Sprintf("c%d", 1+h.dice.IntN(3))
		h.note("invoice %s %d %s", h.ERP.Invoice(customer, total, "2026-12-01"), total, customer)
		h.pull()
	case 3, 4, 5, 6:
		h.begin()
	case 7, 8:
		h.atTheProcessor()
	case 9:
		h.regret()
	case 10:
		h.payThere()
	case 11:
		h.bank()
	case 12, 13, 14, 15, 16:
		h.breakSomething()
	case 17:
		d := time.Duration(1+h.dice.IntN(900)) * time.Second
		h.Clock.Move(d)
		h.note("%v pass", d)
	}
}

func (h *History) pull() {
	if err := h.Engine.Round(h.Ctx, true); err != nil {
		h.note("pull: %v", erp.ErrorOf(err).Class)
	}
}

func (h *History) begin() {
	who := pick(h, h.payers)
	var open, credits []invoice.Invoice
	for _, i := range h.Owes(who) {
		if i.Open.Minor > 0 {
			open = append(open, i)
		} else if i.Open.Minor < 0 {
			credits = append(credits, i)
		}
	}
	if len(open) == 0 {
		return
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
		return
	}
	h.begun = append(h.begun, p.ID)
	h.note("payment %d of %d, %d lines, saved card: %v", len(h.begun), p.Amount.Minor, len(p.Lines), w.Method != "")
}

// saved are the payer's company's kept cards.
func (h *History) saved(who access.Actor) (all []payment.Method) {
	h.Read(func(tx *db.Tx) (err error) {
		all, err = payment.Methods(h.Ctx, tx, who)
		return err
	})
	return all
}

// live is a payment whose page is open, if there is one.
func (h *History) live() (p payment.Payment, found bool) {
	for _, i := range h.dice.Perm(len(h.begun)) {
		if p = h.Stands(h.begun[i]); len(p.Attempts) > 0 && p.Attempts[0].URL != "" {
			return p, true
		}
	}
	return p, false
}

func (h *History) atTheProcessor() {
	p, found := h.live()
	if !found {
		return
	}
	card := pick(h, cards)
	_, err := h.Clerk.Pay(h.Ctx, p.Attempts[0].URL, card)
	h.note("card %s: %v", card, err == nil)
}

func (h *History) regret() {
	if len(h.begun) == 0 {
		return
	}
	p := h.Stands(pick(h, h.begun))
	at := slices.IndexFunc(h.payers, func(a access.Actor) bool { return a.Customer == p.Customer })
	err := h.DB.WriteAlone(h.Ctx, payment.Key(p.Customer), func(tx *db.Tx) error {
		if p.State == payment.Open && len(p.Attempts) > 0 && !p.Attempts[0].Live() {
			_, err := payment.Retry(h.Ctx, tx, h.payers[at], p.ID, payment.Wish{})
			return err
		}
		return payment.End(h.Ctx, tx, h.payers[at], p)
	})
	h.note("cancel or retry: %s", fault.Of(err).Code)
}

func (h *History) payThere() {
	who := pick(h, h.payers)
	for _, i := range h.Owes(who) {
		if now := h.ERP.InvoiceNow(i.ERP); now.Open.Minor > 0 {
			minor := 1 + h.dice.Int64N(now.Open.Minor)
			h.ERP.PayThere(i.ERP, minor)
			h.note("a cheque of %d for %s", minor, i.ERP)
			if h.dice.IntN(2) == 0 {
				h.pull()
			}
			return
		}
	}
}

func (h *History) bank() {
	form := url.Values{"currency": {"CAD"}}
	act := pick(h, []string{"payouts", "payouts", "payout-failures", "notices"})
	if act == "payout-failures" {
		form = url.Values{"name": {"CAD"}}
	}
	h.note("%s: %v", act, h.Processor.Act(act, form) == nil)
}

func (h *History) breakSomething() {
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
		h.Struck[kind]++
		h.note("processor: %s", kind)
	default:
		kind := pick(h, hookFaults)
		h.Processor.Plan(simulator.Fault{Kind: kind, Times: 1 + h.dice.IntN(3), Delay: time.Duration(1+h.dice.IntN(600)) * time.Second})
		h.Struck[kind]++
		h.note("webhooks: %s", kind)
	}
}

// some lets a part of what is due happen, and sometimes kills the program in it.
func (h *History) some() {
	step := pick(h, []string{"box", "box", "box", "processor", "hear", "pull", "look", "erp", "count"})
	at := 0
	if h.dice.IntN(12) == 0 {
		at = 1 + h.dice.IntN(3)
	}
	died := h.dying(at, func(ctx context.Context) {
		var err error
		switch step {
		case "box":
			_, err = h.Box.Step(ctx)
		case "processor":
			h.Processor.Step(ctx)
		case "hear":
			_, err = h.Site.Gateway.Hear(ctx)
		case "pull":
			err = h.Site.Gateway.Pull(ctx)
		case "look":
			err = h.Site.Gateway.Look(ctx)
		case "erp":
			err = h.Engine.Round(ctx, true)
		case "count":
			err = ledger.Count(ctx, h.DB)
		}
		if x := gateway.ErrorOf(err); err != nil && x.Class == gateway.Broken && erp.ErrorOf(err).Class == erp.Broken {
			h.T.Errorf("seed %d: %s: %v", h.Seed, step, err)
		}
	})
	h.note("%s%s", step, died)
	h.Clock.Move(time.Duration(h.dice.IntN(3000)) * time.Millisecond)
}

// dying runs f, and ends its goroutine at the n-th named point it comes to, as
// kill -9 ends a process: nothing after that happens, and leases stay behind.
func (h *History) dying(n int, f func(context.Context)) (at string) {
	done := make(chan struct{})
	go func() {
		defer close(done)
		h.Box.Crash = func(point string) {
			if n--; n == 0 {
				at = " †" + point
				h.Killed++
				runtime.Goexit()
			}
		}
		f(h.Ctx)
	}()
	<-done
	h.Box.Crash = func(string) {}
	if at != "" && h.DB.Engine() == "sqlite" {
		if err := h.Box.Recover(h.Ctx); err != nil { // as at the next start
			h.T.Fatal(err)
		}
	}
	return at
}
