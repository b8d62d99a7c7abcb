package dashboards

import (
	"bytes"
	"cmp"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	openapi "github.com/go-openapi/runtime/client"
	"github.com/go-openapi/strfmt"
	"github.com/grafana/grafana-openapi-client-go/client/dashboards"
	"github.com/grafana/grafana-openapi-client-go/client/datasources"
	"github.com/grafana/grafana-openapi-client-go/client/folders"
	"github.com/grafana/grafana-openapi-client-go/client/health"
	"github.com/grafana/grafana-openapi-client-go/client/provisioning"
)

// Grafana is the server that is published to.
type Grafana struct {
	URL            string // such as https://grafana.example.cn or https://portal.example.cn/grafana
	Token          string // of a service account
	CA             []byte // certificates in PEM that are trusted instead of the system's; none if empty
	AllowPlainHTTP bool   // send the token unprotected to another host

	// Wait sleeps between two tries of a request; nil is a timer. Tests replace it.
	Wait func(context.Context, time.Duration) error
}

// Fault is what Grafana answered instead of doing what it was asked for. The generated client
// hides the bodies of answers that its description does not name, so they are kept here.
type Fault struct {
	What    string // was asked for, such as: create the folder "yunjian"
	Status  int    // of HTTP
	Message string // of the body
}

// Error says what was asked, what was answered, and what usually helps.
func (f *Fault) Error() string {
	text := fmt.Sprintf("%s: Grafana answers %d: %s", f.What, f.Status, cmp.Or(f.Message, http.StatusText(f.Status)))
	switch {
	case f.Status == http.StatusUnauthorized:
		text += " (is the token of this Grafana, and has it not expired?)"
	case f.Status == http.StatusForbidden:
		text += " (data sources need a service account of role Admin; folders, dashboards and rules need Editor and rights in the folder)"
	case strings.Contains(strings.ToLower(f.Message), "provenance"):
		text += " (the rule was made another way; delete it in Grafana, or change it the way it was made)"
	case strings.Contains(strings.ToLower(f.Message), "plugin"):
		text += " (is the plugin " + DataSourceType + " installed in this Grafana?)"
	}
	return text
}

// status is the HTTP status that Grafana refused a request with, 0 if err is none of its.
func status(err error) int {
	if fault, ok := errors.AsType[*Fault](err); ok {
		return fault.Status
	}
	return 0
}

// door is the part of Grafana's API that is used.
type door struct {
	folders    folders.ClientService
	sources    datasources.ClientService
	dashboards dashboards.ClientService
	alerting   provisioning.ClientService
	health     health.ClientService
	http       *http.Client
	base       *url.URL
	token      string
}

// open makes the clients. It sends nothing yet.
func open(g Grafana) (*door, error) {
	base, err := url.Parse(strings.TrimRight(g.URL, "/"))
	if err != nil || base.Host == "" || base.Scheme != "http" && base.Scheme != "https" || base.User != nil || base.RawQuery != "" {
		return nil, fmt.Errorf("address %q: want http(s)://HOST[:PORT][/PATH] without a user, as a browser opens Grafana", g.URL)
	}
	if g.Token == "" {
		return nil, errors.New("the token is empty: make a service account token in Grafana (Administration, Service accounts)")
	}
	if base.Scheme == "http" && !loopback(base.Hostname()) && !g.AllowPlainHTTP {
		return nil, fmt.Errorf("address %q: over plain http the token could be read on the way; use https, or allow plain http", g.URL)
	}
	transport := &http.Transport{Proxy: http.ProxyFromEnvironment, ForceAttemptHTTP2: true, TLSHandshakeTimeout: 10 * time.Second, IdleConnTimeout: time.Minute}
	if len(g.CA) > 0 {
		pool := x509.NewCertPool()
		if !pool.AppendCertsFromPEM(g.CA) {
			return nil, errors.New("the CA file has no certificate in PEM")
		}
		transport.TLSClientConfig = &tls.Config{RootCAs: pool, MinVersion: tls.VersionTLS12}
	}
	carrier := &courier{next: transport, wait: g.Wait}
	if carrier.wait == nil {
		carrier.wait = sleep
	}
	// A redirect would carry the token elsewhere, and turn a POST into a GET.
	client := &http.Client{Transport: carrier, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	runtime := openapi.NewWithClient(base.Host, base.Path+"/api", []string{base.Scheme}, client)
	runtime.DefaultAuthentication = openapi.BearerToken(g.Token)
	return &door{
		folders: folders.New(runtime, strfmt.Default), sources: datasources.New(runtime, strfmt.Default), dashboards: dashboards.New(runtime, strfmt.Default),
		alerting: provisioning.New(runtime, strfmt.Default), health: health.New(runtime, strfmt.Default), http: client, base: base, token: g.Token,
	}, nil
}

func loopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

func sleep(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return nil
	}
}

// answer is what the courier has seen of the last answer in a call.
type answer struct {
	status  int
	message string
}

type answerKey struct{}

// call runs one request of the generated client and makes its error a Fault.
func call[T any](ctx context.Context, what string, ask func(context.Context) (T, error)) (T, error) {
	seen := &answer{}
	got, err := ask(context.WithValue(ctx, answerKey{}, seen))
	switch {
	case err == nil:
		return got, nil
	case seen.status >= 400:
		return got, &Fault{What: what, Status: seen.status, Message: seen.message}
	case seen.status != 0:
		return got, fmt.Errorf("%s: the answer (status %d) is not one of Grafana's API; is the address right? %w", what, seen.status, err)
	}
	return got, fmt.Errorf("%s: %w", what, err)
}

const (
	tries       = 4                // of a request
	patience    = 30 * time.Second // for one try, and the longest pause that a server may ask for
	answerLimit = 32 << 20         // bytes of an answer
)

// courier sends a request again when Grafana, or what stands before it, is overloaded or
// restarting. That is safe for everything that is sent here: what was done already shows as
// a conflict, and is then looked at once more.
type courier struct {
	next     http.RoundTripper
	wait     func(context.Context, time.Duration) error
	answered bool // once; an address that never answers is not tried again
}

// RoundTrip implements http.RoundTripper.
func (c *courier) RoundTrip(r *http.Request) (*http.Response, error) {
	var body []byte
	if r.Body != nil {
		var err error
		body, err = io.ReadAll(r.Body)
		if err = errors.Join(err, r.Body.Close()); err != nil {
			return nil, err
		}
	}
	for try := 1; ; try++ {
		response, data, err := c.once(r, body)
		pause, again := time.Second<<(try-1), err != nil && c.answered
		if err == nil {
			c.answered = true
			switch response.StatusCode {
			case http.StatusTooManyRequests, http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout:
				again = true
				if seconds, err := strconv.Atoi(response.Header.Get("Retry-After")); err == nil && seconds >= 0 {
					pause = min(time.Duration(seconds)*time.Second, patience)
				}
			}
		}
		if again && try < tries && r.Context().Err() == nil {
			if err := c.wait(r.Context(), pause); err != nil {
				return nil, err
			}
			continue
		}
		if err != nil {
			return nil, err
		}
		if seen, ok := r.Context().Value(answerKey{}).(*answer); ok {
			*seen = answer{status: response.StatusCode, message: message(data)}
		}
		return response, nil
	}
}

// once sends a request and reads the whole answer.
func (c *courier) once(r *http.Request, body []byte) (*http.Response, []byte, error) {
	ctx, cancel := context.WithTimeout(r.Context(), patience)
	defer cancel()
	request := r.Clone(ctx)
	request.Body, request.ContentLength = http.NoBody, 0
	if len(body) > 0 {
		request.Body, request.ContentLength = io.NopCloser(bytes.NewReader(body)), int64(len(body))
	}
	response, err := c.next.RoundTrip(request)
	if err != nil {
		return nil, nil, err
	}
	data, err := io.ReadAll(io.LimitReader(response.Body, answerLimit+1))
	if err = errors.Join(err, response.Body.Close()); err != nil {
		return nil, nil, err
	}
	if len(data) > answerLimit {
		return nil, nil, fmt.Errorf("the answer is over %d bytes", answerLimit)
	}
	response.Body = io.NopCloser(bytes.NewReader(data))
	return response, data, nil
}

// message is what the body of an answer says to a person.
func message(body []byte) string {
	var said struct {
		Message string `json:"message"`
	}
	if json.Unmarshal(body, &said) == nil {
		return said.Message
	}
	text := strings.Join(strings.Fields(string(body)), " ")
	if strings.HasPrefix(text, "<") {
		return "a web page, not Grafana's API; is a proxy or a login page in the way?"
	}
	if limit := 200; len(text) > limit {
		text = strings.ToValidUTF8(text[:limit], "") + "…"
	}
	return text
}
