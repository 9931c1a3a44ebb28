package web

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"comptoir.example/comptoir/base/i18n"
	"comptoir.example/comptoir/trade/access"
)

// code is a sentence that some file needs, with the parameters it is given.
type code struct {
	file, key string
	params    []string
}

// Whatever goes wrong, somebody reads a sentence about it: every code that the
// program makes has one in both languages, and it uses no parameter it is not
// given.
func TestEveryCodeHasASentenceInBothLanguages(t *testing.T) {
	words := i18n.MustLoad(Text, os.DirFS("../app/text")) // what only the commands say stands there
	codes := []code{{"trade/order/cart.go", "order.item_gone", nil}}
	for _, root := range []string{"base", "erp", "trade", "finance", "erpsync", "web", "app", "cmd"} {
		codes = append(codes, codesIn(t, root)...)
	}
	if len(codes) < 120 {
		t.Fatalf("only %d codes were found: the search is broken", len(codes))
	}
	for _, c := range codes {
		if strings.HasPrefix(c.key, "api.") || strings.HasPrefix(c.key, "specimen.") {
			continue // their own catalogues
		}
		keys := []string{c.key}
		if strings.HasPrefix(c.key, "erp.") && !slices.Contains(c.params, "kind") {
			keys = append(keys, c.key+".todo") // a message stops on it, and somebody has to know what to do
		}
		for _, lang := range i18n.Langs {
			for _, key := range keys {
				if !words.Has(lang, key) {
					t.Errorf("%s: no %s sentence for %s", c.file, lang, key)
				}
				for _, used := range words.Params(lang, key) {
					if c.file == "trade/price/quantity.go" {
						continue // price.Quantity says it again, with what was typed
					}
					if !slices.Contains(c.params, used) {
						t.Errorf("%s: the %s sentence of %s wants {%s}, which is not given", c.file, lang, key, used)
					}
				}
			}
		}
	}
	for _, grants := range access.Grants {
		for p := range grants {
			for _, lang := range i18n.Langs {
				if !words.Has(lang, "permission."+string(p)) {
					t.Errorf("no %s sentence for permission %s", lang, p)
				}
			}
		}
	}
}

func TestBothLanguagesSayTheSameThings(t *testing.T) {
	words := i18n.MustLoad(Text)
	if french, english := words.Keys(i18n.FR), words.Keys(i18n.EN); !slices.Equal(french, english) {
		t.Errorf("the catalogues have different keys: %d and %d", len(french), len(english))
	}
	for _, key := range words.Keys(i18n.FR) {
		if fr, en := words.Params(i18n.FR, key), words.Params(i18n.EN, key); !slices.Equal(fr, en) {
			t.Errorf("%s has %v in French and %v in English", key, fr, en)
		}
		if said := words.Printer(i18n.FR, nil).T(key); regexp.MustCompile(`'| [:%$;?!»]|« `).MatchString(said) {
			t.Errorf("%s is not typeset: %q", key, said)
		}
	}
}

var isCode = regexp.MustCompile(`^[a-z]+\.[a-z_]+$`)

// codesIn reads the program's own text, so that no code can be forgotten.
func codesIn(t *testing.T, root string) (codes []code) {
	err := filepath.WalkDir(filepath.Join("..", root), func(path string, _ fs.DirEntry, err error) error {
		if err != nil || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") ||
			strings.Contains(path, "erptest") || strings.HasSuffix(path, "clerk.go") { // people of the tests
			return err
		}
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		path = strings.TrimPrefix(path, "../")
		connector := strings.HasPrefix(path, "erp/")
		// Codes of a connector are written without "erp."; the clerk's own screens
		// speak for themselves.
		add := func(key string, params []ast.Expr) {
			if connector {
				key = "erp." + key
			}
			c := code{path, key, nil}
			for i := 0; i < len(params); i += 2 {
				if name, is := text(params[i]); is && !connector {
					c.params = append(c.params, name)
				}
			}
			codes = append(codes, c)
		}
		ast.Inspect(file, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.CallExpr:
				name, at := called(n), 0
				switch {
				case name == "New" || name == "With":
					at = 1
				case connector && (name == "refused" || name == "broken"):
				case connector && name == "refuse" && (strings.HasSuffix(path, "order.go") || strings.HasSuffix(path, "api.go")):
				default:
					return true
				}
				if len(n.Args) > at {
					if key, is := text(n.Args[at]); is && (connector || isCode.MatchString(key)) {
						add(key, n.Args[at+1:])
					}
				}
			case *ast.KeyValueExpr:
				field, is := n.Key.(*ast.Ident)
				if key, literal := text(n.Value); is && literal && field.Name == "Code" && !strings.Contains(path, "seed") && !strings.HasPrefix(path, "web/") {
					add(key, nil)
				}
			}
			return true
		})
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return codes
}

func called(call *ast.CallExpr) string {
	switch f := call.Fun.(type) {
	case *ast.SelectorExpr:
		return f.Sel.Name
	case *ast.Ident:
		return f.Name
	}
	return ""
}

func text(e ast.Expr) (string, bool) {
	lit, is := e.(*ast.BasicLit)
	if !is || lit.Kind != token.STRING {
		return "", false
	}
	s, err := strconv.Unquote(lit.Value)
	return s, err == nil
}
