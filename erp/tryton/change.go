package tryton

import (
	"cmp"
	"context"
	"encoding/json"
	"hash/fnv"
	"slices"
	"strconv"
	"time"

	"comptoir.example/comptoir/erp"
)

// plan is how one kind is read: every id of it, the records with some ids, and
// the models whose changes make a record of the kind change.
type plan struct {
	ids     func(ctx context.Context) ([]string, error)
	read    func(ctx context.Context, ids []string) ([]erp.Record, error)
	watches []watch
}

// watch is one model whose rows are followed by their stamps.
type watch struct {
	model string
	where []any
	// to says which records of the kind depend on rows of the model. Nil: the
	// rows are the records.
	to func(ctx context.Context, rows []int64) ([]string, error)
	// parent is set where rows that disappear must be noticed: the field that
	// links to what they belonged to, and gone is what depends on that.
	parent string
	gone   func(ctx context.Context, parents []string) ([]string, error)
}

// cursor is how far one kind was read.
type cursor struct {
	Marks   []mark   `json:"marks"`             // one for each watch of the kind
	Loading bool     `json:"loading,omitempty"` // the first load is not over
	Last    string   `json:"last,omitempty"`    // last id of the first load
	Todo    []string `json:"todo,omitempty"`    // changed, and not read yet
}

// mark is how far one model was read. Seen are the rows of the overlap with
// their stamps, so that going back over it gives only what is new there.
type mark struct {
	At    int64                `json:"at"`    // largest stamp read, µs
	Seen  map[string][]int64   `json:"seen"`  // stamp → ids
	Since int64                `json:"since"` // our clock when At last moved, s
	Count int64                `json:"count,omitempty"`
	Kin   map[string]kinDigest `json:"kin,omitempty"` // what belonged to each parent
}

type kinDigest struct {
	N   int    `json:"n"`
	Sum uint64 `json:"sum"`
}

// Changed lists what changed after a cursor. The first load goes by id and
// starts where the marks stood before it; afterwards every watched model is
// asked for the rows with later stamps.
func (c *Connector) Changed(ctx context.Context, kind erp.Kind, from string, limit int) (erp.Page, error) {
	p, ok := c.plan[kind]
	if !ok {
		return erp.Page{}, broken("kind", "no kind %s", kind)
	}
	limit = max(limit, 1)
	cur, err := c.resume(ctx, p, from)
	if err != nil {
		return erp.Page{}, err
	}
	var page []string
	more := false
	if cur.Loading {
		ids, err := p.ids(ctx)
		if err != nil {
			return erp.Page{}, err
		}
		at := 0
		if cur.Last != "" {
			at, _ = slices.BinarySearchFunc(ids, cur.Last, func(id, last string) int {
				if compareIDs(id, last) <= 0 {
					return -1
				}
				return 1
			})
		}
		page = ids[at:min(at+limit, len(ids))]
		if more = at+len(page) < len(ids); more {
			cur.Last = page[len(page)-1]
		} else {
			cur.Loading, cur.Last = false, ""
		}
	} else {
		if len(cur.Todo) == 0 {
			if cur.Todo, err = c.poll(ctx, p, &cur); err != nil {
				return erp.Page{}, err
			}
		}
		n := min(limit, len(cur.Todo))
		page, cur.Todo = cur.Todo[:n], cur.Todo[n:]
		more = len(cur.Todo) > 0
	}
	records, err := c.Read(ctx, kind, page)
	if err != nil {
		return erp.Page{}, err
	}
	text, err := json.Marshal(cur)
	if err != nil {
		return erp.Page{}, broken("cursor", "%v", err)
	}
	return erp.Page{Records: records, Cursor: string(text), More: more}, nil
}

// resume reads a cursor. One that was made for other watches than today's
// (an upgrade lies between) begins again.
func (c *Connector) resume(ctx context.Context, p plan, from string) (cursor, error) {
	var cur cursor
	if from != "" {
		if err := json.Unmarshal([]byte(from), &cur); err == nil && len(cur.Marks) == len(p.watches) {
			return cur, nil
		}
	}
	cur = cursor{Loading: true, Marks: make([]mark, len(p.watches))}
	for i, w := range p.watches {
		if err := c.start(ctx, w, &cur.Marks[i]); err != nil {
			return cur, err
		}
	}
	return cur, nil
}

// start puts a mark at the last change there is, with what is in the overlap
// before it counted as seen: the first load reads all of it.
func (c *Connector) start(ctx context.Context, w watch, m *mark) error {
	for _, field := range []string{"write_date", "create_date"} {
		answer, err := c.rpc.call(ctx, "model."+w.model+".search_read", map[string]any{"active_test": false},
			w.domain(is{field, "!=", nil}), 0, 1, [][2]string{{field, "DESC"}}, []string{field})
		if err != nil {
			return err
		}
		rows, err := rowsOf(w.model, answer)
		if err != nil {
			return err
		}
		if len(rows) > 0 {
			m.At = max(m.At, rows[0].stamp().UnixMicro())
		}
	}
	_, err := c.follow(ctx, w, m)
	if err == nil && w.parent != "" {
		_, err = c.orphaned(ctx, w, m, true)
	}
	return err
}

func (w watch) domain(clauses ...any) []any { return append(slices.Clone(w.where), clauses...) }

// poll asks every watched model what changed and gives the records that depend
// on it, in the order of the watches.
func (c *Connector) poll(ctx context.Context, p plan, cur *cursor) ([]string, error) {
	var todo []string
	for i, w := range p.watches {
		m := &cur.Marks[i]
		rows, err := c.follow(ctx, w, m)
		if err != nil {
			return nil, err
		}
		if w.parent != "" {
			parents, err := c.orphaned(ctx, w, m, len(rows) > 0)
			if err != nil {
				return nil, err
			}
			if len(parents) > 0 {
				ids, err := w.gone(ctx, parents)
				if err != nil {
					return nil, err
				}
				todo = append(todo, ids...)
			}
		}
		if len(rows) == 0 {
			continue
		}
		ids := texts(rows)
		if w.to != nil {
			if ids, err = w.to(ctx, rows); err != nil {
				return nil, err
			}
		}
		todo = append(todo, ids...)
	}
	return unique(todo), nil
}

// hit is a row with its stamp.
type hit struct{ id, at int64 }

// follow gives the rows of a model that changed since a mark, by stamp and id,
// and moves the mark to the largest stamp read: never to the time of any clock.
//
// A row shows when its transaction ends, with the stamp of when it was written,
// so each poll goes back by the overlap. Once no change came for longer than
// any transaction lasts there is nothing left to show late, and polls of a
// quiet ERP go back no further than the mark itself.
func (c *Connector) follow(ctx context.Context, w watch, m *mark) ([]int64, error) {
	now := time.Now().Unix()
	back := overlap.Microseconds()
	if m.Since != 0 && now-m.Since > int64((overlap+operation).Seconds()) {
		back = 0
	}
	after := sendInstant(time.UnixMicro(max(m.At-back, 0)))
	if m.At == 0 {
		after = sendInstant(time.Unix(0, 0))
	}
	rows, err := c.rpc.all(ctx, w.model,
		w.domain([]any{"OR", is{"write_date", ">=", after}, is{"create_date", ">=", after}}), "write_date", "create_date")
	if err != nil {
		return nil, err
	}
	var fresh []hit
	hits := make([]hit, 0, len(rows))
	moved := m.At
	for _, r := range rows {
		h := hit{r.number(), r.stamp().UnixMicro()}
		hits = append(hits, h)
		moved = max(moved, h.at)
		if _, seen := slices.BinarySearch(m.Seen[strconv.FormatInt(h.at, 10)], h.id); !seen {
			fresh = append(fresh, h)
		}
	}
	if moved != m.At || m.Since == 0 || len(fresh) > 0 {
		m.At, m.Since = moved, now
	}
	m.Seen = map[string][]int64{}
	for _, h := range hits {
		if h.at >= m.At-overlap.Microseconds() {
			key := strconv.FormatInt(h.at, 10)
			m.Seen[key] = append(m.Seen[key], h.id)
		}
	}
	slices.SortFunc(fresh, func(a, b hit) int { return cmp.Or(cmp.Compare(a.at, b.at), cmp.Compare(a.id, b.id)) })
	out := make([]int64, 0, len(fresh))
	for _, h := range fresh {
		out = append(out, h.id)
	}
	return out, nil
}

// orphaned gives the parents that lost rows. Tryton keeps no trace of a deleted
// row, but its count drops, or else a row came, which look says: only then are
// all ids compared.
func (c *Connector) orphaned(ctx context.Context, w watch, m *mark, look bool) ([]string, error) {
	answer, err := c.rpc.call(ctx, "model."+w.model+".search_count", nil, w.domain())
	if err != nil {
		return nil, err
	}
	count, _ := whole(answer)
	if count == m.Count && !look {
		return nil, nil
	}
	rows, err := c.rpc.all(ctx, w.model, w.domain(), w.parent)
	if err != nil {
		return nil, err
	}
	kin := map[string]kinDigest{}
	for _, r := range rows {
		parent := r.id(w.parent)
		k := kin[parent]
		h := fnv.New64a()
		h.Write([]byte(r.id("id")))
		kin[parent] = kinDigest{N: k.N + 1, Sum: k.Sum + h.Sum64()}
	}
	var lost []string
	for parent, was := range m.Kin {
		if kin[parent] != was {
			lost = append(lost, parent)
		}
	}
	m.Count, m.Kin = int64(len(rows)), kin
	return unique(lost), nil
}

// Read gives records as they are now; what is gone or archived is Deleted.
func (c *Connector) Read(ctx context.Context, kind erp.Kind, ids []string) ([]erp.Record, error) {
	p, ok := c.plan[kind]
	if !ok {
		return nil, broken("kind", "no kind %s", kind)
	}
	ids = unique(slices.Clone(ids))
	out := make([]erp.Record, 0, len(ids))
	for part := range slices.Chunk(ids, 500) {
		records, err := p.read(ctx, part)
		if err != nil {
			return nil, err
		}
		found := map[string]bool{}
		for _, r := range records {
			r.Kind = kind
			found[r.ID] = true
			out = append(out, r)
		}
		for _, id := range part {
			if !found[id] {
				out = append(out, erp.Record{Kind: kind, ID: id, Deleted: true})
			}
		}
	}
	return out, nil
}

// IDs lists every id of a kind that exists and is not archived.
func (c *Connector) IDs(ctx context.Context, kind erp.Kind) ([]string, error) {
	p, ok := c.plan[kind]
	if !ok {
		return nil, broken("kind", "no kind %s", kind)
	}
	return p.ids(ctx)
}

// record wraps a body with the envelope of its row. A row that could not be
// understood says so instead.
func record(r *row, no string, body erp.Body) erp.Record {
	at := r.stamp()
	// There is no revision to give: a record's stamp does not move with all that
	// is in the record.
	rec := erp.Record{ID: r.id("id"), No: no, ChangedAt: at}
	rec.Raw, _ = json.Marshal(r.fields)
	if r.err != nil {
		rec.Malformed = r.err.Error()
		return rec
	}
	rec.Body = body
	return rec
}
