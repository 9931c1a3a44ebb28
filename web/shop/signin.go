package shop

import (
	"comptoir.example/comptoir/base/fault"
	"comptoir.example/comptoir/web"
)

// SignInPage is the cover of the register.
type SignInPage struct {
	Email  string
	Return string       // where to go after, "" for the start
	Fault  *fault.Fault // why the last try failed; its Fields point at the form
	Ended  bool         // a session ended; what was typed is kept

	Waiting *web.Resumed // the form that goes on after signing in; nil for none
}

func (s SignInPage) bad(name string) *fault.Field { return badField(s.Fault, name) }
