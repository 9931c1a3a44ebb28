// Package api is Comptoir for programs: the verbs of the shop and the portal as
// REST under /v1, described by /v1/openapi.json.
//
// Who calls is said by a bearer token, never by a cookie. Amounts are minor
// units in text, decimals are text, instants are RFC 3339 in UTC. What goes wrong
// is a problem (RFC 9457) in the caller's language with a code that stays.
//
// Table: idempotency.
package api

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/url"
	"runtime/debug"
	"sync"

	"comptoir.example/comptoir/base/fault"
	"comptoir.example/comptoir/base/i18n"
	"comptoir.example/comptoir/base/pan"
	"comptoir.example/comptoir/trade/access"
	"comptoir.example/comptoir/web"
	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"
	"golang.org/x/text/language"
)

// Version is the day of the contract. It changes when a caller must change;
// additions do not move it.
const Version = "2026-11-23"

// An empty list is [] here, never null.
func init() { huma.DefaultArrayNullable = false }

type face struct {
	site *web.Site
	mux  *http.ServeMux
}

// Mount puts the API under /v1/ of a mux.
func Mount(mux *http.ServeMux, site *web.Site) {
	f := &face{site, http.NewServeMux()}
	f.register(f.mux, i18n.FR)
	documents := map[i18n.Lang]func() []byte{}
	for _, lang := range i18n.Langs {
		documents[lang] = sync.OnceValue(func() []byte { return f.document(lang) })
	}
	f.mux.HandleFunc("GET /v1/openapi.json", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/openapi+json")
		w.Write(documents[request(r.Context()).P.Lang]())
	})
	mux.Handle("/v1/", f)
}

// register makes the operations on a mux, with their summaries in a language.
func (f *face) register(mux *http.ServeMux, lang i18n.Lang) huma.API {
	p := f.site.Words.Printer(lang, f.site.Engine.Merchant().Zone)
	config := huma.DefaultConfig(p.T("api.doc.title"), Version)
	config.Info.Description = p.T("api.doc.description")
	config.OpenAPIPath, config.DocsPath, config.SchemasPath, config.CreateHooks = "", "", "", nil
	config.RejectUnknownQueryParameters = true
	format := huma.Format{Marshal: huma.DefaultJSONFormat.Marshal, Unmarshal: unmarshal}
	config.Formats = map[string]huma.Format{"application/json": format, "json": format} // and whatever ends in +json
	config.Components.SecuritySchemes = map[string]*huma.SecurityScheme{"token": {Type: "http", Scheme: "bearer"}}
	api := humago.New(mux, config)
	for _, o := range operations {
		op := huma.Operation{OperationID: o.id, Method: o.Method, Path: o.Path, Summary: p.T("api.op." + o.id),
			Middlewares: huma.Middlewares{f.guard(o.Route)},
			Extensions:  map[string]any{"x-permission": o.May, "x-object": o.Of}}
		if o.Method == http.MethodPost {
			op.DefaultStatus = http.StatusCreated
		}
		if o.May != access.Anyone {
			op.Security = []map[string][]string{{"token": {}}}
		}
		o.register(api, op)
	}
	return api
}

// document is the OpenAPI description in a language.
func (f *face) document(lang i18n.Lang) []byte {
	api := f.register(http.NewServeMux(), lang).OpenAPI()
	for _, schema := range api.Components.Schemas.Map() {
		schema.AdditionalProperties = nil // answers grow, and nobody shall be told that they do not
	}
	text, err := json.Marshal(api)
	if err != nil {
		f.site.Log.Error("openapi", "err", err)
	}
	return text
}

type requestKey struct{}

// request is the call that a context belongs to.
func request(ctx context.Context) *web.Request { return ctx.Value(requestKey{}).(*web.Request) }

var languages = language.NewMatcher([]language.Tag{language.CanadianFrench, language.MustParse("en-CA")})

// ServeHTTP answers every call under /v1/.
func (f *face) ServeHTTP(answer http.ResponseWriter, plain *http.Request) {
	w := &web.Watched{ResponseWriter: answer}
	defer func() { f.site.Count(w.Status) }()
	_, chosen := language.MatchStrings(languages, plain.Header.Get("Accept-Language"))
	r := &web.Request{Site: f.site, ID: web.NewID(), Now: f.site.DB.Now()}
	r.P = f.site.Words.Printer(i18n.Langs[chosen], f.site.Engine.Merchant().Zone)
	r.Request = plain.WithContext(context.WithValue(plain.Context(), requestKey{}, r))
	h := w.Header()
	web.Headers(h, f.site.Secure)
	h.Set("X-Request-Id", r.ID)
	h.Set("Comptoir-Version", Version)
	h.Set("Vary", "Accept-Language")
	defer func() {
		if p := recover(); p != nil {
			f.site.Log.Error("panic", "request", r.ID, "path", r.URL.Path, "panic", p, "stack", string(debug.Stack()))
			problemOf(r, fault.New(fault.Internal, "fault.internal")).write(w)
		}
	}()
	if query, err := url.QueryUnescape(r.URL.RawQuery); err != nil || !web.IsText(r.URL.Path+query+r.Header.Get("Idempotency-Key")) {
		newProblem(r, http.StatusBadRequest, "api.bad_text").write(w)
		return
	}
	if cardIn(r.Request) {
		f.site.Log.Warn("card number refused", "request", r.ID, "path", r.URL.Path)
		newProblem(r, http.StatusUnprocessableEntity, "web.card_number").write(w)
		return
	}
	if answer, pattern := f.mux.Handler(r.Request); pattern == "" {
		noRoute(w, r, answer)
		return
	}
	f.mux.ServeHTTP(w, r.Request)
}

// cardIn looks for a card number in what was sent, and leaves it to be read again.
func cardIn(r *http.Request) bool {
	if r.Body == nil {
		return false
	}
	begun, err := io.ReadAll(io.LimitReader(r.Body, 1<<20))
	if err != nil {
		return false // whoever reads on meets it too
	}
	rest := r.Body
	r.Body = struct {
		io.Reader
		io.Closer
	}{io.MultiReader(bytes.NewReader(begun), rest), rest}
	return pan.In(string(begun)) || pan.In(r.Header.Get("Idempotency-Key"))
}

// unmarshal is JSON without the one character that PostgreSQL keeps in no text.
func unmarshal(data []byte, v any) error {
	if bytes.Contains(data, []byte(`\u0000`)) {
		return errors.New("a text with U+0000")
	}
	return json.Unmarshal(data, v)
}

// noRoute answers for an address or a method that there is not.
func noRoute(w http.ResponseWriter, r *web.Request, answer http.Handler) {
	said := &said{header: http.Header{}}
	answer.ServeHTTP(said, r.Request)
	if said.status == http.StatusMethodNotAllowed {
		w.Header().Set("Allow", said.header.Get("Allow"))
		newProblem(r, said.status, "api.no_method", "method", r.Method).write(w)
		return
	}
	newProblem(r, http.StatusNotFound, "api.no_route").write(w)
}

// said keeps what the mux would have answered, without its words.
type said struct {
	header http.Header
	status int
}

func (s *said) Header() http.Header         { return s.header }
func (s *said) WriteHeader(status int)      { s.status = status }
func (s *said) Write(b []byte) (int, error) { return len(b), nil }
