package ledger_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"testing"
	"time"

	"comptoir.example/comptoir/base/db"
	"comptoir.example/comptoir/base/fault"
	"comptoir.example/comptoir/base/money"
	"comptoir.example/comptoir/finance/ledger"
)

// oracle is a ledger without a database: what was booked, by key, and nothing
// clever.
type oracle struct {
	booked   map[string][]ledger.Line
	reversed map[string]string // the key of an entry, and of its mirror
	holds    map[string]*promise
	closed   string
}

type promise struct {
	held    ledger.Held
	ended   string // "", the key of the entry that settled it, or "voided"
	settled int64
}

func (o *oracle) sum(counts func(l ledger.Line) bool, currency string) (n int64) {
	for _, lines := range o.booked {
		for _, l := range lines {
			if l.Amount.Currency == currency && counts(l) {
				n += l.Amount.Minor
			}
		}
	}
	return n
}

func (o *oracle) pending(a ledger.Account, currency string) (n int64) {
	for _, p := range o.holds {
		if p.ended == "" && p.held.Amount.Currency == currency {
			if p.held.Debit == a {
				n += p.held.Amount.Minor
			}
			if p.held.Credit == a {
				n -= p.held.Amount.Minor
			}
		}
	}
	return n
}

// Few of each, so that they meet often.
var (
	accounts   = []ledger.Account{ledger.AR("c1"), ledger.AR("c2"), ledger.Unapplied("c1"), ledger.Processor("sim"), ledger.Bank(), ledger.Fees()}
	documents  = []string{"", "i1", "i2"}
	currencies = []string{"CAD", "USD"}
	days       = []string{"2026-10-30", "2026-11-15", today, today, "2026-12-01", "2026-12-01"} // the first two may be closed
)

// history is a random run of a ledger beside its oracle.
type history struct {
	*rand.Rand
	t    *testing.T
	d    *db.DB
	o    *oracle
	last []ledger.Entry // booked through Post, to be repeated
	n    int
}

func pick[T any](r *rand.Rand, from []T) T { return from[r.IntN(len(from))] }

func (h *history) key(kind string) string {
	h.n++
	return fmt.Sprint(kind, ":", h.n)
}

// lines are balanced: some of each currency, and what is missing to zero.
func (h *history) lines() (lines []ledger.Line) {
	for range 1 + h.IntN(2) {
		currency, rest := pick(h.Rand, currencies), int64(0)
		for range 1 + h.IntN(3) {
			minor := h.Int64N(2000) - 1000
			if minor == 0 {
				minor = 1
			}
			rest -= minor
			lines = append(lines, ledger.Line{Account: pick(h.Rand, accounts), Amount: money.Amount{Minor: minor, Currency: currency}, Document: pick(h.Rand, documents)})
		}
		if rest != 0 {
			lines = append(lines, ledger.Line{Account: pick(h.Rand, accounts), Amount: money.Amount{Minor: rest, Currency: currency}, Document: pick(h.Rand, documents)})
		}
	}
	return lines
}

// expect is what a verb must answer: whether it did something, or the code it
// refuses with.
type expect struct {
	did  bool
	code string
}

// step chooses a verb and says what it must answer. Then is done to the oracle when
// the unit of work is committed.
func (h *history) step() (what string, verb func(tx *db.Tx) (bool, error), want expect, then func()) {
	o := h.o
	then = func() {}
	post := func(e ledger.Entry) func(tx *db.Tx) (bool, error) {
		return func(tx *db.Tx) (bool, error) { return ledger.Post(ctx, tx, us, e) }
	}
	switch n := h.IntN(20); {
	case n < 8 || len(h.last) == 0:
		e := ledger.Entry{Key: h.key("post"), Kind: "test", Day: pick(h.Rand, days), Source: "s", Lines: h.lines()}
		if e.Day <= o.closed {
			return "post in a closed period", post(e), expect{false, "ledger.period_closed"}, then
		}
		return "post", post(e), expect{true, ""}, func() {
			o.booked[e.Key] = e.Lines
			h.last = append(h.last, e)
		}
	case n < 10:
		e := pick(h.Rand, h.last)
		e.Lines = slices.Clone(e.Lines)
		h.Shuffle(len(e.Lines), func(i, j int) { e.Lines[i], e.Lines[j] = e.Lines[j], e.Lines[i] })
		return "repeat " + e.Key, post(e), expect{false, ""}, then
	case n < 11:
		e := pick(h.Rand, h.last)
		e.Lines = append(slices.Clone(e.Lines), ledger.Debit(ledger.Bank(), cad(1)), ledger.Credit(ledger.Fees(), cad(1)))
		return "other content of " + e.Key, post(e), expect{false, "ledger.key_taken"}, then
	case n < 14:
		return h.stepReverse()
	case n < 18:
		return h.stepHold()
	case n < 19:
		day := pick(h.Rand, days[:2])
		return "close " + day, func(tx *db.Tx) (bool, error) { return ledger.Close(ctx, tx, us, day) }, expect{day > o.closed, ""},
			func() { o.closed = max(o.closed, day) }
	}
	return "nothing", func(*db.Tx) (bool, error) { return false, nil }, expect{}, then
}

func (h *history) stepReverse() (what string, verb func(tx *db.Tx) (bool, error), want expect, then func()) {
	o := h.o
	keys := []string{"none"}
	for key := range o.booked {
		keys = append(keys, key)
	}
	slices.Sort(keys)
	key, newKey, day := pick(h.Rand, keys), h.key("reverse"), pick(h.Rand, days)
	by, reversed := o.reversed[key]
	if reversed && h.IntN(2) == 0 {
		newKey = by
	}
	want = expect{true, ""}
	switch _, there := o.booked[key]; {
	case !there:
		want = expect{false, "ledger.not_found"}
	case reversed && newKey == by:
		want = expect{false, ""}
	case reversed:
		want = expect{false, "ledger.reversed"}
	case day <= o.closed:
		want = expect{false, "ledger.period_closed"}
	}
	return "reverse " + key + " by " + newKey, func(tx *db.Tx) (bool, error) { return ledger.Reverse(ctx, tx, us, key, day, newKey, "test") }, want, func() {
		for _, l := range o.booked[key] {
			o.booked[newKey] = append(o.booked[newKey], ledger.Line{Account: l.Account, Amount: l.Amount.Neg(), Document: l.Document})
		}
		o.reversed[key] = newKey
	}
}

func (h *history) stepHold() (what string, verb func(tx *db.Tx) (bool, error), want expect, then func()) {
	o := h.o
	then = func() {}
	var keys []string
	for key := range o.holds {
		keys = append(keys, key)
	}
	slices.Sort(keys)
	if len(keys) == 0 || h.IntN(3) == 0 {
		held := ledger.Held{Key: h.key("hold"), Debit: pick(h.Rand, accounts), Credit: pick(h.Rand, accounts), Document: pick(h.Rand, documents),
			Amount: money.Amount{Minor: 1 + h.Int64N(500), Currency: pick(h.Rand, currencies)}, Due: h.d.Now().Add(time.Hour)}
		return "hold", func(tx *db.Tx) (bool, error) { return ledger.Hold(ctx, tx, held) }, expect{true, ""}, func() { o.holds[held.Key] = &promise{held: held} }
	}
	p := o.holds[pick(h.Rand, keys)]
	switch h.IntN(4) {
	case 0:
		return "hold again " + p.held.Key, func(tx *db.Tx) (bool, error) { return ledger.Hold(ctx, tx, p.held) }, expect{false, ""}, then
	case 1:
		want = expect{p.ended == "", ""}
		if p.ended != "" && p.ended != "voided" {
			want = expect{false, "ledger.hold_ended"}
		}
		return "void " + p.held.Key, func(tx *db.Tx) (bool, error) { return ledger.Void(ctx, tx, p.held.Key) }, want, func() { p.ended = "voided" }
	}
	amount, entry := money.Amount{Minor: 1 + h.Int64N(p.held.Amount.Minor+5), Currency: p.held.Amount.Currency}, "settle:"+p.held.Key+strconv.Itoa(h.IntN(2))
	again := p.ended == entry && h.IntN(2) == 0
	if again {
		amount.Minor = p.settled
	}
	switch {
	case amount.Minor > p.held.Amount.Minor:
		want = expect{false, "ledger.above_hold"}
	case p.ended == entry && amount.Minor == p.settled:
		want = expect{false, ""}
	case p.ended != "":
		want = expect{false, "ledger.hold_ended"}
	default:
		want = expect{true, ""}
	}
	return "settle " + p.held.Key + " by " + entry, func(tx *db.Tx) (bool, error) {
			return ledger.Settle(ctx, tx, us, p.held.Key, amount, ledger.Entry{Key: entry, Kind: "test", Day: today})
		}, want, func() {
			o.booked[entry] = []ledger.Line{ledger.Debit(p.held.Debit, amount).About(p.held.Document), ledger.Credit(p.held.Credit, amount).About(p.held.Document)}
			p.ended, p.settled = entry, amount.Minor
		}
}

var errThought = errors.New("thought better of it")

// turn plays one step: committed, or now and then undone after it was answered.
func (h *history) turn() string {
	what, verb, want, then := h.step()
	undo := h.IntN(8) == 0
	err := h.d.Write(ctx, func(tx *db.Tx) error {
		did, err := verb(tx)
		if did != want.did || fault.Of(err).Code != want.code {
			h.t.Fatalf("%s: %v, %v; it must be %+v", what, did, err, want)
		}
		if undo {
			return errThought
		}
		return nil
	})
	switch {
	case undo && !errors.Is(err, errThought), !undo && err != nil:
		h.t.Fatalf("%s: %v", what, err)
	case !undo && want.did:
		then()
	}
	if h.IntN(6) == 0 {
		count(h.t, h.d)
		what += ", and count"
	}
	return what
}

// compare reads everything there is to read, and asks the oracle.
func (h *history) compare(after string) {
	h.t.Helper()
	if err := h.d.Read(ctx, func(tx *db.Tx) error {
		for _, currency := range currencies {
			for _, a := range accounts {
				got, err := ledger.Balance(ctx, tx, a, currency)
				if want := h.o.sum(func(l ledger.Line) bool { return l.Account == a }, currency); err != nil || got.Minor != want {
					h.t.Fatalf("after %s: %s has %d %s, not %d, %v", after, a, got.Minor, currency, want, err)
				}
				held, err := ledger.Pending(ctx, tx, a, currency)
				if want := h.o.pending(a, currency); err != nil || held.Minor != want {
					h.t.Fatalf("after %s: %d %s are pending on %s, not %d, %v", after, held.Minor, currency, a, want, err)
				}
				for _, document := range documents[1:] {
					got, err := ledger.OfDocument(ctx, tx, a, document, currency)
					if want := h.o.sum(func(l ledger.Line) bool { return l.Account == a && l.Document == document }, currency); err != nil || got.Minor != want {
						h.t.Fatalf("after %s: %s has %d %s about %s, not %d, %v", after, a, got.Minor, currency, document, want, err)
					}
				}
			}
			for _, k := range ledger.AccountKinds {
				got, err := ledger.Sums(ctx, tx, k.Name)
				want := h.o.sum(func(l ledger.Line) bool { kind, _ := l.Account.Kind(); return kind.Name == k.Name }, currency)
				if err != nil || got[currency].Minor != want {
					h.t.Fatalf("after %s: all %s have %d %s, not %d, %v", after, k.Name, got[currency].Minor, currency, want, err)
				}
			}
		}
		return nil
	}); err != nil {
		h.t.Fatal(err)
	}
}

// Any history of posts, repeats, mirrors, holds and counts ends, after each step,
// with the balances of a ledger that is a map.
func TestEveryHistoryHasTheBalancesOfAPlainLedger(t *testing.T) {
	seeds, steps := []uint64{rand.Uint64(), rand.Uint64()}, 120
	if os.Getenv("COMPTOIR_PROVE") != "" {
		for range 18 {
			seeds = append(seeds, rand.Uint64())
		}
		steps = 400
	}
	if fixed, err := strconv.ParseUint(os.Getenv("COMPTOIR_SEED"), 10, 64); err == nil {
		seeds = []uint64{fixed}
	}
	for _, seed := range seeds {
		t.Run(fmt.Sprint("seed_", seed), func(t *testing.T) {
			each(t, func(t *testing.T, d *db.DB) {
				h := &history{Rand: rand.New(rand.NewPCG(seed, 1)), t: t, d: d,
					o: &oracle{map[string][]ledger.Line{}, map[string]string{}, map[string]*promise{}, ""}}
				for range steps {
					h.compare(h.turn())
				}
				mustBeSound(t, d, len(h.o.booked))
				count(t, d)
				h.compare("the last count")
				mustBeSound(t, d, len(h.o.booked))
				t.Logf("%d entries, %d mirrors, %d holds", len(h.o.booked), len(h.o.reversed), len(h.o.holds))
			})
		})
	}
}
