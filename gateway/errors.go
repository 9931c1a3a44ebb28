package gateway

import (
	"errors"
	"fmt"
	"time"
)

// Class is what a failed call means for the one who made it.
type Class string

// Classes of failure. A call that fails with anything but an *Error is a bug of
// the connector and counts as Broken.
const (
	// Down: the call did not reach the processor. Nothing happened there.
	Down Class = "down"
	// Ambiguous: no answer, or one that does not tell. It may have happened: Find
	// it before any repeat, and repeat it with the same key only.
	Ambiguous Class = "ambiguous"
	// Throttled: the processor asks to wait (see After). Nothing happened.
	Throttled Class = "throttled"
	// Refused: the processor says no, and it is not the payer's doing. Nothing happened.
	Refused Class = "refused"
	// Unauthorized: our secret or rights do not do.
	Unauthorized Class = "unauthorized"
	// Broken: an answer that makes no sense, or our mistake. Repeating does not help.
	Broken Class = "broken"
)

// Error is a failed call to a processor.
type Error struct {
	Class Class
	Code  string        // stable: "key_reused", "bad_signature", …; message key "gateway."+Code
	Text  string        // what the processor said, in its words
	After time.Duration // with Throttled
	Cause error
}

func (e *Error) Error() string {
	s := fmt.Sprintf("gateway: %s %s", e.Class, e.Code)
	if e.Text != "" {
		s += ": " + e.Text
	}
	if e.Cause != nil {
		s += ": " + e.Cause.Error()
	}
	return s
}

func (e *Error) Unwrap() error { return e.Cause }

// ErrorOf finds the *Error in err; anything else is Broken.
func ErrorOf(err error) *Error {
	var e *Error
	if errors.As(err, &e) {
		return e
	}
	return &Error{Class: Broken, Code: "broken", Cause: err}
}
