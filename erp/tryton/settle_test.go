package tryton

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"comptoir.example/comptoir/erp"
)

// answered is what a Tryton 6.0.29 said of an invoice in two halves (50.50 each,
// 30.00 of it by cheque), of which a receipt takes 20.00, and of a credit note
// (50.00) of which one uses 30.00: before payments, as with_payment false gives it.
const answered = `{"id":1,"result":[
{"id":16,"party":7,"account":5,"state":"posted","currency.":{"id":1,"code":"CAD"},"total_amount":{"__class__":"Decimal","decimal":"101.00"},"amount_to_pay":{"__class__":"Decimal","decimal":"71.00"},"lines_to_pay.":[
 {"id":85,"debit":{"__class__":"Decimal","decimal":"50.50"},"credit":{"__class__":"Decimal","decimal":"0"},"maturity_date":{"__class__":"date","year":2026,"month":12,"day":27},"reconciliation":null,"second_currency.":null,"payments.":[]},
 {"id":84,"debit":{"__class__":"Decimal","decimal":"50.50"},"credit":{"__class__":"Decimal","decimal":"0"},"maturity_date":{"__class__":"date","year":2026,"month":11,"day":27},"reconciliation":null,"second_currency.":null,"payments.":[
  {"id":30,"description":"CM00000000000000005/1 pi_1","state":"failed","kind":"receivable","amount":{"__class__":"Decimal","decimal":"50.50"}},
  {"id":31,"description":"CM0123456789ABCDEFX/1 pi_2","state":"approved","kind":"receivable","amount":{"__class__":"Decimal","decimal":"20.00"}}]}]},
{"id":7,"party":7,"account":5,"state":"posted","currency.":{"id":1,"code":"CAD"},"total_amount":{"__class__":"Decimal","decimal":"-50.00"},"amount_to_pay":{"__class__":"Decimal","decimal":"-50.00"},"lines_to_pay.":[
 {"id":28,"debit":{"__class__":"Decimal","decimal":"0"},"credit":{"__class__":"Decimal","decimal":"50.00"},"maturity_date":{"__class__":"date","year":2026,"month":12,"day":27},"reconciliation":null,"second_currency.":null,"payments.":[
  {"id":32,"description":"by hand","state":"succeeded","kind":"payable","amount":{"__class__":"Decimal","decimal":"30.00"}}]}]}]}`

func TestWhatIsOpenIsReadWithThePaymentsThatCount(t *testing.T) {
	client, _ := play(t, tape{body: answered}, tape{body: answered})
	c := &Connector{rpc: client}
	claims := must(c.claims(t.Context(), []string{"16", "7"}, nil))(t)
	equal(t, "invoice", claims["16"].open, 5100)
	// The cheque counts as paid for the older half, and the payment is on it too.
	equal(t, "its halves", fmt.Sprint(claims["16"].lines), "[{84 50 false} {85 5050 false}]")
	equal(t, "credit note", claims["7"].open, -2000)
	equal(t, "its entry", fmt.Sprint(claims["7"].lines), "[{28 2000 false}]")
	claims = must(c.claims(t.Context(), []string{"16", "7"}, map[string]bool{"31": true}))(t)
	equal(t, "without the payment", claims["16"].open, 7100)
	equal(t, "its halves without", fmt.Sprint(claims["16"].lines), "[{84 2050 false} {85 5050 false}]")
}

func TestAReceiptTakesWhatIsOpenAndNoMore(t *testing.T) {
	const a, b, note = "1", "2", "9"
	for name, c := range map[string]struct {
		sum   int64
		meant []erp.ReceiptLine
		open  map[string]int64
		want  string // line amount, …; a line of "" is on account
	}{
		"in full":                   {100, []erp.ReceiptLine{of(a, 100)}, map[string]int64{a: 100}, "a+100"},
		"in part":                   {40, []erp.ReceiptLine{of(a, 40)}, map[string]int64{a: 100}, "a+40"},
		"too much":                  {105, []erp.ReceiptLine{of(a, 100)}, map[string]int64{a: 100}, "a+100 account+5"},
		"for nothing in particular": {7, nil, nil, "account+7"},
		"paid meanwhile":            {100, []erp.ReceiptLine{of(a, 100)}, map[string]int64{a: 0}, "a+0 account+100"},
		"paid in part meanwhile":    {100, []erp.ReceiptLine{of(a, 100)}, map[string]int64{a: 30}, "a+30 account+70"},
		"overpaid meanwhile":        {100, []erp.ReceiptLine{of(a, 100)}, map[string]int64{a: -30}, "a+0 account+100"},
		"several and a note":        {120, []erp.ReceiptLine{of(a, 100), of(b, 50), of(note, -30)}, map[string]int64{a: 100, b: 90, note: -30}, "note-30 a+100 b+50"},
		"the note was used":         {120, []erp.ReceiptLine{of(a, 100), of(b, 50), of(note, -30)}, map[string]int64{a: 100, b: 90, note: -10}, "note-10 a+100 b+30"},
		"only netting":              {0, []erp.ReceiptLine{of(a, 30), of(note, -30)}, map[string]int64{a: 100, note: -50}, "note-30 a+30"},
		"nothing left to net":       {0, []erp.ReceiptLine{of(a, 30), of(note, -30)}, map[string]int64{a: 0, note: 0}, "note+0 a+0"},
		"netting what was paid":     {0, []erp.ReceiptLine{of(a, 30), of(note, -30)}, map[string]int64{a: 0, note: -50}, "note-30 a+0 account+30"},
		"a refund":                  {-30, []erp.ReceiptLine{of(note, -30)}, map[string]int64{note: -30}, "note-30"},
		"a refund of what is used":  {-30, []erp.ReceiptLine{of(note, -30)}, map[string]int64{note: 0}, "note+0 account-30"},
	} {
		t.Run(name, func(t *testing.T) {
			claims, names := map[string]*claim{}, map[string]string{"": "account", "1": "a", "2": "b", "9": "note"}
			for id, open := range c.open {
				line := instalment{line: id, left: size(open)}
				claims[id] = &claim{id: id, open: open, credit: id == note, first: line, lines: []instalment{line}}
			}
			var got []string
			sum := int64(0)
			for _, p := range settle(c.sum, c.meant, claims) {
				got = append(got, fmt.Sprintf("%s%+d", names[p.line], p.signed()))
				sum += p.signed()
			}
			equal(t, "parts", strings.Join(got, " "), c.want)
			equal(t, "sum", sum, c.sum)
		})
	}
}

func TestWhatAddsUpToNothingIsFound(t *testing.T) {
	client, _ := play(t, tape{body: `{"id":1,"result":[{"id":16,"account":5,"lines_to_pay.":[
{"id":84,"debit":{"__class__":"Decimal","decimal":"50.50"},"credit":{"__class__":"Decimal","decimal":"0"},"reconciliation":null,"payments.":[
 {"id":1,"clearing_move.":{"id":10,"lines.":[{"id":101,"account":5,"reconciliation":null,"debit":{"__class__":"Decimal","decimal":"0"},"credit":{"__class__":"Decimal","decimal":"20.00"}},{"id":102,"account":12,"reconciliation":null,"debit":{"__class__":"Decimal","decimal":"20.00"},"credit":{"__class__":"Decimal","decimal":"0"}}]}},
 {"id":2,"clearing_move.":{"id":11,"lines.":[{"id":103,"account":5,"reconciliation":null,"debit":{"__class__":"Decimal","decimal":"0"},"credit":{"__class__":"Decimal","decimal":"30.50"}}]}},
 {"id":3,"clearing_move.":null}]},
{"id":85,"debit":{"__class__":"Decimal","decimal":"50.50"},"credit":{"__class__":"Decimal","decimal":"0"},"reconciliation":null,"payments.":[]}],
"payment_lines.":[{"id":110,"debit":{"__class__":"Decimal","decimal":"0"},"credit":{"__class__":"Decimal","decimal":"50.50"},"reconciliation":null},
 {"id":111,"debit":{"__class__":"Decimal","decimal":"0"},"credit":{"__class__":"Decimal","decimal":"1.00"},"reconciliation":4}]}]}`})
	r := must(client.first(t.Context(), "account.invoice", domain(), "id"))(t)
	equal(t, "groups", fmt.Sprint(paidInParts(r, "CAD")), "[[84 101 103] [85 110]]")
	r.subs("payment_lines")[0].fields["reconciliation"] = r.fields["id"]
	equal(t, "without the cheque", fmt.Sprint(paidInParts(r, "CAD")), "[[84 101 103]]")
	r.subs("lines_to_pay")[1].fields["reconciliation"] = r.fields["id"]
	equal(t, "with the second half paid", fmt.Sprint(paidInParts(r, "CAD")), "[[84 101 103]]")
}

func TestADescriptionHoldsKeyNumberAndReference(t *testing.T) {
	for _, d := range [][4]string{
		{"CM0123456789ABCDEFX/12 pi_1 x", "CM0123456789ABCDEFX", "12", "pi_1 x"}, {"CM0123456789ABCDEFX/1", "CM0123456789ABCDEFX", "1", ""},
		{"Rent 3/26", "", "", "Rent 3/26"}, {"", "", "", ""}, {"a/b c", "", "", "a/b c"},
	} {
		key, n, reference := keyOf(d[0])
		equal(t, d[0], [3]string{key, n, reference}, [3]string{d[1], d[2], d[3]})
	}
	equal(t, "written", describe("K", 3, "pi_1"), "K/3 pi_1")
	equal(t, "without reference", describe("K", 3, ""), "K/3")
}

func TestOurPaymentsOfOneKeyAreOneReceiptAndCopiesAreOthers(t *testing.T) {
	pay := func(id, description, state, minor string) *row {
		r, err := decode([]byte(`{"id":` + id + `,"description":"` + description + `","state":"` + state + `","kind":"receivable","party":2,` +
			`"amount":{"__class__":"Decimal","decimal":"` + minor + `"},"currency.":{"code":"CAD"},"date":{"__class__":"date","year":2026,"month":11,"day":27}}`))
		do(t, err)
		return &row{fields: r.(map[string]any)}
	}
	client, _ := play(t, slices.Repeat([]tape{{body: `{"id":1,"result":[]}`}}, 20)...)
	c := &Connector{rpc: client}
	key := newKey(t)
	rows := []*row{pay("9", key+"/1 pi", "draft", "5.00"), pay("7", key+"/2 pi", "succeeded", "7.00"), pay("3", key+"/1 pi", "succeeded", "5.00"),
		pay("4", "Rent 3/26", "succeeded", "1.00")}
	all := must(c.bundles(t.Context(), rows, erp.ValidKey))(t)
	equal(t, "receipts", len(all), 2)
	r := all[0].receipt()
	equal(t, "ours", fmt.Sprint(r.ID, r.Key, r.Amount, r.State, r.Reference, len(all[0].copies)), fmt.Sprint("3", key, cad(1200), erp.ReceiptPosted, "pi", 1))
	equal(t, "theirs", fmt.Sprint(all[1].receipt().ID, all[1].receipt().Key, all[1].receipt().Reference), "4Rent 3/26")
	for want, states := range map[erp.ReceiptState][2]string{
		erp.ReceiptReceived: {"succeeded", "processing"}, erp.ReceiptPosted: {"succeeded", "failed"}, erp.ReceiptReversed: {"failed", "failed"},
		erp.ReceiptUnknown: {"succeeded", "quantum"},
	} {
		b := &bundle{key: key, currency: "CAD", rows: []*row{pay("1", key+"/1", states[0], "5.00"), pay("2", key+"/2", states[1], "7.00")}}
		equal(t, strings.Join(states[:], " and "), b.state(), want)
	}
	booked := pay("1", key+"/1", "succeeded", "5.00")
	booked.fields["clearing_move."] = map[string]any{"state": "draft"}
	equal(t, "an entry that is not posted", (&bundle{key: key, currency: "CAD", rows: []*row{booked}}).state(), erp.ReceiptReceived)
}
