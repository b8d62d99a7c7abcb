package central

import (
	"fmt"
	"maps"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/yunjian-io/yunjian/rules/retention"
)

func elasticStore(url string) Store {
	return Store{Kind: Elasticsearch, URL: url, Classes: []Class{{
		Class: "os-auth", Stream: "auth", Index: "logs-*", HostField: "agent.host", TimeField: "ts", Query: "event.module:system", Filter: map[string]string{"level": "info"},
	}}}
}

// created is the setting of an index that was made so many days ago.
func created(days int) string {
	return fmt.Sprintf(`{"creation_date":"%d"}`, now.AddDate(0, 0, -days).UnixMilli())
}

const noLifecycle = `{"indices":{"logs-1":{"index":"logs-1","managed":false}}}`

// TestElasticCounts: counts by host and day of Shanghai over several pages, with the
// filters of the class.
func TestElasticCounts(t *testing.T) {
	records, want := fleet()
	for i := range 60 { // more buckets than one page has
		host := fmt.Sprintf("many-%02d", i)
		records = append(records, daily(host, first.In(Zone()), now, 24*time.Hour, map[string]string{"event.module": "system", "level": "info"})...)
		want[host] = summary{Oldest: "2026-04-23 00:00:00", Newest: "2026-10-31 00:00:00", Days: 192, Records: 192}
	}
	m := &elasticModel{t: t, records: records, settings: map[string]string{"logs-1": created(200)}, answers: map[string]string{"/logs-*/_ilm/explain": noLifecycle}}
	s := elasticStore(served(t, m))
	s.Username, s.PasswordFile = "probe", secretFile(t, "hunter2\n")
	got := asked(t, prober(t, s, Options{}))
	if diff := cmp.Diff(want, summarize(got)); diff != "" {
		t.Errorf("hosts (-want +got):\n%s", diff)
	}
	if len(m.searches) != 3 || m.searches[0].Aggs.Hosts.Composite.After != nil || m.searches[1].Aggs.Hosts.Composite.After == nil {
		t.Errorf("%d searches; want a page, one behind it and an empty one", len(m.searches))
	}
	if got.Retention != (retention.Never{}) || got.Immutable || got.Note != "" {
		t.Errorf("retention %#v, immutable %v, note %q; want never, false and none", got.Retention, got.Immutable, got.Note)
	}
	if user, password, ok := (&http.Request{Header: m.header}).BasicAuth(); !ok || user != "probe" || password != "hunter2" {
		t.Errorf("authorization %q", m.header.Get("Authorization"))
	}
}

// TestElasticPartial: an answer that is not whole proves nothing.
func TestElasticPartial(t *testing.T) {
	records, _ := fleet()
	for _, tt := range []struct {
		name, want string
		mangle     func(map[string]any)
	}{
		{"timed out", "ended early", func(a map[string]any) { a["timed_out"] = true }},
		{"terminated", "ended early", func(a map[string]any) { a["terminated_early"] = true }},
		{"shards", "2 of 4 shards did not answer, so that the counts prove nothing: circuit_breaking_exception too large", func(a map[string]any) {
			a["_shards"] = map[string]any{"total": 4, "failed": 2, "failures": []any{map[string]any{"reason": map[string]any{"type": "circuit_breaking_exception", "reason": "too large"}}}}
		}},
		{"clusters", "remote cluster", func(a map[string]any) { a["_clusters"] = map[string]any{"total": 2, "skipped": 1} }},
		{"no index", "no index matches", func(a map[string]any) { a["_shards"] = map[string]any{"total": 0, "failed": 0} }},
		{"no shards", "is this the address", func(a map[string]any) { delete(a, "_shards") }},
		{"no counts", "no counts", func(a map[string]any) { delete(a, "aggregations") }},
		{"bad bucket", "no day or no times", func(a map[string]any) {
			hosts := a["aggregations"].(map[string]any)["hosts"].(map[string]any)
			hosts["buckets"].([]any)[0].(map[string]any)["key"] = map[string]any{"host": "x", "day": "gestern"}
		}},
		{"endless", "again and again", func(a map[string]any) {
			a["aggregations"].(map[string]any)["hosts"].(map[string]any)["after_key"] = bucketKey{"a", "2026-01-01"}
		}},
	} {
		m := &elasticModel{t: t, records: records, mangle: tt.mangle}
		s, err := ask(t, prober(t, elasticStore(served(t, m)), Options{}))
		if err == nil || !strings.Contains(err.Error(), tt.want) || !strings.Contains(err.Error(), `central store "site"`) || len(s.Hosts) > 0 {
			t.Errorf("%s: %d hosts, %v; want an error with %q", tt.name, len(s.Hosts), err, tt.want)
		}
	}
}

// managed is what _ilm/explain says of an index under a policy.
func managed(name, phase string, lifecycleDays, createdDays int) string {
	at := func(days int) string { return strconv.FormatInt(now.AddDate(0, 0, -days).UnixMilli(), 10) }
	return fmt.Sprintf(`%q:{"index":%q,"managed":true,"policy":"a","phase":%q,"lifecycle_date_millis":%s,"index_creation_date_millis":%s}`,
		name, name, phase, at(lifecycleDays), at(createdDays))
}

func ilm(phases string) string {
	return fmt.Sprintf(`{"a":{"version":3,"modified_date":"2026-01-01T00:00:00Z","policy":{"phases":{%s}},"in_use_by":{}}}`, phases)
}

// TestElasticRetention: what index lifecycle management and data streams delete when.
func TestElasticRetention(t *testing.T) {
	rollover := `"hot":{"min_age":"0ms","actions":{"rollover":{"max_age":"30d"}}},"delete":{"min_age":"200d","actions":{"delete":{}}}`
	fixed := `"hot":{"min_age":"0ms","actions":{}},"delete":{"min_age":"200d","actions":{"delete":{}}}`
	one := map[string]string{"logs-1": created(10)}
	explain := func(parts ...string) string { return `{"indices":{` + strings.Join(parts, ",") + `}}` }
	for _, tt := range []struct {
		name     string
		settings map[string]string
		answers  map[string]string
		want     retention.Policy
		note     string
	}{
		{"rollover", one, map[string]string{"/logs-*/_ilm/explain": explain(managed("logs-1", "hot", 10, 10)), "/_ilm/policy/a": ilm(rollover)}, retention.Age{Days: 200, Setting: "min_age"}, ""},
		{
			"by month: the span is lost",
			map[string]string{"logs-2026.08": created(91), "logs-2026.09": created(60), "logs-2026.10": created(30)},
			map[string]string{
				"/logs-*/_ilm/explain": explain(managed("logs-2026.08", "hot", 91, 91), managed("logs-2026.09", "hot", 60, 60), managed("logs-2026.10", "hot", 30, 30)),
				"/_ilm/policy/a":       ilm(fixed),
			},
			retention.Age{Days: 200, SpanDays: 31, Setting: "min_age"},
			"",
		},
		{
			"never rolled over",
			map[string]string{"logs-1": created(40)},
			map[string]string{"/logs-*/_ilm/explain": explain(managed("logs-1", "warm", 40, 40)), "/_ilm/policy/a": ilm(rollover)},
			nil, "does not depend on age alone",
		},
		{
			"one of two is managed",
			map[string]string{"logs-1": created(10), "logs-x": created(10)},
			map[string]string{"/logs-*/_ilm/explain": explain(managed("logs-1", "hot", 10, 10), `"logs-x":{"managed":false}`), "/_ilm/policy/a": ilm(rollover)},
			retention.Age{Days: 200, Setting: "min_age"},
			"",
		},
		{
			"one is not told",
			map[string]string{"logs-1": created(10), "logs-x": created(10)},
			map[string]string{"/logs-*/_ilm/explain": explain(`"logs-1":{"managed":false}`)},
			nil, `retention was not read: the lifecycle of index "logs-x" is not told`,
		},
		{
			"no deletion", one,
			map[string]string{"/logs-*/_ilm/explain": explain(managed("logs-1", "hot", 10, 10)), "/_ilm/policy/a": ilm(`"hot":{"actions":{"rollover":{}}}`)},
			retention.Never{},
			"",
		},
		{
			"snapshot only", one,
			map[string]string{"/logs-*/_ilm/explain": explain(managed("logs-1", "hot", 10, 10)), "/_ilm/policy/a": ilm(`"delete":{"min_age":"1d","actions":{"wait_for_snapshot":{}}}`)},
			retention.Never{},
			"",
		},
		{
			"an age that is none", one,
			map[string]string{"/logs-*/_ilm/explain": explain(managed("logs-1", "hot", 10, 10)), "/_ilm/policy/a": ilm(`"delete":{"min_age":"6 months","actions":{"delete":{}}}`)},
			nil, `retention was not read: read lifecycle policy "a": read age "6 months"`,
		},
		{"no right", one, map[string]string{"/logs-*/_ilm/explain": explain(managed("logs-1", "hot", 10, 10))}, nil, `retention was not read: it refuses the lifecycle policy "a" with status 404`},
		{
			"no creation date",
			map[string]string{"logs-1": `{}`},
			map[string]string{"/logs-*/_ilm/explain": explain(managed("logs-1", "hot", 10, 10)), "/_ilm/policy/a": ilm(fixed)},
			nil, "does not depend on age alone",
		},
		{
			"data stream", map[string]string{".ds-logs-1": created(10)}, map[string]string{
				"/logs-*/_ilm/explain": explain(`".ds-logs-1":{"managed":false}`),
				"/_data_stream/logs-*": `{"data_streams":[{"name":"logs-a","lifecycle":{"enabled":true,"data_retention":"190d","effective_retention":"185d"},"indices":[{"index_name":".ds-logs-1","managed_by":"Data stream lifecycle"}]}]}`,
			}, retention.Age{Days: 185, Setting: "data_retention"}, "",
		},
		{
			"data stream for good", map[string]string{".ds-logs-1": created(10)}, map[string]string{
				"/logs-*/_ilm/explain": explain(`".ds-logs-1":{"managed":false}`),
				"/_data_stream/logs-*": `{"data_streams":[{"name":"logs-a","lifecycle":{"enabled":true},"indices":[{"index_name":".ds-logs-1","managed_by":"Data stream lifecycle"}]}]}`,
			}, retention.Never{}, "",
		},
		{
			"data stream under a policy", map[string]string{".ds-logs-1": created(10)}, map[string]string{
				"/logs-*/_ilm/explain": explain(managed(".ds-logs-1", "hot", 10, 10)), "/_ilm/policy/a": ilm(rollover),
				"/_data_stream/logs-*": `{"data_streams":[{"name":"logs-a","lifecycle":{"enabled":true,"data_retention":"7d"},"indices":[{"index_name":".ds-logs-1","managed_by":"Index Lifecycle Management"}]}]}`,
			}, retention.Age{Days: 200, Setting: "min_age"}, "",
		},
		{
			"read-only",
			map[string]string{"logs-1": `{"creation_date":"1","blocks":{"write":"true"}}`, "logs-2": `{"creation_date":"1","store":{"type":"snapshot"}}`, "logs-3": `{"creation_date":"1"}`},
			map[string]string{"/logs-*/_ilm/explain": explain(`"logs-1":{"managed":false}`, `"logs-2":{"managed":false}`, `"logs-3":{"managed":false}`)},
			retention.Never{},
			"2 of 3 indices are read-only, which hinders nobody from deleting them",
		},
	} {
		m := &elasticModel{t: t, settings: tt.settings, answers: tt.answers}
		got := asked(t, prober(t, elasticStore(served(t, m)), Options{}))
		if diff := cmp.Diff(tt.want, got.Retention); diff != "" || got.Immutable || (tt.note == "") != (got.Note == "") || !strings.Contains(got.Note, tt.note) {
			t.Errorf("%s: note %q, want %q; immutable %v; retention (-want +got):\n%s", tt.name, got.Note, tt.note, got.Immutable, diff)
		}
	}
}

// TestOpenSearchRetention: index state management, as a graph of states.
func TestOpenSearchRetention(t *testing.T) {
	policy := func(states string) string {
		return `{"_id":"a","_version":1,"policy":{"policy_id":"a","default_state":"hot","states":[` + states + `]}}`
	}
	state := func(name, actions, transitions string) string {
		return fmt.Sprintf(`{"name":%q,"actions":[%s],"transitions":[%s]}`, name, actions, transitions)
	}
	to := func(name, conditions string) string {
		return fmt.Sprintf(`{"state_name":%q,"conditions":{%s}}`, name, conditions)
	}
	remove := state("delete", `{"retry":{"count":3},"delete":{}}`, "")
	for _, tt := range []struct {
		name   string
		policy string
		want   retention.Policy
		note   string
	}{
		{"by age of the index", policy(state("hot", "", to("delete", `"min_index_age":"200d"`)) + "," + remove), retention.Age{Days: 200, SpanDays: 30, Setting: "min_index_age"}, ""},
		{"from rollover", policy(state("hot", `{"rollover":{}}`, to("delete", `"min_rollover_age":"190d"`)) + "," + remove), retention.Age{Days: 190, Setting: "min_rollover_age"}, ""},
		{
			"two states", policy(state("hot", "", to("cold", `"min_index_age":"30d"`)) + "," + state("cold", `{"read_only":{}}`, to("delete", `"min_index_age":"220d"`)) + "," + remove),
			retention.Age{Days: 220, SpanDays: 30, Setting: "min_index_age"},
			"",
		},
		{
			"a short cut", policy(state("hot", "", to("cold", `"min_index_age":"300d"`)+","+to("delete", `"min_index_age":"210d"`)) + "," + state("cold", "", to("delete", `"min_index_age":"400d"`)) + "," + remove),
			retention.Age{Days: 210, SpanDays: 30, Setting: "min_index_age"},
			"",
		},
		{"a loop without an end", policy(state("hot", "", to("cold", `"min_index_age":"1d"`)) + "," + state("cold", "", to("hot", `"min_size":"1gb"`)) + "," + remove), retention.Never{}, ""},
		{"by size", policy(state("hot", "", to("delete", `"min_size":"50gb"`)) + "," + remove), nil, "does not depend on age alone"},
		{"at once", policy(`{"name":"hot","actions":[{"delete":{}}],"transitions":[]}`), retention.Age{Days: atOnce, Setting: "min_index_age"}, ""},
		{"an age that is none", policy(state("hot", "", to("delete", `"min_index_age":"ein Jahr"`)) + "," + remove), nil, "read min_index_age of state"},
		{"no states", `{"policy":{}}`, nil, "it has no states"},
	} {
		m := &elasticModel{t: t, settings: map[string]string{"logs-1": created(60), "logs-2": created(30)}, answers: map[string]string{
			"/_plugins/_ism/explain/logs-*": `{"logs-1":{"index.plugins.index_state_management.policy_id":"a","index":"logs-1","policy_id":"a","enabled":true},"logs-2":{"policy_id":"a","enabled":true},"total_managed_indices":1}`,
			"/_plugins/_ism/policies/a":     tt.policy,
		}}
		s := elasticStore(served(t, m))
		s.Kind = OpenSearch
		got := asked(t, prober(t, s, Options{}))
		if diff := cmp.Diff(tt.want, got.Retention); diff != "" || !strings.Contains(got.Note, tt.note) || (tt.note == "") != (got.Note == "") {
			t.Errorf("%s: note %q; retention (-want +got):\n%s", tt.name, got.Note, diff)
		}
	}
	unmanaged := &elasticModel{t: t, settings: map[string]string{"logs-1": created(30)}, answers: map[string]string{
		"/_plugins/_ism/explain/logs-*": `{"logs-1":{"index.plugins.index_state_management.policy_id":null,"enabled":null},"total_managed_indices":0}`,
	}}
	s := elasticStore(served(t, unmanaged))
	s.Kind, s.Immutable, s.ImmutableReference = OpenSearch, true, "bucket lock 2026-1"
	if got := asked(t, prober(t, s, Options{})); got.Retention != (retention.Never{}) || !got.Immutable || got.Reference != "bucket lock 2026-1" {
		t.Errorf("unmanaged: %#v, immutable %v by %q", got.Retention, got.Immutable, got.Reference)
	}
	maps.DeleteFunc(unmanaged.answers, func(string, string) bool { return true })
	if got := asked(t, prober(t, s, Options{})); got.Retention != nil || !strings.HasPrefix(got.Note, "retention was not read") {
		t.Errorf("not told: %#v, %q", got.Retention, got.Note)
	}
}

// TestSpans: how long the last record of an index is written after its creation. An
// index of a fixed name is written to for good, however young it is.
func TestSpans(t *testing.T) {
	made := func(name string, days int) index { return index{name: name, created: now.AddDate(0, 0, -days)} }
	for _, tt := range []struct {
		name    string
		indices []index
		days    float64
		known   bool
	}{
		{"oplog", []index{made("oplog", 1)}, 0, false},
		{"oplog-1", []index{made("oplog-1", 200)}, 0, false},
		{"logs-2026", []index{made("logs-2026", 1)}, 0, false},
		{"logs-2026.10", []index{made("logs-2026.10", 1)}, 31, true},
		{"logs-2026.10.31", []index{made("logs-2026.10.31", 0)}, 1, true},
		{"logs-20261031-a", []index{made("logs-20261031-a", 0)}, 1, true},
		{"logs-120261031", []index{made("logs-120261031", 0)}, 0, false},
		{"logs-3", []index{made("logs-1", 50), made("logs-2", 10), made("logs-3", 5)}, 40, true},
		{"logs-2", []index{made("logs-1", 50), made("logs-2", 45)}, 45, true},
		{"logs-2", []index{made("logs-1", 50), {name: "logs-2"}}, 0, false},
	} {
		days, known := newSpans(tt.indices, now).of(tt.name)
		if known != tt.known || known && days != tt.days {
			t.Errorf("%s of %v: %v days, known %v; want %v, %v", tt.name, tt.indices, days, known, tt.days, tt.known)
		}
	}
}
