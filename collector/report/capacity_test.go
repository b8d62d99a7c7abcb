package report

import (
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/yunjian-io/yunjian/collector/records"
	"github.com/yunjian-io/yunjian/rules/calendar"
)

func inSeptember() Interval {
	m := calendar.Month{Year: 2026, Month: time.September}
	return Interval{m.Start(time.UTC), m.End(time.UTC)}
}

// day is a day of September 2026; 0 is the last of August, below are earlier ones.
func day(n int) time.Time { return time.Date(2026, 9, n, 0, 0, 0, 0, time.UTC) }

func allot(host, system string, from, to time.Time, vcpu, gib, disk int64) Allocation {
	return Allocation{Interval{from, to}, host, "", system, Amount{1, vcpu, gib * 1024, disk}}
}

// The end of what was counted, as the store cuts allocations.
func cut() time.Time { return inSeptember().To }

func TestFlows(t *testing.T) {
	one := func(vcpu, gib, disk int64) Amount { return Amount{1, vcpu, gib * 1024, disk} }
	size := func(vcpu, gib, disk int64) Amount { return Amount{0, vcpu, gib * 1024, disk} }
	for _, c := range []struct {
		name string
		all  []Allocation
		want []Flow
	}{
		{
			"nothing changes, off or not",
			[]Allocation{allot("h", "A", day(-9), cut(), 4, 8, 100)},
			[]Flow{{Party: Party{ID: "A"}, Open: one(4, 8, 100), Close: one(4, 8, 100)}},
		},
		{
			"same size once more",
			[]Allocation{allot("h", "A", day(-9), day(5), 4, 8, 100), allot("h", "A", day(5), cut(), 4, 8, 100)},
			[]Flow{{Party: Party{ID: "A"}, Open: one(4, 8, 100), Close: one(4, 8, 100)}},
		},
		{
			"new at the first instant",
			[]Allocation{allot("h", "A", day(1), cut(), 4, 8, 100)},
			[]Flow{{Party: Party{ID: "A"}, New: one(4, 8, 100), Close: one(4, 8, 100)}},
		},
		{
			"released at the first instant",
			[]Allocation{allot("h", "A", day(-9), day(1), 4, 8, 100)},
			[]Flow{{Party: Party{ID: "A"}, Open: one(4, 8, 100), Released: one(4, 8, 100)}},
		},
		{
			"released at the end counts next month",
			[]Allocation{allot("h", "A", day(-9), cut(), 4, 8, 0)},
			[]Flow{{Party: Party{ID: "A"}, Open: one(4, 8, 0), Close: one(4, 8, 0)}},
		},
		{"over before", []Allocation{allot("h", "A", day(-9), day(0), 4, 8, 100)}, []Flow{}},
		{
			"came and went",
			[]Allocation{allot("h", "A", day(3), day(9), 4, 8, 100)},
			[]Flow{{Party: Party{ID: "A"}, New: one(4, 8, 100), Released: one(4, 8, 100)}},
		},
		{
			"back after a pause",
			[]Allocation{allot("h", "A", day(-9), day(3), 4, 8, 0), allot("h", "A", day(9), cut(), 2, 8, 0)},
			[]Flow{{Party: Party{ID: "A"}, Open: one(4, 8, 0), New: one(2, 8, 0), Released: one(4, 8, 0), Close: one(2, 8, 0)}},
		},
		{
			"up and down in mid-month",
			[]Allocation{allot("h", "A", day(-9), day(3), 4, 8, 100), allot("h", "A", day(3), day(9), 8, 4, 100), allot("h", "A", day(9), cut(), 6, 4, 200)},
			[]Flow{{Party: Party{ID: "A"}, Open: one(4, 8, 100), ScaleUp: size(4, 0, 100), ScaleDown: size(2, 4, 0), Close: one(6, 4, 200)}},
		},
		{
			"transfer with a new size",
			[]Allocation{allot("h", "A", day(-9), day(3), 4, 8, 100), allot("h", "B", day(3), cut(), 6, 4, 100)},
			[]Flow{
				{Party: Party{ID: "A"}, Open: one(4, 8, 100), TransferOut: one(4, 8, 100)},
				{Party: Party{ID: "B"}, TransferIn: one(4, 8, 100), ScaleUp: size(2, 0, 0), ScaleDown: size(0, 4, 0), Close: one(6, 4, 100)},
			},
		},
		{
			"new, moved and released",
			[]Allocation{allot("h", "A", day(2), day(3), 4, 8, 0), allot("h", "B", day(3), day(9), 4, 8, 0), allot("i", "A", day(9), cut(), 1, 1, 0)},
			[]Flow{
				{Party: Party{ID: "A"}, New: Amount{2, 5, 9 * 1024, 0}, TransferOut: one(4, 8, 0), Close: one(1, 1, 0)},
				{Party: Party{ID: "B"}, TransferIn: one(4, 8, 0), Released: one(4, 8, 0)},
			},
		},
	} {
		got := Flows(inSeptember(), c.all, func(a *Allocation) string { return a.System })
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", c.name, diff)
		}
		all := Flows(inSeptember(), c.all, func(*Allocation) string { return "" })
		for _, f := range slices.Concat(got, all) {
			if gap := f.Gap(); gap != (Amount{}) {
				t.Errorf("%s: the balance of %q is off by %+v", c.name, f.ID, gap)
			}
		}
		for _, f := range all {
			if f.TransferIn != (Amount{}) || f.TransferOut != (Amount{}) {
				t.Errorf("%s: a move inside of the whole counts as a transfer", c.name)
			}
		}
	}
}

// Every column of the balance counts, with its sign (E 5).
func TestGap(t *testing.T) {
	n := func(v int64) Amount { return Amount{v, 10 * v, 100 * v, 1000 * v} }
	f := Flow{Open: n(1), New: n(2), TransferIn: n(4), ScaleUp: n(8), TransferOut: n(16), ScaleDown: n(32), Released: n(64), Close: n(128)}
	if diff := cmp.Diff(n(1+2+4+8-16-32-64-128), f.Gap()); diff != "" {
		t.Error(diff)
	}
}

func TestAllocationChanges(t *testing.T) {
	all := []Allocation{
		allot("a", "A", day(-9), day(5), 4, 8, 0), allot("a", "B", day(5), day(7), 8, 4, 0), allot("a", "B", day(9), cut(), 8, 4, 0),
		allot("b", "A", day(4), cut(), 1, 1, 0),
	}
	type row struct {
		Day   int
		Host  string
		Kinds []string
	}
	var got []row
	for _, c := range AllocationChanges(inSeptember(), all) {
		got = append(got, row{c.At.Day(), c.Host, c.Kinds})
	}
	want := []row{{4, "b", []string{"new"}}, {5, "a", []string{"transfer", "scale_up", "scale_down"}}, {7, "a", []string{"released"}}, {9, "a", []string{"new"}}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

// Months before the first allocation are not known; one without hosts after it is 0.
func TestTrend(t *testing.T) {
	m := calendar.Month{Year: 2026, Month: time.September}
	all := []Allocation{allot("a", "A", time.Date(2026, 6, 30, 23, 0, 0, 0, time.UTC), day(-40), 4, 8, 0), allot("b", "A", day(20), cut(), 2, 1, 0)}
	got := Trend(m, cut(), knownSince(all), all)
	want := make([]Allotted, 12)
	for i := range want {
		want[i].Month = m.Add(i - 11)
	}
	want[8].VCPU, want[8].MemoryGiB = Of(4), Of(8) // June
	want[9].VCPU, want[9].MemoryGiB = Of(0), Of(0)
	want[10].VCPU, want[10].MemoryGiB = Of(0), Of(0)
	want[11].VCPU, want[11].MemoryGiB = Of(2), Of(1)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	for _, a := range Trend(m, cut(), knownSince(nil), nil) {
		if a.VCPU.State != Absent {
			t.Errorf("%s is %+v without an inventory; want absent", a.Month, a.VCPU)
		}
	}
}

// What is oversubscribed has nothing free; an empty pool has no ratio.
func TestPoolRow(t *testing.T) {
	for _, c := range []struct {
		total, allocated float64
		want             PoolRow
	}{
		{100, 40, PoolRow{Total: Of(100), Allocated: Of(40), Free: Of(60), Ratio: Of(0.4), Oversubscription: none}},
		{100, 100, PoolRow{Total: Of(100), Allocated: Of(100), Free: Of(0), Ratio: Of(1), Oversubscription: none}},
		{100, 250, PoolRow{Total: Of(100), Allocated: Of(250), Free: Of(0), Ratio: Of(2.5), Oversubscription: Of(2.5)}},
		{0, 0, PoolRow{Total: Of(0), Allocated: Of(0), Free: Of(0), Ratio: none, Oversubscription: none}},
	} {
		if diff := cmp.Diff(c.want, poolRow(c.total, c.allocated)); diff != "" {
			t.Errorf("%v of %v (-want +got):\n%s", c.allocated, c.total, diff)
		}
	}
}

// A2-2 follows the months that imports state: not stated is not provided, stated without rows is none.
func TestPools(t *testing.T) {
	row := func(month, total string) records.Record {
		return records.Record{Kind: records.Pools, Values: map[string]string{
			"month": month, "platform": "c1", "pool": "甲", "resource": "vcpu", "total": total, "allocated": "40",
		}}
	}
	last := func(set records.Set) Block {
		t.Helper()
		in := emptyInput()
		in.Platforms, in.Records = []Platform{{ID: "c1", Name: "一云"}}, set
		m, err := Build(in)
		if err != nil {
			t.Fatal(err)
		}
		d, err := Compose(m)
		if err != nil {
			t.Fatal(err)
		}
		return d.Sections[2].Blocks[1] // behind A2-1
	}
	august, both := calendar.Month{Year: 2026, Month: time.August}, records.Source{Kind: records.Pools, From: calendar.Month{Year: 2026, Month: time.August}, To: calendar.Month{Year: 2026, Month: time.September}}
	rows := map[string][]records.Record{records.Pools: {row("2026-08", "50"), row("2026-09", "100")}}
	if b := last(records.Set{Records: rows, Sources: []records.Source{{Kind: records.Pools, From: august, To: august}}}); b.NotProvided == nil || b.NotProvided.Value != "未提供" {
		t.Errorf("a month that no file states gives %+v; want 未提供", b)
	}
	if b := last(records.Set{Sources: []records.Source{both}}); b.Table == nil || len(b.Table.Rows) != 0 {
		t.Errorf("a stated month without rows gives %+v; want an empty table", b)
	}
	b := last(records.Set{Records: rows, Sources: []records.Source{both}})
	if b.Table == nil || len(b.Table.Rows) != 1 {
		t.Fatalf("A2-2 is %+v; want one row", b.Table)
	}
	var got []string
	for _, cell := range b.Table.Rows[0] {
		got = append(got, cell.Text)
	}
	if diff := cmp.Diff([]string{"一云", "甲", "vCPU（核）", "100", "40", "60", "40.0%", "—"}, got); diff != "" {
		t.Error(diff)
	}
}

// Kinds without an inventory, and the disk of a party that told none, are not provided; a
// balance that does not close says by how much.
func TestFlowTable(t *testing.T) {
	words, err := loadText()
	if err != nil {
		t.Fatal(err)
	}
	f := Flow{Open: Amount{2, 8, 16 * 1024, 0}, New: Amount{1, 2, 512, 0}, Close: Amount{3, 11, 16*1024 + 512, 0}}
	table := flowTable(words, "flows", []Flow{f}, 0)
	var got [][]string
	for _, row := range table.Rows {
		got = append(got, []string{row[1].Text, row[2].Text, row[8].Text, row[9].Text})
	}
	absent := []string{"未提供", "未提供", "未提供", "未提供"}
	want := [][]string{{"2", "1", "3", "相符"}, {"8", "2", "11", "相差 -1"}, {"16", "0.5", "16.5", "相符"}, absent, absent, absent, absent, absent}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

// A host that moves between platforms is a transfer between them, and none of its unit or provider.
func TestPlatforms(t *testing.T) {
	in := emptyInput()
	in.Through = cut()
	in.Platforms = []Platform{{ID: "c1", Name: "一云"}, {ID: "c2", Name: "二云"}}
	before, after := allot("h", "A", day(-9), day(5), 4, 8, 0), allot("h", "A", day(5), cut(), 4, 8, 0)
	before.Platform, after.Platform = "c1", "c2"
	in.Allocations = []Allocation{before, after}
	m, err := Build(in)
	if err != nil {
		t.Fatal(err)
	}
	host := Amount{1, 4, 8 * 1024, 0}
	want := []Flow{{Party: Party{"c1", "一云"}, Open: host, TransferOut: host}, {Party: Party{"c2", "二云"}, TransferIn: host, Close: host}}
	if diff := cmp.Diff(want, m.Capacity.Platforms); diff != "" {
		t.Errorf("platforms (-want +got):\n%s", diff)
	}
	still := []Flow{{Party: in.Provider, Open: host, Close: host}, {Open: host, Close: host}}
	if diff := cmp.Diff(still, append([]Flow{m.Capacity.Total}, m.Capacity.Units...)); diff != "" {
		t.Errorf("provider and unit (-want +got):\n%s", diff)
	}
	d, err := Compose(m)
	if err != nil {
		t.Fatal(err)
	}
	var ids []string
	for _, b := range d.Sections[2].Blocks {
		if b.Table != nil {
			ids = append(ids, b.Table.ID)
		}
	}
	if diff := cmp.Diff([]string{"flows", "flows_platforms", "flows_units"}, ids); diff != "" {
		t.Error(diff)
	}
	annex := changeList(words(t), &m)
	got := []string{annex.Rows[0][2].Text, annex.Rows[0][3].Note, annex.Rows[0][4].Note}
	if diff := cmp.Diff([]string{"划转", "c1", "c2"}, got); diff != "" {
		t.Error(diff)
	}
}

func words(t *testing.T) text {
	t.Helper()
	w, err := loadText()
	if err != nil {
		t.Fatal(err)
	}
	return w
}
