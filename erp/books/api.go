package books

import (
	"bytes"
	"cmp"
	"context"
	"crypto/subtle"
	"encoding/json"
	"io"
	"net/http"
	"slices"
	"strings"

	"comptoir.example/comptoir/base/db"
	"comptoir.example/comptoir/base/fault"
	"comptoir.example/comptoir/base/i18n"
	"comptoir.example/comptoir/base/money"
)

// api is what other programs use: JSON, a token in the header Authorization, and
// problem answers. Like most ERPs it does not notice an order sent twice.
func (p *program) api(mux *http.ServeMux) {
	api := http.NewServeMux()
	answer := func(pattern string, run func(context.Context, func(*unit)) error, f func(*unit, *http.Request) any) {
		api.Handle(pattern, p.answers(run, f))
	}
	answer("GET /api/company", p.read, func(*unit, *http.Request) any { return Company{company, currency, zone} })
	answer("GET /api/{kind}", p.read, listed)
	answer("GET /api/{kind}/ids", p.read, func(u *unit, r *http.Request) any {
		return all(u, idsOf, db.Value[string], r.PathValue("kind"))
	})
	answer("POST /api/prices", p.read, askPrices)
	answer("POST /api/quotes", p.read, func(u *unit, r *http.Request) any { return u.check(body[NewOrder](u, r)).Totals })
	answer("POST /api/orders", p.write, func(u *unit, r *http.Request) any {
		o := u.check(body[NewOrder](u, r))
		u.put(o)
		return o
	})
	// The body of a step lists the codes of questions answered yes.
	step := func(name string, step func(*unit, *Order, bool)) {
		answer("POST /api/orders/{id}/"+name, p.write, func(u *unit, r *http.Request) any {
			accepted := slices.Contains(body[[]string](u, r), "credit_limit")
			o := get[Order](u, orders, r.PathValue("id"))
			step(u, o, accepted)
			return o
		})
	}
	step("quote", func(u *unit, o *Order, _ bool) { u.quote(o) })
	step("confirm", (*unit).confirm)
	step("cancel", func(u *unit, o *Order, _ bool) { u.cancel(o, false) })
	// A receipt sent twice is noticed, unlike an order: its key is taken.
	answer("POST /api/receipts", p.write, func(u *unit, r *http.Request) any {
		made := u.checkReceipt(body[NewReceipt](u, r))
		u.put(made)
		return made
	})
	onReceipt := func(name string, act func(*unit, *Receipt, *http.Request)) {
		answer("POST /api/receipts/{id}/"+name, p.write, func(u *unit, r *http.Request) any {
			there := get[Receipt](u, receipts, r.PathValue("id"))
			act(u, there, r)
			return there
		})
	}
	onReceipt("post", func(u *unit, there *Receipt, _ *http.Request) { u.book(there) })
	onReceipt("reverse", func(u *unit, there *Receipt, r *http.Request) { u.reverse(there, body[Reversal](u, r)) })
	answer("GET /api/open_items", p.read, openItems)
	answer("GET /api/clearing", p.read, func(u *unit, _ *http.Request) any { return []money.Amount{u.clearing().Balance} })
	mux.Handle("/api/", p.switches.around(p.signedIn(api)))
}

func (p *program) signedIn(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		shown, found := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
		if !found || p.Token == "" || subtle.ConstantTimeCompare([]byte(shown), []byte(p.Token)) != 1 {
			p.problem(w, http.StatusUnauthorized, fault.Fault{Code: "unauthorized"})
			return
		}
		next.ServeHTTP(w, r)
	})
}

// answers runs a function in a unit of work and turns what it returns into JSON,
// or its error into a problem. The body is read first, as the work may run twice.
func (p *program) answers(run func(context.Context, func(*unit)) error, f func(*unit, *http.Request) any) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		content, err := io.ReadAll(http.MaxBytesReader(w, r.Body, 4<<20))
		var result any
		if err == nil {
			err = run(r.Context(), func(u *unit) {
				r.Body = io.NopCloser(bytes.NewReader(content))
				result = f(u, r)
			})
		}
		if err == nil {
			w.Header().Set("Content-Type", "application/json")
			json.NewEncoder(w).Encode(result)
			return
		}
		what, status := p.explain(r, err)
		p.problem(w, status, what)
	})
}

// explain is what an error says to whoever called, and its status.
func (p *program) explain(r *http.Request, err error) (fault.Fault, int) {
	what := fault.Of(err)
	status := map[fault.Kind]int{fault.Invalid: 422, fault.NotFound: 404, fault.Conflict: 409, fault.Unavailable: 503}[what.Kind]
	if status == 0 {
		status = http.StatusInternalServerError
		p.Log.Error("call failed", "path", r.URL.Path, "error", err)
	}
	return what, status
}

// Problem is an answer that says no. A status of 409 asks a question instead:
// send the code among those accepted to go on.
type Problem struct {
	Code   string `json:"code"`
	Detail string `json:"detail"`
}

func (p *program) problem(w http.ResponseWriter, status int, what fault.Fault) {
	w.Header().Set("Content-Type", "application/problem+json")
	w.WriteHeader(status)
	json.NewEncoder(w).Encode(Problem{what.Code, p.refusal(p.Lang, what)})
}

// refusal is a fault in words.
func (p *program) refusal(lang i18n.Lang, what fault.Fault) string {
	key := "refused." + what.Code
	if !p.words.Has(lang, key) {
		key = "refused.internal"
	}
	return p.words.Printer(lang, p.zone).T(key, what.Params...)
}

// Company is who the books belong to.
type Company struct {
	Name     string `json:"name"`
	Currency string `json:"currency"`
	Zone     string `json:"zone"`
}

// listed answers ?key=, ?ids=a,b and ?after=stamp,id&limit=n.
func listed(u *unit, r *http.Request) any {
	kind, q := r.PathValue("kind"), r.URL.Query()
	if key := q.Get("key"); q.Has("key") {
		return all(u, listedRef, scanListing, kind, key)
	}
	if text := q.Get("ids"); q.Has("ids") {
		var ids []int64
		for id := range strings.SplitSeq(text, ",") {
			ids = append(ids, number(id))
		}
		wanted, _ := json.Marshal(ids) // numbers only: cannot fail
		return all(u, listedIDs, scanListing, kind, string(wanted))
	}
	stamp, id, _ := strings.Cut(q.Get("after"), ",")
	limit := max(1, min(cmp.Or(number(q.Get("limit")), 100), 1000))
	return all(u, changedIn, scanListing, kind, number(stamp), number(id), limit)
}

// Question and Answer are about one unit price.
type Question struct {
	Customer string        `json:"customer"`
	Item     string        `json:"item"`
	Quantity money.Decimal `json:"quantity"`
}

// Answer stands where its question stood.
type Answer struct {
	Price money.Decimal `json:"price"`
	Known bool          `json:"known"`
}

func askPrices(u *unit, r *http.Request) any {
	answers := []Answer{}
	for _, q := range body[[]Question](u, r) {
		p, known := u.priceFor(q.Customer, q.Item, q.Quantity)
		answers = append(answers, Answer{p, known})
	}
	return answers
}

func body[T any](u *unit, r *http.Request) (in T) {
	if err := json.NewDecoder(r.Body).Decode(&in); err != nil {
		u.fail(fault.New(fault.Invalid, "bad_request").Because(err))
	}
	return in
}
