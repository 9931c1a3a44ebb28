package cash_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"comptoir.example/comptoir/app/migrations"
	"comptoir.example/comptoir/base/db"
	"comptoir.example/comptoir/base/db/dbtest"
	"comptoir.example/comptoir/base/fault"
	"comptoir.example/comptoir/finance/cash"
	"comptoir.example/comptoir/trade/access"
	"comptoir.example/comptoir/trade/customer"
)

var ctx = context.Background()

var (
	insertOrder = db.SQL("cash_test.insert_order", `
INSERT INTO sales_order (id, conn, key, reference, customer, state, po_number, ship_to, delivery, comment, currency, totals, placed, day, erp_id)
VALUES ($1, 'erp', $2, $1, 'c', $3, '', '', '', '', 'CAD', '{}', $4, '', $1)`)
	insertFact     = db.SQL("cash_test.insert_fact", `INSERT INTO fact (id, kind, subject, actor, request, at, body, hash, linked) VALUES ($1, $2, $3, '', '', $4, '{}', '', FALSE)`)
	insertShipment = db.SQL("cash_test.insert_shipment", `
INSERT INTO shipment (conn, erp_id, number, day, carrier, tracking, state, lines, seen) VALUES ('erp', $1, $1, $2, '', '', $3, '[]', 0)`)
	linkShipment  = db.SQL("cash_test.link_shipment", `INSERT INTO shipment_order (conn, erp_order, shipment) VALUES ('erp', $1, $2)`)
	insertInvoice = db.SQL("cash_test.insert_invoice", `
INSERT INTO invoice (id, conn, erp_id, number, customer, po_number, day, due, due_parts, currency, total, balance, totals, lines, state, seen)
VALUES ($1, 'erp', $1, $1, 'c', '', $2, $2, '[]', 'CAD', $3, 0, '{}', '[]', $4, 0)`)
	linkInvoice   = db.SQL("cash_test.link_invoice", `INSERT INTO invoice_order (conn, erp_order, invoice) VALUES ('erp', $1, $2)`)
	insertPayment = db.SQL("cash_test.insert_payment", `
INSERT INTO payment (id, conn, customer, person, gateway, currency, amount, state, day, created, ended) VALUES ($1, 'erp', 'c', 'p', 'g', 'CAD', 1, $2, '', 0, $3)`)
	insertLine    = db.SQL("cash_test.insert_line", `INSERT INTO payment_line (payment, no, invoice, number, minor, reason) VALUES ($1, 1, $2, '', $3, '')`)
	insertReceipt = db.SQL("cash_test.insert_receipt", `
INSERT INTO receipt (key, payment, conn, customer, currency, minor, day, reference, lines, state, unapplied, created, posted)
VALUES ($1, $1, 'erp', 'c', 'CAD', 1, '', '', '[{}]', 'posted', 0, $2, $3)`)
)

// story is what became of one order; zero instants and "" days are what has not
// happened.
type story struct {
	here                  bool
	state                 string
	placed, numbered      time.Time
	shipments             []string // days
	called                bool     // the last of them was called off
	invoiced              string   // day
	credit, cancelled     bool
	paid, created, posted time.Time
}

// stories are made up without any regard to how they are counted.
func stories(n int, now time.Time, m customer.Merchant) (all []story) {
	dice := rand.New(rand.NewPCG(7, 11))
	later := func(t time.Time, days int) time.Time {
		return t.Add(time.Duration(dice.Int64N(int64(days)*24*3600)) * time.Second)
	}
	for range n {
		s := story{here: dice.IntN(5) > 0, state: []string{"accepted", "partly_shipped", "shipped", "invoiced", "closed", "cancelled"}[dice.IntN(6)],
			placed: now.AddDate(0, 0, -dice.IntN(150)).Add(-time.Duration(dice.IntN(86400)) * time.Second)}
		if s.here && dice.IntN(10) > 0 {
			s.numbered = s.placed.Add(time.Duration(dice.IntN(5000)) * time.Second)
		}
		last := s.placed
		for range dice.IntN(4) {
			last = later(last, 20)
			s.shipments = append(s.shipments, m.Day(last))
		}
		s.called = len(s.shipments) > 0 && dice.IntN(6) == 0
		if dice.IntN(4) > 0 {
			at := later(s.placed, 40)
			s.invoiced, s.credit, s.cancelled = m.Day(at), dice.IntN(8) == 0, dice.IntN(8) == 0
			if dice.IntN(3) > 0 {
				s.paid = later(at, 40)
				s.created = s.paid
				if dice.IntN(5) > 0 {
					s.posted = s.created.Add(time.Duration(dice.IntN(9000)) * time.Second)
				}
			}
		}
		all = append(all, s)
	}
	return all
}

// write puts stories into the tables.
func write(tx *db.Tx, all []story) error {
	var err error
	put := func(s *db.Stmt, args ...any) {
		if err == nil {
			err = tx.Later(ctx, s, args...)
		}
	}
	for i, s := range all {
		id := fmt.Sprintf("o%06d", i)
		key := ""
		if s.here {
			key = "key-" + id
		}
		put(insertOrder, id, key, s.state, s.placed)
		if !s.numbered.IsZero() {
			put(insertFact, "f"+id, "order.numbered", id, s.numbered)
			put(insertFact, "g"+id, "order.placed", id, s.placed)
		}
		for n, day := range s.shipments {
			of, state := fmt.Sprint("s", id, n), "done"
			if s.called && n == len(s.shipments)-1 {
				state = "cancelled"
			}
			put(insertShipment, of, day, state)
			put(linkShipment, id, of)
		}
		if s.invoiced == "" {
			continue
		}
		total, state := 100, "open"
		if s.credit {
			total = -100
		}
		if s.cancelled {
			state = "cancelled"
		}
		put(insertInvoice, "i"+id, s.invoiced, total, state)
		put(linkInvoice, id, "i"+id)
		if s.paid.IsZero() {
			continue
		}
		put(insertPayment, "p"+id, "paid", s.paid)
		put(insertLine, "p"+id, "i"+id, total)
		var posted any
		if !s.posted.IsZero() {
			posted = s.posted
		}
		put(insertReceipt, "p"+id, s.created, posted)
	}
	return err
}

// days is how many days lie between two, none when they are the wrong way round.
func days(from, to string) time.Duration {
	n := 0
	for day, _ := time.Parse(time.DateOnly, from); day.Format(time.DateOnly) < to; day = day.AddDate(0, 0, 1) {
		n++
	}
	return time.Duration(n) * 24 * time.Hour
}

// expected counts the stories one by one.
func expected(all []story, now time.Time, m customer.Merchant) map[cash.Stage][]time.Duration {
	since := now.Add(-cash.Window)
	took := map[cash.Stage][]time.Duration{}
	add := func(s cash.Stage, d time.Duration) { took[s] = append(took[s], d) }
	for _, s := range all {
		left := slices.Clone(s.shipments)
		if s.called {
			left = left[:len(left)-1]
		}
		if !s.numbered.IsZero() && !s.numbered.Before(since) {
			add(cash.InERP, s.numbered.Sub(s.placed).Truncate(time.Second))
		}
		whole := s.state == "shipped" || s.state == "invoiced" || s.state == "closed"
		if whole && !s.numbered.IsZero() && len(left) > 0 && slices.Max(left) >= m.Day(since) {
			add(cash.Shipped, days(m.Day(s.numbered), slices.Max(left)))
		}
		if s.invoiced == "" {
			continue
		}
		before := ""
		for _, day := range left {
			if day <= s.invoiced && day > before {
				before = day
			}
		}
		if s.here && !s.credit && !s.cancelled && before != "" && s.invoiced >= m.Day(since) {
			add(cash.Invoiced, days(before, s.invoiced))
		}
		if s.paid.IsZero() {
			continue
		}
		if !s.credit && !s.paid.Before(since) {
			add(cash.Paid, days(s.invoiced, m.Day(s.paid)))
		}
		if s.posted.IsZero() || s.posted.Before(since) {
			continue
		}
		add(cash.Reconciled, s.posted.Sub(s.created).Truncate(time.Second))
		if s.here && !s.credit {
			add(cash.Whole, s.posted.Sub(s.placed).Truncate(time.Hour))
		}
	}
	return took
}

// atLeast is the shortest length that so many of a hundred did not exceed, by its
// definition.
func atLeast(all []time.Duration, percent int) (least time.Duration) {
	least = -1
	for _, candidate := range all {
		n := 0
		for _, d := range all {
			if d <= candidate {
				n++
			}
		}
		if n*100 >= percent*len(all) && (least < 0 || candidate < least) {
			least = candidate
		}
	}
	return max(least, 0)
}

// The figures of each stage are those that an order-by-order count gives.
func TestStagesAreWhatCountingOrderByOrderGives(t *testing.T) {
	montreal, err := time.LoadLocation("America/Toronto")
	if err != nil {
		t.Fatal(err)
	}
	m := customer.Merchant{Conn: "erp", Zone: montreal}
	now := time.Date(2026, 11, 23, 13, 7, 0, 0, time.UTC)
	treasurer := access.Actor{Person: "x", Roles: []access.Role{access.Finance}}
	all := stories(400, now, m)
	want := expected(all, now, m)
	for _, engine := range dbtest.Engines {
		d := dbtest.Open(t, engine, migrations.Files, db.Options{Clock: func() time.Time { return now }})
		if err := d.Write(ctx, func(tx *db.Tx) error { return write(tx, all) }); err != nil {
			t.Fatal(err)
		}
		if err := d.Read(ctx, func(tx *db.Tx) error {
			got, err := cash.Stages(ctx, tx, treasurer, m)
			if len(got) != 6 {
				t.Errorf("%d stages, %v", len(got), err)
			}
			for _, f := range got {
				took := want[f.Stage]
				if len(took) < 20 {
					t.Errorf("%s: %s: only %d of the stories reach it", engine, f.Stage, len(took))
				}
				if f.N != len(took) || f.Median != atLeast(took, 50) || f.P90 != atLeast(took, 90) {
					t.Errorf("%s: %s: %d, %v, %v; counted %d, %v, %v", engine, f.Stage, f.N, f.Median, f.P90, len(took), atLeast(took, 50), atLeast(took, 90))
				}
			}
			_, denied := cash.Stages(ctx, tx, access.Actor{Person: "x", Roles: []access.Role{access.Sales}}, m)
			if !fault.Is(denied, fault.Denied) {
				t.Errorf("a seller sees them: %v", denied)
			}
			return err
		}); err != nil {
			t.Fatal(err)
		}
	}
}

// What was counted is good for a few minutes; a page does not count again.
func TestABoardCountsNowAndThen(t *testing.T) {
	m := customer.Merchant{Conn: "erp", Zone: time.UTC}
	treasurer := access.Actor{Person: "x", Roles: []access.Role{access.Finance}}
	for _, engine := range dbtest.Engines {
		now := time.Date(2026, 11, 23, 13, 7, 0, 0, time.UTC)
		d := dbtest.Open(t, engine, migrations.Files, db.Options{Clock: func() time.Time { return now }})
		var b cash.Board
		count := func() (n int) {
			t.Helper()
			if err := d.Read(ctx, func(tx *db.Tx) error {
				all, at, err := b.Stages(ctx, tx, treasurer, m)
				if err == nil && (len(all) != 6 || at.After(now)) {
					t.Errorf("%d stages, counted at %v", len(all), at)
				}
				for _, f := range all {
					n += f.N
				}
				return err
			}); err != nil {
				t.Fatal(err)
			}
			return n
		}
		before := count()
		if err := d.Write(ctx, func(tx *db.Tx) error { return write(tx, stories(40, now, m)) }); err != nil {
			t.Fatal(err)
		}
		if n := count(); before != 0 || n != 0 {
			t.Errorf("%s: %d, then %d at once", engine, before, n)
		}
		now = now.Add(6 * time.Minute)
		if count() == 0 {
			t.Errorf("%s: it never counts again", engine)
		}
		if err := d.Read(ctx, func(tx *db.Tx) error {
			_, _, err := b.Stages(ctx, tx, access.Actor{Person: "x", Roles: []access.Role{access.Sales}}, m)
			return err
		}); !fault.Is(err, fault.Denied) {
			t.Errorf("%s: a seller sees what was counted: %v", engine, err)
		}
	}
}
