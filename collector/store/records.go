package store

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/yunjian-io/yunjian/collector/records"
	"github.com/yunjian-io/yunjian/rules/calendar"
)

// SaveRecords stores the rows of a file that package records has found whole. No
// reader sees any of it before all of it is there.
func (s *Store) SaveRecords(ctx context.Context, provider string, from records.Source, rows []records.Record) error {
	seq := uint64(from.ImportedAt.UnixNano())
	err := save(ctx, s, "records", seq, rows,
		column{"provider", "String", repeated(len(rows), provider)},
		lows("kind", rows, func(r *records.Record) string { return r.Kind }),
		texts("key", rows, func(r *records.Record) string { return r.Key }),
		column{"fields", typeLows, collect(rows, func(r *records.Record) []string { return slices.Sorted(maps.Keys(r.Values)) })},
		column{"contents", typeTexts, collect(rows, func(r *records.Record) []string {
			var out []string
			for _, field := range slices.Sorted(maps.Keys(r.Values)) {
				out = append(out, r.Values[field])
			}
			return out
		})})
	if err != nil {
		return fmt.Errorf("import records: %w", err)
	}
	month := func(m calendar.Month) []*time.Time {
		if m.IsZero() {
			return []*time.Time{nil}
		}
		t := m.First().In(time.UTC)
		return []*time.Time{&t}
	}
	return s.insert(ctx, "record_imports", []column{
		{"seq", "UInt64", []uint64{seq}},
		{"imported_at", typeTime, []int64{from.ImportedAt.Unix()}},
		{"imported_by", "String", []string{from.ImportedBy}},
		{"provider", "String", []string{provider}},
		{"kind", typeLow, []string{from.Kind}},
		{"file", "String", []string{from.File}},
		{"sha256", "String", []string{from.SHA256}},
		{"first_month", "Nullable(Date)", month(from.From)},
		{"last_month", "Nullable(Date)", month(from.To)},
		{"rows", "UInt32", []uint32{uint32(from.Rows)}},
	})
}

// RecordSources returns the files that brought records of a provider, in the order of
// their import.
func (s *Store) RecordSources(ctx context.Context, provider string) (out []records.Source, err error) {
	values := map[string]any{"provider": provider}
	err = s.Each(ctx, query("record_imports"), values, func(scan func(...any) error) error {
		var (
			f           records.Source
			at          time.Time
			first, last *time.Time
			rows        uint32
		)
		if err := scan(&f.Kind, &f.File, &f.SHA256, &at, &f.ImportedBy, &first, &last, &rows); err != nil {
			return err
		}
		f.ImportedAt, f.Rows = at.In(Zone()), int(rows)
		if first != nil && last != nil {
			f.From, f.To = day(first).CalendarMonth(), day(last).CalendarMonth()
		}
		out = append(out, f)
		return nil
	})
	return out, err
}

// Records returns the records of a provider with their sources. Rows that were
// withdrawn are left out.
func (s *Store) Records(ctx context.Context, provider string) (set records.Set, err error) {
	set.Records = map[string][]records.Record{}
	if set.Sources, err = s.RecordSources(ctx, provider); err != nil {
		return set, err
	}
	values := map[string]any{"provider": provider}
	err = s.Each(ctx, query("records"), values, func(scan func(...any) error) error {
		r := records.Record{Values: map[string]string{}}
		var fields, contents []string
		if err := scan(&r.Kind, &r.Key, &fields, &contents); err != nil {
			return err
		}
		if len(fields) != len(contents) {
			return fmt.Errorf("record %q of kind %s: its lists differ in length", r.Key, r.Kind)
		}
		for i, field := range fields {
			r.Values[field] = contents[i]
		}
		if !r.Withdrawn() {
			set.Records[r.Kind] = append(set.Records[r.Kind], r)
		}
		return nil
	})
	return set, err
}
