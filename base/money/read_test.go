package money_test

import (
	"testing"

	"comptoir.example/comptoir/base/money"
)

func TestAnAmountIsReadAsPeopleTypeIt(t *testing.T) {
	for text, want := range map[string]int64{
		"1 234,56": 123456, "1\u202f234,56 $": 123456, "1,234.56": 123456, "1.234,56": 123456, "1234.5": 123450, "0,07": 7, "12": 1200,
		"$12.00": 1200, "1 000 000": 100000000, "1,234,567": 123456700,
		"": -1, "1,234": -1, "12,345": -1, "1.005": -1, "-5": -1, "5-": -1, "1e3": -1, "abc": -1, "1,,2": -1, ",": -1, "12.": -1, "1,23,4.5": -1,
		"9999999999999999": -1, "٣": -1,
	} {
		got, err := money.Read(text, "CAD")
		if want < 0 {
			if err == nil {
				t.Errorf("%q is read as %d, want a refusal", text, got.Minor)
			}
		} else if err != nil || got.Minor != want {
			t.Errorf("%q is read as %d (%v), want %d", text, got.Minor, err, want)
		}
	}
}
