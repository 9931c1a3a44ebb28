// With runs a command beside a PostgreSQL of its own on loopback, in a temporary
// folder, whose address the command finds in COMPTOIR_TEST_POSTGRES:
//
//	go run ./comptoirtest/with go test ./...
package main

import (
	"errors"
	"fmt"
	"os"
	"os/exec"

	"comptoir.example/comptoir/base/db/dbtest"
)

func main() {
	code, err := run(os.Args[1:])
	if err != nil {
		fmt.Fprintln(os.Stderr, "with:", err)
	}
	os.Exit(code)
}

func run(command []string) (int, error) {
	if len(command) == 0 {
		return 2, errors.New("which command?")
	}
	dir, err := os.MkdirTemp("", "comptoir-beside-")
	if err != nil {
		return 1, err
	}
	defer os.RemoveAll(dir)
	// fsync is off for tests: they look for wrong answers, not at disks.
	server, err := dbtest.Start(dir, os.Getenv("COMPTOIR_TEST_DURABLE") != "")
	if err != nil {
		return 1, err
	}
	defer server.Stop()
	cmd := exec.Command(command[0], command[1:]...)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, os.Stdout, os.Stderr
	cmd.Env = append(os.Environ(), "COMPTOIR_TEST_POSTGRES="+server.URL)
	err = cmd.Run()
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		return exit.ExitCode(), nil
	} else if err != nil {
		return 1, err
	}
	return 0, nil
}
