package collector

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/yunjian-io/yunjian/collector/ingest"
	"github.com/yunjian-io/yunjian/collector/store"
	"github.com/yunjian-io/yunjian/collector/store/engine"
	"github.com/yunjian-io/yunjian/rules/proposal"
	"github.com/yunjian-io/yunjian/rules/rightsize"
)

// Database is an open store and, where it is embedded, its engine.
type Database struct {
	*store.Store
	engine *engine.Engine
	// deriving and proposing are files that are locked during a derivation, and while a
	// step of a proposal is checked and recorded; empty with a server.
	deriving, proposing string
	// workflow holds the durations of Art. 23; empty for those built in.
	workflow proposal.Schedule
	// advice holds the limits of recommendations; empty for those built in.
	advice []rightsize.Settings
}

// Derive works off touched buckets as store.Store.Derive does. With the embedded
// engine the collector and a command take turns: deriving the same buckets twice
// at once is harmless, and twice the work.
func (d *Database) Derive(ctx context.Context, before time.Time) (int, error) {
	unlock, err := lock(ctx, d.deriving)
	if err != nil {
		return 0, fmt.Errorf("lock derivation: %w", err)
	}
	defer unlock()
	return d.Store.Derive(ctx, before)
}

// lock waits until no other process holds a file; an empty name is held by nobody.
func lock(ctx context.Context, name string) (unlock func(), err error) {
	if name == "" {
		return func() {}, nil
	}
	file, err := os.OpenFile(name, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, fmt.Errorf("open lock: %w", err)
	}
	poll := time.NewTicker(lockPoll)
	defer poll.Stop()
	for {
		err := syscall.Flock(int(file.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
		if err == nil {
			return func() { _ = file.Close() }, nil // closing also unlocks
		}
		if !errors.Is(err, syscall.EWOULDBLOCK) {
			return nil, errors.Join(err, file.Close())
		}
		select {
		case <-poll.C:
		case <-ctx.Done():
			return nil, errors.Join(ctx.Err(), file.Close())
		}
	}
}

// lockPoll is how often a process that waits for another's lock looks again.
const lockPoll = 200 * time.Millisecond

// OpenDatabase opens the configured ClickHouse for one command: the server of
// the DSN; else the engine that a running collector owns; else an engine of our
// own. It migrates the schema forward.
func OpenDatabase(ctx context.Context, c Config, log *slog.Logger) (*Database, error) {
	return openDatabase(ctx, c, log, engine.Open)
}

// ownerWait is how long a collector that starts waits for one that ends.
const ownerWait = 15 * time.Second

// openDatabase opens the configured ClickHouse; start brings up the embedded engine.
func openDatabase(ctx context.Context, c Config, log *slog.Logger, start func(context.Context, engine.Config) (*engine.Engine, error)) (*Database, error) {
	db := &Database{}
	var err error
	if db.advice, err = LoadAdvice(c.RulesDir); err != nil {
		return nil, err
	}
	if db.workflow, err = LoadWorkflow(c.RulesDir); err != nil {
		return nil, err
	}
	options := store.Options{DSN: c.ClickHouse.DSN}
	if c.ClickHouse.PasswordFile != "" {
		password, err := readSecret(c.ClickHouse.PasswordFile)
		if err != nil {
			return nil, err
		}
		options.Password = password
	}
	if c.ClickHouse.DSN == "" {
		db.engine, err = start(ctx, engine.Config{
			Dir: filepath.Join(c.DataDir, "engine"), Library: c.Engine.Library, Log: log, Wait: ownerWait,
			Settings: map[string]string{
				"session_timezone": "Asia/Shanghai",
				"max_memory_usage": strconv.FormatInt(or(c.Engine.MaxMemoryBytes, memory()/3), 10),
			},
		})
		if err != nil {
			return nil, fmt.Errorf("start the embedded engine: %w", err)
		}
		options.Dial = db.engine.DialContext
		db.deriving, db.proposing = filepath.Join(c.DataDir, "derive.lock"), filepath.Join(c.DataDir, "proposals.lock")
	}
	err = steadily(ctx, log, "open the database", func() (err error) {
		db.Store, err = store.Open(ctx, options)
		return err
	})
	if err != nil {
		return nil, errors.Join(err, db.closeEngine())
	}
	var applied []string
	err = steadily(ctx, log, "bring the schema forward", func() error {
		steps, err := db.Migrate(ctx)
		applied = append(applied, steps...)
		return err
	})
	if err != nil {
		return nil, errors.Join(err, db.Close())
	}
	if len(applied) > 0 {
		log.Info("schema migrated", slog.Any("steps", applied))
	}
	return db, nil
}

// Close closes the store and stops an engine of our own.
func (d *Database) Close() error { return errors.Join(d.Store.Close(), d.closeEngine()) }

func (d *Database) closeEngine() error {
	if d.engine == nil {
		return nil
	}
	return d.engine.Close()
}

// memory is the host's memory in bytes; 4 GiB where /proc does not say.
func memory() int64 {
	text, err := os.ReadFile("/proc/meminfo")
	if err == nil {
		if fields := strings.Fields(string(text)); len(fields) > 1 {
			if kib, err := strconv.ParseInt(fields[1], 10, 64); err == nil {
				return kib << 10
			}
		}
	}
	return 4 << 30
}

// Restarts is how often the embedded engine was started again after it died; 0
// with a server.
func (d *Database) Restarts() uint64 {
	if d.engine == nil {
		return 0
	}
	return d.engine.Restarts()
}

// EngineCommand is the hidden command of the program that runs the engine.
const EngineCommand = "engine"

// RunEngine is what the hidden command does: it serves the embedded engine to
// the process that started this one.
func RunEngine(ctx context.Context) error {
	c, err := engine.ChildConfigFromEnv()
	if err != nil {
		return err
	}
	return engine.Child(ctx, c)
}

// mint is ingest.Mint for a provider or one of its hosts.
func mint(secret []byte, provider, host string) (string, error) {
	return ingest.Mint(secret, ingest.Scope{Provider: provider, Host: host})
}
