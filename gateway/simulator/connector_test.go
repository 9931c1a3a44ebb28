package simulator

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"

	"comptoir.example/comptoir/gateway"
)

// A connection that is used again may have been closed by then, and Go would
// repeat a call on it by itself.
func TestEachCallHasAConnectionOfItsOwn(t *testing.T) {
	var calls atomic.Int32
	seen := map[string]bool{}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if calls.Add(1); seen[r.RemoteAddr] {
			t.Errorf("%s calls again", r.RemoteAddr)
		}
		seen[r.RemoteAddr] = true
		if calls.Load() == 3 {
			abort()
		}
		write(w, reply{200, []byte(`{"amounts":[]}`)})
	}))
	defer server.Close()
	c := New(server.URL, secret)
	for i := range 4 {
		if _, err := c.Balance(t.Context()); (err != nil) != (i == 2) {
			t.Errorf("call %d: %v", i+1, err)
		}
	}
	if calls.Load() != 4 {
		t.Errorf("%d calls", calls.Load())
	}
}

func TestTheConnectorFollowsNobodyElsewhere(t *testing.T) {
	var leaked atomic.Bool
	other := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		leaked.Store(r.Header.Get("Authorization") != "")
		write(w, reply{200, []byte(`{"amounts":[]}`)})
	}))
	defer other.Close()
	server := httptest.NewServer(http.RedirectHandler(other.URL, http.StatusTemporaryRedirect))
	defer server.Close()
	if _, err := New(server.URL, secret).Balance(t.Context()); gateway.ErrorOf(err).Class != gateway.Broken || leaked.Load() {
		t.Errorf("%v; the secret went along: %t", err, leaked.Load())
	}
}

// An answer that is empty, or somebody else's JSON, says nothing about what is
// known: least of all that nothing is.
func TestAnAnswerWithoutContentIsNoAnswer(t *testing.T) {
	for _, body := range []string{"", "{}", "[]", "null", `{"status":"ok"}`, `"x"`} {
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { write(w, reply{200, []byte(body)}) }))
		c := New(server.URL, secret)
		r := newRig(t)
		if found, err := c.Find(t.Context(), "R"); err == nil {
			t.Errorf("%q: found %v", body, found)
		}
		if _, err := c.Start(t.Context(), r.op(100), wish); err == nil {
			t.Errorf("%q starts a session", body)
		}
		if _, err := c.Charge(t.Context(), r.op(100), "t"); err == nil {
			t.Errorf("%q charges", body)
		}
		if _, err := c.Pull(t.Context(), "", 10); err == nil {
			t.Errorf("%q is a page", body)
		}
		if _, err := c.Balance(t.Context()); err == nil {
			t.Errorf("%q is a balance", body)
		}
		server.Close()
	}
}

func TestAMovementThatContradictsItselfIsBroken(t *testing.T) {
	good := Movement{ID: "m", Type: fee, Amount: cad(30), Adds: -30}
	for what, m := range map[string]Movement{
		"the other way": {ID: "m", Type: fee, Amount: cad(30), Adds: 30}, "no id": {Type: fee, Amount: cad(30), Adds: -30},
		"negative": {ID: "m", Type: charge, Amount: cad(-30), Adds: -30}, "a loss that moves": {ID: "m", Type: disputeLoss, Amount: cad(30), Adds: -30},
	} {
		if got, err := movement(m); err == nil {
			t.Errorf("%s: %+v", what, got)
		}
	}
	if got, err := movement(good); err != nil || got.Kind != gateway.Fee {
		t.Errorf("%+v, %v", got, err)
	}
}

func TestWordsNobodyKnowsAreSaidToBeOdd(t *testing.T) {
	if s := stateOf("frozen"); s != gateway.Odd {
		t.Errorf("state %s", s)
	}
	if d := declineOf("pickup_card"); d != gateway.OtherDecline {
		t.Errorf("decline %s", d)
	}
	for _, status := range []string{open, processing, paid, declined, expired, refunded, failed} {
		if stateOf(status) == gateway.Odd {
			t.Errorf("%s is odd", status)
		}
	}
	for _, c := range cards {
		if c.decline != "" && declineOf(c.decline) == gateway.OtherDecline {
			t.Errorf("%s has no word", c.decline)
		}
	}
}

func TestErrorsQuoteNoBody(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		write(w, reply{200, []byte(`{"amounts":"4242424242424242"}`)})
	}))
	defer server.Close()
	_, err := New(server.URL, secret).Balance(t.Context())
	if err == nil || strings.Contains(err.Error(), "4242") || strings.Contains(err.Error(), secret) {
		t.Errorf("%v", err)
	}
}
