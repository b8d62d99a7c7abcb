package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/yunjian-io/yunjian/collector/store"
	"github.com/yunjian-io/yunjian/collector/store/engine"
)

// database is an engine of our own without a collector, its schema made.
type database struct {
	*store.Store
	engine *engine.Engine
	config engine.Config
	dir    string
}

// openDatabase starts the engine in an empty folder of the run.
func (b *bench) openDatabase(ctx context.Context) (_ *database, err error) {
	dir, err := os.MkdirTemp(b.dir, "e")
	if err != nil {
		return nil, fmt.Errorf("make folder: %w", err)
	}
	return b.openDatabaseIn(ctx, dir)
}

// openDatabaseIn starts the engine in a folder, which may hold a database.
func (b *bench) openDatabaseIn(ctx context.Context, dir string) (_ *database, err error) {
	d := &database{dir: dir, config: engine.Config{
		Dir: dir, Command: []string{filepath.Join(b.bin, "yunjian-collector"), "engine"}, NoSync: true,
		Settings: map[string]string{"session_timezone": "Asia/Shanghai"},
	}}
	if err := d.open(ctx); err != nil {
		return nil, err
	}
	if _, err := d.Migrate(ctx); err != nil {
		return nil, errors.Join(err, d.leave())
	}
	return d, nil
}

func (d *database) open(ctx context.Context) error {
	e, err := engine.Start(ctx, d.config)
	if err != nil {
		return err
	}
	if d.Store, err = store.Open(ctx, store.Options{Dial: e.DialContext}); err != nil {
		return errors.Join(err, e.Close())
	}
	d.engine = e
	return nil
}

// again starts the engine anew: it does not give the memory of earlier questions
// and merges back at once, which would count as the next one's.
func (d *database) again(ctx context.Context) error {
	if err := d.leave(); err != nil {
		return err
	}
	return d.open(ctx)
}

func (d *database) close() error { return errors.Join(d.leave(), os.RemoveAll(d.dir)) }

// leave ends the engine, if it runs, and keeps the data.
func (d *database) leave() error {
	if d.engine == nil {
		return nil
	}
	err := errors.Join(d.Close(), d.engine.Close())
	d.engine = nil
	return err
}

// cost is what a question took.
type cost struct {
	took, cpu time.Duration
	peak      float64 // MB of resident memory of the whole engine
}

// measure runs a question in a fresh engine and says what it cost.
func (d *database) measure(ctx context.Context, question func() error) (cost, error) {
	if err := d.again(ctx); err != nil {
		return cost{}, err
	}
	pid := d.engine.PID()
	if err := forgetPeak(pid); err != nil {
		return cost{}, err
	}
	before, err := runTime(pid)
	if err != nil {
		return cost{}, err
	}
	begin := time.Now()
	if err := question(); err != nil {
		return cost{}, err
	}
	c := cost{took: time.Since(begin), peak: kib(fmt.Sprintf("/proc/%d/status", pid), "VmHWM") * 1024 / 1e6}
	after, err := runTime(pid)
	c.cpu = after - before
	return c, err
}
