package tryton

import (
	"context"

	"comptoir.example/comptoir/erp"
)

func (c *Connector) shipmentWatches() []watch {
	return []watch{{model: "stock.shipment.out"},
		{model: "stock.move", where: domain(is{"shipment", "like", "stock.shipment.out,%"}),
			to: func(ctx context.Context, rows []int64) ([]string, error) {
				moves, err := c.rpc.all(ctx, "stock.move", domain(is{"id", "in", rows}), "shipment")
				if err != nil {
					return nil, err
				}
				var ids []string
				for _, r := range moves {
					if _, id := r.reference("shipment"); id != "" {
						ids = append(ids, id)
					}
				}
				return ids, nil
			}}}
}

// shipmentStates are Tryton's words for goods that have not left, and the rest.
var shipmentStates = map[string]string{"draft": "preparing", "waiting": "preparing", "assigned": "preparing",
	"picked": "preparing", "packed": "preparing", "done": "done", "cancelled": "cancelled"}

func (c *Connector) readShipments(ctx context.Context, ids []string) ([]erp.Record, error) {
	rows, err := c.rpc.all(ctx, "stock.shipment.out", domain(is{"id", "in", numbers(ids)}), document("number", "customer",
		"effective_date", "state", "carrier.party.name", "outgoing_moves.product", "outgoing_moves.quantity",
		"outgoing_moves.state", "outgoing_moves.origin")...)
	if err != nil {
		return nil, err
	}
	var moves []*row
	for _, r := range rows {
		moves = append(moves, r.subs("outgoing_moves")...)
	}
	lines, err := c.soldBy(ctx, moves)
	if err != nil {
		return nil, err
	}
	var out []erp.Record
	for _, r := range rows {
		s := erp.Shipment{Number: r.text("number"), Customer: r.id("customer"),
			Carrier: r.sub("carrier").sub("party").text("name"), State: shipmentStates[r.text("state")]}
		if s.State == "" {
			s.State = "unknown"
		}
		if s.State == "done" {
			s.Date = r.date("effective_date")
		}
		for _, m := range r.subs("outgoing_moves") {
			line := erp.ShipmentLine{Item: m.id("product"), Quantity: m.quantity("quantity")}
			if sold := lines[m.id("id")]; sold != nil {
				line.OrderLine = sold.id("id")
				s.Orders = append(s.Orders, sold.id("sale"))
			}
			r.check(m)
			if m.text("state") != "cancelled" && !line.Quantity.IsZero() {
				s.Lines = append(s.Lines, line)
			}
		}
		s.Orders = unique(s.Orders)
		out = append(out, record(r, s.Number, s))
	}
	return out, nil
}
