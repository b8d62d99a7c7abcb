package engine_test

import (
	"fmt"
	"math/rand/v2"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"
)

// usageTable has the width and the codecs of the store's widest raw table.
const usageTable = `CREATE TABLE usage (
	host UInt64 CODEC(ZSTD(1)), ts DateTime('Asia/Shanghai') CODEC(Delta, ZSTD(1)), interval_seconds UInt16 CODEC(ZSTD(1)),
	cpu UInt16 CODEC(T64, ZSTD(1)), cpu_peak UInt16 CODEC(T64, ZSTD(1)), cpu_steal UInt16 CODEC(T64, ZSTD(1)),
	cpu_iowait UInt16 CODEC(T64, ZSTD(1)), load1 UInt32 CODEC(T64, ZSTD(1)), load5 UInt32 CODEC(T64, ZSTD(1)),
	memory_total UInt32 CODEC(DoubleDelta, ZSTD(1)), memory_used UInt32 CODEC(DoubleDelta, ZSTD(1)), memory_peak UInt32 CODEC(DoubleDelta, ZSTD(1)),
	swap_used UInt32 CODEC(DoubleDelta, ZSTD(1)), disk_read UInt64 CODEC(T64, ZSTD(1)), disk_written UInt64 CODEC(T64, ZSTD(1)),
	disk_busy UInt16 CODEC(T64, ZSTD(1)), net_received UInt64 CODEC(T64, ZSTD(1)), net_sent UInt64 CODEC(T64, ZSTD(1)),
	own_bytes UInt64 CODEC(T64, ZSTD(1)), filesystem_used UInt32 CODEC(DoubleDelta, ZSTD(1)), boot_time UInt32 CODEC(ZSTD(1)),
	received_at DateTime('Asia/Shanghai') CODEC(Delta, ZSTD(1))
) ENGINE = ReplacingMergeTree PARTITION BY toYYYYMM(ts) ORDER BY (host, ts)`

// cpuSeconds is what a process has used, user and system.
func cpuSeconds(tb testing.TB, pid int) float64 {
	tb.Helper()
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		tb.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(stat), ") ")
	fields := strings.Fields(rest)
	var ticks float64
	for _, field := range fields[11:13] {
		n, err := strconv.ParseFloat(field, 64)
		if err != nil {
			tb.Fatal(err)
		}
		ticks += n
	}
	return ticks / 100 // USER_HZ of every Linux
}

// insertUsage inserts one minute of a fleet and says how long sending it took.
func insertUsage(b *testing.B, conn driver.Conn, random *rand.Rand, ts time.Time, rows int) time.Duration {
	b.Helper()
	batch, err := conn.PrepareBatch(b.Context(), "INSERT INTO usage")
	if err != nil {
		b.Fatal(err)
	}
	defer batch.Close()
	for host := range rows {
		cpu, memory := uint16(random.IntN(300)), uint32(4000+random.IntN(50))
		err := batch.Append(uint64(host)*0x9E3779B97F4A7C15, ts, uint16(60), cpu, cpu+20, uint16(0), uint16(1), uint32(cpu)*2, uint32(cpu)*2,
			uint32(16384), memory, memory+9, uint32(0), uint64(random.IntN(1<<20)), uint64(random.IntN(1<<22)), cpu/10,
			uint64(random.IntN(1<<18)), uint64(random.IntN(1<<18)), uint64(1200), uint32(20000), uint32(1780000000), ts.Add(time.Minute))
		if err != nil {
			b.Fatal(err)
		}
	}
	sent := time.Now()
	if err := batch.Send(); err != nil {
		b.Fatal(err)
	}
	return time.Since(sent)
}

// BenchmarkInsert inserts wide rows through clickhouse-go, fsync on, and waits for
// the merges. performance.md measured 2.3-4.2 CPU-s per million rows at 10,000 a
// batch and 1.1-1.4 at 100,000.
func BenchmarkInsert(b *testing.B) {
	for _, test := range []struct {
		rows   int
		limits string
	}{{10_000, "2.3-4.2"}, {100_000, "1.1-1.4"}} {
		b.Run(fmt.Sprint(test.rows), func(b *testing.B) {
			e := start(b)
			conn := connect(b, e)
			execute(b, conn, usageTable)
			random := rand.New(rand.NewPCG(1, 2))
			begin := time.Date(2026, 7, 1, 0, 0, 0, 0, time.UTC)
			child, own := cpuSeconds(b, e.PID()), cpuSeconds(b, os.Getpid())
			var inside time.Duration
			for i := 0; b.Loop(); i++ {
				inside += insertUsage(b, conn, random, begin.Add(time.Duration(i)*time.Minute), test.rows)
			}
			b.StopTimer()
			eventually(b, "the merges are done", func() bool {
				var merges uint64
				if err := conn.QueryRow(b.Context(), "SELECT count() FROM system.merges").Scan(&merges); err != nil {
					b.Fatal(err)
				}
				return merges == 0
			})
			millions := float64(b.N*test.rows) / 1e6
			b.ReportMetric(float64(b.N*test.rows)/inside.Seconds(), "rows/s")
			b.ReportMetric((cpuSeconds(b, e.PID())-child)/millions, "engine-CPU-s/Mrow")
			b.ReportMetric((cpuSeconds(b, os.Getpid())-own)/millions, "client-CPU-s/Mrow")
			b.Logf("performance.md measured %s CPU-s per million rows", test.limits)
		})
	}
}

// BenchmarkSelectOne is what the door and the driver cost without any data.
func BenchmarkSelectOne(b *testing.B) {
	e := start(b)
	conn := connect(b, e)
	child := cpuSeconds(b, e.PID())
	for b.Loop() {
		var one uint8
		if err := conn.QueryRow(b.Context(), "SELECT 1").Scan(&one); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric((cpuSeconds(b, e.PID())-child)*1e6/float64(b.N), "engine-CPU-µs/op")
}
