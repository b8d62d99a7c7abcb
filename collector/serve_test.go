package collector

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"io"
	"log/slog"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/yunjian-io/yunjian/collector/central"
	"github.com/yunjian-io/yunjian/collector/ingest"
	"github.com/yunjian-io/yunjian/collector/report"
	"github.com/yunjian-io/yunjian/collector/store/engine"
	"github.com/yunjian-io/yunjian/internal/wire"
	"github.com/yunjian-io/yunjian/rules/calendar"
)

// certify writes a certificate for loopback with a serial number of its own.
func certify(t *testing.T, dir string, serial int64) (certFile, keyFile string) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(serial), Subject: pkix.Name{CommonName: "collector"},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	keyDER, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	certFile, keyFile = filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")
	for name, block := range map[string]*pem.Block{certFile: {Type: "CERTIFICATE", Bytes: der}, keyFile: {Type: "PRIVATE KEY", Bytes: keyDER}} {
		if err := os.WriteFile(name, pem.EncodeToMemory(block), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return certFile, keyFile
}

func TestCertificateIsReadAgain(t *testing.T) {
	dir := t.TempDir()
	certFile, keyFile := certify(t, dir, 1)
	now := time.Now()
	var failures []error
	c, err := loadCertificate(certFile, keyFile, func() time.Time { return now }, func(err error) { failures = append(failures, err) })
	if err != nil {
		t.Fatal(err)
	}
	serial := func() int64 {
		t.Helper()
		pair, err := c.get(nil)
		if err != nil {
			t.Fatal(err)
		}
		return pair.Leaf.SerialNumber.Int64()
	}
	certify(t, dir, 2)
	if got := serial(); got != 1 {
		t.Errorf("serial %d before it is time to look; want 1", got)
	}
	now = now.Add(time.Minute)
	if got := serial(); got != 2 || len(failures) > 0 {
		t.Errorf("serial %d, failures %v after renewal; want 2 and none", got, failures)
	}
	if err := os.WriteFile(certFile, []byte("half a renewal"), 0o600); err != nil {
		t.Fatal(err)
	}
	now = now.Add(time.Minute)
	if got := serial(); got != 2 || len(failures) != 1 {
		t.Errorf("serial %d, failures %v after a broken renewal; want 2 and one", got, failures)
	}
}

// TestServe runs the whole collector over TLS: a row is stored when it is
// answered, and the certificate is renewed without a restart.
func TestServe(t *testing.T) {
	if _, err := engine.Find(""); err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatal(err)
		}
		t.Skip(err)
	}
	dir := t.TempDir()
	secretFile := filepath.Join(dir, "secret")
	if err := os.WriteFile(secretFile, bytes.Repeat([]byte("s"), 40), 0o600); err != nil {
		t.Fatal(err)
	}
	c := Config{DataDir: dir, Listen: "127.0.0.1:0", Providers: []ProviderConfig{{ID: "p", SecretFile: secretFile}}, GroupCommit: 20 * time.Millisecond}
	c.TLS.CertFile, c.TLS.KeyFile = certify(t, dir, 7)
	c.API.SecretFile, c.Grafana.QueryListen = secretFile, "127.0.0.1:0"
	refuses := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusUnauthorized) }))
	t.Cleanup(refuses.Close)
	c.CentralStores = []CentralStore{{Name: "es", Kind: central.Elasticsearch, URL: refuses.URL, Provider: "p", Classes: []central.Class{{Class: "os-auth", Index: "a"}}}}
	c.defaults()
	var log bytes.Buffer
	s, err := NewServer(t.Context(), c, slog.New(slog.NewTextHandler(&log, nil)))
	if err != nil {
		t.Fatal(err)
	}
	// A central store is asked when it is due, and not again by Run.
	for _, want := range []bool{true, false} {
		if asked, err := s.probeDue(t.Context(), s.config.CentralStores[0], time.Hour); asked != want || err != nil {
			t.Errorf("probeDue() = %v, %v; want %v", asked, err, want)
		}
	}
	checkTells(t, s)
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- s.Run(ctx) }()

	client := &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true}}} //nolint:gosec // the test makes the certificate
	do := func(method, path string, body []byte) (int, string) {
		t.Helper()
		request, err := http.NewRequestWithContext(t.Context(), method, s.URL()+path, bytes.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		token, err := MintToken(c, "p", "i-1")
		if err != nil {
			t.Fatal(err)
		}
		request.Header.Set("Authorization", "Bearer "+token)
		answer, err := client.Do(request)
		if err != nil {
			t.Fatal(err)
		}
		defer answer.Body.Close()
		text, err := io.ReadAll(answer.Body)
		if err != nil {
			t.Fatal(err)
		}
		return answer.StatusCode, string(text)
	}
	var e wire.Encoder
	at := time.Now().Truncate(time.Minute)
	for _, m := range wire.Totals() {
		e.Add([]wire.Label{{Name: wire.LabelName, Value: m.FullName()}, {Name: wire.LabelHost, Value: "i-1"}}, wire.Sample{Milliseconds: at.UnixMilli(), Value: 60})
	}
	if status, text := do(http.MethodPost, wire.PathWrite, e.Bytes()); status != http.StatusNoContent {
		t.Fatalf("write: %d %s", status, text)
	}
	read, err := ReadStatus(t.Context(), s.db.Store, time.Now())
	if err != nil || len(read.Hosts) != 1 || !read.Hosts[0].LastReport.Equal(at) || read.Hosts[0].InInventory || read.WaitingCommits != 1 {
		t.Errorf("status after an answered report: %+v, %v", read, err)
	}
	if status, text := do(http.MethodGet, "/healthz", nil); status != http.StatusOK || text != "ok\n" {
		t.Errorf("/healthz: %d %q", status, text)
	}
	if status, text := askQueryDoor(t, client, s, bytes.Repeat([]byte("s"), 40)); status != http.StatusOK || text != "i-1\n" {
		t.Errorf("the query door: %d %s", status, text)
	}
	if _, text := do(http.MethodGet, "/metrics", nil); !strings.Contains(text, `yunjian_collector_rows_stored_total{table="usage"} 1`) {
		t.Errorf("/metrics does not count the row:\n%s", text)
	} else {
		checkMetricsPage(t, text)
	}
	if _, text := do(http.MethodGet, "/metrics", nil); !strings.Contains(text, `yunjian_collector_central_probes_total{outcome="failed"} 1`) || !strings.Contains(log.String(), "look at username, password_file or token_file") {
		t.Errorf("/metrics and the log do not tell of the store that refused:\n%s\n%s", text, log.String())
	}
	if _, text := do(http.MethodGet, "/metrics", nil); !strings.Contains(text, `yunjian_collector_queries_total{outcome="answered"} 1`) || !strings.Contains(log.String(), "user=office outcome=answered") {
		t.Errorf("/metrics and the log do not tell of the question:\n%s\n%s", text, log.String())
	}
	// A derivation waits for another process that derives.
	other, err := os.OpenFile(filepath.Join(dir, "derive.lock"), os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		t.Fatal(err)
	}
	if err := syscall.Flock(int(other.Fd()), syscall.LOCK_EX); err != nil {
		t.Fatal(err)
	}
	bound, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
	defer cancel()
	if n, err := s.db.Derive(bound, time.Now().Add(time.Second)); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("Derive() beside another = %d, %v; want to wait", n, err)
	}
	other.Close()
	if n, err := s.db.Derive(t.Context(), time.Now().Add(time.Second)); err != nil || n != 1 {
		t.Errorf("Derive() after the other = %d, %v; want 1 commit", n, err)
	}
	stop()
	if err := <-done; err != nil {
		t.Errorf("Run() = %v\n%s", err, log.String())
	}
}

// askQueryDoor asks for the hosts, as Grafana would for the office.
func askQueryDoor(t *testing.T, client *http.Client, s *Server, secret []byte) (int, string) {
	t.Helper()
	token, err := ingest.MintRole(secret, ingest.Person{Role: ingest.RoleOffice, Reader: true})
	if err != nil {
		t.Fatal(err)
	}
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "https://"+s.QueryAddr().String()+"/", strings.NewReader("SELECT host_id FROM hosts"))
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("X-ClickHouse-User", "office")
	request.Header.Set("X-ClickHouse-Key", token)
	answer, err := client.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	return answer.StatusCode, string(text)
}

// TestServeFiles lets the service close and file by itself: repeats change nothing, and the
// figures and the door tell of it.
func TestServeFiles(t *testing.T) {
	if _, err := engine.Find(""); err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatal(err)
		}
		t.Skip(err)
	}
	dir := t.TempDir()
	secret := bytes.Repeat([]byte("s"), 40)
	secretFile := filepath.Join(dir, "secret")
	if err := os.WriteFile(secretFile, secret, 0o600); err != nil {
		t.Fatal(err)
	}
	month := calendar.DateOf(time.Now().In(Zone())).CalendarMonth().Add(-2) // its cut-off is over on any day
	c := Config{DataDir: dir, Listen: "127.0.0.1:0"}
	c.API.SecretFile = secretFile
	c.Reports.Out, c.Reports.Since = filepath.Join(dir, "reports"), month.String()
	c.Reports.Providers = []string{"p", "q"} // q is not in the inventory
	c.defaults()
	var log bytes.Buffer
	s, err := NewServer(t.Context(), c, slog.New(slog.NewTextHandler(&log, nil)))
	if err != nil {
		t.Fatal(err)
	}
	printed := 0
	s.PrintReports(Printer{
		Print: func(d report.Document, _ time.Time) ([]report.File, []string, error) {
			printed++
			return []report.File{report.NewFile(d.Name+".txt", []byte(d.Title))}, nil, nil
		},
		Keep: func(string, *report.Document, report.Edition) error { return nil },
	}, "test")
	for i, f := range []struct{ name, text string }{
		{"providers.csv", "provider_id,provider_name\np,P\n"},
		{"platforms.csv", "platform_id,platform_name,platform_kind,provider_id\nc,C,provider,p\n"},
	} {
		done, err := ImportInventory(t.Context(), s.db.Store, InventoryFile{Name: f.name, Data: []byte(f.text)}, time.Now().Add(time.Duration(i)*time.Microsecond))
		if err != nil || len(done.Problems) > 0 {
			t.Fatal(err, done.Problems)
		}
	}
	for range 2 { // the failure of q does not keep p back, and is tried again
		if err := s.fileOnce(t.Context()); err == nil || !strings.Contains(err.Error(), `provider "q"`) {
			t.Errorf("filing: %v; want a word about q", err)
		}
	}
	closes, err := s.db.MonthCloses(t.Context(), calendar.Month{})
	const kinds = 3 // on usage, on operation and maintenance, on the situation
	if err != nil || len(closes) == 0 || closes[0].Month != month || printed != kinds*len(closes) {
		t.Errorf("closed %+v, printed %d, %v", closes, printed, err)
	}
	name := "p-" + strings.ReplaceAll(month.String(), "-", "") + "-usage-v1"
	if _, err := os.Stat(filepath.Join(c.Reports.Out, month.String(), name+".txt")); err != nil {
		t.Error(err)
	}
	server := httptest.NewServer(s.http.Handler)
	t.Cleanup(server.Close)
	token, err := ingest.MintRole(secret, ingest.Person{Role: ingest.RoleOffice})
	if err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]string{"/metrics": `yunjian_collector_reports_total{outcome="made"}`, "/api/v1/reports": name, "/api/v1/reports/" + name + "/" + name + ".txt": "\u6708\u62a5"} {
		request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, server.URL+path, nil)
		if err != nil {
			t.Fatal(err)
		}
		request.Header.Set("Authorization", "Bearer "+token)
		answer, err := server.Client().Do(request)
		if err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(answer.Body)
		answer.Body.Close()
		if err != nil || !strings.Contains(string(text), want) || strings.Contains(string(text), "reports_overdue 0\n") {
			t.Errorf("%s: %d, %v, lacks %q:\n%.1500s", path, answer.StatusCode, err, want, text)
		}
	}
	if !strings.Contains(log.String(), "month closed") || !strings.Contains(log.String(), "report made") {
		t.Errorf("the log does not tell:\n%s", log.String())
	}
	if err := errors.Join(s.listener.Close(), s.db.Close()); err != nil {
		t.Error(err)
	}
}
