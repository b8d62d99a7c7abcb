package engine_test

import (
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

// guest asks as a guest.
func (c raw) guest(query url.Values, text string) answer {
	c.tb.Helper()
	r, err := http.NewRequestWithContext(c.tb.Context(), http.MethodPost, "http://engine/guest?"+query.Encode(), strings.NewReader(text))
	if err != nil {
		c.tb.Fatal(err)
	}
	res, err := c.http.Do(r)
	if err != nil {
		return answer{err: err}
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	return answer{res.StatusCode, string(body), err, res.Header}
}

func TestGuestsOnlyRead(t *testing.T) {
	c := rawClient(t, start(t))
	c.must("CREATE TABLE t (n UInt64) ENGINE = MergeTree ORDER BY n")
	c.must("INSERT INTO t VALUES (1)")
	dir := t.TempDir()
	for _, test := range []struct {
		name, text string
		status     int
		want       string
	}{
		{"select", "SELECT n FROM t", 200, "1\n"},
		{"show", "SHOW TABLES", 200, "t\n"},
		{"insert", "INSERT INTO t VALUES (2)", 400, "Code: 164."},
		{"insert with data", "INSERT INTO t FORMAT TSV\n2", 400, "Code: 164."},
		{"with insert", "WITH 2 AS x INSERT INTO t SELECT x", 500, "Code: 36."},
		{"drop what is not there", "DROP TABLE IF EXISTS nosuch", 400, "Code: 164."},
		{"kill", "KILL QUERY WHERE 1", 400, "Code: 164."},
		{"set", "SET max_threads = 1", 400, "Code: 164."},
		{"settings clause", "SELECT 1 SETTINGS max_threads = 1", 500, "Code: 164."},
		{"outfile", "SELECT 1 INTO OUTFILE '" + dir + "/out'", 400, "Code: 164."},
		{"outfile in disguise", "SELECT 1 INTO/**/oUtFiLe '" + dir + "/out'", 400, "Code: 164."},
		{"temporary table", "CREATE TEMPORARY TABLE x (n UInt8)", 400, "Code: 164."},
		{"two statements", "SELECT 1; SELECT 2", 400, "Code: 62."},
	} {
		t.Run(test.name, func(t *testing.T) {
			got := raw{t, c.http}.guest(nil, test.text)
			if got.err != nil || got.status != test.status || !strings.HasPrefix(got.body, test.want) {
				t.Errorf("got %d %q (%v), want %d %q", got.status, got.body, got.err, test.status, test.want)
			}
		})
	}
	if left, err := os.ReadDir(dir); err != nil || len(left) > 0 {
		t.Errorf("files were written: %v, %v", left, err)
	}
	if got := c.must("SELECT count() FROM t"); got != "1\n" {
		t.Errorf("rows: got %q, want the one of the owner", got)
	}
	if got := c.guest(url.Values{"max_result_rows": {"2"}}, "SELECT arrayJoin([1, 2, 3])"); got.status != 500 || !strings.HasPrefix(got.body, "Code: 396.") {
		t.Errorf("a result that is too large: got %d %q", got.status, got.body)
	}
	if got := c.guest(url.Values{"max_result_bytes": {"1000"}}, "SELECT repeat('x', 500) FROM numbers(9)"); got.status != 500 || !strings.HasPrefix(got.body, "Code: 396.") {
		t.Errorf("a result of too many bytes: got %d %.200q", got.status, got.body)
	}
	if got := c.guest(url.Values{"max_result_rows": {"3"}}, "SELECT number FROM numbers(3)"); got.body != "0\n1\n2\n" || !strings.Contains(got.header.Get("X-ClickHouse-Summary"), `"result_rows":"3"`) {
		t.Errorf("a result that just fits: got %d %q, %v", got.status, got.body, got.header)
	}
	if got := c.guest(url.Values{"default_format": {"Native"}}, "SELECT n FROM t WHERE n > 5"); got.body != "\x01\x00\x01n\x06UInt64" {
		t.Errorf("an empty answer does not tell its columns: %q", got.body)
	}
}

// Nobody at all reaches files, URLs or other servers through a table of this engine.
func TestEngineHasNoSources(t *testing.T) {
	c := rawClient(t, start(t))
	var accepted sync.WaitGroup
	canary, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	accepted.Go(func() {
		for {
			conn, err := canary.Accept()
			if err != nil {
				return
			}
			t.Errorf("somebody connected: %v", conn.Close())
		}
	})
	secret := filepath.Join(t.TempDir(), "secret.csv")
	if err := os.WriteFile(secret, []byte("planted-secret\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	address := canary.Addr().String()
	for _, text := range []string{
		"SELECT * FROM file('" + secret + "', 'LineAsString')",
		"SELECT * FROM url('http://" + address + "/', 'CSV', 'a String')",
		"SELECT * FROM s3('http://" + address + "/bucket/key', 'CSV', 'a String')",
		"SELECT * FROM remote('" + address + "', system.one)",
		"SELECT * FROM mysql('" + address + "', 'a', 'b', 'c', 'd')",
		"CREATE TABLE x (a String) ENGINE = URL('http://" + address + "/', 'CSV')",
		"CREATE TABLE x (a String) ENGINE = File(CSV)",
		"INSERT INTO FUNCTION url('http://" + address + "/', 'CSV', 'a String') SELECT 'x'",
	} {
		got := c.post(nil, strings.NewReader(text))
		if got.status == http.StatusOK || strings.Contains(got.body, "planted-secret") || !strings.Contains(got.body, "Code: 497.") {
			t.Errorf("%s: got %d %q, want to be denied", text, got.status, got.body)
		}
	}
	if err := canary.Close(); err != nil {
		t.Error(err)
	}
	accepted.Wait()
}

// Guests wait for guests, and nobody waits for them.
func TestGuestsHaveSessionsOfTheirOwn(t *testing.T) {
	c := rawClient(t, start(t))
	var asked sync.WaitGroup
	for range 3 {
		asked.Go(func() {
			if got := c.guest(url.Values{"max_execution_time": {"20"}}, "SELECT count() FROM system.numbers WHERE number % 7 = 8 LIMIT 1"); got.err == nil && got.status == http.StatusOK {
				t.Errorf("an endless question was answered: %q", got.body)
			}
		})
	}
	eventually(t, "guests hold all their sessions", func() bool {
		return c.must("SELECT count() >= 2 FROM system.processes WHERE query LIKE '%number % 7 = 8%' AND query NOT LIKE '%system.processes%'") == "1\n"
	})
	c.must("CREATE TABLE own (n UInt8) ENGINE = MergeTree ORDER BY n")
	c.must("INSERT INTO own VALUES (1)")
	c.must("KILL QUERY WHERE query LIKE '%number % 7 = 8%' AND query NOT LIKE '%KILL%' ASYNC")
	stop := make(chan struct{})
	var killing sync.WaitGroup
	killing.Go(func() { // the third begins when another ends
		tick := time.NewTicker(50 * time.Millisecond)
		defer tick.Stop()
		for {
			select {
			case <-stop:
				return
			case <-tick.C:
				c.must("KILL QUERY WHERE query LIKE '%number % 7 = 8%' AND query NOT LIKE '%KILL%' ASYNC")
			}
		}
	})
	asked.Wait()
	close(stop)
	killing.Wait()
}
