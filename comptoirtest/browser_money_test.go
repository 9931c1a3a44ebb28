package comptoirtest_test

import (
	"net/http/httptest"
	"net/url"
	"testing"

	"comptoir.example/comptoir/app"
	"comptoir.example/comptoir/comptoirtest"
	"comptoir.example/comptoir/comptoirtest/instant"
	"comptoir.example/comptoir/finance/payment"
	"comptoir.example/comptoir/gateway"
	"comptoir.example/comptoir/gateway/simulator"
)

const payer = "payer@rivard.example"

// Every page about money, in the states money gets into.
func TestEveryPageAboutMoneyInTheBrowser(t *testing.T) {
	needBrowser(t)
	till := comptoirtest.OpenTill(t, "sqlite", instant.New(4, 1), 1)
	if err := app.SeedPeople(t.Context(), till.DB); err != nil {
		t.Fatal(err)
	}
	shop := httptest.NewServer(till.Mux)
	t.Cleanup(shop.Close)
	b := openBack(t, till, 123456)
	credit, _ := b.credit(30000)
	wishes := func(minor int64) payment.Payment {
		t.Helper()
		id := b.ERP.Invoice("c1", minor, "2026-10-01")
		b.Pull()
		for _, i := range b.Owes(b.who) {
			if i.ERP == id {
				p, err := b.Pays(b.who, payment.Wish{Lines: []payment.WishLine{comptoirtest.Whole(i)}})
				if err != nil {
					t.Fatal(err)
				}
				b.Settle()
				return b.Stands(p.ID)
			}
		}
		t.Fatal("no invoice")
		return payment.Payment{}
	}
	declined, waiting := wishes(4500), wishes(5500)
	if _, err := b.Clerk.Pay(t.Context(), declined.Attempts[0].URL, simulator.InsufficientFunds); err != nil {
		t.Fatal(err)
	}
	b.Settle()
	if _, err := b.gives(payment.RefundWish{Credit: credit, Attempt: b.paid.Attempts[0].ID, Amount: cad(10000), Reason: "Bris au transport"}); err != nil {
		t.Fatal(err)
	}
	b.Settle()
	b.act("disputes", url.Values{"name": {b.paid.Attempts[0].ID}, "amount": {"50.00"}})
	b.act("dispute-outcomes", url.Values{"name": {b.paid.Attempts[0].ID}, "outcome": {"lost"}})
	b.act("disputes", url.Values{"name": {b.paid.Attempts[0].ID}, "amount": {"60.00"}})
	b.Settle()
	seenPayouts(t, b)
	b.Pull()
	if err := b.Compare(b.Ctx); err != nil {
		t.Fatal(err)
	}
	var open string
	for _, i := range b.Owes(b.who) {
		if i.ERP == b.invoice {
			open = i.ID
		}
	}
	newWalk(t, shop.URL).tour(t, []sight{
		{name: "money-invoices", who: payer, path: "/invoices"},
		{name: "money-invoice", who: payer, path: "/invoices/" + open},
		{name: "money-pay", who: payer, path: "/payments/new?invoice=" + open},
		{name: "money-waiting", who: payer, path: "/payments/" + waiting.ID},
		{name: "money-declined", who: payer, path: "/payments/" + declined.ID, shared: true},
		{name: "money-disputed", who: payer, path: "/payments/" + b.paid.ID},

		{name: "money-refunds", who: finance, path: "/desk/refunds"},
		{name: "money-refund", who: finance, path: "/desk/refunds/new?credit=" + credit},
		{name: "money-refund-bad", who: finance, path: "/desk/refunds/new?credit=" + credit, status: 409, shared: true, act: func(b *Tab) {
			b.Type("#amount", "9999").Type("#reason", "Bris").Press(".counter .brass")
		}},
		{name: "money-parity", who: finance, path: "/desk/parity"},
		{name: "money-payouts", who: finance, path: "/desk/finance"},
		{name: "money-payout-task", who: finance, path: "/desk/tasks/" + b.task("payout_differs"), shared: true},
	})
}

// seenPayouts are payouts in every state: one that foots, one that came back, one that
// does not foot and one whose charge is not known yet.
func seenPayouts(t *testing.T, b *back) {
	t.Helper()
	b.charge(210000)
	b.payOut()
	b.Settle()
	b.charge(45000)
	gone := b.payOut()
	b.Settle()
	b.act("payout-failures", url.Values{"name": {gone.ID}})
	b.charge(9900)
	l := &lister{b.Site.Gateway.Gateway, func(told gateway.PaidOut) gateway.PaidOut { told.Movements = told.Movements[:1]; return told }}
	b.Site.Gateway.Gateway = l
	b.payOut()
	b.Settle()
	l.list = func(told gateway.PaidOut) gateway.PaidOut {
		told.Movements = append(told.Movements[:len(told.Movements):len(told.Movements)], "mov_on_its_way")
		return told
	}
	b.charge(72000)
	b.payOut()
	b.Settle()
}
