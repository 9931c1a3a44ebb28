package erptest

import (
	"maps"
	"slices"
	"strings"
	"time"

	"comptoir.example/comptoir/base/money"
	"comptoir.example/comptoir/erp"
)

// faults is group F, as far as a connector alone shows it: queues, leases and
// crash points are the engine's.
var faults = []check{
	{"48 with one request in ten going wrong nothing is lost and nothing doubled", func(t *trial) {
		clean := map[erp.Kind]map[string]string{}
		kinds := t.kinds()
		if t.Sampled {
			kinds = []erp.Kind{erp.KindItem, erp.KindOrder, erp.KindInvoice}
		}
		for _, kind := range kinds {
			clean[kind] = t.texts(first(t.drain(kind, "", 1000)))
		}
		template, wants := t.plain(), 12
		if t.Sampled {
			wants = 4
		}
		proxy, url := Between(t.T, t.Ground)
		c := t.Connect(url)
		proxy.Plan(Rule{Fault: Refuse, Status: 429, Percent: 2}, Rule{Fault: Refuse, Status: 429, RetryAfter: "1", Percent: 2}, Rule{Fault: Refuse, Status: 503, Percent: 2},
			Rule{Fault: Masked, Status: 504, Percent: 2}, Rule{Fault: Reset, Percent: 1}, Rule{Fault: Unheard, Percent: 1}, Rule{Fault: Lost, Percent: 1})
		for _, kind := range kinds {
			got, cursor, more := map[string]string{}, "", true
			size := max(1, len(clean[kind])/10)
			for tries := 0; more; tries++ {
				page, err := c.Changed(t.Context(), kind, cursor, size)
				if err != nil && tries < 200 {
					t.class(err)
					continue
				}
				t.do("changed", err)
				for id, text := range t.texts(page.Records) {
					if _, twice := got[id]; twice {
						t.Errorf("%s %s was given twice", kind, id)
					}
					got[id] = text
				}
				cursor, more = page.Cursor, page.More
			}
			if !maps.Equal(got, clean[kind]) {
				t.Errorf("%s: %d records, want %d", kind, len(got), len(clean[kind]))
			}
		}
		for range wants {
			o := template
			o.Key = newKey()
			var there erp.Order
			var err error
			for range 50 {
				if there, err = send(t.Context(), c, o); err == nil {
					break
				}
				if class := t.class(err); class == erp.Refused || class == erp.NeedsDecision || class == erp.Unauthorized {
					t.Errorf("%v", err)
				}
			}
			t.do("50 tries", err)
			t.once(o, there.ID)
		}
	}},
	{"50 an ERP that is down is down at once, and back when it is back", func(t *trial) {
		proxy, url := Between(t.T, t.Ground)
		c, o := t.Connect(url), t.plain()
		_, cursor := t.drain(erp.KindOrder, "", 1000)
		proxy.Plan(Rule{Fault: Lost})
		began := time.Now()
		_, err1 := c.Changed(t.Context(), erp.KindOrder, cursor, 10)
		_, err2 := c.CreateOrder(t.Context(), o)
		_, err3 := c.FindOrder(t.Context(), o.Key)
		for _, err := range []error{err1, err2, err3} {
			if class := t.class(err); class != erp.Down && class != erp.Ambiguous {
				t.Errorf("down: %v", err)
			}
		}
		if took := time.Since(began); took > 3*time.Second {
			t.Errorf("it took %s to see that nobody answers", took)
		}
		proxy.Plan()
		there, err := send(t.Context(), c, o)
		t.do("after the outage", err)
		t.once(o, there.ID)
		if class := t.class(first2(t.Connect("http://127.0.0.1:1").CreateOrder(t.Context(), o))); class != erp.Down {
			t.Errorf("nobody listens, which is %q", class)
		}
	}},
	{"52 another connector goes on from any cursor and any step", func(t *trial) {
		clean := idsOf(first(t.drain(erp.KindItem, "", 1000)))
		var got []erp.Record
		for cursor, more := "", true; more; {
			page, err := t.Connect(t.URL).Changed(t.Context(), erp.KindItem, cursor, 9)
			t.do("changed", err)
			// A killed reader asks for the same page again.
			twice, err := t.Connect(t.URL).Changed(t.Context(), erp.KindItem, cursor, 9)
			t.do("the same again", err)
			if !slices.Equal(idsOf(twice.Records), idsOf(page.Records)) {
				t.Errorf("the same cursor gave %v and %v", idsOf(page.Records), idsOf(twice.Records))
			}
			got, cursor, more = append(got, page.Records...), page.Cursor, page.More
		}
		if !slices.Equal(idsOf(got), clean) {
			t.Errorf("read %v, want %v", idsOf(got), clean)
		}
		o := t.plain()
		id, err := t.Connect(t.URL).CreateOrder(t.Context(), o)
		t.do("create", err)
		for range 3 {
			there, err := t.Connect(t.URL).FindOrder(t.Context(), o.Key)
			t.do("find", err)
			if there == nil || there.ID != id {
				t.Fatalf("found %+v, want %s", there, id)
			}
			_, err = t.Connect(t.URL).ReleaseOrder(t.Context(), id, nil)
			t.do("release", err)
		}
		t.once(o, id)
	}},
	{"54 nothing that is kept, said or asked has a secret in it", func(t *trial) {
		proxy, url := Between(t.T, t.Ground)
		t.c = t.Connect(url)
		o := t.plain()
		t.place(o)
		for _, kind := range t.kinds() {
			records, cursor := t.drain(kind, "", 1000)
			for _, s := range t.Secrets {
				if strings.Contains(cursor, s) {
					t.Errorf("%s: a secret in the cursor", kind)
				}
				for _, r := range records {
					if strings.Contains(string(r.Raw)+asText(t, r.Body)+r.Malformed, s) {
						t.Errorf("%s %s: a secret in the record", kind, r.ID)
					}
				}
			}
		}
		for _, c := range proxy.Calls() {
			if strings.Contains(c.Path, "…") {
				t.Errorf("a secret in an address: %s", c.Path)
			}
		}
		for _, fault := range []Rule{{Fault: Lost}, {Fault: Refuse, Status: 500}, {Fault: Malformed}, {Fault: Expired}} {
			proxy.Plan(fault)
			fresh := t.Connect(url)
			_, err := fresh.Probe(t.Context())
			t.class(err)
			_, err = fresh.Prices(t.Context(), []erp.PriceQuestion{{Customer: o.Customer, Item: o.Lines[0].Item, Quantity: money.Int(1)}})
			if t.class(err) == "" {
				t.Errorf("no error on %s", fault.Fault)
			}
		}
	}},
}

func first2[A any](_ A, err error) error { return err }
