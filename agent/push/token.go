package push

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"os"
	"strings"
	"sync"
	"time"
)

// token is the content of a file, read again when the file changes, so that a
// token can be replaced without a restart.
type token struct {
	path string

	mu    sync.Mutex
	at    time.Time
	size  int64
	bytes string
}

func (t *token) value() (string, error) {
	if t.path == "" {
		return "", nil
	}
	info, err := os.Stat(t.path)
	if err != nil {
		return "", fmt.Errorf("read token: %w", err)
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.bytes != "" && info.ModTime().Equal(t.at) && info.Size() == t.size {
		return t.bytes, nil
	}
	data, err := os.ReadFile(t.path)
	if err != nil {
		return "", fmt.Errorf("read token: %w", err)
	}
	s := strings.TrimSpace(string(data))
	if s == "" || strings.ContainsFunc(s, func(r rune) bool { return r <= ' ' || r > '~' }) {
		return "", fmt.Errorf("read token: %s must hold one line of printable ASCII", t.path)
	}
	t.bytes, t.at, t.size = s, info.ModTime(), info.Size()
	return s, nil
}

func tlsConfig(o Options) (*tls.Config, error) {
	c := &tls.Config{MinVersion: tls.VersionTLS12}
	if o.CAFile != "" {
		pem, err := os.ReadFile(o.CAFile)
		if err != nil {
			return nil, fmt.Errorf("read CA certificates: %w", err)
		}
		c.RootCAs = x509.NewCertPool()
		if !c.RootCAs.AppendCertsFromPEM(pem) {
			return nil, fmt.Errorf("read CA certificates: %s holds no PEM certificate", o.CAFile)
		}
	}
	if (o.CertFile == "") != (o.KeyFile == "") {
		return nil, errors.New("a client certificate needs both a certificate and a key file")
	}
	if o.CertFile != "" {
		if _, err := tls.LoadX509KeyPair(o.CertFile, o.KeyFile); err != nil {
			return nil, fmt.Errorf("read client certificate: %w", err)
		}
		// Read anew for each handshake, so that it can be renewed without a restart.
		c.GetClientCertificate = func(*tls.CertificateRequestInfo) (*tls.Certificate, error) {
			pair, err := tls.LoadX509KeyPair(o.CertFile, o.KeyFile)
			return &pair, err
		}
	}
	return c, nil
}
