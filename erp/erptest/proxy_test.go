package erptest

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

// said is what a caller behind the proxy gets: status and body, or an error.
func said(t *testing.T, url string) (status int, header http.Header, body string, err error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, url+"/orders?n=1", strings.NewReader(`{"token":"geheim"}`))
	if err != nil {
		t.Fatal(err)
	}
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	res, err := client.Do(r)
	if err != nil {
		return 0, nil, "", err
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	return res.StatusCode, res.Header, string(text), err
}

func TestEachFaultDoesWhatItSays(t *testing.T) {
	const answer = `{"id": "1234567890"}`
	var heard atomic.Int32
	far := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		heard.Add(1)
		w.Header().Set("X-Own", r.URL.RequestURI())
		io.WriteString(w, answer)
	}))
	defer far.Close()
	for _, c := range []struct {
		rule   Rule
		heard  int32
		status int
		body   string
		fails  bool
	}{
		{Rule{}, 1, 200, answer, false},
		{Rule{Fault: Lost}, 0, 0, "", true},
		{Rule{Fault: Expired}, 0, 401, "", false},
		{Rule{Fault: Refuse, Status: 429, RetryAfter: "7"}, 0, 429, "", false},
		{Rule{Fault: Silent, Delay: time.Minute}, 0, 0, "", true},
		{Rule{Fault: Held, Delay: 300 * time.Millisecond}, 1, 0, "", true},
		{Rule{Fault: Unheard}, 1, 0, "", true},
		{Rule{Fault: Late, Delay: time.Minute}, 1, 0, "", true},
		{Rule{Fault: Masked, Status: 502}, 1, 502, "", false},
		{Rule{Fault: Reset}, 1, 200, answer[:10], true},
		{Rule{Fault: Truncated}, 1, 200, answer[:10], false},
		{Rule{Fault: Malformed}, 1, 200, "<!doctype html><title>Maintenance</title>", false},
		{Rule{Fault: Twice}, 2, 200, answer, false},
		{Rule{Rewrite: strings.ToUpper}, 1, 200, strings.ToUpper(answer), false},
	} {
		t.Run(string(c.rule.Fault), func(t *testing.T) {
			p, url := Between(t, Ground{URL: far.URL, Secrets: []string{"geheim"}})
			p.Plan(c.rule)
			heard.Store(0)
			status, header, body, err := said(t, url)
			for until := time.Now().Add(2 * time.Second); heard.Load() < c.heard && time.Now().Before(until); {
				time.Sleep(10 * time.Millisecond)
			}
			if status != c.status || body != c.body || (err != nil) != c.fails || heard.Load() != c.heard {
				t.Errorf("status %d, body %q, error %v, heard %d times", status, body, err, heard.Load())
			}
			if c.rule.RetryAfter != "" && header.Get("Retry-After") != "7" {
				t.Error("no word of when to come back")
			}
			if c.rule.Fault == "" && header.Get("X-Own") != "/orders?n=1" {
				t.Errorf("headers: %v", header)
			}
			for _, call := range p.Calls() {
				if call.Body != `{"token":"…"}` || call.Fault != c.rule.Fault {
					t.Errorf("recorded %+v", call)
				}
			}
		})
	}
}

func TestAPlanStrikesWhenItSays(t *testing.T) {
	far := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, "{}") }))
	defer far.Close()
	p, url := Between(t, Ground{URL: far.URL})
	strikes := func(n int) (pattern string) {
		for range n {
			if status, _, _, _ := said(t, url); status == 200 {
				pattern += "."
			} else {
				pattern += "x"
			}
		}
		return pattern
	}
	p.Plan(Rule{Fault: Expired, Skip: 2, Times: 3})
	if got := strikes(8); got != "..xxx..." {
		t.Errorf("after two, three times: %s", got)
	}
	p.Plan(Rule{Fault: Expired, Percent: 30})
	if n := strings.Count(strikes(100), "x"); n < 15 || n > 45 {
		t.Errorf("30 %% of 100 were %d", n)
	}
	p.Plan(Rule{Fault: Expired, Only: func(_, body string) bool { return strings.Contains(body, "nothing") }})
	if got := strikes(3); got != "..." {
		t.Errorf("only what it is about: %s", got)
	}
}

func TestTheProxyServesPeople(t *testing.T) {
	far := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, "{}") }))
	defer far.Close()
	ctx, stop := context.WithCancel(t.Context())
	ready, done := make(chan string, 1), make(chan error, 1)
	go func() {
		done <- ListenAndServe(ctx, "127.0.0.1:0", NewProxy(far.URL, 1), func(url string) { ready <- url })
	}()
	if status, _, _, err := said(t, <-ready); status != 200 {
		t.Errorf("status %d, %v", status, err)
	}
	stop()
	if err := <-done; err != nil && !errors.Is(err, http.ErrServerClosed) {
		t.Error(err)
	}
}
