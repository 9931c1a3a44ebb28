package app

import "testing"

func TestColumnsNamedLikeCardDataAreFound(t *testing.T) {
	for name, bad := range map[string]bool{
		"card_number": true, "cardnumber": true, "pan": true, "pan_encrypted": true, "cc_no": true, "cvc": true, "customer_cvv2": true, "track2": true,
		"track_1_data": true, "pin": true, "pin_block": true, "card_holder": true, "magstripe": true,
		"tracking": false, "company": false, "ping": false, "span": false, "spinning": false, "card_brand": false, "expand": false, "number": false,
	} {
		if cardColumn.MatchString(name) != bad {
			t.Errorf("%s: %v", name, !bad)
		}
	}
}

func TestAPolicyThatLetsSomethingInIsFound(t *testing.T) {
	for csp, source := range map[string]string{
		"default-src 'none'; script-src 'self'; img-src 'self' data:": "",
		"default-src 'none'; script-src 'self' 'unsafe-inline'":       "script-src 'unsafe-inline'",
		"default-src 'none'; style-src 'self' https://fonts.example":  "style-src https://fonts.example",
		"default-src 'none'; script-src 'self' data:":                 "script-src data:",
		"script-src 'self'": "default-src",
		"default-src *":     "default-src *",
	} {
		if got := foreign(csp); got != source {
			t.Errorf("%s: %q", csp, got)
		}
	}
}
