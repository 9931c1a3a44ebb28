// Bench measures a whole shop on this machine and compares it with the bars of
// its makers and with what the machine's databases can do at all.
//
// The driver and the shop are two processes, so that the shop's work can be told
// from the asking: this program starts itself again as the server.
package main

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"regexp"
	"syscall"
	"time"
)

// options are what a person asked to be measured.
type options struct {
	engines []string
	only    *regexp.Regexp
	cold    bool
	program string // the shop's own program
	profile string // folder of CPU profiles, "" for none
	work    string // temporary folder on a disk

	clients int
	runs    int
	run     time.Duration // of one run
	samples int           // of what is counted one by one
}

func main() {
	if len(os.Args) > 1 && os.Args[1] == "serve" {
		exitOn(serve(os.Args[2:]))
		return
	}
	quick := flag.Bool("quick", false, "one short run of each line instead of several")
	run := flag.Duration("run", 5*time.Second, "length of a run")
	runs := flag.Int("runs", 3, "how many runs a median is of")
	only := flag.String("only", "", "measure only lines whose name matches, and leave the results file alone")
	engine := flag.String("engine", "", "sqlite or postgres; both when empty")
	cold := flag.Bool("cold", false, "measure a build with an empty cache, too")
	profile := flag.String("cpuprofile", "", "folder for a CPU profile of the server under each line")
	out := flag.String("out", "", "results file; bench/results.json when everything is measured")
	program := flag.String("program", "bin/comptoir", "the program of make build")
	flag.Parse()

	o := options{engines: []string{"sqlite", "postgres"}, only: regexp.MustCompile(*only), cold: *cold, program: *program, profile: *profile,
		clients: 8, runs: *runs, run: *run, samples: 100}
	if *engine != "" {
		o.engines = []string{*engine}
	}
	if *quick {
		o.runs, o.run, o.samples = 1, 3*time.Second, 40
	}
	if *out == "" && *only == "" && *engine == "" {
		*out = "bench/results.json"
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	exitOn(measure(ctx, o, *out))
}

func exitOn(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

// measure runs everything, in an order in which one line leaves the next a
// quiet machine, and prints the table.
func measure(ctx context.Context, o options, out string) (err error) {
	if o.work, err = os.MkdirTemp("", "comptoir-bench-"); err != nil {
		return err
	}
	defer os.RemoveAll(o.work)
	b := &bench{options: o, machine: describe()}
	defer b.stop()
	for _, engine := range o.engines {
		if err := b.yardsticks(ctx, engine); err != nil {
			return fmt.Errorf("yardsticks of %s: %w", engine, err)
		}
		if err := b.shop(ctx, engine); err != nil {
			return fmt.Errorf("shop on %s: %w", engine, err)
		}
		if err := b.money(ctx, engine); err != nil {
			return fmt.Errorf("money on %s: %w", engine, err)
		}
		if err := b.parity(ctx, engine); err != nil {
			return fmt.Errorf("parity on %s: %w", engine, err)
		}
		if err := b.wholeProgram(ctx, engine); err != nil {
			return fmt.Errorf("program on %s: %w", engine, err)
		}
	}
	if err := b.histories(ctx); err != nil {
		return err
	}
	if err := b.coldBuild(ctx); err != nil {
		return err
	}
	b.table(os.Stdout)
	if out == "" {
		return nil
	}
	text, err := json.MarshalIndent(b.lines, "", "  ")
	if err != nil {
		return err
	}
	// Written beside and moved, so that an interrupted run leaves the last one.
	if err := os.WriteFile(out+".tmp", append(text, '\n'), 0o644); err != nil {
		return err
	}
	return os.Rename(out+".tmp", out)
}
