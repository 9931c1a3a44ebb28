package simulator

import (
	"maps"
	"net/http"
)

// What a test sees that shares the processor's process, and that no wire tells.

// Through is the clerk without a network between, as Connector.Through.
func (c *Clerk) Through(h http.Handler) *Clerk {
	short := *c
	short.http = client(inProcess{h})
	return &short
}

// Books are the movements after the first n, and how each reference stands: as the
// API would answer if nothing broke.
func (p *Processor) Books(n int) (moved []Movement, stands map[string]string) {
	p.do(func() {
		moved, stands = append(moved, p.state.Movements[n:]...), make(map[string]string, len(p.state.Payments))
		for _, one := range p.state.Payments {
			if was, known := stands[one.Reference]; !known || rank(one.Status) >= rank(was) {
				stands[one.Reference] = one.Status
			}
		}
	})
	return moved, stands
}

// Refunds are all there are, as they stand.
func (p *Processor) Refunds() (all []Record) {
	p.do(func() {
		for _, one := range p.state.Refunds {
			all = append(all, one.Record)
		}
	})
	return all
}

// Listed are the movements among the events after the first from, up to the to-th.
func (p *Processor) Listed(from, to int) (movements []string) {
	p.do(func() {
		for _, e := range p.state.Events[from:to] {
			if e.Movement != nil {
				movements = append(movements, e.Movement.ID)
			}
		}
	})
	return movements
}

// PaidOut are all payouts, the first first.
func (p *Processor) PaidOut() (all []Payout) {
	p.do(func() {
		for _, one := range p.state.Payouts {
			all = append(all, *one)
		}
	})
	return all
}

// Struck says how often each kind of fault has done harm.
func (p *Processor) Struck() (all map[string]int) {
	p.do(func() { all = maps.Clone(p.struck) })
	return all
}
