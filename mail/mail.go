// Package mail hands letters to a mail server (SMTP, RFC 5321).
//
// A letter has a key, which becomes its Message-ID: one that is sent twice because
// nobody knows whether it went is the same message to whoever receives it.
package mail

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/mail"
	"net/url"
	"strconv"
	"strings"
	"time"

	smtp "github.com/wneessen/go-mail"
)

// Letter is a message to one person, in plain text and in HTML.
type Letter struct {
	Key        string // Message-ID before the @
	To         string
	Subject    string
	Text, HTML string
	Language   string
	At         time.Time
}

// Class is what a letter that did not go means for the one who sends it.
type Class string

// Classes of failure.
const (
	Down      Class = "down"      // the server was not reached, or does not let us in: nothing was sent
	Later     Class = "later"     // it asks to come back: nothing was sent
	Refused   Class = "refused"   // it says no: nothing was sent
	Ambiguous Class = "ambiguous" // it had the letter and did not answer: it may have gone
)

// Error is a letter that did not go, or may not have gone.
type Error struct {
	Class Class
	Cause error
}

func (e *Error) Error() string { return fmt.Sprintf("mail: %s: %v", e.Class, e.Cause) }
func (e *Error) Unwrap() error { return e.Cause }

// Config says which server takes the letters.
type Config struct {
	URL            string // smtp://host:port, or smtps:// for TLS from the first byte
	From           string // address of the sender, with a name or without
	User, Password string // "" for a server that asks for none
}

// Server is a mail server that takes our letters.
type Server struct {
	host    string
	from    *mail.Address
	options []smtp.Option
}

// patience is how long a server may take for a letter.
const patience = 20 * time.Second

// New reads the settings. Over smtp:// everything but this machine must offer TLS
// (STARTTLS): an address is personal, and a link opens an invoice.
func New(c Config) (*Server, error) {
	u, err := url.Parse(c.URL)
	if err != nil || u.Hostname() == "" || (u.Scheme != "smtp" && u.Scheme != "smtps") {
		return nil, fmt.Errorf("mail: %q is no address of a mail server", c.URL)
	}
	from, err := mail.ParseAddress(c.From)
	if err != nil {
		return nil, fmt.Errorf("mail: sender: %w", err)
	}
	port := map[string]int{"smtp": 587, "smtps": 465}[u.Scheme]
	if u.Port() != "" {
		if port, err = strconv.Atoi(u.Port()); err != nil {
			return nil, fmt.Errorf("mail: %w", err)
		}
	}
	s := &Server{host: u.Hostname(), from: from, options: []smtp.Option{smtp.WithPort(port), smtp.WithTimeout(patience), smtp.WithoutNoop()}}
	switch {
	case u.Scheme == "smtps":
		s.options = append(s.options, smtp.WithSSL())
	case loopback(s.host):
		s.options = append(s.options, smtp.WithTLSPolicy(smtp.NoTLS))
	default:
		s.options = append(s.options, smtp.WithTLSPolicy(smtp.TLSMandatory))
	}
	if c.User != "" {
		s.options = append(s.options, smtp.WithSMTPAuth(smtp.SMTPAuthAutoDiscover), smtp.WithUsername(c.User), smtp.WithPassword(c.Password))
	}
	return s, nil
}

func loopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

// Send hands one letter over. What fails is an *Error.
func (s *Server) Send(ctx context.Context, l Letter) error {
	m, err := s.message(l)
	if err != nil {
		return &Error{Refused, err}
	}
	client, err := smtp.NewClient(s.host, s.options...)
	if err != nil {
		return &Error{Refused, err}
	}
	if err := client.DialWithContext(ctx); err != nil {
		return &Error{Down, err}
	}
	defer client.Close()
	if err := client.Send(m); err != nil && !m.IsDelivered() {
		return &Error{class(err), err}
	}
	return nil
}

func (s *Server) message(l Letter) (*smtp.Msg, error) {
	m := smtp.NewMsg(smtp.WithNoDefaultUserAgent())
	if err := m.FromFormat(s.from.Name, s.from.Address); err != nil {
		return nil, err
	}
	if err := m.To(l.To); err != nil {
		return nil, err
	}
	_, domain, _ := strings.Cut(s.from.Address, "@")
	m.SetMessageIDWithValue(l.Key + "@" + domain)
	m.SetDateWithValue(l.At)
	m.Subject(l.Subject)
	m.SetGenHeader(smtp.HeaderContentLang, l.Language)
	m.SetGenHeader("Auto-Submitted", "auto-generated") // RFC 3834: no machine answers
	m.SetBodyString(smtp.TypeTextPlain, l.Text)
	m.AddAlternativeString(smtp.TypeTextHTML, l.HTML)
	return m, nil
}

// class says what a server's failure means, from how far the letter had come.
func class(err error) Class {
	var e *smtp.SendError
	switch {
	case !errors.As(err, &e):
		return Ambiguous
	case e.ErrorCode() >= 500:
		return Refused
	case e.ErrorCode() >= 400:
		return Later
	case e.Reason == smtp.ErrWriteContent || e.Reason == smtp.ErrSMTPDataClose || e.Reason == smtp.ErrAmbiguous:
		return Ambiguous
	}
	return Down
}
