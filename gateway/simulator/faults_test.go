package simulator

import (
	"context"
	"net/http"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"comptoir.example/comptoir/gateway"
)

func TestTheApiIsHarmedAsPlanned(t *testing.T) {
	for _, c := range []struct {
		kind  string
		class gateway.Class
		done  bool
	}{
		{LoseBefore, gateway.Ambiguous, false}, {ErrorBefore, gateway.Ambiguous, false}, {Throttle, gateway.Throttled, false},
		{LoseAfter, gateway.Ambiguous, true}, {ErrorAfter, gateway.Ambiguous, true}, {Garble, gateway.Ambiguous, true}, {Twist, gateway.Broken, true},
	} {
		r := newRig(t)
		op := r.op(1000)
		r.Plan(Fault{Kind: c.kind, On: "charges", Times: 1, Delay: 7 * time.Second})
		if _, err := r.c.Balance(t.Context()); err != nil {
			t.Errorf("%s strikes elsewhere: %v", c.kind, err)
		}
		_, err := r.c.Charge(t.Context(), op, "none")
		if e := gateway.ErrorOf(err); e.Class != c.class || (c.class == gateway.Throttled) != (e.After == 7*time.Second) {
			t.Errorf("%s: %v", c.kind, err)
		}
		if found, err := r.c.Find(t.Context(), op.Reference); err != nil || (found != nil) != c.done {
			t.Errorf("%s, then found %v, %v", c.kind, found, err)
		}
		if again, err := r.c.Charge(t.Context(), op, "none"); err != nil || again.State != gateway.Declined || len(r.state.Payments) != 1 {
			t.Errorf("%s, then again: %+v, %v, %d payments", c.kind, again, err, len(r.state.Payments))
		}
	}
}

func TestAHeldCallTakesEffectLaterAndBeforeAllIsSettled(t *testing.T) {
	r := newRig(t)
	op := r.op(1000)
	r.Plan(Fault{Kind: Held, On: "sessions", Times: 1, Delay: time.Hour})
	if _, err := r.c.Start(t.Context(), op, wish); gateway.ErrorOf(err).Class != gateway.Ambiguous {
		t.Fatal(err)
	}
	r.clock.Move(30 * time.Second)
	if found, err := r.c.Find(t.Context(), op.Reference); found != nil || err != nil {
		t.Errorf("too early: %v, %v", found, err)
	}
	r.clock.Move(30 * time.Second)
	held := r.find(op.Reference)
	if again := r.start(op); again.ID == "" || len(r.state.Payments) != 1 || held.State != gateway.Open {
		t.Errorf("%+v, and %d payments", held, len(r.state.Payments))
	}
}

func TestWhatIsRecentMayNotBeFound(t *testing.T) {
	r := newRig(t)
	op, _ := r.paid(1000)
	r.Plan(Fault{Kind: Blind})
	if found, err := r.c.Find(t.Context(), op.Reference); found != nil || err != nil {
		t.Errorf("%v, %v", found, err)
	}
	r.clock.Move(r.c.Describe().Settles)
	r.find(op.Reference)
}

func TestChanceIsTheSeedsAndOrderIsThePlans(t *testing.T) {
	strikes := func(seed uint64) (all []string) {
		r := newRig(t, func(o *Options) { o.Seed = seed })
		r.Plan(Fault{Kind: Throttle, Percent: 50}, Fault{Kind: ErrorBefore, Times: 3})
		for range 20 {
			all = append(all, r.strikes("charges").Kind)
		}
		return all
	}
	one := strikes(1)
	if !slices.Equal(one, strikes(1)) || slices.Equal(one, strikes(2)) {
		t.Error("chance is not the seed's")
	}
	count := map[string]int{}
	for _, kind := range one {
		count[kind]++
	}
	if count[Throttle] < 4 || count[Throttle] > 16 || count[ErrorBefore] != 3 {
		t.Errorf("%v", count)
	}
	r := newRig(t)
	r.Plan(Fault{Kind: Drop})
	if f := r.strikes("charges"); f.Kind != "" {
		t.Errorf("a webhook's fault strikes a charge: %+v", f)
	}
	r.Calm()
	r.Plan(Fault{Kind: Throttle})
	if f := r.strikes(webhooks); f.Kind != "" {
		t.Errorf("an API's fault strikes a webhook: %+v", f)
	}
}

// Ten seconds go by in the bubble's time.
func TestTheConnectorWaitsTenSeconds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t)
		op := r.op(1000)
		r.Plan(Fault{Kind: Slow, On: "charges", Delay: time.Minute})
		begin := time.Now()
		_, err := r.c.Charge(context.Background(), op, "none")
		if took := time.Since(begin); gateway.ErrorOf(err).Class != gateway.Ambiguous || took != operationTime {
			t.Errorf("after %s: %v", took, err)
		}
		r.Calm()
		r.Plan(Fault{Kind: Slow, On: "charges", Delay: 9 * time.Second})
		if got, err := r.c.Charge(context.Background(), op, "none"); err != nil || got.State != gateway.Declined {
			t.Errorf("a slow answer: %+v, %v", got, err)
		}
	})
}

func TestAPlanThatMakesNoSenseIsRefused(t *testing.T) {
	r := newRig(t)
	for _, form := range [][]string{{"kind", "x"}, {"kind", Drop, "times", "x"}, {"kind", Drop, "percent", "101"}, {"kind", Slow, "seconds", "-1"}} {
		if answer := r.send(http.MethodPost, "/control/faults", form...); answer.Header().Get("Location") != "/control?lang=fr-CA&refused=bad_fault" {
			t.Errorf("%v: %d %v", form, answer.Code, answer.Header())
		}
	}
	if err := r.try("none"); err == nil {
		t.Error("an unknown act is done")
	}
}
