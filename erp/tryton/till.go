package tryton

import (
	"context"
	"slices"
	"strings"
	"time"

	"comptoir.example/comptoir/base/money"
	"comptoir.example/comptoir/erp"
)

// tills are the payment journals that receipts can go through, by currency: of
// those that clear (the money waits on an account of its own for the payout), the
// one with Comptoir in its name, or else the oldest.
func (c *Connector) tills(ctx context.Context) (map[string]*row, error) {
	rows, err := c.rpc.all(ctx, "account.payment.journal", domain(is{"active", "=", true}, is{"process_method", "=", "manual"},
		is{"clearing_account", "!=", nil}, is{"clearing_journal", "!=", nil}), "name", "currency.code", "clearing_account")
	if err != nil {
		return nil, err
	}
	found := map[string]*row{}
	for _, r := range rows {
		currency := r.sub("currency").text("code")
		if was := found[currency]; was == nil || named(r) && !named(was) {
			found[currency] = r
		}
	}
	return found, nil
}

func named(journal *row) bool {
	return strings.Contains(strings.ToLower(journal.text("name")), "comptoir")
}

// till is the one for a currency.
func (c *Connector) till(ctx context.Context, currency string) (*row, error) {
	found, err := c.tills(ctx)
	if err != nil {
		return nil, err
	}
	if found[currency] == nil {
		return nil, refused("payment_journal", currency)
	}
	return found[currency], nil
}

// missingForReceipts names what Probe cannot see in the rights on models: a journal
// that clears, and the groups that may click the buttons of a payment.
func (c *Connector) missingForReceipts(ctx context.Context) (missing []string, err error) {
	s, err := c.rpc.signedIn(ctx, nil)
	if err != nil {
		return nil, err
	}
	var groups []string
	if list, _ := s.context["groups"].([]any); list != nil {
		groups = (&row{fields: map[string]any{"groups": list}}).ids("groups")
	}
	buttons, err := c.rpc.all(ctx, "ir.model.button", domain(is{"model.model", "=", "account.payment"},
		is{"name", "in", []string{"approve", "succeed", "fail"}}), "name", "groups")
	if err != nil {
		return nil, err
	}
	for _, b := range buttons {
		may := len(b.ids("groups")) == 0
		for _, group := range b.ids("groups") {
			may = may || slices.Contains(groups, group)
		}
		if !may {
			missing = append(missing, "receipts_"+b.text("name"))
		}
	}
	found, err := c.tills(ctx)
	switch {
	case err == nil && len(found) == 0:
		missing = append(missing, "payment_journal")
	case err != nil && erp.ErrorOf(err).Class != erp.Refused: // a right that lacks is named already
		return nil, err
	}
	return missing, nil
}

// Clearing implements erp.Cashier. Entries that are not posted yet count.
func (c *Connector) Clearing(ctx context.Context) ([]money.Amount, error) {
	h, err := c.home(ctx)
	if err != nil {
		return nil, err
	}
	found, err := c.tills(ctx)
	if err != nil {
		return nil, err
	}
	balances := []money.Amount{}
	for currency, journal := range found {
		field := "balance"
		if currency != h.currency {
			field = "amount_second_currency"
		}
		account, err := c.rpc.first(ctx, "account.account", domain(is{"id", "=", number(journal.id("clearing_account"))}), field)
		if err != nil {
			return nil, err
		}
		if account == nil {
			return nil, broken("clearing", "no account %s", journal.id("clearing_account"))
		}
		balances = append(balances, amount(account, field, currency))
		if account.err != nil {
			return nil, broken("clearing", "%v", account.err)
		}
	}
	slices.SortFunc(balances, func(a, b money.Amount) int { return strings.Compare(a.Currency, b.Currency) })
	return balances, nil
}

// openPeriod gives the period of the books in which a day lies, when entries can
// still be made in it.
func (c *Connector) openPeriod(ctx context.Context, day string) (*row, error) {
	if _, err := time.Parse(time.DateOnly, day); err != nil {
		return nil, refused("bad_date", day)
	}
	period, err := c.rpc.first(ctx, "account.period", domain(is{"start_date", "<=", sendDate(day)}, is{"end_date", ">=", sendDate(day)},
		is{"type", "=", "standard"}, is{"state", "=", "open"}), "name")
	if err == nil && period == nil {
		err = refused("period_closed", day)
	}
	return period, err
}

// receivable is the account on which a customer's debts stand.
func (c *Connector) receivable(ctx context.Context, customer string) (string, error) {
	party, err := c.rpc.first(ctx, "party.party", domain(is{"id", "=", number(customer)}), "account_receivable")
	if err != nil {
		return "", err
	}
	if party == nil {
		return "", refused("unknown_customer", customer)
	}
	if account := party.id("account_receivable"); account != "" {
		return account, nil
	}
	settings, err := c.rpc.first(ctx, "account.configuration", domain(), "default_account_receivable")
	if err != nil {
		return "", err
	}
	if settings == nil || !settings.has("default_account_receivable") {
		return "", refused("receivable_account", customer)
	}
	return settings.id("default_account_receivable"), nil
}
