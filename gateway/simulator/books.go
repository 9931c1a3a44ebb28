package simulator

import (
	"cmp"
	"time"

	"comptoir.example/comptoir/base/money"
)

// disputeFee is charged for each dispute, and given back when it is won.
const disputeFee = 1500

// feeOn is 2.9 % and 30 cents of what is taken, the half cent up.
func feeOn(a money.Amount) money.Amount {
	return money.Amount{Minor: (a.Minor*29+500)/1000 + 30, Currency: a.Currency}
}

// book writes a movement down and tells of it.
func (p *Processor) book(m Movement) {
	m.ID, m.At, m.Adds = p.id("mov"), p.now(), adds[m.Type]*m.Amount.Minor
	p.state.Movements = append(p.state.Movements, m)
	p.emit(Event{Type: movementCreated, At: m.At, Movement: &m})
}

// balance is what the merchant is owed: the sum of what moved.
func (p *Processor) balance(currency string) (minor int64) {
	for _, m := range p.state.Movements {
		if m.Amount.Currency == currency {
			minor += m.Adds
		}
	}
	return minor
}

// left is what of a payment can still be given back, to the payer or to its bank.
func (p *Processor) left(one *payment) int64 {
	if one.Status != paid {
		return 0
	}
	left := one.Amount.Minor
	for _, r := range p.state.Refunds {
		if r.Payment == one.ID && r.Status != failed {
			left -= r.Amount.Minor
		}
	}
	for _, d := range p.state.Disputes {
		if d.Payment == one.ID && d.Status != "won" {
			left -= d.Amount.Minor
		}
	}
	return left
}

// newRefund begins to give back, and ends at once unless the amount says
// otherwise. The merchant's people, who do it here by hand, give no reference: it is
// called by its id.
func (p *Processor) newRefund(of *payment, reference string, amount money.Amount) *givenBack {
	one := &givenBack{Record: Record{Object: "refund", ID: p.id("ref"), Payment: of.ID, Reference: reference, Amount: amount}, Created: p.now()}
	one.Reference = cmp.Or(one.Reference, one.ID)
	p.state.Refunds = append(p.state.Refunds, one)
	if amount.Minor%100 == 9 {
		one.Due = p.now().Add(processTime)
		p.stand(&one.Record, processing, "")
	} else {
		p.giveBack(one)
	}
	return one
}

// referenceOf is what the merchant knows the movements of a refund by: the payment's
// reference when it was done by hand.
func (p *Processor) referenceOf(one *givenBack) string {
	if one.Reference == one.ID {
		return p.payment(one.Payment).Reference
	}
	return one.Reference
}

func (p *Processor) giveBack(one *givenBack) {
	p.stand(&one.Record, refunded, "")
	p.book(Movement{Type: refund, Reference: p.referenceOf(one), Payment: one.Payment, Amount: one.Amount})
}

// failRefund is the payer's bank that sends a refund back, or never took it.
func (p *Processor) failRefund(one *givenBack) {
	was := one.Status
	p.stand(&one.Record, failed, "other")
	if was == refunded {
		p.book(Movement{Type: refundFailure, Reference: p.referenceOf(one), Payment: one.Payment, Amount: one.Amount})
	}
}

func (p *Processor) newDispute(of *payment, amount money.Amount) {
	d := &disputed{ID: p.id("dis"), Payment: of.ID, Reference: of.Reference, Amount: amount, Status: open}
	p.state.Disputes = append(p.state.Disputes, d)
	p.book(Movement{Type: dispute, Reference: d.Reference, Payment: d.Payment, Amount: amount})
	p.book(Movement{Type: fee, Reference: d.Reference, Payment: d.Payment, Amount: money.Amount{Minor: disputeFee, Currency: amount.Currency}})
}

func (p *Processor) endDispute(d *disputed, won bool) {
	if !won {
		d.Status = "lost"
		p.book(Movement{Type: disputeLoss, Reference: d.Reference, Payment: d.Payment, Amount: d.Amount})
		return
	}
	d.Status = "won"
	p.book(Movement{Type: disputeReversal, Reference: d.Reference, Payment: d.Payment, Amount: d.Amount})
	p.book(Movement{Type: feeRefund, Reference: d.Reference, Payment: d.Payment, Amount: money.Amount{Minor: disputeFee, Currency: d.Amount.Currency}})
}

// dispute finds the open one of a payment, by its own id or the payment's names.
func (p *Processor) dispute(name string) *disputed {
	for _, d := range p.state.Disputes {
		if (d.ID == name || d.Payment == name || d.Reference == name) && d.Status == open {
			return d
		}
	}
	return nil
}

// payOut sends the balance to the bank, with the movements it is made of. Nil
// when there is nothing to send.
func (p *Processor) payOut(currency string) *Payout {
	amount := money.Amount{Minor: p.balance(currency), Currency: currency}
	if amount.Minor <= 0 {
		return nil
	}
	one := &Payout{ID: p.id("po"), Amount: amount}
	for _, m := range p.state.Movements {
		if m.Amount.Currency != currency {
			continue
		}
		one.Movements = append(one.Movements, m.ID)
		if m.Type == payout { // what stands before it is paid
			one.Movements = nil
		}
	}
	p.state.Payouts = append(p.state.Payouts, one)
	p.book(Movement{Type: payout, Payout: one.ID, Amount: amount})
	return one
}

// payoutOf finds a payout by its id, or the last of a currency that has not failed.
func (p *Processor) payoutOf(name string) (last *Payout) {
	for _, one := range p.state.Payouts {
		if one.ID == name || one.Amount.Currency == name && !one.Failed {
			last = one
		}
	}
	return last
}

// failPayout is the merchant's bank that sends a payout back.
func (p *Processor) failPayout(one *Payout) {
	one.Failed = true
	p.book(Movement{Type: payoutFailure, Payout: one.ID, Amount: one.Amount})
}

// payDaily pays out once a day, when that was asked for.
func (p *Processor) payDaily(now time.Time) {
	day := now.Format(time.DateOnly)
	if !p.state.Daily || p.state.PaidOn == day {
		return
	}
	p.state.PaidOn, p.dirty = day, true
	for _, currency := range currencies {
		p.payOut(currency)
	}
}
