package comptoirtest_test

import (
	"fmt"
	"os"
	"strconv"
	"strings"
	"testing"

	"comptoir.example/comptoir/comptoirtest"
)

// A history of hostile days ends in books that tie: what our ledger says of the
// processor is its balance, what it says of each document is what the ERP says, and
// each payment is in the ERP once. COMPTOIR_SEED lives one seed again and tells it.
func TestEveryHistoryEndsInBooksThatTie(t *testing.T) {
	if seed, err := strconv.ParseUint(os.Getenv("COMPTOIR_SEED"), 10, 64); err == nil {
		h := comptoirtest.NewHistory(t, "sqlite", seed)
		h.Live(60)
		h.Calm()
		t.Log(strings.Join(h.Log, "\n"))
		for _, wrong := range h.Wrong() {
			t.Error(wrong)
		}
		return
	}
	n, _ := strconv.Atoi(os.Getenv("COMPTOIR_HISTORIES"))
	for seed := range uint64(max(n, 20)) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			h := comptoirtest.NewHistory(t, "sqlite", seed)
			h.Live(60)
			h.Calm()
			for _, wrong := range h.Wrong() {
				t.Errorf("seed %d: %s", seed, wrong)
			}
		})
	}
}
