package store

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/yunjian-io/yunjian/internal/wire"
)

const (
	typeMoment  = "Nullable(DateTime64(3, 'Asia/Shanghai'))"
	typeMoments = "Array(Nullable(DateTime64(3, 'Asia/Shanghai')))"
	typeTexts   = "Array(String)"
	typeLows    = "Array(LowCardinality(String))"
)

// part is one entry of a list of a document, with the host and the time of the document.
type part[Row any] struct {
	host uint64
	at   time.Time
	row  *Row
}

// parts flattens one list of all documents.
func parts[Row any](documents []wire.EvidenceRow, list func(*wire.EvidenceRow) []Row) (out []part[Row]) {
	for i := range documents {
		d := &documents[i]
		rows := list(d)
		for k := range rows {
			out = append(out, part[Row]{d.Host, milli(d.At), &rows[k]})
		}
	}
	return out
}

// of makes the column of one field of the parts.
func of[Row, Value any](rows []part[Row], value func(*Row) Value) []Value {
	return collect(rows, func(p *part[Row]) Value { return value(p.row) })
}

// keyed begins the columns of a table of parts.
func keyed[Row any](rows []part[Row], columns ...column) []column {
	return append([]column{
		{"host", "UInt64", collect(rows, func(p *part[Row]) uint64 { return p.host })},
	}, columns...)
}

// documentTimes is the column of the time of the document.
func documentTimes[Row any](rows []part[Row]) column {
	return column{"at", typeMilli, collect(rows, func(p *part[Row]) time.Time { return p.at })}
}

// insertEvidence writes the documents: their parts first, so that a document counts
// only when all of it is there.
func (s *Store) insertEvidence(ctx context.Context, documents []wire.EvidenceRow, now int64) error {
	for _, write := range []func(context.Context, []wire.EvidenceRow, int64) error{
		s.insertLogSources, s.insertLogProgress, s.insertLogEvents, s.insertLogDowntime, s.insertLogProblems,
	} {
		if err := write(ctx, documents, now); err != nil {
			return err
		}
	}
	count := func(name string, n func(*wire.EvidenceRow) int) column {
		return column{name, "UInt32", collect(documents, func(d *wire.EvidenceRow) uint32 { return uint32(n(d)) })}
	}
	return s.insert(ctx, "log_evidence", []column{
		{"host", "UInt64", collect(documents, func(d *wire.EvidenceRow) uint64 { return d.Host })},
		{"at", typeMilli, collect(documents, func(d *wire.EvidenceRow) time.Time { return milli(d.At) })},
		{"complete", "UInt8", collect(documents, func(d *wire.EvidenceRow) uint8 { return flag(d.Complete) })},
		{"clock_offset_seconds", "Nullable(Float64)", collect(documents, func(d *wire.EvidenceRow) *float64 { return d.ClockOffsetSeconds })},
		{"ledger_entries", "UInt64", collect(documents, func(d *wire.EvidenceRow) uint64 { return d.LedgerEntries })},
		count("sources", func(d *wire.EvidenceRow) int { return len(d.Sources) }),
		count("progress", func(d *wire.EvidenceRow) int { return len(d.Progress) }),
		count("events", func(d *wire.EvidenceRow) int { return len(d.Events) }),
		{"received_at", typeTime, repeated(len(documents), now)},
	})
}

func (s *Store) insertLogProgress(ctx context.Context, documents []wire.EvidenceRow, now int64) error {
	rows := parts(documents, func(d *wire.EvidenceRow) []wire.LogProgress { return d.Progress })
	if len(rows) == 0 {
		return nil
	}
	return s.insert(ctx, "log_progress", keyed(
		rows, documentTimes(rows),
		column{"key", "String", of(rows, func(p *wire.LogProgress) string { return p.Key })},
		column{"last", typeMoment, of(rows, func(p *wire.LogProgress) *time.Time { return moment(p.Last) })},
		column{"bytes", "UInt64", of(rows, func(p *wire.LogProgress) uint64 { return uint64(p.Bytes) })},
		column{"disk_free_bytes", "UInt64", of(rows, func(p *wire.LogProgress) uint64 { return uint64(p.DiskFree) })},
		column{"last_append", typeMoment, of(rows, func(p *wire.LogProgress) *time.Time { return moment(p.LastAppend) })},
		column{"received_at", typeTime, repeated(len(rows), now)},
	))
}

func (s *Store) insertLogEvents(ctx context.Context, documents []wire.EvidenceRow, now int64) error {
	rows := parts(documents, func(d *wire.EvidenceRow) []wire.LogEvent { return d.Events })
	if len(rows) == 0 {
		return nil
	}
	text := func(name, kind string, value func(*wire.LogEvent) string) column {
		return column{name, kind, of(rows, value)}
	}
	return s.insert(ctx, "log_events", keyed(
		rows,
		text("ledger", "String", func(e *wire.LogEvent) string { return e.Ledger }),
		column{"seq", "UInt64", of(rows, func(e *wire.LogEvent) uint64 { return e.Seq })},
		text("kind", typeLow, func(e *wire.LogEvent) string { return string(e.Kind) }),
		column{"at", typeMilli, of(rows, func(e *wire.LogEvent) time.Time { return milli(e.At) })},
		text("source", "String", func(e *wire.LogEvent) string { return e.Source }),
		text("path", "String", func(e *wire.LogEvent) string { return e.Path }),
		text("id", "String", func(e *wire.LogEvent) string { return e.ID }),
		column{"bytes", "UInt64", of(rows, func(e *wire.LogEvent) uint64 { return uint64(e.Bytes) })},
		text("hash", "String", func(e *wire.LogEvent) string { return e.Hash }),
		column{"first", typeMoment, of(rows, func(e *wire.LogEvent) *time.Time { return moment(e.First) })},
		column{"last", typeMoment, of(rows, func(e *wire.LogEvent) *time.Time { return moment(e.Last) })},
		column{"segment_index", "Int32", of(rows, func(e *wire.LogEvent) int32 { return clamp32(e.Index) })},
		text("detail", "String", func(e *wire.LogEvent) string { return e.Detail }),
		column{"received_at", typeTime, repeated(len(rows), now)},
	))
}

func (s *Store) insertLogDowntime(ctx context.Context, documents []wire.EvidenceRow, now int64) error {
	rows := parts(documents, func(d *wire.EvidenceRow) []wire.LogDowntime { return d.Downtime })
	if len(rows) == 0 {
		return nil
	}
	return s.insert(ctx, "log_downtime", keyed(
		rows,
		column{"off_at", typeMilli, of(rows, func(d *wire.LogDowntime) time.Time { return milli(d.From) })},
		column{"on_at", typeMilli, of(rows, func(d *wire.LogDowntime) time.Time { return milli(d.To) })},
		column{"clean", "UInt8", of(rows, func(d *wire.LogDowntime) uint8 { return flag(d.Clean) })},
		column{"received_at", typeTime, repeated(len(rows), now)},
	))
}

func (s *Store) insertLogProblems(ctx context.Context, documents []wire.EvidenceRow, now int64) error {
	rows := parts(documents, func(d *wire.EvidenceRow) []wire.LogProblem { return d.Problems })
	if len(rows) == 0 {
		return nil
	}
	return s.insert(ctx, "log_problems", keyed(
		rows, documentTimes(rows),
		column{"origin", "String", of(rows, func(p *wire.LogProblem) string { return p.Origin })},
		column{"problem", "String", of(rows, func(p *wire.LogProblem) string { return p.Text })},
		column{"received_at", typeTime, repeated(len(rows), now)},
	))
}

// policySettings prints the figures of a policy, which Kind names, as JSON.
func policySettings(p wire.LogPolicy) (string, error) {
	p.Kind, p.Origin, p.Problem = "", "", ""
	text, err := json.Marshal(p)
	if err != nil {
		return "", fmt.Errorf("store policy: %w", err)
	}
	return string(text), nil
}

// milli keeps a foreign time inside what DateTime64 holds; a zero one becomes the
// earliest.
func milli(t time.Time) time.Time { return time.UnixMilli(clampMilli(t.UnixMilli())) }

// moment is milli for a time that may not be known.
func moment(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	t = milli(t)
	return &t
}

// clamp32 keeps a foreign number inside what Int32 holds.
func clamp32(n int) int32 { return int32(min(max(n, -1<<31), 1<<31-1)) }
