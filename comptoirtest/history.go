package comptoirtest

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"hash"
	"math/rand/v2"
	"runtime"
	"testing"
	"time"

	"comptoir.example/comptoir/comptoirtest/instant"
	"comptoir.example/comptoir/erp"
	"comptoir.example/comptoir/finance/ledger"
	"comptoir.example/comptoir/finance/payment"
	"comptoir.example/comptoir/gateway"
	"comptoir.example/comptoir/trade/access"
)

// What a history has at least: things that somebody does, and faults that have done
// harm, kills among them.
const (
	LeastOperations = 30
	LeastFaults     = 10
)

// History is a life of a shop that takes money, made up from a seed: what people,
// the bank, the ERP and the processor do, what breaks, and where the program is
// killed. The domain code is the real one; the clock is the test's. After each step
// everything that must hold is looked at (history_watch.go); the first step after
// which something does not is the last.
type History struct {
	*Till
	Seed       uint64
	dice       *rand.Rand
	payers     []access.Actor
	bills      map[string]bill // by the ERP's id
	begun      []string        // payments
	asked      map[string]payment.RefundWish
	trace      hash.Hash
	watch      watch
	Log        []string
	Operations int
	Killed     int
	Wrong      []string // what does not hold
}

// NewHistory opens a shop for a history. The ERP has three customers: one is billed
// in Canadian dollars, one in American, one in both.
func NewHistory(t testing.TB, engine string, seed uint64) *History {
	books := instant.New(3, 1)
	books.Bills("c3", "USD")
	h := &History{Till: OpenTill(t, engine, books, seed), Seed: seed, dice: rand.New(rand.NewPCG(seed, 42)), bills: map[string]bill{}, asked: map[string]payment.RefundWish{},
		trace: sha256.New(), watch: newWatch()}
	for i := range 3 {
		h.payers = append(h.payers, h.Payer(fmt.Sprintf("C%04d", 1001+i)))
	}
	return h
}

// Trace stands for everything that happened.
func (h *History) Trace() string { return hex.EncodeToString(h.trace.Sum(nil)[:8]) }

// Faults is how many have done harm, by kind.
func (h *History) Faults() map[string]int {
	all := h.Processor.Struck()
	all["erp"], all["kill"] = h.ERP.Struck, h.Killed
	return all
}

func (h *History) faults() (n int) {
	for _, times := range h.Faults() {
		n += times
	}
	return n
}

func (h *History) note(format string, args ...any) {
	line := h.Clock.Now().Format("15:04:05 ") + fmt.Sprintf(format, args...)
	h.Log = append(h.Log, line)
	fmt.Fprintln(h.trace, line)
}

// pick is one of some, evenly.
func pick[T any](h *History, all []T) T { return all[h.dice.IntN(len(all))] }

// tooLong is how many acts do not make a history of the least length.
const tooLong = 1000

// Live lets somebody do something, and some of what is due happen, until enough has
// been done and has broken. Then it calms down, and everything is compared.
func (h *History) Live() {
	h.T.Helper()
	for n := 0; h.Operations < LeastOperations || h.faults() < LeastFaults; n++ {
		if n == tooLong {
			h.T.Fatalf("seed %d: %d operations and %d faults after %d acts", h.Seed, h.Operations, h.faults(), n)
		}
		if h.act() && !h.holds() {
			return
		}
		for range h.dice.IntN(4) {
			if h.some(); !h.holds() {
				return
			}
		}
	}
	if h.calm(); len(h.Wrong) == 0 {
		h.Wrong = h.compared()
	}
}

// calm lifts every fault, and looks after each round whether everything holds.
func (h *History) calm() {
	h.note("calm")
	h.Till.calm(h.holds)
	h.note("%d operations, %v", h.Operations, h.Faults())
}

// act is one thing that somebody does, or breaks. It says whether it is a step.
func (h *History) act() bool {
	n := 0
	for _, a := range acts {
		n += a.often
	}
	n = h.dice.IntN(n)
	for _, a := range acts {
		if n -= a.often; n < 0 {
			did := a.do(h) && !a.fault
			if did {
				h.Operations++
			}
			return did
		}
	}
	return false
}

// some lets a part of what is due happen, and sometimes kills the program in it.
func (h *History) some() {
	step := pick(h, []string{"box", "box", "box", "processor", "hear", "pull", "pull", "look", "erp", "count"})
	at := 0
	if h.dice.IntN(8) == 0 {
		at = 1 + min(h.dice.IntN(3), h.dice.IntN(3)) // most steps have one point, few three
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
			err = h.Engine.Round(ctx, false)
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
