// Package simulator is a payment processor for trying Comptoir, and the connector
// that speaks to it.
//
// The processor is a program of its own (Serve), with its own pages where a payer
// chooses among a few named test cards, an HTTP API, signed webhooks, and a screen
// at /control on which to break the line in many ways and to play the bank. No
// field anywhere takes a card number. Its books are right at all times: what it
// owes the merchant is the sum of its movements.
//
// Everything it does is a function of its clock and its seed, so that a test may
// own both: make one with Open, move the clock, call Step.
//
// A charge with a saved method is decided by the last two digits of its amount:
//
//	05 insufficient_funds   06 expired_card   07 do_not_honor
//	08 authentication_required   09 stays processing for ten minutes, then is paid
//
// and a refund whose amount ends in 09 stays processing for ten minutes as well.
//
// The connector (connector.go) uses the HTTP API only, like any other
// processor's. Whoever writes a connector may copy that half.
package simulator

import (
	"context"
	"embed"
	"errors"
	"io/fs"
	"log/slog"
	"math/rand/v2"
	"net"
	"net/http"
	"sync"
	"time"

	"comptoir.example/comptoir/base/i18n"
)

//go:embed pages text
var files embed.FS

// zone is where the hours on the pages are those of the clock on the wall.
const zone = "America/Toronto"

// Options say whose processor it is and how it begins.
type Options struct {
	Now      func() time.Time // the clock; time.Now in a program
	Seed     uint64           // of every id and every chance
	Secret   string           // what the API's callers must show; "" lets nobody in
	Merchant string           // who is paid, as the pages say it
	URL      string           // of the pages, without a path; "" with Serve is where it listens

	// File keeps everything, written whole after each change: for a shop that is
	// tried, not for thousands of payments. Without one all is forgotten at the end,
	// and the next processor with the same seed gives the same ids again.
	File string

	Webhooks  string            // where events are posted; "" is nowhere, until /control says where
	Signing   []string          // secrets that sign a webhook, each: two while one replaces the other
	Transport http.RoundTripper // for webhooks; nil is the network

	Listen string           // host:port for Serve; port 0 lets the system choose
	Ready  func(url string) // told once Serve listens; may be nil
	Log    *slog.Logger     // nil is silent
}

// Processor is one merchant's account. It is an http.Handler: API, pages, control.
type Processor struct {
	Options
	words   *i18n.Catalogue
	zone    *time.Location
	mux     *http.ServeMux
	post    *http.Client
	posting sync.Mutex    // one delivers at a time
	wake    chan struct{} // something may be due

	mu     sync.Mutex // holds for what follows
	state  state
	dice   *rand.Rand
	dirty  bool           // state is not what File has
	struck map[string]int // faults that have done harm, by kind
}

// Open makes a processor, or goes on with the one kept in the file.
func Open(o Options) (*Processor, error) {
	if o.Now == nil {
		return nil, errors.New("simulator: no clock")
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	p := &Processor{Options: o, wake: make(chan struct{}, 1), struck: map[string]int{}, dice: rand.New(rand.NewPCG(o.Seed, 0))}
	p.post = &http.Client{Transport: o.Transport, Timeout: patience, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	var err error
	if p.zone, err = time.LoadLocation(zone); err != nil {
		return nil, err
	}
	text, err := fs.Sub(files, "text")
	if err != nil {
		return nil, err
	}
	if p.words, err = i18n.Load(text); err != nil {
		return nil, err
	}
	if err := p.load(); err != nil {
		return nil, err
	}
	p.mux = http.NewServeMux()
	p.api(p.mux)
	p.pages(p.mux)
	p.control(p.mux)
	return p, nil
}

// ServeHTTP implements http.Handler.
func (p *Processor) ServeHTTP(w http.ResponseWriter, r *http.Request) { p.mux.ServeHTTP(w, r) }

// Step does what the clock has made due, and sends the webhooks that are due on
// the caller's goroutine. It returns how many were sent.
func (p *Processor) Step(ctx context.Context) int {
	p.do(func() {})
	return p.DeliverWebhooks(ctx)
}

// Run steps until ctx is over.
func (p *Processor) Run(ctx context.Context) {
	tick := time.NewTicker(250 * time.Millisecond)
	defer tick.Stop()
	for ctx.Err() == nil {
		p.Step(ctx)
		select {
		case <-tick.C:
		case <-p.wake:
		case <-ctx.Done():
		}
	}
}

// Serve opens a processor, and answers and steps until ctx is over. Calls under
// way are finished.
func Serve(ctx context.Context, o Options) error {
	listener, err := net.Listen("tcp", o.Listen)
	if err != nil {
		return err
	}
	defer listener.Close()
	here := "http://" + listener.Addr().String()
	if o.URL == "" {
		o.URL = here
	}
	p, err := Open(o)
	if err != nil {
		return err
	}
	server := &http.Server{Handler: p, ReadHeaderTimeout: patience, ErrorLog: slog.NewLogLogger(p.Log.Handler(), slog.LevelWarn)}
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	done, ran := make(chan error, 1), make(chan struct{})
	go func() { done <- server.Serve(listener) }()
	go func() {
		defer close(ran)
		p.Run(ctx)
	}()
	if p.Ready != nil {
		p.Ready(here)
	}
	select {
	case err = <-done:
		stop()
	case <-ctx.Done():
		grace, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
		defer cancel()
		if err = server.Shutdown(grace); errors.Is(err, context.DeadlineExceeded) {
			err = server.Close() // somebody asked to be answered slowly
		}
	}
	<-ran
	return err
}

// do changes the state in one piece, after what the clock has made due, and
// keeps it.
func (p *Processor) do(f func()) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.due()
	f()
	if p.dirty {
		if err := p.save(); err != nil {
			p.Log.Error("the state is not kept", "error", err)
		}
	}
}
