package erptest

import (
	"reflect"
	"regexp"
	"slices"
	"strings"

	"comptoir.example/comptoir/base/money"
	"comptoir.example/comptoir/erp"
)

// day and nonsense are what dates look like, and what careless connectors make
// of absent values.
var (
	day      = regexp.MustCompile(`^20\d\d-[01]\d-[0-3]\d$`)
	nonsense = regexp.MustCompile(`^(?i:null|none|nil|<nil>|false|undefined|0001-01-01.*|00000000-0000-0000-0000-0{12})$`)
)

// sane looks at every record of every kind.
func (t *trial) sane() {
	t.Helper()
	there := map[erp.Kind]map[string]bool{}
	var records []erp.Record
	for _, kind := range t.kinds() {
		there[kind] = map[string]bool{}
		for _, r := range first(t.drain(kind, "", 1000)) {
			if r.Malformed != "" || r.Deleted || r.Body == nil || r.Kind != kind || r.Body.Kind() != kind || r.ID == "" {
				t.Errorf("%s %s: %+v", kind, r.ID, r)
				continue
			}
			there[kind][r.ID] = true
			records = append(records, r)
			walk(reflect.ValueOf(r.Body), func(s string) {
				if nonsense.MatchString(s) || s != strings.TrimSpace(s) {
					t.Errorf("%s %s has %q", kind, r.ID, s)
				}
			})
		}
	}
	for _, r := range records {
		points := func(kind erp.Kind, id string, may bool) {
			if !(may && id == "") && !there[kind][id] {
				t.Errorf("%s %s points at %s %q", r.Kind, r.ID, kind, id)
			}
		}
		dated := func(s string, may bool) {
			if !(may && s == "") && !day.MatchString(s) {
				t.Errorf("%s %s has the date %q", r.Kind, r.ID, s)
			}
		}
		sum := func(a ...money.Amount) {
			for _, one := range a {
				if one.Currency != "CAD" {
					t.Errorf("%s %s has a sum of %q", r.Kind, r.ID, one.Currency)
				}
			}
		}
		switch b := r.Body.(type) {
		case erp.Customer:
			points(erp.KindTerm, b.Term, true)
			if b.Name == "" || r.No == "" || !slices.Contains([]string{"fr-CA", "en-CA"}, b.Language) || !slices.Contains([]string{"active", "orders_blocked", "all_blocked"}, b.Status) {
				t.Errorf("customer %s: %+v", r.ID, b)
			}
		case erp.Address:
			points(erp.KindCustomer, b.Customer, false)
			if b.Street == "" || len(b.Country) != 2 || !strings.HasPrefix(b.Region, b.Country+"-") || !(b.ShipTo || b.BillTo) {
				t.Errorf("address %s: %+v", r.ID, b)
			}
		case erp.Item:
			points(erp.KindUnit, b.Unit, false)
			if b.SKU == "" || b.Name.FR == "" || b.Name.EN == "" || b.ItemTax == "" || !b.ListPrice.IsPos() || !slices.Contains([]string{"goods", "service"}, b.Type) {
				t.Errorf("item %s: %+v", r.ID, b)
			}
		case erp.TaxCase:
			for _, id := range b.Taxes {
				points(erp.KindTax, id, false)
			}
		case erp.Price:
			points(erp.KindItem, b.Item, false)
			if len(b.Breaks) == 0 || !b.Breaks[0].From.IsZero() || !slices.IsSortedFunc(b.Breaks, func(a, b erp.Break) int { return a.From.Cmp(b.From) }) {
				t.Errorf("ladder %s: %+v", r.ID, b)
			}
		case erp.Stock:
			points(erp.KindItem, b.Item, false)
			if b.Available.Cmp(b.OnHand) > 0 || b.Place.FR == "" || b.Warehouse == "" {
				t.Errorf("stock %s: %+v", r.ID, b)
			}
		case erp.Order:
			points(erp.KindCustomer, b.Customer, false)
			points(erp.KindAddress, b.ShipTo, true)
			dated(b.Date, false)
			sum(b.Totals.Net, b.Totals.Total)
			t.adds(r, b.Totals)
			if b.ID != r.ID || b.Number != r.No || len(b.Lines) == 0 {
				t.Errorf("order %s: %+v", r.ID, b)
			}
			for _, l := range b.Lines {
				points(erp.KindItem, l.Item, true)
				sum(l.Amount)
				if l.ID == "" {
					t.Errorf("order %s has a line without id", r.ID)
				}
			}
		case erp.Shipment:
			points(erp.KindCustomer, b.Customer, false)
			dated(b.Date, b.State != "done")
			for _, id := range b.Orders {
				points(erp.KindOrder, id, false)
			}
			for _, l := range b.Lines {
				points(erp.KindItem, l.Item, false)
			}
		case erp.Invoice:
			points(erp.KindCustomer, b.Customer, false)
			dated(b.Date, false)
			sum(b.Totals.Net, b.Totals.Total, b.Open)
			t.adds(r, b.Totals)
			for _, id := range b.Orders {
				points(erp.KindOrder, id, false)
			}
			due := int64(0)
			for i, d := range b.Due {
				dated(d.Date, false)
				sum(d.Amount)
				if due += d.Amount.Minor; i > 0 && d.Date < b.Due[i-1].Date {
					t.Errorf("invoice %s is due %+v", r.ID, b.Due)
				}
			}
			if b.Number == "" || b.Number != r.No || due != b.Totals.Total.Minor {
				t.Errorf("invoice %s: due %d of %+v", r.ID, due, b)
			}
			lines := int64(0)
			for _, l := range b.Lines {
				points(erp.KindItem, l.Item, true)
				points(erp.KindUnit, l.Unit, true)
				lines += l.Amount.Minor
			}
			if lines != b.Totals.Net.Minor {
				t.Errorf("invoice %s: lines of %d, net %d", r.ID, lines, b.Totals.Net.Minor)
			}
		case erp.Receipt:
			points(erp.KindCustomer, b.Customer, false)
			dated(b.Date, false)
			sum(b.Amount, b.Unapplied)
			parts := b.Unapplied.Minor
			for _, l := range b.Lines {
				points(erp.KindInvoice, l.Invoice, false)
				sum(l.Amount)
				parts += l.Amount.Minor
			}
			if b.ID != r.ID || b.Number != r.No || b.State == erp.ReceiptPosted && parts != b.Amount.Minor {
				t.Errorf("receipt %s: lines and the rest are %d: %+v", r.ID, parts, b)
			}
		}
	}
}

// adds says that the sums of a document add up.
func (t *trial) adds(r erp.Record, sums erp.Totals) {
	t.Helper()
	total := sums.Net.Minor
	for _, x := range sums.Taxes {
		total += x.Amount.Minor
	}
	if total != sums.Total.Minor {
		t.Errorf("%s %s: net and taxes are %d: %+v", r.Kind, r.ID, total, sums)
	}
}

// walk gives every text in a value.
func walk(v reflect.Value, see func(string)) {
	switch v.Kind() {
	case reflect.String:
		see(v.String())
	case reflect.Pointer, reflect.Interface:
		if !v.IsNil() {
			walk(v.Elem(), see)
		}
	case reflect.Slice:
		for i := range v.Len() {
			walk(v.Index(i), see)
		}
	case reflect.Struct:
		for i := range v.NumField() {
			if v.Type().Field(i).IsExported() {
				walk(v.Field(i), see)
			}
		}
	}
}
