package simulator

import (
	"bytes"
	"html/template"
	"net/http"
	"net/url"
	"regexp"

	"comptoir.example/comptoir/base/i18n"
)

// The hosted page, where somebody pays: forms, no script. A payer chooses a test
// card by its name; there is no field in which a card number could be typed.

var templates = template.Must(template.ParseFS(files, "pages/*.html"))

// payPage is everything the page may show.
type payPage struct {
	*i18n.Printer
	Merchant string
	Payment  payment
	Cards    []testCard
}

// State is which of its faces the page shows.
func (p payPage) State() string {
	if p.Payment.Status == open && p.Payment.Session.Confirm {
		return "confirm"
	}
	return p.Payment.Status
}

func (p *Processor) pages(mux *http.ServeMux) {
	protect := http.NewCrossOriginProtection()
	mux.HandleFunc("GET /style.css", func(w http.ResponseWriter, r *http.Request) {
		http.ServeFileFS(w, r, files, "pages/style.css")
	})
	mux.HandleFunc("GET /pay/{session}", func(w http.ResponseWriter, r *http.Request) {
		p.show(w, p.look(r.PathValue("session"), nil), http.StatusOK)
	})
	mux.Handle("POST /pay/{session}", protect.Handler(p.paying(func(one *payment, r *http.Request) bool {
		card, known := cardOf(r.PostFormValue("card"))
		if !known {
			return false
		}
		if card.confirm {
			chosen := card.Card
			one.Card, one.Session.Confirm, p.dirty = &chosen, true, true
			return true
		}
		p.try(one, card)
		return true
	})))
	mux.Handle("POST /pay/{session}/confirmation", protect.Handler(p.paying(func(one *payment, r *http.Request) bool {
		if !one.Session.Confirm {
			return false
		}
		card, _ := cardOf(one.Card.Last4)
		if r.PostFormValue("answer") != "yes" {
			card.status, card.decline = declined, "authentication_required"
		}
		p.try(one, card)
		return true
	})))
}

// look finds the payment of a session, does something to it, and gives a copy.
// Nil when there is none.
func (p *Processor) look(session string, act func(*payment)) (seen *payment) {
	p.do(func() {
		if one := p.paymentOf(session); one != nil {
			if act != nil {
				act(one)
			}
			record, page := *one, *one.Session
			record.Session = &page
			seen = &record
		}
	})
	return seen
}

// paying handles a form of the page. Who has paid is sent back to the shop, also
// when the form comes twice.
func (p *Processor) paying(try func(*payment, *http.Request) (understood bool)) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		r.Body = http.MaxBytesReader(w, r.Body, 4<<10)
		status := http.StatusOK
		seen := p.look(r.PathValue("session"), func(one *payment) {
			if one.Status == open && !try(one, r) {
				status = http.StatusUnprocessableEntity
			}
		})
		if seen != nil && (seen.Status == paid || seen.Status == processing) {
			http.Redirect(w, r, seen.Session.Return, http.StatusSeeOther)
			return
		}
		p.show(w, seen, status)
	})
}

// show writes the page of a payment.
func (p *Processor) show(w http.ResponseWriter, seen *payment, status int) {
	if seen == nil {
		p.render(w, http.StatusNotFound, "unknown", payPage{Printer: p.words.Printer(i18n.FR, p.zone)}, "")
		return
	}
	if seen.Status == expired {
		status = http.StatusGone
	}
	page := payPage{p.words.Printer(i18n.Parse(seen.Session.Language), p.zone), p.Merchant, *seen, cards}
	p.render(w, status, "pay", page, origin(seen.Session.Return))
}

// render writes a page that may load our style and send forms to us and to one
// more place: browsers look at where a form's answer leads, too.
func (p *Processor) render(w http.ResponseWriter, status int, name string, data any, back string) {
	var page bytes.Buffer
	if err := templates.ExecuteTemplate(&page, name, data); err != nil {
		p.Log.Error("page failed", "page", name, "error", err)
		http.Error(w, http.StatusText(http.StatusInternalServerError), http.StatusInternalServerError)
		return
	}
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Content-Security-Policy", "default-src 'none'; style-src 'self'; form-action 'self' "+back+"; frame-ancestors 'none'; base-uri 'none'")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Referrer-Policy", "same-origin")
	h.Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	w.Write(page.Bytes())
}

var plainHost = regexp.MustCompile(`^[a-zA-Z0-9.-]+(:[0-9]+)?$|^\[[0-9a-fA-F:]+\](:[0-9]+)?$`)

// origin is where an address of a web page lies; "" when it is none.
func origin(address string) string {
	u, err := url.Parse(address)
	if err != nil || (u.Scheme != "http" && u.Scheme != "https") || !plainHost.MatchString(u.Host) || u.User != nil {
		return ""
	}
	return u.Scheme + "://" + u.Host
}
