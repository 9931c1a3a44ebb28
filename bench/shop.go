package main

import (
	"context"
	"fmt"
	"sync"
	"time"
)

// shop measures what goes over HTTP, on one engine.
func (b *bench) shop(ctx context.Context, engine string) error {
	at := func(name string) string { return name + "_" + engine }
	checkout := b.wanted(at("checkout_per_s"), at("checkout_p99_ms"), at("checkout_request_p99_ms"), at("cpu_ms_per_order"), at("commits_per_order"), at("retries_per_order"))
	one := b.wanted(at("checkout_one_company_per_s"), at("checkout_one_company_p99_ms"), at("checkout_one_company_lost"))
	call := b.wanted(at("order_one_call_per_s"), at("order_one_call_p99_ms"))
	list := b.wanted(at("list_page_cpu_ms"), at("list_page_p99_ms"))
	calm, half := b.wanted(at("order_to_erp_p99_ms")), b.wanted(at("order_to_erp_half_load_p99_ms"))
	if !checkout && !one && !call && !list && !calm && !half {
		return nil
	}
	s, err := b.start(ctx, engine, "shop")
	if err != nil {
		return err
	}
	defer s.stop()
	many, same, err := b.people(s, call || calm)
	if err != nil {
		return err
	}
	steps := []struct {
		wanted bool
		do     func() error
	}{
		{list, func() error { return b.list(s, many) }},
		{calm, func() error { return b.calm(s, many[0][0]) }},
		{half, func() error { return b.half(s, many) }},
		{checkout, func() error { return b.checkouts(s, many) }},
		{one, func() error { return b.oneCompany(s, same) }},
		{call, func() error { return b.oneCall(s, many) }},
	}
	for _, step := range steps {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if step.wanted {
			if err := step.do(); err != nil {
				return err
			}
		}
	}
	return nil
}

// people signs the buyers in: each client has some of different companies, and
// one of the first company.
func (b *bench) people(s *server, api bool) (many, same [][]*buyer, err error) {
	many, same = make([][]*buyer, b.clients), make([][]*buyer, b.clients)
	errs := make([]error, b.clients)
	var all sync.WaitGroup
	for i := range b.clients {
		all.Go(func() {
			w := &wire{host: s.shop}
			for company := i; company < companies && errs[i] == nil; company += b.clients {
				p := &buyer{wire: w, email: email(company, 0), company: company}
				if errs[i] = p.signIn(password); errs[i] == nil && api {
					errs[i] = p.signInByAPI(password)
				}
				many[i] = append(many[i], p)
			}
			p := &buyer{wire: w, email: email(0, i)}
			if errs[i] == nil {
				errs[i] = p.signIn(password)
			}
			same[i] = append(same[i], p)
		})
	}
	all.Wait()
	for _, e := range errs {
		if e != nil {
			err = e
		}
	}
	return many, same, err
}

// ordering is what some runs of ordering came to.
type ordering struct {
	rate, whole, each, cpu, database, commits, retries []float64
	orders, lost, failed                               int
	why                                                string
}

// ordered runs something that places orders, waits for its followers, and holds
// what was answered against what is there.
func (b *bench) ordered(s *server, name string, of [][]*buyer, do func(*buyer, func(time.Duration)) error) (o ordering, err error) {
	warm := *b
	warm.run = min(b.run/3, time.Second)
	warm.drive(of, nil, do)
	if _, _, err := s.followed(); err != nil {
		return o, err
	}
	for range b.runs {
		before, err := s.figures()
		if err != nil {
			return o, err
		}
		shop, database := s.cpu()
		done := b.profiled(s, name)
		l := b.drive(of, nil, do)
		after, why, err := s.followed()
		if err != nil {
			return o, err
		}
		done()
		shopAfter, databaseAfter := s.cpu()
		n := float64(max(1, l.done))
		o.rate, o.whole, o.each = append(o.rate, l.rate()), append(o.whole, p99(l.whole)), append(o.each, p99(l.each))
		o.cpu = append(o.cpu, (shopAfter-shop).Seconds()*1000/n)
		o.database = append(o.database, (databaseAfter-database).Seconds()*1000/n)
		o.commits = append(o.commits, float64(after.Commits-before.Commits)/n)
		o.retries = append(o.retries, float64(after.Retries-before.Retries)/n)
		o.orders += l.done
		o.failed += l.failed
		// An order whose answer said no may be there all the same; one whose
		// answer said yes may not be missing.
		o.lost += max(0, l.done-(after.Orders-before.Orders))
		if why == "" {
			why = l.why()
		}
		if o.why == "" {
			o.why = why
		}
	}
	return o, nil
}

func (b *bench) conditions(s *server, more ...string) []string {
	return append([]string{s.about, fmt.Sprintf("%d companies, %d products", companies, items),
		"whole program over HTTP on loopback, connections kept, driver on the same cores", b.how()}, more...)
}

const followers = "counts only with all deliveries done and facts linked within 5 s"

func (b *bench) checkouts(s *server, many [][]*buyer) error {
	o, err := b.ordered(s, "checkout", many, (*buyer).checkout)
	if err != nil {
		return err
	}
	with := b.conditions(s, "three adds, checkout page, place; contract prices, taxes", followers)
	at := func(name, unit string, value float64) {
		b.add(line{Name: name + "_" + s.engine, Value: value, Unit: unit, N: o.orders, failed: o.why}, with...)
	}
	at("checkout_per_s", "1/s", median(o.rate))
	at("checkout_p99_ms", "ms", median(o.whole))
	at("checkout_request_p99_ms", "ms", median(o.each))
	with = append(with, fmt.Sprintf("shop %.2f ms, database %.2f ms", median(o.cpu), median(o.database)))
	at("cpu_ms_per_order", "ms", median(o.cpu)+median(o.database))
	at("commits_per_order", "", median(o.commits))
	at("retries_per_order", "", median(o.retries))
	return nil
}

func (b *bench) oneCompany(s *server, same [][]*buyer) error {
	o, err := b.ordered(s, "checkout_one_company", same, (*buyer).checkout)
	if err != nil {
		return err
	}
	with := b.conditions(s, "all clients are buyers of one company", followers)
	at := func(name, unit string, value float64, why string) {
		b.add(line{Name: "checkout_one_company_" + name + "_" + s.engine, Value: value, Unit: unit, N: o.orders, failed: why}, with...)
	}
	at("per_s", "1/s", median(o.rate), o.why)
	at("p99_ms", "ms", median(o.whole), o.why)
	at("lost", "", float64(o.lost+o.failed), "")
	return nil
}

func (b *bench) oneCall(s *server, many [][]*buyer) error {
	o, err := b.ordered(s, "order_one_call", many, (*buyer).orderByAPI)
	if err != nil {
		return err
	}
	with := b.conditions(s, "POST /v1/orders with three lines", followers,
		fmt.Sprintf("cpu shop %.2f ms, database %.2f ms; %.2f commits, %.2f retries an order", median(o.cpu), median(o.database), median(o.commits), median(o.retries)))
	b.add(line{Name: "order_one_call_per_s_" + s.engine, Value: median(o.rate), Unit: "1/s", N: o.orders, failed: o.why}, with...)
	b.add(line{Name: "order_one_call_p99_ms_" + s.engine, Value: median(o.each), Unit: "ms", N: o.orders, failed: o.why}, with...)
	return nil
}

func (b *bench) list(s *server, many [][]*buyer) error {
	return b.pages(s, "list_page", many, (*buyer).list, "20 products at the customer's prices, HTML, session looked up")
}

// pages looks at one kind of page over and over.
func (b *bench) pages(s *server, name string, of [][]*buyer, look func(*buyer, func(time.Duration)) error, what string) error {
	warm := *b
	warm.run = time.Second
	warm.drive(of, nil, look)
	var each, own, database []float64
	pages, why := 0, ""
	for range b.runs {
		shop, base := s.cpu()
		done := b.profiled(s, name)
		l := b.drive(of, nil, look)
		shopAfter, baseAfter := s.cpu()
		done()
		each = append(each, p99(l.each))
		own = append(own, (shopAfter-shop).Seconds()*1000/float64(max(1, l.done)))
		database = append(database, (baseAfter-base).Seconds()*1000/float64(max(1, l.done)))
		if pages += l.done; why == "" {
			why = l.why()
		}
	}
	with := b.conditions(s, what, fmt.Sprintf("processor time of the shop; its database takes %.2f ms beside", median(database)))
	b.add(line{Name: name + "_cpu_ms_" + s.engine, Value: median(own), Unit: "ms", N: pages, failed: why}, with...)
	b.add(line{Name: name + "_p99_ms_" + s.engine, Value: median(each), Unit: "ms", N: pages, failed: why}, with...)
	return nil
}

// calm places one order at a time and leaves time between.
func (b *bench) calm(s *server, p *buyer) error {
	if err := s.ask("/lags", new([]float64)); err != nil {
		return err
	}
	for range b.samples {
		if err := p.orderByAPI(func(time.Duration) {}); err != nil {
			return err
		}
		time.Sleep(50 * time.Millisecond)
	}
	return b.lag(s, "order_to_erp_p99_ms", "", "one order every 50 ms")
}

// half places orders at half the rate that the checkout's bar asks for.
func (b *bench) half(s *server, many [][]*buyer) error {
	aim, known := b.aim(bars["checkout_per_s_"+s.engine])
	if !known {
		return nil
	}
	if err := s.ask("/lags", new([]float64)); err != nil {
		return err
	}
	pace := time.NewTicker(time.Duration(float64(time.Second) / (aim / 2)))
	defer pace.Stop()
	l := b.drive(many, pace.C, (*buyer).checkout)
	return b.lag(s, "order_to_erp_half_load_p99_ms", l.why(), fmt.Sprintf("%.0f checkouts/s of 8 clients, half the bar of checkout_per_s", l.rate()))
}

func (b *bench) lag(s *server, name, why, how string) error {
	_, late, err := s.followed()
	if err != nil {
		return err
	}
	if why == "" {
		why = late
	}
	var lags []float64
	if err := s.ask("/lags", &lags); err != nil {
		return err
	}
	of := make([]time.Duration, len(lags))
	for i, ms := range lags {
		of[i] = time.Duration(ms * float64(time.Millisecond))
	}
	b.add(line{Name: name + "_" + s.engine, Value: p99(of), Unit: "ms", N: len(of), failed: why}, b.conditions(s, how, "from the beginning of the order's unit of work to the connector's call")...)
	return nil
}
