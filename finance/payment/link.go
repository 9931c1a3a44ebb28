package payment

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"encoding/hex"
	"net/mail"
	"strings"
	"time"

	"comptoir.example/comptoir/base/db"
	"comptoir.example/comptoir/base/fault"
	"comptoir.example/comptoir/base/i18n"
	"comptoir.example/comptoir/base/outbox"
	"comptoir.example/comptoir/base/pan"
	"comptoir.example/comptoir/finance/invoice"
	"comptoir.example/comptoir/trade/access"
	"comptoir.example/comptoir/trade/customer"
)

// Link lets somebody without an account pay one invoice, and see nothing else.
type Link struct {
	ID, Invoice, Customer, Person, Email string
	Lang                                 i18n.Lang
	Payment                              string // begun with it, "" for none
	Created, Expires, Revoked            time.Time
	hash                                 string
}

// Live says that a payment can be begun with the link.
func (l Link) Live(now time.Time) bool { return l.Revoked.IsZero() && now.Before(l.Expires) }

// A link is good for so long, and a company sends so many within a day.
const (
	LinkLife = 14 * 24 * time.Hour
	MaxLinks = 20
)

// LinkKey is the shop's secret from which the token of a link is derived, so that no
// row, fact or backup holds one. Another key ends every link there is.
type LinkKey []byte

// Token is what opens a link: 256 bits, as they stand in an address.
func (k LinkKey) Token(link string) string {
	h := hmac.New(sha256.New, k)
	h.Write([]byte("pay link " + link))
	return base64.RawURLEncoding.EncodeToString(h.Sum(nil))
}

func hashToken(token string) string {
	sum := sha256.Sum256([]byte(token))
	return hex.EncodeToString(sum[:])
}

// opens says in constant time whether a token is the link's under this key.
func (k LinkKey) opens(l Link, token string) bool {
	return subtle.ConstantTimeCompare([]byte(token), []byte(k.Token(l.ID))) == 1
}

// Opens says that the link's token is still the one of this key.
func (k LinkKey) Opens(l Link) bool { return hashToken(k.Token(l.ID)) == l.hash }

// LinkMade is emitted when somebody sends a link: a letter carries it.
type LinkMade struct {
	Link     string `json:"link"`
	Invoice  string `json:"invoice"`
	Customer string `json:"customer"`
}

// LinkRevoked is emitted when somebody ends a link.
type LinkRevoked struct {
	Link     string `json:"link"`
	Customer string `json:"customer"`
}

// Kind and Subject name the facts.
func (LinkMade) Kind() string         { return "payment.link_made" }
func (f LinkMade) Subject() string    { return f.Link }
func (LinkRevoked) Kind() string      { return "payment.link_revoked" }
func (f LinkRevoked) Subject() string { return f.Link }

const linkColumns = `id, hash, invoice, customer, person, email, language, payment, created, expires, revoked`

var (
	insertLink = db.SQL("payment.insert_link", `
INSERT INTO pay_link (id, hash, invoice, customer, person, email, language, created, expires) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)`)
	selectLink       = db.SQL("payment.select_link", `SELECT `+linkColumns+` FROM pay_link WHERE id = $1`)
	selectLinkByHash = db.SQL("payment.select_link_by_hash", `SELECT `+linkColumns+` FROM pay_link WHERE hash = $1`)
	selectLinks      = db.SQL("payment.select_links", `
SELECT `+linkColumns+` FROM pay_link WHERE invoice = $1 AND customer = $2 ORDER BY created DESC, id DESC LIMIT 100`)
	countLinks = db.SQL("payment.count_links", `SELECT COUNT(*) FROM pay_link WHERE customer = $1 AND created > $2`)
	revokeLink = db.SQL("payment.revoke_link", `UPDATE pay_link SET revoked = $2 WHERE id = $1 AND revoked IS NULL`)
	forget     = db.SQL("payment.forget_addresses", `UPDATE pay_link SET email = '' WHERE expires < $1 AND email <> ''`)
	setBegun   = db.SQL("payment.set_link_payment", `UPDATE pay_link SET payment = $2 WHERE id = $1`)
)

func scanLink(r db.Row) (l Link, err error) {
	var lang string
	err = r.Scan(&l.ID, &l.hash, &l.Invoice, &l.Customer, &l.Person, &l.Email, &lang, &l.Payment, &l.Created, &l.Expires, &l.Revoked)
	l.Lang = i18n.Parse(lang)
	return l, err
}

// SendLink makes a link to pay one invoice of the actor's company and promises a
// letter to an address. Call it within db.WriteAlone(Key(company)). Invalid with a
// field for an address that is none; Conflict when nothing of the invoice is to be
// paid; TooMany after MaxLinks within a day.
func SendLink(ctx context.Context, tx *db.Tx, who access.Actor, k LinkKey, invoiceID, email string) (Link, error) {
	if err := who.Must(access.PayInvoices); err != nil {
		return Link{}, err
	}
	c, err := customer.Of(ctx, tx, who)
	if err != nil {
		return Link{}, err
	}
	v, err := invoice.Find(ctx, tx, who, invoiceID)
	if err != nil {
		return Link{}, err
	}
	if email, err = address(email); err != nil {
		return Link{}, err
	}
	free, err := StandingOf(ctx, tx, []invoice.Invoice{v})
	if err != nil {
		return Link{}, err
	}
	if s := free[v.ID]; v.State == "cancelled" || v.Total.Minor < 0 || s.Shown().Minor <= 0 {
		return Link{}, fault.New(fault.Conflict, "payment.nothing_open", "number", v.Number)
	}
	sent, _, err := db.One(ctx, tx, countLinks, db.Value[int], c.ID, tx.Now.AddDate(0, 0, -1))
	if err != nil {
		return Link{}, err
	}
	if sent >= MaxLinks {
		return Link{}, fault.New(fault.TooMany, "payment.too_many_links", "n", MaxLinks)
	}
	l := Link{ID: tx.ID(), Invoice: v.ID, Customer: c.ID, Person: who.Person, Email: email, Lang: i18n.Parse(c.Language), Created: tx.Now, Expires: tx.Now.Add(LinkLife)}
	l.hash = hashToken(k.Token(l.ID))
	if err := tx.Later(ctx, insertLink, l.ID, l.hash, l.Invoice, l.Customer, l.Person, l.Email, string(l.Lang), l.Created, l.Expires); err != nil {
		return l, err
	}
	return l, outbox.Emit(ctx, tx, who.By(), LinkMade{l.ID, l.Invoice, l.Customer})
}

// maxAddress is the longest address of a mailbox (RFC 5321, 4.5.3.1.3).
const maxAddress = 254

// address is a mailbox as it was typed, or what is wrong with it. What looks like a
// card number is said to be one and not repeated.
func address(typed string) (string, error) {
	typed = strings.TrimSpace(typed)
	if pan.In(typed) {
		return "", fault.New(fault.Invalid, "payment.bad_address").With("email", "payment.card_in_address")
	}
	at := strings.LastIndexByte(typed, '@')
	plain := !strings.ContainsFunc(typed, func(r rune) bool { return r <= ' ' || r > '~' || strings.ContainsRune(`"(),:;<>[\]`, r) })
	parsed, err := mail.ParseAddress(typed)
	if err != nil || !plain || parsed.Address != typed || len(typed) > maxAddress || !strings.Contains(strings.Trim(typed[at+1:], "."), ".") {
		return "", fault.New(fault.Invalid, "payment.bad_address").With("email", "payment.not_an_address")
	}
	return typed, nil
}

// Links are those that were sent for an invoice of the actor's company, newest
// first.
func Links(ctx context.Context, tx *db.Tx, who access.Actor, invoice string) ([]Link, error) {
	if err := who.Must(access.PayInvoices); err != nil {
		return nil, err
	}
	return db.All(ctx, tx, selectLinks, scanLink, invoice, who.Customer)
}

// RevokeLink ends a link of the actor's company, and the page that somebody has open
// through it. NotFound when it is another company's. Call it within
// db.WriteAlone(Key(company)).
func RevokeLink(ctx context.Context, tx *db.Tx, who access.Actor, id string) (Link, error) {
	if err := who.Must(access.PayInvoices); err != nil {
		return Link{}, err
	}
	l, found, err := LinkOf(ctx, tx, id)
	if err == nil && (!found || l.Customer != who.Customer) {
		err = fault.New(fault.NotFound, "payment.link_not_found")
	}
	if err != nil || !l.Revoked.IsZero() {
		return l, err
	}
	if _, err := tx.Exec(ctx, revokeLink, l.ID, tx.Now); err != nil {
		return l, err
	}
	if l.Payment != "" {
		p, _, err := Load(ctx, tx, l.Payment)
		if err != nil {
			return l, err
		}
		if err := end(ctx, tx, who.By(), p); err != nil && !fault.Is(err, fault.Conflict) {
			return l, err
		}
	}
	return l, outbox.Emit(ctx, tx, who.By(), LinkRevoked{l.ID, l.Customer})
}

// addressLife is how long after its end a link still says where it was sent.
const addressLife = 90 * 24 * time.Hour

// SweepLinks forgets the addresses of links that ended long ago; who sent one, when
// and what was paid with it stays.
func SweepLinks(ctx context.Context, tx *db.Tx) error {
	_, err := tx.Exec(ctx, forget, tx.Now.Add(-addressLife))
	return err
}

// LinkOf is a link for the program's own use: no permission is asked.
func LinkOf(ctx context.Context, tx *db.Tx, id string) (Link, bool, error) {
	return db.One(ctx, tx, selectLink, scanLink, id)
}
