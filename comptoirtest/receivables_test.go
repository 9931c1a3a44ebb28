package comptoirtest_test

import (
	"encoding/csv"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"comptoir.example/comptoir/base/db"
	"comptoir.example/comptoir/base/i18n"
	"comptoir.example/comptoir/base/money"
	"comptoir.example/comptoir/base/outbox"
	"comptoir.example/comptoir/comptoirtest"
	"comptoir.example/comptoir/erp"
	"comptoir.example/comptoir/finance/payment"
	"comptoir.example/comptoir/gateway/simulator"
	"comptoir.example/comptoir/trade/access"
)

const payerPassword = "correct-cheval-pile-agrafe"

// enter opens the till's doors and lets a payer of a company in, who reads a language.
func enter(t *testing.T, till *comptoirtest.Till, email string, who access.Actor, lang i18n.Lang) *comptoirtest.Visitor {
	t.Helper()
	hash, err := access.HashPassword(payerPassword)
	if err != nil {
		t.Fatal(err)
	}
	till.Write(func(tx *db.Tx) error {
		_, err := access.Invite(till.Ctx, tx, outbox.By{Actor: "test"}, access.NewPerson{Email: email, Name: "Payeur", Customer: who.Customer,
			Lang: lang, Roles: []access.Role{access.Payer}}, hash)
		return err
	})
	server := httptest.NewServer(till.Mux)
	t.Cleanup(server.Close)
	return comptoirtest.Visit(t, server.URL).SignIn(email, payerPassword)
}

// apiCaller is a caller of the API.
type apiCaller struct {
	t           *testing.T
	base, token string
}

func (p apiCaller) call(method, path, body string, headers ...string) (status int, answer map[string]any) {
	p.t.Helper()
	r, err := http.NewRequest(method, p.base+path, strings.NewReader(body))
	if err != nil {
		p.t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/json")
	if p.token != "" {
		r.Header.Set("Authorization", "Bearer "+p.token)
	}
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		p.t.Fatal(err)
	}
	defer res.Body.Close()
	if err := json.NewDecoder(res.Body).Decode(&answer); err != nil {
		p.t.Fatal(path, res.StatusCode, err)
	}
	return res.StatusCode, answer
}

func callAs(t *testing.T, base, email string) apiCaller {
	t.Helper()
	p := apiCaller{t: t, base: base}
	status, answer := p.call("POST", "/v1/tokens", fmt.Sprintf(`{"email":%q,"password":%q}`, email, payerPassword))
	if status != 201 {
		t.Fatal(status, answer)
	}
	p.token = answer["token"].(string)
	return p
}

// minor reads an amount of the API.
func minor(t *testing.T, amount any) int64 {
	t.Helper()
	n, err := strconv.ParseInt(amount.(map[string]any)["minor"].(string), 10, 64)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// cents reads an amount as a page writes it in French.
func cents(t *testing.T, text string) int64 {
	t.Helper()
	text = strings.NewReplacer("−", "-", "–", "-").Replace(text)
	sign := int64(1)
	if strings.Contains(text, "-") {
		sign, text = -1, strings.ReplaceAll(text, "-", "")
	}
	a, err := money.Read(strings.TrimSpace(text), "CAD")
	if err != nil {
		t.Fatalf("%q: %v", text, err)
	}
	return sign * a.Minor
}

// dots reads an amount as a file for machines has it.
func dots(t *testing.T, text string) int64 {
	t.Helper()
	n, err := strconv.ParseInt(strings.Replace(text, ".", "", 1), 10, 64)
	if err != nil || text[len(text)-3] != '.' {
		t.Fatalf("%q is no amount", text)
	}
	return n
}

// What a company owes is one figure, to the cent, wherever it is read: rows, strip,
// total, each invoice's page and the API. What was paid here is deducted from the
// moment it is taken, whether the ERP counts it or not. The oracle adds up what was
// done to each document.
func TestRowsStripTotalPageAndAPISayTheSame(t *testing.T) {
	eachTill(t, 2, func(t *testing.T, till *comptoirtest.Till) {
		dice := rand.New(rand.NewPCG(5, 5))
		dues := []string{"2026-07-01", "2026-08-30", "2026-09-30", "2026-11-10", "2026-11-23", "2026-12-20"}
		open := map[string]int64{} // the oracle, by the ERP's id
		for n := range 14 {
			total := 100 + dice.Int64N(90000)
			if n%5 == 4 {
				total = -total / 3
			}
			open[till.ERP.Invoice("c1", total, dues[n%len(dues)])] = total
		}
		till.ERP.Invoice("c2", 77777, dues[0])
		loose := int64(4321) // a cheque that paid nothing yet
		till.ERP.Set(erp.KindReceipt, "cheque", erp.Receipt{ID: "cheque", Customer: "c1", Date: "2026-11-20", State: erp.ReceiptPosted,
			Amount: money.Amount{Minor: loose, Currency: "CAD"}, Unapplied: money.Amount{Minor: loose, Currency: "CAD"}})
		till.Pull()
		who := till.Payer("C1001")
		v := enter(t, till, "payer@c1.example", who, i18n.FR)
		api := callAs(t, v.Base, "payer@c1.example")

		agree := func(when string) {
			t.Helper()
			byID, byNumber := map[string]int64{}, map[string]int64{}
			var sum int64
			for _, i := range till.Owes(who) {
				byID[i.ID], byNumber[i.Number] = open[i.ERP], open[i.ERP]
				sum += open[i.ERP]
			}
			v.Get("/invoices")
			rows := v.Texts("td", "cash")
			numbers := v.Texts("a", "id")
			var listed, strip int64
			for n, text := range rows {
				listed += cents(t, text)
				if want := byNumber[numbers[n]]; cents(t, text) != want {
					t.Errorf("%s: the row of %s says %s, want %d", when, numbers[n], text, want)
				}
			}
			for _, text := range v.Texts("span", "v") {
				strip += cents(t, text)
			}
			var positive int64
			for _, minor := range open {
				positive += max(minor, 0)
			}
			if len(rows) != len(open) || listed != sum || strip != positive {
				t.Errorf("%s: rows %d, strip %d; want %d and %d", when, listed, strip, sum, positive)
			}
			p := till.Site.Words.Printer(i18n.FR, nil)
			amount := func(minor int64) string { return p.Money(money.Amount{Minor: minor, Currency: "CAD"}) }
			v.MustSee("Vous devez "+amount(sum-loose), "Crédits à appliquer : "+amount(positive-sum+loose))

			_, list := api.call("GET", "/v1/invoices?limit=100", "")
			var told int64
			for _, row := range list["data"].([]any) {
				told += minor(t, row.(map[string]any)["open_balance"])
			}
			if told != sum {
				t.Errorf("%s: the API says %d in all, want %d", when, told, sum)
			}
			for id, want := range byID {
				v.Get("/invoices/" + id)
				if got := v.Texts("p", "bignum"); len(got) != 1 || cents(t, got[0]) != want {
					t.Errorf("%s: the page of %s says %v, want %d", when, id, got, want)
				}
				_, one := api.call("GET", "/v1/invoices/inv_"+strings.ReplaceAll(id, "-", ""), "")
				if got := minor(t, one["open_balance"]); got != want {
					t.Errorf("%s: the API says %d of %s, want %d", when, got, id, want)
				}
			}
		}
		statements := func(when string) {
			t.Helper()
			owed := -loose
			for _, minor := range open {
				owed += minor
			}
			_, told := api.call("GET", "/v1/statement", "")
			account := told["accounts"].([]any)[0].(map[string]any)
			if got := minor(t, account["closing"]); got != owed {
				t.Errorf("%s: the API's statement closes at %d, want %d", when, got, owed)
			}
			v.Get("/statement")
			if texts := v.Texts("td", "cash"); !slices.ContainsFunc(texts, func(s string) bool { return cents(t, s) == owed }) {
				t.Errorf("%s: the statement's page says %v, want %d", when, texts, owed)
			}
			v.Get("/statement/csv")
			rows, err := csv.NewReader(strings.NewReader(v.Body)).ReadAll()
			if err != nil {
				t.Fatal(err)
			}
			sum := int64(0)
			for _, row := range rows[2 : len(rows)-1] { // between opening and closing
				sum += dots(t, row[5])
			}
			if last := rows[len(rows)-1]; dots(t, rows[1][6])+sum != owed || dots(t, last[6]) != owed || last[1] != "closing" || last[4] != "CAD" {
				t.Errorf("%s: the file moves by %d and ends with %v, want %d", when, sum, last, owed)
			}
		}
		agree("at the beginning")
		statements("at the beginning")

		// Paid here, in whole, in part and with a credit note; the ERP is away.
		var lines []payment.WishLine
		took := map[string]int64{}
		for _, i := range till.Owes(who) {
			switch {
			case i.Open.Minor < 0 && len(took) == 3:
				lines = append(lines, comptoirtest.Whole(i))
				took[i.ERP] = i.Open.Minor
			case i.Open.Minor > 0 && len(took) < 2:
				lines = append(lines, comptoirtest.Whole(i))
				took[i.ERP] = i.Open.Minor
			case i.Open.Minor > 0 && len(took) == 2:
				lines = append(lines, comptoirtest.Part(i, i.Open.Minor/2))
				took[i.ERP] = i.Open.Minor / 2
			}
		}
		paid, err := till.Pays(who, payment.Wish{Lines: lines})
		if err != nil {
			t.Fatal(err)
		}
		till.Settle()
		agree("while the processor's page waits") // reserved is owed all the same
		till.ERP.SetDown(true)
		if _, err := till.Clerk.Pay(t.Context(), till.Stands(paid.ID).Attempts[0].URL, simulator.Approved); err != nil {
			t.Fatal(err)
		}
		till.Settle()
		for id, minor := range took {
			open[id] -= minor
		}
		agree("paid here only")
		statements("paid here only")
		till.ERP.SetDown(false)
		till.Clock.Move(2 * time.Second)
		till.Settle()
		till.Pull()
		agree("once the ERP counts it")

		// What was paid here is paid there too, before our receipt arrives.
		var twice string
		for _, i := range till.Owes(who) {
			if open[i.ERP] > 0 && i.Open.Minor > 0 {
				twice = i.ERP
				if paid, err = till.Pays(who, payment.Wish{Lines: []payment.WishLine{comptoirtest.Whole(i)}}); err != nil {
					t.Fatal(err)
				}
				break
			}
		}
		till.Settle()
		amount := open[twice]
		till.ERP.PayThere(twice, amount)
		till.ERP.SetDown(true)
		if _, err := till.Clerk.Pay(t.Context(), till.Stands(paid.ID).Attempts[0].URL, simulator.Approved); err != nil {
			t.Fatal(err)
		}
		till.Settle()
		till.ERP.SetDown(false)
		till.Clock.Move(2 * time.Second)
		till.Settle()
		till.Pull()
		open[twice], loose = 0, loose+amount
		agree("paid twice")
		statements("paid twice")
	})
}
