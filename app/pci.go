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
					if looksLikeCard(text) {
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

var (
	// groups of digits, alone or set apart by one space or hyphen.
	digits = regexp.MustCompile(`[0-9](?:[ -]?[0-9]){13,18}`)
	// brands are the numbers that the large card brands give out, by length.
	brands = regexp.MustCompile(`^(4\d{15}(\d{3})?|5[1-5]\d{14}|2(22[1-9]|2[3-9]\d|[3-6]\d\d|7[01]\d|720)\d{12}|3[47]\d{13}|3(0[0-5]|[689]\d)\d{11}|35(2[89]|[3-8]\d)\d{12}|6(011|5\d\d|4[4-9]\d)\d{12})$`)
)

// looksLikeCard says whether a text holds a number that a card could have: the
// length and the first digits of a brand, and the check digit of Luhn. Digits
// next to letters are part of a hash or an id.
func looksLikeCard(text string) bool {
	for _, at := range digits.FindAllStringIndex(text, -1) {
		if at[0] > 0 && wordy(text[at[0]-1]) || at[1] < len(text) && wordy(text[at[1]]) {
			continue
		}
		number := strings.NewReplacer(" ", "", "-", "").Replace(text[at[0]:at[1]])
		if brands.MatchString(number) && luhn(number) {
			return true
		}
	}
	return false
}

func wordy(c byte) bool {
	return c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c == '-' || c == '_'
}

// luhn is the check digit of ISO/IEC 7812-1.
func luhn(number string) bool {
	sum := 0
	for i := range len(number) {
		d := int(number[len(number)-1-i] - '0')
		if i%2 == 1 {
			if d *= 2; d > 9 {
				d -= 9
			}
		}
		sum += d
	}
	return sum%10 == 0
}
