// Package gateway is what Comptoir and a payment processor say to each other: the
// operations that go out, the facts that come back, and the interface a connector
// speaks.
//
// A connector is stateless translation. It keeps no cursor, never retries and
// decides nothing about money: package collect does, the same way for every
// processor. What a processor can do is data (Capabilities), never its brand.
//
// No type here can hold a card number: the payer types it on the processor's own
// page. What comes back of a card is its brand, its last four digits and a token
// that is worth nothing elsewhere (PCI DSS 4.0.1, SAQ A).
//
// The scenarios of gatewaytest say when a connector is done.
package gateway

import (
	"context"
	"net/http"
	"time"

	"comptoir.example/comptoir/base/money"
)

// Connector is one merchant account at one processor, spoken to over a wire.
//
// Every method may take long and may fail with an *Error (see Class), except
// Verify and Translate, which are pure. None may be called inside a unit of work.
type Connector interface {
	// Describe says what this account can do. No network.
	Describe() Capabilities

	// Start opens a page of the processor where somebody pays. The same key gives
	// the same session; another request under a used key is Refused.
	Start(ctx context.Context, op Operation, s SessionWish) (Session, error)

	// Expire ends an open session, so that nobody can pay in it any more. What it
	// gives back is how the payment stands then: it may have been paid meanwhile.
	Expire(ctx context.Context, op Operation, reference string) (Snapshot, error)

	// Charge takes money with a saved method, without a page.
	Charge(ctx context.Context, op Operation, token string) (Snapshot, error)

	// Refund gives back part or all of what was captured under a reference.
	Refund(ctx context.Context, op Operation, reference string) (Snapshot, error)

	// Forget makes a saved method useless. Harmless when it is already.
	Forget(ctx context.Context, token string) error

	// Find tells everything that the processor knows under one of our references,
	// by looking now: the cure for an unknown outcome. Nil without error: it does
	// not know it, as far as it can tell before Capabilities.Settles has passed.
	Find(ctx context.Context, reference string) (*Snapshot, error)

	// Pull lists facts after a cursor ("" is the beginning) in an order in which
	// none is missed, until More is false: what webhooks bring, for when they do not.
	Pull(ctx context.Context, cursor string, limit int) (Page, error)

	// Balance is what the processor owes the merchant now, by currency: captured
	// less refunded, disputed, fees and paid out.
	Balance(ctx context.Context) ([]money.Amount, error)

	// Verify checks that a webhook comes from the processor: its signature over the
	// raw bytes, in constant time, with a stamp within five minutes of now on both
	// sides. Anything wrong is Refused.
	Verify(header http.Header, raw []byte, now time.Time) (Delivery, error)

	// Translate says what a verified webhook tells. What it does not know, or what
	// is of no interest, is a Fact with Ignored set: never an error.
	Translate(d Delivery) ([]Fact, error)
}

// Settler is a connector whose processor says what a payout is made of. Not every
// processor does: whoever wants to know asks whether its connector is one.
type Settler interface {
	// Payout is a payout with the movements that it pays, by its id
	// (Movement.Payout). The same id gives the same movements for ever. Refused when
	// the processor does not know it.
	Payout(ctx context.Context, id string) (PaidOut, error)
}

// PaidOut is what a payout is made of. A processor that pays again what came back
// lists either the same movements once more or the one that says it came back.
type PaidOut struct {
	ID        string
	Amount    money.Amount // what went to the bank: the sum of what its movements add
	Failed    bool         // it came back: what it paid is owed again
	Movements []string     // ids of those since the payout before, without its own
}

// Operation is something that is asked of the processor. It is committed here
// before it is sent, and is sent again with the same Key and the same content.
type Operation struct {
	Key       string // idempotency key, for this operation alone
	Reference string // what we call the payment, or the refund; at most 40 characters
	Amount    money.Amount
}

// SessionWish is what a hosted page needs to know.
type SessionWish struct {
	Description string // what is paid, in the payer's language; no personal data
	Language    string // fr-CA, en-CA
	Return      string // URL the payer comes back to, whatever happened
	Save        bool   // the payer agrees that the method is kept for next time
}

// Session is an open page of the processor.
type Session struct {
	ID      string
	URL     string // the payer is sent there; its host must be one of Capabilities.Hosts
	Expires time.Time
}

// State is how a payment, or a refund, stands at the processor.
type State string

// The states. Open ones may still change by themselves.
const (
	Open       State = "open"       // a session that waits for the payer
	Pending    State = "pending"    // asked; the outcome comes later
	Authorised State = "authorised" // held, not taken
	Captured   State = "captured"   // taken, in whole or part: see the movements
	Declined   State = "declined"   // nothing was taken
	Expired    State = "expired"    // the session ended unpaid
	Refunded   State = "refunded"   // a refund that was given
	Failed     State = "failed"     // a refund, or an asynchronous payment, that did not work
	Odd        State = "odd"        // a state the connector has no word for
)

// Final says that no money can be taken in this state without a new operation.
func (s State) Final() bool {
	return s == Captured || s == Declined || s == Expired || s == Refunded || s == Failed
}

// Snapshot is how what we call by a reference stands at one moment.
type Snapshot struct {
	Reference string
	Payment   string // the processor's id; "" while there is none
	State     State
	Amount    money.Amount // as the processor has it: must be what was asked
	Decline   Decline      // with Declined and Failed; with Open, why the last try in the page did not work
	Card      *Card        // nil while unknown
	Movements []Movement   // all so far; those of a payment's refunds stand with the payment too
	At        time.Time    // of its last change at the processor: compares with Standing.At
}

// Card is what may be shown of a card, and the token that charges it again.
type Card struct {
	Brand   string // visa, mastercard, amex, …
	Last4   string
	Expires string // YYYY-MM
	Token   string // "" unless it was saved with the payer's consent
}

// Decline is why nothing was taken.
type Decline string

// The causes a payer or a merchant can do something about. The processor's own
// words stay in its raw answers. Fraud is never named to a payer.
const (
	InsufficientFunds Decline = "insufficient_funds"
	CardExpired       Decline = "expired_card"
	WrongCode         Decline = "incorrect_code"
	LimitExceeded     Decline = "limit_exceeded"
	NotPermitted      Decline = "not_permitted"
	MustAuthenticate  Decline = "authentication_required"
	DoNotHonor        Decline = "do_not_honor"
	IssuerAway        Decline = "issuer_unavailable"
	MethodGone        Decline = "method_gone" // the saved method is useless now
	OtherDecline      Decline = "other"
)

// Kind is what a movement of money is.
type Kind string

// The kinds of movement. An amount is always positive; the kind says which way.
const (
	Capture       Kind = "capture"        // taken from a payer: the processor owes it
	Refund        Kind = "refund"         // given back
	RefundFailed  Kind = "refund_failed"  // came back: the processor owes it again
	Dispute       Kind = "dispute"        // withheld because the payer disputes
	DisputeWon    Kind = "dispute_won"    // given to the merchant again
	DisputeLost   Kind = "dispute_lost"   // stays with the payer: moves no money any more
	Fee           Kind = "fee"            // of the processor
	FeeReturned   Kind = "fee_returned"   //
	Payout        Kind = "payout"         // sent to the merchant's bank
	PayoutFailed  Kind = "payout_failed"  // came back
	OtherMovement Kind = "other_movement" // unknown to the connector: goes to suspense, and is told
)

// Movement is a movement of money at the processor. It never changes. ID is the
// processor's own for this movement, the same in a webhook, in Pull and in Find:
// it is what makes the three interchangeable.
type Movement struct {
	ID        string
	Kind      Kind
	Reference string       // ours, of the payment or the refund; "" for payouts
	Payment   string       // the processor's id of the payment it belongs to; "" for payouts
	Amount    money.Amount // positive, except for other_movement: what it adds to the balance
	At        time.Time
	Payout    string // id of the payout, for a payout
}

// Adds is what the movement adds to what the processor owes the merchant.
func (m Movement) Adds() money.Amount {
	switch m.Kind {
	case Refund, Dispute, Fee, Payout:
		return m.Amount.Neg()
	case DisputeLost:
		return money.Zero(m.Amount.Currency)
	}
	return m.Amount
}

// Fact is one thing the processor tells: money that moved, or how a payment
// stands. Exactly one field is set.
type Fact struct {
	Movement *Movement
	Standing *Standing
	Ignored  string // the processor's name for it
}

// Standing is how a payment stood at a moment, without its movements.
type Standing struct {
	Reference string // as in Snapshot; never the payment's for a refund that was made by hand at the processor
	Payment   string
	State     State
	Amount    money.Amount
	Decline   Decline // as in Snapshot
	Card      *Card
	At        time.Time // of the change at the processor: an older one says nothing new
}

// Page is one answer of Pull.
type Page struct {
	Facts  []Fact
	Cursor string
	More   bool
}

// Delivery is a verified webhook.
type Delivery struct {
	ID   string // the processor's, for this message
	Type string
	At   time.Time
	Raw  []byte
}

// Capabilities is what one account at one processor can do.
type Capabilities struct {
	System     string        `json:"system"`  // the connector's name: "simulator"
	Account    string        `json:"account"` // the processor's name for the merchant
	Currencies []string      `json:"currencies"`
	Hosts      []string      `json:"hosts"` // of hosted pages, host:port; a payer is sent nowhere else
	Refunds    bool          `json:"refunds"`
	Saved      bool          `json:"saved"` // methods can be kept
	KeyLife    time.Duration `json:"key_life"`
	// Settles is how long after an operation Find may still not know of it.
	Settles time.Duration `json:"settles"`
	// Session is how long a hosted page stays open.
	Session time.Duration `json:"session"`
}
