// Package statement is a company's account with the merchant over a period: what it
// owed, what moved, what it owes, and which documents that is. It is read from our
// ledger, so that opening and movements make the closing balance, always.
//
// It owns no tables.
package statement

import (
	"context"
	"time"

	"comptoir.example/comptoir/base/db"
	"comptoir.example/comptoir/base/fault"
	"comptoir.example/comptoir/base/money"
	"comptoir.example/comptoir/finance/ledger"
	"comptoir.example/comptoir/trade/access"
	"comptoir.example/comptoir/trade/customer"
)

// Statement is a company's account from the first to the last day of a period.
type Statement struct {
	Customer customer.Customer
	From, To string // YYYY-MM-DD, the merchant's
	Since    string // the first day of which we know anything; "" when we know all
	Accounts []Account
}

// Short says that the period begins where our knowledge does: what was before stands
// in the opening balance.
func (s Statement) Short() bool { return s.Since != "" && s.From == s.Since }

// Account is the part of a statement in one currency. Positive is owed to the
// merchant.
type Account struct {
	Opening, Closing money.Amount
	Movements        []Movement
	Open             Open // at the end of the last day
}

// Currency is the account's.
func (a Account) Currency() string { return a.Closing.Currency }

// months is how long a period is when nobody says.
const months = 3

// Of is the statement of the actor's company. From and to are days of the merchant;
// to is today when it is "", from three months before it. What lies before our first
// day is left out. Invalid with fields for days that cannot be.
func Of(ctx context.Context, tx *db.Tx, who access.Actor, m customer.Merchant, from, to string) (Statement, error) {
	if err := who.Must(access.ViewInvoices); err != nil {
		return Statement{}, err
	}
	c, err := customer.Of(ctx, tx, who)
	if err != nil {
		return Statement{}, err
	}
	s := Statement{Customer: c, From: from, To: to}
	began, short, err := ledger.Since(ctx, tx)
	if err != nil {
		return s, err
	}
	if short {
		s.Since = m.Day(began)
	}
	if err := s.period(m.Day(tx.Now)); err != nil {
		return s, err
	}
	return s, s.read(ctx, tx)
}

// period fills in and checks the days.
func (s *Statement) period(today string) error {
	if s.To == "" {
		s.To = today
	}
	bad := fault.New(fault.Invalid, "statement.bad_period")
	last, err := time.Parse(time.DateOnly, s.To)
	switch {
	case err != nil:
		return bad.With("to", "statement.no_day")
	case s.To > today:
		return bad.With("to", "statement.future", "today", today)
	case s.To < s.Since:
		return bad.With("to", "statement.before", "since", s.Since)
	}
	if s.From == "" {
		s.From = last.AddDate(0, -months, 0).Format(time.DateOnly)
	}
	if _, err := time.Parse(time.DateOnly, s.From); err != nil {
		return bad.With("from", "statement.no_day")
	}
	if s.From > s.To {
		return bad.With("from", "statement.backwards", "to", s.To)
	}
	s.From = max(s.From, s.Since)
	return nil
}

// read adds up the ledger. The company's own currency is there also when nothing is.
func (s *Statement) read(ctx context.Context, tx *db.Tx) error {
	own := ledger.Few{ledger.AR(s.Customer.ID), ledger.Unapplied(s.Customer.ID)}
	opening, err := ledger.Before(ctx, tx, own, s.From)
	if err != nil {
		return err
	}
	touched := own
	touched[2] = ledger.Disputed(s.Customer.ID)
	entries, err := ledger.Between(ctx, tx, touched, s.From, s.To)
	if err != nil {
		return err
	}
	open, err := ledger.OpenOn(ctx, tx, own, s.To)
	if err != nil {
		return err
	}
	at := map[string]int{}
	account := func(currency string) *Account {
		n, there := at[currency]
		if !there {
			n = len(s.Accounts)
			at[currency] = n
			zero := money.Zero(currency)
			s.Accounts = append(s.Accounts, Account{Opening: zero, Closing: zero})
		}
		return &s.Accounts[n]
	}
	account(s.Customer.Currency)
	for _, sum := range sorted(opening) {
		a := account(sum.Currency)
		a.Opening, a.Closing = sum, sum
	}
	for _, m := range movements(entries) {
		a := account(m.Amount.Currency)
		if a.Closing, err = a.Closing.Add(m.Amount); err != nil {
			return err
		}
		m.Balance = a.Closing
		a.Movements = append(a.Movements, m)
	}
	for _, d := range open {
		account(d.Amount.Currency)
	}
	return s.name(ctx, tx, open)
}
