package simulator

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"time"

	"comptoir.example/comptoir/base/money"
)

func values(pairs []string) url.Values {
	form := url.Values{}
	for i := 0; i+1 < len(pairs); i += 2 {
		form.Set(pairs[i], pairs[i+1])
	}
	return form
}

func jsonBody(text string) io.Reader { return strings.NewReader(text) }

// code is the code of a Problem.
func code(w *httptest.ResponseRecorder) string {
	var said Problem
	_ = json.Unmarshal(w.Body.Bytes(), &said) // none is ""
	return said.Code
}

// send sends a form as a browser on this machine does.
func (r *rig) send(method, path string, form ...string) *httptest.ResponseRecorder {
	in := httptest.NewRequest(method, path, strings.NewReader(values(form).Encode()))
	in.RemoteAddr, in.Host = "127.0.0.1:4321", "127.0.0.1:8090"
	in.Header.Set("Accept", "text/html")
	if method == http.MethodPost {
		in.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	w := httptest.NewRecorder()
	r.ServeHTTP(w, in)
	return w
}

func (i *inbox) serve(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return // the sender left
	}
	i.mu.Lock()
	defer i.mu.Unlock()
	i.got = append(i.got, received{r.Header.Clone(), body, stampOf(r.Header)})
	w.WriteHeader(i.status)
}

// stampOf is the time at which a webhook was signed.
func stampOf(h http.Header) time.Time {
	stamp, _, _ := strings.Cut(strings.TrimPrefix(h.Get(Signature), "t="), ",")
	n := json.Number(stamp)
	seconds, err := n.Int64()
	if err != nil {
		return time.Time{}
	}
	return time.Unix(seconds, 0)
}

// badlySet is French with the wrong spaces or apostrophes.
var badlySet = regexp.MustCompile(`'| [:%$;?!»]|« `)

// quietly reads the webhooks that came.
func (r *rig) quietly() (all []Message) {
	for _, one := range r.in.all() {
		var m Message
		if json.Unmarshal(one.body, &m) == nil {
			all = append(all, m)
		}
	}
	return all
}

func cad(minor int64) money.Amount { return money.Amount{Minor: minor, Currency: "CAD"} }
