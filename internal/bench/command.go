package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"
)

// spent is what a command took.
type spent struct {
	took time.Duration
	// user and system time of the collector, and of its engine
	collector, engine time.Duration
	// MB, sum of the highest of both processes
	peak float64
}

func (j *spent) cpu() time.Duration { return j.collector + j.engine }

// command runs a command of the real collector on the database and says what it took.
func (b *bench) command(ctx context.Context, d *database, name string, args ...string) (j spent, err error) {
	if err := d.leave(); err != nil {
		return j, err
	}
	defer func() { err = errors.Join(err, d.open(ctx)) }()
	dir, err := os.MkdirTemp(b.dir, "j")
	if err != nil {
		return j, fmt.Errorf("make folder: %w", err)
	}
	defer os.RemoveAll(dir)
	if err := os.Mkdir(filepath.Join(dir, "d"), 0o700); err != nil {
		return j, fmt.Errorf("make folder: %w", err)
	}
	if err := os.Symlink(d.dir, filepath.Join(dir, "d", "engine")); err != nil {
		return j, fmt.Errorf("share the database: %w", err)
	}
	config := filepath.Join(dir, "collector.yaml")
	if err := os.WriteFile(config, []byte("data_dir: d\n"), 0o600); err != nil {
		return j, fmt.Errorf("write configuration: %w", err)
	}
	from, _ := percentileMonth()
	args = append([]string{name, "--config", config, "--month", from.Format("2006-01"), "--cpuprofile", filepath.Join(b.profiles, name+".pprof")}, args...)
	begin := time.Now()
	p, err := b.start(ctx, name, dir, filepath.Join(b.bin, "yunjian-collector"), args...)
	if err != nil {
		return j, err
	}
	defer p.stop()
	look := time.NewTicker(100 * time.Millisecond)
	defer look.Stop()
	for {
		select {
		case <-p.done:
			j.took = time.Since(begin)
			state := p.cmd.ProcessState
			if code := state.ExitCode(); code != 0 {
				return j, fmt.Errorf("%s ended with %d: %s", name, code, p.tail())
			}
			// What the kernel counts at the end holds the engine, which the collector has waited for.
			j.engine = state.UserTime() + state.SystemTime() - j.collector
			return j, nil
		case <-look.C:
			j.peak = max(j.peak, p.peakMemory())
			if own, err := cpuOf(p.pid()); err == nil { // it may be gone
				j.collector = own
			}
		case <-ctx.Done():
			return j, ctx.Err()
		}
	}
}
