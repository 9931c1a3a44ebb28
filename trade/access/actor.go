// Package access knows who someone is and what they may do.
//
// Permission is asked for in the verb, never only in the page. Somebody else's
// object is not found, exactly like one that never existed.
//
// Tables: person, session, signin_failure.
package access

import (
	"comptoir.example/comptoir/base/fault"
	"comptoir.example/comptoir/base/i18n"
	"comptoir.example/comptoir/base/outbox"
)

// Actor is the person behind a request, or nobody.
type Actor struct {
	Person   string
	Name     string
	Customer string // id of the company they buy for; "" for the merchant's people and for nobody
	Staff    bool   // one of the merchant's people
	Roles    []Role
	Lang     i18n.Lang
	Theme    string
	Request  string // id of the request
	Link     string // of a guest: the pay link they came by, which is all they may use
}

// Guest is somebody without an account who came by a pay link.
func Guest(link, request string) Actor {
	return Actor{Link: link, Roles: []Role{Linked}, Request: request}
}

// GuestPrefix stands before a link's id where a person's id would stand.
const GuestPrefix = "link:"

// SignedIn says whether this is a known person.
func (a Actor) SignedIn() bool { return a.Person != "" }

// Can says whether the actor holds a permission.
func (a Actor) Can(p Permission) bool {
	if p == Anyone || (p == Member && a.SignedIn()) {
		return true
	}
	for _, role := range a.Roles {
		if Grants[role][p] {
			return true
		}
	}
	return false
}

// Must is Denied unless the actor holds a permission. The fault names it, so
// that the page can say which is missing.
func (a Actor) Must(p Permission) error {
	if a.Can(p) {
		return nil
	}
	return fault.New(fault.Denied, "access.denied", "permission", i18n.Key("permission."+string(p)))
}

// By is the actor in the trail.
func (a Actor) By() outbox.By {
	if a.Link != "" {
		return outbox.By{Actor: GuestPrefix + a.Link, Request: a.Request}
	}
	return outbox.By{Actor: a.Person, Request: a.Request}
}
