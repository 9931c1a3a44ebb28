package app

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"comptoir.example/comptoir/base/db"
	"comptoir.example/comptoir/base/fault"
	"comptoir.example/comptoir/erp/books"
	"comptoir.example/comptoir/erp/tryton/demo"
	"comptoir.example/comptoir/gateway/simulator"
	"comptoir.example/comptoir/mail/inbox"
	"comptoir.example/comptoir/web/ui"
)

// DemoConfig says where a demo runs and against which ERP.
type DemoConfig struct {
	Listen   string `help:"Address of the shop, on loopback." default:"127.0.0.1:8080" env:"COMPTOIR_LISTEN"`
	Data     string `help:"Folder of the demo's files." default:"var" env:"COMPTOIR_DATA"`
	Database string `help:"Where the shop's data is; default: SQLite in the folder." env:"COMPTOIR_DATABASE"`
	ERP      string `help:"Which ERP to start: books or tryton." default:"books" enum:"books,tryton" env:"COMPTOIR_ERP"`
	Log      string `help:"What is logged: debug, info, warn, error." default:"warn" enum:"debug,info,warn,error" env:"COMPTOIR_LOG"`
}

// databases are the demos' files: a database is the replica of one ERP. The first
// is where serve looks when it is told nothing.
var databases = map[string]string{"books": "comptoir.db", "tryton": "comptoir-tryton.db"}

// addresses are written to addresses.json in the demo's folder.
type addresses struct {
	Shop      string `json:"shop"`
	Processor string `json:"processor"`
	Inbox     string `json:"inbox"`
	ERP       string `json:"erp"`
	Metrics   string `json:"metrics"`
}

// Demo starts a shop with people and an ERP to break, and serves it until ctx is
// over. It is refused unless it listens on loopback: everybody knows its
// password. say prints a line for the person who started it.
func Demo(ctx context.Context, c DemoConfig, say func(key string, params ...any)) error {
	host, _, err := net.SplitHostPort(c.Listen)
	if err != nil {
		return fault.New(fault.Invalid, "config.bad_address", "setting", "listen", "value", c.Listen)
	}
	if ip := net.ParseIP(host); host != "localhost" && (ip == nil || !ip.IsLoopback()) {
		return fault.New(fault.Invalid, "config.demo_not_loopback", "address", c.Listen)
	}
	if err := os.MkdirAll(c.Data, 0o700); err != nil {
		return fault.New(fault.Unavailable, "db.cannot_write", "path", c.Data).Because(err)
	}
	listeners, err := listen(c.Listen, "127.0.0.1:0")
	if err != nil {
		return err
	}
	defer listeners.close()
	if c.Database == "" {
		c.Database = "sqlite:" + filepath.Join(c.Data, databases[c.ERP])
	}
	d, err := Open(ctx, c.Database)
	if err != nil {
		return err
	}
	defer d.Close()
	if err := belongs(ctx, d, ERPConfig{Kind: c.ERP}); err != nil {
		return err
	}
	say("demo.starting_erp", "erp", c.ERP)
	erp, stop, err := startERP(ctx, c)
	if err != nil {
		return err
	}
	defer stop()
	shop := "http://" + listeners.shop.Addr().String()
	processor, stopProcessor, err := startProcessor(c, shop)
	if err != nil {
		return err
	}
	defer stopProcessor()
	letters, smtp, stopInbox, err := startInbox()
	if err != nil {
		return err
	}
	defer stopInbox()
	settings := Config{Database: c.Database, Listen: c.Listen, ERP: erp, Processor: processor, Secret: demoSecret,
		Mail: MailConfig{URL: smtp, From: merchantName + " <factures@boreale.example>"}}
	a, err := New(d, erp.Connector(), settings, ui.Banner{Tone: "warn", Key: "web.demo"})
	if err != nil {
		return err
	}
	a.take(processor, shop)
	if err := a.letters(settings, shop); err != nil {
		return err
	}
	say("demo.loading")
	if err := a.FirstLoad(ctx); err != nil {
		return err
	}
	out := addresses{Shop: shop, Processor: processor.URL, Inbox: letters, ERP: erp.URL, Metrics: "http://" + listeners.metrics.Addr().String() + "/metrics"}
	text, err := json.MarshalIndent(out, "", "  ")
	if err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(c.Data, "addresses.json"), append(text, '\n'), 0o600); err != nil {
		return fault.New(fault.Unavailable, "db.cannot_write", "path", c.Data).Because(err)
	}
	say("demo.ready", "shop", out.Shop, "processor", out.Processor+"/control", "inbox", out.Inbox, "erp", out.ERP, "metrics", out.Metrics, "password", DemoPassword)
	return a.Serve(ctx, listeners)
}

// FirstLoad reads everything from the ERP once and lets the demo's people in.
func (a *App) FirstLoad(ctx context.Context) error {
	if err := a.Engine.Start(ctx); err != nil {
		return err
	}
	seeded := false
	if err := a.DB.Read(ctx, func(tx *db.Tx) (err error) {
		seeded, err = peopleThere(ctx, tx)
		return err
	}); err != nil {
		return err
	}
	if err := a.Engine.Round(ctx, true); err != nil && !seeded {
		return fmt.Errorf("first load: %w", err)
	}
	return SeedPeople(ctx, a.DB)
}

// startERP starts the ERP the demo speaks to.
func startERP(ctx context.Context, c DemoConfig) (ERPConfig, func(), error) {
	if c.ERP == "tryton" {
		server, err := demo.Start(ctx, filepath.Join(c.Data, "tryton"), demo.Options{})
		if err != nil {
			return ERPConfig{}, nil, err
		}
		return ERPConfig{Kind: "tryton", URL: server.URL, Database: demo.Database, User: "connector", Password: demo.Password}, server.Stop, nil
	}
	return startBooks(c)
}

// startBooks runs this program again as the embedded ERP, in a process of its own.
func startBooks(c DemoConfig) (ERPConfig, func(), error) {
	url, stop, err := startOwn("COMPTOIR_BOOKS_TOKEN="+booksToken, "books", "--data", filepath.Join(c.Data, "books"))
	return ERPConfig{Kind: "books", URL: url, Password: booksToken}, stop, err
}

// startProcessor runs this program again as the payment processor, in a process of
// its own: another origin, as a real one is.
func startProcessor(c DemoConfig, shop string) (ProcessorConfig, func(), error) {
	url, stop, err := startOwn("COMPTOIR_PROCESSOR_SECRET="+processorSecret, "processor", "--file", filepath.Join(c.Data, "processor.json"),
		"--webhooks", shop+"/hooks/simulator", "--signing", webhookSecret)
	return ProcessorConfig{URL: url, Secret: processorSecret, Webhook: webhookSecret}, stop, err
}

// startInbox runs this program again as the mail server that shows what came.
func startInbox() (page, smtp string, stop func(), err error) {
	said, stop, err := startOwn("", "inbox")
	page, smtp, _ = strings.Cut(said, " ")
	return page, smtp, stop, err
}

// startOwn runs a command of this program in a process that ends with this one,
// on a port that the system chooses, and waits until it says that it is ready, and
// at which address, or addresses.
func startOwn(env, command string, args ...string) (url string, stop func(), err error) {
	self, err := os.Executable()
	if err != nil {
		return "", nil, err
	}
	cmd := exec.Command(self, append([]string{command, "--listen", "127.0.0.1:0"}, args...)...)
	cmd.Env = os.Environ()
	if env != "" {
		cmd.Env = append(cmd.Env, env)
	}
	cmd.Stderr = os.Stderr
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGTERM}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return "", nil, err
	}
	if err := cmd.Start(); err != nil {
		return "", nil, err
	}
	stop = func() {
		cmd.Process.Signal(syscall.SIGTERM)
		cmd.Wait()
	}
	line, err := bufio.NewReader(out).ReadString('\n')
	url, ready := strings.CutPrefix(strings.TrimSpace(line), "ready ")
	if err != nil && !errors.Is(err, io.EOF) || !ready {
		stop()
		return "", nil, fault.New(fault.Unavailable, "config.own_does_not_start", "command", command, "said", strings.TrimSpace(line))
	}
	go io.Copy(io.Discard, out)
	return url, stop, nil
}

// What the demo's shop, books and processor show each other; all are on loopback.
const (
	booksToken      = "comptoir-demo-books"
	processorSecret = "comptoir-demo-processor"
	webhookSecret   = "comptoir-demo-webhooks"
	demoSecret      = "comptoir-demo-secret-of-pay-links"
)

// Books runs the embedded ERP until ctx is over.
func Books(ctx context.Context, listen, data, token string, ready func(url string)) error {
	return books.Serve(ctx, books.Options{Listen: listen, Dir: data, Token: token, Ready: ready})
}

// Processor runs the payment processor for trying things until ctx is over.
func Processor(ctx context.Context, o simulator.Options) error {
	o.Now, o.Merchant, o.Log = time.Now, merchantName, slog.Default()
	return simulator.Serve(ctx, o)
}

// Inbox runs the mail server for trying things until ctx is over.
func Inbox(ctx context.Context, o inbox.Options) error { return inbox.Run(ctx, o) }
