package collector

import (
	"crypto/tls"
	"fmt"
	"os"
	"strings"
	"sync"
	"time"
)

// certificate serves a certificate from files and reads them again when they
// change, so that a renewal needs no restart. A renewal that cannot be read
// leaves the old certificate in use.
type certificate struct {
	certFile, keyFile string
	every             time.Duration
	now               func() time.Time
	failed            func(error)

	mu      sync.Mutex
	checked time.Time
	stamp   string
	current *tls.Certificate
}

func loadCertificate(certFile, keyFile string, now func() time.Time, failed func(error)) (*certificate, error) {
	c := &certificate{certFile: certFile, keyFile: keyFile, every: 5 * time.Second, now: now, failed: failed}
	if err := c.reload(); err != nil {
		return nil, err
	}
	c.checked = now()
	return c, nil
}

func (c *certificate) get(*tls.ClientHelloInfo) (*tls.Certificate, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if now := c.now(); now.Sub(c.checked) >= c.every {
		c.checked = now
		if err := c.reload(); err != nil {
			c.failed(err)
		}
	}
	return c.current, nil
}

func (c *certificate) reload() error {
	var stamp strings.Builder
	for _, name := range []string{c.certFile, c.keyFile} {
		info, err := os.Stat(name)
		if err != nil {
			return fmt.Errorf("read certificate: %w", err)
		}
		fmt.Fprintln(&stamp, info.ModTime().UnixNano(), info.Size())
	}
	if stamp.String() == c.stamp {
		return nil
	}
	pair, err := tls.LoadX509KeyPair(c.certFile, c.keyFile)
	if err != nil {
		return fmt.Errorf("read certificate: %w", err)
	}
	c.stamp, c.current = stamp.String(), &pair
	return nil
}
