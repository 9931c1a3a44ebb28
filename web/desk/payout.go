package desk

import (
	"context"
	"encoding/csv"
	"net/http"
	"net/url"
	"strings"

	"comptoir.example/comptoir/base/db"
	"comptoir.example/comptoir/base/i18n"
	"comptoir.example/comptoir/base/money"
	"comptoir.example/comptoir/finance/payment"
	"comptoir.example/comptoir/web"
)

// maxPayouts is how many of the last payouts finance sees.
const maxPayouts = 10

// payoutState is a payout in the vocabulary of stamps.
func payoutState(x payment.Payout) string {
	if x.Back != "" || !x.Failed.IsZero() {
		return "failed"
	}
	return string(x.State)
}

// payoutHref is the journal of a payout as a file.
func payoutHref(x payment.Payout) string {
	return "/desk/payouts/" + url.PathEscape(x.Gateway) + "/" + url.PathEscape(x.ID) + "/csv"
}

// part is a figure of a payout, with the sign with which it counts; a dash while
// the processor has not said what it pays.
func part(p *i18n.Printer, x payment.Payout, a money.Amount, sign int64) string {
	if x.Listed.IsZero() {
		return "—"
	}
	a.Minor *= sign
	return p.Money(a)
}

// otherPaid says whether something else than charges, refunds, fees and disputes was
// paid out.
func otherPaid(list []payment.Payout) bool {
	for _, x := range list {
		if !x.Other.IsZero() {
			return true
		}
	}
	return false
}

// GET /desk/payouts/{gateway}/{id}/csv
func payoutCSV(w http.ResponseWriter, r *web.Request) error {
	var x payment.Payout
	var lines []payment.PayoutLine
	err := r.Read(func(ctx context.Context, tx *db.Tx) (err error) {
		x, lines, err = payment.FindPayout(ctx, tx, r.Actor, r.PathValue("gateway"), r.PathValue("id"))
		return err
	})
	if err != nil {
		return err
	}
	var b strings.Builder
	cells := csv.NewWriter(&b)
	cells.Write([]string{"date", "movement", "kind", "payment", "receipt", "entry", "account", "currency", "debit", "credit"})
	for _, l := range lines {
		debit, credit := "", ""
		switch amount := (money.Amount{Minor: l.Minor, Currency: l.Currency}); {
		case l.Minor > 0:
			debit = amount.Decimal().String()
		case l.Minor < 0:
			credit = amount.Neg().Decimal().String()
		}
		cells.Write([]string{r.Site.Engine.Merchant().Day(l.At), web.Harmless(l.Movement), l.Kind, l.Payment, web.Harmless(l.Receipt), web.Harmless(l.Entry), l.Account, l.Currency, debit, credit})
	}
	cells.Flush()
	return r.File(w, "text/csv; charset=utf-8", r.P.T("desk.payout.file", "id", x.ID)+".csv", []byte(b.String()))
}
