package comptoirtest_test

import (
	"fmt"
	"os"
	"strconv"
	"strings"
	"sync"
	"testing"

	"comptoir.example/comptoir/base/db/dbtest"
	"comptoir.example/comptoir/comptoirtest"
)

// acts is how many things somebody does in a history.
const acts = 60

// histories is how many are lived on an engine, and from which seed on.
func histories(engine string) (from, n uint64) {
	count := map[string]int{"sqlite": 300, "postgres": 10}
	switch {
	case testing.Short():
		count = map[string]int{"sqlite": 30, "postgres": 3}
	case os.Getenv("COMPTOIR_PROVE") == "1":
		count = map[string]int{"sqlite": 2000, "postgres": 200}
	}
	n = uint64(count[engine])
	if more, err := strconv.ParseUint(os.Getenv("COMPTOIR_HISTORIES"), 10, 64); err == nil {
		n = more
	}
	from, _ = strconv.ParseUint(os.Getenv("COMPTOIR_SEED"), 10, 64)
	return from, n
}

// A history of hostile days ends in books that tie: what our ledger says of the
// processor is its balance, what it says of each document is what the ERP says, and
// each payment is in the ERP once. COMPTOIR_SEED and COMPTOIR_HISTORIES live some of
// them again; one alone is told.
func TestEveryHistoryEndsInBooksThatTie(t *testing.T) {
	if _, err := os.Stat("/dev/shm"); err == nil { // a history waits for no disk
		before := os.Getenv("TMPDIR")
		defer os.Setenv("TMPDIR", before)
		os.Setenv("TMPDIR", "/dev/shm") // for histories side by side, which t.Setenv does not allow
	}
	for _, engine := range dbtest.Engines {
		from, n := histories(engine)
		var mu sync.Mutex
		struck, killed := map[string]int{}, 0
		t.Run(engine, func(t *testing.T) {
			for seed := from; seed < from+n; seed++ {
				t.Run(fmt.Sprint(seed), func(t *testing.T) {
					t.Parallel()
					h := comptoirtest.NewHistory(t, engine, seed)
					h.Live(acts)
					h.Calm()
					wrong := h.Wrong()
					if len(wrong) > 0 || n == 1 {
						t.Log(strings.Join(h.Log, "\n"))
					}
					for _, w := range wrong {
						t.Errorf("seed %d: %s", seed, w)
					}
					mu.Lock()
					defer mu.Unlock()
					for kind, n := range h.Struck {
						struck[kind] += n
					}
					killed += h.Killed
				})
			}
		})
		t.Logf("%s: %d histories, killed %d times, faults %v", engine, n, killed, struck)
	}
}

// The same seed is the same history, to the last line.
func TestAHistoryIsItsSeed(t *testing.T) {
	var trace [2]string
	for i := range trace {
		h := comptoirtest.NewHistory(t, "sqlite", 7)
		h.Live(acts)
		h.Calm()
		trace[i] = h.Trace()
	}
	if trace[0] != trace[1] {
		t.Errorf("seed 7 was %s, then %s", trace[0], trace[1])
	}
}
