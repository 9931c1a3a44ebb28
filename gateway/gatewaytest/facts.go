package gatewaytest

import (
	"slices"

	"comptoir.example/comptoir/gateway"
)

// busy makes some facts, all in one moment of the processor's clock.
func (t *trial) busy(payments int) {
	t.Helper()
	for i := range payments {
		of, _ := t.paid(10000 + int64(i))
		t.refund(of, 1000)
	}
}

// facts is about what the processor tells when it is asked.
var facts = []check{
	{"48 from the beginning everything is read, on pages of any size", func(t *trial) {
		t.busy(2)
		whole, end := t.pull("", 100)
		for _, limit := range []int{1, 7, len(whole)} {
			if part, at := t.pull("", limit); !slices.Equal(texts(t, part), texts(t, whole)) || at != end {
				t.Errorf("%d facts on pages of %d up to %s, and %d on pages of 100 up to %s", len(part), limit, at, len(whole), end)
			}
		}
		seen := map[string]bool{}
		for _, m := range movements(whole) {
			if seen[m.ID] {
				t.Errorf("%s is told twice", m.ID)
			}
			seen[m.ID] = true
		}
	}},
	{"49 from a cursor only what is new is read", func(t *trial) {
		from := t.mark()
		if again, same := t.pull(from, 100); len(again) != 0 || same != from {
			t.Errorf("nothing is new, but: %d facts, and %s became %s", len(again), from, same)
		}
		op, _ := t.paid(10000)
		told, next := t.pull(from, 100)
		if next == from {
			t.Error("the cursor stays")
		}
		for _, m := range movements(told) {
			if m.Reference != op.Reference {
				t.Errorf("not new: %+v", m)
			}
		}
		t.wants(movements(told), gateway.Capture, 10000)
	}},
	{"50 many facts of one moment are all read, one at a time", func(t *trial) {
		from := t.mark()
		t.busy(4)
		told, _ := t.pull(from, 1)
		t.wants(movements(told), gateway.Capture, 10000, 10001, 10002, 10003)
		t.wants(movements(told), gateway.Refund, 1000, 1000, 1000, 1000)
	}},
	{"51 none is lost while new ones arrive", func(t *trial) {
		cursor, want := t.mark(), []int64{}
		var told []gateway.Fact
		for i := range int64(12) {
			if i < 6 {
				op, _ := t.paid(20000 + i)
				want = append(want, op.Amount.Minor)
			}
			page, err := t.c.Pull(t.Context(), cursor, 2)
			t.do("pull", err)
			told, cursor = append(told, page.Facts...), page.Cursor
		}
		rest, _ := t.pull(cursor, 3)
		t.wants(movements(append(told, rest...)), gateway.Capture, want...)
	}},
	{"52 a cursor that is none is no beginning", func(t *trial) {
		page, err := t.c.Pull(t.Context(), "no cursor of yours", 10)
		if got := t.class(err); got != gateway.Refused && got != gateway.Broken {
			t.Errorf("%v, and %d facts", err, len(page.Facts))
		}
	}},
	{"53 a movement has one id and one content, wherever it is read", func(t *trial) {
		from := t.mark()
		of, _ := t.paid(10000)
		back := t.refund(of, 2500)
		t.do("dispute", t.Bench.Dispute(t.Context(), of.Reference))
		told, _ := t.pull(from, 100)
		pulled := texts(t, movements(told))
		if heard := texts(t, movements(t.heard(t.messages()))); !slices.Equal(sorted(heard), sorted(pulled)) {
			t.Errorf("webhooks tell %v\nand Pull tells %v", heard, pulled)
		}
		if found := texts(t, t.find(of.Reference).Movements); !slices.Equal(sorted(found), sorted(pulled)) {
			t.Errorf("Find tells %v\nand Pull tells %v", found, pulled)
		}
		for _, m := range texts(t, t.find(back.Reference).Movements) {
			if !slices.Contains(pulled, m) {
				t.Errorf("Find tells %s of the refund, and Pull does not", m)
			}
		}
	}},
	{"54 what is of no interest is ignored, by name", func(t *trial) {
		from := t.mark()
		t.do("notice", t.Bench.Notice(t.Context()))
		told, _ := t.pull(from, 100)
		for _, all := range [][]gateway.Fact{told, t.heard(t.messages())} {
			if len(all) != 1 || all[0].Ignored == "" || all[0].Movement != nil || all[0].Standing != nil {
				t.Errorf("told: %+v", all)
			}
		}
	}},
	{"55 each fact is one thing", func(t *trial) {
		told, _ := t.pull("", 100)
		for _, f := range told {
			set := 0
			for _, is := range []bool{f.Movement != nil, f.Standing != nil, f.Ignored != ""} {
				if is {
					set++
				}
			}
			if set != 1 {
				t.Errorf("%d things: %+v", set, f)
			}
			if m := f.Movement; m != nil && (m.Amount.Minor <= 0 && m.Kind != gateway.OtherMovement || m.At.IsZero() || m.ID == "") {
				t.Errorf("movement: %+v", *m)
			}
			if s := f.Standing; s != nil && (s.Reference == "" || s.State == gateway.Odd || s.At.IsZero() || s.Amount.Minor <= 0) {
				t.Errorf("standing: %+v", *s)
			}
		}
	}},
}

func sorted(lines []string) []string {
	lines = slices.Clone(lines)
	slices.Sort(lines)
	return lines
}
