package app

import (
	"context"
	"encoding/json"
	"net"
	"strings"
	"time"

	"comptoir.example/comptoir/app/migrations"
	"comptoir.example/comptoir/base/db"
	"comptoir.example/comptoir/base/fault"
	"comptoir.example/comptoir/base/i18n"
	"comptoir.example/comptoir/base/outbox"
	"comptoir.example/comptoir/erp"
	"comptoir.example/comptoir/finance/ledger"
)

// Finding is one thing the doctor looked at.
type Finding struct {
	Check  string `json:"check"`
	State  State  `json:"state"`
	Params []any  `json:"-"`
	Said   string `json:"said"`           // filled by Words
	Todo   string `json:"todo,omitempty"` // what to do about a problem
}

// State says what a finding means.
type State string

// The states. A note is neither good nor bad: not applicable, or not checked.
const (
	Fine    State = "ok"
	Problem State = "problem"
	Note    State = "note"
)

// Words fills in what a finding says to a person.
func (f *Finding) Words(p *i18n.Printer) {
	for i, v := range f.Params {
		if inner, is := v.(sentence); is {
			f.Params[i] = p.Fault(fault.Fault(inner))
		}
	}
	f.Said = p.T("doctor."+f.Check+"."+string(f.State), f.Params...)
	if f.State == Problem {
		f.Todo = p.T("doctor."+f.Check+".todo", f.Params...)
	}
}

func finding(check string, bad bool, params ...any) Finding {
	f := Finding{Check: check, State: Fine, Params: params}
	if bad {
		f.State = Problem
	}
	return f
}

// Doctor looks at settings and data and changes nothing; a shop may be serving.
// stuck is how long a delivery may take before it is a problem.
func Doctor(ctx context.Context, c Config, stuck time.Duration) []Finding {
	found := []Finding{transport(c)}
	d, err := db.Open(ctx, db.Options{URL: c.Database, ReadOnly: true})
	if err != nil {
		f := fault.Of(err)
		return append(found, Finding{Check: "database", State: Problem, Params: []any{"why", whyKey(f, err)}})
	}
	defer d.Close()
	found = append(found, finding("database", false, "engine", d.Engine()))
	current := schemaCurrent(ctx, d)
	if found = append(found, current); current.State == Problem {
		return found // the other questions would be about other tables
	}
	err = d.Read(ctx, func(tx *db.Tx) error {
		demo, err := demoAccounts(ctx, tx)
		if err != nil {
			return err
		}
		found = append(found, settings(c, demo), demoProfile(c, demo))
		data, err := examine(ctx, tx, stuck)
		found = append(found, data...)
		return err
	})
	if err == nil {
		var trail Finding
		trail, err = chain(ctx, d)
		found = append(found, trail)
	}
	if err == nil {
		var books Finding
		books, err = entries(ctx, d)
		found = append(found, books)
	}
	if err != nil {
		found = append(found, Finding{Check: "unfinished", State: Problem, Params: []any{"why", whyKey(fault.Of(err), err)}})
	}
	if c.ERP.URL != "" {
		found = append(found, answers(ctx, c))
	}
	return found
}

// entries looks at the ledger: every entry is what it was and adds up, and the kept
// balances are its sums.
func entries(ctx context.Context, d *db.DB) (Finding, error) {
	report, err := ledger.Verify(ctx, d)
	if err != nil {
		return Finding{}, err
	}
	for _, c := range report.Checks {
		if c.N > 0 {
			return finding("ledger", true, "n", report.Entries, "bad", c.N, "check", c.Name, "example", c.Example), nil
		}
	}
	return finding("ledger", false, "n", report.Entries), nil
}

// whyKey is an error in words where it has some, in its own otherwise.
func whyKey(f fault.Fault, err error) any {
	if f.Kind == fault.Internal {
		return err.Error()
	}
	return sentence(f)
}

// sentence is a fault that is said inside of another sentence.
type sentence fault.Fault

// Problems counts the findings that need somebody.
func Problems(found []Finding) (n int) {
	for _, f := range found {
		if f.State == Problem {
			n++
		}
	}
	return n
}

// transport looks at how people reach the shop.
func transport(c Config) Finding {
	switch host, _, _ := net.SplitHostPort(c.Listen); {
	case c.Secure():
		return finding("tls", false, "address", c.Public)
	case c.Public == "" && loopback(host):
		return Finding{Check: "tls", State: Note, Params: []any{"address", c.Listen}}
	}
	return finding("tls", true, "address", strings.TrimSpace(c.Public+" "+c.Listen))
}

func loopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || (ip != nil && ip.IsLoopback())
}

// settings are those of serve. A demo brings its own ERP.
func settings(c Config, demo bool) Finding {
	if demo && c.ERP.URL == "" {
		return Finding{Check: "settings", State: Note}
	}
	if err := c.Check(); err != nil {
		return Finding{Check: "settings", State: Problem, Params: []any{"why", whyKey(fault.Of(err), err)}}
	}
	return finding("settings", false)
}

var countDemo = db.SQL("app.count_demo", `
SELECT COUNT(*) FROM person WHERE active AND email IN (SELECT value FROM json_each(CAST($1 AS TEXT)))`)

// demoAccounts says whether people are let in whose password everybody knows.
func demoAccounts(ctx context.Context, tx *db.Tx) (bool, error) {
	n, _, err := db.One(ctx, tx, countDemo, db.Value[int], demoEmails())
	return n > 0, err
}

func demoEmails() string {
	emails := make([]string, len(demoPeople))
	for i, p := range demoPeople {
		emails[i] = p.email
	}
	list, _ := json.Marshal(emails) // texts always can be
	return string(list)
}

func demoProfile(c Config, demo bool) Finding {
	host, _, _ := net.SplitHostPort(c.Listen)
	switch {
	case !demo:
		return finding("demo", false)
	case c.Public == "" && loopback(host):
		return Finding{Check: "demo", State: Note}
	}
	return finding("demo", true)
}

// schemaCurrent says whether the tables are those of this version.
func schemaCurrent(ctx context.Context, d *db.DB) Finding {
	pending, err := d.Pending(ctx, migrations.Files)
	if err != nil || pending != 0 {
		return finding("schema", true, "n", max(pending, 0))
	}
	err = d.Read(ctx, func(tx *db.Tx) error { return mustMatch(ctx, tx) })
	return finding("schema", err != nil, "n", 0)
}

// chain verifies the trail: every linked fact in its place, and the facts that
// are not linked yet.
func chain(ctx context.Context, d *db.DB) (f Finding, err error) {
	trail, err := outbox.Verify(ctx, d)
	if err != nil {
		return f, err
	}
	if trail.Broken == "" {
		err = d.Read(ctx, func(tx *db.Tx) error {
			trail.Broken, err = unsound(ctx, tx)
			return err
		})
	}
	return finding("chain", trail.Broken != "", "n", trail.Linked, "tail", trail.Unlinked, "fact", trail.Broken), err
}

// answers asks the ERP who it is.
func answers(ctx context.Context, c Config) Finding {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	caps, err := c.ERP.Connector().Probe(ctx)
	if err != nil {
		return finding("erp", true, "why", erp.ErrorOf(err).Error())
	}
	return finding("erp", len(caps.Missing) > 0, "why", strings.Join(caps.Missing, ", "), "product", caps.Product, "company", caps.Company)
}
