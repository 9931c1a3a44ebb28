package books

import (
	"encoding/json"
	"fmt"
	"time"
)

// overlap is how far back each pass begins: a change can be committed later than
// another with a greater stamp.
const overlap = 5 * time.Second

// cursor says how far a kind was read. A pass goes through records by stamp and
// id; the next one begins before the greatest stamp met and skips what it saw.
type cursor struct {
	Load  bool             `json:"load,omitempty"` // the first pass is under way
	Top   int64            `json:"top"`            // greatest stamp met, in microseconds
	Stamp int64            `json:"at,omitempty"`   // where the pass under way stands
	ID    string           `json:"id,omitempty"`   // "" is between passes
	Seen  map[string]int64 `json:"seen,omitempty"` // id to stamp, within the overlap
}

func readCursor(text string) (c cursor, err error) {
	if c.Load = text == ""; !c.Load {
		err = json.Unmarshal([]byte(text), &c)
	}
	if c.Seen == nil {
		c.Seen = map[string]int64{}
	}
	if c.ID == "" {
		c.Stamp, c.ID = max(0, c.Top-overlap.Microseconds()), "0"
	}
	return c, err
}

// after is what the API is asked.
func (c *cursor) after() string { return fmt.Sprintf("%d,%s", c.Stamp, c.ID) }

// meets takes note of a listing and says whether it is new.
func (c *cursor) meets(l listing) bool {
	isNew := c.Seen[l.ID] != l.Changed
	c.Seen[l.ID] = l.Changed
	c.Stamp, c.ID = l.Changed, l.ID
	c.Top = max(c.Top, l.Changed)
	return isNew
}

// text forgets what no later pass can meet again.
func (c *cursor) text(more bool) string {
	for id, stamp := range c.Seen {
		if stamp < c.Top-overlap.Microseconds() {
			delete(c.Seen, id)
		}
	}
	if !more {
		c.Stamp, c.ID, c.Load = 0, "", false
	}
	data, _ := json.Marshal(c) // texts and numbers only: cannot fail
	return string(data)
}
