package erptest

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"comptoir.example/comptoir/erp"
)

// check is one of the numbered checks of doc.go.
type check struct {
	name string // number and sentence
	run  func(*trial)
}

// number is the check's, without the letter.
func (c check) number() int {
	n, _ := strconv.Atoi(strings.TrimRight(strings.Fields(c.name)[0], "abc"))
	return n
}

// shares are the checks by what they are about, in the order of their numbers. A
// slow ERP does one thing at a time, so each share has an ERP of its own, and they
// are tried side by side.
var shares = []struct {
	name   string
	checks []check
}{
	{"goods", append(byNumber(connection, reading, pricing, orders, doubt, goods, invoices, faults), closing...)},
	{"money", byNumber(receipts, bookings)},
}

func byNumber(groups ...[]check) []check {
	all := slices.Concat(groups...)
	slices.SortStableFunc(all, func(a, b check) int { return cmp.Compare(a.number(), b.number()) })
	return all
}

// Run tries a connector: one subtest for each check, in two shares. A check that
// makes no sense for this ERP is shown as skipped, with the reason that the Ground
// gives.
func Run(t *testing.T, g Ground) {
	for i, share := range shares {
		t.Run(share.name, func(t *testing.T) {
			t.Parallel()
			mine := g
			if i > 0 {
				mine = g.Another(t)
			}
			try(t, mine, share.checks)
		})
	}
}

func try(t *testing.T, g Ground, checks []check) {
	known := newAtlas()
	for _, c := range checks {
		t.Run(c.name, func(t *testing.T) {
			number, _, _ := strings.Cut(c.name, " ")
			if why := g.Cannot[number]; why != "" {
				t.Skip("makes no sense for " + g.ERP + ": " + why)
			}
			c.run(&trial{t, g, g.Connect(g.URL), known})
		})
	}
}

// trial is one check under way.
type trial struct {
	*testing.T
	Ground
	c erp.Connector
	*atlas
}

func newTrial(t *testing.T, g Ground) *trial { return &trial{t, g, g.Connect(g.URL), newAtlas()} }

// do fails the check on an error.
func (t *trial) do(what string, err error) {
	t.Helper()
	if err != nil {
		t.Fatalf("%s: %v", what, err)
	}
}

// within is a context for one call that ends soon.
func (t *trial) within(d time.Duration) context.Context {
	ctx, cancel := context.WithTimeout(t.Context(), d)
	t.Cleanup(cancel)
	return ctx
}

// class is the class of a failed call, "" when it did not fail. Errors that are
// no *erp.Error are the connector's fault.
func (t *trial) class(err error) erp.Class {
	t.Helper()
	if err == nil {
		return ""
	}
	var e *erp.Error
	if !errors.As(err, &e) {
		t.Errorf("not an *erp.Error: %v", err)
		return erp.Broken
	}
	for _, s := range t.Secrets {
		if strings.Contains(err.Error(), s) {
			t.Errorf("an error tells a secret")
		}
	}
	return e.Class
}

// asText is a body as it is kept and hashed.
func asText(t *trial, b erp.Body) string {
	t.Helper()
	data, err := json.Marshal(b)
	t.do("marshal", err)
	return string(data)
}
