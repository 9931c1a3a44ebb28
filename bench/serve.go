package main

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"net"
	"net/http"
	"net/http/pprof"
	"os"
	"os/signal"
	"sync"
	"syscall"
	"time"

	"comptoir.example/comptoir/app"
	"comptoir.example/comptoir/app/migrations"
	"comptoir.example/comptoir/base/db"
	"comptoir.example/comptoir/base/i18n"
	"comptoir.example/comptoir/base/money"
	"comptoir.example/comptoir/base/outbox"
	"comptoir.example/comptoir/comptoirtest/instant"
	"comptoir.example/comptoir/erp"
	"comptoir.example/comptoir/trade/access"
	"comptoir.example/comptoir/trade/customer"
)

// The small merchant that is measured. Every company has a price list of its
// own; the first has as many buyers as there are clients, the others one.
const (
	companies = 32
	items     = 40
	password  = "comptoir-bench-1"
)

func email(company, person int) string { return fmt.Sprintf("buyer%d@c%d.example", person, company) }

// serve is the shop in a process of its own: the whole program over a real
// database, with an ERP in memory that answers at once and notes when.
func serve(args []string) error {
	flags := flag.NewFlagSet("serve", flag.ExitOnError)
	database := flags.String("database", "", "where the data is")
	what := flags.String("what", "shop", "shop, money (invoices and a processor) or parity (many open items)")
	buyers := flags.Int("buyers", 8, "of the first company")
	if err := flags.Parse(args); err != nil {
		return err
	}
	app.SetLog("warn", true)
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	d, err := app.Open(ctx, *database)
	if err != nil {
		return err
	}
	defer d.Close()
	s := &served{erp: merchant(), arrived: map[string]time.Time{}}
	s.erp.Arrived = s.note
	var connector erp.Connector = quiet{s.erp}
	role := access.Buyer
	if *what != "shop" {
		s.till, s.processor, role = newTill(s.erp), newProcessor(), access.CompanyAdmin
		connector = s.till
	}
	if *what == "money" {
		s.till.bill()
	}
	if s.App, err = app.New(d, connector, app.Config{}); err != nil {
		return err
	}
	if s.till != nil {
		s.Take(s.processor, "http://shop.invalid")
	}
	if err := s.Engine.Start(ctx); err != nil {
		return err
	}
	if err := s.Engine.Round(ctx, true); err != nil {
		return err
	}
	if err := s.invite(ctx, *buyers, role); err != nil {
		return err
	}
	if *what == "parity" {
		if err := s.fill(ctx); err != nil {
			return err
		}
	}
	// As after every start: Migrate ends with ANALYZE.
	if err := d.Migrate(ctx, migrations.Files); err != nil {
		return err
	}
	return s.listen(ctx, *what)
}

// merchant is the ERP with contract prices for every company.
func merchant() *instant.ERP {
	e := instant.New(companies, items)
	e.Lanes = companies // an instant ERP takes every customer's order at once
	for _, id := range e.Customers {
		list := "contract-" + id
		e.Set(erp.KindCustomer, id, erp.Customer{Name: "Client " + id, Language: "fr-CA", Currency: "CAD", PriceList: list, Term: "net30", Status: "active"})
		for _, item := range e.Items {
			e.Set(erp.KindPrice, list+"/"+item, erp.Price{PriceList: list, Item: item, Currency: "CAD", Breaks: []erp.Break{
				{From: money.Int(0), Price: money.Must("10.00")}, {From: money.Int(10), Price: money.Must("9.00")}}})
		}
	}
	return e
}

// quiet is the ERP in memory with a cursor that works: what was read once and
// has not changed is not read again. Without it the shop would compare every
// record twice a second, which no real ERP asks of it.
type quiet struct{ *instant.ERP }

// Changed implements erp.Connector.
func (q quiet) Changed(ctx context.Context, kind erp.Kind, cursor string, limit int) (erp.Page, error) {
	if cursor == "read" {
		return erp.Page{Cursor: cursor}, nil
	}
	page, err := q.ERP.Changed(ctx, kind, cursor, limit)
	if !page.More {
		page.Cursor = "read"
	}
	return page, err
}

// served is the running shop, as the driver may ask about it.
type served struct {
	*app.App
	erp        *instant.ERP
	collecting // of a shop that takes money
	mu         sync.Mutex
	arrived    map[string]time.Time // by key, since somebody last asked
}

func (s *served) note(key string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.arrived[key] = time.Now()
}

// invite lets the buyers in. One password for all, because hashing takes long.
func (s *served) invite(ctx context.Context, first int, role access.Role) error {
	hash, err := access.HashPassword(password)
	if err != nil {
		return err
	}
	return s.DB.Write(ctx, func(tx *db.Tx) error {
		for i := range companies {
			c, err := customer.ByERP(ctx, tx, s.Engine.Merchant().Conn, s.erp.Customers[i])
			if err != nil {
				return err
			}
			n := 1
			if i == 0 {
				n = first
			}
			for j := range n {
				if _, err := access.Invite(ctx, tx, outbox.By{Actor: "bench"}, access.NewPerson{Email: email(i, j), Name: "Alex Tremblay",
					Customer: c.ID, Lang: i18n.FR, Roles: []access.Role{role}}, hash); err != nil {
					return err
				}
			}
		}
		return nil
	})
}

// listen serves the shop on one port and answers the driver on another, until
// ctx is over.
func (s *served) listen(ctx context.Context, what string) error {
	shop, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	control, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /figures", s.figures)
	mux.HandleFunc("GET /lags", s.lags)
	s.collecting.routes(s, mux)
	mux.HandleFunc("GET /debug/pprof/", pprof.Index)
	mux.HandleFunc("GET /debug/pprof/profile", pprof.Profile)
	go http.Serve(control, mux)
	go http.Serve(shop, s.Mux)
	fmt.Printf("ready %s %s\n", shop.Addr(), control.Addr())
	if what == "parity" {
		<-ctx.Done() // nobody else compares, and nothing is swept
		return nil
	}
	s.Run(ctx)
	return nil
}

// figures are what the driver needs to know about the shop.
type figures struct {
	Commits, Retries, Conflicts int64
	Open, Stopped, Unlinked     int // followers that are not done
	Orders, Numbered            int // here, and with the ERP's number
	Created, Doubled            int // in the ERP, and more than once
}

func (s *served) created() (n, doubled int) {
	keys := map[string]bool{}
	for _, o := range s.erp.Orders() {
		if n++; keys[o.Key] {
			doubled++
		}
		keys[o.Key] = true
	}
	return n, doubled
}

var (
	countOrders   = db.SQL("bench.count_orders", `SELECT COUNT(*), COUNT(erp_number) FROM sales_order`)
	countUnlinked = db.SQL("bench.count_unlinked", `SELECT COUNT(*) FROM fact WHERE NOT linked`)
	selectPlaced  = db.SQL("bench.select_placed", `
SELECT key, placed FROM sales_order WHERE key IN (SELECT value FROM json_each(CAST($1 AS TEXT)))`)
)

func (s *served) figures(w http.ResponseWriter, r *http.Request) {
	f := figures{Commits: s.DB.Commits.Load(), Retries: s.DB.Retries.Load(), Conflicts: s.DB.Conflicts.Load()}
	f.Created, f.Doubled = s.created()
	err := s.DB.Read(r.Context(), func(tx *db.Tx) error {
		q, err := outbox.QueueOf(r.Context(), tx, s.Engine.Merchant().Conn)
		if err != nil {
			return err
		}
		f.Open, f.Stopped = q.Waiting, q.Stopped
		if f.Unlinked, _, err = db.One(r.Context(), tx, countUnlinked, db.Value[int]); err != nil {
			return err
		}
		_, _, err = db.One(r.Context(), tx, countOrders, func(row db.Row) (_ struct{}, err error) {
			err = row.Scan(&f.Orders, &f.Numbered)
			return struct{}{}, err
		})
		return err
	})
	answer(w, f, err)
}

// lags are, in milliseconds, how long each order took from being placed to the
// connector's call, since the last time this was asked. An order's time is that
// of the beginning of its unit of work, so this is a little more than from its
// commit.
func (s *served) lags(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	arrived := s.arrived
	s.arrived = map[string]time.Time{}
	s.mu.Unlock()
	keys := []string{}
	for key := range arrived {
		keys = append(keys, key)
	}
	list, err := json.Marshal(keys)
	lags := []float64{}
	if err == nil {
		err = s.DB.Read(r.Context(), func(tx *db.Tx) error {
			_, err := db.All(r.Context(), tx, selectPlaced, func(row db.Row) (_ struct{}, err error) {
				var key string
				var placed time.Time
				if err = row.Scan(&key, &placed); err == nil {
					lags = append(lags, arrived[key].Sub(placed).Seconds()*1000)
				}
				return struct{}{}, err
			}, string(list))
			return err
		})
	}
	answer(w, lags, err)
}

func answer(w http.ResponseWriter, v any, err error) {
	if err == nil {
		err = json.NewEncoder(w).Encode(v)
	}
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
	}
}
