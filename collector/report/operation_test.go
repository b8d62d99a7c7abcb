package report

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/yunjian-io/yunjian/rules/calendar"
)

func hour(h int) time.Time { return time.Date(2026, 9, 1, h, 0, 0, 0, time.UTC) }

func between(from, to int) Interval { return Interval{hour(from), hour(to)} }

// F13 on a span of ten hours, hour by hour.
func TestAvailability(t *testing.T) {
	for _, c := range []struct {
		name               string
		planned, unplanned []Interval
		want               Figure
		down               time.Duration
	}{
		{"nothing", nil, nil, Of(1), 0},
		{"one outage", nil, []Interval{between(1, 2)}, Of(0.9), time.Hour},
		{"overlap counts once", nil, []Interval{between(1, 3), between(2, 4), between(2, 3)}, Of(0.7), 3 * time.Hour},
		{"touching", nil, []Interval{between(1, 2), between(2, 3)}, Of(0.8), 2 * time.Hour},
		{"beyond the span", nil, []Interval{between(-5, 1), between(9, 20), between(12, 13)}, Of(0.8), 2 * time.Hour},
		{"planned", []Interval{between(0, 5)}, nil, Of(1), 0},
		{"inside of planned", []Interval{between(0, 5)}, []Interval{between(1, 2)}, Of(1), 0},
		{"half in planned", []Interval{between(0, 5), between(4, 5)}, []Interval{between(4, 6)}, Of(0.8), time.Hour},
		{"all planned", []Interval{between(-1, 11)}, []Interval{between(1, 2)}, Figure{State: None}, 0},
		{"ends before it begins", nil, []Interval{between(3, 2)}, Of(1), 0},
	} {
		got, down := Availability(between(0, 10), c.planned, c.unplanned)
		if diff := cmp.Diff(c.want, got, cmpopts.EquateApprox(0, 1e-12)); diff != "" || down != c.down {
			t.Errorf("%s: down %v, want %v (-want +got):\n%s", c.name, down, c.down, diff)
		}
	}
}

// F14 counts what falls due in the period, whenever it began.
func TestOnTime(t *testing.T) {
	day := func(d int) calendar.Date { return calendar.Date{Year: 2026, Month: time.September, Day: d} }
	orders := []OrderRow{
		{No: "on the day", Due: day(1), Done: day(1)},
		{No: "late", Due: day(10), Done: day(11)},
		{No: "never", Due: day(30)},
		{No: "due before", Due: day(1).AddDays(-1), Done: day(3)},
		{No: "due after", Due: day(30).AddDays(1), Done: day(3)},
	}
	rate, due, onTime := OnTime(orders, day(1), day(30))
	if diff := cmp.Diff([]any{Of(1.0 / 3), 3, 1}, []any{rate, due, onTime}); diff != "" {
		t.Error(diff)
	}
	if rate, _, _ := OnTime(orders, day(12), day(13)); rate.State != None {
		t.Errorf("nothing due gives %v; want none", rate)
	}
}

// F15 and its other half: every status once, and none at all.
func TestCompliance(t *testing.T) {
	var c LogCount
	for _, status := range append(logStatuses(), "not_counted") {
		c.Count(status, 1)
	}
	for _, status := range logStatuses() {
		if c.Of(status) != 1 {
			t.Errorf("%d logs %s; want 1", c.Of(status), status)
		}
	}
	got := []Figure{Of(c.Due()), Compliance(c), Decidable(c), Compliance(LogCount{}), Decidable(LogCount{}), Compliance(LogCount{Waived: 2, Accumulating: 1})}
	if diff := cmp.Diff([]Figure{Of(5), Of(1.0 / 3), Of(2.0 / 5), none, none, none}, got); diff != "" {
		t.Error(diff)
	}
}

// A ledger stands on the last day of its month as its dates say, whatever came later.
func TestStands(t *testing.T) {
	m := calendar.Month{Year: 2026, Month: time.September}
	date := func(s string) calendar.Date {
		d, _ := calendar.ParseDate(s)
		return d
	}
	for _, c := range []struct {
		found, due, closed string
		want               ledger
	}{
		{"2026-10-01", "", "", ledger{}},
		{"2026-09-30", "", "", ledger{known: true, found: true, open: true}},
		{"2026-08-01", "2026-09-29", "", ledger{known: true, open: true, overdue: true}},
		{"2026-08-01", "2026-09-30", "", ledger{known: true, open: true}},
		{"2026-08-01", "2026-08-30", "2026-10-01", ledger{known: true, open: true, overdue: true}},
		{"2026-08-01", "2026-08-30", "2026-09-30", ledger{known: true, closed: true}},
		{"2026-07-01", "2026-08-30", "2026-08-31", ledger{known: true}},
	} {
		if got := stands(m, m.Last(), date(c.found), date(c.due), date(c.closed)); got != c.want {
			t.Errorf("%+v stands as %+v; want %+v", c, got, c.want)
		}
	}
}
