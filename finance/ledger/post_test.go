package ledger_test

import (
	"math"
	"slices"
	"testing"

	"comptoir.example/comptoir/base/db"
	"comptoir.example/comptoir/base/fault"
	"comptoir.example/comptoir/base/outbox"
	"comptoir.example/comptoir/finance/ledger"
)

func TestAnEntryIsBookedOnceByItsKey(t *testing.T) {
	each(t, func(t *testing.T, d *db.DB) {
		e := move("captured:sim:m1", ledger.Processor("sim"), ledger.Unapplied("c1"), cad(100))
		e.Lines = append(e.Lines, ledger.Debit(ledger.Fees(), cad(3)), ledger.Credit(ledger.Processor("sim"), cad(3)))
		mustPost(t, d, e)
		slices.Reverse(e.Lines) // the same content
		for range 2 {
			if posted, err := post(d, e); posted || err != nil {
				t.Errorf("again: %v, %v", posted, err)
			}
			count(t, d)
		}
		if n := balance(t, d, ledger.Unapplied("c1"), "CAD"); n != -100 {
			t.Errorf("unapplied is %d", n)
		}
		mustBeSound(t, d, 1)
	})
}

// Whoever is refused may note it and go on: nothing of what was refused stays, and
// what is done beside it is committed.
func TestWhatIsRefusedLeavesNothingBehind(t *testing.T) {
	other := move("k", ledger.Bank(), ledger.Suspense(), cad(100))
	longer, later, elsewhere, dollars, sooner := other, other, other, other, other
	longer.Lines = append(slices.Clone(other.Lines), ledger.Debit(ledger.Fees(), cad(1)), ledger.Credit(ledger.Bank(), cad(1)))
	later.Day = "2026-11-28"
	elsewhere.Lines = []ledger.Line{ledger.Debit(ledger.Bank(), cad(100)), ledger.Credit(ledger.Unapplied("c1"), cad(100))}
	dollars.Lines = []ledger.Line{ledger.Debit(ledger.Bank(), usd(100)), ledger.Credit(ledger.Suspense(), usd(100))}
	sooner.Key, sooner.Day = "sooner", "2026-10-31"
	each(t, func(t *testing.T, d *db.DB) {
		mustPost(t, d, other)
		if _, err := do(d, func(tx *db.Tx) (bool, error) { return ledger.Close(ctx, tx, us, "2026-10-31") }); err != nil {
			t.Fatal(err)
		}
		n := 1
		for _, c := range []struct {
			entry ledger.Entry
			kind  fault.Kind
			code  string
		}{
			{longer, fault.Conflict, "ledger.key_taken"}, {later, fault.Conflict, "ledger.key_taken"}, {elsewhere, fault.Conflict, "ledger.key_taken"},
			{dollars, fault.Conflict, "ledger.key_taken"}, {sooner, fault.Invalid, "ledger.period_closed"},
		} {
			for _, after := range []string{"uncounted", "counted"} {
				beside := move("beside"+c.code+c.entry.Day+string(c.entry.Lines[1].Account)+c.entry.Lines[0].Amount.Currency+after+string(rune(len(c.entry.Lines))), ledger.Bank(), ledger.Suspense(), cad(7))
				err := d.Write(ctx, func(tx *db.Tx) error {
					if posted, err := ledger.Post(ctx, tx, us, c.entry); posted || fault.Of(err).Code != c.code || !fault.Is(err, c.kind) {
						t.Errorf("%+v: %v, %v", c.entry, posted, err)
					}
					posted, err := ledger.Post(ctx, tx, us, beside)
					if !posted {
						t.Errorf("%s: beside is there already", c.code)
					}
					return err
				})
				if err != nil {
					t.Fatalf("%+v: %v", c.entry, err)
				}
				count(t, d)
				n++
			}
		}
		if got := find(t, d, "k"); got.Day != today || len(got.Lines) != 2 {
			t.Errorf("it became %+v", got)
		}
		mustBeSound(t, d, n)
	})
}

func TestWhatIsNotSoundIsNotBooked(t *testing.T) {
	sound := func() ledger.Entry { return move("k", ledger.Bank(), ledger.Suspense(), cad(100)) }
	each(t, func(t *testing.T, d *db.DB) {
		for name, spoil := range map[string]func(e *ledger.Entry){
			"no key":           func(e *ledger.Entry) { e.Key = "" },
			"no kind":          func(e *ledger.Entry) { e.Kind = "" },
			"no day":           func(e *ledger.Entry) { e.Day = "2026-02-30" },
			"one line":         func(e *ledger.Entry) { e.Lines = e.Lines[:1] },
			"zero":             func(e *ledger.Entry) { e.Lines = append(e.Lines, ledger.Debit(ledger.Fees(), cad(0))) },
			"not balanced":     func(e *ledger.Entry) { e.Lines[0].Amount.Minor++ },
			"across":           func(e *ledger.Entry) { e.Lines[0].Amount = usd(100) },
			"no currency":      func(e *ledger.Entry) { e.Lines[0].Amount.Currency, e.Lines[1].Amount.Currency = "", "" },
			"no such account":  func(e *ledger.Entry) { e.Lines[0].Account = "cash" },
			"nobody's account": func(e *ledger.Entry) { e.Lines[0].Account = ledger.AR("") },
			"whose bank":       func(e *ledger.Entry) { e.Lines[0].Account = "bank:main" },
			"ar of all":        func(e *ledger.Entry) { e.Lines[0].Account = "ar" },
			"too large": func(e *ledger.Entry) {
				e.Lines = []ledger.Line{{Account: ledger.Bank(), Amount: cad(math.MaxInt64)}, {Account: ledger.Bank(), Amount: cad(math.MaxInt64)}, {Account: ledger.Bank(), Amount: cad(2)}}
			},
			"no mirror": func(e *ledger.Entry) {
				e.Lines = []ledger.Line{{Account: ledger.Bank(), Amount: cad(math.MaxInt64)}, {Account: ledger.Bank(), Amount: cad(1)}, {Account: ledger.Fees(), Amount: cad(math.MinInt64)}}
			},
		} {
			e := sound()
			spoil(&e)
			if posted, err := post(d, e); posted || !fault.Is(err, fault.Invalid) {
				t.Errorf("%s: %v, %v", name, posted, err)
			}
		}
		mustBeSound(t, d, 0)
		mustPost(t, d, sound())
	})
}

func TestAnEntryIsReversedOnce(t *testing.T) {
	each(t, func(t *testing.T, d *db.DB) {
		e := move("a", ledger.AR("c1"), ledger.RevenueControl(), cad(100))
		e.Lines[0].Document = "i1"
		mustPost(t, d, e)
		if _, err := reverse(d, "none", today, "a:r"); !fault.Is(err, fault.NotFound) {
			t.Errorf("of nothing: %v", err)
		}
		if posted, err := reverse(d, "a", today, "a:r"); !posted || err != nil {
			t.Fatalf("%v, %v", posted, err)
		}
		// The same again, also on another day, is the same.
		if posted, err := reverse(d, "a", "2026-11-30", "a:r"); posted || err != nil {
			t.Errorf("again: %v, %v", posted, err)
		}
		if _, err := reverse(d, "a", today, "a:r2"); fault.Of(err).Code != "ledger.reversed" {
			t.Errorf("by another: %v", err)
		}
		mirror := find(t, d, "a:r")
		if mirror.Reverses != find(t, d, "a").ID || mirror.Source != e.Source || mirror.Lines[1] != ledger.Credit(ledger.AR("c1"), cad(100)).About("i1") {
			t.Errorf("the mirror is %+v", mirror)
		}
		if n := balance(t, d, ledger.AR("c1"), "CAD"); n != 0 {
			t.Errorf("ar is %d", n)
		}
		// What was taken back by mistake is taken back again.
		if posted, err := reverse(d, "a:r", today, "a:rr"); !posted || err != nil {
			t.Errorf("the mirror's mirror: %v, %v", posted, err)
		}
		mustBeSound(t, d, 3)
	})
}

func TestAClosedPeriodTakesNothingMoreButKnowsWhatItHas(t *testing.T) {
	each(t, func(t *testing.T, d *db.DB) {
		old := move("old", ledger.Bank(), ledger.Suspense(), cad(100))
		old.Day = "2026-10-31"
		mustPost(t, d, old)
		shut := func(day string) bool {
			closed, err := do(d, func(tx *db.Tx) (bool, error) { return ledger.Close(ctx, tx, us, day) })
			if err != nil {
				t.Fatal(err)
			}
			return closed
		}
		if !shut("2026-10-31") || shut("2026-10-31") || shut("2026-09-30") {
			t.Error("a period is closed once, and with it all before")
		}
		if posted, err := post(d, old); posted || err != nil {
			t.Errorf("what is there already: %v, %v", posted, err)
		}
		for day, refused := range map[string]bool{"2026-10-31": true, "2026-01-01": true, "2026-11-01": false} {
			late := move("late"+day, ledger.Bank(), ledger.Suspense(), cad(1))
			late.Day = day
			if _, err := post(d, late); (fault.Of(err).Code == "ledger.period_closed") != refused {
				t.Errorf("on %s: %v", day, err)
			}
		}
		if _, err := reverse(d, "old", "2026-10-31", "old:r"); fault.Of(err).Code != "ledger.period_closed" {
			t.Errorf("a mirror in a closed period: %v", err)
		}
		if posted, err := reverse(d, "old", "2026-11-01", "old:r"); !posted || err != nil {
			t.Errorf("a mirror after it: %v, %v", posted, err)
		}
		mustBeSound(t, d, 3)
	})
}

func TestATimelineTellsWhatHappenedInItsOrder(t *testing.T) {
	each(t, func(t *testing.T, d *db.DB) {
		billed := move("invoice:i1", ledger.AR("c1"), ledger.RevenueControl(), cad(100))
		billed.Lines[0].Document, billed.Source = "i1", "i1"
		paid := move("captured:m1", ledger.Processor("sim"), ledger.Unapplied("c1"), cad(100))
		paid.Source = "p1"
		applied := move("apply:r1", ledger.Unapplied("c1"), ledger.AR("c1"), cad(40))
		applied.Lines[1].Document, applied.Source = "i1", "p1"
		for _, e := range []ledger.Entry{billed, paid, applied} {
			mustPost(t, d, e)
		}
		about := look(t, d, func(tx *db.Tx) ([]ledger.Entry, error) { return ledger.Lines(ctx, tx, "i1") })
		if len(about) != 2 || about[0].Key != billed.Key || about[1].Key != applied.Key || len(about[1].Lines) != 1 || about[1].Lines[0].Amount != cad(-40) {
			t.Errorf("about the invoice: %+v", about)
		}
		of := look(t, d, func(tx *db.Tx) ([]ledger.Entry, error) { return ledger.Entries(ctx, tx, "p1") })
		if len(of) != 2 || of[0].Key != paid.Key || len(of[1].Lines) != 2 || of[1].Posted.Before(of[0].Posted) || of[0].Posted.IsZero() {
			t.Errorf("of the payment: %+v", of)
		}
		// What one unit of work books at one time stays in its order too.
		if err := d.Write(ctx, func(tx *db.Tx) (err error) {
			for i := range 9 {
				e := move(string(rune('a'+i)), ledger.Bank(), ledger.Suspense(), cad(1))
				err = first(err, second(ledger.Post(ctx, tx, us, e)))
			}
			return err
		}); err != nil {
			t.Fatal(err)
		}
		keys := ""
		for _, e := range look(t, d, func(tx *db.Tx) ([]ledger.Entry, error) { return ledger.Entries(ctx, tx, "source") }) {
			keys += e.Key
		}
		if keys != "abcdefghi" {
			t.Errorf("they come as %s", keys)
		}
		if none := look(t, d, func(tx *db.Tx) ([]ledger.Entry, error) { return ledger.Lines(ctx, tx, "") }); len(none) > 0 {
			t.Errorf("about nothing: %+v", none)
		}
		facts := look(t, d, func(tx *db.Tx) ([]outbox.Record, error) { return outbox.About(ctx, tx, of[0].ID) })
		var told ledger.Posted
		if len(facts) != 1 || facts[0].Read(&told) != nil || told.Hash != of[0].Hash || told.Key != paid.Key || facts[0].Actor != "test" {
			t.Errorf("the fact says %+v", facts)
		}
	})
}
