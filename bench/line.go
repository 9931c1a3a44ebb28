package main

import (
	"fmt"
	"io"
	"math"
	"runtime"
	"slices"
	"strings"
	"text/tabwriter"
)

// line is one measured figure, as results.json holds it.
type line struct {
	Name       string  `json:"name"`
	Value      float64 `json:"value"`
	Unit       string  `json:"unit"`
	N          int     `json:"n"` // how many things were measured
	Conditions string  `json:"conditions"`

	failed string // why it does not count
}

// bar is what a line must reach: a number, or a share of a yardstick of the same
// run.
type bar struct {
	least     bool // reach it, or stay under it
	value     float64
	yardstick string // "" for a plain number
}

// bars are the issue's, by the name of a line.
var bars = map[string]bar{
	"checkout_per_s_sqlite":                  {true, 0.08, sqliteYardstick},
	"checkout_per_s_postgres":                {true, 0.10, tpcbYardstick},
	"checkout_p99_ms_postgres":               {false, 100, ""},
	"order_one_call_per_s_sqlite":            {true, 0.30, sqliteYardstick},
	"order_one_call_per_s_postgres":          {true, 0.30, tpcbYardstick},
	"checkout_one_company_p99_ms_postgres":   {false, 150, ""},
	"checkout_one_company_lost_sqlite":       {false, 0, ""},
	"checkout_one_company_lost_postgres":     {false, 0, ""},
	"cpu_ms_per_order_sqlite":                {false, 8, ""},
	"cpu_ms_per_order_postgres":              {false, 8, ""},
	"list_page_cpu_ms_sqlite":                {false, 1, ""},
	"list_page_cpu_ms_postgres":              {false, 1, ""},
	"list_page_p99_ms_sqlite":                {false, 15, ""},
	"list_page_p99_ms_postgres":              {false, 15, ""},
	"order_to_erp_p99_ms_sqlite":             {false, 500, ""},
	"order_to_erp_p99_ms_postgres":           {false, 500, ""},
	"order_to_erp_half_load_p99_ms_sqlite":   {false, 2000, ""},
	"order_to_erp_half_load_p99_ms_postgres": {false, 2000, ""},
	"erp_to_page_p99_ms_sqlite":              {false, 2000, ""},
	"erp_to_page_p99_ms_postgres":            {false, 2000, ""},
	"cold_start_ms_sqlite":                   {false, 500, ""},
	"cold_start_ms_postgres":                 {false, 500, ""},
	"rss_idle_mb_sqlite":                     {false, 60, ""},
	"rss_idle_mb_postgres":                   {false, 60, ""},
	"cold_build_s":                           {false, 100, ""},

	"ledger_post_per_s_postgres":             {true, 0.50, tpcbYardstick},
	"ledger_post_one_company_per_s_postgres": {true, 0.25, tpcbYardstick},
	"webhook_ack_p99_ms_sqlite":              {false, 150, ""},
	"webhook_ack_p99_ms_postgres":            {false, 150, ""},
	"pay_200_invoices_ms_sqlite":             {false, 500, ""},
	"pay_200_invoices_ms_postgres":           {false, 500, ""},
	"parity_100k_s_sqlite":                   {false, 60, ""},
	"parity_100k_s_postgres":                 {false, 60, ""},
	"invoices_page_cpu_ms_sqlite":            {false, 2, ""},
	"invoices_page_cpu_ms_postgres":          {false, 2, ""},
	"invoices_page_p99_ms_sqlite":            {false, 25, ""},
	"invoices_page_p99_ms_postgres":          {false, 25, ""},
	historiesLine:                            {true, 10 * float64(runtime.NumCPU()), ""}, // ten a core
}

const historiesLine = "sim_histories_per_s"

// bench is what has been measured so far.
type bench struct {
	options
	machine machine
	lines   []line
	cleanup []func()
	cluster *cluster // the PostgreSQL of this run, once one was needed
}

func (b *bench) stop() {
	for _, f := range slices.Backward(b.cleanup) {
		f()
	}
}

// wanted says whether one of some lines was asked for.
func (b *bench) wanted(names ...string) bool { return slices.ContainsFunc(names, b.only.MatchString) }

// add keeps a line that was asked for. conditions are what this line adds to
// those of the machine.
func (b *bench) add(l line, conditions ...string) {
	if !b.only.MatchString(l.Name) {
		return
	}
	l.Value = math.Round(l.Value*1000) / 1000
	parts := append(b.machine.conditions(), conditions...)
	if l.failed != "" {
		l.failed = fmt.Sprintf("%s (would be %s)", l.failed, number(l.Value))
		parts = append(parts, "not counted: "+l.failed)
		l.Value = 0
	}
	l.Conditions = strings.Join(parts, "; ")
	b.lines = append(b.lines, l)
	fmt.Printf("%-42s %12.4g %-6s %s\n", l.Name, l.Value, l.Unit, l.failed)
}

func (b *bench) value(name string) (float64, bool) {
	for _, l := range b.lines {
		if l.Name == name {
			return l.Value, true
		}
	}
	return 0, false
}

// aim is the number a bar comes to in this run.
func (b *bench) aim(r bar) (float64, bool) {
	if r.yardstick == "" {
		return r.value, true
	}
	of, known := b.value(r.yardstick)
	return r.value * of, known
}

// table prints every line with its bar.
func (b *bench) table(to io.Writer) {
	fmt.Fprintf(to, "\n%s\n\n", strings.Join(b.machine.conditions(), "; "))
	w := tabwriter.NewWriter(to, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "line\tvalue\tunit\tbar\t\t")
	for _, l := range b.lines {
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t\n", l.Name, number(l.Value), l.Unit, b.barOf(l), b.verdict(l))
	}
	w.Flush()
}

func (b *bench) barOf(l line) string {
	r, has := bars[l.Name]
	if !has {
		return ""
	}
	sign := "≤"
	if r.least {
		sign = "≥"
	}
	aim, known := b.aim(r)
	switch {
	case !known:
		return fmt.Sprintf("%s %g %% of %s", sign, r.value*100, r.yardstick)
	case r.yardstick != "":
		return fmt.Sprintf("%s %s (%g %% of %s; is %.1f %%)", sign, number(aim), r.value*100, r.yardstick, 100*l.Value*r.value/aim)
	}
	return sign + " " + number(aim)
}

func (b *bench) verdict(l line) string {
	if l.failed != "" {
		return "FAILED: " + l.failed
	}
	r, has := bars[l.Name]
	aim, known := b.aim(r)
	switch {
	case !has || !known:
		return ""
	case r.least == (l.Value >= aim) || l.Value == aim:
		return "met"
	}
	return "MISSED"
}

func number(v float64) string {
	switch {
	case v == math.Trunc(v) || v >= 1000:
		return fmt.Sprintf("%.0f", v)
	case v >= 100:
		return fmt.Sprintf("%.1f", v)
	}
	return fmt.Sprintf("%.2f", v)
}

// median is the middle of some figures.
func median(of []float64) float64 {
	sorted := slices.Sorted(slices.Values(of))
	if n := len(sorted); n == 0 {
		return 0
	} else if n%2 == 0 {
		return (sorted[n/2-1] + sorted[n/2]) / 2
	}
	return sorted[len(sorted)/2]
}
