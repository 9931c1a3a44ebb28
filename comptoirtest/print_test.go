package comptoirtest_test

import (
	"fmt"
	"strconv"
	"strings"
	"testing"
	"unicode/utf16"

	"comptoir.example/comptoir/base/i18n"
	"comptoir.example/comptoir/comptoirtest"
	"comptoir.example/comptoir/erp"
	"github.com/ledongthuc/pdf"
)

// printed is the text of a PDF, page by page, as a reader that is not ours finds it.
func printed(t *testing.T, v *comptoirtest.Visitor, path string) (pages []string) {
	t.Helper()
	v.Get(path)
	if got := v.Header.Get("Content-Type"); got != "application/pdf" {
		t.Fatalf("%s is %s", path, got)
	}
	r, err := pdf.NewReader(strings.NewReader(v.Body), int64(len(v.Body)))
	if err != nil {
		t.Fatal(err)
	}
	for n := range r.NumPage() {
		var text []byte
		pdf.Interpret(r.Page(n+1).V.Key("Contents"), func(stack *pdf.Stack, operator string) {
			args := make([]pdf.Value, stack.Len())
			for i := range args {
				args[len(args)-1-i] = stack.Pop()
			}
			if operator == "Tj" {
				text = append(text, args[0].RawString()...)
			}
		})
		var units []uint16 // codes are UTF-16, as the font's map says
		for i := 0; i+1 < len(text); i += 2 {
			units = append(units, uint16(text[i])<<8|uint16(text[i+1]))
		}
		pages = append(pages, strings.ReplaceAll(string(utf16.Decode(units)), "\u00a0", " "))
	}
	return pages
}

// written is an amount as a document in a language writes it.
func written(english bool, minor int64) string {
	sign, digits := "", strconv.FormatInt(minor, 10)
	if minor < 0 {
		sign, digits = "−", digits[1:]
	}
	digits = fmt.Sprintf("%03s", digits)
	whole, part := digits[:len(digits)-2], digits[len(digits)-2:]
	for n := len(whole) - 3; n > 0; n -= 3 {
		whole = whole[:n] + map[bool]string{false: " ", true: ","}[english] + whole[n:]
	}
	if english {
		return sign + "$" + whole + "." + part
	}
	return sign + whole + "," + part + " $"
}

// holds says that a print has these amounts, each as often, and no other.
func holds(t *testing.T, what string, pages []string, english bool, want []int64) {
	t.Helper()
	text := strings.Join(pages, " ")
	rest := text
	for _, minor := range want {
		if !strings.Contains(rest, written(english, minor)) {
			t.Errorf("%s does not hold %s:\n%s", what, written(english, minor), text)
			return
		}
		rest = strings.Replace(rest, written(english, minor), "#", 1)
	}
	if strings.Contains(rest, "$") {
		t.Errorf("%s holds other amounts:\n%s", what, rest)
	}
}

// A printed invoice says what the ERP's record says, line by line, over as many
// pages as it needs, in the language of the company's documents; a credit note too.
// Another company's is not there.
func TestAPrintedInvoiceHoldsTheERPsFiguresAndNoOther(t *testing.T) {
	eachTill(t, 2, func(t *testing.T, till *comptoirtest.Till) {
		till.ERP.Set(erp.KindCustomer, "c2", erp.Customer{Name: "Great Lakes Łódź", Language: "en-CA", Currency: "CAD", PriceList: "list", Term: "net30", Status: "active"})
		want := map[string][]int64{}
		bill := func(id, customer string, lines int, sign int64, open func(total int64) int64) {
			i := erp.Invoice{Number: "F/2026-" + id, Customer: customer, Date: "2026-11-02", PONumber: "BC-77 é", State: "open"}
			var net int64
			for n := range lines {
				price := int64(1900 + 17*n)
				amount := sign * 3 * price
				net += amount
				i.Lines = append(i.Lines, erp.InvoiceLine{Text: fmt.Sprintf("Œillet « 1/2 po » à brides ≥ 8 mm, élément noº %d", n), Unit: "unit",
					Quantity: cad(sign * 300).Decimal(), UnitPrice: cad(price).Decimal(), Amount: cad(amount)})
				want[id] = append(want[id], price, amount)
			}
			gst, qst := net/20, net*9975/100000
			total := net + gst + qst
			i.Totals = erp.Totals{Net: cad(net), Total: cad(total), Taxes: []erp.TaxLine{
				{Name: erp.Text{FR: "TPS 5 %", EN: "GST 5%"}, Base: cad(net), Amount: cad(gst)},
				{Name: erp.Text{FR: "TVQ 9,975 %", EN: "QST 9.975%"}, Base: cad(net), Amount: cad(qst)}}}
			i.Open = cad(open(total))
			i.Due = []erp.Instalment{{Date: "2026-12-02", Amount: cad(total)}}
			till.ERP.Set(erp.KindInvoice, id, i)
			want[id] = append(want[id], net, gst, qst, total, i.Open.Minor, net, gst, net, qst) // totals, then taxes by themselves
		}
		whole := func(total int64) int64 { return total }
		bill("long", "c1", 90, 1, func(total int64) int64 { return total - 12345 })
		bill("credit", "c1", 2, -1, whole)
		bill("theirs", "c2", 3, 1, whole)
		till.Pull()
		ours, theirs := till.Payer("C1001"), till.Payer("C1002")
		french, english := enter(t, till, "payer@c1.example", ours, i18n.FR), enter(t, till, "payer@c2.example", theirs, i18n.EN)
		var other string
		for _, i := range till.Owes(theirs) {
			other = i.ID
			pages := printed(t, english, "/invoices/"+i.ID+"/pdf")
			holds(t, "the English invoice", pages, true, want["theirs"])
			for _, words := range []string{"Invoice F/2026-theirs", "Great Lakes Łódź", "page 1 of 1", "2026-12-02", "GST 5%"} {
				if !strings.Contains(pages[0], words) {
					t.Errorf("the English invoice does not say %q:\n%s", words, pages[0])
				}
			}
		}
		for _, i := range till.Owes(ours) {
			pages := printed(t, french, "/invoices/"+i.ID+"/pdf")
			holds(t, i.Number, pages, false, want[i.ERP])
			said := []string{"Note de crédit F/2026-credit", "page 1 de 1"}
			if i.ERP == "long" {
				said = []string{"Facture F/2026-long", "BC-77 é", "Œillet « 1/2 po » à brides ≥ 8 mm", "TVQ 9,975 %"}
				for n, page := range pages {
					if !strings.Contains(page, fmt.Sprintf("page %d de %d", n+1, len(pages))) || !strings.Contains(page, "Facture F/2026-long") {
						t.Errorf("page %d of the long invoice has no head or number:\n%s", n+1, page)
					}
					if n < len(pages)-1 && !strings.Contains(page, "Quantité") {
						t.Errorf("page %d of the long invoice lacks the heads of its table", n+1)
					}
				}
				if len(pages) < 3 {
					t.Errorf("90 lines on %d pages", len(pages))
				}
				if name := french.Header.Get("Content-Disposition"); !strings.Contains(name, "F-2026-long.pdf") {
					t.Errorf("the file is called %s", name)
				}
			}
			for _, words := range said {
				if !strings.Contains(pages[0], words) && !strings.Contains(pages[len(pages)-1], words) {
					t.Errorf("%s does not say %q:\n%s", i.Number, words, pages[0])
				}
			}
		}
		if french.Try("/invoices/" + other + "/pdf"); french.Status != 404 {
			t.Errorf("another company's invoice is printed: %d", french.Status)
		}

		// The statement on paper has the figures of the API's.
		for _, c := range []struct {
			v       *comptoirtest.Visitor
			email   string
			english bool
			says    []string
		}{{french, "payer@c1.example", false, []string{"État de compte", "Solde de clôture", "page 1 de 1"}},
			{english, "payer@c2.example", true, []string{"Statement of account", "Closing balance", "page 1 of 1"}}} {
			_, told := callAs(t, c.v.Base, c.email).call("GET", "/v1/statement", "")
			a := told["accounts"].([]any)[0].(map[string]any)
			figures := []int64{minor(t, a["opening"]), minor(t, a["closing"])}
			for _, m := range a["movements"].([]any) {
				figures = append(figures, minor(t, m.(map[string]any)["amount"]), minor(t, m.(map[string]any)["balance"]))
			}
			for _, i := range a["open_items"].([]any) {
				figures = append(figures, minor(t, i.(map[string]any)["total"]), minor(t, i.(map[string]any)["open_balance"]))
			}
			aging := a["aging"].(map[string]any)
			for _, age := range []string{"not_due", "late_1_30", "late_31_60", "late_61_90", "late_over_90", "open_balance"} {
				figures = append(figures, minor(t, aging[age]))
			}
			if credits := minor(t, aging["credits"]); credits != 0 {
				figures = append(figures, -credits)
			}
			pages := printed(t, c.v, "/statement/pdf")
			holds(t, "the statement", pages, c.english, figures)
			for _, words := range c.says {
				if !strings.Contains(strings.Join(pages, " "), words) {
					t.Errorf("the statement does not say %q:\n%s", words, pages[0])
				}
			}
		}
	})
}
