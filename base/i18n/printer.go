package i18n

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"comptoir.example/comptoir/base/fault"
	"comptoir.example/comptoir/base/money"
)

// Printer writes for one language and one time zone. Printers are cheap to
// share and safe for concurrent use.
type Printer struct {
	Lang  Lang
	Other Lang
	zone  *time.Location
	cat   *Catalogue
}

// Printer makes the printer of a language in a time zone.
func (c *Catalogue) Printer(lang Lang, zone *time.Location) *Printer {
	return &Printer{Lang: lang, Other: lang.Other(), zone: zone, cat: c}
}

// Text is anything that holds a name in both languages, such as erp.Text.
type Text interface{ In(lang string) string }

// Has says whether a key has a sentence.
func (p *Printer) Has(key string) bool { return p.cat.Has(p.Lang, key) }

// Of is a name in the printer's language.
func (p *Printer) Of(t Text) string { return t.In(string(p.Lang)) }

// Key is a parameter that is itself a key of the catalogue.
type Key string

// T is the sentence of a key with its parameters, given as name, value pairs.
// A key without a sentence shows itself, so that it is seen, and fails a test.
func (p *Printer) T(key string, params ...any) string {
	s, found := p.cat.sentences[p.Lang][key]
	if !found {
		return "⟦" + key + "⟧"
	}
	var n operands
	if len(s) > 1 {
		n = count(params)
	}
	pieces := s.form(p.Lang, n)
	if len(pieces) == 1 && pieces[0].param == "" {
		return pieces[0].text
	}
	var b strings.Builder
	for _, piece := range pieces {
		b.WriteString(piece.text)
		if piece.param != "" {
			b.WriteString(p.value(piece.param, params))
		}
	}
	return b.String()
}

// count finds the number that a sentence's plural goes by: the parameter n.
func count(params []any) operands {
	for i := 0; i+1 < len(params); i += 2 {
		if params[i] != "n" {
			continue
		}
		switch n := params[i+1].(type) {
		case int:
			return operands{whole: max(n, -n)}
		case int64:
			return operands{whole: int(max(n, -n))}
		case money.Decimal:
			n = n.Abs().Trim(0)
			whole, decimals, _ := n.Int64(n.Scale())
			return operands{int(whole), n.Scale(), int(decimals)}
		}
	}
	return operands{}
}

func (p *Printer) value(name string, params []any) string {
	for i := 0; i+1 < len(params); i += 2 {
		if params[i] == name {
			return p.Value(params[i+1])
		}
	}
	return "{" + name + "}"
}

// Value writes a parameter by its type.
func (p *Printer) Value(v any) string {
	switch v := v.(type) {
	case string:
		return v
	case Key:
		return p.T(string(v))
	case int:
		return p.Int(int64(v))
	case int64:
		return p.Int(v)
	case money.Amount:
		return p.Money(v)
	case money.Decimal:
		return p.Number(v)
	case time.Time:
		return p.DateTime(v)
	case time.Duration:
		return p.Span(v)
	case Text:
		return p.Of(v)
	}
	return fmt.Sprint(v)
}

// Fault is what an error says to a person. Its code is the key.
func (p *Printer) Fault(f fault.Fault) string { return p.T(f.Code, f.Params...) }

// nbsp and the signs of numbers.
const (
	nbsp  = "\u00a0"
	minus = "\u2212"
)

// Int is a whole number with its thousands set apart.
func (p *Printer) Int(n int64) string { return p.number(strconv.FormatInt(n, 10)) }

// Number is a decimal as it is, with no zeros at its end.
func (p *Printer) Number(d money.Decimal) string { return p.number(d.Trim(0).String()) }

// Money is an amount with its sign: 1 234,50 $ in French, $1,234.50 in English.
func (p *Printer) Money(a money.Amount) string {
	return p.withSign(a.Decimal().String(), a.Currency)
}

// Plain is an amount without its sign, as it stands in a field.
func (p *Printer) Plain(a money.Amount) string { return p.number(a.Decimal().String()) }

// Price is a unit price: two decimals at least, and up to four where it has them.
func (p *Printer) Price(d money.Decimal, currency string) string {
	digits := money.Digits(currency)
	return p.withSign(money.HalfEven.Round(d, 4).Trim(digits).Pad(digits).String(), currency)
}

// Percent is a rate: 0.09975 is 9,975 %.
func (p *Printer) Percent(rate money.Decimal) string {
	d, err := rate.Mul(money.Int(100))
	if err != nil {
		return rate.String()
	}
	if p.Lang == FR {
		return p.Number(d) + nbsp + "%"
	}
	return p.Number(d) + "%"
}

// signs of the currencies met here; others show their code.
var signs = map[Lang]map[string]string{
	FR: {"CAD": "$", "USD": "$" + nbsp + "US", "EUR": "€"},
	EN: {"CAD": "$", "USD": "US$", "EUR": "€"},
}

func (p *Printer) withSign(text, currency string) string {
	sign, found := signs[p.Lang][currency]
	if !found {
		sign = currency
	}
	text = p.number(text)
	if p.Lang == FR {
		return text + nbsp + sign
	}
	if !found {
		sign += nbsp
	}
	if rest, negative := strings.CutPrefix(text, minus); negative {
		return minus + sign + rest
	}
	return sign + text
}

// number dresses a machine's number: -1234.5 is −1 234,5 or −1,234.5.
func (p *Printer) number(text string) string {
	text, negative := strings.CutPrefix(text, "-")
	whole, decimals, _ := strings.Cut(text, ".")
	thousands, point := ",", "."
	if p.Lang == FR {
		thousands, point = nbsp, ","
	}
	var b strings.Builder
	b.Grow(len(text) + 8)
	if negative {
		b.WriteString(minus)
	}
	for i := range len(whole) {
		if i > 0 && (len(whole)-i)%3 == 0 {
			b.WriteString(thousands)
		}
		b.WriteByte(whole[i])
	}
	if decimals != "" {
		b.WriteString(point)
		b.WriteString(decimals)
	}
	return b.String()
}

// Date is a calendar date, which is written the same in both languages: 2026-11-23.
func (p *Printer) Date(iso string) string { return iso }

// Day is the calendar date of an instant in the merchant's zone.
func (p *Printer) Day(t time.Time) string { return t.In(p.zone).Format(time.DateOnly) }

// Time is an instant of the day in the merchant's zone: 14 h 05, 2:05 p.m.
func (p *Printer) Time(t time.Time) string {
	t = t.In(p.zone)
	if p.Lang == FR {
		return t.Format("15" + nbsp + "h" + nbsp + "04")
	}
	if t.Hour() < 12 {
		return t.Format("3:04" + nbsp + "a.m.")
	}
	return t.Format("3:04" + nbsp + "p.m.")
}

// DateTime is a date and a time: 2026-11-23, 14 h 05.
func (p *Printer) DateTime(t time.Time) string { return p.Day(t) + ", " + p.Time(t) }

// LongDate is a date in words: lundi 1er mars 2026; Monday, March 1, 2026.
func (p *Printer) LongDate(t time.Time) string {
	t = t.In(p.zone)
	day, month := p.T("day."+strconv.Itoa(int(t.Weekday()))), p.T("month."+strconv.Itoa(int(t.Month())))
	if p.Lang == FR {
		ordinal := ""
		if t.Day() == 1 {
			ordinal = "er"
		}
		return fmt.Sprintf("%s %d%s %s %d", day, t.Day(), ordinal, month, t.Year())
	}
	return fmt.Sprintf("%s, %s %d, %d", day, month, t.Day(), t.Year())
}

// Span is a length of time in its largest unit, and the next when it matters:
// 41 s, 8 min 52 s, 2 h 5 min, 3 j.
func (p *Printer) Span(d time.Duration) string {
	d = max(d, 0)
	unit := func(n time.Duration, key string) string {
		return p.Int(int64(n)) + nbsp + p.T("unit."+key)
	}
	switch {
	case d < time.Second:
		return unit(d/time.Millisecond, "ms")
	case d < time.Minute:
		return unit(d/time.Second, "s")
	case d < 10*time.Minute && d%time.Minute >= time.Second:
		return unit(d/time.Minute, "min") + nbsp + unit(d%time.Minute/time.Second, "s")
	case d < time.Hour:
		return unit(d/time.Minute, "min")
	case d < 48*time.Hour && d%time.Hour >= time.Minute:
		return unit(d/time.Hour, "h") + nbsp + unit(d%time.Hour/time.Minute, "min")
	case d < 48*time.Hour:
		return unit(d/time.Hour, "h")
	}
	return unit(d/(24*time.Hour), "d")
}
