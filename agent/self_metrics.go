package agent

import (
	"github.com/yunjian-io/yunjian/agent/push"
	"github.com/yunjian-io/yunjian/internal/selfmetrics"
)

// MetricsPrefix begins the names of all metrics that the agent has about itself.
const MetricsPrefix = "yunjian_agent_"

// Metrics are those that the agent has about itself, for docs/metrics.md.
func Metrics() []selfmetrics.Metric {
	const counter, gauge = selfmetrics.KindCounter, selfmetrics.KindGauge
	var outcomes []string
	for o := push.Outcome(0); o <= push.Unauthorized; o++ {
		outcomes = append(outcomes, o.String())
	}
	return []selfmetrics.Metric{
		{Name: "looks_total", Kind: counter, Unit: "looks", Help: "Looks at the host, every 5 s unless configured otherwise."},
		{Name: "reports_total", Kind: counter, Unit: "batches", Help: "Batches that were put into the spool."},
		{Name: "intervals_dropped_total", Kind: counter, Label: "reason", Values: []string{reasonStep, reasonLate}, Unit: "intervals", Help: "Intervals that were not reported: the clock was stepped, or the looks came too late to stand for the interval."},
		{Name: "spool_batches", Kind: gauge, Unit: "batches", Help: "Batches that wait to be delivered."},
		{Name: "spool_bytes", Kind: gauge, Unit: "bytes", Help: "Size of the spool."},
		{Name: "spool_overflow_batches_total", Kind: counter, Unit: "batches", Help: "Oldest batches that were dropped because the spool was full."},
		{Name: "spool_errors_total", Kind: counter, Unit: "errors", Help: "Failed reads and writes of the spool."},
		{Name: "batches_delivered_total", Kind: counter, Unit: "batches", Help: "Batches that the collector has confirmed."},
		{Name: "batches_rejected_total", Kind: counter, Unit: "batches", Help: "Batches that the collector refused for good; they were dropped."},
		{Name: "requests_total", Kind: counter, Label: "outcome", Values: outcomes, Unit: "requests", Help: "Requests to the collector by what followed: keep is to be tried again, split was too large."},
		{Name: "request_seconds_total", Kind: counter, Unit: "s", Help: "Time that requests took."},
		{Name: "last_delivery_timestamp_seconds", Kind: gauge, Unit: "s since 1970", Help: "When a batch was confirmed last; 0 before the first."},
		{Name: "connection_bytes", Kind: gauge, Unit: "bytes", Help: "Bytes that the agent's own connections have sent and received."},
		{Name: "log_passes_total", Kind: counter, Unit: "passes", Help: "Passes over the logs."},
		{Name: "log_sources", Kind: gauge, Unit: "logs", Help: "Logs that the last pass found."},
		{Name: "log_read_bytes", Kind: gauge, Unit: "bytes", Help: "Bytes of logs that were read since the start."},
		{Name: "build_info", Kind: gauge, Label: "version", Open: true, Unit: "", Help: "Always 1; the label is the version of the program."},
	}
}
