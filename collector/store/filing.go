package store

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/yunjian-io/yunjian/rules/calendar"
	"github.com/yunjian-io/yunjian/rules/filing"
)

// FilingEvent is a recorded step of a report.
type FilingEvent struct {
	// ID is the key of its content.
	ID         string    `json:"event"`
	RecordedAt time.Time `json:"recorded_at"`
	filing.Event
}

// AppendFilingEvent records a step of a report. Recording it again changes nothing.
func (s *Store) AppendFilingEvent(ctx context.Context, h filing.Head, e filing.Event, now time.Time) error {
	key, err := h.Key(e)
	if err != nil {
		return err
	}
	data, err := json.Marshal(e.Data)
	if err != nil {
		return fmt.Errorf("store %s of %s: %w", e.Kind, h.ID, err)
	}
	return s.insert(ctx, "filing_events", []column{
		{"filing", "String", []string{h.ID}},
		{"event", "String", []string{key}},
		{"kind", typeLow, []string{string(e.Kind)}},
		{"provider", typeLow, []string{h.Provider}},
		{"unit", "String", []string{h.Unit}},
		{"month", "Date", []time.Time{h.Month.Start(time.UTC)}},
		{"report_kind", typeLow, []string{h.Kind}},
		{"version", "UInt32", []uint32{uint32(h.Version)}},
		{"recipient", "String", []string{e.Recipient}},
		{"at", typeMicro, []time.Time{e.At}},
		{"recorded_at", typeMicro, []time.Time{now}},
		{"by", "String", []string{e.By}},
		{"data", "String", []string{string(data)}},
		{"row_version", "Int64", []int64{-now.UnixNano()}},
	})
}

// FilingFilter says which reports are asked for; empty fields take all.
type FilingFilter struct {
	ID string
	Slice
	// From and To are the first and the last month.
	From, To calendar.Month
}

// Filings returns reports with their events, by month and identifier.
func (s *Store) Filings(ctx context.Context, f FilingFilter) (out []filing.Filing, err error) {
	values := map[string]any{"filing": f.ID, "unit": f.Unit, "provider": f.Provider, "from": "1970-01-01", "to": "2149-01-01"}
	if !f.From.IsZero() {
		values["from"] = f.From.First().String()
	}
	if !f.To.IsZero() {
		values["to"] = f.To.First().String()
	}
	var heads []filing.Head
	events := map[string][]filing.Event{}
	err = s.Each(ctx, query("filing_events"), values, func(scan func(...any) error) error {
		var h filing.Head
		var e FilingEvent
		var kind, data string
		var month time.Time
		var version uint32
		if err := scan(&h.ID, &e.ID, &kind, &h.Provider, &h.Unit, &month, &h.Kind, &version, &e.Recipient, &e.At, &e.RecordedAt, &e.By, &data); err != nil {
			return err
		}
		if err := json.Unmarshal([]byte(data), &e.Data); err != nil {
			return fmt.Errorf("event %s of %s: %w", e.ID, h.ID, err)
		}
		h.Month, h.Version = calendar.DateOf(month).CalendarMonth(), int(version)
		e.Kind, e.At = filing.Kind(kind), e.At.In(Zone())
		if _, known := events[h.ID]; !known {
			heads = append(heads, h)
		}
		events[h.ID] = append(events[h.ID], e.Event)
		return nil
	})
	if err != nil {
		return nil, err
	}
	for _, h := range heads {
		out = append(out, filing.Fold(h, events[h.ID]))
	}
	return out, nil
}

// SaveFilingDocument keeps a report as it was made (stage prepare) or signed (sign). Of
// two of one stage the earlier stays.
func (s *Store) SaveFilingDocument(ctx context.Context, id string, stage filing.Kind, document []byte, now time.Time) error {
	return s.insert(ctx, "filing_documents", []column{
		{"filing", "String", []string{id}},
		{"stage", typeLow, []string{string(stage)}},
		{"stored_at", typeMicro, []time.Time{now}},
		{"document", "String", []string{string(document)}},
		{"row_version", "Int64", []int64{-now.UnixNano()}},
	})
}

// FilingDocument returns a report as it was made or signed; nil where it was not.
func (s *Store) FilingDocument(ctx context.Context, id string, stage filing.Kind) (document []byte, err error) {
	values := map[string]any{"filing": id, "stage": string(stage)}
	err = s.Each(ctx, query("filing_document"), values, func(scan func(...any) error) error {
		var text string
		if err := scan(&text); err != nil {
			return err
		}
		document = []byte(text)
		return nil
	})
	return document, err
}
