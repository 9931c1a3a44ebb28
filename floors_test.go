package comptoir_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// floors are the packages of the house from the ground up. A package may import
// what stands before it, and nothing else of ours. A line that ends in * is a
// leaf: it may import base, erp and gateway only, and only app and the tests' own
// packages may know it.
var floors = []string{
	"base/fault", "base/money", "base/pan", "base/i18n", "base/db", "base/db/dbtest", "base/blob", "base/asof", "base/outbox",
	"erp", "erp/erptest*", "erp/books*", "erp/tryton*", "erp/tryton/demo*",
	"gateway", "gateway/gatewaytest*", "gateway/simulator*",
	"mail", "mail/inbox*",
	"trade/access", "trade/customer", "trade/catalog", "trade/price", "trade/order",
	"finance/invoice", "finance/ledger", "finance/payment", "finance/statement", "finance/cash", "finance/parity",
	"erpsync", "collect", "notify",
	"web/ui", "web/paper", "web", "web/shop", "web/portal", "web/desk", "web/ui/specimen", "web/api",
	"app/migrations", "app", "cmd/comptoir",
	"comptoirtest/with", "comptoirtest/instant", "comptoirtest", "bench",
}

const module = "comptoir.example/comptoir/"

// floor finds where a package stands; -1 is nowhere.
func floor(pkg string) (at int, leaf bool) {
	for i, name := range floors {
		plain, leaf := strings.CutSuffix(name, "*")
		if plain == pkg {
			return i, leaf
		}
	}
	return -1, false
}

// broken says why a package may not import another; "" when it may.
func broken(from, to string) string {
	a, leaf := floor(from)
	b, toLeaf := floor(to)
	switch {
	case a < 0:
		return from + " stands on no floor: add it to the list"
	case b < 0:
		return to + " stands on no floor: add it to the list"
	case b >= a:
		return from + " imports " + to + ", which does not stand below it: state a fact and let it follow"
	case leaf && !strings.HasPrefix(to, "base/") && !strings.HasPrefix(to, "erp") && !strings.HasPrefix(to, "gateway"):
		return from + " is a leaf and imports " + to + ": a connector knows base and its contract only"
	case toLeaf && !leaf && a < mustFloor("app"):
		return from + " imports " + to + ": only app knows which ERP it is"
	}
	return ""
}

func mustFloor(pkg string) int {
	at, _ := floor(pkg)
	return at
}

func TestEveryPackageImportsOnlyWhatStandsBelowIt(t *testing.T) {
	files := 0
	eachFile(t, func(name string, file *ast.File) {
		files++
		from := path.Dir(name)
		for _, i := range file.Imports {
			to, err := strconv.Unquote(i.Path.Value)
			if err != nil {
				t.Fatal(err)
			}
			if to, ours := strings.CutPrefix(to, module); ours {
				if why := broken(from, to); why != "" {
					t.Errorf("%s: %s", name, why)
				}
			}
		}
	})
	if files < 50 {
		t.Errorf("only %d files were read", files)
	}
}

func TestTheFloorsRefuseWhatTheyMust(t *testing.T) {
	for _, pair := range [][2]string{
		{"base/money", "trade/order"}, {"trade/catalog", "trade/price"}, {"erp/books", "trade/order"}, {"erpsync", "erp/tryton"},
		{"web/shop", "web/portal"}, {"trade/order", "web"}, {"base/db", "no/such"}, {"no/such", "base/db"},
	} {
		if broken(pair[0], pair[1]) == "" {
			t.Errorf("%s may import %s", pair[0], pair[1])
		}
	}
}

// clocks are the ways to learn the time or to be random that would make a unit
// of work impossible to replay.
var clocks = map[string]bool{
	"time.Now": true, "time.Since": true, "time.Until": true, "rand.Read": true, "rand.Int": true, "rand.IntN": true, "rand.Int64N": true,
	"rand.Text": true, "uuid.New": true, "uuid.NewV7": true, "uuid.NewString": true,
}

// mayLook are the packages whose work is the world outside: the database's own
// retries, a connector's time-outs, ids of requests, and the program itself.
var mayLook = []string{"base/db", "erp/", "mail/inbox", "web/guard.go", "app", "cmd/", "comptoirtest", "bench", "web/ui/specimen"}

func TestBusinessTakesTimeAndIdsFromItsTransaction(t *testing.T) {
	eachFile(t, func(name string, file *ast.File) {
		for _, allowed := range mayLook {
			if strings.HasPrefix(name, allowed) {
				return
			}
		}
		ast.Inspect(file, func(n ast.Node) bool {
			if s, is := n.(*ast.SelectorExpr); is {
				if x, is := s.X.(*ast.Ident); is && clocks[x.Name+"."+s.Sel.Name] {
					t.Errorf("%s uses %s.%s: tx.Now and tx.ID are the only clock and the only source of ids", name, x.Name, s.Sel.Name)
				}
			}
			return true
		})
	})
}

func TestMoneyIsNeverAFloat(t *testing.T) {
	for _, dir := range []string{"base/money", "trade", "finance", "erp", "erpsync"} {
		eachFile(t, func(name string, file *ast.File) {
			if !strings.HasPrefix(name, dir+"/") {
				return
			}
			ast.Inspect(file, func(n ast.Node) bool {
				if x, is := n.(*ast.Ident); is && (x.Name == "float64" || x.Name == "float32") {
					t.Errorf("%s uses %s", name, x.Name)
				}
				return true
			})
		})
	}
}

// eachFile parses every Go file that is part of the program, by its path from
// the root. It reads them itself: a test that asks another program is answered
// from the test cache.
func eachFile(t *testing.T, do func(name string, file *ast.File)) {
	t.Helper()
	err := filepath.WalkDir(".", func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && (name == "node_modules" || name == "var" || name == "bin" || (strings.HasPrefix(name, ".") && name != ".")) {
			return filepath.SkipDir
		}
		if d.IsDir() || !strings.HasSuffix(name, ".go") || strings.HasSuffix(name, "_test.go") || path.Dir(name) == "." {
			return nil
		}
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		do(filepath.ToSlash(name), file)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}
