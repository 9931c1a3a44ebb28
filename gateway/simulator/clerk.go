package simulator

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
)

// The cards of the page, by their last four digits.
const (
	Approved          = "4242"
	ApprovedToo       = "4444"
	InsufficientFunds = "9995"
	ExpiredCard       = "0069"
	DoNotHonour       = "0002"
	Confirmed         = "3220" // asks once more, and is told yes
	Unconfirmed       = "3220 no"
	Later             = "3063"
)

// Clerk works the pages and the control screen as people would, by sending their
// forms: the payer, the bank, and whoever breaks the line.
type Clerk struct {
	url  string
	http *http.Client
}

// NewClerk sits down before the processor at an address.
func NewClerk(url string) *Clerk {
	return &Clerk{strings.TrimRight(url, "/"), client(alone())}
}

// Pay looks at a session's page and pays there with a card. It gives the address
// the payer was sent to, "" when the page asks again.
func (c *Clerk) Pay(ctx context.Context, session, card string) (back string, err error) {
	last4, answer, _ := strings.Cut(card, " ")
	if _, err := c.send(ctx, http.MethodGet, session, nil); err != nil {
		return "", err
	}
	back, err = c.send(ctx, http.MethodPost, session, url.Values{"card": {last4}})
	if err != nil || last4 != Confirmed {
		return back, err
	}
	if answer == "" {
		answer = "yes"
	}
	return c.send(ctx, http.MethodPost, session+"/confirmation", url.Values{"answer": {answer}})
}

// Act does one thing of the control screen, by the name of its form (control.go),
// with the fields as name, value pairs.
func (c *Clerk) Act(ctx context.Context, name string, fields ...string) error {
	form := url.Values{}
	for i := 0; i+1 < len(fields); i += 2 {
		form.Set(fields[i], fields[i+1])
	}
	_, err := c.send(ctx, http.MethodPost, c.url+"/control/"+name, form)
	return err
}

// send sends a form, and says where the answer leads.
func (c *Clerk) send(ctx context.Context, method, address string, form url.Values) (leads string, err error) {
	r, err := http.NewRequestWithContext(ctx, method, address, strings.NewReader(form.Encode()))
	if err != nil {
		return "", err
	}
	if method == http.MethodPost {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	answer, err := c.http.Do(r)
	if err != nil {
		return "", err
	}
	defer answer.Body.Close()
	data, err := io.ReadAll(io.LimitReader(answer.Body, largest))
	if err != nil {
		return "", err
	}
	if answer.StatusCode >= 400 {
		var said Problem
		_ = json.Unmarshal(data, &said) // pages say no in words, for people
		return "", fmt.Errorf("%s %s: %d %s", method, r.URL.Path, answer.StatusCode, said.Code)
	}
	return answer.Header.Get("Location"), nil
}
