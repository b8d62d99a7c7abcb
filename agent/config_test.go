package agent

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func load(t *testing.T, text string) (Config, error) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "agent.yaml")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return LoadConfig(path)
}

func TestLoadConfig(t *testing.T) {
	got, err := load(t, `
collector_url: https://collector.example:8443 # a comment
host_id: vm-1
spool_limit: 64MiB
look_interval: 10s
report_interval: 5m
allow_plain_http: true
`)
	want := Config{
		CollectorURL: "https://collector.example:8443", HostID: "vm-1", SpoolLimit: 64 << 20,
		LookInterval: Duration(10 * time.Second), ReportInterval: Duration(5 * time.Minute), AllowPlainHTTP: true,
	}
	if diff := cmp.Diff(want, got); diff != "" || err != nil {
		t.Error(err, diff)
	}
	if got, err := load(t, ""); err != nil || !cmp.Equal(got, Config{}) {
		t.Errorf("empty file: %+v, %v; want the zero value", got, err)
	}
}

// A mistake is named with file and line.
func TestConfigMistakes(t *testing.T) {
	tests := map[string]string{
		"host_id: a\ncolector_url: b":        "agent.yaml:2: unknown key colector_url",
		"look_interval: 5":                   `agent.yaml:1: "5" is not a duration`,
		"\nspool_limit: lots":                `agent.yaml:2: "lots" is not a size`,
		"spool_limit: -1":                    "is not a size",
		"spool_limit: 99999999999999999GiB":  "is not a size",
		"spool_limit: 4KiB":                  "at least 64KiB",
		"host_id: [a]":                       "agent.yaml:1: ",
		"host_id: a\nhost_id: b":             "agent.yaml:2: ",
		"host_id: a b":                       "without blanks",
		"report_interval: 7s":                "divide 5m0s",
		"report_interval: 10m":               "divide 5m0s",
		"look_interval: 7s":                  "divide report_interval",
		"look_interval: 500ms":               "divide report_interval",
		"log_level: loud":                    "want debug, info, warn or error",
		"log_level: info+2":                  "want debug, info, warn or error",
		"host_id: a\n---\nhost_id: b":        "more than one YAML document",
		"a: b: c":                            "agent.yaml",
		"- host_id":                          "agent.yaml:1: ",
		"x: 1\ny: 2":                         "agent.yaml:2: unknown key y",
		"collector_url: &a b\nca_file: *zzz": "unknown anchor",
	}
	for text, want := range tests {
		if _, err := load(t, text); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: error %v; want %q", text, err, want)
		}
	}
	if _, err := LoadConfig(filepath.Join(t.TempDir(), "none.yaml")); err == nil {
		t.Error("a file that was named and is missing: no error")
	}
}

func TestResolved(t *testing.T) {
	dir := t.TempDir()
	t.Setenv("STATE_DIRECTORY", "/var/lib/state:/other")
	t.Setenv("CREDENTIALS_DIRECTORY", dir)
	token := filepath.Join(dir, "token")
	if err := os.WriteFile(token, []byte("x"), 0o600); err != nil {
		t.Fatal(err)
	}
	want := Config{
		SpoolDir: "/var/lib/state", TokenFile: token, SpoolLimit: 256 << 20, LookInterval: Duration(5 * time.Second),
		ReportInterval: Duration(time.Minute), Listen: "127.0.0.1:9911", LogLevel: "info",
		Logs: LogsConfig{Interval: Duration(15 * time.Minute), StateDir: "/var/lib/state/logs", ReadLimit: 4 << 20, CPUPercent: 5},
	}
	if diff := cmp.Diff(want, Config{}.resolved()); diff != "" {
		t.Error(diff)
	}
	if err := want.validate(); err != nil {
		t.Errorf("the zero value is not valid: %v", err)
	}
}

func FuzzConfig(f *testing.F) {
	f.Add("host_id: a\nspool_limit: 1GiB\nlook_interval: 5s\n")
	f.Add("{}\n---\n")
	f.Fuzz(func(t *testing.T, text string) {
		var c Config
		if err := parseConfig("x.yaml", []byte(text), &c); err != nil && !strings.HasPrefix(err.Error(), "x.yaml") {
			t.Errorf("error %q does not name the file", err)
		}
		if c.SpoolLimit < 0 {
			t.Errorf("spool_limit %d", c.SpoolLimit)
		}
	})
}
