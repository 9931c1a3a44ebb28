package tryton

import (
	"context"
	"slices"
	"strings"
	"time"

	"comptoir.example/comptoir/erp"
)

// atOnce is how many payments a button is clicked on at once. Other writers have
// their turn in between, after a second or so.
const atOnce = 10

// breath is how long the ERP is left alone in between. Who waits for SQLite's lock
// looks for it ten times a second, and would never find it free.
const breath = 150 * time.Millisecond

// PostReceipt takes the next of three steps: the payments are processed, they
// succeed, which makes the entries, and the entries are reconciled and posted.
// Tryton skips a button that does not apply without a word, so all payments are
// read again; a receipt that did not move is reported.
func (c *Connector) PostReceipt(ctx context.Context, id string, accept []string) (erp.Receipt, error) {
	before, err := c.receipt(ctx, id)
	if err != nil {
		return erp.Receipt{}, err
	}
	yes := func(code string) bool { return slices.Contains(accept, code) }
	switch {
	case len(before.in("draft", "approved")) > 0:
		err = c.process(ctx, before.key, yes)
	case len(before.in("processing")) > 0:
		err = c.succeed(ctx, before, yes)
	case before.state() == erp.ReceiptReversed:
	default:
		err = c.finish(ctx, before, yes)
	}
	if err != nil {
		return erp.Receipt{}, err
	}
	after, err := c.receipt(ctx, id)
	if err != nil {
		return erp.Receipt{}, err
	}
	if after.state() == erp.ReceiptReceived && after.states() == before.states() {
		return erp.Receipt{}, broken("button_skipped", "receipt %s stays as it is: %s", id, after.states())
	}
	return after.read()
}

// states is how far each payment got.
func (b *bundle) states() string {
	var all []string
	for _, r := range b.rows {
		all = append(all, r.text("state"), r.sub("clearing_move").text("state"))
	}
	return strings.Join(all, " ")
}

// numbersOf are the ids of rows.
func numbersOf(rows []*row) []int64 {
	ids := make([]int64, 0, len(rows))
	for _, r := range rows {
		ids = append(ids, r.number())
	}
	return ids
}

// process has the payments of a receipt processed, in groups for each kind.
func (c *Connector) process(ctx context.Context, key string, yes func(string) bool) error {
	done, err := c.alone(ctx)
	if err != nil {
		return err
	}
	defer done()
	b, err := c.fit(ctx, key)
	if err != nil {
		return err
	}
	ids := numbersOf(b.in("approved"))
	if len(ids) == 0 {
		return nil
	}
	err = c.rpc.persuade(ctx, yes, func() error {
		return c.rpc.wizard(ctx, "account.payment.process", func(run step) error {
			_, err := run("account.payment", ids, map[string]any{"start": map[string]any{}}, "process")
			return err
		})
	})
	if e := erp.ErrorOf(err); err != nil && e.Class == erp.NeedsDecision && e.Code == "account.payment" {
		// Somebody paid the same entry since it was read. Next time it will fit.
		return &erp.Error{Class: erp.Throttled, Code: "changed_meanwhile", Text: e.Text, After: time.Second}
	}
	return err
}

// succeed books payments that are processed. One of nothing fails instead: Tryton
// cannot post an entry of nothing.
func (c *Connector) succeed(ctx context.Context, b *bundle, yes func(string) bool) error {
	day := b.rows[0].date("date")
	if _, err := c.openPeriod(ctx, day); err != nil {
		return err
	}
	done, err := c.alone(ctx)
	if err != nil {
		return err
	}
	b, err = c.fit(ctx, b.key)
	done()
	if err != nil {
		return err
	}
	var nothing, something []*row
	for _, r := range b.in("processing") {
		if b.matters(r) {
			something = append(something, r)
		} else {
			nothing = append(nothing, r)
		}
	}
	if err := c.inTurns(ctx, "account.payment", "fail", nil, nothing, yes); err != nil {
		return err
	}
	return c.inTurns(ctx, "account.payment", "succeed", map[string]any{"clearing_date": sendDate(day)}, something, yes)
}

// inTurns clicks a button on rows, some at a time.
func (c *Connector) inTurns(ctx context.Context, model, button string, extra map[string]any, rows []*row, yes func(string) bool) error {
	for i := 0; i < len(rows); i += atOnce {
		some := rows[i:min(i+atOnce, len(rows))]
		rest(ctx, i)
		done, err := c.alone(ctx)
		if err != nil {
			return err
		}
		err = c.rpc.persuade(ctx, yes, func() error { return c.rpc.pressAll(ctx, model, button, extra, numbersOf(some)) })
		done()
		if err != nil {
			return err
		}
	}
	return nil
}

// rest leaves the ERP alone for a moment when some were dealt with.
func rest(ctx context.Context, dealt int) {
	if dealt == 0 || dealt%atOnce != 0 {
		return
	}
	select {
	case <-time.After(breath):
	case <-ctx.Done(): // the next call says so
	}
}

// finish reconciles what adds up to nothing and then posts the entries, which is
// last: a receipt whose entries are posted needs nothing more.
func (c *Connector) finish(ctx context.Context, b *bundle, yes func(string) bool) error {
	if err := c.reconcile(ctx, b); err != nil {
		return err
	}
	var drafts []*row
	for _, r := range b.in("succeeded") {
		if move := r.sub("clearing_move"); move.text("state") == "draft" {
			drafts = append(drafts, move)
		}
	}
	return c.postEntries(ctx, drafts, yes)
}

// postEntries posts entries. Tryton refuses those that are posted already, which a
// call that was delivered twice, or somebody else, may have done.
func (c *Connector) postEntries(ctx context.Context, entries []*row, yes func(string) bool) error {
	err := c.inTurns(ctx, "account.move", "post", nil, entries, yes)
	if err != nil && erp.ErrorOf(err).Class == erp.Refused {
		if open, lost := c.rpc.find(ctx, "account.move", domain(is{"id", "in", numbersOf(entries)}, is{"state", "=", "draft"})); lost == nil && len(open) == 0 {
			return nil
		}
	}
	return err
}
