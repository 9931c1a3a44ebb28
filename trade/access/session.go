package access

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"strings"
	"time"

	"comptoir.example/comptoir/base/db"
	"comptoir.example/comptoir/base/i18n"
)

// A session ends this long after the last act, and this long after sign-in.
const (
	idle     = 60 * time.Minute
	absolute = 12 * time.Hour
	// touch is how often at most a session's last use is written down.
	touch = time.Minute
	// tokenLife is how long a program's token is good for.
	tokenLife = 90 * 24 * time.Hour
)

// Session is a person's stay, known by a token that only their browser has.
type Session struct {
	Hash    string
	CSRF    string
	API     bool
	Seen    time.Time
	Expires time.Time
	Actor   Actor
}

var (
	insertSession = db.SQL("access.insert_session", `
INSERT INTO session (hash, person, csrf, api, created, seen, expires) VALUES ($1, $2, $3, $4, $5, $5, $6)`)
	selectSession = db.SQL("access.select_session", `
SELECT s.hash, s.csrf, s.api, s.seen, s.expires, p.id, p.name, p.customer, p.language, p.theme,
    p.roles
FROM session s JOIN person p ON p.id = s.person
WHERE s.hash = $1 AND s.expires > $2 AND (s.seen > $3 OR s.api) AND p.active`)
	touchSession  = db.SQL("access.touch_session", `UPDATE session SET seen = $2 WHERE hash = $1 AND seen < $3`)
	deleteSession = db.SQL("access.delete_session", `DELETE FROM session WHERE hash = $1`)
	sweepSessions = db.SQL("access.sweep_sessions", `DELETE FROM session WHERE expires < $1 OR (seen < $2 AND NOT api)`)
)

func hashToken(token string) string {
	sum := sha256.Sum256([]byte(token))
	return hex.EncodeToString(sum[:])
}

func scanSession(r db.Row) (s Session, err error) {
	var lang, roles string
	err = r.Scan(&s.Hash, &s.CSRF, &s.API, &s.Seen, &s.Expires, &s.Actor.Person, &s.Actor.Name, &s.Actor.Customer, &lang, &s.Actor.Theme, &roles)
	s.Actor.Lang = i18n.Parse(lang)
	s.Actor.Staff = s.Actor.Customer == ""
	for role := range strings.FieldsSeq(roles) {
		s.Actor.Roles = append(s.Actor.Roles, Role(role))
	}
	return s, err
}

// Resume finds the session of a token. Not found when there is none, when it
// ended, or when the person may no longer come in.
func Resume(ctx context.Context, tx *db.Tx, token string) (Session, bool, error) {
	if token == "" {
		return Session{}, false, nil
	}
	return db.One(ctx, tx, selectSession, scanSession, hashToken(token), tx.Now, tx.Now.Add(-idle))
}

// Touch notes that a session was used, at most once a minute. Faces call it on
// acts, not on looks.
func Touch(ctx context.Context, tx *db.Tx, s Session) error {
	if tx.Now.Sub(s.Seen) < touch {
		return nil
	}
	_, err := tx.Exec(ctx, touchSession, s.Hash, tx.Now, tx.Now.Add(-touch))
	return err
}

// SignOut ends a session.
func SignOut(ctx context.Context, tx *db.Tx, s Session) error {
	_, err := tx.Exec(ctx, deleteSession, s.Hash)
	return err
}

// Sweep drops sessions that ended.
func Sweep(ctx context.Context, tx *db.Tx) error {
	_, err := tx.Exec(ctx, sweepSessions, tx.Now, tx.Now.Add(-idle))
	return err
}

func open(ctx context.Context, tx *db.Tx, person string, api bool) (token string, err error) {
	token = tx.Secret(32)
	expires := tx.Now.Add(absolute)
	if api {
		expires = tx.Now.Add(tokenLife)
	}
	_, err = tx.Exec(ctx, insertSession, hashToken(token), person, tx.Secret(18), api, tx.Now, expires)
	return token, err
}
