package main

import (
	"bytes"
	"database/sql"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"comptoir.example/comptoir/base/db/dbtest"
	_ "modernc.org/sqlite"
)

// TestMain lets the test program be comptoir itself, so that tests see what a
// person at a terminal sees; or a process that holds a SQLite file.
func TestMain(m *testing.M) {
	switch {
	case os.Getenv("TEST_AS_COMPTOIR") != "":
		main()
		os.Exit(0)
	case os.Getenv("TEST_HOLD") != "":
		hold(os.Getenv("TEST_HOLD"))
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// hold keeps every writer out of a SQLite file until its standard input ends.
func hold(path string) {
	d, err := sql.Open("sqlite", "file:"+path+"?_txlock=exclusive")
	if err == nil {
		_, err = d.Begin()
	}
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println("held")
	os.Stdin.Read(make([]byte, 1))
}

// as is a process of this test program in one of its roles, with nothing of the
// caller's settings.
func as(t *testing.T, role string, args ...string) *exec.Cmd {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(self, args...)
	for _, e := range os.Environ() {
		if !strings.HasPrefix(e, "COMPTOIR_") && !strings.HasPrefix(e, "LANG") && !strings.HasPrefix(e, "LC_") {
			cmd.Env = append(cmd.Env, e)
		}
	}
	cmd.Env = append(cmd.Env, role)
	cmd.Dir = t.TempDir()
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	return cmd
}

// comptoir runs the program to its end.
func comptoir(t *testing.T, args ...string) (out, complaint string, code int) {
	t.Helper()
	cmd := as(t, "TEST_AS_COMPTOIR=1", args...)
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	err := cmd.Run()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	return stdout.String(), stderr.String(), cmd.ProcessState.ExitCode()
}

func must(t *testing.T, args ...string) string {
	t.Helper()
	out, complaint, code := comptoir(t, args...)
	if code != 0 {
		t.Fatalf("comptoir %v: %d\n%s%s", args, code, out, complaint)
	}
	return out
}

func TestMalformedSettingsAreOneClearLineAndExitTwo(t *testing.T) {
	dir := t.TempDir()
	broken := filepath.Join(dir, "broken.json")
	if err := os.WriteFile(broken, []byte(`{"listen": `), 0o600); err != nil {
		t.Fatal(err)
	}
	lite := "--database=sqlite:" + filepath.Join(dir, "c.db")
	erp := "--erp-url=http://127.0.0.1:1"
	for name, c := range map[string]struct {
		args  []string
		words string
	}{
		"an address without a port":        {[]string{"serve", lite, erp, "--listen=here"}, "here"},
		"a metrics address without a port": {[]string{"serve", lite, erp, "--metrics=9090"}, "metrics"},
		"an address of another machine":    {[]string{"serve", lite, erp, "--listen=192.0.2.1:8080"}, "192.0.2.1:8080"},
		"a database of another kind":       {[]string{"serve", erp, "--listen=127.0.0.1:0", "--metrics=", "--database=mysql://x"}, "mysql://x"},
		"a database URL that is no URL":    {[]string{"migrate", "--database=postgres://me:secret@%zz/x"}, "postgres://…@%zz"},
		"no database path":                 {[]string{"migrate", "--database=sqlite:"}, "sqlite:"},
		"an unknown ERP":                   {[]string{"serve", lite, erp, "--erp-kind=sap"}, "erp-kind"},
		"an ERP without an address":        {[]string{"serve", lite}, "ERP"},
		"an ERP address that is none":      {[]string{"sync", lite, "--erp-url=books"}, "books"},
		"a public address that is none":    {[]string{"serve", lite, erp, "--public=shop.example"}, "shop.example"},
		"an unknown log level":             {[]string{"serve", lite, erp, "--log=loud"}, "log"},
		"a settings file that is missing":  {[]string{"--config=" + filepath.Join(dir, "missing.json"), "serve", lite}, "missing.json"},
		"a settings file that is broken":   {[]string{"--config=" + broken, "serve", lite}, "broken.json"},
		"an unknown flag":                  {[]string{"serve", "--colour=blue"}, "colour"},
		"no command":                       {nil, "serve"},
		"a demo for everybody":             {[]string{"demo", "--listen=0.0.0.0:0", "--data=" + dir}, "0.0.0.0:0"},
		"a backup without a file":          {[]string{"backup", lite}, "file"},
	} {
		t.Run(name, func(t *testing.T) {
			out, complaint, code := comptoir(t, c.args...)
			if code != 2 || out != "" || strings.Count(complaint, "\n") != 1 || !strings.HasPrefix(complaint, "comptoir: ") ||
				!strings.Contains(complaint, c.words) || strings.Contains(complaint, "⟦") || strings.Contains(complaint, "secret") {
				t.Errorf("exit %d\nout: %s\nerr: %s", code, out, complaint)
			}
		})
	}
}

func TestAPortInUseIsOneClearLine(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	address := l.Addr().String()
	for _, args := range [][]string{
		{"serve", "--listen=" + address, "--metrics="}, {"serve", "--listen=127.0.0.1:0", "--metrics=" + address}, {"demo", "--listen=" + address, "--data=" + t.TempDir()},
	} {
		if args[0] == "serve" {
			args = append(args, "--erp-url=http://127.0.0.1:1", "--database="+dbtest.URL(t, "sqlite"))
		}
		out, complaint, code := comptoir(t, args...)
		if code != 2 || out != "" || strings.Count(complaint, "\n") != 1 || !strings.Contains(complaint, address) {
			t.Errorf("%v: exit %d\n%s%s", args, code, out, complaint)
		}
	}
}

func TestTheCommandsSpeakTheLanguageOfTheTerminal(t *testing.T) {
	url := dbtest.URL(t, "sqlite")
	if out := must(t, "migrate", "--database="+url); !strings.Contains(out, "Le schéma est à jour") {
		t.Error(out)
	}
	cmd := as(t, "TEST_AS_COMPTOIR=1", "doctor", "--database="+url, "--erp-url=http://127.0.0.1:1")
	cmd.Env = append(cmd.Env, "LANG=en_CA.UTF-8")
	out, _ := cmd.CombinedOutput()
	if !strings.Contains(string(out), "PROBLEM    The ERP does not answer") || cmd.ProcessState.ExitCode() != 1 {
		t.Errorf("%d %s", cmd.ProcessState.ExitCode(), out)
	}
}
