package dashboards_test

import (
	"bytes"
	"encoding/json"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode"

	"github.com/google/go-cmp/cmp"

	"github.com/yunjian-io/yunjian/dashboards"
)

// units are those of Grafana that we use; it shows any other as it is written.
func units() []string {
	return []string{"short", "percentunit", "bytes", "Bps", "s"}
}

func checkUnit(t *testing.T, where, unit string) {
	t.Helper()
	if strings.HasPrefix(unit, "suffix:") && len(unit) > len("suffix:") || slices.Contains(units(), unit) {
		return
	}
	t.Errorf("%s: unit %q is none of Grafana's that we know", where, unit)
}

func hasHan(text string) bool {
	return strings.ContainsFunc(text, func(r rune) bool { return unicode.Is(unicode.Han, r) })
}

// The rules of the public dashboard linter that apply, and our own.
func TestBoardRules(t *testing.T) {
	all := boards(t)
	if len(all) != 8 {
		t.Fatalf("%d dashboards", len(all))
	}
	byUID := map[string]*board{}
	for i := range all {
		byUID[all[i].UID] = &all[i]
	}
	if len(byUID) != len(all) {
		t.Error("two dashboards have one UID")
	}
	for i := range all {
		b := &all[i]
		t.Run(b.UID, func(t *testing.T) {
			if b.Editable == nil || *b.Editable || b.GraphTooltip != 1 || b.Timezone != "Asia/Shanghai" || b.SchemaVersion != 41 {
				t.Errorf("editable %v, tooltip %d, zone %q, schema %d", b.Editable, b.GraphTooltip, b.Timezone, b.SchemaVersion)
			}
			if !hasHan(b.Title) || !hasHan(b.Description) || len(b.UID) > 40 || !strings.HasPrefix(b.UID, "yunjian-") {
				t.Errorf("title %q, description %q, UID %q", b.Title, b.Description, b.UID)
			}
			if len(b.Links) != len(all)-1 {
				t.Errorf("%d links to %d other dashboards", len(b.Links), len(all)-1)
			}
			for _, l := range b.Links {
				if to := byUID[strings.TrimPrefix(l.URL, "/d/")]; to == nil || to == b || !l.KeepTime || !l.IncludeVars {
					t.Errorf("link %+v", l)
				}
			}
			checkVariables(t, b)
			checkPanels(t, b, byUID)
			checkLayout(t, b)
		})
	}
}

func checkVariables(t *testing.T, b *board) {
	t.Helper()
	if len(b.Templating.List) == 0 {
		t.Fatal("no variables")
	}
	ds := b.Templating.List[0]
	if ds.Type != "datasource" || ds.Name != "datasource" || ds.Label != "Data source" || ds.Query != dashboards.DataSourceType {
		t.Errorf("the first variable is %+v", ds)
	}
	known := []string{"datasource"}
	for _, v := range b.Templating.List[1:] {
		if v.Type != "query" || v.Refresh != 2 || !v.Multi || !v.IncludeAll || v.AllValue != "'*'" || !hasHan(v.Label) || v.Datasource.UID != "${datasource}" {
			t.Errorf("variable %+v", v)
		}
		for _, used := range variables(v.Query) {
			if !slices.Contains(known, used) {
				t.Errorf("variable %s asks for %s, which does not come before it", v.Name, used)
			}
		}
		known = append(known, v.Name)
	}
	for _, p := range b.panels() {
		for _, used := range variables(p.Targets[0].RawSQL) {
			if !slices.Contains(known, used) {
				t.Errorf("%s asks for the variable %s, which the dashboard does not have", p.Title, used)
			}
		}
	}
}

// variables are those that a question names.
func variables(sql string) (out []string) {
	for _, m := range regexp.MustCompile(`\$\{(\w+)`).FindAllStringSubmatch(sql, -1) {
		out = append(out, m[1])
	}
	return out
}

func checkPanels(t *testing.T, b *board, byUID map[string]*board) {
	t.Helper()
	target := regexp.MustCompile(`^/d/([\w-]+)\?`)
	chosen := regexp.MustCompile(`&var-(\w+)=`)
	ids := map[int]bool{}
	for _, p := range b.panels() {
		if ids[p.ID] || p.ID == 0 {
			t.Errorf("%s: id %d", p.Title, p.ID)
		}
		ids[p.ID] = true
		// A name of one of Grafana's own things, such as CPU P95, may have no Han.
		if p.Title == "" || !hasHan(p.Title) && !strings.Contains(p.Title, "P95") || !hasHan(p.Description) || !hasHan(p.FieldConfig.Defaults.NoValue) {
			t.Errorf("panel %q: description %q, no value %q", p.Title, p.Description, p.FieldConfig.Defaults.NoValue)
		}
		if p.Datasource.UID != "${datasource}" || p.Datasource.Type != dashboards.DataSourceType || len(p.Targets) != 1 || p.Targets[0].Datasource != p.Datasource || p.Targets[0].EditorType != "sql" {
			t.Errorf("%s: source %+v, targets %+v", p.Title, p.Datasource, p.Targets)
		}
		if p.Type != "table" || p.FieldConfig.Defaults.Unit != "" {
			checkUnit(t, p.Title, p.FieldConfig.Defaults.Unit)
		}
		for _, o := range p.FieldConfig.Overrides {
			for _, property := range o.Properties {
				where := p.Title + ", " + o.Matcher.Options
				switch property.ID {
				case "unit":
					checkUnit(t, where, strings.Trim(string(property.Value), `"`))
				case "links":
					var links []struct {
						URL string `json:"url"`
					}
					if err := json.Unmarshal(property.Value, &links); err != nil || len(links) != 1 {
						t.Fatalf("%s: %s", where, property.Value)
					}
					m := target.FindStringSubmatch(links[0].URL)
					if m == nil || byUID[m[1]] == nil {
						t.Fatalf("%s leads to %s", where, links[0].URL)
					}
					for _, name := range chosen.FindAllStringSubmatch(links[0].URL, -1) {
						if !slices.ContainsFunc(byUID[m[1]].Templating.List, func(v boardVariable) bool { return v.Name == name[1] }) {
							t.Errorf("%s gives %s the variable %s, which it does not have", where, m[1], name[1])
						}
					}
				}
			}
		}
	}
}

// checkLayout says which panels overlap or stick out.
func checkLayout(t *testing.T, b *board) {
	t.Helper()
	taken := map[[2]int]string{}
	for _, p := range b.Panels {
		g := p.GridPos
		if g.X < 0 || g.W <= 0 || g.H <= 0 || g.X+g.W > 24 {
			t.Errorf("%s stands at %+v", p.Title, g)
		}
		for x := g.X; x < g.X+g.W; x++ {
			for y := g.Y; y < g.Y+g.H; y++ {
				if other := taken[[2]int{x, y}]; other != "" {
					t.Fatalf("%s lies on %s", p.Title, other)
				}
				taken[[2]int{x, y}] = p.Title
			}
		}
	}
}

// The way down from the provider to a log, and back up, is there.
func TestWayDownAndUp(t *testing.T) {
	leads := map[[2]string]bool{}
	for _, b := range boards(t) {
		for _, p := range b.panels() {
			for _, o := range p.FieldConfig.Overrides {
				for _, property := range o.Properties {
					if property.ID == "links" {
						to := regexp.MustCompile(`/d/([\w-]+)`).FindStringSubmatch(string(property.Value))[1]
						by := regexp.MustCompile(`&?(?:\\u0026)?var-(\w+)=\$\{__data`).FindAllStringSubmatch(string(property.Value), -1)
						leads[[2]string{b.UID + " → " + to, by[len(by)-1][1]}] = true
					}
				}
			}
		}
	}
	for _, want := range [][2]string{
		{"yunjian-overview → yunjian-efficiency", "provider"},
		{"yunjian-overview → yunjian-efficiency", "unit"},
		{"yunjian-overview → yunjian-efficiency", "system"},
		{"yunjian-efficiency → yunjian-host", "system"},
		{"yunjian-efficiency → yunjian-host", "host"},
		{"yunjian-host → yunjian-log-source", "log_source"},
		{"yunjian-log-source → yunjian-host", "host"},
		{"yunjian-host → yunjian-efficiency", "system"},
		{"yunjian-host → yunjian-overview", "unit"},
		{"yunjian-efficiency → yunjian-overview", "unit"},
		{"yunjian-filing → yunjian-overview", "provider"},
	} {
		if !leads[want] {
			t.Errorf("nothing leads %s by %s", want[0], want[1])
		}
	}
}

// The same program makes the same bytes, and they are still the same after a reading.
func TestSameBytes(t *testing.T) {
	first, err := dashboards.Dashboards()
	if err != nil {
		t.Fatal(err)
	}
	second, err := dashboards.Dashboards()
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(first, second); diff != "" {
		t.Error(diff)
	}
	for _, d := range first {
		var read any
		if err := json.Unmarshal(d.JSON, &read); err != nil {
			t.Fatal(err)
		}
		again, err := json.MarshalIndent(read, "", "  ")
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(append(again, '\n'), d.JSON) {
			t.Errorf("%s is not the same after a reading", d.UID)
		}
	}
}

// Every alert rule has a section in the manual, and every section of one a rule.
func TestRunbooks(t *testing.T) {
	text, err := os.ReadFile("../docs/operations.md")
	if err != nil {
		t.Fatal(err)
	}
	anchors := map[string]bool{}
	for _, m := range regexp.MustCompile(`<a id="(yunjian-[\w-]+)"></a>`).FindAllStringSubmatch(string(text), -1) {
		if anchors[m[1]] {
			t.Errorf("two sections %s", m[1])
		}
		anchors[m[1]] = true
	}
	groups, err := dashboards.Alerts()
	if err != nil {
		t.Fatal(err)
	}
	boards := map[string]bool{}
	for _, b := range allUIDs(t) {
		boards[b] = true
	}
	for _, g := range groups {
		if g.Interval.Seconds() < 10 || int(g.Interval.Seconds())%10 != 0 || !hasHan(g.Title) {
			t.Errorf("group %q every %s", g.Title, g.Interval)
		}
		for _, r := range g.Rules {
			page, anchor, _ := strings.Cut(r.Annotations["runbook_url"], "#")
			if !strings.HasSuffix(page, "/docs/operations.md") || !anchors[anchor] {
				t.Errorf("%s: no section at %s", r.UID, r.Annotations["runbook_url"])
			}
			delete(anchors, anchor)
			if !hasHan(r.Title) || !hasHan(r.Annotations["summary"]) || !hasHan(r.Annotations["description"]) || len(r.UID) > 40 ||
				r.NoData != "OK" && r.NoData != "Alerting" || !slices.Contains([]string{"warning", "critical"}, r.Labels["severity"]) || !boards[r.Annotations["dashboard_uid"]] {
				t.Errorf("rule %+v", r)
			}
			for _, m := range regexp.MustCompile(`\$labels\.(\w+)`).FindAllStringSubmatch(r.Annotations["summary"], -1) {
				if !strings.Contains(r.SQL, " AS "+m[1]) && !regexp.MustCompile(`\b`+m[1]+`\b`).MatchString(r.SQL) {
					t.Errorf("%s tells of the label %s, which is no column", r.UID, m[1])
				}
			}
		}
	}
	for anchor := range anchors {
		t.Errorf("section %s is of no rule", anchor)
	}
}

func allUIDs(t *testing.T) (out []string) {
	t.Helper()
	for _, b := range boards(t) {
		out = append(out, b.UID)
	}
	return out
}
