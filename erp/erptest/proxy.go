package erptest

import (
	"bytes"
	"context"
	"errors"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

// Proxy stands between a connector and its ERP, passes calls on, and does them
// harm according to a plan. It keeps a record of the calls without the secrets.
type Proxy struct {
	target  string
	secrets []string
	client  *http.Client

	mu    sync.Mutex
	dice  *rand.Rand
	rules []*rule
	calls []Call
}

// Call is one request that a connector made.
type Call struct {
	Method, Path string
	Body         string // without secrets
	Answer       string // without secrets; what the ERP said, whatever was passed on
	Status       int    // of the ERP; 0 when the request was not passed on
	Fault        Fault  // what was done to it, "" for nothing
}

// Fault is a way in which a call goes wrong.
type Fault string

// The faults. Only after the first five does the ERP know of the call.
const (
	Lost      Fault = "lost"      // the connection ends before the ERP hears of it
	Refuse    Fault = "refuse"    // an answer with Rule.Status before the ERP hears of it
	Expired   Fault = "expired"   // 401, as when a session has ended
	Silent    Fault = "silent"    // no answer for Rule.Delay, and the ERP never hears of it
	Held      Fault = "held"      // the ERP hears of it after Rule.Delay, though the caller has left
	Unheard   Fault = "unheard"   // done, but the connection ends without an answer
	Late      Fault = "late"      // done, and answered after Rule.Delay
	Masked    Fault = "masked"    // done, and answered with Rule.Status
	Reset     Fault = "reset"     // done, and the connection breaks within the answer
	Truncated Fault = "truncated" // done, and half of the answer is all there is
	Malformed Fault = "malformed" // done, and the answer is a page of HTML with status 200
	Twice     Fault = "twice"     // delivered twice; the second answer is passed on
)

// Rule says which calls go wrong, and how.
type Rule struct {
	Fault      Fault
	Status     int                            // of Refuse and Masked
	RetryAfter string                         // header of Refuse, "" for none
	Delay      time.Duration                  // of Silent, Held and Late
	Skip       int                            // calls that pass before the first
	Times      int                            // calls that go wrong; 0 is all
	Percent    int                            // of the calls, by chance; 0 is all
	Only       func(method, body string) bool // nil is every call
	Rewrite    func(answer string) string     // changes what the ERP said; needs no Fault
}

type rule struct {
	Rule
	skip, left int
}

// NewProxy makes a proxy before an ERP. The seed decides about chances, and
// secrets are what the record must not show.
func NewProxy(target string, seed uint64, secrets ...string) *Proxy {
	return &Proxy{target: strings.TrimRight(target, "/"), secrets: secrets, dice: rand.New(rand.NewPCG(seed, 0)),
		client: &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 8}, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}}
}

// Between starts a proxy for the time of a test and gives its address.
func Between(t testing.TB, g Ground) (*Proxy, string) {
	t.Helper()
	p := NewProxy(g.URL, 1, g.Secrets...)
	server := httptest.NewServer(p)
	t.Cleanup(func() {
		server.CloseClientConnections()
		server.Close()
		p.client.CloseIdleConnections()
	})
	return p, server.URL
}

// ListenAndServe runs a proxy until ctx is over, for people who want to see a
// connector suffer. Ready is told the address once it listens.
func ListenAndServe(ctx context.Context, address string, p *Proxy, ready func(url string)) error {
	listener, err := net.Listen("tcp", address)
	if err != nil {
		return err
	}
	ready("http://" + listener.Addr().String())
	server := &http.Server{Handler: p, ReadHeaderTimeout: 10 * time.Second}
	stop := context.AfterFunc(ctx, func() { server.Close() })
	defer stop()
	if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}

// Plan replaces the rules, the first of which that fits a call decides. Without
// any the proxy does no harm.
func (p *Proxy) Plan(rules ...Rule) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.rules = nil
	for _, r := range rules {
		p.rules = append(p.rules, &rule{r, r.Skip, r.Times})
	}
}

// Calls gives the record since the last time, and begins a new one.
func (p *Proxy) Calls() []Call {
	p.mu.Lock()
	defer p.mu.Unlock()
	calls := p.calls
	p.calls = nil
	return calls
}

// decide finds the rule for a call; its zero value does nothing.
func (p *Proxy) decide(method, body string) Rule {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, r := range p.rules {
		switch {
		case r.Only != nil && !r.Only(method, body), r.Times > 0 && r.left == 0:
			continue
		case r.skip > 0:
			r.skip--
			continue
		case r.Percent > 0 && p.dice.IntN(100) >= r.Percent:
			continue
		}
		r.left--
		return r.Rule
	}
	return Rule{}
}

func (p *Proxy) note(c Call) {
	for _, s := range p.secrets {
		c.Path, c.Body, c.Answer = strings.ReplaceAll(c.Path, s, "…"), strings.ReplaceAll(c.Body, s, "…"), strings.ReplaceAll(c.Answer, s, "…")
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.calls = append(p.calls, c)
}

// ServeHTTP passes one call on, or does not.
func (p *Proxy) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return // the caller left
	}
	do := p.decide(r.Method, string(body))
	c := Call{Method: r.Method, Path: r.URL.RequestURI(), Body: string(body), Fault: do.Fault}
	defer func() { p.note(c) }()
	switch do.Fault {
	case Lost:
		cut(w)
	case Expired:
		w.WriteHeader(http.StatusUnauthorized)
	case Refuse:
		if do.RetryAfter != "" {
			w.Header().Set("Retry-After", do.RetryAfter)
		}
		w.WriteHeader(do.Status)
	case Silent:
		wait(r.Context(), do.Delay)
		cut(w)
	default:
		if do.Fault == Held {
			time.Sleep(do.Delay) // the ERP gets it whether or not the caller waits
		}
		a, err := p.pass(r, body)
		if err == nil && do.Fault == Twice {
			a, err = p.pass(r, body)
		}
		if err != nil {
			cut(w)
			return
		}
		c.Answer, c.Status = string(a.body), a.status
		if do.Rewrite != nil {
			a.body = []byte(do.Rewrite(string(a.body)))
		}
		p.answer(w, r, do, a)
	}
}

// answered is what the ERP said.
type answered struct {
	status int
	header http.Header
	body   []byte
}

// pass carries a call to the ERP, to its end even when the caller leaves.
func (p *Proxy) pass(r *http.Request, body []byte) (a answered, err error) {
	out, err := http.NewRequestWithContext(context.WithoutCancel(r.Context()), r.Method, p.target+r.URL.RequestURI(), bytes.NewReader(body))
	if err != nil {
		return a, err
	}
	out.Header = r.Header.Clone()
	out.Header.Del("Accept-Encoding") // the record is of plain text
	res, err := p.client.Do(out)
	if err != nil {
		return a, err
	}
	defer res.Body.Close()
	a.status, a.header = res.StatusCode, res.Header
	a.body, err = io.ReadAll(res.Body)
	return a, err
}

func (p *Proxy) answer(w http.ResponseWriter, r *http.Request, do Rule, a answered) {
	half := a.body[:len(a.body)/2]
	switch do.Fault {
	case Unheard:
		cut(w)
		return
	case Late:
		wait(r.Context(), do.Delay)
	case Masked:
		a.status, a.body = do.Status, nil
	case Reset:
		w.Header().Set("Content-Length", strconv.Itoa(len(a.body)+1))
		w.WriteHeader(a.status)
		w.Write(half)
		if f, ok := w.(http.Flusher); ok {
			f.Flush()
		}
		cut(w)
		return
	case Truncated:
		a.body = half
	case Malformed:
		a.status, a.body = http.StatusOK, []byte("<!doctype html><title>Maintenance</title>")
	}
	for name, values := range a.header {
		if name != "Content-Length" && name != "Connection" {
			w.Header()[name] = values
		}
	}
	w.Header().Set("Content-Length", strconv.Itoa(len(a.body)))
	w.WriteHeader(a.status)
	w.Write(a.body) // a caller who left has no use for the error
}

// cut breaks the connection as a failing network does.
func cut(w http.ResponseWriter) {
	conn, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		panic(http.ErrAbortHandler)
	}
	if tcp, ok := conn.(*net.TCPConn); ok {
		tcp.SetLinger(0)
	}
	conn.Close()
}

// wait ends early when the caller leaves.
func wait(ctx context.Context, d time.Duration) {
	select {
	case <-time.After(d):
	case <-ctx.Done():
	}
}
