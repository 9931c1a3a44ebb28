// Package collect moves money questions between the shop and one processor: it
// asks for pages and charges, hears what was done, looks up what nobody told, and
// writes each fact down once.
//
// Connectors translate; what must be right for every processor is here: one key for
// an operation however often it is sent, look-up before repeat, what an unanswered
// call means, and that a webhook, a sweep and a look-up are the same news.
//
// Tables: webhook, gateway_flow.
package collect

import (
	"context"
	"log/slog"
	"net/url"
	"slices"
	"time"

	"comptoir.example/comptoir/base/db"
	"comptoir.example/comptoir/base/outbox"
	"comptoir.example/comptoir/finance/payment"
	"comptoir.example/comptoir/gateway"
)

// Engine exchanges with one processor.
type Engine struct {
	DB      *db.DB
	Box     *outbox.Box
	Gateway gateway.Connector
	// Return is the address the payer comes back to from the processor's page.
	Return func(p payment.Payment) string
	// Describe says in the payer's language what is paid.
	Describe func(ctx context.Context, p payment.Payment) (text, lang string, err error)
	// Day is the merchant's day at an instant.
	Day func(time.Time) string
}

// New makes the engine of a merchant's account at a processor.
func New(box *outbox.Box, g gateway.Connector) *Engine {
	e := &Engine{DB: box.DB, Box: box, Gateway: g}
	box.Connection(e.Conn(), 4)
	return e
}

// Name is what the account is called here, in tables and in the ledger.
func (e *Engine) Name() string { return e.Gateway.Describe().System }

// Conn is the connection of what is asked of the processor.
func (e *Engine) Conn() string { return "gateway." + e.Name() }

func (e *Engine) source() payment.Source { return payment.Source{Gateway: e.Name(), Day: e.Day} }

// Lane keeps the order of what is asked of the processor about one company.
func (e *Engine) Lane(f outbox.Fact) (conn, lane string) {
	if r, back := f.(payment.RefundAsked); back {
		return e.Conn(), r.Customer
	}
	return e.Conn(), f.(payment.Asked).Customer
}

// Ask carries what is asked of the processor: a page, a charge, the end of a page.
// Its key is the attempt's, so that asking again is harmless; a charge that may have
// been made is looked up before that.
func (e *Engine) Ask(ctx context.Context, d outbox.Delivery) outbox.Outcome {
	var a payment.Attempt
	var p payment.Payment
	var token string
	var kept bool
	err := e.DB.Read(ctx, func(tx *db.Tx) (err error) {
		if a, _, err = payment.AttemptOf(ctx, tx, d.Subject); err != nil {
			return err
		}
		if p, _, err = payment.Load(ctx, tx, a.Payment); err == nil && a.Method != "" {
			token, kept, err = payment.TokenOf(ctx, tx, a.Method)
		}
		return err
	})
	if err != nil {
		return outbox.Broken(d, err)
	}
	if !a.Live() {
		return outbox.Outcome{State: outbox.Done} // the processor has had its say meanwhile
	}
	op := gateway.Operation{Key: a.ID, Reference: a.ID, Amount: a.Amount}
	switch {
	case a.Step == payment.Ending:
		op.Key = a.ID + "-end"
		s, err := e.Gateway.Expire(ctx, op, a.ID)
		// A refusal to close the page says nothing about the money: Look asks on.
		return e.answered(ctx, d, s, err)
	case a.Method != "" && !kept && d.Sent.IsZero(): // removed before anything was asked
		return outbox.Outcome{State: outbox.Done, Apply: func(ctx context.Context, tx *db.Tx) error {
			return payment.Refused(ctx, tx, a.ID, gateway.MethodGone)
		}}
	case a.Method != "":
		if out, known := e.again(ctx, d, a.ID); known {
			return begun(out, a)
		}
		s, err := e.Gateway.Charge(ctx, op, token)
		return begun(e.answered(ctx, d, s, err), a)
	}
	text, lang, err := e.Describe(ctx, p)
	if err != nil {
		return outbox.Broken(d, err)
	}
	s, err := e.Gateway.Start(ctx, op, gateway.SessionWish{Description: text, Language: lang, Return: e.Return(p), Save: a.Save})
	if err != nil {
		return begun(e.unanswered(d, err), a)
	}
	e.Box.Crash("pay.started")
	if !e.Known(s.URL) {
		// A page that is not the processor's is not shown to anybody.
		slog.ErrorContext(ctx, "collect: page on an unknown host", "gateway", e.Name(), "attempt", a.ID)
		return outbox.Outcome{State: outbox.Failed, Class: "host", Code: "payment.unknown_host", Detail: hostOf(s.URL), Fault: true}
	}
	return outbox.Outcome{State: outbox.Done, Apply: func(ctx context.Context, tx *db.Tx) error {
		tx.Signal("payment")
		return payment.Opened(ctx, tx, a.ID, s)
	}}
}

// GiveBack asks the processor to give money back to the method it came by.
func (e *Engine) GiveBack(ctx context.Context, d outbox.Delivery) outbox.Outcome {
	var r payment.Refund
	if err := e.DB.Read(ctx, func(tx *db.Tx) (err error) {
		r, _, err = payment.RefundOf(ctx, tx, d.Subject)
		return err
	}); err != nil {
		return outbox.Broken(d, err)
	}
	if r.State != "asked" {
		return outbox.Outcome{State: outbox.Done}
	}
	if out, known := e.again(ctx, d, r.ID); known {
		return out
	}
	s, err := e.Gateway.Refund(ctx, gateway.Operation{Key: r.ID, Reference: r.ID, Amount: r.Amount}, r.Attempt)
	out := e.answered(ctx, d, s, err)
	if out.State == outbox.Rejected {
		out.Apply = func(ctx context.Context, tx *db.Tx) error { return e.source().NotGiven(ctx, tx, r.ID) }
	}
	return out
}

// again looks up money that may have been asked to move before: its key makes asking
// twice harmless, but no processor keeps keys for ever.
func (e *Engine) again(ctx context.Context, d outbox.Delivery, reference string) (out outbox.Outcome, known bool) {
	if d.Sent.IsZero() {
		return out, false
	}
	s, err := e.Gateway.Find(ctx, reference)
	if err != nil {
		return e.unanswered(d, err), true
	}
	if s != nil {
		return e.answered(ctx, d, *s, nil), true
	}
	if wait := d.Sent.Add(e.Gateway.Describe().Settles).Sub(d.Now); wait > 0 {
		return outbox.Outcome{State: outbox.Unknown, Class: "ambiguous", Code: "gateway.checking", After: min(wait, 10*time.Second)}, true
	}
	return out, false
}

// Known says whether a payer may be sent to an address.
func (e *Engine) Known(page string) bool {
	host := hostOf(page)
	return host != "" && slices.Contains(e.Gateway.Describe().Hosts, host)
}

func hostOf(page string) string {
	u, err := url.Parse(page)
	if err != nil || (u.Scheme != "https" && u.Scheme != "http") || u.User != nil {
		return ""
	}
	return u.Host
}

// begun adds to the outcome of beginning an attempt that a refusal ends it: nothing
// was taken.
func begun(out outbox.Outcome, a payment.Attempt) outbox.Outcome {
	if out.State == outbox.Rejected {
		out.Apply = func(ctx context.Context, tx *db.Tx) error {
			return payment.Refused(ctx, tx, a.ID, gateway.OtherDecline)
		}
	}
	return out
}

// answered writes a snapshot down, once the call has one: under the company's key,
// as whatever a webhook or a sweep tells at the same moment.
func (e *Engine) answered(ctx context.Context, d outbox.Delivery, s gateway.Snapshot, err error) outbox.Outcome {
	if err != nil {
		return e.unanswered(d, err)
	}
	e.Box.Crash("pay.answered")
	if err := e.tell(ctx, facts(s)); err != nil {
		return outbox.Broken(d, err)
	}
	return outbox.Outcome{State: outbox.Done}
}

// unanswered makes an outcome of a failed call. The key makes asking again
// harmless, so what is ambiguous is simply asked again, with growing pauses.
func (e *Engine) unanswered(d outbox.Delivery, err error) outbox.Outcome {
	x := gateway.ErrorOf(err)
	out := outbox.Outcome{Class: string(x.Class), Code: "gateway." + x.Code, Detail: x.Error()}
	switch x.Class {
	case gateway.Down, gateway.Unauthorized:
		out.State, out.Down = outbox.Queued, true
	case gateway.Ambiguous:
		out.State, out.Sent, out.Fault, out.After = outbox.Unknown, true, true, time.Second<<min(d.Attempts, 5)
	case gateway.Throttled:
		out.State, out.After = outbox.Queued, max(x.After, time.Second)
	case gateway.Refused:
		out.State, out.Sent = outbox.Rejected, true
	default:
		return outbox.Broken(d, err)
	}
	return out
}

// LaneOfMethod keeps what is asked about saved methods in order.
func (e *Engine) LaneOfMethod(f outbox.Fact) (conn, lane string) {
	return e.Conn(), f.(payment.Removed).Method
}

// Forget makes a saved method useless at the processor.
func (e *Engine) Forget(ctx context.Context, d outbox.Delivery) outbox.Outcome {
	var token string
	if err := e.DB.Read(ctx, func(tx *db.Tx) (err error) {
		token, _, err = payment.TokenOf(ctx, tx, d.Subject)
		return err
	}); err != nil {
		return outbox.Broken(d, err)
	}
	if err := e.Gateway.Forget(ctx, token); err != nil {
		return e.unanswered(d, err)
	}
	return outbox.Outcome{State: outbox.Done}
}
