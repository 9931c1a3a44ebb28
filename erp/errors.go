package erp

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
	// Down: the call did not reach the ERP. Nothing happened there.
	Down Class = "down"
	// Ambiguous: no answer, or one that does not tell. It may have happened:
	// look the document up before any repeat.
	Ambiguous Class = "ambiguous"
	// Throttled: the ERP asks to wait (see After). Nothing happened.
	Throttled Class = "throttled"
	// Refused: the ERP says no, for a reason people can read. Nothing happened.
	Refused Class = "refused"
	// NeedsDecision: the ERP asks a question; Code names it. Nothing happened.
	NeedsDecision Class = "needs_decision"
	// Unauthorized: our secret or rights do not do.
	Unauthorized Class = "unauthorized"
	// Broken: an answer that makes no sense, or our mistake. Repeating does not help.
	Broken Class = "broken"
)

// Error is a failed call to an ERP.
type Error struct {
	Class Class
	Code  string        // stable: "credit_limit", "unknown_item", …; message key "erp."+Code
	Text  string        // what the ERP said, in its words
	After time.Duration // with Throttled
	Cause error
}

func (e *Error) Error() string {
	s := fmt.Sprintf("erp: %s %s", e.Class, e.Code)
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
