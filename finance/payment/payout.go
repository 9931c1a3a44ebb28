package payment

import (
	"context"
	"time"

	"comptoir.example/comptoir/base/db"
	"comptoir.example/comptoir/base/fault"
	"comptoir.example/comptoir/base/money"
	"comptoir.example/comptoir/base/outbox"
	"comptoir.example/comptoir/gateway"
	"comptoir.example/comptoir/trade/access"
)

// Payout is money that a processor sent to the merchant's bank. Until all that it
// pays is known the figures are those of what is.
type Payout struct {
	Gateway, ID    string
	Amount         money.Amount // net, as the processor has it
	At             time.Time
	Movement, Back string // the movement that it is, and that it came back; "" while not told
	Failed         time.Time
	State          PayoutState
	Listed         time.Time    // when the processor first said what it pays
	Gross          money.Amount // captured
	Refunded       money.Amount // less what came back
	Fees           money.Amount // less what was returned
	Disputed       money.Amount // less what was won
	Other          money.Amount // what else it adds
	recorded       time.Time
}

// PayoutState is whether a payout is the sum of what it pays.
type PayoutState string

// The states of a payout. Whether it came back is another matter.
const (
	PayoutTold    PayoutState = "told"    // what it pays is not all known yet
	PayoutFoots   PayoutState = "foots"   // to the cent
	PayoutDiffers PayoutState = "differs" // a person looks
)

// PaidOut is emitted when the processor says that it has sent money to the bank: it
// is asked what for.
type PaidOut struct {
	Gateway  string `json:"gateway"`
	Payout   string `json:"payout"`
	Movement string `json:"movement"`
	Minor    int64  `json:"minor"`
	Currency string `json:"currency"`
}

// Kind and Subject name the fact.
func (PaidOut) Kind() string      { return "payout.told" }
func (f PaidOut) Subject() string { return f.Payout }

// PayoutKey is under which all about a processor's payouts is decided.
func PayoutKey(gateway string) string { return "payout/" + gateway }

// mostAwaited is how long the movements of a payout may stay unknown before a person
// is told, mostAsked how long they are asked for.
const (
	mostAwaited = 24 * time.Hour
	mostAsked   = 30 * 24 * time.Hour
)

const payoutColumns = `gateway, id, currency, minor, at, movement, back, failed, state, listed, gross, refunded, fees, disputed, other, recorded`

var (
	upsertPayout = db.SQL("payment.upsert_payout", `
INSERT INTO payout (gateway, id, currency, minor, at, movement, back, failed, state, gross, refunded, fees, disputed, other, recorded)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 'told', 0, 0, 0, 0, 0, $9)
ON CONFLICT (gateway, id) DO UPDATE SET movement = COALESCE(excluded.movement, payout.movement), back = COALESCE(excluded.back, payout.back),
    failed = COALESCE(excluded.failed, payout.failed), at = CASE WHEN excluded.movement IS NULL THEN payout.at ELSE excluded.at END`)
	selectPayout  = db.SQL("payment.select_payout", `SELECT `+payoutColumns+` FROM payout WHERE gateway = $1 AND id = $2`)
	selectPayouts = db.SQL("payment.select_payouts", `SELECT `+payoutColumns+` FROM payout ORDER BY at DESC, id DESC LIMIT $1`)
	insertPaid    = db.SQL("payment.insert_paid", `
INSERT INTO payout_line (gateway, payout, movement) SELECT CAST($1 AS TEXT), CAST($2 AS TEXT), value FROM json_each(CAST($3 AS TEXT)) WHERE TRUE
ON CONFLICT DO NOTHING`)
	selectBack = db.SQL("payment.select_back", `
SELECT `+payoutColumns+` FROM payout WHERE gateway = $1 AND id <> $2
    AND back IN (SELECT movement FROM payout_line WHERE gateway = $1 AND payout = $2) ORDER BY at, id`)
	insertPaidAgain = db.SQL("payment.insert_paid_again", `
INSERT INTO payout_line (gateway, payout, movement) SELECT gateway, CAST($2 AS TEXT), movement FROM payout_line WHERE gateway = $1 AND payout = $3
ON CONFLICT DO NOTHING`)
	countPaid = db.SQL("payment.count_paid", `SELECT COUNT(*) FROM payout_line WHERE gateway = $1 AND payout = $2`)
	sumPaid   = db.SQL("payment.sum_paid", `
SELECT m.kind, m.currency, CAST(SUM(m.minor) AS BIGINT), COUNT(*) FROM payout_line l JOIN movement m ON m.gateway = l.gateway AND m.id = l.movement
WHERE l.gateway = $1 AND l.payout = $2 GROUP BY m.kind, m.currency ORDER BY m.kind, m.currency`)
	countTwice = db.SQL("payment.count_paid_twice", `
SELECT COUNT(*) FROM payout_line l JOIN payout_line o ON o.gateway = l.gateway AND o.movement = l.movement AND o.payout <> l.payout
JOIN payout p ON p.gateway = o.gateway AND p.id = o.payout AND p.back IS NULL WHERE l.gateway = $1 AND l.payout = $2`)
	setListed = db.SQL("payment.set_listed", `
UPDATE payout SET state = $3, listed = COALESCE(listed, $4), gross = $5, refunded = $6, fees = $7, disputed = $8, other = $9
WHERE gateway = $1 AND id = $2`)
)

func scanPayout(r db.Row) (p Payout, err error) {
	err = r.Scan(&p.Gateway, &p.ID, &p.Amount.Currency, &p.Amount.Minor, &p.At, &p.Movement, &p.Back, &p.Failed, (*string)(&p.State), &p.Listed,
		&p.Gross.Minor, &p.Refunded.Minor, &p.Fees.Minor, &p.Disputed.Minor, &p.Other.Minor, &p.recorded)
	for _, a := range []*money.Amount{&p.Gross, &p.Refunded, &p.Fees, &p.Disputed, &p.Other} {
		a.Currency = p.Amount.Currency
	}
	return p, err
}

// paidOut writes down that the processor has sent money to the bank, and asks what
// for.
func (from Source) paidOut(ctx context.Context, tx *db.Tx, m gateway.Movement) error {
	if m.Payout == "" {
		return nil // the processor has no name for it: there is nothing to ask about
	}
	if err := tx.Later(ctx, upsertPayout, from.Gateway, m.Payout, m.Amount.Currency, m.Amount.Minor, m.At, m.ID, nil, nil, tx.Now); err != nil {
		return err
	}
	return outbox.Emit(ctx, tx, byProcessor, PaidOut{from.Gateway, m.Payout, m.ID, m.Amount.Minor, m.Amount.Currency})
}

// cameBack writes down that the bank sent a payout back. It may be told before the
// payout itself.
func (from Source) cameBack(ctx context.Context, tx *db.Tx, m gateway.Movement) error {
	if m.Payout != "" {
		if err := tx.Later(ctx, upsertPayout, from.Gateway, m.Payout, m.Amount.Currency, m.Amount.Minor, m.At, nil, m.ID, m.At, tx.Now); err != nil {
			return err
		}
	}
	return Raise(ctx, tx, "payout_failed", "", m.Payout, m.Amount)
}

// Listed writes down what a payout is made of, as the processor says, and whether it
// is the sum of that to the cent; if not, finance is told. Waits says that something
// about it is to be told yet: ask again. Call it within
// db.WriteAlone(PayoutKey(gateway)).
func Listed(ctx context.Context, tx *db.Tx, gw string, told gateway.PaidOut) (waits bool, err error) {
	p, found, err := PayoutOf(ctx, tx, gw, told.ID)
	if err != nil || !found {
		return false, err
	}
	if len(told.Movements) > 0 {
		if _, err := tx.Exec(ctx, insertPaid, gw, p.ID, told.Movements); err != nil {
			return false, err
		}
	}
	if waits, err = p.again(ctx, tx); err != nil {
		return false, err
	}
	sums, unknown, err := p.add(ctx, tx)
	if err != nil {
		return false, err
	}
	twice, _, err := db.One(ctx, tx, countTwice, db.Value[int], gw, p.ID)
	if err != nil {
		return false, err
	}
	was := p.State
	// Another that pays the same may have come back, which is to be told yet.
	switch waits = waits || unknown > 0 || twice > 0 || told.Failed && p.Back == ""; {
	case !waits && sums == p.Amount && told.Amount == p.Amount:
		p.State = PayoutFoots
	case !waits, tx.Now.Sub(p.recorded) > mostAwaited:
		p.State = PayoutDiffers
	}
	if p.State == PayoutDiffers && was != PayoutDiffers {
		if err := Raise(ctx, tx, "payout_differs", "", p.ID, p.Amount); err != nil {
			return false, err
		}
	}
	tx.Signal("payment")
	return waits && tx.Now.Sub(p.recorded) < mostAsked, tx.Later(ctx, setListed, gw, p.ID, string(p.State), tx.Now, p.Gross.Minor, p.Refunded.Minor, p.Fees.Minor, p.Disputed.Minor, p.Other.Minor)
}

// again takes over what a payout paid that came back, when this one pays that it
// did: its movements, itself, and that it came back add up to what it was. Waits
// says that not all of it is known yet.
func (p Payout) again(ctx context.Context, tx *db.Tx) (waits bool, err error) {
	back, err := db.All(ctx, tx, selectBack, scanPayout, p.Gateway, p.ID)
	if err != nil {
		return false, err
	}
	for _, b := range back {
		if b.Movement == "" || b.Listed.IsZero() {
			waits = true
			continue
		}
		if _, err := tx.Exec(ctx, insertPaidAgain, p.Gateway, p.ID, b.ID); err != nil {
			return false, err
		}
		if _, err := tx.Exec(ctx, insertPaid, p.Gateway, p.ID, []string{b.Movement}); err != nil {
			return false, err
		}
	}
	return waits, nil
}

// add adds up what is known of what a payout pays, and counts what is not. A
// movement of another currency makes the sum one of no currency.
func (p *Payout) add(ctx context.Context, tx *db.Tx) (sum money.Amount, unknown int, err error) {
	if unknown, _, err = db.One(ctx, tx, countPaid, db.Value[int], p.Gateway, p.ID); err != nil {
		return sum, 0, err
	}
	type group struct {
		gateway.Movement
		n int
	}
	groups, err := db.All(ctx, tx, sumPaid, func(r db.Row) (g group, err error) {
		err = r.Scan((*string)(&g.Kind), &g.Amount.Currency, &g.Amount.Minor, &g.n)
		return g, err
	}, p.Gateway, p.ID)
	sum = money.Zero(p.Amount.Currency)
	p.Gross, p.Refunded, p.Fees, p.Disputed, p.Other = sum, sum, sum, sum, sum
	for _, g := range groups {
		unknown -= g.n
		if g.Amount.Currency != p.Amount.Currency {
			sum.Currency = ""
			continue
		}
		adds := g.Adds().Minor
		sum.Minor += adds
		switch g.Kind {
		case gateway.Capture:
			p.Gross.Minor += adds
		case gateway.Refund, gateway.RefundFailed:
			p.Refunded.Minor -= adds
		case gateway.Fee, gateway.FeeReturned:
			p.Fees.Minor -= adds
		case gateway.Dispute, gateway.DisputeWon, gateway.DisputeLost:
			p.Disputed.Minor -= adds
		default:
			p.Other.Minor += adds
		}
	}
	return sum, unknown, err
}

// PayoutOf is a payout for the program's own use: no permission is asked.
func PayoutOf(ctx context.Context, tx *db.Tx, gw, id string) (Payout, bool, error) {
	return db.One(ctx, tx, selectPayout, scanPayout, gw, id)
}

// Payouts are the last payouts of all processors, the newest first.
func Payouts(ctx context.Context, tx *db.Tx, who access.Actor, most int) ([]Payout, error) {
	if err := who.Must(access.ViewFinance); err != nil {
		return nil, err
	}
	return db.All(ctx, tx, selectPayouts, scanPayout, most)
}

// PayoutLine is a line of the journal about something that a payout pays: of the
// entry that booked it, or without account and amount when it moved nothing.
type PayoutLine struct {
	Movement, Kind string
	At             time.Time
	Payment        string // "" when it is none of ours
	Receipt        string // number in the ERP
	Entry          string // the key it is booked under
	Account        string
	Currency       string
	Minor          int64 // debit positive
}

var selectJournal = db.SQL("payment.select_payout_journal", `
SELECT m.id, m.kind, m.at, m.payment, r.number, e.key, n.account, m.currency, COALESCE(n.minor, 0)
FROM payout_line l JOIN movement m ON m.gateway = l.gateway AND m.id = l.movement
LEFT JOIN receipt r ON r.key = m.reference
LEFT JOIN ledger_entry e ON e.key = m.kind || ':' || m.gateway || ':' || m.id
LEFT JOIN ledger_line n ON n.entry = e.id
WHERE l.gateway = $1 AND l.payout = $2 ORDER BY m.at, m.id, n.no`)

// FindPayout is a payout with the journal of all that it pays, in order of time.
// NotFound when there is none.
func FindPayout(ctx context.Context, tx *db.Tx, who access.Actor, gw, id string) (p Payout, lines []PayoutLine, err error) {
	if err := who.Must(access.ViewFinance); err != nil {
		return p, nil, err
	}
	p, found, err := PayoutOf(ctx, tx, gw, id)
	if err == nil && !found {
		err = fault.New(fault.NotFound, "payment.payout_not_found")
	}
	if err != nil {
		return p, nil, err
	}
	lines, err = db.All(ctx, tx, selectJournal, func(r db.Row) (l PayoutLine, err error) {
		err = r.Scan(&l.Movement, &l.Kind, &l.At, &l.Payment, &l.Receipt, &l.Entry, &l.Account, &l.Currency, &l.Minor)
		return l, err
	}, gw, id)
	return p, lines, err
}
