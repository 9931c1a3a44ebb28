package api

import (
	"encoding/base64"
	"net/url"
	"strings"

	"comptoir.example/comptoir/base/fault"
	"comptoir.example/comptoir/web"
)

// Paging is how a caller walks through a list: the next part starts after the
// last one's next_cursor, which means nothing to the caller.
type Paging struct {
	Limit         int    `query:"limit" minimum:"1" maximum:"100" default:"20"`
	StartingAfter string `query:"starting_after" maxLength:"1000"`
}

// Page is a part of a list.
type Page[T any] struct {
	Data       []T    `json:"data"`
	HasMore    bool   `json:"has_more"`
	NextCursor string `json:"next_cursor,omitempty"`
}

// Paged is the answer that carries it. Link points at the next part (RFC 8288).
type Paged[T any] struct {
	Link string `header:"Link"`
	Body Page[T]
}

// page makes the answer of one row more than the limit: the row too many says
// that there is more. cursor gives the place of a row.
func page[R, T any](r *web.Request, limit int, rows []R, show func(R) T, cursor func(last R) string) *Paged[T] {
	out := &Paged[T]{Body: Page[T]{Data: make([]T, 0, len(rows))}}
	if len(rows) > limit {
		rows = rows[:limit]
		out.Body.HasMore, out.Body.NextCursor = true, cursor(rows[limit-1])
		next := url.URL{Path: r.URL.Path}
		query := r.URL.Query()
		query.Set("starting_after", out.Body.NextCursor)
		next.RawQuery = query.Encode()
		out.Link = "<" + next.String() + `>; rel="next"`
	}
	for _, row := range rows {
		out.Body.Data = append(out.Body.Data, show(row))
	}
	return out
}

// all is a list so short that it is never cut.
func all[R, T any](rows []R, show func(R) T) *Paged[T] {
	out := &Paged[T]{Body: Page[T]{Data: make([]T, 0, len(rows))}}
	for _, row := range rows {
		out.Body.Data = append(out.Body.Data, show(row))
	}
	return out
}

func encodeCursor(parts ...string) string {
	return base64.RawURLEncoding.EncodeToString([]byte(strings.Join(parts, "\n")))
}

// cursor reads back the n parts of a cursor; all empty at the start of a list.
func (p Paging) cursor(n int) ([]string, error) {
	if p.StartingAfter == "" {
		return make([]string, n), nil
	}
	text, err := base64.RawURLEncoding.Strict().DecodeString(p.StartingAfter)
	parts := strings.Split(string(text), "\n")
	if err != nil || len(parts) != n || !web.IsText(string(text)) {
		return nil, badCursor()
	}
	return parts, nil
}

func badCursor() error {
	return fault.New(fault.Invalid, "api.invalid").With(parameter+"starting_after", "api.bad_cursor")
}
