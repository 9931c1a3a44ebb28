// Package i18n speaks fr-CA and en-CA: sentences from catalogues, numbers, money,
// dates and plurals, in the merchant's time zone.
//
// A catalogue is a flat JSON object per language: key to sentence, or key to
// {"one": …, "other": …} chosen by the parameter n. Sentences hold {name} where a
// parameter goes; its value is formatted for the language by its type.
package i18n

import (
	"encoding/json"
	"fmt"
	"io/fs"
	"maps"
	"slices"
	"strings"

	"golang.org/x/text/feature/plural"
	"golang.org/x/text/language"
)

// Lang is a language tag of the product.
type Lang string

// The languages. French is first, and the default.
const (
	FR Lang = "fr-CA"
	EN Lang = "en-CA"
)

// Langs are all languages, French first.
var Langs = []Lang{FR, EN}

// Parse finds the language a tag means; anything but English is French.
func Parse(tag string) Lang {
	if strings.HasPrefix(strings.ToLower(tag), "en") {
		return EN
	}
	return FR
}

// Other is the language one click away.
func (l Lang) Other() Lang {
	if l == FR {
		return EN
	}
	return FR
}

// Catalogue holds the sentences of every language.
type Catalogue struct {
	sentences map[Lang]map[string]sentence
}

// sentence is a message cut at its parameters, one cut per plural form.
type sentence map[string][]piece // plural form to pieces; "other" is always there

type piece struct{ text, param string }

// Load reads fr-CA.json and en-CA.json from each file system; together they are
// one catalogue. A key given twice is an error.
func Load(systems ...fs.FS) (*Catalogue, error) {
	c := &Catalogue{map[Lang]map[string]sentence{}}
	for _, lang := range Langs {
		c.sentences[lang] = map[string]sentence{}
		for _, system := range systems {
			if err := c.read(system, lang); err != nil {
				return nil, err
			}
		}
	}
	return c, nil
}

// MustLoad is Load for catalogues embedded in the program.
func MustLoad(systems ...fs.FS) *Catalogue {
	c, err := Load(systems...)
	if err != nil {
		panic(err)
	}
	return c
}

func (c *Catalogue) read(system fs.FS, lang Lang) error {
	name := string(lang) + ".json"
	data, err := fs.ReadFile(system, name)
	if err != nil {
		return err
	}
	raw := map[string]json.RawMessage{}
	if err := json.Unmarshal(data, &raw); err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	for key, value := range raw {
		if _, twice := c.sentences[lang][key]; twice {
			return fmt.Errorf("%s: %s stands twice", name, key)
		}
		forms := map[string]string{}
		var plain string
		if json.Unmarshal(value, &plain) == nil {
			forms["other"] = plain
		} else if err := json.Unmarshal(value, &forms); err != nil || forms["other"] == "" {
			return fmt.Errorf("%s: %s is neither a sentence nor plural forms with \"other\"", name, key)
		}
		s := sentence{}
		for form, text := range forms {
			s[form] = cut(text)
		}
		c.sentences[lang][key] = s
	}
	return nil
}

func cut(text string) (pieces []piece) {
	for text != "" {
		before, rest, found := strings.Cut(text, "{")
		if before != "" {
			pieces = append(pieces, piece{text: before})
		}
		if !found {
			break
		}
		name, after, _ := strings.Cut(rest, "}")
		pieces = append(pieces, piece{param: name})
		text = after
	}
	return pieces
}

// Keys lists the keys of a language.
func (c *Catalogue) Keys(lang Lang) []string {
	return slices.Sorted(maps.Keys(c.sentences[lang]))
}

// Has says whether a key has a sentence.
func (c *Catalogue) Has(lang Lang, key string) bool {
	_, found := c.sentences[lang][key]
	return found
}

// Params lists the parameters a sentence uses, sorted, each once.
func (c *Catalogue) Params(lang Lang, key string) []string {
	set := map[string]bool{}
	for _, pieces := range c.sentences[lang][key] {
		for _, p := range pieces {
			if p.param != "" {
				set[p.param] = true
			}
		}
	}
	return slices.Sorted(maps.Keys(set))
}

var tags = map[Lang]language.Tag{FR: language.CanadianFrench, EN: language.MustParse("en-CA")}

// operands are what CLDR's plural rules ask of a number: its whole part, how many
// decimals it shows, and these as a number.
type operands struct{ whole, digits, decimals int }

// form is the CLDR plural category of a number: French counts 0 and 1,5 as one,
// English only 1. Both fall back on "other"; "zero" is ours, for nothing at all.
func (s sentence) form(lang Lang, n operands) []piece {
	if len(s) == 1 {
		return s["other"]
	}
	name := "other"
	switch plural.Cardinal.MatchPlural(tags[lang], n.whole, n.digits, n.digits, n.decimals, n.decimals) {
	case plural.One:
		name = "one"
	case plural.Many:
		name = "many"
	}
	if (n == operands{}) && s["zero"] != nil {
		name = "zero"
	}
	if pieces, found := s[name]; found {
		return pieces
	}
	return s["other"]
}
