package ui

import (
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"unicode"

	"comptoir.example/comptoir/base/i18n"
	"github.com/a-h/templ/parser/v2"
)

// faces are the folders with pages and words of their own, from here.
var faces = []string{".", "../shop", "../portal", "../desk"}

func words(t *testing.T) *i18n.Catalogue {
	t.Helper()
	var files []fs.FS
	for _, folder := range faces {
		files = append(files, os.DirFS(filepath.Join(folder, "text")))
	}
	catalogue, err := i18n.Load(files...)
	if err != nil {
		t.Fatal(err)
	}
	return catalogue
}

func TestEverySentenceStandsInBothLanguagesWithTheSameParameters(t *testing.T) {
	c := words(t)
	for _, lang := range i18n.Langs {
		for _, key := range c.Keys(lang) {
			if !c.Has(lang.Other(), key) {
				t.Errorf("%s has no %s", lang.Other(), key)
			} else if a, b := c.Params(lang, key), c.Params(lang.Other(), key); !slices.Equal(a, b) {
				t.Errorf("%s: %s takes %v, %s takes %v", key, lang, a, lang.Other(), b)
			}
		}
	}
}

// Québec usage: a no-break space before : $ % and inside « », none before ; ? !
func TestFrenchIsSetAsQuebecSetsIt(t *testing.T) {
	for _, folder := range faces {
		data, err := os.ReadFile(filepath.Join(folder, "text", "fr-CA.json"))
		if err != nil {
			t.Fatal(err)
		}
		for _, line := range strings.Split(string(data), "\n") {
			_, text, _ := strings.Cut(line, `": `)
			for _, bad := range []string{" :", " $", " %", "« ", " »", " ;", " ?", " !", "\u00a0;", "\u00a0?", "\u00a0!", "'", "..."} {
				if strings.Contains(text, bad) {
					t.Errorf("%s: %q in %s", folder, bad, line)
				}
			}
		}
	}
}

// A sentence in a template would be in one language only.
func TestNoTemplateHoldsWords(t *testing.T) {
	for _, folder := range faces {
		files, err := filepath.Glob(filepath.Join(folder, "*.templ"))
		if err != nil || len(files) == 0 {
			t.Fatalf("no templates in %s: %v", folder, err)
		}
		for _, file := range files {
			tree, err := parser.Parse(file)
			if err != nil {
				t.Fatal(err)
			}
			for _, node := range tree.Nodes {
				if template, ok := node.(*parser.HTMLTemplate); ok {
					findWords(t, file, template.Children)
				}
			}
		}
	}
}

func findWords(t *testing.T, file string, nodes []parser.Node) {
	t.Helper()
	for _, node := range nodes {
		if text, ok := node.(*parser.Text); ok && strings.ContainsFunc(text.Value, unicode.IsLetter) {
			t.Errorf("%s: %q stands in the template", file, text.Value)
		}
		if element, ok := node.(*parser.Element); ok {
			for _, attribute := range element.Attributes {
				if a, ok := attribute.(*parser.ConstantAttribute); ok && spoken(a.Key.String()) && strings.ContainsFunc(a.Value, unicode.IsLetter) {
					t.Errorf("%s: %s=%q stands in the template", file, a.Key, a.Value)
				}
				if a, ok := attribute.(*parser.ConstantAttribute); ok && (a.Key.String() == "style" || strings.HasPrefix(a.Key.String(), "on")) {
					t.Errorf("%s: %s is forbidden by the page's policy", file, a.Key)
				}
			}
		}
		if inside, ok := node.(parser.CompositeNode); ok {
			findWords(t, file, inside.ChildNodes())
		}
	}
}

// spoken says whether an attribute is read to people.
func spoken(name string) bool {
	return slices.Contains([]string{"aria-label", "title", "placeholder", "alt", "data-l"}, name)
}

func TestEveryStateHasAnIconWordsAndALookOfItsOwn(t *testing.T) {
	c := words(t)
	for _, kind := range StampKinds {
		seen := map[look]string{}
		for _, state := range States(kind) {
			for _, lang := range i18n.Langs {
				if key := stampKey(kind, state); !c.Has(lang, key) || key == "ui.stamp.unknown" {
					t.Errorf("%s %s has no words in %s", kind, state, lang)
				}
			}
			l := lookOf(kind, state)
			if icons[l.Icon] == "" {
				t.Errorf("%s %s: no icon %q", kind, state, l.Icon)
			}
			if other := seen[l]; other != "" {
				t.Errorf("%s: %s looks like %s", kind, state, other)
			}
			seen[l] = state
		}
		if len(seen) == 0 {
			t.Errorf("%s has no state", kind)
		}
	}
	for kind, l := range entries {
		if !c.Has(i18n.FR, "ui.journal."+kind) || icons[l.Icon] == "" {
			t.Errorf("the journal has no words or no icon for %s", kind)
		}
	}
}
