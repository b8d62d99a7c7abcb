package dashboards

import "time"

// UIDs that stay the same for good: Grafana knows folders and the data source by them.
const (
	// FolderUID is the folder of the dashboards, FolderTitle its title.
	FolderUID   = "yunjian"
	FolderTitle = "云鉴" //nolint:gosmopolitan // a title that people read
	// AlertFolderUID is the folder of the alert rules. Its title differs from that of the
	// dashboards, since file provisioning finds the folder of a rule by title and loads
	// rules first.
	AlertFolderUID   = "yunjian-alerts"
	AlertFolderTitle = "云鉴告警" //nolint:gosmopolitan // a title that people read
	// DataSourceUID is the data source that is published, DataSourceType its plugin.
	DataSourceUID  = "yunjian-clickhouse"
	DataSourceName = "云鉴 ClickHouse" //nolint:gosmopolitan // a title that people read
	DataSourceType = "grafana-clickhouse-datasource"
)

// Dashboard is one dashboard as Grafana's classic JSON.
type Dashboard struct {
	UID   string // of the dashboard, stable, at most 40 characters
	Title string // Chinese
	JSON  []byte // of schema version 41, indented; the same bytes in every run
}

// RuleGroup is a group of alert rules that Grafana evaluates together.
type RuleGroup struct {
	Title    string        // of the group, unique in its folder
	Interval time.Duration // between two evaluations, a multiple of 10 s
	Rules    []Rule
}

// Rule is one alert rule: it fires for each row of its question whose number exceeds
// the threshold.
type Rule struct {
	UID         string            // stable, at most 40 characters
	Title       string            // Chinese
	SQL         string            // ClickHouse SQL of the data source's macros: exactly one numeric column, the string columns are labels
	Above       float64           // the rule fires when the number is greater
	For         time.Duration     // how long before it fires
	NoData      string            // what no rows mean: OK or Alerting
	Labels      map[string]string // such as severity
	Annotations map[string]string // summary, description, runbook_url
}
