package central

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"net/http/httputil"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/yunjian-io/yunjian/collector/store"
	"github.com/yunjian-io/yunjian/internal/enginetest"
	"github.com/yunjian-io/yunjian/rules/retention"
)

// realStore opens the real ClickHouse of the tests with a fresh database, and returns
// how the probe reaches it.
func realStore(t *testing.T) (*store.Store, string, Store, Options) {
	t.Helper()
	options := rig.Options(t)
	if options.DSN != "" {
		t.Skipf("%s names a server, whose HTTP address the probe is not told", enginetest.EnvDSN)
	}
	db, err := store.Open(t.Context(), options)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	s := Store{Kind: ClickHouse, URL: "http://engine:8123", Classes: []Class{{
		Class: "os-auth", Table: options.Database + ".logs", HostField: "attributes['host.name']", TimeField: "ts",
		Filter: map[string]string{"module": "sys'tem\\", "level": "info"},
	}}}
	return db, options.Database, s, Options{Dial: func(ctx context.Context, _, address string) (net.Conn, error) { return options.Dial(ctx, address) }}
}

func execute(t *testing.T, db *store.Store, statement string) {
	t.Helper()
	if err := db.Exec(t.Context(), statement); err != nil {
		t.Fatalf("%v\n%.300s", err, statement)
	}
}

// TestClickHouseCounts asks the real engine: counts by host and day of Shanghai, a map
// column as host, values that need escaping, and the TTL of the table.
func TestClickHouseCounts(t *testing.T) {
	db, database, s, options := realStore(t)
	execute(t, db, "CREATE TABLE "+database+`.logs (
		ts DateTime64(9, 'UTC') CODEC(Delta(8), ZSTD(1)), attributes Map(LowCardinality(String), String), module LowCardinality(String), level Enum8('info' = 1, 'debug' = 2),
		note String COMMENT 'TTL ts + toIntervalDay(1)'
	) ENGINE = MergeTree PARTITION BY toYYYYMM(ts) ORDER BY ts
	TTL toDateTime(ts) + INTERVAL 50 YEAR, toDateTime(ts) + toIntervalDay(1) RECOMPRESS CODEC(ZSTD(3)) SETTINGS ttl_only_drop_parts = 1`)
	records, want := fleet()
	for chunk := range slices.Chunk(records, 500) {
		rows := make([]string, len(chunk))
		for i, r := range chunk {
			module := strings.ReplaceAll(r.fields["event.module"], "system", `sys\'tem\\`)
			rows[i] = fmt.Sprintf("(fromUnixTimestamp64Milli(toInt64(%d)), map('host.name', '%s'), '%s', 'info')", r.at.UnixMilli(), r.host, module)
		}
		execute(t, db, "INSERT INTO "+database+".logs (ts, attributes, module, level) VALUES "+strings.Join(rows, ","))
	}
	got := asked(t, prober(t, s, options))
	if diff := cmp.Diff(want, summarize(got)); diff != "" {
		t.Errorf("hosts (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(retention.Policy(retention.Age{Days: months(600), Setting: "TTL"}), got.Retention); diff != "" || got.Immutable || got.Note != "" {
		t.Errorf("immutable %v, note %q; retention (-want +got):\n%s", got.Immutable, got.Note, diff)
	}
}

// TestClickHouseRetention: definitions as the real engine prints them.
func TestClickHouseRetention(t *testing.T) {
	db, database, s, options := realStore(t)
	for _, tt := range []struct {
		name, definition string
		want             retention.Policy
		note             string
	}{
		{"none", "(ts DateTime) ENGINE = MergeTree ORDER BY ts", retention.Never{}, ""},
		{"days", "(ts DateTime) ENGINE = MergeTree ORDER BY ts TTL ts + INTERVAL 200 DAY", retention.Age{Days: 200, Setting: "TTL"}, ""},
		{"months", "(ts DateTime) ENGINE = MergeTree ORDER BY ts TTL ts + toIntervalMonth(6) DELETE", retention.Age{Days: 181, Setting: "TTL"}, ""},
		{"day cut off", "(ts DateTime) ENGINE = MergeTree ORDER BY ts TTL toDate(ts) + toIntervalWeek(30)", retention.Age{Days: 210, SpanDays: 1, Setting: "TTL"}, ""},
		{"the first of two", "(ts DateTime, l UInt8) ENGINE = MergeTree ORDER BY ts TTL ts + toIntervalYear(1), ts + toIntervalDay(90) DELETE WHERE l = 7", retention.Age{Days: 90, Setting: "TTL"}, ""},
		{"a move", "(ts DateTime) ENGINE = MergeTree ORDER BY ts TTL ts + toIntervalDay(30) TO VOLUME 'default'", retention.Never{}, ""},
		{"a column", "(ts DateTime, ttl UInt8, message String TTL ts + INTERVAL 30 DAY) ENGINE = MergeTree ORDER BY ts TTL ts + toIntervalDay(300)", retention.Age{Days: 30, Setting: "TTL"}, ""},
		{"another column", "(ts DateTime, got DateTime) ENGINE = MergeTree ORDER BY ts TTL got + toIntervalDay(300)", nil, "TTL is not understood"},
		{"sums", "(ts DateTime, n UInt64) ENGINE = MergeTree ORDER BY ts TTL ts + toIntervalDay(300) GROUP BY ts SET n = sum(n)", nil, "TTL is not understood"},
		{"another engine", "(ts DateTime) ENGINE = Log", nil, `engine "Log" removes is not known`},
	} {
		execute(t, db, "CREATE OR REPLACE TABLE "+database+".logs "+tt.definition)
		s.Classes[0].HostField, s.Classes[0].Filter = "ts", nil
		got := asked(t, prober(t, s, options))
		if diff := cmp.Diff(tt.want, got.Retention); diff != "" || got.Immutable || !strings.Contains(got.Note, tt.note) || (tt.note == "") != (got.Note == "") {
			t.Errorf("%s: immutable %v, note %q; retention (-want +got):\n%s", tt.name, got.Immutable, got.Note, diff)
		}
	}
	execute(t, db, "DROP TABLE "+database+".logs SYNC")
	if s, err := ask(t, prober(t, s, options)); err == nil || !strings.Contains(err.Error(), "table "+database+".logs") || len(s.Hosts) > 0 {
		t.Errorf("without a table: %v", err)
	}
}

// TestClickHouseAnswers: what stands in for a server that fails half-way, a cluster and
// disks that are written once.
func TestClickHouseAnswers(t *testing.T) {
	row := `["a",1790000000000,1790003600000,[20717],[7]]` + "\n"
	model := func(counts, disks string) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) {
			body := make([]byte, r.ContentLength)
			if _, err := r.Body.Read(body); err != nil && r.ContentLength == 0 {
				t.Error(err)
			}
			switch table := r.URL.Query().Get("param_table"); {
			case strings.Contains(string(body), "system.settings"):
				fmt.Fprint(w, `[""]`)
			case strings.Contains(string(body), "groupArray"):
				fmt.Fprint(w, counts)
			case table == "logs":
				fmt.Fprint(w, `["Distributed","CREATE TABLE d.logs (ts DateTime) ENGINE = Distributed('c', 'd', 'logs_local', rand())","","d"]`)
			case table == "logs_local" && r.URL.Query().Get("param_database") == "d":
				fmt.Fprint(w, `["ReplicatedMergeTree","CREATE TABLE d.logs_local (ts DateTime) ENGINE = ReplicatedMergeTree ORDER BY ts","worm","d"]`)
			case r.URL.Query().Get("param_policy") == "worm":
				fmt.Fprint(w, disks)
			default:
				t.Errorf("asked %s", body)
			}
		}
	}
	store := func(h http.Handler) Store {
		return Store{Kind: ClickHouse, URL: served(t, h), Classes: []Class{{Class: "os-auth", Table: "logs", TimeField: "ts"}}}
	}
	got := asked(t, prober(t, store(model(row, `["1"]`)), Options{}))
	if len(got.Hosts) != 1 || got.Hosts[0].Newest.Sub(got.Hosts[0].Oldest) != time.Hour || got.Retention != (retention.Never{}) || !got.Immutable ||
		!strings.Contains(got.Reference, `"worm"`) || !strings.Contains(got.Note, "`d`.`logs_local`") {
		t.Errorf("%+v", got)
	}
	if got := asked(t, prober(t, store(model(row, `["0"]`)), Options{})); got.Immutable {
		t.Error("a disk that is written at will is immutable")
	}
	for _, bad := range []string{
		row + "Code: 241. DB::Exception: Memory limit exceeded (MEMORY_LIMIT_EXCEEDED)\n", "<html>", `["a",1,2,[1]]`, `["a",1,2,[1,2],[1]]`, `["a",1e99,2,[1],[1]]`, `["a",1,2,[-1],[1]]`, `[1,1,2,[1],[1]]`,
	} {
		if s, err := ask(t, prober(t, store(model(bad, `["0"]`)), Options{})); err == nil || len(s.Hosts) > 0 {
			t.Errorf("%q is taken for an answer", bad)
		}
	}
}

// TestClickHouseCutOff: the profile of an account can make the real engine stop half-way
// with status 200. Such an account is refused before anything is counted.
func TestClickHouseCutOff(t *testing.T) {
	db, database, s, options := realStore(t)
	execute(t, db, "CREATE TABLE "+database+".logs (ts DateTime, attributes Map(String, String)) ENGINE = MergeTree ORDER BY ts SETTINGS index_granularity = 128")
	execute(t, db, fmt.Sprintf(`INSERT INTO %s.logs SELECT toDateTime(%d) - number * 600, map('host.name', 'h' || toString(number %% 20)) FROM numbers(20000)
		SETTINGS max_block_size = 500, min_insert_block_size_rows = 500`, database, now.Unix()))
	s.Classes[0].Filter = nil
	for profile, want := range map[string]string{
		"": "", "timeout_overflow_mode=throw": "",
		"max_rows_to_read=2000&read_overflow_mode=break&max_threads=1&max_block_size=500": "read_overflow_mode = break",
		"max_rows_to_group_by=10&group_by_overflow_mode=any":                              "group_by_overflow_mode = any",
		"skip_unavailable_shards=1":                                                       "skip_unavailable_shards = 1",
	} {
		engine := httputil.ReverseProxy{
			Rewrite: func(r *httputil.ProxyRequest) {
				r.Out.URL.Scheme, r.Out.URL.Host = "http", "engine:8123"
				r.Out.URL.RawQuery += "&" + profile
			},
			Transport: &http.Transport{DialContext: options.Dial, DisableKeepAlives: true},
		}
		s.URL = served(t, &engine)
		got, err := ask(t, prober(t, s, Options{}))
		if want == "" && (err != nil || len(got.Hosts) != 20) {
			t.Errorf("profile %q: %d hosts, %v", profile, len(got.Hosts), err)
		}
		if want != "" && (err == nil || !strings.Contains(err.Error(), want) || len(got.Hosts) > 0) {
			t.Errorf("profile %q: %d hosts, error %v; want %q", profile, len(got.Hosts), err, want)
		}
	}
}
