package simulator

import (
	"crypto/hmac"
	"encoding/hex"
	"encoding/json"
	"net/http"
	"strconv"
	"strings"
	"time"

	"comptoir.example/comptoir/base/money"
	"comptoir.example/comptoir/gateway"
)

// From the processor's words to Comptoir's.

// Limits of a webhook.
const (
	tolerance  = 5 * time.Minute
	mostBody   = 256 << 10
	mostProofs = 8
)

// Verify implements gateway.Connector.
func (c *Connector) Verify(header http.Header, raw []byte, now time.Time) (gateway.Delivery, error) {
	if len(raw) > mostBody {
		return gateway.Delivery{}, unproven("too_large")
	}
	var stamp string
	var proofs [][]byte
	for part := range strings.SplitSeq(header.Get(Signature), ",") {
		name, value, _ := strings.Cut(part, "=")
		if name == "t" {
			stamp = value
		} else if proof, err := hex.DecodeString(value); name == "v1" && err == nil && len(proofs) < mostProofs {
			proofs = append(proofs, proof)
		}
	}
	seconds, err := strconv.ParseInt(stamp, 10, 64)
	if err != nil || !c.signed(stamp, raw, proofs) {
		return gateway.Delivery{}, unproven("bad_signature")
	}
	if now.Sub(time.Unix(seconds, 0)).Abs() > tolerance {
		return gateway.Delivery{}, unproven("stale_signature")
	}
	var m Message
	if json.Unmarshal(raw, &m) != nil || m.Delivery == "" || m.Event.Type == "" {
		return gateway.Delivery{}, unproven("bad_message")
	}
	return gateway.Delivery{ID: m.Delivery, Type: m.Event.Type, At: m.Event.At, Raw: raw}, nil
}

// signed says whether one of our secrets made one of the proofs.
func (c *Connector) signed(stamp string, raw []byte, proofs [][]byte) (is bool) {
	for _, secret := range c.signing {
		own := mac(secret, stamp, raw)
		for _, proof := range proofs {
			is = hmac.Equal(own, proof) || is
		}
	}
	return is
}

func unproven(code string) error { return &gateway.Error{Class: gateway.Refused, Code: code} }

// Translate implements gateway.Connector.
func (c *Connector) Translate(d gateway.Delivery) ([]gateway.Fact, error) {
	var m Message
	if json.Unmarshal(d.Raw, &m) != nil {
		return nil, broken("bad_message", nil)
	}
	f, err := fact(m.Event)
	if err != nil {
		return nil, err
	}
	return []gateway.Fact{f}, nil
}

// fact is what one event tells, wherever it was read.
func fact(e Event) (gateway.Fact, error) {
	switch {
	case e.Type == movementCreated && e.Movement != nil:
		m, err := movement(*e.Movement)
		return gateway.Fact{Movement: &m}, err
	case (e.Type == paymentChanged || e.Type == refundChanged) && e.Record != nil:
		r := *e.Record
		return gateway.Fact{Standing: &gateway.Standing{Reference: r.Reference, Payment: r.Payment, State: stateOf(r.Status), Amount: r.Amount,
			Decline: declineOf(r.Decline), Card: cardFrom(r.Card), At: r.Changed}}, nil
	}
	return gateway.Fact{Ignored: e.Type}, nil
}

// snapshot reads an answer, which must be about what was asked. An amount without
// currency is not compared.
func snapshot(told found, reference string, amount money.Amount) (gateway.Snapshot, error) {
	if told.Record == nil {
		return gateway.Snapshot{}, broken("bad_answer", nil)
	}
	r := *told.Record
	if amount.Currency == "" {
		amount = r.Amount
	}
	if err := same(r, reference, amount); err != nil {
		return gateway.Snapshot{}, err
	}
	s := gateway.Snapshot{Reference: r.Reference, Payment: r.Payment, State: stateOf(r.Status), Amount: r.Amount,
		Decline: declineOf(r.Decline), Card: cardFrom(r.Card), At: r.Changed}
	for _, one := range told.Movements {
		m, err := movement(one)
		if err != nil {
			return gateway.Snapshot{}, err
		}
		s.Movements = append(s.Movements, m)
	}
	return s, nil
}

// same checks that an answer is about what was asked.
func same(r Record, reference string, amount money.Amount) error {
	if r.Reference != reference || r.Amount != amount {
		return broken("integrity", nil)
	}
	return nil
}

// movement must add to the balance what its kind says. What it is named when
// nobody knows its type, the balance tells.
func movement(m Movement) (gateway.Movement, error) {
	is := gateway.Movement{ID: m.ID, Kind: kinds[m.Type], Reference: m.Reference, Payment: m.Payment, Amount: m.Amount, At: m.At, Payout: m.Payout}
	if is.Kind == "" {
		is.Kind, is.Amount.Minor = gateway.OtherMovement, m.Adds
	} else if m.Amount.Minor <= 0 {
		return is, broken("integrity", nil)
	}
	if m.ID == "" || is.Adds().Minor != m.Adds {
		return is, broken("integrity", nil)
	}
	return is, nil
}

var kinds = map[string]gateway.Kind{
	charge: gateway.Capture, refund: gateway.Refund, refundFailure: gateway.RefundFailed,
	dispute: gateway.Dispute, disputeReversal: gateway.DisputeWon, disputeLoss: gateway.DisputeLost,
	fee: gateway.Fee, feeRefund: gateway.FeeReturned, payout: gateway.Payout, payoutFailure: gateway.PayoutFailed,
}

var states = map[string]gateway.State{
	open: gateway.Open, processing: gateway.Pending, paid: gateway.Captured, declined: gateway.Declined,
	expired: gateway.Expired, refunded: gateway.Refunded, failed: gateway.Failed,
}

func stateOf(status string) gateway.State {
	if s, known := states[status]; known {
		return s
	}
	return gateway.Odd
}

// declines are spelled as Comptoir spells them.
var declines = map[string]bool{
	string(gateway.InsufficientFunds): true, string(gateway.CardExpired): true, string(gateway.DoNotHonor): true,
	string(gateway.MustAuthenticate): true, string(gateway.IssuerAway): true, string(gateway.MethodGone): true,
}

func declineOf(code string) gateway.Decline {
	if code == "" || declines[code] {
		return gateway.Decline(code)
	}
	return gateway.OtherDecline
}

func cardFrom(c *Card) *gateway.Card {
	if c == nil {
		return nil
	}
	return &gateway.Card{Brand: c.Brand, Last4: c.Last4, Expires: c.Expires, Token: c.Token}
}
