package store

import (
	"context"
	"time"
)

// StorageGrowth is the first and the last known use of a host's storage in a
// span, from which F6 takes the daily growth.
type StorageGrowth struct {
	Provider, HostID  string
	FirstAt, LastAt   time.Time // starts of 5-minute buckets
	FirstMiB, LastMiB int64
}

// Sender is a host that reported in a span, known to the inventory or not.
type Sender struct {
	Provider, HostID string
	ObservedSeconds  uint64
	FirstAt, LastAt  time.Time // start of the first 5-minute bucket, end of the last
	// DerivedAt is when its values were last derived from what had come.
	DerivedAt time.Time
	// ClockOffset is the farthest from zero, without its sign; nil where the host
	// never told it.
	ClockOffset *time.Duration
	// Allocated says that the inventory has the host in service in the span.
	Allocated bool
}

// Senders returns every host that reported in the span, by provider and id.
func (s *Store) Senders(ctx context.Context, span Span) (out []Sender, err error) {
	values := map[string]any{"from": span.From, "to": span.To, "provider": span.Provider}
	err = s.Each(ctx, query("report_senders"), values, func(scan func(...any) error) error {
		h := Sender{}
		var known, allocated uint8
		var milliseconds uint64
		if err := scan(&h.Provider, &h.HostID, &h.ObservedSeconds, &h.FirstAt, &h.LastAt, &known, &milliseconds, &h.DerivedAt, &allocated); err != nil {
			return err
		}
		if known == 1 {
			offset := time.Duration(milliseconds) * time.Millisecond
			h.ClockOffset = &offset
		}
		h.Allocated = allocated == 1
		out = append(out, h)
		return nil
	})
	return out, err
}
