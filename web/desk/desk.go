// Package desk is the merchant's side: what to settle, orders of all customers,
// the exchange with the ERP.
package desk

import (
	"cmp"
	"context"
	"net/http"
	"strconv"
	"strings"
	"time"

	"comptoir.example/comptoir/base/asof"
	"comptoir.example/comptoir/base/db"
	"comptoir.example/comptoir/base/fault"
	"comptoir.example/comptoir/base/outbox"
	"comptoir.example/comptoir/erpsync"
	"comptoir.example/comptoir/finance/parity"
	"comptoir.example/comptoir/finance/payment"
	"comptoir.example/comptoir/trade/access"
	"comptoir.example/comptoir/trade/customer"
	"comptoir.example/comptoir/trade/order"
	"comptoir.example/comptoir/web"
	"comptoir.example/comptoir/web/ui"
)

// Routes are the desk's addresses.
func Routes() []web.Route {
	return []web.Route{
		web.Get("/desk", access.ViewDesk, web.Everyone, showHome),
		web.Get("/desk/orders", access.ViewDesk, web.Everyone, showOrders),
		web.Get("/desk/orders/{id}", access.ViewDesk, web.Everyone, showOrder),
		web.Get("/desk/exchange", access.ViewExchange, web.Everyone, showExchange),
		web.Post("/desk/exchange/{seq}/retry", access.ManageQueue, web.Everyone, retry),
		web.Post("/desk/exchange/{seq}/parking", access.ManageQueue, web.Everyone, park),
		web.Post("/desk/exchange/retry", access.ManageQueue, web.Everyone, retryAll),
		web.Get("/desk/refunds", access.GiveRefunds, web.Everyone, showRefunds),
		web.Get("/desk/refunds/new", access.GiveRefunds, web.Everyone, showRefund),
		web.Post("/desk/refunds", access.GiveRefunds, web.Everyone, giveRefund),
		web.Get("/desk/finance", access.ViewFinance, web.Everyone, showFinance),
		web.Get("/desk/payouts/{gateway}/{id}/csv", access.ViewFinance, web.Everyone, payoutCSV),
		web.Get("/desk/tasks", access.ViewFinance, web.Everyone, showTasks),
		web.Get("/desk/tasks/{id}", access.ViewFinance, web.Everyone, showTask),
		web.Post("/desk/tasks/{id}/owner", access.SettleFinance, web.Everyone, ownTask),
		web.Post("/desk/tasks/{id}/settlement", access.SettleFinance, web.Everyone, settleTask),
		web.Get("/desk/parity", access.ViewFinance, web.Everyone, showParity),
		web.Get("/desk/parity/difference", access.ViewFinance, web.Everyone, showDifference),
		web.Post("/desk/parity/owner", access.SettleFinance, web.Everyone, ownDifference),
		web.Post("/desk/parity/note", access.SettleFinance, web.Everyone, noteDifference),
		web.Post("/desk/parity/fix", access.SettleFinance, web.Everyone, fixDifference),
		web.Post("/desk/parity/comparison", access.SettleFinance, web.Everyone, compareNow),
		web.Get("/desk/ui", access.ViewDesk, web.None, showroom),
	}
}

// office is what every page of the desk knows.
type office struct {
	exchange    erpsync.Exchange
	tasks       []payment.TaskCount
	differences []parity.Count
	board       asof.Board
	shell       ui.Shell
}

func readOffice(ctx context.Context, tx *db.Tx, r *web.Request, title, tab string) (o office, err error) {
	o.shell = r.Shell(title)
	if o.board, err = asof.Read(ctx, tx, r.Site.Engine.Merchant().Conn); err != nil {
		return o, err
	}
	attention := ui.Attention{Finance: r.Actor.Can(access.ViewFinance), Refunds: r.Actor.Can(access.GiveRefunds)}
	if r.Actor.Can(access.ViewExchange) {
		var processor []string
		if r.Site.Gateway != nil {
			processor = append(processor, r.Site.Gateway.Conn())
		}
		if o.exchange, err = r.Site.Engine.Look(ctx, tx, r.Actor, processor...); err != nil {
			return o, err
		}
		attention.Messages = o.exchange.Queue.Stopped
		o.shell.ERP = health(o, r.Now)
	}
	if attention.Finance {
		if o.tasks, err = payment.CountTasks(ctx, tx, r.Actor); err != nil {
			return o, err
		}
		if o.differences, err = parity.CountByOwner(ctx, tx); err != nil {
			return o, err
		}
		attention.Tasks, attention.Differences = o.open()
	}
	o.shell.Tabs = ui.DeskTabs(tab, attention)
	return o, nil
}

// open is how many tasks and differences are to be settled.
func (o office) open() (tasks, differences int) {
	for _, c := range o.tasks {
		tasks += c.N
	}
	for _, c := range o.differences {
		differences += c.N
	}
	return tasks, differences
}

func health(o office, now time.Time) ui.Health {
	h := ui.Health{State: "fresh", At: o.board.Of("price").At}
	for _, f := range o.exchange.Flows {
		if f.Late(now) {
			h.State, h.Flows = "late", h.Flows+1
		}
	}
	if down := o.exchange.Queue.Down; !down.IsZero() {
		h.State, h.At = "down", down
	}
	return h
}

// GET /desk
func showHome(w http.ResponseWriter, r *web.Request) error {
	var o office
	var page HomePage
	m := r.Site.Engine.Merchant()
	err := r.Read(func(ctx context.Context, tx *db.Tx) (err error) {
		if o, err = readOffice(ctx, tx, r, r.P.T("ui.tab.home"), "home"); err != nil {
			return err
		}
		today, err := time.ParseInLocation(time.DateOnly, m.Day(r.Now), m.Zone)
		if err != nil {
			return err
		}
		counts, err := order.CountSince(ctx, tx, today)
		if err != nil {
			return err
		}
		for _, c := range counts {
			page.ERP.Orders += c.N
		}
		if page.Access, err = accessFigures(ctx, tx); err != nil {
			return err
		}
		checked, err := r.Site.Engine.PricesChecked(ctx, tx)
		if err != nil {
			return err
		}
		page.ERP.Checked, page.ERP.Differed = checked.Checked, checked.Differed
		page.Service, err = serviceFigures(ctx, tx, m, r.Now)
		return err
	})
	if err != nil {
		return err
	}
	page.Name, _, _ = strings.Cut(r.Actor.Name, " ")
	page.Now = r.Now
	page.Origins = web.ForeignOrigins()
	page.ERP.ClickToERP, page.ERP.Waiting, page.ERP.AsOf = o.exchange.P95, o.exchange.Queue.Waiting, r.AsOf(o.board, "price", "")
	page.Todo = append(todos(r, o.exchange), moneyTodos(r, o)...)
	return r.Show(w, http.StatusOK, Home(r.P, o.shell, page))
}

func accessFigures(ctx context.Context, tx *db.Tx) (f AccessFigures, err error) {
	f.People, f.Companies, f.Locked, err = access.Count(ctx, tx)
	return f, err
}

// serviceFigures counts the orders placed here in the last seven days, and those
// placed when nobody answers the phone: before 7, after 17, on Saturday or Sunday.
func serviceFigures(ctx context.Context, tx *db.Tx, m customer.Merchant, now time.Time) (f ServiceFigures, err error) {
	placed, err := order.PlacedHereSince(ctx, tx, now.Add(-7*24*time.Hour))
	for _, at := range placed {
		local := at.In(m.Zone)
		f.Placed++
		if h := local.Hour(); h < 7 || h >= 17 || local.Weekday() == time.Saturday || local.Weekday() == time.Sunday {
			f.Late++
		}
	}
	return f, err
}

// todos are what somebody has to settle, most pressing first.
func todos(r *web.Request, x erpsync.Exchange) (list []ui.Todo) {
	if down := x.Queue.Down; !down.IsZero() {
		list = append(list, ui.Todo{Tone: "warn", Icon: "pause", Lead: r.P.T("desk.todo.down", "product", x.Caps.Product),
			Detail: r.P.T("desk.todo.down.detail", "n", x.Queue.Waiting), Since: r.Now.Sub(down), Key: r.P.T("desk.todo.see"), Href: "/desk/exchange"})
	}
	for _, m := range x.Stopped {
		if m.State == outbox.Unknown {
			continue // the program is still at it
		}
		list = append(list, ui.Todo{Tone: "late", Icon: "oct", Lead: r.P.T(cause(r, m.Delivery)), Detail: r.P.T("desk.todo."+m.About, "number", m.Number, "total", m.Total),
			Since: r.Now.Sub(m.Created), Key: r.P.T("desk.todo.see"), Href: cmp.Or(pageOf(m), "/desk/exchange")})
	}
	for _, f := range x.Flows {
		if f.Unclear > 0 {
			list = append(list, ui.Todo{Tone: "warn", Icon: "tri", Lead: r.P.T("desk.todo.unclear", "n", f.Unclear),
				Detail: r.P.T("ui.flow."+f.Name) + " · " + f.UnclearX, Key: r.P.T("desk.todo.see"), Href: "/desk/exchange"})
		}
	}
	return list
}

// moneyTodos are what waits for finance.
func moneyTodos(r *web.Request, o office) (list []ui.Todo) {
	tasks, differences := o.open()
	since := func(oldest time.Time, at time.Time) time.Time {
		if oldest.IsZero() || at.Before(oldest) {
			return at
		}
		return oldest
	}
	var oldestTask, oldestGap time.Time
	free := 0
	for _, c := range o.tasks {
		oldestTask = since(oldestTask, c.Oldest)
		if c.Owner == "" {
			free += c.N
		}
	}
	for _, c := range o.differences {
		oldestGap = since(oldestGap, c.Oldest)
	}
	if differences > 0 {
		list = append(list, ui.Todo{Tone: "late", Icon: "swap", Lead: r.P.T("desk.todo.gaps", "n", differences), Detail: r.P.T("desk.todo.gaps.detail"),
			Since: r.Now.Sub(oldestGap), Key: r.P.T("desk.todo.see"), Href: "/desk/parity"})
	}
	if tasks > 0 {
		list = append(list, ui.Todo{Tone: "warn", Icon: "bank", Lead: r.P.T("desk.todo.tasks", "n", tasks), Detail: r.P.T("desk.todo.tasks.detail", "n", free),
			Since: r.Now.Sub(oldestTask), Key: r.P.T("desk.todo.see"), Href: "/desk/tasks"})
	}
	return list
}

// cause is the key of what a stopped message says. The far side has codes nobody has
// found words for; their own text stands beside.
func cause(r *web.Request, d outbox.Delivery) string {
	if r.P.Has(d.Code) && r.P.Has(d.Code+".todo") {
		return d.Code
	}
	switch processor := strings.HasPrefix(d.Conn, "gateway."); {
	case processor && d.State == outbox.Rejected:
		return "gateway.refused"
	case processor:
		return "gateway.broken"
	case d.State == outbox.NeedsDecision:
		return "erp.question"
	case d.State == outbox.Rejected:
		return "erp.refused"
	}
	return "erp.broken"
}

// GET /desk/orders
func showOrders(w http.ResponseWriter, r *web.Request) error {
	var o office
	values := r.URL.Query()
	page := OrdersPage{Query: values.Get("q"), State: values.Get("state")}
	err := r.Read(func(ctx context.Context, tx *db.Tx) (err error) {
		if o, err = readOffice(ctx, tx, r, r.P.T("desk.orders"), "orders"); err != nil {
			return err
		}
		counts, err := order.CountSince(ctx, tx, time.UnixMicro(0))
		if err != nil {
			return err
		}
		by := map[order.State]int{}
		for _, c := range counts {
			by[c.State] = c.N
		}
		for _, s := range order.States {
			if by[s] > 0 {
				page.Counts = append(page.Counts, Count{string(s), stampOf(s), by[s]})
				page.Pages.Total += by[s]
			}
		}
		orders, err := order.All(ctx, tx, r.Actor, order.State(page.State), page.Query, after(values.Get("before"), values.Get("id")), pageSize+1)
		if len(orders) > pageSize {
			orders = orders[:pageSize]
			last := orders[pageSize-1]
			values.Set("before", last.Placed.Format(time.RFC3339Nano))
			values.Set("id", last.ID)
			page.Pages.Next = "/desk/orders?" + values.Encode()
		}
		for _, x := range orders {
			sums, _ := x.Sums()
			number, there := web.Numbers(x)
			page.Orders = append(page.Orders, OrderRow{ID: x.ID, Number: number, ERPNumber: there, Company: x.CustomerName, PONumber: x.PONumber,
				PlacedAt: x.Placed, State: stampOf(x.State), Delivery: deliveryOf(x), Total: sums.Total})
		}
		return err
	})
	if err != nil {
		return err
	}
	return r.Show(w, http.StatusOK, Orders(r.P, o.shell, page))
}

const pageSize = 50

func after(before, id string) order.Page {
	at, err := time.Parse(time.RFC3339Nano, before)
	if err != nil {
		return order.Page{}
	}
	return order.Page{Before: at, ID: id}
}

// deliveryOf is how an order's way to the ERP stands, in the vocabulary of
// messages; "" when it came from there.
func deliveryOf(o order.Order) string {
	switch {
	case o.Key == "":
		return ""
	case o.State == order.Submitted:
		return "queued"
	case o.State == order.OnHold, o.State == order.Refused:
		return "failed"
	}
	return "acknowledged"
}

func stampOf(s order.State) string {
	if s == order.Refused {
		return "rejected"
	}
	return string(s)
}

// GET /desk/ui
func showroom(w http.ResponseWriter, r *web.Request) error {
	var o office
	if err := r.Read(func(ctx context.Context, tx *db.Tx) (err error) {
		o, err = readOffice(ctx, tx, r, r.P.T("ui.tab.showroom"), "showroom")
		return err
	}); err != nil {
		return err
	}
	return r.Show(w, http.StatusOK, Showroom(r.P, o.shell))
}

// POST /desk/exchange/{seq}/retry
func retry(w http.ResponseWriter, r *web.Request) error {
	seq, err := sequence(r)
	if err != nil {
		return err
	}
	if err := r.Write(func(ctx context.Context, tx *db.Tx) error {
		return erpsync.Retry(ctx, tx, r.Actor, seq, r.PostFormValue("accept") != "")
	}); err != nil {
		return err
	}
	return web.SeeOther(w, r, r.Back("/desk/exchange"))
}

// POST /desk/exchange/{seq}/parking
func park(w http.ResponseWriter, r *web.Request) error {
	seq, err := sequence(r)
	if err != nil {
		return err
	}
	if err := r.Write(func(ctx context.Context, tx *db.Tx) error { return erpsync.Park(ctx, tx, r.Actor, seq) }); err != nil {
		return err
	}
	return web.SeeOther(w, r, r.Back("/desk/exchange"))
}

// POST /desk/exchange/retry
func retryAll(w http.ResponseWriter, r *web.Request) error {
	if err := r.Write(func(ctx context.Context, tx *db.Tx) error {
		_, err := erpsync.RetryAll(ctx, tx, r.Actor)
		return err
	}); err != nil {
		return err
	}
	return web.SeeOther(w, r, "/desk/exchange")
}

func sequence(r *web.Request) (int64, error) {
	seq, err := strconv.ParseInt(r.PathValue("seq"), 10, 64)
	if err != nil {
		return 0, fault.New(fault.NotFound, "message.not_found")
	}
	return seq, nil
}
