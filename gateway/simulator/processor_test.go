package simulator

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"comptoir.example/comptoir/base/money"
	"comptoir.example/comptoir/gateway"
)

const (
	secret  = "sk_essai"
	signing = "whsec_essai"
)

// clock is a clock that the test moves.
type clock struct {
	mu sync.Mutex
	at time.Time
}

func newClock() *clock { return &clock{at: time.Date(2026, 11, 27, 15, 0, 0, 0, time.UTC)} }

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.at
}

func (c *clock) Move(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at = c.at.Add(d)
}

// inbox is a shop that receives webhooks.
type inbox struct {
	mu     sync.Mutex
	status int
	got    []received
}

type received struct {
	header http.Header
	body   []byte
	at     time.Time
}

// RoundTrip takes a webhook in without a network.
func (i *inbox) RoundTrip(r *http.Request) (*http.Response, error) {
	return inProcess{http.HandlerFunc(i.serve)}.RoundTrip(r)
}

// all empties the inbox.
func (i *inbox) all() []received {
	i.mu.Lock()
	defer i.mu.Unlock()
	got := i.got
	i.got = nil
	return got
}

// rig is a processor on a test's clock, with its connector, all in one process.
type rig struct {
	*testing.T
	*Processor
	c     *Connector
	clock *clock
	in    *inbox
	n     int
}

func newRig(t *testing.T, with ...func(*Options)) *rig {
	t.Helper()
	r := &rig{T: t, clock: newClock(), in: &inbox{status: 200}}
	o := Options{Now: r.clock.Now, Seed: 7, Secret: secret, Merchant: "Quincaillerie Boréale", URL: "http://rive.example",
		Webhooks: "http://boutique.example/webhooks", Signing: []string{signing}, Transport: r.in}
	for _, change := range with {
		change(&o)
	}
	p, err := Open(o)
	if err != nil {
		t.Fatal(err)
	}
	r.Processor, r.c = p, New(o.URL, secret, signing).Through(p)
	return r
}

// op is a new operation.
func (r *rig) op(minor int64) gateway.Operation {
	r.n++
	return gateway.Operation{Key: fmt.Sprintf("key-%d", r.n), Reference: fmt.Sprintf("REF-%d", r.n), Amount: money.Amount{Minor: minor, Currency: "CAD"}}
}

var wish = gateway.SessionWish{Description: "Facture F-1001", Language: "fr-CA", Return: "https://boutique.example/payments/1", Save: true}

// start opens a page.
func (r *rig) start(op gateway.Operation) gateway.Session {
	r.Helper()
	s, err := r.c.Start(r.Context(), op, wish)
	if err != nil {
		r.Fatalf("start: %v", err)
	}
	return s
}

// pay chooses a card on a page, and gives the answer.
func (r *rig) pay(s gateway.Session, form ...string) *httptest.ResponseRecorder {
	r.Helper()
	path := s.URL[len(r.URL):]
	if form[0] == "answer" {
		path += "/confirmation"
	}
	return r.send("POST", path, form...)
}

// paid is a payment that was made in full.
func (r *rig) paid(minor int64) (gateway.Operation, gateway.Snapshot) {
	r.Helper()
	op := r.op(minor)
	r.pay(r.start(op), "card", Approved)
	return op, r.find(op.Reference)
}

func (r *rig) find(reference string) gateway.Snapshot {
	r.Helper()
	s, err := r.c.Find(r.Context(), reference)
	if err != nil || s == nil {
		r.Fatalf("find %s: %v, %v", reference, s, err)
	}
	return *s
}

func (r *rig) owed(currency string) (minor int64) {
	r.do(func() { minor = r.balance(currency) })
	return minor
}

func (r *rig) act(name string, form ...string) {
	r.Helper()
	if err := r.try(name, form...); err != nil {
		r.Fatalf("%s: %v", name, err)
	}
}

func (r *rig) try(name string, form ...string) error { return r.Act(name, values(form)) }

func TestAKilledProcessorGoesOn(t *testing.T) {
	file := filepath.Join(t.TempDir(), "deep", "processor.json")
	kept := func(o *Options) { o.File = file }
	r := newRig(t, kept)
	op, before := r.paid(12345)
	waiting := r.op(500)
	s := r.start(waiting)
	r.act("faults", "kind", Drop, "times", "3")

	again := newRig(t, kept)
	if after := again.find(op.Reference); after.Payment != before.Payment || len(after.Movements) != len(before.Movements) {
		t.Errorf("%+v, before %+v", after, before)
	}
	if same := again.start(waiting); same != s {
		t.Errorf("the same key gives %v, before %v", same, s)
	}
	if answer := again.pay(s, "card", Approved); answer.Code != http.StatusSeeOther {
		t.Errorf("the page answers %d", answer.Code)
	}
	again.n = r.n
	again.paid(700)
	seen := map[string]bool{}
	unique := func(id string) {
		_, given, _ := strings.Cut(id, "_") // no two ids share it, whatever they name
		if seen[given] {
			t.Errorf("%s twice", id)
		}
		seen[given] = true
	}
	for _, m := range again.state.Movements {
		unique(m.ID)
	}
	for _, e := range again.state.Events {
		unique(e.ID)
	}
	if len(again.state.Faults) != 1 || again.state.Faults[0].Times != 3 {
		t.Errorf("faults: %+v", again.state.Faults)
	}
}

func TestOneSeedGivesOneStory(t *testing.T) {
	story := func(seed uint64) string {
		r := newRig(t, func(o *Options) { o.Seed = seed })
		r.Plan(Fault{Kind: Duplicate, Percent: 50}, Fault{Kind: Reorder, Percent: 50}, Fault{Kind: LoseAfter, On: "charges", Percent: 50})
		for range 10 {
			_, s := r.paid(1000)
			r.c.Charge(r.Context(), r.op(700), s.Card.Token)
			r.clock.Move(time.Minute)
			r.Step(r.Context())
		}
		told := ""
		for _, one := range r.in.all() {
			told += string(one.body) + one.at.String() + "\n"
		}
		return told
	}
	if one, two := story(1), story(1); one != two || one == "" {
		t.Error("the same seed told two stories")
	}
	if story(1) == story(2) {
		t.Error("two seeds told one story")
	}
}

func TestOneKeyIsOneRequest(t *testing.T) {
	r := newRig(t)
	op := r.op(1000)
	body := `{"reference":"` + op.Reference + `","amount":{"minor":1000,"currency":"CAD"},"token":"none"}`
	send := func(key, body string) *httptest.ResponseRecorder {
		in := httptest.NewRequest("POST", r.URL+"/v1/charges", jsonBody(body))
		in.Header.Set("Authorization", "Bearer "+secret)
		in.Header.Set("Idempotency-Key", key)
		w := httptest.NewRecorder()
		r.ServeHTTP(w, in)
		return w
	}
	first, second := send("k", body), send("k", body)
	if first.Code != 200 || second.Body.String() != first.Body.String() || second.Header().Get("Idempotent-Replayed") != "true" || first.Header().Get("Idempotent-Replayed") != "" {
		t.Errorf("first %d %s, second %d %s", first.Code, first.Body, second.Code, second.Body)
	}
	if other := send("k", body+" "); other.Code != http.StatusConflict || code(other) != "key_reused" {
		t.Errorf("another request: %d %s", other.Code, other.Body)
	}
	if len(r.state.Payments) != 1 {
		t.Errorf("%d payments", len(r.state.Payments))
	}
	if none := send("", body); none.Code != http.StatusBadRequest || code(none) != "key_missing" {
		t.Errorf("without a key: %d %s", none.Code, none.Body)
	}
	if bad := send("bad", `{"reference":"x","amount":{"minor":0,"currency":"CAD"},"token":"none"}`); bad.Code != 422 || code(bad) != "bad_amount" {
		t.Errorf("refused: %d %s", bad.Code, bad.Body)
	}
	if free := send("bad", body); free.Code != 200 {
		t.Errorf("a refused request took its key: %d %s", free.Code, free.Body)
	}
	if more := send("more", `{"reference":"x","amount":{"minor":1,"currency":"CAD"},"token":"none","number":"1"}`); code(more) != "bad_request" {
		t.Errorf("a field that nobody knows: %d %s", more.Code, more.Body)
	}
	r.clock.Move(keyLife)
	if later := send("k", body); later.Header().Get("Idempotent-Replayed") != "" {
		t.Error("a key outlives its day")
	}
}

func TestSomeAmountsAreDeclined(t *testing.T) {
	r := newRig(t)
	_, s := r.paid(1000)
	for minor, want := range map[int64]gateway.Decline{1005: gateway.InsufficientFunds, 2106: gateway.CardExpired, 7: gateway.DoNotHonor, 99908: gateway.MustAuthenticate} {
		got, err := r.c.Charge(t.Context(), r.op(minor), s.Card.Token)
		if err != nil || got.State != gateway.Declined || got.Decline != want || len(got.Movements) != 0 {
			t.Errorf("%d: %+v, %v", minor, got, err)
		}
	}
	op := r.op(1009)
	got, err := r.c.Charge(t.Context(), op, s.Card.Token)
	if err != nil || got.State != gateway.Pending {
		t.Errorf("%+v, %v", got, err)
	}
	r.clock.Move(processTime)
	if later := r.find(op.Reference); later.State != gateway.Captured {
		t.Errorf("ten minutes later: %+v", later)
	}
}

func TestServeAnswersAndSends(t *testing.T) {
	in := &inbox{status: 200}
	shop := httptest.NewServer(http.HandlerFunc(in.serve))
	defer shop.Close()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	ready, done := make(chan string, 1), make(chan error, 1)
	go func() {
		done <- Serve(ctx, Options{Now: time.Now, Seed: 1, Secret: secret, Webhooks: shop.URL, Signing: []string{signing}, Listen: "127.0.0.1:0", Ready: func(url string) { ready <- url }})
	}()
	url := <-ready
	c := New(url, secret, signing)
	s, err := c.Start(ctx, gateway.Operation{Key: "k", Reference: "R", Amount: money.Amount{Minor: 100, Currency: "USD"}}, wish)
	if err != nil {
		t.Fatal(err)
	}
	if back, err := NewClerk(url).Pay(ctx, s.URL, Approved); err != nil || back != wish.Return {
		t.Fatalf("sent to %q, %v", back, err)
	}
	for deadline := time.Now().Add(10 * time.Second); ; time.Sleep(10 * time.Millisecond) {
		in.mu.Lock()
		n := len(in.got)
		in.mu.Unlock()
		if n == 3 { // the standing, the charge and its fee
			break
		}
		if time.Now().After(deadline) {
			t.Fatalf("%d webhooks", n)
		}
	}
	cancel()
	if err := <-done; err != nil {
		t.Error(err)
	}
	if _, err := c.Balance(t.Context()); gateway.ErrorOf(err).Class != gateway.Down {
		t.Errorf("nobody listens: %v", err)
	}
	if _, err := Open(Options{}); err == nil {
		t.Error("a processor without a clock")
	}
}
