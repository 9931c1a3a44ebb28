package notify

import (
	"bytes"
	"embed"
	"html/template"
	"io/fs"
	"strings"

	"comptoir.example/comptoir/base/i18n"
	"comptoir.example/comptoir/finance/payment"
	"comptoir.example/comptoir/mail"
)

var (
	//go:embed text/*.json letters/*.html
	files embed.FS
	// Text is what the letters say, for i18n.Load.
	Text, _ = fs.Sub(files, "text")
	letters = template.Must(template.ParseFS(files, "letters/*.html"))
)

// paragraph is one of a letter; the one with an address is its only act.
type paragraph struct{ Text, Href string }

// page is a letter as HTML shows it.
type page struct {
	*i18n.Printer
	Subject    string
	Paragraphs []paragraph
}

// linkLetter is the letter that carries a pay link: what is to be paid, where, until
// when, and what to do when it came to the wrong person.
func (e *Engine) linkLetter(b payment.Bill) (mail.Letter, error) {
	m := e.Merchant()
	p := e.Words.Printer(b.Link.Lang, m.Zone)
	href := e.Address(e.Links.Token(b.Link.ID))
	subject := p.T("notify.link.subject", "number", b.Number, "merchant", m.Name)
	all := []paragraph{
		{p.T("notify.link.what", "company", b.Company, "number", b.Number, "merchant", m.Name), ""},
		{p.T("notify.link.sum", "open", b.Open, "due", b.Due), ""},
		{p.T("notify.link.go"), href},
		{p.T("notify.link.until", "until", p.Day(b.Link.Expires)), ""},
		{p.T("notify.link.care"), ""},
		{p.T("notify.sign", "merchant", m.Name, "phone", m.Phone), ""},
	}
	var html bytes.Buffer
	if err := letters.ExecuteTemplate(&html, "letter.html", page{p, subject, all}); err != nil {
		return mail.Letter{}, err
	}
	var text []string
	for _, line := range all {
		if line.Href != "" {
			line.Text += "\n" + line.Href
		}
		text = append(text, line.Text)
	}
	return mail.Letter{Key: b.Link.ID, To: b.Link.Email, Subject: subject, Text: strings.Join(text, "\n\n") + "\n", HTML: html.String(),
		Language: string(b.Link.Lang), At: b.Link.Created}, nil
}
