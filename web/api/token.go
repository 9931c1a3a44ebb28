package api

import (
	"context"
	"time"

	"comptoir.example/comptoir/base/db"
	"comptoir.example/comptoir/base/fault"
	"comptoir.example/comptoir/trade/access"
	"comptoir.example/comptoir/web"
)

// Token opens the API for one person, until it expires or is revoked.
type Token struct {
	Token   string    `json:"token"`
	Expires time.Time `json:"expires"`
}

// Credentials are what a person signs in with.
type Credentials struct {
	Email    string `json:"email" minLength:"1" maxLength:"254"`
	Password string `json:"password" minLength:"1" maxLength:"1000"`
}

// POST /v1/tokens
func createToken(r *web.Request, in *struct{ Body Credentials }) (*struct{ Body Token }, error) {
	token, err := access.SignIn(r.Context(), r.Site.DB, in.Body.Email, in.Body.Password, r.ID, true)
	if err != nil {
		return nil, err
	}
	var session access.Session
	err = r.Read(func(ctx context.Context, tx *db.Tx) error {
		var found bool
		session, found, err = access.Resume(ctx, tx, token)
		if err == nil && !found {
			err = fault.New(fault.Denied, "api.bad_token") // let in and shut out in the same instant
		}
		return err
	})
	return &struct{ Body Token }{Token{token, session.Expires}}, err
}

// DELETE /v1/tokens ends the token it is called with.
func revokeToken(r *web.Request, _ *struct{}) (*struct{}, error) {
	return nil, r.Write(func(ctx context.Context, tx *db.Tx) error { return access.SignOut(ctx, tx, r.Session) })
}
