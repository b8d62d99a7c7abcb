package collector

import (
	"github.com/yunjian-io/yunjian/collector/ingest"
	"github.com/yunjian-io/yunjian/internal/selfmetrics"
	"github.com/yunjian-io/yunjian/rules/rightsize"
)

// MetricsPrefix begins the names of all metrics that the collector has about itself.
const MetricsPrefix = "yunjian_collector_"

// storedTables are the tables whose rows are counted as they come.
func storedTables() []string {
	return []string{"usage", "usage_device", "samples", "quarantine", "log_evidence"}
}

// Metrics are those that the collector has about itself, for docs/metrics.md.
func Metrics() []selfmetrics.Metric {
	const counter, gauge = selfmetrics.KindCounter, selfmetrics.KindGauge
	outcome := func(name, unit, help string, outcomes ...string) selfmetrics.Metric {
		return selfmetrics.Metric{Name: name, Kind: counter, Label: "outcome", Values: outcomes, Unit: unit, Help: help}
	}
	api := outcome("api_requests_total", "requests", "Requests of people's programs to /api, by the words of the HTTP status.")
	api.Open = true
	return []selfmetrics.Metric{
		outcome("requests_total", "requests", "Requests of senders, by what became of them; not_stored asks the sender to repeat.", "stored", "unauthorized", "too_large", "malformed", "not_stored"),
		outcome("samples_total", "samples", "Samples of remote write, by what became of them; future, too_old and bad_interval are in table quarantine.",
			"stored", ingest.ReasonNoName, ingest.ReasonNoHost, ingest.ReasonForeignHost, ingest.ReasonHostClash, ingest.ReasonHistogram,
			ingest.ReasonFuture, ingest.ReasonTooOld, ingest.ReasonBadInterval),
		outcome("documents_total", "documents", "Documents of agents and gateways that were stored.", "stored"),
		{Name: "rows_stored_total", Kind: counter, Label: "table", Values: storedTables(), Unit: "rows", Help: "Rows that were stored."},
		{Name: "rows_waiting", Kind: gauge, Unit: "rows", Help: "Rows that wait for the next group commit."},
		{Name: "commit_seconds", Kind: selfmetrics.KindSummary, Unit: "s", Help: "Time that group commits took, over the last five minutes."},
		outcome("commits_total", "commits", "Group commits that ClickHouse did not take; the senders keep their rows.", "failed"),
		outcome("derivations_total", "derivations", "Derivations of five-minute values that failed; they are tried again.", "failed"),
		{Name: "engine_restarts", Kind: gauge, Unit: "restarts", Help: "Restarts of the embedded engine since the start."},
		{Name: "known_hosts", Kind: gauge, Unit: "hosts", Help: "Hosts that have ever reported."},
		{Name: "late_buckets", Kind: gauge, Unit: "values", Help: "Five-minute values that came after their month was closed, after the latest closing."},
		{Name: "reports_overdue", Kind: gauge, Unit: "reports", Help: "Reports that should have been sent and were not (Art. 30, 36)."},
		outcome("reports_total", "reports", "Reports that the schedule has made or sent; failed are looks that did not do all.", "made", "sent", "failed"),
		outcome("months_total", "months", "Months that the schedule has closed.", "closed"),
		outcome("guard_total", "hosts", "Changed hosts that were compared with their sizes, by what was seen (Art. 22).",
			string(rightsize.GuardOK), string(rightsize.GuardWatch), string(rightsize.GuardRestore), string(rightsize.GuardUnknown)),
		outcome("central_probes_total", "questions", "Questions to central log stores.", "answered", "failed"),
		api,
	}
}
