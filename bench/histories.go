package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"time"
)

// histories lives shops in memory, one process a core, as make soak does.
func (b *bench) histories(ctx context.Context) error {
	if !b.wanted(historiesLine) {
		return nil
	}
	program := filepath.Join(b.work, "histories.test")
	if out, err := exec.CommandContext(ctx, "go", "test", "-c", "-o", program, "./comptoirtest/").CombinedOutput(); err != nil {
		return fmt.Errorf("%w: %s", err, out)
	}
	each := int(b.run.Seconds()*float64(b.runs)) * 10 // about as long as the runs of another line
	errs := make(chan error)
	began := time.Now()
	for core := range b.machine.cores {
		go func() {
			cmd := exec.CommandContext(ctx, program, "-test.run", "TestEveryHistoryEndsInBooksThatTie/sqlite")
			cmd.Env = append(os.Environ(), "COMPTOIR_HISTORIES="+strconv.Itoa(each), "COMPTOIR_SEED="+strconv.Itoa(1+core*each))
			out, err := cmd.CombinedOutput()
			if err != nil {
				err = fmt.Errorf("%w: %s", err, out)
			}
			errs <- err
		}()
	}
	var err error
	for range b.machine.cores {
		err = errors.Join(err, <-errs)
	}
	n, why := each*b.machine.cores, ""
	if err != nil {
		why = err.Error()
	}
	b.add(line{Name: historiesLine, Value: float64(n) / time.Since(began).Seconds(), Unit: "1/s", N: n, failed: why},
		fmt.Sprintf("histories of 60 acts under a hostile processor and ERP, on SQLite in memory, %d processes; counts only when the books of each tie", b.machine.cores))
	return nil
}
