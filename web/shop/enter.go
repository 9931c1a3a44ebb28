package shop

import (
	"context"
	"net/http"
	"strings"

	"comptoir.example/comptoir/base/db"
	"comptoir.example/comptoir/base/fault"
	"comptoir.example/comptoir/base/i18n"
	"comptoir.example/comptoir/trade/access"
	"comptoir.example/comptoir/web"
)

// GET /signin
func showSignIn(w http.ResponseWriter, r *web.Request) error {
	if r.Actor.SignedIn() {
		return start(w, r)
	}
	page := SignInPage{Return: r.Back("")}
	return r.Show(w, http.StatusOK, SignIn(r.P, r.Shell(r.P.T("shop.signin.go")), page))
}

// AskAgain is the sign-in page for a form whose session had ended.
func AskAgain(w http.ResponseWriter, r *web.Request, waiting *web.Resumed) error {
	page := SignInPage{Ended: true, Waiting: waiting}
	return r.Show(w, http.StatusUnauthorized, SignIn(r.P, r.Shell(r.P.T("shop.signin.go")), page))
}

// POST /signin
func signIn(w http.ResponseWriter, r *web.Request) error {
	email, password := r.PostFormValue("email"), r.PostFormValue("password")
	waiting := web.Waiting(r)
	page := SignInPage{Email: email, Return: r.Back(""), Waiting: waiting, Ended: waiting != nil}
	again := func(status int, f *fault.Fault) error {
		page.Fault = f
		return r.Show(w, status, SignIn(r.P, r.Shell(r.P.T("shop.signin.go")), page))
	}
	bad := fault.New(fault.Invalid, "access.incomplete")
	if strings.TrimSpace(email) == "" {
		bad.With("email", "access.email_missing")
	}
	if password == "" {
		bad.With("password", "access.password_missing")
	}
	if len(bad.Fields) > 0 {
		return again(http.StatusUnprocessableEntity, bad)
	}
	token, err := access.SignIn(r.Context(), r.Site.DB, email, password, r.ID, false)
	if f := fault.Of(err); f.Kind == fault.Denied || f.Kind == fault.TooMany {
		return again(web.Status(f.Kind), f.With("password", "access.password_again"))
	} else if err != nil {
		return err
	}
	var session access.Session
	if err := r.Read(func(ctx context.Context, tx *db.Tx) (err error) {
		session, _, err = access.Resume(ctx, tx, token)
		return err
	}); err != nil {
		return err
	}
	r.SetSession(w, token)
	r.RememberLang(w, session.Actor.Lang)
	if waiting != nil {
		r.Session, r.Actor = session, session.Actor
		r.P = r.Site.Words.Printer(session.Actor.Lang, r.Site.Engine.Merchant().Zone)
		return r.Show(w, http.StatusOK, Resume(r.P, r.Shell(r.P.T("shop.resume")), *waiting))
	}
	return web.SeeOther(w, r, r.Back("/"))
}

// POST /signout
func signOut(w http.ResponseWriter, r *web.Request) error {
	err := r.Site.DB.Write(r.Context(), func(tx *db.Tx) error { return access.SignOut(r.Context(), tx, r.Session) })
	if err != nil {
		return err
	}
	r.SetSession(w, "")
	return web.SeeOther(w, r, "/signin")
}

// POST /preferences
func prefer(w http.ResponseWriter, r *web.Request) error {
	var lang i18n.Lang
	if value := r.PostFormValue("language"); value != "" {
		lang = i18n.Parse(value)
		r.RememberLang(w, lang)
	}
	theme := r.PostFormValue("theme")
	if r.PostForm.Has("theme") && theme == "" {
		theme = "system"
	}
	if theme != "" {
		r.RememberTheme(w, theme)
	}
	if err := r.Write(func(ctx context.Context, tx *db.Tx) error {
		return access.SetPreferences(ctx, tx, r.Actor, lang, theme)
	}); err != nil {
		return err
	}
	return web.SeeOther(w, r, r.Back("/"))
}
