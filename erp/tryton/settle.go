package tryton

import (
	"cmp"
	"context"
	"slices"

	"comptoir.example/comptoir/base/money"
	"comptoir.example/comptoir/erp"
)

// claim is an invoice or a credit note as far as it is open: negative of a
// credit note.
type claim struct {
	id, party, account, currency string
	credit                       bool // it is a credit note
	open                         int64
	lines                        []instalment // open ones, oldest first
	first                        instalment   // of all lines
}

// instalment is an entry of a document with its own due date.
type instalment struct {
	line    string // id of the account.move.line
	left    int64  // without sign
	settled bool   // reconciled
}

// claimFields are what a claim is read from, in a context that has
// with_payment false: what Tryton then calls the amount to pay is before any
// account.payment, which are listed beside. Together they are one consistent
// answer, and also right for credit notes, of which Tryton 6.0 takes payments off
// with the wrong sign.
var claimFields = []string{"party", "account", "state", "currency.code", "total_amount", "amount_to_pay",
	"lines_to_pay.debit", "lines_to_pay.credit", "lines_to_pay.maturity_date", "lines_to_pay.reconciliation",
	"lines_to_pay.amount_second_currency", "lines_to_pay.second_currency.code",
	"lines_to_pay.payments.description", "lines_to_pay.payments.state", "lines_to_pay.payments.kind", "lines_to_pay.payments.amount"}

var beforePayments = map[string]any{"with_payment": false}

// claimOf reads what is open of a document, as if the payments in except were
// not there.
func claimOf(r *row, except map[string]bool) *claim {
	d := &claim{id: r.id("id"), party: r.id("party"), account: r.id("account"), currency: r.sub("currency").text("code")}
	d.open = amount(r, "amount_to_pay", d.currency).Minor
	d.credit = amount(r, "total_amount", d.currency).Minor < 0
	lines := r.subs("lines_to_pay")
	slices.SortStableFunc(lines, func(a, b *row) int {
		return cmp.Or(cmp.Compare(a.date("maturity_date"), b.date("maturity_date")), compareIDs(a.id("id"), b.id("id")))
	})
	total := int64(0)
	for n, l := range lines {
		whole := lineAmount(l, d.currency).Minor
		one := instalment{line: l.id("id"), left: size(whole), settled: l.has("reconciliation")}
		for _, p := range l.subs("payments") {
			if one.settled || p.text("state") == "failed" || except[p.id("id")] {
				continue
			}
			taken := signed(p, d.currency)
			d.open -= taken
			if whole < 0 {
				taken = -taken
			}
			one.left = max(one.left-taken, 0)
			l.check(p)
		}
		if n == 0 {
			d.first = one
		}
		if !one.settled {
			d.lines = append(d.lines, one)
			total += one.left
		}
		r.check(l)
	}
	// What came by cheque stands beside the lines until all adds up to nothing. It
	// counts as paid for the oldest.
	over := total - size(d.open)
	for i := range d.lines {
		cut := max(min(over, d.lines[i].left), 0)
		d.lines[i].left -= cut
		over -= cut
	}
	return d
}

// claims reads documents that receipts are for.
func (c *Connector) claims(ctx context.Context, ids []string, except map[string]bool) (map[string]*claim, error) {
	found := map[string]*claim{}
	for part := range slices.Chunk(unique(slices.Clone(ids)), 500) {
		rows, err := c.rpc.allIn(ctx, "account.invoice", beforePayments,
			domain(append(slices.Clone(posted), is{"id", "in", numbers(part)})...), claimFields...)
		if err != nil {
			return nil, err
		}
		for _, r := range rows {
			found[r.id("id")] = claimOf(r, except)
			if r.err != nil {
				return nil, broken("invoice", "%s: %v", r.id("id"), r.err)
			}
		}
	}
	for _, id := range ids {
		if found[id] == nil {
			return nil, refused("unknown_invoice", id)
		}
	}
	return found, nil
}

// lineAmount is what an entry adds to what its party owes.
func lineAmount(l *row, currency string) money.Amount {
	if l.sub("second_currency").text("code") == currency {
		return amount(l, "amount_second_currency", currency)
	}
	sum := amount(l, "debit", currency)
	sum.Minor -= amount(l, "credit", currency).Minor
	return sum
}

// signed is what a payment takes off what its party owes.
func signed(p *row, currency string) int64 {
	if sum := amount(p, "amount", currency).Minor; p.text("kind") != "payable" {
		return sum
	} else {
		return -sum
	}
}

// part is a payment as it should be: on an entry of a document, or on the
// receivable account, where it is money of the customer that settles nothing yet.
type part struct {
	kind  string
	line  string // "" is on account
	minor int64  // zero of a document that takes nothing
	shut  bool   // the line is reconciled
}

func (p part) signed() int64 {
	if p.kind == "payable" {
		return -p.minor
	}
	return p.minor
}

func size(minor int64) int64 { return max(minor, -minor) }

func kindOf(minor int64) string {
	if minor < 0 {
		return "payable"
	}
	return "receivable"
}

// settle says which payments make a receipt. Credit notes give what is open of
// them first; then invoices take what is open, and no more than there is. The rest
// is on account. A document that takes nothing keeps a payment of nothing, so
// that it is seen that the receipt was meant for it.
func settle(sum int64, meant []erp.ReceiptLine, claims map[string]*claim) []part {
	var parts []part
	rest := sum
	take := func(l erp.ReceiptLine, most int64) {
		d := claims[l.Invoice]
		want := min(size(l.Amount.Minor), most)
		if d.open < 0 != d.credit {
			want = 0
		}
		nothing := true
		for i := range d.lines {
			p := part{kind: kindOf(l.Amount.Minor), line: d.lines[i].line, minor: min(d.lines[i].left, size(d.open), want)}
			if p.minor <= 0 {
				continue
			}
			nothing = false
			parts = append(parts, p)
			d.lines[i].left -= p.minor
			d.open -= p.signed()
			rest -= p.signed()
			want -= p.minor
		}
		if nothing && d.first.line != "" {
			parts = append(parts, part{kind: kindOf(l.Amount.Minor), line: d.first.line, shut: d.first.settled})
		}
	}
	for _, l := range meant {
		if l.Amount.Minor < 0 {
			take(l, size(l.Amount.Minor))
		}
	}
	for _, l := range meant {
		if l.Amount.Minor > 0 {
			take(l, rest)
		}
	}
	if rest != 0 || len(parts) == 0 {
		parts = append(parts, part{kind: kindOf(rest), minor: size(rest)})
	}
	return parts
}
