package central

import (
	"encoding/json"
	"math"
	"strings"
	"testing"

	"github.com/yunjian-io/yunjian/rules/calendar"
	"github.com/yunjian-io/yunjian/rules/retention"
)

// counted checks what may be said of any answer that was accepted.
func counted(t *testing.T, found *tally) {
	t.Helper()
	for _, h := range found.list() {
		total := uint64(0)
		for _, n := range h.Counts {
			total += n
		}
		if h.Name == "" || total == 0 || len(h.Counts) != found.days || h.Newest.Before(h.Oldest) && h.Newest.IsZero() {
			t.Errorf("%+v", h)
		}
	}
}

func fuzzWindow() *tally {
	return newTally(retention.Days{From: first, To: calendar.DateOf(now)})
}

// understood checks a policy that was made from foreign text.
func understood(t *testing.T, p retention.Policy) {
	t.Helper()
	if a, ok := p.(retention.Age); ok && (!(a.Days > 0) || a.SpanDays < 0 || math.IsNaN(a.SpanDays) || math.IsInf(a.Days, 0)) {
		t.Errorf("%+v", a)
	}
}

func FuzzDurations(f *testing.F) {
	for _, seed := range []string{"200d", "0ms", "0", "744h", "4464h0m0s", "1w3d", "1y", "31d12h", "-1", "1e9d", "9999999999999999999999d", "1.5h", "7micros", ".", "d", "30 d", ""} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		for _, parse := range []func(string) (float64, error){parseAge, parseLokiDuration} {
			days, err := parse(text)
			if err == nil && (days < 0 || math.IsNaN(days) || math.IsInf(days, 0)) {
				t.Errorf("%q are %v days", text, days)
			}
			if err != nil && days != 0 {
				t.Errorf("%q: %v days beside %v", text, days, err)
			}
		}
	})
}

func FuzzSearchAnswer(f *testing.F) {
	f.Add([]byte(`{"timed_out":false,"_shards":{"total":1,"failed":0},"aggregations":{"hosts":{"after_key":{"host":"a"},"buckets":[{"key":{"host":"a","day":"2026-05-01"},"doc_count":3,"oldest":{"value":1.77e12},"newest":{"value":1.78e12}}]}}}`))
	f.Add([]byte(`{"timed_out":true}`))
	f.Add([]byte(`{"timed_out":false,"_shards":{"total":1,"failed":0},"aggregations":{"hosts":{"buckets":[{"key":{"host":7,"day":"x"},"oldest":{"value":null}}]}}}`))
	f.Fuzz(func(t *testing.T, answer []byte) {
		p, err := parsePage(answer)
		found := fuzzWindow()
		if err == nil && p.add(found) == nil {
			counted(t, found)
		}
	})
}

func FuzzLifecycle(f *testing.F) {
	f.Add([]byte(`{"policy":{"phases":{"hot":{"actions":{"rollover":{}}},"delete":{"min_age":"200d","actions":{"delete":{}}}}}}`), []byte(`{"data_streams":[{"name":"a","lifecycle":{"enabled":true,"data_retention":"7d"},"indices":[{"index_name":"i","managed_by":"Data stream lifecycle"}]}]}`))
	f.Add([]byte(`{"policy":null}`), []byte(`{"data_streams":[{"lifecycle":{"data_retention":7}}]}`))
	f.Fuzz(func(t *testing.T, policy, streams []byte) {
		if p, err := parseILM(policy); err == nil {
			understood(t, p.policyOf(explained{}, 3, true))
			understood(t, p.policyOf(explained{Phase: "warm", Created: 1, Lifecycle: 1}, 3, false))
		}
		var told struct {
			Streams []stream `json:"data_streams"`
		}
		if json.Unmarshal(streams, &told) == nil {
			own, err := ownLifecycles(told.Streams)
			for _, o := range own {
				if o.policy == nil && err == nil {
					t.Errorf("%s: a lifecycle without a policy", streams)
				}
				understood(t, o.policy)
			}
		}
	})
}

func FuzzStates(f *testing.F) {
	f.Add([]byte(`{"default_state":"hot","states":[{"name":"hot","transitions":[{"state_name":"delete","conditions":{"min_index_age":"200d"}}]},{"name":"delete","actions":[{"delete":{}}]}]}`), []byte(`{"policy_id":"a"}`))
	f.Add([]byte(`{"default_state":"a","states":[{"name":"a","transitions":[{"state_name":"a"},{"state_name":"b","conditions":{"min_rollover_age":"1h"}}]},{"name":"b","actions":[{"delete":null}],"transitions":[{"state_name":"a"}]}]}`), []byte(`{"index.opendistro.index_state_management.policy_id":null}`))
	f.Fuzz(func(t *testing.T, policy, managed []byte) {
		_, _ = parseManaged(managed) // any text is an error or a name
		if s, err := parseISM(policy); err == nil && len(s.ways) < 50 {
			understood(t, s.policyOf(30, true))
			understood(t, s.policyOf(0, false))
		}
	})
}

func FuzzLokiAnswer(f *testing.F) {
	f.Add([]byte(`{"status":"success","data":{"resultType":"matrix","result":[{"metric":{"host":"a"},"values":[[1790000000,"12"],[1790086400.5,"0"]]}]}}`))
	f.Add([]byte(`{"status":"success","data":{"resultType":"matrix","result":[{"metric":{},"values":[["x",1]]}]},"warnings":["partial"]}`))
	f.Fuzz(func(t *testing.T, answer []byte) {
		rows, err := parseMatrix(answer, "host")
		if err != nil && rows != nil {
			t.Errorf("%d rows beside %v", len(rows), err)
		}
	})
}

func FuzzLokiConfig(f *testing.F) {
	f.Add([]byte("compactor: {retention_enabled: true}\nlimits_config: {retention_period: 31d, retention_stream: [{selector: '{a=\"b\"}', priority: 1, period: 24h}]}\nruntime_config: {file: a}\n"), []byte("overrides: {fake: {retention_period: 1w}}\n"), `{job="auth", env=~"a|b",} |= "x"`)
	f.Add([]byte("limits_config: {}\ntable_manager: {retention_deletes_enabled: true, retention_period: 1d}\n"), []byte("a: *b"), "{job=`x`}")
	f.Fuzz(func(t *testing.T, config, runtime []byte, text string) {
		s, err := parseSelector(text)
		if err != nil {
			return
		}
		again, err := parseSelector(s.with("host", []string{"a.b", `"}`}))
		if err != nil || again.rest != s.rest || len(again.matchers) != len(s.matchers)+1 {
			t.Errorf("%q becomes %q: %v", text, s.with("host", []string{"a.b", `"}`}), err)
		}
		c, err := parseLokiConfig(config)
		if err != nil {
			return
		}
		limits, err := parseOverrides(runtime, "fake", *c.Limits)
		if err != nil {
			return
		}
		_ = c.overridden()
		p, err := c.policy(limits, s)
		if err == nil && p == nil {
			t.Error("no policy and no error")
		}
		understood(t, p)
	})
}

func FuzzCounts(f *testing.F) {
	f.Add([]byte(`["a",1790000000000,1790003600000,[20717,20718],[7,1]]` + "\n"))
	f.Add([]byte("[\"a\",1,2,[1],[1]]\nCode: 241. DB::Exception"))
	f.Fuzz(func(t *testing.T, answer []byte) {
		found := fuzzWindow()
		if parseCounts(answer, found) == nil {
			counted(t, found)
		}
	})
}

func FuzzTTL(f *testing.F) {
	for _, seed := range []string{
		"CREATE TABLE d.t (`ts` DateTime, `m` String TTL ts + toIntervalDay(30) CODEC(ZSTD(1))) ENGINE = MergeTree ORDER BY ts TTL toDateTime(ts) + toIntervalDay(200), ts + INTERVAL 3 MONTH TO VOLUME 'cold' SETTINGS index_granularity = 8192 COMMENT 'TTL'",
		"CREATE TABLE d.t (ts DateTime) ENGINE = Distributed('c', 'd', 'l', rand())",
		"TTL", "x TTL (", "x TTL ts + ", "x TTL ts + toIntervalMonth(999999999)", "'\\", "x TTL toDate(ts, 'Asia/Shanghai') + toIntervalWeek(1) DELETE WHERE a = 'b, c'",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		p, err := ttlPolicy(text, "ts")
		if (err == nil) == (p == nil) {
			t.Errorf("%q: %v, %v", text, p, err)
		}
		understood(t, p)
		if name, err := parseDistributed(text); err == nil && !identifier.MatchString(name.table) {
			t.Errorf("%q: table %q", text, name.table)
		}
		if column, err := columnSQL(text); err == nil && strings.ContainsAny(column, ";()\n") {
			t.Errorf("%q becomes %s", text, column)
		}
	})
}
