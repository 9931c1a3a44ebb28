package erptest

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"comptoir.example/comptoir/base/money"
	"comptoir.example/comptoir/erp"
)

// awkward is a text that breaks careless encodings. No \n: it is one field.
const awkward = `Écrou «é» d’l'œuvre 100 % "x" \ <b>&amp;` + "\U0001F6A7"

// reading is group B: nothing is lost, nothing is invented.
var reading = []check{
	{"6 every kind is read whole by pages of any size", func(t *trial) {
		for _, kind := range t.kinds() {
			whole, cursor := t.drain(kind, "", 1000)
			if len(whole) == 0 {
				t.Errorf("%s: nothing", kind)
			}
			if again, _ := t.drain(kind, cursor, 1000); len(again) > 0 {
				t.Errorf("%s: %d records when nothing changed", kind, len(again))
			}
			ids, err := t.c.IDs(t.Context(), kind)
			t.do("ids", err)
			sizes := []int{len(whole), len(whole) - 1}
			if len(whole) <= 4 || !t.Sampled {
				sizes = append(sizes, len(whole)+1, (len(whole)+1)/2, 1)
			}
			for _, size := range sizes {
				if size < 1 {
					continue
				}
				paged, _ := t.drain(kind, "", size)
				if got := idsOf(paged); !slices.Equal(got, sorted(ids)) {
					t.Errorf("%s by %d: %v, want %v", kind, size, got, ids)
				}
			}
		}
	}},
	{"7 what comes while pages are read is not lost", func(t *trial) {
		first, err := t.c.Changed(t.Context(), erp.KindOrder, "", 2)
		t.do("first page", err)
		id, err := t.c.CreateOrder(t.Context(), t.plain())
		t.do("create", err)
		rest, cursor := t.drain(erp.KindOrder, first.Cursor, 2)
		if seen := idsOf(append(first.Records, rest...)); !slices.Contains(seen, id) {
			if _, cursor = t.until(erp.KindOrder, cursor, "the new order", func(r erp.Record) bool { return r.ID == id }); cursor == "" {
				t.Error("no cursor")
			}
		}
		seen := map[string]bool{}
		for _, r := range append(first.Records, rest...) {
			seen[r.ID] = true
		}
		ids, err := t.c.IDs(t.Context(), erp.KindOrder)
		t.do("ids", err)
		for _, want := range ids {
			if !seen[want] && want != id {
				t.Errorf("order %s was passed over", want)
			}
		}
	}},
	{"8 more records of one stamp than a page holds", func(t *trial) {
		cursor := t.now(erp.KindPrice)
		old := read[erp.Item](t, t.item(t.Names.Plain)).ListPrice
		t.do("change a price", t.Clerk.ChangePrice(t.Context(), t.Names.Plain, money.Must("31.00")))
		lists := map[string]bool{}
		t.until(erp.KindPrice, cursor, "a price of "+t.Names.Plain, func(erp.Record) bool { return true })
		news, _ := t.drain(erp.KindPrice, cursor, 1)
		item := t.item(t.Names.Plain)
		for _, r := range news {
			if p, ok := r.Body.(erp.Price); ok && p.Item == item {
				lists[p.PriceList] = true
			}
		}
		if len(lists) != len(t.Names.PerList) {
			t.Errorf("one change of a list price changed %d ladders, want %d", len(lists), len(t.Names.PerList))
		}
		t.do("and back", t.Clerk.ChangePrice(t.Context(), t.Names.Plain, old))
	}},
	{"9 what shows later than what came after it is still read", func(t *trial) {
		first, second, direct := t.plain(), t.plain(), t.c
		late, err := direct.CreateOrder(t.Context(), first)
		t.do("create", err)
		proxy, url := Between(t.T, t.Ground)
		proxy.Plan(Rule{Rewrite: without(late)})
		t.c = t.Connect(url)
		cursor := t.now(erp.KindOrder)
		next, err := direct.CreateOrder(t.Context(), second)
		t.do("create", err)
		_, cursor = t.until(erp.KindOrder, cursor, "the order after it", func(r erp.Record) bool { return r.ID == next })
		proxy.Plan()
		t.until(erp.KindOrder, cursor, "the order that was not committed", func(r erp.Record) bool { return r.ID == late && r.Body != nil })
	}},
	{"10 stamps are instants, whatever the zones", func(t *trial) {
		cursor, before := t.now(erp.KindOrder), time.Now()
		id, err := t.c.CreateOrder(t.Context(), t.plain())
		t.do("create", err)
		r, _ := t.until(erp.KindOrder, cursor, "the new order", func(r erp.Record) bool { return r.ID == id })
		if off := r.ChangedAt.Sub(before).Abs(); !r.ChangedAt.IsZero() && off > time.Minute {
			t.Errorf("changed at %s, which is %s from now", r.ChangedAt, off)
		}
	}},
	{"11 what did not change is not told as new", func(t *trial) {
		sku := t.Names.Plain
		old := read[erp.Item](t, t.item(sku))
		cursors := map[erp.Kind]string{}
		before := map[erp.Kind]map[string]string{}
		for _, kind := range t.kinds() {
			records, cursor := t.drain(kind, "", 1000)
			cursors[kind], before[kind] = cursor, t.texts(records)
		}
		t.do("same name", t.Clerk.RenameItem(t.Context(), sku, old.Name.FR))
		stock := t.stock(sku)
		t.do("same stock", t.Clerk.SetStock(t.Context(), sku, stock.OnHand))
		for _, kind := range t.kinds() {
			// Records may be repeated. Their content must be the same, to the byte:
			// that is what the engine hashes.
			news, _ := t.drain(kind, cursors[kind], 100)
			for id, text := range t.texts(news) {
				if text != before[kind][id] {
					t.Errorf("%s %s was\n%s and is\n%s", kind, id, before[kind][id], text)
				}
			}
			ids := idsOf(first(t.drain(kind, "", 1000)))
			slices.Reverse(ids)
			records, err := t.c.Read(t.Context(), kind, ids)
			t.do("read", err)
			if got := t.texts(records); len(got) != len(before[kind]) {
				t.Errorf("%s: %d records read, %d changed", kind, len(got), len(before[kind]))
			}
			for id, text := range t.texts(records) {
				if text != before[kind][id] {
					t.Errorf("%s %s is\n%s when listed and\n%s when read", kind, id, before[kind][id], text)
				}
			}
		}
	}},
	{"12b a rename keeps the identity, and what never was is deleted", func(t *trial) {
		sku := t.Names.Plain
		id, cursor := t.item(sku), t.now(erp.KindItem)
		t.do("rename", t.Clerk.RenameItem(t.Context(), sku, "Marteau rebaptisé"))
		r, _ := t.until(erp.KindItem, cursor, "the new name", func(r erp.Record) bool { return r.ID == id })
		if b := r.Body.(erp.Item); b.Name.FR != "Marteau rebaptisé" || b.SKU != sku {
			t.Errorf("renamed: %+v", b)
		}
		for _, kind := range t.kinds() {
			got, err := t.c.Read(t.Context(), kind, []string{"987654321"})
			t.do("read "+string(kind), err)
			if len(got) != 1 || !got[0].Deleted || got[0].Body != nil || got[0].Kind != kind || got[0].ID != "987654321" {
				t.Errorf("%s that never was: %+v", kind, got)
			}
		}
	}},
	{"13 a state nobody knows is unknown, and in nobody's way", func(t *trial) {
		placed := t.place(t.plain())
		proxy, url := Between(t.T, t.Ground)
		proxy.Plan(Rule{Rewrite: func(s string) string { return strings.ReplaceAll(s, t.Strange[0], t.Strange[1]) }})
		t.c = t.Connect(url)
		if o := read[erp.Order](t, placed.ID); o.State != erp.OrderUnknown {
			t.Errorf("a state of %s is taken for %q", t.Strange[1], o.State)
		}
	}},
	{"13b a record that makes no sense is kept and reported, the others go on", func(t *trial) {
		o := t.plain()
		o.PONumber = "SPOIL-" + o.Key
		id, err := t.c.CreateOrder(t.Context(), o)
		t.do("create", err)
		proxy, url := Between(t.T, t.Ground)
		proxy.Plan(Rule{Rewrite: func(s string) string { return strings.ReplaceAll(s, `"`+o.PONumber+`"`, `{"a": [1]}`) }})
		t.c = t.Connect(url)
		bad := 0
		for _, r := range first(t.drain(erp.KindOrder, "", 1000)) {
			switch {
			case r.ID == id:
				bad++
				if r.Malformed == "" || r.Body != nil || r.Kind != erp.KindOrder {
					t.Errorf("not reported: %+v", r)
				}
			case r.Malformed != "":
				t.Errorf("%s is reported too: %s", r.ID, r.Malformed)
			}
		}
		if bad != 1 {
			t.Errorf("the record was given %d times", bad)
		}
	}},
	{"14 what is absent is empty, and what is pointed at is there", func(t *trial) { t.sane() }},
	{"15 decimals survive to the last digit", func(t *trial) {
		sku := t.Names.Plain
		old := read[erp.Item](t, t.item(sku)).ListPrice
		for _, text := range []string{"0.1", "0.0001", "123456.7891", "1.0050"} {
			cursor := t.now(erp.KindItem)
			t.do("price", t.Clerk.ChangePrice(t.Context(), sku, money.Must(text)))
			r, _ := t.until(erp.KindItem, cursor, "the price "+text, func(r erp.Record) bool { return r.No == sku })
			if got := r.Body.(erp.Item).ListPrice; got.Cmp(money.Must(text)) != 0 {
				t.Errorf("%s became %s", text, got)
			}
		}
		t.do("and back", t.Clerk.ChangePrice(t.Context(), sku, old))
		o := t.order(t.Names.Unlimited, want{t.Names.Fraction, "0.01"}, want{t.Names.Fraction, "1234.57"}, want{sku, "3"})
		for i, text := range []string{"123456.7891", "0.1", "0.0001"} {
			o.Lines[i].UnitPrice = money.Must(text)
		}
		id, err := t.c.CreateOrder(t.Context(), o)
		t.do("create", err)
		for i, l := range goodsOf(read[erp.Order](t, id)) {
			if l.UnitPrice.Cmp(o.Lines[i].UnitPrice) != 0 || l.Quantity.Cmp(o.Lines[i].Quantity) != 0 {
				t.Errorf("line %d is %s × %s, want %s × %s", i, l.Quantity, l.UnitPrice, o.Lines[i].Quantity, o.Lines[i].UnitPrice)
			}
		}
	}},
	{"16 accents, quotes and signs survive, and long texts are kept or refused", func(t *trial) {
		cursor := t.now(erp.KindItem)
		t.do("rename", t.Clerk.RenameItem(t.Context(), t.Names.Plain, awkward))
		r, _ := t.until(erp.KindItem, cursor, "the new name", func(r erp.Record) bool { return r.No == t.Names.Plain })
		if got := r.Body.(erp.Item).Name.FR; got != awkward {
			t.Errorf("%q became %q", awkward, got)
		}
		t.do("and back", t.Clerk.RenameItem(t.Context(), t.Names.Plain, "Marteau"))
		for _, po := range []string{awkward, strings.Repeat("é", 35), strings.Repeat("é", 36), strings.Repeat("x", 100)} {
			o := t.plain()
			o.PONumber, o.Comment = po, awkward
			id, err := t.c.CreateOrder(t.Context(), o)
			if t.class(err) == erp.Refused && len(po) > 40 {
				continue
			}
			t.do("create", err)
			if got := read[erp.Order](t, id).PONumber; got != po {
				t.Errorf("PO number %q became %q", po, got)
			}
		}
	}},
	{"17 a part payment is seen, though the invoice is not stamped", func(t *trial) {
		placed := t.place(t.plain())
		t.do("ship", t.Clerk.ShipRest(t.Context(), placed.ID))
		t.do("post", t.Clerk.PostInvoice(t.Context(), placed.ID))
		before := t.invoicesOf(placed.ID)[0]
		cursor := t.now(erp.KindInvoice)
		t.do("pay", t.Clerk.MakePartialPayment(t.Context(), placed.ID, money.Must("12.34")))
		r, _ := t.until(erp.KindInvoice, cursor, "the payment", func(r erp.Record) bool { return r.No == before.Number })
		if got := r.Body.(erp.Invoice); got.Open.Minor != before.Open.Minor-1234 || got.State != "open" || got.Totals.Total != before.Totals.Total {
			t.Errorf("after 12.34 of %v: %+v", before.Open, got)
		}
	}},
	{"18 a stock level is seen, though the item is not stamped", func(t *trial) {
		item, cursor := t.item(t.Names.Plain), t.now(erp.KindStock)
		had := t.stock(t.Names.Plain)
		t.do("count", t.Clerk.SetStock(t.Context(), t.Names.Plain, money.Int(77)))
		r, cursor := t.until(erp.KindStock, cursor, "the count", func(r erp.Record) bool {
			b, ok := r.Body.(erp.Stock)
			return ok && b.Item == item
		})
		if b := r.Body.(erp.Stock); b.OnHand.Cmp(money.Int(77)) != 0 {
			t.Errorf("counted 77: %+v", b)
		}
		// A promise takes from what is available, and leaves what is on hand.
		t.place(t.order(t.Names.Unlimited, want{t.Names.Plain, "5"}))
		r, _ = t.until(erp.KindStock, cursor, "the promise", func(r erp.Record) bool {
			b, ok := r.Body.(erp.Stock)
			return ok && b.Item == item
		})
		promised, _ := had.OnHand.Sub(had.Available)
		left, _ := money.Int(72).Sub(promised)
		if b := r.Body.(erp.Stock); b.OnHand.Cmp(money.Int(77)) != 0 || b.Available.Cmp(left) != 0 {
			t.Errorf("5 of 77 promised, %s before: %+v", promised, b)
		}
	}},
	{"19 what the merchant pays never leaves the connector", func(t *trial) {
		for _, kind := range t.kinds() {
			for _, r := range first(t.drain(kind, "", 1000)) {
				for sku, cost := range t.Names.Costs {
					var v any
					d := json.NewDecoder(strings.NewReader(string(r.Raw)))
					d.UseNumber()
					if err := d.Decode(&v); err != nil && len(r.Raw) > 0 {
						t.Fatalf("%s %s: raw is no JSON: %v", kind, r.ID, err)
					}
					if kind == erp.KindItem && r.No == sku && holds(v, money.Must(cost)) {
						t.Errorf("%s %s: what is kept has the cost %s: %s", kind, sku, cost, r.Raw)
					}
				}
			}
		}
	}},
}

// closing is what takes something away for good, and comes last.
var closing = []check{
	{"12 what is archived is gone, and what is unknown is deleted", func(t *trial) {
		archivist, ok := t.Clerk.(Archivist)
		if !ok {
			t.Fatal("the clerk cannot archive, and Cannot does not say so")
		}
		id, cursor := t.item(t.Names.Spare), t.now(erp.KindItem)
		t.do("archive", archivist.ArchiveItem(t.Context(), t.Names.Spare))
		for _, kind := range []erp.Kind{erp.KindItem, erp.KindPrice, erp.KindStock} {
			ids, err := t.c.IDs(t.Context(), kind)
			t.do("ids", err)
			for _, r := range first(t.drain(kind, "", 1000)) {
				if b, ok := r.Body.(erp.Stock); ok && b.Item == id || r.Kind == erp.KindItem && r.ID == id {
					t.Errorf("%s %s is still read", kind, r.ID)
				}
			}
			if kind == erp.KindItem && slices.Contains(ids, id) {
				t.Errorf("%s %s is still listed", kind, id)
			}
		}
		if r, _ := t.until(erp.KindItem, cursor, "the archived item", func(r erp.Record) bool { return r.ID == id }); !r.Deleted || r.Body != nil {
			t.Errorf("an archived item is %+v", r)
		}
	}},
}

func first[A, B any](a A, _ B) A { return a }

func sorted(ids []string) []string {
	ids = slices.Clone(ids)
	slices.Sort(ids)
	return ids
}

// without hides the record with an id in an ERP's answer, as if it were not
// committed yet.
func without(id string) func(string) string {
	var hide func(v any) any
	hide = func(v any) any {
		switch v := v.(type) {
		case map[string]any:
			for name := range v {
				v[name] = hide(v[name])
			}
		case []any:
			kept := []any{}
			for _, one := range v {
				if o, ok := one.(map[string]any); !ok || fmt.Sprint(o["id"]) != id {
					kept = append(kept, hide(one))
				}
			}
			return kept
		}
		return v
	}
	return func(answer string) string {
		d := json.NewDecoder(strings.NewReader(answer))
		d.UseNumber()
		var v any
		if d.Decode(&v) != nil {
			return answer
		}
		text, _ := json.Marshal(hide(v)) // was JSON: cannot fail
		return string(text)
	}
}

// idsOf are the ids of records, sorted, with repeats.
func idsOf(records []erp.Record) []string {
	ids := []string{}
	for _, r := range records {
		ids = append(ids, r.ID)
	}
	return sorted(ids)
}

// texts are records as the engine hashes them, by id.
func (t *trial) texts(records []erp.Record) map[string]string {
	t.Helper()
	texts := map[string]string{}
	for _, r := range records {
		texts[r.ID] = fmt.Sprint(r.Kind, r.No, r.Deleted, r.Malformed, asText(t, r.Body))
	}
	return texts
}

func (t *trial) stock(sku string) erp.Stock {
	t.Helper()
	item := t.item(sku)
	for _, s := range all[erp.Stock](t) {
		if s.Item == item {
			return s
		}
	}
	t.Fatalf("no stock of %s", sku)
	return erp.Stock{}
}

// goodsOf are the lines of an order that were asked for, without the freight.
func goodsOf(o erp.Order) (lines []erp.OrderLine) {
	for _, l := range o.Lines {
		if !l.Freight {
			lines = append(lines, l)
		}
	}
	return lines
}

// holds says whether a number stands anywhere in JSON.
func holds(v any, n money.Decimal) bool {
	switch v := v.(type) {
	case map[string]any:
		for _, one := range v {
			if holds(one, n) {
				return true
			}
		}
	case []any:
		return slices.ContainsFunc(v, func(one any) bool { return holds(one, n) })
	case string:
		d, err := money.Parse(v)
		return err == nil && d.Cmp(n) == 0
	case json.Number:
		return holds(v.String(), n)
	}
	return false
}
