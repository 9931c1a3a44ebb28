package desk

import (
	"time"

	"comptoir.example/comptoir/base/i18n"
	"comptoir.example/comptoir/web/ui"
	"github.com/govalues/decimal"
)

// HomePage is what a person of the merchant sees first: what to settle, then
// the four pillars. Only what is really counted is shown.
type HomePage struct {
	Name    string // first name
	Now     time.Time
	Todo    []ui.Todo
	ERP     ERPFigures
	Origins int // addresses besides our own that a page may load from or send to
	Access  AccessFigures
	Service ServiceFigures
}

// ERPFigures are the first pillar: nobody copies an order by hand.
type ERPFigures struct {
	ClickToERP time.Duration // 95 orders of 100 are in the ERP this soon; 0: none yet
	Orders     int           // placed today
	Waiting    int           // on their way
	Checked    int           // prices compared with the ERP's today
	Differed   int           // of them
	AsOf       ui.AsOf
}

// AccessFigures are the third: who may do what.
type AccessFigures struct {
	People    int // who may sign in
	Companies int
	Locked    int // accounts that wait after too many tries
}

// ServiceFigures are the fourth: answers without a phone call.
type ServiceFigures struct {
	Placed int // orders placed here in the last seven days
	Late   int // of them when nobody answers the phone
}

func (h HomePage) tiles(p *i18n.Printer) []ui.Tile {
	click := "—"
	if h.ERP.ClickToERP > 0 {
		click = seconds(p, h.ERP.ClickToERP)
	}
	pair := func(key string, n int) ui.Pair { return ui.Pair{Label: p.T(key), Value: p.Int(int64(n))} }
	return []ui.Tile{
		{Icon: "sync", Title: p.T("desk.tile.erp"), Figure: click, Fact: p.T("desk.tile.erp.fact"), Foot: ui.Fresh(p, h.ERP.AsOf), Pairs: []ui.Pair{
			pair("desk.tile.erp.orders", h.ERP.Orders), pair("desk.tile.erp.waiting", h.ERP.Waiting), {Label: p.T("desk.tile.erp.checked", "n", h.ERP.Differed), Value: p.Int(int64(h.ERP.Checked))}}},
		{Icon: "shield", Title: p.T("desk.tile.cards"), Figure: p.T("desk.tile.cards.figure", "n", h.Origins), Fact: p.T("desk.tile.cards.fact")},
		{Icon: "key", Title: p.T("desk.tile.access"), Figure: p.T("desk.tile.access.figure", "n", h.Access.People), Fact: p.T("desk.tile.access.fact"), Pairs: []ui.Pair{
			pair("desk.tile.access.companies", h.Access.Companies), pair("desk.tile.access.locked", h.Access.Locked)}},
		{Icon: "phone", Title: p.T("desk.tile.service"), Figure: p.T("desk.tile.service.figure", "n", h.Service.Placed), Fact: p.T("desk.tile.service.fact"), Pairs: []ui.Pair{
			pair("desk.tile.service.late", h.Service.Late)}},
	}
}

// seconds keeps a tenth of a second where it matters: 1,4 s.
func seconds(p *i18n.Printer, d time.Duration) string {
	if d < time.Second || d >= 10*time.Second {
		return p.Span(d)
	}
	tenths, err := decimal.New(int64(d/(100*time.Millisecond)), 1)
	if err != nil {
		return p.Span(d)
	}
	return p.T("desk.seconds", "n", tenths)
}
