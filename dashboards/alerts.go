package dashboards

import (
	"fmt"
	"maps"
	"time"
)

// alertFile is alerts.yaml.
type alertFile struct {
	// Runbooks is the address of the page on which each rule has a section.
	Runbooks string       `yaml:"runbooks"`
	Groups   []alertGroup `yaml:"groups"`
}

type alertGroup struct {
	Title    string        `yaml:"title"`
	Interval time.Duration `yaml:"interval"`
	Rules    []alertRule   `yaml:"rules"`
}

type alertRule struct {
	UID         string        `yaml:"uid"`
	Title       string        `yaml:"title"`
	Severity    string        `yaml:"severity"`
	Summary     string        `yaml:"summary"`
	Description string        `yaml:"description"`
	Above       float64       `yaml:"above"`
	For         time.Duration `yaml:"for"`
	// Silence is what no rows mean: OK, or Alerting where there must be some.
	Silence string `yaml:"silence"`
	// Dashboard is where to look, by the name of its file.
	Dashboard string `yaml:"dashboard"`
	SQL       string `yaml:"sql"`
}

// Alerts returns the alert rules by group. Contact points and routes are the site's own.
func Alerts() ([]RuleGroup, error) {
	s, err := load()
	if err != nil {
		return nil, err
	}
	var f alertFile
	if err := decode("alerts.yaml", &f); err != nil {
		return nil, err
	}
	var out []RuleGroup
	for _, g := range f.Groups {
		group := RuleGroup{Title: g.Title, Interval: g.Interval}
		for i := range g.Rules {
			rule, err := s.rule(&g.Rules[i], f.Runbooks)
			if err != nil {
				return nil, fmt.Errorf("alert rule %s: %w", g.Rules[i].UID, err)
			}
			group.Rules = append(group.Rules, rule)
		}
		out = append(out, group)
	}
	return out, nil
}

func (s *source) rule(r *alertRule, runbooks string) (Rule, error) {
	question, err := s.fill(r.SQL)
	if err != nil {
		return Rule{}, err
	}
	board, ok := s.boards[r.Dashboard]
	if !ok {
		return Rule{}, fmt.Errorf("no dashboard %q", r.Dashboard)
	}
	return Rule{
		UID: r.UID, Title: r.Title, SQL: question, Above: r.Above, For: r.For, NoData: r.Silence,
		Labels: map[string]string{"product": "yunjian", "severity": r.Severity},
		Annotations: map[string]string{
			"summary": r.Summary, "description": r.Description,
			// The anchor of a rule's section is its UID.
			"runbook_url": runbooks + "#" + r.UID, "dashboard_uid": board.UID,
		},
	}, nil
}

// query is a rule as Grafana evaluates it: A asks the data source, B compares each row's
// number. Annotations and labels are copied: a caller may change them.
func (r *Rule) query(seconds int) (data []object, labels, annotations map[string]string) {
	span := object{"from": seconds, "to": 0}
	return []object{
		{
			"refId": "A", "relativeTimeRange": span, "datasourceUid": DataSourceUID,
			"model": object{
				"refId": "A", "datasource": object{"type": DataSourceType, "uid": DataSourceUID},
				"editorType": "sql", "queryType": "table", "format": formatTable, "rawSql": r.SQL,
			},
		},
		{
			"refId": "B", "relativeTimeRange": span, "datasourceUid": "__expr__",
			"model": object{
				"refId": "B", "datasource": object{"type": "__expr__", "uid": "__expr__"}, "type": "threshold", "expression": "A",
				"conditions": []object{{"evaluator": object{"type": "gt", "params": []float64{r.Above}}}},
			},
		},
	}, maps.Clone(r.Labels), maps.Clone(r.Annotations)
}
