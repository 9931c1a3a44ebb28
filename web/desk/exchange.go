package desk

import (
	"time"

	"comptoir.example/comptoir/base/i18n"
	"comptoir.example/comptoir/base/money"
	"comptoir.example/comptoir/web/ui"
)

// ExchangePage is how the exchange with the ERP does, and what somebody has to
// do about it.
type ExchangePage struct {
	Product  string        // "Tryton 6.0.29"
	Latency  time.Duration // of its last answer
	Now      time.Time
	Down     *Down
	Flows    []ui.Flow
	Messages []Message // failed and retrying, oldest first
	Queued   int
	Retrying int
	Parked   int
	Done     int // acknowledged today
	Failed   int // that one press retries
	Swept    Sweep
	ETag     string
	MayAct   bool // retry all
}

// Down is an ERP that does not answer.
type Down struct {
	Since  time.Time
	Queued int       // what waits for it
	Next   time.Time // when it is asked again
}

// Sweep is the last full comparison with the ERP; At is zero before the first.
type Sweep struct {
	At      time.Time
	Records int
	Found   int // records that differed
}

// Message is one document on its way to the ERP.
type Message struct {
	ID       string
	Kind     string // desk.kind.<Kind>: order, receipt, payment, card
	Number   string // of the document
	Href     string // its page, "" for none
	Company  string
	Total    money.Amount
	State    string // ui vocabulary of messages
	Attempts int
	Next     time.Time // zero: by hand
	Cause    string    // key of what the ERP says, "" for nothing
	Params   []any
	Text     string // what it said, in its words
	Todo     string // key of what to do
	MayAct   bool   // retry, accept, park
	Ask      bool   // a person can say yes: to the ERP's question, or to its total
}

// next says when a message is tried again.
func next(p *i18n.Printer, m Message) string {
	switch {
	case m.State == "acknowledged":
		return "—"
	case m.Next.IsZero():
		return p.T("desk.next.hand")
	}
	return p.Time(m.Next)
}

func messageTone(state string) string {
	switch state {
	case "failed":
		return "late"
	case "retrying":
		return "warn"
	}
	return "info"
}

func (e ExchangePage) attention() int {
	n := 0
	for _, m := range e.Messages {
		if m.State == "failed" {
			n++
		}
	}
	return n
}

func (e ExchangePage) late() int {
	n := 0
	for _, f := range e.Flows {
		if f.State == "late" || f.State == "down" {
			n++
		}
	}
	return n
}

// summary is the sentence under the title.
func (e ExchangePage) summary(p *i18n.Printer) string {
	switch {
	case e.Down != nil:
		return p.T("desk.exchange.down", "product", e.Product, "time", p.Time(e.Down.Since))
	case e.late() > 0:
		return p.T("desk.exchange.late", "product", e.Product, "latency", e.Latency, "n", e.late())
	}
	return p.T("desk.exchange.fresh", "product", e.Product, "latency", e.Latency)
}

func smallLook(small bool) string {
	if small {
		return "sm"
	}
	return ""
}
