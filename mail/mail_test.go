package mail_test

import (
	"errors"
	"net"
	"strings"
	"testing"
	"time"

	"comptoir.example/comptoir/mail"
	"comptoir.example/comptoir/mail/inbox"
)

func server(t *testing.T) (*inbox.Inbox, *mail.Server, net.Listener) {
	t.Helper()
	box, err := inbox.New()
	if err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	go box.Take(l)
	s, err := mail.New(mail.Config{URL: "smtp://" + l.Addr().String(), From: "Quincaillerie Boréale <factures@boreale.example>"})
	if err != nil {
		t.Fatal(err)
	}
	return box, s, l
}

var letter = mail.Letter{Key: "01a2-key", To: "ap@rivard.example", Subject: "Facture F-1 à payer, échéance 1 ½ an",
	Text: "À payer : 1 234,00 $\n.\n..deux points au début\nhttps://shop.example/pay/" + strings.Repeat("x", 90) + "\n", HTML: "<p>À payer</p>",
	Language: "fr-CA", At: time.Date(2026, 11, 23, 13, 0, 0, 0, time.UTC)}

func TestALetterArrivesWholeAndOnceHoweverOftenItIsSent(t *testing.T) {
	box, s, _ := server(t)
	for range 2 {
		if err := s.Send(t.Context(), letter); err != nil {
			t.Fatal(err)
		}
	}
	all := box.Letters()
	if len(all) != 1 || all[0].Copies != 2 {
		t.Fatalf("%d letters: %+v", len(all), all)
	}
	got := all[0]
	if got.Text != letter.Text || got.HTML != letter.HTML || got.Subject != letter.Subject || got.To != "<ap@rivard.example>" || got.Language != "fr-CA" {
		t.Errorf("it arrived as %+v", got)
	}
	if got.ID != "<01a2-key@boreale.example>" || !got.At.Equal(letter.At) || !strings.Contains(got.From, "Boréale") {
		t.Errorf("from %s, number %s, of %v", got.From, got.ID, got.At)
	}
	if links := got.Links(); len(links) != 1 || !strings.HasSuffix(links[0], "xxx") {
		t.Errorf("links: %q", links)
	}
}

func TestWhatAFailureMeans(t *testing.T) {
	box, s, l := server(t)
	for mood, want := range map[inbox.Mood]mail.Class{inbox.Busy: mail.Later, inbox.Refuses: mail.Refused, inbox.Silent: mail.Ambiguous, inbox.Forgets: mail.Ambiguous} {
		box.Be(mood)
		var e *mail.Error
		if err := s.Send(t.Context(), letter); !errors.As(err, &e) || e.Class != want {
			t.Errorf("a server that is %s: %v", mood, err)
		}
	}
	box.Be(inbox.Good)
	l.Close()
	var e *mail.Error
	if err := s.Send(t.Context(), letter); !errors.As(err, &e) || e.Class != mail.Down {
		t.Errorf("a server that is away: %v", err)
	}
}

func TestSettingsThatAreNone(t *testing.T) {
	for _, c := range []mail.Config{{}, {URL: "http://x", From: "a@b.c"}, {URL: "smtp://", From: "a@b.c"}, {URL: "smtp://x:none", From: "a@b.c"}, {URL: "smtp://x"}, {URL: "smtp://x", From: "nobody"}} {
		if _, err := mail.New(c); err == nil {
			t.Errorf("%+v is taken", c)
		}
	}
}

// A letter leaves this machine under TLS or not at all.
func TestALetterIsNotSentInTheClear(t *testing.T) {
	_, _, l := server(t)
	_, port, _ := net.SplitHostPort(l.Addr().String())
	s, err := mail.New(mail.Config{URL: "smtp://localhost.:" + port, From: "a@boreale.example"}) // the same server by a name that is not this machine's
	if err != nil {
		t.Fatal(err)
	}
	var e *mail.Error
	if err := s.Send(t.Context(), letter); !errors.As(err, &e) || e.Class != mail.Down {
		t.Errorf("without TLS: %v", err)
	}
}
