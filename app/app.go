package app

import (
	"context"
	"log/slog"
	"net/http"
	"os"
	"runtime/debug"
	"strconv"
	"strings"
	"sync"
	"time"

	"comptoir.example/comptoir/app/migrations"
	"comptoir.example/comptoir/base/db"
	"comptoir.example/comptoir/base/i18n"
	"comptoir.example/comptoir/base/money"
	"comptoir.example/comptoir/base/outbox"
	"comptoir.example/comptoir/erp"
	"comptoir.example/comptoir/erp/books"
	"comptoir.example/comptoir/erp/tryton"
	"comptoir.example/comptoir/erpsync"
	"comptoir.example/comptoir/finance/ledger"
	"comptoir.example/comptoir/finance/payment"
	"comptoir.example/comptoir/notify"
	"comptoir.example/comptoir/trade/access"
	"comptoir.example/comptoir/trade/customer"
	"comptoir.example/comptoir/web"
	"comptoir.example/comptoir/web/api"
	"comptoir.example/comptoir/web/desk"
	"comptoir.example/comptoir/web/portal"
	"comptoir.example/comptoir/web/shop"
	"comptoir.example/comptoir/web/ui"
)

// Version is the program's, set by the build.
var Version = "0.1.0"

// App is a shop, put together.
type App struct {
	DB     *db.DB
	Box    *outbox.Box
	Engine *erpsync.Engine
	Site   *web.Site
	Mux    *http.ServeMux
	// Letters writes to people by mail; nil when no mail server takes them.
	Letters *notify.Engine
}

// Words are the sentences of every face.
var Words = sync.OnceValues(func() (*i18n.Catalogue, error) {
	return i18n.Load(ui.Text, web.Text, shop.Text, portal.Text, desk.Text, api.Text, notify.Text, Text)
})

// connection is the name of the one connection to an ERP a shop has today.
const connection = "erp"

// Connector makes the connector the settings ask for.
func (c ERPConfig) Connector() erp.Connector {
	if c.Kind == "tryton" {
		return tryton.New(tryton.Config{URL: c.URL, Database: c.Database, User: c.User, Password: c.Password})
	}
	return books.Connect(c.URL, c.Password)
}

// New puts a shop together over an open, migrated database and a connector.
func New(d *db.DB, connector erp.Connector, c Config, banners ...ui.Banner) (*App, error) {
	words, err := Words()
	if err != nil {
		return nil, err
	}
	zone, err := time.LoadLocation("America/Toronto")
	if err != nil {
		return nil, err
	}
	host, _ := os.Hostname()
	box := outbox.New(d, host+"/"+strconv.Itoa(os.Getpid()))
	merchant := customer.Merchant{Conn: connection, Name: merchantName, Phone: merchantPhone, Currency: "CAD", Rounding: money.Default, Zone: zone,
		Hours: erp.Text{FR: words.Printer(i18n.FR, zone).T("web.hours"), EN: words.Printer(i18n.EN, zone).T("web.hours")}}
	engine := erpsync.New(box, connector, merchant, erpsync.Policy{Accept: strings.Fields(c.ERP.Accept), Tolerance: 1})
	wire(box, engine)
	site := &web.Site{DB: d, Engine: engine, Words: words, Secure: c.Secure(), Banners: banners, Version: Version, Log: slog.Default(),
		ERPBudget: erpBudget, SignInPage: shop.AskAgain}
	a := &App{DB: d, Box: box, Engine: engine, Site: site, Mux: http.NewServeMux()}
	site.Compare = a.compareFor
	a.routes()
	return a, nil
}

// Routes are the addresses of the faces people use.
func Routes() []web.Route {
	return append(append(shop.Routes(), portal.Routes()...), desk.Routes()...)
}

func (a *App) routes() {
	a.Site.Mount(a.Mux, Routes()...)
	a.Mux.Handle("GET "+web.AssetPrefix, web.Assets())
	a.Mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) { w.Write([]byte("ok\n")) })
	a.Mux.HandleFunc("GET /readyz", a.ready)
	a.Mux.HandleFunc("POST /hooks/{gateway}", a.hook)
	api.Mount(a.Mux, a.Site)
}

// ready says whether the database answers and its schema is the program's.
func (a *App) ready(w http.ResponseWriter, r *http.Request) {
	ctx, cancel := context.WithTimeout(r.Context(), 2*time.Second)
	defer cancel()
	pending, err := a.DB.Pending(ctx, migrations.Files)
	if err != nil || pending > 0 {
		w.WriteHeader(http.StatusServiceUnavailable)
		w.Write([]byte("not ready\n"))
		return
	}
	w.Write([]byte("ready\n"))
}

// garbage lets the heap grow to five times what is in use before it is collected:
// a shop holds a few megabytes and makes a lot of short-lived ones, and collecting
// after each of them took an eighth of an order's time. GOGC overrides it.
const garbage = 400

// Run exchanges with the ERP until ctx is over.
func (a *App) Run(ctx context.Context) {
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(garbage)
	}
	var all sync.WaitGroup
	all.Go(func() { a.Box.Run(ctx) })
	all.Go(func() { a.Engine.Run(ctx) })
	all.Go(func() { a.tidy(ctx) })
	all.Go(func() { ledger.Run(ctx, a.DB) })
	all.Go(func() { a.compare(ctx) })
	if a.Site.Gateway != nil {
		all.Go(func() { a.Site.Gateway.Run(ctx) })
	}
	all.Wait()
}

// tidy drops what is over: sessions that ended, keys that nobody repeats, addresses
// of old pay links.
func (a *App) tidy(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-time.After(10 * time.Minute):
			if err := a.DB.Write(ctx, func(tx *db.Tx) error {
				if err := access.Sweep(ctx, tx); err != nil {
					return err
				}
				if err := payment.SweepLinks(ctx, tx); err != nil {
					return err
				}
				return api.Sweep(ctx, tx)
			}); err != nil {
				slog.Error("tidy up", "err", err)
			}
		}
	}
}
