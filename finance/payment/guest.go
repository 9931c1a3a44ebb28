package payment

import (
	"context"
	"strings"
	"time"

	"comptoir.example/comptoir/base/db"
	"comptoir.example/comptoir/base/fault"
	"comptoir.example/comptoir/base/money"
	"comptoir.example/comptoir/finance/invoice"
	"comptoir.example/comptoir/trade/access"
	"comptoir.example/comptoir/trade/customer"
)

// shownAfter is how long a link that is over still tells what became of the payment
// that was begun with it.
const shownAfter = 24 * time.Hour

// OpenLink finds the link of a token. NotFound when there is none, or when it is not
// of this key: an altered token and one that never was are the same. Denied when it
// was revoked or has expired, unless a payment that was begun with it is still under
// way or was just taken. Opening changes nothing: mail scanners open every link.
func OpenLink(ctx context.Context, tx *db.Tx, k LinkKey, token string) (Link, error) {
	l, found, err := db.One(ctx, tx, selectLinkByHash, scanLink, hashToken(token))
	if err != nil {
		return Link{}, err
	}
	if !found || !k.opens(l, token) {
		return Link{}, fault.New(fault.NotFound, "payment.link_unknown")
	}
	if l.Live(tx.Now) {
		return l, nil
	}
	p, _, err := Load(ctx, tx, l.Payment)
	if err != nil {
		return Link{}, err
	}
	if p.underWay() || p.State == Paid && tx.Now.Before(p.Ended.Add(shownAfter)) {
		return l, nil
	}
	return Link{}, over(l)
}

// over says why nothing can be begun with a link any more.
func over(l Link) *fault.Fault {
	if !l.Revoked.IsZero() {
		return fault.New(fault.Denied, "payment.link_revoked")
	}
	return fault.New(fault.Denied, "payment.link_expired")
}

func (p Payment) underWay() bool { return len(p.Attempts) > 0 && p.Attempts[0].Live() }

// Bill is all that a guest sees: one invoice, what is to be paid of it, and the
// payment that was begun with their link.
type Bill struct {
	Link             Link
	Company          string
	Number, Day, Due string
	Total, Open      money.Amount // Open is what can be paid now
	Reserved         bool         // somebody else is paying it
	Payment          Payment      // the zero Payment when none was begun
	invoice          invoice.Invoice
}

// DaysLate is how many days past its last due date the invoice is on a day.
func (b Bill) DaysLate(day string) int { return b.invoice.DaysLate(day) }

// BillOf is what the guest's link shows. NotFound when the invoice is gone.
func BillOf(ctx context.Context, tx *db.Tx, guest access.Actor) (b Bill, err error) {
	if err := guest.Must(access.PayLinked); err != nil {
		return b, err
	}
	var found bool
	if b.Link, found, err = LinkOf(ctx, tx, guest.Link); err != nil {
		return b, err
	} else if !found {
		return b, fault.New(fault.NotFound, "payment.link_unknown")
	}
	c, err := customer.Find(ctx, tx, b.Link.Customer)
	if err != nil {
		return b, err
	}
	all, err := invoice.ByIDs(ctx, tx, []string{b.Link.Invoice})
	if err != nil {
		return b, err
	}
	if len(all) == 0 || all[0].Conn != c.Conn || all[0].Customer != c.ERP {
		return b, fault.New(fault.NotFound, "payment.link_unknown")
	}
	b.invoice = all[0]
	free, err := StandingOf(ctx, tx, all)
	if err != nil {
		return b, err
	}
	s := free[b.invoice.ID]
	b.Company, b.Number, b.Day, b.Due, b.Total, b.Open = c.Name, b.invoice.Number, b.invoice.Day, b.invoice.Due, b.invoice.Total, s.Free
	b.Reserved = !s.Reserved.IsZero()
	if b.invoice.State == "cancelled" || b.Open.Minor < 0 {
		b.Open = money.Zero(b.Open.Currency)
	}
	if b.Link.Payment != "" {
		b.Payment, _, err = Load(ctx, tx, b.Link.Payment)
	}
	return b, err
}

// StartLinked begins to pay the guest's invoice, all that is open of it, on the
// processor's page. Pressed again it is the same payment. Call it within
// db.WriteAlone(Key(company)). Denied when the link is over; Conflict when nothing is to
// be paid, or somebody else is paying.
func StartLinked(ctx context.Context, tx *db.Tx, guest access.Actor, m customer.Merchant, gateway string) (Payment, error) {
	b, err := BillOf(ctx, tx, guest)
	if err != nil {
		return Payment{}, err
	}
	p := b.Payment
	switch {
	case p.State == Paid || p.underWay():
		return p, nil
	case !b.Link.Live(tx.Now):
		return p, over(b.Link)
	case b.Reserved:
		return p, fault.New(fault.Conflict, "payment.link_in_progress")
	case b.Open.Minor <= 0:
		return p, fault.New(fault.Conflict, "payment.link_nothing_open")
	case p.ID != "" && p.Amount == b.Open && p.Gateway == gateway:
		return p, p.try(ctx, tx, guest.By(), Method{}, false)
	}
	p = Payment{ID: tx.ID(), Conn: b.invoice.Conn, Customer: b.Link.Customer, Person: guest.By().Actor, Gateway: gateway, Amount: b.Open, State: Open,
		Day: m.Day(tx.Now), Created: tx.Now, Lines: []Line{{Invoice: b.Link.Invoice, Number: b.Number, Amount: b.Open}}}
	if err := p.insert(ctx, tx); err != nil {
		return p, err
	}
	if err := tx.Later(ctx, setBegun, b.Link.ID, p.ID); err != nil {
		return p, err
	}
	return p, p.try(ctx, tx, guest.By(), Method{}, false)
}

// Guest is the link that a payment was begun with; false when a person began it.
func (p Payment) Guest() (link string, is bool) {
	return strings.CutPrefix(p.Person, access.GuestPrefix)
}
