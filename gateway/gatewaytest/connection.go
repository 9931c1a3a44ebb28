package gatewaytest

import (
	"context"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"comptoir.example/comptoir/base/money"
	"comptoir.example/comptoir/erp/erptest"
	"comptoir.example/comptoir/gateway"
)

// every is all that a connector can be asked over the wire.
func (t *trial) every(c gateway.Connector, op gateway.Operation) map[string]func(context.Context) error {
	return map[string]func(context.Context) error{
		"start":   func(ctx context.Context) error { _, err := c.Start(ctx, op, wish); return err },
		"expire":  func(ctx context.Context) error { _, err := c.Expire(ctx, op, op.Reference); return err },
		"charge":  func(ctx context.Context) error { _, err := c.Charge(ctx, op, "none"); return err },
		"refund":  func(ctx context.Context) error { _, err := c.Refund(ctx, op, "none"); return err },
		"forget":  func(ctx context.Context) error { return c.Forget(ctx, "none") },
		"find":    func(ctx context.Context) error { _, err := c.Find(ctx, op.Reference); return err },
		"pull":    func(ctx context.Context) error { _, err := c.Pull(ctx, "", 10); return err },
		"balance": func(ctx context.Context) error { _, err := c.Balance(ctx); return err },
	}
}

// connection is about reaching the processor, or not.
var connection = []check{
	{"1 what the account can do is said without a call", func(t *trial) {
		caps := t.Connect(nowhere(t)).Describe()
		if caps.System == "" || caps.Account == "" || len(caps.Currencies) == 0 || len(caps.Hosts) == 0 {
			t.Errorf("incomplete: %+v", caps)
		}
		if caps.KeyLife <= 0 || caps.Settles <= 0 || caps.Session <= 0 || caps.Settles > caps.KeyLife {
			t.Errorf("durations: %+v", caps)
		}
		for _, host := range caps.Hosts {
			if strings.Contains(host, "/") || host == "" {
				t.Errorf("no host: %q", host)
			}
		}
	}},
	{"2 a wrong secret is Unauthorized, asked once, and does nothing", func(t *trial) {
		op := t.op(1000)
		for what, call := range t.every(t.Stranger(t.between), op) {
			asked := t.plan(erptest.Rule{})
			t.fails(what, call(t.Context()), gateway.Unauthorized)
			if n := asked.Load(); n != 1 {
				t.Errorf("%s made %d requests", what, n)
			}
		}
		t.unknown(op.Reference)
	}},
	{"3 where nobody listens it is Down", func(t *trial) {
		for what, call := range t.every(t.Connect(nowhere(t)), t.op(1000)) {
			t.fails(what, call(t.Context()), gateway.Down)
		}
	}},
	{"4 too many requests is Throttled, with the pause that was asked for", func(t *trial) {
		op := t.op(1000)
		t.proxy.Plan(erptest.Rule{Fault: erptest.Refuse, Status: http.StatusTooManyRequests, RetryAfter: "7"})
		for what, call := range t.every(t.c, op) {
			err := call(t.Context())
			t.fails(what, err, gateway.Throttled)
			if after := gateway.ErrorOf(err).After; after != 7*time.Second {
				t.Errorf("%s: wait %s", what, after)
			}
		}
		t.proxy.Plan()
		t.unknown(op.Reference)
	}},
	{"5 no answer, or one that does not tell, is Ambiguous, and is asked once", func(t *trial) {
		for _, rule := range []erptest.Rule{
			{Fault: erptest.Lost}, {Fault: erptest.Unheard}, {Fault: erptest.Reset}, {Fault: erptest.Truncated}, {Fault: erptest.Malformed},
			{Fault: erptest.Refuse, Status: 500}, {Fault: erptest.Refuse, Status: 502}, {Fault: erptest.Refuse, Status: 503}, {Fault: erptest.Masked, Status: 504},
			{Fault: erptest.Refuse, Status: 408}, {Fault: erptest.Silent, Delay: time.Minute},
		} {
			for what, call := range t.every(t.c, t.op(1000)) {
				if rule.Fault == erptest.Truncated && (what == "refund" || what == "charge" || what == "expire") {
					continue // half of a no is a no without words
				}
				asked := t.plan(rule)
				t.fails(what+" "+string(rule.Fault), call(t.soon()), gateway.Ambiguous)
				if n := asked.Load(); n != 1 {
					t.Errorf("%s %s made %d requests", what, rule.Fault, n)
				}
			}
		}
	}},
	{"6 an answer about something else is Broken", func(t *trial) {
		token := t.token()
		for what, twist := range map[string]func(string) string{
			"amount":    strings.NewReplacer("876543", "876544", "8765.43", "8765.44").Replace,
			"currency":  strings.NewReplacer(`"CAD"`, `"USD"`, `"cad"`, `"usd"`).Replace,
			"reference": strings.NewReplacer("REF-", "RFE-").Replace,
		} {
			const minor = 876543
			of, _ := t.paid(minor)
			t.proxy.Plan(erptest.Rule{Rewrite: twist})
			_, err := t.c.Start(t.Context(), t.op(minor), wish)
			t.fails("start, another "+what, err, gateway.Broken)
			_, err = t.c.Charge(t.Context(), t.op(minor), token)
			t.fails("charge, another "+what, err, gateway.Broken)
			_, err = t.c.Refund(t.Context(), t.op(minor), of.Reference)
			t.fails("refund, another "+what, err, gateway.Broken)
			if what == "reference" {
				_, err = t.c.Find(t.Context(), of.Reference)
				t.fails("find, another "+what, err, gateway.Broken)
				_, err = t.c.Expire(t.Context(), t.op(minor), of.Reference)
				t.fails("expire, another "+what, err, gateway.Broken)
			}
			t.proxy.Plan()
		}
	}},
	{"7 a page elsewhere is Broken", func(t *trial) {
		host := t.c.Describe().Hosts[0]
		t.proxy.Plan(erptest.Rule{Rewrite: func(s string) string { return strings.ReplaceAll(s, host, "pay.elsewhere.example") }})
		_, err := t.c.Start(t.Context(), t.op(1000), wish)
		t.fails("start", err, gateway.Broken)
	}},
	{"8 a page of somebody between is no answer", func(t *trial) {
		for _, status := range []int{301, 302, 307, 403, 404} {
			for what, call := range t.every(t.c, t.op(1000)) {
				t.proxy.Plan(erptest.Rule{Fault: erptest.Refuse, Status: status})
				if got := t.class(call(t.Context())); !slices.Contains([]gateway.Class{gateway.Broken, gateway.Unauthorized, gateway.Ambiguous}, got) {
					t.Errorf("%s answered %d is %q", what, status, got)
				}
			}
		}
	}},
	{"9 what the processor does not take is Refused, with a code", func(t *trial) {
		long := t.op(1000)
		long.Reference = strings.Repeat("R", 200)
		for what, op := range map[string]gateway.Operation{
			"nothing": t.op(0), "less than nothing": t.op(-100), "a currency it does not know": {Key: t.op(0).Key, Reference: t.op(0).Reference, Amount: money.Amount{Minor: 100, Currency: "XTS"}},
			"a long reference": long,
		} {
			_, err := t.c.Start(t.Context(), op, wish)
			t.fails("start with "+what, err, gateway.Refused)
		}
	}},
}

// plan makes every call go wrong, or none, and counts them as they arrive.
func (t *trial) plan(rule erptest.Rule) *atomic.Int32 {
	asked := new(atomic.Int32)
	rule.Only = func(string, string) bool {
		asked.Add(1)
		return true
	}
	t.proxy.Plan(rule)
	return asked
}

// nowhere is an address where nobody listens.
func nowhere(t *trial) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	t.do("listen", err)
	defer l.Close()
	return "http://" + l.Addr().String()
}
