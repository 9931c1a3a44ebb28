package comptoir_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// documents are the texts for people, by their path from the root.
func documents(t *testing.T) map[string]string {
	t.Helper()
	texts := map[string]string{}
	for _, pattern := range []string{"*.md", "docs/*.md", "docs/decisions/*.md", "bench/*.md"} {
		names, err := filepath.Glob(pattern)
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range names {
			text, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			texts[name] = string(text)
		}
	}
	for _, name := range []string{"README.md", "ARCHITECTURE.md", "CONTRIBUTING.md", "CHANGELOG.md", "SECURITY.md", "docs/connectors.md", "docs/glossary.md", "docs/operate.md"} {
		if texts[name] == "" {
			t.Errorf("no %s", name)
		}
	}
	return texts
}

var (
	span    = regexp.MustCompile("`([^`\n]+)`")
	block   = regexp.MustCompile(`(?m)^    .*$`)
	target  = regexp.MustCompile(`\bmake ([a-z]+)\b`)
	link    = regexp.MustCompile(`\]\(([^)\s]+)\)`)
	inTree  = regexp.MustCompile(`^\.?[a-z]+(/[\w.*-]+)+/?$`) // something in a folder
	isFile  = regexp.MustCompile(`^[\w/.*-]*\w\.(go|md|sql|templ|css|js|mjs|json|py|sh|txt)$`)
	isTest  = regexp.MustCompile(`\bTest[A-Z]\w+`)
	setting = regexp.MustCompile(`\bCOMPTOIR_[A-Z_]+`)
)

// notOurs are names in the documents that are no files of the repository.
var notOurs = []string{"addresses.json", "schema.json", "fr-CA.json", "en-CA.json", "bin/comptoir", "bench/results.json"}

func TestEveryFileThatTheDocumentsNameExists(t *testing.T) {
	named := 0
	for name, text := range documents(t) {
		for _, m := range span.FindAllStringSubmatch(text, -1) {
			what := m[1]
			folder, _, _ := strings.Cut(what, "/")
			info, err := os.Stat(folder)
			if slices.Contains(notOurs, what) || (!isFile.MatchString(what) && !(inTree.MatchString(what) && err == nil && info.IsDir())) {
				continue
			}
			named++
			if found, err := filepath.Glob(strings.TrimSuffix(what, "/")); err != nil || len(found) == 0 {
				t.Errorf("%s names %s, which does not exist", name, what)
			}
		}
	}
	if named < 80 {
		t.Errorf("only %d files are named: the search is broken", named)
	}
}

func TestEveryLinkOfTheDocumentsLeadsSomewhere(t *testing.T) {
	texts := documents(t)
	for name, text := range texts {
		for _, m := range link.FindAllStringSubmatch(text, -1) {
			file, anchor, _ := strings.Cut(m[1], "#")
			if strings.Contains(file, "://") {
				continue
			}
			to := path.Join(path.Dir(name), file)
			if file == "" {
				to = name
			}
			if _, err := os.Stat(to); err != nil {
				t.Errorf("%s: %s leads nowhere", name, m[1])
			} else if anchor != "" && !slices.Contains(anchors(texts[to]), anchor) {
				t.Errorf("%s: %s has no heading %s", name, to, anchor)
			}
		}
	}
}

// anchors are the headings of a text as links name them.
func anchors(text string) (all []string) {
	for line := range strings.Lines(text) {
		if _, heading, is := strings.Cut(line, "# "); is && strings.HasPrefix(line, "#") {
			plain := regexp.MustCompile(`[^\w -]`).ReplaceAllString(strings.ToLower(strings.TrimSpace(heading)), "")
			all = append(all, strings.ReplaceAll(plain, " ", "-"))
		}
	}
	return all
}

func TestEveryTargetTestAndSettingThatTheDocumentsNameExists(t *testing.T) {
	makefile, err := os.ReadFile("Makefile")
	if err != nil {
		t.Fatal(err)
	}
	code := allCode(t)
	for name, text := range documents(t) {
		for _, code := range slices.Concat(span.FindAllString(text, -1), block.FindAllString(text, -1)) {
			for _, m := range target.FindAllStringSubmatch(code, -1) {
				if !regexp.MustCompile(`(?m)^` + m[1] + `:`).Match(makefile) {
					t.Errorf("%s names make %s, which is no target", name, m[1])
				}
			}
		}
		for _, test := range isTest.FindAllString(text, -1) {
			if !strings.Contains(code, "func "+test+"(") {
				t.Errorf("%s names %s, which is no test", name, test)
			}
		}
		for _, s := range setting.FindAllString(text, -1) {
			if !strings.Contains(code, s) {
				t.Errorf("%s names %s, which nobody reads", name, s)
			}
		}
	}
}

// allCode is every Go file but this one, in one text.
func allCode(t *testing.T) string {
	t.Helper()
	var b strings.Builder
	for _, root := range []string{"app", "base", "bench", "cmd", "comptoirtest", "erp", "erpsync", "finance", "trade", "web", "floors_test.go"} {
		if err := filepath.WalkDir(root, func(name string, _ fs.DirEntry, err error) error {
			if err != nil || !strings.HasSuffix(name, ".go") {
				return err
			}
			text, err := os.ReadFile(name)
			b.Write(text)
			return err
		}); err != nil {
			t.Fatal(err)
		}
	}
	return b.String()
}

// section is a part of a document, from its heading to the next.
func section(t *testing.T, text, heading string) string {
	t.Helper()
	_, rest, found := strings.Cut(text, "\n## "+heading+"\n")
	if !found {
		t.Fatalf("no part %q", heading)
	}
	part, _, _ := strings.Cut(rest, "\n## ")
	return part
}

func TestEverySeatIsWhereTheArchitectureSaysItIs(t *testing.T) {
	seats := 0
	for line := range strings.Lines(section(t, documents(t)["ARCHITECTURE.md"], "Seats that can't be added later")) {
		names := span.FindAllStringSubmatch(line, -1)
		cells := strings.Split(line, "|")
		if len(cells) < 5 || len(names) == 0 {
			continue
		}
		seats++
		file := strings.Trim(cells[2], " `")
		for _, m := range span.FindAllStringSubmatch(cells[3], -1) {
			if !slices.Contains(declaredIn(t, file), m[1]) {
				t.Errorf("%s declares no %s", file, m[1])
			}
		}
	}
	if seats < 15 {
		t.Errorf("%d seats", seats)
	}
}

// declaredIn are the names that a Go file declares: functions, types, values and
// fields; of any other file every word.
func declaredIn(t *testing.T, name string) (all []string) {
	t.Helper()
	text, err := os.ReadFile(name)
	if err != nil {
		t.Error(err)
		return nil
	}
	if path.Ext(name) != ".go" {
		return regexp.MustCompile(`\w+`).FindAllString(string(text), -1)
	}
	file, err := parser.ParseFile(token.NewFileSet(), name, text, parser.SkipObjectResolution)
	if err != nil {
		t.Fatal(err)
	}
	ast.Inspect(file, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.FuncDecl:
			all = append(all, n.Name.Name)
		case *ast.TypeSpec:
			all = append(all, n.Name.Name)
		case *ast.ValueSpec:
			for _, id := range n.Names {
				all = append(all, id.Name)
			}
		case *ast.Field:
			for _, id := range n.Names {
				all = append(all, id.Name)
			}
		}
		return true
	})
	return all
}

func TestTheArchitectureListsTheFloorsAndTheCrashPoints(t *testing.T) {
	text := documents(t)["ARCHITECTURE.md"]
	var listed []string
	for _, line := range block.FindAllString(section(t, text, "Floors"), -1) {
		listed = append(listed, strings.Fields(line)[0])
	}
	if !slices.Equal(listed, floors) {
		t.Errorf("the floors are\n%v\nand the document lists\n%v", floors, listed)
	}
	crash, err := os.ReadFile("app/crash.go")
	if err != nil {
		t.Fatal(err)
	}
	_, points, _ := strings.Cut(string(crash), "CrashPoints = []string{")
	points, _, _ = strings.Cut(points, "}")
	point := regexp.MustCompile(`[a-z]+(\.[a-z_]+)+`)
	var named []string
	for _, m := range span.FindAllStringSubmatch(section(t, text, "Crash points"), -1) {
		if point.FindString(m[1]) == m[1] && path.Ext(m[1]) != ".go" {
			named = append(named, m[1])
		}
	}
	if real := point.FindAllString(points, -1); !slices.Equal(named, real) || len(real) == 0 {
		t.Errorf("the crash points are\n%v\nand the document names\n%v", real, named)
	}
}
