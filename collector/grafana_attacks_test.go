package collector_test

import (
	"bytes"
	"compress/gzip"
	"io"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// refuses throws every attack at the door, as a unit: each is refused with a
// reason, and nothing is read, written or connected to.
func (d *queryDoor) refuses(t *testing.T) {
	secret, out := filepath.Join(t.TempDir(), "secret.txt"), filepath.Join(t.TempDir(), "out.txt")
	if err := os.WriteFile(secret, []byte("planted-secret\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	canary, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var canaries sync.WaitGroup
	canaries.Go(func() {
		for {
			conn, err := canary.Accept()
			if err != nil {
				return
			}
			t.Errorf("somebody connected to the canary: %v", conn.Close())
		}
	})
	fill := strings.NewReplacer("SECRET", secret, "CANARY", canary.Addr().String(), "OUT'", out+"'", "DB", d.db.Name())
	before := d.fingerprint(t)
	count := 0
	for _, attacks := range [][]attack{writingAttacks(), reachingAttacks(), tableAttacks(), clauseAttacks()} {
		for _, a := range attacks {
			count++
			got := d.ask(t, doorUnit, fill.Replace(a.text), nil)
			if got.status == 200 || !strings.Contains(got.body, a.want) || !strings.HasPrefix(got.body, "Code: ") || got.header.Get("X-ClickHouse-Exception-Code") == "" {
				t.Errorf("%.200q: got %d %.400s\nwant to be refused with %q", a.text, got.status, got.body, a.want)
			}
			if strings.Contains(got.body, "planted-secret") || len(marksIn(got.body)) > 0 {
				t.Errorf("%q reads what it may not: %s", a.text, got.body)
			}
		}
	}
	if count < 90 {
		t.Errorf("%d attacks; want at least 90", count)
	}
	t.Logf("%d attacks", count)
	if _, err := os.Stat(out); err == nil {
		t.Error("a file was written")
	}
	if diff := cmp.Diff(before, d.fingerprint(t)); diff != "" {
		t.Errorf("the database has changed:\n%s", diff)
	}
	if err := canary.Close(); err != nil {
		t.Error(err)
	}
	canaries.Wait()
}

// refusesByProtocol attacks beside the statement: in the URL and in headers.
func (d *queryDoor) refusesByProtocol(t *testing.T) {
	zipped := new(bytes.Buffer)
	z := gzip.NewWriter(zipped)
	if _, err := io.WriteString(z, "DROP TABLE findings"); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	before := d.fingerprint(t)
	for _, test := range []struct {
		name, text string
		parameters url.Values
		header     []string
		want       string
	}{
		{"setting", "SELECT 1", url.Values{"max_threads": {"9"}}, nil, "Setting \"max_threads\""},
		{"own filters", "SELECT 1", url.Values{"additional_table_filters": {"{}"}}, nil, "Setting \"additional_table_filters\""},
		{"log comment", "SELECT 1", url.Values{"log_comment": {"worker-1"}}, nil, "Setting \"log_comment\""},
		{"parameter", "SELECT 1", url.Values{"param_x": {"1"}}, nil, "Query parameters"},
		{"session", "SELECT 1", url.Values{"session_id": {"1"}}, nil, "Setting \"session_id\""},
		{"role", "SELECT 1", url.Values{"role": {"office"}}, nil, "Setting \"role\""},
		{"user in the URL", "SELECT 1", url.Values{"user": {"office"}}, nil, "not in the URL"},
		{"two databases", "SELECT 1", url.Values{"database": {"default", "system"}}, nil, "given 2 times"},
		{"other database", "SELECT 1", url.Values{"database": {"system"}}, nil, "Code: 81."},
		{"other database in a header", "SELECT 1", nil, []string{"X-ClickHouse-Database", "system"}, "Code: 81."},
		{"statement in two places", "DROP TABLE findings", url.Values{"query": {"SELECT 1 --"}}, nil, "not in both"},
		{"statement in the URL", "", url.Values{"query": {"DROP TABLE findings"}}, nil, onlyReads},
		{"zipped statement", zipped.String(), nil, []string{"Content-Encoding", "gzip"}, onlyReads},
		{"not zipped", "SELECT 1", nil, []string{"Content-Encoding", "gzip"}, "not gzip"},
		{"other encoding", "SELECT 1", nil, []string{"Content-Encoding", "br"}, "not supported"},
		{"blocks", "SELECT 1", url.Values{"decompress": {"1"}}, nil, "block compression"},
		{"external table", "x", nil, []string{"Content-Type", "multipart/form-data; boundary=x"}, "External tables"},
		{"format of files", "SELECT 1", url.Values{"default_format": {"Template"}}, nil, "Code: 73."},
		{"format that a native client cannot read", "SELECT 1", url.Values{"default_format": {"JSON"}, "client_protocol_version": {"54460"}}, nil, "Code: 73."},
		{"query id", "SELECT 1", url.Values{"query_id": {"a\nb"}}, nil, "printable ASCII"},
		{"two users", "SELECT 1", nil, []string{"X-ClickHouse-User", "office"}, "Code: 516."},
		{"endless time", "SELECT 1", url.Values{"max_execution_time": {"x"}}, nil, "want seconds"},
		{"rows", "SELECT subject FROM findings", url.Values{"max_result_rows": {"1"}}, nil, "Code: 396."},
	} {
		got := d.ask(t, doorUnit, test.text, test.parameters, test.header...)
		if got.status == 200 || !strings.Contains(got.body, test.want) {
			t.Errorf("%s: got %d %s, want to be refused with %q", test.name, got.status, got.body, test.want)
		}
	}
	if diff := cmp.Diff(before, d.fingerprint(t)); diff != "" {
		t.Errorf("the database has changed:\n%s", diff)
	}
}
