package books

import (
	"bytes"
	"maps"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"
)

// switches are the three buttons that break the line between the API and its
// callers. The clerk's screens go on working.
type switches struct {
	mu       sync.Mutex
	stopped  bool
	loseNext bool
	slow     time.Duration
}

// line is how the switches stand.
type line struct {
	Stopped, LoseNext bool
	SlowSeconds       int
}

func (s *switches) state() line {
	s.mu.Lock()
	defer s.mu.Unlock()
	return line{s.stopped, s.loseNext, int(s.slow / time.Second)}
}

// around applies the switches to the API. The call is always carried out first:
// what is lost or late is the answer.
func (s *switches) around(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if s.state().Stopped {
			panic(http.ErrAbortHandler) // closes the connection without an answer
		}
		a := &answer{header: http.Header{}, status: http.StatusOK}
		next.ServeHTTP(a, r)
		if wait := s.state().SlowSeconds; wait > 0 {
			select {
			case <-time.After(time.Duration(wait) * time.Second):
			case <-r.Context().Done():
			}
		}
		if s.lost(r, a.status) {
			panic(http.ErrAbortHandler)
		}
		maps.Copy(w.Header(), a.header)
		w.WriteHeader(a.status)
		w.Write(a.body.Bytes()) // a caller who left has no use for the error
	})
}

// lost says whether an answer never arrives.
func (s *switches) lost(r *http.Request, status int) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	writes := r.Method == http.MethodPost && (strings.HasPrefix(r.URL.Path, "/api/orders") || strings.HasPrefix(r.URL.Path, "/api/receipts"))
	if s.loseNext && writes && status < 300 {
		s.loseNext = false
		return true
	}
	return s.stopped
}

// answer is held back until it is known whether to send it.
type answer struct {
	header http.Header
	status int
	body   bytes.Buffer
}

func (a *answer) Header() http.Header         { return a.header }
func (a *answer) WriteHeader(status int)      { a.status = status }
func (a *answer) Write(b []byte) (int, error) { return a.body.Write(b) }

func (s *switches) routes(mux *http.ServeMux) {
	mux.Handle("POST /control/{what}", http.NewCrossOriginProtection().Handler(http.HandlerFunc(s.press)))
}

// press is one button. It goes back to the screen it was on.
func (s *switches) press(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	switch r.PathValue("what") {
	case "stop":
		s.stopped = true
	case "start":
		s.stopped = false
	case "lose-next":
		s.loseNext = r.FormValue("off") == ""
	case "slow":
		s.slow = time.Duration(max(0, min(number(r.FormValue("seconds")), 600))) * time.Second
	}
	s.mu.Unlock()
	http.Redirect(w, r, back(r), http.StatusSeeOther)
}

// back is the screen a form stood on: a path of ours, never another host.
func back(r *http.Request) string {
	from, err := url.Parse(r.Referer())
	if err != nil {
		return "/"
	}
	return "/" + strings.TrimLeft(from.Path, "/")
}
