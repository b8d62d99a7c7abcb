package central

import (
	"context"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// TestErrors: every failure is an error that names the store, says what to do and holds
// no secret, and proves nothing.
func TestErrors(t *testing.T) {
	const secret = "s3cret-token"
	elsewhere := served(t, http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		t.Errorf("followed to another address, with authorization %q", r.Header.Get("Authorization"))
	}))
	hang := make(chan struct{})
	defer close(hang) // before the servers are closed, which wait for their handlers
	for _, tt := range []struct {
		name    string
		handler http.HandlerFunc
		options Options
		want    string
	}{
		{"401", reply(http.StatusUnauthorized, `{"error":"bad token `+secret+`"}`), Options{}, "refuses the credentials for a search of logs-* (status 401): look at username, password_file or token_file"},
		{"403", reply(http.StatusForbidden, "no"), Options{}, "may not read a search of logs-* (status 403): grant it the right to read: no"},
		{"404", reply(http.StatusNotFound, `{"error":"index_not_found_exception"}`), Options{}, "no such index"},
		{"500", reply(http.StatusInternalServerError, strings.Repeat("x", 1<<20)), Options{}, "status 500"},
		{"503", reply(http.StatusServiceUnavailable, ""), Options{}, "too busy for a search of logs-* (status 503)"},
		{"garbage", reply(http.StatusOK, "<html>hello"), Options{}, "read answer of the search"},
		{"another service", reply(http.StatusOK, "{}"), Options{}, "is this the address of the store?"},
		{"huge", reply(http.StatusOK, strings.Repeat(" ", 5000)), Options{MaxAnswer: 1000}, "larger than 1000 bytes"},
		{"redirect", func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, elsewhere+"/x", http.StatusTemporaryRedirect)
		}, Options{}, "put the final address into url"},
		{"cut off", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", "100")
			fmt.Fprint(w, `{"timed_out":false`)
		}, Options{}, "read a search of logs-*"},
		{"slow", func(_ http.ResponseWriter, r *http.Request) {
			select {
			case <-hang:
			case <-r.Context().Done():
			}
		}, Options{}, "did not answer within 1s: raise timeout"},
	} {
		s := elasticStore(served(t, tt.handler))
		s.TokenFile, s.Timeout = secretFile(t, secret+"\n"), time.Second
		got, err := ask(t, prober(t, s, tt.options))
		if err == nil || !strings.Contains(err.Error(), tt.want) || !strings.HasPrefix(err.Error(), `ask central store "site" for os-auth: `) {
			t.Errorf("%s: %v; want it to say %q", tt.name, err, tt.want)
			continue
		}
		if strings.Contains(err.Error(), secret) || strings.Contains(err.Error(), "127.0.0.1") || len(err.Error()) > 600 || len(got.Hosts) > 0 {
			t.Errorf("%s: %d hosts, and it tells too much: %v", tt.name, len(got.Hosts), err)
		}
	}
}

// TestBusy: a busy store is asked again, for as long as it says, within a budget.
func TestBusy(t *testing.T) {
	busy := 2
	m := &elasticModel{t: t, settings: map[string]string{"logs-1": created(1)}, answers: map[string]string{"/logs-*/_ilm/explain": noLifecycle}}
	handler := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if busy > 0 {
			busy--
			w.Header().Set("Retry-After", "7")
			w.WriteHeader(http.StatusTooManyRequests)
			return
		}
		m.ServeHTTP(w, r)
	})
	var waited []time.Duration
	wait := func(_ context.Context, d time.Duration) error {
		waited = append(waited, d)
		return nil
	}
	asked(t, prober(t, elasticStore(served(t, handler)), Options{Wait: wait}))
	if diff := cmp.Diff([]time.Duration{7 * time.Second, 7 * time.Second}, waited); diff != "" {
		t.Errorf("waited (-want +got):\n%s", diff)
	}
	busy, waited = 1<<30, nil
	if _, err := ask(t, prober(t, elasticStore(served(t, handler)), Options{Wait: wait})); status(err) != http.StatusTooManyRequests {
		t.Errorf("busy for good: %v", err)
	}
	total := time.Duration(0)
	for _, d := range waited {
		total += d
	}
	if total > retryBudget || total < retryBudget/2 {
		t.Errorf("waited %s in all; want up to %s", total, retryBudget)
	}
}

// TestCancel: the end of the context ends the asking, also while waiting.
func TestCancel(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	s := elasticStore(served(t, reply(http.StatusServiceUnavailable, "")))
	p := prober(t, s, Options{Wait: func(ctx context.Context, d time.Duration) error {
		cancel()
		return pause(ctx, d)
	}})
	if _, err := p.Ask(ctx, s.Classes[0], first, now); !errors.Is(err, context.Canceled) {
		t.Errorf("Ask() = %v; want %v", err, context.Canceled)
	}
	if _, err := p.Ask(ctx, s.Classes[0], first, now); !errors.Is(err, context.Canceled) {
		t.Errorf("Ask() = %v; want %v", err, context.Canceled)
	}
	if _, err := p.Ask(t.Context(), s.Classes[0], first.AddDays(400), now); err == nil || !strings.Contains(err.Error(), "is empty") {
		t.Errorf("an empty window: %v", err)
	}
}

// TestTLS: a certificate counts if ca_file signed it, and only over TLS.
func TestTLS(t *testing.T) {
	m := &elasticModel{t: t, settings: map[string]string{"logs-1": created(1)}, answers: map[string]string{"/logs-*/_ilm/explain": noLifecycle}}
	server := httptest.NewUnstartedServer(m)
	server.Config.ErrorLog = log.New(io.Discard, "", 0) // it would tell of refused handshakes
	server.StartTLS()
	t.Cleanup(server.Close)
	s := elasticStore(server.URL)
	if _, err := ask(t, prober(t, s, Options{})); err == nil || !strings.Contains(err.Error(), "unknown authority: set ca_file") {
		t.Errorf("without ca_file: %v", err)
	}
	s.CAFile = secretFile(t, string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw})))
	asked(t, prober(t, s, Options{}))
	s.URL = strings.Replace(s.URL, "127.0.0.1", "localhost", 1)
	if _, err := ask(t, prober(t, s, Options{})); err == nil || !strings.Contains(err.Error(), "certificate is for another name") {
		t.Errorf("for another name: %v", err)
	}
	s.Complete()
	for _, text := range []string{"no certificate", ""} {
		s.CAFile = secretFile(t, text)
		if _, err := New(s, Options{}); err == nil || !strings.Contains(err.Error(), "holds no PEM certificate") {
			t.Errorf("ca_file %q: %v", text, err)
		}
	}
}

// TestTokenReadAgain: a new token is used with the next request; a file that is gone or
// empty is an error before anything is sent.
func TestTokenReadAgain(t *testing.T) {
	m := &elasticModel{t: t, settings: map[string]string{"logs-1": created(1)}, answers: map[string]string{"/logs-*/_ilm/explain": noLifecycle}}
	s := elasticStore(served(t, m))
	s.TokenFile = secretFile(t, "one")
	p := prober(t, s, Options{})
	for _, token := range []string{"one", "two"} {
		if err := os.WriteFile(s.TokenFile, []byte(token+"\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		asked(t, p)
		if got := m.header.Get("Authorization"); got != "Bearer "+token {
			t.Errorf("authorization %q; want token %q", got, token)
		}
	}
	for _, text := range []string{"", "a\nb"} {
		if err := os.WriteFile(s.TokenFile, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := ask(t, p); err == nil || !strings.Contains(err.Error(), "has to hold one line") {
			t.Errorf("token %q: %v", text, err)
		}
	}
	if err := os.Remove(s.TokenFile); err != nil {
		t.Fatal(err)
	}
	if _, err := ask(t, p); err == nil || !strings.Contains(err.Error(), "read token_file") {
		t.Errorf("without the file: %v", err)
	}
}

// TestUnreachable: nobody listens there.
func TestUnreachable(t *testing.T) {
	server := httptest.NewServer(reply(http.StatusOK, ""))
	url := server.URL
	server.Close()
	if _, err := ask(t, prober(t, elasticStore(url), Options{})); err == nil || !strings.Contains(err.Error(), "it cannot be reached") {
		t.Errorf("Ask() = %v", err)
	}
}
