package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"syscall"
	"time"

	"github.com/yunjian-io/yunjian/collector/store"
)

// Limits of the whole: judging and reading what recommendations rest on, for 100,000 hosts.
const (
	judgeSeconds = 600
	judgeMB      = 2 << 30 / 1e6
)

// judgeSection judges a month of a made-up fleet with the real command, and reads the
// facts by kind and the history of every host, for fleets of growing size.
func judgeSection(ctx context.Context, b *bench) error {
	most := b.judged
	if b.quick {
		most = min(most, 1000)
	}
	var disk syscall.Statfs_t
	if err := syscall.Statfs(b.dir, &disk); err != nil {
		return fmt.Errorf("look at free disk: %w", err)
	}
	sizes := []int{1000, 10_000, 100_000}
	for _, n := range append(slices.DeleteFunc(sizes, func(n int) bool { return n >= most }), most) {
		if uint64(n)*monthBuckets*bytesPerBucket > disk.Bavail*uint64(disk.Bsize)/2 {
			b.note("%d hosts left out: half of the free disk does not hold them", n)
			break
		}
		if err := b.judgeFleet(ctx, n); err != nil {
			return err
		}
	}
	return nil
}

func (b *bench) judgeFleet(ctx context.Context, n int) (err error) {
	d, err := b.openDatabase(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, d.close()) }()
	begin := time.Now()
	if err := b.fillFleet(ctx, d.Store, n); err != nil {
		return err
	}
	b.note("%s hosts, %s million rows made and merged in %s, apart from what follows", number(float64(n)), number(float64(n)*monthBuckets/1e6), time.Since(begin).Round(time.Second))
	if n <= 10_000 {
		if err := b.factKinds(ctx, d, n); err != nil {
			return err
		}
	}
	histories, err := b.histories(ctx, d, n)
	if err != nil {
		return err
	}
	judging, peak, err := b.judgeCommand(ctx, d)
	if err != nil {
		return err
	}
	seconds, memory := 0.0, 0.0
	if n == 100_000 {
		seconds, memory = judgeSeconds, judgeMB
	}
	name := number(float64(n)) + " hosts"
	b.most("yunjian-collector judge, a month, "+name, "s", judging.Seconds(), 0, fmt.Sprintf("%s ms a host", number(judging.Seconds()*1000/float64(n))))
	b.most("  and all histories read, "+name, "s", (judging + histories).Seconds(), seconds, fmt.Sprintf("%s ms a host", number((judging+histories).Seconds()*1000/float64(n))))
	b.most("  peak memory of collector and engine while judging", "MB", peak, memory, "")
	return nil
}

// factKinds asks for each kind of facts alone, as reports do.
func (b *bench) factKinds(ctx context.Context, d *database, n int) error {
	span := fleetSpan()
	for _, kind := range []struct {
		name string
		ask  func() (int, error)
	}{
		{"host facts", func() (int, error) { f, err := d.HostFacts(ctx, span); return len(f), err }},
		{"system facts", func() (int, error) { f, err := d.SystemFacts(ctx, span); return len(f), err }},
		{"provider facts", func() (int, error) { f, err := d.ProviderFacts(ctx, span); return len(f), err }},
	} {
		got := 0
		c, err := d.measure(ctx, func() (err error) {
			got, err = kind.ask()
			return err
		})
		if err != nil {
			return fmt.Errorf("%s of %d hosts: %w", kind.name, n, err)
		}
		if got == 0 {
			return fmt.Errorf("%s of %d hosts: no answers", kind.name, n)
		}
		b.most(fmt.Sprintf("all %s of a month, %s hosts", kind.name, number(float64(n))), "s", c.took.Seconds(), 0,
			fmt.Sprintf("engine %s CPU-s, peak %s MB, %d answers", number(c.cpu.Seconds()), number(c.peak), got))
	}
	return nil
}

// histories reads the series of every host, as recommending does.
func (b *bench) histories(ctx context.Context, d *database, n int) (time.Duration, error) {
	hosts, known := 0, 0
	c, err := d.measure(ctx, func() error {
		return d.EachHistory(ctx, fleetSpan(), func(h *store.HostSeries) error {
			hosts++
			for _, used := range h.CPU {
				if used >= 0 {
					known++
				}
			}
			return nil
		})
	})
	if err != nil {
		return 0, err
	}
	if hosts != n {
		return 0, fmt.Errorf("%d histories; want %d", hosts, n)
	}
	b.most(fmt.Sprintf("all histories of a month, %s hosts", number(float64(n))), "s", c.took.Seconds(), 0,
		fmt.Sprintf("engine %s CPU-s, peak %s MB, %s million slots known", number(c.cpu.Seconds()), number(c.peak), number(float64(known)/1e6)))
	return c.took, nil
}

// fleetSpan is the month of the fleet with its weekdays as working days.
func fleetSpan() store.Span {
	from, to := percentileMonth()
	span := store.Span{From: from, To: to}
	for day := from; day.Before(to); day = day.AddDate(0, 0, 1) {
		if w := day.Weekday(); w != time.Saturday && w != time.Sunday {
			span.Workdays = append(span.Workdays, day.Format(time.DateOnly))
		}
	}
	return span
}

// judgeCommand runs the real command on the database and says how long it took and how
// much memory it and its engine had at most.
func (b *bench) judgeCommand(ctx context.Context, d *database) (took time.Duration, peak float64, err error) {
	if err := errors.Join(d.Close(), d.engine.Close()); err != nil {
		return 0, 0, err
	}
	defer func() { err = errors.Join(err, d.open(ctx)) }()
	dir, err := os.MkdirTemp(b.dir, "j")
	if err != nil {
		return 0, 0, fmt.Errorf("make folder: %w", err)
	}
	defer os.RemoveAll(dir)
	if err := os.Mkdir(filepath.Join(dir, "d"), 0o700); err != nil {
		return 0, 0, fmt.Errorf("make folder: %w", err)
	}
	if err := os.Symlink(d.dir, filepath.Join(dir, "d", "engine")); err != nil {
		return 0, 0, fmt.Errorf("share the database: %w", err)
	}
	config := filepath.Join(dir, "collector.yaml")
	if err := os.WriteFile(config, []byte("data_dir: d\n"), 0o600); err != nil {
		return 0, 0, fmt.Errorf("write configuration: %w", err)
	}
	from, _ := percentileMonth()
	begin := time.Now()
	p, err := b.start(ctx, "judge", dir, filepath.Join(b.bin, "yunjian-collector"), "judge", "--config", config, "--month", from.Format("2006-01"))
	if err != nil {
		return 0, 0, err
	}
	defer p.stop()
	look := time.NewTicker(200 * time.Millisecond)
	defer look.Stop()
	for {
		select {
		case <-p.done:
			took = time.Since(begin)
			if code := p.cmd.ProcessState.ExitCode(); code != 0 {
				return 0, 0, fmt.Errorf("judge ended with %d: %s", code, p.tail())
			}
			return took, peak, nil
		case <-look.C:
			peak = max(peak, p.peakMemory())
		case <-ctx.Done():
			return 0, 0, ctx.Err()
		}
	}
}
