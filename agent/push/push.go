// Package push sends one request to the collector and says what became of it.
//
// It decides nothing about when to send, what to keep or what to drop: it turns
// an answer into a verdict, and package agent acts on it. It also meters the
// agent's own bytes and reads the collector's clock from the answers.
package push

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/yunjian-io/yunjian/internal/wire"
)

// Outcome says what to do with a batch after one try.
type Outcome int

// The outcomes. Only Delivered, Rejected and Split let a batch go: everything
// that is not understood keeps it.
const (
	Keep         Outcome = iota // try again after a pause
	Delivered                   // stored; delete it
	Rejected                    // never valid (400): count it, say so, delete it
	Split                       // too large (413): send it in parts
	Unauthorized                // the token is refused (401, 403): keep it and slow down
)

// String names the outcome in logs.
func (o Outcome) String() string {
	return [...]string{"keep", "delivered", "rejected", "split", "unauthorized"}[o]
}

// Verdict is what one try came to.
type Verdict struct {
	Outcome Outcome
	// RetryAfter is how long the collector asks to wait; 0 if it does not say.
	RetryAfter time.Duration
	// Status is the HTTP status, 0 without an answer.
	Status int
	// Detail says in words why the outcome is not Delivered, for the log.
	Detail string
	// ClockOffset is the host's clock less the collector's, if ClockKnown: the
	// host's clock is taken at the middle of the round trip.
	ClockOffset time.Duration
	ClockKnown  bool
}

// Content is what a body is: its path on the collector and its headers.
type Content struct {
	path, contentType string
	remoteWrite       bool
}

// Metrics is a remote-write 1.0 request, snappy-compressed.
func Metrics() Content { return Content{wire.PathWrite, "application/x-protobuf", true} }

// Document is one JSON document.
func Document() Content { return Content{wire.PathDocuments, "application/json", false} }

// Options say where and how to send. Files are paths; an empty one is unused.
type Options struct {
	URL       string // of the collector, such as https://collector.example:8443
	TokenFile string // read again when it changes
	CAFile    string // PEM certificates that sign the collector's; empty: those of the system
	CertFile  string // PEM client certificate, with KeyFile
	KeyFile   string
	// AllowPlainHTTP lets the token travel unencrypted to hosts other than loopback.
	AllowPlainHTTP bool
	Version        string        // of the agent, for User-Agent
	Timeout        time.Duration // of one request; 0: 30 s
	// Transport replaces the network, for tests; nil is the network.
	Transport http.RoundTripper
}

// Client sends requests over one kept connection. It is safe for concurrent use.
type Client struct {
	base    string
	version string
	http    *http.Client
	token   token
	now     func() time.Time
}

const (
	defaultTimeout = 30 * time.Second
	// maxRetryAfter bounds what a collector may ask for: silence must not last for days.
	maxRetryAfter = time.Hour
	maxDetail     = 300 // bytes of an answer that we repeat
)

// New checks the options and reads the certificates; it does not connect. The
// meter counts the bytes of its connections.
func New(o Options, meter *Meter) (*Client, error) {
	u, err := url.Parse(o.URL)
	if err != nil {
		return nil, fmt.Errorf("read collector URL: %w", err)
	}
	switch {
	case u.Host == "" || u.User != nil || u.RawQuery != "" || u.Fragment != "":
		return nil, fmt.Errorf("collector URL %q: want scheme, host and port, such as https://collector.example:8443", o.URL)
	case u.Scheme == "https":
	case u.Scheme != "http":
		return nil, fmt.Errorf("collector URL %q: scheme %q is neither https nor http", o.URL, u.Scheme)
	case !o.AllowPlainHTTP && !loopbackName(u.Hostname()):
		return nil, fmt.Errorf("collector URL %q: plain HTTP would show the token to the network; use https, or set allow_plain_http", o.URL)
	}
	config, err := tlsConfig(o)
	if err != nil {
		return nil, err
	}
	if o.Transport == nil {
		o.Transport = network(config, meter)
	}
	return &Client{
		base:    strings.TrimSuffix(u.String(), "/"),
		version: o.Version,
		token:   token{path: o.TokenFile},
		now:     time.Now,
		http: &http.Client{
			Timeout:       orDefault(o.Timeout),
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
			Transport:     o.Transport,
		},
	}, nil
}

// network keeps one connection, under TLS metered.
func network(config *tls.Config, meter *Meter) *http.Transport {
	dialer := &net.Dialer{Timeout: 10 * time.Second, KeepAlive: time.Minute}
	return &http.Transport{
		Proxy: http.ProxyFromEnvironment,
		DialContext: func(ctx context.Context, network, address string) (net.Conn, error) {
			conn, err := dialer.DialContext(ctx, network, address)
			if err != nil {
				return nil, err
			}
			return meter.Conn(conn), nil
		},
		TLSClientConfig:     config,
		TLSHandshakeTimeout: 10 * time.Second,
		MaxIdleConns:        1,
		IdleConnTimeout:     2 * wire.MaxIntervalSeconds * time.Second,
		DisableCompression:  true,
	}
}

func orDefault(d time.Duration) time.Duration {
	if d == 0 {
		return defaultTimeout
	}
	return d
}

func loopbackName(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

// Send posts one body and judges the answer. Only a context that is done is an
// error: everything else is a verdict.
func (c *Client) Send(ctx context.Context, content Content, body []byte) (Verdict, error) {
	request, err := c.request(ctx, content, body)
	if err != nil {
		return Verdict{Detail: err.Error()}, nil
	}
	begin := c.now()
	answer, err := c.http.Do(request)
	if err != nil {
		if ctx.Err() != nil {
			return Verdict{}, context.Cause(ctx)
		}
		return Verdict{Detail: plain(err)}, nil
	}
	defer answer.Body.Close() // read only
	trip := c.now().Sub(begin)
	said, _ := io.ReadAll(io.LimitReader(answer.Body, maxDetail))
	// What is left is read so that the connection can be kept.
	_, _ = io.CopyN(io.Discard, answer.Body, 64<<10)
	v := judge(answer, begin, said)
	if ns, err := strconv.ParseInt(answer.Header.Get(wire.HeaderTime), 10, 64); err == nil {
		v.ClockOffset, v.ClockKnown = begin.Add(trip/2).Sub(time.Unix(0, ns)), true
	}
	return v, nil
}

func (c *Client) request(ctx context.Context, content Content, body []byte) (*http.Request, error) {
	bearer, err := c.token.value()
	if err != nil {
		return nil, err
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, c.base+content.path, bytes.NewReader(body))
	if err != nil {
		return nil, fmt.Errorf("build request: %w", err)
	}
	r.Header.Set("User-Agent", "yunjian-agent/"+c.version)
	r.Header.Set("Content-Type", content.contentType)
	if content.remoteWrite {
		r.Header.Set("Content-Encoding", "snappy")
		r.Header.Set("X-Prometheus-Remote-Write-Version", "0.1.0")
	}
	if bearer != "" {
		r.Header.Set("Authorization", "Bearer "+bearer)
	}
	// Repeating a request changes nothing at the collector, so net/http may do
	// so when the kept connection turns out to be closed. The key is not sent.
	r.Header["X-Idempotency-Key"] = nil
	return r, nil
}

// plain cuts the method and address that net/http puts before an error: the log
// has them already.
func plain(err error) string {
	if u, ok := errors.AsType[*url.Error](err); ok {
		return u.Err.Error()
	}
	return err.Error()
}

func judge(answer *http.Response, now time.Time, said []byte) Verdict {
	v := Verdict{Status: answer.StatusCode}
	switch s := answer.StatusCode; {
	case s >= 200 && s < 300:
		v.Outcome = Delivered
		return v
	case s == http.StatusBadRequest:
		v.Outcome = Rejected
	case s == http.StatusRequestEntityTooLarge:
		v.Outcome = Split
	case s == http.StatusUnauthorized || s == http.StatusForbidden:
		v.Outcome = Unauthorized
	}
	v.Detail = strings.TrimSpace(answer.Status + ": " + strings.ToValidUTF8(string(said), "?"))
	v.RetryAfter = retryAfter(answer.Header.Get("Retry-After"), now)
	return v
}

// retryAfter reads both forms of the header (RFC 9110, 10.2.3); 0 if it says nothing.
func retryAfter(value string, now time.Time) time.Duration {
	var d time.Duration
	if seconds, err := strconv.ParseInt(value, 10, 32); err == nil {
		d = time.Duration(seconds) * time.Second
	} else if at, err := http.ParseTime(value); err == nil {
		d = at.Sub(now)
	}
	return min(max(d, 0), maxRetryAfter)
}
