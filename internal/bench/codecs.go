package main

import (
	"bufio"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/yunjian-io/yunjian/collector/store"
	"github.com/yunjian-io/yunjian/internal/wire"
)

// codecSection weighs every column of usage on made-up hosts, and the memory
// columns under other codecs, also on the memory of real machines.
func codecSection(ctx context.Context, b *bench) (err error) {
	hosts := 200
	if b.quick {
		hosts = 100 // fewer make parts too small to have files of their own for columns
	}
	d, err := b.openDatabase(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, d.close()) }()
	if err := fillUsage(ctx, d.Store, newFleet(hosts, "c"), 1440); err != nil {
		return err
	}
	if err := d.Exec(ctx, "OPTIMIZE TABLE usage FINAL"); err != nil {
		return err
	}
	text, err := columnBytes(ctx, d.Store, "usage")
	if err != nil {
		return err
	}
	b.note("bytes per value in usage, one day of %d made-up hosts: %s", hosts, text)
	if text, err = alternatives(ctx, d.Store, "usage"); err != nil {
		return err
	}
	b.note("memory_used_mib of made-up hosts: %s", text)
	return b.realMemory(ctx, d)
}

// fillUsage commits the minutes of a fleet straight into the store.
func fillUsage(ctx context.Context, s *store.Store, f *fleet, minutes int) error {
	from := time.Now().Add(-48 * time.Hour).Truncate(24 * time.Hour).Unix()
	for i := range f.hosts {
		rows := &wire.Rows{}
		for m := range minutes {
			v := f.next(i)
			row := wire.UsageRow{Host: wire.HostKey(provider, f.hosts[i].id), TS: from + int64(m)*60}
			for j := range row.Values {
				row.Values[j] = f.totals[j].Pack(v.totals[j])
			}
			rows.Usage = append(rows.Usage, row)
		}
		if err := s.Commit(ctx, rows, time.Now()); err != nil {
			return err
		}
	}
	return nil
}

// columnBytes lists what a value of each column of a merged table takes, the
// greediest first.
func columnBytes(ctx context.Context, s *store.Store, table string) (string, error) {
	var parts []string
	text := `SELECT column, sum(column_bytes_on_disk) / sum(rows) AS each FROM system.parts_columns
		WHERE active AND database = currentDatabase() AND table = '` + table + `' GROUP BY column ORDER BY each DESC`
	err := s.Each(ctx, text, nil, func(scan func(...any) error) error {
		var name string
		var each float64
		if err := scan(&name, &each); err != nil {
			return err
		}
		parts = append(parts, fmt.Sprintf("%s %.3f", strings.TrimSuffix(strings.TrimSuffix(name, "_stored"), "_mib"), each))
		return nil
	})
	return strings.Join(parts, ", "), err
}

// codecs are what a slowly moving integer could be stored with.
func codecs() []string {
	return []string{"T64, ZSTD(1)", "DoubleDelta, ZSTD(1)", "Delta, ZSTD(1)", "Delta, T64, ZSTD(1)", "ZSTD(1)", "T64, ZSTD(3)"}
}

// alternatives stores the memory column of a table under every codec.
func alternatives(ctx context.Context, s *store.Store, table string) (string, error) {
	columns := make([]string, len(codecs()))
	values := make([]string, len(codecs()))
	for i, c := range codecs() {
		columns[i] = fmt.Sprintf("c%d Int32 CODEC(%s)", i, c)
		values[i] = "memory_used_mib"
	}
	for _, text := range []string{
		"DROP TABLE IF EXISTS codec_trial",
		"CREATE TABLE codec_trial (host UInt64, ts DateTime, " + strings.Join(columns, ", ") + ") ENGINE = MergeTree ORDER BY (host, ts) SETTINGS min_bytes_for_wide_part = 0",
		"INSERT INTO codec_trial SELECT host, ts, " + strings.Join(values, ", ") + " FROM " + table,
		"OPTIMIZE TABLE codec_trial FINAL",
	} {
		if err := s.Exec(ctx, text); err != nil {
			return "", fmt.Errorf("try codecs: %w", err)
		}
	}
	text, err := columnBytes(ctx, s, "codec_trial")
	for i, c := range codecs() {
		text = strings.Replace(text, fmt.Sprintf("c%d ", i), c+" = ", 1)
	}
	return text + " B a value", err
}

// realMemory does the same with the memory of the Bitbrains traces, if they are there.
func (b *bench) realMemory(ctx context.Context, d *database) error {
	shared := os.Getenv("YUNJIAN_SHARED")
	if shared == "" {
		shared = filepath.Join("..", "shared")
	}
	name := filepath.Join(shared, "data", "traces", "bitbrains_rnd_mem_mib.csv.gz")
	if !exists(name) {
		b.note("no real traces: set YUNJIAN_SHARED to the folder that holds data/traces")
		return nil
	}
	if err := d.Exec(ctx, "TRUNCATE TABLE usage"); err != nil {
		return err
	}
	count, err := commitMemory(ctx, d.Store, name, 100)
	if err != nil {
		return err
	}
	text, err := alternatives(ctx, d.Store, "usage")
	if err != nil {
		return err
	}
	b.note("memory of %d real machines, %d five-minute values: %s", 100, count, text)
	return nil
}

func exists(name string) bool {
	_, err := os.Stat(name)
	return err == nil
}

// commitMemory stores the memory of the first machines of a trace file, whose
// lines are vm, day, and 288 values in MiB.
func commitMemory(ctx context.Context, s *store.Store, name string, machines int) (count int, err error) {
	f, err := os.Open(name)
	if err != nil {
		return 0, fmt.Errorf("read traces: %w", err)
	}
	defer f.Close()
	plain, err := gzip.NewReader(f)
	if err != nil {
		return 0, fmt.Errorf("read traces: %w", err)
	}
	rows := &wire.Rows{}
	lines := bufio.NewScanner(plain)
	lines.Buffer(nil, 1<<20)
	for first := true; lines.Scan(); first = false {
		fields := strings.Split(lines.Text(), ",")
		vm, err := strconv.Atoi(fields[0])
		if first {
			continue // the names of the columns
		}
		if err != nil || len(fields) < 3 {
			return 0, fmt.Errorf("read traces: line %.40q of %s is not as expected", lines.Text(), name)
		}
		if vm > machines {
			break
		}
		day, err := time.ParseInLocation(time.DateOnly, fields[1], store.Zone())
		if err != nil {
			return 0, fmt.Errorf("read traces: %w", err)
		}
		for i, text := range fields[2:] {
			v, err := strconv.ParseFloat(text, 64)
			if err != nil {
				continue // a gap
			}
			row := wire.UsageRow{Host: uint64(vm), TS: day.Unix() + int64(i)*300}
			row.Values[wire.MemoryUsedBytes] = int64(v)
			rows.Usage = append(rows.Usage, row)
		}
		if len(rows.Usage) > 200_000 {
			if err := s.Commit(ctx, rows, time.Now()); err != nil {
				return 0, err
			}
			count += len(rows.Usage)
			rows.Reset()
		}
	}
	if err := lines.Err(); err != nil {
		return 0, fmt.Errorf("read traces: %w", err)
	}
	count += len(rows.Usage)
	return count, s.Commit(ctx, rows, time.Now())
}
