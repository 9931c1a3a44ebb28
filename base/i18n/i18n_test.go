package i18n_test

import (
	"testing"
	"testing/fstest"
	"time"

	"comptoir.example/comptoir/base/i18n"
	"comptoir.example/comptoir/base/money"
)

const (
	french = `{"lines": {"zero": "aucune ligne", "one": "{n} ligne", "other": "{n} lignes"}, "hello": "Bonjour {name}, vous devez {sum}",
  "unit.ms": "ms", "unit.s": "s", "unit.min": "min", "unit.h": "h", "unit.d": "j", "day.0": "dimanche", "day.1": "lundi", "month.3": "mars", "month.11": "novembre"}`
	english = `{"lines": {"one": "{n} line", "other": "{n} lines"}, "hello": "Hello {name}, you owe {sum}",
  "unit.ms": "ms", "unit.s": "s", "unit.min": "min", "unit.h": "h", "unit.d": "d", "day.0": "Sunday", "day.1": "Monday", "month.3": "March", "month.11": "November"}`
)

func printers(t *testing.T) (fr, en *i18n.Printer) {
	t.Helper()
	c, err := i18n.Load(fstest.MapFS{"fr-CA.json": {Data: []byte(french)}, "en-CA.json": {Data: []byte(english)}})
	if err != nil {
		t.Fatal(err)
	}
	zone, err := time.LoadLocation("America/Toronto")
	if err != nil {
		t.Fatal(err)
	}
	return c.Printer(i18n.FR, zone), c.Printer(i18n.EN, zone)
}

func cad(minor int64) money.Amount { return money.Amount{Minor: minor, Currency: "CAD"} }

// The forms of ux.md 7, checked against ICU there. Spaces are U+00A0, the minus is U+2212.
func TestFiguresAreWrittenAsPeopleHereWriteThem(t *testing.T) {
	fr, en := printers(t)
	at := time.Date(2026, 11, 23, 19, 5, 0, 0, time.UTC)
	usd := money.Amount{Minor: -1230, Currency: "USD"}
	for _, c := range []struct{ got, want string }{
		{fr.Money(cad(123456750)), "1\u00a0234\u00a0567,50\u00a0$"}, {en.Money(cad(123456750)), "$1,234,567.50"},
		{fr.Money(usd), "−12,30\u00a0$\u00a0US"}, {en.Money(usd), "−US$12.30"},
		{fr.Money(cad(-5)), "−0,05\u00a0$"}, {fr.Money(cad(0)), "0,00\u00a0$"}, {fr.Money(cad(99900)), "999,00\u00a0$"},
		{fr.Price(money.Must("0.405"), "CAD"), "0,405\u00a0$"}, {en.Price(money.Must("0.4050"), "CAD"), "$0.405"},
		{fr.Price(money.Must("10.8"), "CAD"), "10,80\u00a0$"}, {fr.Price(money.Must("189"), "CAD"), "189,00\u00a0$"},
		{fr.Percent(money.Must("0.09975")), "9,975\u00a0%"}, {en.Percent(money.Must("0.05")), "5%"},
		{fr.Number(money.Must("1000.50")), "1\u00a0000,5"}, {fr.Int(1234567), "1\u00a0234\u00a0567"}, {en.Int(-1000), "−1,000"},
		{fr.Time(at), "14\u00a0h\u00a005"}, {en.Time(at), "2:05\u00a0p.m."}, {fr.DateTime(at), "2026-11-23, 14\u00a0h\u00a005"},
		{fr.LongDate(at), "lundi 23 novembre 2026"}, {en.LongDate(at), "Monday, November 23, 2026"},
		{fr.LongDate(time.Date(2026, 3, 1, 17, 0, 0, 0, time.UTC)), "dimanche 1er mars 2026"},
		{fr.Span(41 * time.Second), "41\u00a0s"}, {fr.Span(8*time.Minute + 52*time.Second), "8\u00a0min\u00a052\u00a0s"},
		{fr.Span(125 * time.Minute), "2\u00a0h\u00a05\u00a0min"}, {en.Span(72 * time.Hour), "3\u00a0d"}, {fr.Span(-time.Second), "0\u00a0ms"},
	} {
		if c.got != c.want {
			t.Errorf("%q, want %q", c.got, c.want)
		}
	}
}

func TestPluralsFollowTheLanguage(t *testing.T) {
	fr, en := printers(t)
	for _, c := range []struct {
		n      any
		fr, en string
	}{
		{0, "aucune ligne", "0 lines"}, {1, "1 ligne", "1 line"}, {2, "2 lignes", "2 lines"}, {int64(1000), "1\u00a0000 lignes", "1,000 lines"},
		{money.Must("1.5"), "1,5 ligne", "1.5 lines"},
	} {
		if got := fr.T("lines", "n", c.n); got != c.fr {
			t.Errorf("%q, want %q", got, c.fr)
		}
		if got := en.T("lines", "n", c.n); got != c.en {
			t.Errorf("%q, want %q", got, c.en)
		}
	}
}

func TestASentenceDressesItsParameters(t *testing.T) {
	fr, _ := printers(t)
	if got := fr.T("hello", "name", "Zoé", "sum", cad(502)); got != "Bonjour Zoé, vous devez 5,02\u00a0$" {
		t.Errorf("%q", got)
	}
	if got := fr.T("nowhere"); got != "⟦nowhere⟧" {
		t.Errorf("a missing key must be seen: %q", got)
	}
}

func TestAKeyGivenTwiceIsRefused(t *testing.T) {
	one := fstest.MapFS{"fr-CA.json": {Data: []byte(`{"a": "b"}`)}, "en-CA.json": {Data: []byte(`{"a": "b"}`)}}
	if _, err := i18n.Load(one, one); err == nil {
		t.Error("it was taken")
	}
}
