package api

import (
	"context"
	"strconv"
	"time"

	"comptoir.example/comptoir/base/db"
	"comptoir.example/comptoir/finance/payment"
	"comptoir.example/comptoir/trade/access"
	"comptoir.example/comptoir/web"
)

// PaymentHead is a payment in a list.
type PaymentHead struct {
	ID      string    `json:"id"`
	State   string    `json:"state" enum:"open,paid,cancelled"`
	Amount  Amount    `json:"amount"`
	Date    string    `json:"date" format:"date"`
	Created time.Time `json:"created"`
}

// Payment is a payment with how it stands: what it is for, each try at the processor,
// the money that moved, and its way into the ERP.
type Payment struct {
	PaymentHead
	Lines     []PaymentLine `json:"lines"`
	Attempts  []Attempt     `json:"attempts"` // newest first
	Movements []Moved       `json:"movements"`
	Receipts  []Receipt     `json:"receipts"`
}

// PaymentLine is a document that a payment settles: negative of a credit note.
type PaymentLine struct {
	Document Document `json:"document"`
	Amount   Amount   `json:"amount"`
	Reason   string   `json:"reason"` // why a part only
}

// Attempt is one try. Page is where the payer pays, while it is open; the processor has
// the card, never we.
type Attempt struct {
	Reference string     `json:"reference"` // what the processor calls it by
	Step      string     `json:"step" enum:"starting,waiting,pending,ending,captured,declined,expired,quarantined"`
	Amount    Amount     `json:"amount"`
	Page      string     `json:"page,omitempty" format:"uri"`
	Expires   *time.Time `json:"expires,omitempty"`
	Decline   string     `json:"decline,omitempty"`
	Brand     string     `json:"brand,omitempty"`
	Last4     string     `json:"last4,omitempty"`
	Created   time.Time  `json:"created"`
	Told      *time.Time `json:"told,omitempty"` // when the processor last changed it
}

// Moved is money that moved at the processor.
type Moved struct {
	Kind   string    `json:"kind"`
	Amount Amount    `json:"amount"`
	At     time.Time `json:"at"`
}

// Receipt is money on its way into the ERP's books, and there once it has a number.
type Receipt struct {
	Key       string     `json:"key"`
	State     string     `json:"state" enum:"queued,posted,held,reversed"`
	Number    string     `json:"number,omitempty"`
	Amount    Amount     `json:"amount"`
	Unapplied Amount     `json:"unapplied"`
	Posted    *time.Time `json:"posted,omitempty"`
}

func paymentHead(p payment.Payment) PaymentHead {
	return PaymentHead{wireID(paymentID, p.ID), string(p.State), amount(p.Amount), p.Day, p.Created}
}

// wholePayment is a payment as it stands, with the money that moved but the
// processor's fees, which are the merchant's matter.
func wholePayment(ctx context.Context, tx *db.Tx, r *web.Request, p payment.Payment) (Payment, error) {
	out := Payment{PaymentHead: paymentHead(p), Lines: []PaymentLine{}, Attempts: []Attempt{}, Movements: []Moved{}, Receipts: []Receipt{}}
	for _, l := range p.Lines {
		out.Lines = append(out.Lines, PaymentLine{Document{wireID(invoiceID, l.Invoice), l.Number}, amount(l.Amount), l.Reason})
	}
	for _, a := range p.Attempts {
		shown := Attempt{Reference: a.ID, Step: string(a.Step), Amount: amount(a.Amount), Expires: instant(a.Expires), Decline: string(a.Decline),
			Brand: a.Brand, Last4: a.Last4, Created: a.Created, Told: instant(a.Told)}
		if a.Step == payment.Waiting && r.Actor.Can(access.PayInvoices) && r.Site.Gateway != nil && r.Site.Gateway.Known(a.URL) {
			shown.Page = a.URL
		}
		out.Attempts = append(out.Attempts, shown)
	}
	moved, err := payment.Movements(ctx, tx, p.ID)
	for _, m := range moved {
		if m.Kind != "fee" && m.Kind != "fee_returned" {
			out.Movements = append(out.Movements, Moved{m.Kind, amount(m.Amount), m.At})
		}
	}
	for _, x := range p.Receipts {
		out.Receipts = append(out.Receipts, Receipt{x.Key, x.State, x.Number, amount(x.Amount), amount(x.Unapplied), instant(x.Posted)})
	}
	return out, err
}

// paymentByID is a payment of the caller's company.
func paymentByID(ctx context.Context, tx *db.Tx, r *web.Request, id string) (Payment, error) {
	p, err := payment.Find(ctx, tx, r.Actor, id)
	if err != nil {
		return Payment{}, err
	}
	return wholePayment(ctx, tx, r, p)
}

// GET /v1/payments
func listPayments(r *web.Request, in *struct{ Paging }) (*Paged[PaymentHead], error) {
	place, err := in.cursor(2)
	if err != nil {
		return nil, err
	}
	var before time.Time
	if place[0] != "" {
		micros, err := strconv.ParseInt(place[0], 10, 64)
		if err != nil {
			return nil, badCursor()
		}
		before = time.UnixMicro(micros).UTC()
	}
	var payments []payment.Payment
	err = r.Read(func(ctx context.Context, tx *db.Tx) (err error) {
		payments, err = payment.List(ctx, tx, r.Actor, before, place[1], in.Limit+1)
		return err
	})
	return page(r, in.Limit, payments, paymentHead,
		func(p payment.Payment) string {
			return encodeCursor(strconv.FormatInt(p.Created.UnixMicro(), 10), p.ID)
		}), err
}

// GET /v1/payments/{id}
func getPayment(r *web.Request, in *struct {
	ID string `path:"id"`
}) (*struct{ Body Payment }, error) {
	id, err := parseID(paymentID, in.ID, "payment.not_found")
	if err != nil {
		return nil, err
	}
	var out struct{ Body Payment }
	return &out, r.Read(func(ctx context.Context, tx *db.Tx) (err error) {
		out.Body, err = paymentByID(ctx, tx, r, id)
		return err
	})
}

// Method is a way to pay that the processor keeps.
type Method struct {
	ID      string `json:"id"`
	Brand   string `json:"brand"`
	Last4   string `json:"last4"`
	Expires string `json:"expires"` // YYYY-MM
}

// GET /v1/payment_methods
func listMethods(r *web.Request, _ *struct{}) (*Paged[Method], error) {
	var methods []payment.Method
	err := r.Read(func(ctx context.Context, tx *db.Tx) (err error) {
		methods, err = payment.Methods(ctx, tx, r.Actor)
		return err
	})
	return all(methods, func(m payment.Method) Method { return Method{wireID(methodID, m.ID), m.Brand, m.Last4, m.Expires} }), err
}
