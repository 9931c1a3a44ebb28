package erptest

import (
	"maps"
	"slices"
	"strings"
	"time"

	"comptoir.example/comptoir/base/money"
	"comptoir.example/comptoir/erp"
)

// kinds are those that the connector must read: receipts only when it books them.
func (t *trial) kinds() []erp.Kind {
	_, books := t.c.(erp.Cashier)
	return slices.DeleteFunc(slices.Clone(erp.Kinds), func(k erp.Kind) bool { return k == erp.KindReceipt && !books })
}

// drain reads a kind from a cursor to its end.
func (t *trial) drain(kind erp.Kind, from string, limit int) (all []erp.Record, cursor string) {
	t.Helper()
	for pages := 0; ; pages++ {
		page, err := t.c.Changed(t.Context(), kind, from, limit)
		t.do("changed "+string(kind), err)
		if len(page.Records) > 2*limit {
			t.Errorf("%s: a page of %d, asked for %d", kind, len(page.Records), limit)
		}
		all, from = append(all, page.Records...), page.Cursor
		if !page.More {
			return all, from
		}
		if pages > 10000/limit+100 {
			t.Fatalf("%s: %d pages of %d and no end", kind, pages, limit)
		}
	}
}

// now reads a kind to its end and gives the cursor from which changes are new.
func (t *trial) now(kind erp.Kind) string {
	_, cursor := t.drain(kind, "", 1000)
	return cursor
}

// until follows a kind from a cursor until a record fits, no longer than a few
// polls, and gives that record and the last cursor.
func (t *trial) until(kind erp.Kind, cursor, what string, fits func(erp.Record) bool) (erp.Record, string) {
	t.Helper()
	var last []erp.Record
	for deadline := time.Now().Add(10 * time.Second); time.Now().Before(deadline); time.Sleep(100 * time.Millisecond) {
		var news []erp.Record
		news, cursor = t.drain(kind, cursor, 100)
		for _, r := range news {
			if fits(r) {
				return r, cursor
			}
		}
		last = append(last, news...)
	}
	t.Fatalf("%s: never seen among the changes of %s: %+v", what, kind, last)
	return erp.Record{}, ""
}

// all is every record of a kind with its body.
func all[B erp.Body](t *trial) map[string]B {
	t.Helper()
	var b B
	records, _ := t.drain(b.Kind(), "", 1000)
	bodies := map[string]B{}
	for _, r := range records {
		if body, ok := r.Body.(B); ok {
			bodies[r.ID] = body
		}
	}
	return bodies
}

// read is one record as it is now.
func read[B erp.Body](t *trial, id string) B {
	t.Helper()
	var b B
	records, err := t.c.Read(t.Context(), b.Kind(), []string{id})
	t.do("read", err)
	if len(records) != 1 {
		t.Fatalf("read one %s: %d records", b.Kind(), len(records))
	}
	body, ok := records[0].Body.(B)
	if !ok {
		t.Fatalf("%s %s: %+v", b.Kind(), id, records[0])
	}
	return body
}

// numbered finds the record with a number for people.
func (t *trial) numbered(kind erp.Kind, no string) string {
	t.Helper()
	return t.id(string(kind)+no, func() string {
		for _, r := range first(t.drain(kind, "", 1000)) {
			t.ids[string(kind)+r.No] = r.ID
		}
		if t.ids[string(kind)+no] == "" {
			t.Fatalf("no %s %s", kind, no)
		}
		return t.ids[string(kind)+no]
	})
}

func (t *trial) item(sku string) string      { t.Helper(); return t.numbered(erp.KindItem, sku) }
func (t *trial) customer(code string) string { t.Helper(); return t.numbered(erp.KindCustomer, code) }

// address is a place of a customer that receives goods; a name chooses.
func (t *trial) address(customer, name string) string {
	t.Helper()
	return t.id("address "+customer+name, func() string {
		for id, a := range all[erp.Address](t) {
			if a.Customer == customer && a.ShipTo && (name == "" || a.Name == name) {
				return id
			}
		}
		t.Fatalf("customer %s has no place %q", customer, name)
		return ""
	})
}

// delivery is the delivery method with a fixed freight.
func (t *trial) delivery() string {
	t.Helper()
	return t.id("delivery", func() string {
		for id, d := range all[erp.DeliveryMethod](t) {
			if d.Name.FR == t.Names.Delivery {
				return id
			}
		}
		t.Fatalf("no delivery by %s", t.Names.Delivery)
		return ""
	})
}

// price is what the ERP says one unit costs now.
func (t *trial) price(customer, item string, quantity money.Decimal) money.Decimal {
	t.Helper()
	told, err := t.c.Prices(t.Context(), []erp.PriceQuestion{{Customer: customer, Item: item, Quantity: quantity}})
	t.do("price", err)
	if len(told) != 1 || !told[0].Known {
		t.Fatalf("no price of %s for %s: %+v", item, customer, told)
	}
	return told[0].Price
}

// atlas is what never changes in an ERP, asked once: numbers, the merchant's
// prices, and what belongs to which order.
type atlas struct {
	replica *asking
	ids     map[string]string                // by kind and number, or name
	zone    *time.Location                   //
	owners  map[erp.Kind]map[string][]string // keys or orders, by id of a document
}

func newAtlas() *atlas {
	return &atlas{ids: map[string]string{}, owners: map[erp.Kind]map[string][]string{
		erp.KindOrder: {}, erp.KindShipment: {}, erp.KindInvoice: {}, erp.KindReceipt: {}}}
}

// id finds an id that does not change.
func (a *atlas) id(name string, find func() string) string {
	if a.ids[name] == "" {
		a.ids[name] = find()
	}
	return a.ids[name]
}

// of are the documents that belong to an order, or to a key. Those that are known
// to belong elsewhere are not read again.
func of[B erp.Body](t *trial, owner string, owners func(B) []string) map[string]B {
	t.Helper()
	var b B
	kind := b.Kind()
	ids, err := t.c.IDs(t.Context(), kind)
	t.do("ids", err)
	ids = slices.DeleteFunc(ids, func(id string) bool {
		known := t.owners[kind][id]
		return len(known) > 0 && !slices.Contains(known, owner)
	})
	if len(ids) == 0 {
		return nil
	}
	records, err := t.c.Read(t.Context(), kind, ids)
	t.do("read", err)
	found := map[string]B{}
	for _, r := range records {
		if body, ok := r.Body.(B); ok {
			t.owners[kind][r.ID] = owners(body)
			if slices.Contains(owners(body), owner) {
				found[r.ID] = body
			}
		}
	}
	return found
}

// withKey are the orders that say they are the one with a key.
func (t *trial) withKey(key string) []string {
	t.Helper()
	return slices.Sorted(maps.Keys(of(t, key, func(o erp.Order) []string { return []string{o.Key} })))
}

// shipmentsOf are the shipments of an order, those that left first.
func (t *trial) shipmentsOf(order string) []erp.Shipment {
	t.Helper()
	found := slices.Collect(maps.Values(of(t, order, func(s erp.Shipment) []string { return s.Orders })))
	slices.SortFunc(found, func(a, b erp.Shipment) int { return strings.Compare(a.State+a.Number, b.State+b.Number) })
	return found
}

// billsOf are the posted invoices of an order.
func (t *trial) billsOf(order string) map[string]erp.Invoice {
	t.Helper()
	return of(t, order, func(i erp.Invoice) []string { return i.Orders })
}

// invoicesOf are the posted invoices of an order, by number.
func (t *trial) invoicesOf(order string) []erp.Invoice {
	t.Helper()
	found := slices.Collect(maps.Values(t.billsOf(order)))
	slices.SortFunc(found, func(a, b erp.Invoice) int { return strings.Compare(a.Number, b.Number) })
	return found
}
