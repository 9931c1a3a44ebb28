package desk

import (
	"time"

	"comptoir.example/comptoir/base/i18n"
	"comptoir.example/comptoir/base/money"
	"comptoir.example/comptoir/web/ui"
	"github.com/govalues/decimal"
)

// HomePage is what a person of the merchant sees first: what to settle, then
// the four pillars.
type HomePage struct {
	Name    string // first name
	Now     time.Time
	Todo    []ui.Todo
	ERP     ERPFigures
	Cards   CardFigures
	Access  AccessFigures
	Service ServiceFigures
}

// ERPFigures are the first pillar: nobody copies an order by hand.
type ERPFigures struct {
	ClickToERP time.Duration // 95 orders of 100 are in the ERP this soon; 0: none yet
	Orders     int           // placed today
	Waiting    int           // on their way
	Retyped    int           // typed by hand, ever
	AsOf       ui.AsOf
}

// CardFigures are the second: no card number enters.
type CardFigures struct {
	Fields  int // fields of ours that could take one
	Scripts int // scripts from elsewhere on our pages
	Hosts   int // addresses a payer may be sent to
}

// AccessFigures are the third: who may do what.
type AccessFigures struct {
	Refused   int // acts a permission stopped today
	People    int // who may sign in
	Companies int
	Locked    int // accounts that wait after too many tries
}

// ServiceFigures are the fourth: answers without a phone call.
type ServiceFigures struct {
	Answers int           // status pages read by customers this week
	Counted bool          // calls avoided are counted
	Saved   *money.Amount // this year; nil while it is not counted
	Placed  int           // orders placed outside opening hours this week
}

func (h HomePage) tiles(p *i18n.Printer) []ui.Tile {
	click := "—"
	if h.ERP.ClickToERP > 0 {
		click = seconds(p, h.ERP.ClickToERP)
	}
	saved := p.T("desk.tile.uncounted")
	if h.Service.Saved != nil {
		saved = p.Money(*h.Service.Saved)
	}
	pair := func(key string, n int) ui.Pair { return ui.Pair{Label: p.T(key), Value: p.Int(int64(n))} }
	return []ui.Tile{
		{Icon: "sync", Title: p.T("desk.tile.erp"), Figure: click, Fact: p.T("desk.tile.erp.fact"), Foot: ui.Fresh(p, h.ERP.AsOf), Pairs: []ui.Pair{
			pair("desk.tile.erp.orders", h.ERP.Orders), pair("desk.tile.erp.waiting", h.ERP.Waiting), pair("desk.tile.erp.retyped", h.ERP.Retyped)}},
		{Icon: "shield", Title: p.T("desk.tile.cards"), Figure: p.T("desk.tile.cards.figure", "n", h.Cards.Fields), Fact: p.T("desk.tile.cards.fact"), Pairs: []ui.Pair{
			pair("desk.tile.cards.scripts", h.Cards.Scripts), pair("desk.tile.cards.hosts", h.Cards.Hosts)}},
		{Icon: "key", Title: p.T("desk.tile.access"), Figure: p.T("desk.tile.access.figure", "n", h.Access.Refused), Fact: p.T("desk.tile.access.fact"), Pairs: []ui.Pair{
			pair("desk.tile.access.people", h.Access.People), pair("desk.tile.access.companies", h.Access.Companies), pair("desk.tile.access.locked", h.Access.Locked)}},
		{Icon: "phone", Title: p.T("desk.tile.service"), Figure: p.T("desk.tile.service.figure", "n", h.Service.Answers), Fact: p.T("desk.tile.service.fact"), Pairs: []ui.Pair{
			pair("desk.tile.service.placed", h.Service.Placed), {Label: p.T("desk.tile.service.saved"), Value: saved}}},
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
