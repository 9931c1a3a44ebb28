package portal

import (
	"context"
	"slices"

	"comptoir.example/comptoir/base/db"
	"comptoir.example/comptoir/base/outbox"
	"comptoir.example/comptoir/erpsync"
	"comptoir.example/comptoir/finance/invoice"
	"comptoir.example/comptoir/trade/access"
	"comptoir.example/comptoir/trade/order"
	"comptoir.example/comptoir/web"
	"comptoir.example/comptoir/web/ui"
)

// told is what the journal calls each fact of an order.
var told = map[string]string{
	"order.placed": "placed", "order.numbered": "numbered", "order.refused": "refused", "order.questioned": "questioned",
	"order.differs": "differs", "order.conflicts": "conflicts", "message.handled": "retried",
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
		case "order.placed":
			name, err := access.NameOf(ctx, tx, f.Actor)
			if err != nil {
				return err
			}
			entry.Params = []any{"who", name}
		case "message.handled":
			var fact erpsync.Handled
			if err := f.Read(&fact); err != nil {
				return err
			}
			if fact.What == "park" {
				entry.Kind = "parked"
			}
			// Customers need not know which of the merchant's people it was.
			name := r.Site.Engine.Merchant().Name
			if r.Actor.Staff {
				if name, err = access.NameOf(ctx, tx, f.Actor); err != nil {
					return err
				}
			}
			entry.Params, entry.Source = []any{"who", name}, "ui.source.desk"
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
		page.Refused = refusal(r, last, "erp.refused")
	case order.OnHold:
		page.Held = refusal(r, last, "erp.question")
	}
	return nil
}

// refusal is why the ERP did not take an order. ERPs have codes nobody has found
// words for; their own text stands beside.
func refusal(r *web.Request, last order.Answered, otherwise string) *Refusal {
	cause := last.Code
	if !r.P.Has(cause) || !r.P.Has(cause+".todo") {
		cause = otherwise
	}
	return &Refusal{Cause: cause, Text: last.Text, Todo: cause + ".todo"}
}
