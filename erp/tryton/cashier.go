package tryton

import (
	"context"
	"slices"

	"comptoir.example/comptoir/base/money"
	"comptoir.example/comptoir/erp"
)

var _ erp.Cashier = (*Connector)(nil)

// FindReceipt looks for the payments with our key, whatever became of them.
func (c *Connector) FindReceipt(ctx context.Context, key string) (*erp.Receipt, error) {
	if key == "" {
		return nil, nil
	}
	b, err := c.bundleOf(ctx, key)
	if err != nil || b == nil {
		return nil, err
	}
	r, err := b.read()
	return &r, err
}

// CreateReceipt writes a receipt down as payments in draft, all in one call: one
// for each instalment that is paid, one for each credit note that is used up, and
// one on account for what is left. What is no longer open takes nothing.
func (c *Connector) CreateReceipt(ctx context.Context, r erp.NewReceipt) (string, error) {
	done, err := c.alone(ctx)
	if err != nil {
		return "", err
	}
	defer done()
	b, err := c.bundleOf(ctx, r.Key)
	if err != nil {
		return "", err
	}
	if b != nil {
		if b.rows[0].id("party") != r.Customer || b.sum(b.counted()) != r.Amount.Minor {
			return "", refused("bad_receipt", r.Key)
		}
		_ = c.dropCopies(ctx, b) // or later: posting does it too
		return b.id(), nil
	}
	if _, err := c.openPeriod(ctx, r.Date); err != nil {
		return "", err
	}
	account, err := c.receivable(ctx, r.Customer)
	if err != nil {
		return "", err
	}
	var ids []string
	for _, l := range r.Lines {
		ids = append(ids, l.Invoice)
	}
	claims, err := c.claims(ctx, ids, nil)
	if err != nil {
		return "", err
	}
	if err := sound(r, claims); err != nil {
		return "", err
	}
	journal, err := c.till(ctx, r.Amount.Currency)
	if err != nil {
		return "", err
	}
	common := draft{key: r.Key, reference: r.Reference, day: r.Date, currency: r.Amount.Currency,
		journal: journal.number(), party: number(r.Customer), account: number(account)}
	var payments []any
	for n, p := range settle(r.Amount.Minor, r.Lines, claims) {
		payments = append(payments, common.payment(n+1, p))
	}
	answer, err := c.rpc.call(ctx, "model.account.payment.create", nil, payments)
	if err != nil {
		return "", err
	}
	made := (&row{fields: map[string]any{"": answer}}).ids("")
	if len(made) != len(payments) {
		return "", &erp.Error{Class: erp.Ambiguous, Code: "answer", Text: "create gave no ids"}
	}
	// A network that delivers a call twice makes two of each, and Tryton has no
	// unique key that would refuse the second.
	if b, err = c.bundleOf(ctx, r.Key); err != nil || b == nil {
		return unique(made)[0], nil
	}
	_ = c.dropCopies(ctx, b)
	return b.id(), nil
}

// sound checks what Tryton would refuse without saying which line is meant, or
// take without a word.
func sound(r erp.NewReceipt, claims map[string]*claim) error {
	sum := money.Zero(r.Amount.Currency)
	for _, l := range r.Lines {
		d := claims[l.Invoice]
		if d.party != r.Customer {
			return refused("unknown_invoice", l.Invoice)
		}
		if d.currency != r.Amount.Currency || l.Amount.Currency != r.Amount.Currency {
			return refused("bad_currency", l.Invoice)
		}
		if l.Amount.IsZero() || l.Amount.Minor < 0 != d.credit {
			return refused("bad_receipt", l.Invoice)
		}
		sum.Minor += l.Amount.Minor
	}
	if rest := r.Amount.Minor - sum.Minor; r.Key == "" || rest < 0 || rest > 0 && r.Amount.Minor < 0 || r.Amount.IsZero() && len(r.Lines) == 0 {
		return refused("bad_receipt", r.Key)
	}
	return nil
}

// draft is what the payments of a receipt have in common.
type draft struct {
	key, reference, day, currency string
	journal, party, account       int64
}

// payment is a row for account.payment.create. A payment on an entry that is
// reconciled cannot be a draft; it is one of nothing, and is approved from the
// start.
func (d draft) payment(n int, p part) map[string]any {
	values := map[string]any{"journal": d.journal, "party": d.party, "kind": p.kind, "date": sendDate(d.day),
		"amount":      sendDecimal(money.Amount{Minor: p.minor, Currency: d.currency}.Decimal()),
		"description": describe(d.key, n, d.reference)}
	switch {
	case p.line != "":
		values["line"] = number(p.line)
	case p.minor != 0:
		values["account"] = d.account
	}
	if p.shut {
		values["state"] = "approved"
	}
	return values
}

// dropCopies takes back drafts of ours that came twice. What people duplicated is
// theirs.
func (c *Connector) dropCopies(ctx context.Context, b *bundle) error {
	s, err := c.rpc.signedIn(ctx, nil)
	if err != nil {
		return err
	}
	var ids []int64
	for _, r := range b.copies {
		if by, _ := whole(r.fields["create_uid"]); by == s.user && slices.Contains([]string{"draft", "approved"}, r.text("state")) {
			ids = append(ids, r.number())
		}
	}
	if len(ids) == 0 {
		return nil
	}
	if _, err := c.rpc.call(ctx, "model.account.payment.write", nil, ids, map[string]any{"line": nil, "state": "draft"}); err != nil {
		return err
	}
	_, err = c.rpc.call(ctx, "model.account.payment.delete", nil, ids)
	return err
}

// receipt reads the payments of one receipt of ours by the id of its first
// payment.
func (c *Connector) receipt(ctx context.Context, id string) (*bundle, error) {
	first, err := c.rpc.first(ctx, "account.payment", domain(is{"id", "=", number(id)}), "description")
	if err != nil {
		return nil, err
	}
	if first != nil {
		if key, _, _ := keyOf(first.text("description")); key != "" {
			if b, err := c.bundleOf(ctx, key); err != nil || b != nil {
				return b, err
			}
		}
	}
	return nil, refused("unknown_receipt", id)
}
