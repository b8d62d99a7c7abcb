package dashboards

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/yunjian-io/yunjian/internal/grafanatest"
)

// sample is a publication with two dashboards and two rules.
func sample() Publication {
	board := func(uid, title, panel string) Dashboard {
		return Dashboard{UID: uid, Title: title, JSON: []byte(`{
  "uid": "` + uid + `", "title": "` + title + `", "schemaVersion": 41, "tags": ["yunjian"], "editable": false,
  "templating": {"list": [{"name": "datasource", "type": "datasource", "query": "` + DataSourceType + `"}]},
  "panels": [
    {"id": 1, "title": "` + panel + `", "type": "stat", "fieldConfig": {"defaults": {"unit": "percent", "thresholds": {"steps": [{"value": null}, {"value": 80}]}}}},
    {"id": 2, "title": "内存 <利用率>", "type": "timeseries", "targets": [{"refId": "A", "rawSql": "SELECT 1"}]}
  ]
}`)}
	}
	rule := func(uid, title string, above float64) Rule {
		return Rule{
			UID: uid, Title: title, SQL: "SELECT host_id AS \"主机\", count() AS n FROM usage WHERE $__timeFilter(at) GROUP BY host_id", Above: above,
			For: 5 * time.Minute, NoData: "OK", Labels: map[string]string{"severity": "warning"}, Annotations: map[string]string{"summary": title},
		}
	}
	return Publication{
		Dashboards: []Dashboard{board("yunjian-overview", "总览", "CPU"), board("yunjian-host", "主机", "CPU 利用率")},
		Alerts:     []RuleGroup{{Title: "采集 1m", Interval: time.Minute, Rules: []Rule{rule("yunjian-silent", "主机失联", 0), rule("yunjian-disk", "磁盘将满", 90)}}},
		Source:     &Source{Endpoint: "http://127.0.0.1:9921/query", User: "grafana", Password: "secret", Database: "yunjian"},
	}
}

// site is the server as an Admin reaches it; nobody waits.
func site(s *grafanatest.Server) Grafana {
	return Grafana{URL: s.URL, Token: grafanatest.Admin, Wait: func(ctx context.Context, _ time.Duration) error { return ctx.Err() }}
}

func publish(t *testing.T, g Grafana, want Publication) *Report {
	t.Helper()
	report, err := Publish(t.Context(), g, want)
	if err != nil {
		t.Fatal(err)
	}
	return report
}

// actions are the changes of a report on lines, without titles.
func actions(r *Report) []string {
	var all []string
	for _, c := range r.Changes {
		all = append(all, string(c.Kind)+" "+c.UID+" "+string(c.Action))
	}
	return all
}

// outcome is what became of one object.
func outcome(t *testing.T, r *Report, uid string) Change {
	t.Helper()
	i := slices.IndexFunc(r.Changes, func(c Change) bool { return c.UID == uid })
	if i < 0 {
		t.Fatalf("the report does not name %q: %q", uid, actions(r))
	}
	return r.Changes[i]
}

func paths(diff []Difference) []string {
	var all []string
	for _, d := range diff {
		all = append(all, d.Path)
	}
	return all
}

func TestPublishTwice(t *testing.T) {
	s := grafanatest.Start(t)
	first := publish(t, site(s), sample())
	want := []string{
		"folder yunjian created", "folder yunjian-alerts created", "data-source yunjian-clickhouse created",
		"dashboard yunjian-overview created", "dashboard yunjian-host created",
		"alert-rule yunjian-silent created", "alert-rule yunjian-disk created",
	}
	if diff := cmp.Diff(want, actions(first)); diff != "" {
		t.Errorf("first publication (-want +got):\n%s", diff)
	}
	wrote := []string{
		"POST /api/folders", "POST /api/folders", "POST /api/datasources", "POST /api/dashboards/db", "POST /api/dashboards/db",
		"PUT /api/v1/provisioning/folder/yunjian-alerts/rule-groups/采集 1m",
	}
	if diff := cmp.Diff(wrote, s.Writes()); diff != "" {
		t.Errorf("writes (-want +got):\n%s", diff)
	}
	if !first.Healthy || first.Health != "Grafana reaches the data source: Data source is working" || first.GrafanaVersion != "12.2.0" {
		t.Errorf("report = %+v", first)
	}
	second := publish(t, site(s), sample())
	if got := s.Writes(); len(got) > 0 || second.Count(Unchanged) != len(want) {
		t.Errorf("second publication wrote %q and says %q", got, actions(second))
	}
}

// TestPublished: what arrives is what Grafana needs.
func TestPublished(t *testing.T) {
	s := grafanatest.Start(t)
	publish(t, site(s), sample())
	model, folder := s.Dashboard("yunjian-overview")
	if folder != FolderUID || model["title"] != "总览" || model["editable"] != false {
		t.Errorf("dashboard in %q: %v", folder, model)
	}
	source, secrets := s.Source(DataSourceUID)
	if diff := cmp.Diff(map[string]string{"password": "secret"}, secrets); diff != "" {
		t.Errorf("secrets (-want +got):\n%s", diff)
	}
	data := source["jsonData"].(object)
	delete(data, publishedKey)
	wanted := object{
		"host": "127.0.0.1", "port": 9921.0, "protocol": "http", "secure": false, "path": "query", "tlsSkipVerify": false,
		"tlsAuthWithCACert": false, "username": "grafana", "defaultDatabase": "yunjian",
	}
	if diff := cmp.Diff(wanted, data); diff != "" || source["access"] != "proxy" || source["type"] != DataSourceType {
		t.Errorf("data source %v (-want +got):\n%s", source, diff)
	}
	rule := s.Rule("yunjian-disk")
	queries := rule["data"].([]any)
	question, threshold := queries[0].(object), queries[1].(object)
	got := object{
		"for": rule["for"], "provenance": rule["provenance"], "condition": rule["condition"], "noData": rule["noDataState"], "range": question["relativeTimeRange"],
		"sql": question["model"].(object)["rawSql"], "form": question["model"].(object)["format"], "asked": question["datasourceUid"],
		"reckoned": threshold["datasourceUid"], "of": threshold["model"].(object)["expression"],
		"above": threshold["model"].(object)["conditions"].([]any)[0].(object)["evaluator"],
	}
	wanted = object{
		"for": "5m0s", "provenance": "", "condition": "B", "noData": "OK", "range": object{"from": 3600.0},
		"sql": sample().Alerts[0].Rules[1].SQL, "form": 1.0, "asked": DataSourceUID, "reckoned": "__expr__", "of": "A",
		"above": object{"type": "gt", "params": []any{90.0}},
	}
	if diff := cmp.Diff(wanted, got); diff != "" {
		t.Errorf("rule (-want +got):\n%s", diff)
	}
}

// TestNewerVersion: what the program wants anew goes over what it published, and only that.
func TestNewerVersion(t *testing.T) {
	s := grafanatest.Start(t)
	publish(t, site(s), sample())
	s.Writes()
	newer := sample()
	newer.Dashboards[0].JSON = []byte(strings.Replace(string(newer.Dashboards[0].JSON), `"unit": "percent"`, `"unit": "percentunit"`, 1))
	newer.Alerts[0].Rules[1].Above = 95
	newer.Source.Endpoint = "http://127.0.0.1:9922/query"
	report := publish(t, site(s), newer)
	for uid, want := range map[string][]string{
		"yunjian-overview": {"panels[id=1].fieldConfig.defaults.unit"}, "yunjian-disk": {"queries[refId=B].evaluator.params[0]"}, DataSourceUID: {"port"},
	} {
		got := outcome(t, report, uid)
		if diff := cmp.Diff(want, paths(got.Diff)); diff != "" || got.Action != Updated {
			t.Errorf("%s is %s (-want +got):\n%s", uid, got.Action, diff)
		}
	}
	if got := len(s.Writes()); got != 3 || report.Count(Updated) != 3 {
		t.Errorf("%d writes, %q; want 3", got, actions(report))
	}
	_, secrets := s.Source(DataSourceUID)
	if secrets["password"] != "secret" {
		t.Errorf("password = %q after an update", secrets["password"])
	}
	if publish(t, site(s), newer); len(s.Writes()) > 0 {
		t.Error("the second run of the newer version wrote")
	}
}

// TestFewerRules: a rule that is no longer published goes, one that a person put beside stays.
func TestFewerRules(t *testing.T) {
	s := grafanatest.Start(t)
	publish(t, site(s), sample())
	s.EditRule("yunjian-silent", func(rule grafanatest.Object) {
		rule["uid"] = "of-a-person"
		delete(rule["data"].([]any)[1].(object)["model"].(object), ruleKey)
	})
	fewer := sample()
	fewer.Alerts[0].Rules[0].UID = "yunjian-new"
	fewer.Alerts[0].Rules = fewer.Alerts[0].Rules[:1]
	report := publish(t, site(s), fewer)
	if got := outcome(t, report, "yunjian-disk").Action; got != Deleted || s.Rule("yunjian-disk") != nil {
		t.Errorf("the rule that is no longer published is %s", got)
	}
	if s.Rule("of-a-person") == nil || s.Rule("yunjian-new") == nil {
		t.Error("the rule of a person, or the new one, is not there")
	}
}

// TestRegrouped: rules of a group that is no longer published go, or follow into their new
// group; one that a person changed stays where it is.
func TestRegrouped(t *testing.T) {
	for _, test := range []struct {
		edit bool
		want []string
	}{
		{false, []string{"alert-rule yunjian-disk updated", "alert-rule yunjian-silent deleted"}},
		{true, []string{"alert-rule yunjian-disk refused", "alert-rule yunjian-silent deleted"}},
	} {
		s := grafanatest.Start(t)
		publish(t, site(s), sample())
		if test.edit {
			s.EditRule("yunjian-disk", func(rule grafanatest.Object) { rule["title"] = "磁盘" })
		}
		other := sample()
		other.Alerts[0].Title, other.Alerts[0].Rules = "存储", other.Alerts[0].Rules[1:]
		report := publish(t, site(s), other)
		if diff := cmp.Diff(test.want, actions(report)[5:]); diff != "" {
			t.Errorf("edited %v (-want +got):\n%s", test.edit, diff)
		}
		if rule := s.Rule("yunjian-disk"); s.Rule("yunjian-silent") != nil || rule == nil || (rule["ruleGroup"] == "存储") == test.edit {
			t.Errorf("edited %v: the rules are %v and %v", test.edit, s.Rule("yunjian-silent"), rule)
		}
		s.Writes()
		if report := publish(t, site(s), other); len(s.Writes()) > 0 || report.Pending() > 0 {
			t.Errorf("edited %v, once more: %q", test.edit, actions(report))
		}
	}
	s := grafanatest.Start(t)
	publish(t, site(s), sample())
	none := sample()
	none.Alerts = []RuleGroup{{Title: "存储", Interval: time.Minute, Rules: none.Alerts[0].Rules[:1]}}
	none.Alerts[0].Rules[0].UID = "yunjian-other"
	s.Writes()
	publish(t, site(s), none)
	want := []string{
		"PUT /api/v1/provisioning/folder/yunjian-alerts/rule-groups/存储",
		"DELETE /api/v1/provisioning/alert-rules/yunjian-silent", "DELETE /api/v1/provisioning/alert-rules/yunjian-disk",
	}
	if diff := cmp.Diff(want, s.Writes()); diff != "" {
		t.Errorf("a group that is gone (-want +got):\n%s", diff)
	}
}

func TestDryRun(t *testing.T) {
	for _, without := range []bool{false, true} {
		s := grafanatest.Start(t)
		s.NoResources = without
		want := sample()
		want.DryRun = true
		report := publish(t, site(s), want)
		if got := s.Writes(); len(got) > 0 || report.Pending() != 7 || s.Folder(FolderUID)["uid"] != nil {
			t.Errorf("a dry run wrote %q and says %q", got, actions(report))
		}
		if got := s.Validated(); got != 2 && !without {
			t.Errorf("%d dashboards were validated by Grafana; want 2", got)
		}
		want.Dashboards[0].JSON = []byte(`{"uid": "yunjian-overview", "title": "总览"}`)
		if got := outcome(t, publish(t, site(s), want), "yunjian-overview"); !without && (got.Action != Failed || !strings.Contains(got.Reason, "schemaVersion")) {
			t.Errorf("an invalid dashboard is %+v", got)
		}
	}
}

// TestEditorToken: an Editor may publish all but the data source, and is told who may.
func TestEditorToken(t *testing.T) {
	s := grafanatest.Start(t)
	g := site(s)
	g.Token = grafanatest.Editor
	report := publish(t, g, sample())
	if got := outcome(t, report, DataSourceUID); got.Action != Refused || !strings.Contains(got.Reason, "Admin") {
		t.Errorf("data source: %+v", got)
	}
	if report.Count(Created) != 6 {
		t.Errorf("changes: %q", actions(report))
	}
	without := sample()
	without.Source = nil
	report = publish(t, g, without)
	if report.Count(Unchanged) != 7 || !strings.Contains(outcome(t, report, DataSourceUID).Reason, "not looked at") {
		t.Errorf("changes: %q", actions(report))
	}
	g.Token = grafanatest.Viewer
	s.DeleteDashboard("yunjian-host")
	if got := outcome(t, publish(t, g, without), "yunjian-host"); got.Action != Failed || !strings.Contains(got.Reason, "Editor") {
		t.Errorf("a Viewer's dashboard: %+v", got)
	}
	g.Token = "wrong"
	if _, err := Publish(t.Context(), g, without); err != nil && !strings.Contains(err.Error(), "Invalid API key") || err == nil {
		t.Errorf("a wrong token: %v", err)
	}
}

func TestHealth(t *testing.T) {
	s := grafanatest.Start(t)
	s.PluginMissing = true
	if got := publish(t, site(s), sample()); got.Healthy || !strings.Contains(got.Health, "is the plugin grafana-clickhouse-datasource installed") {
		t.Errorf("health without the plugin = %q", got.Health)
	}
	s.PluginMissing, s.Unreachable = false, true
	if got := publish(t, site(s), sample()); got.Healthy || !strings.Contains(got.Health, "connection refused") {
		t.Errorf("health of what cannot be reached = %q", got.Health)
	}
	s.Version = "11.6.0"
	if got := publish(t, site(s), sample()); len(got.Notes) != 1 || !strings.Contains(got.Notes[0], "untried with 11.6.0") {
		t.Errorf("notes = %q", got.Notes)
	}
}

// TestCutOff: wherever a run is cut off, the next one makes the same of Grafana.
func TestCutOff(t *testing.T) {
	writes := 6
	for cut := range writes {
		s := grafanatest.Start(t)
		ctx, cancel := context.WithCancel(t.Context())
		served := 0
		s.After = func(r *http.Request) {
			if r.Method == http.MethodGet {
				return
			}
			if served++; served == cut+1 {
				cancel()
			}
		}
		if _, err := Publish(ctx, site(s), sample()); err == nil {
			t.Errorf("cut off after write %d, no error", cut+1)
		}
		if got := len(s.Writes()); got != cut+1 {
			t.Errorf("%d writes before the cut; want %d", got, cut+1)
		}
		publish(t, site(s), sample())
		if got := len(s.Writes()); got != writes-cut-1 {
			t.Errorf("%d writes after the cut; want %d", got, writes-cut-1)
		}
		if report := publish(t, site(s), sample()); report.Count(Unchanged) != 7 {
			t.Errorf("after the cut: %q", actions(report))
		}
	}
}
