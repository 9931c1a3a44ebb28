package comptoirtest_test

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"comptoir.example/comptoir/base/db"
	"comptoir.example/comptoir/base/db/dbtest"
	"comptoir.example/comptoir/base/money"
	"comptoir.example/comptoir/comptoirtest"
	"comptoir.example/comptoir/comptoirtest/instant"
	"comptoir.example/comptoir/erp"
	"comptoir.example/comptoir/finance/invoice"
	"comptoir.example/comptoir/finance/payment"
	"comptoir.example/comptoir/finance/statement"
	"comptoir.example/comptoir/gateway/simulator"
	"comptoir.example/comptoir/trade/access"
)

// posting is something that moved a company's account, as the oracle of statements
// remembers it.
type posting struct {
	day   string
	minor int64
}

// quarter is what happens to a company in some weeks, with what each act did to its
// account.
type quarter struct {
	*comptoirtest.Till
	t      *testing.T
	dice   *rand.Rand
	who    access.Actor
	before int64 // open when the shop began
	since  string
	told   []posting
}

func cad(minor int64) money.Amount { return money.Amount{Minor: minor, Currency: "CAD"} }

func newQuarter(t *testing.T, engine string, seed uint64) *quarter {
	q := &quarter{t: t, dice: rand.New(rand.NewPCG(seed, 3))}
	books := instant.New(2, 1)
	if seed%4 == 3 { // an ERP as young as the shop: nothing is unknown
		q.Till = comptoirtest.OpenTill(t, engine, books, seed)
		q.who = q.Payer("C1001")
		return q
	}
	for n := range q.dice.IntN(4) { // what the shop finds, paid in part, also of the day on which it comes
		total := 1000 + q.dice.Int64N(50000)
		id := books.InvoiceOn([]string{"2026-11-23", "2026-09-15"}[n%2], "c1", total, "2026-12-15")
		books.PayThereOn("2026-10-02", id, 400)
		q.before += total - 400
	}
	books.Invoice("c2", 12345, "2026-12-01") // somebody else's
	books.Set(erp.KindReceipt, "old", erp.Receipt{ID: "old", Customer: "c1", Date: "2026-10-20", State: erp.ReceiptPosted, Amount: cad(900), Unapplied: cad(250)})
	q.before -= 250
	q.Till = comptoirtest.OpenTill(t, engine, books, seed)
	q.who, q.since = q.Payer("C1001"), q.today()
	return q
}

func (q *quarter) today() string { return q.Engine.Merchant().Day(q.Clock.Now()) }

// lately is today or a day not long ago.
func (q *quarter) lately() string {
	return q.Engine.Merchant().Day(q.Clock.Now().AddDate(0, 0, -q.dice.IntN(20)))
}

func (q *quarter) tell(day string, minor int64) {
	if minor != 0 {
		q.told = append(q.told, posting{day, minor})
	}
}

// act is one thing that happens, carried through to its end.
func (q *quarter) act() {
	switch q.dice.IntN(9) {
	case 0, 1, 2:
		total, day := 100+q.dice.Int64N(60000), q.lately()
		if q.dice.IntN(4) == 0 {
			total = -total / 2
		}
		q.ERP.InvoiceOn(day, "c1", total, q.lately())
		q.tell(day, total)
	case 3: // a cheque for an invoice
		if i, found := q.open(); found {
			part, day := 1+q.dice.Int64N(i.Open.Minor), q.lately()
			q.ERP.PayThereOn(day, i.ERP, part)
			q.tell(day, -part)
		}
	case 4: // a cheque for nothing yet
		minor, day, id := 100+q.dice.Int64N(9000), q.lately(), fmt.Sprintf("cheque%d", len(q.told))
		q.ERP.Set(erp.KindReceipt, id, erp.Receipt{ID: id, Customer: "c1", Date: day, State: erp.ReceiptPosted, Amount: cad(minor), Unapplied: cad(minor)})
		q.tell(day, -minor)
	case 5, 6: // by card, and sometimes the cheque comes first
		q.card(q.dice.IntN(4) == 0)
	case 7: // an invoice is taken back
		if i, found := q.open(); found && i.Open == i.Total {
			there := q.ERP.InvoiceNow(i.ERP)
			there.State, there.Open = "cancelled", cad(0)
			q.ERP.Set(erp.KindInvoice, i.ERP, there)
			q.tell(q.today(), -i.Total.Minor)
		}
	default:
		q.Clock.Move(time.Duration(q.dice.IntN(7)) * 24 * time.Hour)
	}
	q.Pull()
}

// open is an invoice with something open.
func (q *quarter) open() (invoice.Invoice, bool) {
	all := q.Owes(q.who)
	for _, n := range q.dice.Perm(len(all)) {
		if all[n].Open.Minor > 0 {
			return all[n], true
		}
	}
	return invoice.Invoice{}, false
}

func (q *quarter) card(late bool) {
	i, found := q.open()
	if !found {
		return
	}
	lines := []payment.WishLine{comptoirtest.Part(i, 1+q.dice.Int64N(i.Open.Minor))}
	for _, n := range q.Owes(q.who) {
		if n.Open.Minor < 0 && -n.Open.Minor < lines[0].Amount.Minor {
			lines = append(lines, comptoirtest.Whole(n))
			break
		}
	}
	p, err := q.Pays(q.who, payment.Wish{Lines: lines})
	if err != nil {
		q.t.Fatal(err)
	}
	q.Settle()
	if late {
		q.ERP.PayThereOn(q.today(), i.ERP, i.Open.Minor)
		q.tell(q.today(), -i.Open.Minor)
		q.Pull()
	}
	if _, err := q.Clerk.Pay(q.Ctx, q.Stands(p.ID).Attempts[0].URL, simulator.Approved); err != nil {
		q.t.Fatal(err)
	}
	q.tell(q.today(), -p.Amount.Minor)
	q.Settle()
	q.Clock.Move(2 * time.Second)
	q.Settle()
}

func (q *quarter) statement(from, to string) (s statement.Statement, err error) {
	err = q.DB.Read(q.Ctx, func(tx *db.Tx) error {
		s, err = statement.Of(q.Ctx, tx, q.who, q.Engine.Merchant(), from, to)
		return err
	})
	return s, err
}

// at is the balance when a day began, from what was told.
func (q *quarter) at(day string) (sum int64) {
	sum = q.before
	for _, m := range q.told {
		if m.day < day {
			sum += m.minor
		}
	}
	return sum
}

func after(day string) string {
	t, _ := time.Parse(time.DateOnly, day)
	return t.AddDate(0, 0, 1).Format(time.DateOnly)
}

// check compares the statement of a period with what was told.
func (q *quarter) check(from, to string) {
	t := q.t
	t.Helper()
	s, err := q.statement(from, to)
	if err != nil {
		t.Fatalf("%s to %s: %v", from, to, err)
	}
	a := s.Accounts[0]
	if len(s.Accounts) != 1 || s.From != max(from, q.since) || s.Since != q.since {
		t.Fatalf("%s to %s: %d accounts, from %s, since %s (%s)", from, to, len(s.Accounts), s.From, s.Since, q.since)
	}
	if want := q.at(s.From); a.Opening.Minor != want {
		t.Errorf("%s to %s opens at %d, want %d", from, to, a.Opening.Minor, want)
	}
	if want := q.at(after(to)); a.Closing.Minor != want {
		t.Errorf("%s to %s closes at %d, want %d", from, to, a.Closing.Minor, want)
	}
	var want, got []posting
	for _, m := range q.told {
		if m.day >= s.From && m.day <= to {
			want = append(want, m)
		}
	}
	slices.SortStableFunc(want, func(a, b posting) int { return cmp.Compare(a.day, b.day) })
	running := a.Opening.Minor
	for _, m := range a.Movements {
		running += m.Amount.Minor
		if m.Balance.Minor != running {
			t.Errorf("%s to %s: after %+v it runs at %d", from, to, m, running)
		}
		if m.Amount.IsZero() != (m.Kind == "unapplied") {
			t.Errorf("%s to %s tells %+v", from, to, m)
		}
		if !m.Amount.IsZero() {
			got = append(got, posting{m.Day, m.Amount.Minor})
		}
	}
	if running != a.Closing.Minor || !slices.Equal(got, want) {
		t.Errorf("%s to %s moved by\n%v, want\n%v", from, to, got, want)
	}
	var items, byAge int64
	for _, i := range a.Open.Items {
		items += i.Open.Minor
	}
	for _, age := range a.Open.Aged.By {
		byAge += age.Minor
	}
	if items != a.Closing.Minor || byAge-a.Open.Aged.Credits.Minor != a.Closing.Minor {
		t.Errorf("%s to %s closes at %d; open items %d, aging %d less credits %d", from, to, a.Closing.Minor, items, byAge, a.Open.Aged.Credits.Minor)
	}
}

// Opening and movements make the closing balance, for every period of every history,
// and both are what was done to the account; today's closing is what the page of
// invoices says.
func TestAStatementTellsWhatHappenedToTheCent(t *testing.T) {
	for _, engine := range dbtest.Engines {
		seeds := map[string]uint64{"sqlite": 12, "postgres": 3}[engine]
		for seed := range seeds {
			t.Run(fmt.Sprintf("%s/%d", engine, seed), func(t *testing.T) {
				q := newQuarter(t, engine, seed)
				for range 30 {
					q.act()
				}
				today := q.today()
				day := func(n int) string { return q.Engine.Merchant().Day(q.Clock.Now().AddDate(0, 0, -n)) }
				span := 0
				for day(span) > max(q.since, "2026-10-01") {
					span++
				}
				q.check("2026-01-01", today)
				q.check(day(span), day(span))
				for range 6 {
					to := q.dice.IntN(span + 1)
					q.check(day(to+q.dice.IntN(40)), day(to))
				}
				q.Read(func(tx *db.Tx) error {
					aged, err := payment.Aging(q.Ctx, tx, q.who, today)
					if want := q.at(after(today)); err != nil || aged.Open.Minor != want {
						t.Errorf("the page of invoices says %d (%v), want %d", aged.Open.Minor, err, want)
					}
					return nil
				})
			})
		}
	}
}

// A period that cannot be is refused with words at the day that is wrong.
func TestAPeriodThatCannotBeIsRefused(t *testing.T) {
	q := newQuarter(t, "sqlite", 1)
	for _, c := range [][4]string{{"x", "", "from", "statement.no_day"}, {"", "2026-02-30", "to", "statement.no_day"},
		{"2026-11-23", "2026-11-24", "to", "statement.future"}, {"2026-01-01", "2026-11-22", "to", "statement.before"}, {"2026-12-01", "", "from", "statement.backwards"}} {
		_, err := q.statement(c[0], c[1])
		if code(err) != c[3] {
			t.Errorf("from %q to %q: %v, want %s", c[0], c[1], err, c[3])
		}
	}
	q.who.Roles = []access.Role{access.Buyer}
	if _, err := q.statement("", ""); code(err) != "access.denied" {
		t.Errorf("who may not see invoices: %v", err)
	}
}

// Each currency has an account of its own, and none is added to another.
func TestAStatementKeepsCurrenciesApart(t *testing.T) {
	eachTill(t, 1, func(t *testing.T, till *comptoirtest.Till) {
		till.ERP.InvoiceOn("2026-11-20", "c1", 1000, "2026-12-20")
		usd := money.Amount{Minor: 700, Currency: "USD"}
		till.ERP.Set(erp.KindInvoice, "us", erp.Invoice{Number: "F-us", Customer: "c1", Date: "2026-11-21", State: "open", Open: usd,
			Totals: erp.Totals{Net: usd, Total: usd}, Due: []erp.Instalment{{Date: "2026-11-22", Amount: usd}}})
		till.Pull()
		q := &quarter{Till: till, t: t, who: till.Payer("C1001")}
		s, err := q.statement("2026-11-21", "")
		if err != nil || len(s.Accounts) != 2 {
			t.Fatalf("%d accounts (%v)", len(s.Accounts), err)
		}
		for i, want := range []struct {
			opening, closing money.Amount
			moved            int
		}{{cad(1000), cad(1000), 0}, {money.Zero("USD"), usd, 1}} {
			a := s.Accounts[i]
			if a.Opening != want.opening || a.Closing != want.closing || len(a.Movements) != want.moved || a.Open.Aged.Open != want.closing || len(a.Open.Items) != 1 {
				t.Errorf("account %d is %+v", i, a)
			}
		}
	})
}
