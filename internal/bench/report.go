package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"
)

// Limits of the whole: report A of a provider with 2,000 systems and 20,000 hosts, in all formats.
const (
	reportHosts   = 20_000
	reportSeconds = 60
	reportMB      = 1 << 30 / 1e6
)

// reportSection prints the monthly report A of a provider with the real command, and then
// that of one using unit alone.
func reportSection(ctx context.Context, b *bench) (err error) {
	n := b.reported
	if b.quick {
		n = min(n, 500)
	}
	d, err := b.fleet(ctx, n)
	if err != nil {
		return err
	}
	done := d.close
	if b.fleets != "" {
		done = d.leave
	}
	defer func() { err = errors.Join(err, done()) }()
	judged, err := b.command(ctx, d, "judge")
	if err != nil {
		return err
	}
	b.note("the month was judged in %s, apart from what follows", judged.took.Round(time.Second))
	seconds, memory := 0.0, 0.0
	if n == reportHosts {
		seconds, memory = reportSeconds, reportMB
	}
	for _, ask := range []struct {
		name            string
		args            []string
		seconds, memory float64
	}{
		{"the provider alone", []string{"--extracts=false"}, seconds, memory},
		{"the provider and each using unit", nil, 0, 0},
		{"one using unit", []string{"--unit", "u1"}, 0, 0},
	} {
		if err := b.reportFiles(ctx, d, n, ask.name, ask.args, ask.seconds, ask.memory); err != nil {
			return err
		}
	}
	return nil
}

// reportFiles writes reports and says what it took and how much came of it.
func (b *bench) reportFiles(ctx context.Context, d *database, n int, name string, args []string, seconds, memory float64) error {
	out, err := os.MkdirTemp(b.dir, "r")
	if err != nil {
		return fmt.Errorf("make folder: %w", err)
	}
	defer os.RemoveAll(out)
	took, err := b.command(ctx, d, "report", append([]string{"--provider", "bench", "--out", out}, args...)...)
	if err != nil {
		return err
	}
	files, bytes := 0, int64(0)
	err = filepath.WalkDir(out, func(_ string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		info, err := e.Info()
		files, bytes = files+1, bytes+info.Size()
		return err
	})
	if err != nil {
		return fmt.Errorf("count files: %w", err)
	}
	what := fmt.Sprintf("report A, %s hosts, %s", number(float64(n)), name)
	b.most(what, "s", took.took.Seconds(), seconds, fmt.Sprintf("%d files of %s MB; collector %s CPU-s, engine %s; load average %s",
		files, number(float64(bytes)/1e6), number(took.collector.Seconds()), number(took.engine.Seconds()), loadAverage()))
	b.most("  peak memory of collector and engine", "MB", took.peak, memory, "")
	return nil
}
