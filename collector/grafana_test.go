package collector_test

import (
	"compress/gzip"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2"
	"github.com/google/go-cmp/cmp"

	"github.com/yunjian-io/yunjian/collector"
	"github.com/yunjian-io/yunjian/collector/ingest"
	"github.com/yunjian-io/yunjian/collector/query"
)

// TestQueryDoor asks one door over one database all that changes nothing.
func TestQueryDoor(t *testing.T) {
	d := openQueryDoor(t, nil)
	before := d.fingerprint(t)
	t.Run("shows own rows", d.showsOwnRows)
	t.Run("shows own inventory", d.showsOwnInventory)
	t.Run("cuts every way", d.cutsEveryWay)
	t.Run("errors tell nothing", d.errorsTellNothing)
	t.Run("refuses", d.refuses)
	t.Run("refuses by protocol", d.refusesByProtocol)
	t.Run("answers panels", d.answersPanels)
	t.Run("speaks the protocol", d.speaksTheProtocol)
	t.Run("lets in who has a token", d.letsIn)
	t.Run("tries of strangers", d.triesOfStrangers)
	t.Run("clickhouse-go", d.clickhouseGo)
	t.Run("functions", d.knowsTheFunctions)
	if diff := cmp.Diff(before, d.fingerprint(t)); diff != "" {
		t.Errorf("the database has changed:\n%s", diff)
	}
}

// panels are questions that dashboards and Grafana's query builder ask.
func panels() []string {
	return []string{
		"SELECT 1",
		"SELECT version()",
		"SHOW DATABASES",
		"SHOW TABLES",
		"SHOW TABLES FROM \"DB\"",
		"SHOW TABLES FROM system",
		"DESC TABLE \"DB\".\"usage_5m\"",
		"DESCRIBE allocations",
		"DESC (SELECT host, max(cpu_used_cores) AS c FROM usage_5m GROUP BY host)",
		"SHOW CREATE TABLE usage_5m",
		"EXPLAIN AST SELECT 1", "EXPLAIN SYNTAX SELECT host FROM hosts",
		"SELECT name, type, table FROM system.columns WHERE database = 'DB' AND table = 'usage_5m'",
		"SELECT DISTINCT name FROM system.columns WHERE database IN ('DB')",
		"SELECT name FROM system.functions",
		"SELECT name, comment FROM system.tables WHERE database = 'DB'",
		"SELECT name FROM system.databases",
		"SELECT toStartOfInterval(bucket, INTERVAL 300 second) AS time, h.host_id AS host, avg(u.cpu_used_cores) AS \"使用核数 (个)\"\nFROM usage_5m AS u FINAL\nINNER JOIN hosts AS h ON h.host = u.host\nWHERE bucket >= toDateTime(0) AND bucket <= toDateTime(4000000000) -- the range\nGROUP BY time, host ORDER BY time",
		"SELECT toStartOfHour(bucket) AS time, quantile(0.95)(cpu_used_cores) AS p95, quantiles(0.5, 0.9)(cpu_used_cores) AS q, quantilesExactWeighted(0.95)(cpu_used_cores, 1)[1] AS e FROM usage_5m GROUP BY time ORDER BY time WITH FILL STEP 3600",
		"WITH latest AS (SELECT max(run) AS run FROM judge_runs), f AS (SELECT * FROM findings WHERE run IN (SELECT run FROM latest)) SELECT verdict, count() AS n, countIf(verdict = 'fail') AS failed FROM f GROUP BY verdict ORDER BY n DESC LIMIT 10",
		"WITH (SELECT max(run) FROM judge_runs) AS last SELECT subject, reason FROM findings WHERE run = last",
		"SELECT host, bucket, cpu_used_cores - lagInFrame(cpu_used_cores) OVER (PARTITION BY host ORDER BY bucket) AS step, row_number() OVER w AS n FROM usage_5m WINDOW w AS (PARTITION BY host ORDER BY bucket ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW)",
		"SELECT d, sum(x) AS s FROM (SELECT arrayJoin(range(3)) AS d, d * 2 AS x) GROUP BY d WITH TOTALS HAVING s >= 0",
		"SELECT a.1 AS name, a.2 AS value FROM (SELECT arrayJoin([('a', 1), ('b', 2)]) AS a)",
		"SELECT x FROM (SELECT [1, 2, 3] AS xs) ARRAY JOIN xs AS x",
		"SELECT arrayMap((x, y) -> x + y, [1, 2], [3, 4]) AS s, arraySum(x -> x * 2, [1, 2]), arraySort(x -> -x, [1, 2]), arrayFilter(x -> x > 1, [1, 2])",
		"SELECT 1 AS a UNION ALL SELECT 2 AS a UNION DISTINCT SELECT 2",
		"(SELECT 1) UNION ALL (SELECT 2)",
		"SELECT host FROM usage_5m PREWHERE bucket > 0 WHERE cpu_used_cores IS NOT NULL",
		"SELECT host FROM usage_5m WHERE host IN (SELECT host FROM hosts WHERE provider IN ('pa', 'pb')) AND host NOT IN (5, 6)",
		"SELECT host FROM hosts WHERE host GLOBAL IN (SELECT host FROM usage_5m)",
		"SELECT if(a > 1, 'x', 'y'), multiIf(a = 1, 'one', a = 2, 'two', 'many'), CASE WHEN a = 1 THEN 'one' ELSE 'other' END, CASE a WHEN 1 THEN 2 END, a ? 1 : 2, coalesce(NULL, a), nullIf(a, 1), least(a, 2), greatest(a, 3) FROM (SELECT 1 AS a)",
		"SELECT toDate('2026-01-01') + INTERVAL 1 MONTH, date_trunc('month', now()), dateDiff('day', today(), now()), formatDateTime(now(), '%Y-%m-%d'), toYYYYMM(now()), toUnixTimestamp64Milli(now64(3)), toTimeZone(now(), 'Asia/Shanghai'), EXTRACT(DAY FROM now()), now() - toIntervalDay(30), addMonths(today(), 1), parseDateTimeBestEffort('2026-01-01 00:00:00')",
		"SELECT concat('a', 'b') || 'c', upper('a'), substring('abc', 2), replaceRegexpAll('abc', 'b', 'x'), match('abc', '^a'), splitByChar('/', 'a/b'), 'abc' LIKE '%b%', 'abc' ILIKE '%B%', position('abc', 'b'), lower(trim(BOTH ' ' FROM ' A ')), format_readable FROM (SELECT formatReadableSize(1000) AS format_readable)",
		"SELECT round(1.234, 2), ceil(1.2), floor(1.2), 5 % 3, 7 DIV 2, intDiv(7, 2), abs(-1), sqrt(4), pow(2, 3), log10(100), 1e3, 0x10, -1, 1 / 3, (1 + 2) * 3",
		"SELECT uniq(host), uniqExact(host), any(host), anyLast(host), argMax(host, bucket), groupArray(10)(host), groupUniqArray(host), topK(3)(host), stddevPop(raw_rows), avgWeighted(raw_rows, 1), sumIf(raw_rows, host = 1), countDistinctIf(host, 1), avgOrNull(raw_rows), minIf(raw_rows, 0), sumOrDefaultIf(raw_rows, 1), count(DISTINCT host), sum(raw_rows) FILTER (WHERE host > 1) FROM usage_5m",
		"SELECT JSONExtractString('{\"a\":\"b\"}', 'a'), JSONExtract('{\"a\":1}', 'a', 'Nullable(Int64)'), JSONLength('[1]')",
		"SELECT CAST('1' AS Nullable(UInt8)), '1'::Decimal(10, 2), toDecimal64(1, 2), CAST(1, 'String'), toFloat64OrNull('x'), toTypeName(1), [1, 2]::Array(UInt8)",
		"SELECT map('a', 1)['a'], mapKeys(map('a', 1)), tuple(1, 'a').2, has([1], 1), indexOf([1], 1), length([1]), empty(''), arrayStringConcat(['a'], ','), arrayZip([1], ['a']), arrayCumSum([1, 2])",
		"SELECT bar(1, 0, 10, 5), transform(1, [1], ['one'], 'other') FROM system.numbers LIMIT 3",
		"SELECT * EXCEPT (provider) FROM hosts LIMIT 1 BY host LIMIT 5 OFFSET 0",
		"SELECT * REPLACE (upper(host_id) AS host_id) FROM hosts",
		"SELECT h.*, COLUMNS('host') FROM hosts AS h",
		"SELECT f.*, r.judged_at FROM (SELECT * FROM findings) AS f JOIN (SELECT run, judged_at FROM judge_runs) AS r USING (run)",
		"SELECT DISTINCT ON (provider) provider FROM hosts",
		"SELECT provider, unit, count() FROM findings GROUP BY ROLLUP(provider, unit)",
		"SELECT provider, unit, count() FROM findings GROUP BY GROUPING SETS ((provider), (unit))",
		"SELECT provider, count() FROM findings GROUP BY provider WITH CUBE",
		"SELECT a.host FROM hosts AS a LEFT JOIN usage_5m AS b USING (host) ORDER BY a.host NULLS LAST",
		"SELECT u.host FROM usage_5m AS u ASOF JOIN (SELECT host, toDateTime(0) AS at FROM hosts) AS p ON u.host = p.host AND u.bucket >= p.at",
		"SELECT host FROM hosts AS h WHERE EXISTS (SELECT 1 FROM usage_5m)",
		"SELECT file FROM calendar_years",
		"SELECT toStartOfInterval(n, INTERVAL 1 hour) AS t, n FROM (SELECT toDateTime('2026-01-01 00:00:00') AS n) ORDER BY t WITH FILL FROM toDateTime('2026-01-01 00:00:00') TO toDateTime('2026-01-01 05:00:00') STEP INTERVAL 1 hour INTERPOLATE (n AS n)",
		"SELECT 1;",
		"/* a panel */ SELECT 1 -- done",
		"SELECT '-- no comment; /* none */' AS a, 'it''s' AS b, 'a\\'b' AS c",
	}
}

func (d *queryDoor) answersPanels(t *testing.T) {
	for _, text := range panels() {
		text = strings.ReplaceAll(text, "DB", d.db.Name())
		for _, person := range []ingest.Person{doorOffice, doorProvider, doorUnit} {
			if got := d.ask(t, person, text, nil); got.status != http.StatusOK {
				t.Errorf("%s as %s: %d %s", text, query.UserOf(person), got.status, got.body)
			}
		}
	}
	for _, text := range []string{"EXPLAIN SELECT 1", "EXPLAIN QUERY TREE SELECT 1", "EXPLAIN PIPELINE SELECT host FROM hosts", "EXPLAIN PLAN SELECT 1"} {
		if got := d.ask(t, doorOffice, text, nil); got.status != http.StatusOK {
			t.Errorf("%s: %d %s", text, got.status, got.body)
		}
	}
	if got := d.ask(t, doorUnit, "SELECT '-- no comment; /* none */' || 'it''s'", nil); got.body != "-- no comment; /* none */it\\'s\n" {
		t.Errorf("texts are changed on their way: %q", got.body)
	}
	if got := d.ask(t, doorUnit, "SHOW TABLES", nil); strings.Contains(got.body, "inventory_") || !strings.Contains(got.body, "usage_5m\n") {
		t.Errorf("SHOW TABLES of a unit: %q", got.body)
	}
}

func (d *queryDoor) speaksTheProtocol(t *testing.T) {
	native := url.Values{"client_protocol_version": {"54460"}, "default_format": {"Native"}, "database": {"default"}, "max_execution_time": {"14"}}
	if got := d.ask(t, doorOffice, query.Hello, native); got.status != 200 || !strings.HasPrefix(got.body, "\x01\x00\x02\xff\xff\xff\xff\x00\x04\x01\rdisplayName()\x06String\x00") {
		t.Errorf("hello: %d %q", got.status, got.body)
	}
	if got := d.ask(t, doorOffice, "SELECT 1", native); got.body != "\x01\x01\x011\x05UInt8\x01" {
		t.Errorf("SELECT 1: %q", got.body)
	}
	if got := d.ask(t, doorOffice, "SELECT host_id FROM hosts WHERE 0", native); got.body != "\x01\x00\x07host_id\x06String" {
		t.Errorf("an empty answer: %q", got.body)
	}
	got := d.ask(t, doorOffice, "SELECT repeat('x', 100) FROM system.numbers LIMIT 100", nil, "Accept-Encoding", "gzip")
	z, err := gzip.NewReader(strings.NewReader(got.body))
	if err != nil || got.header.Get("Content-Encoding") != "gzip" {
		t.Fatalf("gzip: %v, %v", err, got.header)
	}
	if text, err := io.ReadAll(z); err != nil || len(text) != 10_100 {
		t.Errorf("gzip: %d bytes, %v", len(text), err)
	}
	if got := d.ask(t, doorOffice, "SELECT sum(number) FROM system.numbers", url.Values{"max_execution_time": {"0.2"}}); got.status == 200 || !strings.Contains(got.body, "Code: 159.") {
		t.Errorf("a limit of time that the client asked for: %d %s", got.status, got.body)
	}
	if got := d.ask(t, doorOffice, "SELECT number FROM system.numbers", nil); got.status == 200 || !strings.Contains(got.body, "Code: 396.") {
		t.Errorf("too many rows: %d %.300s", got.status, got.body)
	}
	if got := d.ask(t, doorOffice, "SELECT repeat('x', 100000) FROM system.numbers LIMIT 1000", nil); got.status == 200 || !strings.Contains(got.body, "Code: 396.") {
		t.Errorf("too many bytes: %d %.300s", got.status, got.body)
	}
	if got := d.ask(t, doorOffice, "SELECT uniqExact(number, number + 1) FROM system.numbers", url.Values{"max_memory_usage": {"10000000"}}); got.status == 200 || !strings.Contains(got.body, "Code: 241.") {
		t.Errorf("too much memory: %d %.300s", got.status, got.body)
	}
	res, err := d.server.Client().Get(d.server.URL + "/ping") //nolint:noctx // it answers at once
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	if res.StatusCode != 200 {
		t.Errorf("ping: %d", res.StatusCode)
	}
	for person, want := range map[ingest.Person]bool{doorOffice: true, doorUnit: false} {
		if got := d.ask(t, person, "SELECT count() FROM usage", nil); (got.header.Get("X-ClickHouse-Summary") != "") != want {
			t.Errorf("summary of what was read, as %s: %v", query.UserOf(person), got.header)
		}
	}
	d.log.Reset()
	d.ask(t, doorUnit, "SELECT count() FROM usage_5m", nil, "User-Agent", "grafana/12.2.0 clickhouse-datasource/4.18.0 (grafana_user:alice; dashboard_uid:fleet; panel_id:7; rule_uid:r1; lv:go/1.25)")
	for _, want := range []string{"user=unit/ua", "grafana_user=alice", "grafana_dashboard=fleet", "grafana_panel=7", "grafana_rule=r1", "outcome=answered", "rows=1", `statement="SELECT count() FROM usage_5m"`} {
		if !strings.Contains(d.log.String(), want) {
			t.Errorf("the audit has no %s: %s", want, d.log.String())
		}
	}
	d.ask(t, doorUnit, "DROP TABLE usage", nil)
	if !strings.Contains(d.log.String(), "outcome=refused") || !strings.Contains(d.log.String(), "reason=\"Code: 164.") {
		t.Errorf("the audit does not tell of a refusal: %s", d.log.String())
	}
	if d.counts["queries answered"] == 0 || d.counts["queries refused"] == 0 || d.counts["queries failed"] == 0 {
		t.Errorf("counted: %v", d.counts)
	}
}

func (d *queryDoor) letsIn(t *testing.T) {
	office := d.token(t, doorOffice)
	other, err := ingest.MintRole([]byte(strings.Repeat("o", 40)), doorOffice)
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		name, user, password string
		status               int
	}{
		{"office", "office", office, 200},
		{"unit", "unit/ua", d.token(t, doorUnit), 200},
		{"wrong password", "office", "x", 403},
		{"no password", "office", "", 403},
		{"of another collector", "office", other, 403},
		{"another's name", "office", d.token(t, doorUnit), 403},
		{"another unit's name", "unit/ub", d.token(t, doorUnit), 403},
		{"no name", "", office, 403},
		{"may write", "office", d.token(t, ingest.Person{Role: ingest.RoleOffice}), 403},
		{"of a sender", "office", "yjp.cA.x", 403},
	} {
		for _, how := range []string{"basic", "header"} {
			r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, d.server.URL+"/", strings.NewReader("SELECT 1"))
			if err != nil {
				t.Fatal(err)
			}
			if how == "basic" {
				r.SetBasicAuth(test.user, test.password)
			} else {
				r.Header.Set("X-ClickHouse-User", test.user)
				r.Header.Set("X-ClickHouse-Key", test.password)
			}
			res, err := d.server.Client().Do(r)
			if err != nil {
				t.Fatal(err)
			}
			body, err := io.ReadAll(res.Body)
			res.Body.Close()
			if err != nil || res.StatusCode != test.status || test.status == 403 && !strings.HasPrefix(string(body), "Code: 516. DB::Exception: ") {
				t.Errorf("%s, %s: got %d %s (%v), want %d", test.name, how, res.StatusCode, body, err, test.status)
			}
		}
	}
}

// triesOfStrangers: who was refused, and under which name, stands in the log.
func (d *queryDoor) triesOfStrangers(t *testing.T) {
	before := d.counts["queries unauthorized"]
	d.log.Reset()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, d.server.URL+"/", strings.NewReader("SELECT 1"))
	if err != nil {
		t.Fatal(err)
	}
	r.SetBasicAuth("office", "guess")
	res, err := d.server.Client().Do(r)
	if err != nil {
		t.Fatal(err)
	}
	res.Body.Close()
	if log := d.log.String(); d.counts["queries unauthorized"] != before+1 || !strings.Contains(log, "user=office outcome=unauthorized") || strings.Contains(log, "guess") {
		t.Errorf("counted %v; log: %s", d.counts, log)
	}
}

// clickhouse-go is what Grafana's data source is made of.
func (d *queryDoor) clickhouseGo(t *testing.T) {
	address := strings.TrimPrefix(d.server.URL, "http://")
	for _, method := range []clickhouse.CompressionMethod{clickhouse.CompressionNone, clickhouse.CompressionGZIP} {
		conn, err := clickhouse.Open(&clickhouse.Options{
			Protocol: clickhouse.HTTP, Addr: []string{address}, Compression: &clickhouse.Compression{Method: method},
			Auth:     clickhouse.Auth{Database: "default", Username: "unit/ua", Password: d.token(t, doorUnit)},
			Settings: clickhouse.Settings{"max_execution_time": 14},
		})
		if err != nil {
			t.Fatal(err)
		}
		if err := conn.Ping(t.Context()); err != nil {
			t.Errorf("ping: %v", err)
		}
		var got []string
		rows, err := conn.Query(t.Context(), "SELECT subject, toUInt64(length(facts)), now() FROM findings ORDER BY subject")
		if err != nil {
			t.Fatal(err)
		}
		for rows.Next() {
			var subject string
			var n uint64
			var at time.Time
			if err := rows.Scan(&subject, &n, &at); err != nil {
				t.Fatal(err)
			}
			got = append(got, fmt.Sprint(subject, " ", n))
		}
		if err := rows.Err(); err != nil {
			t.Error(err)
		}
		rows.Close()
		if diff := cmp.Diff([]string{"m111111 7", "m444444 7", "m555555 7"}, got); diff != "" {
			t.Errorf("rows (-want +got):\n%s", diff)
		}
		if err := conn.Exec(t.Context(), "DROP TABLE findings"); err == nil || !strings.Contains(err.Error(), "this door is for SELECT") {
			t.Errorf("DROP: got %v", err)
		}
		if err := conn.Close(); err != nil {
			t.Error(err)
		}
	}
}

// A user that asks too often is held back, and others are not.
func TestQueryDoorRate(t *testing.T) {
	d := openQueryDoor(t, func(c *collector.GrafanaConfig) { c.QueryLimits.Burst, c.QueryLimits.PerMinute = 3, 1 })
	for i := range 4 {
		got := d.ask(t, doorUnit, "SELECT 1", nil)
		if want := map[bool]int{true: 200, false: 503}[i < 3]; got.status != want {
			t.Errorf("question %d: got %d %s, want %d", i+1, got.status, got.body, want)
		}
		if i == 3 && (!strings.HasPrefix(got.body, "Code: 201.") || got.header.Get("Retry-After") == "") {
			t.Errorf("too many: got %s, %v", got.body, got.header)
		}
	}
	if got := d.ask(t, doorOffice, "SELECT 1", nil); got.status != 200 {
		t.Errorf("another user is held back too: %d %s", got.status, got.body)
	}
	if d.counts["queries limited"] != 1 {
		t.Errorf("counted: %v", d.counts)
	}
}
