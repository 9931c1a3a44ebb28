package outbox

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"comptoir.example/comptoir/base/db"
)

// Recover forgets leases of a holder that is gone. On SQLite no other process
// can hold any; on PostgreSQL another may, so leases run out by themselves.
func (b *Box) Recover(ctx context.Context) error {
	if b.DB.Engine() != "sqlite" {
		return nil
	}
	return b.DB.Write(ctx, func(tx *db.Tx) error {
		_, err := tx.Exec(ctx, dropLeases)
		return err
	})
}

// Run carries deliveries until ctx is over: woken by a signal of a commit, by a
// delivery that ended, and at least every second.
func (b *Box) Run(ctx context.Context) {
	var all sync.WaitGroup
	for _, conn := range b.connections() {
		all.Go(func() { b.serve(ctx, conn) })
	}
	all.Go(func() { b.linkEverySecond(ctx) })
	all.Wait()
}

func (b *Box) serve(ctx context.Context, conn string) {
	woken := b.DB.Listen("outbox")
	results := make(chan finished, 64)
	busy := 0 // lanes
	leases := time.NewTicker(b.Lease / 3)
	defer leases.Stop()
	for {
		var ended []finished
		select {
		case <-ctx.Done():
			b.drain(conn, results, busy)
			return
		case f := <-results:
			ended = append(ended, f)
		case <-woken:
		case <-leases.C:
			if busy > 0 {
				b.hold(ctx)
			}
			continue
		case <-time.After(time.Second):
		}
		for more := true; more; {
			select {
			case f := <-results:
				ended = append(ended, f)
			default:
				more = false
			}
		}
		for _, f := range ended {
			if f.last {
				busy--
			}
		}
		taken, err := b.turn(ctx, conn, ended, b.limit(conn)-busy, maxUrgent)
		if err != nil {
			slog.ErrorContext(ctx, "outbox: turn", "conn", conn, "err", err)
			b.settleOneByOne(ctx, conn, ended)
		}
		for _, lane := range taken {
			busy++
			go b.runLane(ctx, lane, results)
		}
	}
}

// settleOneByOne keeps one delivery whose outcome cannot be written from taking
// the others with it.
func (b *Box) settleOneByOne(ctx context.Context, conn string, ended []finished) {
	for _, f := range ended {
		_, err := b.turn(ctx, conn, []finished{f}, 0, 1)
		if err == nil {
			continue
		}
		slog.ErrorContext(ctx, "outbox: settle", "seq", f.Seq, "consumer", f.Consumer, "err", err)
		f.Outcome = broken(f.Delivery, err.Error())
		if _, err := b.turn(ctx, conn, []finished{f}, 0, 1); err != nil {
			slog.ErrorContext(ctx, "outbox: settle as broken; the lease will run out", "seq", f.Seq, "err", err)
		}
	}
}

// drain waits a moment for what is on its way when the program stops. What does
// not come back in time is looked up at the next start.
func (b *Box) drain(conn string, results chan finished, busy int) {
	ctx, cancel := context.WithTimeout(context.Background(), 3*time.Second)
	defer cancel()
	for busy > 0 {
		select {
		case f := <-results:
			if f.last {
				busy--
			}
			b.settleOneByOne(ctx, conn, []finished{f})
		case <-ctx.Done():
			return
		}
	}
}

func (b *Box) hold(ctx context.Context) {
	err := b.DB.Write(ctx, func(tx *db.Tx) error {
		_, err := tx.Exec(ctx, holdLease, b.Holder, tx.Now, tx.Now.Add(b.Lease))
		return err
	})
	if err != nil {
		slog.ErrorContext(ctx, "outbox: hold leases", "err", err)
	}
}

func (b *Box) linkEverySecond(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-time.After(time.Second):
			if err := b.Link(ctx); err != nil {
				slog.ErrorContext(ctx, "outbox: link facts", "err", err)
			}
		}
	}
}
