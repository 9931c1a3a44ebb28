package erptest

import (
	"bufio"
	"embed"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	"comptoir.example/comptoir/base/money"
	"comptoir.example/comptoir/erp"
)

//go:embed testdata
var golden embed.FS

// pricing is group C: what is replicated is what the ERP would say.
var pricing = []check{
	{"20 the golden prices are the ERP's, asked and replicated", func(t *trial) {
		file, err := golden.Open("testdata/prices.txt")
		t.do("golden prices", err)
		defer file.Close()
		asked := t.asking()
		cases := map[string]money.Decimal{} // by customer, item and quantity
		for lines := bufio.NewScanner(file); lines.Scan(); {
			if f := strings.Fields(lines.Text()); len(f) == 4 && f[0] != "#" {
				cases[strings.Join(f[:3], " ")] = money.Must(f[3])
			}
		}
		if len(cases) < 300 {
			t.Fatalf("%d golden prices", len(cases))
		}
		for _, name := range slices.Sorted(maps.Keys(cases)) {
			f := strings.Fields(name)
			asked.add(f[0], f[1], money.Must(f[2]))
		}
		for i, told := range asked.ask() {
			q := asked.names[i]
			if !told.Known || told.Price.Cmp(cases[q]) != 0 {
				t.Errorf("%s: %s, want %s", q, told.Price, cases[q])
			}
			if p := asked.replicated(i); p.Cmp(cases[q]) != 0 {
				t.Errorf("%s: replicated %s, want %s", q, p, cases[q])
			}
		}
	}},
	{"20b the ladders say what the ERP answers, at every edge and anywhere", func(t *trial) {
		asked := t.asking()
		dice := rand.New(rand.NewPCG(20, 0))
		for _, customer := range t.Names.PerList {
			for sku := range asked.items {
				for _, q := range asked.edges(customer, sku) {
					asked.add(customer, sku, q)
				}
				asked.add(customer, sku, money.Int(int64(1+dice.IntN(3000))))
			}
		}
		for i, told := range asked.ask() {
			if p := asked.replicated(i); !told.Known || told.Price.Cmp(p) != 0 {
				t.Errorf("%s: the ERP says %s, the ladder %s", asked.names[i], told.Price, p)
			}
		}
	}},
	{"21 a price that moved is told at once, and replicated soon", func(t *trial) {
		sku := t.Names.Broken
		item, customer, cursor := t.item(sku), t.customer(t.Names.Customer), t.now(erp.KindPrice)
		list := all[erp.Customer](t)[customer].PriceList
		old, before := read[erp.Item](t, item).ListPrice, t.asking()
		t.do("change a price", t.Clerk.ChangePrice(t.Context(), sku, money.Must("200.00")))
		before.add(t.Names.Customer, sku, money.Int(1))
		live, was := before.ask()[0].Price, before.replicated(0)
		if live.Cmp(was) == 0 {
			t.Errorf("live price %s, as before", live)
		}
		r, _ := t.until(erp.KindPrice, cursor, "the new ladder", func(r erp.Record) bool {
			p, ok := r.Body.(erp.Price)
			return ok && p.Item == item && p.PriceList == list
		})
		if p := r.Body.(erp.Price).Breaks[0].Price; p.Cmp(live) != 0 {
			t.Errorf("replicated %s, live %s", p, live)
		}
		t.do("and back", t.Clerk.ChangePrice(t.Context(), sku, old))
	}},
	{"22 a price service that is down is down, and nothing worse", func(t *trial) {
		proxy, url := Between(t.T, t.Ground)
		o := t.plain()
		t.c = t.Connect(url)
		for _, fault := range []Rule{{Fault: Lost}, {Fault: Refuse, Status: 503}, {Fault: Silent, Delay: time.Minute}, {Fault: Malformed}} {
			proxy.Plan(fault)
			_, err := t.c.Prices(t.within(t.patience()), []erp.PriceQuestion{{Customer: o.Customer, Item: o.Lines[0].Item, Quantity: money.Int(1)}})
			if got := t.class(err); got == "" || got == erp.Refused || got == erp.NeedsDecision || got == erp.Unauthorized {
				t.Errorf("price, %s: %q, %v", fault.Fault, got, err)
			}
			_, err = t.c.Quote(t.within(t.patience()), o)
			if got := t.class(err); got == "" || got == erp.Refused || got == erp.NeedsDecision || got == erp.Unauthorized {
				t.Errorf("quote, %s: %q, %v", fault.Fault, got, err)
			}
		}
		proxy.Plan()
		t.price(o.Customer, o.Lines[0].Item, money.Int(1))
	}},
	{"23 many questions are few calls, answered in their order", func(t *trial) {
		proxy, url := Between(t.T, t.Ground)
		t.c = t.Connect(url)
		asked := t.asking()
		for n := range 400 {
			sku := fmt.Sprintf("PRD-%03d", 1+(n*7)%30)
			asked.add(t.Names.PerList[n%len(t.Names.PerList)], sku, money.Int(int64(1+(n%3)*50)))
		}
		asked.ask()
		proxy.Calls()
		for i, told := range asked.ask() {
			if p := asked.replicated(i); !told.Known || told.Price.Cmp(p) != 0 {
				t.Errorf("answer %d, %s: %s, want %s", i, asked.names[i], told.Price, p)
			}
		}
		// Three quantities under each list, and a few calls about customers.
		if n := len(proxy.Calls()); n > 3*len(t.Names.PerList)+8 {
			t.Errorf("400 questions made %d requests", n)
		}
		told, err := t.c.Prices(t.Context(), []erp.PriceQuestion{
			{Customer: "987654321", Item: asked.questions[0].Item, Quantity: money.Int(1)},
			{Customer: asked.questions[0].Customer, Item: "987654321", Quantity: money.Int(1)}, asked.questions[0]})
		if t.class(err) == erp.Refused {
			return // for the whole call
		}
		t.do("questions about nobody and nothing", err)
		if len(told) != 3 || told[0].Known || told[1].Known || !told[2].Known {
			t.Errorf("about nobody, nothing, and something: %+v", told)
		}
	}},
}

// asking is a list of price questions with the replica they are compared with.
type asking struct {
	t                *trial
	customers, items map[string]string // ids by number
	list             map[string]string // price list by customer's id
	digits           map[string]int    // of a quantity, by item's id
	ladders          map[[2]string][]erp.Break
	questions        []erp.PriceQuestion
	names            []string // of the questions, as in the golden file
}

// asking begins a list. The replica is read once for all checks, each of which
// puts the prices that it changes back.
func (t *trial) asking() *asking {
	t.Helper()
	if t.replica != nil {
		a := *t.replica
		a.t = t
		return &a
	}
	a := &asking{t: t, customers: map[string]string{}, items: map[string]string{}, list: map[string]string{},
		digits: map[string]int{}, ladders: map[[2]string][]erp.Break{}}
	for _, r := range first(t.drain(erp.KindCustomer, "", 1000)) {
		a.customers[r.No], a.list[r.ID] = r.ID, r.Body.(erp.Customer).PriceList
	}
	units := all[erp.Unit](t)
	for _, r := range first(t.drain(erp.KindItem, "", 1000)) {
		b := r.Body.(erp.Item)
		a.items[r.No], a.digits[r.ID] = r.ID, units[b.Unit].Digits
	}
	for _, p := range all[erp.Price](t) {
		a.ladders[[2]string{p.PriceList, p.Item}] = p.Breaks
	}
	kept := *a
	t.replica = &kept
	return a
}

func (a *asking) add(customer, sku string, quantity money.Decimal) {
	a.questions = append(a.questions, erp.PriceQuestion{Customer: a.customers[customer], Item: a.items[sku], Quantity: quantity})
	a.names = append(a.names, fmt.Sprintf("%s %s %s", customer, sku, quantity))
}

func (a *asking) ask() []erp.PriceAnswer {
	a.t.Helper()
	told, err := a.t.c.Prices(a.t.Context(), a.questions)
	a.t.do("prices", err)
	if len(told) != len(a.questions) {
		a.t.Fatalf("%d answers to %d questions", len(told), len(a.questions))
	}
	return told
}

// replicated is what the ladder says to a question.
func (a *asking) replicated(i int) (p money.Decimal) {
	q := a.questions[i]
	for _, step := range a.ladders[[2]string{a.list[q.Customer], q.Item}] {
		if step.From.Cmp(q.Quantity) <= 0 {
			p = step.Price
		}
	}
	return p
}

// edges are the smallest quantity, and for each break the quantity before it, at
// it and after it.
func (a *asking) edges(customer, sku string) []money.Decimal {
	item := a.items[sku]
	step := money.Int(1).Rescale(a.digits[item]).ULP()
	edges := []money.Decimal{step}
	for _, b := range a.ladders[[2]string{a.list[a.customers[customer]], item}] {
		below, _ := b.From.Sub(step)
		above, _ := b.From.Add(step)
		edges = append(edges, below, b.From, above)
	}
	return slices.DeleteFunc(edges, func(q money.Decimal) bool { return !q.IsPos() })
}
