// Comptoir is the online counter of a merchant who sells to other businesses.
package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"

	"comptoir.example/comptoir/app"
	"comptoir.example/comptoir/base/fault"
	"comptoir.example/comptoir/base/i18n"
	"comptoir.example/comptoir/gateway/simulator"
	"comptoir.example/comptoir/mail/inbox"
	"github.com/alecthomas/kong"
)

// commands are what the program can do; each has --help.
type commands struct {
	Config kong.ConfigFlag `help:"File of settings, JSON." env:"COMPTOIR_CONFIG"`

	Serve     serveCmd     `cmd:"" help:"Serve the shop of the settings."`
	Demo      demoCmd      `cmd:"" help:"Start a shop with people and an ERP to break."`
	Migrate   migrateCmd   `cmd:"" help:"Bring the database's schema up to this version."`
	Sync      syncCmd      `cmd:"" help:"Read everything that changed in the ERP, once."`
	Reconcile reconcileCmd `cmd:"" help:"Compare everything with the ERP and say what differs."`
	Doctor    doctorCmd    `cmd:"" help:"Check settings and data, and say what to do."`
	Backup    backupCmd    `cmd:"" help:"Write all data to a file."`
	Restore   restoreCmd   `cmd:"" help:"Fill an empty database from a backup."`
	Export    exportCmd    `cmd:"" help:"Write every document, mapping and fact in open formats."`
	Version   versionCmd   `cmd:"" help:"Say which version this is."`
	Books     booksCmd     `cmd:"" help:"Run the small embedded ERP."`
	Processor processorCmd `cmd:"" help:"Run a payment processor to try things on."`
	Inbox     inboxCmd     `cmd:"" help:"Run a mail server to try things on: it delivers nothing and shows what came."`
}

func main() {
	var c commands
	parser, err := kong.New(&c, kong.Name("comptoir"), kong.Description("The online counter of a merchant who sells to other businesses."),
		kong.Configuration(settings), kong.UsageOnError(), kong.Exit(exit))
	if err != nil {
		fail(err)
	}
	run, err := parser.Parse(os.Args[1:])
	if err != nil {
		fmt.Fprintln(os.Stderr, "comptoir:", strings.SplitN(err.Error(), "\n", 2)[0])
		os.Exit(2)
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	run.BindTo(ctx, (*context.Context)(nil))
	if err := run.Run(); err != nil {
		fail(err)
	}
}

// exit keeps kong's codes for --help, and 2 for settings that make no sense.
func exit(code int) {
	if code != 0 {
		code = 2
	}
	os.Exit(code)
}

// fail says on one line what is wrong, in the language of the environment, and
// ends with 2 for settings and 1 for everything else.
func fail(err error) {
	f := fault.Of(err)
	line := err.Error()
	if p, e := printer(); e == nil && f.Kind != fault.Internal {
		line = p.Fault(f)
	}
	fmt.Fprintln(os.Stderr, "comptoir:", line)
	if f.Kind == fault.Invalid || f.Kind == fault.Conflict {
		os.Exit(2)
	}
	os.Exit(1)
}

// printer speaks the language of the environment; French unless it says English.
func printer() (*i18n.Printer, error) {
	words, err := app.Words()
	if err != nil {
		return nil, err
	}
	tag := os.Getenv("LC_ALL") + os.Getenv("LC_MESSAGES") + os.Getenv("LANG")
	return words.Printer(i18n.Parse(tag), time.Local), nil
}

func say(key string, params ...any) {
	if p, err := printer(); err == nil {
		fmt.Println(p.T(key, params...))
	}
}

type serveCmd struct{ app.Config }

func (c *serveCmd) Run(ctx context.Context) error {
	app.SetLog(c.Log, false)
	return app.Serve(ctx, c.Config)
}

type demoCmd struct{ app.DemoConfig }

func (c *demoCmd) Run(ctx context.Context) error {
	app.SetLog(c.Log, true)
	return app.Demo(ctx, c.DemoConfig, say)
}

type booksCmd struct {
	Listen string `help:"Address of the books; port 0 lets the system choose." default:"127.0.0.1:0"`
	Data   string `help:"Folder of the books." default:"var/books"`
	Token  string `help:"What callers must show." env:"COMPTOIR_BOOKS_TOKEN" required:""`
}

func (c *booksCmd) Run(ctx context.Context) error {
	return app.Books(ctx, c.Listen, c.Data, c.Token, func(url string) { fmt.Println("ready " + url) })
}

type processorCmd struct {
	Listen   string `help:"Address of the processor; port 0 lets the system choose." default:"127.0.0.1:0"`
	File     string `help:"Where it keeps its books." default:"var/processor.json"`
	Seed     uint64 `help:"Of every id and every chance." default:"1"`
	Secret   string `help:"What callers must show." env:"COMPTOIR_PROCESSOR_SECRET" required:""`
	Webhooks string `help:"Where events are posted."`
	Signing  string `help:"Secret that signs them."`
}

func (c *processorCmd) Run(ctx context.Context) error {
	return app.Processor(ctx, simulator.Options{Listen: c.Listen, File: c.File, Seed: c.Seed, Secret: c.Secret, Webhooks: c.Webhooks,
		Signing: []string{c.Signing}, Ready: func(url string) { fmt.Println("ready " + url) }})
}

type inboxCmd struct {
	Listen string `help:"Address of the page; port 0 lets the system choose." default:"127.0.0.1:0"`
	SMTP   string `help:"Address of the letters; port 0 lets the system choose." default:"127.0.0.1:0"`
}

func (c *inboxCmd) Run(ctx context.Context) error {
	return app.Inbox(ctx, inbox.Options{Listen: c.Listen, SMTP: c.SMTP, Ready: func(page, smtp string) { fmt.Println("ready " + page + " " + smtp) }})
}

type versionCmd struct{}

func (versionCmd) Run() error {
	fmt.Println("comptoir", app.Version)
	return nil
}
