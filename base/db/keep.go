package db

import (
	"context"
	"sync"
	"sync/atomic"
)

// What changes seldom and is read by every page, such as the replica of an ERP's
// items, prices and customers, is kept in memory. It is never old: each unit of
// work asks which mark its data has, in the state that it sees, and takes only
// what was read under the same mark.
//
// Table: mark.

var (
	selectMark  = SQL("db.select_mark", `SELECT mark FROM mark WHERE shelf = $1`)
	selectMarks = SQL("db.select_marks", `SELECT shelf, mark FROM mark`)
	upsertMark  = SQL("db.upsert_mark", `
INSERT INTO mark (shelf, mark) VALUES ($1, $2) ON CONFLICT (shelf) DO UPDATE SET mark = excluded.mark`)
)

// maxKept is how many values a shelf holds. When it is full it is emptied: what
// is in use is soon there again.
const maxKept = 16384

// shelf is the values read under one mark.
type shelf struct {
	mark   string
	values map[string]any
}

type shelves struct {
	mu   sync.Mutex
	name map[string]*shelf

	inUse atomic.Bool
}

// at finds a value that was read under a mark.
func (s *shelves) at(name, mark, key string) (v any, found bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if shelf := s.name[name]; shelf != nil && shelf.mark == mark {
		v, found = shelf.values[key]
	}
	return v, found
}

// put keeps a value that was read under a mark. Marks rise: a unit of work that
// sees an older state leaves what is there alone.
func (s *shelves) put(name, mark, key string, v any) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.inUse.Store(true)
	if s.name == nil {
		s.name = map[string]*shelf{}
	}
	here := s.name[name]
	if here != nil && here.mark > mark {
		return
	}
	if here == nil || here.mark != mark || len(here.values) >= maxKept {
		here = &shelf{mark, map[string]any{}}
		s.name[name] = here
	}
	here.values[key] = v
}

// mark is the mark of a shelf in the state that this unit of work sees; "" when
// nothing may be kept, because it changes the shelf itself or nobody ever did.
func (tx *Tx) mark(ctx context.Context, shelf string) (string, error) {
	if mark, known := tx.marks[shelf]; known {
		return mark, nil
	}
	if tx.marksComing {
		tx.marksComing = false
		if _, err := tx.session.flush(context.WithoutCancel(ctx)); err != nil {
			return "", err
		}
		return tx.mark(ctx, shelf)
	}
	mark, known := tx.session.marks[shelf]
	if !known {
		var err error
		if mark, _, err = One(ctx, tx, selectMark, Value[string], shelf); err != nil {
			return "", err
		}
		if tx.session.marks != nil {
			tx.session.marks[shelf] = mark
		}
	}
	tx.setMark(shelf, mark)
	return mark, nil
}

// askMarks lets the marks come along with the first answer from PostgreSQL.
func (tx *Tx) askMarks() {
	if !tx.db.shelves.inUse.Load() {
		return
	}
	tx.marksComing = true
	tx.session.queued = append(tx.session.queued, queued{stmt: selectMarks, rows: func(rows results) error {
		for rows.Next() {
			var shelf, mark string
			if err := rows.Scan(&shelf, &mark); err != nil {
				return err
			}
			if _, changing := tx.marks[shelf]; !changing {
				tx.setMark(shelf, mark)
			}
		}
		return rows.Err()
	}})
}

func (tx *Tx) setMark(shelf, mark string) {
	if tx.marks == nil {
		tx.marks = map[string]string{}
	}
	tx.marks[shelf] = mark
}

// Changed says that this unit of work changes what a shelf holds. Whoever writes
// to a table whose rows are kept calls it.
func (tx *Tx) Changed(ctx context.Context, shelf string) error {
	if mark, known := tx.marks[shelf]; known && mark == "" {
		return nil
	}
	tx.setMark(shelf, "")
	delete(tx.session.marks, shelf)
	return tx.Later(ctx, upsertMark, shelf, tx.ID())
}

// Keep is what read reads, from memory when it was read before and the shelf has
// not changed. Nobody may change what it gives.
func Keep[T any](ctx context.Context, tx *Tx, shelf, key string, read func() (T, error)) (T, error) {
	mark, err := tx.mark(ctx, shelf)
	if err != nil {
		var none T
		return none, err
	}
	if v, found := tx.db.shelves.at(shelf, mark, key); found && mark != "" {
		return v.(T), nil
	}
	v, err := read()
	if err == nil && mark != "" && !tx.floating {
		tx.db.shelves.put(shelf, mark, key, v)
	}
	return v, err
}

// KeepEach is Keep for several values of a kind by their ids: read is called for
// the missing ones, once. An id without a value is read again each time.
func KeepEach[T any](ctx context.Context, tx *Tx, shelf, kind string, ids []string, read func(missing []string) (map[string]T, error)) (map[string]T, error) {
	mark, err := tx.mark(ctx, shelf)
	if err != nil {
		return nil, err
	}
	all := make(map[string]T, len(ids))
	var missing []string
	for _, id := range ids {
		if v, found := tx.db.shelves.at(shelf, mark, kind+id); found && mark != "" {
			all[id] = v.(T)
		} else {
			missing = append(missing, id)
		}
	}
	if len(missing) == 0 {
		return all, nil
	}
	more, err := read(missing)
	for id, v := range more {
		all[id] = v
		if mark != "" && !tx.floating {
			tx.db.shelves.put(shelf, mark, kind+id, v)
		}
	}
	return all, err
}
