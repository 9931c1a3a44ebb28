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
	"time"

	"comptoir.example/comptoir/base/db/dbtest"
	"comptoir.example/comptoir/comptoirtest"
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
	return end(t, as(t, "TEST_AS_COMPTOIR=1", args...))
}

// end waits for the end of a process; one that serves although it should have
// refused is killed.
func end(t *testing.T, cmd *exec.Cmd) (out, complaint string, code int) {
	t.Helper()
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	err := cmd.Start()
	if err == nil {
		defer time.AfterFunc(time.Minute, func() { cmd.Process.Kill() }).Stop()
		err = cmd.Wait()
	}
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
	config := func(name, text string) string {
		file := filepath.Join(dir, name)
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return "--config=" + file
	}
	lite := "--database=sqlite:" + filepath.Join(dir, "c.db")
	erp := "--erp-url=http://127.0.0.1:1"
	check := func(t *testing.T, cmd *exec.Cmd, words string) {
		t.Helper()
		out, complaint, code := end(t, cmd)
		if code != 2 || out != "" || strings.Count(complaint, "\n") != 1 || !strings.HasPrefix(complaint, "comptoir: ") ||
			!strings.Contains(complaint, words) || strings.Contains(complaint, "⟦") || strings.Contains(complaint, "secret") {
			t.Errorf("exit %d\nout: %s\nerr: %s", code, out, complaint)
		}
	}
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
		"a settings file that is broken":   {[]string{config("broken.json", `{"listen": `), "serve", lite}, "broken.json"},
		"a settings file that goes on":     {[]string{config("on.json", `{} and so on`), "serve", lite}, "on.json"},
		"a settings file with a list":      {[]string{config("list.json", `["listen"]`), "serve", lite}, "list.json"},
		"a settings file with nothing":     {[]string{config("null.json", `null`), "serve", lite}, "null.json"},
		"a list for a setting":             {[]string{config("nested.json", `{"listen": {"port": 80}}`), "serve", lite}, "nested.json"},
		"a number for a text":              {[]string{config("number.json", `{"listen": 80}`), "serve", lite, erp}, "80"},
		"a slip of the pen in the file":    {[]string{config("slip.json", `{"databse": "sqlite:x"}`), "serve", erp}, `slip.json: unknown setting "databse"`},
		"an unknown flag":                  {[]string{"serve", "--colour=blue"}, "colour"},
		"no command":                       {nil, "serve"},
		"a demo for everybody":             {[]string{"demo", "--listen=0.0.0.0:0", "--data=" + dir}, "0.0.0.0:0"},
		"a backup without a file":          {[]string{"backup", lite}, "file"},
	} {
		t.Run(name, func(t *testing.T) { check(t, as(t, "TEST_AS_COMPTOIR=1", c.args...), c.words) })
	}
	for variable, words := range map[string]string{
		"COMPTOIR_CONFIG=" + filepath.Join(dir, "missing.json"): "missing.json",
		"COMPTOIR_LISTEN=here":        "here",
		"COMPTOIR_ERP=sap":            "sap",
		"COMPTOIR_CRASH_AT=somewhere": "La panne demandée",
	} {
		t.Run(variable, func(t *testing.T) {
			cmd := as(t, "TEST_AS_COMPTOIR=1", "serve", lite, erp, "--metrics=")
			cmd.Env = append(cmd.Env, variable, "COMPTOIR_LISTEN=127.0.0.1:0", variable)
			check(t, cmd, words)
		})
	}
}

// A person sets a thing where it is nearest: what is typed wins over what the
// environment says, that over the file, the file over the default.
func TestAFlagWinsOverTheEnvironmentTheEnvironmentOverTheFile(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "settings.json")
	if err := os.WriteFile(file, []byte(`{"database": "sqlite:file/c.db", "stuck": "1h", "erp_kind": "tryton"}`), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		where     string
		arg, vars []string
	}{
		{"var", nil, nil},
		{"file", nil, []string{"COMPTOIR_CONFIG=" + file}},
		{"file", []string{"--config=" + file}, nil},
		{"env", []string{"--config=" + file}, []string{"COMPTOIR_DATABASE=sqlite:env/c.db"}},
		{"env", nil, []string{"COMPTOIR_DATABASE=sqlite:env/c.db"}},
		{"flag", []string{"--config=" + file, "--database=sqlite:flag/c.db"}, []string{"COMPTOIR_DATABASE=sqlite:env/c.db"}},
		{"flag", []string{"--database=sqlite:flag/c.db"}, []string{"COMPTOIR_CONFIG=" + file}},
	} {
		cmd := as(t, "TEST_AS_COMPTOIR=1", append([]string{"migrate"}, c.arg...)...)
		cmd.Env = append(cmd.Env, c.vars...)
		if _, complaint, code := end(t, cmd); code != 0 {
			t.Fatalf("%v %v: %s", c.arg, c.vars, complaint)
		}
		made, err := os.ReadDir(cmd.Dir)
		if err != nil || len(made) != 1 || made[0].Name() != c.where {
			t.Errorf("%v %v: the database is in %v, not in %s", c.arg, c.vars, made, c.where)
		}
	}
	// An empty variable says something too: no metrics.
	cmd := as(t, "TEST_AS_COMPTOIR=1", "serve", "--database=sqlite:c.db", "--listen=127.0.0.1:0", "--config="+file, "--erp-url=x")
	cmd.Env = append(cmd.Env, "COMPTOIR_METRICS=", "COMPTOIR_ERP=")
	if _, complaint, code := end(t, cmd); code != 2 || !strings.Contains(complaint, "erp-kind") {
		t.Errorf("an empty ERP: exit %d, %s", code, complaint)
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

// A database is one ERP's. The demos of two ERPs in one folder have one each, and
// a database that another ERP filled is refused before anything is read.
func TestTwoERPsNeverShareADatabase(t *testing.T) {
	dir := t.TempDir()
	demo := as(t, "TEST_AS_COMPTOIR=1", "demo", "--listen=127.0.0.1:0", "--data="+dir)
	if err := demo.Start(); err != nil {
		t.Fatal(err)
	}
	comptoirtest.Eventually(t, time.Minute, "the demo of books is open", func() bool {
		_, err := os.Stat(filepath.Join(dir, "addresses.json"))
		return err == nil
	})
	demo.Process.Signal(syscall.SIGTERM)
	demo.Wait()
	filled := "--database=sqlite:" + filepath.Join(dir, "comptoir.db")
	for _, args := range [][]string{
		{"demo", "--erp=tryton", "--listen=127.0.0.1:0", "--data=" + dir},
		{"serve", "--erp-kind=tryton", "--erp-url=http://127.0.0.1:1", "--listen=127.0.0.1:0", "--metrics="},
		{"sync", "--erp-kind=tryton", "--erp-url=http://127.0.0.1:1"},
	} {
		out, complaint, code := comptoir(t, append(args, filled)...)
		if code != 2 || out != "" || !strings.Contains(complaint, "vient d’un autre ERP (Comptoir Books), et on demande tryton") {
			t.Errorf("%v: exit %d\n%s%s", args, code, out, complaint)
		}
	}
	// Without a word about the database Tryton's demo makes one of its own. Here it
	// finds no shell to start its ERP with.
	other := as(t, "TEST_AS_COMPTOIR=1", "demo", "--erp=tryton", "--listen=127.0.0.1:0", "--data="+dir)
	other.Env = append(other.Env, "PATH=")
	if out, complaint, _ := end(t, other); strings.Contains(complaint, "autre ERP") {
		t.Errorf("%s%s", out, complaint)
	}
	if _, err := os.Stat(filepath.Join(dir, "comptoir-tryton.db")); err != nil {
		t.Error(err)
	}
}
