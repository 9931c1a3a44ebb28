package tryton

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"comptoir.example/comptoir/base/money"
	"comptoir.example/comptoir/erp"
)

// The answers here are what a Tryton 6.0.29 said, cut to what matters.
const (
	signIn      = `{"id":1,"result":[2,"53be72b240"]}`
	preferences = `{"id":1,"result":{"company":1,"language":"en","groups":[7,10]}}`
	saleLine    = `{"id":1,"result":[{"quantity":5.0,"shipment_cost":null,"type":"line","create_date":{"__class__":"datetime","year":2026,"month":11,"day":23,"hour":22,"minute":36,"second":41,"microsecond":306654},"unit_price":{"__class__":"Decimal","decimal":"170.1000"},"id":1,"taxes":[1,2],"product.":{"id":12,"name":"Cordless drill 18 V"},"moves.":[{"quantity":5.0,"id":29,"uom.":{"factor":1.0,"id":1}}]}]}`
	saleHead    = `{"id":1,"result":[{"sale_date":{"__class__":"date","year":2026,"month":9,"day":14},"write_date":{"__class__":"datetime","year":2026,"month":11,"day":23,"hour":22,"minute":36,"second":41,"microsecond":835014},"origin":null,"state":"processing","id":1,"party.":{"code":"C1001","id":2}}]}`
	product     = `{"id":1,"result":[{"description":null,"id":1,"sale_price_uom":{"__class__":"Decimal","decimal":"12.00000000000000"},"salable":1}]}`
	lineForm    = `{"id":1,"result":[{"unit_digits":0,"unit_price":{"__class__":"Decimal","decimal":"170.1000"},"taxes":{"add":[[0,{"id":1}],[1,{"id":2}]]},"unit.":{"rec_name":"Unit"},"unit":1}]}`
	gone        = `{"id":1,"error":["UserError",["You are trying to read records \"1, 9999\" of \"Product Variant\" that don't exist anymore.","",null]]}`
	credit      = `{"id":1,"error":["UserWarning",["credit_limit_amount_sale.sale,19","Party \"Toitures Gagnon enr.\" has reached their credit limit of $500.00.",""]]}`
	stale       = `{"id":1,"error":["ConcurrencyException","Records were modified in the meanwhile"]}`
	noField     = `{"id":1,"error":["'nope'",""]}`
	locked      = `{"id":1,"error":["could not obtain lock on relation \"sale_sale\"\n",""]}`
	forbidden   = "<!doctype html>\n<html lang=en>\n<title>403 Forbidden</title>\n"
)

// tape answers the calls of one connector from a recording, call by call.
type tape struct {
	status int
	body   string
	header http.Header
	cut    bool // end the connection after half of the body
}

func play(t *testing.T, answers ...tape) (*client, *[]string) {
	t.Helper()
	var asked []string
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var call struct {
			Method string `json:"method"`
		}
		text, _ := io.ReadAll(r.Body)
		_ = json.Unmarshal(text, &call)
		asked = append(asked, call.Method)
		a := tape{body: map[string]string{"common.db.login": signIn, "model.res.user.get_preferences": preferences}[call.Method]}
		if a.body == "" {
			if len(answers) == 0 {
				t.Errorf("%s was not expected", call.Method)
				return
			}
			a, answers = answers[0], answers[1:]
		}
		if a.status == 0 {
			a.status = http.StatusOK
		}
		if a.cut {
			w.Header().Set("Content-Length", "1000")
		}
		for name := range a.header {
			w.Header().Set(name, a.header.Get(name))
		}
		w.WriteHeader(a.status)
		_, _ = io.WriteString(w, a.body)
	}))
	t.Cleanup(server.Close)
	return newClient(Config{URL: server.URL, Database: "comptoir", User: "connector", Password: "p", Timeout: time.Second}), &asked
}

func TestEveryWayACallFailsHasItsClass(t *testing.T) {
	for name, c := range map[string]struct {
		answer tape
		class  erp.Class
		code   string
	}{
		"business error":      {tape{body: gone}, erp.Refused, "refused"},
		"question":            {tape{body: credit}, erp.NeedsDecision, "credit_limit"},
		"changed meanwhile":   {tape{body: stale}, erp.Throttled, "changed_meanwhile"},
		"locked":              {tape{body: locked}, erp.Throttled, "locked"},
		"our mistake":         {tape{body: noField}, erp.Broken, "internal"},
		"not exposed":         {tape{status: 403, body: forbidden}, erp.Broken, "http"},
		"too many":            {tape{status: 429}, erp.Throttled, "too_many_requests"},
		"server error":        {tape{status: 502}, erp.Ambiguous, "server_error"},
		"half an answer":      {tape{body: product, cut: true}, erp.Ambiguous, "no_answer"},
		"a page, not data":    {tape{body: "<html>"}, erp.Ambiguous, "answer"},
		"a decimal of nobody": {tape{body: `{"result":{"__class__":"Decimal","decimal":"NaN"}}`}, erp.Ambiguous, "answer"},
	} {
		t.Run(name, func(t *testing.T) {
			client, _ := play(t, c.answer)
			_, err := client.call(t.Context(), "model.sale.sale.confirm", nil, []int{19})
			if e := erp.ErrorOf(err); err == nil || e.Class != c.class || e.Code != c.code {
				t.Errorf("got %v, want %s %s", err, c.class, c.code)
			}
		})
	}
}

func TestThrottledSaysHowLong(t *testing.T) {
	client, _ := play(t, tape{status: 429, header: http.Header{"Retry-After": {"7"}}})
	_, err := client.call(t.Context(), "model.sale.sale.search", nil)
	if after := erp.ErrorOf(err).After; after != 7*time.Second {
		t.Errorf("after %v", after)
	}
}

func TestASlowAnswerIsAmbiguousAndAClosedDoorIsNot(t *testing.T) {
	hold := make(chan struct{})
	server := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { <-hold }))
	defer server.Close()
	defer close(hold)
	client := newClient(Config{URL: server.URL, Database: "d", Timeout: 50 * time.Millisecond})
	_, err := client.call(t.Context(), "model.sale.sale.create", nil)
	if e := erp.ErrorOf(err); e.Class != erp.Ambiguous {
		t.Errorf("slow: %v", err)
	}
	nobody := httptest.NewServer(nil)
	nobody.Close()
	_, err = newClient(Config{URL: nobody.URL, Database: "d"}).call(t.Context(), "model.sale.sale.create", nil)
	if e := erp.ErrorOf(err); e.Class != erp.Down {
		t.Errorf("closed: %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	for range cap(client.room) {
		client.room <- struct{}{} // every place is taken
	}
	_, err = client.post(ctx, server.URL, "", "model.sale.sale.create", nil)
	if e := erp.ErrorOf(err); e.Class != erp.Down {
		t.Errorf("given up before it was sent: %v", err)
	}
}

func TestALostSessionIsRenewedOnce(t *testing.T) {
	client, asked := play(t, tape{status: 401}, tape{body: saleHead}, tape{status: 401}, tape{status: 401})
	rows, err := client.all(t.Context(), "sale.sale", domain(), "state")
	if err != nil || len(rows) != 1 {
		t.Fatalf("%v, %v", rows, err)
	}
	search := "model.sale.sale.search_read"
	want := []string{"common.db.login", "model.res.user.get_preferences", search, "common.db.login", "model.res.user.get_preferences", search}
	if !slices.Equal(*asked, want) {
		t.Errorf("asked %v", *asked)
	}
	_, err = client.all(t.Context(), "sale.sale", domain(), "state")
	if e := erp.ErrorOf(err); e.Class != erp.Unauthorized {
		t.Errorf("refused twice: %v", err)
	}
}

func TestErrorsAreCutAndHoldNoPassword(t *testing.T) {
	long := `{"error":["UserError",["` + strings.Repeat("é", 2000) + `","",{"domain":"` + strings.Repeat("x", 5000) + `"}]]}`
	client, _ := play(t, tape{body: long})
	_, err := client.call(t.Context(), "model.sale.sale.create", nil)
	if len(err.Error()) > 2*kept || strings.Contains(err.Error(), "connector") {
		t.Errorf("%d bytes: %v", len(err.Error()), err)
	}
}

func TestAWarningIsNamedWithoutItsRecord(t *testing.T) {
	for name, want := range map[string]string{
		"credit_limit_amount_sale.sale,19":  "credit_limit",
		"account.payment,254":               "account.payment",
		"posted_late_account.invoice,-1":    "posted_late",
		"invoice_payment_term_in_the_past":  "invoice_payment_term_in_the_past",
		"ship_early_stock.shipment.out,7":   "ship_early",
		"sale_product_9f86d081884c7d659a2f": "sale_product_9f86d081884c7d659a2f",
	} {
		if got := question(name); got != want {
			t.Errorf("%s is called %s, want %s", name, got, want)
		}
	}
}

func TestRowsAreReadExactly(t *testing.T) {
	client, _ := play(t, tape{body: saleLine}, tape{body: saleHead}, tape{body: product}, tape{body: lineForm})
	rows, err := client.all(t.Context(), "sale.line", domain())
	if err != nil {
		t.Fatal(err)
	}
	line := rows[0]
	equal(t, "price", line.decimal("unit_price").String(), "170.1000")
	equal(t, "quantity", line.quantity("quantity").String(), "5")
	equal(t, "cost", line.has("shipment_cost"), false)
	equal(t, "product", line.sub("product").id("id"), "12")
	equal(t, "move", line.subs("moves")[0].sub("uom").factor("factor").String(), "1.0")
	equal(t, "stamp", line.stamp(), time.Date(2026, 11, 23, 22, 36, 41, 306654000, time.UTC))
	equal(t, "error", line.err, nil)
	if line.text("quantity"); line.err == nil {
		t.Error("a number was read as text")
	}
	rows, _ = client.all(t.Context(), "sale.sale", domain())
	equal(t, "date", rows[0].date("sale_date"), "2026-09-14")
	equal(t, "written", rows[0].stamp().Nanosecond(), 835014000)
	rows, _ = client.all(t.Context(), "product.product", domain())
	equal(t, "boolean of SQLite", rows[0].yes("salable"), true)
	equal(t, "price", price(rows[0].decimal("sale_price_uom")).String(), "12.00")
	form, err := client.formed(t.Context(), "sale.line", nil, nil)
	if err != nil || !slices.Equal(added(form.fields["taxes"]), []string{"1", "2"}) {
		t.Errorf("taxes %v, %v", form.fields["taxes"], err)
	}
}

func TestWhatIsSentIsExact(t *testing.T) {
	text, _ := json.Marshal([]any{sendDecimal(money.Must("1234567.8900")), sendQuantity(money.Must("2.50")), sendDate("2026-02-03"), sendDate("")})
	want := `[{"__class__":"Decimal","decimal":"1234567.8900"},2.5,{"__class__":"date","day":3,"month":2,"year":2026},null]`
	equal(t, "sent", string(text), want)
}

func (r *row) with(name string, v any) *row { r.fields[name] = v; return r }

func TestBreaksAreInSaleUnits(t *testing.T) {
	decoded := func(s string) any { v, _ := decode([]byte(s)); return v }
	list := &row{fields: map[string]any{"lines.": decoded(`[{"quantity":1000.0,"product":null},{"quantity":5.0,"product":12},
		{"quantity":150.0,"product":null},{"quantity":null,"product":null},{"quantity":1000.0,"product":null}]`)}}
	box := &row{fields: map[string]any{"id": json.Number("1"), "default_uom.": decoded(`{"factor":1.0}`), "sale_uom.": decoded(`{"factor":100.0,"digits":0}`)}}
	said := func() string {
		var out []string
		for _, q := range breaks(list, box) {
			out = append(out, q.String())
		}
		return strings.Join(out, " ")
	}
	equal(t, "a quantity between two boxes begins at the next", said(), "0 2 10")
	equal(t, "a list that counts sale units", func() string { list.with("unit", "product_sale"); return said() }(), "0 150 1000")
	list.with("unit", "product_default")
	foot := decoded(`{"factor":0.3048,"digits":2}`)
	box.with("sale_uom.", foot)
	equal(t, "factors that do not divide", said(), "0 492.13 3280.84")
}

func TestTaxesAreSharedOutAsTrytonAddsThem(t *testing.T) {
	book := taxBook{"1": {name: erp.Text{FR: "TPS"}, rate: money.Must("0.05")}, "2": {name: erp.Text{FR: "TVQ"}, rate: money.Must("0.09975")}}
	one := money.Int(1)
	line := func(price string) taxed { return taxed{[]string{"1", "2"}, money.Must(price), one} }
	got := book.split([]taxed{line("946.50"), line("18.00")}, false, cad(4822+9621))
	equal(t, "964.50 × 5 % is 48.22, half to even", taxesOf(erp.Totals{Taxes: got}), "TPS 4822 on 96450, TVQ 9621 on 96450")
	got = book.split([]taxed{line("0.10"), line("0.10"), line("0.10")}, false, cad(2+3))
	equal(t, "rounded on the document", taxesOf(erp.Totals{Taxes: got}), "TPS 2 on 30, TVQ 3 on 30")
	got = book.split([]taxed{line("0.10"), line("0.10"), line("0.10")}, true, cad(0+3))
	equal(t, "rounded on the line", taxesOf(erp.Totals{Taxes: got}), "TPS 0 on 30, TVQ 3 on 30")
	got = book.split([]taxed{line("100.00"), {[]string{"1", "2"}, money.Must("100.10"), money.Int(-1)}}, false, cad(0))
	equal(t, "credited lines are rounded apart", taxesOf(erp.Totals{Taxes: got}), "TPS 0 on -10, TVQ 0 on -10")
	got = book.split([]taxed{line("100.00")}, false, cad(1500))
	equal(t, "a sum that is not theirs has no name", taxesOf(erp.Totals{Taxes: got}), " 1500 on 10000")
}

// Tryton prints a PDF or an .odt; only the first is a document for a customer.
func TestOnlyAPDFIsADocument(t *testing.T) {
	c, asked := play(t, tape{body: `{"id":1,"result":["pdf",{"__class__":"bytes","base64":"JVBERi0xLjc="},false,"Facture"]}`},
		tape{body: `{"id":1,"result":["odt",{"__class__":"bytes","base64":"UEsDBA=="},false,"Facture"]}`}, tape{status: 403, body: forbidden})
	connector := &Connector{rpc: c}
	if pdf, err := connector.PrintInvoice(t.Context(), "7"); err != nil || string(pdf) != "%PDF-1.7" {
		t.Errorf("a PDF is %q (%v)", pdf, err)
	}
	if pdf, err := connector.PrintInvoice(t.Context(), "7"); err != nil || pdf != nil {
		t.Errorf("an .odt is %q (%v)", pdf, err)
	}
	if pdf, err := connector.PrintInvoice(t.Context(), "7"); err == nil || pdf != nil {
		t.Errorf("a refusal is %q", pdf)
	}
	if last := (*asked)[len(*asked)-1]; last != "report.account.invoice.execute" {
		t.Errorf("%s was asked", last)
	}
}
