package store

import (
	"context"
	"time"

	"github.com/yunjian-io/yunjian/internal/wire"
)

// Flags of a segment, the bits of log_sources.segment_flags.
const (
	segmentLive          = 1
	segmentSealed        = 2
	segmentLastEstimated = 4
	segmentHeadUntrusted = 8
)

// sourcePart is a full record of a source.
type sourcePart = part[wire.LogSource]

// each makes an array column of one field of a list of every source.
func each[Item, Value any](rows []sourcePart, list func(*wire.LogSource) []Item, value func(*Item) Value) [][]Value {
	return of(rows, func(s *wire.LogSource) []Value { return collect(list(s), value) })
}

func (s *Store) insertLogSources(ctx context.Context, documents []wire.EvidenceRow, now int64) error {
	rows := parts(documents, func(d *wire.EvidenceRow) []wire.LogSource { return d.Sources })
	if len(rows) == 0 {
		return nil
	}
	policies, err := policyColumns(rows)
	if err != nil {
		return err
	}
	columns := keyed(rows, documentTimes(rows))
	columns = append(columns, scalarColumns(rows)...)
	columns = append(columns, segmentColumns(rows)...)
	columns = append(columns, policies...)
	columns = append(columns, otherColumns(rows)...)
	return s.insert(ctx, "log_sources", append(columns, column{"received_at", typeTime, repeated(len(rows), now)}))
}

func scalarColumns(rows []sourcePart) []column {
	text := func(name, kind string, value func(*wire.LogSource) string) column {
		return column{name, kind, of(rows, value)}
	}
	bytes := func(name string, value func(*wire.LogSource) int64) column {
		return column{name, "UInt64", of(rows, func(s *wire.LogSource) uint64 { return uint64(max(value(s), 0)) })}
	}
	rate := func(name string, value func(*wire.LogSource) float64) column {
		return column{name, "Float64", of(rows, value)}
	}
	yes := func(name string, value func(*wire.LogSource) bool) column {
		return column{name, "UInt8", of(rows, func(s *wire.LogSource) uint8 { return flag(value(s)) })}
	}
	return []column{
		text("key", "String", func(s *wire.LogSource) string { return s.Key }),
		text("family", typeLow, func(s *wire.LogSource) string { return s.Family }),
		text("path", "String", func(s *wire.LogSource) string { return s.Path }),
		text("party", typeLow, func(s *wire.LogSource) string { return s.Party }),
		yes("quiet_ok", func(s *wire.LogSource) bool { return s.QuietOK }),
		yes("denied", func(s *wire.LogSource) bool { return s.Access.Denied }),
		text("grant", "String", func(s *wire.LogSource) string { return s.Access.Grant }),
		yes("unparsed", func(s *wire.LogSource) bool { return s.Access.Unparsed }),
		rate("rate_p50", func(s *wire.LogSource) float64 { return s.Rate.P50 }),
		rate("rate_p95", func(s *wire.LogSource) float64 { return s.Rate.P95 }),
		rate("rate_median7", func(s *wire.LogSource) float64 { return s.Rate.Median7 }),
		rate("rate_disk_p95", func(s *wire.LogSource) float64 { return s.Rate.Disk }),
		rate("compression_ratio", func(s *wire.LogSource) float64 { return s.Rate.Ratio }),
		{"rate_days", "UInt16", of(rows, func(s *wire.LogSource) uint16 { return uint16(min(max(s.Rate.Days, 0), 1<<16-1)) })},
		bytes("disk_size_bytes", func(s *wire.LogSource) int64 { return s.Disk.Size }),
		bytes("disk_free_bytes", func(s *wire.LogSource) int64 { return s.Disk.Free }),
		bytes("inodes_free", func(s *wire.LogSource) int64 { return s.Disk.InodesFree }),
		text("writer_state", typeLow, func(s *wire.LogSource) string { return s.Writer.State }),
		{"writer_since", typeMoment, of(rows, func(s *wire.LogSource) *time.Time { return moment(s.Writer.Since) })},
		text("writer_evidence", "String", func(s *wire.LogSource) string { return s.Writer.Evidence }),
		yes("writer_unlinked", func(s *wire.LogSource) bool { return s.Writer.Unlinked }),
		{"last_append", typeMoment, of(rows, func(s *wire.LogSource) *time.Time { return moment(s.Writer.LastAppend) })},
		bytes("suspend_at_free_bytes", func(s *wire.LogSource) int64 { return s.Writer.SuspendAtFreeBytes }),
		bytes("silence_p999_seconds", func(s *wire.LogSource) int64 { return s.SilenceP999Seconds }),
		{"attested_since", typeMoment, of(rows, func(s *wire.LogSource) *time.Time { return moment(s.AttestedSince) })},
		bytes("unsealed_bytes", func(s *wire.LogSource) int64 { return s.Unsealed }),
	}
}

func segmentColumns(rows []sourcePart) []column {
	list := func(s *wire.LogSource) []wire.LogSegment { return s.Segments }
	times := func(name string, value func(*wire.LogSegment) time.Time) column {
		return column{name, typeMoments, each(rows, list, func(g *wire.LogSegment) *time.Time { return moment(value(g)) })}
	}
	return []column{
		{"oldest", typeMoment, of(rows, func(s *wire.LogSource) *time.Time { return moment(oldest(s)) })},
		{"newest", typeMoment, of(rows, func(s *wire.LogSource) *time.Time { return moment(newest(s)) })},
		{"bytes", "UInt64", of(rows, func(s *wire.LogSource) (sum uint64) {
			for _, g := range s.Segments {
				sum += uint64(max(g.Bytes, 0))
			}
			return sum
		})},
		{"segment_path", typeTexts, each(rows, list, func(g *wire.LogSegment) string { return g.Path })},
		{"segment_id", typeTexts, each(rows, list, func(g *wire.LogSegment) string { return g.ID })},
		times("segment_first", func(g *wire.LogSegment) time.Time { return g.First }),
		times("segment_last", func(g *wire.LogSegment) time.Time { return g.Last }),
		times("segment_begin", func(g *wire.LogSegment) time.Time { return g.Begin }),
		times("segment_mtime", func(g *wire.LogSegment) time.Time { return g.ModTime }),
		{"segment_bytes", "Array(UInt64)", each(rows, list, func(g *wire.LogSegment) uint64 { return uint64(max(g.Bytes, 0)) })},
		{"segment_index", "Array(Int32)", each(rows, list, func(g *wire.LogSegment) int32 { return clamp32(g.Index) })},
		{"segment_implausible", "Array(Int32)", each(rows, list, func(g *wire.LogSegment) int32 { return clamp32(g.Implausible) })},
		{"segment_flags", "Array(UInt8)", each(rows, list, func(g *wire.LogSegment) uint8 {
			return flag(g.Live)*segmentLive | flag(g.Sealed)*segmentSealed | flag(g.LastEstimated)*segmentLastEstimated | flag(g.HeadUntrusted)*segmentHeadUntrusted
		})},
	}
}

func oldest(s *wire.LogSource) (t time.Time) {
	for _, g := range s.Segments {
		if !g.First.IsZero() && (t.IsZero() || g.First.Before(t)) {
			t = g.First
		}
	}
	return t
}

func newest(s *wire.LogSource) (t time.Time) {
	for _, g := range s.Segments {
		if g.Last.After(t) {
			t = g.Last
		}
	}
	return t
}

func policyColumns(rows []sourcePart) ([]column, error) {
	list := func(s *wire.LogSource) []wire.LogPolicy { return s.Policies }
	var failed error
	settings := each(rows, list, func(p *wire.LogPolicy) string {
		text, err := policySettings(*p)
		if err != nil {
			failed = err
		}
		return text
	})
	return []column{
		{"policy_kind", typeLows, each(rows, list, func(p *wire.LogPolicy) string { return string(p.Kind) })},
		{"policy_origin", typeTexts, each(rows, list, func(p *wire.LogPolicy) string { return p.Origin })},
		{"policy_problem", typeTexts, each(rows, list, func(p *wire.LogPolicy) string { return p.Problem })},
		{"policy_settings", typeTexts, settings},
		{"policy_files", "Nullable(Int32)", of(rows, func(s *wire.LogSource) *int32 { return least(s.Policies, policyFiles) })},
		{"policy_days", "Nullable(Float64)", of(rows, func(s *wire.LogSource) *float64 { return least(s.Policies, policyDays) })},
		{"policy_bytes", "Nullable(Int64)", of(rows, func(s *wire.LogSource) *int64 { return least(s.Policies, policyBytes) })},
	}, failed
}

// least returns the smallest limit that any of the policies sets, nil if none does.
func least[Value int32 | int64 | float64](policies []wire.LogPolicy, limit func(*wire.LogPolicy) (Value, bool)) (found *Value) {
	for i := range policies {
		if v, sets := limit(&policies[i]); sets && (found == nil || v < *found) {
			found = &v
		}
	}
	return found
}

func policyFiles(p *wire.LogPolicy) (int32, bool) {
	switch {
	case p.Logrotate != nil && !p.Logrotate.Broken && !p.Logrotate.Disabled && p.Logrotate.Rotate >= 0:
		return clamp32(p.Logrotate.Rotate), true
	case p.Auditd != nil && p.Auditd.NumLogs >= 2:
		return clamp32(p.Auditd.NumLogs - 1), true
	case p.Count != nil:
		return clamp32(p.Count.Keep), true
	case p.Journald != nil && p.Journald.MaxFiles > 0:
		return clamp32(p.Journald.MaxFiles), true
	}
	return 0, false
}

func policyDays(p *wire.LogPolicy) (float64, bool) {
	switch {
	case p.Logrotate != nil && !p.Logrotate.Broken && !p.Logrotate.Disabled && p.Logrotate.MaxAge > 0:
		return float64(p.Logrotate.MaxAge), true
	case p.Age != nil:
		return p.Age.Days, true
	case p.Journald != nil && p.Journald.MaxRetentionSeconds > 0:
		return float64(p.Journald.MaxRetentionSeconds) / 86400, true
	}
	return 0, false
}

func policyBytes(p *wire.LogPolicy) (int64, bool) {
	switch {
	case p.Journald != nil && p.Journald.MaxUse > 0:
		return p.Journald.MaxUse, true
	case p.Auditd != nil && p.Auditd.NumLogs >= 2:
		return int64(p.Auditd.NumLogs) * int64(p.Auditd.MaxLogFile) << 20, true
	case p.Container != nil && p.Container.MaxSize > 0:
		return p.Container.MaxSize * int64(max(p.Container.MaxFile, 1)), true
	}
	return 0, false
}

// otherColumns are those of streams, forwarding and holes.
func otherColumns(rows []sourcePart) []column {
	streams := func(s *wire.LogSource) []wire.LogStream { return s.Streams }
	targets := func(s *wire.LogSource) []wire.LogForward { return s.Forward }
	gaps := func(s *wire.LogSource) []wire.LogGap { return s.Gaps }
	return []column{
		{"stream_class", typeLows, each(rows, streams, func(t *wire.LogStream) string { return t.Class })},
		{"stream_name", typeLows, each(rows, streams, func(t *wire.LogStream) string { return t.Name })},
		{"forward_target", typeTexts, each(rows, targets, func(f *wire.LogForward) string { return f.Target })},
		{"forward_protocol", typeLows, each(rows, targets, func(f *wire.LogForward) string { return f.Protocol })},
		{"forward_queue", typeLows, each(rows, targets, func(f *wire.LogForward) string { return f.Queue })},
		{"forward_origin", typeTexts, each(rows, targets, func(f *wire.LogForward) string { return f.Origin })},
		{"forward_lag_seconds", "Array(Nullable(Int64))", each(rows, targets, func(f *wire.LogForward) *int64 { return f.AckLagSeconds })},
		{"gap_kind", typeLows, each(rows, gaps, func(g *wire.LogGap) string { return g.Kind })},
		{"gap_from", "Array(" + typeMilli + ")", each(rows, gaps, func(g *wire.LogGap) time.Time { return milli(g.From) })},
		{"gap_to", "Array(" + typeMilli + ")", each(rows, gaps, func(g *wire.LogGap) time.Time { return milli(g.To) })},
		{"gap_missing", "Array(UInt64)", each(rows, gaps, func(g *wire.LogGap) uint64 { return g.Missing })},
		{"gap_path", typeTexts, each(rows, gaps, func(g *wire.LogGap) string { return g.Path })},
	}
}
