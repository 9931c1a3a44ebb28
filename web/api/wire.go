package api

import (
	"strconv"
	"strings"
	"time"

	"comptoir.example/comptoir/base/asof"
	"comptoir.example/comptoir/base/fault"
	"comptoir.example/comptoir/base/money"
	"comptoir.example/comptoir/erp"
)

// Amount is money on the wire: minor units as text, which no reader rounds.
type Amount struct {
	Minor    string `json:"minor"`
	Currency string `json:"currency"`
}

func amount(a money.Amount) Amount { return Amount{strconv.FormatInt(a.Minor, 10), a.Currency} }

// number is a quantity: no zeros at its end.
func number(d money.Decimal) string { return d.Trim(0).String() }

// unitPrice is a unit price, with the decimals of its currency at least.
func unitPrice(d money.Decimal, currency string) string {
	digits := money.Digits(currency)
	return d.Trim(digits).Pad(digits).String()
}

// AsOf is where figures come from and when that source last confirmed them;
// never, when there is no instant.
type AsOf struct {
	Source string     `json:"source" enum:"erp,shop"`
	At     *time.Time `json:"at,omitempty"`
	Stale  bool       `json:"stale"`
}

func asOf(s asof.Stamp, now time.Time) AsOf {
	return AsOf{Source: s.Source, At: instant(s.At), Stale: s.Stale(now)}
}

func instant(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t
}

// Totals are the sums of a document. Freight that is to be confirmed is absent
// and in no sum. An estimate is ours, until the ERP has spoken.
type Totals struct {
	Net      Amount    `json:"net"`
	Freight  *Amount   `json:"freight,omitempty"`
	Taxes    []TaxLine `json:"taxes"`
	Total    Amount    `json:"total"`
	Estimate bool      `json:"estimate"`
}

// TaxLine is one tax of a document.
type TaxLine struct {
	Name   erp.Text `json:"name"`
	Base   Amount   `json:"base"`
	Amount Amount   `json:"amount"`
}

func totals(t erp.Totals, estimate bool) Totals {
	out := Totals{Net: amount(t.Net), Taxes: []TaxLine{}, Total: amount(t.Total), Estimate: estimate}
	if t.Freight != nil {
		freight := amount(*t.Freight)
		out.Freight = &freight
	}
	for _, tax := range t.Taxes {
		out.Taxes = append(out.Taxes, TaxLine{tax.Name, amount(tax.Base), amount(tax.Amount)})
	}
	return out
}

// Prefixes of ids on the wire.
const (
	orderID   = "ord_"
	invoiceID = "inv_"
	paymentID = "pay_"
	methodID  = "met_"
)

// wireID is one of our ids as callers see it.
func wireID(prefix, id string) string { return prefix + strings.ReplaceAll(id, "-", "") }

// parseID reads an id strictly. What is not one is as missing as an id of
// nothing: unknown is the same fault.
func parseID(prefix, id, unknown string) (string, error) {
	hex, is := strings.CutPrefix(id, prefix)
	if !is || len(hex) != 32 || strings.Trim(hex, "0123456789abcdef") != "" {
		return "", fault.New(fault.NotFound, unknown)
	}
	return hex[:8] + "-" + hex[8:12] + "-" + hex[12:16] + "-" + hex[16:20] + "-" + hex[20:], nil
}
