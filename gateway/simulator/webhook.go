package simulator

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// Signature is the header that proves a webhook: t=unix seconds, then v1=hex of
// HMAC-SHA256 over "t.body", once for each secret.
const Signature = "Comptoir-Simulator-Signature"

// Times of webhooks. Each try waits longer than the one before.
const (
	patience  = 10 * time.Second // for an answer
	givesUp   = 3 * 24 * time.Hour
	lastPause = 6 * time.Hour
)

var pauses = []time.Duration{10 * time.Second, time.Minute, 5 * time.Minute, 15 * time.Minute, time.Hour, 3 * time.Hour, lastPause}

// delivery is a webhook to be sent.
type delivery struct {
	ID    string
	Seq   int // of the event
	First time.Time
	Due   time.Time
	Tries int
	Moved bool // it was reordered, delayed or doubled: once is enough
}

// promise makes the first delivery of an event.
func (p *Processor) promise(e Event) {
	if p.address() == "" {
		return
	}
	p.state.Deliveries = append(p.state.Deliveries, &delivery{ID: p.id("dlv"), Seq: e.Seq, First: p.now(), Due: p.now()})
	select {
	case p.wake <- struct{}{}:
	default:
	}
}

// address is where webhooks go.
func (p *Processor) address() string {
	if p.state.Webhooks != "" {
		return p.state.Webhooks
	}
	return p.Webhooks
}

// DeliverWebhooks sends what is due, one after the other, in the order in which
// it is due, on the caller's goroutine. It returns how many were sent.
func (p *Processor) DeliverWebhooks(ctx context.Context) (sent int) {
	p.posting.Lock()
	defer p.posting.Unlock()
	for ctx.Err() == nil {
		var d *delivery
		var r *http.Request
		p.do(func() { d, r = p.next(ctx) })
		if d == nil {
			break
		}
		if r == nil {
			continue // harm was done to it
		}
		sent++
		took := p.take(r)
		p.do(func() { p.note(d, took) })
	}
	return sent
}

// take sends one webhook; only a 2xx means that it was taken.
func (p *Processor) take(r *http.Request) bool {
	answer, err := p.post.Do(r)
	if err != nil {
		p.Log.Warn("webhook not delivered", "error", err)
		return false
	}
	defer answer.Body.Close()
	io.Copy(io.Discard, io.LimitReader(answer.Body, 64<<10)) // so that the connection can be used again
	return answer.StatusCode/100 == 2
}

// next finds the first delivery that is due and writes it, unless the plan does
// something else with it.
func (p *Processor) next(ctx context.Context) (*delivery, *http.Request) {
	now := p.now()
	var d *delivery
	for _, one := range p.state.Deliveries {
		if !now.Before(one.Due) && (d == nil || one.Due.Before(d.Due)) {
			d = one
		}
	}
	if d == nil {
		return nil, nil
	}
	harm := p.strike(webhooks)
	later := time.Duration(0)
	switch harm.Kind {
	case Drop:
		p.strikeOut(d)
		return d, nil
	case Duplicate:
		if !d.Moved {
			d.Moved = true
			p.state.Deliveries = append(p.state.Deliveries, &delivery{ID: p.id("dlv"), Seq: d.Seq, First: now, Due: now, Moved: true})
		}
	case Reorder:
		later = time.Duration(1+p.dice.IntN(300)) * time.Second
	case Delay:
		later = max(harm.Delay, time.Second)
	}
	if later > 0 && !d.Moved {
		d.Moved, d.Due, p.dirty = true, now.Add(later), true
		return d, nil
	}
	body, err := json.Marshal(Message{d.ID, p.state.Events[d.Seq-1]})
	if err != nil {
		p.Log.Error("no webhook", "error", err)
		p.strikeOut(d)
		return d, nil
	}
	secrets := p.Signing
	if harm.Kind == Forge {
		secrets = []string{"of somebody else"}
	}
	header := Sign(body, now, secrets...)
	if harm.Kind == Corrupt {
		body[len(body)/2] ^= 1
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, p.address(), bytes.NewReader(body))
	if err != nil {
		p.Log.Error("no webhook", "error", err)
		p.strikeOut(d)
		return d, nil
	}
	r.Header = header
	return d, r
}

// note writes down what came of a delivery.
func (p *Processor) note(d *delivery, taken bool) {
	now := p.now()
	d.Tries++
	p.dirty = true
	if taken {
		p.state.LastPosted = now
		p.strikeOut(d)
		return
	}
	d.Due = now.Add(pauses[min(d.Tries, len(pauses))-1])
	if d.Due.Sub(d.First) > givesUp {
		p.strikeOut(d)
	}
}

// strikeOut takes a delivery from the list.
func (p *Processor) strikeOut(d *delivery) {
	for i, one := range p.state.Deliveries {
		if one == d {
			p.state.Deliveries = append(p.state.Deliveries[:i:i], p.state.Deliveries[i+1:]...)
			p.dirty = true
			return
		}
	}
}

// Sign makes the headers of a webhook: for the processor, and for tests that say
// something in its name.
func Sign(body []byte, at time.Time, secrets ...string) http.Header {
	stamp := strconv.FormatInt(at.Unix(), 10)
	parts := []string{"t=" + stamp}
	for _, secret := range secrets {
		parts = append(parts, "v1="+hex.EncodeToString(mac(secret, stamp, body)))
	}
	return http.Header{"Content-Type": {"application/json"}, Signature: {strings.Join(parts, ",")}}
}

func mac(secret, stamp string, body []byte) []byte {
	h := hmac.New(sha256.New, []byte(secret))
	h.Write([]byte(stamp + "."))
	h.Write(body)
	return h.Sum(nil)
}
