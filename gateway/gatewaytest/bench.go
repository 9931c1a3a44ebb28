package gatewaytest

import (
	"context"
	"net/http"
	"time"

	"comptoir.example/comptoir/base/money"
	"comptoir.example/comptoir/gateway"
)

// Ground is one merchant's account at one processor, with the connector to it,
// ready to be tried. The checks leave payments behind in it.
type Ground struct {
	Processor string // "simulator"
	URL       string // where its API answers

	// Connect makes a connector with the right secrets that speaks to a base URL:
	// the processor's own, or that of something between. It is called many times.
	Connect func(url string) gateway.Connector
	// Stranger makes one with wrong secrets, and Rotating one that knows a second
	// webhook secret beside the one in use, which is to replace it.
	Stranger, Rotating func(url string) gateway.Connector

	Bench   Bench
	Secrets []string // which no error may tell

	// Declines is an amount that a saved method is not charged, and why.
	Declines money.Amount
	Why      gateway.Decline

	// Cannot says why a check makes no sense for this processor, by its number.
	// What is not named here must pass.
	Cannot map[string]string
}

// Bench is the far side: the payer, the banks, the processor's people and its
// clock. It never goes through the connector. Payments and refunds are named by
// our references.
type Bench interface {
	// Pay opens the page of a session and pays with a card. An error means that the
	// page does not take it; a card that is declined is no error.
	Pay(ctx context.Context, s gateway.Session, card Card) error
	// Decide ends the processing of a payment.
	Decide(ctx context.Context, reference string, paid bool) error
	// FailRefund sends a refund back that was given.
	FailRefund(ctx context.Context, reference string) error
	// Dispute disputes all that is left of a payment, and EndDispute ends it.
	Dispute(ctx context.Context, reference string) error
	EndDispute(ctx context.Context, reference string, won bool) error
	// Payout sends the balance of a currency to the bank, and FailPayout sends the
	// last one back.
	Payout(ctx context.Context, currency string) error
	FailPayout(ctx context.Context, currency string) error
	// CloseCard makes a saved method useless, as its bank would.
	CloseCard(ctx context.Context, token string) error
	// Adjust adds a movement of a type that the connector does not know, and Notice
	// tells something of no interest.
	Adjust(ctx context.Context, amount money.Amount) error
	Notice(ctx context.Context) error

	// Now is the processor's clock, and Move moves it.
	Now() time.Time
	Move(d time.Duration)

	// Webhooks are the webhooks that were sent since the last time, all that are due.
	Webhooks(ctx context.Context) ([]Message, error)
	// Sign makes the headers of a webhook with the secret in use.
	Sign(raw []byte, at time.Time) http.Header
}

// Message is a webhook as it arrived.
type Message struct {
	Header http.Header
	Raw    []byte
	At     time.Time // when it was sent
}

// Card is what a payer pays with, by what comes of it.
type Card string

// The cards.
const (
	Good         Card = "good"
	Poor         Card = "poor"         // insufficient funds
	Old          Card = "old"          // expired
	Unloved      Card = "unloved"      // do not honor
	Confirmed    Card = "confirmed"    // asks the payer once more, who says yes
	NotConfirmed Card = "notconfirmed" // asks the payer once more, who says no
	Slow         Card = "slow"         // the outcome comes later: see Decide
)
