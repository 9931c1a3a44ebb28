package erptest

import (
	"io/fs"
	"os"
	"path"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

func TestTheTableOfChecksTellsTheTruth(t *testing.T) {
	text, err := os.ReadFile("doc.go")
	if err != nil {
		t.Fatal(err)
	}
	has := map[string]bool{}
	for _, share := range shares {
		for _, c := range share.checks {
			has[strconv.Itoa(c.number())] = true
		}
	}
	rows := regexp.MustCompile(`(?m)^//\t *(\d+)  (here|none) +(.*)$`).FindAllStringSubmatch(string(text), -1)
	for i, row := range rows {
		if number := row[1]; number != strconv.Itoa(i+1) || has[number] != (row[2] == "here") {
			t.Errorf("row %d of the table: %s is %q, but is tried here: %t", i+1, number, row[2], has[number])
		}
	}
	if len(rows) != 61 {
		t.Errorf("%d checks in the table", len(rows))
	}
	for _, named := range regexp.MustCompile(`([a-z/]+)\.(Test\w+)`).FindAllStringSubmatch(string(text), -1) {
		if !declared(t, named[1], named[2]) {
			t.Errorf("%s has no %s", named[1], named[2])
		}
	}
}

// declared looks for a test function in a package of the module.
func declared(t *testing.T, pkg, name string) bool {
	t.Helper()
	root := os.DirFS(path.Join("..", ".."))
	files, err := fs.Glob(root, pkg+"/*_test.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		text, err := fs.ReadFile(root, file)
		if err == nil && strings.Contains(string(text), "func "+name+"(t ") {
			return true
		}
	}
	return false
}
