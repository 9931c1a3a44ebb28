package gatewaytest

import (
	"bytes"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"comptoir.example/comptoir/gateway"
)

// one is a webhook that was sent just now.
func (t *trial) one() Message {
	t.Helper()
	t.messages()
	t.paid(10000)
	got := t.messages()
	if len(got) == 0 {
		t.Fatal("no webhook was sent")
	}
	return got[0]
}

// rejects wants a webhook to be refused.
func (t *trial) rejects(what string, header http.Header, raw []byte, now time.Time) {
	t.Helper()
	_, err := t.c.Verify(header, raw, now)
	t.fails(what, err, gateway.Refused)
}

// renew puts another stamp in the place of the one that was signed.
func renew(header http.Header, was, is time.Time) http.Header {
	renewed := http.Header{}
	for name, values := range header {
		for _, v := range values {
			renewed.Add(name, strings.ReplaceAll(v, strconv.FormatInt(was.Unix(), 10), strconv.FormatInt(is.Unix(), 10)))
		}
	}
	return renewed
}

// webhooks is about what the processor tells by itself.
var webhooks = []check{
	{"56 webhooks tell what Pull tells", func(t *trial) {
		from := t.mark()
		t.busy(1)
		op := t.op(1000)
		page := t.start(op, wish)
		t.pay(page, Poor)
		t.pay(page, Good)
		told, _ := t.pull(from, 100)
		if heard := t.heard(t.messages()); !slices.Equal(sorted(texts(t, heard)), sorted(texts(t, told))) || len(told) == 0 {
			t.Errorf("webhooks tell %v\nand Pull tells %v", texts(t, heard), texts(t, told))
		}
	}},
	{"57 a body that was changed is Refused", func(t *trial) {
		m := t.one()
		for i := 0; i < len(m.Raw); i += 1 + len(m.Raw)/50 {
			raw := bytes.Clone(m.Raw)
			raw[i] ^= 1
			t.rejects("changed", m.Header, raw, m.At)
		}
		t.rejects("cut", m.Header, m.Raw[:len(m.Raw)-1], m.At)
		t.rejects("longer", m.Header, append(bytes.Clone(m.Raw), ' '), m.At)
		t.rejects("empty", m.Header, nil, m.At)
	}},
	{"58 another secret, and none, are Refused", func(t *trial) {
		m := t.one()
		_, err := t.Stranger(t.between).Verify(m.Header, m.Raw, m.At)
		t.fails("another secret", err, gateway.Refused)
		t.rejects("no header", http.Header{}, m.Raw, m.At)
		for name := range m.Header {
			empty := m.Header.Clone()
			empty.Set(name, "")
			if _, err := t.c.Verify(empty, m.Raw, m.At); err == nil && name != "Content-Type" && name != "Content-Length" && name != "User-Agent" && name != "Accept-Encoding" {
				t.Errorf("without %s it is accepted", name)
			}
		}
	}},
	{"59 a stamp is good for five minutes on both sides", func(t *trial) {
		raw := t.one().Raw
		now := t.Bench.Now().Truncate(time.Second)
		for _, off := range []time.Duration{0, 299 * time.Second, -299 * time.Second} {
			if _, err := t.c.Verify(t.Bench.Sign(raw, now), raw, now.Add(off)); err != nil {
				t.Errorf("%s later: %v", off, err)
			}
		}
		for _, off := range []time.Duration{301 * time.Second, -301 * time.Second, 24 * time.Hour, -24 * time.Hour, -100 * 365 * 24 * time.Hour} {
			t.rejects(off.String()+" later", t.Bench.Sign(raw, now), raw, now.Add(off))
		}
		header := t.Bench.Sign(raw, now)
		later := now.Add(time.Minute)
		if renewed := renew(header, now, later); fmt.Sprint(renewed) != fmt.Sprint(header) {
			t.rejects("a stamp that was not signed", renewed, raw, later)
		}
	}},
	{"60 a webhook that is sent again has the same id", func(t *trial) {
		m := t.one()
		first, err := t.c.Verify(m.Header, m.Raw, m.At)
		t.do("verify", err)
		again, err := t.c.Verify(m.Header, m.Raw, m.At.Add(time.Minute))
		t.do("verify again", err)
		if first.ID == "" || first.ID != again.ID || first.Type == "" || first.At.IsZero() || !bytes.Equal(first.Raw, m.Raw) {
			t.Errorf("%+v, then %+v", first, again)
		}
		ids := map[string]bool{}
		t.paid(1000)
		for _, m := range t.messages() {
			d, err := t.c.Verify(m.Header, m.Raw, m.At)
			t.do("verify", err)
			if ids[d.ID] || d.ID == first.ID {
				t.Errorf("two webhooks share %s", d.ID)
			}
			ids[d.ID] = true
		}
	}},
	{"61 both secrets do while one replaces the other", func(t *trial) {
		m := t.one()
		_, err := t.Rotating(t.between).Verify(m.Header, m.Raw, m.At)
		t.do("verify", err)
	}},
	{"62 a body above 256 KiB is Refused, though it is signed", func(t *trial) {
		m := t.one()
		for size, good := range map[int]bool{200 << 10: true, 256<<10 + 1: false, 1 << 20: false} {
			raw := append(bytes.Clone(m.Raw), bytes.Repeat([]byte{' '}, size-len(m.Raw))...)
			if _, err := t.c.Verify(t.Bench.Sign(raw, m.At), raw, m.At); good != (t.class(err) != gateway.Refused) {
				t.Errorf("%d bytes: %v", size, err)
			}
		}
	}},
	{"63 what is signed and makes no sense is Refused or ignored", func(t *trial) {
		now := t.Bench.Now()
		for _, text := range []string{"", "null", "{}", "[]", `"x"`, "{", `{"type":7}`, "\x00\xff"} {
			d, err := t.c.Verify(t.Bench.Sign([]byte(text), now), []byte(text), now)
			if t.class(err) == gateway.Refused {
				continue
			}
			t.do("verify", err)
			told, err := t.c.Translate(d)
			t.do("translate", err)
			for _, f := range told {
				if f.Ignored == "" {
					t.Errorf("%q tells %+v", text, f)
				}
			}
		}
	}},
}

// closing is what must hold after all the others.
var closing = []check{
	{"67 the balance is the sum of all movements, in each currency", func(t *trial) {
		told, _ := t.pull("", 100)
		sum := map[string]int64{}
		for _, m := range movements(told) {
			sum[m.Amount.Currency] += m.Adds().Minor
		}
		for _, currency := range t.c.Describe().Currencies {
			if owed := t.owed(currency); owed != sum[currency] {
				t.Errorf("%d %s are owed, and %d moved", owed, currency, sum[currency])
			}
		}
		if len(sum) == 0 {
			t.Error("nothing moved")
		}
	}},
	{"68 no card number went over the wire", func(t *trial) {
		t.paid(1000)
		t.token()
		t.messages()
		t.calls()
		said := t.recorded.String()
		if len(said) < 1000 {
			t.Fatalf("only %d bytes were recorded", len(said))
		}
		if found := CardNumbers(said); len(found) != 0 {
			t.Errorf("card numbers: %v", found)
		}
		if found := CardNumbers(said + `{"number":"4242 4242 4242 4242"}`); len(found) != 1 {
			t.Errorf("a planted number is found %d times", len(found))
		}
	}},
}
