package store

import (
	"cmp"
	"context"
	"crypto/rand"
	"encoding/binary"
	"fmt"
	"slices"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2"
	"golang.org/x/sync/errgroup"

	"github.com/yunjian-io/yunjian/internal/wire"
)

// bucketSeconds is the length of a derived bucket.
const bucketSeconds = 300

// Commit stores a group of rows and returns nil only when ClickHouse has them
// all. The touched buckets go first, so that a crash behind any step leaves
// more to derive, never less. After an error the same rows may be committed
// again: keys make repetition harmless.
func (s *Store) Commit(ctx context.Context, rows *wire.Rows, now time.Time) error {
	if len(rows.Hosts) > 0 {
		if err := s.insertHosts(ctx, rows.Hosts, now); err != nil {
			return err
		}
	}
	if len(rows.Usage) > 0 {
		if err := s.insertPending(ctx, rows.Usage, now); err != nil {
			return err
		}
	}
	hour := now.Truncate(time.Hour).Unix()
	group, ctx := errgroup.WithContext(ctx)
	if len(rows.Usage) > 0 {
		group.Go(func() error { return s.insertUsage(ctx, rows.Usage, hour) })
	}
	if len(rows.Devices) > 0 {
		group.Go(func() error { return s.insertDevices(ctx, rows.Devices, hour) })
	}
	if len(rows.Samples) > 0 {
		group.Go(func() error { return s.insertSamples(ctx, rows.Samples, hour) })
	}
	if len(rows.Quarantine)+len(rows.Identities)+len(rows.Power) > 0 {
		group.Go(func() error { return s.insertRare(ctx, rows, now.Unix()) })
	}
	if len(rows.Evidence) > 0 {
		group.Go(func() error { return s.insertEvidence(ctx, rows.Evidence, now.Unix()) })
	}
	return group.Wait()
}

// column is one column of an insert: its name, its ClickHouse type and a slice
// of a type that the driver takes for it.
type column struct {
	name, kind string
	values     any
}

const (
	typeTime  = "DateTime('Asia/Shanghai')"
	typeMilli = "DateTime64(3, 'Asia/Shanghai')"
	typeLow   = "LowCardinality(String)"
)

// insert writes whole columns in one block. The types are given, which saves
// the driver a DESCRIBE TABLE for every insert.
func (s *Store) insert(ctx context.Context, table string, columns []column) error {
	names := make([]byte, 0, 512)
	types := make([]clickhouse.ColumnNameAndType, 0, len(columns))
	for i, c := range columns {
		if i > 0 {
			names = append(names, ", "...)
		}
		names = append(names, c.name...)
		types = append(types, clickhouse.ColumnNameAndType{Name: c.name, Type: c.kind})
	}
	ctx = clickhouse.Context(ctx, clickhouse.WithColumnNamesAndTypes(types))
	batch, err := s.conn.PrepareBatch(ctx, "INSERT INTO "+table+" ("+string(names)+")")
	if err != nil {
		return fmt.Errorf("insert into %s: %w", table, err)
	}
	defer batch.Close() // nothing is left to close after Send
	for i, c := range columns {
		if err := batch.Column(i).Append(c.values); err != nil {
			return fmt.Errorf("insert into %s: column %s: %w", table, c.name, err)
		}
	}
	if err := batch.Send(); err != nil {
		return fmt.Errorf("insert into %s: %w", table, err)
	}
	return nil
}

// collect makes the slice of one column.
func collect[Row, Value any](rows []Row, value func(*Row) Value) []Value {
	out := make([]Value, len(rows))
	for i := range rows {
		out[i] = value(&rows[i])
	}
	return out
}

// repeated is a column in which every row holds the same value.
func repeated[Value any](n int, v Value) []Value {
	out := make([]Value, n)
	for i := range out {
		out[i] = v
	}
	return out
}

func (s *Store) insertHosts(ctx context.Context, hosts []wire.Host, now time.Time) error {
	return s.insert(ctx, "hosts", []column{
		{"host", "UInt64", collect(hosts, func(h *wire.Host) uint64 { return h.Key })},
		{"provider", typeLow, collect(hosts, func(h *wire.Host) string { return h.Provider })},
		{"host_id", "String", collect(hosts, func(h *wire.Host) string { return h.ID })},
		{"registered_at", typeTime, repeated(len(hosts), now.Unix())},
	})
}

// run is a stretch of consecutive touched buckets of one host.
type run struct {
	host   uint64
	bucket int64
	count  uint32
}

// touchedRuns folds the buckets of rows into runs.
func touchedRuns(rows []wire.UsageRow) []run {
	type key struct {
		host   uint64
		bucket int64
	}
	keys := make([]key, 0, len(rows))
	for i := range rows {
		k := key{rows[i].Host, rows[i].TS - rows[i].TS%bucketSeconds}
		if n := len(keys); n == 0 || keys[n-1] != k {
			keys = append(keys, k)
		}
	}
	slices.SortFunc(keys, func(a, b key) int {
		return cmp.Or(cmp.Compare(a.host, b.host), cmp.Compare(a.bucket, b.bucket))
	})
	var runs []run
	for _, k := range slices.Compact(keys) {
		if n := len(runs); n > 0 && runs[n-1].host == k.host && runs[n-1].bucket+int64(runs[n-1].count)*bucketSeconds == k.bucket {
			runs[n-1].count++
			continue
		}
		runs = append(runs, run{k.host, k.bucket, 1})
	}
	return runs
}

func (s *Store) insertPending(ctx context.Context, rows []wire.UsageRow, now time.Time) error {
	runs := touchedRuns(rows)
	var id [8]byte
	if _, err := rand.Read(id[:]); err != nil {
		return fmt.Errorf("name the group commit: %w", err)
	}
	return s.insert(ctx, "derive_pending", []column{
		{"batch", "UInt64", repeated(len(runs), binary.BigEndian.Uint64(id[:]))},
		{"created", typeTime, repeated(len(runs), now.Unix())},
		{"host", "UInt64", collect(runs, func(r *run) uint64 { return r.host })},
		{"bucket", typeTime, collect(runs, func(r *run) int64 { return r.bucket })},
		{"buckets", "UInt32", collect(runs, func(r *run) uint32 { return r.count })},
	})
}

func (s *Store) insertUsage(ctx context.Context, rows []wire.UsageRow, hour int64) error {
	columns := []column{
		{"host", "UInt64", collect(rows, func(r *wire.UsageRow) uint64 { return r.Host })},
		{"ts", typeTime, collect(rows, func(r *wire.UsageRow) int64 { return r.TS })},
	}
	for i, m := range wire.Totals() {
		c := column{name: m.Stored}
		switch m.Bits {
		case wire.Int16:
			c.kind, c.values = "Int16", collect(rows, func(r *wire.UsageRow) int16 { return int16(r.Values[i]) })
		case wire.Int32:
			c.kind, c.values = "Int32", collect(rows, func(r *wire.UsageRow) int32 { return int32(r.Values[i]) })
		case wire.Int64:
			c.kind, c.values = "Int64", collect(rows, func(r *wire.UsageRow) int64 { return r.Values[i] })
		}
		columns = append(columns, c)
	}
	columns = append(columns, column{"received_at", typeTime, repeated(len(rows), hour)})
	return s.insert(ctx, "usage", columns)
}

func (s *Store) insertDevices(ctx context.Context, rows []wire.DeviceRow, hour int64) error {
	return s.insert(ctx, "usage_device", []column{
		{"host", "UInt64", collect(rows, func(r *wire.DeviceRow) uint64 { return r.Host })},
		{"name", typeLow, collect(rows, func(r *wire.DeviceRow) string { return r.Name })},
		{"label", typeLow, collect(rows, func(r *wire.DeviceRow) string { return r.Label })},
		{"ts", typeTime, collect(rows, func(r *wire.DeviceRow) int64 { return r.TS })},
		{"value", "Int64", collect(rows, func(r *wire.DeviceRow) int64 { return r.Value })},
		{"received_at", typeTime, repeated(len(rows), hour)},
	})
}

func (s *Store) insertSamples(ctx context.Context, rows []wire.SampleRow, hour int64) error {
	return s.insert(ctx, "samples", []column{
		{"host", "UInt64", collect(rows, func(r *wire.SampleRow) uint64 { return r.Host })},
		{"name", typeLow, collect(rows, func(r *wire.SampleRow) string { return r.Name })},
		{"labels", "String", collect(rows, func(r *wire.SampleRow) string { return r.Labels })},
		{"ts", typeMilli, collect(rows, func(r *wire.SampleRow) time.Time { return time.UnixMilli(r.Milliseconds) })},
		{"value", "Float64", collect(rows, func(r *wire.SampleRow) float64 { return r.Value })},
		{"received_at", typeTime, repeated(len(rows), hour)},
	})
}

// insertRare writes what seldom comes.
func (s *Store) insertRare(ctx context.Context, rows *wire.Rows, now int64) error {
	if n := len(rows.Quarantine); n > 0 {
		q := rows.Quarantine
		err := s.insert(ctx, "quarantine", []column{
			{"received_at", typeTime, repeated(n, now)},
			{"provider", typeLow, collect(q, func(r *wire.QuarantineRow) string { return r.Provider })},
			{"host_id", "String", collect(q, func(r *wire.QuarantineRow) string { return r.HostID })},
			{"series", "String", collect(q, func(r *wire.QuarantineRow) string { return r.Series })},
			{"ts", typeMilli, collect(q, func(r *wire.QuarantineRow) time.Time { return time.UnixMilli(clampMilli(r.Milliseconds)) })},
			{"value", "Float64", collect(q, func(r *wire.QuarantineRow) float64 { return r.Value })},
			{"reason", typeLow, collect(q, func(r *wire.QuarantineRow) string { return r.Reason })},
		})
		if err != nil {
			return err
		}
	}
	if n := len(rows.Power); n > 0 {
		p := rows.Power
		err := s.insert(ctx, "power_events", []column{
			{"host", "UInt64", collect(p, func(r *wire.PowerRow) uint64 { return r.Host })},
			{"off_at", typeTime, collect(p, func(r *wire.PowerRow) int64 { return clampSeconds(r.OffAt) })},
			{"on_at", typeTime, collect(p, func(r *wire.PowerRow) int64 { return clampSeconds(r.OnAt) })},
			{"source", typeLow, collect(p, func(r *wire.PowerRow) string { return r.Source })},
			{"received_at", typeTime, repeated(n, now)},
		})
		if err != nil {
			return err
		}
	}
	if len(rows.Identities) > 0 {
		return s.insertIdentities(ctx, rows.Identities, now)
	}
	return nil
}

func (s *Store) insertIdentities(ctx context.Context, rows []wire.IdentityRow, now int64) error {
	text := func(name, kind string, value func(*wire.IdentityRow) string) column {
		return column{name, kind, collect(rows, value)}
	}
	return s.insert(ctx, "host_identity", []column{
		{"host", "UInt64", collect(rows, func(r *wire.IdentityRow) uint64 { return r.Host })},
		{"at", typeTime, collect(rows, func(r *wire.IdentityRow) int64 { return clampSeconds(r.At) })},
		text("host_kind", typeLow, func(r *wire.IdentityRow) string { return string(r.HostKind) }),
		text("machine_id", "String", func(r *wire.IdentityRow) string { return r.MachineID }),
		text("boot_id", "String", func(r *wire.IdentityRow) string { return r.BootID }),
		{"boot_time", typeTime, collect(rows, func(r *wire.IdentityRow) int64 { return clampSeconds(r.BootTime) })},
		text("hostname", "String", func(r *wire.IdentityRow) string { return r.Hostname }),
		text("os", typeLow, func(r *wire.IdentityRow) string { return r.OS }),
		text("os_version", typeLow, func(r *wire.IdentityRow) string { return r.OSVersion }),
		text("os_name", typeLow, func(r *wire.IdentityRow) string { return r.OSName }),
		text("kernel", typeLow, func(r *wire.IdentityRow) string { return r.Kernel }),
		text("architecture", typeLow, func(r *wire.IdentityRow) string { return r.Architecture }),
		{"vcpus", "UInt16", collect(rows, func(r *wire.IdentityRow) uint16 { return uint16(r.VCPUs) })},
		{"memory_bytes", "UInt64", collect(rows, func(r *wire.IdentityRow) uint64 { return r.MemoryBytes })},
		text("agent_version", typeLow, func(r *wire.IdentityRow) string { return r.AgentVersion }),
		{"received_at", typeTime, repeated(len(rows), now)},
	})
}

// clampSeconds keeps a foreign time inside what DateTime can hold (1970 to 2106).
func clampSeconds(t time.Time) int64 { return min(max(t.Unix(), 0), 1<<32-1) }

// clampMilli keeps a foreign time inside what DateTime64 holds (1900 to 2299).
func clampMilli(ms int64) int64 { return min(max(ms, -2_208_988_800_000), 10_382_400_000_000) }
