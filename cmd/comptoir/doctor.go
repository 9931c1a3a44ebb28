package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"time"

	"comptoir.example/comptoir/app"
	"comptoir.example/comptoir/base/fault"
)

type doctorCmd struct {
	Health doctorHealthCmd `cmd:"" default:"withargs" help:"Settings, data and trail."`
	PCI    doctorPCICmd    `cmd:"" name:"pci" help:"What the yearly card questionnaire asks, from the running install."`
}

// report is how findings are printed.
type report struct {
	JSON bool `help:"Print JSON."`
}

type doctorHealthCmd struct {
	app.Config
	report
	Stuck time.Duration `help:"How long a delivery may take before it is a problem." default:"15m"`
}

func (c *doctorHealthCmd) Run(ctx context.Context) error {
	return c.print(app.Doctor(ctx, c.Config, c.Stuck))
}

type doctorPCICmd struct {
	app.Config
	report
}

func (c *doctorPCICmd) Run(ctx context.Context) error { return c.print(app.DoctorPCI(ctx, c.Config)) }

// print shows a line for each finding, what to do beneath the bad ones, and
// fails when there is one.
func (r report) print(found []app.Finding) error {
	p, err := printer()
	if err != nil {
		return err
	}
	for i := range found {
		found[i].Words(p)
	}
	if r.JSON {
		out := json.NewEncoder(os.Stdout)
		out.SetEscapeHTML(false)
		out.SetIndent("", "  ")
		err = out.Encode(found)
	} else {
		for _, f := range found {
			fmt.Printf("%-10s %s\n", p.T("doctor.state."+string(f.State)), f.Said)
			if f.Todo != "" {
				fmt.Printf("%-10s → %s\n", "", f.Todo)
			}
		}
	}
	if n := app.Problems(found); n > 0 && err == nil {
		err = fault.New(fault.Unavailable, "doctor.found", "n", n)
	}
	return err
}
