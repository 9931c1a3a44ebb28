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

// A history of hostile days, in two currencies, keeps its books right after each step
// (comptoirtest/history_watch.go) and ends in books that tie: what our ledger says of
// the processor is its balance, what it says of each document is what the ERP says,
// and each payment is in the ERP once. COMPTOIR_SEED and COMPTOIR_HISTORIES live some of
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
		struck, operations := map[string]int{}, 0
		t.Run(engine, func(t *testing.T) {
			for seed := from; seed < from+n; seed++ {
				t.Run(fmt.Sprint(seed), func(t *testing.T) {
					t.Parallel()
					h := comptoirtest.NewHistory(t, engine, seed)
					h.Live()
					if len(h.Wrong) > 0 || n == 1 {
						t.Log(strings.Join(h.Log, "\n"))
					}
					for _, w := range h.Wrong {
						t.Errorf("seed %d: %s", seed, w)
					}
					harm := 0
					mu.Lock()
					defer mu.Unlock()
					for kind, n := range h.Faults() {
						struck[kind] += n
						harm += n
					}
					if len(h.Wrong) == 0 && (h.Operations < comptoirtest.LeastOperations || harm < comptoirtest.LeastFaults) {
						t.Errorf("seed %d is no history: %d operations, %d faults", seed, h.Operations, harm)
					}
					operations += h.Operations
				})
			}
		})
		if operations == 0 {
			continue // of the other engine
		}
		t.Logf("%s: %d histories, %d operations, faults %v", engine, n, operations, struck)
	}
}

// The same seed is the same history, to the last line.
func TestAHistoryIsItsSeed(t *testing.T) {
	for seed := range uint64(10) {
		var told [2][]string
		var trace [2]string
		for i := range trace {
			h := comptoirtest.NewHistory(t, "sqlite", seed)
			h.Live()
			told[i], trace[i] = h.Log, h.Trace()
		}
		if trace[0] == trace[1] {
			continue
		}
		for n, line := range told[0] {
			if n >= len(told[1]) || told[1][n] != line {
				t.Errorf("seed %d is another history from line %d on:\n%s", seed, n, strings.Join(told[0][max(0, n-3):n+1], "\n")+"\nor "+told[1][min(n, len(told[1])-1)])
				break
			}
		}
	}
}
