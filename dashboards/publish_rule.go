package dashboards

import (
	"fmt"
	"time"

	"github.com/go-openapi/strfmt"
	"github.com/grafana/grafana-openapi-client-go/models"
)

// expressions is the data source UID of what Grafana reckons itself.
const expressions = "__expr__"

// ruleKey is the key under which the last query of a rule remembers what was published.
// Models of queries are kept by Grafana as they are; annotations would show in messages.
const ruleKey = "yunjianPublished"

// alertSpan is the time range that the macros of a rule's question see.
const alertSpan = time.Hour

// newRule is a rule as the API takes it: A asks ClickHouse, B compares each row's number.
func newRule(rule *Rule, group RuleGroup) *models.ProvisionedAlertRule {
	window := strfmt.Duration(rule.For)
	span := &models.RelativeTimeRange{From: models.Duration(alertSpan / time.Second)}
	question := map[string]any{
		"refId": "A", "datasource": map[string]any{"type": DataSourceType, "uid": DataSourceUID},
		"editorType": "sql", "queryType": "table", "format": 1, "rawSql": rule.SQL, "intervalMs": 1000, "maxDataPoints": 43200,
	}
	threshold := map[string]any{
		"refId": "B", "datasource": map[string]any{"type": expressions, "uid": expressions}, "type": "threshold", "expression": "A",
		"conditions": []any{map[string]any{
			"type": "query", "evaluator": map[string]any{"type": "gt", "params": []any{rule.Above}}, "operator": map[string]any{"type": "and"},
			"query": map[string]any{"params": []any{"B"}}, "reducer": map[string]any{"type": "last", "params": []any{}},
		}},
		"intervalMs": 1000, "maxDataPoints": 43200,
	}
	sent := &models.ProvisionedAlertRule{
		UID: rule.UID, Title: new(rule.Title), FolderUID: new(AlertFolderUID), RuleGroup: new(group.Title), OrgID: new(int64(1)),
		Condition: new("B"), For: &window, NoDataState: new(rule.NoData), ExecErrState: new("Error"), Labels: rule.Labels, Annotations: rule.Annotations,
		Data: []*models.AlertQuery{
			{RefID: "A", DatasourceUID: DataSourceUID, RelativeTimeRange: span, Model: question},
			{RefID: "B", DatasourceUID: expressions, RelativeTimeRange: span, Model: threshold},
		},
	}
	threshold[ruleKey] = ruleView(sent, int64(group.Interval/time.Second))
	return sent
}

// ruleView is what is published of a rule, from what is sent or from what Grafana has: of
// queries only what decides on an alert, since Grafana and its editor add more.
func ruleView(rule *models.ProvisionedAlertRule, seconds int64) map[string]any {
	view := map[string]any{
		"title": text(rule.Title), "interval": fmt.Sprint(time.Duration(seconds) * time.Second), "condition": text(rule.Condition),
		"noDataState": text(rule.NoDataState), "execErrState": text(rule.ExecErrState), "labels": rule.Labels, "annotations": rule.Annotations,
	}
	if rule.For != nil {
		view["for"] = time.Duration(*rule.For).String()
	}
	queries := []any{}
	for _, query := range rule.Data {
		if query == nil {
			continue
		}
		model := plainObject(query.Model)
		seen := map[string]any{"refId": query.RefID, "datasourceUid": query.DatasourceUID}
		if query.RelativeTimeRange != nil {
			seen["from"], seen["to"] = int64(query.RelativeTimeRange.From), int64(query.RelativeTimeRange.To)
		}
		for _, key := range []string{"rawSql", "format", "queryType", "type", "expression", "reducer"} {
			if model[key] != nil {
				seen[key] = model[key]
			}
		}
		if conditions, ok := model["conditions"].([]any); ok && len(conditions) > 0 {
			seen["evaluator"] = plainObject(conditions[0])["evaluator"]
		}
		queries = append(queries, seen)
	}
	view["queries"] = queries
	return plainObject(view)
}

// publishedRule is the view of a rule as it was published last, if it was.
func publishedRule(rule *models.ProvisionedAlertRule) (map[string]any, bool) {
	for _, query := range rule.Data {
		if query != nil && query.RefID == "B" {
			view, ok := plainObject(query.Model)[ruleKey].(map[string]any)
			return view, ok
		}
	}
	return nil, false
}

// text is the string of a pointer, empty for nil.
func text(pointer *string) string {
	if pointer == nil {
		return ""
	}
	return *pointer
}
