package tryton

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"strconv"

	"comptoir.example/comptoir/base/money"
	"comptoir.example/comptoir/erp"
)

// is a clause of a search: ["code", "=", "C1001"]. One that follows a link to
// several models names the model as well.
type is []any

// domain is what a search must fulfil, all of it. An empty one is everything.
func domain(clauses ...any) []any { return append([]any{}, clauses...) }

// all reads the rows of a model that fulfil a domain, in the order of their
// ids, archived ones as well.
func (c *client) all(ctx context.Context, model string, where []any, fields ...string) ([]*row, error) {
	return c.allIn(ctx, model, nil, where, fields...)
}

// allIn is all with something added to the context.
func (c *client) allIn(ctx context.Context, model string, extra map[string]any, where []any, fields ...string) ([]*row, error) {
	under := map[string]any{"active_test": false}
	for k, v := range extra {
		under[k] = v
	}
	answer, err := c.call(ctx, "model."+model+".search_read", under, where, 0, nil, [][2]string{{"id", "ASC"}}, fields)
	if err != nil {
		return nil, err
	}
	return rowsOf(model, answer)
}

// read gives fields that depend on the context (prices, quantities) of records
// that exist.
func (c *client) read(ctx context.Context, model string, extra map[string]any, ids []int64, fields ...string) ([]*row, error) {
	answer, err := c.call(ctx, "model."+model+".read", extra, ids, fields)
	if err != nil {
		return nil, err
	}
	return rowsOf(model, answer)
}

// find gives the ids that fulfil a domain, in rising order. Archived records
// are left out, as a person would see it.
func (c *client) find(ctx context.Context, model string, where []any) ([]int64, error) {
	answer, err := c.call(ctx, "model."+model+".search", nil, where, 0, nil, [][2]string{{"id", "ASC"}})
	if err != nil {
		return nil, err
	}
	list, ok := answer.([]any)
	if !ok {
		return nil, broken("answer", "search of %s gave %T", model, answer)
	}
	ids := make([]int64, 0, len(list))
	for _, v := range list {
		n, ok := whole(v)
		if !ok {
			return nil, broken("answer", "search of %s gave %v", model, v)
		}
		ids = append(ids, n)
	}
	return ids, nil
}

// first is all limited to one row.
func (c *client) first(ctx context.Context, model string, where []any, fields ...string) (*row, error) {
	rows, err := c.all(ctx, model, where, fields...)
	if err != nil || len(rows) == 0 {
		return nil, err
	}
	return rows[0], nil
}

// formed runs a form's on_change, which answers a list with one object, or just
// the object.
func (c *client) formed(ctx context.Context, model string, extra map[string]any, values map[string]any, changed ...string) (*row, error) {
	answer, err := c.call(ctx, "model."+model+".on_change", extra, values, changed)
	if err != nil {
		return nil, err
	}
	merged := map[string]any{}
	list, ok := answer.([]any)
	if !ok {
		list = []any{answer}
	}
	for _, v := range list {
		m, ok := v.(map[string]any)
		if !ok {
			return nil, broken("answer", "on_change of %s gave %T", model, v)
		}
		for k := range m {
			merged[k] = m[k]
		}
	}
	return &row{fields: merged}, nil
}

// press clicks a button on one record.
func (c *client) press(ctx context.Context, model, button string, id int64) error {
	_, err := c.call(ctx, "model."+model+"."+button, nil, []int64{id})
	return err
}

// pressAll clicks a button on several records at once: on all of them, or on none.
func (c *client) pressAll(ctx context.Context, model, button string, extra map[string]any, ids []int64) error {
	if len(ids) == 0 {
		return nil
	}
	_, err := c.call(ctx, "model."+model+"."+button, extra, ids)
	return err
}

// insist clicks a button and answers the questions to which yes says yes.
func (c *client) insist(ctx context.Context, model, button string, id int64, yes func(code string) bool) error {
	return c.persuade(ctx, yes, func() error { return c.press(ctx, model, button, id) })
}

// persuade repeats a call as long as it asks questions to which yes says yes. An
// answer is a record that Tryton uses up when the call is made again.
func (c *client) persuade(ctx context.Context, yes func(code string) bool, call func() error) error {
	for range 10 {
		err := call()
		var name warning
		if err == nil || erp.ErrorOf(err).Class != erp.NeedsDecision || !yes(erp.ErrorOf(err).Code) || !errors.As(err, &name) {
			return err
		}
		s, err := c.signedIn(ctx, nil)
		if err != nil {
			return err
		}
		if _, err := c.call(ctx, "model.res.user.warning.create", nil,
			[]any{map[string]any{"user": s.user, "name": string(name), "always": false}}); err != nil {
			return err
		}
	}
	return broken("questions", "questions without end")
}

// wizard runs the steps of one of Tryton's wizards. Its session stays on the server
// until it is deleted.
func (c *client) wizard(ctx context.Context, name string, steps func(run step) error) error {
	created, err := c.call(ctx, "wizard."+name+".create", nil)
	if err != nil {
		return err
	}
	session, _ := created.([]any)
	if len(session) == 0 {
		return broken("wizard", "%s gave %v", name, created)
	}
	defer c.call(context.WithoutCancel(ctx), "wizard."+name+".delete", nil, session[0])
	return steps(func(model string, ids []int64, data map[string]any, state string) (*row, error) {
		about := map[string]any{"active_id": ids[0], "active_ids": ids, "active_model": model}
		answer, err := c.call(ctx, "wizard."+name+".execute", about, session[0], data, state)
		if err != nil {
			return nil, err
		}
		fields, _ := answer.(map[string]any)
		return &row{fields: fields}, nil
	})
}

// step goes to a state of a wizard with what a person would have filled in, about
// some records.
type step func(model string, ids []int64, data map[string]any, state string) (*row, error)

func rowsOf(model string, answer any) ([]*row, error) {
	list, ok := answer.([]any)
	if !ok {
		return nil, broken("answer", "reading %s gave %T", model, answer)
	}
	rows := make([]*row, 0, len(list))
	for _, v := range list {
		m, ok := v.(map[string]any)
		if !ok {
			return nil, broken("answer", "reading %s gave %T", model, v)
		}
		rows = append(rows, &row{fields: m})
	}
	return rows, nil
}

// byID keys rows by their own id: answers are in no order that can be relied on.
func byID(rows []*row) map[string]*row {
	m := make(map[string]*row, len(rows))
	for _, r := range rows {
		m[r.id("id")] = r
	}
	return m
}

// numbers turns ids of ours into Tryton's. What is not a number is no record of
// Tryton's, and is left out.
func numbers(ids []string) []int64 {
	out := make([]int64, 0, len(ids))
	for _, id := range ids {
		if n, err := strconv.ParseInt(id, 10, 64); err == nil {
			out = append(out, n)
		}
	}
	return out
}

func number(id string) int64 {
	n, _ := strconv.ParseInt(id, 10, 64)
	return n
}

func texts(ids []int64) []string {
	out := make([]string, 0, len(ids))
	for _, n := range ids {
		out = append(out, strconv.FormatInt(n, 10))
	}
	return out
}

// unique sorts ids by their numbers, part by part, and drops repeats.
func unique(ids []string) []string {
	slices.SortFunc(ids, compareIDs)
	return slices.Compact(ids)
}

// names are a translated field of some records, in both languages.
func (c *client) names(ctx context.Context, model, field string, ids []string) (map[string]erp.Text, error) {
	out := map[string]erp.Text{}
	if len(ids) == 0 {
		return out, nil
	}
	for _, language := range []string{"fr", "en"} {
		rows, err := c.allIn(ctx, model, map[string]any{"language": language}, domain(is{"id", "in", numbers(ids)}), field)
		if err != nil {
			return nil, err
		}
		for _, r := range rows {
			t := out[r.id("id")]
			if language == "fr" {
				t.FR = r.text(field)
			} else {
				t.EN = r.text(field)
			}
			out[r.id("id")] = t
		}
	}
	return out, nil
}

// price is a unit price as an order line has it: four decimals, half to even.
func price(d money.Decimal) money.Decimal { return money.HalfEven.Round(d, 4).Trim(2) }

func compareIDs(a, b string) int {
	for {
		left, restA, moreA := cutID(a)
		right, restB, moreB := cutID(b)
		if n := cmp.Compare(left, right); n != 0 {
			return n
		}
		if !moreA || !moreB {
			return cmp.Compare(a, b)
		}
		a, b = restA, restB
	}
}

// cutID takes the first part of an id such as "3/12" as a number.
func cutID(id string) (n int64, rest string, more bool) {
	for i := range len(id) {
		if id[i] == '/' {
			return number(id[:i]), id[i+1:], true
		}
	}
	return number(id), "", false
}
