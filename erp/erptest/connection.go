package erptest

import (
	"regexp"
	"slices"
	"time"

	"comptoir.example/comptoir/base/money"
	"comptoir.example/comptoir/erp"
)

// connection is group A: signing in, and knowing whom one speaks to.
var connection = []check{
	{"1 a wrong secret is refused at once, and not tried again", func(t *trial) {
		proxy, url := Between(t.T, t.Ground)
		stranger := t.Stranger(url)
		for what, call := range map[string]func() error{
			"probe": func() error { _, err := stranger.Probe(t.Context()); return err },
			"find":  func() error { _, err := stranger.FindOrder(t.Context(), newKey()); return err },
		} {
			if err := call(); t.class(err) != erp.Unauthorized {
				t.Errorf("%s with a wrong secret: %v", what, err)
			}
			if n := len(proxy.Calls()); n > 2 {
				t.Errorf("%s with a wrong secret made %d requests", what, n)
			}
		}
	}},
	{"2 a session that ends in mid-run is nobody's concern", func(t *trial) {
		t.everywhere("reading items", func() error {
			page, err := t.c.Changed(t.Context(), erp.KindItem, "", 1000)
			if err == nil && len(page.Records) == 0 {
				t.Error("nothing was read")
			}
			return err
		}, Rule{Fault: Expired})
	}},
	{"3 the probe says what there is and what lacks", func(t *trial) {
		caps, err := t.c.Probe(t.Context())
		t.do("probe", err)
		if len(caps.Missing) != 0 {
			t.Errorf("a user with all rights lacks %v", caps.Missing)
		}
		if caps.System == "" || caps.Product == "" || caps.Company == "" || len(caps.Currency) != 3 || caps.Lanes < 1 {
			t.Errorf("incomplete: %+v", caps)
		}
		if _, err := time.LoadLocation(caps.TimeZone); err != nil || caps.TimeZone == "" {
			t.Errorf("time zone %q: %v", caps.TimeZone, err)
		}
		if caps.Operation <= 0 || caps.PollEvery <= 0 || caps.Overlap < 0 {
			t.Errorf("durations: %+v", caps)
		}
		r := caps.Rounding
		if (r.Mode != money.HalfEven && r.Mode != money.HalfUp) || (r.Level != money.PerLine && r.Level != money.PerDocument) || r.PriceDigits < 2 {
			t.Errorf("rounding: %+v", r)
		}
		for _, kind := range t.kinds() {
			if !slices.Contains(caps.Kinds, kind) {
				t.Errorf("%s is not read", kind)
			}
		}
		if t.Limited == nil {
			return
		}
		caps, err = t.Limited(t.URL).Probe(t.Context())
		t.do("probe of a user with few rights", err)
		for _, code := range t.Lacking {
			if !slices.Contains(caps.Missing, code) {
				t.Errorf("%s is not among what lacks: %v", code, caps.Missing)
			}
		}
		for _, code := range caps.Missing {
			if !regexp.MustCompile(`^[a-z_]+$`).MatchString(code) {
				t.Errorf("no code that can be translated: %q", code)
			}
		}
	}},
	{"5 two companies are never mixed up", func(t *trial) {
		other := t.Another(t.T)
		theirs := newTrial(t.T, other)
		o := t.plain()
		if _, err := theirs.c.Probe(t.Context()); err != nil {
			t.Fatal(err)
		}
		id, err := t.c.CreateOrder(t.Context(), o)
		t.do("create", err)
		if found, err := theirs.c.FindOrder(t.Context(), o.Key); found != nil || err != nil {
			t.Errorf("the other company has our order: %+v, %v", found, err)
		}
		if found, err := t.c.FindOrder(t.Context(), o.Key); err != nil || found == nil || found.ID != id {
			t.Errorf("our own does not: %+v, %v", found, err)
		}
		before := theirs.price(theirs.customer(t.Names.Unlimited), theirs.item(t.Names.Plain), money.Int(1))
		t.do("change a price", t.Clerk.ChangePrice(t.Context(), t.Names.Plain, money.Must("24.75")))
		if p := t.price(t.customer(t.Names.Unlimited), t.item(t.Names.Plain), money.Int(1)); p.Cmp(money.Must("24.75")) != 0 {
			t.Errorf("our price is %s", p)
		}
		if p := theirs.price(theirs.customer(t.Names.Unlimited), theirs.item(t.Names.Plain), money.Int(1)); p.Cmp(before) != 0 {
			t.Errorf("their price became %s", p)
		}
		t.do("and back", t.Clerk.ChangePrice(t.Context(), t.Names.Plain, before))
	}},
}

// everywhere makes a call that must succeed while a fault strikes each of its
// requests in turn. The connector is warm: it has made the call before.
func (t *trial) everywhere(what string, call func() error, fault Rule) {
	t.Helper()
	proxy, url := Between(t.T, t.Ground)
	t.c = t.Connect(url)
	for range 2 {
		proxy.Calls()
		t.do(what, call())
	}
	for _, at := range t.places(len(proxy.Calls()), 1) {
		fault.Skip, fault.Times = at, 1
		proxy.Plan(fault)
		if err := call(); err != nil {
			t.Errorf("%s, %s at request %d: %v", what, fault.Fault, at+1, err)
		}
	}
}

// places are the requests of a call at which a fault is tried: all of them, or
// the one that matters most.
func (t *trial) places(n, most int) (at []int) {
	for i := range n {
		if !t.Sampled || i == min(most, n-1) {
			at = append(at, i)
		}
	}
	return at
}
