package gatewaytest

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

func TestTheChecksAreNumberedOneAfterTheOther(t *testing.T) {
	n := 0
	for _, c := range slices.Concat(groups...) {
		n++
		if !strings.HasPrefix(c.name, fmt.Sprintf("%d ", n)) || c.run == nil {
			t.Errorf("%q is number %d", c.name, n)
		}
	}
	if n != 68 {
		t.Errorf("%d checks, and doc.go says 68", n)
	}
}

func TestCardNumbersAreFoundAndOtherNumbersAreNot(t *testing.T) {
	for _, text := range []string{
		"4242424242424242", "5555 5555 5555 4444", "3782-8224-6310-005", `{"n":"6011000990139424"}`, "a 4242.4242.4242.4242, b",
	} {
		if found := CardNumbers(text); len(found) != 1 || strings.Count(found[0], "•") < 10 {
			t.Errorf("%s: %v", text, found)
		}
	}
	for _, text := range []string{
		"4242424242424243", "x4242424242424242", "4242424242424242a", "424242424242", "42424242424242424242424242", "2026-11-27T15:00:00.123456Z", "",
	} {
		if found := CardNumbers(text); len(found) != 0 {
			t.Errorf("%s: %v", text, found)
		}
	}
}
