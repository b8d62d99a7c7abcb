// Package grafanatest is a server that speaks the part of Grafana's API through which
// dashboards are published, with the statuses that Grafana 12.2 was seen to answer. It
// draws nothing and evaluates no rule; tests drive it, and play the persons who change
// things in it.
package grafanatest
