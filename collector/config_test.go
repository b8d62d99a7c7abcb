package collector

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func TestLoadConfig(t *testing.T) {
	tests := map[string]string{ // configuration → part of the error, empty for none
		"":                            "",
		"listen: 127.0.0.1:1":         "",
		"listen: '[::1]:1'":           "",
		"listen: localhost:1":         "",
		"listen: 0.0.0.0:1":           "not loopback",
		"listen: :1":                  "not loopback",
		"listen: collector.example:1": "not loopback",
		"listen: 0.0.0.0:1\nallow_plain_http: true":           "",
		"listen: 0.0.0.0:1\ntls: {cert_file: a, key_file: b}": "",
		"tls: {cert_file: a}":                                 "both cert_file and key_file",
		"listen: 9920":                                        "address:port",
		"listn: x":                                            "field listn not found",
		"retention_period: 180d":                              "",
		"retention_period: 6 months":                          "retention_period: read period",
		"group_commit: 1h":                                    "10ms to 30s",
		"providers: [{id: a, secret_file: f}, {id: a, secret_file: g}]": "id of its own",
		"providers: [{id: a}]": "secret_file",
		"grafana: {query_listen: '127.0.0.1:1'}\napi: {secret_file: s}":                                                                   "",
		"grafana: {query_listen: '127.0.0.1:1'}":                                                                                          "needs api.secret_file",
		"grafana: {query_listen: '0.0.0.0:1'}\napi: {secret_file: s}":                                                                     "grafana.query_listen \"0.0.0.0:1\" is not loopback",
		"grafana: {query_listen: '0.0.0.0:1'}\napi: {secret_file: s}\ntls: {cert_file: a, key_file: b}":                                   "",
		"grafana: {query_listen: '127.0.0.1:1'}\napi: {secret_file: s}\nclickhouse: {dsn: 'http://h:8123/yunjian'}":                       "deploy/clickhouse/grafana.sql",
		"grafana: {query_listen: '127.0.0.1:1', query_limits: {max_time: -1s}}\napi: {secret_file: s}":                                    "query_limits",
		"grafana: {query_listen: '127.0.0.1:1', query_limits: {max_time: 10s, max_result_rows: 5, per_minute: 9}}\napi: {secret_file: s}": "",
		"retention: {raw_days: x}": "line 1",
		"reports: {out: r, kinds: [usage], cutoff_day: 3, due_workdays: 7, since: 2026-10}": "",
		"reports: {cutoff_day: 29}":                            "1 to 28",
		"reports: {due_workdays: 21}":                          "1 to 20",
		"reports: {since: october}":                            "reports: since",
		"reports: {kinds: [novel]}":                            "no kind of report",
		"reports: {security: bound, kinds: [usage, security]}": "",
		"reports: {kinds: [security-operation], recipients: [{name: a, role: office, kinds: [security-operation, security]}]}": "",
		"reports: {security: together}":                                                                  `security: "together": want separate or bound`,
		"reports: {security: bound, kinds: [security-operation]}":                                        "security-operation is bound into security",
		"reports: {security: bound, recipients: [{name: a, role: office, kinds: [security-situation]}]}": "security-situation is bound into security",
		"reports: {issuer: {type: provider}}":                                                            "",
		"reports: {issuer: {type: secops_agency, name: 某安全中心}}":                                          "",
		"reports: {issuer: {type: secops_agency, name: ' '}}":                                            "needs the name of the agency",
		"reports: {issuer: {type: office}}":                                                              `type "office": want provider or secops_agency`,
		"reports: {issuer: {name: 某安全中心}}":                                                               "the name of a provider is that of the inventory",
		"reports: {kinds: [ledger]}":                                                                     "no kind that is filed",
		"reports: {recipients: [{role: office}]}":                                                        "name of its own",
		"reports: {recipients: [{name: a, role: king}]}":                                                 "office, provider or unit",
		"reports: {recipients: [{name: a, role: unit}]}":                                                 "has a subject",
		"reports: {recipients: [{name: a, role: office, mail: [a@b]}]}":                                  "no smtp.address",
		"reports: {recipients: [{name: a, role: office, kinds: [x]}]}":                                   `recipient "a"`,
		"reports: {smtp: {address: 'mail:25', from: x}}":                                                 "smtp.from",
		"reports: {smtp: {address: 'mail:25', from: a@b, tls: plain}}":                                   "not this host",
		"reports: {smtp: {address: 'mail:25', from: a@b, username: u, password_file: p}, out: r}":        "",
	}
	for text, want := range tests {
		name := filepath.Join(t.TempDir(), "c.yaml")
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		c, err := LoadConfig(name)
		if want == "" && (err != nil || c.GroupCommit != time.Second || c.Retention.RawDays != 35) {
			t.Errorf("%q: %+v, %v", text, c, err)
		}
		if want != "" && (err == nil || !strings.Contains(err.Error(), want)) {
			t.Errorf("%q: error %v; want %q", text, err, want)
		}
	}
	if _, err := LoadConfig(filepath.Join(t.TempDir(), "none.yaml")); err == nil {
		t.Error("a file that is not there gave no error")
	}
}

// The example is a configuration, and its settings of reports are read as they stand there.
func TestExampleConfig(t *testing.T) {
	c, err := LoadConfig("../deploy/systemd/collector.example.yaml")
	if err != nil {
		t.Fatal(err)
	}
	got := fmt.Sprint(c.Reports.kinds(func(string) bool { return false }), c.Reports.Issuer.issuer(), len(c.Reports.Recipients))
	if want := "[usage security-operation security-situation] {provider } 2"; got != want {
		t.Errorf("reports are %s; want %s", got, want)
	}
}

func TestSecrets(t *testing.T) {
	dir := t.TempDir()
	c := Config{Providers: []ProviderConfig{{ID: "p", SecretFile: filepath.Join(dir, "s")}}}
	if _, err := c.Secrets(); err == nil {
		t.Error("a missing secret gave no error")
	}
	if err := os.WriteFile(c.Providers[0].SecretFile, []byte("short\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := c.Secrets(); err == nil || !strings.Contains(err.Error(), "at least 32") {
		t.Errorf("a short secret: %v", err)
	}
	if err := os.WriteFile(c.Providers[0].SecretFile, []byte(strings.Repeat("x", 32)+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if got, err := c.Secrets(); err != nil || string(got["p"]) != strings.Repeat("x", 32) {
		t.Errorf("Secrets() = %q, %v", got["p"], err)
	}
	if token, err := MintToken(c, "p", "i-1"); err != nil || !strings.HasPrefix(token, "yjh.") {
		t.Errorf("MintToken() = %q, %v", token, err)
	}
}
