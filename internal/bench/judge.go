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

// Limits of the whole: judging and recommending for 100,000 hosts.
const (
	judgeSeconds = 600
	judgeMB      = 2 << 30 / 1e6
)

// judgeSection judges a month of a made-up fleet with the real command, which recommends
// a size for every host, for fleets of growing size.
func judgeSection(ctx context.Context, b *bench) error {
	most := b.judged
	if b.quick {
		most = min(most, 1000)
	}
	var disk syscall.Statfs_t
	if err := syscall.Statfs(b.dir, &disk); err != nil {
		return fmt.Errorf("look at free disk: %w", err)
	}
	var last judging
	sizes := []int{1000, 4000, 10_000, 100_000}
	for _, n := range append(slices.DeleteFunc(sizes, func(n int) bool { return n >= most }), most) {
		if !b.kept(n) && uint64(n)*monthBuckets*bytesPerBucket > disk.Bavail*uint64(disk.Bsize)/2 {
			b.note("%d hosts left out: half of the free disk does not hold them", n)
			break
		}
		before := last
		var err error
		if last, err = b.judgeFleet(ctx, n); err != nil {
			return err
		}
		if before.hosts > 0 {
			b.most(fmt.Sprintf("  CPU a host, %s against %s hosts: 1 is linear", number(float64(n)), number(float64(before.hosts))), "ratio",
				last.cpuPerHost()/before.cpuPerHost(), 0, "")
		}
	}
	if last.hosts > 0 && last.hosts < wholeFleet {
		more := float64(wholeFleet) / float64(last.hosts)
		b.most("judge and recommend, 100,000 hosts, EXTRAPOLATED from "+number(float64(last.hosts)), "s", last.took.Seconds()*more, judgeSeconds,
			fmt.Sprintf("%s CPU-s, which two free cores give in %s s at least", number(last.cpu().Seconds()*more), number(last.cpu().Seconds()*more/2)))
	}
	return nil
}

// wholeFleet is the number of hosts of which the limits speak.
const wholeFleet = 100_000

// judgeFleet makes a fleet and judges it. Figures of single questions are taken for the
// smaller fleets.
func (b *bench) judgeFleet(ctx context.Context, n int) (_ judging, err error) {
	d, err := b.fleet(ctx, n)
	if err != nil {
		return judging{}, err
	}
	done := d.close
	if b.fleets != "" {
		done = d.leave
	}
	defer func() { err = errors.Join(err, done()) }()
	if n <= 4000 {
		if err := b.facts(ctx, d, n); err != nil {
			return judging{}, err
		}
		if err := b.histories(ctx, d, n); err != nil {
			return judging{}, err
		}
	}
	took, err := b.command(ctx, d, "judge")
	if err != nil {
		return judging{}, err
	}
	j := judging{hosts: n, spent: took}
	seconds, memory := 0.0, 0.0
	if n == wholeFleet {
		seconds, memory = judgeSeconds, judgeMB
	}
	name := number(float64(n)) + " hosts"
	perHost := func(t time.Duration) string { return number(t.Seconds() * 1000 / float64(n)) }
	b.most("judge and recommend, a month, "+name, "s", j.took.Seconds(), seconds,
		fmt.Sprintf("%s ms a host; load average %s", perHost(j.took), loadAverage()))
	b.most("  CPU of collector and engine, "+name, "s", j.cpu().Seconds(), 0,
		fmt.Sprintf("collector %s, engine %s, %s CPU-ms a host: %s s on two free cores at least", number(j.collector.Seconds()), number(j.engine.Seconds()),
			perHost(j.cpu()), number(j.cpu().Seconds()/2)))
	b.most("  peak memory of collector and engine, "+name, "MB", j.peak, memory, fmt.Sprintf("%s %% of 2 GiB", number(j.peak/judgeMB*100)))
	return j, nil
}

// fleetMade is the file in the folder of a fleet that is whole.
const fleetMade = "made"

// kept says whether a fleet of n hosts is there from an earlier run.
func (b *bench) kept(n int) bool {
	if b.fleets == "" {
		return false
	}
	_, err := os.Stat(filepath.Join(b.fleets, fmt.Sprint(n), fleetMade))
	return err == nil
}

// fleet opens a database with a fleet of n hosts: one that was kept, or a new one.
func (b *bench) fleet(ctx context.Context, n int) (_ *database, err error) {
	var dir string
	if b.fleets == "" {
		if dir, err = os.MkdirTemp(b.dir, "e"); err != nil {
			return nil, fmt.Errorf("make folder: %w", err)
		}
	} else {
		if dir, err = filepath.Abs(filepath.Join(b.fleets, fmt.Sprint(n))); err != nil {
			return nil, fmt.Errorf("find folder: %w", err)
		}
		if err := os.MkdirAll(dir, 0o700); err != nil {
			return nil, fmt.Errorf("make folder: %w", err)
		}
	}
	d, err := b.openDatabaseIn(ctx, dir)
	if err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, d.leave())
		}
	}()
	if b.kept(n) {
		return d, b.forgetRuns(ctx, d.Store)
	}
	begin := time.Now()
	if err := b.fillFleet(ctx, d.Store, n); err != nil {
		return nil, err
	}
	b.note("%s hosts, %s million rows made and merged in %s, apart from what follows", number(float64(n)), number(float64(n)*monthBuckets/1e6), time.Since(begin).Round(time.Second))
	// The marker is written last: a fleet that was cut off is not used.
	if err := os.WriteFile(filepath.Join(dir, fleetMade), nil, 0o600); err != nil {
		return nil, fmt.Errorf("mark the fleet as made: %w", err)
	}
	return d, nil
}

// facts computes the facts of the month from the series, as reports do of a month that was
// not judged.
func (b *bench) facts(ctx context.Context, d *database, n int) error {
	span := fleetSpan()
	span.Provider = "bench"
	got := 0
	c, err := d.measure(ctx, func() error {
		m, err := d.ProviderMonth(ctx, span, 0.9)
		if err == nil {
			got = len(m.Hosts)
		}
		return err
	})
	if err != nil {
		return fmt.Errorf("facts of %d hosts: %w", n, err)
	}
	if got != n {
		return fmt.Errorf("facts of %d hosts; want %d", got, n)
	}
	b.most(fmt.Sprintf("all facts of a month, %s hosts", number(float64(n))), "s", c.took.Seconds(), 0,
		fmt.Sprintf("engine %s CPU-s, peak %s MB", number(c.cpu.Seconds()), number(c.peak)))
	return nil
}

// histories reads the series of every host, as recommending does.
func (b *bench) histories(ctx context.Context, d *database, n int) error {
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
		return err
	}
	if hosts != n {
		return fmt.Errorf("%d histories; want %d", hosts, n)
	}
	b.most(fmt.Sprintf("all histories of a month, %s hosts", number(float64(n))), "s", c.took.Seconds(), 0,
		fmt.Sprintf("engine %s CPU-s, peak %s MB, %s million slots known", number(c.cpu.Seconds()), number(c.peak), number(float64(known)/1e6)))
	return nil
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

// judging is what judging a fleet took.
type judging struct {
	spent
	hosts int
}

// cpuPerHost is in seconds.
func (j *judging) cpuPerHost() float64 { return j.cpu().Seconds() / float64(j.hosts) }
