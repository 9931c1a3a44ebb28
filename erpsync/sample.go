package erpsync

import (
	"context"
	"fmt"

	"comptoir.example/comptoir/base/db"
	"comptoir.example/comptoir/base/money"
	"comptoir.example/comptoir/erp"
	"comptoir.example/comptoir/trade/price"
)

// Sample compares some of our prices with the ERP's, walking round all that are
// in use. The ERP is the oracle; a difference is a figure on the desk. A price
// that changed between our reading and its answer heals with the next pull.
func (e *Engine) Sample(ctx context.Context, n int) error {
	if !e.Capabilities().PriceLive {
		return nil
	}
	var samples []price.Sample
	if err := e.DB.Read(ctx, func(tx *db.Tx) (err error) {
		if samples, err = price.Samples(ctx, tx, e.conn(), e.flows.sampled, n); err == nil && len(samples) == 0 {
			samples, err = price.Samples(ctx, tx, e.conn(), price.Sample{}, n)
		}
		return err
	}); err != nil || len(samples) == 0 {
		return err
	}
	e.flows.sampled = samples[len(samples)-1]
	questions := make([]erp.PriceQuestion, len(samples))
	ours := make([]money.Decimal, len(samples))
	for i, s := range samples {
		// A different step of the ladder each time the walk comes by.
		step := s.Ladder.Breaks[e.flows.walks%len(s.Ladder.Breaks)]
		quantity := step.From
		if quantity.Sign() <= 0 {
			quantity = money.Int(1)
		}
		ours[i], _ = s.Ladder.At(quantity)
		questions[i] = erp.PriceQuestion{Customer: s.Customer, Item: s.Item, Quantity: quantity}
	}
	e.flows.walks++
	answers, err := e.ERP.Prices(ctx, questions)
	if err != nil {
		return fmt.Errorf("prices: %w", err)
	}
	found := price.Checked{Checked: len(answers)}
	for i, a := range answers {
		if !a.Known || a.Price.Cmp(ours[i]) != 0 {
			found.Differed++
			found.Detail = fmt.Sprintf("%s %s × %s: %s, ERP %s", samples[i].Code, samples[i].SKU, questions[i].Quantity, ours[i], a.Price)
		}
	}
	return e.DB.Write(ctx, func(tx *db.Tx) error {
		return price.NoteCheck(ctx, tx, e.conn(), e.Merchant().Day(tx.Now), found)
	})
}
