package simulator

import (
	"time"

	"comptoir.example/comptoir/base/money"
)

// What goes over the wire, in the processor's own words.

// How a payment, or a refund, stands.
const (
	open       = "open"       // its page waits for the payer
	processing = "processing" // the outcome comes later
	paid       = "paid"
	declined   = "declined"
	expired    = "expired"
	refunded   = "refunded"
	failed     = "failed" // after it was processing, or a refund that came back
)

// Types of movement.
const (
	charge          = "charge"
	refund          = "refund"
	refundFailure   = "refund_failure"
	dispute         = "dispute"
	disputeReversal = "dispute_reversal"
	disputeLoss     = "dispute_loss"
	fee             = "fee"
	feeRefund       = "fee_refund"
	payout          = "payout"
	payoutFailure   = "payout_failure"
	adjustment      = "adjustment" // a type that the connector does not know
)

// adds is which way a type of movement goes; adjustments go either way.
var adds = map[string]int64{
	charge: 1, refund: -1, refundFailure: 1, dispute: -1, disputeReversal: 1, disputeLoss: 0,
	fee: -1, feeRefund: 1, payout: -1, payoutFailure: 1, adjustment: 1,
}

// Types of event.
const (
	paymentChanged  = "payment.changed"
	refundChanged   = "refund.changed"
	movementCreated = "movement.created"
	accountNotice   = "account.notice" // of no interest to anybody
)

// Record is how a payment or a refund stands.
type Record struct {
	Object    string       `json:"object"`    // payment, refund
	ID        string       `json:"id"`        // of itself
	Payment   string       `json:"payment"`   // of the payment; a refund's too
	Reference string       `json:"reference"` // the merchant's
	Status    string       `json:"status"`
	Amount    money.Amount `json:"amount"`
	Decline   string       `json:"decline,omitempty"` // of the last try
	Card      *Card        `json:"card,omitempty"`
	Changed   time.Time    `json:"changed"` // no two changes share one
}

// Card is what the processor tells of a card.
type Card struct {
	Brand   string `json:"brand"`
	Last4   string `json:"last4"`
	Expires string `json:"expires"`         // YYYY-MM
	Token   string `json:"token,omitempty"` // when the payer let it be kept
}

// Movement is money that moved. It never changes.
type Movement struct {
	ID        string       `json:"id"`
	Type      string       `json:"type"`
	Reference string       `json:"reference,omitempty"`
	Payment   string       `json:"payment,omitempty"`
	Payout    string       `json:"payout,omitempty"`
	Amount    money.Amount `json:"amount"`     // positive, except for an adjustment
	Adds      int64        `json:"adds_minor"` // to the balance
	At        time.Time    `json:"at"`
}

// Event is one thing that happened. Either Record or Movement is set, or neither.
type Event struct {
	ID       string    `json:"id"`
	Seq      int       `json:"seq"` // 1, 2, 3 … without a gap
	Type     string    `json:"type"`
	At       time.Time `json:"at"`
	Record   *Record   `json:"record,omitempty"`
	Movement *Movement `json:"movement,omitempty"`
}

// Message is the body of a webhook. The id is another one for each delivery, and
// the same when a delivery is tried again.
type Message struct {
	Delivery string `json:"delivery"`
	Event    Event  `json:"event"`
}

// Problem is an answer that says no.
type Problem struct {
	Code   string `json:"code"`
	Detail string `json:"detail"`
}

type newSession struct {
	Reference   string       `json:"reference"`
	Amount      money.Amount `json:"amount"`
	Description string       `json:"description"`
	Language    string       `json:"language"`
	Return      string       `json:"return_url"`
	Save        bool         `json:"save"`
}

type sessionAnswer struct {
	ID      string    `json:"id"`
	URL     string    `json:"url"`
	Expires time.Time `json:"expires_at"`
	Record  Record    `json:"payment"`
}

type newCharge struct {
	Reference string       `json:"reference"`
	Amount    money.Amount `json:"amount"`
	Token     string       `json:"token"`
}

type newRefund struct {
	Reference string       `json:"reference"`
	Amount    money.Amount `json:"amount"`
	Of        string       `json:"of"` // reference of the payment
}

type newExpiry struct {
	Reference string `json:"reference"`
}

// found is what is known under a reference; Record is nil when that is nothing.
type found struct {
	Record    *Record    `json:"record"`
	Movements []Movement `json:"movements"`
}

type eventPage struct {
	Events []Event `json:"events"`
	Next   string  `json:"next"`
	More   bool    `json:"more"`
}

type balanceAnswer struct {
	Amounts []money.Amount `json:"amounts"`
}

// Payout is money sent to the merchant's bank, and the movements it pays.
type Payout struct {
	ID        string       `json:"id"`
	Amount    money.Amount `json:"amount"`
	Failed    bool         `json:"failed"`
	Movements []string     `json:"movements"`
}
