package tryton

import (
	"context"
	"slices"
	"strconv"
	"strings"

	"comptoir.example/comptoir/base/money"
	"comptoir.example/comptoir/erp"
)

// bundle is the payments that make one receipt. Ours say so in their
// descriptions: "KEY/1 reference", "KEY/2 reference" and so on. A payment of
// others is a receipt alone.
type bundle struct {
	key      string            // "" of others
	rows     []*row            // oldest first, never empty
	copies   []*row            // later payments with a description that one of ours has
	undoing  []*row            // entries that reverse those of failed payments, not posted yet
	used     map[string]string // documents that money on account was used for, by reconciliation
	currency string
}

var paymentFields = []string{"description", "state", "kind", "amount", "date", "party", "currency.code", "group.number", "create_uid",
	"line", "line.account", "line.reconciliation", "line.move.origin", "account", "journal",
	"clearing_move.state", "clearing_move.lines.account", "clearing_move.lines.reconciliation"}

// keyOf takes a description apart: our key, the number of the payment, and what
// people find the money by at the processor.
func keyOf(description string) (key, n, reference string) {
	head, reference, _ := strings.Cut(description, " ")
	key, n, _ = strings.Cut(head, "/")
	if _, err := strconv.Atoi(n); err != nil {
		return "", "", description
	}
	return key, n, reference
}

func describe(key string, n int, reference string) string {
	return strings.TrimSpace(key + "/" + strconv.Itoa(n) + " " + reference)
}

// bundleOf finds the payments with our key, in whatever state. Nil: there are none.
func (c *Connector) bundleOf(ctx context.Context, key string) (*bundle, error) {
	rows, err := c.rpc.all(ctx, "account.payment", domain(is{"description", "like", key + "/%"}), document(paymentFields...)...)
	if err != nil {
		return nil, err
	}
	found, err := c.bundles(ctx, rows, func(own string) bool { return own == key })
	if err != nil || len(found) == 0 {
		return nil, err
	}
	return found[0], nil
}

// grouped makes receipts of payments. People who duplicate a payment in Tryton
// duplicate our key, so each number of a key belongs to the oldest payment that has
// it.
func grouped(rows []*row, ours func(key string) bool) (all []*bundle) {
	slices.SortFunc(rows, func(a, b *row) int { return compareIDs(a.id("id"), b.id("id")) })
	byKey, taken := map[string]*bundle{}, map[string]bool{}
	for _, r := range rows {
		key, n, _ := keyOf(r.text("description"))
		b := byKey[key]
		switch {
		case key == "" || !ours(key):
			all = append(all, &bundle{rows: []*row{r}})
		case taken[key+"/"+n]:
			b.copies = append(b.copies, r)
		case b == nil:
			byKey[key] = &bundle{key: key, rows: []*row{r}}
			all = append(all, byKey[key])
			taken[key+"/"+n] = true
		default:
			b.rows = append(b.rows, r)
			taken[key+"/"+n] = true
		}
	}
	return all
}

// ids names the receipts in a bundle: what people duplicated is theirs.
func (b *bundle) ids() []string { return append([]string{b.id()}, texts(numbersOf(b.copies))...) }

// bundles groups payments and reads what else there is to know of them.
func (c *Connector) bundles(ctx context.Context, rows []*row, ours func(key string) bool) ([]*bundle, error) {
	all := grouped(rows, ours)
	var loose []string
	for _, b := range all {
		b.currency = b.rows[0].sub("currency").text("code")
		for _, r := range b.in("succeeded") {
			if entry := clearing(r); entry != nil && entry.has("reconciliation") && !applied(r) {
				loose = append(loose, entry.id("reconciliation"))
			}
		}
	}
	used, err := c.usedFor(ctx, loose)
	if err != nil {
		return nil, err
	}
	for _, b := range all {
		b.used = used
	}
	return all, c.findUndoing(ctx, all)
}

// usedFor gives the documents with which people reconciled money that was on
// account, by reconciliation.
func (c *Connector) usedFor(ctx context.Context, reconciliations []string) (map[string]string, error) {
	documents := map[string]string{}
	for some := range slices.Chunk(unique(reconciliations), 500) {
		lines, err := c.rpc.all(ctx, "account.move.line", domain(is{"reconciliation", "in", numbers(some)},
			is{"maturity_date", "!=", nil}, is{"move.origin", "like", "account.invoice,%"}), "reconciliation", "move.origin")
		if err != nil {
			return nil, err
		}
		for _, l := range lines {
			_, documents[l.id("reconciliation")] = l.sub("move").reference("origin")
		}
	}
	return documents, nil
}

// in gives the payments in some states.
func (b *bundle) in(states ...string) (found []*row) {
	for _, r := range b.rows {
		if slices.Contains(states, r.text("state")) {
			found = append(found, r)
		}
	}
	return found
}

// pending are the payments that are not booked.
func (b *bundle) pending() []*row { return b.in("draft", "approved", "processing") }

// counted are the payments that make up the receipt's amount: when some failed and
// others did not, only the others.
func (b *bundle) counted() (live []*row) {
	if live = b.in("draft", "approved", "processing", "succeeded"); !slices.ContainsFunc(live, b.matters) {
		return b.rows
	}
	return live
}

func (b *bundle) matters(r *row) bool { return !amount(r, "amount", b.currency).IsZero() }

func (b *bundle) sum(rows []*row) (minor int64) {
	for _, r := range rows {
		minor += signed(r, b.currency)
	}
	return minor
}

func (b *bundle) id() string { return b.rows[0].id("id") }

// read is the receipt, or why it cannot be understood.
func (b *bundle) read() (erp.Receipt, error) {
	r := b.receipt()
	if err := b.rows[0].err; err != nil {
		return r, broken("receipt", "%s: %v", r.ID, err)
	}
	return r, nil
}

// settles is the id of the document that a payment is for, "" for money on account.
func settles(payment *row) string {
	if model, id := payment.sub("line").sub("move").reference("origin"); model == "account.invoice" {
		return id
	}
	return ""
}

// clearing gives the entry of a booked payment on its customer's account, nil when
// there is none.
func clearing(payment *row) *row {
	account := payment.id("account")
	if payment.sub("line").has("account") {
		account = payment.sub("line").id("account")
	}
	for _, l := range payment.sub("clearing_move").subs("lines") {
		if l.id("account") == account {
			return l
		}
	}
	return nil
}

// applied says whether a payment settles its document. One that came after the
// document had been settled otherwise, between two buttons, does not.
func applied(payment *row) bool {
	line, entry := payment.sub("line"), clearing(payment)
	return settles(payment) != "" &&
		(entry == nil || !line.has("reconciliation") || entry.id("reconciliation") == line.id("reconciliation"))
}

func (b *bundle) receipt() erp.Receipt {
	first := b.rows[0]
	_, _, reference := keyOf(first.text("description"))
	r := erp.Receipt{ID: first.id("id"), Key: b.key, Customer: first.id("party"), Date: first.date("date"),
		Reference: reference, State: b.state(), Unapplied: money.Zero(b.currency), Lines: []erp.ReceiptLine{}}
	if b.key == "" {
		r.Reference = first.text("description")
	}
	live := b.counted()
	r.Amount = money.Amount{Minor: b.sum(live), Currency: b.currency}
	var groups []string
	for _, p := range live {
		if group := p.sub("group").text("number"); group != "" && !slices.Contains(groups, group) {
			groups = append(groups, group)
		}
		minor := signed(p, b.currency)
		document := settles(p)
		if entry := clearing(p); !applied(p) && entry != nil {
			document = b.used[entry.id("reconciliation")]
		}
		if document != "" {
			r.Lines = settled(r.Lines, document, money.Amount{Minor: minor, Currency: b.currency})
		} else {
			r.Unapplied.Minor += minor
		}
	}
	r.Number = strings.Join(groups, ", ")
	first.check(b.rows...)
	return r
}

// settled adds to what a receipt settles of a document. A document that takes
// nothing is not listed.
func settled(lines []erp.ReceiptLine, document string, sum money.Amount) []erp.ReceiptLine {
	if sum.IsZero() {
		return lines
	}
	for i := range lines {
		if lines[i].Invoice == document {
			lines[i].Amount.Minor += sum.Minor
			return lines
		}
	}
	return append(lines, erp.ReceiptLine{Invoice: document, Amount: sum})
}

// state is posted only when there is nothing left to do: the entries are posted,
// which is the last step. It is reversed when every payment failed and the
// entries against theirs are posted.
func (b *bundle) state() erp.ReceiptState {
	if len(b.pending()) > 0 {
		return erp.ReceiptReceived
	}
	failed := true
	for _, r := range b.rows {
		switch state := r.text("state"); {
		case state != "succeeded" && state != "failed":
			return erp.ReceiptUnknown
		case state == "succeeded" && r.sub("clearing_move").text("state") == "draft":
			return erp.ReceiptReceived
		case state == "succeeded":
			failed = false
		}
	}
	if failed && slices.ContainsFunc(b.rows, b.matters) && len(b.undoing) == 0 {
		return erp.ReceiptReversed
	}
	return erp.ReceiptPosted
}
