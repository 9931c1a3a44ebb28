package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"comptoir.example/comptoir/app"
	"comptoir.example/comptoir/base/money"
	"comptoir.example/comptoir/erp/books"
)

// wholeProgram measures bin/comptoir as people run it: the demo with the books
// in a process of their own, then serve over the database that the demo left.
func (b *bench) wholeProgram(ctx context.Context, engine string) error {
	page, start, rss := "erp_to_page_p99_ms_"+engine, "cold_start_ms_"+engine, "rss_idle_mb_"+engine
	if !b.wanted(page, start, rss) {
		return nil
	}
	data := filepath.Join(b.work, "demo-"+engine)
	database := "sqlite:" + filepath.Join(data, "comptoir.db")
	about := "SQLite " + sqliteVersion()
	if engine == "postgres" {
		if err := b.startCluster(ctx); err != nil {
			return err
		}
		address, err := b.cluster.create(ctx, "demo")
		if err != nil {
			return err
		}
		database, about = address, b.cluster.about
	}
	if err := b.erpToPage(ctx, page, data, database, about); err != nil {
		return err
	}
	return b.starts(start, rss, data, database, about)
}

// erpToPage changes a price in the books as their clerk does, and looks at the
// product's page until it shows.
func (b *bench) erpToPage(ctx context.Context, name, data, database, about string) error {
	cmd := exec.CommandContext(ctx, b.program, "demo", "--listen", "127.0.0.1:0", "--data", data, "--database", database)
	cmd.Stderr = os.Stderr
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGTERM}
	if err := cmd.Start(); err != nil {
		return fmt.Errorf("%w (make build makes it)", err)
	}
	defer end(cmd)
	var at struct{ Shop, ERP string }
	for limit := time.Now().Add(time.Minute); at.Shop == ""; time.Sleep(50 * time.Millisecond) {
		if text, err := os.ReadFile(filepath.Join(data, "addresses.json")); err == nil {
			json.Unmarshal(text, &at) // half a file is tried again
		}
		if time.Now().After(limit) {
			return fmt.Errorf("the demo does not start")
		}
	}
	p := &buyer{wire: &wire{host: strings.TrimPrefix(at.Shop, "http://")}, email: "buyer@rivard.example"}
	if err := p.signIn(app.DemoPassword); err != nil {
		return err
	}
	clerk := books.NewClerk(at.ERP)
	var took []time.Duration
	for i := range max(30, b.samples*2/5) {
		// Rivard buys 5 % below the list: 20 more there are 19 more on the page.
		// Under a thousand, where no space parts the digits.
		list := int64(400 + 20*(i%30))
		shown := fmt.Appendf(nil, "%d,00", list*19/20)
		begun := time.Now()
		if err := clerk.ChangePrice(ctx, "PRD-012", money.Int(list)); err != nil {
			return err
		}
		for seen := false; !seen; {
			if _, err := p.ask("GET", "/products/PRD-012", p.cookie, ""); err != nil {
				return err
			}
			if seen = bytes.Contains(p.body.Bytes(), shown); !seen {
				time.Sleep(10 * time.Millisecond)
			}
			if time.Since(begun) > 30*time.Second {
				return fmt.Errorf("the page never showed %s: %.2000s", shown, p.body.String())
			}
		}
		took = append(took, time.Since(begun))
		time.Sleep(time.Duration(i*37%200) * time.Millisecond) // not in step with the shop's polling
	}
	b.add(line{Name: name, Value: p99(took), Unit: "ms", N: len(took)}, about, "demo with books in their own process",
		"a clerk's price change, until the product's page shows it, asked for every 10 ms")
	return nil
}

// booksToken is what serve shows the books here.
const booksToken = "bench"

// starts executes serve over a database with data until /readyz answers, and
// weighs it after five idle seconds.
func (b *bench) starts(start, rss, data, database, about string) error {
	if !b.wanted(start, rss) {
		return nil
	}
	line1, erp, err := child(b.program, []string{"COMPTOIR_BOOKS_TOKEN=" + booksToken}, "books", "--data", filepath.Join(data, "books"))
	if err != nil {
		return err
	}
	defer end(erp)
	url := strings.TrimPrefix(line1, "ready ")
	var took []float64
	var weight float64
	n := max(5, b.runs)
	for i := range n {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			return err
		}
		address := l.Addr().String()
		l.Close()
		cmd := exec.Command(b.program, "serve", "--listen", address, "--metrics", "127.0.0.1:0", "--database", database, "--log", "error",
			"--erp-kind", "books", "--erp-url", url, "--erp-password", booksToken)
		cmd.Stderr = os.Stderr
		cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGTERM}
		begun := time.Now()
		if err := cmd.Start(); err != nil {
			return err
		}
		for ready := false; !ready; {
			if res, err := http.Get("http://" + address + "/readyz"); err == nil {
				ready = res.StatusCode == http.StatusOK
				res.Body.Close()
			}
			if time.Since(begun) > 30*time.Second {
				end(cmd)
				return fmt.Errorf("serve does not get ready")
			}
			if !ready {
				time.Sleep(2 * time.Millisecond)
			}
		}
		took = append(took, time.Since(begun).Seconds()*1000)
		if i == n-1 {
			time.Sleep(5 * time.Second)
			weight = float64(kilobytes(fmt.Sprintf("/proc/%d/status", cmd.Process.Pid), "VmRSS")) / 1024
		}
		end(cmd)
	}
	b.add(line{Name: start, Value: median(took), Unit: "ms", N: n}, about, "from exec of serve over the demo's database until /readyz answers 200")
	b.add(line{Name: rss, Value: weight, Unit: "MB", N: 1}, about, "VmRSS of serve five seconds after its start, reading from books")
	return nil
}

// coldBuild builds as make build does, with nothing in the build cache and all
// modules downloaded.
func (b *bench) coldBuild(ctx context.Context) error {
	if !b.cold || !b.wanted("cold_build_s") {
		return nil
	}
	cmd := exec.CommandContext(ctx, "make", "build")
	cmd.Env = append(os.Environ(), "GOCACHE="+filepath.Join(b.work, "gocache"))
	cmd.Stdout, cmd.Stderr = os.Stderr, os.Stderr
	begun := time.Now()
	if err := cmd.Run(); err != nil {
		return err
	}
	b.add(line{Name: "cold_build_s", Value: time.Since(begun).Seconds(), Unit: "s", N: 1}, "make build with an empty build cache, modules downloaded, assets there")
	return nil
}
