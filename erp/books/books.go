// Package books is a small ERP, and the connector that speaks to it.
//
// The ERP is a program of its own, started as a child process on its own port
// with its own file. It knows one merchant, works prices, taxes and due dates
// out by itself, and has a clerk's screens on which to ship, invoice, change
// prices, and break the line to Comptoir in three ways. It is for trying
// Comptoir, for its tests, and for merchants who have no ERP yet.
//
// The connector (connector.go) uses its HTTP API only, like any other ERP's.
// Whoever writes a connector may copy that half.
package books

import (
	"cmp"
	"context"
	"embed"
	"errors"
	"io/fs"
	"log/slog"
	"net"
	"net/http"
	"path/filepath"
	"time"

	"comptoir.example/comptoir/base/db"
	"comptoir.example/comptoir/base/i18n"
)

//go:embed migrations pages
var files embed.FS

// zone is where the merchant's days begin and end.
const zone = "America/Toronto"

// Options say where the books are kept and who may speak to them.
type Options struct {
	Listen string           // host:port; port 0 lets the system choose
	Dir    string           // holds books.db; made when it is not there
	Token  string           // what the API's callers must show; "" lets nobody in
	Lang   i18n.Lang        // of the screens at first, and of refusals; "" is French
	Ready  func(url string) // told once the program listens; may be nil
	Log    *slog.Logger     // nil is silent
	Clock  func() time.Time // nil is the real one
}

// program is the running ERP.
type program struct {
	Options
	db       *db.DB
	zone     *time.Location
	words    *i18n.Catalogue
	switches switches
}

// Serve opens the books, filling them with the demo merchant at first, and
// serves until ctx is over. Calls under way are finished.
func Serve(ctx context.Context, o Options) error {
	p := &program{Options: o}
	if p.Log == nil {
		p.Log = slog.New(slog.DiscardHandler)
	}
	p.Lang = cmp.Or(p.Lang, i18n.FR)
	var err error
	if p.zone, err = time.LoadLocation(zone); err != nil {
		return err
	}
	schema, err := fs.Sub(files, "migrations")
	if err != nil {
		return err
	}
	folder, err := fs.Sub(files, "pages")
	if err != nil {
		return err
	}
	if p.words, err = i18n.Load(folder); err != nil {
		return err
	}
	if p.db, err = db.Open(ctx, db.Options{URL: "sqlite:" + filepath.Join(o.Dir, "books.db"), Clock: o.Clock}); err != nil {
		return err
	}
	defer p.db.Close()
	if err := p.db.Migrate(ctx, schema); err != nil {
		return err
	}
	if err := p.write(ctx, func(u *unit) { u.seed(); u.adopt() }); err != nil {
		return err
	}
	listener, err := net.Listen("tcp", o.Listen)
	if err != nil {
		return err
	}
	return p.serve(ctx, listener)
}

func (p *program) serve(ctx context.Context, listener net.Listener) error {
	mux := http.NewServeMux()
	p.api(mux)
	p.screens(mux)
	p.switches.routes(mux)
	server := &http.Server{Handler: mux, ReadHeaderTimeout: 10 * time.Second, ErrorLog: slog.NewLogLogger(p.Log.Handler(), slog.LevelWarn)}
	if p.Ready != nil {
		p.Ready("http://" + listener.Addr().String())
	}
	done := make(chan error, 1)
	go func() { done <- server.Serve(listener) }()
	select {
	case err := <-done:
		return err
	case <-ctx.Done():
	}
	grace, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
	defer cancel()
	if err := server.Shutdown(grace); errors.Is(err, context.DeadlineExceeded) {
		return server.Close() // somebody asked to be answered slowly
	}
	return nil
}

// write and read run a unit of work on the merchant's day.
func (p *program) write(ctx context.Context, f func(*unit)) error {
	return p.db.Write(ctx, p.unit(ctx, f))
}

func (p *program) read(ctx context.Context, f func(*unit)) error {
	return p.db.Read(ctx, p.unit(ctx, f))
}

func (p *program) unit(ctx context.Context, f func(*unit)) func(*db.Tx) error {
	return func(tx *db.Tx) error {
		u := &unit{ctx: ctx, tx: tx, today: tx.Now.In(p.zone).Format(time.DateOnly)}
		f(u)
		return u.err
	}
}
