package main

import (
	"context"
	"fmt"
)

// parity measures the three equations over many open items and movements.
func (b *bench) parity(ctx context.Context, engine string) error {
	name := "parity_100k_s_" + engine
	if !b.wanted(name) {
		return nil
	}
	s, err := b.start(ctx, engine, "parity")
	if err != nil {
		return err
	}
	defer s.stop()
	var took []float64
	for range b.runs {
		stop := b.profiled(s, "parity")
		var seconds float64
		if err := s.ask("/compare", &seconds); err != nil {
			return err
		}
		stop()
		took = append(took, seconds)
	}
	var c compared
	if err := s.ask("/differences", &c); err != nil {
		return err
	}
	why := ""
	if c != (compared{Equations: 3, Gaps: 1, Differences: offItems}) {
		why = fmt.Sprintf("%+v", c)
	}
	b.add(line{Name: name, Value: median(took), Unit: "s", N: openItems, failed: why}, s.about,
		fmt.Sprintf("equations (a) to (c) over %d open items and as many movements on their way, %d differences known and found again; ERP and processor answer at once", openItems, offItems))
	return nil
}
