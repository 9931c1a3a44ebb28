package pan_test

import (
	"testing"

	"comptoir.example/comptoir/base/pan"
)

func TestACardNumberIsSeenHoweverItIsWritten(t *testing.T) {
	for _, text := range []string{"4111111111111111", "Ma carte : 4111 1111 1111 1111, merci", "5555-5555-5555-4444", "4111.1111.1111.1111",
		"4111\u00a01111\u00a01111\u00a01111", "3782 822463 10005", "(6011111111111117)"} {
		if !pan.In(text) {
			t.Errorf("%q was not seen", text)
		}
	}
	for _, text := range []string{"", "4111111111111112", "BC-2026-000123", "01a2087d-ec80-77f6-9bcd-b3207b7c831d", "514 555-0123", "1795789808317457",
		"x4111111111111111", "0012345678905", "F2026-00001", "4111"} {
		if pan.In(text) {
			t.Errorf("%q was taken for a card", text)
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
		if pan.In(text) != bad {
			t.Errorf("%q: %v", text, !bad)
		}
	}
}
