package db

import (
	"context"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
)

// signals wake listeners in this process and, on PostgreSQL, in others. A lost
// signal only costs time: whoever listens also polls.
type signals struct {
	mu        sync.Mutex
	listeners map[string][]chan struct{}
	abroad    chan string // names to tell other processes; nil when there are none
	stop      context.CancelFunc
}

// Listen gives a channel that receives after a commit that signalled the name.
// Several commits may be one receipt.
func (d *DB) Listen(name string) <-chan struct{} {
	d.signals.mu.Lock()
	defer d.signals.mu.Unlock()
	if d.signals.listeners == nil {
		d.signals.listeners = map[string][]chan struct{}{}
	}
	c := make(chan struct{}, 1)
	d.signals.listeners[name] = append(d.signals.listeners[name], c)
	if pg, is := d.engine.(postgresEngine); is && d.signals.stop == nil {
		ctx, stop := context.WithCancel(context.Background())
		d.signals.stop, d.signals.abroad = stop, make(chan string, 2)
		go d.signals.exchange(ctx, pg.config.Copy())
	}
	return c
}

func (s *signals) send(names []string) {
	if len(names) == 0 {
		return
	}
	s.mu.Lock()
	abroad := s.abroad
	s.mu.Unlock()
	for _, name := range names {
		s.wake(name)
		select {
		case abroad <- name: // a nil channel is never ready, a full one has told enough
		default:
		}
	}
}

func (s *signals) wake(name string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, c := range s.listeners[name] {
		select {
		case c <- struct{}{}:
		default:
		}
	}
}

func (s *signals) close() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.stop != nil {
		s.stop()
	}
}

// exchange notifies and listens on two connections of its own. NOTIFY inside a
// unit of work would make commits wait for one another, so it is done after,
// and several signals of a moment become one.
func (s *signals) exchange(ctx context.Context, config *pgx.ConnConfig) {
	go s.tell(ctx, config)
	for ctx.Err() == nil {
		if conn, err := pgx.ConnectConfig(ctx, config); err == nil {
			_, err = conn.Exec(ctx, "LISTEN comptoir")
			for err == nil {
				n, e := conn.WaitForNotification(ctx)
				if err = e; e == nil {
					s.wake(n.Payload)
				}
			}
			conn.Close(context.WithoutCancel(ctx))
		}
		pause(ctx, time.Second)
	}
}

func (s *signals) tell(ctx context.Context, config *pgx.ConnConfig) {
	for ctx.Err() == nil {
		if conn, err := pgx.ConnectConfig(ctx, config); err == nil {
			for err == nil {
				select {
				case <-ctx.Done():
					err = ctx.Err()
				case name := <-s.abroad:
					_, err = conn.Exec(ctx, "SELECT pg_notify('comptoir', $1)", name)
					pause(ctx, 20*time.Millisecond)
				}
			}
			conn.Close(context.WithoutCancel(ctx))
		}
		pause(ctx, time.Second)
	}
}

func pause(ctx context.Context, d time.Duration) {
	select {
	case <-ctx.Done():
	case <-time.After(d):
	}
}
