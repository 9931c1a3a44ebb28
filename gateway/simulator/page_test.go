package simulator

import (
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"

	"comptoir.example/comptoir/gateway"
	"comptoir.example/comptoir/gateway/gatewaytest"
)

func TestThePageSpeaksThePayersLanguage(t *testing.T) {
	r := newRig(t)
	for lang, words := range map[string][]string{
		"fr-CA": {`lang="fr-CA"`, "Payer par carte", "Payer 1\u00a0234,50\u00a0$", "ouverte jusqu’à 10\u00a0h\u00a030", "Annuler et revenir à la boutique", "Facture F-1001", "Quincaillerie Boréale", "sera gardée", "aucune vraie carte", "fonds insuffisants"},
		"en-CA": {`lang="en-CA"`, "Pay by card", "Pay $1,234.50", "Cancel and go back", "this card will be kept", "insufficient funds"},
	} {
		op, w := r.op(123450), wish
		w.Language = lang
		s, err := r.c.Start(t.Context(), op, w)
		if err != nil {
			t.Fatal(err)
		}
		page := r.send("GET", s.URL[len(r.URL):]).Body.String()
		for _, text := range words {
			if !strings.Contains(page, text) {
				t.Errorf("%s: no %q in\n%s", lang, text, page)
			}
		}
		if strings.Contains(page, "⟦") {
			t.Errorf("%s: a sentence is missing", lang)
		}
	}
}

// No face of the page has a field in which a card number could be typed, and
// none shows one.
func TestNoPageTakesOrShowsACardNumber(t *testing.T) {
	r := newRig(t)
	field := regexp.MustCompile(`<(?:input|textarea|select)[^>]*>`)
	look := func(what string, page *httptest.ResponseRecorder) {
		t.Helper()
		if found := gatewaytest.CardNumbers(page.Body.String()); len(found) != 0 {
			t.Errorf("%s shows %v", what, found)
		}
		for _, f := range field.FindAllString(page.Body.String(), -1) {
			if !strings.Contains(f, `type="radio"`) {
				t.Errorf("%s has the field %s", what, f)
			}
		}
		csp := page.Header().Get("Content-Security-Policy")
		if !strings.HasPrefix(csp, "default-src 'none'; style-src 'self'; form-action 'self' https://boutique.example; frame-ancestors 'none'") || strings.Contains(page.Body.String(), "<script") || strings.Contains(page.Body.String(), "style=") {
			t.Errorf("%s: %s", what, csp)
		}
		if page.Header().Get("Cache-Control") != "no-store" || page.Header().Get("Referrer-Policy") != "same-origin" {
			t.Errorf("%s: %v", what, page.Header())
		}
	}
	s := r.start(r.op(1000))
	look("the page", r.send("GET", s.URL[len(r.URL):]))
	look("after a decline", r.pay(s, "card", DoNotHonour))
	look("the confirmation", r.pay(s, "card", Confirmed))
	look("not confirmed", r.pay(s, "answer", "no"))
	r.clock.Move(sessionLife)
	look("the closed page", r.send("GET", s.URL[len(r.URL):]))
}

func TestEveryFaceOfThePageSaysWhatIs(t *testing.T) {
	r := newRig(t)
	op := r.op(1000)
	s := r.start(op)
	says := func(what string, page *httptest.ResponseRecorder, status int, text string) {
		t.Helper()
		if body := page.Body.String(); page.Code != status || !strings.Contains(body, text) || strings.Contains(body, "⟦") {
			t.Errorf("%s: %d, want %d and %q in\n%s", what, page.Code, status, text, body)
		}
	}
	says("declined", r.pay(s, "card", InsufficientFunds), 200, "Fonds insuffisants. Rien n’a été prélevé.")
	says("no card", r.pay(s, "card", "1111"), 422, "Payer par carte")
	says("confirm", r.pay(s, "card", Confirmed), 200, "Est-ce bien vous?")
	says("confirm, seen again", r.send("GET", s.URL[len(r.URL):]), 200, "Visa ···· 3220")
	says("not confirmed", r.pay(s, "answer", "no"), 200, "n’a pas été confirmé")
	says("confirmed out of turn", r.pay(s, "answer", "yes"), 422, "Payer par carte")
	if page := r.pay(s, "card", Later); page.Code != http.StatusSeeOther || page.Header().Get("Location") != wish.Return {
		t.Errorf("later: %d, to %s", page.Code, page.Header().Get("Location"))
	}
	says("processing", r.send("GET", s.URL[len(r.URL):]), 200, "Ne payez pas une seconde fois")
	r.clock.Move(processTime)
	says("paid", r.send("GET", s.URL[len(r.URL):]), 200, "Le paiement a été fait")
	if page := r.pay(s, "card", Approved); page.Code != http.StatusSeeOther {
		t.Errorf("twice: %d", page.Code)
	}
	if got := r.find(op.Reference); len(got.Movements) != 2 || got.State != gateway.Captured {
		t.Errorf("%+v", got)
	}
	other := r.start(r.op(1000))
	r.clock.Move(sessionLife)
	says("closed", r.pay(other, "card", Approved), http.StatusGone, "rien n’a été prélevé")
	says("unknown", r.send("GET", "/pay/ses_none"), http.StatusNotFound, "Page inconnue")

	failed := r.start(r.op(1000))
	r.pay(failed, "card", Later)
	r.act("outcomes", "name", "REF-3", "outcome", "failed")
	says("failed", r.send("GET", failed.URL[len(r.URL):]), 200, "Le paiement n’a pas abouti")
}

func TestAFormOfAnotherSiteIsTurnedAway(t *testing.T) {
	r := newRig(t)
	op := r.op(1000)
	s := r.start(op)
	for _, path := range []string{s.URL[len(r.URL):], "/control/notices"} {
		in := httptest.NewRequest("POST", path, strings.NewReader("card=4242"))
		in.RemoteAddr = "127.0.0.1:4321"
		in.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		in.Header.Set("Sec-Fetch-Site", "cross-site")
		w := httptest.NewRecorder()
		r.ServeHTTP(w, in)
		if w.Code != http.StatusForbidden {
			t.Errorf("%s: %d", path, w.Code)
		}
	}
	if got := r.find(op.Reference); got.State != gateway.Open {
		t.Errorf("%+v", got)
	}
}

func TestAReturnAddressMustBeAPage(t *testing.T) {
	r := newRig(t)
	for _, address := range []string{"", "javascript:alert(1)", "/path", "http://", "https://a.example;script-src *", "https://user@a.example/", "ftp://a.example/"} {
		w := wish
		w.Return = address
		if _, err := r.c.Start(t.Context(), r.op(1000), w); gateway.ErrorOf(err).Code != "bad_return_url" {
			t.Errorf("%q: %v", address, err)
		}
	}
}

func TestTheControlScreenIsForThisMachine(t *testing.T) {
	r := newRig(t)
	r.paid(1000)
	s := r.start(r.op(2509))
	r.pay(s, "card", Later)
	token := r.find("REF-1").Card.Token
	r.act("refunds", "name", "REF-1", "amount", "2,50")
	r.act("disputes", "name", "REF-1")
	r.act("payout-failures", "name", payOutFirst(r))
	r.act("faults", "kind", Throttle, "on", "charges", "times", "2", "percent", "50", "seconds", "7")
	r.in.status = 500
	r.act("notices")
	r.Step(t.Context())
	for lang, words := range map[string][]string{
		"fr-CA": {"Banque, payeurs et réseau", "Dû au marchand (CAD)", "Demander d’attendre (429) (charges, encore 2 fois, 50\u00a0% du temps, 7\u00a0s)", "Contestation gagnée", "Faire échouer", "http://boutique.example/webhooks", token, "n’ont pas été pris"},
		"en-CA": {"Bank, payers and network", "Dispute won", "Make it come back", "2 more times"},
	} {
		page := r.send("GET", "/control?lang="+lang+"&refused=bad_amount").Body.String()
		for _, text := range words {
			if !strings.Contains(page, text) {
				t.Errorf("%s: no %q in\n%s", lang, text, page)
			}
		}
		if strings.Contains(page, "⟦") {
			t.Errorf("%s: a sentence is missing: %s", lang, regexp.MustCompile(`⟦[^⟧]*⟧`).FindString(page))
		}
	}
	away := httptest.NewRequest("GET", "/control", nil)
	for from, host := range map[string]string{"192.0.2.1:99": "127.0.0.1:8090", "127.0.0.1:99": "attacker.example"} {
		away.RemoteAddr, away.Host = from, host
		w := httptest.NewRecorder()
		r.ServeHTTP(w, away)
		if w.Code != http.StatusNotFound {
			t.Errorf("from %s to %s: %d", from, host, w.Code)
		}
	}
	if page := r.send("POST", "/control/payouts", "currency", "USD", "lang", "en-CA"); page.Header().Get("Location") != "/control?lang=en-CA&refused=nothing_to_pay_out" {
		t.Errorf("back to %s", page.Header().Get("Location"))
	}
	if style := r.send("GET", "/style.css"); style.Code != 200 || !strings.Contains(style.Header().Get("Content-Type"), "css") {
		t.Errorf("style: %d %v", style.Code, style.Header())
	}
}

// payOutFirst pays out and gives the payout's id.
func payOutFirst(r *rig) string {
	r.Helper()
	r.paid(900000)
	r.act("payouts", "currency", "CAD")
	return r.state.Payouts[0].ID
}
