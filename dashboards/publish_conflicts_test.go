package dashboards

import (
	"context"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/yunjian-io/yunjian/internal/grafanatest"
)

// TestConflicts: what somebody does between looking and writing is seen.
func TestConflicts(t *testing.T) {
	s := grafanatest.Start(t)
	raced := map[string]bool{}
	s.Before = func(r *http.Request) (int, string) {
		if r.Method == http.MethodGet || raced[r.URL.Path] {
			return 0, ""
		}
		raced[r.URL.Path] = true
		switch r.URL.Path {
		case "/api/folders":
			s.PutFolder(FolderUID, FolderTitle, "")
		case "/api/datasources":
			s.EditSource(DataSourceUID, func(source grafanatest.Object) {
				source["type"], source["name"], source["jsonData"] = DataSourceType, DataSourceName, object{"host": "db"}
			})
		case "/api/dashboards/db":
			s.EditDashboard("yunjian-overview", func(model grafanatest.Object) string { model["title"] = "抢先"; return "" })
		}
		return 0, ""
	}
	report := publish(t, site(s), sample())
	want := []string{
		"folder yunjian created", "folder yunjian-alerts created", "data-source yunjian-clickhouse refused", "dashboard yunjian-overview refused",
		"dashboard yunjian-host created", "alert-rule yunjian-silent created", "alert-rule yunjian-disk created",
	}
	if diff := cmp.Diff(want, actions(report)); diff != "" || len(raced) != 4 {
		t.Errorf("%d races (-want +got):\n%s", len(raced), diff)
	}

	// An update that meets a person's save (412) becomes a refusal; with overwrite it is tried again.
	newer := sample()
	newer.Dashboards[1].JSON = []byte(strings.Replace(string(newer.Dashboards[1].JSON), "SELECT 1", "SELECT 2", 1))
	newer.Source = nil
	for _, over := range []bool{false, true} {
		clear(raced)
		s.Before = func(r *http.Request) (int, string) {
			if r.URL.Path == "/api/dashboards/db" && !raced[""] {
				raced[""] = true
				s.EditDashboard("yunjian-host", func(model grafanatest.Object) string {
					model["description"] = time.Duration(len(raced)).String()
					return ""
				})
			}
			return 0, ""
		}
		newer.Overwrite = over
		want := map[bool]Action{false: Refused, true: Updated}[over]
		if got := outcome(t, publish(t, site(s), newer), "yunjian-host"); got.Action != want || !raced[""] {
			t.Errorf("overwrite %v: %+v", over, got)
		}
	}
}

// TestHiddenDashboard: what the token may not see is made, and is not there twice if it is.
func TestHiddenDashboard(t *testing.T) {
	s := grafanatest.Start(t)
	s.Before = func(r *http.Request) (int, string) {
		if r.Method == http.MethodGet && strings.HasPrefix(r.URL.Path, "/api/dashboards/") {
			return http.StatusForbidden, "Access denied"
		}
		return 0, ""
	}
	if report := publish(t, site(s), sample()); report.Count(Created) != 7 {
		t.Errorf("changes: %q", actions(report))
	}
	s.Writes()
	report := publish(t, site(s), sample())
	if got := outcome(t, report, "yunjian-host"); got.Action != Failed || !strings.Contains(got.Reason, "412") || len(s.Writes()) > 0 {
		t.Errorf("once more: %+v", got)
	}
}

// TestNameTaken: another data source has the name (409), and the message says so.
func TestNameTaken(t *testing.T) {
	s := grafanatest.Start(t)
	s.EditSource("other", func(source grafanatest.Object) { source["name"] = DataSourceName })
	if got := outcome(t, publish(t, site(s), sample()), DataSourceUID); got.Action != Failed || !strings.Contains(got.Reason, "409: data source with the same name already exists") {
		t.Errorf("data source: %+v", got)
	}
}

// TestProvenance: rules that were made with one keep it, since Grafana answers 500 otherwise.
func TestProvenance(t *testing.T) {
	s := grafanatest.Start(t)
	publish(t, site(s), sample())
	for _, uid := range []string{"yunjian-silent", "yunjian-disk"} {
		s.EditRule(uid, func(rule grafanatest.Object) { rule["provenance"] = "api" })
	}
	newer := sample()
	newer.Alerts[0].Rules[1].Above = 95
	if got := outcome(t, publish(t, site(s), newer), "yunjian-disk"); got.Action != Updated {
		t.Errorf("rules made with provenance: %+v", got)
	}
	former := newer
	former.Alerts = []RuleGroup{{Title: "存储", Interval: time.Minute, Rules: []Rule{{UID: "yunjian-other", Title: "其他"}}}}
	former.DryRun = true
	if report := publish(t, site(s), former); report.Count(Deleted) != 2 {
		t.Errorf("dry run without the group: %q", actions(report))
	}
	s.EditRule("yunjian-silent", func(rule grafanatest.Object) { rule["provenance"] = "" })
	newer.Alerts[0].Rules[1].Above = 96
	if got := outcome(t, publish(t, site(s), newer), "yunjian-disk"); got.Action != Failed || !strings.Contains(got.Reason, "cannot change provenance") {
		t.Errorf("rules of both kinds: %+v", got)
	}
	s.EditRule("yunjian-silent", func(rule grafanatest.Object) { rule["provenance"] = "api" })
	former.DryRun = false
	if report := publish(t, site(s), former); report.Count(Deleted) != 2 || s.Rule("yunjian-disk") != nil {
		t.Errorf("without the group: %q", actions(report))
	}
}

// TestOverloaded: 502, 503 and 429 are tried again, after the time that was asked for.
func TestOverloaded(t *testing.T) {
	s := grafanatest.Start(t)
	g := site(s)
	var waited []time.Duration
	g.Wait = func(_ context.Context, d time.Duration) error { waited = append(waited, d); return nil }
	left := map[string]int{"/api/health": 2, "/api/dashboards/db": 3}
	s.Before = func(r *http.Request) (int, string) {
		if left[r.URL.Path] > 0 {
			left[r.URL.Path]--
			return http.StatusBadGateway, "upstream"
		}
		return 0, ""
	}
	if report := publish(t, g, sample()); report.Count(Created) != 7 {
		t.Errorf("changes: %q", actions(report))
	}
	want := []time.Duration{time.Second, 2 * time.Second, time.Second, 2 * time.Second, 4 * time.Second}
	if diff := cmp.Diff(want, waited); diff != "" {
		t.Errorf("pauses (-want +got):\n%s", diff)
	}
	left["/api/health"] = 4
	if _, err := Publish(t.Context(), g, sample()); err == nil || !strings.Contains(err.Error(), "502: upstream") {
		t.Errorf("four times 502: %v", err)
	}
}

// TestFromFiles: what a file on the server provides is left alone with and without overwrite.
func TestFromFiles(t *testing.T) {
	s := grafanatest.Start(t)
	publish(t, site(s), sample())
	s.EditSource(DataSourceUID, func(source grafanatest.Object) { source["readOnly"] = true })
	s.EditRule("yunjian-disk", func(rule grafanatest.Object) { rule["provenance"] = "file" })
	s.ProvisionDashboard("yunjian-host")
	s.Writes()
	if report := publish(t, site(s), sample()); report.Count(Unchanged) != 7 {
		t.Errorf("the same from files: %q", actions(report))
	}
	newer := sample()
	newer.Source.Database, newer.Alerts[0].Rules[1].Above = "other", 95
	newer.Dashboards[1].JSON = []byte(strings.Replace(string(newer.Dashboards[1].JSON), "SELECT 1", "SELECT 2", 1))
	for _, newer.Overwrite = range []bool{false, true} {
		report := publish(t, site(s), newer)
		for _, uid := range []string{DataSourceUID, "yunjian-host", "yunjian-disk"} {
			if got := outcome(t, report, uid); got.Action != Refused || !strings.Contains(got.Reason, "file on the Grafana server") {
				t.Errorf("overwrite %v: %+v", newer.Overwrite, got)
			}
		}
	}
	if got := s.Writes(); len(got) > 0 {
		t.Errorf("it wrote %q", got)
	}
}

// TestLost: when Grafana is gone, the run ends there and the next one goes on.
func TestLost(t *testing.T) {
	s := grafanatest.Start(t)
	var cut atomic.Int32
	var back atomic.Bool
	s.Before = func(r *http.Request) (int, string) {
		if r.URL.Path == "/api/dashboards/db" && !back.Load() {
			cut.Add(1)
			panic(http.ErrAbortHandler)
		}
		return 0, ""
	}
	report, err := Publish(t.Context(), site(s), sample())
	if err == nil || !strings.Contains(err.Error(), `save the dashboard "yunjian-overview"`) || cut.Load() != tries || report.Count(Created) != 3 {
		t.Errorf("%d tries, %q, %v", cut.Load(), actions(report), err)
	}
	back.Store(true)
	if report := publish(t, site(s), sample()); report.Count(Unchanged) != 3 || report.Count(Created) != 4 {
		t.Errorf("once it is back: %q", actions(report))
	}
}
