// Package dashboards holds Grafana's dashboards, data source and alert rules as code,
// and publishes them.
package dashboards
