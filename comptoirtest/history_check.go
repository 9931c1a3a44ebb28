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

// Wrong is everything in the books that does not tie once the history has calmed
// down: ours, the processor's and the ERP's, compared with each other.
func (h *History) Wrong() (wrong []string) {
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
		ours, err := ledger.Balance(h.Ctx, tx, ledger.Processor(h.Site.Gateway.Name()), "CAD")
		if err != nil {
			return err
		}
		if ours.Minor != balance["CAD"] {
			say("our ledger says that the processor owes %d, it says %d", ours.Minor, balance["CAD"])
		}
		// (a) What is open here is what is open in the ERP, document by document.
		for _, who := range h.payers {
			var sum int64
			for _, i := range h.owes(tx, who) {
				there := h.ERP.InvoiceNow(i.ERP)
				account := ledger.AR(who.Customer)
				if i.Total.Minor < 0 {
					account = ledger.Unapplied(who.Customer)
				}
				here, err := ledger.OfDocument(h.Ctx, tx, account, i.ID, "CAD")
				if err != nil {
					return err
				}
				sum += there.Open.Minor
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
			ar, err := ledger.Balance(h.Ctx, tx, ledger.AR(who.Customer), "CAD")
			if err != nil {
				return err
			}
			unapplied, err := ledger.Balance(h.Ctx, tx, ledger.Unapplied(who.Customer), "CAD")
			if err != nil {
				return err
			}
			if unapplied.Minor > 0 {
				say("more was applied than customer %s gave: %d", who.Customer, unapplied.Minor)
			}
			var free int64
			for _, r := range receipts {
				if r.State == erp.ReceiptPosted && h.customer(tx, who) == r.Customer {
					free += r.Unapplied.Minor
				}
			}
			if ar.Minor+unapplied.Minor != sum-free {
				say("customer %s owes %d here, %d in the ERP", who.Customer, ar.Minor+unapplied.Minor, sum-free)
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

	// Each payment is paid once, or not at all; each receipt is in the ERP, once.
	for n, id := range h.begun {
		p := h.Stands(id)
		if (p.State == payment.Paid) != (len(p.Receipts) > 0) {
			say("payment %d is %s with %d receipts", n+1, p.State, len(p.Receipts))
		}
		if len(p.Receipts) > 1 {
			say("payment %d was taken %d times", n+1, len(p.Receipts))
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
