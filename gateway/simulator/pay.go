package simulator

import (
	"time"

	"comptoir.example/comptoir/base/money"
)

// Times of the processor.
const (
	sessionLife = 30 * time.Minute
	keyLife     = 24 * time.Hour
	processTime = 10 * time.Minute // what stays processing ends after it
	settles     = time.Minute      // a lost call may still take effect within it
)

// What an operation may ask for.
const (
	mostMinor    = 10_000_000_000
	mostReferred = 40 // characters of a reference
)

var currencies = []string{"CAD", "USD"}

// testCard is a card that a payer may choose, and what comes of it.
type testCard struct {
	Card
	status  string // paid, declined or processing
	decline string
	confirm bool // the payer is asked once more
}

// cards are all there are, as the page shows them.
var cards = []testCard{
	{Card: Card{Brand: "visa", Last4: "4242", Expires: "2031-12"}, status: paid},
	{Card: Card{Brand: "mastercard", Last4: "4444", Expires: "2032-05"}, status: paid},
	{Card: Card{Brand: "visa", Last4: "9995", Expires: "2031-12"}, status: declined, decline: "insufficient_funds"},
	{Card: Card{Brand: "visa", Last4: "0069", Expires: "2025-01"}, status: declined, decline: "expired_card"},
	{Card: Card{Brand: "visa", Last4: "0002", Expires: "2031-12"}, status: declined, decline: "do_not_honor"},
	{Card: Card{Brand: "visa", Last4: "3220", Expires: "2031-12"}, status: paid, confirm: true},
	{Card: Card{Brand: "visa", Last4: "3063", Expires: "2031-12"}, status: processing},
}

func cardOf(last4 string) (testCard, bool) {
	for _, c := range cards {
		if c.Last4 == last4 {
			return c, true
		}
	}
	return testCard{}, false
}

// byCents is what the last two digits of an amount do to a charge with a saved
// method.
var byCents = map[int64]testCard{
	5: {status: declined, decline: "insufficient_funds"},
	6: {status: declined, decline: "expired_card"},
	7: {status: declined, decline: "do_not_honor"},
	8: {status: declined, decline: "authentication_required"},
	9: {status: processing},
}

// newPayment begins a payment.
func (p *Processor) newPayment(reference string, amount money.Amount) *payment {
	one := &payment{Record: Record{Object: "payment", ID: p.id("pay"), Reference: reference, Status: open, Amount: amount}, Created: p.now()}
	one.Payment = one.ID
	p.state.Payments = append(p.state.Payments, one)
	return one
}

// try pays an open payment with a card from its page. The payment stays open
// when the card is declined.
func (p *Processor) try(one *payment, c testCard) {
	card := c.Card
	one.Card, one.Session.Confirm = &card, false
	switch c.status {
	case paid:
		p.capture(one)
	case processing:
		p.process(one)
	default:
		p.stand(&one.Record, open, c.decline)
	}
}

// chargeSaved pays with a saved method, or does not.
func (p *Processor) chargeSaved(in newCharge) *payment {
	one := p.newPayment(in.Reference, in.Amount)
	saved := p.state.Methods[in.Token]
	if saved == nil || saved.Gone {
		p.stand(&one.Record, declined, "method_gone")
		return one
	}
	card := saved.Card
	one.Card = &card
	is, _ := cardOf(card.Last4)
	if odd, found := byCents[in.Amount.Minor%100]; found {
		is = odd
	}
	switch {
	case is.confirm:
		p.stand(&one.Record, declined, "authentication_required")
	case is.status == paid:
		p.capture(one)
	case is.status == processing:
		p.process(one)
	default:
		p.stand(&one.Record, declined, is.decline)
	}
	return one
}

func (p *Processor) process(one *payment) {
	one.Due = p.now().Add(processTime)
	p.stand(&one.Record, processing, "")
}

// settle ends processing, well or not.
func (p *Processor) settle(one *payment, well bool) {
	if well {
		p.capture(one)
	} else {
		p.stand(&one.Record, failed, "issuer_unavailable")
	}
}

// capture takes the money, and keeps the card when the payer agreed.
func (p *Processor) capture(one *payment) {
	if one.Session != nil && one.Session.Save {
		one.Card.Token = p.id("card")
		p.state.Methods[one.Card.Token] = &method{Card: *one.Card}
	}
	p.stand(&one.Record, paid, "")
	p.book(Movement{Type: charge, Reference: one.Reference, Payment: one.ID, Amount: one.Amount})
	p.book(Movement{Type: fee, Reference: one.Reference, Payment: one.ID, Amount: feeOn(one.Amount)})
}

// expire ends a page. What was paid, or is being paid, stays so.
func (p *Processor) expire(reference string) {
	for _, one := range p.state.Payments {
		if one.Reference == reference && one.Status == open {
			p.stand(&one.Record, expired, "")
		}
	}
}
