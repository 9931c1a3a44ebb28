// Package fault says what went wrong in words the caller can act on.
//
// A fault has a kind for the machine and a stable code, which is also the key of
// its sentence in both languages. Any other error is Internal: logged whole, and
// shown as "something went wrong" with a reference.
package fault

import (
	"errors"
	"fmt"
	"strings"
)

// Kind is what a machine should make of a fault.
type Kind int

// Kinds, from the caller's doing to ours.
const (
	None        Kind = iota
	Invalid          // the input must change
	Denied           // the person may not
	NotFound         // there is no such thing, or it is somebody else's
	Conflict         // it changed meanwhile; look again
	TooMany          // slow down
	Unavailable      // not now; nothing was done
	Internal         // our bug
)

var kindNames = [...]string{"none", "invalid", "denied", "not_found", "conflict", "too_many", "unavailable", "internal"}

func (k Kind) String() string { return kindNames[k] }

// Params are the named values of a sentence.
type Params []any // name, value, name, value …

// Field is what is wrong with one field of a form.
type Field struct {
	Name   string
	Code   string
	Params Params
}

// Fault is an error a person can act on.
type Fault struct {
	Kind   Kind
	Code   string // also the message key
	Params Params
	Fields []Field
	cause  error
}

// New makes a fault. Params come as name, value pairs.
func New(kind Kind, code string, params ...any) *Fault {
	return &Fault{Kind: kind, Code: code, Params: params}
}

// With adds what is wrong with one field.
func (f *Fault) With(name, code string, params ...any) *Fault {
	f.Fields = append(f.Fields, Field{name, code, params})
	return f
}

// Because keeps the error underneath, for the log only.
func (f *Fault) Because(err error) *Fault {
	f.cause = err
	return f
}

func (f *Fault) Error() string {
	var b strings.Builder
	b.WriteString(f.Code)
	for i := 0; i+1 < len(f.Params); i += 2 {
		fmt.Fprintf(&b, " %v=%v", f.Params[i], f.Params[i+1])
	}
	for _, field := range f.Fields {
		fmt.Fprintf(&b, " %s:%s", field.Name, field.Code)
	}
	if f.cause != nil {
		b.WriteString(": " + f.cause.Error())
	}
	return b.String()
}

func (f *Fault) Unwrap() error { return f.cause }

// Of finds the fault in an error. An error without one is Internal; no error is
// the zero Fault.
func Of(err error) Fault {
	if err == nil {
		return Fault{}
	}
	var f *Fault
	if errors.As(err, &f) {
		return *f
	}
	return Fault{Kind: Internal, Code: "fault.internal", cause: err}
}

// Is says whether an error is of a kind.
func Is(err error, kind Kind) bool { return Of(err).Kind == kind }
