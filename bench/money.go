package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"sync"
	"time"

	"comptoir.example/comptoir/gateway/simulator"
)

// hooksPerSecond is how many webhooks come, whether they are answered or not.
var hooksPerSecond = map[string]int{"sqlite": 100, "postgres": 300}

// money measures a shop that takes money, on one engine.
func (b *bench) money(ctx context.Context, engine string) error {
	at := func(name string) string { return name + "_" + engine }
	page, large := b.wanted(at("invoices_page_cpu_ms"), at("invoices_page_p99_ms")), b.wanted(at("pay_200_invoices_ms"))
	post := engine == "postgres" && b.wanted(at("ledger_post_per_s"), at("ledger_post_one_company_per_s"))
	capture := b.wanted(at("capture_per_s"))
	hooks := b.wanted(at("webhook_ack_p99_ms"), at("webhook_heard_p99_ms"))
	if !page && !large && !post && !capture && !hooks {
		return nil
	}
	s, err := b.start(ctx, engine, "money")
	if err != nil {
		return err
	}
	defer s.stop()
	steps := []struct {
		wanted bool
		do     func() error
	}{
		{page, func() error { return b.invoicesPage(s) }},
		{large, func() error { return b.largePayments(s) }},
		{post, func() error { return b.posts(s) }},
		{capture, func() error { return b.captures(s) }},
		{hooks, func() error { return b.webhooks(s) }},
	}
	for _, step := range steps {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if step.wanted {
			if err := s.ask("/rest", new(bool)); err != nil {
				return err
			}
			if err := step.do(); err != nil {
				return err
			}
		}
	}
	return nil
}

// invoices looks at the newest fifty.
func (b *buyer) invoices(took func(time.Duration)) error {
	return b.see("GET", "/invoices", b.cookie, "", http.StatusOK, "", took)
}

func (b *bench) invoicesPage(s *server) error {
	_, same, err := b.people(s, false)
	if err != nil {
		return err
	}
	return b.pages(s, "invoices_page", same, (*buyer).invoices,
		fmt.Sprintf("company with %d open invoices, 50 of them on the page, aging of all, HTML", manyInvoices))
}

// largePayments pays all invoices of a company at once, company after company.
func (b *bench) largePayments(s *server) error {
	var took []time.Duration
	for company := 1; company < companies && company <= max(10, b.samples/3); company++ {
		var ids []string
		if err := s.ask(fmt.Sprintf("/large?company=%d", company), &ids); err != nil {
			return err
		}
		p := &buyer{wire: &wire{host: s.shop}, email: email(company, 0)}
		if err := p.signIn(password); err != nil {
			return err
		}
		form := url.Values{"invoice": ids}
		if _, err := p.ask("GET", "/payments/new?"+form.Encode(), p.cookie, ""); err != nil {
			return err
		}
		form.Set("payment", p.field("payment"))
		form.Set("csrf", p.csrf)
		if err := p.see("POST", "/payments", formType+p.cookie, form.Encode(), http.StatusSeeOther, "/payments/", func(d time.Duration) { took = append(took, d) }); err != nil {
			return err
		}
	}
	b.add(line{Name: "pay_200_invoices_ms_" + s.engine, Value: p99(took), Unit: "ms", N: len(took)},
		s.about, "POST /payments with 200 invoices of a company, until it is answered, which is after the commit; p99")
	return nil
}

// posts books invoice payments, spread over companies and all of one.
func (b *bench) posts(s *server) error {
	for _, how := range []struct{ name, query, about string }{
		{"ledger_post_per_s_", "", fmt.Sprintf("entries that pay %d invoices, of %d companies", spread, companies-1)},
		{"ledger_post_one_company_per_s_", "&hot=1", fmt.Sprintf("entries that pay %d invoices, all of one company, one after the other under its key", spread)},
	} {
		var rates []float64
		n, why, retries := 0, "", int64(0)
		shop, database := s.cpu()
		for range b.runs {
			stop := b.profiled(s, how.name+"run")
			var d done
			if err := s.ask(fmt.Sprintf("/post?clients=%d&ms=%d%s", b.clients, b.run.Milliseconds(), how.query), &d); err != nil {
				return err
			}
			stop()
			rates, n, retries = append(rates, float64(d.N)/d.Seconds), n+d.N, retries+d.Retries
			if why == "" {
				why = d.Why
			}
		}
		b.add(line{Name: how.name + s.engine, Value: median(rates), Unit: "1/s", N: n, failed: why}, s.about, how.about,
			"each a unit of work under the company's key, all against the processor's account; the followers run beside", b.how(),
			fmt.Sprintf("%d done again", retries), s.spent(shop, database, n))
	}
	return nil
}

// captures writes the processor's word down about payments that wait for it.
func (b *bench) captures(s *server) error {
	n := int(b.run.Seconds()*float64(b.runs)) * 100
	if err := s.ask(fmt.Sprintf("/prepare?n=%d&lines=%d", n, spread), new([]attempt)); err != nil {
		return err
	}
	stop := b.profiled(s, "capture")
	shop, database := s.cpu()
	var d done
	if err := s.ask(fmt.Sprintf("/capture?clients=%d", b.clients), &d); err != nil {
		return err
	}
	stop()
	b.add(line{Name: "capture_per_s_" + s.engine, Value: float64(d.N) / d.Seconds, Unit: "1/s", N: d.N}, s.about,
		fmt.Sprintf("captures of payments over %d invoices, whole: movement, entries, receipt, promise to the ERP; followers and deliveries run beside", spread),
		fmt.Sprintf("%d clients", b.clients), fmt.Sprintf("%d done again", d.Retries), s.spent(shop, database, d.N))
	return nil
}

// webhooks posts two webhooks for each payment, at even times, whatever becomes of
// those before.
func (b *bench) webhooks(s *server) error {
	rate := hooksPerSecond[s.engine]
	n := rate * int(2*b.run.Seconds())
	var attempts []attempt
	if err := s.ask(fmt.Sprintf("/prepare?n=%d&lines=1", n/2), &attempts); err != nil {
		return err
	}
	var before hearing
	if err := s.ask("/heard", &before); err != nil {
		return err
	}
	stop := b.profiled(s, "webhooks")
	wires := make(chan *wire, 256) // more than are ever under way
	for range cap(wires) {
		wires <- &wire{host: s.shop}
	}
	var all sync.WaitGroup
	took, errs := make([]time.Duration, n), make([]error, n)
	began := time.Now()
	for i := range n {
		due := began.Add(time.Duration(i) * time.Second / time.Duration(rate))
		time.Sleep(time.Until(due))
		all.Go(func() {
			w := <-wires
			errs[i] = w.tell(attempts[i/2], i%2 == 1)
			took[i] = time.Since(due)
			wires <- w
		})
	}
	all.Wait()
	stop()
	why := ""
	for _, err := range errs {
		if err != nil {
			why = err.Error()
		}
	}
	var h hearing
	for end := time.Now().Add(time.Minute); ; time.Sleep(100 * time.Millisecond) {
		if err := s.ask("/heard", &h); err != nil {
			return err
		}
		if h.Waiting == 0 || time.Now().After(end) {
			break
		}
	}
	if h.Waiting > 0 || h.Failed > 0 || h.Kept-before.Kept != n || h.Booked-before.Booked != n/2 {
		why = fmt.Sprintf("of %d webhooks %d were kept, %d not heard, %d made no sense; %d of %d captures were booked",
			n, h.Kept-before.Kept, h.Waiting, h.Failed, h.Booked-before.Booked, n/2)
	}
	how := fmt.Sprintf("%d signed webhooks/s over HTTP at even times, two a payment, heard at the same time; counts only with every one heard and booked", rate)
	b.add(line{Name: "webhook_ack_p99_ms_" + s.engine, Value: p99(took), Unit: "ms", N: n, failed: why}, s.about, how, "from when it was due to the answer")
	b.add(line{Name: "webhook_heard_p99_ms_" + s.engine, Value: h.LagP99, Unit: "ms", N: n, failed: why}, s.about, how, "from when it was kept until its money is in the books")
	return nil
}

// tell posts a webhook about a payment: that it was captured, then that it is paid.
func (w *wire) tell(a attempt, paid bool) error {
	now := time.Now().UTC()
	m := simulator.Message{Delivery: "dlv-m-" + a.Reference, Event: simulator.Event{ID: "evt-m-" + a.Reference, Seq: 1, Type: "movement.created", At: now,
		Movement: &simulator.Movement{ID: "mov-" + a.Reference, Type: "charge", Reference: a.Reference, Payment: "pay-" + a.Reference, Amount: cad(a.Minor), Adds: a.Minor, At: now}}}
	if paid {
		m = simulator.Message{Delivery: "dlv-p-" + a.Reference, Event: simulator.Event{ID: "evt-p-" + a.Reference, Seq: 2, Type: "payment.changed", At: now,
			Record: &simulator.Record{Object: "payment", ID: "pay-" + a.Reference, Payment: "pay-" + a.Reference, Reference: a.Reference, Status: "paid", Amount: cad(a.Minor),
				Card: &simulator.Card{Brand: "visa", Last4: "4242", Expires: "2030-01"}, Changed: now}}}
	}
	body, err := json.Marshal(m)
	if err != nil {
		return err
	}
	header := ""
	for name, values := range simulator.Sign(body, now, signing) {
		header += name + ": " + values[0] + "\r\n"
	}
	res, err := w.ask("POST", "/hooks/simulator", header, string(body))
	if err == nil && res.StatusCode != http.StatusNoContent {
		err = fmt.Errorf("a webhook is answered %s", res.Status)
	}
	return err
}
