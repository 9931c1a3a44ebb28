package inbox

import (
	"bytes"
	"errors"
	"io"
	"log/slog"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	"net"
	"net/mail"
	"net/textproto"
	"strings"
	"time"
)

// largest is how long a letter may be.
const largest = 1 << 20

// Take takes letters on a listener until it is closed.
func (b *Inbox) Take(l net.Listener) {
	for {
		conn, err := l.Accept()
		if err != nil {
			if !errors.Is(err, net.ErrClosed) {
				slog.Error("inbox: accept", "err", err)
			}
			return
		}
		go func() {
			defer conn.Close()
			conn.SetDeadline(time.Now().Add(time.Minute))
			b.talk(textproto.NewConn(conn))
		}()
	}
}

// talk speaks as much of SMTP (RFC 5321) as a sender of letters needs.
func (b *Inbox) talk(c *textproto.Conn) {
	c.PrintfLine("220 inbox")
	for {
		line, err := c.ReadLine()
		if err != nil {
			return
		}
		verb, _, _ := strings.Cut(line, " ")
		switch mood := b.being(); strings.ToUpper(verb) {
		case "EHLO":
			c.PrintfLine("250-inbox")
			c.PrintfLine("250 8BITMIME")
		case "HELO", "MAIL", "RSET", "NOOP":
			c.PrintfLine("250 OK")
		case "RCPT":
			switch mood {
			case Busy:
				c.PrintfLine("451 4.3.0 come back later")
			case Refuses:
				c.PrintfLine("550 5.1.1 nobody here by that name")
			default:
				c.PrintfLine("250 OK")
			}
		case "DATA":
			c.PrintfLine("354 go ahead")
			raw, err := io.ReadAll(io.LimitReader(c.DotReader(), largest))
			if err != nil || mood == Forgets {
				return
			}
			letter, err := read(raw)
			if err != nil {
				c.PrintfLine("554 5.6.0 %v", err)
				continue
			}
			b.keep(letter)
			if mood == Silent {
				return
			}
			c.PrintfLine("250 OK")
		case "QUIT":
			c.PrintfLine("221 bye")
			return
		default:
			c.PrintfLine("502 5.5.1 not here")
		}
	}
}

// read understands a letter in plain text, HTML, or both.
func read(raw []byte) (l Letter, err error) {
	m, err := mail.ReadMessage(bytes.NewReader(raw))
	if err != nil {
		return l, err
	}
	decode := new(mime.WordDecoder)
	for name, into := range map[string]*string{"From": &l.From, "To": &l.To, "Subject": &l.Subject} {
		if *into, err = decode.DecodeHeader(m.Header.Get(name)); err != nil {
			return l, err
		}
	}
	l.ID, l.Language = m.Header.Get("Message-ID"), m.Header.Get("Content-Language")
	if l.At, err = m.Header.Date(); err != nil {
		return l, err
	}
	return l, l.part(textproto.MIMEHeader(m.Header), m.Body)
}

func (l *Letter) part(h textproto.MIMEHeader, body io.Reader) error {
	kind, params, err := mime.ParseMediaType(h.Get("Content-Type"))
	if err != nil {
		return err
	}
	if strings.HasPrefix(kind, "multipart/") {
		parts := multipart.NewReader(body, params["boundary"])
		for {
			p, err := parts.NextRawPart()
			if err == io.EOF {
				return nil
			} else if err != nil {
				return err
			}
			if err := l.part(p.Header, p); err != nil {
				return err
			}
		}
	}
	if strings.EqualFold(h.Get("Content-Transfer-Encoding"), "quoted-printable") {
		body = quotedprintable.NewReader(body)
	}
	text, err := io.ReadAll(body)
	switch kind {
	case "text/plain":
		l.Text = strings.ReplaceAll(string(text), "\r\n", "\n")
	case "text/html":
		l.HTML = string(text)
	}
	return err
}
