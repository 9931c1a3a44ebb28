package simulator

import (
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"strings"

	"comptoir.example/comptoir/base/i18n"
)

// call is one request to the API, apart from HTTP, so that it can be carried out
// when its caller is long gone.
type call struct {
	Op    string
	Key   string
	Body  []byte
	Query url.Values
	Name  string // of what the path names
	Blind bool   // what is new is not found yet
}

// reply is an answer of the API.
type reply struct {
	Status int
	Body   json.RawMessage
}

// operation is what the API can do. Those that take a key do it once for each.
type operation struct {
	pattern string
	keyed   bool
	do      func(*Processor, call) (any, *refusal)
}

// operations by their names, which faults go by.
var operations map[string]operation

func init() { // it would refer to itself
	operations = map[string]operation{
		"sessions": {"POST /v1/sessions", true, (*Processor).createSession},
		"session":  {"GET /v1/sessions/{name}", false, (*Processor).getSession},
		"expiries": {"POST /v1/expiries", false, (*Processor).createExpiry},
		"charges":  {"POST /v1/charges", true, (*Processor).createCharge},
		"refunds":  {"POST /v1/refunds", true, (*Processor).createRefund},
		"methods":  {"DELETE /v1/methods/{name}", false, (*Processor).forgetMethod},
		"payments": {"GET /v1/payments", false, (*Processor).findPayment},
		"events":   {"GET /v1/events", false, (*Processor).listEvents},
		"balance":  {"GET /v1/balance", false, (*Processor).getBalance},
		"payouts":  {"GET /v1/payouts/{name}", false, (*Processor).getPayout},
	}
}

func (p *Processor) api(mux *http.ServeMux) {
	for name, op := range operations {
		mux.HandleFunc(op.pattern, func(w http.ResponseWriter, r *http.Request) { p.answer(w, r, name) })
	}
}

// answer serves one request, or does it the harm that the plan asks for.
func (p *Processor) answer(w http.ResponseWriter, r *http.Request, op string) {
	shown, found := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	if !found || p.Secret == "" || subtle.ConstantTimeCompare([]byte(shown), []byte(p.Secret)) != 1 {
		write(w, p.no(&refusal{http.StatusUnauthorized, "unauthorized"}))
		return
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, 64<<10))
	if err != nil {
		write(w, p.no(&refusal{http.StatusRequestEntityTooLarge, "too_large"}))
		return
	}
	harm := p.strikes(op)
	c := call{op, r.Header.Get("Idempotency-Key"), body, r.URL.Query(), r.PathValue("name"), harm.Kind == Blind}
	if p.before(w, c, harm) {
		return
	}
	var a reply
	again := false
	p.do(func() { a, again = p.carryOut(c) })
	if again {
		w.Header().Set("Idempotent-Replayed", "true")
	}
	p.after(w, r, a, harm)
}

// carryOut does what a call asks for, once for each key. Again says that it had
// been done before.
func (p *Processor) carryOut(c call) (a reply, again bool) {
	op := operations[c.Op]
	if !op.keyed {
		return p.reply(op.do(p, c)), false
	}
	if c.Key == "" || len(c.Key) > 255 {
		return p.no(&refusal{http.StatusBadRequest, "key_missing"}), false
	}
	sum := sha256.Sum256(append([]byte(c.Op+"\n"), c.Body...))
	asked := hex.EncodeToString(sum[:])
	if used, found := p.state.Keys[c.Key]; found {
		if used.Sum != asked {
			return p.no(&refusal{http.StatusConflict, "key_reused"}), false
		}
		return used.Reply, true
	}
	a = p.reply(op.do(p, c))
	if a.Status < 300 { // nothing happened otherwise, and the key is free
		p.state.Keys[c.Key] = keyed{asked, a, p.now()}
		p.dirty = true
	}
	return a, false
}

// refusal is a no.
type refusal struct {
	status int
	code   string
}

func no(code string) (any, *refusal) { return nil, &refusal{http.StatusUnprocessableEntity, code} }

// no says it in words, for the log of whoever called.
func (p *Processor) no(r *refusal) reply {
	detail := p.words.Printer(i18n.EN, p.zone).T("refused." + r.code)
	body, _ := json.Marshal(Problem{r.code, detail}) // two texts: cannot fail
	return reply{r.status, body}
}

func (p *Processor) reply(what any, refused *refusal) reply {
	if refused != nil {
		return p.no(refused)
	}
	body, err := json.Marshal(what)
	if err != nil {
		p.Log.Error("no answer", "error", err)
		return p.no(&refusal{http.StatusInternalServerError, "internal"})
	}
	return reply{http.StatusOK, body}
}

func write(w http.ResponseWriter, a reply) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(a.Status)
	w.Write(a.Body) // a caller who left has no use for the error
}
