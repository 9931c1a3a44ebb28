package portal

import (
	"context"
	"encoding/csv"
	"net/http"
	"net/url"
	"strings"

	"comptoir.example/comptoir/base/db"
	"comptoir.example/comptoir/base/fault"
	"comptoir.example/comptoir/base/i18n"
	"comptoir.example/comptoir/finance/invoice"
	"comptoir.example/comptoir/finance/statement"
	"comptoir.example/comptoir/web"
	"comptoir.example/comptoir/web/ui"
)

// StatementPage is a company's account over a period.
type StatementPage struct {
	statement.Statement // without accounts when the period cannot be
	Typed               struct{ From, To string }
	Fault               *fault.Fault
	AsOf                ui.AsOf
}

func (page StatementPage) bad(name string) *fault.Field {
	if page.Fault == nil {
		return nil
	}
	return ui.BadField(page.Fault.Fields, name)
}

// file is the address of the same statement as a file: "csv" or "pdf".
func (page StatementPage) file(kind string) string {
	return "/statement/" + kind + "?" + url.Values{"from": {page.From}, "to": {page.To}}.Encode()
}

// ages are what is open, by age, less credits.
func ages(p *i18n.Printer, a invoice.Aged) (rows []ui.Sum) {
	for i, key := range invoice.Ages {
		rows = append(rows, ui.Sum{Label: p.T("ui.aging." + key), Value: p.Money(a.By[i])})
	}
	if !a.Credits.IsZero() {
		rows = append(rows, ui.Sum{Label: p.T("portal.statement.credits"), Value: p.Money(a.Credits.Neg())})
	}
	return append(rows, ui.Sum{Label: p.T("portal.balance"), Value: p.Money(a.Open), Total: true})
}

// readStatement reads the period that was asked for.
func readStatement(ctx context.Context, tx *db.Tx, r *web.Request) (statement.Statement, error) {
	values := r.URL.Query()
	return statement.Of(ctx, tx, r.Actor, r.Site.Engine.Merchant(), values.Get("from"), values.Get("to"))
}

// GET /statement?from=…&to=…
func showStatement(w http.ResponseWriter, r *web.Request) error {
	var c web.Counter
	var page StatementPage
	status := http.StatusOK
	err := r.Read(func(ctx context.Context, tx *db.Tx) (err error) {
		if c, err = r.Counter(ctx, tx, r.P.T("portal.statement"), "invoices"); err != nil {
			return err
		}
		page.Statement, err = readStatement(ctx, tx, r)
		page.Typed.From, page.Typed.To = page.From, page.To
		if f := fault.Of(err); err != nil && len(f.Fields) > 0 {
			page.Fault, status = &f, web.Status(f.Kind)
			return nil
		}
		return err
	})
	if err != nil {
		return err
	}
	page.AsOf = r.AsOf(c.Board, "invoice", "")
	return r.Show(w, status, Statement(r.P, c.Shell, page))
}

// GET /statement/csv?from=…&to=…
func statementCSV(w http.ResponseWriter, r *web.Request) error {
	var s statement.Statement
	err := r.Read(func(ctx context.Context, tx *db.Tx) (err error) {
		s, err = readStatement(ctx, tx, r)
		return err
	})
	if err != nil {
		return err
	}
	var b strings.Builder
	cells := csv.NewWriter(&b)
	cells.Write([]string{"date", "kind", "documents", "receipt", "currency", "amount", "balance"})
	for _, a := range s.Accounts {
		cells.Write([]string{s.From, "opening", "", "", a.Currency(), "", a.Opening.Decimal().String()})
		for _, m := range a.Movements {
			var numbers []string
			for _, d := range m.Documents {
				numbers = append(numbers, d.Number)
			}
			cells.Write([]string{m.Day, m.Kind, web.Harmless(strings.Join(numbers, " ")), web.Harmless(m.Receipt), a.Currency(), m.Amount.Decimal().String(),
				m.Balance.Decimal().String()})
		}
		cells.Write([]string{s.To, "closing", "", "", a.Currency(), "", a.Closing.Decimal().String()})
	}
	cells.Flush()
	return r.File(w, "text/csv; charset=utf-8", r.P.T("portal.statement.file", "from", s.From, "to", s.To)+".csv", []byte(b.String()))
}
