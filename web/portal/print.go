package portal

import (
	"cmp"
	"context"
	"net/http"
	"strings"

	"comptoir.example/comptoir/base/db"
	"comptoir.example/comptoir/base/i18n"
	"comptoir.example/comptoir/finance/statement"
	"comptoir.example/comptoir/trade/customer"
	"comptoir.example/comptoir/web"
	"comptoir.example/comptoir/web/paper"
	"comptoir.example/comptoir/web/ui"
)

const pdf = "application/pdf"

// GET /invoices/{id}/pdf is the ERP's own document where it makes one, otherwise ours
// of its figures, in the language of the company's documents.
func printInvoice(w http.ResponseWriter, r *web.Request) error {
	var page InvoicePage
	var c web.Counter
	var to []string
	err := r.Read(func(ctx context.Context, tx *db.Tx) (err error) {
		if c, err = r.Counter(ctx, tx, "", "invoices"); err != nil {
			return err
		}
		if page, _, err = readInvoice(ctx, tx, r, c.Customer, c.Board); err == nil {
			to, err = addressed(ctx, tx, c.Customer)
		}
		return err
	})
	if err != nil {
		return err
	}
	content := r.Site.Engine.Print(r.Context(), page.ERP)
	if content == nil {
		p := r.Site.Words.Printer(i18n.Parse(c.Customer.Language), r.Site.Engine.Merchant().Zone)
		if content, err = paper.PDF(p, page.document(p, r, to)); err != nil {
			return err
		}
	}
	return r.File(w, pdf, safeName(page.Number)+".pdf", content)
}

// addressed is a company as a letter addresses it.
func addressed(ctx context.Context, tx *db.Tx, c customer.Customer) ([]string, error) {
	a, err := customer.BillTo(ctx, tx, c)
	lines := []string{c.Name}
	for _, line := range []string{a.Name, a.Street, strings.TrimSpace(a.City + " " + a.Postal)} {
		if line != "" && line != c.Name {
			lines = append(lines, line)
		}
	}
	return lines, err
}

// letterhead is a document of the merchant's.
func letterhead(p *i18n.Printer, r *web.Request, title string, to []string) paper.Document {
	m := r.Site.Engine.Merchant()
	return paper.Document{From: []string{m.Name, m.Phone, p.Of(m.Hours)}, To: to, Title: title, Made: r.Now}
}

// document is the invoice on paper: the same figures as its page.
func (page InvoicePage) document(p *i18n.Printer, r *web.Request, to []string) paper.Document {
	d := letterhead(p, r, p.T(page.titleKey(), "number", page.Number), to)
	fact := func(key, value string) {
		if value != "" {
			d.Facts = append(d.Facts, paper.Fact{Label: p.T(key), Value: value})
		}
	}
	fact("portal.date", p.Date(page.Date))
	for _, due := range page.Due {
		value := p.Date(due.Date)
		if len(page.Due) > 1 {
			value += ", " + p.Money(due.Amount)
		}
		fact("portal.due", value)
	}
	fact("portal.po", page.PONumber)
	for _, o := range page.Orders {
		fact("portal.order", o.Number)
	}
	if page.State == "cancelled" {
		fact("ui.state", p.T("ui.stamp.invoice.cancelled"))
	}
	lines := paper.Part{Columns: []paper.Column{{Label: p.T("portal.product")}, {Label: p.T("portal.quantity"), Width: 22, Right: true},
		{Label: p.T("portal.price"), Width: 38, Right: true}, {Label: p.T("portal.amount"), Width: 32, Right: true}}}
	for _, l := range page.Lines {
		text := l.Text
		if l.SKU != "" {
			text = l.SKU + "  " + text
		}
		price := p.Price(l.Price, l.Amount.Currency)
		if unit := p.Of(l.Unit); unit != "" {
			price += " " + p.T("portal.per", "unit", ui.InSentence(unit))
		}
		lines.Rows = append(lines.Rows, []string{text, p.Number(l.Quantity), price, p.Money(l.Amount)})
	}
	taxes := paper.Part{Heading: p.T("portal.invoice.taxes"), Columns: []paper.Column{{Label: p.T("portal.tax")},
		{Label: p.T("portal.base"), Width: 38, Right: true}, {Label: p.T("portal.amount"), Width: 32, Right: true}}}
	for _, tax := range page.Totals.Taxes {
		taxes.Rows = append(taxes.Rows, []string{p.Of(tax.Name), p.Money(tax.Base), p.Money(tax.Amount)})
	}
	d.Parts = []paper.Part{lines}
	if len(taxes.Rows) > 0 {
		d.Parts = append(d.Parts, taxes)
	}
	d.Parts = append(d.Parts, paper.Part{Sums: documentSums(p, page)})
	return d
}

// documentSums are the totals, without what is only a word on a page, and the balance.
func documentSums(p *i18n.Printer, page InvoicePage) (rows []ui.Sum) {
	for _, row := range ui.TotalRows(p, page.Totals, false) {
		if !row.Words {
			rows = append(rows, row)
		}
	}
	if !page.Taken.IsZero() {
		rows = append(rows, ui.Sum{Label: p.T("portal.paid_here"), Value: p.Money(page.Taken.Neg())})
	}
	label := p.T("portal.balance")
	if !page.AsOf.At.IsZero() {
		label = p.T("portal.balance.on", "day", page.AsOf.At)
	}
	return append(rows, ui.Sum{Label: label, Value: p.Money(page.Open), Total: true})
}

// GET /statement/pdf?from=…&to=…
func statementPDF(w http.ResponseWriter, r *web.Request) error {
	var s statement.Statement
	var to []string
	err := r.Read(func(ctx context.Context, tx *db.Tx) (err error) {
		if s, err = readStatement(ctx, tx, r); err == nil {
			to, err = addressed(ctx, tx, s.Customer)
		}
		return err
	})
	if err != nil {
		return err
	}
	p := r.P
	d := letterhead(p, r, p.T("portal.statement"), to)
	d.Facts = []paper.Fact{{Label: p.T("portal.statement.from"), Value: s.From}, {Label: p.T("portal.statement.to"), Value: s.To}}
	if s.Short() {
		d.Parts = append(d.Parts, paper.Part{Note: p.T("portal.statement.since", "since", s.Since)})
	}
	for _, a := range s.Accounts {
		d.Parts = append(d.Parts, accountParts(p, s, a)...)
	}
	content, err := paper.PDF(p, d)
	if err != nil {
		return err
	}
	return r.File(w, pdf, p.T("portal.statement.file", "from", s.From, "to", s.To)+".pdf", content)
}

func accountParts(p *i18n.Printer, s statement.Statement, a statement.Account) []paper.Part {
	moved := paper.Part{Heading: p.T("portal.statement.currency", "currency", a.Currency()), Columns: []paper.Column{
		{Label: p.T("portal.date"), Width: 24}, {Label: p.T("portal.statement.movement")},
		{Label: p.T("portal.amount"), Width: 34, Right: true}, {Label: p.T("portal.balance"), Width: 34, Right: true}}}
	moved.Rows = append(moved.Rows, []string{s.From, p.T("portal.statement.opening"), "", p.Money(a.Opening)})
	for _, m := range a.Movements {
		words := []string{p.T("portal.statement.kind." + m.Kind)}
		for _, d := range m.Documents {
			words = append(words, d.Number)
		}
		if m.Receipt != "" {
			words = append(words, "("+p.T("portal.statement.receipt", "number", m.Receipt)+")")
		}
		amount := "—"
		if !m.Amount.IsZero() {
			amount = p.Money(m.Amount)
		}
		moved.Rows = append(moved.Rows, []string{m.Day, strings.Join(words, " "), amount, p.Money(m.Balance)})
	}
	moved.Rows = append(moved.Rows, []string{s.To, p.T("portal.statement.closing"), "", p.Money(a.Closing)})
	open := paper.Part{Heading: p.T("portal.statement.open", "to", s.To), Columns: []paper.Column{{Label: p.T("portal.statement.document")},
		{Label: p.T("portal.po"), Width: 34}, {Label: p.T("portal.date"), Width: 22}, {Label: p.T("portal.due"), Width: 22},
		{Label: p.T("portal.amount"), Width: 30, Right: true}, {Label: p.T("portal.statement.left"), Width: 30, Right: true}}}
	for _, i := range a.Open.Items {
		row := []string{cmp.Or(i.Number, p.T("portal.statement.loose")), i.PONumber, i.Day, i.Due, "", p.Money(i.Open)}
		if i.ID != "" {
			row[4] = p.Money(i.Total)
		}
		open.Rows = append(open.Rows, row)
	}
	if len(open.Rows) == 0 {
		open = paper.Part{Heading: open.Heading, Note: p.T("portal.statement.open.none")}
	}
	return []paper.Part{moved, open, {Heading: p.T("portal.statement.ages"), Sums: ages(p, a.Open.Aged)}}
}

// safeName is a document's number as the name of a file.
func safeName(number string) string {
	return strings.Map(func(r rune) rune {
		if strings.ContainsRune(`/\:*?"<>|`, r) || r < ' ' {
			return '-'
		}
		return r
	}, number)
}
