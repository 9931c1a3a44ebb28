package inbox

import (
	"regexp"
	"strings"
)

// Piece is a part of a letter's text: an address that leads somewhere, or words.
type Piece struct {
	Text string
	Link bool
}

var links = regexp.MustCompile(`https?://[^\s<>"]+`)

// Pieces cut the text where a link begins and ends, so that the page can be clicked.
func (l Letter) Pieces() (all []Piece) {
	at := 0
	for _, found := range links.FindAllStringIndex(l.Text, -1) {
		all = append(all, Piece{l.Text[at:found[0]], false}, Piece{l.Text[found[0]:found[1]], true})
		at = found[1]
	}
	return append(all, Piece{strings.TrimRight(l.Text[at:], "\n"), false})
}

// Links are the addresses that the text leads to.
func (l Letter) Links() []string { return links.FindAllString(l.Text, -1) }
