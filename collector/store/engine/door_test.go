package engine_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2"
	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"
	"github.com/google/go-cmp/cmp"

	"github.com/yunjian-io/yunjian/collector/store/engine"
)

// raw is a client without any knowledge of ClickHouse.
type raw struct {
	tb   testing.TB
	http *http.Client
}

func rawClient(tb testing.TB, e *engine.Engine) raw {
	tb.Helper()
	transport := &http.Transport{
		DialContext:        func(ctx context.Context, _, _ string) (net.Conn, error) { return e.DialContext(ctx, "") },
		DisableCompression: true,
	}
	tb.Cleanup(transport.CloseIdleConnections)
	return raw{tb, &http.Client{Transport: transport}}
}

type answer struct {
	status int
	body   string
	err    error // of reading the body
	header http.Header
}

func (c raw) post(query url.Values, body io.Reader, header ...string) answer {
	c.tb.Helper()
	r, err := http.NewRequestWithContext(c.tb.Context(), http.MethodPost, "http://engine/?"+query.Encode(), body)
	if err != nil {
		c.tb.Fatal(err)
	}
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	res, err := c.http.Do(r)
	if err != nil {
		return answer{err: err}
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	return answer{res.StatusCode, string(text), err, res.Header}
}

// must runs a statement that has to succeed.
func (c raw) must(query string) string {
	c.tb.Helper()
	got := c.post(nil, strings.NewReader(query))
	if got.err != nil || got.status != http.StatusOK {
		c.tb.Fatalf("%s: status %d, error %v, body %q", query, got.status, got.err, got.body)
	}
	return got.body
}

func TestDoor(t *testing.T) {
	c := rawClient(t, start(t))
	c.must("CREATE TABLE t (n UInt64, s String) ENGINE = MergeTree ORDER BY n")
	zipped := new(bytes.Buffer)
	z := gzip.NewWriter(zipped)
	if _, err := io.WriteString(z, "3\tgzip\n"); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		name   string
		query  url.Values
		body   string
		header []string
		status int
		want   string // whole body if it ends in a line end, else a part of it
	}{
		{"body is the query", nil, "SELECT 1", nil, 200, "1\n"},
		{"URL is the query", url.Values{"query": {"SELECT 2"}}, "", nil, 200, "2\n"},
		{"URL and body make the query", url.Values{"query": {"SELECT"}}, "3", nil, 200, "3\n"},
		{"semicolon", nil, "SELECT 1;\n-- done\n", nil, 200, "1\n"},
		{"format clause", nil, "SELECT 1 AS a FORMAT JSONEachRow", nil, 200, "{\"a\":1}\n"},
		{"default format", url.Values{"default_format": {"CSV"}}, "SELECT 'a'", nil, 200, "\"a\"\n"},
		{"show", nil, "SHOW TABLES", nil, 200, "t\n"},
		{"database", url.Values{"database": {"system"}}, "SELECT currentDatabase()", nil, 200, "system\n"},
		{"and back", nil, "SELECT currentDatabase()", nil, 200, "default\n"},
		{"unknown database", url.Values{"database": {"a`; DROP"}}, "SELECT 1", nil, 500, "Code: 81."},
		{"setting", url.Values{"max_threads": {"7"}}, "SELECT getSetting('max_threads')", nil, 200, "7\n"},
		{"setting is gone", nil, "SELECT getSetting('max_threads')", nil, 200, "2\n"},
		{"own setting", nil, "SELECT getSetting('max_threads') SETTINGS max_threads = 5", nil, 200, "5\n"},
		{"SET does not last", nil, "SET max_threads = 9", nil, 200, ""},
		{"unknown setting", url.Values{"nosuch": {"1"}}, "SELECT 1", nil, 500, "Code: 115."},
		{"bad setting", url.Values{"max_threads": {"x"}}, "SELECT 1", nil, 500, "Code: 27."},
		{"quoted setting", url.Values{"format_csv_delimiter": {"'"}, "default_format": {"CSV"}}, "SELECT 1, 2", nil, 200, "1'2\n"},
		{"setting that is no name", url.Values{"a=1, b": {"1"}}, "SELECT 1", nil, 400, "Code: 36."},
		{"insert values", nil, "INSERT INTO t VALUES (1, 'values; --')", nil, 200, ""},
		{"insert with data in the body", url.Values{"query": {"INSERT INTO t FORMAT TSV"}}, "2\tbody\n", nil, 200, ""},
		{"insert gzip", url.Values{"query": {"INSERT INTO t FORMAT TSV"}}, zipped.String(), []string{"Content-Encoding", "gzip"}, 200, ""},
		{"insert with query and data in the body", nil, "INSERT INTO t (n, s) FORMAT CSV\n4,inline", nil, 200, ""},
		{"insert values in the body", url.Values{"query": {"INSERT INTO t VALUES"}}, "(5, 'five')", nil, 200, ""},
		{"insert parameters", url.Values{"query": {"INSERT INTO {table:Identifier} FORMAT TSV"}, "param_table": {"t"}}, "6\tsix\n", nil, 200, ""},
		{"all are there", nil, "SELECT n, s FROM t ORDER BY n", nil, 200, "1\tvalues; --\n2\tbody\n3\tgzip\n4\tinline\n5\tfive\n6\tsix\n"},
		{"two statements", nil, "SELECT 1; DROP TABLE t", nil, 400, "Code: 62."},
		{"two inserts", nil, "INSERT INTO t VALUES (9, 'x'); DROP TABLE t", nil, 400, "Code: 62."},
		{"empty", nil, " -- nothing", nil, 400, "Empty query"},
		{"block compression", url.Values{"decompress": {"1"}}, "SELECT 1", nil, 400, "set the client's compression"},
		{"other encoding", nil, "SELECT 1", []string{"Content-Encoding", "br"}, 400, `"br"`},
		{"not gzip", nil, "SELECT 1", []string{"Content-Encoding", "gzip"}, 400, "not gzip"},
		{"external table", nil, "x", []string{"Content-Type", "multipart/form-data; boundary=x"}, 400, "External tables"},
		{"session", url.Values{"session_id": {"1"}}, "SELECT 1", nil, 400, "session_id"},
		{"JSON to a native client", url.Values{"client_protocol_version": {"54460"}}, "SELECT 1 FORMAT JSON", nil, 400, "Code: 73."},
		{"SHOW as JSON to a native client", url.Values{"client_protocol_version": {"54460"}}, "SHOW TABLES FORMAT JSON", nil, 400, "Code: 73."},
		{"Null to a native client", url.Values{"client_protocol_version": {"54460"}}, "SELECT 1 FORMAT Null", nil, 200, ""},
		{"syntax error", nil, "SELEKT 1", nil, 500, "Code: 62."},
		{"table still there", nil, "SELECT count() FROM t", nil, 200, "6\n"},
	} {
		t.Run(test.name, func(t *testing.T) {
			got := raw{t, c.http}.post(test.query, strings.NewReader(test.body), test.header...)
			if got.err != nil {
				t.Fatal(got.err)
			}
			whole := test.status == http.StatusOK
			if got.status != test.status || whole && got.body != test.want || !strings.Contains(got.body, test.want) {
				t.Errorf("got %d %q, want %d %q", got.status, got.body, test.status, test.want)
			}
			if !whole && got.header.Get("X-ClickHouse-Exception-Code") == "" {
				t.Error("X-ClickHouse-Exception-Code is missing")
			}
		})
	}
	// Every session of the pool is asked: none may have kept a SET.
	for range 20 {
		if got := c.must("SELECT getSetting('max_threads')"); got != "2\n" {
			t.Fatalf("max_threads: got %q, want the configured 2", got)
		}
	}
}

func TestHeaders(t *testing.T) {
	c := rawClient(t, start(t))
	c.must("CREATE TABLE t (n UInt64) ENGINE = MergeTree ORDER BY n")
	got := c.post(url.Values{"query": {"INSERT INTO t FORMAT TSV"}, "query_id": {"mine"}}, strings.NewReader("1\n2\n3\n"))
	if !strings.Contains(got.header.Get("X-ClickHouse-Summary"), `"written_rows":"3"`) {
		t.Errorf("summary of an insert: got %q", got.header.Get("X-ClickHouse-Summary"))
	}
	if id := got.header.Get("X-ClickHouse-Query-Id"); id != "mine" {
		t.Errorf("query id: got %q, want mine", id)
	}
	got = c.post(url.Values{"default_format": {"CSV"}, "session_timezone": {"Asia/Tokyo"}}, strings.NewReader("SELECT n FROM t"))
	if !strings.Contains(got.header.Get("X-ClickHouse-Summary"), `"read_rows":"3"`) {
		t.Errorf("summary of a SELECT: got %q", got.header.Get("X-ClickHouse-Summary"))
	}
	if got.header.Get("X-ClickHouse-Query-Id") == "" {
		t.Error("query id: none was made")
	}
	for name, want := range map[string]string{"X-ClickHouse-Format": "CSV", "X-ClickHouse-Timezone": "Asia/Tokyo"} {
		if diff := cmp.Diff(want, got.header.Get(name)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
	for _, path := range []string{"/ping", "/"} {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://engine"+path, nil)
		if err != nil {
			t.Fatal(err)
		}
		res, err := c.http.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(res.Body)
		res.Body.Close()
		if err != nil || string(body) != "Ok.\n" {
			t.Errorf("GET %s: got %q, %v", path, body, err)
		}
	}
}

// A failure after the first rows reaches the client as an error, and never as a short answer.
func TestLateException(t *testing.T) {
	e := start(t)
	const query = "SELECT throwIf(number = 900000, 'too late') FROM numbers(1000000) SETTINGS max_threads = 1"
	got := rawClient(t, e).post(nil, strings.NewReader(query))
	if got.err == nil || got.status != http.StatusOK || !strings.Contains(got.body, "__exception__") {
		t.Errorf("got status %d and read error %v, want 200, a framed exception and a torn body", got.status, got.err)
	}
	rows, err := connect(t, e).Query(t.Context(), query)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	n := 0
	for rows.Next() {
		n++
	}
	var exception *clickhouse.Exception
	if !errors.As(rows.Err(), &exception) || exception.Code != 395 {
		t.Errorf("after %d rows got %v, want exception 395", n, rows.Err())
	}
}

// A body that ends early stores nothing, however much of it was taken.
func TestTornInsertStoresNothing(t *testing.T) {
	e := start(t)
	c := rawClient(t, e)
	c.must("CREATE TABLE t (n UInt64) ENGINE = MergeTree ORDER BY n")
	conn, err := e.DialContext(t.Context(), "")
	if err != nil {
		t.Fatal(err)
	}
	rows := strings.Repeat("12345678\n", 500_000)
	head := "POST /?query=INSERT+INTO+t+FORMAT+TSV HTTP/1.1\r\nHost: engine\r\nContent-Length: " + strconv.Itoa(2*len(rows)) + "\r\n\r\n"
	if _, err := io.WriteString(conn, head+rows); err != nil {
		t.Fatal(err)
	}
	if err := conn.(*net.UnixConn).CloseWrite(); err != nil {
		t.Fatal(err)
	}
	reply, err := io.ReadAll(conn)
	conn.Close()
	if err != nil || !strings.Contains(string(reply), "Code: 210.") {
		t.Errorf("got %q, %v, want exception 210", reply, err)
	}
	if got := c.must("SELECT count() FROM t"); got != "0\n" {
		t.Errorf("got %q rows, want none", got)
	}
	bad := c.post(url.Values{"query": {"INSERT INTO t FORMAT TSV"}}, strings.NewReader(rows+"x\n"))
	if bad.status != http.StatusInternalServerError || !strings.HasPrefix(bad.body, "Code: 27.") {
		t.Errorf("bad last row: got %d %.200q", bad.status, bad.body)
	}
	if got := c.must("SELECT count() FROM t"); got != "0\n" {
		t.Errorf("after a bad row: got %q rows, want none", got)
	}
}

// The long query gives no rows before its end, so only the engine's own KILL ends it.
func TestCancelledQueryEnds(t *testing.T) {
	e := start(t)
	conn := connect(t, e)
	for name, query := range map[string]string{
		"aggregate": "SELECT sum(sipHash64(number)) FROM numbers(100000000000)",
		"rows":      "SELECT sipHash64(number) FROM numbers(100000000000)",
		"insert":    "INSERT INTO FUNCTION null('n UInt64') SELECT sipHash64(number) FROM numbers(100000000000)",
	} {
		t.Run(name, func(t *testing.T) {
			ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
			defer cancel()
			begin := time.Now()
			rows, err := conn.Query(ctx, query)
			if err == nil {
				for rows.Next() {
				}
				err = rows.Err()
				rows.Close()
			}
			if err == nil {
				t.Fatal("the query succeeded")
			}
			if took := time.Since(begin); took > 3*time.Second {
				t.Errorf("the client waited %v", took)
			}
		})
	}
	// All are gone from the engine too, and its sessions are free again.
	until := time.Now().Add(10 * time.Second)
	c := rawClient(t, e)
	for {
		running := c.must("SELECT count() FROM system.processes WHERE query LIKE '%100000000000%' AND query NOT LIKE '%processes%'")
		if running == "0\n" {
			break
		}
		if time.Now().After(until) {
			t.Fatalf("still running: %s", running)
		}
	}
}

// A large answer goes through the engine in pieces.
func TestLargeAnswerIsStreamed(t *testing.T) {
	e := start(t)
	c := rawClient(t, e)
	c.must("SELECT number FROM numbers(100000) FORMAT Null")
	before := peakMiB(t, e.PID())
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "http://engine/?default_format=Native", strings.NewReader("SELECT number FROM numbers(50000000)"))
	if err != nil {
		t.Fatal(err)
	}
	res, err := c.http.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	n, err := io.Copy(io.Discard, res.Body)
	if err != nil || n < 400_000_000 {
		t.Errorf("got %d bytes, %v", n, err)
	}
	if grown := peakMiB(t, e.PID()) - before; grown > 100 {
		t.Errorf("the engine grew by %d MiB for an answer of %d MiB", grown, n>>20)
	}
}

// peakMiB is the most memory a process has had resident.
func peakMiB(tb testing.TB, pid int) int {
	tb.Helper()
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		tb.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(status), "VmHWM:")
	kib, err := strconv.Atoi(strings.Fields(rest)[0])
	if err != nil {
		tb.Fatal(err)
	}
	return kib >> 10
}

func insertNumbers(ctx context.Context, conn driver.Conn, writer uint8, size uint64) error {
	batch, err := conn.PrepareBatch(ctx, "INSERT INTO t")
	if err != nil {
		return err
	}
	defer batch.Close()
	for n := range size {
		if err := batch.Append(writer, n); err != nil {
			return err
		}
	}
	return batch.Send()
}

func TestReadersAndWritersTogether(t *testing.T) {
	conn := connect(t, start(t))
	execute(t, conn, "CREATE TABLE t (writer UInt8, n UInt64) ENGINE = MergeTree ORDER BY (writer, n)")
	const writers, batches, size = 4, 10, 1000
	var all sync.WaitGroup
	for writer := range uint8(writers) {
		all.Go(func() {
			for range batches {
				if err := insertNumbers(t.Context(), conn, writer, size); err != nil {
					t.Error(err)
					return
				}
			}
		})
		all.Go(func() {
			for range 3 * batches {
				var torn uint64
				const query = "SELECT count() FROM (SELECT writer, count() AS c FROM t GROUP BY writer HAVING c % 1000 != 0)"
				if err := conn.QueryRow(t.Context(), query).Scan(&torn); err != nil {
					t.Error(err)
					return
				}
				if torn != 0 {
					t.Errorf("%d writers had part of a batch visible", torn)
				}
			}
		})
	}
	all.Wait()
	var rows uint64
	if err := conn.QueryRow(t.Context(), "SELECT count() FROM t").Scan(&rows); err != nil {
		t.Fatal(err)
	}
	if rows != writers*batches*size {
		t.Errorf("got %d rows, want %d", rows, writers*batches*size)
	}
}
