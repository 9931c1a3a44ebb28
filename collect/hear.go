package collect

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"time"

	"comptoir.example/comptoir/base/db"
	"comptoir.example/comptoir/base/fault"
	"comptoir.example/comptoir/finance/payment"
	"comptoir.example/comptoir/gateway"
	"comptoir.example/comptoir/trade/access"
)

var (
	insertWebhook = db.SQL("collect.insert_webhook", `
INSERT INTO webhook (gateway, id, type, body, received) VALUES ($1, $2, $3, $4, $5) ON CONFLICT DO NOTHING`)
	// Written so that SQLite, too, begins with the few that wait, and not with all of
	// the gateway's.
	selectWebhooks = db.SQL("collect.select_webhooks", `
SELECT id, type, body, received FROM webhook WHERE gateway || '' = $1 AND done IS NULL ORDER BY received, id LIMIT $2`)
	setDone    = db.SQL("collect.set_done", `UPDATE webhook SET done = $3, failed = $4 WHERE gateway = $1 AND id = $2`)
	selectFlow = db.SQL("collect.select_flow", `SELECT cursor FROM gateway_flow WHERE gateway = $1`)
	upsertFlow = db.SQL("collect.upsert_flow", `
INSERT INTO gateway_flow (gateway, cursor, pulled, error) VALUES ($1, $2, $3, '')
ON CONFLICT (gateway) DO UPDATE SET cursor = excluded.cursor, pulled = excluded.pulled, error = '', since = NULL`)
)

// Receive keeps a webhook that the processor signed, once, and answers at once:
// what it says is written down by Run. Refused when the signature does not hold.
func (e *Engine) Receive(ctx context.Context, header http.Header, raw []byte) error {
	d, err := e.Gateway.Verify(header, raw, e.DB.Now())
	if err != nil {
		return fault.New(fault.Denied, "payment.bad_webhook").Because(err)
	}
	err = e.DB.Write(ctx, func(tx *db.Tx) error {
		tx.Signal("webhook")
		return tx.Later(ctx, insertWebhook, e.Name(), d.ID, d.Type, string(d.Raw), tx.Now)
	})
	if err == nil {
		e.Box.Crash("hook.kept")
	}
	return err
}

// facts are what a snapshot tells.
func facts(s gateway.Snapshot) (all []gateway.Fact) {
	for _, m := range s.Movements {
		all = append(all, gateway.Fact{Movement: &m})
	}
	return append(all, gateway.Fact{Standing: &gateway.Standing{Reference: s.Reference, Payment: s.Payment, State: s.State, Amount: s.Amount,
		Decline: s.Decline, Card: s.Card, At: s.At}})
}

// tell writes facts down, each company's under its key, and payouts under theirs.
func (e *Engine) tell(ctx context.Context, all []gateway.Fact) error {
	for _, f := range all {
		customer, err := e.customerOf(ctx, f)
		if err != nil {
			return err
		}
		one := func(tx *db.Tx) error { return payment.Told(ctx, tx, e.source(), f) }
		switch {
		case f.Movement != nil && (f.Movement.Kind == gateway.Payout || f.Movement.Kind == gateway.PayoutFailed):
			err = e.DB.WriteAlone(ctx, payment.PayoutKey(e.Name()), one)
		case customer == "":
			err = e.DB.Write(ctx, one)
		default:
			err = e.DB.WriteAlone(ctx, payment.Key(customer), one)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func (e *Engine) customerOf(ctx context.Context, f gateway.Fact) (customer string, err error) {
	var reference, remote string
	switch {
	case f.Movement != nil:
		reference, remote = f.Movement.Reference, f.Movement.Payment
	case f.Standing != nil:
		reference, remote = f.Standing.Reference, f.Standing.Payment
	default:
		return "", nil
	}
	err = e.DB.Read(ctx, func(tx *db.Tx) (err error) {
		customer, err = payment.CustomerOf(ctx, tx, e.Name(), reference, remote)
		return err
	})
	return customer, err
}

type kept struct {
	gateway.Delivery
}

// Hear writes down what the webhooks say that wait. One that makes no sense is put
// aside with the reason, and is in nobody's way.
func (e *Engine) Hear(ctx context.Context) (n int, err error) { return e.hear(ctx, 1) }

// hear is Hear, so many side by side: in which order they are heard is no matter, as
// it is none in which they come.
func (e *Engine) hear(ctx context.Context, together int) (n int, err error) {
	var waiting []kept
	if err := e.DB.Read(ctx, func(tx *db.Tx) (err error) {
		waiting, err = db.All(ctx, tx, selectWebhooks, func(r db.Row) (k kept, err error) {
			var body string
			err = r.Scan(&k.ID, &k.Type, &body, &k.At)
			k.Raw = []byte(body)
			return k, err
		}, e.Name(), mostHeard)
		return err
	}); err != nil {
		return 0, err
	}
	var all sync.WaitGroup
	errs := make([]error, together)
	part := func(i int) {
		for at := i; at < len(waiting) && errs[i] == nil; at += together {
			errs[i] = e.heard(ctx, waiting[at])
		}
	}
	for i := 1; i < together; i++ {
		all.Go(func() { part(i) })
	}
	part(0)
	all.Wait()
	return len(waiting), errors.Join(errs...)
}

// heard writes one webhook down.
func (e *Engine) heard(ctx context.Context, k kept) error {
	all, err := e.Gateway.Translate(k.Delivery)
	if err == nil {
		err = e.tell(ctx, all)
	}
	e.Box.Crash("hook.told")
	var why any
	if err != nil {
		if f := fault.Of(err); strings.HasPrefix(f.Code, "db.") || f.Kind == fault.Internal && !errors.As(err, new(*gateway.Error)) {
			return err // the database: again later
		}
		slog.ErrorContext(ctx, "collect: webhook makes no sense", "gateway", e.Name(), "id", k.ID, "err", err)
		why = err.Error()
	}
	if err := e.DB.Write(ctx, func(tx *db.Tx) error { return tx.Later(ctx, setDone, e.Name(), k.ID, tx.Now, why) }); err != nil {
		return err
	}
	e.Box.Crash("hook.done")
	return nil
}

// Pull reads what the processor lists since the last time. Where it stopped is kept
// after the facts, so a killed pull tells some of them again, which changes nothing.
func (e *Engine) Pull(ctx context.Context) error {
	var cursor string
	if err := e.DB.Read(ctx, func(tx *db.Tx) (err error) {
		cursor, _, err = db.One(ctx, tx, selectFlow, db.Value[string], e.Name())
		return err
	}); err != nil {
		return err
	}
	for {
		page, err := e.Gateway.Pull(ctx, cursor, 200)
		if err != nil {
			return err
		}
		if err := e.tell(ctx, page.Facts); err != nil {
			return err
		}
		if len(page.Facts) > 0 {
			e.Box.Crash("sweep.told")
		}
		if page.Cursor != cursor {
			if err := e.DB.Write(ctx, func(tx *db.Tx) error { return tx.Later(ctx, upsertFlow, e.Name(), page.Cursor, tx.Now) }); err != nil {
				return err
			}
		}
		if cursor = page.Cursor; !page.More {
			return nil
		}
	}
}

// lookAfter is how long an attempt may stay without news before it is looked up.
const lookAfter = time.Minute

// Look looks up attempts that may have taken money and of which nothing was heard.
func (e *Engine) Look(ctx context.Context) error {
	var stale []payment.Attempt
	if err := e.DB.Read(ctx, func(tx *db.Tx) (err error) {
		stale, err = payment.Stale(ctx, tx, e.Name(), tx.Now.Add(-lookAfter), 50)
		return err
	}); err != nil {
		return err
	}
	for _, a := range stale {
		s, err := e.Gateway.Find(ctx, a.ID)
		if err != nil {
			return err
		}
		if s != nil {
			if err := e.tell(ctx, facts(*s)); err != nil {
				return err
			}
		}
		if err := e.DB.Write(ctx, func(tx *db.Tx) error { return payment.Looked(ctx, tx, a.ID) }); err != nil {
			return err
		}
	}
	return nil
}

// pullEvery is how often the processor is asked what webhooks did not bring.
const pullEvery = 10 * time.Second

// Run hears so many webhooks side by side, of so many that it reads at once.
const (
	sideBySide = 4
	mostHeard  = 100
)

// Run hears webhooks as they come, and sweeps, until ctx is over.
func (e *Engine) Run(ctx context.Context) {
	woken := e.DB.Listen("webhook")
	var pulled time.Time
	for {
		n, err := e.hear(ctx, sideBySide)
		if err != nil && ctx.Err() == nil {
			slog.ErrorContext(ctx, "collect: hear", "gateway", e.Name(), "err", err)
		}
		if now := e.DB.Now(); now.Sub(pulled) >= pullEvery {
			pulled = now
			for _, step := range []func(context.Context) error{e.Pull, e.Look} {
				if err := step(ctx); err != nil && ctx.Err() == nil {
					slog.WarnContext(ctx, "collect: sweep", "gateway", e.Name(), "err", err)
					break
				}
			}
		}
		pause := time.Second
		if n == mostHeard && err == nil {
			pause = 0 // more of them wait
		}
		select {
		case <-ctx.Done():
			return
		case <-woken:
		case <-time.After(pause):
		}
	}
}

// Again asks the processor, for a person, for all that it lists since the last time,
// and looks up what is not settled. Unavailable when it does not answer.
func (e *Engine) Again(ctx context.Context, who access.Actor) error {
	if err := who.Must(access.SettleFinance); err != nil {
		return err
	}
	err := e.Pull(ctx)
	if err == nil {
		err = e.Look(ctx)
	}
	if err != nil && fault.Of(err).Kind == fault.Internal {
		return fault.New(fault.Unavailable, "parity.side_silent").Because(err)
	}
	return err
}
