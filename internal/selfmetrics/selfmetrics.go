// Package selfmetrics counts what our own processes do, for their /metrics
// pages. It is a thin layer over VictoriaMetrics/metrics and the only package
// that imports it.
//
// It knows no metric of the host: those are client_golang collectors. process_*
// and go_* come from here alone. A Set is made by its owner and passed on; there
// is no default one.
package selfmetrics

import (
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/VictoriaMetrics/metrics"
)

// Set is the metrics of one process. All names get its prefix. It is safe for
// concurrent use once its metrics are made.
type Set struct {
	prefix string
	known  []Metric
	set    *metrics.Set
}

// New returns an empty set; prefix ends in an underscore, as in "yunjian_agent_". known are
// all metrics that may be made.
func New(prefix string, known []Metric) *Set { return &Set{prefix, known, metrics.NewSet()} }

// Label tells the series of one metric apart.
type Label struct{ Name, Value string }

func (s *Set) name(name string, labels []Label) string {
	if len(labels) == 0 {
		return s.prefix + name
	}
	pairs := make([]string, len(labels))
	for i, l := range labels {
		pairs[i] = fmt.Sprintf("%s=%q", l.Name, l.Value)
	}
	return s.prefix + name + "{" + strings.Join(pairs, ",") + "}"
}

// Counter only goes up.
type Counter struct{ c *metrics.Counter }

// Counter makes a counter, which is shown as 0 from now on; its name ends in
// _total. A name with the same labels twice is a mistake and panics, as does one that is not
// described.
func (s *Set) Counter(name string, labels ...Label) Counter {
	s.check(name, KindCounter, labels)
	return Counter{s.set.NewCounter(s.name(name, labels))}
}

// Inc adds 1.
func (c Counter) Inc() { c.c.Inc() }

// Add adds n, which is not negative.
func (c Counter) Add(n int) { c.c.Add(n) }

// Value is the count so far.
func (c Counter) Value() uint64 { return c.c.Get() }

// Gauge makes a gauge that asks value whenever it is written.
func (s *Set) Gauge(name string, value func() float64, labels ...Label) {
	s.check(name, KindGauge, labels)
	s.set.NewGauge(s.name(name, labels), value)
}

// Seconds is a counter of time.
type Seconds struct{ c *metrics.FloatCounter }

// Seconds makes a counter of seconds; its name ends in _seconds_total.
func (s *Set) Seconds(name string, labels ...Label) Seconds {
	s.check(name, KindCounter, labels)
	return Seconds{s.set.NewFloatCounter(s.name(name, labels))}
}

// Add adds a span of time.
func (c Seconds) Add(d time.Duration) { c.c.Add(d.Seconds()) }

// Summary keeps the median, p90, p97, p99 and maximum of the last five minutes.
// The first one of a process starts a goroutine that lives as long as it.
type Summary struct{ s *metrics.Summary }

// Summary makes a summary of values in the unit in which its name ends.
func (s *Set) Summary(name string, labels ...Label) Summary {
	s.check(name, KindSummary, labels)
	return Summary{s.set.NewSummary(s.name(name, labels))}
}

// Observe adds one value.
func (s Summary) Observe(v float64) { s.s.Update(v) }

// WritePrometheus writes the set and then process_* and go_* in text format 0.0.4.
func (s *Set) WritePrometheus(w io.Writer) {
	s.set.WritePrometheus(w)
	metrics.WriteProcessMetrics(w)
}
