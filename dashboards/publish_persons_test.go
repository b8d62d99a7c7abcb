package dashboards

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/yunjian-io/yunjian/internal/grafanatest"
)

// panelOf is a panel of a dashboard by its place.
func panelOf(model grafanatest.Object, i int) grafanatest.Object {
	return model["panels"].([]any)[i].(object)
}

// evaluator is what the threshold of a rule compares with.
func evaluator(rule grafanatest.Object) grafanatest.Object {
	model := rule["data"].([]any)[1].(object)["model"].(object)
	return model["conditions"].([]any)[0].(object)["evaluator"].(object)
}

// TestPersons: what a person changed is refused and named, replaced when told to, and then
// nothing is left to do.
func TestPersons(t *testing.T) {
	for name, test := range map[string]struct {
		edit func(*grafanatest.Server)
		uid  string
		want []string // paths of what the person changed
	}{
		"title of a panel": {
			func(s *grafanatest.Server) {
				s.EditDashboard("yunjian-host", func(model grafanatest.Object) string { panelOf(model, 0)["title"] = "处理器"; return "" })
			}, "yunjian-host", []string{"panels[id=1].title"},
		},
		"a panel more": {
			func(s *grafanatest.Server) {
				s.EditDashboard("yunjian-host", func(model grafanatest.Object) string {
					model["panels"] = append(model["panels"].([]any), object{"id": 9, "title": "自建"})
					return ""
				})
			}, "yunjian-host", []string{"panels[]", "panels[id=9].id", "panels[id=9].title"},
		},
		"a panel less": {
			func(s *grafanatest.Server) {
				s.EditDashboard("yunjian-host", func(model grafanatest.Object) string { model["panels"] = model["panels"].([]any)[:1]; return "" })
			}, "yunjian-host", []string{"panels[]", "panels[id=2].id", "panels[id=2].targets[]", "panels[id=2].targets[refId=A].rawSql", "panels[id=2].targets[refId=A].refId", "panels[id=2].title", "panels[id=2].type"},
		},
		"a description": {
			func(s *grafanatest.Server) {
				s.EditDashboard("yunjian-host", func(model grafanatest.Object) string { model["description"] = "本单位"; return "" })
			}, "yunjian-host", []string{"description"},
		},
		"threshold of a rule": {
			func(s *grafanatest.Server) {
				s.EditRule("yunjian-disk", func(rule grafanatest.Object) { evaluator(rule)["params"] = []any{70} })
			}, "yunjian-disk", []string{"queries[refId=B].evaluator.params[0]"},
		},
		"a label of a rule": {
			func(s *grafanatest.Server) {
				s.EditRule("yunjian-disk", func(rule grafanatest.Object) { rule["labels"].(object)["team"] = "ops" })
			}, "yunjian-disk", []string{"labels.team"},
		},
		"the database": {
			func(s *grafanatest.Server) {
				s.EditSource(DataSourceUID, func(source grafanatest.Object) { source["jsonData"].(object)["defaultDatabase"] = "other" })
			}, DataSourceUID, []string{"defaultDatabase"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			s := grafanatest.Start(t)
			publish(t, site(s), sample())
			s.Writes()
			test.edit(s)
			report := publish(t, site(s), sample())
			got := outcome(t, report, test.uid)
			if diff := cmp.Diff(test.want, paths(got.Diff)); diff != "" || got.Action != Refused || got.Reason != "a person changed it" {
				t.Errorf("%s: %s (-want +got):\n%s", got.Action, got.Reason, diff)
			}
			if wrote := s.Writes(); len(wrote) > 0 || report.Count(Unchanged) != 6 {
				t.Errorf("it wrote %q and says %q", wrote, actions(report))
			}
			over := sample()
			over.Overwrite = true
			if got := outcome(t, publish(t, site(s), over), test.uid); got.Action != Updated || len(s.Writes()) != 1 {
				t.Errorf("with overwrite: %+v", got)
			}
			if report := publish(t, site(s), sample()); report.Count(Unchanged) != 7 || len(s.Writes()) > 0 {
				t.Errorf("after overwriting: %q", actions(report))
			}
		})
	}
}

// TestPersonAndNewerVersion: a person's change stands against a newer version of the program,
// and the others of its group are updated all the same.
func TestPersonAndNewerVersion(t *testing.T) {
	s := grafanatest.Start(t)
	publish(t, site(s), sample())
	s.EditDashboard("yunjian-host", func(model grafanatest.Object) string { panelOf(model, 0)["title"] = "处理器"; return "" })
	s.EditRule("yunjian-disk", func(rule grafanatest.Object) { evaluator(rule)["params"] = []any{70} })
	newer := sample()
	for i := range newer.Dashboards {
		newer.Dashboards[i].JSON = []byte(strings.Replace(string(newer.Dashboards[i].JSON), "SELECT 1", "SELECT 2", 1))
	}
	newer.Alerts[0].Rules[0].SQL, newer.Alerts[0].Rules[1].SQL = "SELECT 2", "SELECT 2"
	report := publish(t, site(s), newer)
	got := actions(report)[3:]
	want := []string{"dashboard yunjian-overview updated", "dashboard yunjian-host refused", "alert-rule yunjian-silent updated", "alert-rule yunjian-disk refused"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if got := evaluator(s.Rule("yunjian-disk"))["params"].([]any)[0]; got != 70.0 {
		t.Errorf("the person's threshold is %v now", got)
	}
	if got := paths(outcome(t, report, "yunjian-host").Diff); len(got) != 1 {
		t.Errorf("what the person changed is said to be %q", got)
	}
}

// TestPersonsMay: what persons set beside is theirs and stays, without a word.
func TestPersonsMay(t *testing.T) {
	s := grafanatest.Start(t)
	publish(t, site(s), sample())
	s.EditRule("yunjian-disk", func(rule grafanatest.Object) {
		rule["isPaused"], rule["notification_settings"] = true, object{"receiver": "ops"}
	})
	s.EditSource(DataSourceUID, func(source grafanatest.Object) {
		source["isDefault"], source["jsonData"].(object)["queryTimeout"] = true, "30"
	})
	s.PutFolder(FolderUID, "监测", "parent")
	s.PutFolder("own", "自建", "")
	s.EditDashboard("yunjian-host", func(grafanatest.Object) string { return "own" })
	s.Writes()
	if report := publish(t, site(s), sample()); report.Count(Unchanged) != 7 || len(s.Writes()) > 0 {
		t.Errorf("changes: %q", actions(report))
	}
	newer := sample()
	newer.Alerts[0].Rules[1].Above, newer.Source.Database = 95, "yunjian2"
	newer.Dashboards[1].JSON = []byte(strings.Replace(string(newer.Dashboards[1].JSON), "SELECT 1", "SELECT 2", 1))
	if report := publish(t, site(s), newer); report.Count(Updated) != 3 {
		t.Errorf("changes: %q", actions(report))
	}
	rule := s.Rule("yunjian-disk")
	if rule["isPaused"] != true || rule["notification_settings"].(object)["receiver"] != "ops" {
		t.Errorf("the rule is no longer paused, or sent to another: %v", rule)
	}
	source, _ := s.Source(DataSourceUID)
	if source["isDefault"] != true || source["jsonData"].(object)["queryTimeout"] != "30" {
		t.Errorf("the data source lost what a person set: %v", source)
	}
	if _, folder := s.Dashboard("yunjian-host"); folder != "own" {
		t.Errorf("the dashboard was moved to %q", folder)
	}
	newer.Overwrite = true
	publish(t, site(s), newer)
	if _, folder := s.Dashboard("yunjian-host"); folder != FolderUID || s.Folder(FolderUID)["title"] != FolderTitle {
		t.Errorf("with overwrite the dashboard lies in %q, which is called %v", folder, s.Folder(FolderUID)["title"])
	}
	s.Writes()
	if report := publish(t, site(s), newer); report.Count(Unchanged) != 7 || len(s.Writes()) > 0 {
		t.Errorf("a second time with overwrite: %q", actions(report))
	}
}

// TestDeletedAndMoved: what a person deleted is made again, a rule that was moved is not.
func TestDeletedAndMoved(t *testing.T) {
	s := grafanatest.Start(t)
	publish(t, site(s), sample())
	s.DeleteDashboard("yunjian-host")
	s.MoveRule("yunjian-silent", "", "")
	s.PutFolder("own", "自建", "")
	s.MoveRule("yunjian-disk", "own", "夜间")
	report := publish(t, site(s), sample())
	for uid, want := range map[string]Action{"yunjian-host": Created, "yunjian-silent": Created, "yunjian-disk": Unchanged} {
		if got := outcome(t, report, uid); got.Action != want || !strings.Contains(got.Reason, "a person") {
			t.Errorf("%s: %+v; want %s and why", uid, got, want)
		}
	}
	newer := sample()
	newer.Alerts[0].Rules[1].Above = 95
	if got := outcome(t, publish(t, site(s), newer), "yunjian-disk"); got.Action != Refused || !strings.Contains(got.Reason, "夜间") {
		t.Errorf("a rule that was moved: %+v", got)
	}
	newer.Overwrite = true
	if got := outcome(t, publish(t, site(s), newer), "yunjian-disk"); got.Action != Updated || s.Rule("yunjian-disk")["folderUID"] != AlertFolderUID {
		t.Errorf("with overwrite: %+v", got)
	}
}

// TestForeign: what has our UID but is not ours is refused, unless it is the same anyway.
func TestForeign(t *testing.T) {
	s := grafanatest.Start(t)
	s.EditDashboard("yunjian-host", func(model grafanatest.Object) string { model["title"] = "别的"; return "" })
	s.EditSource(DataSourceUID, func(source grafanatest.Object) {
		source["type"], source["name"], source["jsonData"] = DataSourceType, "ch", object{"host": "db"}
	})
	report := publish(t, site(s), sample())
	for _, uid := range []string{"yunjian-host", DataSourceUID} {
		if got := outcome(t, report, uid); got.Action != Refused || !strings.Contains(got.Reason, "published by this program") {
			t.Errorf("%s: %+v", uid, got)
		}
	}
	s.EditSource(DataSourceUID, func(source grafanatest.Object) { source["type"] = "mysql" })
	over := sample()
	over.Overwrite = true
	report = publish(t, site(s), over)
	if got := outcome(t, report, DataSourceUID); got.Action != Refused || !strings.Contains(got.Reason, "mysql") {
		t.Errorf("a data source of another type: %+v", got)
	}
	if got := outcome(t, report, "yunjian-host"); got.Action != Updated {
		t.Errorf("with overwrite: %+v", got)
	}
	s.ProvisionDashboard("yunjian-host")
	over.Dashboards[1].JSON = []byte(strings.Replace(string(over.Dashboards[1].JSON), "SELECT 1", "SELECT 2", 1))
	if got := outcome(t, publish(t, site(s), over), "yunjian-host"); got.Action != Refused || !strings.Contains(got.Reason, "file") {
		t.Errorf("a dashboard from a file: %+v", got)
	}
}

// TestMovedIntoOurs: a rule that a person moved into another group of ours, and one that is to
// follow into another group but was changed, stay when the group they are in is written.
func TestMovedIntoOurs(t *testing.T) {
	s := grafanatest.Start(t)
	two := sample()
	disk := two.Alerts[0].Rules[1]
	two.Alerts = []RuleGroup{{Title: "采集 1m", Interval: time.Minute, Rules: two.Alerts[0].Rules[:1]}, {Title: "存储", Interval: time.Minute, Rules: []Rule{disk}}}
	publish(t, site(s), two)
	s.MoveRule("yunjian-disk", AlertFolderUID, "采集 1m")
	two.Alerts[0].Rules[0].Above = 5
	report := publish(t, site(s), two)
	if rule := s.Rule("yunjian-disk"); rule["ruleGroup"] != "采集 1m" || outcome(t, report, "yunjian-silent").Action != Updated {
		t.Errorf("%q, the rule that was moved is %v", actions(report), rule)
	}

	s = grafanatest.Start(t)
	publish(t, site(s), sample())
	s.EditRule("yunjian-disk", func(rule grafanatest.Object) { rule["title"] = "磁盘" })
	report = publish(t, site(s), two)
	if rule := s.Rule("yunjian-disk"); rule == nil || rule["ruleGroup"] != "采集 1m" || outcome(t, report, "yunjian-silent").Action != Updated || outcome(t, report, "yunjian-disk").Action != Refused {
		t.Errorf("%q, the rule that was changed is %v", actions(report), rule)
	}
}

// TestNoVersions: a Grafana that does not tell its versions gets what is new and what is the
// same, and nothing is overwritten unseen.
func TestNoVersions(t *testing.T) {
	s := grafanatest.Start(t)
	s.NoVersions = true
	publish(t, site(s), sample())
	if report := publish(t, site(s), sample()); report.Count(Unchanged) != 7 {
		t.Errorf("changes: %q", actions(report))
	}
	newer := sample()
	newer.Dashboards[1].JSON = []byte(strings.Replace(string(newer.Dashboards[1].JSON), "SELECT 1", "SELECT 2", 1))
	if got := outcome(t, publish(t, site(s), newer), "yunjian-host"); got.Action != Refused || !strings.Contains(got.Reason, "versions") {
		t.Errorf("an update: %+v", got)
	}
	s.NoVersions, s.LateVersions = false, true
	s.EditDashboard("yunjian-host", func(model grafanatest.Object) string { model["description"] = "本单位"; return "" })
	if got := outcome(t, publish(t, site(s), newer), "yunjian-host"); got.Action != Refused || !strings.Contains(got.Reason, "versions") {
		t.Errorf("an update over a version that is not told: %+v", got)
	}
	s.LateVersions = false
	newer.Overwrite = true
	if got := outcome(t, publish(t, site(s), newer), "yunjian-host"); got.Action != Updated {
		t.Errorf("with overwrite: %+v", got)
	}
}
