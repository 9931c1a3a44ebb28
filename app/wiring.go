package app

import (
	"context"
	"strings"
	"time"

	"comptoir.example/comptoir/base/db"
	"comptoir.example/comptoir/base/fault"
	"comptoir.example/comptoir/base/i18n"
	"comptoir.example/comptoir/base/outbox"
	"comptoir.example/comptoir/collect"
	"comptoir.example/comptoir/erpsync"
	"comptoir.example/comptoir/finance/payment"
	"comptoir.example/comptoir/gateway"
	"comptoir.example/comptoir/gateway/simulator"
	"comptoir.example/comptoir/mail"
	"comptoir.example/comptoir/notify"
	"comptoir.example/comptoir/trade/customer"
	"comptoir.example/comptoir/trade/order"
)

// wire says what follows from what. All consequences of the program stand here.
func wire(box *outbox.Box, engine *erpsync.Engine) {
	box.On(outbox.Route{Fact: "order.placed", Consumer: "erp.push-order", Where: laneOfOrder, Carry: engine.PushOrder, Together: 8})
	box.On(outbox.Route{Fact: "payment.taken", Consumer: "erp.push-receipt", Where: laneOfReceipt, Carry: engine.PushReceipt})
	box.On(outbox.Route{Fact: "receipt.reversal_asked", Consumer: "erp.reverse-receipt", Where: laneOfReceipt, Carry: engine.ReverseReceipt})
}

// wireGateway says what is asked of the processor.
func wireGateway(box *outbox.Box, g *collect.Engine) {
	for _, fact := range []string{"payment.start_asked", "payment.charge_asked", "payment.end_asked"} {
		box.On(outbox.Route{Fact: fact, Consumer: "gateway.ask", Where: g.Lane, Carry: g.Ask})
	}
	box.On(outbox.Route{Fact: "payment.refund_asked", Consumer: "gateway.refund", Where: g.Lane, Carry: g.GiveBack})
	box.On(outbox.Route{Fact: "payment.method_removed", Consumer: "gateway.forget", Where: g.LaneOfMethod, Carry: g.Forget})
	if g.ListsPayouts() {
		box.On(outbox.Route{Fact: "payout.told", Consumer: "gateway.payout", Where: g.LaneOfPayout, Carry: g.ListPayout})
	}
}

// wireLetters says what is told by mail.
func wireLetters(box *outbox.Box, e *notify.Engine) {
	box.On(outbox.Route{Fact: "payment.link_made", Consumer: "mail.link", Where: notify.Lane, Carry: e.Link})
}

// laneOfOrder keeps a customer's orders in the order in which they were placed.
func laneOfOrder(f outbox.Fact) (conn, lane string) {
	placed := f.(order.Placed)
	return placed.Conn, placed.Customer
}

// laneOfReceipt keeps a customer's money in order, beside their orders.
func laneOfReceipt(f outbox.Fact) (conn, lane string) {
	conn, company := f.(interface {
		Money() (conn, customer string)
	}).Money()
	return conn, "money/" + company
}

// take lets the shop take money through the processor of the settings, if there
// is one.
func (a *App) take(c ProcessorConfig, public string) {
	if c.URL != "" {
		a.Take(simulator.New(c.URL, c.Secret, strings.Fields(c.Webhook)...), public)
	}
}

// letters lets the shop send letters through the mail server of the settings, if there
// is one.
func (a *App) letters(c Config, public string) error {
	if c.Mail.URL == "" {
		return nil
	}
	server, err := mail.New(mail.Config(c.Mail))
	if err != nil {
		return fault.New(fault.Invalid, "config.bad_mail", "value", c.Mail.URL).Because(err)
	}
	a.Mail(server, payment.LinkKey(c.Secret), public)
	return nil
}

// Mail lets the shop send letters, and with them pay links. It is called before the
// shop runs.
func (a *App) Mail(s notify.Server, k payment.LinkKey, public string) {
	e := notify.New(a.Box, s)
	e.Words, e.Merchant, e.Links = a.Site.Words, a.Engine.Merchant, k
	e.Address = func(token string) string { return public + "/pay/" + token }
	a.Letters, a.Site.Links = e, k
	wireLetters(a.Box, e)
}

// Take lets the shop take money through a processor. It is called before the shop
// runs.
func (a *App) Take(g gateway.Connector, public string) {
	e := collect.New(a.Box, g)
	e.Return = func(p payment.Payment) string {
		if link, guest := p.Guest(); guest {
			return public + "/pay/" + a.Site.Links.Token(link)
		}
		return public + "/payments/" + p.ID
	}
	e.Day = func(at time.Time) string { return a.Engine.Merchant().Day(at) }
	e.Describe = func(ctx context.Context, p payment.Payment) (text, lang string, err error) {
		var c customer.Customer
		if err := a.DB.Read(ctx, func(tx *db.Tx) (err error) {
			c, err = customer.Find(ctx, tx, p.Customer)
			return err
		}); err != nil {
			return "", "", err
		}
		m := a.Engine.Merchant()
		words := a.Site.Words.Printer(i18n.Parse(c.Language), m.Zone)
		return words.T("app.pay.description", "merchant", m.Name, "n", len(p.Lines)), c.Language, nil
	}
	a.Site.Gateway = e
	wireGateway(a.Box, e)
}
