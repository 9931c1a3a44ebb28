package main

import (
	"time"

	"comptoir.example/comptoir/base/i18n"
	"comptoir.example/comptoir/web/desk"
	"comptoir.example/comptoir/web/ui"
	"github.com/a-h/templ"
)

func home(p *i18n.Printer, busy bool) desk.HomePage {
	page := desk.HomePage{Name: "Hélène", Now: now, Access: desk.AccessFigures{People: 12, Companies: 7}, ERP: desk.ERPFigures{AsOf: stamp(0, "")}}
	if busy {
		page.ERP = desk.ERPFigures{ClickToERP: 1400 * time.Millisecond, Orders: 148, Waiting: 2, AsOf: stamp(20*time.Second, "")}
		page.Access.Locked, page.Service = 1, desk.ServiceFigures{Placed: 112, Late: 31}
		page.Todo = []ui.Todo{
			{Tone: "late", Icon: "oct", Lead: p.T("specimen.todo.failed"), Detail: p.T("specimen.todo.failed.detail"), Since: 72 * time.Minute, Key: p.T("ui.show.todo.key"), Href: "/desk/exchange"},
			{Tone: "warn", Icon: "tri", Lead: p.T("specimen.todo.late"), Detail: p.T("specimen.todo.late.detail"), Since: 9 * time.Minute, Key: p.T("ui.show.todo.key"), Href: "/desk/exchange"},
		}
	}
	return page
}

func deskOrders() desk.OrdersPage {
	row := func(n, company, state, delivery string, total int64) desk.OrderRow {
		return desk.OrderRow{ID: n, Number: n, ERPNumber: "CMD-1046", Company: company, PONumber: "BC-7762", PlacedAt: at(3 * time.Hour), State: state, Delivery: delivery, Total: cad(total)}
	}
	rows := []desk.OrderRow{row("W-20436", "Great Lakes Supply", "submitted", "retrying", 61240), row("W-20431", "Ville de Saint-Élie", "submitted", "failed", 218460), row("W-20418", "Construction Rivard", "partly_shipped", "acknowledged", 583496), row("W-20417", long.FR, "shipped", "acknowledged", 4180)}
	rows[0].ERPNumber, rows[1].ERPNumber = "", ""
	return desk.OrdersPage{Orders: rows, Pages: ui.Pages{Total: 4812, From: 1, To: 4, Next: "/desk/orders?page=2"}, State: "refused",
		Counts: []desk.Count{{"submitted", "submitted", 14}, {"accepted", "accepted", 2}, {"refused", "rejected", 1}}}
}

func messages() []desk.Message {
	return []desk.Message{
		{MayAct: true, ID: "1", Kind: "order", Number: "W-20431", Href: "/desk/orders/1", Company: "Ville de Saint-Élie", Total: cad(218460), State: "failed", Attempts: 4, Cause: "specimen.cause", Todo: "specimen.todo", Text: "The delivery address is not valid for this party."},
		{MayAct: true, ID: "2", Kind: "order", Number: "W-20436", Href: "/desk/orders/2", Company: "Great Lakes Supply", Total: cad(61240), State: "retrying", Attempts: 2, Next: now.Add(time.Minute), Cause: "specimen.unanswered", Todo: "specimen.unanswered.todo"},
	}
}

func deskOrder() desk.OrderPage {
	o := unsent()
	page := desk.OrderPage{ID: "1", Number: "W-20431", PONumber: "BC-7762", Company: "Ville de Saint-Élie", Person: "Luc Tremblay", PlacedAt: at(72 * time.Minute), State: "submitted", Totals: o.Totals, ShipTo: laval, Message: messages()[0],
		Key: "CT-7F3A-22C1-9B04", Payload: "{\n  \"customer\": \"C1007\",\n  \"po_number\": \"BC-7762\",\n  \"lines\": [\n    {\"item\": \"PRD-012\", \"quantity\": \"10\", \"unit_price\": \"160.65\"}\n  ]\n}", Journal: o.Journal, AsOf: stamp(2*time.Minute, ""), Final: true}
	for _, l := range o.Lines {
		page.Lines = append(page.Lines, desk.OrderLine{SKU: l.SKU, Name: l.Name, Price: l.Price, Amount: l.Amount, Line: l.Line})
	}
	return page
}

func exchange() desk.ExchangePage {
	var flows []ui.Flow
	for i, key := range []string{"orders_out", "customer", "item", "price", "stock", "order", "shipment", "invoice"} {
		day := make([]time.Duration, 24)
		for h := range day {
			day[h] = time.Duration(30+(h*7+i*5)%19) * time.Second
		}
		f := ui.Flow{Key: key, Out: i == 0, Age: time.Duration(18+i*9) * time.Second, Limit: time.Duration(2+i%3*2) * time.Minute, Day: day, State: "fresh"}
		if key == "stock" {
			f.Age, f.State = 9*time.Minute, "late"
			for h := 19; h < 24; h++ {
				f.Day[h] = time.Duration(h-18) * 108 * time.Second
			}
		}
		flows = append(flows, f)
	}
	return desk.ExchangePage{Product: "Tryton 6.0.29", Latency: 210 * time.Millisecond, Now: now, Flows: flows, Messages: messages(), Queued: 14, Retrying: 2, Parked: 1, Done: 4812, Failed: 1, Swept: desk.Sweep{At: at(2 * time.Hour), Records: 100212}}
}

func exchangeDown(p *i18n.Printer, s ui.Shell) templ.Component {
	page := exchange()
	page.Down = &desk.Down{Since: at(22 * time.Minute), Queued: 214, Next: now.Add(8 * time.Second)}
	page.Messages, page.Failed, page.Swept = nil, 0, desk.Sweep{}
	for i := range page.Flows {
		page.Flows[i].State, page.Flows[i].Age = "down", 22*time.Minute
	}
	page.Flows[0].Queue, page.Flows[0].Oldest = 214, 22*time.Minute
	s = back(p, s, "exchange")
	s.ERP = ui.Health{State: "down", At: at(22 * time.Minute)}
	return desk.Exchange(p, s, page)
}
