package main

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/yunjian-io/yunjian/dashboards"
)

// TestMain lets the test binary play Chromium: it opens the page and draws its text.
func TestMain(m *testing.M) {
	if os.Getenv("SCREENSHOTS_CHILD") == "" {
		os.Exit(m.Run())
	}
	name := ""
	for _, arg := range os.Args {
		if after, ok := strings.CutPrefix(arg, "--screenshot="); ok {
			name = after
		}
	}
	if err := draw(os.Args[len(os.Args)-1], name); err != nil {
		_, _ = io.WriteString(os.Stderr, err.Error())
		os.Exit(1)
	}
	os.Exit(0)
}

func draw(page, name string) error {
	request, err := http.NewRequestWithContext(context.Background(), http.MethodGet, page, http.NoBody)
	if err != nil {
		return err
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return err
	}
	defer func() { _ = response.Body.Close() }()
	text, err := io.ReadAll(response.Body)
	if err != nil || response.StatusCode != http.StatusOK {
		return errors.Join(err, errors.New(response.Status))
	}
	return os.WriteFile(name, append([]byte("\x89PNG"), text...), 0o600)
}

// TestScreenshots: a picture of each dashboard, as one who is signed in sees it.
func TestScreenshots(t *testing.T) {
	var opened atomic.Int32
	grafana := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") != "Bearer secret" || !strings.HasPrefix(r.URL.Path, "/grafana/d/yunjian-") || r.URL.Query().Get("from") != "now-24h" {
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		opened.Add(1)
		_, _ = io.WriteString(w, r.URL.Path)
	}))
	defer grafana.Close()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "token"), []byte("secret\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	t.Setenv("SCREENSHOTS_CHILD", "1")
	var out bytes.Buffer
	args := []string{"--grafana", grafana.URL + "/grafana/", "--token-file", filepath.Join(dir, "token"), "--out", filepath.Join(dir, "out"), "--chromium", self}
	if err := run(t.Context(), args, &out, t.Output()); err != nil {
		t.Fatal(err)
	}
	all, err := dashboards.Dashboards()
	if err != nil {
		t.Fatal(err)
	}
	if got := strings.Count(out.String(), ".png\n"); got != len(all) || int(opened.Load()) != len(all) || got == 0 {
		t.Errorf("%d pictures, %d pages opened; want %d", got, opened.Load(), len(all))
	}
	if err := os.WriteFile(filepath.Join(dir, "token"), []byte("wrong"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := run(t.Context(), args, &out, t.Output()); err == nil {
		t.Error("a page that cannot be opened is no error")
	}
}

func TestHeight(t *testing.T) {
	for model, want := range map[string]int{
		`{"panels": [{"gridPos": {"y": 10, "h": 8}}, {"gridPos": {"y": 0, "h": 4}}]}`: 784, `{}`: 480, `{"panels": [{"gridPos": {"y": 9000, "h": 1}}]}`: 12000,
	} {
		if got := height([]byte(model)); got != want {
			t.Errorf("height(%s) = %d; want %d", model, got, want)
		}
	}
}
