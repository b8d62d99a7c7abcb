package dashboards

import (
	"fmt"
	"time"

	"github.com/go-openapi/strfmt"
	"github.com/grafana/grafana-openapi-client-go/models"
)

// ruleKey is the key under which the last query of a rule remembers what was published.
// Models of queries are kept by Grafana as they are; annotations would show in messages.
const ruleKey = "yunjianPublished"

// newRule is a rule as the API takes it.
func newRule(rule *Rule, group RuleGroup) *models.ProvisionedAlertRule {
	queries, labels, annotations := rule.query(alertWindow)
	span := &models.RelativeTimeRange{From: models.Duration(alertWindow)}
	sent := &models.ProvisionedAlertRule{
		UID: rule.UID, Title: new(rule.Title), FolderUID: new(AlertFolderUID), RuleGroup: new(group.Title), OrgID: new(int64(1)),
		Condition: new("B"), For: new(strfmt.Duration(rule.For)), NoDataState: new(rule.NoData), ExecErrState: new("Error"), Labels: labels, Annotations: annotations,
	}
	for _, query := range queries {
		source, _ := query["datasourceUid"].(string)
		name, _ := query["refId"].(string)
		sent.Data = append(sent.Data, &models.AlertQuery{RefID: name, DatasourceUID: source, RelativeTimeRange: span, Model: plainObject(query["model"])})
	}
	view := ruleView(sent, int64(group.Interval/time.Second))
	last := sent.Data[len(sent.Data)-1]
	last.Model = union(plainObject(last.Model), object{ruleKey: view})
	return sent
}

// ruleView is what is published of a rule, from what is sent or from what Grafana has: of
// queries only what decides on an alert, since Grafana and its editor add more.
func ruleView(rule *models.ProvisionedAlertRule, seconds int64) object {
	view := object{
		"title": text(rule.Title), "interval": fmt.Sprint(time.Duration(seconds) * time.Second), "condition": text(rule.Condition),
		"folder": text(rule.FolderUID), "group": text(rule.RuleGroup),
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
		seen := object{"refId": query.RefID, "datasourceUid": query.DatasourceUID}
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
func publishedRule(rule *models.ProvisionedAlertRule) (view object, stamped bool) {
	for _, query := range rule.Data {
		if query != nil && !stamped {
			view, stamped = plainObject(query.Model)[ruleKey].(object)
		}
	}
	return view, stamped
}

// moved tells whether a person has put a published rule elsewhere.
func moved(rule *models.ProvisionedAlertRule) bool {
	published, stamped := publishedRule(rule)
	return stamped && (published["folder"] != text(rule.FolderUID) || published["group"] != text(rule.RuleGroup))
}

// text is the string of a pointer, empty for nil.
func text(pointer *string) string {
	if pointer == nil {
		return ""
	}
	return *pointer
}
