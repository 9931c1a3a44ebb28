package simulator

import (
	"encoding/json"
	"fmt"
	"slices"
	"testing"
	"time"
)

// messages are the webhooks that came.
func (r *rig) messages() (all []Message) {
	r.Helper()
	for _, one := range r.in.all() {
		var m Message
		if err := json.Unmarshal(one.body, &m); err != nil {
			r.Fatal(err)
		}
		all = append(all, m)
	}
	return all
}

// told is what messages tell, in short.
func told(all []Message) (lines []string) {
	for _, m := range all {
		switch {
		case m.Event.Movement != nil:
			lines = append(lines, m.Event.Movement.Type)
		case m.Event.Record != nil:
			lines = append(lines, m.Event.Record.Status)
		default:
			lines = append(lines, m.Event.Type)
		}
	}
	return lines
}

func TestAWebhookIsTriedAgainForThreeDays(t *testing.T) {
	r := newRig(t)
	r.in.status = 503
	r.act("notices")
	begin := r.clock.Now()
	var at []time.Duration
	for range 80 * 60 * 6 { // 80 hours in steps of ten seconds
		r.Step(t.Context())
		for range r.in.all() {
			at = append(at, r.clock.Now().Sub(begin))
		}
		r.clock.Move(10 * time.Second)
	}
	if len(at) < 12 || at[0] != 0 || at[1] != 10*time.Second {
		t.Fatalf("tried at %v", at)
	}
	for i := 2; i < len(at); i++ {
		if at[i]-at[i-1] < at[i-1]-at[i-2] {
			t.Errorf("the pauses do not grow: %v", at)
		}
	}
	if last := at[len(at)-1]; last > 72*time.Hour || last < 66*time.Hour {
		t.Errorf("given up after %s", last)
	}
	if len(r.state.Deliveries) != 0 {
		t.Errorf("%d still wait", len(r.state.Deliveries))
	}
}

func TestATriedDeliveryKeepsItsIdAndStopsOnceTaken(t *testing.T) {
	r := newRig(t)
	r.in.status = 500
	r.act("notices")
	r.Step(t.Context())
	first := r.messages()
	r.in.status = 204
	r.clock.Move(10 * time.Second)
	r.Step(t.Context())
	second := r.messages()
	r.clock.Move(time.Hour)
	if sent := r.Step(t.Context()); sent != 0 || len(first) != 1 || len(second) != 1 || first[0].Delivery != second[0].Delivery || first[0].Event.ID != second[0].Event.ID {
		t.Errorf("%v, then %v, then %d more", first, second, sent)
	}
}

func TestARedirectIsNoAnswer(t *testing.T) {
	r := newRig(t)
	r.in.status = 307
	r.act("notices")
	if r.Step(t.Context()); len(r.state.Deliveries) != 1 {
		t.Error("it counts as taken")
	}
}

func TestWebhooksAreHarmedAsPlanned(t *testing.T) {
	r := newRig(t)
	next := func(f ...Fault) []received {
		t.Helper()
		r.Calm()
		r.Plan(f...)
		for _, reference := range []string{"a", "b", "c"} {
			r.do(func() {
				r.emit(Event{Type: reference, At: r.now()})
			})
		}
		r.Step(t.Context())
		return r.in.all()
	}
	types := func(all []received) (types []string) {
		for _, one := range all {
			var m Message
			if json.Unmarshal(one.body, &m) == nil {
				types = append(types, m.Event.Type)
			}
		}
		return types
	}
	if got := types(next()); !slices.Equal(got, []string{"a", "b", "c"}) {
		t.Errorf("unharmed: %v", got)
	}
	if got := types(next(Fault{Kind: Drop, Times: 2})); !slices.Equal(got, []string{"c"}) {
		t.Errorf("dropped: %v", got)
	}
	r.clock.Move(80 * time.Hour)
	if r.Step(t.Context()); len(r.in.all()) != 0 {
		t.Error("what was dropped comes again")
	}
	double := next(Fault{Kind: Duplicate})
	ids := map[string]bool{}
	for _, one := range double {
		var m Message
		if err := json.Unmarshal(one.body, &m); err != nil {
			t.Fatal(err)
		}
		ids[m.Delivery] = true
	}
	if got := types(double); len(got) != 6 || len(ids) != 6 {
		t.Errorf("doubled: %v in %d deliveries", got, len(ids))
	}
	if got := types(next(Fault{Kind: Delay, Times: 1, Delay: time.Minute})); !slices.Equal(got, []string{"b", "c"}) {
		t.Errorf("delayed: %v", got)
	}
	r.clock.Move(time.Minute)
	if r.Step(t.Context()); len(r.in.all()) != 1 {
		t.Error("what was delayed never comes")
	}
	if got := types(next(Fault{Kind: Reorder, Times: 1})); !slices.Equal(got, []string{"b", "c"}) {
		t.Errorf("reordered: %v", got)
	}
	r.clock.Move(5 * time.Minute)
	if r.Step(t.Context()); len(r.in.all()) != 1 {
		t.Error("what was overtaken never comes")
	}
	for _, kind := range []string{Corrupt, Forge} {
		good := 0
		all := next(Fault{Kind: kind, Times: 1})
		for _, one := range all {
			if _, err := r.c.Verify(one.header, one.body, r.clock.Now()); err == nil {
				good++
			}
		}
		if len(all) != 3 || good != 2 {
			t.Errorf("%s: %d of %d are good", kind, good, len(all))
		}
	}
}

func TestEverySecretSignsSoThatOneCanReplaceTheOther(t *testing.T) {
	r := newRig(t, func(o *Options) { o.Signing = []string{"whsec_old", "whsec_new"} })
	r.act("notices")
	r.Step(t.Context())
	one := r.in.all()[0]
	for secret, good := range map[string]bool{"whsec_old": true, "whsec_new": true, signing: false, "": false} {
		if _, err := New("http://x", "s", secret).Verify(one.header, one.body, r.clock.Now()); (err == nil) != good {
			t.Errorf("%s: %v", secret, err)
		}
	}
	if _, err := New("http://x", "s").Verify(one.header, one.body, r.clock.Now()); err == nil {
		t.Error("a connector without a secret believes it")
	}
}

func TestEventsKeepTheirOrderAndTellAPaymentWhole(t *testing.T) {
	r := newRig(t)
	op := r.op(10000)
	s := r.start(op)
	r.pay(s, "card", InsufficientFunds)
	r.pay(s, "card", Approved)
	r.act("refunds", "name", op.Reference, "amount", "10")
	r.Step(t.Context())
	all := r.messages()
	if got := fmt.Sprint(told(all)); got != "[open paid charge fee refunded refund]" {
		t.Errorf("told %s", got)
	}
	last := time.Time{}
	for _, m := range all {
		if m.Event.Record != nil {
			if !m.Event.Record.Changed.After(last) {
				t.Errorf("two changes share %s", last)
			}
			last = m.Event.Record.Changed
		}
	}
}
