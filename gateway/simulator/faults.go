package simulator

import (
	"bytes"
	"context"
	"net/http"
	"slices"
	"strconv"
	"time"
)

// Fault is harm that the processor does to those who speak with it.
type Fault struct {
	Kind    string
	On      string        // operation of the API, by the last word of its path; "" is any
	Times   int           // how often it strikes; 0 is until it is lifted
	Percent int           // chance of each, by the seed; 0 is certainty
	Delay   time.Duration // of Slow, Held and Delay; Retry-After of Throttle
}

// Seconds is the fault's delay as people see it.
func (f Fault) Seconds() int { return int(f.Delay / time.Second) }

// Faults of the API. The first four leave nothing behind.
const (
	LoseBefore  = "lose_before"  // the connection ends before anything happens
	ErrorBefore = "error_before" // 503, and nothing happens
	Throttle    = "throttle"     // 429 with Retry-After, and nothing happens
	Blind       = "blind"        // payments and refunds younger than a minute are not found
	Held        = "held"         // the connection ends, and it happens after Delay, up to 50 s
	LoseAfter   = "lose_after"   // it happens, and the connection ends without an answer
	ErrorAfter  = "error_after"  // it happens, and the answer is 500
	Garble      = "garble"       // it happens, and half of the answer comes
	Twist       = "twist"        // it happens, and the answer tells another amount
	Slow        = "slow"         // it happens, and the answer comes after Delay
)

// Faults of webhooks.
const (
	Drop      = "drop"      // never sent
	Duplicate = "duplicate" // sent once more, as another delivery
	Reorder   = "reorder"   // overtaken: sent some seconds or minutes later
	Delay     = "delay"     // sent after Delay
	Corrupt   = "corrupt"   // a byte of the body differs from what was signed
	Forge     = "forge"     // signed with another secret
)

var (
	apiFaults     = []string{LoseBefore, ErrorBefore, Throttle, Blind, Held, LoseAfter, ErrorAfter, Garble, Twist, Slow}
	webhookFaults = []string{Drop, Duplicate, Reorder, Delay, Corrupt, Forge}
)

// webhooks is what faults of webhooks are on.
const webhooks = "webhooks"

// Plan adds faults. The first that fits strikes.
func (p *Processor) Plan(faults ...Fault) {
	p.do(func() {
		for _, f := range faults {
			p.add(f)
		}
	})
}

func (p *Processor) add(f Fault) {
	if slices.Contains(webhookFaults, f.Kind) {
		f.On = webhooks
	}
	p.state.Faults, p.dirty = append(p.state.Faults, &f), true
}

// Calm lifts all faults.
func (p *Processor) Calm() {
	p.do(func() { p.state.Faults, p.dirty = nil, true })
}

// strikes is the fault that strikes an operation now; its zero value does nothing.
func (p *Processor) strikes(on string) (f Fault) {
	p.do(func() { f = p.strike(on) })
	return f
}

func (p *Processor) strike(on string) Fault {
	for i, f := range p.state.Faults {
		switch {
		case f.On != on && (f.On != "" || on == webhooks):
			continue
		case f.Percent > 0 && p.dice.IntN(100) >= f.Percent:
			continue
		}
		p.struck[f.Kind]++
		if f.Times > 0 {
			p.dirty = true
			if f.Times--; f.Times == 0 {
				p.state.Faults = slices.Delete(p.state.Faults, i, i+1)
			}
		}
		return *f
	}
	return Fault{}
}

// before does harm that comes first. It says whether the call ends with it.
func (p *Processor) before(w http.ResponseWriter, c call, f Fault) bool {
	switch f.Kind {
	case LoseBefore:
		abort()
	case Held:
		p.do(func() {
			p.state.Held = append(p.state.Held, held{c, p.now().Add(min(f.Delay, settles-10*time.Second))})
			p.dirty = true
		})
		abort()
	case ErrorBefore:
		write(w, p.no(&refusal{http.StatusServiceUnavailable, "unavailable"}))
	case Throttle:
		w.Header().Set("Retry-After", strconv.Itoa(f.Seconds()))
		write(w, p.no(&refusal{http.StatusTooManyRequests, "too_many"}))
	default:
		return false
	}
	return true
}

// after answers, or does harm to the answer.
func (p *Processor) after(w http.ResponseWriter, r *http.Request, a reply, f Fault) {
	switch f.Kind {
	case LoseAfter:
		abort()
	case ErrorAfter:
		a = p.no(&refusal{http.StatusInternalServerError, "internal"})
	case Garble:
		a.Body = a.Body[:len(a.Body)/2]
	case Twist:
		a.Body = bytes.ReplaceAll(a.Body, []byte(`"minor":`), []byte(`"minor":1`))
	case Slow:
		wait(r.Context(), f.Delay)
	}
	write(w, a)
}

// held is a call that the network keeps for a while.
type held struct {
	Call call
	At   time.Time
}

// release carries out held calls whose time has come, whoever still waits.
func (p *Processor) release(now time.Time) {
	var left []held
	for _, h := range p.state.Held {
		if now.Before(h.At) {
			left = append(left, h)
			continue
		}
		p.carryOut(h.Call)
		p.dirty = true
	}
	p.state.Held = left
}

// abort closes the connection without an answer.
func abort() { panic(http.ErrAbortHandler) }

// wait ends early when the caller leaves.
func wait(ctx context.Context, d time.Duration) {
	select {
	case <-time.After(d):
	case <-ctx.Done():
	}
}
