package comptoirtest_test

import (
	"testing"
	"time"

	"comptoir.example/comptoir/base/db"
	"comptoir.example/comptoir/base/i18n"
	"comptoir.example/comptoir/base/money"
	"comptoir.example/comptoir/base/outbox"
	"comptoir.example/comptoir/comptoirtest"
	"comptoir.example/comptoir/finance/invoice"
	"comptoir.example/comptoir/finance/ledger"
	"comptoir.example/comptoir/finance/payment"
	"comptoir.example/comptoir/gateway"
	"comptoir.example/comptoir/gateway/simulator"
	"comptoir.example/comptoir/trade/access"
)

// staff is somebody of the merchant's with an account and a role.
func staff(t *testing.T, till *comptoirtest.Till, name string, role access.Role) access.Actor {
	t.Helper()
	who := access.Actor{Name: name, Staff: true, Roles: []access.Role{role}, Lang: i18n.FR}
	if err := till.DB.Write(till.Ctx, func(tx *db.Tx) (err error) {
		who.Person, err = access.Invite(till.Ctx, tx, outbox.By{Actor: "test"}, access.NewPerson{Email: name + "@boreale.example", Name: name, Roles: who.Roles, Lang: i18n.FR}, "")
		return err
	}); err != nil {
		t.Fatal(err)
	}
	return who
}

// open lists what finance has to look at.
func openTasks(t *testing.T, till *comptoirtest.Till, who access.Actor, f payment.TaskFilter) (all []payment.Task) {
	t.Helper()
	till.Read(func(tx *db.Tx) (err error) {
		all, err = payment.Tasks(till.Ctx, tx, who, f, 100)
		return err
	})
	return all
}

// A task is taken on, handed over and settled in words, by those who may, once.
func TestATaskIsOwnedAndSettled(t *testing.T) {
	eachTill(t, 1, func(t *testing.T, till *comptoirtest.Till) {
		hélène, luc := staff(t, till, "helene", access.Finance), staff(t, till, "luc", access.Finance)
		auditor, seller := staff(t, till, "anne", access.Auditor), staff(t, till, "sam", access.Sales)
		cad := money.Amount{Minor: 1234, Currency: "CAD"}
		raise := func() {
			t.Helper()
			if err := till.DB.Write(till.Ctx, func(tx *db.Tx) error { return payment.Raise(till.Ctx, tx, "unapplied", "", "key-1", cad) }); err != nil {
				t.Fatal(err)
			}
		}
		raise()
		raise() // noticed twice: looked at once
		all := openTasks(t, till, auditor, payment.TaskFilter{})
		if len(all) != 1 || all[0].Amount != cad || all[0].Owner != "" {
			t.Fatalf("open: %+v", all)
		}
		id := all[0].ID
		act := func(f func(tx *db.Tx) error) string { return code(till.DB.Write(till.Ctx, f)) }
		own := func(who access.Actor, owner string) string {
			return act(func(tx *db.Tx) error { return payment.OwnTask(till.Ctx, tx, who, id, owner) })
		}
		finish := func(who access.Actor, note string) string {
			return act(func(tx *db.Tx) error { return payment.FinishTask(till.Ctx, tx, who, id, note) })
		}
		for what, got := range map[string][2]string{
			"an auditor takes it":            {own(auditor, auditor.Person), "access.denied"},
			"it goes to somebody who cannot": {own(hélène, seller.Person), "task.bad_owner"},
			"an auditor settles it":          {finish(auditor, "done"), "access.denied"},
			"settled without a word":         {finish(hélène, "  "), "task.say_why"},
			"taken":                          {own(hélène, hélène.Person), ""},
			"handed over":                    {own(hélène, luc.Person), ""},
		} {
			if got[0] != got[1] {
				t.Errorf("%s: %q, want %q", what, got[0], got[1])
			}
		}
		if code(till.DB.Read(till.Ctx, func(tx *db.Tx) error {
			_, err := payment.Tasks(till.Ctx, tx, seller, payment.TaskFilter{}, 10)
			return err
		})) != "access.denied" {
			t.Error("a seller sees what finance has to do")
		}
		own(hélène, luc.Person)
		if n := len(openTasks(t, till, luc, payment.TaskFilter{Owner: luc.Person})); n != 1 {
			t.Errorf("%d tasks are Luc's", n)
		}
		if n := len(openTasks(t, till, luc, payment.TaskFilter{Owner: payment.Unowned})) + len(openTasks(t, till, luc, payment.TaskFilter{Kind: "dispute"})); n != 0 {
			t.Errorf("%d tasks pass filters that fit none", n)
		}
		if got := finish(luc, "Applied to F-12 in the ERP"); got != "" {
			t.Fatal(got)
		}
		if finish(hélène, "again") != "task.settled" || own(hélène, hélène.Person) != "task.settled" {
			t.Error("what is settled can be settled again")
		}
		done := openTasks(t, till, hélène, payment.TaskFilter{Done: true})
		if len(openTasks(t, till, hélène, payment.TaskFilter{})) != 0 || len(done) != 1 || done[0].Person != luc.Person || done[0].Note != "Applied to F-12 in the ERP" {
			t.Errorf("settled: %+v", done)
		}
		till.Read(func(tx *db.Tx) error {
			facts, err := outbox.About(till.Ctx, tx, id)
			if len(facts) != 3 || facts[2].Kind != "task.done" || facts[2].Actor != luc.Person {
				t.Errorf("facts: %+v", facts)
			}
			return err
		})
		raise() // once it is settled, the same thing is told anew
		if n := len(openTasks(t, till, hélène, payment.TaskFilter{})); n != 1 {
			t.Errorf("%d open after it came again", n)
		}
	})
}

// twisted begins a payment of which the processor tells another amount.
func twisted(t *testing.T, till *comptoirtest.Till) (p payment.Payment, task payment.Task, doc invoice.Invoice) {
	t.Helper()
	till.ERP.Invoice("c1", 10000, "2026-12-01")
	till.Pull()
	who := till.Payer("C1001")
	doc = till.Owes(who)[0]
	p, err := till.Pays(who, payment.Wish{Lines: []payment.WishLine{comptoirtest.Whole(doc)}})
	if err != nil {
		t.Fatal(err)
	}
	till.Settle()
	a := till.Stands(p.ID).Attempts[0]
	told(t, till, p, gateway.Fact{Standing: &gateway.Standing{Reference: a.ID, State: gateway.Open, Amount: money.Amount{Minor: 9999, Currency: "CAD"}, At: till.Clock.Now()}})
	all := openTasks(t, till, treasurer, payment.TaskFilter{Kind: "integrity"})
	if len(all) != 1 || till.Stands(p.ID).Attempts[0].Step != payment.Quarantined {
		t.Fatalf("another amount was told: %+v, %+v", all, till.Stands(p.ID))
	}
	return till.Stands(p.ID), all[0], doc
}

var treasurer = access.Actor{Person: "01a20ab3-18bc-77a3-9580-5c33df9799b6", Roles: []access.Role{access.Finance}}

func told(t *testing.T, till *comptoirtest.Till, p payment.Payment, f gateway.Fact) {
	t.Helper()
	from := payment.Source{Gateway: till.Site.Gateway.Name(), Day: till.Engine.Merchant().Day}
	if err := till.DB.WriteAlone(till.Ctx, payment.Key(p.Customer), func(tx *db.Tx) error { return payment.Told(till.Ctx, tx, from, f) }); err != nil {
		t.Fatal(err)
	}
}

func free(till *comptoirtest.Till, doc invoice.Invoice) (minor int64) {
	till.Read(func(tx *db.Tx) error {
		all, err := payment.StandingOf(till.Ctx, tx, []invoice.Invoice{doc})
		minor = all[doc.ID].Free.Minor
		return err
	})
	return minor
}

// What the processor tells differently holds its invoice until a person decides:
// released only on the processor's word that nothing was taken. Money that comes all
// the same is the customer's, and told.
func TestAHeldAttemptIsReleasedOnTheProcessorsWordOnly(t *testing.T) {
	eachTill(t, 1, func(t *testing.T, till *comptoirtest.Till) {
		p, task, doc := twisted(t, till)
		decide := func(who access.Actor, way, note string) string {
			return code(till.Site.Gateway.Decide(till.Ctx, who, task.ID, way, note))
		}
		finish := code(till.DB.Write(till.Ctx, func(tx *db.Tx) error { return payment.FinishTask(till.Ctx, tx, treasurer, task.ID, "done") }))
		for what, got := range map[string][2]string{
			"it is simply done":                    {finish, "task.decide"},
			"a seller decides":                     {decide(access.Actor{Person: "x", Roles: []access.Role{access.Sales}}, payment.ReleaseHolds, "why"), "access.denied"},
			"accepted, though nothing came":        {decide(treasurer, payment.AcceptMoney, "why"), "task.nothing_came"},
			"released, though its page is open":    {decide(treasurer, payment.ReleaseHolds, "why"), "task.not_over"},
			"ended in a way that there is not":     {decide(treasurer, "forget", "why"), "task.no_such_way"},
			"the task of somebody that is no task": {code(till.Site.Gateway.Decide(till.Ctx, treasurer, "nothing", payment.ReleaseHolds, "why")), "task.not_found"},
		} {
			if got[0] != got[1] {
				t.Errorf("%s: %q, want %q", what, got[0], got[1])
			}
		}
		till.Processor.Plan(simulator.Fault{Kind: simulator.LoseBefore, Times: 9})
		if got := decide(treasurer, payment.ReleaseHolds, "why"); got != "task.processor_silent" {
			t.Errorf("the processor does not answer: %q", got)
		}
		till.Processor.Calm()
		if free(till, doc) != 0 || till.Tasks("integrity") != 1 {
			t.Fatalf("free %d, tasks %d: a refusal has changed something", free(till, doc), till.Tasks("integrity"))
		}

		till.Clock.Move(25 * time.Hour) // the page is over, and nobody paid
		till.Settle()
		if got := decide(treasurer, payment.ReleaseHolds, ""); got != "task.say_why" || free(till, doc) != 0 {
			t.Errorf("released without a word: %q, free %d", got, free(till, doc))
		}
		if got := decide(treasurer, payment.ReleaseHolds, "Nothing at the processor"); got != "" {
			t.Fatal(got)
		}
		if free(till, doc) != 10000 || till.Tasks("integrity") != 0 || till.Stands(p.ID).Attempts[0].Step != payment.Expired {
			t.Fatalf("free %d, tasks %d, %+v", free(till, doc), till.Tasks("integrity"), till.Stands(p.ID))
		}

		// It comes all the same, with the amount that was told.
		told(t, till, p, gateway.Fact{Movement: &gateway.Movement{ID: "mv-late", Kind: gateway.Capture, Reference: p.Attempts[0].ID, Payment: "pay-late",
			Amount: money.Amount{Minor: 9999, Currency: "CAD"}, At: till.Clock.Now()}})
		till.Read(func(tx *db.Tx) error {
			own, err := ledger.Balance(till.Ctx, tx, ledger.Unapplied(p.Customer), "CAD")
			if own.Minor != -9999 || till.Tasks("integrity") != 1 {
				t.Errorf("late money: %d unapplied, %d tasks", own.Minor, till.Tasks("integrity"))
			}
			return err
		})
	})
}

// When the money came, it is the customer's: accepting it ends the matter, and
// nothing holds the invoice any more.
func TestMoneyOfAHeldAttemptIsAccepted(t *testing.T) {
	eachTill(t, 1, func(t *testing.T, till *comptoirtest.Till) {
		p, task, doc := twisted(t, till)
		if _, err := till.Clerk.Pay(t.Context(), p.Attempts[0].URL, simulator.Approved); err != nil {
			t.Fatal(err)
		}
		// Its webhook has not come. The decision asks for it.
		if got := code(till.Site.Gateway.Decide(till.Ctx, treasurer, task.ID, payment.ReleaseHolds, "why")); got != "task.money_came" {
			t.Errorf("released, though the money came: %q", got)
		}
		if got := code(till.Site.Gateway.Decide(till.Ctx, treasurer, task.ID, payment.AcceptMoney, "Left on account")); got != "" {
			t.Fatal(got)
		}
		till.Settle()
		left, tasks := free(till, doc), till.Tasks("integrity")
		till.Read(func(tx *db.Tx) error {
			own, err := ledger.Balance(till.Ctx, tx, ledger.Unapplied(p.Customer), "CAD")
			if own.Minor != -10000 || left != 10000 || tasks != 0 {
				t.Errorf("%d unapplied, %d free, %d tasks", own.Minor, left, tasks)
			}
			return err
		})
	})
}

// What waits for the processor is listed with what waits for the ERP.
func TestTheDeskListsWhatWaitsForTheProcessor(t *testing.T) {
	eachTill(t, 1, func(t *testing.T, till *comptoirtest.Till) {
		till.ERP.Invoice("c1", 10000, "2026-12-01")
		till.Pull()
		who := till.Payer("C1001")
		if _, err := till.Pays(who, payment.Wish{Lines: []payment.WishLine{comptoirtest.Whole(till.Owes(who)[0])}}); err != nil {
			t.Fatal(err)
		}
		till.Read(func(tx *db.Tx) error {
			x, err := till.Engine.Look(till.Ctx, tx, treasurer, till.Site.Gateway.Conn())
			if len(x.Waiting) != 1 || x.Waiting[0].About != "payment" || x.Waiting[0].Total.Minor != 10000 {
				t.Errorf("waiting: %+v", x.Waiting)
			}
			return err
		})
	})
}
