package app

import (
	"context"
	"slices"

	"comptoir.example/comptoir/base/db"
	"comptoir.example/comptoir/base/fault"
	"comptoir.example/comptoir/base/i18n"
	"comptoir.example/comptoir/base/money"
	"comptoir.example/comptoir/erp"
	"comptoir.example/comptoir/trade/price"
)

// Reconcile reads what changed, then compares what the shop has with the ERP:
// which records there are, totals of open orders, open balances, and a number of
// prices. It says what differs, heals what reading again can heal, and is
// Unavailable when something differed.
func Reconcile(ctx context.Context, c Config, prices int, say Say) error {
	a, err := exchanging(ctx, c)
	if err != nil {
		return err
	}
	defer a.DB.Close()
	if err := erpDown(a.Engine.Round(ctx, true)); err != nil {
		return err
	}
	r := reconciliation{App: a, say: say}
	for _, kind := range erp.Kinds {
		if err := r.compareIDs(ctx, kind); err != nil {
			return erpDown(err)
		}
	}
	for _, step := range []func(context.Context) error{r.compareOrders, r.compareInvoices,
		func(ctx context.Context) error { return r.comparePrices(ctx, prices) }} {
		if err := step(ctx); err != nil {
			return erpDown(err)
		}
	}
	if r.differ > 0 {
		return fault.New(fault.Unavailable, "cmd.differ", "n", r.differ)
	}
	say("cmd.same")
	return nil
}

// reconciliation counts what differs while it says it.
type reconciliation struct {
	*App
	say    Say
	differ int
}

func (r *reconciliation) differs(key string, params ...any) {
	r.differ++
	r.say(key, params...)
}

var selectAlive = db.SQL("app.select_alive", `SELECT erp_id FROM replica WHERE conn = $1 AND kind = $2 AND NOT deleted ORDER BY erp_id`)

// compareIDs says which records only one side has, and lets the sweep heal it.
func (r *reconciliation) compareIDs(ctx context.Context, kind erp.Kind) error {
	there, err := r.Engine.ERP.IDs(ctx, kind)
	if err != nil {
		return err
	}
	var here []string
	if err := r.DB.Read(ctx, func(tx *db.Tx) (err error) {
		here, err = db.All(ctx, tx, selectAlive, db.Value[string], connection, string(kind))
		return err
	}); err != nil {
		return err
	}
	for _, id := range only(here, there) {
		r.differs("cmd.only_here", "kind", i18n.Key("ui.flow."+string(kind)), "id", id)
	}
	for _, id := range only(there, here) {
		r.differs("cmd.only_there", "kind", i18n.Key("ui.flow."+string(kind)), "id", id)
	}
	r.say("cmd.compared_ids", "kind", i18n.Key("ui.flow."+string(kind)), "here", len(here), "there", len(there))
	return r.Engine.Sweep(ctx, kind)
}

// only lists what stands in a and not in b.
func only(a, b []string) (missing []string) {
	known := map[string]bool{}
	for _, id := range b {
		known[id] = true
	}
	for _, id := range a {
		if !known[id] {
			missing = append(missing, id)
		}
	}
	return missing
}

// figure is an amount of ours and the number of the document it stands on.
type figure struct {
	id, number string
	amount     money.Amount
}

var (
	selectOpenOrders = db.SQL("app.select_open_orders", `
SELECT erp_id, COALESCE(erp_number, reference), currency, erp_totals FROM sales_order
WHERE conn = $1 AND erp_id IS NOT NULL AND state NOT IN ('invoiced', 'cancelled', 'refused') ORDER BY erp_id`)
	selectOpenInvoices = db.SQL("app.select_open_invoices", `
SELECT erp_id, number, currency, balance FROM invoice WHERE conn = $1 AND balance <> 0 ORDER BY erp_id`)
)

// compareOrders compares the totals of orders that are not finished.
func (r *reconciliation) compareOrders(ctx context.Context) error {
	var ours []figure
	if err := r.DB.Read(ctx, func(tx *db.Tx) (err error) {
		ours, err = db.All(ctx, tx, selectOpenOrders, func(row db.Row) (f figure, err error) {
			var text string
			if err = row.Scan(&f.id, &f.number, &f.amount.Currency, &text); err == nil {
				var t erp.Totals
				t, err = totalsOf(text)
				f.amount = t.Total
			}
			return f, err
		}, connection)
		return err
	}); err != nil {
		return err
	}
	return r.compare(ctx, erp.KindOrder, ours, func(b erp.Body) money.Amount {
		o, _ := b.(erp.Order)
		return o.Totals.Total
	})
}

// compareInvoices compares what is open on each invoice.
func (r *reconciliation) compareInvoices(ctx context.Context) error {
	var ours []figure
	if err := r.DB.Read(ctx, func(tx *db.Tx) (err error) {
		ours, err = db.All(ctx, tx, selectOpenInvoices, func(row db.Row) (f figure, err error) {
			err = row.Scan(&f.id, &f.number, &f.amount.Currency, &f.amount.Minor)
			return f, err
		}, connection)
		return err
	}); err != nil {
		return err
	}
	return r.compare(ctx, erp.KindInvoice, ours, func(b erp.Body) money.Amount {
		i, _ := b.(erp.Invoice)
		return i.Open
	})
}

// compare reads documents again and says where a figure is not the ERP's, then
// the sums of both sides by currency. Where they differ the ERP's is kept.
func (r *reconciliation) compare(ctx context.Context, kind erp.Kind, ours []figure, of func(erp.Body) money.Amount) error {
	theirs := map[string]money.Amount{}
	for part := range slices.Chunk(ours, 200) {
		ids := make([]string, len(part))
		for i, f := range part {
			ids[i] = f.id
		}
		records, err := r.Engine.ERP.Read(ctx, kind, ids)
		if err != nil {
			return err
		}
		for _, rec := range records {
			if rec.Body != nil {
				theirs[rec.ID] = of(rec.Body)
			}
		}
	}
	here, there := map[string]int64{}, map[string]int64{}
	var wrong []string
	for _, f := range ours {
		here[f.amount.Currency] += f.amount.Minor
		there[f.amount.Currency] += theirs[f.id].Minor
		if theirs[f.id] != f.amount {
			r.differs("cmd.differs_"+string(kind), "number", f.number, "here", f.amount, "there", theirs[f.id])
			wrong = append(wrong, f.id)
		}
	}
	for currency, sum := range here {
		r.say("cmd.compared_"+string(kind), "n", len(ours), "here", money.Amount{Minor: sum, Currency: currency},
			"there", money.Amount{Minor: there[currency], Currency: currency})
	}
	return r.Engine.Reload(ctx, kind, wrong)
}

// comparePrices asks the ERP for some of our prices.
func (r *reconciliation) comparePrices(ctx context.Context, n int) error {
	if !r.Engine.Capabilities().PriceLive {
		r.say("cmd.prices_not_live")
		return nil
	}
	before, err := r.pricesChecked(ctx)
	if err != nil {
		return err
	}
	for asked := 0; asked < n; asked += 50 {
		if err := r.Engine.Sample(ctx, min(50, n-asked)); err != nil {
			return err
		}
	}
	after, err := r.pricesChecked(ctx)
	if err != nil {
		return err
	}
	if bad := after.Differed - before.Differed; bad > 0 {
		r.differ += bad - 1
		r.differs("cmd.differs_price", "n", bad, "last", after.Detail)
	}
	r.say("cmd.compared_prices", "n", after.Checked-before.Checked)
	return nil
}

func (r *reconciliation) pricesChecked(ctx context.Context) (c price.Checked, err error) {
	err = r.DB.Read(ctx, func(tx *db.Tx) error {
		c, err = r.Engine.PricesChecked(ctx, tx)
		return err
	})
	return c, err
}
