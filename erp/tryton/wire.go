package tryton

import (
	"bytes"
	"encoding/json"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"

	"comptoir.example/comptoir/base/money"
)

// aboutRecord is the tail of a warning's name that says which record it is about.
var aboutRecord = regexp.MustCompile(`(?:^|_)[a-z]+(?:\.[a-z_]+)+,-?\d+$`)

// date is a business date as Tryton sends it: YYYY-MM-DD here.
type date string

// decode reads JSON with Tryton's own encodings of decimals, dates and instants.
// Numbers stay text until somebody says what they are.
func decode(text []byte) (any, error) {
	if len(text) == 0 {
		return nil, nil
	}
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	var v any
	if err := d.Decode(&v); err != nil {
		return nil, err
	}
	return plain(v)
}

func plain(v any) (any, error) {
	var err error
	switch v := v.(type) {
	case []any:
		for i := range v {
			if v[i], err = plain(v[i]); err != nil {
				return nil, err
			}
		}
	case map[string]any:
		if class, ok := v["__class__"].(string); ok {
			return special(class, v)
		}
		for k := range v {
			if v[k], err = plain(v[k]); err != nil {
				return nil, err
			}
		}
	}
	return v, nil
}

func special(class string, v map[string]any) (any, error) {
	part := func(name string) int {
		n, _ := whole(v[name])
		return int(n)
	}
	switch class {
	case "Decimal":
		s, _ := v["decimal"].(string)
		return money.Parse(s)
	case "date":
		return date(fmt.Sprintf("%04d-%02d-%02d", part("year"), part("month"), part("day"))), nil
	case "datetime":
		return time.Date(part("year"), time.Month(part("month")), part("day"),
			part("hour"), part("minute"), part("second"), part("microsecond")*1000, time.UTC), nil
	}
	return v, nil // times, durations and bytes: nobody here reads them
}

// sendDecimal, sendDate and sendInstant write what special reads. A decimal sent
// as a JSON number would be accepted without a word, and be a float.
func sendDecimal(d money.Decimal) any {
	return map[string]any{"__class__": "Decimal", "decimal": d.String()}
}

func sendDate(s string) any {
	t, err := time.Parse(time.DateOnly, s)
	if err != nil {
		return nil
	}
	return map[string]any{"__class__": "date", "year": t.Year(), "month": int(t.Month()), "day": t.Day()}
}

func sendInstant(t time.Time) any {
	t = t.UTC()
	return map[string]any{"__class__": "datetime", "year": t.Year(), "month": int(t.Month()), "day": t.Day(),
		"hour": t.Hour(), "minute": t.Minute(), "second": t.Second(), "microsecond": t.Nanosecond() / 1000}
}

// sendQuantity writes a quantity, which is a float in Tryton: the shortest text
// of the decimal gives the nearest one.
func sendQuantity(d money.Decimal) any { return json.Number(d.Trim(0).String()) }

// whole reads an id or a count.
func whole(v any) (int64, bool) {
	n, ok := v.(json.Number)
	if !ok {
		return 0, false
	}
	i, err := strconv.ParseInt(n.String(), 10, 64)
	return i, err == nil
}

// row is one record as Tryton gave it, read field by field. The first field
// that is not what it should be is kept in err, and makes the record malformed.
type row struct {
	fields map[string]any
	err    error
}

func (r *row) fail(name string, v any) {
	if r.err == nil {
		r.err = fmt.Errorf("field %q is %s", name, cut(fmt.Sprintf("%T %v", v, v)))
	}
}

// text is a string; absent and empty are the same.
func (r *row) text(name string) string {
	switch v := r.fields[name].(type) {
	case string:
		return strings.TrimSpace(v)
	case nil:
	default:
		r.fail(name, v)
	}
	return ""
}

// id is a number of a record, as text; "" for an empty link.
func (r *row) id(name string) string {
	v := r.fields[name]
	if v == nil {
		return ""
	}
	n, ok := whole(v)
	if !ok {
		r.fail(name, v)
		return ""
	}
	return strconv.FormatInt(n, 10)
}

func (r *row) number() int64 {
	n, _ := whole(r.fields["id"])
	return n
}

// ids is a list of records.
func (r *row) ids(name string) []string {
	list, _ := r.fields[name].([]any)
	var out []string
	for _, v := range list {
		if n, ok := whole(v); ok {
			out = append(out, strconv.FormatInt(n, 10))
		} else {
			r.fail(name, v)
		}
	}
	return out
}

// reference is a link that can point to several models: "sale.line,18".
func (r *row) reference(name string) (model, id string) {
	model, id, _ = strings.Cut(r.text(name), ",")
	return model, id
}

// decimal is an amount, a price or a rate, exact.
func (r *row) decimal(name string) money.Decimal {
	switch v := r.fields[name].(type) {
	case money.Decimal:
		return v
	case nil:
	default:
		r.fail(name, v)
	}
	return money.Decimal{}
}

func (r *row) has(name string) bool { return r.fields[name] != nil }

// quantity is a float in Tryton: noise beyond six decimals is not kept.
func (r *row) quantity(name string) money.Decimal {
	switch v := r.fields[name].(type) {
	case json.Number:
		if d, err := money.Parse(v.String()); err == nil {
			return d.Round(6).Trim(0)
		}
		r.fail(name, v)
	case nil:
	default:
		r.fail(name, v)
	}
	return money.Decimal{}
}

// factor is how many of the reference unit a unit is, with all its digits.
func (r *row) factor(name string) money.Decimal {
	if n, ok := r.fields[name].(json.Number); ok {
		if d, err := money.Parse(n.String()); err == nil && d.IsPos() {
			return d
		}
	}
	r.fail(name, r.fields[name])
	return money.Int(1)
}

// count is a small whole number.
func (r *row) count(name string) int {
	n, ok := whole(r.fields[name])
	if !ok && r.fields[name] != nil {
		r.fail(name, r.fields[name])
	}
	return int(n)
}

// yes is a boolean: true and false on PostgreSQL, 1 and 0 on SQLite.
func (r *row) yes(name string) bool {
	switch v := r.fields[name].(type) {
	case bool:
		return v
	case json.Number:
		return v.String() != "0"
	case nil:
	default:
		r.fail(name, v)
	}
	return false
}

// date is YYYY-MM-DD, "" when there is none.
func (r *row) date(name string) string {
	switch v := r.fields[name].(type) {
	case date:
		return string(v)
	case nil:
	default:
		r.fail(name, v)
	}
	return ""
}

// stamp is when the record last changed. Tryton leaves write_date empty until
// the first write.
func (r *row) stamp() time.Time {
	for _, name := range []string{"write_date", "create_date"} {
		if t, ok := r.fields[name].(time.Time); ok {
			return t
		}
	}
	return time.Time{}
}

// sub is the record behind a link that was asked for with dotted names; empty
// when the link is. What is wrong inside it is wrong with r.
func (r *row) sub(name string) *row {
	m, _ := r.fields[name+"."].(map[string]any)
	return &row{fields: m}
}

// subs are the records behind a list that was asked for with dotted names.
func (r *row) subs(name string) []*row {
	list, _ := r.fields[name+"."].([]any)
	out := make([]*row, 0, len(list))
	for _, v := range list {
		m, _ := v.(map[string]any)
		out = append(out, &row{fields: m})
	}
	return out
}

// check takes over the first thing that was wrong with rows under this one.
func (r *row) check(under ...*row) {
	for _, u := range under {
		if r.err == nil && u.err != nil {
			r.err = u.err
		}
	}
}
