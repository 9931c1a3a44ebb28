package ui

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"comptoir.example/comptoir/base/i18n"
)

// Weights in bytes, as sent (shared rule: ux.md 2).
const (
	scriptBudget = 40_000
	pageBudget   = 150_000
)

func TestScriptAndPageStayWithinTheirWeight(t *testing.T) {
	dist := "../dist"
	data, err := os.ReadFile(filepath.Join(dist, "manifest.json"))
	if err != nil {
		t.Fatal("the assets are not built: run make assets")
	}
	manifest := map[string]string{}
	if err := json.Unmarshal(data, &manifest); err != nil {
		t.Fatal(err)
	}
	sent := func(name string) int {
		path := filepath.Join(dist, manifest[name])
		if packed, err := os.Stat(path + ".gz"); err == nil {
			return int(packed.Size())
		}
		plain, err := os.Stat(path)
		if err != nil {
			t.Fatal(err)
		}
		return int(plain.Size())
	}
	if script := sent("script.js"); script > scriptBudget {
		t.Errorf("the script weighs %d B, the budget is %d", script, scriptBudget)
	}
	// The showroom is the heaviest page there is.
	p := i18n.MustLoad(Text).Printer(i18n.FR, time.UTC)
	var packed bytes.Buffer
	w := gzip.NewWriter(&packed)
	if err := Showroom(p, Shell{}).Render(t.Context(), w); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	page := packed.Len() + sent("script.js") + sent("style.css") + sent("public-sans-latin.woff2") + sent("besley-latin.woff2")
	if page > pageBudget {
		t.Errorf("a page weighs %d B, the budget is %d", page, pageBudget)
	}
}

// Night, a merchant's ink and high contrast work because colours have one place.
func TestColoursStandInTheTokensAlone(t *testing.T) {
	colour := regexp.MustCompile(`#[0-9a-fA-F]{3,8}\b|rgba?\(|hsla?\(`)
	for _, folder := range faces {
		files, _ := filepath.Glob(filepath.Join(folder, "*.css"))
		for _, file := range files {
			if name := filepath.Base(file); name == "tokens.css" || name == "print.css" {
				continue
			}
			data, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			for _, line := range strings.Split(string(data), "\n") {
				if found := colour.FindString(strings.ReplaceAll(line, "url(#", "url(")); found != "" {
					t.Errorf("%s: %s in %s", file, found, line)
				}
			}
		}
	}
}
