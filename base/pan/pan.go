// Package pan finds card numbers where none may be (PCI DSS 4.0.1, 3.2 and 12.10.7):
// in what people type, in what is kept, in what crosses a wire. It never gives the
// number back.
package pan

import (
	"regexp"
	"strings"
)

var (
	// groups of digits, alone or set apart by one space, hyphen or point.
	digits = regexp.MustCompile(`[0-9](?:[ .\-\x{00a0}\x{202f}]?[0-9]){13,18}`)
	// brands are the numbers that the large card brands give out, by length.
	brands = regexp.MustCompile(`^(4\d{15}(\d{3})?|5[1-5]\d{14}|2(22[1-9]|2[3-9]\d|[3-6]\d\d|7[01]\d|720)\d{12}|3[47]\d{13}|3(0[0-5]|[689]\d)\d{11}|35(2[89]|[3-8]\d)\d{12}|6(011|5\d\d|4[4-9]\d)\d{12})$`)
	apart  = strings.NewReplacer(" ", "", "-", "", ".", "", "\u00a0", "", "\u202f", "")
)

// In says whether a text holds a number that a card could have: the length and the
// first digits of a brand, and the check digit. Digits next to letters are part of
// a hash or an id.
func In(text string) bool {
	for _, at := range digits.FindAllStringIndex(text, -1) {
		if at[0] > 0 && wordy(text[at[0]-1]) || at[1] < len(text) && wordy(text[at[1]]) {
			continue
		}
		if number := apart.Replace(text[at[0]:at[1]]); brands.MatchString(number) && Luhn(number) {
			return true
		}
	}
	return false
}

func wordy(c byte) bool {
	return c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c == '-' || c == '_'
}

// Luhn says whether digits end with the check digit of ISO/IEC 7812-1.
func Luhn(number string) bool {
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
