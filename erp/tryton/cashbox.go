package tryton

import (
	"context"
	"fmt"

	"comptoir.example/comptoir/base/money"
	"comptoir.example/comptoir/erp"
)

// MakePartialPayment records a cheque for the first open invoice of an order.
func (c *Clerk) MakePartialPayment(ctx context.Context, order string, amount money.Decimal) error {
	open, err := c.invoices(ctx, order, "posted")
	if err != nil {
		return err
	}
	if len(open) == 0 {
		return fmt.Errorf("order %s: no open invoice", order)
	}
	invoice, err := c.receivable.first(ctx, "account.invoice", domain(is{"id", "=", open[0]}), "currency", "company", "account", "party")
	if err != nil {
		return err
	}
	method, err := c.receivable.first(ctx, "account.invoice.payment.method", domain(is{"name", "=", "Cheque"}), "name")
	if err != nil || method == nil {
		return fmt.Errorf("no method Cheque: %w", err)
	}
	today, err := c.receivable.call(ctx, "model.ir.date.today", nil)
	if err != nil {
		return err
	}
	day, _ := today.(date)
	start := map[string]any{"amount": sendDecimal(amount), "currency": number(invoice.id("currency")), "currency_digits": 2,
		"company": number(invoice.id("company")), "invoice_account": number(invoice.id("account")),
		"payment_method": method.number(), "date": sendDate(string(day)), "description": nil}
	err = c.wizard(ctx, "account.invoice.pay", open[0], func(run func(map[string]any, string) (*row, error)) error {
		answer, err := run(map[string]any{"start": start}, "choice")
		if err != nil || !answer.has("view") {
			return err // the whole amount: there is nothing more to say
		}
		view, _ := answer.fields["view"].(map[string]any)
		ask, _ := view["defaults"].(map[string]any)
		for name, value := range ask {
			if name[len(name)-1] == '.' {
				delete(ask, name)
			} else {
				ask[name] = sendBack(value)
			}
		}
		ask["writeoff"], ask["type"] = nil, "partial"
		_, err = run(map[string]any{"start": start, "ask": ask}, "pay")
		return err
	})
	if err != nil && erp.ErrorOf(err).Class == erp.Refused {
		err = c.deposit(ctx, invoice, amount, string(day))
	}
	return err
}

// MakeCreditNote credits some of the first invoice of an order, by id of the
// order's line, and leaves the credit note open.
func (c *Clerk) MakeCreditNote(ctx context.Context, order string, quantities map[string]money.Decimal) error {
	billed, err := c.manager.find(ctx, "account.invoice", domain(is{"type", "=", "out"}, is{"state", "in", []string{"posted", "paid"}},
		is{"lines.origin.sale", "=", number(order), "sale.line"}))
	if err != nil {
		return err
	}
	if len(billed) == 0 {
		return fmt.Errorf("order %s: no invoice", order)
	}
	var note []string
	err = c.wizard(ctx, "account.invoice.credit", billed[0], func(run func(map[string]any, string) (*row, error)) error {
		done, err := run(map[string]any{"start": map[string]any{"with_refund": false, "with_refund_allowed": true, "invoice_date": nil}}, "credit")
		if err == nil {
			note, err = madeBy(done)
		}
		return err
	})
	if err != nil {
		return err
	}
	lines, err := c.receivable.all(ctx, "account.invoice.line", domain(is{"invoice", "in", numbers(note)}), "origin.origin")
	if err != nil {
		return err
	}
	var others []int64
	for _, l := range lines {
		_, sold := l.sub("origin").reference("origin")
		q, wanted := quantities[sold]
		if !wanted {
			others = append(others, l.number())
			continue
		}
		if _, err := c.receivable.call(ctx, "model.account.invoice.line.write", nil, []int64{l.number()},
			map[string]any{"quantity": sendQuantity(q.Neg())}); err != nil {
			return err
		}
	}
	if len(others) > 0 {
		if _, err := c.receivable.call(ctx, "model.account.invoice.line.delete", nil, others); err != nil {
			return err
		}
	}
	_, err = c.receivable.call(ctx, "model.account.invoice.post", nil, numbers(note))
	return err
}

// madeBy gives the records that a wizard shows at its end.
func madeBy(done *row) ([]string, error) {
	actions, _ := done.fields["actions"].([]any)
	for _, action := range actions {
		pair, _ := action.([]any)
		for _, part := range pair {
			if fields, _ := part.(map[string]any); fields["res_id"] != nil {
				return (&row{fields: fields}).ids("res_id"), nil
			}
		}
	}
	return nil, broken("wizard", "it made nothing: %v", done.fields)
}

// deposit brings money for an invoice in by a bank statement: this is how it comes
// when a payment that is under way says that nothing is left to pay.
func (c *Clerk) deposit(ctx context.Context, invoice *row, amount money.Decimal, day string) error {
	journal, err := c.receivable.first(ctx, "account.statement.journal", domain(is{"name", "=", "Bank statement"}), "name")
	if err != nil || journal == nil {
		return fmt.Errorf("no journal Bank statement: %w", err)
	}
	before, err := c.receivable.all(ctx, "account.statement", domain(is{"journal", "=", journal.number()}), "end_balance")
	if err != nil {
		return err
	}
	start := money.Int(0)
	if len(before) > 0 {
		start = before[len(before)-1].decimal("end_balance")
	}
	end, err := start.Add(amount)
	if err != nil {
		return err
	}
	made, err := c.receivable.call(ctx, "model.account.statement.create", nil, []any{map[string]any{
		"name": "Deposit", "journal": journal.number(), "company": number(invoice.id("company")), "date": sendDate(day),
		"start_balance": sendDecimal(start), "end_balance": sendDecimal(end),
		"lines": []any{[]any{"create", []any{map[string]any{"number": "1", "date": sendDate(day), "amount": sendDecimal(amount),
			"party": number(invoice.id("party")), "account": number(invoice.id("account")), "invoice": invoice.number()}}}}}})
	if err != nil {
		return err
	}
	for _, button := range []string{"validate_statement", "post"} {
		if _, err := c.receivable.call(ctx, "model.account.statement."+button, nil, made); err != nil {
			return err
		}
	}
	return nil
}

// CreditInvoice takes the open invoices of an order back, refunded: the invoice
// is cancelled by a credit note that is paid.
func (c *Clerk) CreditInvoice(ctx context.Context, order string) error {
	open, err := c.invoices(ctx, order, "posted")
	if err != nil {
		return err
	}
	for _, invoice := range open {
		err := c.wizard(ctx, "account.invoice.credit", invoice, func(run func(map[string]any, string) (*row, error)) error {
			_, err := run(map[string]any{"start": map[string]any{"with_refund": true, "with_refund_allowed": true, "invoice_date": nil}}, "credit")
			return err
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// wizard runs the steps of one of Tryton's wizards on an invoice.
func (c *Clerk) wizard(ctx context.Context, name string, invoice int64, steps func(run func(data map[string]any, state string) (*row, error)) error) error {
	return c.receivable.wizard(ctx, name, func(run step) error {
		return steps(func(data map[string]any, state string) (*row, error) {
			return run("account.invoice", []int64{invoice}, data, state)
		})
	})
}

// sendBack encodes a value that Tryton sent, to be given back to it.
func sendBack(v any) any {
	switch v := v.(type) {
	case money.Decimal:
		return sendDecimal(v)
	case date:
		return sendDate(string(v))
	}
	return v
}
