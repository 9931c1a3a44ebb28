package simulator

import (
	"cmp"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"comptoir.example/comptoir/base/fault"
	"comptoir.example/comptoir/base/i18n"
	"comptoir.example/comptoir/base/money"
)

// deskPage is everything the control screen may show.
type deskPage struct {
	*i18n.Printer
	Refused        string // code of what was not done
	Address        string
	Waiting, Tried int // webhooks to be sent, and those of them that were not taken
	Balances       []money.Amount
	Daily          bool
	Faults         []Fault
	Kinds, Places  []string // of faults
	Payments       []deskPayment
	Refunds        []givenBack
	Payouts        []Payout
	Cards          []Card
}

type deskPayment struct {
	payment
	Left     money.Amount
	Disputed bool
}

// shown is how many of each the screen lists, the newest first.
const shown = 20

func (p *Processor) desk(r *http.Request) deskPage {
	page := deskPage{Printer: p.words.Printer(i18n.Parse(r.URL.Query().Get("lang")), p.zone), Refused: r.URL.Query().Get("refused"),
		Kinds: slices.Concat(apiFaults, webhookFaults), Places: []string{"sessions", "expiries", "charges", "refunds", "methods", "payments", "events", "balance", "payouts"}}
	p.do(func() {
		s := &p.state
		page.Address, page.Daily, page.Waiting = p.address(), s.Daily, len(s.Deliveries)
		for _, d := range s.Deliveries {
			page.Tried += min(d.Tries, 1)
		}
		for _, currency := range currencies {
			page.Balances = append(page.Balances, money.Amount{Minor: p.balance(currency), Currency: currency})
		}
		for _, f := range s.Faults {
			page.Faults = append(page.Faults, *f)
		}
		for _, one := range newest(s.Payments) {
			left := money.Amount{Minor: p.left(one), Currency: one.Amount.Currency}
			page.Payments = append(page.Payments, deskPayment{*one, left, p.dispute(one.ID) != nil})
		}
		for _, one := range newest(s.Refunds) {
			page.Refunds = append(page.Refunds, *one)
		}
		for _, one := range newest(s.Payouts) {
			page.Payouts = append(page.Payouts, *one)
		}
		for _, m := range s.Methods {
			if !m.Gone {
				page.Cards = append(page.Cards, m.Card)
			}
		}
	})
	slices.SortFunc(page.Cards, func(a, b Card) int { return strings.Compare(a.Token, b.Token) })
	return page
}

func newest[T any](all []T) []T {
	last := slices.Clone(all[max(0, len(all)-shown):])
	slices.Reverse(last)
	return last
}

func (p *Processor) control(mux *http.ServeMux) {
	mux.HandleFunc("GET /control", func(w http.ResponseWriter, r *http.Request) {
		if local(w, r) {
			p.render(w, http.StatusOK, "control", p.desk(r), "")
		}
	})
	mux.Handle("POST /control/{act}", http.NewCrossOriginProtection().Handler(http.HandlerFunc(p.press)))
	mux.Handle("GET /{$}", http.RedirectHandler("/control", http.StatusSeeOther))
}

// press is one form. People see the screen again; scripts, which do not ask for
// HTML, get 204 or a Problem.
func (p *Processor) press(w http.ResponseWriter, r *http.Request) {
	if !local(w, r) {
		return
	}
	r.Body = http.MaxBytesReader(w, r.Body, 64<<10)
	if err := r.ParseForm(); err != nil {
		http.Error(w, http.StatusText(http.StatusBadRequest), http.StatusBadRequest)
		return
	}
	err := p.Act(r.PathValue("act"), r.PostForm)
	code := fault.Of(err).Code
	if !strings.Contains(r.Header.Get("Accept"), "text/html") {
		if err == nil {
			w.WriteHeader(http.StatusNoContent)
			return
		}
		write(w, p.no(&refusal{http.StatusUnprocessableEntity, code}))
		return
	}
	back := url.Values{"lang": {string(i18n.Parse(cmp.Or(r.PostFormValue("lang"), string(i18n.FR))))}}
	if err != nil {
		back.Set("refused", code)
	}
	http.Redirect(w, r, "/control?"+back.Encode(), http.StatusSeeOther)
}

// local turns away who is not on this machine, and who says another name for it:
// that is a page of somebody else in a browser here.
func local(w http.ResponseWriter, r *http.Request) bool {
	from, _, _ := net.SplitHostPort(r.RemoteAddr)
	host := r.Host
	if name, _, err := net.SplitHostPort(host); err == nil {
		host = name
	}
	ip := net.ParseIP(from)
	if ip == nil || !ip.IsLoopback() || host != "localhost" && net.ParseIP(host) == nil {
		http.NotFound(w, r)
		return false
	}
	return true
}
