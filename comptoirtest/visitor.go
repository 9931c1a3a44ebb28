package comptoirtest

import (
	"fmt"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"slices"
	"strings"
	"testing"

	"golang.org/x/net/html"
)

// Visitor is a person with a browser that has no script: links lead, forms post.
type Visitor struct {
	T      testing.TB
	Base   string
	Client *http.Client
	Lang   string

	Status int
	URL    *url.URL
	Header http.Header
	Body   string
	doc    *html.Node
}

// Visit makes a visitor of a shop at an address.
func Visit(t testing.TB, base string) *Visitor {
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	return &Visitor{T: t, Base: strings.TrimRight(base, "/"), Client: &http.Client{Jar: jar}}
}

// Try gets a page; the error is the wire's.
func (v *Visitor) Try(path string) error {
	req, err := http.NewRequest("GET", v.address(path), nil)
	if err != nil {
		return err
	}
	return v.do(req)
}

// Get gets a page that must answer 200.
func (v *Visitor) Get(path string) *Visitor {
	v.T.Helper()
	if err := v.Try(path); err != nil {
		v.T.Fatal(err)
	}
	if v.Status != http.StatusOK {
		v.T.Fatalf("GET %s: %d\n%s", path, v.Status, v.Text())
	}
	return v
}

func (v *Visitor) address(path string) string {
	if strings.HasPrefix(path, "http") {
		return path
	}
	return v.Base + path
}

func (v *Visitor) do(req *http.Request) error {
	if v.Lang != "" {
		req.Header.Set("Accept-Language", v.Lang)
	}
	if req.Method == "POST" {
		req.Header.Set("Origin", v.Base)
	}
	res, err := v.Client.Do(req)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		return err
	}
	v.Status, v.URL, v.Header, v.Body = res.StatusCode, res.Request.URL, res.Header, string(body)
	v.doc, err = html.Parse(strings.NewReader(v.Body))
	return err
}

// Form is a form of the page, filled as the page filled it.
type Form struct {
	v      *Visitor
	Action string
	Method string
	Values url.Values
}

// Form finds the form whose action starts with a path. It must be there.
func (v *Visitor) Form(action string) *Form {
	v.T.Helper()
	f, err := v.FindForm(action)
	if err != nil {
		v.T.Fatalf("%v on %s (%d)\n%s", err, v.URL, v.Status, v.Text())
	}
	return f
}

// Forms are all of the page.
func (v *Visitor) Forms() (forms []*Form) {
	for _, n := range all(v.doc, "form") {
		f := &Form{v: v, Action: attr(n, "action"), Method: strings.ToUpper(attr(n, "method")), Values: url.Values{}}
		f.fill(n)
		forms = append(forms, f)
	}
	return forms
}

// FindForm is Form that may fail.
func (v *Visitor) FindForm(action string) (*Form, error) {
	for _, n := range all(v.doc, "form") {
		if a := attr(n, "action"); a == action || strings.HasPrefix(a, action) {
			f := &Form{v: v, Action: a, Method: strings.ToUpper(attr(n, "method")), Values: url.Values{}}
			f.fill(n)
			return f, nil
		}
	}
	return nil, fmt.Errorf("no form to %s", action)
}

func (f *Form) fill(n *html.Node) {
	for _, in := range all(n, "input", "textarea", "select") {
		name := attr(in, "name")
		kind := attr(in, "type")
		if name == "" || ((kind == "radio" || kind == "checkbox") && !has(in, "checked")) {
			continue
		}
		switch in.Data {
		case "textarea":
			f.Values.Set(name, text(in))
		case "select":
			f.Values.Set(name, chosen(in))
		default:
			f.Values.Add(name, attr(in, "value"))
		}
	}
}

// chosen is the option of a select that is sent as the page comes.
func chosen(n *html.Node) (value string) {
	for i, o := range all(n, "option") {
		if i == 0 || has(o, "selected") {
			value = attr(o, "value")
		}
	}
	return value
}

// Set fills a field.
func (f *Form) Set(name, value string) *Form {
	f.Values.Set(name, value)
	return f
}

// TrySend presses the form's key; the error is the wire's.
func (f *Form) TrySend() error {
	if f.Method != "POST" {
		return f.v.Try(f.Action + "?" + f.Values.Encode())
	}
	req, err := http.NewRequest("POST", f.v.address(f.Action), strings.NewReader(f.Values.Encode()))
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	return f.v.do(req)
}

// Send presses the form's key.
func (f *Form) Send() *Visitor {
	f.v.T.Helper()
	if err := f.TrySend(); err != nil {
		f.v.T.Fatal(err)
	}
	return f.v
}

// SignIn comes in.
func (v *Visitor) SignIn(email, password string) *Visitor {
	v.T.Helper()
	v.Get("/signin").Form("/signin").Set("email", email).Set("password", password).Send()
	if v.Status != http.StatusOK || strings.HasPrefix(v.URL.Path, "/signin") {
		v.T.Fatalf("%s does not come in: %d\n%s", email, v.Status, v.Text())
	}
	return v
}

// Text is what a person reads on the page, in one line.
func (v *Visitor) Text() string { return strings.Join(strings.Fields(text(v.doc)), " ") }

// Sees says whether the page shows a text. Spaces of every kind are alike.
func (v *Visitor) Sees(words string) bool {
	return strings.Contains(plain(v.Text()), plain(words))
}

// MustSee fails the test for what the page does not show.
func (v *Visitor) MustSee(words ...string) *Visitor {
	v.T.Helper()
	for _, w := range words {
		if !v.Sees(w) {
			v.T.Fatalf("%s does not show %q:\n%s", v.URL, w, v.Text())
		}
	}
	return v
}

// Links are the addresses the page leads to.
func (v *Visitor) Links() (hrefs []string) {
	for _, n := range all(v.doc, "a") {
		hrefs = append(hrefs, attr(n, "href"))
	}
	return hrefs
}

// Texts are what stands in the elements of a name and a class, in order.
func (v *Visitor) Texts(name, class string) (texts []string) {
	for _, n := range all(v.doc, name) {
		if slices.Contains(strings.Fields(attr(n, "class")), class) {
			texts = append(texts, strings.Join(strings.Fields(text(n)), " "))
		}
	}
	return texts
}

// LinkTexts are the words of the links, by address; of several to one address, the
// first.
func (v *Visitor) LinkTexts() map[string]string {
	words := map[string]string{}
	for _, n := range all(v.doc, "a") {
		if href := attr(n, "href"); words[href] == "" {
			words[href] = strings.TrimSpace(text(n))
		}
	}
	return words
}

// Values are those of the fields with a name, chosen or not.
func (v *Visitor) Values(name string) (values []string) {
	for _, n := range all(v.doc, "input") {
		if attr(n, "name") == name {
			values = append(values, attr(n, "value"))
		}
	}
	return values
}

func plain(s string) string {
	return strings.NewReplacer("\u00a0", " ", "\u202f", " ").Replace(s)
}

func all(n *html.Node, names ...string) (found []*html.Node) {
	if n == nil {
		return nil
	}
	for d := range n.Descendants() {
		for _, name := range names {
			if d.Type == html.ElementNode && d.Data == name {
				found = append(found, d)
			}
		}
	}
	return found
}

func attr(n *html.Node, name string) string {
	for _, a := range n.Attr {
		if a.Key == name {
			return a.Val
		}
	}
	return ""
}

func has(n *html.Node, name string) bool {
	for _, a := range n.Attr {
		if a.Key == name {
			return true
		}
	}
	return false
}

func text(n *html.Node) string {
	if n == nil {
		return ""
	}
	var b strings.Builder
	for d := range n.Descendants() {
		if d.Type == html.TextNode && d.Parent.Data != "script" && d.Parent.Data != "style" {
			b.WriteString(d.Data + " ")
		}
	}
	return b.String()
}

// Blank is a form that no page showed, as a program might send it.
func (v *Visitor) Blank(action string) *Form {
	return &Form{v: v, Action: action, Method: "POST", Values: url.Values{}}
}
