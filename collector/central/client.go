package central

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"net/url"
	"os"
	"strconv"
	"strings"
	"time"
)

const (
	maxAnswer   = 256 << 20        // bytes of one answer, decompressed
	maxFailure  = 64 << 10         // bytes read of an answer that says no
	retryBudget = 2 * time.Minute  // waited in all for a store that is busy
	retryFirst  = time.Second      // before the first repetition; each later one waits twice as long
	retryLast   = 30 * time.Second // at most before one repetition
)

// client asks one store over HTTP.
type client struct {
	store  Store
	base   *url.URL
	http   *http.Client
	limit  int64
	wait   func(context.Context, time.Duration) error
	budget time.Duration // left for repetitions
}

// dial connects to an address, as net.Dialer.DialContext.
type dial = func(ctx context.Context, network, address string) (net.Conn, error)

func newClient(s Store, o Options) (*client, error) {
	base, err := url.Parse(s.URL)
	if err != nil {
		return nil, errors.New("url: want an address such as https://store:9200")
	}
	tlsConfig := &tls.Config{MinVersion: tls.VersionTLS12}
	if s.CAFile != "" {
		text, err := os.ReadFile(s.CAFile)
		if err != nil {
			return nil, fmt.Errorf("read ca_file: %w", err)
		}
		tlsConfig.RootCAs = x509.NewCertPool()
		if !tlsConfig.RootCAs.AppendCertsFromPEM(text) {
			return nil, fmt.Errorf("read ca_file: %s holds no PEM certificate", s.CAFile)
		}
	}
	transport := &http.Transport{
		Proxy: http.ProxyFromEnvironment, TLSClientConfig: tlsConfig, TLSHandshakeTimeout: 15 * time.Second,
		DialContext: (&net.Dialer{Timeout: 15 * time.Second}).DialContext, MaxIdleConnsPerHost: 1, IdleConnTimeout: time.Minute,
		ForceAttemptHTTP2: true,
	}
	if o.Dial != nil {
		transport.DialContext = o.Dial
	}
	c := &client{store: s, base: base, limit: o.MaxAnswer, wait: o.Wait, budget: retryBudget}
	if c.limit <= 0 {
		c.limit = maxAnswer
	}
	if c.wait == nil {
		c.wait = pause
	}
	c.http = &http.Client{Transport: transport, Timeout: s.Timeout, CheckRedirect: c.redirect}
	return c, nil
}

func (c *client) close() { c.http.CloseIdleConnections() }

// errElsewhere refuses a redirect that would take the question, and the credentials,
// to another place.
var errElsewhere = errors.New("it redirects to another address, which is not followed: put the final address into url")

func (c *client) redirect(r *http.Request, via []*http.Request) error {
	if r.URL.Scheme != c.base.Scheme || r.URL.Host != c.base.Host || len(via) > 3 {
		return errElsewhere
	}
	return nil
}

// pause waits, or ends with the context.
func pause(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// request is one question.
type request struct {
	method string
	path   []string // segments behind the base path, escaped on the way
	query  url.Values
	kind   string // content type of body
	body   []byte
	// what is asked for, for messages.
	what string
}

// refusal is an answer with a status that says no.
type refusal struct {
	status int
	text   string // what the store says, shortened
	words  string
}

func (r *refusal) Error() string { return r.words }

// do asks and returns the whole answer. A busy store is asked again within the budget.
func (c *client) do(ctx context.Context, q request) ([]byte, error) {
	for delay := retryFirst; ; delay = min(2*delay, retryLast) {
		answer, after, err := c.once(ctx, q)
		var no *refusal
		if err == nil || !errors.As(err, &no) || (no.status != http.StatusTooManyRequests && no.status != http.StatusServiceUnavailable) {
			return answer, err
		}
		pauseFor := max(after, delay/2+rand.N(delay/2+1))
		if pauseFor > c.budget {
			return nil, err
		}
		c.budget -= pauseFor
		if e := c.wait(ctx, pauseFor); e != nil {
			return nil, errors.Join(err, e)
		}
	}
}

// once asks a single time. after is how long a busy store wants to be left alone.
func (c *client) once(ctx context.Context, q request) (answer []byte, after time.Duration, err error) {
	r, secrets, err := c.build(ctx, q)
	if err != nil {
		return nil, 0, err
	}
	response, err := c.http.Do(r)
	if err != nil {
		return nil, 0, c.unreached(ctx, err)
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		text, _ := io.ReadAll(io.LimitReader(response.Body, maxFailure)) // what is there explains the status
		return nil, retryAfter(response.Header), refused(q, response.StatusCode, text, secrets)
	}
	answer, err = io.ReadAll(io.LimitReader(response.Body, c.limit+1))
	switch {
	case err != nil:
		return nil, 0, fmt.Errorf("read %s: %w", q.what, c.unreached(ctx, err))
	case int64(len(answer)) > c.limit:
		return nil, 0, fmt.Errorf("read %s: the answer is larger than %d bytes: narrow the class", q.what, c.limit)
	}
	return answer, 0, nil
}

// build makes the request with the credentials as they stand in their files now.
func (c *client) build(ctx context.Context, q request) (r *http.Request, secrets []string, err error) {
	u := *c.base
	path := strings.TrimSuffix(u.EscapedPath(), "/")
	for _, segment := range q.path {
		path += "/" + url.PathEscape(segment)
	}
	if path == "" {
		path = "/"
	}
	if u.Path, err = url.PathUnescape(path); err != nil {
		return nil, nil, fmt.Errorf("url: %w", err)
	}
	u.RawPath, u.RawQuery = path, q.query.Encode()
	r, err = http.NewRequestWithContext(ctx, q.method, u.String(), bytes.NewReader(q.body))
	if err != nil {
		return nil, nil, fmt.Errorf("make request: %w", err)
	}
	if q.kind != "" {
		r.Header.Set("Content-Type", q.kind)
	}
	if c.store.Tenant != "" {
		r.Header.Set("X-Scope-OrgID", c.store.Tenant)
	}
	for _, f := range []struct{ name, key string }{{c.store.PasswordFile, "password_file"}, {c.store.TokenFile, "token_file"}} {
		if f.name == "" {
			continue
		}
		text, err := os.ReadFile(f.name)
		if err != nil {
			return nil, nil, fmt.Errorf("read %s: %w", f.key, err)
		}
		secret := strings.TrimSpace(string(text))
		if secret == "" || strings.ContainsAny(secret, "\r\n") {
			return nil, nil, fmt.Errorf("read %s: %s has to hold one line", f.key, f.name)
		}
		secrets = append(secrets, secret)
		if f.key == "token_file" {
			r.Header.Set("Authorization", "Bearer "+secret)
		} else {
			r.SetBasicAuth(c.store.Username, secret)
		}
	}
	return r, secrets, nil
}

// unreached says in words why there is no answer. The address is left out: messages
// name the store.
func (c *client) unreached(ctx context.Context, err error) error {
	var (
		outer     *url.Error
		authority x509.UnknownAuthorityError
		host      x509.HostnameError
		expired   x509.CertificateInvalidError
		timeout   net.Error
	)
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case errors.Is(err, errElsewhere):
		return errElsewhere
	case errors.As(err, &authority):
		return errors.New("its certificate is signed by an unknown authority: set ca_file")
	case errors.As(err, &host):
		return errors.New("its certificate is for another name: use the name in the certificate in url")
	case errors.As(err, &expired):
		return fmt.Errorf("its certificate is not valid: %w", expired)
	case errors.As(err, &timeout) && timeout.Timeout():
		return fmt.Errorf("it did not answer within %s: raise timeout, or ask it for less", c.store.Timeout)
	case errors.As(err, &outer):
		return fmt.Errorf("it cannot be reached: %w", outer.Err)
	}
	return err
}

// refused says in words what a status means and what to do.
func refused(q request, status int, body []byte, secrets []string) *refusal {
	text := shorten(string(body), secrets)
	r := &refusal{status: status, text: text}
	switch status {
	case http.StatusUnauthorized:
		r.words = fmt.Sprintf("it refuses the credentials for %s (status 401): look at username, password_file or token_file", q.what)
	case http.StatusForbidden:
		r.words = fmt.Sprintf("the account may not read %s (status 403): grant it the right to read", q.what)
	case http.StatusTooManyRequests, http.StatusServiceUnavailable:
		r.words = fmt.Sprintf("it is too busy for %s (status %d): it will be asked again later", q.what, status)
	default:
		r.words = fmt.Sprintf("it refuses %s with status %d", q.what, status)
	}
	if text != "" {
		r.words += ": " + text
	}
	return r
}

// maxText is how much of a foreign message is passed on.
const maxText = 300

// shorten makes one printable line of a foreign text, without secrets.
func shorten(text string, secrets []string) string {
	for _, s := range secrets {
		text = strings.ReplaceAll(text, s, "…")
	}
	text = strings.Join(strings.Fields(strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f {
			return ' '
		}
		return r
	}, strings.ToValidUTF8(text, "?"))), " ")
	if runes := []rune(text); len(runes) > maxText {
		text = string(runes[:maxText]) + "…"
	}
	return text
}

// retryAfter reads how long a busy store wants to be left alone, 0 if it does not say.
func retryAfter(h http.Header) time.Duration {
	n, err := strconv.ParseUint(h.Get("Retry-After"), 10, 31)
	if err != nil {
		return 0
	}
	return time.Duration(n) * time.Second
}

// status is the status of a refusal, 0 for any other error.
func status(err error) int {
	if no, ok := errors.AsType[*refusal](err); ok {
		return no.status
	}
	return 0
}
