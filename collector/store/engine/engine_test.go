package engine_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2"
	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"

	"github.com/yunjian-io/yunjian/collector/store/engine"
)

// TestMain lets the test binary be its own engine child.
func TestMain(m *testing.M) {
	if os.Getenv(engine.ChildEnv) != "" {
		os.Exit(child())
	}
	if dir := os.Getenv(ownerEnv); dir != "" {
		os.Exit(owner(dir))
	}
	os.Exit(m.Run())
}

func child() int {
	if os.Getenv(sealedEnv) != "" {
		if err := seal(); err != nil {
			fmt.Fprintln(os.Stderr, "seal memory:", err)
			return 1
		}
	}
	cfg, err := engine.ChildConfigFromEnv()
	if err == nil {
		err = engine.Child(context.Background(), cfg)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return 0
}

// library skips a test where libchdb is not installed, and fails it in CI.
func library(tb testing.TB) {
	tb.Helper()
	if _, err := engine.Find(""); err != nil {
		if os.Getenv("CI") == "true" {
			tb.Fatal(err)
		}
		tb.Skip(err)
	}
}

func config(tb testing.TB, dir string) engine.Config {
	tb.Helper()
	self, err := os.Executable()
	if err != nil {
		tb.Fatal(err)
	}
	return engine.Config{
		Dir:      dir,
		Command:  []string{self},
		Settings: map[string]string{"session_timezone": "Asia/Shanghai", "max_threads": "2"},
		Log:      slog.New(slog.NewTextHandler(tb.Output(), nil)),
	}
}

func start(tb testing.TB) *engine.Engine {
	tb.Helper()
	library(tb)
	e, err := engine.Start(tb.Context(), config(tb, tb.TempDir()))
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		if err := e.Close(); err != nil {
			tb.Error(err)
		}
	})
	return e
}

func options(e *engine.Engine) *clickhouse.Options {
	return &clickhouse.Options{
		Protocol:        clickhouse.HTTP,
		Addr:            []string{"engine"},
		DialContext:     e.DialContext,
		Compression:     &clickhouse.Compression{Method: clickhouse.CompressionNone},
		DialTimeout:     5 * time.Second,
		ReadTimeout:     10 * time.Minute,
		MaxOpenConns:    8,
		MaxIdleConns:    8,
		ConnMaxLifetime: time.Hour,
	}
}

func connect(tb testing.TB, e *engine.Engine) driver.Conn {
	tb.Helper()
	conn, err := clickhouse.Open(options(e))
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		if err := conn.Close(); err != nil {
			tb.Error(err)
		}
	})
	return conn
}

func execute(tb testing.TB, conn driver.Conn, query string) {
	tb.Helper()
	if err := conn.Exec(tb.Context(), query); err != nil {
		tb.Fatalf("%s: %v", query, err)
	}
}

func TestHello(t *testing.T) {
	conn := connect(t, start(t))
	if err := conn.Ping(t.Context()); err != nil {
		t.Fatal(err)
	}
	version, err := conn.ServerVersion()
	if err != nil {
		t.Fatal(err)
	}
	if got := version.Version.String(); !strings.HasPrefix(got, "26.7.2") {
		t.Errorf("version: got %s", got)
	}
	if got := version.Timezone.String(); got != "Asia/Shanghai" {
		t.Errorf("timezone: got %s, want Asia/Shanghai", got)
	}
}

func TestInsertAndSelect(t *testing.T) {
	conn := connect(t, start(t))
	execute(t, conn, "CREATE TABLE t (n UInt64, s String) ENGINE = MergeTree ORDER BY n")
	batch, err := conn.PrepareBatch(t.Context(), "INSERT INTO t (n, s)")
	if err != nil {
		t.Fatal(err)
	}
	defer batch.Close()
	for n := range uint64(1000) {
		if err := batch.Append(n, fmt.Sprint("row ", n)); err != nil {
			t.Fatal(err)
		}
	}
	if err := batch.Send(); err != nil {
		t.Fatal(err)
	}
	var rows, sum uint64
	if err := conn.QueryRow(t.Context(), "SELECT count(), sum(n) FROM t WHERE startsWith(s, 'row')").Scan(&rows, &sum); err != nil {
		t.Fatal(err)
	}
	if rows != 1000 || sum != 499500 {
		t.Errorf("got %d rows with sum %d, want 1000 with 499500", rows, sum)
	}
}

func TestErrorsAreNamed(t *testing.T) {
	conn := connect(t, start(t))
	err := conn.Exec(t.Context(), "SELECT * FROM nosuch")
	var exception *clickhouse.Exception
	if !errors.As(err, &exception) {
		t.Fatalf("got %v, want an exception", err)
	}
	if exception.Code != 60 || exception.CodeName != "UNKNOWN_TABLE" {
		t.Errorf("got %d %s, want 60 UNKNOWN_TABLE", exception.Code, exception.CodeName)
	}
}
