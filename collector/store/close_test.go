package store_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/yunjian-io/yunjian/collector/store"
	"github.com/yunjian-io/yunjian/internal/wire"
	"github.com/yunjian-io/yunjian/rules/calendar"
	"github.com/yunjian-io/yunjian/rules/filing"
)

// What comes for a month after its closing is flagged, once, until the next closing.
func TestLate(t *testing.T) {
	s := rig.Open(t)
	if err := s.Exec(t.Context(), "ALTER TABLE usage REMOVE TTL"); err != nil {
		t.Fatal(err)
	}
	m := calendar.Month{Year: 2026, Month: time.September}
	host := wire.HostKey("p", "a")
	now := time.Date(2026, 10, 3, 0, 0, 0, 0, store.Zone())
	put := func(now time.Time, at ...time.Time) {
		t.Helper()
		rows := wire.Rows{Hosts: []wire.Host{{Key: host, Provider: "p", ID: "a"}}}
		for _, a := range at {
			rows.Usage = append(rows.Usage, minute(host, a, map[int]float64{wire.IntervalSeconds: 300, wire.CPUUsedCores: 1}))
		}
		if err := s.Commit(t.Context(), &rows, now); err != nil {
			t.Fatal(err)
		}
		if _, err := s.Derive(t.Context(), now.Add(time.Second)); err != nil {
			t.Fatal(err)
		}
	}
	late := func() []store.Late {
		t.Helper()
		all, err := s.Late(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		return all
	}
	first := m.Start(store.Zone())
	put(now.Add(-time.Hour), first, first.Add(5*time.Minute))
	before, err := s.MonthBatch(t.Context(), m)
	if err != nil || before.Buckets != 2 || before.Hosts != 1 || len(before.Batch) != 32 {
		t.Fatalf("MonthBatch() = %+v, %v", before, err)
	}
	want := store.MonthClose{Month: m, Version: 1, ClosedAt: now, Run: 7, MonthBatch: before, By: "", Program: "test"}
	for _, c := range []store.MonthClose{want, {Month: m, Version: 1, ClosedAt: now.Add(time.Hour), Run: 8}} {
		if err := s.SaveMonthClose(t.Context(), c); err != nil {
			t.Fatal(err)
		}
	}
	got, closed, err := s.LastClose(t.Context(), m)
	if diff := cmp.Diff(want, got); diff != "" || !closed || err != nil {
		t.Errorf("closed %v, %v: %s", closed, err, diff)
	}
	if _, closed, err := s.LastClose(t.Context(), m.Next()); closed || err != nil {
		t.Errorf("the next month is closed, %v", err)
	}
	put(now.Add(time.Hour), m.End(store.Zone())) // of the next month
	if all := late(); len(all) > 0 {
		t.Errorf("late before anything came: %+v", all)
	}
	came := now.Add(2 * time.Hour)
	put(came, first.Add(10*time.Minute), first.Add(15*time.Minute), first.Add(time.Hour))
	power := wire.Rows{Power: []wire.PowerRow{{Host: host, OffAt: first.Add(time.Hour), OnAt: first.Add(2 * time.Hour), Source: "x"}}}
	if err := s.Commit(t.Context(), &power, came); err != nil {
		t.Fatal(err)
	}
	wantLate := []store.Late{
		{Month: m, Version: 1, Provider: "p", Kind: "usage", Hosts: 1, Count: 3, FirstAt: came, LastAt: came},
		{Month: m, Version: 1, Provider: "p", Kind: "power", Hosts: 1, Count: 1, FirstAt: came, LastAt: came},
	}
	if diff := cmp.Diff(wantLate, late()); diff != "" {
		t.Error(diff)
	}
	after, err := s.MonthBatch(t.Context(), m)
	if err != nil || after.Batch == before.Batch || after.Buckets != 5 {
		t.Errorf("MonthBatch() = %+v, %v after late data", after, err)
	}
	if err := s.SaveMonthClose(t.Context(), store.MonthClose{Month: m, Version: 2, ClosedAt: came.Add(time.Hour), Run: 9, MonthBatch: after, Reason: "late data", By: "li"}); err != nil {
		t.Fatal(err)
	}
	if all := late(); len(all) > 0 {
		t.Errorf("late after the correction: %+v", all)
	}
}

func TestFilingsAreKept(t *testing.T) {
	s := rig.Open(t)
	now := time.Date(2026, 10, 3, 9, 0, 0, 0, store.Zone())
	h := filing.Head{ID: "p-202609-usage-N-1-v1", Provider: "p", Unit: "N-1", Month: calendar.Month{Year: 2026, Month: 9}, Kind: "usage", Version: 1}
	events := []filing.Event{
		{Kind: filing.Prepare, At: now, Data: filing.Data{Batch: "b", Files: []filing.File{{Name: "f", Bytes: 3, SHA256: "c"}}}},
		{Kind: filing.Sign, At: now.Add(time.Hour), By: "li", Data: filing.Data{Files: []filing.File{{Name: "f", Bytes: 3, SHA256: "d"}}}},
		{Kind: filing.Send, At: now.Add(2 * time.Hour), Recipient: "office", Data: filing.Data{Way: "folder"}},
	}
	for range 2 { // told twice
		for i, e := range events {
			if err := s.AppendFilingEvent(t.Context(), h, e, now.Add(time.Duration(i)*time.Second)); err != nil {
				t.Fatal(err)
			}
		}
	}
	want := []filing.Filing{filing.Fold(h, events)}
	for _, f := range []store.FilingFilter{{}, {ID: h.ID}, {Slice: store.Slice{Unit: "N-1"}}, {Slice: store.Slice{Provider: "p"}}, {From: h.Month, To: h.Month}} {
		got, err := s.Filings(t.Context(), f)
		if diff := cmp.Diff(want, got); diff != "" || err != nil {
			t.Errorf("%+v: %v %s", f, err, diff)
		}
	}
	for _, f := range []store.FilingFilter{{ID: "x"}, {Slice: store.Slice{Unit: "N-2"}}, {Slice: store.Slice{Provider: "q"}}, {From: h.Month.Next()}, {To: h.Month.Prev()}} {
		if got, err := s.Filings(t.Context(), f); len(got) > 0 || err != nil {
			t.Errorf("%+v: %+v, %v; want none", f, got, err)
		}
	}
	for i, text := range []string{"first", "second"} {
		if err := s.SaveFilingDocument(t.Context(), h.ID, filing.Prepare, []byte(text), now.Add(time.Duration(i)*time.Second)); err != nil {
			t.Fatal(err)
		}
	}
	if got, err := s.FilingDocument(t.Context(), h.ID, filing.Prepare); string(got) != "first" || err != nil {
		t.Errorf("document %q, %v; want the first", got, err)
	}
	if got, err := s.FilingDocument(t.Context(), h.ID, filing.Sign); got != nil || err != nil {
		t.Errorf("document %q, %v; want none", got, err)
	}
}
