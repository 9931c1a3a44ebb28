package main

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"time"
)

// machine is where and when the figures were taken.
type machine struct {
	cores  int
	cpu    string
	memory string
	day    string
}

func describe() machine {
	m := machine{cores: runtime.NumCPU(), day: time.Now().Format(time.DateOnly), cpu: "unknown CPU"}
	for l := range strings.Lines(read("/proc/cpuinfo")) {
		if name, value, _ := strings.Cut(l, ":"); strings.TrimSpace(name) == "model name" {
			m.cpu = strings.TrimSpace(value)
		}
	}
	m.memory = fmt.Sprintf("%.0f GB", float64(kilobytes("/proc/meminfo", "MemTotal"))/1e6)
	return m
}

// conditions name the machine; the load says whether it had something else to do.
func (m machine) conditions() []string {
	load, _, _ := strings.Cut(read("/proc/loadavg"), " ")
	return []string{m.day, fmt.Sprintf("%d cores %s, %s", m.cores, m.cpu, m.memory), runtime.Version(), "load " + load}
}

func read(path string) string {
	text, err := os.ReadFile(path)
	if err != nil {
		return ""
	}
	return string(text)
}

// kilobytes reads a line such as "VmRSS:   1234 kB".
func kilobytes(path, name string) int64 {
	for l := range strings.Lines(read(path)) {
		if rest, is := strings.CutPrefix(l, name+":"); is {
			n, _ := strconv.ParseInt(strings.Fields(rest)[0], 10, 64)
			return n
		}
	}
	return 0
}

// tick is the unit of processor time in /proc, USER_HZ on every Linux.
const tick = 10 * time.Millisecond

// cpu is the processor time that a process has used, and that its ended children
// have.
func cpu(pid int) (own, ended time.Duration, parent int) {
	_, rest, _ := strings.Cut(read(fmt.Sprintf("/proc/%d/stat", pid)), ") ")
	f := strings.Fields(rest)
	if len(f) < 15 {
		return 0, 0, 0
	}
	field := func(i int) time.Duration {
		n, _ := strconv.ParseInt(f[i], 10, 64)
		return time.Duration(n)
	}
	return (field(11) + field(12)) * tick, (field(13) + field(14)) * tick, int(field(1))
}

// cpuWithChildren is the processor time of a process and all its children, such
// as PostgreSQL's backends.
func cpuWithChildren(pid int) (sum time.Duration) {
	own, ended, _ := cpu(pid)
	sum = own + ended
	all, _ := filepath.Glob("/proc/[0-9]*") // fails for a bad pattern only
	for _, path := range all {
		child, _ := strconv.Atoi(filepath.Base(path))
		if own, _, parent := cpu(child); parent == pid {
			sum += own
		}
	}
	return sum
}
