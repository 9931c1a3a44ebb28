// Package demo installs and runs a real Tryton with the demo merchant, as a
// child process: for the tests, and for people who want to see the connector
// at work. It needs Debian 12; as root it installs what is missing.
package demo

import (
	"bufio"
	"context"
	"embed"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

//go:embed up.sh seed.py
var scripts embed.FS

// Database is the name of the demo merchant's database, and Password that of
// its users connector, sales, receivable, warehouse and manager.
const (
	Database = "comptoir"
	Password = "Kiosque-42-bleu"
)

// Options say how a server is started. The zero value serves what the folder
// holds, or else a new merchant, on SQLite and a free port.
type Options struct {
	Port      int       // 0 takes a free one
	Reset     bool      // begin again from the merchant as first made
	Postgres  string    // postgresql:// of a server on which databases may be made; "" is SQLite
	Cache     string    // where the merchant as first made is kept; "" is the folder itself
	NoInstall bool      // never install Debian packages
	Log       io.Writer // what the script has to say; nil drops it
}

// Server is a running Tryton.
type Server struct {
	URL string

	run   *exec.Cmd
	leash io.Closer // its end tells the script that we are gone, however we went
	ended chan struct{}
	err   error
}

// Cache is where merchants are kept between runs: COMPTOIR_TRYTON_DIR, or
// comptoir/tryton among the user's caches.
func Cache() (string, error) {
	if dir := os.Getenv("COMPTOIR_TRYTON_DIR"); dir != "" {
		return dir, nil
	}
	caches, err := os.UserCacheDir()
	return filepath.Join(caches, "comptoir", "tryton"), err
}

// Scratch makes a folder for a Tryton that nobody needs afterwards: in memory,
// where there is such a place, since every call to Tryton is a commit and each
// would wait for the disk.
func Scratch() (string, error) {
	if dir, err := os.MkdirTemp("/dev/shm", "tryton-"); err == nil {
		return dir, nil
	}
	return os.MkdirTemp("", "tryton-")
}

// Start runs a Tryton in a folder and waits until it answers: about two seconds
// when the merchant is there, one or two minutes when it must be made, more when
// packages must be installed. The server ends with Stop, with ctx while it is
// not ready, and with this process.
func Start(ctx context.Context, dir string, o Options) (*Server, error) {
	if err := lay(dir); err != nil {
		return nil, err
	}
	args := []string{filepath.Join(dir, "up.sh"), "--with-parent", "--port", strconv.Itoa(o.Port)}
	if o.Reset {
		args = append(args, "--reset")
	}
	if o.NoInstall {
		args = append(args, "--no-install")
	}
	if o.Postgres != "" {
		args = append(args, "--postgres", o.Postgres)
	}
	if o.Cache != "" {
		args = append(args, "--cache", o.Cache)
	}
	s := &Server{run: exec.Command("bash", append(args, dir)...), ended: make(chan struct{})}
	// A group of its own, so that Stop reaches the server under the script too.
	s.run.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	said := &tail{}
	s.run.Stderr = said
	if o.Log != nil {
		s.run.Stderr = io.MultiWriter(said, o.Log)
	}
	stdin, err := s.run.StdinPipe()
	if err != nil {
		return nil, err
	}
	s.leash = stdin
	out, err := s.run.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := s.run.Start(); err != nil {
		return nil, err
	}
	ready := make(chan string, 1)
	go s.wait(out, ready)
	select {
	case s.URL = <-ready:
		return s, nil
	case <-s.ended:
		return nil, fmt.Errorf("tryton did not start: %w: %s", errors.Join(s.err), said)
	case <-ctx.Done():
		s.Stop()
		return nil, ctx.Err()
	}
}

func (s *Server) wait(out io.Reader, ready chan<- string) {
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		if url, ok := strings.CutPrefix(lines.Text(), "ready "); ok {
			ready <- url
		}
	}
	s.err = s.run.Wait()
	close(s.ended)
}

// Stop ends the server and waits until it is gone.
func (s *Server) Stop() {
	_ = syscall.Kill(-s.run.Process.Pid, syscall.SIGTERM)
	select {
	case <-s.ended:
	case <-time.After(15 * time.Second):
		_ = syscall.Kill(-s.run.Process.Pid, syscall.SIGKILL)
		<-s.ended
	}
	_ = s.leash.Close()
}

// lay puts the scripts into the folder they work in. A shell reads a script
// while it runs it, so one that is there is replaced and not written over.
func lay(dir string) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	for _, name := range []string{"up.sh", "seed.py"} {
		text, err := scripts.ReadFile(name)
		if err != nil {
			return err
		}
		place := filepath.Join(dir, name)
		fresh := fmt.Sprintf("%s.%d", place, os.Getpid())
		if err := os.WriteFile(fresh, text, 0o644); err != nil {
			return err
		}
		if err := os.Rename(fresh, place); err != nil {
			return err
		}
	}
	return nil
}

// tail keeps the end of what a process had to say.
type tail struct{ text []byte }

func (t *tail) Write(p []byte) (int, error) {
	t.text = append(t.text, p...)
	if over := len(t.text) - 4000; over > 0 {
		t.text = t.text[over:]
	}
	return len(p), nil
}

func (t *tail) String() string { return strings.TrimSpace(string(t.text)) }
