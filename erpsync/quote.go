package erpsync

import (
	"context"
	"log/slog"

	"comptoir.example/comptoir/erp"
	"comptoir.example/comptoir/trade/customer"
	"comptoir.example/comptoir/trade/order"
)

// maxQuoted is how many lines an ERP is asked to add up while somebody waits.
const maxQuoted = 100

// Quote asks the ERP what a cart adds up to, within the time ctx allows. False
// when it does not say: then our own figures hold, called an estimate.
func (e *Engine) Quote(ctx context.Context, c customer.Customer, w order.Wish, cart order.Cart) (erp.Totals, bool) {
	if !e.Capabilities().QuoteLive || len(cart.Lines) > maxQuoted {
		return erp.Totals{}, false
	}
	n := erp.NewOrder{Customer: c.ERP, ShipTo: w.ShipTo, PONumber: w.PONumber, Date: e.Merchant().Day(e.DB.Now()), Currency: c.Currency, DeliveryMethod: w.Delivery}
	for _, l := range cart.Lines {
		if l.Problem != "" {
			return erp.Totals{}, false
		}
		n.Lines = append(n.Lines, erp.NewLine{Item: l.Offer.ERP, Quantity: l.Quantity, UnitPrice: l.Price})
	}
	totals, err := e.ERP.Quote(ctx, n)
	if err != nil {
		slog.InfoContext(ctx, "erp: no quote in time", "conn", c.Conn, "err", err)
		return erp.Totals{}, false
	}
	return totals, true
}
