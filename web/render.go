package web

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"mime"
	"net/http"
	"strconv"
	"strings"
	"sync"

	"comptoir.example/comptoir/base/fault"
	"comptoir.example/comptoir/trade/access"
	"comptoir.example/comptoir/web/ui"
	"github.com/a-h/templ"
)

var buffers = sync.Pool{New: func() any { return &bytes.Buffer{} }}

// Show sends a page. It is made whole before the first byte goes out, so that an
// error in the middle of it is still an error page.
func (r *Request) Show(w http.ResponseWriter, status int, page templ.Component) error {
	b := buffers.Get().(*bytes.Buffer)
	defer buffers.Put(b)
	b.Reset()
	if err := page.Render(r.Context(), b); err != nil {
		return err
	}
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Content-Language", string(r.P.Lang))
	h.Set("Content-Length", strconv.Itoa(b.Len()))
	w.WriteHeader(status)
	_, err := w.Write(b.Bytes())
	return err
}

// File sends something to be kept under a name.
func (r *Request) File(w http.ResponseWriter, kind, name string, content []byte) error {
	h := w.Header()
	h.Set("Content-Type", kind)
	h.Set("Content-Disposition", mime.FormatMediaType("attachment", map[string]string{"filename": name}))
	h.Set("Content-Length", strconv.Itoa(len(content)))
	_, err := w.Write(content)
	return err
}

// Harmless is a text that no spreadsheet takes for a formula.
func Harmless(text string) string {
	if text != "" && strings.ContainsAny(text[:1], "=+-@\t\r") {
		return "'" + text
	}
	return text
}

// Part sends a live part of a page, or 304 when it is what the page shows.
func (r *Request) Part(w http.ResponseWriter, mark string, part templ.Component) error {
	w.Header().Set("ETag", `"`+mark+`"`)
	if r.Header.Get("If-None-Match") == mark {
		w.WriteHeader(http.StatusNotModified)
		return nil
	}
	return r.Show(w, http.StatusOK, part)
}

// Mark stands for the content of a part: equal figures, equal mark.
func Mark(ctx context.Context, part templ.Component) (string, error) {
	h := sha256.New()
	if err := part.Render(ctx, h); err != nil {
		return "", err
	}
	return hex.EncodeToString(h.Sum(nil)[:8]), nil
}

// SeeOther sends the browser elsewhere after an act.
func SeeOther(w http.ResponseWriter, r *Request, to string) error {
	http.Redirect(w, r.Request, to, http.StatusSeeOther)
	return nil
}

// showFault is the page of an error.
func (s *Site) showFault(w http.ResponseWriter, r *Request, status int, f fault.Fault) {
	failure := ui.Failure{Status: status, Reference: r.ID, Home: "/", Phone: s.Engine.Merchant().Phone}
	if f.Kind != fault.Internal && f.Kind != fault.NotFound {
		failure.Cause = r.P.Fault(f)
	}
	shell := r.Shell(failure.Title(r.P))
	content := ui.Error(r.P, failure)
	around := ui.Cover(r.P, shell)
	switch {
	case r.Actor.Staff && r.Actor.SignedIn():
		shell.Tabs = ui.DeskTabs("", ui.Attention{Finance: r.Actor.Can(access.ViewFinance)})
		around = ui.Desk(r.P, shell)
	case r.Actor.SignedIn():
		shell.Tabs = r.tabs("")
		around = ui.Shop(r.P, shell)
	}
	page := templ.ComponentFunc(func(ctx context.Context, out ioWriter) error {
		return around.Render(templ.WithChildren(ctx, content), out)
	})
	if err := r.Show(w, status, page); err != nil {
		s.Log.Error("error page", "request", r.ID, "err", err)
	}
}
