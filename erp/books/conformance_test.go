package books

import (
	"testing"

	"comptoir.example/comptoir/erp"
	"comptoir.example/comptoir/erp/erptest"
)

// ground starts books with the demo merchant for the conformance checks.
func ground(t testing.TB) erptest.Ground {
	r := open(t.(*testing.T), t.TempDir())
	return erptest.Ground{
		ERP: "books", URL: r.url, Clerk: r.clerk, Secrets: []string{token}, Names: erptest.Demo,
		Connect:  func(url string) erp.Connector { return Connect(url, token) },
		Stranger: func(url string) erp.Connector { return Connect(url, "un autre jeton") },
		Another:  ground,
		Strange:  [2]string{`"state":"confirmed"`, `"state":"quantum"`},
		Cannot: map[string]string{
			"2":  "a token does not expire",
			"28": "a token does not expire",
		},
	}
}

// The books' clerk can do all that the checks ask of one.
var _ interface {
	erptest.Clerk
	erptest.CustomerBlocker
	erptest.Archivist
	erptest.Copier
	erptest.Cashbox
} = (*Clerk)(nil)

func TestBooksConform(t *testing.T)                    { erptest.Run(t, ground(t)) }
func TestTheStoryHasItsFiguresInTheBooks(t *testing.T) { erptest.Story(t, ground(t)) }
