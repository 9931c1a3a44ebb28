package books

import (
	"crypto/subtle"
	"encoding/json"
	"net/http"
	"strconv"
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
	api.Handle("GET /api/company", p.answers(p.companyFacts))
	api.Handle("GET /api/{kind}", p.answers(p.listed))
	api.Handle("GET /api/{kind}/ids", p.answers(p.ids))
	api.Handle("POST /api/prices", p.answers(p.askPrices))
	api.Handle("POST /api/quotes", p.answers(p.quoteOrder))
	api.Handle("POST /api/orders", p.answers(p.createOrder))
	api.Handle("POST /api/orders/{id}/quote", p.answers(p.orderStep(func(u *unit, o *Order, _ bool) error { return u.quote(o) })))
	api.Handle("POST /api/orders/{id}/confirm", p.answers(p.orderStep((*unit).confirm)))
	api.Handle("POST /api/orders/{id}/cancel", p.answers(p.orderStep(func(u *unit, o *Order, _ bool) error { return u.cancel(o, false) })))
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

// answers turns what a function returns into JSON, or a problem.
func (p *program) answers(f func(*http.Request) (any, error)) http.Handler {
	statuses := map[fault.Kind]int{fault.Invalid: 422, fault.NotFound: 404, fault.Conflict: 409, fault.Unavailable: 503}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		r.Body = http.MaxBytesReader(w, r.Body, 4<<20)
		result, err := f(r)
		if err != nil {
			what := fault.Of(err)
			status, known := statuses[what.Kind]
			if !known {
				status = http.StatusInternalServerError
				p.Log.Error("call failed", "path", r.URL.Path, "error", err)
			}
			p.problem(w, status, what)
			return
		}
		w.Header().Set("Content-Type", "application/json")
		json.NewEncoder(w).Encode(result)
	})
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

func (p *program) companyFacts(*http.Request) (any, error) {
	return Company{company, currency, zone}, nil
}

// Listings is a page of documents.
type Listings struct {
	Records []listing `json:"records"`
}

// listed answers ?key=, ?ids=a,b and ?after=stamp,id&limit=n.
func (p *program) listed(r *http.Request) (any, error) {
	kind, q := r.PathValue("kind"), r.URL.Query()
	found := Listings{[]listing{}}
	err := p.read(r.Context(), func(u *unit) error {
		if key := q.Get("key"); key != "" {
			docs, err := list[Order](u, byRef, kind, key)
			for _, o := range docs {
				if err == nil {
					err = u.listed(&found, kind, o.ID)
				}
			}
			return err
		}
		if ids := q.Get("ids"); ids != "" {
			for id := range strings.SplitSeq(ids, ",") {
				if err := u.listed(&found, kind, id); err != nil {
					return err
				}
			}
			return nil
		}
		stamp, id, _ := strings.Cut(q.Get("after"), ",")
		limit, err := strconv.Atoi(q.Get("limit"))
		if err != nil || limit < 1 || limit > 1000 {
			limit = 100
		}
		page, err := db.All(u.ctx, u.tx, changedIn, scanListing, kind, number(stamp), number(id), limit)
		found.Records = append(found.Records, page...)
		return err
	})
	return found, err
}

func (u *unit) listed(to *Listings, kind, id string) error {
	page, err := db.All(u.ctx, u.tx, listedByID, scanListing, kind, number(id))
	to.Records = append(to.Records, page...)
	return err
}

func (p *program) ids(r *http.Request) (any, error) {
	all := []string{}
	err := p.read(r.Context(), func(u *unit) error {
		found, err := db.All(u.ctx, u.tx, idsOf, db.Value[int64], r.PathValue("kind"))
		for _, id := range found {
			all = append(all, strconv.FormatInt(id, 10))
		}
		return err
	})
	return all, err
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

func (p *program) askPrices(r *http.Request) (any, error) {
	asked, err := body[[]Question](r)
	if err != nil {
		return nil, err
	}
	answers := make([]Answer, len(asked))
	return answers, p.read(r.Context(), func(u *unit) (err error) {
		for i, q := range asked {
			if answers[i].Price, answers[i].Known, err = u.priceFor(q.Customer, q.Item, q.Quantity); err != nil {
				return err
			}
		}
		return nil
	})
}

func (p *program) quoteOrder(r *http.Request) (any, error) {
	in, err := body[NewOrder](r)
	if err != nil {
		return nil, err
	}
	var o *Order
	err = p.read(r.Context(), func(u *unit) (err error) {
		o, err = u.check(in)
		return err
	})
	if err != nil {
		return nil, err
	}
	return o.Totals, nil
}

func (p *program) createOrder(r *http.Request) (any, error) {
	in, err := body[NewOrder](r)
	if err != nil {
		return nil, err
	}
	var o *Order
	return &o, p.write(r.Context(), func(u *unit) (err error) {
		if o, err = u.check(in); err != nil {
			return err
		}
		return u.put(o)
	})
}

// Accepted lists the questions answered yes.
type Accepted struct {
	Accept []string `json:"accept"`
}

func (p *program) orderStep(step func(*unit, *Order, bool) error) func(*http.Request) (any, error) {
	return func(r *http.Request) (any, error) {
		in, err := body[Accepted](r)
		if err != nil {
			return nil, err
		}
		var o *Order
		return &o, p.write(r.Context(), func(u *unit) (err error) {
			if o, err = get[Order](u, orders, r.PathValue("id")); err != nil {
				return err
			}
			accept := false
			for _, code := range in.Accept {
				accept = accept || code == "credit_limit"
			}
			return step(u, o, accept)
		})
	}
}

func body[T any](r *http.Request) (in T, err error) {
	if err := json.NewDecoder(r.Body).Decode(&in); err != nil {
		return in, fault.New(fault.Invalid, "bad_request").Because(err)
	}
	return in, nil
}
