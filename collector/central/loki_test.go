package central

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/yunjian-io/yunjian/rules/retention"
)

// lokiModel holds records and evaluates the one form of LogQL that the probe asks, with
// the limits that Loki has.
type lokiModel struct {
	t         *testing.T
	records   []record
	maxSeries int
	maxLength time.Duration
	maxInput  int
	busy      int // requests that are turned away first
	config    string
	runtime   string
	warning   string

	mu      sync.Mutex
	queries []string
	tenant  string
}

var lokiQuery = regexp.MustCompile(`^sum by \(host\) \(count_over_time\(\{job="auth"(?:, host=~("[^}]*"))?\} \|= "x" \[(\d+)(d|m)\](?: offset (\d+)h)?\)\)$`)

func (m *lokiModel) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.tenant = r.Header.Get("X-Scope-OrgID")
	if m.busy > 0 {
		m.busy--
		w.Header().Set("Retry-After", "3")
		http.Error(w, "too many outstanding requests", http.StatusTooManyRequests)
		return
	}
	switch r.URL.Path {
	case "/loki/api/v1/label/host/values":
		m.labels(w, r)
	case "/loki/api/v1/query_range":
		m.count(w, r)
	case "/config":
		fmt.Fprint(w, m.config)
	case "/runtime_config":
		fmt.Fprint(w, m.runtime)
	default:
		http.NotFound(w, r)
	}
}

// between reads start and end, and refuses a range that is too long.
func (m *lokiModel) between(w http.ResponseWriter, values url.Values) (start, end time.Time, ok bool) {
	from, err1 := strconv.ParseInt(values.Get("start"), 10, 64)
	to, err2 := strconv.ParseInt(values.Get("end"), 10, 64)
	if err1 != nil || err2 != nil {
		m.t.Errorf("start %q, end %q", values.Get("start"), values.Get("end"))
	}
	start, end = time.Unix(0, from), time.Unix(0, to)
	if end.Sub(start) > m.maxLength {
		http.Error(w, fmt.Sprintf("the query time range exceeds the limit (query length: %s, limit: %s)", end.Sub(start), m.maxLength), http.StatusBadRequest)
		return start, end, false
	}
	return start, end, true
}

func (m *lokiModel) labels(w http.ResponseWriter, r *http.Request) {
	start, end, ok := m.between(w, r.URL.Query())
	if !ok {
		return
	}
	if r.URL.Query().Get("query") != `{job="auth"}` {
		m.t.Errorf("labels of %q", r.URL.Query().Get("query"))
	}
	hosts := map[string]bool{}
	for _, r := range m.records {
		if !r.at.Before(start) && !r.at.After(end) {
			hosts[r.host] = true
		}
	}
	m.write(w, map[string]any{"status": "success", "data": slices.Sorted(keys(hosts))})
}

func (m *lokiModel) write(w http.ResponseWriter, v any) {
	if err := json.NewEncoder(w).Encode(v); err != nil {
		m.t.Error(err)
	}
}

func (m *lokiModel) count(w http.ResponseWriter, r *http.Request) {
	if err := r.ParseForm(); err != nil || r.Method != http.MethodPost {
		m.t.Error(err, r.Method)
	}
	query := r.PostForm.Get("query")
	m.queries = append(m.queries, query)
	found := lokiQuery.FindStringSubmatch(query)
	if found == nil {
		m.t.Errorf("query of another form: %s", query)
		http.Error(w, "parse error", http.StatusBadRequest)
		return
	}
	if len(query) > m.maxInput {
		http.Error(w, fmt.Sprintf("parse error : stream selector is too long: input size too long (%d > %d)", len(query), m.maxInput), http.StatusBadRequest)
		return
	}
	start, end, ok := m.between(w, r.PostForm)
	if !ok {
		return
	}
	hosts := regexp.MustCompile("")
	if found[1] != "" {
		text, err := strconv.Unquote(found[1])
		if err != nil {
			m.t.Error(err)
		}
		hosts = regexp.MustCompile("^(?:" + text + ")$")
	}
	duration := func(number, unit string) time.Duration {
		n, _ := strconv.Atoi(number)
		if unit == "d" {
			n, unit = 24*n, "h"
		}
		d, _ := time.ParseDuration(strconv.Itoa(n) + unit)
		return d
	}
	window, offset, step := duration(found[2], found[3]), duration(found[4], "h"), duration(r.PostForm.Get("step"), "s")
	start, end = start.Truncate(step), end.Truncate(step) // align_queries_with_step
	counts := map[string]map[int64]int{}
	for at := start; !at.After(end); at = at.Add(step) {
		for _, r := range m.records {
			to := at.Add(-offset)
			if r.fields["event.module"] == "system" && hosts.MatchString(r.host) && r.at.After(to.Add(-window)) && !r.at.After(to) {
				if counts[r.host] == nil {
					counts[r.host] = map[int64]int{}
				}
				counts[r.host][at.Unix()]++
			}
		}
	}
	if len(counts) > m.maxSeries {
		http.Error(w, fmt.Sprintf("maximum of series (%d) reached for a single query", m.maxSeries), http.StatusBadRequest)
		return
	}
	result := []any{}
	for host, byTime := range counts {
		values := []any{}
		for _, at := range slices.Sorted(keys(byTime)) {
			values = append(values, []any{at, strconv.Itoa(byTime[at])})
		}
		result = append(result, map[string]any{"metric": map[string]string{"host": host}, "values": values})
	}
	answer := map[string]any{"status": "success", "data": map[string]any{"resultType": "matrix", "result": result, "stats": map[string]any{}}}
	if m.warning != "" {
		answer["warnings"] = []string{m.warning}
	}
	m.write(w, answer)
}

func newLokiModel(t *testing.T) *lokiModel {
	return &lokiModel{t: t, maxSeries: 500, maxLength: 721 * time.Hour, maxInput: 131072, config: "limits_config: {retention_period: 0s}\n"}
}

func lokiStore(url string) Store {
	return Store{Kind: Loki, URL: url, Tenant: "gov", Classes: []Class{{Class: "os-auth", Selector: `{job="auth"} |= "x"`}}}
}

// lokiFleet is fleet as far as counts of Loki tell it: the ends are proven to the day,
// and to five minutes of late. A record in the first instant of a day counts for the day
// before.
func lokiFleet() ([]record, map[string]summary) {
	records, want := fleet()
	for i := range records {
		if at := records[i].at.In(Zone()); at.Equal(at.Truncate(24*time.Hour).Add(-8*time.Hour)) || at.Hour() == 0 && at.Minute() == 0 && at.Second() == 0 {
			records[i].at = at.Add(time.Second)
		}
	}
	for name, ends := range map[string][2]string{
		"full": {"2026-04-23 00:00:00", "2026-10-31 15:20:00"}, "hole": {"2026-04-23 00:00:00", "2026-10-31 12:55:00"},
		"late": {"2026-10-30 00:00:00", "2026-10-31 14:55:00"}, "stopped": {"2026-04-23 00:00:00", "2026-05-02 00:00:00"}, "edge": {"2026-06-01 00:00:00", "2026-06-01 00:00:00"},
	} {
		s := want[name]
		s.Oldest, s.Newest = ends[0], ends[1]
		want[name] = s
	}
	return records, want
}

// TestLokiCounts: days of Shanghai, within the limits that Loki has by default and
// within lower ones.
func TestLokiCounts(t *testing.T) {
	records, want := lokiFleet()
	for _, tt := range []struct {
		name   string
		change func(*lokiModel)
	}{
		{"default limits", func(*lokiModel) {}},
		{"three series", func(m *lokiModel) { m.maxSeries = 3 }},
		{"short queries", func(m *lokiModel) { m.maxInput = 100 }},
		{"busy", func(m *lokiModel) { m.busy = 3 }},
	} {
		m := newLokiModel(t)
		m.records = records
		tt.change(m)
		got := summarize(asked(t, prober(t, lokiStore(served(t, m)), Options{})))
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s: hosts (-want +got):\n%s", tt.name, diff)
		}
		if m.tenant != "gov" || len(m.queries) == 0 {
			t.Errorf("%s: tenant %q after %d queries", tt.name, m.tenant, len(m.queries))
		}
	}
}

// TestLokiLimits: ranges are shortened until they are let through; a store that stays
// busy, or warns, proves nothing.
func TestLokiLimits(t *testing.T) {
	records, want := lokiFleet()
	m := newLokiModel(t)
	m.records, m.maxLength = records, 10*24*time.Hour
	got := summarize(asked(t, prober(t, lokiStore(served(t, m)), Options{})))
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("ten days at once: hosts (-want +got):\n%s", diff)
	}
	m = newLokiModel(t)
	m.records, m.busy = records, 1000
	if _, err := ask(t, prober(t, lokiStore(served(t, m)), Options{})); err == nil || !strings.Contains(err.Error(), "too busy") || m.busy == 999 || m.busy < 900 {
		t.Errorf("busy for good: %v after %d requests; want some, and an end", err, 1000-m.busy)
	}
	m = newLokiModel(t)
	m.records, m.warning = records, "partial response"
	if _, err := ask(t, prober(t, lokiStore(served(t, m)), Options{})); err == nil || !strings.Contains(err.Error(), "partial response") {
		t.Errorf("with a warning: %v", err)
	}
}

// TestLokiRetention: what the running configuration removes.
func TestLokiRetention(t *testing.T) {
	compactor := "compactor: {retention_enabled: true}\n"
	for _, tt := range []struct {
		name, config, runtime string
		want                  retention.Policy
		note                  string
	}{
		{"off", "limits_config: {retention_period: 744h}\n", "", retention.Never{}, ""},
		{"on", compactor + "limits_config: {retention_period: 31d}\n", "", retention.Age{Days: 31, Setting: "retention_period"}, ""},
		{"on for good", compactor + "limits_config: {retention_period: 0s}\n", "", retention.Never{}, ""},
		{"table manager", "limits_config: {}\ntable_manager: {retention_deletes_enabled: true, retention_period: 4464h0m0s}\n", "", retention.Age{Days: 186, Setting: "retention_period"}, ""},
		{"a rule for others", compactor + "limits_config: {retention_period: 200d, retention_stream: [{selector: '{job=\"web\"}', priority: 1, period: 24h}]}\n", "", retention.Age{Days: 200, Setting: "retention_period"}, ""},
		{"a rule that may hold", compactor + "limits_config: {retention_period: 200d, retention_stream: [{selector: '{level=\"debug\"}', priority: 1, period: 24h}]}\n", "", retention.Age{Days: 1, Setting: "retention_stream.period"}, ""},
		{"a rule for all of it", compactor + "limits_config: {retention_period: 31d, retention_stream: [{selector: '{env=\"dev\"}', priority: 1, period: 24h}, {selector: '{job=\"auth\"}', priority: 2, period: 1y}]}\n", "", retention.Age{Days: 365, Setting: "retention_stream.period"}, ""},
		{"overrides", compactor + "limits_config: {retention_period: 31d}\nruntime_config: {file: /etc/o.yaml}\n", "overrides: {gov: {retention_period: 1w}, fake: {retention_period: 1d}}\n", retention.Age{Days: 7, Setting: "retention_period"}, ""},
		{"no period", compactor + "limits_config: {}\n", "", nil, "without a retention_period"},
		{"a period that is none", compactor + "limits_config: {retention_period: long}\n", "", nil, `read age "long"`},
		{"no limits", "server: {}\n", "", nil, "no limits_config"},
		{"no YAML", "\tx: [", "", nil, "no YAML"},
	} {
		m := newLokiModel(t)
		m.config, m.runtime = tt.config, tt.runtime
		got := asked(t, prober(t, lokiStore(served(t, m)), Options{}))
		if diff := cmp.Diff(tt.want, got.Retention); diff != "" || got.Immutable || !strings.Contains(got.Note, tt.note) {
			t.Errorf("%s: note %q; retention (-want +got):\n%s", tt.name, got.Note, diff)
		}
	}
}
