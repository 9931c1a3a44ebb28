package comptoirtest

import (
	"fmt"

	"comptoir.example/comptoir/base/db"
	"comptoir.example/comptoir/erp"
	"comptoir.example/comptoir/finance/invoice"
	"comptoir.example/comptoir/finance/ledger"
	"comptoir.example/comptoir/finance/parity"
	"comptoir.example/comptoir/finance/payment"
	"comptoir.example/comptoir/trade/access"
	"comptoir.example/comptoir/trade/customer"
)

// currencies are those of a history.
var currencies = []string{"CAD", "USD"}

// compared is everything in the books that does not tie once the history has calmed
// down: ours, the processor's and the ERP's, compared with each other.
func (h *History) compared() (wrong []string) {
	h.T.Helper()
	say := func(format string, args ...any) { wrong = append(wrong, fmt.Sprintf(format, args...)) }
	if err := ledger.Count(h.Ctx, h.DB); err != nil {
		h.T.Fatal(err)
	}

	// (b) Our account of the processor is its balance.
	balance := map[string]int64{}
	all, err := h.Site.Gateway.Gateway.Balance(h.Ctx)
	if err != nil {
		h.T.Fatal(err)
	}
	for _, a := range all {
		balance[a.Currency] = a.Minor
	}
	receipts := h.ERP.Receipts()
	h.Read(func(tx *db.Tx) error {
		for _, currency := range currencies {
			ours, err := ledger.Balance(h.Ctx, tx, ledger.Processor(h.Site.Gateway.Name()), currency)
			if err != nil {
				return err
			}
			if ours.Minor != balance[currency] {
				say("our ledger says that the processor owes %d %s, it says %d", ours.Minor, currency, balance[currency])
			}
		}
		// (a) What is open here is what is open in the ERP, document by document.
		for _, who := range h.payers {
			sum := map[string]int64{}
			for _, i := range h.owes(tx, who) {
				there := h.ERP.InvoiceNow(i.ERP)
				account := ledger.AR(who.Customer)
				if i.Total.Minor < 0 {
					account = ledger.Unapplied(who.Customer)
				}
				here, err := ledger.OfDocument(h.Ctx, tx, account, i.ID, i.Open.Currency)
				if err != nil {
					return err
				}
				sum[there.Open.Currency] += there.Open.Minor
				if s, err := payment.StandingOf(h.Ctx, tx, []invoice.Invoice{i}); err != nil || s[i.ID].Free != there.Open {
					say("%s: %d can be paid here (%v), %d are open in the ERP", i.ERP, s[i.ID].Free.Minor, err, there.Open.Minor)
				}
				if here != there.Open {
					say("%s: %d open in our ledger, %d in the ERP", i.ERP, here.Minor, there.Open.Minor)
				}
				if i.Total.Minor > 0 && there.Open.Minor < 0 {
					say("%s is paid too much", i.ERP)
				}
			}
			for _, currency := range currencies {
				ar, err := ledger.Balance(h.Ctx, tx, ledger.AR(who.Customer), currency)
				if err != nil {
					return err
				}
				unapplied, err := ledger.Balance(h.Ctx, tx, ledger.Unapplied(who.Customer), currency)
				if err != nil {
					return err
				}
				if unapplied.Minor > 0 {
					say("more was applied than customer %s gave: %d %s", who.Customer, unapplied.Minor, currency)
				}
				var free int64
				for _, r := range receipts {
					if r.State == erp.ReceiptPosted && h.customer(tx, who) == r.Customer && r.Amount.Currency == currency {
						free += r.Unapplied.Minor
					}
				}
				if ar.Minor+unapplied.Minor != sum[currency]-free {
					say("customer %s owes %d %s here, %d in the ERP", who.Customer, ar.Minor+unapplied.Minor, currency, sum[currency]-free)
				}
			}
		}
		return nil
	})

	// The equations of parity say the same of themselves.
	if err := h.Compare(h.Ctx); err != nil {
		h.T.Fatal(err)
	}
	h.Read(func(tx *db.Tx) error {
		found, err := parity.Differences(h.Ctx, tx, 10)
		for _, d := range found {
			say("parity: %s %s %s: %d there, %d here", d.Kind, d.Class, d.Label, d.Theirs.Minor, d.Ours.Minor)
		}
		return err
	})

	wrong = append(wrong, h.Payouts()...)

	// Each capture of the processor's is one receipt, and each receipt is in the ERP,
	// once. A payment is taken twice only when the processor took it twice.
	captures := map[string]int{}
	for _, m := range h.watch.theirs {
		if m.Type == "charge" {
			captures[h.watch.paymentOf[m.Reference]]++
		}
	}
	for n, id := range h.begun {
		p := h.Stands(id)
		if (p.State == payment.Paid) != (len(p.Receipts) > 0) {
			say("payment %d is %s with %d receipts", n+1, p.State, len(p.Receipts))
		}
		if took := max(captures[id], 1); len(p.Receipts) > took || p.Amount.Minor > 0 && len(p.Receipts) != captures[id] {
			say("payment %d was taken %d times and has %d receipts", n+1, captures[id], len(p.Receipts))
		}
		for _, x := range p.Receipts {
			there, found := receipts[x.Key]
			switch {
			case !found:
				say("receipt %s of payment %d never reached the ERP (%s)", x.Key, n+1, x.State)
			case there.Amount != x.Amount || x.State != "posted":
				say("receipt %s: %d here (%s), %d there", x.Key, x.Amount.Minor, x.State, there.Amount.Minor)
			case h.ERP.Creates[x.Key] != 1:
				say("receipt %s was created %d times", x.Key, h.ERP.Creates[x.Key])
			}
		}
		for _, a := range p.Attempts {
			if a.Live() {
				say("payment %d still waits: %s", n+1, a.Step)
			}
		}
	}
	return wrong
}

func (h *History) owes(tx *db.Tx, who access.Actor) []invoice.Invoice {
	all, err := invoice.List(h.Ctx, tx, who, invoice.Filter{Today: "2026-11-23"}, invoice.After{}, 1000)
	if err != nil {
		h.T.Fatal(err)
	}
	return all
}

// customer is an actor's company by the ERP's id.
func (h *History) customer(tx *db.Tx, who access.Actor) string {
	c, err := customer.Of(h.Ctx, tx, who)
	if err != nil {
		h.T.Fatal(err)
	}
	return c.ERP
}

// parity compares in the middle of everything, once both sides have been read: what
// is only on its way is no difference.
func (h *History) parity() bool {
	for _, read := range []func() error{
		h.pull,
		func() error { return h.Site.Gateway.Pull(h.Ctx) },
		func() error { return h.Compare(h.Ctx) },
	} {
		if err := read(); err != nil {
			h.note("not compared: a side is away")
			return false
		}
	}
	// A receipt whose answer was lost is in the ERP's clearing account already, and
	// what it has done to documents is a difference until it is looked up.
	untold := map[string]int64{}
	there := h.ERP.Receipts()
	h.Read(func(tx *db.Tx) error {
		if err := h.readReceipts(tx); err != nil {
			return err
		}
		for key, r := range there {
			if r.State == erp.ReceiptPosted && h.watch.receipts[key].state != "posted" {
				untold[r.Amount.Currency] += r.Amount.Minor
			}
		}
		equations, err := parity.Checks(h.Ctx, tx)
		for _, e := range equations {
			want := int64(0)
			if e.Kind == parity.Clearing {
				want = untold[e.Theirs.Currency]
			}
			if is := h.theirs(e.Kind, e.Theirs.Currency); e.Theirs.Minor != is {
				h.Wrong = append(h.Wrong, fmt.Sprintf("parity: %s says %d %s there, it is %d", e.Kind, e.Theirs.Minor, e.Theirs.Currency, is))
			}
			if gap := e.Gap(); gap.Minor != want && (e.Kind != parity.OpenItems || len(untold) == 0) {
				h.Wrong = append(h.Wrong, fmt.Sprintf("parity: %s has a gap of %d %s, must be %d", e.Kind, gap.Minor, gap.Currency, want))
			}
		}
		if err != nil {
			return err
		}
		found, err := parity.Differences(h.Ctx, tx, 10)
		for _, d := range found {
			if len(untold) == 0 {
				h.Wrong = append(h.Wrong, fmt.Sprintf("parity: %s %s %s: %v there, %v here", d.Kind, d.Class, d.Label, d.Theirs, d.Ours))
			}
		}
		return err
	})
	h.note("compared")
	return true
}

// theirs is what an equation compares us with, from the other side's books.
func (h *History) theirs(kind parity.Kind, currency string) (sum int64) {
	if kind == parity.Processor {
		moved, _ := h.Processor.Books(0)
		for _, m := range moved {
			if m.Amount.Currency == currency {
				sum += m.Adds
			}
		}
		return sum
	}
	for id, b := range h.bills {
		if kind == parity.OpenItems && b.amount.Currency == currency {
			sum += h.ERP.InvoiceNow(id).Open.Minor
		}
	}
	for _, r := range h.ERP.AllReceipts() {
		switch {
		case r.State != erp.ReceiptPosted || r.Amount.Currency != currency:
		case kind == parity.OpenItems:
			sum -= r.Unapplied.Minor
		case r.Key != "":
			sum += r.Amount.Minor
		}
	}
	return sum
}
