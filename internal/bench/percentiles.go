package main

import (
	"context"
	"errors"
	"fmt"
	"syscall"
	"time"

	"github.com/yunjian-io/yunjian/collector/store"
)

const (
	monthBuckets = 30 * 288
	// bytesPerBucket is room for a row of usage_5m before and while it is merged.
	bytesPerBucket = 24
)

// percentileMonth is the month whose buckets are made up.
func percentileMonth() (from, to time.Time) {
	from = time.Date(2026, time.June, 1, 0, 0, 0, 0, store.Zone())
	return from, from.AddDate(0, 1, 0)
}

// monthQuestion asks the exact 95th percentiles of CPU and memory of every host.
const monthQuestion = `SELECT count(), toFloat64(sum(cpu)), toFloat64(sum(memory)) FROM (
	SELECT host, quantilesExactWeighted(0.95)(cpu_used_millicores, 1)[1] AS cpu, quantilesExactWeighted(0.95)(memory_used_mib, 1)[1] AS memory
	FROM usage_5m WHERE bucket >= toDateTime(%d) AND bucket < toDateTime(%d) GROUP BY host
	SETTINGS optimize_aggregation_in_order = 1)`

func percentileSection(ctx context.Context, b *bench) (err error) {
	most := b.percent
	if b.quick {
		most = min(most, 1000)
	}
	var disk syscall.Statfs_t
	if err := syscall.Statfs(b.dir, &disk); err != nil {
		return fmt.Errorf("look at free disk: %w", err)
	}
	for most > 1000 && uint64(most)*monthBuckets*bytesPerBucket > disk.Bavail*uint64(disk.Bsize)/2 {
		most /= 10
	}
	d, err := b.openDatabase(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, d.close()) }()
	hosts := 0
	var last cost
	for _, n := range []int{1000, 10_000, 100_000} {
		if n > most {
			break
		}
		begin := time.Now()
		if err := fillMonth(ctx, d.Store, hosts, n); err != nil {
			return err
		}
		hosts = n
		b.say("%d hosts, %d million rows made and merged in %s", n, n*monthBuckets/1_000_000, time.Since(begin).Round(time.Second))
		if last, err = b.month(ctx, d, n); err != nil {
			return err
		}
	}
	if hosts < 100_000 {
		factor := 100_000 / float64(hosts)
		b.most("month percentiles, 100,000 hosts, extrapolated", "s", last.took.Seconds()*factor, 20, "")
	}
	return nil
}

// month asks for the percentiles of n hosts, twice, and prints the better.
func (b *bench) month(ctx context.Context, d *database, n int) (best cost, err error) {
	from, to := percentileMonth()
	for range 2 {
		c, err := d.measure(ctx, func() error {
			var cpu, memory float64
			var counted uint64
			if err := ask(ctx, d.Store, fmt.Sprintf(monthQuestion, from.Unix(), to.Unix()), &counted, &cpu, &memory); err != nil {
				return err
			}
			if counted != uint64(n) {
				return fmt.Errorf("%d hosts have percentiles; want %d", counted, n)
			}
			return nil
		})
		if err != nil {
			return c, err
		}
		if best.took == 0 || c.took < best.took {
			best = c
		}
	}
	limit := 0.0
	if n == 100_000 {
		limit = 20
	}
	name := fmt.Sprintf("month percentiles of CPU and memory, %s hosts", number(float64(n)))
	b.most(name, "s", best.took.Seconds(), limit, fmt.Sprintf("%s CPU-s, exact", number(best.cpu.Seconds())))
	if limit > 0 {
		limit = 1500
	}
	b.most("  peak memory of the engine", "MB", best.peak, limit, "")
	return best, nil
}

// fillMonth adds the buckets of hosts from..to inside the engine, in steps that
// make parts in the order of the table, and merges.
func fillMonth(ctx context.Context, s *store.Store, from, to int) error {
	begin, _ := percentileMonth()
	const step = 5000
	for ; from < to; from += step {
		n := min(step, to-from)
		text := fmt.Sprintf(`INSERT INTO usage_5m (host, bucket, raw_rows, observed_seconds, vcpus_stored, cpu_used_millicores,
			cpu_used_peak_millicores, memory_total_mib, memory_used_mib, storage_used_mib, boot_time_seconds_stored, derived_at)
			SELECT intDiv(number, %[3]d) + %[1]d AS h, toDateTime(%[2]d + number %% %[3]d * 300), 5, 300, 4,
				bitAnd(sipHash64(number), 1023) + bitAnd(h, 2047) AS cpu, cpu + 100, 16384,
				6000 + bitAnd(h, 4095) + noise, 20480, 1780000000, toDateTime(%[2]d)
			FROM (SELECT number, toInt32(bitAnd(intDiv(sipHash64(number), 4096), 255)) AS noise FROM numbers(%[4]d))
			SETTINGS max_insert_threads = 1, optimize_on_insert = 0, max_threads = 1, min_insert_block_size_rows = 4000000`, from, begin.Unix(), monthBuckets, n*monthBuckets)
		if err := s.Exec(ctx, text); err != nil {
			return fmt.Errorf("make buckets: %w", err)
		}
	}
	if err := s.Exec(ctx, "OPTIMIZE TABLE usage_5m FINAL"); err != nil {
		return fmt.Errorf("merge buckets: %w", err)
	}
	return nil
}
