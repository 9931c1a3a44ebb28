package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// server is the shop under measurement, seen from the driver.
type server struct {
	engine        string
	shop, control string // host:port
	about         string // the database's settings
	pid, postgres int    // postgres is 0 with SQLite
	stop          func()
}

// start starts a shop over a new database. What is "shop", "money" or "parity".
func (b *bench) start(ctx context.Context, engine, what string) (*server, error) {
	s := &server{engine: engine}
	address := "sqlite:" + filepath.Join(b.work, "bench.db")
	s.about = "SQLite " + sqliteVersion() + ", WAL, synchronous FULL, one writer"
	if engine == "postgres" {
		if err := b.startCluster(ctx); err != nil {
			return nil, err
		}
		var err error
		if address, err = b.cluster.create(ctx, "bench"); err != nil {
			return nil, err
		}
		s.about, s.postgres = b.cluster.about+", serializable", b.cluster.Pid
	}
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	line, cmd, err := child(self, nil, "serve", "-what", what, "-database", address, "-buyers", strconv.Itoa(b.clients))
	if err != nil {
		return nil, err
	}
	if _, err := fmt.Sscanf(line, "ready %s %s", &s.shop, &s.control); err != nil {
		return nil, fmt.Errorf("the shop said %q", line)
	}
	s.pid = cmd.Process.Pid
	s.stop = func() {
		end(cmd)
		if engine == "postgres" {
			b.cluster.drop(context.WithoutCancel(ctx), "bench")
			return
		}
		for _, tail := range []string{"", "-wal", "-shm", ".lock"} {
			os.Remove(filepath.Join(b.work, "bench.db"+tail))
		}
	}
	return s, nil
}

// child starts a program that ends with this one, and waits for its first line.
func child(program string, env []string, args ...string) (line string, cmd *exec.Cmd, err error) {
	cmd = exec.Command(program, args...)
	cmd.Env = append(os.Environ(), env...)
	cmd.Stderr = os.Stderr
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGTERM}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return "", nil, err
	}
	if err := cmd.Start(); err != nil {
		return "", nil, err
	}
	in := bufio.NewReader(out)
	line, err = in.ReadString('\n')
	if err != nil {
		end(cmd)
		return "", nil, fmt.Errorf("%s %s ended at once", filepath.Base(program), args[0])
	}
	go io.Copy(io.Discard, in)
	return strings.TrimSpace(line), cmd, nil
}

func end(cmd *exec.Cmd) {
	cmd.Process.Signal(syscall.SIGTERM)
	cmd.Wait()
}

func (s *server) ask(path string, into any) error {
	res, err := http.Get("http://" + s.control + path)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusOK {
		text, _ := io.ReadAll(res.Body)
		return fmt.Errorf("%s: %s", path, text)
	}
	return json.NewDecoder(res.Body).Decode(into)
}

func (s *server) figures() (f figures, err error) {
	err = s.ask("/figures", &f)
	return f, err
}

// cpu is the processor time of the shop and of its database.
func (s *server) cpu() (shop, database time.Duration) {
	own, ended, _ := cpu(s.pid)
	if s.postgres != 0 {
		database = cpuWithChildren(s.postgres)
	}
	return own + ended, database
}

// spent is the processor time of each of n things since cpu was read.
func (s *server) spent(shop, database time.Duration, n int) string {
	shopNow, databaseNow := s.cpu()
	ms := func(d time.Duration) float64 { return d.Seconds() * 1000 / float64(max(1, n)) }
	return fmt.Sprintf("cpu shop %.2f ms, database %.2f ms each", ms(shopNow-shop), ms(databaseNow-database))
}

// followed waits until all followers of what was ordered are done, five seconds
// at most, and says what is not.
func (s *server) followed() (f figures, why string, err error) {
	for end := time.Now().Add(5 * time.Second); ; time.Sleep(20 * time.Millisecond) {
		if f, err = s.figures(); err != nil {
			return f, "", err
		}
		switch {
		case f.Open > 0:
			why = fmt.Sprintf("%d deliveries were not done after 5 s", f.Open)
		case f.Unlinked > 0:
			why = fmt.Sprintf("%d facts were not linked after 5 s", f.Unlinked)
		case f.Stopped > 0:
			why = fmt.Sprintf("%d deliveries stopped", f.Stopped)
		case f.Created != f.Orders || f.Numbered != f.Orders || f.Doubled > 0:
			why = fmt.Sprintf("%d orders, %d with a number, %d in the ERP, %d twice", f.Orders, f.Numbered, f.Created, f.Doubled)
		default:
			return f, "", nil
		}
		if time.Now().After(end) {
			return f, why, nil
		}
	}
}

// profiled takes a CPU profile of the server beside a run, when asked to.
func (b *bench) profiled(s *server, name string) (done func()) {
	if b.profile == "" {
		return func() {}
	}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		res, err := http.Get(fmt.Sprintf("http://%s/debug/pprof/profile?seconds=%d", s.control, max(1, int(b.run.Seconds()))))
		if err != nil {
			fmt.Fprintln(os.Stderr, "bench: profile:", err)
			return
		}
		defer res.Body.Close()
		if err := os.MkdirAll(b.profile, 0o755); err != nil {
			fmt.Fprintln(os.Stderr, "bench: profile:", err)
			return
		}
		f, err := os.Create(filepath.Join(b.profile, name+"_"+s.engine+".pprof"))
		if err != nil {
			fmt.Fprintln(os.Stderr, "bench: profile:", err)
			return
		}
		defer f.Close()
		io.Copy(f, res.Body)
	}()
	return func() { <-ended }
}
