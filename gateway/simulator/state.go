package simulator

import (
	"crypto/sha256"
	"encoding/base32"
	"encoding/binary"
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"comptoir.example/comptoir/base/money"
)

// state is everything the processor knows, as the file has it.
type state struct {
	Given      uint64    // ids
	Stamp      time.Time // of the last change
	Payments   []*payment
	Refunds    []*givenBack
	Disputes   []*disputed
	Payouts    []*Payout
	Methods    map[string]*method // by token
	Movements  []Movement
	Events     []Event
	Keys       map[string]keyed // by idempotency key
	Webhooks   string           // where to, when /control has said
	Deliveries []*delivery
	Faults     []*Fault
	Held       []held
	Daily      bool      // payouts
	PaidOn     string    // day of the last daily payouts, UTC
	LastPosted time.Time // webhook that was taken
}

// payment is a payment, with its page when it has one.
type payment struct {
	Record
	Created time.Time
	Due     time.Time // when processing ends
	Session *session  // nil for a charge with a saved method
}

type session struct {
	ID          string
	Description string
	Language    string
	Return      string
	Save        bool
	Expires     time.Time
	Confirm     bool // the payer is asked to confirm
}

type givenBack struct {
	Record
	Created time.Time
	Due     time.Time
}

type disputed struct {
	ID, Payment, Reference string
	Amount                 money.Amount
	Status                 string // open, won, lost
}

// method is a card that a payer let be kept.
type method struct {
	Card Card
	Gone bool // closed by its bank, or forgotten by the merchant
}

// keyed is what a request under a key was, and its answer.
type keyed struct {
	Sum   string
	Reply reply
	At    time.Time
}

func (p *Processor) load() error {
	p.state = state{Methods: map[string]*method{}, Keys: map[string]keyed{}}
	if p.File == "" {
		return nil
	}
	data, err := os.ReadFile(p.File)
	if errors.Is(err, fs.ErrNotExist) {
		return os.MkdirAll(filepath.Dir(p.File), 0o700)
	}
	if err != nil {
		return err
	}
	return json.Unmarshal(data, &p.state)
}

// save writes the file beside the old one and then puts it in its place.
func (p *Processor) save() error {
	p.dirty = false
	if p.File == "" {
		return nil
	}
	data, err := json.Marshal(p.state)
	if err != nil {
		return err
	}
	if err := os.WriteFile(p.File+".new", data, 0o600); err != nil {
		return err
	}
	return os.Rename(p.File+".new", p.File)
}

// id is a new id. Nobody can guess it without the seed.
func (p *Processor) id(prefix string) string {
	p.state.Given++
	p.dirty = true
	seed := binary.BigEndian.AppendUint64(nil, p.Seed)
	sum := sha256.Sum256(binary.BigEndian.AppendUint64(seed, p.state.Given))
	return prefix + "_" + strings.ToLower(base32.StdEncoding.EncodeToString(sum[:])[:20])
}

// now is the clock as it is written down.
func (p *Processor) now() time.Time { return p.Now().UTC().Truncate(time.Microsecond) }

// stamp is the time of a change: later than that of the one before.
func (p *Processor) stamp() time.Time {
	at := p.now()
	if !at.After(p.state.Stamp) {
		at = p.state.Stamp.Add(time.Microsecond)
	}
	p.state.Stamp = at
	return at
}

// emit writes an event down, and promises its webhook.
func (p *Processor) emit(e Event) {
	e.ID, e.Seq = p.id("evt"), len(p.state.Events)+1
	p.state.Events = append(p.state.Events, e)
	p.promise(e)
}

// stand gives a payment or a refund its status and tells of it.
func (p *Processor) stand(r *Record, status, decline string) {
	r.Status, r.Decline, r.Changed = status, decline, p.stamp()
	told := *r
	p.emit(Event{Type: r.Object + ".changed", At: r.Changed, Record: &told})
}

// due does what the clock has made due.
func (p *Processor) due() {
	now := p.now()
	p.release(now)
	for _, one := range p.state.Payments {
		switch {
		case one.Status == open && !now.Before(one.Session.Expires):
			p.stand(&one.Record, expired, "")
		case one.Status == processing && !now.Before(one.Due):
			p.settle(one, true)
		}
	}
	for _, one := range p.state.Refunds {
		if one.Status == processing && !now.Before(one.Due) {
			p.giveBack(one)
		}
	}
	for key, used := range p.state.Keys {
		if now.Sub(used.At) >= keyLife {
			delete(p.state.Keys, key)
			p.dirty = true
		}
	}
	p.payDaily(now)
}

// payment finds one by its id or its reference; of several the one that says most.
func (p *Processor) payment(name string) *payment {
	var best *payment
	for _, one := range p.state.Payments {
		if (one.ID == name || one.Reference == name) && (best == nil || rank(one.Status) >= rank(best.Status)) {
			best = one
		}
	}
	return best
}

// refund finds one by its id or its reference.
func (p *Processor) refund(name string) *givenBack {
	var best *givenBack
	for _, one := range p.state.Refunds {
		if (one.ID == name || one.Reference == name) && (best == nil || rank(one.Status) >= rank(best.Status)) {
			best = one
		}
	}
	return best
}

// rank orders statuses by how much they say about the money.
func rank(status string) int {
	return slices.Index([]string{expired, failed, declined, open, processing, refunded, paid}, status)
}
