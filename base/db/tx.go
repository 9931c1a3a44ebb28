package db

import (
	"encoding/base64"
	"encoding/hex"
	"io"
	"sync"
	"time"
)

// Tx is a unit of work under way. Its clock stands still.
type Tx struct {
	Now     time.Time // UTC, whole microseconds
	db      *DB
	session *session
	signals []string

	floating    bool              // no transaction (Look): what is read need not be what the mark stands for
	asked       map[string]any    // what Asked has asked
	marksComing bool              // with the first answer
	marks       map[string]string // of the shelves, as far as they were asked for
}

// ID makes a new id: a UUIDv7 of tx.Now, greater than all before it in this
// process.
func (tx *Tx) ID() string { return tx.db.ids.next(tx.Now) }

// Secret makes n bytes that nobody can guess, as URL-safe text.
func (tx *Tx) Secret(n int) string {
	return base64.RawURLEncoding.EncodeToString(tx.Random(n))
}

// Random makes n random bytes.
func (tx *Tx) Random(n int) []byte { return tx.db.ids.random(n) }

// Signal wakes the listeners of a name once this work is committed, here and,
// on PostgreSQL, in other processes.
func (tx *Tx) Signal(name string) { tx.signals = append(tx.signals, name) }

// ids makes UUIDv7 (RFC 9562): 48 bits of milliseconds, then a counter that
// starts at random in each millisecond, then randomness.
type ids struct {
	mu      sync.Mutex
	entropy io.Reader
	last    uint64 // milliseconds << 12 | counter
}

func (g *ids) random(n int) []byte {
	g.mu.Lock()
	defer g.mu.Unlock()
	b := make([]byte, n)
	if _, err := io.ReadFull(g.entropy, b); err != nil {
		panic("db: no randomness: " + err.Error()) // the operating system's source never ends
	}
	return b
}

func (g *ids) next(now time.Time) string {
	b := g.random(10)
	g.mu.Lock()
	head := uint64(now.UnixMilli())<<12 | uint64(b[8])<<3&0x7f8 // room above for the counter
	if head <= g.last {
		head = g.last + 1
	}
	g.last = head
	g.mu.Unlock()
	var u [16]byte
	for i := range 6 {
		u[i] = byte(head >> (52 - 8*i))
	}
	u[6] = 0x70 | byte(head>>8&0x0f)
	u[7] = byte(head)
	copy(u[8:], b[:8])
	u[8] = 0x80 | u[8]&0x3f
	var text [36]byte
	hex.Encode(text[0:8], u[0:4])
	hex.Encode(text[9:13], u[4:6])
	hex.Encode(text[14:18], u[6:8])
	hex.Encode(text[19:23], u[8:10])
	hex.Encode(text[24:36], u[10:16])
	text[8], text[13], text[18], text[23] = '-', '-', '-', '-'
	return string(text[:])
}
