package desk

import (
	"context"
	"encoding/json"
	"net/http"
	"strconv"
	"time"

	"comptoir.example/comptoir/base/db"
	"comptoir.example/comptoir/base/outbox"
	"comptoir.example/comptoir/erpsync"
	"comptoir.example/comptoir/trade/access"
	"comptoir.example/comptoir/trade/customer"
	"comptoir.example/comptoir/trade/order"
	"comptoir.example/comptoir/web"
	"comptoir.example/comptoir/web/portal"
	"comptoir.example/comptoir/web/ui"
)

// GET /desk/orders/{id}
func showOrder(w http.ResponseWriter, r *web.Request) error {
	var o office
	var page OrderPage
	err := r.Read(func(ctx context.Context, tx *db.Tx) (err error) {
		if o, err = readOffice(ctx, tx, r, "", "orders"); err != nil {
			return err
		}
		x, err := order.Find(ctx, tx, r.Actor, r.PathValue("id"))
		if err != nil {
			return err
		}
		seen, err := portal.ReadOrder(ctx, tx, r, x, o.board)
		if err != nil {
			return err
		}
		page = OrderPage{ID: x.ID, Number: x.Reference, ERPNumber: x.ERPNumber, PONumber: x.PONumber, PlacedAt: x.Placed, State: seen.State,
			Totals: seen.Totals, FromERP: seen.FromERP, ShipTo: seen.ShipTo.Address, Key: x.Key, Journal: seen.Journal, AsOf: seen.AsOf, Final: seen.Final}
		for _, l := range seen.Lines {
			page.Lines = append(page.Lines, OrderLine(l))
		}
		c, err := customer.Find(ctx, tx, x.Customer)
		if err != nil {
			return err
		}
		page.Company = c.Name
		if page.Person, err = access.NameOf(ctx, tx, x.Person); err != nil {
			return err
		}
		sent, err := json.MarshalIndent(erpsync.Wire(x, c), "", "  ")
		if err != nil {
			return err
		}
		if x.Key != "" {
			page.Payload = string(sent)
		}
		deliveries, err := outbox.DeliveriesAbout(ctx, tx, x.ID)
		if n := len(deliveries); n > 0 {
			page.Message = message(r, erpsync.MessageOf(deliveries[n-1], x), c.Name)
		}
		return err
	})
	if err != nil {
		return err
	}
	o.shell.Title = r.P.T("desk.order.title", "number", page.Number)
	if page.ETag, err = web.Mark(r.Context(), OrderLive(r.P, o.shell, page)); err != nil {
		return err
	}
	if r.IsLive() {
		return r.Part(w, page.ETag, OrderLive(r.P, o.shell, page))
	}
	return r.Show(w, http.StatusOK, Order(r.P, o.shell, page))
}

// messageStates are the states of a delivery in the vocabulary of stamps.
var messageStates = map[outbox.State]string{
	outbox.Queued: "queued", outbox.Sending: "sent", outbox.Unknown: "retrying", outbox.Done: "acknowledged",
	outbox.Rejected: "failed", outbox.NeedsDecision: "failed", outbox.Conflict: "failed", outbox.Differs: "failed", outbox.Failed: "failed",
	outbox.Parked: "parked",
}

// pageOf is the page of a message's document, "" when it has none.
func pageOf(m erpsync.Message) string {
	if m.About == "order" {
		return "/desk/orders/" + m.Subject
	}
	return ""
}

func message(r *web.Request, m erpsync.Message, company string) Message {
	out := Message{ID: strconv.FormatInt(m.Seq, 10), Kind: m.About, Number: m.Number, Href: pageOf(m), Company: company, Total: m.Total, State: messageStates[m.State], Attempts: m.Attempts, Text: m.Detail,
		MayAct: r.Actor.Can(access.ManageQueue), Ask: m.State == outbox.NeedsDecision || m.State == outbox.Differs}
	switch m.State {
	case outbox.Done:
	case outbox.Queued, outbox.Sending:
		// What the network said is told once, above; each message says since when it waits.
		out.Cause, out.Params, out.Text, out.Todo = "desk.waiting", []any{"time", m.Created, "span", r.Now.Sub(m.Created)}, "", "desk.waiting.todo"
	default:
		out.Cause = cause(r, m.Delivery)
		out.Todo = out.Cause + ".todo"
	}
	if m.Open && m.State != outbox.Failed {
		out.Next = m.Due
	}
	return out
}

// GET /desk/exchange
func showExchange(w http.ResponseWriter, r *web.Request) error {
	var o office
	var page ExchangePage
	err := r.Read(func(ctx context.Context, tx *db.Tx) (err error) {
		if o, err = readOffice(ctx, tx, r, r.P.T("desk.exchange"), "exchange"); err != nil {
			return err
		}
		page, err = exchangePage(ctx, tx, r, o)
		return err
	})
	if err != nil {
		return err
	}
	page.ETag, err = web.Mark(r.Context(), ExchangeLive(r.P, o.shell, page))
	if err != nil {
		return err
	}
	if r.IsLive() {
		return r.Part(w, page.ETag, ExchangeLive(r.P, o.shell, page))
	}
	return r.Show(w, http.StatusOK, Exchange(r.P, o.shell, page))
}

func exchangePage(ctx context.Context, tx *db.Tx, r *web.Request, o office) (ExchangePage, error) {
	x := o.exchange
	page := ExchangePage{Product: x.Caps.Product, Now: r.Now, Queued: x.Queue.Waiting, Latency: r.Site.Engine.Latency(), MayAct: r.Actor.Can(access.ManageQueue)}
	if !x.Queue.Down.IsZero() {
		page.Down = &Down{Since: x.Queue.Down, Queued: x.Queue.Waiting, Next: r.Now.Add(time.Second)}
	}
	for _, f := range x.Flows {
		page.Flows = append(page.Flows, flow(f, r.Now))
	}
	for _, m := range append(x.Stopped, x.Waiting...) {
		var company string
		if m.Customer != "" {
			c, err := customer.Find(ctx, tx, m.Customer)
			if err != nil {
				return page, err
			}
			company = c.Name
		}
		shown := message(r, m, company)
		switch m.State {
		case outbox.Unknown:
			page.Retrying++
		case outbox.Rejected, outbox.Failed:
			page.Failed++
		}
		page.Messages = append(page.Messages, shown)
	}
	m := r.Site.Engine.Merchant()
	today, err := time.ParseInLocation(time.DateOnly, m.Day(r.Now), m.Zone)
	if err != nil {
		return page, err
	}
	if page.Done, page.Parked, err = outbox.CountSince(ctx, tx, x.Conn, today); err != nil {
		return page, err
	}
	page.Swept.At, page.Swept.Records, err = r.Site.Engine.Swept(ctx, tx)
	return page, err
}

func flow(f erpsync.Flow, now time.Time) ui.Flow {
	out := ui.Flow{Key: f.Name, Out: f.Out, Limit: f.Stamp.Limit, Day: f.Lag, Queue: f.Waiting, State: "fresh", Never: f.Stamp.At.IsZero()}
	if f.Name == "push" {
		out.Key, out.Never = "orders_out", f.Oldest.IsZero() // nothing waits, so nothing has an age
	}
	if !f.Stamp.At.IsZero() {
		out.Age = now.Sub(f.Stamp.At)
	}
	if !f.Oldest.IsZero() {
		out.Oldest = now.Sub(f.Oldest)
	}
	switch {
	case f.Late(now) && f.Error != "":
		out.State = "down"
	case f.Late(now):
		out.State = "late"
	}
	return out
}
