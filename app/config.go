// Package app puts the program together: settings, wiring, serving, the demo,
// and the doctor.
package app

import (
	"net"
	"net/url"
	"strings"
	"time"

	"comptoir.example/comptoir/base/fault"
	"comptoir.example/comptoir/mail"
)

// Config is every setting of a running shop. Each can be given by flag, by an
// environment variable COMPTOIR_…, or in the configuration file.
type Config struct {
	Database string `help:"Where the data is: sqlite:PATH or postgres://…" env:"COMPTOIR_DATABASE" default:"sqlite:var/comptoir.db"`
	Listen   string `help:"Address of the shop." env:"COMPTOIR_LISTEN" default:"127.0.0.1:8080"`
	Metrics  string `help:"Address of the metrics, apart from the shop; empty for none." env:"COMPTOIR_METRICS" default:"127.0.0.1:9090"`
	Public   string `help:"Address people use, when a proxy stands in front; https:// makes cookies secure." env:"COMPTOIR_PUBLIC"`
	Log      string `help:"What is logged: debug, info, warn, error." env:"COMPTOIR_LOG" default:"info" enum:"debug,info,warn,error"`

	Secret string `help:"Secret that pay links are made with, 32 characters or more; another one ends every link that was sent." env:"COMPTOIR_SECRET"`

	ERP       ERPConfig       `embed:"" prefix:"erp-"`
	Processor ProcessorConfig `embed:"" prefix:"processor-"`
	Mail      MailConfig      `embed:"" prefix:"mail-"`
}

// ERPConfig says where the merchant's books are.
type ERPConfig struct {
	Kind     string `help:"Which ERP: books or tryton." env:"COMPTOIR_ERP" default:"books" enum:"books,tryton"`
	URL      string `help:"Address of the ERP." env:"COMPTOIR_ERP_URL"`
	Database string `help:"Tryton: name of the database." env:"COMPTOIR_ERP_DATABASE" default:"comptoir"`
	User     string `help:"Tryton: the machine user." env:"COMPTOIR_ERP_USER" default:"connector"`
	Password string `help:"Password of the machine user, or token of the books." env:"COMPTOIR_ERP_PASSWORD"`
	Accept   string `help:"Questions of the ERP that are answered yes, separated by spaces: credit_limit." env:"COMPTOIR_ERP_ACCEPT"`
}

// ProcessorConfig says which payment processor takes money; without an address
// nothing can be paid online.
type ProcessorConfig struct {
	URL     string `help:"Address of the payment processor; empty: nothing is paid online." env:"COMPTOIR_PROCESSOR_URL"`
	Secret  string `help:"What the processor lets us in by." env:"COMPTOIR_PROCESSOR_SECRET"`
	Webhook string `help:"Secrets the processor signs its messages with, separated by spaces: two while one replaces the other." env:"COMPTOIR_PROCESSOR_WEBHOOK"`
}

// MailConfig says which server takes the shop's letters; without an address none is
// written, and no pay link is sent.
type MailConfig struct {
	URL      string `help:"Mail server: smtp://host:port (TLS is asked for, except on this machine) or smtps://host:port; empty: no letters." env:"COMPTOIR_MAIL_URL"`
	From     string `help:"Sender of the letters, with a name or without: Boréale <factures@boreale.example>." env:"COMPTOIR_MAIL_FROM"`
	User     string `help:"What the mail server lets us in by." env:"COMPTOIR_MAIL_USER"`
	Password string `help:"And its password." env:"COMPTOIR_MAIL_PASSWORD"`
}

// minSecret is how long the secret is at least, in characters.
const minSecret = 32

// Merchant's settings that no ERP tells.
const (
	merchantName  = "Quincaillerie Boréale"
	merchantPhone = "514 555-0123"
)

// erpBudget is how long a page waits for the ERP's own figures.
const erpBudget = 800 * time.Millisecond

// Check finds what is wrong in the settings before anything is opened.
func (c Config) Check() error {
	for name, address := range map[string]string{"listen": c.Listen, "metrics": c.Metrics} {
		if address == "" && name == "metrics" {
			continue
		}
		if _, _, err := net.SplitHostPort(address); err != nil {
			return fault.New(fault.Invalid, "config.bad_address", "setting", name, "value", address)
		}
	}
	if c.Public != "" {
		if u, err := url.Parse(c.Public); err != nil || u.Host == "" || (u.Scheme != "http" && u.Scheme != "https") {
			return fault.New(fault.Invalid, "config.bad_public", "value", c.Public)
		}
	}
	if u, err := url.Parse(c.ERP.URL); c.ERP.URL == "" || err != nil || u.Host == "" {
		return fault.New(fault.Invalid, "config.bad_erp_url", "value", c.ERP.URL)
	}
	if u, err := url.Parse(c.Processor.URL); c.Processor.URL != "" && (err != nil || u.Host == "" || c.Processor.Secret == "" || c.Processor.Webhook == "") {
		return fault.New(fault.Invalid, "config.bad_processor", "value", c.Processor.URL)
	}
	if c.Mail.URL != "" {
		if _, err := mail.New(mail.Config(c.Mail)); err != nil {
			return fault.New(fault.Invalid, "config.bad_mail", "value", c.Mail.URL).Because(err)
		}
		if len(c.Secret) < minSecret {
			return fault.New(fault.Invalid, "config.short_secret", "n", minSecret)
		}
	}
	return nil
}

// Address is where people find the shop, given where it listens.
func (c Config) Address(shop net.Addr) string {
	if c.Public != "" {
		return strings.TrimRight(c.Public, "/")
	}
	return "http://" + shop.String()
}

// Secure says whether people come over TLS.
func (c Config) Secure() bool {
	u, err := url.Parse(c.Public)
	return err == nil && u.Scheme == "https"
}
