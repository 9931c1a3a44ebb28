package simulator

import (
	"bytes"
	"encoding/json"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"comptoir.example/comptoir/base/money"
)

// The operations of the API, each in one piece under the lock.

// read fills in from a body. Fields that nobody knows are refused: what asks for
// more than there is must not seem to work.
func read(c call, in any) *refusal {
	d := json.NewDecoder(bytes.NewReader(c.Body))
	d.DisallowUnknownFields()
	if d.Decode(in) != nil {
		return &refusal{http.StatusBadRequest, "bad_request"}
	}
	return nil
}

// sane says what is wrong with a reference and an amount.
func sane(reference string, a money.Amount) *refusal {
	switch {
	case reference == "" || utf8.RuneCountInString(reference) > mostReferred:
		return &refusal{http.StatusUnprocessableEntity, "bad_reference"}
	case !slices.Contains(currencies, a.Currency):
		return &refusal{http.StatusUnprocessableEntity, "bad_currency"}
	case a.Minor <= 0 || a.Minor > mostMinor:
		return &refusal{http.StatusUnprocessableEntity, "bad_amount"}
	}
	return nil
}

func (p *Processor) createSession(c call) (any, *refusal) {
	var in newSession
	if bad := read(c, &in); bad != nil {
		return nil, bad
	}
	if bad := sane(in.Reference, in.Amount); bad != nil {
		return nil, bad
	}
	if origin(in.Return) == "" {
		return no("bad_return_url")
	}
	one := p.newPayment(in.Reference, in.Amount)
	one.Session = &session{ID: p.id("ses"), Description: in.Description, Language: in.Language, Return: in.Return, Save: in.Save, Expires: p.now().Add(sessionLife)}
	one.Changed = p.stamp()
	return p.sessionAnswer(one), nil
}

func (p *Processor) sessionAnswer(one *payment) sessionAnswer {
	return sessionAnswer{one.Session.ID, strings.TrimRight(p.URL, "/") + "/pay/" + one.Session.ID, one.Session.Expires, one.Record}
}

func (p *Processor) getSession(c call) (any, *refusal) {
	if one := p.paymentOf(c.Name); one != nil {
		return p.sessionAnswer(one), nil
	}
	return nil, &refusal{http.StatusNotFound, "unknown_session"}
}

// paymentOf is the payment of a session.
func (p *Processor) paymentOf(session string) *payment {
	for _, one := range p.state.Payments {
		if one.Session != nil && one.Session.ID == session {
			return one
		}
	}
	return nil
}

func (p *Processor) createExpiry(c call) (any, *refusal) {
	var in newExpiry
	if bad := read(c, &in); bad != nil {
		return nil, bad
	}
	p.expire(in.Reference)
	if one := p.payment(in.Reference); one != nil {
		return p.known(&one.Record), nil
	}
	return no("unknown_payment")
}

func (p *Processor) createCharge(c call) (any, *refusal) {
	var in newCharge
	if bad := read(c, &in); bad != nil {
		return nil, bad
	}
	if bad := sane(in.Reference, in.Amount); bad != nil {
		return nil, bad
	}
	return p.known(&p.chargeSaved(in).Record), nil
}

func (p *Processor) createRefund(c call) (any, *refusal) {
	var in newRefund
	if bad := read(c, &in); bad != nil {
		return nil, bad
	}
	if bad := sane(in.Reference, in.Amount); bad != nil {
		return nil, bad
	}
	of := p.payment(in.Of)
	switch {
	case of == nil:
		return no("unknown_payment")
	case of.Amount.Currency != in.Amount.Currency:
		return no("bad_currency")
	case in.Amount.Minor > p.left(of):
		return no("refund_too_large")
	}
	return p.known(&p.newRefund(of, in.Reference, in.Amount).Record), nil
}

func (p *Processor) forgetMethod(c call) (any, *refusal) {
	if m := p.state.Methods[c.Name]; m != nil {
		m.Gone, p.dirty = true, true
	}
	return struct{}{}, nil
}

// known is a payment or a refund with the movements under its reference. With a
// payment stand those of its refunds too, which have references of their own.
func (p *Processor) known(r *Record) found {
	f := found{Record: r, Movements: []Movement{}}
	whole := map[string]bool{}
	for _, one := range p.state.Payments {
		whole[one.ID] = one.Reference == r.Reference
	}
	for _, m := range p.state.Movements {
		if m.Reference == r.Reference || whole[m.Payment] {
			f.Movements = append(f.Movements, m)
		}
	}
	return f
}

func (p *Processor) findPayment(c call) (any, *refusal) {
	seen := p.now()
	if c.Blind {
		seen = seen.Add(-settles)
	}
	reference := c.Query.Get("reference")
	if one := p.payment(reference); one != nil && !one.Created.After(seen) {
		return p.known(&one.Record), nil
	}
	if one := p.refund(reference); one != nil && !one.Created.After(seen) {
		return p.known(&one.Record), nil
	}
	return found{Movements: []Movement{}}, nil
}

// listEvents answers ?after=seq&limit=n.
func (p *Processor) listEvents(c call) (any, *refusal) {
	after, err := strconv.Atoi(c.Query.Get("after"))
	if c.Query.Get("after") == "" {
		after, err = 0, nil
	}
	if err != nil || after < 0 || after > len(p.state.Events) {
		return no("bad_cursor")
	}
	limit, _ := strconv.Atoi(c.Query.Get("limit"))
	if limit <= 0 || limit > 100 {
		limit = 100
	}
	end := min(after+limit, len(p.state.Events))
	return eventPage{slices.Clone(p.state.Events[after:end]), strconv.Itoa(end), end < len(p.state.Events)}, nil
}

func (p *Processor) getBalance(call) (any, *refusal) {
	var b balanceAnswer
	for _, currency := range currencies {
		b.Amounts = append(b.Amounts, money.Amount{Minor: p.balance(currency), Currency: currency})
	}
	return b, nil
}

func (p *Processor) getPayout(c call) (any, *refusal) {
	if one := p.payoutOf(c.Name); one != nil {
		return one, nil
	}
	return nil, &refusal{http.StatusNotFound, "unknown_payout"}
}
