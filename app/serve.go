package app

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"strings"
	"sync"
	"syscall"
	"time"

	"comptoir.example/comptoir/app/migrations"
	"comptoir.example/comptoir/base/db"
	"comptoir.example/comptoir/base/fault"
	"comptoir.example/comptoir/web"
)

// Serve opens the shop of the settings and serves it until ctx is over.
func Serve(ctx context.Context, c Config) error {
	if err := c.Check(); err != nil {
		return err
	}
	listeners, err := listen(c.Listen, c.Metrics)
	if err != nil {
		return err
	}
	defer listeners.close()
	d, err := Open(ctx, c.Database)
	if err != nil {
		return err
	}
	defer d.Close()
	if err := belongs(ctx, d, c.ERP); err != nil {
		return err
	}
	a, err := New(d, c.ERP.Connector(), c)
	if err != nil {
		return err
	}
	a.take(c.Processor, c.Address(listeners.shop.Addr()))
	if err := a.letters(c, c.Address(listeners.shop.Addr())); err != nil {
		return err
	}
	if err := a.crashAt(listeners.shop, os.Getenv("COMPTOIR_CRASH_AT")); err != nil {
		return err
	}
	slog.Info("serving", "shop", listeners.shop.Addr().String(), "engine", d.Engine(), "erp", c.ERP.Kind, "version", Version)
	return a.Serve(ctx, listeners)
}

// Open opens a database and brings its schema up.
func Open(ctx context.Context, url string) (*db.DB, error) {
	d, err := db.Open(ctx, db.Options{URL: url})
	if err != nil {
		return nil, err
	}
	if err := d.Migrate(ctx, migrations.Files); err != nil {
		d.Close()
		return nil, err
	}
	return d, nil
}

// listening are the addresses a shop is served on.
type listening struct{ shop, metrics net.Listener }

func (l listening) close() {
	l.shop.Close()
	if l.metrics != nil {
		l.metrics.Close()
	}
}

func listen(shop, metrics string) (l listening, err error) {
	if l.shop, err = listenOn(shop); err != nil {
		return l, err
	}
	if metrics != "" {
		if l.metrics, err = listenOn(metrics); err != nil {
			l.shop.Close()
		}
	}
	return l, err
}

func listenOn(address string) (net.Listener, error) {
	l, err := net.Listen("tcp", address)
	if errors.Is(err, syscall.EADDRINUSE) {
		return nil, fault.New(fault.Conflict, "config.port_in_use", "address", address)
	} else if err != nil {
		return nil, fault.New(fault.Invalid, "config.cannot_listen", "address", address).Because(err)
	}
	return l, nil
}

// Serve answers on the listeners and exchanges with the ERP until ctx is over;
// what is under way is finished.
func (a *App) Serve(ctx context.Context, l listening) error {
	if !web.Built() {
		slog.Warn("assets were not built: pages work unstyled; run make assets")
	}
	if err := a.Box.Recover(ctx); err != nil {
		return err
	}
	running, stop := context.WithCancel(ctx)
	var all sync.WaitGroup
	all.Go(func() {
		if err := a.Engine.Start(running); err != nil {
			slog.Error("erp: start", "err", err)
		}
		a.Run(running)
	})
	shop := server(a.Mux)
	failed := make(chan error, 2)
	all.Go(func() { failed <- shop.Serve(l.shop) })
	metrics := server(a.metrics())
	if l.metrics != nil {
		all.Go(func() { failed <- metrics.Serve(l.metrics) })
	}
	var err error
	select {
	case <-ctx.Done():
	case err = <-failed:
		err = fmt.Errorf("serve: %w", err)
	}
	grace, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
	defer cancel()
	shop.Shutdown(grace)
	metrics.Shutdown(grace)
	stop()
	all.Wait()
	return err
}

func server(h http.Handler) *http.Server {
	return &http.Server{Handler: h, ReadHeaderTimeout: 10 * time.Second, ReadTimeout: time.Minute, WriteTimeout: 2 * time.Minute, IdleTimeout: 2 * time.Minute,
		MaxHeaderBytes: 64 << 10}
}

// SetLog makes the program's log: JSON lines, or text for a person at a terminal.
func SetLog(level string, people bool) {
	var l slog.Level
	if err := l.UnmarshalText([]byte(strings.ToUpper(level))); err != nil {
		l = slog.LevelInfo
	}
	o := &slog.HandlerOptions{Level: l}
	if people {
		slog.SetDefault(slog.New(slog.NewTextHandler(os.Stderr, o)))
		return
	}
	slog.SetDefault(slog.New(slog.NewJSONHandler(os.Stderr, o)))
}
