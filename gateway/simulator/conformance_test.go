package simulator_test

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"sync"
	"testing"
	"time"

	"comptoir.example/comptoir/base/money"
	"comptoir.example/comptoir/gateway"
	"comptoir.example/comptoir/gateway/gatewaytest"
	"comptoir.example/comptoir/gateway/simulator"
)

const (
	secret  = "sk_conformance"
	signing = "whsec_conformance"
	next    = "whsec_next"
)

func TestTheConnectorPassesEveryCheck(t *testing.T) {
	b := &bench{at: time.Date(2026, 11, 27, 15, 0, 0, 0, time.UTC)}
	shop := httptest.NewServer(http.HandlerFunc(b.receive))
	defer shop.Close()
	server := httptest.NewUnstartedServer(nil)
	here := "http://" + server.Listener.Addr().String()
	p, err := simulator.Open(simulator.Options{Now: b.Now, Seed: 1, Secret: secret, URL: here, Webhooks: shop.URL, Signing: []string{signing}})
	if err != nil {
		t.Fatal(err)
	}
	server.Config.Handler = p
	server.Start()
	defer server.Close()
	b.p, b.clerk = p, simulator.NewClerk(here)
	pages, err := url.Parse(here)
	if err != nil {
		t.Fatal(err)
	}
	connect := func(secret string, signing ...string) func(string) gateway.Connector {
		return func(url string) gateway.Connector {
			c := simulator.New(url, secret, signing...)
			c.Pages = []string{pages.Host}
			return c
		}
	}
	gatewaytest.Run(t, gatewaytest.Ground{
		Processor: "simulator", URL: here, Bench: b, Secrets: []string{secret, signing, next},
		Connect: connect(secret, signing), Stranger: connect("sk_wrong", "whsec_wrong"), Rotating: connect(secret, next, signing),
		Declines: money.Amount{Minor: 1005, Currency: "CAD"}, Why: gateway.InsufficientFunds,
	})
}

// bench plays the far side by the processor's own pages and screen.
type bench struct {
	p     *simulator.Processor
	clerk *simulator.Clerk

	mu  sync.Mutex
	at  time.Time
	got []gatewaytest.Message
}

func (b *bench) Now() time.Time {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.at
}

func (b *bench) Move(d time.Duration) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.at = b.at.Add(d)
}

func (b *bench) receive(_ http.ResponseWriter, r *http.Request) {
	raw, err := io.ReadAll(r.Body)
	if err == nil {
		at := b.Now()
		b.mu.Lock()
		defer b.mu.Unlock()
		b.got = append(b.got, gatewaytest.Message{Header: r.Header.Clone(), Raw: raw, At: at})
	}
}

func (b *bench) Webhooks(ctx context.Context) ([]gatewaytest.Message, error) {
	b.p.Step(ctx)
	b.mu.Lock()
	defer b.mu.Unlock()
	got := b.got
	b.got = nil
	return got, nil
}

func (b *bench) Sign(raw []byte, at time.Time) http.Header {
	return simulator.Sign(raw, at, signing)
}

var cards = map[gatewaytest.Card]string{
	gatewaytest.Good: simulator.Approved, gatewaytest.Poor: simulator.InsufficientFunds, gatewaytest.Old: simulator.ExpiredCard,
	gatewaytest.Unloved: simulator.DoNotHonour, gatewaytest.Confirmed: simulator.Confirmed, gatewaytest.NotConfirmed: simulator.Unconfirmed,
	gatewaytest.Slow: simulator.Later,
}

func (b *bench) Pay(ctx context.Context, s gateway.Session, card gatewaytest.Card) error {
	_, err := b.clerk.Pay(ctx, s.URL, cards[card])
	return err
}

func (b *bench) Decide(ctx context.Context, reference string, paid bool) error {
	outcome := map[bool]string{true: "paid", false: "failed"}[paid]
	return b.clerk.Act(ctx, "outcomes", "name", reference, "outcome", outcome)
}

func (b *bench) FailRefund(ctx context.Context, reference string) error {
	return b.clerk.Act(ctx, "refund-failures", "name", reference)
}

func (b *bench) Dispute(ctx context.Context, reference string) error {
	return b.clerk.Act(ctx, "disputes", "name", reference)
}

func (b *bench) EndDispute(ctx context.Context, reference string, won bool) error {
	outcome := map[bool]string{true: "won", false: "lost"}[won]
	return b.clerk.Act(ctx, "dispute-outcomes", "name", reference, "outcome", outcome)
}

func (b *bench) Payout(ctx context.Context, currency string) error {
	return b.clerk.Act(ctx, "payouts", "currency", currency)
}

func (b *bench) FailPayout(ctx context.Context, currency string) error {
	return b.clerk.Act(ctx, "payout-failures", "name", currency)
}

func (b *bench) CloseCard(ctx context.Context, token string) error {
	return b.clerk.Act(ctx, "closed-cards", "name", token)
}

func (b *bench) Adjust(ctx context.Context, amount money.Amount) error {
	return b.clerk.Act(ctx, "adjustments", "amount", amount.Decimal().String(), "currency", amount.Currency)
}

func (b *bench) Notice(ctx context.Context) error { return b.clerk.Act(ctx, "notices") }
