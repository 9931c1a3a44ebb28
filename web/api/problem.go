package api

import (
	"encoding/json"
	"log/slog"
	"math"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"time"

	"comptoir.example/comptoir/base/fault"
	"comptoir.example/comptoir/web"
	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/validation"
)

// Problem is what went wrong (RFC 9457), in the caller's language.
type Problem struct {
	Type      string  `json:"type" format:"uri-reference"` // where its code is explained
	Title     string  `json:"title"`
	Status    int     `json:"status"`
	Detail    string  `json:"detail"`
	Instance  string  `json:"instance" format:"uri-reference"`
	Code      string  `json:"code"`
	Errors    []Wrong `json:"errors,omitempty"`
	RequestID string  `json:"request_id"`
	headers   http.Header
}

// Wrong is what is wrong with one value of a request: of the body, by its JSON
// pointer (RFC 6901), or of the query and the headers, by name.
type Wrong struct {
	Pointer   string `json:"pointer,omitempty"`
	Parameter string `json:"parameter,omitempty"`
	Code      string `json:"code"`
	Detail    string `json:"detail"`
}

func (p *Problem) Error() string             { return p.Code }
func (p *Problem) GetStatus() int            { return p.Status }
func (p *Problem) GetHeaders() http.Header   { return p.headers }
func (p *Problem) ContentType(string) string { return "application/problem+json" }

// write sends the problem where huma does not.
func (p *Problem) write(w http.ResponseWriter) {
	for name, values := range p.headers {
		w.Header()[name] = values
	}
	w.Header().Set("Content-Type", p.ContentType(""))
	w.WriteHeader(p.Status)
	json.NewEncoder(w).Encode(p)
}

func newProblem(r *web.Request, status int, code string, params ...any) *Problem {
	return &Problem{Type: "/v1/problems/" + code, Title: r.P.T("api.title." + strconv.Itoa(status)), Status: status, Code: code,
		Detail: r.P.T(code, params...), Instance: r.URL.Path, RequestID: r.ID,
		headers: http.Header{"Content-Language": {string(r.P.Lang)}}}
}

// unknownCaller are the faults after which we do not know who calls.
var unknownCaller = map[string]bool{"api.no_token": true, "api.bad_token": true, "access.wrong_password": true}

// names are fields whose name in a fault is not the one on the wire.
var names = map[string]string{"delivery": "delivery_method"}

// problemOf is an error as the caller sees it. What nobody out there can mend is
// logged whole.
func problemOf(r *web.Request, err error) *Problem {
	f := fault.Of(err)
	status := web.Status(f.Kind)
	if unknownCaller[f.Code] {
		status = http.StatusUnauthorized
	}
	if status >= 500 {
		r.Site.Log.LogAttrs(r.Context(), slog.LevelError, "call failed", slog.String("request", r.ID),
			slog.String("path", r.URL.Path), slog.String("err", err.Error()))
	}
	p := newProblem(r, status, f.Code, f.Params...)
	for _, field := range f.Fields {
		w := Wrong{Code: field.Code, Detail: r.P.T(field.Code, field.Params...)}
		if name, is := strings.CutPrefix(field.Name, parameter); is {
			w.Parameter = name
		} else if name := names[field.Name]; name != "" {
			w.Pointer = "/" + name
		} else {
			w.Pointer = "/" + field.Name
		}
		p.Errors = append(p.Errors, w)
	}
	switch status {
	case http.StatusUnauthorized:
		p.headers.Set("WWW-Authenticate", `Bearer realm="comptoir"`)
	case http.StatusTooManyRequests:
		p.headers.Set("Retry-After", strconv.Itoa(wait(f, r.Now)))
	}
	return p
}

// parameter begins the name of a field that is no part of the body.
const parameter = "?"

// wait is how many seconds a fault's "until" is away.
func wait(f fault.Fault, now time.Time) int {
	for i := 0; i+1 < len(f.Params); i += 2 {
		if until, is := f.Params[i+1].(time.Time); is && f.Params[i] == "until" {
			return max(1, int(math.Ceil(until.Sub(now).Seconds())))
		}
	}
	return 1
}

// codes name what huma itself refuses.
var codes = map[int]string{
	http.StatusBadRequest:            "api.bad_json",
	http.StatusNotAcceptable:         "api.not_acceptable",
	http.StatusRequestTimeout:        "api.too_slow",
	http.StatusRequestEntityTooLarge: "api.body_too_large",
	http.StatusUnsupportedMediaType:  "api.media_type",
	http.StatusUnprocessableEntity:   "api.invalid",
	http.StatusInternalServerError:   "fault.internal",
}

func init() {
	// The document takes the shape of errors from NewError; what is really
	// answered knows its request.
	huma.NewError = func(status int, _ string, _ ...error) huma.StatusError { return &Problem{Status: status} }
	huma.NewErrorWithContext = func(ctx huma.Context, status int, _ string, errs ...error) huma.StatusError {
		r := request(ctx.Context())
		code, known := codes[status]
		if !known {
			status, code = http.StatusInternalServerError, "fault.internal"
		}
		p := newProblem(r, status, code)
		for _, err := range errs {
			if d, is := err.(huma.ErrorDetailer); is && status == http.StatusUnprocessableEntity {
				p.Errors = append(p.Errors, wrongOf(r, d.ErrorDetail()))
			}
		}
		ctx.SetHeader("Content-Language", string(r.P.Lang)) // huma sends no headers of its own findings
		return p
	}
}

// said by huma's validation, and our code of it; what the pattern catches is the
// sentence's {value}.
var rules = []struct {
	said *regexp.Regexp
	code string
}{
	{saying(validation.MsgExpectedRequiredProperty), "api.required"},
	{regexp.MustCompile(`^required (?:path|query|header) parameter is missing$`), "api.required"},
	{saying(validation.MsgUnexpectedProperty), "api.unexpected"},
	{regexp.MustCompile(`^unknown query parameter$`), "api.unexpected"},
	{saying(validation.MsgExpectedString), "api.not_text"},
	{saying(validation.MsgExpectedInteger), "api.not_whole"},
	{regexp.MustCompile(`^invalid integer$`), "api.not_whole"},
	{saying(validation.MsgExpectedArray), "api.not_list"},
	{saying(validation.MsgExpectedObject), "api.not_object"},
	{saying(validation.MsgExpectedMinimumNumber), "api.too_small"},
	{saying(validation.MsgExpectedMaximumNumber), "api.too_large"},
	{saying(validation.MsgExpectedMinLength), "api.too_short"},
	{saying(validation.MsgExpectedMaxLength), "api.too_long"},
}

var verb = regexp.MustCompile(`%[a-z]`)

func saying(template string) *regexp.Regexp {
	return regexp.MustCompile("^" + verb.ReplaceAllString(regexp.QuoteMeta(template), "(.*)") + "$")
}

// element is how huma writes a place in a list.
var element = regexp.MustCompile(`\[(\d+)\]`)

// wrongOf is one finding of huma's validation in our words.
func wrongOf(r *web.Request, d *huma.ErrorDetail) Wrong {
	w := Wrong{Code: "api.bad_value"}
	value := ""
	for _, rule := range rules {
		if found := rule.said.FindStringSubmatch(d.Message); found != nil {
			w.Code, value = rule.code, strings.Join(found[1:], "")
			break
		}
	}
	where, name, _ := strings.Cut(element.ReplaceAllString(d.Location, ".$1"), ".")
	if where == "body" {
		if w.Code == "api.required" { // huma points at the object that lacks it
			name = strings.TrimPrefix(name+"."+value, ".")
		}
		w.Pointer = strings.TrimSuffix("/"+strings.ReplaceAll(name, ".", "/"), "/")
	} else {
		w.Parameter = name
	}
	w.Detail = r.P.T(w.Code, "value", value)
	return w
}

// GET /v1/problems/{code} explains a code, with its parameters in braces.
func getProblem(r *web.Request, in *struct {
	Code string `path:"code"`
}) (*struct{ Body Explained }, error) {
	if !r.Site.Words.Has(r.P.Lang, in.Code) {
		return nil, fault.New(fault.NotFound, "api.no_route")
	}
	return &struct{ Body Explained }{Explained{in.Code, r.P.T(in.Code)}}, nil
}

// Explained is a code and what it says.
type Explained struct {
	Code   string `json:"code"`
	Detail string `json:"detail"`
}
