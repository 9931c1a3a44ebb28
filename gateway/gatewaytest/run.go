package gatewaytest

import (
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"testing"

	"comptoir.example/comptoir/erp/erptest"
)

// check is one of the numbered checks of doc.go.
type check struct {
	name string // number and sentence
	run  func(*trial)
}

// groups are the checks in the order of their numbers.
var groups = [][]check{connection, sessions, saved, refunds, bank, facts, webhooks, payouts, closing}

// Run tries a connector: one subtest for each check, in the order of their
// numbers. A check that makes no sense for this processor is shown as skipped,
// with the reason that the Ground gives.
func Run(t *testing.T, g Ground) {
	all := &run{Ground: g, prefix: strconv.FormatInt(g.Bench.Now().UnixMicro()%1e10, 36)}
	all.proxy = erptest.NewProxy(g.URL, 1, g.Secrets...)
	server := httptest.NewServer(all.proxy)
	defer server.Close()
	all.between = server.URL
	for _, c := range slices.Concat(groups...) {
		t.Run(c.name, func(t *testing.T) {
			number, _, _ := strings.Cut(c.name, " ")
			if why := g.Cannot[number]; why != "" {
				t.Skip("makes no sense for " + g.Processor + ": " + why)
			}
			all.proxy.Plan()
			c.run(&trial{t, all, g.Connect(all.between)})
			all.calls()
		})
	}
}

// run is what the checks share.
type run struct {
	Ground
	prefix   string // of keys and references, so that two runs never share one
	used     int
	proxy    *erptest.Proxy
	between  string          // its address
	recorded strings.Builder // all that went over the wire
}

// calls are those since the last time. They are recorded.
func (r *run) calls() []erptest.Call {
	calls := r.proxy.Calls()
	for _, c := range calls {
		r.recorded.WriteString(c.Path + "\n" + c.Body + "\n" + c.Answer + "\n")
	}
	return calls
}
