package gatewaytest

import (
	"strings"

	"comptoir.example/comptoir/base/pan"
)

// CardNumbers finds what may be card numbers: 14 to 19 digits, alone or in groups
// set apart by one space, dash or point, with the check digit of ISO/IEC 7812-1,
// and no letter or digit beside them. All but the last four digits are masked.
func CardNumbers(text string) (found []string) {
	for i := 0; i < len(text); {
		if !digit(text[i]) {
			i++
			continue
		}
		start := i
		var digits []byte
		end := i
		for i < len(text) && (digit(text[i]) || strings.IndexByte(" -.", text[i]) >= 0 && i+1 < len(text) && digit(text[i+1])) {
			if digit(text[i]) {
				digits = append(digits, text[i])
			}
			i++
			end = i
		}
		if start > 0 && letter(text[start-1]) || end < len(text) && letter(text[end]) {
			continue
		}
		if len(digits) >= 14 && len(digits) <= 19 && pan.Luhn(string(digits)) {
			found = append(found, strings.Repeat("•", len(digits)-4)+string(digits[len(digits)-4:]))
		}
	}
	return found
}

func digit(c byte) bool { return '0' <= c && c <= '9' }

func letter(c byte) bool { return 'a' <= c|0x20 && c|0x20 <= 'z' }
