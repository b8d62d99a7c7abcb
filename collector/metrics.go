package collector

import (
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/yunjian-io/yunjian/internal/selfmetrics"
	"github.com/yunjian-io/yunjian/internal/wire"
)

// metrics counts what the collector does, for its /metrics page.
type metrics struct {
	set     *selfmetrics.Set
	commits selfmetrics.Summary
	rows    map[string]selfmetrics.Counter

	mu     sync.Mutex
	events map[[2]string]selfmetrics.Counter
}

// newMetrics makes all series that are described, so that a page has them from the start.
func newMetrics() *metrics {
	set := selfmetrics.New(MetricsPrefix, Metrics())
	m := &metrics{
		set: set, commits: set.Summary("commit_seconds"),
		rows: map[string]selfmetrics.Counter{}, events: map[[2]string]selfmetrics.Counter{},
	}
	for _, table := range storedTables() {
		m.rows[table] = set.Counter("rows_stored_total", selfmetrics.Label{Name: "table", Value: table})
	}
	for _, d := range Metrics() {
		if d.Label == "outcome" {
			for _, outcome := range d.Values {
				m.count(strings.TrimSuffix(d.Name, "_total"), outcome, 0)
			}
		}
	}
	return m
}

// count counts an event, such as requests or samples, by its reason.
func (m *metrics) count(event, reason string, n int) {
	m.mu.Lock()
	key := [2]string{event, reason}
	c, ok := m.events[key]
	if !ok {
		c = m.set.Counter(event+"_total", selfmetrics.Label{Name: "outcome", Value: reason})
		m.events[key] = c
	}
	m.mu.Unlock()
	c.Add(n)
}

// committed counts a stored group.
func (m *metrics) committed(rows *wire.Rows, took time.Duration) {
	m.commits.Observe(took.Seconds())
	m.rows["usage"].Add(len(rows.Usage))
	m.rows["usage_device"].Add(len(rows.Devices))
	m.rows["samples"].Add(len(rows.Samples))
	m.rows["quarantine"].Add(len(rows.Quarantine))
	m.rows["log_evidence"].Add(len(rows.Evidence))
}

// total is the sum of an event's counters whose outcome is wanted.
func (m *metrics) total(event string, wanted func(outcome string) bool) (n uint64) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for key, c := range m.events {
		if key[0] == event && wanted(key[1]) {
			n += c.Value()
		}
	}
	return n
}

// stored is the number of rows that were stored, in all tables.
func (m *metrics) stored() (n uint64) {
	for _, c := range m.rows {
		n += c.Value()
	}
	return n
}

// gauge shows a value that is asked for when the page is read.
func (m *metrics) gauge(name string, value func() float64) { m.set.Gauge(name, value) }

func (m *metrics) ServeHTTP(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "text/plain; version=0.0.4; charset=utf-8")
	m.set.WritePrometheus(w)
}
