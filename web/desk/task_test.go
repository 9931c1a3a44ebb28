package desk

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"comptoir.example/comptoir/base/i18n"
	"comptoir.example/comptoir/finance/cash"
	"comptoir.example/comptoir/finance/parity"
)

// Whatever task the program leaves for finance, both languages say what happened and
// what to do.
func TestEveryKindOfTaskHasItsSentences(t *testing.T) {
	words := i18n.MustLoad(Text)
	kinds := map[string]bool{"other": true}
	for _, root := range []string{"finance", "erpsync", "collect"} {
		if err := filepath.WalkDir(filepath.Join("../..", root), func(path string, _ fs.DirEntry, err error) error {
			if err != nil || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
				return err
			}
			file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.SkipObjectResolution)
			if err != nil {
				return err
			}
			ast.Inspect(file, func(n ast.Node) bool {
				call, is := n.(*ast.CallExpr)
				if !is {
					return true
				}
				name := ""
				switch f := call.Fun.(type) {
				case *ast.SelectorExpr:
					name = f.Sel.Name
				case *ast.Ident:
					name = f.Name
				}
				if name != "Raise" && name != "raise" && name != "suspend" {
					return true
				}
				for _, arg := range call.Args {
					if lit, is := arg.(*ast.BasicLit); is && lit.Kind == token.STRING {
						if kind, err := strconv.Unquote(lit.Value); err == nil && kind != "" {
							kinds[kind] = true
						}
					}
				}
				return true
			})
			return nil
		}); err != nil {
			t.Fatal(err)
		}
	}
	if len(kinds) < 10 {
		t.Fatalf("only %d kinds were found: the search is broken", len(kinds))
	}
	for _, lang := range i18n.Langs {
		for kind := range kinds {
			for _, key := range []string{kind, kind + ".fact", kind + ".todo"} {
				if !words.Has(lang, "desk.task."+key) {
					t.Errorf("no %s sentence for desk.task.%s", lang, key)
				}
			}
		}
	}
}

// Every difference there can be says what to do, and every stage what it counts.
func TestEveryDifferenceAndStageHasItsSentences(t *testing.T) {
	words := i18n.MustLoad(Text)
	for _, lang := range i18n.Langs {
		p := words.Printer(lang, time.UTC)
		for _, kind := range []parity.Kind{parity.OpenItems, parity.Processor, parity.Clearing} {
			for _, class := range []parity.Class{parity.Missing, parity.Extra, parity.Amount} {
				for _, age := range []time.Duration{0, time.Hour} {
					d := ParityDifference{Difference: parity.Difference{Kind: kind, Class: class, Changed: time.Unix(0, 0)}}
					if said := d.todo(p, time.Unix(0, 0).Add(age)) + d.name(p); strings.Contains(said, "⟦") {
						t.Errorf("%s %s: %s", kind, class, said)
					}
				}
			}
		}
		for _, s := range []cash.Stage{cash.InERP, cash.Shipped, cash.Invoiced, cash.Paid, cash.Reconciled, cash.Whole} {
			if !words.Has(lang, "desk.cash."+string(s)) || !words.Has(lang, "desk.cash."+string(s)+".fact") {
				t.Errorf("no %s sentence for the stage %s", lang, s)
			}
		}
	}
}
