package books

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"time"

	"comptoir.example/comptoir/base/i18n"
	"comptoir.example/comptoir/base/money"
	"comptoir.example/comptoir/erp"
)

// TestMain lets a test start the program as a child that it can kill.
func TestMain(m *testing.M) {
	if dir := os.Getenv("BOOKS_TEST_CHILD"); dir != "" {
		err := Serve(context.Background(), Options{Listen: "127.0.0.1:0", Dir: dir, Token: token, Lang: i18n.FR,
			Ready: func(url string) { fmt.Println(url) }})
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	os.Exit(m.Run())
}

const key = "CM0000000000000000X"

// do fails the test on an error.
func (r *running) do(what string, err error) {
	r.t.Helper()
	if err != nil {
		r.t.Fatalf("%s: %v", what, err)
	}
}

// place creates an order and brings it in effect.
func (r *running) place(o erp.NewOrder) erp.Order {
	r.t.Helper()
	id, err := r.CreateOrder(r.t.Context(), o)
	r.do("create", err)
	return r.release(id, erp.OrderReleased)
}

func (r *running) release(id string, until erp.OrderState) (o erp.Order) {
	r.t.Helper()
	var err error
	for range 3 {
		if o, err = r.ReleaseOrder(r.t.Context(), id, nil); err != nil {
			r.t.Fatalf("release: %v", err)
		}
		if o.State == until {
			return o
		}
	}
	r.t.Fatalf("order %s is %s, want %s", id, o.State, until)
	return o
}

func (r *running) order(id string) erp.Order {
	r.t.Helper()
	found, err := r.Read(r.t.Context(), erp.KindOrder, []string{id})
	r.do("read", err)
	return found[0].Body.(erp.Order)
}

func (r *running) invoices(order string) (all []erp.Invoice) {
	r.t.Helper()
	for _, one := range first2(r.drain(erp.KindInvoice, "", 1000)) {
		if i := one.Body.(erp.Invoice); i.Orders[0] == order {
			all = append(all, i)
		}
	}
	slices.SortFunc(all, func(a, b erp.Invoice) int { return strings.Compare(a.Number, b.Number) })
	return all
}

func (r *running) stock(item string) (onHand, available string) {
	r.t.Helper()
	for _, one := range first2(r.drain(erp.KindStock, "", 1000)) {
		if s := one.Body.(erp.Stock); s.Item == item {
			return s.OnHand.Trim(0).String(), s.Available.Trim(0).String()
		}
	}
	return "", ""
}

func TestAnOrderLivesFromItsArrivalToItsLastCent(t *testing.T) {
	r, ctx := open(t, t.TempDir()), t.Context()
	asked := r.story(key)
	drill := asked.Lines[0].Item
	id, err := r.CreateOrder(ctx, asked)
	r.do("create", err)
	if o := r.order(id); o.Number != "" || o.State != erp.OrderReceived || o.Totals.Total.Minor != 110893 {
		t.Errorf("as received: %+v", o)
	}
	o, err := r.ReleaseOrder(ctx, id, nil)
	r.do("quote", err)
	if !strings.HasPrefix(o.Number, "CMD-") || o.State != erp.OrderReceived {
		t.Errorf("as quoted: %s %s", o.Number, o.State)
	}
	if onHand, available := r.stock(drill); onHand != "80" || available != "80" {
		t.Errorf("before: %s, %s", onHand, available)
	}
	r.release(id, erp.OrderReleased)
	if onHand, available := r.stock(drill); onHand != "80" || available != "75" {
		t.Errorf("promised: %s, %s", onHand, available)
	}

	r.do("ship part", r.clerk.ShipPart(ctx, id, map[string]money.Decimal{"1": money.Int(2)}))
	if o = r.order(id); o.State != erp.OrderPartlyShipped || o.Lines[0].Shipped.String() != "2" {
		t.Errorf("after a part: %s, %v", o.State, o.Lines[0].Shipped)
	}
	if onHand, available := r.stock(drill); onHand != "78" || available != "75" {
		t.Errorf("after a part: %s, %s", onHand, available)
	}
	if got := r.invoices(id); len(got) != 0 {
		t.Errorf("a draft is listed: %+v", got)
	}
	r.do("post", r.clerk.PostInvoice(ctx, id))
	bills := r.invoices(id)
	if len(bills) != 1 || len(bills[0].Lines) != 2 || bills[0].Totals.Net.Minor != 34020+1800 {
		t.Fatalf("the first invoice has 2 drills and the freight: %+v", bills)
	}
	r.do("ship rest", r.clerk.ShipRest(ctx, id))
	r.do("post", r.clerk.PostInvoice(ctx, id))
	if o = r.order(id); o.State != erp.OrderInvoiced || o.Lines[0].Invoiced.String() != "5" || o.Lines[2].Invoiced.String() != "1" {
		t.Errorf("after the rest: %+v", o)
	}
	bills = r.invoices(id)
	if len(bills) != 2 || bills[1].Totals.Net.Minor != 51030+9600 || bills[1].State != "open" || bills[1].PONumber != "4500123" {
		t.Fatalf("invoices: %+v", bills)
	}
	day, _ := time.Parse(time.DateOnly, bills[0].Date)
	if bills[0].Due[0].Date != day.AddDate(0, 0, 30).Format(time.DateOnly) || bills[0].Due[0].Amount != bills[0].Totals.Total {
		t.Errorf("due: %+v", bills[0].Due)
	}

	r.do("pay part", r.clerk.MakePartialPayment(ctx, id, money.Must("100.00")))
	if got := r.invoices(id)[0]; got.Open.Minor != got.Totals.Total.Minor-10000 {
		t.Errorf("open after a part payment: %+v", got)
	}
	if err := r.clerk.MakePartialPayment(ctx, id, money.Must("99999")); err == nil {
		t.Error("more than the balance was taken")
	}
	for _, i := range r.invoices(id) {
		r.do("pay", r.clerk.MakePartialPayment(ctx, id, i.Open.Decimal()))
	}
	if o = r.order(id); o.State != erp.OrderClosed {
		t.Errorf("paid: %s", o.State)
	}
}

func TestOnlyWhatChangedIsListedAsChanged(t *testing.T) {
	r, ctx := open(t, t.TempDir()), t.Context()
	at := map[erp.Kind]string{}
	for _, kind := range erp.Kinds {
		_, at[kind] = r.drain(kind, "", 1000)
	}
	news := func() string {
		var all []string
		for _, kind := range erp.Kinds {
			var got []erp.Record
			if got, at[kind] = r.drain(kind, at[kind], 1000); len(got) > 0 {
				all = append(all, fmt.Sprint(kind, " ", len(got)))
			}
		}
		return strings.Join(all, ", ")
	}
	// The drill's price follows the list price in every list.
	r.do("price", r.clerk.ChangePrice(ctx, "PRD-012", money.Must("199.00")))
	if got := news(); got != "item 1, price 4" {
		t.Errorf("a price: %s", got)
	}
	r.do("same price", r.clerk.ChangePrice(ctx, "PRD-012", money.Must("199.00")))
	r.do("stock", r.clerk.SetStock(ctx, "PRD-012", money.Int(7)))
	if got := news(); got != "stock 1" {
		t.Errorf("a stock level, and a price that stays: %s", got)
	}
	r.do("name", r.clerk.RenameItem(ctx, "PRD-012", "Perceuse à percussion"))
	if got := news(); got != "item 1" {
		t.Errorf("a name: %s", got)
	}
	if got := news(); got != "" {
		t.Errorf("nothing: %s", got)
	}
}

func TestRefusalsHaveCodesAndLeaveNothing(t *testing.T) {
	r, ctx := open(t, t.TempDir()), t.Context()
	_, before := r.drain(erp.KindOrder, "", 1000)
	r.do("block", r.clerk.BlockItem(ctx, "PRD-030", true))
	r.do("block", r.clerk.BlockCustomer(ctx, "C1002", true))
	blocked, gone := r.id(erp.KindCustomer, "C1002"), r.id(erp.KindItem, "PRD-030")
	for code, spoil := range map[string]func(*erp.NewOrder){
		"unknown_customer": func(o *erp.NewOrder) { o.Customer = "999999" },
		"customer_blocked": func(o *erp.NewOrder) { o.Customer = blocked },
		"unknown_address":  func(o *erp.NewOrder) { o.ShipTo = o.Customer },
		"unknown_item":     func(o *erp.NewOrder) { o.Lines[1].Item = "999999" },
		"inactive_item":    func(o *erp.NewOrder) { o.Lines[1].Item = gone },
		"bad_quantity":     func(o *erp.NewOrder) { o.Lines[1].Quantity = money.Must("1.5") },
		"bad_price":        func(o *erp.NewOrder) { o.Lines[1].UnitPrice = money.Must("1.00001") },
		"unknown_delivery": func(o *erp.NewOrder) { o.DeliveryMethod = "x" },
		"no_lines":         func(o *erp.NewOrder) { o.Lines = nil },
	} {
		o := r.story(key)
		spoil(&o)
		_, err := r.CreateOrder(ctx, o)
		if e := erp.ErrorOf(err); err == nil || e.Class != erp.Refused || e.Code != code || e.Text == "" || strings.Contains(e.Text, "{") {
			t.Errorf("%s: %v", code, err)
		}
	}
	if got, _ := r.drain(erp.KindOrder, before, 1000); len(got) > 0 {
		t.Errorf("left behind: %+v", got)
	}
	_, err := Connect(r.url, "wrong").Probe(ctx)
	if e := erp.ErrorOf(err); e.Class != erp.Unauthorized {
		t.Errorf("a wrong token: %v", err)
	}
}

func TestTheCreditLimitIsAQuestion(t *testing.T) {
	r, ctx := open(t, t.TempDir()), t.Context()
	o := r.story(key)
	o.Customer, o.ShipTo = r.id(erp.KindCustomer, "C1009"), ""
	for _, one := range first2(r.drain(erp.KindAddress, "", 100)) {
		if one.Body.(erp.Address).Customer == o.Customer {
			o.ShipTo = one.ID
		}
	}
	id, err := r.CreateOrder(ctx, o)
	r.do("create", err)
	_, err = r.ReleaseOrder(ctx, id, nil)
	r.do("quote", err)
	_, err = r.ReleaseOrder(ctx, id, nil)
	if e := erp.ErrorOf(err); e.Class != erp.NeedsDecision || e.Code != "credit_limit" || !strings.Contains(e.Text, "500,00\u00a0$") {
		t.Fatalf("964.50 on a limit of 500: %v", err)
	}
	if got := r.order(id); got.State != erp.OrderReceived {
		t.Errorf("it went on: %s", got.State)
	}
	got, err := r.ReleaseOrder(ctx, id, []string{"credit_limit"})
	if err != nil || got.State != erp.OrderReleased {
		t.Errorf("accepted: %s, %v", got.State, err)
	}
}

func TestAnOrderIsCancelledOnlyBeforeItIsInEffect(t *testing.T) {
	r, ctx := open(t, t.TempDir()), t.Context()
	id, err := r.CreateOrder(ctx, r.story(key))
	r.do("create", err)
	r.do("cancel", r.CancelOrder(ctx, id))
	r.do("cancel again", r.CancelOrder(ctx, id))
	o := r.place(r.story(key))
	if err := r.CancelOrder(ctx, o.ID); erp.ErrorOf(err).Class != erp.Refused {
		t.Errorf("cancelled in effect: %v", err)
	}
	r.do("a clerk changes a line", r.clerk.ChangeLine(ctx, o.ID, "1", money.Int(3)))
	if got := r.order(o.ID); got.Lines[0].Quantity.String() != "3" || got.Totals.Net.Minor != 51030+9600+1800 {
		t.Errorf("changed: %+v", got)
	}
	r.do("a clerk cancels", r.clerk.CancelOrder(ctx, o.ID))
	if onHand, available := r.stock(o.Lines[0].Item); onHand != available {
		t.Errorf("still promised: %s on hand, %s available", onHand, available)
	}
	// Of three with one key, the first is the one found, and the only one of ours.
	copied, err := r.clerk.CopyOrder(ctx, o.ID)
	r.do("copy", err)
	if got := r.order(copied); got.Key != "" || got.PONumber != o.PONumber || got.Number != "" || got.State != erp.OrderReceived || got.ID == o.ID {
		t.Errorf("copied: %+v", got)
	}
	found, err := r.FindOrder(ctx, key)
	if err != nil || found.ID != id || found.State != erp.OrderCancelled {
		t.Errorf("found %+v, %v", found, err)
	}
}

func TestTheThreeButtonsBreakTheLine(t *testing.T) {
	r, ctx := open(t, t.TempDir()), t.Context()
	story := r.story(key)
	page := func(path string) string {
		page, err := r.clerk.do(ctx, http.MethodGet, path, nil)
		r.do("screen", err)
		return page
	}

	r.do("stop", r.clerk.Stop(ctx))
	if _, err := r.Probe(ctx); erp.ErrorOf(err).Class != erp.Down {
		t.Errorf("a read while stopped: %v", err)
	}
	if _, err := r.CreateOrder(ctx, story); erp.ErrorOf(err).Class != erp.Ambiguous {
		t.Errorf("a write while stopped: %v", err)
	}
	if !strings.Contains(page("/orders"), "Arrêté") {
		t.Error("the screen does not say that it is stopped")
	}
	r.do("start", r.clerk.Start(ctx))
	if o, err := r.FindOrder(ctx, key); o != nil || err != nil {
		t.Errorf("a stopped program took an order: %+v, %v", o, err)
	}

	r.do("lose next", r.clerk.LoseNext(ctx))
	if _, err := r.Quote(ctx, story); err != nil {
		t.Errorf("a quote is no write: %v", err)
	}
	if _, err := r.CreateOrder(ctx, story); erp.ErrorOf(err).Class != erp.Ambiguous {
		t.Errorf("the lost answer: %v", err)
	}
	if o, err := r.FindOrder(ctx, key); o == nil || err != nil {
		t.Errorf("the order whose answer was lost: %v, %v", o, err)
	}
	if _, err := r.CreateOrder(ctx, story); err != nil {
		t.Errorf("only one answer is lost: %v", err)
	}

	r.do("slow", r.clerk.Slow(ctx, time.Second))
	if !strings.Contains(page("/products/PRD-012"), "Attente de 1\u00a0s") {
		t.Error("the screen does not say that it is slow")
	}
	soon, cancel := context.WithTimeout(ctx, 300*time.Millisecond)
	defer cancel()
	slowly := story
	slowly.Key = "CM0000000000000001X"
	if _, err := r.CreateOrder(soon, slowly); erp.ErrorOf(err).Class != erp.Ambiguous || !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("an answer past the time-out: %v", err)
	}
	r.do("fast", r.clerk.Slow(ctx, 0))
	if o, err := r.FindOrder(ctx, slowly.Key); o == nil || err != nil {
		t.Errorf("the slow order: %v, %v", o, err)
	}

	r.stop()
	// A connection that was kept open would leave it in doubt.
	if _, err := Connect(r.url, token).CreateOrder(ctx, story); erp.ErrorOf(err).Class != erp.Down {
		t.Errorf("nobody listens: %v", err)
	}
}

func TestAKilledProgramGoesOnWhereItWas(t *testing.T) {
	dir := t.TempDir()
	start := func() (*running, func()) {
		child := exec.Command(os.Args[0])
		child.Env = append(os.Environ(), "BOOKS_TEST_CHILD="+dir)
		child.Stderr = os.Stderr
		out, err := child.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := child.Start(); err != nil {
			t.Fatal(err)
		}
		url, err := bufio.NewReader(out).ReadString('\n')
		if err != nil {
			t.Fatal(err)
		}
		url = strings.TrimSpace(url)
		kill := func() { child.Process.Kill(); child.Wait() }
		t.Cleanup(kill)
		return &running{t: t, url: url, Connector: Connect(url, token), clerk: NewClerk(url)}, kill
	}
	r, kill := start()
	again := func() { kill(); r, kill = start() }
	ctx := t.Context()
	id, err := r.CreateOrder(ctx, r.story(key))
	r.do("create", err)
	again()
	found, err := r.FindOrder(ctx, key)
	if err != nil || found == nil || found.ID != id {
		t.Fatalf("after the first kill: %+v, %v", found, err)
	}
	quotedOne, err := r.ReleaseOrder(ctx, id, nil)
	r.do("quote", err)
	again()
	if o := r.release(id, erp.OrderReleased); o.Number != quotedOne.Number {
		t.Errorf("number %s became %s", quotedOne.Number, o.Number)
	}
	again()
	r.do("ship", r.clerk.ShipRest(ctx, id))
	again()
	r.do("post", r.clerk.PostInvoice(ctx, id))
	again()
	if bills := r.invoices(id); len(bills) != 1 || bills[0].Totals.Total.Minor != 110893 {
		t.Errorf("invoices: %+v", bills)
	}
	if orders := first2(r.drain(erp.KindOrder, "", 1000)); len(orders) != len(seedOrders)+1 {
		t.Errorf("%d orders", len(orders))
	}
}
