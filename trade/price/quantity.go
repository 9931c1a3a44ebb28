package price

import (
	"errors"
	"strings"

	"comptoir.example/comptoir/base/money"
)

// parseQuantity reads a number as people here type it: spaces between thousands
// in French, a comma or a point before decimals. A comma with exactly three
// digits behind it and none before it that say otherwise could mean either
// thing: in a shop where most units are whole, "1,000" is refused rather than
// guessed.
func parseQuantity(typed string) (money.Decimal, error) {
	text := strings.NewReplacer(" ", "", "\u00a0", "", "\u202f", "").Replace(strings.TrimSpace(typed))
	if before, after, comma := strings.Cut(text, ","); comma {
		if len(after) == 3 && before != "0" || strings.Contains(after, ",") || strings.Contains(text, ".") {
			return money.Decimal{}, errAmbiguous
		}
		text = before + "." + after
	}
	if strings.Trim(text, "+-.0123456789") != "" {
		return money.Decimal{}, errAmbiguous // decimals may be written 1e3; quantities are not
	}
	if len(text) > 18 {
		if strings.Trim(text, "0123456789") == "" {
			return money.Int(1 << 62), nil // a number, and too large
		}
		return money.Decimal{}, errAmbiguous
	}
	return money.Parse(text)
}

var errAmbiguous = errors.New("not a number, or two numbers at once")
