package web

import (
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"comptoir.example/comptoir/base/i18n"
)

type ioWriter = io.Writer

const (
	langCookie  = "language"
	themeCookie = "theme"
	year        = 365 * 24 * 3600
)

// cookieName is the session's. __Host- binds it to this host, to TLS and to the
// whole site; without TLS a browser would refuse that.
func (s *Site) cookieName() string {
	if s.Secure {
		return "__Host-session"
	}
	return "session"
}

// SetSession gives the browser a session's token, or takes it away ("").
func (r *Request) SetSession(w http.ResponseWriter, token string) {
	c := &http.Cookie{Name: r.Site.cookieName(), Value: token, Path: "/", HttpOnly: true, Secure: r.Site.Secure, SameSite: http.SameSiteLaxMode}
	if token == "" {
		c.MaxAge = -1
	}
	http.SetCookie(w, c)
}

// SetChoice keeps a choice that is not secret: language, theme.
func (r *Request) SetChoice(w http.ResponseWriter, name, value string) {
	http.SetCookie(w, &http.Cookie{Name: name, Value: value, Path: "/", MaxAge: year, HttpOnly: true, Secure: r.Site.Secure, SameSite: http.SameSiteLaxMode})
}

// RememberLang keeps the language for the time before the next sign-in.
func (r *Request) RememberLang(w http.ResponseWriter, lang i18n.Lang) {
	r.SetChoice(w, langCookie, string(lang))
}

// SpeakFirst answers in a language until the person has chosen one.
func (r *Request) SpeakFirst(lang i18n.Lang) {
	if _, err := r.Cookie(langCookie); err != nil && !r.Actor.SignedIn() {
		r.P = r.Site.Words.Printer(lang, r.Site.Engine.Merchant().Zone)
	}
}

// RememberTheme keeps the theme for people who are not signed in.
func (r *Request) RememberTheme(w http.ResponseWriter, theme string) {
	r.SetChoice(w, themeCookie, theme)
}

// kept marks fields of a form whose session had ended. They go along with the
// sign-in form and come back after it.
const kept = "kept."

// askToSignIn sends somebody unknown to the sign-in page. What a form held is
// not lost: it goes along.
func (s *Site) askToSignIn(w http.ResponseWriter, r *Request) error {
	if r.Header.Get("HX-Request") != "" {
		w.Header().Set("HX-Refresh", "true") // a live part: the whole page asks
		w.WriteHeader(http.StatusUnauthorized)
		return nil
	}
	if r.Method == http.MethodGet {
		return SeeOther(w, r, "/signin?return="+url.QueryEscape(r.URL.RequestURI()))
	}
	return s.SignInPage(w, r, Kept(r))
}

// Resumed is a form that waits for its person to sign in again.
type Resumed struct {
	Path   string // where it was going
	Fields []Field
}

// Field is one field of it.
type Field struct{ Name, Value string }

// Kept collects what a form held.
func Kept(r *Request) *Resumed {
	form := &Resumed{Path: r.URL.Path}
	for name, values := range r.PostForm {
		for _, value := range values {
			if name != "csrf" && !strings.HasPrefix(name, kept) {
				form.Fields = append(form.Fields, Field{name, value})
			}
		}
	}
	slices.SortFunc(form.Fields, func(a, b Field) int { return strings.Compare(a.Name, b.Name) })
	return form
}

// Waiting is the form that went along with a sign-in form, or nil.
func Waiting(r *Request) *Resumed {
	form := &Resumed{Path: r.PostFormValue(kept)}
	if !strings.HasPrefix(form.Path, "/") || strings.HasPrefix(form.Path, "//") {
		return nil
	}
	for name, values := range r.PostForm {
		if plain, is := strings.CutPrefix(name, kept); is && plain != "" {
			for _, value := range values {
				form.Fields = append(form.Fields, Field{plain, value})
			}
		}
	}
	slices.SortFunc(form.Fields, func(a, b Field) int { return strings.Compare(a.Name, b.Name) })
	return form
}

// Hidden are the fields with which a waiting form goes along.
func (f *Resumed) Hidden() []Field {
	if f == nil {
		return nil
	}
	fields := []Field{{kept, f.Path}}
	for _, field := range f.Fields {
		fields = append(fields, Field{kept + field.Name, field.Value})
	}
	return fields
}
