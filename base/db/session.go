package db

import (
	"cmp"
	"context"
	"database/sql"
	"fmt"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"
)

// session is one connection, held by one unit of work at a time.
type session struct {
	conn  *sql.Conn
	stmts map[*Stmt]*sql.Stmt // SQLite: prepared once per connection; nil on PostgreSQL, whose driver does it
	marks map[string]string   // SQLite: of the shelves, as a group of units of work found them

	// On PostgreSQL a way to the server and back costs more than most statements,
	// so those whose answer nobody waits for go with the next one that is.
	pg     *pgx.Conn
	queued []queued
	sent   int     // ways there and back so far
	unlock *queued // gives a WriteAs key back, with the commit; nil when none is held
}

// queued is a statement on its way to PostgreSQL. rows takes its answer, when it
// has one.
type queued struct {
	stmt *Stmt
	args []any
	rows func(results) error
}

// take reads one answer.
func (q queued) take(answers pgx.BatchResults) (n int64, err error) {
	if q.rows == nil {
		tag, err := answers.Exec()
		if err != nil {
			return 0, fmt.Errorf("%s: %w", q.stmt.Name, err)
		}
		return tag.RowsAffected(), nil
	}
	rows, err := answers.Query()
	if err == nil {
		err = q.rows(rows)
		rows.Close()
		err = cmp.Or(err, rows.Err())
	}
	if err != nil {
		return 0, fmt.Errorf("%s: %w", q.stmt.Name, err)
	}
	return 0, nil
}

// results are the rows of a query, whichever driver gives them.
type results interface {
	Next() bool
	Scan(dest ...any) error
	Err() error
}

// pool hands out sessions. On SQLite they are opened once and kept, so that
// their statements stay prepared; on PostgreSQL database/sql replaces the ones
// that broke.
type pool struct {
	db   *sql.DB
	kept chan *session // nil on PostgreSQL
}

func keep(ctx context.Context, db *sql.DB, n int) (*pool, error) {
	p := &pool{db, make(chan *session, n)}
	for range n {
		conn, err := db.Conn(ctx)
		if err != nil {
			db.Close()
			return nil, err
		}
		p.kept <- &session{conn: conn, stmts: map[*Stmt]*sql.Stmt{}}
	}
	return p, nil
}

func (p *pool) get(ctx context.Context) (*session, error) {
	if p.kept == nil {
		conn, err := p.db.Conn(ctx)
		if err != nil {
			return nil, err
		}
		s := &session{conn: conn}
		err = conn.Raw(func(driver any) error {
			s.pg = driver.(*stdlib.Conn).Conn()
			return nil
		})
		return s, err
	}
	select {
	case s := <-p.kept:
		return s, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

func (p *pool) put(s *session) {
	if p.kept == nil {
		s.conn.Close()
		return
	}
	p.kept <- s
}

func (p *pool) close() {
	for len(p.kept) > 0 {
		s := <-p.kept
		// One statement left open would keep SQLite from ending its connection,
		// and with it from moving the WAL into the file.
		for _, stmt := range s.stmts {
			stmt.Close()
		}
		s.conn.Close()
	}
	p.db.Close()
}

var (
	beginSQLite   = &Stmt{Name: "db.begin", lite: "BEGIN IMMEDIATE"}
	readSQLite    = &Stmt{Name: "db.read", lite: "BEGIN"}
	beginPostgres = &Stmt{Name: "db.begin", text: "BEGIN ISOLATION LEVEL SERIALIZABLE"}
	holdPostgres  = &Stmt{Name: "db.hold", text: "BEGIN ISOLATION LEVEL REPEATABLE READ"}
	planAnew      = &Stmt{Name: "db.plan_anew", text: "SET LOCAL plan_cache_mode = force_custom_plan"}
	planOnce      = &Stmt{Name: "db.plan_once", text: "SET LOCAL plan_cache_mode = auto"}
	readPostgres  = &Stmt{Name: "db.read", text: "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"}
	savepoint     = &Stmt{Name: "db.savepoint", lite: "SAVEPOINT unit"}
	release       = &Stmt{Name: "db.release", lite: "RELEASE unit"}
	rollbackTo    = &Stmt{Name: "db.rollback_to", lite: "ROLLBACK TO unit"}
	commit        = &Stmt{Name: "db.commit", text: "COMMIT", lite: "COMMIT"}
	rollback      = &Stmt{Name: "db.rollback", text: "ROLLBACK", lite: "ROLLBACK"}
)

// prepared is the statement, prepared, on SQLite.
func (s *session) prepared(ctx context.Context, stmt *Stmt) (*sql.Stmt, error) {
	if p := s.stmts[stmt]; p != nil {
		return p, nil
	}
	p, err := s.conn.PrepareContext(ctx, stmt.lite)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", stmt.Name, err)
	}
	s.stmts[stmt] = p
	return p, nil
}

// exec runs a statement, after those that are queued, and says how many rows it
// touched.
func (s *session) exec(ctx context.Context, stmt *Stmt, args ...any) (n int64, err error) {
	if s.pg != nil {
		s.later(stmt, args...)
		return s.flush(ctx)
	}
	p, err := s.prepared(ctx, stmt)
	if err != nil {
		return 0, err
	}
	result, err := p.ExecContext(ctx, args...)
	if err != nil {
		return 0, fmt.Errorf("%s: %w", stmt.Name, err)
	}
	return result.RowsAffected()
}

// later queues a statement on PostgreSQL.
func (s *session) later(stmt *Stmt, args ...any) {
	s.queued = append(s.queued, queued{stmt: stmt, args: args})
}

// flush runs everything that is queued, in one way there and back, and says how
// many rows the last one touched. After the first error PostgreSQL does nothing more.
func (s *session) flush(ctx context.Context) (n int64, err error) {
	if len(s.queued) == 0 {
		return 0, nil
	}
	batch, sent := &pgx.Batch{}, s.queued
	s.queued = nil
	s.sent++
	for _, q := range sent {
		batch.Queue(q.stmt.text, q.args...)
	}
	answers := s.pg.SendBatch(ctx, batch)
	defer func() {
		if closed := answers.Close(); err == nil {
			err = closed
		}
	}()
	for _, q := range sent {
		if n, err = q.take(answers); err != nil {
			return 0, err
		}
	}
	return n, nil
}

// query runs a query, after what is queued, and hands its rows to f.
func (s *session) query(ctx context.Context, stmt *Stmt, f func(results) error, args ...any) (err error) {
	if s.pg != nil {
		s.queued = append(s.queued, queued{stmt, args, f})
		_, err := s.flush(ctx)
		return err
	}
	p, err := s.prepared(ctx, stmt)
	if err != nil {
		return err
	}
	rows, err := p.QueryContext(ctx, args...)
	if err != nil {
		return fmt.Errorf("%s: %w", stmt.Name, err)
	}
	defer rows.Close()
	if err := f(rows); err != nil {
		return fmt.Errorf("%s: %w", stmt.Name, err)
	}
	return nil
}

// unit runs f between begin and commit. A unit of work that has begun is not
// torn by a caller who leaves: its statements are short, and half a client's
// disconnection must not cost a connection.
func (s *session) unit(ctx context.Context, begin *Stmt, tx *Tx, f func(context.Context) error) error {
	ctx = context.WithoutCancel(ctx)
	before := s.sent
	if s.pg != nil {
		s.later(begin)
		tx.askMarks()
	} else if _, err := s.exec(ctx, begin); err != nil {
		return err
	}
	done := false
	defer func() {
		if done {
			return
		}
		s.queued = nil
		if s.pg == nil || s.sent > before {
			// Its own error says nothing new: SQLite ends a transaction by itself
			// on a full disk, and a broken connection has none.
			s.exec(ctx, rollback)
		}
	}()
	if err := f(ctx); err != nil {
		return err
	}
	if s.unlock != nil {
		s.later(commit)
		s.queued = append(s.queued, *s.unlock)
		if _, err := s.flush(ctx); err != nil {
			return err
		}
		s.unlock = nil
	} else if _, err := s.exec(ctx, commit); err != nil {
		return err
	}
	done = true
	return nil
}
