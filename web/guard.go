package web

import (
	"crypto/rand"
	"crypto/subtle"
	"encoding/hex"
	"log/slog"
	"net/http"
	"net/url"
	"runtime/debug"
	"strings"
	"sync/atomic"
	"time"
	"unicode/utf8"

	"comptoir.example/comptoir/base/db"
	"comptoir.example/comptoir/base/fault"
	"comptoir.example/comptoir/base/i18n"
	"comptoir.example/comptoir/base/pan"
	"comptoir.example/comptoir/trade/access"
)

// counter counts what the metrics page tells.
type counter struct{ served, failed atomic.Int64 }

// Served is how many requests were answered, and how many of them with a 5xx.
func (s *Site) Served() (all, failed int64) {
	return s.requests.served.Load(), s.requests.failed.Load()
}

// Count adds an answer to the metrics.
func (s *Site) Count(status int) {
	s.requests.served.Add(1)
	if status >= 500 {
		s.requests.failed.Add(1)
	}
}

// maxForm is the largest form there is: a cart of 1 000 lines, with room.
const maxForm = 1 << 20

// policy forbids everything that is not ours. Nothing inline, nothing evaluated.
const policy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; " +
	"connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"

// ForeignOrigins is how many addresses besides our own the policy lets a page
// load from or send to.
func ForeignOrigins() (n int) {
	for directive := range strings.SplitSeq(policy, ";") {
		for _, source := range strings.Fields(directive)[1:] {
			if !strings.HasPrefix(source, "'") && source != "data:" {
				n++
			}
		}
	}
	return n
}

// crossOrigin refuses acts that another site's page started.
var crossOrigin = http.NewCrossOriginProtection()

// Headers are those of every answer.
func Headers(h http.Header, secure bool) {
	h.Set("Content-Security-Policy", policy)
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Referrer-Policy", "same-origin")
	h.Set("Cross-Origin-Opener-Policy", "same-origin")
	h.Set("Permissions-Policy", "camera=(), geolocation=(), microphone=(), payment=()")
	// One person's prices must not be shown to the next.
	h.Set("Cache-Control", "private, no-store")
	if secure {
		h.Set("Strict-Transport-Security", "max-age=31536000")
	}
}

// guard finds out who asks, refuses what the route does not allow, and turns an
// error into a page.
func (s *Site) guard(route Route) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, plain *http.Request) {
		r := &Request{Request: plain, Site: s, ID: NewID(), Now: s.DB.Now()}
		out := &Watched{ResponseWriter: w}
		Headers(w.Header(), s.Secure)
		w.Header().Set("X-Request-Id", r.ID)
		defer func() {
			if p := recover(); p != nil {
				s.Log.Error("panic", "request", r.ID, "path", route.Path, "panic", p, "stack", string(debug.Stack()))
				s.failed(out, r, fault.New(fault.Internal, "fault.internal"))
			}
			s.Count(out.Status)
		}()
		if err := s.serve(out, r, route); err != nil {
			s.failed(out, r, err)
		}
	})
}

func (s *Site) serve(w http.ResponseWriter, r *Request, route Route) error {
	if err := s.whoAsks(r); err != nil {
		return err
	}
	query, err := url.QueryUnescape(r.URL.RawQuery)
	if err != nil || !IsText(r.URL.Path+query) {
		return fault.New(fault.Invalid, "web.bad_form")
	}
	if pan.In(query) {
		return r.cardNumber(route)
	}
	if route.Method == http.MethodPost {
		r.Body = http.MaxBytesReader(w, r.Body, maxForm)
		if err := r.ParseForm(); err != nil {
			return fault.New(fault.Invalid, "web.bad_form").Because(err)
		}
		for _, values := range r.PostForm {
			for _, value := range values {
				if !IsText(value) {
					return fault.New(fault.Invalid, "web.bad_form")
				}
				if pan.In(value) {
					return r.cardNumber(route)
				}
			}
		}
		if err := crossOrigin.Check(r.Request); err != nil {
			return fault.New(fault.Denied, "web.cross_origin").Because(err)
		}
	}
	if !r.Actor.SignedIn() && route.May != access.Anyone {
		return s.askToSignIn(w, r)
	}
	if err := r.Actor.Must(route.May); err != nil {
		return err
	}
	if route.Method == http.MethodPost && r.Actor.SignedIn() && !sameToken(r.PostFormValue("csrf"), r.Session.CSRF) {
		return fault.New(fault.Denied, "web.stale_form")
	}
	return route.handle(w, r)
}

// cardNumber refuses what somebody typed that looks like a card's number. It goes
// no further: not into a log, not back onto a page.
func (r *Request) cardNumber(route Route) error {
	r.Site.Log.Warn("card number refused", "request", r.ID, "path", route.Path, "person", r.Actor.Person)
	r.URL.RawQuery = ""
	return fault.New(fault.Invalid, "web.card_number")
}

// IsText says whether a text is one that every database can keep.
func IsText(s string) bool { return utf8.ValidString(s) && !strings.ContainsRune(s, 0) }

func sameToken(a, b string) bool { return subtle.ConstantTimeCompare([]byte(a), []byte(b)) == 1 }

// whoAsks resumes the session of the request's cookie.
func (s *Site) whoAsks(r *Request) error {
	lang := i18n.FR
	if c, err := r.Cookie(langCookie); err == nil {
		lang = i18n.Parse(c.Value)
	}
	if c, err := r.Cookie(s.cookieName()); err == nil && c.Value != "" {
		err := s.DB.Look(r.Context(), func(tx *db.Tx) error {
			session, found, err := access.Resume(r.Context(), tx, c.Value)
			if found && !session.API {
				r.Session, r.Actor = session, session.Actor
			}
			return err
		})
		if err != nil {
			r.P = s.Words.Printer(lang, s.Engine.Merchant().Zone)
			return err
		}
	}
	if r.Actor.SignedIn() {
		lang = r.Actor.Lang
	}
	r.Actor.Request, r.Actor.Lang = r.ID, lang
	r.P = s.Words.Printer(lang, s.Engine.Merchant().Zone)
	return nil
}

// failed shows an error as a page, and logs what a person cannot mend.
func (s *Site) failed(w *Watched, r *Request, err error) {
	f := fault.Of(err)
	status := Status(f.Kind)
	if status >= 500 {
		path := r.URL.Path
		if strings.Contains(r.Pattern, "{token}") {
			path = r.Pattern // the token is nobody's to read
		}
		s.Log.LogAttrs(r.Context(), slog.LevelError, "request failed", slog.String("request", r.ID),
			slog.String("path", path), slog.String("err", err.Error()))
	}
	if w.Status != 0 {
		return // the answer has begun: it can only be cut
	}
	if r.P == nil {
		r.P = s.Words.Printer(i18n.FR, time.UTC)
	}
	s.showFault(w, r, status, f)
}

// Status is the HTTP status of a kind of fault.
func Status(k fault.Kind) int {
	switch k {
	case fault.Invalid:
		return http.StatusUnprocessableEntity
	case fault.Denied:
		return http.StatusForbidden
	case fault.NotFound:
		return http.StatusNotFound
	case fault.Conflict:
		return http.StatusConflict
	case fault.TooMany:
		return http.StatusTooManyRequests
	case fault.Unavailable:
		return http.StatusServiceUnavailable
	}
	return http.StatusInternalServerError
}

// Watched remembers whether an answer has begun, and how.
type Watched struct {
	http.ResponseWriter
	Status int // 0 until it has begun
}

func (w *Watched) WriteHeader(status int) {
	w.Status = status
	w.ResponseWriter.WriteHeader(status)
}

func (w *Watched) Write(b []byte) (int, error) {
	if w.Status == 0 {
		w.Status = http.StatusOK
	}
	return w.ResponseWriter.Write(b)
}

func (w *Watched) Unwrap() http.ResponseWriter { return w.ResponseWriter }

// NewID is the id of a request: short enough to be read out on the phone.
func NewID() string {
	var b [5]byte
	rand.Read(b[:])
	return strings.ToUpper(hex.EncodeToString(b[:]))
}

// IsLive says whether script asks for a part of a page.
func (r *Request) IsLive() bool { return r.URL.Query().Get("part") != "" }
