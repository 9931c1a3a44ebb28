package db

import (
	"context"
	"database/sql"
	"fmt"
)

// session is one connection, held by one unit of work at a time.
type session struct {
	conn  *sql.Conn
	stmts map[*Stmt]*sql.Stmt // SQLite: prepared once per connection; nil on PostgreSQL, whose driver does it
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
		p.kept <- &session{conn, map[*Stmt]*sql.Stmt{}}
	}
	return p, nil
}

func (p *pool) get(ctx context.Context) (*session, error) {
	if p.kept == nil {
		conn, err := p.db.Conn(ctx)
		if err != nil {
			return nil, err
		}
		return &session{conn: conn}, nil
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
	holdPostgres  = &Stmt{Name: "db.hold", text: "BEGIN ISOLATION LEVEL READ COMMITTED"}
	readPostgres  = &Stmt{Name: "db.read", text: "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"}
	commit        = &Stmt{Name: "db.commit", text: "COMMIT", lite: "COMMIT"}
	rollback      = &Stmt{Name: "db.rollback", text: "ROLLBACK", lite: "ROLLBACK"}
)

// prepared is the statement, prepared, on SQLite; nil on PostgreSQL.
func (s *session) prepared(ctx context.Context, stmt *Stmt) (*sql.Stmt, error) {
	if s.stmts == nil {
		return nil, nil
	}
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

func (s *session) exec(ctx context.Context, stmt *Stmt, args ...any) (sql.Result, error) {
	p, err := s.prepared(ctx, stmt)
	if err != nil {
		return nil, err
	}
	var result sql.Result
	if p != nil {
		result, err = p.ExecContext(ctx, args...)
	} else {
		result, err = s.conn.ExecContext(ctx, stmt.text, args...)
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", stmt.Name, err)
	}
	return result, nil
}

func (s *session) query(ctx context.Context, stmt *Stmt, args ...any) (*sql.Rows, error) {
	p, err := s.prepared(ctx, stmt)
	if err != nil {
		return nil, err
	}
	if p != nil {
		return p.QueryContext(ctx, args...)
	}
	return s.conn.QueryContext(ctx, stmt.text, args...)
}

// unit runs f between begin and commit. A unit of work that has begun is not
// torn by a caller who leaves: its statements are short, and half a client's
// disconnection must not cost a connection.
func (s *session) unit(ctx context.Context, begin *Stmt, f func(context.Context) error) error {
	ctx = context.WithoutCancel(ctx)
	if _, err := s.exec(ctx, begin); err != nil {
		return err
	}
	done := false
	defer func() {
		if !done {
			// Its own error says nothing new: SQLite ends a transaction by itself
			// on a full disk, and a broken connection has none.
			s.exec(ctx, rollback)
		}
	}()
	if err := f(ctx); err != nil {
		return err
	}
	if _, err := s.exec(ctx, commit); err != nil {
		return err
	}
	done = true
	return nil
}
