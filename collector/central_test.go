package collector_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/yunjian-io/yunjian/collector"
	"github.com/yunjian-io/yunjian/collector/store"
	"github.com/yunjian-io/yunjian/internal/wire"
	"github.com/yunjian-io/yunjian/rules/retention"
)

// logStore is a central store of the fleet: a table of the real engine behind an HTTP
// address, which can be switched off.
type logStore struct {
	config collector.CentralStore
	table  string
	down   bool
}

func newLogStore(t *testing.T, f *logFleet) *logStore {
	t.Helper()
	engine := rig.Engine()
	if engine == nil {
		t.Skip("a server is tested, whose HTTP address is not known here")
	}
	database := ""
	if err := f.db.Each(t.Context(), "SELECT currentDatabase()", nil, func(scan func(...any) error) error { return scan(&database) }); err != nil {
		t.Fatal(err)
	}
	s := &logStore{table: database + ".central"}
	if err := f.db.Exec(t.Context(), "CREATE TABLE "+s.table+" (at DateTime('UTC'), host String, unit String) ENGINE = MergeTree ORDER BY at TTL at + toIntervalDay(400)"); err != nil {
		t.Fatal(err)
	}
	proxy := httputil.NewSingleHostReverseProxy(&url.URL{Scheme: "http", Host: "engine"})
	proxy.Transport = &http.Transport{DialContext: func(ctx context.Context, _, address string) (net.Conn, error) {
		return engine.DialContext(ctx, address)
	}}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if s.down {
			http.Error(w, "Code: 202. DB::Exception: Too many simultaneous queries", http.StatusInternalServerError)
			return
		}
		proxy.ServeHTTP(w, r)
	}))
	t.Cleanup(server.Close)
	config := fmt.Sprintf(`{"name": "ch", "kind": "clickhouse", "url": %q, "provider": "p", "classes": [
		{"class": "os-auth", "table": %[2]q, "host_field": "host", "time_field": "at", "filter": {"unit": "sshd"}},
		{"class": "web-access", "stream": "access", "table": %[2]q, "host_field": "host", "time_field": "at", "filter": {"unit": "nginx"}},
		{"class": "os-login", "table": %[2]q, "host_field": "host", "time_field": "at", "filter": {"unit": "login"}}]}`, server.URL, s.table)
	s.config = loadStores(t, config)[0]
	return s
}

// loadStores reads stores as they stand in collector.yaml, of which JSON is a part.
func loadStores(t *testing.T, list string) []collector.CentralStore {
	t.Helper()
	c, err := collector.LoadConfig(write(t, "central_stores: ["+list+"]\n"))
	if err != nil {
		t.Fatal(err)
	}
	return c.CentralStores
}

// put stores a record every six hours from 200 days ago to just before the probe, but for
// some days.
func (s *logStore) put(t *testing.T, f *logFleet, host, unit string, but func(daysAgo int) bool) {
	t.Helper()
	var rows []string
	for at := f.ago(200); at.Before(f.at); at = at.Add(6 * time.Hour) {
		if ago := int(f.at.Sub(at) / (24 * time.Hour)); but == nil || !but(ago) {
			rows = append(rows, fmt.Sprintf("(%d, '%s', '%s')", at.Unix(), host, unit))
		}
	}
	rows = append(rows, fmt.Sprintf("(%d, '%s', '%s')", f.at.Add(-70*time.Minute).Unix(), host, unit))
	if err := f.db.Exec(t.Context(), "INSERT INTO "+s.table+" VALUES "+strings.Join(rows, ", ")); err != nil {
		t.Fatal(err)
	}
}

// probe asks the store at a time before the end of the month.
func (s *logStore) probe(t *testing.T, f *logFleet, before time.Duration) (out []collector.CentralProbe) {
	t.Helper()
	err := collector.ProbeStore(t.Context(), f.db, s.config, retention.Period{}, func() time.Time { return f.at.Add(-before) }, func(p collector.CentralProbe) { out = append(out, p) })
	if err != nil || len(out) != len(s.config.Classes) {
		t.Fatalf("%d answers, %v", len(out), err)
	}
	return out
}

// TestCentralStores: what a real store answers makes verdicts, in the run of judging.
func TestCentralStores(t *testing.T) {
	f := newLogFleet(t)
	f.parties(t)
	s := newLogStore(t, f)
	f.hosts(t, "full", "hole", "absent", "quiet", "wrote", "remote")
	f.load(t, "hosts.csv", strings.Replace(hostHeads, "owner\n", "owner,machine_id\n", 1)+
		"twin-1,s,c,p,4,8,2020-01-01,2020-01-01,in_service,unit,clone\ntwin-2,s,c,p,4,8,2020-01-01,2020-01-01,in_service,unit,clone\n")
	f.load(t, "log_sources.csv", "log_subject_kind,subject,djbh_level,class,stream,party,central_store,log_expires\n"+
		"default,,,os-auth,,,,\ndefault,,,os-login,,,,\nhost,remote,,web-access,access,,ch,\nhost,absent,,web-access,access,,ch,\nhost,full,,web-access,access,,other,\n")

	// Everybody keeps a month of os-auth and os-login.
	for _, host := range []string{"full", "hole", "absent", "quiet", "wrote", "twin-1", "twin-2"} {
		report := f.ago(0).Add(-10 * time.Minute)
		early := f.document(host, f.ago(40), []wire.LogSource{f.source(f.ago(40), 10, "os-auth", "auth", "/var/log/auth.log"), f.source(f.ago(40), 10, "os-login", "wtmp", "/var/log/wtmp")})
		if host == "wrote" {
			f.send(t, host, early)
		}
		login := f.source(report, 30, "os-login", "wtmp", "/var/log/wtmp")
		login.QuietOK = true
		f.send(t, host, f.document(host, report, []wire.LogSource{f.source(report, 30, "os-auth", "auth", "/var/log/auth.log"), login}))
	}
	sparse := func(ago int) bool { return ago >= 35 && ago <= 45 }
	for _, host := range []string{"full", "FULL", "absent-too", "quiet", "wrote", "remote", "clone"} {
		s.put(t, f, host, "sshd", nil)
	}
	s.put(t, f, "hole", "sshd", func(ago int) bool { return ago >= 60 && ago < 64 })
	s.put(t, f, "remote", "nginx", nil)
	s.put(t, f, "full", "nginx", nil)
	s.put(t, f, "quiet", "login", sparse)
	s.put(t, f, "wrote", "login", sparse)

	probes := s.probe(t, f, time.Hour)
	if p := probes[0]; p.Error != "" || p.Hosts != 8 || p.Removes != "after 400 d" || p.Immutable || p.Newest.Before(f.at.Add(-80*time.Minute)) || p.Oldest.IsZero() {
		t.Errorf("%+v", p)
	}
	rules := func() collector.LogRules {
		t.Helper()
		c := collector.Config{RetentionPeriod: "P6M"}
		f.received = f.received.Add(time.Minute)
		r, err := c.LogRulesFor(t.Context(), f.db, f.month, f.received)
		if err != nil {
			t.Fatal(err)
		}
		return r
	}
	some := func(verdicts []store.RetentionVerdict, keys ...string) map[string]string {
		all, out := names(verdicts), map[string]string{}
		for _, k := range keys {
			out[k] = all[k]
		}
		return out
	}
	keys := []string{
		"full os-auth", "hole os-auth", "absent os-auth", "twin-1 os-auth", "remote os-auth", "quiet os-login", "wrote os-login", "full os-login",
		"remote web-access", "absent web-access", "full web-access",
	}
	want := map[string]string{
		"full os-auth": "compliant_by_forward", "hole os-auth": "violated.short_coverage", "absent os-auth": "violated.short_coverage",
		"twin-1 os-auth": "violated.short_coverage", // two hosts share the name
		"remote os-auth": "compliant_by_forward",    // the host itself never reported
		"quiet os-login": "compliant_by_forward",    // silent for days, as may be
		"wrote os-login": "violated.short_coverage", // and this one is known to have written then
		"full os-login":  "violated.short_coverage", "remote web-access": "compliant_by_forward",
		"absent web-access": "unknown.clock_untrusted", // the registry names the store, which has nothing, and the host tells nothing
		"full web-access":   "unknown.not_reported",    // the registry names another store
	}
	if diff := cmp.Diff(want, some(f.judge(t, f.received.Add(time.Hour), rules()), keys...)); diff != "" {
		t.Errorf("answered (-want +got):\n%s", diff)
	}

	// It does not answer any more: nothing is known, but of what it did not hold before.
	s.down = true
	for _, p := range s.probe(t, f, 30*time.Minute) {
		if !strings.Contains(p.Error, `central store "ch"`) || p.Hosts != 0 {
			t.Errorf("switched off: %+v", p)
		}
	}
	want["full os-auth"], want["hole os-auth"] = "unknown.remote_unreachable", "unknown.remote_unreachable"
	want["quiet os-login"], want["wrote os-login"] = "unknown.remote_unreachable", "unknown.remote_unreachable"
	want["remote os-auth"], want["remote web-access"] = "unknown.stale_agent", "unknown.stale_agent" // it never had one
	if diff := cmp.Diff(want, some(f.judge(t, f.received.Add(2*time.Hour), rules()), keys...)); diff != "" {
		t.Errorf("switched off (-want +got):\n%s", diff)
	}
	known, err := f.db.CentralSurveys(t.Context(), f.at)
	if err != nil {
		t.Fatal(err)
	}
	states := collector.CentralStates([]collector.CentralStore{s.config}, known)
	if len(states) != 3 || states[0].Error == "" || !states[0].Answered.Equal(f.at.Add(-time.Hour)) || !states[0].Asked.Equal(f.at.Add(-30*time.Minute)) || states[0].Removes != "after 400 d" {
		t.Errorf("%+v", states)
	}
	if _, err := json.Marshal(states); err != nil {
		t.Error(err)
	}
}

// TestCentralConfig: paths are relative to the file, and mistakes are told.
func TestCentralConfig(t *testing.T) {
	s := loadStores(t, `{"name": "a", "kind": "loki", "url": "https://h", "provider": "p", "token_file": "secrets/token", "classes": [{"class": "os-auth", "selector": "{a=\"b\"}"}]}`)
	if !strings.HasSuffix(s[0].TokenFile, "/secrets/token") || !strings.HasPrefix(s[0].TokenFile, "/") || s[0].Timeout != 2*time.Minute {
		t.Errorf("%+v", s[0])
	}
	for text, want := range map[string]string{
		"central_stores: [{name: a, kind: loki, url: 'https://h', provider: p}]": `central store "a": classes are missing`,
		"central_probe_interval: 48h":                                            "want 10m to 24h",
		"central_stores: [{nom: a}]":                                             "field nom not found",
	} {
		if _, err := collector.LoadConfig(write(t, text)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v; want it to say %q", text, err, want)
		}
	}
}

// write writes a configuration of the test.
func write(t *testing.T, text string) string {
	t.Helper()
	name := filepath.Join(t.TempDir(), "collector.yaml")
	if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return name
}
