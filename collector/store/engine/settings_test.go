package engine_test

import (
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/yunjian-io/yunjian/collector/store/engine"
)

// sealedEnv makes the child refuse memory that is writable and executable, as
// systemd's MemoryDenyWriteExecute does.
const sealedEnv = "YUNJIAN_ENGINE_TEST_SEALED"

// The numbers of prctl's PR_SET_MDWE and PR_MDWE_REFUSE_EXEC_GAIN (Linux 6.3).
const (
	setMDWE        = 65
	refuseExecGain = 1
)

func seal() error {
	if _, _, errno := syscall.RawSyscall6(syscall.SYS_PRCTL, setMDWE, refuseExecGain, 0, 0, 0, 0); errno != 0 {
		return errno
	}
	return nil
}

func TestFind(t *testing.T) {
	cache := t.TempDir()
	t.Setenv("XDG_CACHE_HOME", cache)
	t.Setenv(engine.LibraryEnv, "")
	if path, err := engine.Find(""); err == nil && !strings.HasPrefix(path, "/usr/") {
		t.Errorf("nothing is there: got %q", path)
	} else if err != nil && !strings.Contains(err.Error(), "make deps") {
		t.Errorf("the error does not say what to do: %v", err)
	}
	place := func(parts ...string) string {
		path := filepath.Join(append([]string{cache}, parts...)...)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, nil, 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	check := func(explicit, want string) {
		t.Helper()
		got, err := engine.Find(explicit)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
	}
	cached := place("yunjian", "libchdb", engine.Version, "libchdb.so")
	check("", cached)
	named := place("named.so")
	t.Setenv(engine.LibraryEnv, named)
	check("", named)
	given := place("given.so")
	check(given, given)
	if _, err := engine.Find(cache); err == nil || !strings.Contains(err.Error(), "configured path") {
		t.Errorf("a folder as the path: got %v", err)
	}
	t.Setenv(engine.LibraryEnv, "/nosuch")
	if _, err := engine.Find(""); err == nil || !strings.Contains(err.Error(), engine.LibraryEnv) {
		t.Errorf("a wrong variable: got %v", err)
	}
}

func TestEngineSettings(t *testing.T) {
	library(t)
	cfg := config(t, t.TempDir())
	cfg.MemoryLimit = 1 << 30
	e, err := engine.Start(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := e.Close(); err != nil {
			t.Error(err)
		}
	}()
	c := rawClient(t, e)
	for query, want := range map[string]string{
		"SELECT value FROM system.merge_tree_settings WHERE name IN ('fsync_after_insert', 'fsync_part_directory')": "1\n1\n",
		"SELECT value FROM system.server_settings WHERE name = 'max_server_memory_usage'":                           "1073741824\n",
		"SELECT toString(toDateTime(0))": "1970-01-01 08:00:00\n",
		"SELECT name, value FROM system.settings WHERE name IN ('compile_expressions', 'compile_aggregate_expressions', 'compile_sort_description') ORDER BY name": "compile_aggregate_expressions\t0\ncompile_expressions\t0\ncompile_sort_description\t0\n",
	} {
		if diff := cmp.Diff(want, c.must(query)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", query, diff)
		}
	}
	// Limits end a statement by name and leave the engine as it was.
	for name, test := range map[string]struct {
		settings url.Values
		query    string
		want     string
	}{
		"engine's memory": {nil, "SELECT count() FROM (SELECT groupArray(number) FROM numbers(1000000000))", "(MEMORY_LIMIT_EXCEEDED)"},
		"query's memory":  {url.Values{"max_memory_usage": {"50000000"}}, "SELECT count() FROM (SELECT groupArray(number) FROM numbers(100000000))", "(MEMORY_LIMIT_EXCEEDED)"},
		"time":            {url.Values{"max_execution_time": {"1"}}, "SELECT sum(sipHash64(number)) FROM numbers(100000000000)", "(TIMEOUT_EXCEEDED)"},
	} {
		got := c.post(test.settings, strings.NewReader(test.query))
		if got.err != nil || got.status != 500 || !strings.Contains(got.body, test.want) {
			t.Errorf("%s: got %d %q, %v, want %s", name, got.status, got.body, got.err, test.want)
		}
	}
	if got := c.must("SELECT 1"); got != "1\n" {
		t.Errorf("afterwards: got %q", got)
	}
	if e.Restarts() != 0 {
		t.Errorf("the engine was started again %d times", e.Restarts())
	}
}

// The engine works where memory may not be both written and executed.
func TestMemoryDenyWriteExecute(t *testing.T) {
	library(t)
	t.Setenv(sealedEnv, "1")
	e, err := engine.Start(t.Context(), config(t, t.TempDir()))
	if err != nil {
		if strings.Contains(err.Error(), "seal memory") {
			t.Skip(err)
		}
		t.Fatal(err)
	}
	defer func() {
		if err := e.Close(); err != nil {
			t.Error(err)
		}
	}()
	c := rawClient(t, e)
	c.must("CREATE TABLE t (a UInt64, b UInt64, c Float64) ENGINE = ReplacingMergeTree ORDER BY (a, b)")
	for range 3 {
		c.must("INSERT INTO t SELECT number % 1000, number, sqrt(number) FROM numbers(200000)")
	}
	c.must("OPTIMIZE TABLE t FINAL")
	for range 5 { // the JIT compiles an expression the third time it is seen
		got := c.must("SELECT sum(a * 2 + b % 7 - if(a > 10, a, 0)) > 0, uniqExact(a), quantilesExactWeighted(0.95)(c, 1)[1] > 1 FROM t GROUP BY a % 3 ORDER BY a % 3 + 1, min(b) DESC LIMIT 1")
		if diff := cmp.Diff("1\t334\t1\n", got); diff != "" {
			t.Fatalf("(-want +got):\n%s", diff)
		}
	}
	// The seal is real: the same engine cannot compile when it is asked to.
	compile := url.Values{"compile_expressions": {"1"}, "min_count_to_compile_expression": {"0"}}
	if got := c.post(compile, strings.NewReader("SELECT sum(a * 2 + b % 7 - c * 3) FROM t")); !strings.HasPrefix(got.body, "Code: 445.") {
		t.Errorf("compiling under the seal: got %d %q, want exception 445", got.status, got.body)
	}
}

// An insert that fails at once tells why, however much its sender still has to send.
func TestEarlyFailureOfLargeInsert(t *testing.T) {
	c := rawClient(t, start(t))
	c.must("CREATE TABLE t (n UInt8) ENGINE = MergeTree ORDER BY n")
	for query, want := range map[string]string{
		"INSERT INTO nosuch FORMAT TSV": "Code: 60.",
		"INSERT INTO t FORMAT TSV":      "Code: 27.",
		"INSERT INTO t FORMAT Nosuch":   "Code: 73.",
	} {
		got := c.post(url.Values{"query": {query}}, strings.NewReader(strings.Repeat("not a number\n", 2_000_000)))
		if got.err != nil || got.status != 500 || !strings.HasPrefix(got.body, want) {
			t.Errorf("%s: got %d %.200q, %v, want %s", query, got.status, got.body, got.err, want)
		}
	}
}
