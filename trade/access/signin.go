package access

import (
	"context"
	"time"

	"comptoir.example/comptoir/base/db"
	"comptoir.example/comptoir/base/fault"
	"comptoir.example/comptoir/base/outbox"
)

// After this many wrong passwords an address waits this long (PCI DSS 8.3.4:
// at most ten tries, thirty minutes at least).
const (
	maxFailures = 10
	lockout     = 30 * time.Minute
)

// SignedIn is emitted when somebody came in.
type SignedIn struct {
	Person string `json:"person"`
	API    bool   `json:"api"`
}

// Kind and Subject name the fact.
func (SignedIn) Kind() string      { return "person.signed_in" }
func (f SignedIn) Subject() string { return f.Person }

type credentials struct {
	id, hash string
	active   bool
}

type failures struct {
	count int
	until time.Time
}

var (
	selectCredentials = db.SQL("access.select_credentials", `SELECT id, password, active FROM person WHERE email = $1`)
	selectFailures    = db.SQL("access.select_failures", `SELECT count, until FROM signin_failure WHERE account = $1`)
	upsertFailure     = db.SQL("access.upsert_failure", `
INSERT INTO signin_failure (account, count, until) VALUES ($1, 1, $2)
ON CONFLICT (account) DO UPDATE SET until = excluded.until,
    count = CASE WHEN signin_failure.until < $3 THEN 1 ELSE signin_failure.count + 1 END`)
	clearFailures = db.SQL("access.clear_failures", `DELETE FROM signin_failure WHERE account = $1`)
)

// nobody's password is compared for unknown addresses, so that an answer takes
// as long whether an address is known or not.
const nobody = "$argon2id$v=19$m=19456,t=2,p=1$Y29tcHRvaXJjb21wdG9pcg$5kJ4vVJ8eK1tQK0yP0fC2m2fFh3b6oGv0d3mT2nq3Xo"

// SignIn opens a session for an address and its password and gives its token.
// Denied, always in the same words, when they do not fit; TooMany when the
// address must wait. It hashes a password, so it is not a unit of work itself.
func SignIn(ctx context.Context, d *db.DB, email, password, request string, api bool) (token string, err error) {
	account := hashToken(fold(email))
	var known credentials
	var failed failures
	if err := d.Read(ctx, func(tx *db.Tx) (err error) {
		known, _, err = db.One(ctx, tx, selectCredentials, func(r db.Row) (c credentials, err error) {
			err = r.Scan(&c.id, &c.hash, &c.active)
			return c, err
		}, fold(email))
		if err != nil {
			return err
		}
		failed, _, err = db.One(ctx, tx, selectFailures, func(r db.Row) (f failures, err error) {
			err = r.Scan(&f.count, &f.until)
			return f, err
		}, account)
		return err
	}); err != nil {
		return "", err
	}
	if failed.count >= maxFailures && failed.until.After(d.Now()) {
		return "", fault.New(fault.TooMany, "access.locked", "until", failed.until)
	}
	if known.hash == "" {
		known.hash = nobody
	}
	fits, err := checkPassword(password, known.hash)
	if err != nil {
		return "", err
	}
	err = d.Write(ctx, func(tx *db.Tx) (err error) {
		if !fits || !known.active {
			_, err = tx.Exec(ctx, upsertFailure, account, tx.Now.Add(lockout), tx.Now)
			return err
		}
		if failed.count > 0 {
			if _, err := tx.Exec(ctx, clearFailures, account); err != nil {
				return err
			}
		}
		if token, err = open(ctx, tx, known.id, api); err != nil {
			return err
		}
		return outbox.Emit(ctx, tx, outbox.By{Actor: known.id, Request: request}, SignedIn{known.id, api})
	})
	if err == nil && token == "" {
		err = fault.New(fault.Denied, "access.wrong_password")
	}
	return token, err
}
