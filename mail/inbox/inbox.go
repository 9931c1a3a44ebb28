// Package inbox is a mail server to try things on: it takes every letter, delivers
// none, and shows them on a page. It can also be a bad one.
package inbox

import (
	"bytes"
	"context"
	"embed"
	"html/template"
	"io/fs"
	"log/slog"
	"net"
	"net/http"
	"slices"
	"sync"
	"time"

	"comptoir.example/comptoir/base/i18n"
)

//go:embed pages/* text/*.json
var files embed.FS

// Letter is a message that came, as its reader sees it.
type Letter struct {
	ID         string // Message-ID
	From, To   string
	Subject    string
	Language   string
	Text, HTML string
	At         time.Time
	Copies     int // how often it came: the same Message-ID is the same letter
}

// Mood is how the server behaves.
type Mood string

// The moods.
const (
	Good    Mood = ""
	Busy    Mood = "busy"    // asks to come back
	Refuses Mood = "refuses" // takes nothing for anybody
	Silent  Mood = "silent"  // keeps the letter and hangs up without a word
	Forgets Mood = "forgets" // hangs up without a word and keeps nothing
)

// Inbox holds the letters in memory, the newest first.
type Inbox struct {
	mu      sync.Mutex
	letters []Letter
	mood    Mood
	words   *i18n.Catalogue
	pages   *template.Template
}

// most is how many letters are held.
const most = 200

// New makes an empty one.
func New() (*Inbox, error) {
	text, err := fs.Sub(files, "text")
	if err != nil {
		return nil, err
	}
	words, err := i18n.Load(text)
	if err != nil {
		return nil, err
	}
	pages, err := template.ParseFS(files, "pages/*.html")
	return &Inbox{words: words, pages: pages}, err
}

// Letters are those that came, the newest first.
func (b *Inbox) Letters() []Letter {
	b.mu.Lock()
	defer b.mu.Unlock()
	return slices.Clone(b.letters)
}

// Be changes how the server behaves.
func (b *Inbox) Be(m Mood) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.mood = m
}

func (b *Inbox) being() Mood {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.mood
}

func (b *Inbox) keep(l Letter) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for i, known := range b.letters {
		if l.ID != "" && known.ID == l.ID {
			b.letters[i].Copies++
			return
		}
	}
	l.Copies = 1
	b.letters = append([]Letter{l}, b.letters[:min(len(b.letters), most-1)]...)
}

// Options say where it listens; port 0 lets the system choose.
type Options struct {
	Listen string // of the page
	SMTP   string // of the letters
	Ready  func(page, smtp string)
}

// Run takes letters and shows them until ctx is over.
func Run(ctx context.Context, o Options) error {
	b, err := New()
	if err != nil {
		return err
	}
	page, err := net.Listen("tcp", o.Listen)
	if err != nil {
		return err
	}
	letters, err := net.Listen("tcp", o.SMTP)
	if err != nil {
		page.Close()
		return err
	}
	server := &http.Server{Handler: b, ReadHeaderTimeout: 10 * time.Second}
	stop := context.AfterFunc(ctx, func() { server.Close(); letters.Close() })
	defer stop()
	go b.Take(letters)
	if o.Ready != nil {
		o.Ready("http://"+page.Addr().String(), "smtp://"+letters.Addr().String())
	}
	if err := server.Serve(page); ctx.Err() == nil {
		return err
	}
	return nil
}

// shown is what the page shows.
type shown struct {
	*i18n.Printer
	Letters []Letter
}

// ServeHTTP shows the letters.
func (b *Inbox) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	h.Set("Content-Security-Policy", "default-src 'none'; style-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("Cache-Control", "no-store")
	switch r.URL.Path {
	case "/style.css":
		http.ServeFileFS(w, r, files, "pages/style.css")
	case "/":
		var page bytes.Buffer
		if err := b.pages.ExecuteTemplate(&page, "letters.html", shown{b.words.Printer(i18n.Parse(r.URL.Query().Get("lang")), time.Local), b.Letters()}); err != nil {
			slog.ErrorContext(r.Context(), "inbox: page", "err", err)
			http.Error(w, http.StatusText(http.StatusInternalServerError), http.StatusInternalServerError)
			return
		}
		h.Set("Content-Type", "text/html; charset=utf-8")
		w.Write(page.Bytes())
	default:
		http.NotFound(w, r)
	}
}
