package ui

import (
	"context"
	"embed"
	"io"
	"io/fs"
	"regexp"
	"unicode"
	"unicode/utf8"

	"github.com/a-h/templ"
)

//go:embed text/*.json
var texts embed.FS

// Text holds the words of the components, fr-CA.json and en-CA.json.
var Text, _ = fs.Sub(texts, "text")

// InSentence lets a name that stands alone, as that of a unit, stand in a sentence.
func InSentence(name string) string {
	first, size := utf8.DecodeRuneInString(name)
	return string(unicode.ToLower(first)) + name[size:]
}

var isoDay = regexp.MustCompile(`\d{4}-\d{2}-\d{2}`)

// Said is a sentence whose dates are never broken over two lines.
func Said(sentence string) templ.Component {
	return templ.ComponentFunc(func(_ context.Context, w io.Writer) error {
		_, err := io.WriteString(w, isoDay.ReplaceAllString(templ.EscapeString(sentence), "<time>$0</time>"))
		return err
	})
}
