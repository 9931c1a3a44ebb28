package comptoirtest

import (
	"context"
	"regexp"
	"sync"
	"testing"

	"comptoir.example/comptoir/finance/payment"
	"comptoir.example/comptoir/mail"
)

// LinkKey is the secret of the tests' pay links.
var LinkKey = payment.LinkKey("the secret of the pay links of a test")

// Post is a mail server in memory. Fail is what it does with the next letters: nil
// takes them.
type Post struct {
	mu      sync.Mutex
	letters []mail.Letter
	fail    error
}

// Send takes a letter.
func (p *Post) Send(_ context.Context, l mail.Letter) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	var e *mail.Error
	if e, _ = p.fail.(*mail.Error); e == nil || e.Class == mail.Ambiguous {
		p.letters = append(p.letters, l)
	}
	return p.fail
}

// Fail changes what becomes of the next letters.
func (p *Post) Fail(err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.fail = err
}

// Letters are those that came, in order.
func (p *Post) Letters() []mail.Letter {
	p.mu.Lock()
	defer p.mu.Unlock()
	return append([]mail.Letter(nil), p.letters...)
}

var payLink = regexp.MustCompile(`/pay/[A-Za-z0-9_-]{43}`)

// Link is the path of the pay link in the last letter.
func (p *Post) Link(t testing.TB) string {
	t.Helper()
	all := p.Letters()
	if len(all) == 0 {
		t.Fatal("no letter came")
	}
	path := payLink.FindString(all[len(all)-1].Text)
	if path == "" {
		t.Fatalf("no link in %q", all[len(all)-1].Text)
	}
	return path
}
