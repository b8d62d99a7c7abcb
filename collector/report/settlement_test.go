package report

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/yunjian-io/yunjian/collector/records"
	"github.com/yunjian-io/yunjian/rules/calendar"
)

// F16 over ten days of September, worked out by hand.
func TestIncrement(t *testing.T) {
	step := func(at time.Time, value float64) Step { return Step{at, value} }
	span := Interval{day(1), day(11)}
	noon := day(3).Add(12 * time.Hour)
	for _, c := range []struct {
		name      string
		allocated []Step
		baseline  []Step
		days      int
		want      Figure // of the year
		mean      Figure
		since     time.Time
	}{
		{"ten over for ten days", []Step{step(day(-9), 30)}, []Step{step(day(-9), 20)}, 365, Of(100.0 / 365), Of(10.0), day(1)},
		{"a leap year", []Step{step(day(-9), 30)}, []Step{step(day(-9), 20)}, 366, Of(100.0 / 366), Of(10.0), day(1)},
		{"below is not set off", []Step{step(day(-9), 10), step(day(6), 30)}, []Step{step(day(-9), 20)}, 365, Of(50.0 / 365), Of(5.0), day(1)},
		{"cut at noon", []Step{step(day(-9), 20), step(noon, 24)}, []Step{step(day(-9), 20)}, 365, Of(4 * 7.5 / 365), Of(3.0), day(1)},
		{"another baseline", []Step{step(day(-9), 30)}, []Step{step(day(-9), 20), step(day(6), 26)}, 365, Of((50.0 + 20) / 365), Of(7.0), day(1)},
		{"both change at once", []Step{step(day(-9), 30), step(day(6), 40)}, []Step{step(day(-9), 20), step(day(6), 40)}, 365, Of(50.0 / 365), Of(5.0), day(1)},
		{"no baseline before the 6th", []Step{step(day(-9), 30)}, []Step{step(day(6), 20)}, 365, Of(50.0 / 365), Of(10.0), day(6)},
		{"no inventory before the 9th", []Step{step(day(9), 30)}, []Step{step(day(-9), 20)}, 365, Of(20.0 / 365), Of(10.0), day(9)},
		{"never above", []Step{step(day(-9), 3)}, []Step{step(day(-9), 20)}, 365, Of(0), Of(0), day(1)},
		{"no baseline", []Step{step(day(-9), 3)}, nil, 365, Figure{}, Figure{}, time.Time{}},
		{"nothing known", nil, []Step{step(day(-9), 3)}, 365, Figure{}, Figure{}, time.Time{}},
		{"a baseline after the span", []Step{step(day(-9), 30)}, []Step{step(day(11), 20)}, 365, Figure{}, Figure{}, time.Time{}},
	} {
		amount, since := Increment(span, c.allocated, c.baseline, c.days)
		got := []any{amount, MeanIncrement(span, c.allocated, c.baseline), since}
		if diff := cmp.Diff([]any{c.want, c.mean, c.since}, got, cmpopts.EquateApprox(0, 1e-12)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", c.name, diff)
		}
	}
	if got, _ := Increment(Interval{day(1), day(1)}, []Step{{day(-9), 3}}, []Step{{day(-9), 1}}, 365); got.State != Absent {
		t.Errorf("no time gives %+v; want absent", got)
	}
}

// What months add, a day, is what the year has.
func TestIncrementOfMonths(t *testing.T) {
	year := Interval{time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC), time.Date(2027, 1, 1, 0, 0, 0, 0, time.UTC)}
	allocated := []Step{{year.From, 5}, {day(-100).Add(7 * time.Hour), 25}, {day(3).Add(time.Minute), 11}, {day(60), 40}}
	baseline := []Step{{year.From, 10}, {day(30), 12}}
	sum := 0.0
	for m := (calendar.Month{Year: 2026, Month: time.January}); m.Year == 2026; m = m.Next() {
		mean := MeanIncrement(Interval{m.Start(time.UTC), m.End(time.UTC)}, allocated, baseline)
		sum += mean.Value * float64(m.Days())
	}
	got, _ := Increment(year, allocated, baseline, 365)
	if diff := cmp.Diff(Of(sum/365), got, cmpopts.EquateApprox(0, 1e-9)); diff != "" || sum == 0 {
		t.Errorf("months give %v days, the year %+v", sum, got)
	}
}

// December has the table of the year, with places for the three parties that keep what is written.
func TestSettlementOfTheYear(t *testing.T) {
	compose := func(period calendar.Month) Document {
		t.Helper()
		in := emptyInput()
		in.Period, in.Through = period, period.End(time.UTC)
		in.Systems, in.Units = []Entry{{ID: "A", Unit: "u1"}}, []Party{{"u1", "甲"}}
		in.Allocations = []Allocation{allot("a", "A", time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC), in.Through, 10, 20, 0)}
		in.Records.Records = map[string][]records.Record{records.Settlement: {{Kind: records.Settlement, Values: map[string]string{
			"unit": "u1", "resource": "vcpu", "baseline": "8", "effective_from": "2026-01-01",
		}}}}
		m, err := Build(in)
		if err != nil {
			t.Fatal(err)
		}
		d, err := Compose(m)
		if err != nil {
			t.Fatal(err)
		}
		return d
	}
	d := compose(calendar.Month{Year: 2026, Month: time.December})
	if lost := d.Keep(map[string]string{"a7.u1.vcpu.office": "同意"}); len(lost) > 0 {
		t.Errorf("no place for %v", lost)
	}
	last := d.Sections[7].Blocks[len(d.Sections[7].Blocks)-1].Table
	var got [][]string
	for _, row := range last.Rows {
		var cells []string
		for _, c := range row {
			cells = append(cells, c.Text)
		}
		got = append(got, cells)
	}
	if diff := cmp.Diff([][]string{{"甲", "u1", "vCPU（核）", "2.00", "2026年1月1日 00:00", "", "", "同意"}}, got); diff != "" {
		t.Error(diff)
	}
	november := compose(calendar.Month{Year: 2026, Month: time.November})
	if id := november.Sections[7].Blocks[len(november.Sections[7].Blocks)-1].Table.ID; id != "averages" {
		t.Errorf("A7 of November ends with %s; want averages", id)
	}
}

func settled2026(in Input) (Month, error) {
	in.Through = day(31) // end of September
	in.Units = []Party{{"u1", "甲"}, {"u2", "乙"}, {"u3", "丙"}}
	in.Systems = []Entry{{ID: "A", Unit: "u1"}, {ID: "B", Unit: "u2"}}
	return Build(in)
}

// A7-1: u1 grew by a host in mid-month, u2 has a host without a disk and no baseline, u3 has
// a baseline and no host.
func TestSettlement(t *testing.T) {
	baseline := func(unit, resource, value, from string) records.Record {
		return records.Record{Kind: records.Settlement, Values: map[string]string{"unit": unit, "resource": resource, "baseline": value, "effective_from": from, "voucher": "凭-" + from}}
	}
	january := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	in := emptyInput()
	in.Allocations = []Allocation{
		allot("a", "A", january.AddDate(0, -1, 0), day(31), 10, 20, 1024), allot("b", "A", day(16), day(31), 4, 8, 1024),
		allot("c", "B", day(-40), day(31), 2, 2, 0),
	}
	in.Records.Records = map[string][]records.Record{records.Settlement: {
		baseline("u1", "vcpu", "8", "2026-07-01"), baseline("u1", "vcpu", "6", "2025-01-01"), baseline("u1", "vcpu", "1", "2026-10-01"),
		baseline("u1", "disk_tib", "1.5", "2026-01-01"), baseline("u3", "vcpu", "4", "2026-01-01"), baseline("u4", "vcpu", "4", "2026-10-01"),
	}}
	m, err := settled2026(in)
	if err != nil {
		t.Fatal(err)
	}
	type row struct {
		Unit, Resource, Voucher       string
		Baseline, Average, Delta, F16 Figure
	}
	var got []row
	for _, s := range m.Settlements {
		got = append(got, row{s.Unit.ID, s.Resource, s.Voucher, s.Baseline, s.Average, s.Delta, s.Year})
	}
	// u1: 4 cores over 6 for the 181 days up to June, 2 over 8 for 92 days and 4 more for 15.
	want := []row{
		{"u1", "vcpu", "凭-2026-07-01", Of(8), Of(12.0), Of(4.0), Of((4*181 + 2*92 + 4*15) / 365.0)},
		{"u1", "memory_gib", "", Figure{}, Of(24.0), Figure{}, Figure{}},
		{"u1", "disk_tib", "凭-2026-01-01", Of(1.5), Of(1.5), Of(0.25), Of(0.5 * 15 / 365)},
		{"u2", "vcpu", "", Figure{}, Of(2), Figure{}, Figure{}},
		{"u2", "memory_gib", "", Figure{}, Of(2), Figure{}, Figure{}},
		{"u2", "disk_tib", "", Figure{}, Figure{}, Figure{}, Figure{}},
		{"u3", "vcpu", "凭-2026-01-01", Of(4), Of(0), Of(0), Of(0)},
		{"u3", "memory_gib", "", Figure{}, Of(0), Figure{}, Figure{}},
		{"u3", "disk_tib", "", Figure{}, Of(0), Figure{}, Figure{}},
	}
	if diff := cmp.Diff(want, got, cmpopts.EquateApprox(0, 1e-12)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	averages := []Averages{
		{Party: Party{ID: "A"}, UnitName: "甲", VCPU: Of(12.0), MemoryGiB: Of(24.0), DiskTiB: Of(1.5)},
		{Party: Party{ID: "B"}, UnitName: "乙", VCPU: Of(2), MemoryGiB: Of(2)},
	}
	if diff := cmp.Diff(averages, m.Averages, cmpopts.EquateApprox(0, 1e-12)); diff != "" {
		t.Error(diff)
	}
	in.Allocations = nil
	if m, err = settled2026(in); err != nil || len(m.Settlements) > 0 {
		t.Errorf("without an inventory %d rows are settled, %v; want none", len(m.Settlements), err)
	}
}
