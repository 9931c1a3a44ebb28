package comptoirtest_test

import (
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"comptoir.example/comptoir/base/i18n"
	"comptoir.example/comptoir/comptoirtest"
	"comptoir.example/comptoir/gateway/simulator"
)

// at is the value at a path of names and places in an answer, "" when there is none.
func at(answer any, path string) string {
	for name := range strings.SplitSeq(path, ".") {
		switch there := answer.(type) {
		case map[string]any:
			answer = there[name]
		case []any:
			var i int
			if _, err := fmt.Sscan(name, &i); err != nil || i >= len(there) {
				return ""
			}
			answer = there[i]
		}
	}
	if answer == nil {
		return ""
	}
	return fmt.Sprint(answer)
}

func onWire(id string) string { return "inv_" + strings.ReplaceAll(id, "-", "") }

// payLine is a line of a payment as a program writes it.
func payLine(invoice string, minor int64, reason string) string {
	return fmt.Sprintf(`{"invoice":%q,"amount":{"minor":"%d","currency":"CAD"},"reason":%q}`, invoice, minor, reason)
}

func payBody(lines ...string) string { return `{"lines":[` + strings.Join(lines, ",") + `]}` }

// A program pays as a person does: one payment for each key, a page for the payer, and
// the same story afterwards as on the payment's page.
func TestAProgramPaysOnceForEachKey(t *testing.T) {
	eachTill(t, 2, func(t *testing.T, till *comptoirtest.Till) {
		a, b := till.ERP.Invoice("c1", 10000, "2026-10-01"), till.ERP.Invoice("c1", 20000, "2026-11-01")
		n, other := till.ERP.Invoice("c1", -5000, "2026-11-01"), till.ERP.Invoice("c2", 7000, "2026-11-01")
		till.Pull()
		who, them := till.Payer("C1001"), till.Payer("C1002")
		ids := map[string]string{}
		for _, i := range append(till.Owes(who), till.Owes(them)...) {
			ids[i.ERP] = onWire(i.ID)
		}
		v := enter(t, till, "payer@c1.example", who, i18n.FR)
		enter(t, till, "payer@c2.example", them, i18n.EN)
		api, foreign := callAs(t, v.Base, "payer@c1.example"), callAs(t, v.Base, "payer@c2.example")
		refused := func(body string, status int, path, code string) {
			t.Helper()
			got, answer := api.call("POST", "/v1/payments", body, "Idempotency-Key", "refused")
			where := at(answer, "errors.0.pointer")
			if got != status || at(answer, "errors.0.code") != code || where != path {
				t.Errorf("%s: %d %v, want %d, %s at %s", body, got, answer, status, code, path)
			}
		}
		refused(payBody(payLine(ids[a], 10001, "")), 409, "/lines/0/amount", "payment.balance_changed")
		refused(payBody(payLine(ids[a], 10000, ""), payLine(ids[b], 1, "")), 422, "/lines/1/reason", "payment.say_why")
		refused(payBody(payLine(ids[a], 10000, ""), payLine(ids[other], 7000, "")), 422, "/lines/1/invoice", "invoice.not_found")
		refused(payBody(payLine("inv_01a20ab318bc77a395805c33df9799b6", 7000, "")), 422, "/lines/0/invoice", "invoice.not_found")
		refused(payBody(payLine("F-1", 7000, "")), 422, "/lines/0/invoice", "invoice.not_found")
		refused(payBody(payLine(ids[a], 1, "instalment"), payLine(ids[a], 1, "instalment")), 422, "/lines/1/invoice", "api.twice")
		refused(payBody(payLine(ids[a], -1, "")), 422, "/lines/0/amount", "payment.bad_amount")
		refused(`{"lines":[{"invoice":"`+ids[a]+`","amount":{"minor":"10,00","currency":"CAD"}}]}`, 422, "/lines/0/amount/minor", "api.not_minor")
		refused(`{"lines":[`+payLine(ids[a], 10000, "")+`],"method":"met_01a20ab318bc77a395805c33df9799b6"}`, 422, "/method", "payment.method_not_found")
		if status, answer := api.call("POST", "/v1/payments", payBody(payLine(ids[a], 10000, ""))); status != 422 || at(answer, "errors.0.parameter") != "Idempotency-Key" {
			t.Errorf("without a key: %d %v", status, answer)
		}
		if _, list := api.call("GET", "/v1/payments", ""); at(list, "data.0") != "" {
			t.Fatalf("what was refused is a payment: %v", list)
		}

		// Eight calls with one key make one payment; the key is free for nothing else.
		body := payBody(payLine(ids[a], 10000, ""), payLine(ids[b], 12000, "instalment"), payLine(ids[n], 5000, ""))
		var mu sync.Mutex
		made := map[string]int{}
		var all sync.WaitGroup
		for range 8 {
			all.Go(func() {
				status, answer := api.call("POST", "/v1/payments", body, "Idempotency-Key", "one")
				mu.Lock()
				defer mu.Unlock()
				if made[at(answer, "id")]++; status != 201 || at(answer, "amount.minor") != "17000" || at(answer, "attempts.0.step") != "starting" {
					t.Errorf("%d %v", status, answer)
				}
			})
		}
		all.Wait()
		if len(made) != 1 {
			t.Fatalf("one key made %d payments", len(made))
		}
		if status, answer := api.call("POST", "/v1/payments", payBody(payLine(ids[a], 10000, "")), "Idempotency-Key", "one"); status != 422 || at(answer, "code") != "api.key_reused" {
			t.Errorf("the key for something else: %d %v", status, answer)
		}
		refused(payBody(payLine(ids[a], 10000, "")), 409, "/lines/0/amount", "payment.in_progress")
		_, list := api.call("GET", "/v1/payments", "")
		id := at(list, "data.0.id")
		if made[id] != 8 || at(list, "data.1") != "" || at(list, "data.0.state") != "open" {
			t.Fatalf("the list is %v", list)
		}
		for _, path := range []string{"/v1/payments/" + id, "/v1/payments/pay_01a20ab318bc77a395805c33df9799b6", "/v1/payments/x"} {
			if status, answer := foreign.call("GET", path, ""); status != 404 || at(answer, "code") != "payment.not_found" {
				t.Errorf("another company reads %s: %d %v", path, status, answer)
			}
		}

		till.Settle()
		_, open := api.call("GET", "/v1/payments/"+id, "")
		if at(open, "attempts.0.step") != "waiting" || at(open, "attempts.0.page") == "" {
			t.Fatalf("there is no page to pay on: %v", open)
		}
		if _, err := till.Clerk.Pay(t.Context(), at(open, "attempts.0.page"), simulator.Approved); err != nil {
			t.Fatal(err)
		}
		till.Settle()
		till.Clock.Move(2 * time.Second)
		till.Settle()
		_, paid := api.call("GET", "/v1/payments/"+id, "")
		for path, want := range map[string]string{"state": "paid", "amount.minor": "17000", "attempts.0.step": "captured", "attempts.0.page": "", "attempts.1": "",
			"movements.0.kind": "capture", "movements.0.amount.minor": "17000", "movements.1": "", "receipts.0.state": "posted", "receipts.0.amount.minor": "17000",
			"receipts.0.unapplied.minor": "0", "lines.0.document.id": ids[a], "lines.1.reason": "instalment", "lines.2.amount.minor": "-5000"} {
			if got := at(paid, path); got != want {
				t.Errorf("%s is %q, want %q in %v", path, got, want, paid)
			}
		}
		number := at(paid, "receipts.0.number")
		if number == "" {
			t.Error("the receipt has no number of the ERP")
		}
		v.Get("/payments/" + dashed(id)).MustSee(number)
		if status, again := api.call("POST", "/v1/payments", body, "Idempotency-Key", "one"); status != 201 || at(again, "id") != id || at(again, "state") != "paid" {
			t.Errorf("the same call later: %d %v", status, again)
		}

		// A card that the processor keeps pays without a page.
		_, kept := api.call("POST", "/v1/payments", `{"save":true,"lines":[`+payLine(ids[b], 8000, "")+`]}`, "Idempotency-Key", "two")
		till.Settle()
		if _, err := till.Clerk.Pay(t.Context(), till.Stands(dashed(at(kept, "id"))).Attempts[0].URL, simulator.Approved); err != nil {
			t.Fatal(err)
		}
		till.Settle()
		_, methods := api.call("GET", "/v1/payment_methods", "")
		if method := at(methods, "data.0.id"); method == "" || at(methods, "data.0.last4") == "" || at(methods, "data.1") != "" {
			t.Fatalf("the kept methods are %v", methods)
		}
		if _, none := foreign.call("GET", "/v1/payment_methods", ""); at(none, "data.0") != "" {
			t.Errorf("another company sees %v", none)
		}
		third := till.ERP.Invoice("c1", 3000, "2026-12-01")
		till.Pull()
		for _, i := range till.Owes(who) {
			if i.ERP != third {
				continue
			}
			charge := `{"method":"` + at(methods, "data.0.id") + `","lines":[` + payLine(onWire(i.ID), 3000, "") + `]}`
			_, charged := api.call("POST", "/v1/payments", charge, "Idempotency-Key", "three")
			till.Settle()
			if _, done := api.call("GET", "/v1/payments/"+at(charged, "id"), ""); at(done, "state") != "paid" {
				t.Errorf("the kept card was not charged: %v", done)
			}
		}
	})
}

// dashed is an id of the wire as it is here.
func dashed(id string) string {
	hex := id[strings.Index(id, "_")+1:]
	return hex[:8] + "-" + hex[8:12] + "-" + hex[12:16] + "-" + hex[16:20] + "-" + hex[20:]
}
