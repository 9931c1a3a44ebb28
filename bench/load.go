package main

import (
	"fmt"
	"slices"
	"sync"
	"time"
)

// load is what a run of all clients did.
type load struct {
	done      int
	took      time.Duration
	whole     []time.Duration // of each thing done
	each      []time.Duration // of each request
	failed    int
	complaint error // the first failure
}

// drive lets every client do a thing over and over until the time is over.
// pace, when it is not nil, gives leave for each.
func (b *bench) drive(of [][]*buyer, pace <-chan time.Time, do func(*buyer, func(time.Duration)) error) load {
	var all sync.WaitGroup
	parts := make([]load, len(of))
	start := time.Now()
	for i, mine := range of {
		all.Go(func() {
			l := &parts[i]
			for turn := 0; time.Since(start) < b.run; turn++ {
				if pace != nil {
					select {
					case <-pace:
					case <-time.After(b.run - time.Since(start)):
						return
					}
				}
				begun := time.Now()
				err := do(mine[turn%len(mine)], func(d time.Duration) { l.each = append(l.each, d) })
				if err != nil {
					if l.failed++; l.complaint == nil {
						l.complaint = err
					}
					continue
				}
				l.done++
				l.whole = append(l.whole, time.Since(begun))
			}
		})
	}
	all.Wait()
	sum := load{took: time.Since(start)}
	for _, l := range parts {
		sum.done += l.done
		sum.failed += l.failed
		sum.whole = append(sum.whole, l.whole...)
		sum.each = append(sum.each, l.each...)
		if sum.complaint == nil {
			sum.complaint = l.complaint
		}
	}
	return sum
}

func (l load) rate() float64 { return float64(l.done) / l.took.Seconds() }

// why says what is wrong with a run, "" when nothing is.
func (l load) why() string {
	if l.failed > 0 {
		return fmt.Sprintf("%d of %d failed: %.100v", l.failed, l.failed+l.done, l.complaint)
	}
	return ""
}

// p99 is what one of a hundred exceeds, in milliseconds.
func p99(of []time.Duration) float64 {
	if len(of) == 0 {
		return 0
	}
	sorted := slices.Sorted(slices.Values(of))
	return sorted[(len(sorted)*99)/100-btoi(len(sorted)%100 == 0)].Seconds() * 1000
}

func btoi(b bool) int {
	if b {
		return 1
	}
	return 0
}
