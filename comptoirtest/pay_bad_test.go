package comptoirtest_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"comptoir.example/comptoir/app"
	"comptoir.example/comptoir/base/db"
	"comptoir.example/comptoir/base/fault"
	"comptoir.example/comptoir/base/money"
	"comptoir.example/comptoir/base/outbox"
	"comptoir.example/comptoir/comptoirtest"
	"comptoir.example/comptoir/finance/invoice"
	"comptoir.example/comptoir/finance/payment"
	"comptoir.example/comptoir/gateway"
	"comptoir.example/comptoir/gateway/simulator"
	"comptoir.example/comptoir/trade/access"
)

// code is the code of a fault and, when it has fields, of the first of them.
func code(err error) string {
	f := fault.Of(err)
	if len(f.Fields) > 0 {
		return f.Fields[0].Code
	}
	return f.Code
}

func TestAmountsThatCannotBePaidAreRefused(t *testing.T) {
	eachTill(t, 2, func(t *testing.T, till *comptoirtest.Till) {
		mine, other := till.ERP.Invoice("c1", 10000, "2026-12-01"), till.ERP.Invoice("c2", 10000, "2026-12-01")
		credit := till.ERP.Invoice("c2", -2000, "2026-12-01")
		till.Pull()
		who, them := till.Payer("C1001"), till.Payer("C1002")
		i, theirs := till.Owes(who)[0], till.Owes(them)
		amount := func(minor int64) money.Amount { return money.Amount{Minor: minor, Currency: "CAD"} }
		foreign := func(erp string) invoice.Invoice {
			for _, v := range theirs {
				if v.ERP == erp {
					return v
				}
			}
			t.Fatal("no ", erp)
			return invoice.Invoice{}
		}
		for name, c := range map[string]struct {
			line payment.WishLine
			want string
		}{
			"more than is open":        {payment.WishLine{Invoice: i.ID, Amount: amount(10001)}, "payment.balance_changed"},
			"nothing":                  {payment.WishLine{Invoice: i.ID, Amount: amount(0)}, "payment.bad_amount"},
			"less than nothing":        {payment.WishLine{Invoice: i.ID, Amount: amount(-100)}, "payment.bad_amount"},
			"another currency":         {payment.WishLine{Invoice: i.ID, Amount: money.Amount{Minor: 100, Currency: "USD"}}, "payment.wrong_currency"},
			"a part without a reason":  {payment.WishLine{Invoice: i.ID, Amount: amount(100)}, "payment.say_why"},
			"a reason without an end":  {payment.WishLine{Invoice: i.ID, Amount: amount(100), Reason: strings.Repeat("x", 201)}, "payment.reason_too_long"},
			"another company's":        {payment.WishLine{Invoice: foreign(other).ID, Amount: amount(10000)}, "invoice.not_found"},
			"another company's credit": {payment.WishLine{Invoice: foreign(credit).ID, Amount: amount(2000)}, "invoice.not_found"},
			"one that never was":       {payment.WishLine{Invoice: "01a20ab3-18bc-77a3-9580-5c33df9799b6", Amount: amount(1)}, "invoice.not_found"},
		} {
			lines := []payment.WishLine{c.line}
			if _, err := till.Pays(who, payment.Wish{Lines: lines}); code(err) != c.want {
				t.Errorf("%s: %v, want %s", name, err, c.want)
			}
		}
		if _, err := till.Pays(who, payment.Wish{Lines: []payment.WishLine{comptoirtest.Whole(i), comptoirtest.Whole(i)}}); code(err) != "invoice.not_found" {
			t.Errorf("the same invoice twice: %v", err)
		}
		if _, err := till.Pays(who, payment.Wish{}); code(err) != "payment.choose" {
			t.Errorf("no invoice: %v", err)
		}
		buyer := till.Buyer("C1001")
		buyer.Roles = []access.Role{access.Buyer}
		if _, err := till.Pays(buyer, payment.Wish{Lines: []payment.WishLine{comptoirtest.Whole(i)}}); code(err) != "access.denied" {
			t.Errorf("who may not pay: %v", err)
		}
		till.Read(func(tx *db.Tx) error {
			s, err := payment.StandingOf(till.Ctx, tx, []invoice.Invoice{i})
			if s[i.ID].Free != i.Open {
				t.Errorf("something is held of %s: %+v", mine, s[i.ID])
			}
			return err
		})
	})
}

// A colleague at the same moment: each cent of an invoice is asked for once.
func TestTwoWhoPayTheSameInvoiceAtOnceMakeOnePayment(t *testing.T) {
	eachTill(t, 1, func(t *testing.T, till *comptoirtest.Till) {
		till.ERP.Invoice("c1", 10000, "2026-12-01")
		till.Pull()
		who := till.Payer("C1001")
		i := till.Owes(who)[0]
		var wait sync.WaitGroup
		var mu sync.Mutex
		begun, refused := 0, 0
		for range 8 {
			wait.Go(func() {
				_, err := till.Pays(who, payment.Wish{Lines: []payment.WishLine{comptoirtest.Whole(i)}})
				mu.Lock()
				defer mu.Unlock()
				switch code(err) {
				case "payment.in_progress", "payment.balance_changed":
					refused++
				default:
					if err != nil {
						t.Error(err)
					}
					begun++
				}
			})
		}
		wait.Wait()
		if begun != 1 || refused != 7 {
			t.Errorf("%d payments began, %d were refused", begun, refused)
		}
	})
}

// Two tabs, a double click, back and reload: the form's payment is one payment.
func TestAFormThatIsSentTwiceIsOnePayment(t *testing.T) {
	eachTill(t, 2, func(t *testing.T, till *comptoirtest.Till) {
		till.ERP.Invoice("c1", 10000, "2026-12-01")
		till.Pull()
		who := till.Payer("C1001")
		w := payment.Wish{ID: "01a20ab3-18bc-77a3-9580-5c33df9799b6", Lines: []payment.WishLine{comptoirtest.Whole(till.Owes(who)[0])}}
		first, err := till.Pays(who, w)
		if err != nil {
			t.Fatal(err)
		}
		again, err := till.Pays(who, w)
		if err != nil || again.ID != first.ID || len(till.Stands(first.ID).Attempts) != 1 {
			t.Errorf("sent twice: %v, %d attempts", err, len(till.Stands(first.ID).Attempts))
		}
		if _, err := till.Pays(till.Payer("C1002"), w); code(err) != "payment.not_found" {
			t.Errorf("another company sends the same: %v", err)
		}
	})
}

// The invoice is paid by cheque between the click and the capture: the money is
// taken, stays the customer's, and finance is told.
func TestMoneyForAnInvoicePaidMeanwhileStaysTheCustomers(t *testing.T) {
	eachTill(t, 1, func(t *testing.T, till *comptoirtest.Till) {
		id := till.ERP.Invoice("c1", 10000, "2026-12-01")
		till.Pull()
		who := till.Payer("C1001")
		p, err := till.Pays(who, payment.Wish{Lines: []payment.WishLine{comptoirtest.Whole(till.Owes(who)[0])}})
		if err != nil {
			t.Fatal(err)
		}
		till.Settle()
		till.ERP.PayThere(id, 7000)
		if _, err := till.Clerk.Pay(t.Context(), till.Stands(p.ID).Attempts[0].URL, simulator.Approved); err != nil {
			t.Fatal(err)
		}
		till.Settle()
		till.Pull()
		x := till.Stands(p.ID).Receipts[0]
		if x.State != "posted" || x.Unapplied.Minor != 7000 {
			t.Errorf("the receipt is %s, %d not applied; want posted, 7000", x.State, x.Unapplied.Minor)
		}
		if n := till.Tasks("unapplied"); n != 1 {
			t.Errorf("finance has %d tasks about it, want 1", n)
		}
		if owed := till.Owes(who); owed[0].Open.Minor != 0 {
			t.Errorf("%d are still owed", owed[0].Open.Minor)
		}
	})
}

// What is not signed by the processor, just now, changes nothing and is not kept.
func TestAWebhookThatIsNotTheProcessorsIsRefused(t *testing.T) {
	eachTill(t, 1, func(t *testing.T, till *comptoirtest.Till) {
		body := []byte(`{"id":"evt_1","type":"payment.captured"}`)
		now := till.Clock.Now()
		send := func(path string, raw []byte, header http.Header) int {
			r := httptest.NewRequest(http.MethodPost, path, strings.NewReader(string(raw)))
			r.Header = header
			w := httptest.NewRecorder()
			till.Mux.ServeHTTP(w, r)
			return w.Code
		}
		for name, c := range map[string]struct {
			path   string
			raw    []byte
			header http.Header
			want   int
		}{
			"no signature":      {"/hooks/simulator", body, http.Header{}, 400},
			"another's secret":  {"/hooks/simulator", body, simulator.Sign(body, now, "whsec-of-somebody"), 400},
			"tampered with":     {"/hooks/simulator", append([]byte(" "), body...), simulator.Sign(body, now, "whsec-of-a-test"), 400},
			"24 hours old":      {"/hooks/simulator", body, simulator.Sign(body, now.Add(-24*time.Hour), "whsec-of-a-test"), 400},
			"24 hours ahead":    {"/hooks/simulator", body, simulator.Sign(body, now.Add(24*time.Hour), "whsec-of-a-test"), 400},
			"a megabyte":        {"/hooks/simulator", make([]byte, 1<<20), http.Header{}, 413},
			"another processor": {"/hooks/stripe", body, simulator.Sign(body, now, "whsec-of-a-test"), 404},
		} {
			if got := send(c.path, c.raw, c.header); got != c.want {
				t.Errorf("%s: %d, want %d", name, got, c.want)
			}
		}
		if n, err := till.Site.Gateway.Hear(till.Ctx); n != 0 || err != nil {
			t.Errorf("%d of them were kept (%v)", n, err)
		}
	})
}

// A card number typed where it does not belong is refused in words, on every page
// and by the API, and is nowhere afterwards.
func TestACardNumberTypedAnywhereIsRefusedAndKeptNowhere(t *testing.T) {
	connector, _ := startBooks(t)
	_, shop := open(t, "sqlite", connector)
	s := &comptoirtest.Story{T: t, Shop: shop, ERP: connector, PO: "BC-1", Waits: 5 * time.Second}
	s.Enter()
	s.Fill()
	for _, field := range []string{"po_number", "comment"} {
		v := s.Buyer.Get("/checkout").Form("/orders").Set("po_number", "BC-7791").Set(field, "4111 1111 1111 1111").Set("act", "place").Send()
		if v.Status != http.StatusUnprocessableEntity || !strings.Contains(v.Text(), "numéro de carte") || strings.Contains(v.Body, "4111") {
			t.Errorf("%s: %d %.300s", field, v.Status, v.Text())
		}
	}
	v := s.Buyer
	if err := v.Try("/catalogue?q=4111-1111-1111-1111"); err != nil || v.Status != http.StatusUnprocessableEntity || strings.Contains(v.Body, "4111-1111") {
		t.Errorf("the search: %d", v.Status)
	}
	answer, err := http.Post(shop+"/v1/orders", "application/json", strings.NewReader(`{"comment":"4111111111111111"}`))
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusUnprocessableEntity {
		t.Errorf("the API: %d", answer.StatusCode)
	}
}

// elsewhere is a processor whose pages are somewhere nobody listed.
type elsewhere struct{ gateway.Connector }

func (e elsewhere) Start(ctx context.Context, op gateway.Operation, w gateway.SessionWish) (gateway.Session, error) {
	s, err := e.Connector.Start(ctx, op, w)
	s.URL = "https://paiements-boreale.example/p/1"
	return s, err
}

// A page on a host that is not the processor's is shown to nobody, and the desk is told.
func TestAPageOnAnotherHostIsShownToNobody(t *testing.T) {
	eachTill(t, 1, func(t *testing.T, till *comptoirtest.Till) {
		till.ERP.Invoice("c1", 10000, "2026-12-01")
		till.Pull()
		till.Site.Gateway.Gateway = elsewhere{till.Site.Gateway.Gateway}
		who := till.Payer("C1001")
		p, err := till.Pays(who, payment.Wish{Lines: []payment.WishLine{comptoirtest.Whole(till.Owes(who)[0])}})
		if err != nil {
			t.Fatal(err)
		}
		till.Settle()
		if a := till.Stands(p.ID).Attempts[0]; a.URL != "" {
			t.Errorf("the payer would be sent to %s", a.URL)
		}
		attempt := till.Stands(p.ID).Attempts[0].ID
		till.Read(func(tx *db.Tx) error {
			all, err := outbox.DeliveriesAbout(till.Ctx, tx, attempt)
			if err == nil && (len(all) != 1 || all[0].State != outbox.Failed || all[0].Code != "payment.unknown_host") {
				t.Errorf("the delivery stands at %+v", all)
			}
			return err
		})
	})
}

// stubborn is a processor that refuses to close a page.
type stubborn struct{ gateway.Connector }

func (s stubborn) Expire(ctx context.Context, op gateway.Operation, reference string) (gateway.Snapshot, error) {
	return gateway.Snapshot{}, &gateway.Error{Class: gateway.Refused, Code: "busy"}
}

// A processor that refuses to close a page has not said that nobody pays on it: its
// invoices stay reserved, and what is paid there is what they are paid with.
func TestARefusedClosingReleasesNothing(t *testing.T) {
	eachTill(t, 1, func(t *testing.T, till *comptoirtest.Till) {
		till.ERP.Invoice("c1", 10000, "2026-12-01")
		till.Pull()
		till.Site.Gateway.Gateway = stubborn{till.Site.Gateway.Gateway}
		who := till.Payer("C1001")
		wish := payment.Wish{Lines: []payment.WishLine{comptoirtest.Whole(till.Owes(who)[0])}}
		p, err := till.Pays(who, wish)
		if err != nil {
			t.Fatal(err)
		}
		till.Settle()
		till.Write(func(tx *db.Tx) error { return payment.End(till.Ctx, tx, who, till.Stands(p.ID)) })
		till.Settle()
		if p = till.Stands(p.ID); !p.Attempts[0].Live() {
			t.Fatalf("the attempt is over, %s, and its page is open", p.Attempts[0].Step)
		}
		if _, err := till.Pays(who, wish); err == nil {
			t.Error("the invoice can be paid a second time while its page is open")
		}
		if _, err := till.Clerk.Pay(t.Context(), p.Attempts[0].URL, simulator.Approved); err != nil {
			t.Fatal(err)
		}
		till.Calm()
		if p = till.Stands(p.ID); p.State != payment.Paid || len(p.Receipts) != 1 || !p.Receipts[0].Unapplied.IsZero() {
			t.Errorf("what was paid there: %s, receipts %+v", p.State, p.Receipts)
		}
	})
}

// The desk shows what stopped or waits that is no order: a receipt the ERP does not
// take, a page on a host nobody listed.
func TestTheDeskShowsMoneyThatStopped(t *testing.T) {
	eachTill(t, 5, func(t *testing.T, till *comptoirtest.Till) {
		if err := app.SeedPeople(till.Ctx, till.DB); err != nil {
			t.Fatal(err)
		}
		till.ERP.Invoice("c1", 10000, "2026-12-01")
		till.ERP.Invoice("c2", 20000, "2026-12-01")
		till.Pull()
		pay := func(code string) payment.Payment {
			t.Helper()
			who := till.Payer(code)
			p, err := till.Pays(who, payment.Wish{Lines: []payment.WishLine{comptoirtest.Whole(till.Owes(who)[0])}})
			if err != nil {
				t.Fatal(err)
			}
			till.Settle()
			return till.Stands(p.ID)
		}
		till.ERP.Refuse["c1"] = "unknown_customer"
		if _, err := till.Clerk.Pay(t.Context(), pay("C1001").Attempts[0].URL, simulator.Approved); err != nil {
			t.Fatal(err)
		}
		till.Settle()
		till.Site.Gateway.Gateway = elsewhere{till.Site.Gateway.Gateway}
		pay("C1002")

		shop := httptest.NewServer(till.Mux)
		t.Cleanup(shop.Close)
		v := comptoirtest.Visit(t, shop.URL).SignIn("finance@boreale.example", app.DemoPassword)
		for _, lang := range []struct{ name, receipt, asked string }{{"fr-CA", "Reçu", "Demande au processeur"}, {"en-CA", "Receipt", "Request to the processor"}} {
			v.Get("/desk/exchange").Form("/preferences").Set("language", lang.name).Send()
			v.Get("/desk/exchange").MustSee(lang.receipt, lang.asked)
			v.Get("/desk")
			for _, href := range v.Links() {
				if strings.HasPrefix(href, "/desk/orders/") {
					t.Errorf("%s is no order", href)
				}
			}
		}
	})
}

// The keys of a payment's page, pressed a second time, lead to the payment.
func TestAKeyPressedTwiceLeadsToThePayment(t *testing.T) {
	eachTill(t, 5, func(t *testing.T, till *comptoirtest.Till) {
		if err := app.SeedPeople(till.Ctx, till.DB); err != nil {
			t.Fatal(err)
		}
		till.ERP.Invoice("c1", 10000, "2026-12-01")
		till.Pull()
		who := till.Payer("C1001")
		p, err := till.Pays(who, payment.Wish{Lines: []payment.WishLine{comptoirtest.Whole(till.Owes(who)[0])}})
		if err != nil {
			t.Fatal(err)
		}
		till.Settle()
		shop := httptest.NewServer(till.Mux)
		t.Cleanup(shop.Close)
		v := comptoirtest.Visit(t, shop.URL).SignIn("payer@rivard.example", app.DemoPassword)
		twice := func(path string) {
			t.Helper()
			form := v.Get("/payments/" + p.ID).Form(path)
			for range 2 {
				if form.Send(); v.Status != http.StatusOK || v.URL.Path != "/payments/"+p.ID {
					t.Fatalf("%s leads to %d %s", path, v.Status, v.URL)
				}
			}
			till.Settle()
		}
		twice("/payments/" + p.ID + "/closing")
		twice("/payments/" + p.ID + "/attempts")
		if n := len(till.Stands(p.ID).Attempts); n != 2 {
			t.Errorf("%d attempts", n)
		}
	})
}
