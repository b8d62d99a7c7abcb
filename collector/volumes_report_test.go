package collector_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/yunjian-io/yunjian/collector"
	"github.com/yunjian-io/yunjian/collector/report"
	"github.com/yunjian-io/yunjian/rules/calendar"
	"github.com/yunjian-io/yunjian/rules/proposal"
	"github.com/yunjian-io/yunjian/rules/rightsize"
)

// heldFleet is a fleet of two units: a host that never reported, and disks of which one of
// each unit is judged.
func heldFleet(t *testing.T) *caseFile {
	t.Helper()
	return inventoriedWith(t, []collector.InventoryFile{
		{Name: "providers.csv", Data: []byte("provider_id,provider_name\np,P\nq,Q\n")},
		{Name: "platforms.csv", Data: []byte("platform_id,platform_name,platform_kind,provider_id\nc,C,provider,p\n")},
		{Name: "units.csv", Data: []byte("unit_code,unit_name\nN-1,U\nN-2,V\n")},
		{Name: "systems.csv", Data: []byte("system_id,system_name,unit_code,platform_id,cutover_date,status\ns,S,N-1,c,2020-01-01,running\nv,W,N-2,c,2020-01-01,running\n")},
		{Name: "hosts.csv", Data: []byte("host_id,system_id,platform_id,vcpu,memory_gib,effective_from,state,owner\na,s,c,8,16,2020-01-01,in_service,unit\n")},
		{Name: "volumes.csv", Data: []byte(volumeHead +
			"one,s,c,500,,2026-09-01,in_service\nshort,s,c,40,,2026-10-20,in_service\nheld,s,c,1000,a,2020-01-01,in_service\n" +
			"two,v,c,300,,2026-09-21,in_service\n")},
	})
}

// TestVolumesInReports: F11 has each judged disk once, its price too; units see their own, also
// the one that has no host; attached disks are in no sum.
func TestVolumesInReports(t *testing.T) {
	f := heldFleet(t)
	f.judge(t, f.month)
	m, _ := f.usage(t, f.month)
	if got := m.Summary.Yuan; got != (report.Figure{}) {
		t.Errorf("without prices the saving is %+v yuan; want it not provided", got)
	}
	f.imports(t, "prices.csv", "provider_id,resource,yuan_month,effective_from\np,disk_gib,0.3,2026-10-31\nq,disk_gib,7,2026-01-01\n")
	m, tables := f.usage(t, f.month)
	wantRows := []string{
		"S | U | one | 500 | 2026-09-01 | 61 | 判定", "S | U | short | 40 | 2026-10-20 | 12 | 正常观察", "W | V | two | 300 | 2026-09-21 | 41 | 判定",
		"合计 | — | — | 840 | — | — | —",
	}
	if diff := cmp.Diff(wantRows, rowsOf(tables["volumes"])); diff != "" {
		t.Errorf("A3-5 (-by hand +report):\n%s", diff)
	}
	// 500 and 300 GiB at 0.3 yuan; the host has no recommendation and none is wanted.
	if m.Volumes.JudgedGiB != report.Of(800) || m.Summary.Yuan != report.Of(240) || m.Summary.Reclaimable != (report.Resources{}) {
		t.Errorf("F11: %+v, %+v yuan, idle %+v", m.Volumes, m.Summary.Yuan, m.Summary.Reclaimable)
	}
	if disk := m.Summary.Quantities.DiskTiB; disk != (report.Figure{}) {
		t.Errorf("the disk of hosts is %+v; no host gives one, and disks are not added to it", disk)
	}
	pack, err := collector.LoadRules("")
	if err != nil {
		t.Fatal(err)
	}
	extracts := map[string][]string{}
	for _, b := range buildAll(t, report.KindUsage, collector.BuildAsk{DB: f.db, Pack: pack, Month: f.month, Provider: "p", Program: "test", Say: quiet}) {
		e := b.Figures.(report.Month)
		for _, v := range e.Volumes.Rows {
			extracts[e.Unit.ID] = append(extracts[e.Unit.ID], v.Subject)
		}
	}
	if diff := cmp.Diff(map[string][]string{"": {"one", "short", "two"}, "N-1": {"one", "short"}, "N-2": {"two"}}, extracts); diff != "" {
		t.Errorf("disks by report (-want +got):\n%s", diff)
	}
	// A correction of the past counts when the month is judged again.
	f.imports(t, "volumes.csv", volumeHead+"one,s,c,500,a,2026-09-01,in_service\n")
	if m, _ = f.usage(t, f.month); m.Volumes.JudgedGiB != report.Of(800) {
		t.Errorf("the report no longer tells what was judged: %+v", m.Volumes)
	}
	f.judge(t, f.month)
	if m, _ = f.usage(t, f.month); m.Volumes.JudgedGiB != report.Of(300) || len(m.Volumes.Rows) != 2 {
		t.Errorf("judged again: %+v; want the disk of 300 GiB and the short one", m.Volumes)
	}
	// Before there was a disk of the provider nothing was provided.
	f.judge(t, calendar.Month{Year: 2019, Month: 12})
	_, tables = f.usage(t, calendar.Month{Year: 2019, Month: 12})
	if v := tables["volumes"]; v.Empty != "未提供" || len(v.Rows) > 0 {
		t.Errorf("without disks A3-5 says %q and has %d rows", v.Empty, len(v.Rows))
	}
}

// TestVolumeNotice: the disk stands in each form of the notice as one, and what only hosts have
// is a dash, not a missing value.
func TestVolumeNotice(t *testing.T) {
	f := heldFleet(t)
	f.imports(t, "prices.csv", "provider_id,resource,yuan_month,effective_from\np,disk_gib,0.3,2026-01-01\n")
	f.run = f.judge(t, f.month)
	f.open(t)
	f.do(t, "2026-11-03", proposal.Supervisor, proposal.KindNotice, proposal.Data{Notice: &proposal.Notice{No: "N-7"}})
	tables := func(b collector.Built) map[string]*report.Table {
		out := map[string]*report.Table{}
		for _, s := range b.Document.Sections {
			for _, x := range s.Blocks {
				if x.Table != nil {
					out[x.Table.ID] = x.Table
				}
			}
		}
		for i := range b.Document.Sheets {
			for k := range b.Document.Sheets[i].Tables {
				if x := &b.Document.Sheets[i].Tables[k]; x.ID == "annex_proposed" {
					out[x.ID] = x
				}
			}
		}
		return out
	}
	built := f.notices(t, "N-1", calendar.Date{})
	if len(built) != 1 {
		t.Fatalf("%d notices; want one", len(built))
	}
	const reason = "在用而未挂载已 61 日（下限 30 日），容量 500 GiB，宜核实后回收。"
	notice := tables(built[0])
	for id, want := range map[string]string{
		"noticed":          "S | 未提供 → 未提供 → 未提供 | 未提供 → 未提供 → 未提供 | 0 | 1 | 0 | 0 | 500 | 已通报",
		"proposed":         "one 云硬盘 | S | 回收 | 云硬盘 500 GiB | — | — | — | — | — | — | — | — | — | — | —",
		"proposed_risk":    "one 云硬盘 | S | 回收 | — | — | 否 | — | 云硬盘 500 GiB | 150.00 | 数据备份保留至复核结束",
		"proposed_reasons": "one 云硬盘 | " + reason,
		"annex_proposed":   "one 云硬盘 | S | 回收 | — | — | 500 | — | — | — | — | — | — | — | — | — | — | — | -100.0% | — | — | — | — | — | — | 否 | — | 0 | 0 | 500 | 150.00 | 数据备份保留至复核结束 | " + reason,
	} {
		if diff := cmp.Diff([]string{want}, rowsOf(notice[id])); diff != "" {
			t.Errorf("%s (-want +got):\n%s", id, diff)
		}
	}
	page := pageOf(t, built[0].Document)
	for _, said := range []string{"涉及云主机 0 台、未挂载云硬盘 1 块", "拟议 回收未挂载云硬盘 1 块", "云硬盘 500 GiB，金额每月 150.00 元"} {
		if !strings.Contains(page, said) {
			t.Errorf("the notice does not say %q", said)
		}
	}
	if strings.Contains(page, "two") || strings.Contains(page, "short") {
		t.Error("the notice names a disk of others, or one that is not judged")
	}
	f.do(t, "2026-11-05", proposal.Unit, proposal.KindReply, proposal.Data{Reply: &proposal.Reply{Items: []proposal.ItemReply{{Host: "one", Answer: proposal.Agree}}}})
	f.do(t, "2026-11-06", proposal.Office, proposal.KindReview, proposal.Data{Review: &proposal.Review{
		Items: []proposal.ItemReview{{Host: "one", Decision: proposal.DecideReclaim}}, Approval: &proposal.Decide{No: "A-1"},
	}})
	f.do(t, "2026-11-10", proposal.Provider, proposal.KindImplement, proposal.Data{Implement: &proposal.Implement{Items: []proposal.ItemChange{
		{Host: "one", Operator: "孙", Reclaim: &proposal.ReclaimProof{Backup: "B-1", Wipe: "W-1"}},
	}}})
	notice = tables(f.notices(t, "N-1", calendar.Date{})[0])
	for id, want := range map[string]string{
		"reclaim": "one 云硬盘 | S | B-1 | — | — | — | W-1",
		"verify":  "one 云硬盘 | S | 云硬盘 500 GiB | — | 2026-11-10 | 2026-12-10 | — | — | — | — | — | —",
	} {
		if diff := cmp.Diff([]string{want}, rowsOf(notice[id])); diff != "" {
			t.Errorf("%s (-want +got):\n%s", id, diff)
		}
	}
	office := f.notices(t, "", calendar.Date{})[0].Figures.(report.Notice)
	if u := office.Total; u.Implemented != 1 || u.Actual.DiskGiB != 500 || u.Yuan != report.Of(150) {
		t.Errorf("the office sees %+v", u)
	}
}

// TestReportWantsItsLimits: a report prints the limits of recommendations, so they must be
// those by which its month was judged.
func TestReportWantsItsLimits(t *testing.T) {
	f := heldFleet(t)
	f.judge(t, f.month)
	f.usage(t, f.month)
	limits, err := rightsize.DefaultSettings()
	if err != nil {
		t.Fatal(err)
	}
	pack, err := collector.LoadRules("")
	if err != nil {
		t.Fatal(err)
	}
	limits.Version, limits.MaxCut = 2, 0.4
	changed := collector.WithAdvice(f.db, limits)
	_, err = collector.ReportMonth(t.Context(), changed, pack, f.month, "p", "test", quiet)
	if err == nil || !strings.Contains(err.Error(), "limits of recommendations are not those by which the month was judged") {
		t.Errorf("with other limits: %v", err)
	}
	f.db = changed
	f.judge(t, f.month)
	f.usage(t, f.month)
}
