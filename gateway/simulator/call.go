package simulator

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httptrace"
	"strconv"
	"sync/atomic"
	"time"

	"comptoir.example/comptoir/gateway"
)

// The wire between the connector and the processor.

// operationTime is the longest a call may take before it counts as lost, and
// largest the longest answer in bytes.
const (
	operationTime = 10 * time.Second
	largest       = 8 << 20
)

// alone is a transport that makes a connection for each call. On one that is
// used again Go would repeat a lost call by itself, and a call on one that the
// processor has just closed would look lost.
func alone() *http.Transport {
	t := http.DefaultTransport.(*http.Transport).Clone()
	t.DisableKeepAlives = true
	return t
}

func client(t http.RoundTripper) *http.Client {
	return &http.Client{Transport: t, Timeout: operationTime, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
}

// Through is the connector without a network between: calls run in the handler,
// on the caller's goroutine. For simulations of many thousand calls.
func (c *Connector) Through(h http.Handler) *Connector {
	short := *c
	short.http = client(inProcess{h})
	return &short
}

// call makes one call. Bodies go to no log and into no error: the answer's code
// and the processor's own words do.
func (c *Connector) call(ctx context.Context, method, path, key string, in, into any) error {
	var content io.Reader
	if in != nil {
		data, err := json.Marshal(in)
		if err != nil {
			return broken("bad_request", err)
		}
		content = bytes.NewReader(data)
	}
	var connected atomic.Bool
	ctx = httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{GotConn: func(httptrace.GotConnInfo) { connected.Store(true) }})
	r, err := http.NewRequestWithContext(ctx, method, c.url+"/v1/"+path, content)
	if err != nil {
		return broken("bad_request", err)
	}
	r.Header.Set("Authorization", "Bearer "+c.secret)
	if in != nil {
		r.Header.Set("Content-Type", "application/json")
	}
	if key != "" {
		r.Header.Set("Idempotency-Key", key)
	}
	answer, err := c.http.Do(r)
	if err != nil {
		if !connected.Load() {
			return &gateway.Error{Class: gateway.Down, Code: "unreachable", Cause: err}
		}
		return &gateway.Error{Class: gateway.Ambiguous, Code: "no_answer", Cause: err}
	}
	defer answer.Body.Close()
	data, err := io.ReadAll(io.LimitReader(answer.Body, largest))
	if err != nil {
		return &gateway.Error{Class: gateway.Ambiguous, Code: "no_answer", Cause: err}
	}
	if answer.StatusCode != http.StatusOK {
		return refused(answer, data)
	}
	if json.Unmarshal(data, into) != nil { // its error would quote the body
		return &gateway.Error{Class: gateway.Ambiguous, Code: "bad_answer"}
	}
	return nil
}

// refused reads an answer that is not a success. Without a code of the
// processor's it comes from somebody between.
func refused(answer *http.Response, data []byte) error {
	var said Problem
	foreign := json.Unmarshal(data, &said) != nil || said.Code == ""
	if foreign {
		said = Problem{Code: "http_" + strconv.Itoa(answer.StatusCode)}
	}
	e := &gateway.Error{Class: gateway.Refused, Code: said.Code, Text: said.Detail}
	switch status := answer.StatusCode; {
	case status == http.StatusUnauthorized, status == http.StatusForbidden:
		e.Class = gateway.Unauthorized
	case status == http.StatusTooManyRequests:
		seconds, _ := strconv.Atoi(answer.Header.Get("Retry-After")) // none is zero: the caller has a pause of its own
		e.Class, e.After = gateway.Throttled, time.Duration(seconds)*time.Second
	case status == http.StatusRequestTimeout, status >= 500:
		e.Class = gateway.Ambiguous
	case foreign:
		e.Class = gateway.Broken
	}
	return e
}

func broken(code string, cause error) error {
	return &gateway.Error{Class: gateway.Broken, Code: code, Cause: cause}
}

// inProcess is a network of one machine without wires.
type inProcess struct{ http.Handler }

func (n inProcess) RoundTrip(r *http.Request) (answer *http.Response, err error) {
	if err := r.Context().Err(); err != nil {
		return nil, err
	}
	if t := httptrace.ContextClientTrace(r.Context()); t != nil && t.GotConn != nil {
		t.GotConn(httptrace.GotConnInfo{})
	}
	in := r.Clone(r.Context())
	in.RemoteAddr, in.RequestURI, in.Host = "127.0.0.1:0", r.URL.RequestURI(), r.URL.Host
	if in.Body == nil {
		in.Body = http.NoBody
	}
	defer func() {
		switch gone := recover(); gone {
		case nil:
		case http.ErrAbortHandler:
			answer, err = nil, io.ErrUnexpectedEOF
		default:
			panic(gone)
		}
	}()
	w := httptest.NewRecorder()
	n.ServeHTTP(w, in)
	if err := r.Context().Err(); err != nil { // it came too late
		return nil, err
	}
	return w.Result(), nil
}
