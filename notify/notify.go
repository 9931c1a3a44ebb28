// Package notify writes the letters that follow from facts, and hands them to the
// mail server: to their reader, in the reader's language, with no more in them than
// they need.
//
// A mail server cannot be asked whether it has a letter. One that may have gone is
// sent again with the same Message-ID, and is the same letter to its reader.
package notify

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"comptoir.example/comptoir/base/db"
	"comptoir.example/comptoir/base/i18n"
	"comptoir.example/comptoir/base/outbox"
	"comptoir.example/comptoir/base/pan"
	"comptoir.example/comptoir/finance/payment"
	"comptoir.example/comptoir/mail"
	"comptoir.example/comptoir/trade/access"
	"comptoir.example/comptoir/trade/customer"
)

// Server takes letters; mail.Server is the one over SMTP. What fails is a
// *mail.Error.
type Server interface {
	Send(ctx context.Context, l mail.Letter) error
}

// Engine writes and sends letters.
type Engine struct {
	DB       *db.DB
	Server   Server
	Words    *i18n.Catalogue
	Merchant func() customer.Merchant
	Links    payment.LinkKey
	Address  func(token string) string // where a pay link leads
}

// Conn is the connection that letters go over.
const Conn = "mail"

// New makes the engine of a shop's letters; two are sent at once at most.
func New(box *outbox.Box, s Server) *Engine {
	box.Connection(Conn, 2)
	return &Engine{DB: box.DB, Server: s}
}

// Lane gives each link its own: no letter waits for another.
func Lane(f outbox.Fact) (conn, lane string) { return Conn, f.Subject() }

// Link carries a pay link to its reader.
func (e *Engine) Link(ctx context.Context, d outbox.Delivery) outbox.Outcome {
	var b payment.Bill
	err := e.DB.Read(ctx, func(tx *db.Tx) (err error) {
		b, err = payment.BillOf(ctx, tx, access.Guest(d.Subject, ""))
		return err
	})
	switch {
	case err != nil:
		return outbox.Broken(d, err)
	case !b.Link.Live(d.Now):
		return outbox.Outcome{State: outbox.Done} // ended before its letter went
	case !e.Links.Opens(b.Link):
		return outbox.Outcome{State: outbox.Rejected, Class: "key", Code: "mail.link_key_changed"}
	}
	l, err := e.linkLetter(b)
	if err != nil {
		return outbox.Broken(d, err)
	}
	return e.send(ctx, d, l)
}

// send hands a letter over, and says what its failure means.
func (e *Engine) send(ctx context.Context, d outbox.Delivery, l mail.Letter) outbox.Outcome {
	if pan.In(l.Subject + "\n" + l.Text) {
		slog.ErrorContext(ctx, "notify: a card number in a letter", "key", l.Key)
		return outbox.Outcome{State: outbox.Rejected, Class: "card", Code: "mail.card_number"}
	}
	err := e.Server.Send(ctx, l)
	if err == nil {
		return outbox.Outcome{State: outbox.Done}
	}
	var x *mail.Error
	if !errors.As(err, &x) {
		return outbox.Broken(d, err)
	}
	out := outbox.Outcome{Class: string(x.Class), Code: "mail." + string(x.Class), Detail: x.Cause.Error()}
	switch x.Class {
	case mail.Down:
		out.State, out.Down = outbox.Queued, true
	case mail.Later:
		out.State, out.After = outbox.Queued, time.Minute
	case mail.Refused:
		out.State, out.Sent = outbox.Rejected, true
	default:
		out.State, out.Sent, out.Fault, out.After = outbox.Unknown, true, true, 10*time.Second<<min(d.Attempts, 5)
	}
	return out
}
