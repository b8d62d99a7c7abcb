package central

import (
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// elasticModel holds records and answers searches on them as Elasticsearch does, as far
// as the probe asks: a question of any other form is refused.
type elasticModel struct {
	t        *testing.T
	records  []record
	settings map[string]string // JSON of an index
	answers  map[string]string // JSON by path, for what is told of lifecycles
	mangle   func(map[string]any)

	mu       sync.Mutex
	searches []search
	header   http.Header
}

// search is the form in which the model takes a question. It is strict.
type search struct {
	Size  *int  `json:"size"`
	Track *bool `json:"track_total_hits"`
	Query struct {
		Bool struct {
			Filter []struct {
				Range map[string]struct {
					GTE    time.Time `json:"gte"`
					LTE    time.Time `json:"lte"`
					Format string    `json:"format"`
				} `json:"range"`
				QueryString *struct {
					Query string `json:"query"`
				} `json:"query_string"`
				Term map[string]struct {
					Value string `json:"value"`
				} `json:"term"`
			} `json:"filter"`
		} `json:"bool"`
	} `json:"query"`
	Aggs struct {
		Hosts struct {
			Composite struct {
				Size    int `json:"size"`
				Sources []map[string]map[string]struct {
					Field    string `json:"field"`
					Interval string `json:"calendar_interval"`
					Zone     string `json:"time_zone"`
					Format   string `json:"format"`
				} `json:"sources"`
				After *bucketKey `json:"after"`
			} `json:"composite"`
			Aggs map[string]map[string]struct {
				Field string `json:"field"`
			} `json:"aggs"`
		} `json:"hosts"`
	} `json:"aggs"`
}

type bucketKey struct {
	Host string `json:"host"`
	Day  string `json:"day"`
}

func (m *elasticModel) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.header = r.Header.Clone()
	if name, ok := strings.CutSuffix(r.URL.Path, "/_settings"); ok && r.Method == http.MethodGet {
		if name != "/logs-*" {
			m.t.Errorf("settings of %q", name)
		}
		var parts []string
		for _, name := range slices.Sorted(keys(m.settings)) {
			parts = append(parts, fmt.Sprintf(`%q:{"settings":{"index":%s}}`, name, m.settings[name]))
		}
		fmt.Fprintf(w, "{%s}", strings.Join(parts, ","))
		return
	}
	if answer, ok := m.answers[r.URL.Path]; ok && r.Method == http.MethodGet {
		fmt.Fprint(w, answer)
		return
	}
	if r.Method != http.MethodPost || r.URL.Path != "/logs-*/_search" || r.URL.Query().Get("allow_partial_search_results") != "false" {
		w.WriteHeader(http.StatusNotFound)
		fmt.Fprintf(w, `{"error":{"reason":"no such thing: %s %s"}}`, r.Method, r.URL.Path)
		return
	}
	body, err := io.ReadAll(r.Body)
	if err != nil {
		m.t.Error(err)
	}
	d := json.NewDecoder(strings.NewReader(string(body)))
	d.DisallowUnknownFields()
	var s search
	if err := d.Decode(&s); err != nil {
		m.t.Errorf("search: %v\n%s", err, body)
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	m.searches = append(m.searches, s)
	answer := m.answer(s)
	if m.mangle != nil {
		m.mangle(answer)
	}
	if err := json.NewEncoder(w).Encode(answer); err != nil {
		m.t.Error(err)
	}
}

// matches applies the filters of a search.
func (s search) matches(r record) bool {
	for _, f := range s.Query.Bool.Filter {
		for _, v := range f.Range {
			if r.at.Before(v.GTE) || r.at.After(v.LTE) {
				return false
			}
		}
		if f.QueryString != nil {
			field, value, _ := strings.Cut(f.QueryString.Query, ":")
			if r.fields[field] != value {
				return false
			}
		}
		for field, v := range f.Term {
			if r.fields[field] != v.Value {
				return false
			}
		}
	}
	return true
}

// answer computes a page: buckets in the order of their keys, behind the after key.
func (m *elasticModel) answer(s search) map[string]any {
	composite := s.Aggs.Hosts.Composite
	day := composite.Sources[1]["day"]["date_histogram"]
	host := composite.Sources[0]["host"]["terms"]
	zone, err := time.LoadLocation(day.Zone)
	if err != nil || *s.Size != 0 || *s.Track || day.Interval != "1d" || day.Format != "yyyy-MM-dd" || host.Field != "agent.host" || day.Field != "ts" ||
		s.Aggs.Hosts.Aggs["oldest"]["min"].Field != "ts" || s.Aggs.Hosts.Aggs["newest"]["max"].Field != "ts" {
		m.t.Errorf("search of another form: %+v, %v", s, err)
	}
	type sums struct {
		n              int
		oldest, newest int64
	}
	found := map[bucketKey]*sums{}
	for _, r := range m.records {
		if !s.matches(r) {
			continue
		}
		key := bucketKey{r.host, r.at.In(zone).Format(time.DateOnly)}
		b, ms := found[key], r.at.UnixMilli()
		if b == nil {
			b = &sums{oldest: ms, newest: ms}
			found[key] = b
		}
		b.n, b.oldest, b.newest = b.n+1, min(b.oldest, ms), max(b.newest, ms)
	}
	compare := func(a, b bucketKey) int { return cmp.Or(cmp.Compare(a.Host, b.Host), cmp.Compare(a.Day, b.Day)) }
	buckets, aggregation := []any{}, map[string]any{}
	for _, key := range slices.SortedFunc(keys(found), compare) {
		if composite.After != nil && compare(key, *composite.After) <= 0 {
			continue
		}
		if len(buckets) == composite.Size {
			break
		}
		b := found[key]
		buckets = append(buckets, map[string]any{
			"key": key, "doc_count": b.n, "oldest": map[string]any{"value": float64(b.oldest)}, "newest": map[string]any{"value": float64(b.newest), "value_as_string": "x"},
		})
		aggregation["after_key"] = key
	}
	aggregation["buckets"] = buckets
	return map[string]any{
		"took": 3, "timed_out": false, "_shards": map[string]any{"total": 4, "successful": 4, "skipped": 1, "failed": 0},
		"hits": map[string]any{"hits": []any{}}, "aggregations": map[string]any{"hosts": aggregation},
	}
}

func keys[K comparable, V any](m map[K]V) func(func(K) bool) {
	return func(yield func(K) bool) {
		for k := range m {
			if !yield(k) {
				return
			}
		}
	}
}
