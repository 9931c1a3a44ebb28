package erpsync

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"comptoir.example/comptoir/base/asof"
	"comptoir.example/comptoir/base/db"
	"comptoir.example/comptoir/erp"
	"comptoir.example/comptoir/trade/price"
)

// flow is what this process remembers of one kind's stream from the ERP.
type flow struct {
	kind           erp.Kind
	cursor         string
	checked, noted time.Time // last answered to the end; last written down
	err            string
	swept, reread  time.Time
}

type flows struct {
	mu      sync.Mutex
	state   map[erp.Kind]*flow
	sampled price.Sample // where the walk round all prices is
	walks   int
}

// flow finds or begins the memory of a kind.
func (e *Engine) flow(ctx context.Context, kind erp.Kind) (*flow, error) {
	e.flows.mu.Lock()
	defer e.flows.mu.Unlock()
	if f := e.flows.state[kind]; f != nil {
		return f, nil
	}
	f := &flow{kind: kind}
	err := e.DB.Read(ctx, func(tx *db.Tx) (err error) {
		if f.cursor, _, err = db.One(ctx, tx, selectFlow, db.Value[string], e.conn(), string(kind)); err != nil {
			return err
		}
		board, err := asof.Read(ctx, tx, e.conn())
		f.checked = board.Of(string(kind)).At
		return err
	})
	if err != nil {
		return nil, err
	}
	e.flows.state[kind] = f
	return f, nil
}

// quick are the kinds whose changes a buyer waits for.
var quick = map[erp.Kind]bool{erp.KindPrice: true, erp.KindStock: true, erp.KindItem: true,
	erp.KindOrder: true, erp.KindShipment: true, erp.KindInvoice: true}

// slowRounds is how many rounds the other kinds wait, and sweepEvery how often
// ids are compared and what changes without a stamp is read again.
const (
	slowRounds  = 20
	sweepEvery  = 5 * time.Minute
	rereadEvery = time.Minute
	sampleEvery = 20 * time.Second
)

// Run reads from the ERP until ctx is over.
func (e *Engine) Run(ctx context.Context) {
	var led, sampled time.Time
	leading, probed := false, e.Capabilities().Product != ""
	for round := 0; ctx.Err() == nil; round++ {
		if now := e.DB.Now(); now.Sub(led) > leadFor/3 {
			leading, led = e.lead(ctx), now
		}
		if !probed {
			probed = e.Probe(ctx) == nil
		}
		if leading && probed {
			if err := e.Round(ctx, round%slowRounds == 0); err != nil && ctx.Err() == nil {
				slog.WarnContext(ctx, "erp: reading stopped", "conn", e.conn(), "err", err)
			} else if now := e.DB.Now(); now.Sub(sampled) > sampleEvery {
				sampled = now
				if err := e.Sample(ctx, 10); err != nil && ctx.Err() == nil {
					slog.WarnContext(ctx, "erp: comparing prices stopped", "conn", e.conn(), "err", err)
				}
			}
		}
		select {
		case <-ctx.Done():
		case <-time.After(max(e.Capabilities().PollEvery, 100*time.Millisecond)):
		}
	}
}

// Round reads every kind that is due, in the order in which they point at each
// other. An ERP that is down ends the round.
func (e *Engine) Round(ctx context.Context, all bool) error {
	for _, kind := range erp.Kinds {
		f, err := e.flow(ctx, kind)
		if err != nil {
			return err
		}
		if !all && !quick[kind] && f.err == "" && !f.checked.IsZero() {
			continue
		}
		if _, err := e.Pull(ctx, kind); ctx.Err() != nil {
			return ctx.Err()
		} else if err != nil {
			if erp.ErrorOf(err).Class == erp.Broken {
				slog.ErrorContext(ctx, "erp: a kind cannot be read", "conn", e.conn(), "kind", kind, "err", err)
				continue
			}
			return err
		}
		if err := e.sweepWhenDue(ctx, f); err != nil {
			return err
		}
	}
	return nil
}

func (e *Engine) sweepWhenDue(ctx context.Context, f *flow) error {
	now := e.DB.Now()
	if f.swept.IsZero() {
		f.swept, f.reread = now, now // the first load has just read everything
	}
	if now.Sub(f.reread) >= rereadEvery {
		f.reread = now
		if err := e.Reread(ctx, f.kind); err != nil {
			return err
		}
	}
	if now.Sub(f.swept) >= sweepEvery {
		f.swept = now
		return e.Sweep(ctx, f.kind)
	}
	return nil
}
