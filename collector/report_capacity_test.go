package collector_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/yunjian-io/yunjian/collector"
	"github.com/yunjian-io/yunjian/collector/records"
	"github.com/yunjian-io/yunjian/collector/report"
	"github.com/yunjian-io/yunjian/collector/store"
	"github.com/yunjian-io/yunjian/rules"
)

// checkCapacity holds A2 of the fixture: b4 is delivered on the 10th, b3 resized on the 16th.
// That c1 is off for ten days changes nothing.
func checkCapacity(t *testing.T, m *report.Month) {
	c := m.Capacity
	const mib = 1024
	unit := report.Flow{
		Party: report.Party{ID: "N-0001", Name: "省甲厅"}, Open: report.Amount{Hosts: 6, VCPU: 36, MemoryMiB: 72 * mib, DiskGiB: 900},
		New: report.Amount{Hosts: 1, VCPU: 2, MemoryMiB: 4 * mib, DiskGiB: 200}, ScaleUp: report.Amount{VCPU: 4, MemoryMiB: 8 * mib},
		Close: report.Amount{Hosts: 7, VCPU: 42, MemoryMiB: 84 * mib, DiskGiB: 1100},
	}
	still := report.Amount{Hosts: 3, VCPU: 8, MemoryMiB: 16 * mib, DiskGiB: 100}
	whole := unit
	whole.Party = report.Party{ID: fixtureProvider, Name: "天府云"}
	whole.Open, whole.Close = report.Amount{Hosts: 9, VCPU: 44, MemoryMiB: 88 * mib, DiskGiB: 1000}, report.Amount{Hosts: 10, VCPU: 50, MemoryMiB: 100 * mib, DiskGiB: 1200}
	want := []report.Flow{whole, unit, {Party: report.Party{ID: "N-0002", Name: hostileUnit}, Open: still, Close: still}}
	if diff := cmp.Diff(want, append([]report.Flow{c.Total}, c.Units...)); diff != "" {
		t.Errorf("A2-1 (-by hand +report):\n%s", diff)
	}
	for _, f := range append([]report.Flow{c.Total}, c.Units...) {
		if f.Gap() != (report.Amount{}) {
			t.Errorf("the balance of %s is off by %+v", f.ID, f.Gap())
		}
	}
	q := m.Summary.Quantities // counted by another query
	if diff := cmp.Diff([]report.Figure{q.Hosts, q.VCPU}, []report.Figure{report.Of(c.Total.Close.Hosts), report.Of(c.Total.Close.VCPU)}); diff != "" {
		t.Errorf("A1 and A2-1 (-A1 +A2-1):\n%s", diff)
	}
	type change struct {
		Day   int
		Host  string
		Kinds []string
	}
	var changes []change
	for _, x := range c.Changes {
		changes = append(changes, change{x.At.Day(), x.Host, x.Kinds})
	}
	if diff := cmp.Diff([]change{{10, "b4", []string{"new"}}, {16, "b3", []string{"scale_up"}}}, changes); diff != "" {
		t.Error(diff)
	}
	var cores []report.Figure // the inventory begins with January
	for _, a := range c.Trend {
		cores = append(cores, a.VCPU)
	}
	then := report.Of(44)
	if diff := cmp.Diff([]report.Figure{{}, {}, {}, then, then, then, then, then, then, then, then, report.Of(50)}, cores); diff != "" {
		t.Errorf("figure A2:\n%s", diff)
	}
}

// checkImportedCapacity imports what A2-2 and A7-1 need beside of the inventory.
func checkImportedCapacity(t *testing.T, s *store.Store, pack rules.Pack) {
	for _, f := range []collector.RecordFile{
		{Name: "池.csv", Kind: records.Pools, From: fixtureMonth(), To: fixtureMonth(), Data: []byte("月份,云平台编码,资源池,资源类型,总量,已分配\n2026-09,tf-1,一区,vCPU,40,50\n")},
		{Name: "基数.csv", Kind: records.Settlement, Data: []byte("使用单位编码,资源类型,基数,生效日期,凭据号\nN-0001,vCPU,30,2026-01-01,凭1\nN-0001,内存(GiB),70,2026-09-16,凭2\n")},
	} {
		f.Provider, f.By = fixtureProvider, "test"
		if done, err := collector.ImportRecords(t.Context(), s, f, afterClose()); err != nil || len(done.Problems) > 0 {
			t.Fatalf("%s: %v %v", f.Name, done.Problems, err)
		}
	}
	m, err := collector.ReportMonth(t.Context(), &collector.Database{Store: s}, pack, fixtureMonth(), fixtureProvider, "test", quiet)
	if err != nil {
		t.Fatal(err)
	}
	over := report.Of(50.0 / 40)
	pools := []report.PoolRow{{Platform: "天府政务云一区", Pool: "一区", Resource: "vcpu", Total: report.Of(40), Allocated: report.Of(50), Free: report.Of(0), Ratio: over, Oversubscription: over}}
	if diff := cmp.Diff(pools, m.Capacity.Pools); diff != "" {
		t.Errorf("A2-2 (-by hand +report):\n%s", diff)
	}
	// 36 cores for 252 days, 38 for 6 and 42 for 15, all over 30; 84 GiB over 70 for 15 days.
	want := []report.Figure{report.Of((252*6 + 6*8 + 15*12) / 365.0), report.Of(14 * 15 / 365.0), {}, {}, {}, {}}
	var got []report.Figure
	for _, row := range m.Settlements {
		got = append(got, row.Year)
	}
	if diff := cmp.Diff(want, got, cmpopts.EquateApprox(0, 1e-9)); diff != "" {
		t.Errorf("F16 (-by hand +report):\n%s", diff)
	}
}

// checkSettlement holds A7 of the fixture, for which no baseline was imported.
func checkSettlement(t *testing.T, m *report.Month) {
	type row struct {
		Unit, Resource string
		Average, Year  report.Figure
	}
	var got []row
	for _, s := range m.Settlements {
		got = append(got, row{s.Unit.ID, s.Resource, s.Average, s.Year})
	}
	// N-0001: b4 counts for 21 days, what b3 got for 15. The disk of c2 and c3 is not given.
	want := []row{
		{"N-0001", "vcpu", report.Of(36 + 2*21/30.0 + 4*15/30.0), report.Figure{}},
		{"N-0001", "memory_gib", report.Of(72 + 4*21/30.0 + 8*15/30.0), report.Figure{}},
		{"N-0001", "disk_tib", report.Of((900 + 200*21/30.0) / 1024), report.Figure{}},
		{"N-0002", "vcpu", report.Of(8), report.Figure{}},
		{"N-0002", "memory_gib", report.Of(16), report.Figure{}},
		{"N-0002", "disk_tib", report.Figure{}, report.Figure{}},
	}
	if diff := cmp.Diff(want, got, cmpopts.EquateApprox(0, 1e-9)); diff != "" {
		t.Errorf("A7-1 (-by hand +report):\n%s", diff)
	}
}
