package portal

import (
	"context"
	"slices"

	"comptoir.example/comptoir/base/db"
	"comptoir.example/comptoir/base/outbox"
	"comptoir.example/comptoir/finance/invoice"
	"comptoir.example/comptoir/trade/order"
	"comptoir.example/comptoir/web"
	"comptoir.example/comptoir/web/ui"
)

// told is what the journal calls each fact of an order.
var told = map[string]string{
	"order.placed": "placed", "order.numbered": "numbered", "order.refused": "refused", "order.questioned": "unanswered",
	"order.differs": "repriced", "order.conflicts": "unanswered", "message.handled": "retried",
}

// tell adds the order's story: what happened to it here, what left, what was
// invoiced; and, while it has not arrived in the ERP, where it stands and why.
func (page *OrderPage) tell(ctx context.Context, tx *db.Tx, r *web.Request, o order.Order, shipments []order.Shipment, invoices []invoice.Invoice) error {
	facts, err := outbox.About(ctx, tx, o.ID)
	if err != nil {
		return err
	}
	var last order.Answered
	for _, f := range facts {
		entry := ui.Entry{Kind: told[f.Kind], At: f.At, Source: "ui.source.shop"}
		switch f.Kind {
		case "order.numbered":
			var fact order.Numbered
			if err := f.Read(&fact); err != nil {
				return err
			}
			entry.Params, entry.Source = []any{"number", fact.Number}, "ui.source.erp"
		case "order.refused", "order.questioned", "order.differs", "order.conflicts":
			if err := f.Read(&last); err != nil {
				return err
			}
			entry.Text, entry.Source = last.Text, "ui.source.erp"
		case "order.moved":
			var fact order.Moved
			if err := f.Read(&fact); err != nil {
				return err
			}
			if fact.To != order.Cancelled {
				continue // shipments and invoices tell it better
			}
			entry.Kind, entry.Source = "cancelled", "ui.source.erp"
		}
		if entry.Kind != "" {
			page.Journal = append(page.Journal, entry)
		}
	}
	for _, s := range shipments {
		if s.State == "done" {
			page.Journal = append(page.Journal, ui.Entry{Kind: "shipped", Params: []any{"number", s.Number}, Day: s.Day, Source: "ui.source.erp"})
		}
	}
	for _, i := range invoices {
		page.Journal = append(page.Journal, ui.Entry{Kind: "invoiced", Params: []any{"number", i.Number, "total", i.Total}, Day: i.Day, Source: "ui.source.erp"})
	}
	slices.Reverse(page.Journal) // the newest on top
	switch o.State {
	case order.Submitted:
		down, err := outbox.DownSince(ctx, tx, o.Conn)
		page.Waiting = &Waiting{Since: o.Placed, Now: r.Now, Down: !down.IsZero()}
		return err
	case order.Refused:
		cause := last.Code
		if !r.P.Has(cause) || !r.P.Has(cause+".todo") {
			cause = "erp.refused" // its own words stand beside
		}
		page.Refused = &Refusal{Cause: cause, Text: last.Text, Todo: cause + ".todo"}
	}
	return nil
}
