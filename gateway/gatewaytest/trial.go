package gatewaytest

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"comptoir.example/comptoir/base/money"
	"comptoir.example/comptoir/gateway"
)

// trial is one check under way.
type trial struct {
	*testing.T
	*run
	c gateway.Connector // through the proxy
}

// do fails the check on an error.
func (t *trial) do(what string, err error) {
	t.Helper()
	if err != nil {
		t.class(err)
		t.Fatalf("%s: %v", what, err)
	}
}

// class is the class of a failed call, "" when it did not fail.
func (t *trial) class(err error) gateway.Class {
	t.Helper()
	if err == nil {
		return ""
	}
	var e *gateway.Error
	if !errors.As(err, &e) {
		t.Errorf("not a *gateway.Error: %v", err)
		return gateway.Broken
	}
	if e.Code == "" {
		t.Errorf("no code: %v", err)
	}
	for _, s := range t.Secrets {
		if strings.Contains(err.Error(), s) {
			t.Errorf("an error tells a secret")
		}
	}
	return e.Class
}

// fails wants an error of a class.
func (t *trial) fails(what string, err error, want gateway.Class) {
	t.Helper()
	if got := t.class(err); got != want {
		t.Errorf("%s: %v, want the class %s", what, err, want)
	}
}

// op is a new operation on a Canadian amount.
func (t *trial) op(minor int64) gateway.Operation {
	t.used++
	name := fmt.Sprintf("%s-%d", t.prefix, t.used)
	return gateway.Operation{Key: "key-" + name, Reference: "REF-" + name, Amount: money.Amount{Minor: minor, Currency: "CAD"}}
}

var (
	wish = gateway.SessionWish{Description: "Facture F-1001", Language: "fr-CA", Return: "https://shop.example/payments/1"}
	keep = gateway.SessionWish{Description: "Invoice F-1001", Language: "en-CA", Return: "https://shop.example/payments/1", Save: true}
)

func (t *trial) start(op gateway.Operation, w gateway.SessionWish) gateway.Session {
	t.Helper()
	s, err := t.c.Start(t.Context(), op, w)
	t.do("start", err)
	return s
}

func (t *trial) pay(s gateway.Session, c Card) {
	t.Helper()
	t.do("pay", t.Bench.Pay(t.Context(), s, c))
}

// paid is a payment of an amount, and how it stands.
func (t *trial) paid(minor int64) (gateway.Operation, gateway.Snapshot) {
	t.Helper()
	op := t.op(minor)
	t.pay(t.start(op, wish), Good)
	return op, t.stands(op, gateway.Captured)
}

// token is a saved method.
func (t *trial) token() string {
	t.Helper()
	op := t.op(1000)
	t.pay(t.start(op, keep), Good)
	s := t.stands(op, gateway.Captured)
	if s.Card == nil || s.Card.Token == "" {
		t.Fatalf("nothing was saved: %+v", s.Card)
	}
	return s.Card.Token
}

// find looks for what must be there.
func (t *trial) find(reference string) gateway.Snapshot {
	t.Helper()
	s, err := t.c.Find(t.Context(), reference)
	t.do("find", err)
	if s == nil {
		t.Fatalf("%s is not found", reference)
	}
	return *s
}

// unknown wants nothing to be found, now and when all is settled.
func (t *trial) unknown(reference string) {
	t.Helper()
	t.Bench.Move(t.c.Describe().Settles)
	if s, err := t.c.Find(t.Context(), reference); s != nil || err != nil {
		t.Errorf("%s is found: %+v, %v", reference, s, err)
	}
}

// stands looks for a payment, which must stand so.
func (t *trial) stands(op gateway.Operation, want gateway.State) gateway.Snapshot {
	t.Helper()
	s := t.find(op.Reference)
	t.is(s, op, want)
	return s
}

// is compares a snapshot with its operation.
func (t *trial) is(s gateway.Snapshot, op gateway.Operation, want gateway.State) {
	t.Helper()
	if s.State != want || s.Reference != op.Reference || s.Amount != op.Amount {
		t.Errorf("%s %s %v, want %s %s %v", s.Reference, s.State, s.Amount, op.Reference, want, op.Amount)
	}
	if (s.State == gateway.Captured || s.State == gateway.Refunded) && s.Payment == "" {
		t.Errorf("money moved without a payment: %+v", s)
	}
}

// moved are the amounts of the movements of a kind.
func moved(all []gateway.Movement, kind gateway.Kind) (minor []int64) {
	for _, m := range all {
		if m.Kind == kind {
			minor = append(minor, m.Amount.Minor)
		}
	}
	return minor
}

// wants compares the movements of a kind with amounts.
func (t *trial) wants(all []gateway.Movement, kind gateway.Kind, minor ...int64) {
	t.Helper()
	if got := moved(all, kind); !slices.Equal(got, minor) {
		t.Errorf("%s moved %v, want %v", kind, got, minor)
	}
}

// pull reads facts from a cursor to the end.
func (t *trial) pull(cursor string, limit int) ([]gateway.Fact, string) {
	t.Helper()
	var all []gateway.Fact
	for range 10_000 {
		page, err := t.c.Pull(t.Context(), cursor, limit)
		t.do("pull", err)
		if len(page.Facts) > limit {
			t.Errorf("%d facts on a page of %d", len(page.Facts), limit)
		}
		all, cursor = append(all, page.Facts...), page.Cursor
		if !page.More {
			return all, cursor
		}
	}
	t.Fatal("the pages have no end")
	return nil, ""
}

// mark is where the facts end now. Webhooks up to here are thrown away.
func (t *trial) mark() string {
	t.Helper()
	t.messages()
	_, cursor := t.pull("", 100)
	return cursor
}

// messages are the webhooks sent since the last time.
func (t *trial) messages() []Message {
	t.Helper()
	got, err := t.Bench.Webhooks(t.Context())
	t.do("webhooks", err)
	for _, m := range got {
		t.recorded.Write(append(m.Raw, '\n'))
	}
	return got
}

// heard are the facts of webhooks.
func (t *trial) heard(got []Message) (all []gateway.Fact) {
	t.Helper()
	for _, m := range got {
		d, err := t.c.Verify(m.Header, m.Raw, m.At)
		t.do("verify", err)
		told, err := t.c.Translate(d)
		t.do("translate", err)
		all = append(all, told...)
	}
	return all
}

// movements are those among facts.
func movements(all []gateway.Fact) (moved []gateway.Movement) {
	for _, f := range all {
		if f.Movement != nil {
			moved = append(moved, *f.Movement)
		}
	}
	return moved
}

// standings are those among facts that are about a reference.
func standings(all []gateway.Fact, reference string) (told []gateway.Standing) {
	for _, f := range all {
		if f.Standing != nil && f.Standing.Reference == reference {
			told = append(told, *f.Standing)
		}
	}
	return told
}

// texts are values as text, to be compared.
func texts[T any](t *trial, all []T) (lines []string) {
	t.Helper()
	for _, one := range all {
		data, err := json.Marshal(one)
		t.do("marshal", err)
		lines = append(lines, string(data))
	}
	return lines
}

// soon is a context that ends soon.
func (t *trial) soon() context.Context {
	ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
	t.Cleanup(cancel)
	return ctx
}

// owed is the balance of a currency.
func (t *trial) owed(currency string) int64 {
	t.Helper()
	amounts, err := t.c.Balance(t.Context())
	t.do("balance", err)
	for _, a := range amounts {
		if a.Currency == currency {
			return a.Minor
		}
	}
	return 0
}
