package ui

import (
	"time"

	"comptoir.example/comptoir/base/asof"
	"comptoir.example/comptoir/base/fault"
	"comptoir.example/comptoir/base/money"
	"comptoir.example/comptoir/erp"
)

// What the showroom shows is invented; its amounts are those of the demo merchant.
var (
	showNow  = time.Date(2026, 11, 23, 19, 2, 0, 0, time.UTC)
	showUnit = erp.Unit{Name: erp.Text{FR: "unité", EN: "unit"}, Symbol: "u"}
	showLong = erp.Text{
		FR: "Ancrage à expansion en acier inoxydable pour béton fissuré, homologué pour les zones sismiques, 3/8 po × 5 po, boîte de 50",
		EN: "Stainless steel expansion anchor for cracked concrete, approved for seismic areas, 3/8 in × 5 in, box of 50",
	}
	showInks = []string{"paper", "sheet", "wash", "press", "sunk", "rule", "rule-2", "line", "ink", "ink-2", "ink-3", "blue", "blue-wash",
		"bar", "margin", "brass", "brass-ink", "brass-wash", "counter", "ok", "warn", "late", "info", "odd", "mute", "focus"}
)

func showLadder(quantity int64) Ladder {
	return Ladder{Currency: "CAD", Unit: showUnit, Quantity: money.Int(quantity), Breaks: []erp.Break{
		{From: money.Int(0), Price: money.Must("179.55")}, {From: money.Int(5), Price: money.Must("170.10")}, {From: money.Int(10), Price: money.Must("160.65")},
	}}
}

func showCut() Ladder {
	return Ladder{Currency: "CAD", Unit: erp.Unit{Name: erp.Text{FR: "mètre", EN: "metre"}, Symbol: "m", Digits: 2}, Quantity: money.Must("12.5"), Breaks: []erp.Break{
		{From: money.Int(0), Price: money.Must("1.035")}, {From: money.Int(1000), Price: money.Must("0.92")},
	}}
}

func showTotals(freight bool) erp.Totals {
	cad := func(minor int64) money.Amount { return money.Amount{Minor: minor, Currency: "CAD"} }
	t := erp.Totals{Net: cad(528702), Total: cad(607875), Taxes: []erp.TaxLine{
		{Name: erp.Text{FR: "TPS 5\u00a0%", EN: "GST 5%"}, Base: cad(528702), Amount: cad(26435)},
		{Name: erp.Text{FR: "TVQ 9,975\u00a0%", EN: "QST 9.975%"}, Base: cad(528702), Amount: cad(52738)},
	}}
	if freight {
		f := cad(4500)
		t.Freight = &f
	}
	return t
}

func showAsOf(age, limit time.Duration, pending bool) AsOf {
	return AsOf{Stamp: asof.Stamp{Source: "erp", At: showNow.Add(-age), Limit: limit}, Now: showNow, Pending: pending}
}

var showBad = &fault.Field{Name: "quantity", Code: "ui.show.field.bad"}

func showLines() []Line {
	n := money.Int
	return []Line{
		{Ordered: n(10), Shipped: n(10)},
		{Ordered: n(16), Shipped: n(12)},
		{Ordered: n(40), Shipped: n(24), Preparing: n(16)},
		{Ordered: n(6)},
		{Ordered: n(8), Shipped: n(2), Preparing: n(2)},
		{Ordered: n(8), Cancelled: true},
	}
}

func showFlows() []Flow {
	low, rising := make([]time.Duration, 24), make([]time.Duration, 24)
	for i := range low {
		low[i] = time.Duration(30+i*7%11) * time.Second
		rising[i] = time.Duration(20+i%3) * time.Second
	}
	for i := 19; i < 24; i++ {
		rising[i] = time.Duration(i-18) * 110 * time.Second
	}
	return []Flow{
		{Key: "orders_out", Out: true, Age: 41 * time.Second, Limit: 2 * time.Minute, Day: low, State: "fresh"},
		{Key: "stock", Age: 9 * time.Minute, Limit: 5 * time.Minute, Day: rising, State: "late"},
		{Key: "price", Age: 2 * time.Hour, Limit: 15 * time.Minute, Day: rising, Queue: 1204, Oldest: 8*time.Minute + 52*time.Second, State: "down"},
		{Key: "invoice", Never: true, Limit: time.Minute, State: "paused"},
	}
}

func showEntries() (list []Entry) {
	for i, kind := range EntryKinds() {
		list = append(list, Entry{Kind: kind, At: showNow.Add(-time.Duration(i) * time.Hour), Source: "ui.source.erp", Params: []any{
			"who", "Marc-André Pelletier", "number", "CMD-1046", "total", money.Amount{Minor: 183705, Currency: "CAD"}, "amount", money.Amount{Minor: 183705, Currency: "CAD"}}})
	}
	return list
}
