package push

import (
	"context"
	"crypto/tls"
	"encoding/pem"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/yunjian-io/yunjian/internal/wire"
)

func write(t testing.TB, name, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func client(t testing.TB, o Options) *Client {
	t.Helper()
	c, err := New(o, &Meter{})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func send(t testing.TB, c *Client, content Content, body string) Verdict {
	t.Helper()
	v, err := c.Send(t.Context(), content, []byte(body))
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func TestVerdicts(t *testing.T) {
	tests := []struct {
		status int
		after  string
		want   Verdict
	}{
		{200, "", Verdict{Outcome: Delivered}},
		{204, "5", Verdict{Outcome: Delivered}},
		{301, "", Verdict{Outcome: Keep}},
		{400, "", Verdict{Outcome: Rejected}},
		{401, "", Verdict{Outcome: Unauthorized}},
		{403, "", Verdict{Outcome: Unauthorized}},
		{404, "", Verdict{Outcome: Keep}},
		{413, "", Verdict{Outcome: Split}},
		{429, "7", Verdict{Outcome: Keep, RetryAfter: 7 * time.Second}},
		{500, "", Verdict{Outcome: Keep}},
		{503, "30", Verdict{Outcome: Keep, RetryAfter: 30 * time.Second}},
		{503, "-3", Verdict{Outcome: Keep}},
		{503, "soon", Verdict{Outcome: Keep}},
		{503, "999999999", Verdict{Outcome: Keep, RetryAfter: time.Hour}},
	}
	var status int
	var after string
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		if after != "" {
			w.Header().Set("Retry-After", after)
		}
		w.WriteHeader(status)
	}))
	defer server.Close()
	c := client(t, Options{URL: server.URL})
	for _, tt := range tests {
		status, after = tt.status, tt.after
		tt.want.Status = tt.status
		got := send(t, c, Metrics(), "x")
		if diff := cmp.Diff(tt.want, got, cmpopts.IgnoreFields(Verdict{}, "Detail")); diff != "" {
			t.Errorf("%d, Retry-After %q: %s", tt.status, tt.after, diff)
		}
		if (got.Detail == "") != (got.Outcome == Delivered) {
			t.Errorf("%d: detail %q", tt.status, got.Detail)
		}
	}
}

func TestRetryAfterDate(t *testing.T) {
	now := time.Date(2026, 11, 1, 8, 0, 0, 0, time.UTC)
	if got := retryAfter("Sun, 01 Nov 2026 08:01:30 GMT", now); got != 90*time.Second {
		t.Errorf("retryAfter(date) = %v; want 90s", got)
	}
}

// The request must be what a stock remote-write receiver expects.
func TestHeaders(t *testing.T) {
	type seen struct {
		Method, Path, Body string
		Header             map[string]string
	}
	var got seen
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		got = seen{r.Method, r.URL.Path, string(body), map[string]string{}}
		for k := range r.Header {
			got.Header[k] = r.Header.Get(k)
		}
		w.WriteHeader(http.StatusNoContent)
	}))
	defer server.Close()
	path := write(t, "token", "first\n")
	c := client(t, Options{URL: server.URL + "/", TokenFile: path, Version: "1.2.3"})
	send(t, c, Metrics(), "body")
	want := seen{"POST", wire.PathWrite, "body", map[string]string{
		"Authorization": "Bearer first", "User-Agent": "yunjian-agent/1.2.3", "Content-Length": "4",
		"Content-Type": "application/x-protobuf", "Content-Encoding": "snappy", "X-Prometheus-Remote-Write-Version": "0.1.0",
	}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	// A replaced token is used at once.
	if err := os.WriteFile(path, []byte("second token"), 0o600); err != nil {
		t.Fatal(err)
	}
	if v := send(t, c, Document(), "{}"); v.Outcome != Keep || !strings.Contains(v.Detail, "one line of printable ASCII") {
		t.Errorf("verdict with a malformed token: %+v; want Keep", v)
	}
	if err := os.WriteFile(path, []byte("second"), 0o600); err != nil {
		t.Fatal(err)
	}
	send(t, c, Document(), "{}")
	want = seen{"POST", wire.PathDocuments, "{}", map[string]string{
		"Authorization": "Bearer second", "User-Agent": "yunjian-agent/1.2.3", "Content-Length": "2", "Content-Type": "application/json",
	}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	if v := send(t, c, Document(), "{}"); v.Outcome != Keep || !strings.Contains(v.Detail, "read token") {
		t.Errorf("verdict without a token file: %+v; want Keep", v)
	}
}

func TestClockOffset(t *testing.T) {
	collector := time.Date(2026, 11, 1, 8, 0, 0, 0, time.UTC)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set(wire.HeaderTime, strconv.FormatInt(collector.UnixNano(), 10))
	}))
	defer server.Close()
	c := client(t, Options{URL: server.URL})
	host := collector.Add(3 * time.Second)
	c.now = func() time.Time { // 2 s from asking to answer
		defer func() { host = host.Add(2 * time.Second) }()
		return host
	}
	got := send(t, c, Metrics(), "x")
	if !got.ClockKnown || got.ClockOffset != 4*time.Second {
		t.Errorf("offset %v, known %v; want 4s, true", got.ClockOffset, got.ClockKnown)
	}
}

// A refused connection and one that hangs are kept; only our own stop is an error.
func TestNoAnswer(t *testing.T) {
	server := httptest.NewServer(http.NotFoundHandler())
	url := server.URL
	server.Close()
	if v := send(t, client(t, Options{URL: url}), Metrics(), "x"); v.Outcome != Keep || v.Detail == "" || strings.Contains(v.Detail, url) {
		t.Errorf("refused connection: %+v; want Keep with the reason alone", v)
	}
	release := make(chan struct{})
	server = httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { <-release }))
	defer server.Close()
	defer close(release)
	if v := send(t, client(t, Options{URL: server.URL, Timeout: 20 * time.Millisecond}), Metrics(), "x"); v.Outcome != Keep {
		t.Errorf("hanging collector: %+v; want Keep", v)
	}
	stop := errors.New("stopping")
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(stop)
	if _, err := client(t, Options{URL: server.URL}).Send(ctx, Metrics(), nil); !errors.Is(err, stop) {
		t.Errorf("Send with a cancelled context: %v; want the cause", err)
	}
}

// outside makes a loopback connection look like one to another host.
type outside struct{ net.Conn }

func (outside) RemoteAddr() net.Addr { return &net.TCPAddr{IP: net.IPv4(192, 0, 2, 1), Port: 443} }

func TestMeterAndTLS(t *testing.T) {
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if len(r.TLS.PeerCertificates) != 1 {
			w.WriteHeader(http.StatusForbidden)
		}
	}))
	server.TLS = &tls.Config{ClientAuth: tls.RequestClientCert}
	server.StartTLS()
	defer server.Close()
	leaf := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw})
	ca := write(t, "ca.pem", string(leaf))
	certFile, keyFile := ca, write(t, "key.pem", privateKey(t, server))
	if v := send(t, client(t, Options{URL: server.URL}), Metrics(), "x"); v.Outcome != Keep || !strings.Contains(v.Detail, "certificate") {
		t.Errorf("unknown authority: %+v; want Keep that names the certificate", v)
	}
	meter := &Meter{}
	c, err := New(Options{URL: server.URL, CAFile: ca, CertFile: certFile, KeyFile: keyFile}, meter)
	if err != nil {
		t.Fatal(err)
	}
	if v := send(t, c, Metrics(), "x"); v.Outcome != Delivered {
		t.Errorf("with CA and client certificate: %+v; want Delivered", v)
	}
	if got := meter.Bytes(); got != 0 {
		t.Errorf("metered %d bytes on loopback; want 0, as the host's totals have none of them", got)
	}
	transport := c.http.Transport.(*http.Transport).Clone()
	dial := (&net.Dialer{}).DialContext
	transport.DialContext = func(ctx context.Context, network, address string) (net.Conn, error) {
		conn, err := dial(ctx, network, address)
		return meter.Conn(outside{conn}), err
	}
	c.http.Transport = transport
	body := strings.Repeat("x", 10_000)
	send(t, c, Metrics(), body)
	first := meter.Bytes()
	send(t, c, Metrics(), body)
	second := meter.Bytes() - first
	// The first request pays for the handshake; both carry the body and what TLS adds.
	if second < int64(len(body)) || second > int64(len(body))+1000 || first < second+1000 {
		t.Errorf("metered %d bytes, then %d on the kept connection", first, second)
	}
}

func TestOptions(t *testing.T) {
	junk := write(t, "junk", "junk")
	tests := []struct {
		o    Options
		want string // in the error; "" for none
	}{
		{Options{URL: "https://collector.example:8443"}, ""},
		{Options{URL: "http://127.0.0.1:1"}, ""},
		{Options{URL: "http://[::1]:1"}, ""},
		{Options{URL: "http://localhost:1"}, ""},
		{Options{URL: "http://collector.example"}, "plain HTTP"},
		{Options{URL: "http://collector.example", AllowPlainHTTP: true}, ""},
		{Options{URL: "collector.example:8443"}, "want scheme"},
		{Options{URL: "ftp://collector.example"}, "neither https nor http"},
		{Options{URL: "https://u:p@collector.example"}, "want scheme"},
		{Options{URL: ""}, "want scheme"},
		{Options{URL: "https://a", CAFile: "/nowhere"}, "read CA certificates"},
		{Options{URL: "https://a", CAFile: junk}, "no PEM certificate"},
		{Options{URL: "https://a", CertFile: junk}, "both a certificate and a key"},
		{Options{URL: "https://a", CertFile: junk, KeyFile: junk}, "read client certificate"},
	}
	for _, tt := range tests {
		_, err := New(tt.o, &Meter{})
		if tt.want == "" && err != nil || tt.want != "" && (err == nil || !strings.Contains(err.Error(), tt.want)) {
			t.Errorf("New(%+v): error %v; want %q", tt.o, err, tt.want)
		}
	}
}
