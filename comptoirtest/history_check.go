package comptoirtest

import (
	"fmt"
	"slices"
	"strings"

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
				var free, owed int64
				for _, r := range receipts {
					if r.State == erp.ReceiptPosted && h.customer(tx, who) == r.Customer && r.Amount.Currency == currency {
						free += r.Unapplied.Minor
						owed -= min(r.Unapplied.Minor, 0) // the credit it uses was used there meanwhile
					}
				}
				if unapplied.Minor > owed {
					say("more was applied than customer %s gave: %d %s", who.Customer, unapplied.Minor, currency)
				}
				if ar.Minor+unapplied.Minor != sum[currency]-free {
					say("customer %s owes %d %s here, %d in the ERP", who.Customer, ar.Minor+unapplied.Minor, currency, sum[currency]-free)
				}
				disputed, err := ledger.Balance(h.Ctx, tx, ledger.Disputed(who.Customer), currency)
				if open := h.openDisputes(who.Customer, currency); err != nil || disputed.Minor != open {
					say("customer %s disputes %d %s here (%v), %d at the processor", who.Customer, disputed.Minor, currency, err, open)
				}
			}
		}
		for _, currency := range currencies {
			payable, err := ledger.Balance(h.Ctx, tx, ledger.RefundsPayable(), currency)
			if err != nil || !payable.IsZero() {
				say("%d %s were promised back and have not left (%v)", -payable.Minor, currency, err)
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
			if d.Kind == parity.Clearing && d.Gap().Minor == h.byHands()[d.Theirs.Currency] {
				continue
			}
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
		plain := !slices.ContainsFunc(p.Receipts, func(x payment.Receipt) bool { return x.Reversal != "" || x.Amount.Minor < 0 })
		if (p.State == payment.Paid) != (len(p.Receipts) > 0) {
			say("payment %d is %s with %d receipts", n+1, p.State, len(p.Receipts))
		}
		if took := max(captures[id], 1); plain && (len(p.Receipts) > took || p.Amount.Minor > 0 && len(p.Receipts) != captures[id]) {
			say("payment %d was taken %d times and has %d receipts", n+1, captures[id], len(p.Receipts))
		}
		for _, x := range p.Receipts {
			there, found := receipts[x.Key]
			switch {
			case x.State == "reversed" && (!found || there.State == erp.ReceiptReversed):
			case !found:
				say("receipt %s of payment %d never reached the ERP (%s)", x.Key, n+1, x.State)
			case there.Amount != x.Amount || x.State != "posted" || x.Reversal != "" || there.State != erp.ReceiptPosted:
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

	// Each refund has ended, as it has at the processor; no credit note went back twice.
	ended := map[string]string{}
	for _, r := range h.Processor.Refunds() {
		ended[r.Reference] = r.Status
	}
	gave := map[string]int64{}
	for id, r := range h.watch.refunds {
		if r.state == "asked" || (r.state == "given") != (ended[id] == "refunded") {
			say("refund %s is %s, %q at the processor", id, r.state, ended[id])
		}
		if r.state == "given" {
			gave[r.credit+r.receipt] += r.minor
		}
	}
	for of, minor := range gave {
		if b, is := h.bills[h.watch.billed[of]]; is && minor > -b.amount.Minor || !is && minor != h.watch.receipts[of].minor {
			say("%d were given back of %s", minor, of)
		}
	}
	for _, twice := range h.twiceAsked() {
		say("the ERP was asked more than once to undo receipt %s", twice)
	}
	slices.Sort(wrong)
	return wrong
}

// openDisputes is what a customer's banks hold back.
func (h *History) openDisputes(customer, currency string) (sum int64) {
	for _, m := range h.watch.theirs {
		if h.watch.customerOf[m.Reference] != customer || m.Amount.Currency != currency {
			continue
		}
		switch m.Type {
		case "dispute":
			sum += m.Amount.Minor
		case "dispute_reversal", "dispute_loss":
			sum -= m.Amount.Minor
		}
	}
	return sum
}

// byHands is what was given back by hand at the processor and told here, by currency:
// the ERP does not know of it.
func (h *History) byHands() map[string]int64 {
	sums := map[string]int64{}
	for id := range h.watch.moved {
		if m := h.watch.theirs[h.watch.byID[id]]; strings.HasPrefix(m.Type, "refund") && h.watch.refunds[m.Reference].minor == 0 {
			sums[m.Amount.Currency] -= m.Adds
		}
	}
	return sums
}

var watchTwice = db.SQL("comptoirtest.watch_twice", `
SELECT subject FROM delivery WHERE consumer = 'erp.reverse-receipt' GROUP BY subject HAVING COUNT(*) > 1`)

func (h *History) twiceAsked() (receipts []string) {
	h.Read(func(tx *db.Tx) (err error) {
		receipts, err = db.All(h.Ctx, tx, watchTwice, db.Value[string])
		return err
	})
	return receipts
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
	if !h.holds() { // what was read is known now
		return true
	}
	// A receipt whose answer was lost is in the ERP's clearing account already, or
	// not any more, and what it has done to documents is a difference until it is
	// looked up.
	untold, byHands := map[string]int64{}, h.byHands()
	there := h.ERP.Receipts()
	h.Read(func(tx *db.Tx) error {
		for key, r := range there {
			switch state := h.watch.receipts[key].state; {
			case r.State == erp.ReceiptPosted && state != "posted":
				untold[r.Amount.Currency] += r.Amount.Minor
			case r.State == erp.ReceiptReversed && state != "reversed":
				untold[r.Amount.Currency] -= r.Amount.Minor
			}
		}
		equations, err := parity.Checks(h.Ctx, tx)
		for _, e := range equations {
			want := int64(0)
			if e.Kind == parity.Clearing {
				want = untold[e.Theirs.Currency] + byHands[e.Theirs.Currency]
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
			if by := d.Kind == parity.Clearing && d.Gap().Minor == byHands[d.Theirs.Currency]; len(untold) == 0 && !by {
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
