package simulator

import (
	"cmp"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"comptoir.example/comptoir/base/fault"
	"comptoir.example/comptoir/base/money"
)

// Control is the bank, the payer's mood and the network: a screen at /control
// whose forms scripts may send as well. It answers this machine only.

// acts are the forms of the screen: POST /control/{name}. Documents are named by
// the merchant's reference or the processor's id.
var acts = map[string]func(*Processor, url.Values) error{
	"outcomes": func(p *Processor, f url.Values) error { // name, outcome=paid|failed: ends processing
		if one := p.payment(f.Get("name")); one != nil && one.Status == processing {
			p.settle(one, f.Get("outcome") == paid)
			return nil
		}
		one := p.refund(f.Get("name"))
		if one == nil || one.Status != processing {
			return unfit("not_processing")
		}
		if f.Get("outcome") == paid {
			p.giveBack(one)
		} else {
			p.failRefund(one)
		}
		return nil
	},
	"late-payments": func(p *Processor, f url.Values) error { // name: one that was over is paid after all
		one := p.payment(f.Get("name"))
		if one == nil || !slices.Contains([]string{expired, declined, failed}, one.Status) {
			return unfit("not_over")
		}
		if one.Card == nil {
			card := cards[0].Card
			one.Card = &card
		}
		p.capture(one)
		return nil
	},
	"refunds": func(p *Processor, f url.Values) error { // name, amount ("" is all): a refund by hand
		one := p.payment(f.Get("name"))
		if one == nil {
			return unfit("unknown_payment")
		}
		amount, err := p.part(one, f.Get("amount"), "refund_too_large")
		if err == nil {
			p.newRefund(one, "", amount)
		}
		return err
	},
	"refund-failures": func(p *Processor, f url.Values) error { // name
		one := p.refund(f.Get("name"))
		if one == nil || one.Status == failed {
			return unfit("unknown_refund")
		}
		p.failRefund(one)
		return nil
	},
	"disputes": func(p *Processor, f url.Values) error { // name, amount ("" is all)
		one := p.payment(f.Get("name"))
		if one == nil {
			return unfit("unknown_payment")
		}
		amount, err := p.part(one, f.Get("amount"), "dispute_too_large")
		if err == nil {
			p.newDispute(one, amount)
		}
		return err
	},
	"dispute-outcomes": func(p *Processor, f url.Values) error { // name, outcome=won|lost
		d := p.dispute(f.Get("name"))
		if d == nil {
			return unfit("unknown_dispute")
		}
		p.endDispute(d, f.Get("outcome") == "won")
		return nil
	},
	"payouts": func(p *Processor, f url.Values) error { // currency
		if p.payOut(f.Get("currency")) == nil {
			return unfit("nothing_to_pay_out")
		}
		return nil
	},
	"payout-failures": func(p *Processor, f url.Values) error { // name: its id, or a currency for the last
		one := p.payoutOf(f.Get("name"))
		if one == nil || one.Failed {
			return unfit("unknown_payout")
		}
		p.failPayout(one)
		return nil
	},
	"daily": func(p *Processor, f url.Values) error { // on=1: a payout with each new day, from the next
		p.state.Daily, p.state.PaidOn, p.dirty = f.Get("on") != "", p.now().Format(time.DateOnly), true
		return nil
	},
	"adjustments": func(p *Processor, f url.Values) error { // amount, signed; currency: of a type nobody knows
		amount, err := amountOf(f.Get("amount"), f.Get("currency"))
		if err != nil || amount.IsZero() || !slices.Contains(currencies, amount.Currency) {
			return unfit("bad_amount")
		}
		p.book(Movement{Type: adjustment, Amount: amount})
		return nil
	},
	"notices": func(p *Processor, _ url.Values) error { // an event of no interest
		p.emit(Event{Type: accountNotice, At: p.now()})
		return nil
	},
	"closed-cards": func(p *Processor, f url.Values) error { // name: the token
		m := p.state.Methods[f.Get("name")]
		if m == nil {
			return unfit("unknown_card")
		}
		m.Gone, p.dirty = true, true
		return nil
	},
	"address": func(p *Processor, f url.Values) error { // url: of the webhooks
		if origin(f.Get("url")) == "" {
			return unfit("bad_address")
		}
		p.state.Webhooks, p.dirty = f.Get("url"), true
		return nil
	},
	"faults": func(p *Processor, f url.Values) error { // kind, on, times, percent, seconds
		kind := f.Get("kind")
		times, percent, seconds := number(f, "times"), number(f, "percent"), number(f, "seconds")
		if !slices.Contains(apiFaults, kind) && !slices.Contains(webhookFaults, kind) || min(times, percent, seconds) < 0 || percent > 100 {
			return unfit("bad_fault")
		}
		p.add(Fault{kind, f.Get("on"), times, percent, time.Duration(min(seconds, 86400)) * time.Second})
		return nil
	},
	"calm": func(p *Processor, _ url.Values) error { // no faults any more
		p.state.Faults, p.dirty = nil, true
		return nil
	},
}

// Act does one thing of the control screen, by the name of its form.
func (p *Processor) Act(name string, form url.Values) (err error) {
	act, known := acts[name]
	if !known {
		return unfit("unknown_act")
	}
	p.do(func() { err = act(p, form) })
	return err
}

func unfit(code string) error { return fault.New(fault.Invalid, code) }

// part is an amount of what is left of a payment; all of it when none is named.
func (p *Processor) part(of *payment, text, tooLarge string) (money.Amount, error) {
	left := money.Amount{Minor: p.left(of), Currency: of.Amount.Currency}
	if text == "" && left.Minor > 0 {
		return left, nil
	}
	amount, err := amountOf(text, of.Amount.Currency)
	if err != nil || amount.Minor <= 0 {
		return amount, unfit("bad_amount")
	}
	if amount.Minor > left.Minor {
		return amount, unfit(tooLarge)
	}
	return amount, nil
}

// amountOf reads an amount as people write it, with a point or a comma.
func amountOf(text, currency string) (money.Amount, error) {
	d, err := money.Parse(strings.NewReplacer(",", ".", " ", "", "\u00a0", "").Replace(text))
	if err != nil {
		return money.Amount{}, err
	}
	digits := money.Digits(currency)
	whole, decimals, fits := d.Trim(0).Int64(digits)
	if !fits || d.Trim(0).Scale() > digits || max(whole, -whole) > mostMinor {
		return money.Amount{}, unfit("bad_amount")
	}
	scale := int64(1)
	for range digits {
		scale *= 10
	}
	return money.Amount{Minor: whole*scale + decimals, Currency: currency}, nil
}

// number is a field of a form; nothing in it is 0, and no number is −1.
func number(f url.Values, name string) int {
	n, err := strconv.Atoi(cmp.Or(strings.TrimSpace(f.Get(name)), "0"))
	if err != nil {
		return -1
	}
	return n
}
