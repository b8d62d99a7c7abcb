package agent

import (
	"bytes"
	"encoding/json"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"

	"github.com/yunjian-io/yunjian/internal/wire"
)

func get(t *testing.T, h http.Handler, path string) *httptest.ResponseRecorder {
	t.Helper()
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodGet, path, http.NoBody))
	return w
}

// documented are the metrics of which docs/metrics.md tells.
func documented(t *testing.T) map[string]bool {
	t.Helper()
	text, err := os.ReadFile("../docs/metrics.md")
	if err != nil {
		t.Fatal(err)
	}
	names := map[string]bool{}
	for _, m := range regexp.MustCompile("(?m)^\\| `(\\w+)` \\|").FindAllStringSubmatch(string(text), -1) {
		names[m[1]] = true
	}
	return names
}

// The page must be valid for a stock Prometheus and name nothing twice.
func TestMetricsPage(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := fakeHost(t, nil, "")
		o.Config.CollectorURL = ""
		a, err := newAgent(o)
		if err != nil {
			t.Fatal(err)
		}
		a.note(a.probes.Begin(t.Context()))
		a.self.ticked()
		if err := a.closeInterval(t.Context(), time.Now()); err != nil {
			t.Fatal(err)
		}
		h := a.handler()
		r := get(t, h, "/metrics")
		if got := r.Header().Get("Content-Type"); got != "text/plain; version=0.0.4; charset=utf-8" {
			t.Errorf("Content-Type %q", got)
		}
		page := r.Body.Bytes()
		parser := expfmt.NewTextParser(model.LegacyValidation)
		families, err := parser.TextToMetricFamilies(bytes.NewReader(page))
		if err != nil {
			t.Fatalf("page cannot be parsed: %v", err)
		}
		for _, name := range []string{"yunjian_cpu_used_cores", "yunjian_probe_success", "yunjian_agent_looks_total", "yunjian_agent_spool_bytes", "process_resident_memory_bytes", "go_goroutines"} {
			if families[name] == nil {
				t.Errorf("page lacks %s", name)
			}
		}
		for _, m := range wire.Totals() {
			if families[m.FullName()] == nil {
				t.Errorf("page lacks %s", m.FullName())
			}
		}
		for name := range families {
			if !strings.HasPrefix(name, "go_") && !strings.HasPrefix(name, "process_") && !documented(t)[name] {
				t.Errorf("page has %s, of which docs/metrics.md does not tell", name)
			}
		}
		for _, m := range Metrics() {
			for _, series := range m.Series(MetricsPrefix) {
				if !strings.Contains(string(page), "\n"+series) {
					t.Errorf("page lacks %s", series)
				}
			}
		}
		seen := map[string]bool{}
		for line := range strings.Lines(string(page)) {
			key, _, _ := strings.Cut(line, " ")
			if !strings.HasPrefix(line, "#") && seen[key] {
				t.Errorf("series %s stands twice", key)
			}
			seen[key] = true
		}
		if r := get(t, h, "/healthz"); r.Code != http.StatusOK {
			t.Errorf("healthz: %d; want 200", r.Code)
		}
		let(time.Minute)
		if r := get(t, h, "/healthz"); r.Code != http.StatusServiceUnavailable {
			t.Errorf("healthz of an agent that no longer looks: %d; want 503", r.Code)
		}
	})
}

func TestListen(t *testing.T) {
	busy, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer busy.Close()
	o := fakeHost(t, nil, "")
	o.Config.CollectorURL, o.Config.Listen = "", busy.Addr().String()
	if err := Run(t.Context(), o); err == nil || !strings.Contains(err.Error(), busy.Addr().String()) {
		t.Errorf("Run() on a port in use: %v; want an error with the address", err)
	}
}

func TestOnce(t *testing.T) {
	for format, want := range map[Format][]string{
		Table:      {"vm-1", "(configured)", "yunjian_vcpus", "yunjian_clock_offset_seconds", "missing", `{mountpoint="/"}`},
		Prometheus: {"# TYPE yunjian_cpu_used_cores gauge", `yunjian_probe_success{probe="cpu"} 1`},
		JSON:       {`"host": "vm-1"`, `"name": "yunjian_vcpus"`, `"value": null`},
	} {
		synctest.Test(t, func(t *testing.T) {
			o := fakeHost(t, nil, "")
			var b bytes.Buffer
			if err := Once(t.Context(), o, format, &b); err != nil {
				t.Fatal(err)
			}
			for _, w := range want {
				if !strings.Contains(b.String(), w) {
					t.Errorf("format %d lacks %q:\n%s", format, w, b.String())
				}
			}
			if format == JSON && !json.Valid(b.Bytes()) {
				t.Error("JSON is not valid")
			}
		})
	}
}

func TestCheck(t *testing.T) {
	tests := []struct {
		name   string
		change func(*collector, *Options)
		broken string // item; "" for none
		detail string
	}{
		{"good", func(*collector, *Options) {}, "", "reachable and authorised"},
		{"empty request is refused as such", func(c *collector, _ *Options) { c.set(always(400)) }, "", "reachable and authorised"},
		{"token", func(c *collector, _ *Options) { c.set(always(401)) }, "collector", "refuses the token"},
		{"other server", func(c *collector, _ *Options) { c.set(always(404)) }, "collector", "is this the address of a collector?"},
		{"plain", func(_ *collector, o *Options) { o.Config.CollectorURL = "http://c.example" }, "collector", "plain HTTP"},
		{"nobody there", func(_ *collector, o *Options) { o.Transport = nil }, "collector", "not reachable"},
		{"spool", func(_ *collector, o *Options) { o.Config.SpoolDir = "/proc/none" }, "spool", "must own spool_dir"},
		{"probe", func(_ *collector, o *Options) {
			if err := os.Remove(filepath.Join(o.Config.HostRoot, "proc/meminfo")); err != nil {
				t.Fatal(err)
			}
		}, "probe memory", "meminfo"},
		{"configuration", func(_ *collector, o *Options) { o.Config.LookInterval = 1 }, "configuration", "look_interval"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c := newCollector(t)
			o := fakeHost(t, c, t.TempDir())
			tt.change(c, &o)
			findings := Check(t.Context(), o)
			var broken, detail string
			for _, f := range findings {
				if !f.OK || tt.broken == "" && f.Item == "collector" {
					detail = f.Detail
				}
				if !f.OK {
					broken = f.Item
				}
			}
			if broken != tt.broken || !strings.Contains(detail, tt.detail) {
				t.Errorf("broken %q (%s); want %q (%s)", broken, detail, tt.broken, tt.detail)
			}
			var b bytes.Buffer
			if err := WriteFindings(&b, findings, true); (err != nil) != (tt.broken != "") || !json.Valid(b.Bytes()) {
				t.Errorf("WriteFindings() = %v:\n%s", err, b.String())
			}
		})
	}
}
