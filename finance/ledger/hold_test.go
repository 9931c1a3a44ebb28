package ledger_test

import (
	"testing"
	"time"

	"comptoir.example/comptoir/base/db"
	"comptoir.example/comptoir/base/fault"
	"comptoir.example/comptoir/base/money"
	"comptoir.example/comptoir/finance/ledger"
)

// authorised is a hold of 100 on a card of c1.
func authorised(key string, due time.Time) ledger.Held {
	return ledger.Held{Key: key, Debit: ledger.Processor("sim"), Credit: ledger.Unapplied("c1"), Amount: cad(100), Source: "p1", Due: due}
}

func hold(d *db.DB, h ledger.Held) (bool, error) {
	return do(d, func(tx *db.Tx) (bool, error) { return ledger.Hold(ctx, tx, h) })
}

func settle(d *db.DB, key string, minor int64, entry string) (bool, error) {
	return do(d, func(tx *db.Tx) (bool, error) {
		return ledger.Settle(ctx, tx, us, key, cad(minor), ledger.Entry{Key: entry, Kind: "captured", Day: today})
	})
}

func void(d *db.DB, key string) (bool, error) {
	return do(d, func(tx *db.Tx) (bool, error) { return ledger.Void(ctx, tx, key) })
}

func held(t *testing.T, d *db.DB, key string) ledger.Held {
	t.Helper()
	return look(t, d, func(tx *db.Tx) (ledger.Held, error) { return ledger.FindHeld(ctx, tx, key) })
}

func pending(t *testing.T, d *db.DB, a ledger.Account) int64 {
	t.Helper()
	return look(t, d, func(tx *db.Tx) (money.Amount, error) { return ledger.Pending(ctx, tx, a, "CAD") }).Minor
}

func TestAHoldCountsUntilItIsSettledOnce(t *testing.T) {
	each(t, func(t *testing.T, d *db.DB) {
		h := authorised("auth:1", d.Now().Add(time.Hour))
		for i := range 2 {
			if made, err := hold(d, h); made != (i == 0) || err != nil {
				t.Fatalf("hold %d: %v, %v", i, made, err)
			}
		}
		if pending(t, d, ledger.Processor("sim")) != 100 || pending(t, d, ledger.Unapplied("c1")) != -100 || balance(t, d, ledger.Processor("sim"), "CAD") != 0 {
			t.Error("a hold is pending and nothing else")
		}
		for minor, refused := range map[int64]bool{0: true, -1: true, 101: true} {
			if _, err := settle(d, h.Key, minor, "cap:1"); fault.Is(err, fault.Invalid) != refused {
				t.Errorf("settled with %d: %v", minor, err)
			}
		}
		for i := range 2 {
			if posted, err := settle(d, h.Key, 60, "cap:1"); posted != (i == 0) || err != nil {
				t.Fatalf("settle %d: %v, %v", i, posted, err)
			}
		}
		for name, again := range map[string]func() (bool, error){
			"with more":     func() (bool, error) { return settle(d, h.Key, 61, "cap:1") },
			"by another":    func() (bool, error) { return settle(d, h.Key, 40, "cap:2") },
			"by letting go": func() (bool, error) { return void(d, h.Key) },
		} {
			if did, err := again(); did || fault.Of(err).Code != "ledger.hold_ended" {
				t.Errorf("ended again %s: %v, %v", name, did, err)
			}
		}
		if pending(t, d, ledger.Processor("sim")) != 0 || balance(t, d, ledger.Processor("sim"), "CAD") != 60 || balance(t, d, ledger.Unapplied("c1"), "CAD") != -60 {
			t.Error("60 are booked, the rest is let go")
		}
		if got := held(t, d, h.Key); got.Resolution != ledger.Settled || got.Entry != find(t, d, "cap:1").ID || got.Done.IsZero() || find(t, d, "cap:1").Source != "p1" {
			t.Errorf("it is %+v", got)
		}
		// The hold as it was is still the same hold.
		if made, err := hold(d, h); made || err != nil {
			t.Errorf("held again: %v, %v", made, err)
		}
		mustBeSound(t, d, 1)
	})
}

func TestAHoldThatIsLetGoStaysSo(t *testing.T) {
	each(t, func(t *testing.T, d *db.DB) {
		h := authorised("auth:1", d.Now().Add(time.Hour))
		if _, err := hold(d, h); err != nil {
			t.Fatal(err)
		}
		for i := range 2 {
			if voided, err := void(d, h.Key); voided != (i == 0) || err != nil {
				t.Fatalf("void %d: %v, %v", i, voided, err)
			}
		}
		if posted, err := settle(d, h.Key, 100, "cap:1"); posted || fault.Of(err).Code != "ledger.hold_ended" {
			t.Errorf("settled: %v, %v", posted, err)
		}
		if n := pending(t, d, ledger.Unapplied("c1")); n != 0 {
			t.Errorf("%d are pending", n)
		}
		mustBeSound(t, d, 0)
	})
}

func TestAHoldThatMakesNoSenseIsRefused(t *testing.T) {
	each(t, func(t *testing.T, d *db.DB) {
		due := d.Now().Add(time.Hour)
		if _, err := hold(d, authorised("taken", due)); err != nil {
			t.Fatal(err)
		}
		for name, c := range map[string]struct {
			spoil func(h *ledger.Held)
			kind  fault.Kind
		}{
			"no key":          {func(h *ledger.Held) { h.Key = "" }, fault.Invalid},
			"no amount":       {func(h *ledger.Held) { h.Amount.Minor = 0 }, fault.Invalid},
			"less than none":  {func(h *ledger.Held) { h.Amount.Minor = -5 }, fault.Invalid},
			"no currency":     {func(h *ledger.Held) { h.Amount.Currency = "" }, fault.Invalid},
			"no such account": {func(h *ledger.Held) { h.Debit = "psp" }, fault.Invalid},
			"for ever":        {func(h *ledger.Held) { h.Due = time.Time{} }, fault.Invalid},
			"another amount":  {func(h *ledger.Held) { h.Key, h.Amount.Minor = "taken", 101 }, fault.Conflict},
			"another account": {func(h *ledger.Held) { h.Key, h.Debit = "taken", ledger.Bank() }, fault.Conflict},
			"another time":    {func(h *ledger.Held) { h.Key, h.Due = "taken", due.Add(time.Second) }, fault.Conflict},
		} {
			h := authorised("h", due)
			c.spoil(&h)
			if made, err := hold(d, h); made || !fault.Is(err, c.kind) {
				t.Errorf("%s: %v, %v", name, made, err)
			}
		}
		for _, err := range []error{second(void(d, "none")), second(settle(d, "none", 1, "cap"))} {
			if !fault.Is(err, fault.NotFound) {
				t.Errorf("a hold that is none: %v", err)
			}
		}
	})
}

func second(_ bool, err error) error { return err }

// An entry that is refused leaves its hold open: another may settle it.
func TestAHoldWhoseEntryIsRefusedStaysOpen(t *testing.T) {
	each(t, func(t *testing.T, d *db.DB) {
		if _, err := hold(d, authorised("auth:1", d.Now().Add(time.Hour))); err != nil {
			t.Fatal(err)
		}
		mustPost(t, d, move("cap:1", ledger.Bank(), ledger.Suspense(), cad(5)))
		if err := d.Write(ctx, func(tx *db.Tx) error {
			if _, err := ledger.Settle(ctx, tx, us, "auth:1", cad(100), ledger.Entry{Key: "cap:1", Kind: "captured", Day: today}); fault.Of(err).Code != "ledger.key_taken" {
				t.Errorf("%v", err)
			}
			return nil
		}); err != nil {
			t.Fatal(err)
		}
		if posted, err := settle(d, "auth:1", 100, "cap:2"); !posted || err != nil {
			t.Errorf("%v, %v", posted, err)
		}
		mustBeSound(t, d, 2)
	})
}

func TestOverdueHoldsAreListedTheOldestFirst(t *testing.T) {
	each(t, func(t *testing.T, d *db.DB) {
		for key, due := range map[string]time.Duration{"b": -time.Minute, "a": -time.Hour, "later": time.Hour, "gone": -2 * time.Hour} {
			if _, err := hold(d, authorised(key, d.Now().Add(due))); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := void(d, "gone"); err != nil {
			t.Fatal(err)
		}
		late := look(t, d, func(tx *db.Tx) ([]ledger.Held, error) { return ledger.Overdue(ctx, tx, 10) })
		if len(late) != 2 || late[0].Key != "a" || late[1].Key != "b" {
			t.Errorf("%+v", late)
		}
		r, err := ledger.Verify(ctx, d)
		if err != nil || r.Sound() {
			t.Errorf("nobody is told: %+v, %v", r, err)
		}
	})
}
