package main

import (
	"context"
	"fmt"
	"net/http"
	"strconv"
	"sync"
	"time"

	"comptoir.example/comptoir/app/migrations"
	"comptoir.example/comptoir/base/db"
	"comptoir.example/comptoir/base/money"
	"comptoir.example/comptoir/base/outbox"
	"comptoir.example/comptoir/finance/invoice"
	"comptoir.example/comptoir/finance/ledger"
	"comptoir.example/comptoir/finance/payment"
	"comptoir.example/comptoir/gateway"
	"comptoir.example/comptoir/trade/access"
	"comptoir.example/comptoir/trade/customer"
)

// The first company has many invoices; each of the others has some for one large
// payment, and some that are paid a dollar at a time.
const (
	manyInvoices = 10_000
	largePayment = 200
	smallOnes    = 50
	spread       = 5 // invoices of a payment
)

func cad(minor int64) money.Amount { return money.Amount{Minor: minor, Currency: "CAD"} }

// bill writes the invoices of every company.
func (t *till) bill() {
	for i := range manyInvoices {
		t.invoice(t.Customers[0], day(i%200-100), 10_000+int64(i))
	}
	for _, c := range t.Customers[1:] {
		for i := range largePayment {
			t.invoice(c, day(0), 10_000+int64(i))
		}
		for range smallOnes {
			t.invoice(c, day(30), 100_000_000)
		}
	}
}

// day is so many days from now.
func day(n int) string { return time.Now().AddDate(0, 0, n).Format(time.DateOnly) }

// collecting is what a shop that takes money has beside the others.
type collecting struct {
	till      *till
	processor *processor
	buyers    []access.Actor // one a company
	small     [][]string     // our ids, by company
	prepared  []attempt
	posted    int // by all runs
}

// attempt is a payment that waits for the processor's word.
type attempt struct {
	Reference, Customer string
	Minor               int64
}

func (c *collecting) routes(s *served, mux *http.ServeMux) {
	answered := func(path string, f func(context.Context, *http.Request) (any, error)) {
		mux.HandleFunc("GET "+path, func(w http.ResponseWriter, r *http.Request) {
			v, err := f(r.Context(), r)
			answer(w, v, err)
		})
	}
	answered("/large", func(ctx context.Context, r *http.Request) (any, error) { return s.large(ctx, param(r, "company")) })
	answered("/prepare", func(ctx context.Context, r *http.Request) (any, error) {
		return s.prepare(ctx, param(r, "n"), param(r, "lines"))
	})
	answered("/capture", func(ctx context.Context, r *http.Request) (any, error) { return s.capture(ctx, param(r, "clients")) })
	answered("/post", func(ctx context.Context, r *http.Request) (any, error) {
		return s.post(ctx, param(r, "clients"), time.Duration(param(r, "ms"))*time.Millisecond, r.FormValue("hot") != "")
	})
	answered("/rest", func(ctx context.Context, _ *http.Request) (any, error) { return true, s.rest(ctx) })
	answered("/heard", func(ctx context.Context, _ *http.Request) (any, error) { return s.heard(ctx) })
	answered("/compare", func(ctx context.Context, _ *http.Request) (any, error) {
		began := time.Now()
		err := s.Compare(ctx)
		return time.Since(began).Seconds(), err
	})
	answered("/differences", func(ctx context.Context, _ *http.Request) (any, error) { return s.differences(ctx) })
}

func param(r *http.Request, name string) int {
	n, _ := strconv.Atoi(r.FormValue(name))
	return n
}

// payer is somebody who may pay for a company.
func (s *served) payer(ctx context.Context, company int) (who access.Actor, err error) {
	err = s.DB.Read(ctx, func(tx *db.Tx) error {
		c, err := customer.ByERP(ctx, tx, s.Engine.Merchant().Conn, s.erp.Customers[company])
		who = access.Actor{Person: "bench", Customer: c.ID, Roles: []access.Role{access.CompanyAdmin}}
		return err
	})
	return who, err
}

// invoices are our ids of a company's, the large payment's first.
func (s *served) invoices(ctx context.Context, company int) (ids []string, err error) {
	first := manyInvoices + (company-1)*(largePayment+smallOnes)
	theirs := s.till.ids[first : first+largePayment+smallOnes]
	err = s.DB.Read(ctx, func(tx *db.Tx) error {
		known, err := invoice.OurIDs(ctx, tx, s.Engine.Merchant().Conn, theirs)
		for _, id := range theirs {
			ids = append(ids, known[id])
		}
		return err
	})
	return ids, err
}

func (s *served) large(ctx context.Context, company int) ([]string, error) {
	ids, err := s.invoices(ctx, company)
	return ids[:min(largePayment, len(ids))], err
}

// start knows who pays what.
func (s *served) start(ctx context.Context) error {
	for company := len(s.buyers); company < companies; company++ {
		who, err := s.payer(ctx, company)
		if err != nil {
			return err
		}
		var ids []string
		if company > 0 {
			if ids, err = s.invoices(ctx, company); err != nil {
				return err
			}
			ids = ids[largePayment:]
		}
		s.buyers, s.small = append(s.buyers, who), append(s.small, ids)
	}
	return nil
}

// crowd runs n things, so many at a time.
func crowd(clients, n int, do func(i int) error) error {
	var all sync.WaitGroup
	errs := make([]error, clients)
	for client := range clients {
		all.Go(func() {
			for i := client; i < n && errs[client] == nil; i += clients {
				errs[client] = do(i)
			}
		})
	}
	all.Wait()
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

// prepare begins n payments of a dollar an invoice, up to the processor's word.
func (s *served) prepare(ctx context.Context, n, lines int) ([]attempt, error) {
	if err := s.start(ctx); err != nil {
		return nil, err
	}
	s.prepared = make([]attempt, n)
	if err := crowd(8, n, func(i int) error {
		company := 1 + i%(companies-1)
		who, w := s.buyers[company], payment.Wish{Gateway: s.Site.Gateway.Name()}
		for l := range lines {
			id := s.small[company][(i/(companies-1)*lines+l)%smallOnes]
			w.Lines = append(w.Lines, payment.WishLine{Invoice: id, Amount: cad(100), Reason: "instalment"})
		}
		return s.DB.WriteAlone(ctx, payment.Key(who.Customer), func(tx *db.Tx) error {
			p, err := payment.Start(ctx, tx, who, s.Engine.Merchant(), w)
			if err == nil {
				s.prepared[i] = attempt{p.Attempts[0].ID, who.Customer, p.Amount.Minor}
			}
			return err
		})
	}); err != nil {
		return nil, err
	}
	if err := s.rest(ctx); err != nil {
		return nil, err
	}
	// A minute later autovacuum would have done it: Migrate ends with ANALYZE.
	return s.prepared, s.DB.Migrate(ctx, migrations.Files)
}

var countUncounted = db.SQL("bench.count_uncounted", `SELECT COUNT(*) FROM ledger_entry WHERE NOT counted`)

// rest waits until the outbox and the followers have nothing to do.
func (s *served) rest(ctx context.Context) error {
	for end := time.Now().Add(2 * time.Minute); ; time.Sleep(50 * time.Millisecond) {
		waiting := 0
		err := s.DB.Read(ctx, func(tx *db.Tx) error {
			for _, conn := range []string{s.Engine.Merchant().Conn, "gateway." + s.Site.Gateway.Name()} {
				q, err := outbox.QueueOf(ctx, tx, conn)
				if err != nil {
					return err
				}
				if waiting += q.Waiting; q.Stopped > 0 {
					return fmt.Errorf("%d deliveries stopped", q.Stopped)
				}
			}
			for _, count := range []*db.Stmt{countUnlinked, countUncounted} {
				n, _, err := db.One(ctx, tx, count, db.Value[int])
				if err != nil {
					return err
				}
				waiting += n
			}
			return nil
		})
		if err != nil || waiting == 0 {
			return err
		}
		if time.Now().After(end) {
			return fmt.Errorf("%d followers are not done", waiting)
		}
	}
}

// done is how many things took how long.
type done struct {
	N       int
	Seconds float64
	Retries int64
	Why     string // it does not count
}

// capture tells the processor's word about everything that was prepared, as hearing
// a webhook does.
func (s *served) capture(ctx context.Context, clients int) (d done, err error) {
	from := payment.Source{Gateway: s.Site.Gateway.Name(), Day: func(at time.Time) string { return s.Engine.Merchant().Day(at) }}
	retries, began := s.DB.Retries.Load(), time.Now()
	err = crowd(clients, len(s.prepared), func(i int) error {
		a := s.prepared[i]
		m := gateway.Movement{ID: "m-" + a.Reference, Kind: gateway.Capture, Reference: a.Reference, Payment: "p-" + a.Reference, Amount: cad(a.Minor), At: time.Now()}
		return s.DB.WriteAlone(ctx, payment.Key(a.Customer), func(tx *db.Tx) error {
			return payment.Told(ctx, tx, from, gateway.Fact{Movement: &m})
		})
	})
	d = done{N: len(s.prepared), Seconds: time.Since(began).Seconds(), Retries: s.DB.Retries.Load() - retries}
	if err == nil {
		err = s.rest(ctx)
	}
	return d, err
}

// post books payments of five invoices each, until the time is over: what the
// processor owes, and what it pays. Hot, they are all of one company.
func (s *served) post(ctx context.Context, clients int, length time.Duration, hot bool) (d done, err error) {
	if err := s.start(ctx); err != nil {
		return d, err
	}
	var all sync.WaitGroup
	counts, errs := make([]int, clients), make([]error, clients)
	retries, began, run := s.DB.Retries.Load(), time.Now(), s.posted
	for client := range clients {
		all.Go(func() {
			for i := 0; time.Since(began) < length && errs[client] == nil; i++ {
				company := 1 + (client+i*clients)%(companies-1)
				if hot {
					company = 1
				}
				who, amount := s.buyers[company], cad(100)
				e := ledger.Entry{Key: fmt.Sprintf("bench:%d:%d:%d", run, client, i), Kind: "capture", Day: day(0), Source: "bench",
					Lines: []ledger.Line{ledger.Debit(ledger.Processor(s.Site.Gateway.Name()), cad(spread*100))}}
				for l := range spread {
					e.Lines = append(e.Lines, ledger.Credit(ledger.AR(who.Customer), amount).About(s.small[company][(i*spread+l)%smallOnes]))
				}
				errs[client] = s.DB.WriteAlone(ctx, payment.Key(who.Customer), func(tx *db.Tx) error {
					_, err := ledger.Post(ctx, tx, outbox.By{Actor: "bench"}, e)
					return err
				})
				counts[client]++
			}
		})
	}
	all.Wait()
	d.Seconds, d.Retries = time.Since(began).Seconds(), s.DB.Retries.Load()-retries
	for client := range clients {
		d.N += counts[client]
		if errs[client] != nil {
			return d, errs[client]
		}
	}
	s.posted += d.N
	return d, s.stands(ctx, &d)
}

var countPosted = db.SQL("bench.count_posted", `
SELECT COUNT(*) FROM ledger_entry e WHERE e.source = 'bench' AND (SELECT SUM(minor) FROM ledger_line l WHERE l.entry = e.id AND minor > 0) = 500`)

// stands says whether every entry is there.
func (s *served) stands(ctx context.Context, d *done) error {
	return s.DB.Read(ctx, func(tx *db.Tx) error {
		n, _, err := db.One(ctx, tx, countPosted, db.Value[int])
		if n != s.posted {
			d.Why = fmt.Sprintf("%d entries were posted, %d are there", s.posted, n)
		}
		return err
	})
}

// hearing is what became of webhooks.
type hearing struct {
	Kept, Waiting, Failed, Booked int
	LagP99                        float64 // milliseconds from keeping one to having heard it
}

var (
	countWebhooks = db.SQL("bench.count_webhooks", `
SELECT COUNT(*), COALESCE(SUM(CASE WHEN done IS NULL THEN 1 ELSE 0 END), 0), COALESCE(SUM(CASE WHEN failed IS NOT NULL THEN 1 ELSE 0 END), 0) FROM webhook`)
	countTaken    = db.SQL("bench.count_taken", `SELECT COUNT(*) FROM receipt`)
	selectHearing = db.SQL("bench.select_hearing", `SELECT done - received FROM webhook WHERE done IS NOT NULL`)
)

func (s *served) heard(ctx context.Context) (h hearing, err error) {
	err = s.DB.Read(ctx, func(tx *db.Tx) error {
		if _, _, err := db.One(ctx, tx, countWebhooks, func(r db.Row) (_ struct{}, err error) {
			err = r.Scan(&h.Kept, &h.Waiting, &h.Failed)
			return struct{}{}, err
		}); err != nil {
			return err
		}
		lags, err := db.All(ctx, tx, selectHearing, db.Value[int64])
		if err != nil {
			return err
		}
		took := make([]time.Duration, len(lags))
		for i, lag := range lags {
			took[i] = time.Duration(lag) * time.Microsecond
		}
		h.LagP99 = p99(took)
		h.Booked, _, err = db.One(ctx, tx, countTaken, db.Value[int])
		return err
	})
	return h, err
}
