package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"slices"
	"strings"

	"github.com/alecthomas/kong"
)

// settingsFile is the file of settings. A flag wins over the environment, the
// environment over the file, the file over the default: kong lets a file win over
// the environment, so here it keeps silent about what the environment says.
type settingsFile struct {
	name   string
	values map[string]any
}

// settings reads the file of settings, and names it where it makes no sense.
func settings(r io.Reader) (kong.Resolver, error) {
	f := settingsFile{}
	if file, is := r.(*os.File); is {
		f.name = file.Name()
	}
	text, err := io.ReadAll(r)
	if err == nil {
		err = json.Unmarshal(text, &f.values)
	}
	if err == nil && f.values == nil {
		err = errors.New("there is no JSON object in it")
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", f.name, err)
	}
	return f, nil
}

// nameOf is how a flag is called in the file.
func nameOf(flag *kong.Flag) string { return strings.ReplaceAll(flag.Name, "-", "_") }

// Validate refuses a name that no command has: a slip of the pen would otherwise
// be a shop with other settings than its owner believes. One file serves all
// commands, so each may hold what only another one reads.
func (f settingsFile) Validate(app *kong.Application) error {
	known := map[string]bool{}
	if err := kong.Visit(app, func(node kong.Visitable, next kong.Next) error {
		if command, is := node.(*kong.Node); is && command.Type == kong.CommandNode {
			for _, flag := range command.Flags {
				known[nameOf(flag)] = true
			}
		}
		return next(nil)
	}); err != nil {
		return err
	}
	for _, name := range slices.Sorted(maps.Keys(f.values)) {
		if !known[name] {
			return fmt.Errorf("%s: unknown setting %q", f.name, name)
		}
	}
	return nil
}

// Resolve gives the value of a flag that neither the command line nor the
// environment sets.
func (f settingsFile) Resolve(_ *kong.Context, _ *kong.Path, flag *kong.Flag) (any, error) {
	for _, variable := range flag.Envs {
		if _, set := os.LookupEnv(variable); set {
			return nil, nil
		}
	}
	switch value := f.values[nameOf(flag)].(type) {
	case map[string]any, []any:
		return nil, fmt.Errorf("%s: it must be one value", f.name)
	default:
		return value, nil
	}
}
