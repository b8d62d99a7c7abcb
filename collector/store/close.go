package store

import (
	"context"
	"time"

	"github.com/yunjian-io/yunjian/rules/calendar"
)

// MonthClose is one closing of a month: what the reports of its version rest on.
type MonthClose struct {
	Month calendar.Month `json:"month"`
	// Version is 1 for the first closing, and one more for every correction.
	Version  int       `json:"version"`
	ClosedAt time.Time `json:"closed_at"`
	// Run is the run of judging that was closed.
	Run uint64 `json:"run"`
	MonthBatch
	// Reason is why a month was closed again; empty for the first closing.
	Reason  string `json:"reason,omitempty"`
	By      string `json:"by,omitempty"`
	Program string `json:"program"`
}

// MonthBatch names the five-minute values of a month that are there.
type MonthBatch struct {
	// Batch is a digest of them that does not depend on their order.
	Batch   string `json:"data_batch"`
	Buckets uint64 `json:"buckets"`
	Hosts   uint64 `json:"hosts"`
}

// MonthBatch reads which five-minute values of a month are there.
func (s *Store) MonthBatch(ctx context.Context, m calendar.Month) (out MonthBatch, err error) {
	values := map[string]any{"from": m.Start(Zone()), "to": m.End(Zone())}
	err = s.Each(ctx, query("month_batch"), values, func(scan func(...any) error) error {
		return scan(&out.Buckets, &out.Hosts, &out.Batch)
	})
	return out, err
}

// SaveMonthClose records a closing. Of two with one month and version the earlier stays.
func (s *Store) SaveMonthClose(ctx context.Context, c MonthClose) error {
	return s.insert(ctx, "month_closes", []column{
		{"month", "Date", []time.Time{c.Month.Start(time.UTC)}},
		{"version", "UInt32", []uint32{uint32(c.Version)}},
		{"closed_at", typeMicro, []time.Time{c.ClosedAt}},
		{"run", "UInt64", []uint64{c.Run}},
		{"batch", "String", []string{c.Batch}},
		{"buckets", "UInt64", []uint64{c.Buckets}},
		{"hosts", "UInt32", []uint32{uint32(c.Hosts)}},
		{"reason", "String", []string{c.Reason}},
		{"by", "String", []string{c.By}},
		{"program", "String", []string{c.Program}},
		{"row_version", "Int64", []int64{-c.ClosedAt.UnixNano()}},
	})
}

// MonthCloses returns the closings of all months, or of one, by month and version.
func (s *Store) MonthCloses(ctx context.Context, of calendar.Month) (out []MonthClose, err error) {
	values := map[string]any{"month": ""}
	if !of.IsZero() {
		values["month"] = of.First().String()
	}
	err = s.Each(ctx, query("month_closes"), values, func(scan func(...any) error) error {
		var c MonthClose
		var month time.Time
		var version, hosts uint32
		if err := scan(&month, &version, &c.ClosedAt, &c.Run, &c.Batch, &c.Buckets, &hosts, &c.Reason, &c.By, &c.Program); err != nil {
			return err
		}
		c.Month, c.Version, c.Hosts, c.ClosedAt = calendar.DateOf(month).CalendarMonth(), int(version), uint64(hosts), c.ClosedAt.In(Zone())
		out = append(out, c)
		return nil
	})
	return out, err
}

// LastClose returns the closing of a month that counts; ok is false for an open month.
func (s *Store) LastClose(ctx context.Context, m calendar.Month) (c MonthClose, ok bool, err error) {
	all, err := s.MonthCloses(ctx, m)
	if err != nil || len(all) == 0 {
		return c, false, err
	}
	return all[len(all)-1], true, nil
}

// Late is what came for a closed month after its latest closing: five-minute values that
// were touched, repeated deliveries included, or times off.
type Late struct {
	Month    calendar.Month `json:"month"`
	Version  int            `json:"version"`
	Provider string         `json:"provider"`
	// Kind is usage or power.
	Kind  string `json:"kind"`
	Hosts uint64 `json:"hosts"`
	// Count is the number of buckets of five minutes, or of times off.
	Count   uint64    `json:"count"`
	FirstAt time.Time `json:"first_received_at"`
	LastAt  time.Time `json:"last_received_at"`
}

// Late returns what came late, by kind, month and provider.
func (s *Store) Late(ctx context.Context) (out []Late, err error) {
	for _, part := range []struct{ kind, query string }{{"usage", "late_counts"}, {"power", "late_power"}} {
		err = s.Each(ctx, query(part.query), nil, func(scan func(...any) error) error {
			l := Late{Kind: part.kind}
			var month time.Time
			var version uint32
			if err := scan(&month, &version, &l.Provider, &l.Hosts, &l.Count, &l.FirstAt, &l.LastAt); err != nil {
				return err
			}
			l.Month, l.Version = calendar.DateOf(month).CalendarMonth(), int(version)
			l.FirstAt, l.LastAt = l.FirstAt.In(Zone()), l.LastAt.In(Zone())
			out = append(out, l)
			return nil
		})
		if err != nil {
			return nil, err
		}
	}
	return out, nil
}
