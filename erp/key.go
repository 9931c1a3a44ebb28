package erp

import "strings"

// crockford is base 32 without I, L, O and U, so that a key can be read aloud.
const crockford = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"

// NewKey makes the business key of a document from 10 random bytes: "CM", 16
// characters, and a check character. 19 characters fit the narrowest place of
// any ERP we know (Business Central's document number, 20).
func NewKey(random [10]byte) string {
	var b strings.Builder
	b.WriteString("CM")
	bits, n := uint(0), 0
	for _, c := range random {
		bits, n = bits<<8|uint(c), n+8
		for n >= 5 {
			n -= 5
			b.WriteByte(crockford[bits>>n&31])
		}
	}
	s := b.String()
	return s + string(check(s))
}

// ValidKey says whether a text is one of our keys, unharmed.
func ValidKey(s string) bool {
	if len(s) != 19 || s[:2] != "CM" {
		return false
	}
	for i := 2; i < len(s); i++ {
		if strings.IndexByte(crockford, s[i]) < 0 {
			return false
		}
	}
	return s[18] == check(s[:18])
}

// check is a weighted sum of the characters' values. The weights are odd, so one
// wrong character is always noticed.
func check(s string) byte {
	sum := 0
	for i := range len(s) {
		sum += (2*i + 1) * strings.IndexByte(crockford, s[i])
	}
	return crockford[sum%32]
}
