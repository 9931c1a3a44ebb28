package app

import (
	"context"
	"encoding/hex"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"

	"comptoir.example/comptoir/base/db"
	"comptoir.example/comptoir/base/fault"
	"comptoir.example/comptoir/base/pan"
	"comptoir.example/comptoir/web"
)

// DoctorPCI collects what can be shown from the running install for the
// merchant's yearly card questionnaire, and says what it does not check.
func DoctorPCI(ctx context.Context, c Config) []Finding {
	found := []Finding{transport(c), policy(), cookies(), secondFactor(false)}
	d, err := db.Open(ctx, db.Options{URL: c.Database, ReadOnly: true})
	if err == nil {
		defer d.Close()
		err = d.Read(ctx, func(tx *db.Tx) error {
			demo, err := demoAccounts(ctx, tx)
			if err != nil {
				return err
			}
			found[3] = secondFactor(demo)
			found = append(found, demoProfile(c, demo))
			data, err := scan(ctx, tx)
			found = append(found, data...)
			return err
		})
	}
	if err != nil {
		found = append(found, Finding{Check: "database", State: Problem, Params: []any{"why", whyKey(fault.Of(err), err)}})
	}
	for _, check := range []string{"pci_payment", "pci_logs", "pci_dependencies", "pci_network"} {
		found = append(found, Finding{Check: check, State: Note})
	}
	return found
}

// policy reads the headers that every answer carries.
func policy() Finding {
	h := http.Header{}
	web.Headers(h, true)
	csp := h.Get("Content-Security-Policy")
	return finding("pci_csp", foreign(csp) != "" || h.Get("Strict-Transport-Security") == "", "source", foreign(csp))
}

// foreign is a source in a content security policy that is not our own, or that
// lets a page run what it did not load from us; "" when there is none.
func foreign(csp string) string {
	closed := false
	for directive := range strings.SplitSeq(csp, ";") {
		words := strings.Fields(directive)
		if len(words) == 0 {
			continue
		}
		closed = closed || words[0] == "default-src" && len(words) == 2 && words[1] == "'none'"
		for _, source := range words[1:] {
			image := words[0] == "img-src" && source == "data:"
			if source != "'self'" && source != "'none'" && !image {
				return words[0] + " " + source
			}
		}
	}
	if !closed {
		return "default-src"
	}
	return ""
}

// cookies looks at the session's cookie as it is sent over TLS.
func cookies() Finding {
	w := httptest.NewRecorder()
	(&web.Request{Site: &web.Site{Secure: true}}).SetSession(w, "token")
	sent := w.Result().Cookies()
	good := len(sent) == 1
	for _, c := range sent {
		good = good && c.HttpOnly && c.Secure && c.Path == "/" && c.Domain == "" && strings.HasPrefix(c.Name, "__Host-") &&
			(c.SameSite == http.SameSiteLaxMode || c.SameSite == http.SameSiteStrictMode)
	}
	return finding("pci_cookie", !good)
}

// secondFactor: the demo waives it; outside of the demo it is still to be built.
func secondFactor(demo bool) Finding {
	if demo {
		return Finding{Check: "pci_second_factor", State: Note}
	}
	return finding("pci_second_factor", true)
}

// cardColumn is the name of a column that would hold what a card says.
var cardColumn = regexp.MustCompile(`(^|_)(pan|card_?(number|no|num|holder|data)|cardnumber|cc_?(number|num|no)|cvc2?|cvv2?|cid|csc|cav2?|track_?[12]?(_data)?|track[12]|magstripe|pin(_?block)?)(_|$)`)

var countPlain = db.SQL("app.count_plain_passwords", `SELECT COUNT(*) FROM person WHERE password NOT LIKE '$argon2id$%'`)

// scan reads the schema that is really there, and every text of every table.
func scan(ctx context.Context, tx *db.Tx) (found []Finding, err error) {
	live, err := db.Columns(ctx, tx)
	if err != nil {
		return found, err
	}
	shaped := ""
	for _, c := range live {
		if cardColumn.MatchString(strings.ToLower(c.Name)) {
			shaped = c.Table + "." + c.Name
		}
	}
	found = append(found, finding("pci_columns", shaped != "", "n", len(live), "column", shaped))
	read, hit := 0, ""
	for _, t := range schema {
		if err := t.rows(ctx, tx, func(values []any) error {
			for i, v := range values {
				if text, is := v.(string); is {
					if t.Columns[i].Type == "blob" {
						content, _ := hex.DecodeString(text) // as rows wrote it
						text = string(content)
					}
					read++
					if pan.In(text) {
						hit = t.Name + "." + t.Columns[i].Name
					}
				}
			}
			return ctx.Err()
		}); err != nil {
			return found, err
		}
	}
	found = append(found, finding("pci_luhn", hit != "", "n", read, "column", hit))
	plain, _, err := db.One(ctx, tx, countPlain, db.Value[int])
	return append(found, finding("pci_passwords", plain > 0, "n", plain)), err
}
