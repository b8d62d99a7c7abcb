// Package dashboards holds Grafana's dashboards, data source and alert rules as code,
// and publishes them.
//
// A dashboard is one file in boards/: its rows and panels with their words and their SQL,
// which become Grafana's classic JSON here. What several questions share is a fragment in
// fragments/, written {{name}} where it is used. alerts.yaml holds the alert rules. The
// package asks no database; tests run every question on the real engine with the macros
// expanded as the data source's plugin does.
package dashboards
