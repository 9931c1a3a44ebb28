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

// The numbers are the large brands' own published test numbers.
func TestTextsThatLookLikeACardAreFound(t *testing.T) {
	for text, bad := range map[string]bool{
		"4111111111111111": true, "carte 4111-1111-1111-1111.": true, `{"note":"5555 5555 5555 4444"}`: true, "378282246310005": true,
		"6011111111111117": true, "3530111333300000": true, "30569309025904": true, "2223003122003222": true,
		"4111111111111112": false, "41111111111111111": false, "x4111111111111111": false, "1795651200000000": false,
		"0190a1b2-4111-7111-8111-111111111111": false, "+1 514 555-0123": false, "": false, "0000000000000000": false,
	} {
		if looksLikeCard(text) != bad {
			t.Errorf("%q: %v", text, !bad)
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
