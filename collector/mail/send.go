package mail

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/smtp"
	"os"
	"strings"
	"time"
)

// Send hands a message to the server. It returns nil only once the server has taken it
// for all recipients: after the reply 250 to its end. After an error nobody knows, and the
// same message may be sent again.
func Send(ctx context.Context, c Config, m Message) error {
	data, err := m.Encode()
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, c.Timeout)
	defer cancel()
	client, err := dial(ctx, c)
	if err != nil {
		return fmt.Errorf("send mail through %s: %w", c.Address, err)
	}
	defer client.Close() // after Quit there is nothing left to close
	if err := deliver(client, m, data); err != nil {
		return fmt.Errorf("send mail through %s: %w", c.Address, err)
	}
	_ = client.Quit() // the message is taken, whatever the server says to that
	return nil
}

func dial(ctx context.Context, c Config) (_ *smtp.Client, err error) {
	host, _, err := net.SplitHostPort(c.Address)
	if err != nil {
		return nil, err
	}
	settings := &tls.Config{ServerName: host, MinVersion: tls.VersionTLS12}
	if c.CAFile != "" {
		pem, err := os.ReadFile(c.CAFile)
		if err != nil {
			return nil, fmt.Errorf("read certificates: %w", err)
		}
		if settings.RootCAs = x509.NewCertPool(); !settings.RootCAs.AppendCertsFromPEM(pem) {
			return nil, fmt.Errorf("%s holds no certificate", c.CAFile)
		}
	}
	conn, err := (&net.Dialer{}).DialContext(ctx, "tcp", c.Address)
	if err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, conn.Close())
		}
	}()
	if deadline, ok := ctx.Deadline(); ok {
		if err := conn.SetDeadline(deadline); err != nil {
			return nil, err
		}
	}
	bare := conn
	context.AfterFunc(ctx, func() { _ = bare.SetDeadline(time.Unix(1, 0)) }) // ends what waits for the server
	if c.TLS == Implicit {
		conn = tls.Client(conn, settings)
	}
	client, err := smtp.NewClient(conn, host)
	if err != nil {
		return nil, err
	}
	if err := client.Hello("localhost"); err != nil {
		return nil, err
	}
	if c.TLS == StartTLS {
		if ok, _ := client.Extension("STARTTLS"); !ok {
			return nil, errors.New("the server offers no STARTTLS: nothing is sent in the clear")
		}
		if err := client.StartTLS(settings); err != nil {
			return nil, fmt.Errorf("start TLS: %w", err)
		}
	}
	if c.Username == "" {
		return client, nil
	}
	password, err := os.ReadFile(c.PasswordFile)
	if err != nil {
		return nil, fmt.Errorf("read password: %w", err)
	}
	if err := client.Auth(smtp.PlainAuth("", c.Username, strings.TrimSpace(string(password)), host)); err != nil {
		return nil, fmt.Errorf("sign in as %q: %w", c.Username, err)
	}
	return client, nil
}

func deliver(client *smtp.Client, m Message, data []byte) error {
	if err := client.Mail(m.From); err != nil {
		return fmt.Errorf("sender %s: %w", m.From, err)
	}
	for _, to := range m.To {
		if err := client.Rcpt(to); err != nil {
			return fmt.Errorf("recipient %s: %w", to, err)
		}
	}
	w, err := client.Data()
	if err != nil {
		return fmt.Errorf("message %s: %w", m.ID, err)
	}
	if _, err := w.Write(data); err != nil {
		return fmt.Errorf("message %s: %w", m.ID, err)
	}
	if err := w.Close(); err != nil { // the server's answer to the end of the message
		return fmt.Errorf("message %s: %w", m.ID, err)
	}
	return nil
}
