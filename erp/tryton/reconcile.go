package tryton

import (
	"context"
	"slices"
)

// reconcile settles the documents of a receipt that are paid, in parts. Payments of
// a whole entry were reconciled when they succeeded.
func (c *Connector) reconcile(ctx context.Context, b *bundle) error {
	var ids []string
	for _, r := range b.rows {
		if document := settles(r); document != "" {
			ids = append(ids, document)
		}
	}
	h, err := c.home(ctx)
	if err != nil || len(ids) == 0 {
		return err
	}
	var groups [][]int64
	for some := range slices.Chunk(unique(ids), 500) {
		rows, err := c.rpc.all(ctx, "account.invoice", domain(is{"id", "in", numbers(some)}, is{"state", "=", "posted"}), "account",
			"lines_to_pay.debit", "lines_to_pay.credit", "lines_to_pay.reconciliation",
			"payment_lines.debit", "payment_lines.credit", "payment_lines.reconciliation",
			"lines_to_pay.payments.clearing_move.lines.account", "lines_to_pay.payments.clearing_move.lines.reconciliation",
			"lines_to_pay.payments.clearing_move.lines.debit", "lines_to_pay.payments.clearing_move.lines.credit")
		if err != nil {
			return err
		}
		for _, r := range rows {
			groups = append(groups, paidInParts(r, h.currency)...)
			if r.err != nil {
				return broken("invoice", "%s: %v", r.id("id"), r.err)
			}
		}
	}
	if len(groups) == 0 {
		return nil
	}
	return c.rpc.wizard(ctx, "account.move.reconcile_lines", func(run step) error {
		for n, lines := range groups {
			rest(ctx, n)
			done, err := c.alone(ctx)
			if err != nil {
				return err
			}
			_, err = run("account.move.line", lines, map[string]any{}, "start")
			done()
			if err != nil && !c.reconciled(ctx, lines) {
				return err
			}
		}
		return nil
	})
}

// reconciled says whether entries are, in spite of what a call said: one that is
// delivered twice fails the second time.
func (c *Connector) reconciled(ctx context.Context, lines []int64) bool {
	open, err := c.rpc.find(ctx, "account.move.line", domain(is{"id", "in", lines}, is{"reconciliation", "=", nil}))
	return err == nil && len(open) == 0
}

// paidInParts finds the open entries of an invoice that add up to nothing: each
// instalment with the payments for it, and then all together with what came by
// other ways.
func paidInParts(r *row, currency string) (groups [][]int64) {
	var rest []*row
	open := func(lines []*row) (still []*row) {
		for _, l := range lines {
			if !l.has("reconciliation") {
				still = append(still, l)
			}
		}
		return still
	}
	group := func(lines []*row) bool {
		sum := int64(0)
		for _, l := range lines {
			sum += amount(l, "debit", currency).Minor - amount(l, "credit", currency).Minor
		}
		r.check(lines...)
		if sum == 0 && len(lines) > 1 {
			groups = append(groups, numbersOf(lines))
		}
		return sum == 0
	}
	for _, l := range open(r.subs("lines_to_pay")) {
		lines := []*row{l}
		for _, p := range l.subs("payments") {
			for _, entry := range open(p.sub("clearing_move").subs("lines")) {
				if entry.id("account") == r.id("account") {
					lines = append(lines, entry)
				}
			}
		}
		if !group(lines) {
			rest = append(rest, lines...)
		}
	}
	group(append(rest, open(r.subs("payment_lines"))...))
	return groups
}
