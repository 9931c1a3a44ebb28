package api

import (
	"context"
	"slices"
	"strconv"
	"strings"

	"comptoir.example/comptoir/base/db"
	"comptoir.example/comptoir/base/fault"
	"comptoir.example/comptoir/base/money"
	"comptoir.example/comptoir/finance/invoice"
	"comptoir.example/comptoir/finance/payment"
	"comptoir.example/comptoir/web"
)

// NewPayment is a payment as a program asks for it.
type NewPayment struct {
	Lines  []NewPaymentLine `json:"lines"`
	Method string           `json:"method,omitempty" maxLength:"100"` // id of a saved one; without, a person pays on the processor's page
	Save   bool             `json:"save,omitempty"`                   // let the processor keep the method
}

// NewPaymentLine is a document to be settled: an invoice, or a credit note to be used.
// Its amount is positive.
type NewPaymentLine struct {
	Invoice string    `json:"invoice" maxLength:"100"` // id
	Amount  NewAmount `json:"amount"`
	Reason  string    `json:"reason,omitempty" maxLength:"200"` // needed for a part of an invoice
}

// NewAmount is money as a program writes it: minor units as text.
type NewAmount struct {
	Minor    string `json:"minor" minLength:"1" maxLength:"18"`
	Currency string `json:"currency" minLength:"3" maxLength:"3"`
}

// paid is the answer to a payment. Replayed is "true" when it had been asked for
// before with the same key.
type paid struct {
	Location string `header:"Location"`
	Replayed string `header:"Idempotency-Replayed"`
	Body     Payment
}

// POST /v1/payments begins a payment once for each key, as an order is placed. Nothing
// is taken by it alone: the processor is asked next, and the payment says how it
// stands.
func startPayment(r *web.Request, in *struct {
	Key  string `header:"Idempotency-Key" required:"true" minLength:"1" maxLength:"255"`
	Body NewPayment
}) (*paid, error) {
	if r.Site.Gateway == nil {
		return nil, fault.New(fault.NotFound, "api.no_payments")
	}
	asked, err := digest(in.Body)
	if err != nil {
		return nil, err
	}
	w, err := paymentWish(in.Body)
	if err != nil {
		return nil, err
	}
	w.Gateway = r.Site.Gateway.Name()
	out := &paid{}
	err = r.WriteAlone(payment.Key(r.Actor.Customer), func(ctx context.Context, tx *db.Tx) error {
		*out = paid{} // the work may run twice
		id := tx.ID()
		first, err := tx.Exec(ctx, insertKey, r.Actor.Person, in.Key, asked, id, tx.Now)
		if err != nil {
			return err
		}
		if first == 0 {
			out.Replayed = "true"
			subject, err := usedFor(ctx, tx, r, in.Key, asked)
			if err == nil {
				out.Body, err = paymentByID(ctx, tx, r, subject)
			}
			return err
		}
		if err := known(ctx, tx, r, w); err != nil {
			return err
		}
		mine := w
		mine.ID = id
		p, err := payment.Start(ctx, tx, r.Actor, r.Site.Engine.Merchant(), mine)
		if err != nil {
			return err
		}
		out.Body, err = wholePayment(ctx, tx, r, p)
		return err
	})
	out.Location = "/v1/payments/" + out.Body.ID
	return out, inLines(err, w)
}

// paymentWish reads what was asked for. What is not an id of ours is as unknown as one
// of nobody's.
func paymentWish(n NewPayment) (w payment.Wish, err error) {
	w.Save = n.Save
	if n.Method != "" {
		if w.Method, err = parseID(methodID, n.Method, "payment.method_not_found"); err != nil {
			return w, fault.New(fault.Invalid, "api.invalid").With("method", "payment.method_not_found")
		}
	}
	bad := fault.New(fault.Invalid, "payment.bad_lines")
	for i, l := range n.Lines {
		at := "lines/" + strconv.Itoa(i) + "/"
		id, err := parseID(invoiceID, l.Invoice, "invoice.not_found")
		if err != nil {
			bad.With(at+"invoice", "invoice.not_found")
		} else if slices.ContainsFunc(w.Lines, func(o payment.WishLine) bool { return o.Invoice == id }) {
			bad.With(at+"invoice", "api.twice")
		}
		minor, err := strconv.ParseInt(l.Amount.Minor, 10, 64)
		if err != nil {
			bad.With(at+"amount/minor", "api.not_minor")
		}
		w.Lines = append(w.Lines, payment.WishLine{Invoice: id, Amount: money.Amount{Minor: minor, Currency: l.Amount.Currency}, Reason: l.Reason})
	}
	if len(bad.Fields) > 0 {
		return w, bad
	}
	return w, nil
}

// known refuses documents that are not the company's, and says which.
func known(ctx context.Context, tx *db.Tx, r *web.Request, w payment.Wish) error {
	var ids []string
	for _, l := range w.Lines {
		ids = append(ids, l.Invoice)
	}
	found, err := invoice.Those(ctx, tx, r.Actor, ids)
	if err != nil {
		return err
	}
	bad := fault.New(fault.Invalid, "payment.bad_lines")
	for i, id := range ids {
		if !slices.ContainsFunc(found, func(v invoice.Invoice) bool { return v.ID == id }) {
			bad.With("lines/"+strconv.Itoa(i)+"/invoice", "invoice.not_found")
		}
	}
	if len(bad.Fields) > 0 {
		return bad
	}
	if w.Method != "" {
		if _, err := payment.MethodOf(ctx, tx, r.Actor, w.Method); fault.Is(err, fault.NotFound) {
			return fault.New(fault.Invalid, "api.invalid").With("method", "payment.method_not_found")
		} else if err != nil {
			return err
		}
	}
	return nil
}

// inLines points a fault's fields, which are called as on the page, at the lines of the
// call.
func inLines(err error, w payment.Wish) error {
	if err == nil {
		return nil
	}
	f := fault.Of(err)
	if len(f.Fields) == 0 {
		return err
	}
	for n, field := range f.Fields {
		id, is := strings.CutPrefix(field.Name, "amount-")
		i := slices.IndexFunc(w.Lines, func(l payment.WishLine) bool { return l.Invoice == id })
		if !is || i < 0 {
			continue
		}
		part := "amount"
		if field.Code == "payment.say_why" || field.Code == "payment.reason_too_long" {
			part = "reason"
		}
		f.Fields[n].Name = "lines/" + strconv.Itoa(i) + "/" + part
	}
	return &f
}
