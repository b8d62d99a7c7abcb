package agent

import (
	"bytes"
	"fmt"
	"io"
	"log/slog"
	"math"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/yunjian-io/yunjian/agent/probe"
	"github.com/yunjian-io/yunjian/internal/wire"
)

const testHost = "vm-1"

// collector is the other side of the wire: it decodes every request with the
// codec of the real one and keeps what it acknowledged.
type collector struct {
	t testing.TB

	mu       sync.Mutex
	answer   func(r *http.Request, body []byte) (status int, header http.Header) // nil: 204
	clock    func() time.Time
	rows     []time.Time                      // instants with every host total, as they came
	values   map[time.Time]map[string]float64 // host totals by instant
	devices  map[time.Time]int                // labelled series by instant
	ids      []wire.Identity                  // identity documents, as they came
	evidence []wire.LogEvidence               // likewise
	at       []time.Time                      // when requests came
	refused  map[int]int                      // answers by status
	table    *wire.Table
}

func newCollector(t testing.TB) *collector {
	return &collector{t: t, clock: time.Now, values: map[time.Time]map[string]float64{}, devices: map[time.Time]int{}, refused: map[int]int{}, table: wire.NewTable()}
}

// set changes the answers from now on.
func (c *collector) set(answer func(*http.Request, []byte) (int, http.Header)) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.answer = answer
}

func always(status int) func(*http.Request, []byte) (int, http.Header) {
	return func(*http.Request, []byte) (int, http.Header) { return status, nil }
}

func (c *collector) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		c.t.Error(err)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at = append(c.at, time.Now())
	w.Header().Set(wire.HeaderTime, strconv.FormatInt(c.clock().UnixNano(), 10))
	if c.answer != nil {
		if status, header := c.answer(r, body); status != 0 {
			for k := range header {
				w.Header().Set(k, header.Get(k))
			}
			c.refused[status]++
			w.WriteHeader(status)
			fmt.Fprintln(w, "said the fake collector")
			return
		}
	}
	switch r.URL.Path {
	case wire.PathDocuments:
		d, err := wire.DecodeDocument(body)
		if err != nil {
			c.t.Errorf("document: %v", err)
			return
		}
		switch d := d.(type) {
		case *wire.Identity:
			c.ids = append(c.ids, *d)
		case *wire.LogEvidence:
			c.evidence = append(c.evidence, *d)
		default:
			c.t.Errorf("a document of type %T", d)
		}
	case wire.PathWrite:
		c.store(body)
	default:
		c.t.Errorf("request to %s", r.URL.Path)
	}
	w.WriteHeader(http.StatusNoContent)
}

func (c *collector) store(body []byte) {
	totals := map[time.Time]map[string]float64{}
	err := (&wire.Decoder{Limits: wire.DefaultLimits()}).Decode(body, wire.RemoteWrite1, func(s *wire.Series) error {
		host := ""
		for i, l := range s.Labels {
			if i > 0 && bytes.Compare(s.Labels[i-1].Name, l.Name) >= 0 {
				c.t.Errorf("labels of %s are not sorted", s.Name)
			}
			if string(l.Name) == wire.LabelHost {
				host = string(l.Value)
			}
		}
		if host != testHost || len(s.Samples) != 1 {
			c.t.Errorf("%s: host %q, %d samples", s.Name, host, len(s.Samples))
		}
		ts := time.UnixMilli(s.Samples[0].Milliseconds)
		if position, ok := c.table.Total(s.Name); ok {
			if totals[ts] == nil {
				totals[ts] = map[string]float64{}
			}
			totals[ts][c.table.Metric(position).Name] = s.Samples[0].Value
		} else if _, ok := c.table.Device(s.Name); ok {
			c.devices[ts]++
		} else {
			c.t.Errorf("series %s is not canonical", s.Name)
		}
		return nil
	})
	if err != nil {
		c.t.Errorf("decode: %v", err)
	}
	for ts, values := range totals {
		if len(values) != wire.RowWidth {
			c.t.Errorf("%v has %d host totals in one request; want %d", ts, len(values), wire.RowWidth)
		}
		c.rows = append(c.rows, ts)
		c.values[ts] = values
	}
}

// RoundTrip serves a request without a network, which synctest cannot wait for.
func (c *collector) RoundTrip(r *http.Request) (*http.Response, error) {
	w := httptest.NewRecorder()
	c.ServeHTTP(w, r)
	return w.Result(), r.Context().Err()
}

// fakeHost is options for an agent on a copy of the fixture.
func fakeHost(t testing.TB, c *collector, spoolDir string) Options {
	t.Helper()
	root := t.TempDir()
	if err := os.CopyFS(root, os.DirFS("testdata/host")); err != nil {
		t.Fatal(err)
	}
	return Options{
		Config: Config{
			CollectorURL: "http://127.0.0.1:1", HostID: testHost, SpoolDir: spoolDir, Listen: "off", HostRoot: root,
			Logs: LogsConfig{Disabled: true}, // watch_test.go has its own
		},
		Version:   "0.0.1",
		Log:       slog.New(slog.DiscardHandler),
		Transport: c,
		Random:    func(n int64) int64 { return n / 2 },
		Probes: probe.Options{Statfs: func(string) (probe.Space, error) {
			return probe.Space{SizeBytes: 100, FreeBytes: 40, AvailableBytes: 30, Inodes: 10, InodesFree: 5}, nil
		}},
	}
}

// logged returns a logger and what it has written so far.
func logged() (*slog.Logger, func() string) {
	b := &lockedBuffer{}
	return slog.New(slog.NewTextHandler(b, nil)), b.String
}

type lockedBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *lockedBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *lockedBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

func write(t testing.TB, o Options, name, text string) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(o.Config.HostRoot, name), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

func isMissing(v float64, ok bool) bool { return ok && math.IsNaN(v) }
