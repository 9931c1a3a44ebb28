package access

import (
	"context"
	"runtime"
	"strings"

	"comptoir.example/comptoir/base/db"
	"comptoir.example/comptoir/base/fault"
	"comptoir.example/comptoir/base/i18n"
	"comptoir.example/comptoir/base/outbox"
	"github.com/alexedwards/argon2id"
)

// NewPerson is somebody to be let in.
type NewPerson struct {
	Email, Name, Password string
	Customer              string // "" for the merchant's people
	Lang                  i18n.Lang
	Roles                 []Role
}

// hashing is argon2id at OWASP's minimum of 19 MiB; two at once at most, so that
// a crowd at the door takes no more memory than a few people.
var (
	hashing  = &argon2id.Params{Memory: 19 * 1024, Iterations: 2, Parallelism: 1, SaltLength: 16, KeyLength: 32}
	hashSeat = make(chan struct{}, max(1, min(2, runtime.NumCPU())))
)

// HashPassword makes what is kept of a password. It takes about 30 ms, so it is
// done outside of units of work.
func HashPassword(password string) (string, error) {
	hashSeat <- struct{}{}
	defer func() { <-hashSeat }()
	return argon2id.CreateHash(password, hashing)
}

func checkPassword(password, hash string) (bool, error) {
	hashSeat <- struct{}{}
	defer func() { <-hashSeat }()
	return argon2id.ComparePasswordAndHash(password, hash)
}

var (
	insertPerson = db.SQL("access.insert_person", `
INSERT INTO person (id, email, name, password, customer, language, theme, roles, active, created)
VALUES ($1, $2, $3, $4, $5, $6, 'system', $7, TRUE, $8)`)
	personExists = db.SQL("access.person_exists", `SELECT id FROM person WHERE email = $1`)
	setLanguage  = db.SQL("access.set_language", `UPDATE person SET language = $2 WHERE id = $1`)
	setTheme     = db.SQL("access.set_theme", `UPDATE person SET theme = $2 WHERE id = $1`)
)

// Invited is emitted when somebody is given an account.
type Invited struct {
	Person string `json:"person"`
	Roles  []Role `json:"roles"`
}

// Kind and Subject name the fact.
func (Invited) Kind() string      { return "person.invited" }
func (f Invited) Subject() string { return f.Person }

// Invite gives somebody an account. hash is HashPassword's. Conflict when the
// address has one already.
func Invite(ctx context.Context, tx *db.Tx, by outbox.By, p NewPerson, hash string) (id string, err error) {
	if _, taken, err := db.One(ctx, tx, personExists, db.Value[string], fold(p.Email)); err != nil {
		return "", err
	} else if taken {
		return "", fault.New(fault.Conflict, "access.email_taken")
	}
	id = tx.ID()
	var customer any
	if p.Customer != "" {
		customer = p.Customer
	}
	roles := make([]string, len(p.Roles))
	for i, role := range p.Roles {
		roles[i] = string(role)
	}
	if _, err := tx.Exec(ctx, insertPerson, id, fold(p.Email), p.Name, hash, customer, string(p.Lang), strings.Join(roles, " "), tx.Now); err != nil {
		return "", err
	}
	return id, outbox.Emit(ctx, tx, by, Invited{id, p.Roles})
}

// fold is an address as it is compared.
func fold(email string) string { return strings.ToLower(strings.TrimSpace(email)) }

// SetPreferences keeps the language and the theme a person chose; "" leaves one
// as it is.
func SetPreferences(ctx context.Context, tx *db.Tx, who Actor, lang i18n.Lang, theme string) error {
	if !who.SignedIn() {
		return nil
	}
	if lang != "" {
		if _, err := tx.Exec(ctx, setLanguage, who.Person, string(lang)); err != nil {
			return err
		}
	}
	switch theme {
	case "":
	case "system", "light", "dark":
		_, err := tx.Exec(ctx, setTheme, who.Person, theme)
		return err
	default:
		return fault.New(fault.Invalid, "access.unknown_theme")
	}
	return nil
}

var (
	selectName = db.SQL("access.select_name", `SELECT name FROM person WHERE id = $1`)
	countAll   = db.SQL("access.count", `
SELECT (SELECT COUNT(*) FROM person WHERE active), (SELECT COUNT(DISTINCT customer) FROM person WHERE active AND customer IS NOT NULL),
    (SELECT COUNT(*) FROM signin_failure WHERE count >= $1 AND until > $2)`)
)

// NameOf is a person's name; "" when there is none, or not any more.
func NameOf(ctx context.Context, tx *db.Tx, person string) (string, error) {
	name, _, err := db.One(ctx, tx, selectName, db.Value[string], person)
	return name, err
}

// Named is a person by name.
type Named struct{ ID, Name string }

var selectStaff = db.SQL("access.select_staff", `
SELECT id, name, roles FROM person WHERE active AND customer IS NULL ORDER BY name, id`)

// Staff are the merchant's people who hold a permission, by name.
func Staff(ctx context.Context, tx *db.Tx, may Permission) (list []Named, err error) {
	_, err = db.All(ctx, tx, selectStaff, func(r db.Row) (n Named, err error) {
		var roles string
		if err = r.Scan(&n.ID, &n.Name, &roles); err != nil {
			return n, err
		}
		for _, role := range strings.Fields(roles) {
			if Grants[Role(role)][may] {
				list = append(list, n)
				break
			}
		}
		return n, nil
	})
	return list, err
}

// Count is how many people may sign in, of how many companies, and how many
// addresses wait after too many wrong passwords.
func Count(ctx context.Context, tx *db.Tx) (people, companies, locked int, err error) {
	_, _, err = db.One(ctx, tx, countAll, func(r db.Row) (_ struct{}, err error) {
		err = r.Scan(&people, &companies, &locked)
		return struct{}{}, err
	}, maxFailures, tx.Now)
	return people, companies, locked, err
}
