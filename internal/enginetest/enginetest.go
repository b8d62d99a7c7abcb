// Package enginetest gives tests a real ClickHouse: the embedded engine in a
// child of the test binary, or the server that YUNJIAN_TEST_CLICKHOUSE names.
package enginetest

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/yunjian-io/yunjian/collector/store"
	"github.com/yunjian-io/yunjian/collector/store/engine"
)

// EnvDSN names a ClickHouse server to test against instead of the engine.
const EnvDSN = "YUNJIAN_TEST_CLICKHOUSE"

// Rig is the engine of one test binary.
type Rig struct {
	mu     sync.Mutex
	dir    string
	engine *engine.Engine
	names  int
}

// Main runs the tests of a binary, or plays the engine's child in the process
// that the tests start. Call it from TestMain.
func Main(m *testing.M) int { return MainWith(m, new(Rig)) }

// MainWith is Main for tests that need the rig.
func MainWith(m *testing.M, r *Rig) int {
	if os.Getenv(engine.ChildEnv) != "" {
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
	defer r.close()
	return m.Run()
}

func (r *Rig) close() {
	if r.engine != nil {
		_ = r.engine.Close() // the folder goes anyway
	}
	if r.dir != "" {
		_ = os.RemoveAll(r.dir)
	}
}

// Options returns how to open a fresh database of its own for a test. Without
// libchdb it skips the test, and fails it when CI=true.
func (r *Rig) Options(t testing.TB) store.Options {
	t.Helper()
	r.mu.Lock()
	defer r.mu.Unlock()
	r.names++
	database := fmt.Sprintf("test_%d_%d", os.Getpid(), r.names)
	if dsn := os.Getenv(EnvDSN); dsn != "" {
		return store.Options{DSN: strings.TrimSuffix(dsn, "/") + "/" + database}
	}
	if r.engine == nil {
		r.start(t)
	}
	return store.Options{Dial: r.engine.DialContext, Database: database}
}

func (r *Rig) start(t testing.TB) {
	t.Helper()
	library, err := engine.Find("")
	if err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatal(err)
		}
		t.Skip(err)
	}
	// Not t.TempDir: the engine outlives the test, and a socket's path must be short.
	if r.dir, err = os.MkdirTemp("", "yjtest"); err != nil { //nolint:usetesting // it outlives the test
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	log := slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelWarn}))
	r.engine, err = engine.Start(ctx, engine.Config{Dir: r.dir, Library: library, Command: []string{os.Args[0]}, Log: log})
	if err != nil {
		t.Fatal(err)
	}
}

// Engine is the running engine, nil before the first Options and with a server.
func (r *Rig) Engine() *engine.Engine { return r.engine }

// Open opens and migrates a fresh database, and closes it after the test.
func (r *Rig) Open(t testing.TB) *store.Store {
	t.Helper()
	s, err := store.Open(t.Context(), r.Options(t))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	if _, err := s.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	return s
}
