// Package mail carries files over SMTP (RFC 5321): it divides them among messages within a
// limit of size and says which message a server has taken. It keeps no queue and repeats
// nothing: who calls it remembers what was taken. Receiving, and other bodies than plain
// text, are left out.
package mail

import (
	"errors"
	"fmt"
	"net"
	"net/mail"
	"time"
)

// TLS says how the connection is protected.
type TLS string

// The ways. StartTLS is refused if the server does not offer it; Plain is for a server on
// this host alone.
const (
	StartTLS TLS = "starttls"
	Implicit TLS = "implicit"
	Plain    TLS = "plain"
)

// DefaultMaxBytes is the size of a message that common servers take.
const DefaultMaxBytes = 10 << 20

// Config is an SMTP server and who sends.
type Config struct {
	// Address is host:port; port 587 is for submission, 465 for implicit TLS.
	Address string `yaml:"address"`
	// TLS is starttls, implicit or plain (to this host only). Default: starttls
	TLS TLS `yaml:"tls"`
	// CAFile holds certificates to trust, PEM. Default: those of the system
	CAFile string `yaml:"ca_file"`
	// Username and PasswordFile sign in (AUTH PLAIN); without a username nobody does.
	Username     string `yaml:"username"`
	PasswordFile string `yaml:"password_file"`
	// From is the sender's address.
	From string `yaml:"from"`
	// MaxMessageBytes bounds a message as it is sent, base64 included. Default: 10485760
	MaxMessageBytes int `yaml:"max_message_bytes"`
	// Timeout bounds one message. Default: 2m
	Timeout time.Duration `yaml:"timeout"`
}

// Complete fills in what was left out.
func (c *Config) Complete() {
	if c.TLS == "" {
		c.TLS = StartTLS
	}
	if c.MaxMessageBytes == 0 {
		c.MaxMessageBytes = DefaultMaxBytes
	}
	if c.Timeout == 0 {
		c.Timeout = 2 * time.Minute
	}
}

// Validate says what is wrong; without an address nothing is.
func (c *Config) Validate() error {
	if c.Address == "" {
		return nil
	}
	host, _, err := net.SplitHostPort(c.Address)
	if err != nil {
		return fmt.Errorf("smtp.address %q: want host:port", c.Address)
	}
	ip := net.ParseIP(host)
	switch {
	case c.TLS != StartTLS && c.TLS != Implicit && c.TLS != Plain:
		return fmt.Errorf("smtp.tls %q: want starttls, implicit or plain", c.TLS)
	case c.TLS == Plain && host != "localhost" && (ip == nil || !ip.IsLoopback()):
		return fmt.Errorf("smtp.tls plain: %s is not this host; use starttls or implicit", host)
	case c.TLS == Plain && c.Username != "":
		return errors.New("smtp.username: nobody signs in without TLS")
	case (c.Username == "") != (c.PasswordFile == ""):
		return errors.New("smtp needs both username and password_file, or neither")
	case c.MaxMessageBytes < minMessage:
		return fmt.Errorf("smtp.max_message_bytes %d: want at least %d", c.MaxMessageBytes, minMessage)
	}
	if a, err := mail.ParseAddress(c.From); err != nil || a.Address != c.From {
		return fmt.Errorf("smtp.from %q: want an address such as reports@example.org", c.From)
	}
	return nil
}

// minMessage is the least limit with which a report can be sent at all.
const minMessage = 64 << 10
