package tryton

import (
	"bytes"
	"context"
	"crypto/tls"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptrace"
	"strconv"
	"strings"
	"sync"
	"time"
	"unicode/utf8"

	"comptoir.example/comptoir/erp"
)

// client speaks Tryton's JSON-RPC: one POST a call, at most a few at a time,
// under a session that is renewed when the server no longer knows it.
type client struct {
	base, database, user, password string

	http *http.Client
	room chan struct{} // one place for each call in flight

	signing sync.Mutex
	session *session
}

// session is a sign-in and what Tryton wants to be told with every call.
type session struct {
	user    int64
	header  string
	context map[string]any
}

// kept is how much of an ERP's words is kept with an error. Some of Tryton's
// refusals carry the definition of a whole form.
const kept = 500

// largest is how long an answer may be before it counts as nonsense.
const largest = 256 << 20

func newClient(cfg Config) *client {
	timeout := cfg.Timeout
	if timeout == 0 {
		timeout = operation
	}
	return &client{
		base: strings.TrimRight(cfg.URL, "/"), database: cfg.Database, user: cfg.User, password: cfg.Password,
		http: &http.Client{Timeout: timeout}, room: make(chan struct{}, 3),
	}
}

// call runs a method of a model or a wizard under the user's own context with
// extra on top, and gives back its result in the types of wire.go.
func (c *client) call(ctx context.Context, method string, extra map[string]any, params ...any) (any, error) {
	s, err := c.signedIn(ctx, nil)
	if err != nil {
		return nil, err
	}
	answer, err := c.send(ctx, s, method, extra, params)
	// The server says 401 before it does anything, so this repeat is safe.
	if e := erp.ErrorOf(err); err != nil && e.Class == erp.Unauthorized {
		if s, err = c.signedIn(ctx, s); err != nil {
			return nil, err
		}
		answer, err = c.send(ctx, s, method, extra, params)
	}
	return answer, err
}

func (c *client) send(ctx context.Context, s *session, method string, extra map[string]any, params []any) (any, error) {
	own := maps.Clone(s.context)
	if own == nil {
		own = map[string]any{}
	}
	maps.Copy(own, extra)
	return c.post(ctx, c.base+"/"+c.database+"/", s.header, method, append(append([]any{}, params...), own))
}

// signedIn is a session other than the stale one. Concurrent callers that lost
// the same session sign in once.
func (c *client) signedIn(ctx context.Context, stale *session) (*session, error) {
	c.signing.Lock()
	defer c.signing.Unlock()
	if c.session != nil && c.session != stale {
		return c.session, nil
	}
	where := c.base + "/" + c.database + "/"
	answer, err := c.post(ctx, where, "", "common.db.login",
		[]any{c.user, map[string]any{"password": c.password}, "en"})
	if err != nil {
		return nil, err
	}
	pair, _ := answer.([]any)
	if len(pair) != 2 {
		return nil, broken("login", "sign-in answered %T", answer)
	}
	id, _ := whole(pair[0])
	key, _ := pair[1].(string)
	s := &session{user: id, header: "Session " + base64.StdEncoding.EncodeToString(fmt.Appendf(nil, "%s:%d:%s", c.user, id, key))}
	preferences, err := c.post(ctx, where, s.header, "model.res.user.get_preferences", []any{true, map[string]any{}})
	if err != nil {
		return nil, err
	}
	s.context, _ = preferences.(map[string]any)
	c.session = s
	return s, nil
}

// post sends one request and sorts what can go wrong with it into classes.
func (c *client) post(ctx context.Context, where, header, method string, params []any) (any, error) {
	body, err := json.Marshal(map[string]any{"id": 1, "method": method, "params": params})
	if err != nil {
		return nil, &erp.Error{Class: erp.Broken, Code: "request", Text: method, Cause: err}
	}
	select {
	case c.room <- struct{}{}:
		defer func() { <-c.room }()
	case <-ctx.Done():
		return nil, &erp.Error{Class: erp.Down, Code: "gave_up", Text: method, Cause: ctx.Err()}
	}
	// A call that never had a connection did not reach the ERP; one that had
	// may have been carried out whatever happened to the answer.
	connected := false
	trace := httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{GotConn: func(httptrace.GotConnInfo) { connected = true }})
	req, err := http.NewRequestWithContext(trace, http.MethodPost, where, bytes.NewReader(body))
	if err != nil {
		return nil, &erp.Error{Class: erp.Broken, Code: "request", Text: method, Cause: err}
	}
	req.Header.Set("Content-Type", "application/json")
	if header != "" {
		req.Header.Set("Authorization", header)
	}
	res, err := c.http.Do(req)
	if err != nil {
		return nil, lost(connected, method, err)
	}
	defer res.Body.Close()
	if err := refusedBefore(res, method); err != nil {
		return nil, err
	}
	text, err := io.ReadAll(io.LimitReader(res.Body, largest+1))
	if err != nil {
		return nil, lost(true, method, err)
	}
	if len(text) > largest {
		return nil, &erp.Error{Class: erp.Ambiguous, Code: "answer", Text: method + ": too long"}
	}
	return unpack(method, text)
}

// lost is a call without an answer.
func lost(connected bool, method string, err error) error {
	var certificate *tls.CertificateVerificationError
	switch {
	case errors.As(err, &certificate):
		return &erp.Error{Class: erp.Down, Code: "certificate", Text: certificate.Error(), Cause: err}
	case !connected:
		return &erp.Error{Class: erp.Down, Code: "unreachable", Text: method, Cause: err}
	}
	return &erp.Error{Class: erp.Ambiguous, Code: "no_answer", Text: method, Cause: err}
}

// refusedBefore reads the status. Tryton answers errors of the business with
// 200, so every other status comes from the transport or the sign-in.
func refusedBefore(res *http.Response, method string) error {
	switch code := res.StatusCode; {
	case code == http.StatusOK:
		return nil
	case code == http.StatusUnauthorized:
		return &erp.Error{Class: erp.Unauthorized, Code: "sign_in", Text: method}
	case code == http.StatusTooManyRequests:
		return &erp.Error{Class: erp.Throttled, Code: "too_many_requests", Text: method, After: pause(res.Header.Get("Retry-After"))}
	case code >= 500 || code == http.StatusRequestTimeout:
		return &erp.Error{Class: erp.Ambiguous, Code: "server_error", Text: fmt.Sprintf("%s: HTTP %d", method, code)}
	default:
		return broken("http", "%s: HTTP %d", method, code)
	}
}

// pause reads a Retry-After in seconds; Tryton itself sends none.
func pause(after string) time.Duration {
	if seconds, err := strconv.Atoi(after); err == nil && seconds > 0 {
		return time.Duration(seconds) * time.Second
	}
	return 10 * time.Second
}

// unpack takes the result out of an answer, or the class out of its error. What
// cannot be read does not tell whether the call was carried out.
func unpack(method string, text []byte) (any, error) {
	var answer struct {
		Result json.RawMessage   `json:"result"`
		Error  []json.RawMessage `json:"error"`
	}
	if err := json.Unmarshal(text, &answer); err != nil {
		return nil, &erp.Error{Class: erp.Ambiguous, Code: "answer", Text: method, Cause: err}
	}
	if answer.Error != nil {
		return nil, classify(method, answer.Error)
	}
	value, err := decode(answer.Result)
	if err != nil {
		return nil, &erp.Error{Class: erp.Ambiguous, Code: "answer", Text: method, Cause: err}
	}
	return value, nil
}

// locks are words of the databases under Tryton, which it passes on untyped.
// They mean that somebody else was writing, and that nothing was kept.
var locks = []string{"could not obtain lock", "could not serialize access", "deadlock detected", "database is locked"}

// classify reads Tryton's error: [name, details] where details are a list for
// errors people should read, and a traceback for all others. Messages follow
// the user's language, so only names and the databases' own words count.
func classify(method string, parts []json.RawMessage) error {
	var name string
	if len(parts) > 0 {
		_ = json.Unmarshal(parts[0], &name)
	}
	var details []json.RawMessage
	if len(parts) > 1 {
		_ = json.Unmarshal(parts[1], &details)
	}
	word := func(i int) string {
		var s string
		if i < len(details) {
			_ = json.Unmarshal(details[i], &s)
		}
		return s
	}
	switch name {
	case "UserError":
		return &erp.Error{Class: erp.Refused, Code: "refused", Text: cut(strings.TrimSpace(word(0) + " " + word(1)))}
	case "UserWarning":
		return &erp.Error{Class: erp.NeedsDecision, Code: question(word(0)), Text: cut(word(1)), Cause: warning(word(0))}
	case "ConcurrencyException":
		return &erp.Error{Class: erp.Throttled, Code: "changed_meanwhile", Text: method, After: time.Second}
	case "LoginException":
		return &erp.Error{Class: erp.Unauthorized, Code: "sign_in", Text: cut(word(1))}
	}
	for _, lock := range locks {
		if strings.Contains(name, lock) {
			return &erp.Error{Class: erp.Throttled, Code: "locked", Text: cut(name), After: time.Second}
		}
	}
	return broken("internal", "%s: %s", method, name)
}

// warning is the full name of a question, which has to be given back to Tryton
// to answer it yes.
type warning string

func (w warning) Error() string { return string(w) }

// canonical are the questions that every ERP asks, by Tryton's names for them.
var canonical = map[string]string{"credit_limit_amount": "credit_limit"}

// question is the code of a warning: its name without the record it is about
// ("credit_limit_amount_sale.sale,19"), in the words of the contract where it has
// some.
func question(name string) string {
	if record := aboutRecord.FindStringIndex(name); record != nil && record[0] == 0 {
		name = name[:strings.LastIndexByte(name, ',')]
	} else if record != nil {
		name = name[:record[0]]
	}
	if code := canonical[name]; code != "" {
		return code
	}
	return name
}

func broken(code, format string, args ...any) error {
	return &erp.Error{Class: erp.Broken, Code: code, Text: cut(fmt.Sprintf(format, args...))}
}

func cut(s string) string {
	if len(s) <= kept {
		return s
	}
	s = s[:kept]
	for !utf8.ValidString(s) {
		s = s[:len(s)-1]
	}
	return s + "…"
}
